//! Which rows, in which order: the stages of a data set, applied to row numbers.

use super::Table;
use super::counter::{mix, permutation};
use super::resample::{balanced, drawn};
use crate::base::Spanned;
use crate::diag::Diagnostic;
use crate::tir::Stage;

/// Rows of a data set, each `width` consecutive entries of `numbers`, which are row numbers of the table.
#[derive(Clone, Debug, PartialEq)]
pub struct Rows {
    numbers: Vec<usize>,
    starts: Vec<usize>,
    width: usize,
}

/// What shuffling depends on.
#[derive(Clone, Copy, Debug)]
pub struct Order {
    pub seed: u64,
    pub epoch: usize,
}

impl Rows {
    /// All rows of a table, in the order of the file.
    pub fn all(count: usize) -> Rows {
        Rows { numbers: (0..count).collect(), starts: (0..count).collect(), width: 1 }
    }

    pub fn len(&self) -> usize {
        self.starts.len()
    }

    /// The row numbers of the table that make row `i`.
    pub fn get(&self, i: usize) -> &[usize] {
        &self.numbers[self.starts[i]..][..self.width]
    }

    /// The rows behind all stages; none at all is an error.
    pub fn staged(mut self, stages: &[Spanned<Stage>], table: &Table, order: Order) -> Result<Rows, Diagnostic> {
        for (i, stage) in stages.iter().enumerate() {
            let before = self.len();
            self = self.apply(stage, table, mix(&[order.seed, order.epoch as u64, i as u64]))?;
            if self.len() == 0 {
                return Err(nothing_left(stage, before));
            }
        }
        Ok(self)
    }

    fn apply(mut self, stage: &Spanned<Stage>, table: &Table, key: u64) -> Result<Rows, Diagnostic> {
        match stage.value {
            Stage::Take { lo, hi } => {
                let end = hi.unwrap_or(self.len());
                if lo > self.len() || end > self.len() {
                    return Err(out_of_range(stage, lo.max(end), self.len()));
                }
                self.starts = self.starts.get(lo..end).unwrap_or(&[]).to_vec();
            }
            Stage::Shuffle => self.starts = self.chosen(permutation(self.len(), key)),
            Stage::Split { lo, hi, seed } => {
                let n = self.len();
                let mut part = permutation(n, mix(&[seed]))[border(lo, n)..border(hi, n)].to_vec();
                part.sort_unstable();
                self.starts = self.chosen(part);
            }
            Stage::Sliding { length } => self.slide(length),
            Stage::Repeat { times } => self.starts = self.starts.repeat(times),
            Stage::Balance { field, up } => {
                let chosen = balanced(&self, &table.columns[field].values, up, key);
                self.starts = self.chosen(chosen);
            }
            Stage::Sample { field, .. } => {
                let chosen = drawn(&self, &table.columns[field].values, stage, key)?;
                self.starts = self.chosen(chosen);
            }
        }
        Ok(self)
    }

    fn chosen(&self, positions: Vec<usize>) -> Vec<usize> {
        positions.into_iter().map(|i| self.starts[i]).collect()
    }

    /// Lays the rows end to end, so that `length` of them are a range again.
    fn slide(&mut self, length: usize) {
        self.numbers = (0..self.len()).flat_map(|i| self.get(i)).copied().collect();
        let windows = (self.len() + 1).saturating_sub(length);
        self.starts = (0..windows).map(|i| i * self.width).collect();
        self.width *= length;
    }
}

/// Where the part that ends (or begins) at `fraction` does so; every part of a split computes the same place.
fn border(fraction: f64, n: usize) -> usize {
    ((fraction.clamp(0.0, 1.0) * n as f64).round() as usize).min(n)
}

fn out_of_range(stage: &Spanned<Stage>, end: usize, rows: usize) -> Diagnostic {
    let message = format!("`take` reaches to row {end}, and there are {rows} rows");
    Diagnostic::error("E0710", stage.span, message, format!("{rows} rows come in here"))
}

fn nothing_left(stage: &Spanned<Stage>, before: usize) -> Diagnostic {
    let message = format!("no rows are left of {before}");
    Diagnostic::error("E0709", stage.span, message, "here the last ones go")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Span;

    fn staged(n: usize, stages: &[Stage], epoch: usize) -> Result<Vec<Vec<usize>>, Diagnostic> {
        let spanned = |stage: &Stage| Spanned { value: stage.clone(), span: Span::none() };
        let stages: Vec<_> = stages.iter().map(spanned).collect();
        let table = Table { rows: n, columns: vec![], spelling: None };
        let rows = Rows::all(n).staged(&stages, &table, Order { seed: 1, epoch })?;
        Ok((0..rows.len()).map(|i| rows.get(i).to_vec()).collect())
    }

    #[test]
    fn take_chooses_rows_and_stays_in_range() {
        let take = |lo, hi| staged(5, &[Stage::Take { lo, hi }], 1);
        assert_eq!(take(1, Some(3)).unwrap(), [[1], [2]]);
        assert_eq!(take(3, None).unwrap(), [[3], [4]]);
        assert_eq!(take(0, Some(6)).unwrap_err().code, "E0710");
        assert_eq!(take(6, None).unwrap_err().code, "E0710");
        assert_eq!(take(5, None).unwrap_err().code, "E0709");
        assert_eq!(take(3, Some(2)).unwrap_err().code, "E0709");
    }

    #[test]
    fn shuffling_differs_by_epoch_and_is_repeatable() {
        let first = staged(50, &[Stage::Shuffle], 1).unwrap();
        assert_eq!(first, staged(50, &[Stage::Shuffle], 1).unwrap());
        assert_ne!(first, staged(50, &[Stage::Shuffle], 2).unwrap());
    }

    #[test]
    fn parts_of_a_split_are_disjoint_and_complete() {
        let part = |lo, hi| staged(11, &[Stage::Split { lo, hi, seed: 3 }], 1).unwrap();
        let (train, test) = (part(0.0, 0.8), part(0.8, 1.0));
        assert_eq!((train.len(), test.len()), (9, 2));
        assert!(train.is_sorted());
        let mut all = [train, test].concat();
        all.sort();
        assert!(all.into_iter().flatten().eq(0..11));
    }

    #[test]
    fn sliding_windows_nest_and_can_be_shuffled() {
        let slide = |length| Stage::Sliding { length };
        assert_eq!(staged(4, &[slide(3)], 1).unwrap(), [[0, 1, 2], [1, 2, 3]]);
        let twice = staged(4, &[slide(2), slide(2)], 1).unwrap();
        assert_eq!(twice, [[0, 1, 1, 2], [1, 2, 2, 3]]);
        let mut shuffled = staged(40, &[slide(3), Stage::Shuffle], 1).unwrap();
        assert!(!shuffled.is_sorted());
        shuffled.sort();
        assert_eq!(shuffled, staged(40, &[slide(3)], 1).unwrap());
        assert_eq!(staged(2, &[slide(3)], 1).unwrap_err().code, "E0709");
    }

    #[test]
    fn repeating_is_rows_over_again() {
        let twice = staged(2, &[Stage::Repeat { times: 2 }], 1).unwrap();
        assert_eq!(twice, [[0], [1], [0], [1]]);
    }
}
