//! Choosing rows by their classes or weights.

use super::counter::{mix, permutation, unit};
use super::rows::Rows;
use crate::base::Spanned;
use crate::diag::Diagnostic;
use crate::ops::Tensor;
use crate::tir::Stage;

/// Positions of rows, in their old order, with every class as often as the most frequent (`up`) or the rarest one. Of
/// classes that do not come out even some rows, which `key` chooses, come once more than the others.
pub fn balanced(rows: &Rows, column: &Tensor, up: bool, key: u64) -> Vec<usize> {
    let classes = of_rows(rows, column);
    let mut members: Vec<Vec<usize>> = vec![];
    for (position, &class) in classes.iter().enumerate() {
        let class = class as usize;
        members.resize(members.len().max(class + 1), vec![]);
        members[class].push(position);
    }
    members.retain(|positions| !positions.is_empty());
    let sizes = members.iter().map(Vec::len);
    let wanted = if up { sizes.max() } else { sizes.min() }.unwrap_or(0);
    let mut chosen = vec![];
    for (class, positions) in members.iter().enumerate() {
        let n = positions.len();
        chosen.extend(positions.repeat(wanted / n));
        let once_more = &permutation(n, mix(&[key, class as u64]))[..wanted % n];
        chosen.extend(once_more.iter().map(|&i| positions[i]));
    }
    chosen.sort_unstable();
    chosen
}

/// `count` positions of rows, each drawn from all of them with probability proportional to the row's weight.
pub fn drawn(rows: &Rows, column: &Tensor, stage: &Spanned<Stage>, key: u64) -> Result<Vec<usize>, Diagnostic> {
    let Stage::Sample { count, weights, .. } = &stage.value else { return Ok(vec![]) };
    let own = of_rows(rows, column);
    let weight = |own: f64| weights.as_ref().map_or(own, |weights| weights[own as usize]);
    let mut total = 0.0;
    let mut ends = vec![];
    for own in own {
        let weight = weight(own);
        if !(weight >= 0.0 && weight.is_finite()) {
            return Err(no_weight(stage, weight));
        }
        total += weight;
        ends.push(total);
    }
    if total == 0.0 {
        return Err(Diagnostic::error("E0712", stage.span, "all weights are 0", "no row can be drawn"));
    }
    let draw = |i: usize| {
        let place = total * unit(mix(&[key, i as u64]));
        ends.partition_point(|&end| end <= place).min(ends.len() - 1)
    };
    Ok((0..*count).map(draw).collect())
}

/// The number of each row.
fn of_rows(rows: &Rows, column: &Tensor) -> Vec<f64> {
    let all = column.to_f64();
    (0..rows.len()).map(|i| all[rows.get(i)[0]]).collect()
}

fn no_weight(stage: &Spanned<Stage>, weight: f64) -> Diagnostic {
    Diagnostic::error("E0712", stage.span, format!("a row has the weight {weight}"), "this is no probability")
        .help("weights are 0 or more; they need not sum to 1")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Span;
    use crate::types::DType;

    fn column(values: &[f64]) -> Tensor {
        Tensor::from_f64(DType::F64, &[values.len()], values)
    }

    fn classes_of(chosen: &[usize], column: &Tensor) -> [usize; 3] {
        let all = column.to_f64();
        [0.0, 1.0, 2.0].map(|class| chosen.iter().filter(|&&i| all[i] == class).count())
    }

    #[test]
    fn classes_become_equally_frequent() {
        let column = column(&[0.0, 2.0, 0.0, 0.0, 2.0, 0.0, 0.0]);
        let rows = Rows::all(7);
        let up = balanced(&rows, &column, true, 3);
        assert_eq!(classes_of(&up, &column), [5, 0, 5]);
        assert!(up.is_sorted() && (0..7).all(|row| up.contains(&row)));
        let down = balanced(&rows, &column, false, 3);
        assert_eq!(classes_of(&down, &column), [2, 0, 2]);
        assert!((0..20).any(|key| balanced(&rows, &column, false, key) != down));
    }

    #[test]
    fn rows_come_as_often_as_their_weight_says() {
        let stage = |weights| Stage::Sample { count: 8000, field: 0, weights };
        let draw = |values: &[f64], weights| {
            let stage = Spanned { value: stage(weights), span: Span::none() };
            drawn(&Rows::all(values.len()), &column(values), &stage, 5)
        };
        let often = |chosen: Vec<usize>, row| chosen.iter().filter(|&&i| i == row).count();
        assert!(often(draw(&[1.0, 0.0, 3.0], None).unwrap(), 2).abs_diff(6000) < 200);
        assert_eq!(often(draw(&[1.0, 0.0, 3.0], None).unwrap(), 1), 0);
        assert!(often(draw(&[0.0, 1.0, 1.0], Some(vec![2.0, 1.0])).unwrap(), 0).abs_diff(4000) < 200);
        assert_eq!(draw(&[1.0, -1.0], None).unwrap_err().code, "E0712");
        assert_eq!(draw(&[0.0, 0.0], None).unwrap_err().code, "E0712");
    }
}
