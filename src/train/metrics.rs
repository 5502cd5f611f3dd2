//! Numbers of an epoch, and whether they got better.

use super::event::{Best, Metrics};
use super::place::{Exact, Record};
use crate::base::Name;
use crate::ops::Tensor;
use crate::tir::{Direction, Metric, Part, Target};

/// Means over batches, weighted by their rows.
#[derive(Clone, Debug, Default)]
pub struct Averages {
    sums: Vec<(Name, f64)>,
    /// Rows seen, by metric: steps differ in what they log.
    rows: Vec<f64>,
}

impl Averages {
    /// Takes the losses and metrics of a batch. `prefix` is the name of the step, where a block has several.
    pub fn add(&mut self, prefix: Option<&Name>, results: &[(Target, Tensor)], rows: usize) {
        for (target, value) in results {
            let (Target::Loss(name) | Target::Metric(name)) = target else { continue };
            let value = value.data.get(0).as_f64() * rows as f64;
            let at = self.place(prefix, name);
            self.sums[at].1 += value;
            self.rows[at] += rows as f64;
        }
    }

    pub fn exact(&self) -> Vec<(String, Exact, Exact)> {
        let sums = self.sums.iter().zip(&self.rows);
        sums.map(|((name, sum), rows)| (name.to_string(), (*sum).into(), (*rows).into())).collect()
    }

    pub fn from_exact(exact: &[(String, Exact, Exact)]) -> Averages {
        Averages {
            sums: exact.iter().map(|(name, sum, _)| (name.as_str().into(), (*sum).into())).collect(),
            rows: exact.iter().map(|(_, _, rows)| (*rows).into()).collect(),
        }
    }

    pub fn mean(&self) -> Metrics {
        self.sums.iter().zip(&self.rows).map(|((name, sum), rows)| (name.clone(), sum / rows)).collect()
    }

    fn place(&mut self, prefix: Option<&Name>, name: &Name) -> usize {
        let found = self.sums.iter().position(|(known, _)| is(known, prefix, name));
        found.unwrap_or_else(|| {
            let full = prefix.map_or(name.clone(), |prefix| format!("{prefix}.{name}").into());
            self.sums.push((full, 0.0));
            self.rows.push(0.0);
            self.sums.len() - 1
        })
    }
}

/// Whether `known` is `prefix.name`; in every step, so without making the string.
fn is(known: &str, prefix: Option<&Name>, name: &str) -> bool {
    match prefix {
        None => known == name,
        Some(prefix) => known.strip_prefix(&**prefix).and_then(|rest| rest.strip_prefix('.')) == Some(name),
    }
}

/// Follows one metric.
#[derive(Debug)]
pub struct Watch {
    metric: Metric,
    direction: Direction,
    /// By more than so much better.
    margin: f64,
    pub best: Option<Best>,
}

impl Watch {
    pub fn new(metric: &Metric, direction: Direction) -> Watch {
        Watch { metric: metric.clone(), direction, margin: 0.0, best: None }
    }

    /// One for which only what is better by more than `margin` is better.
    pub fn by(metric: &Metric, direction: Direction, margin: f64) -> Watch {
        Watch { margin, ..Watch::new(metric, direction) }
    }

    /// Goes on with what was best.
    pub fn take_up(&mut self, best: Option<Record>) {
        self.best = best.map(|best| best.best(&self.metric));
    }

    /// Takes the numbers of an epoch; tells whether the metric is better than ever.
    pub fn improved(&mut self, epoch: usize, train: &Metrics, val: &Metrics) -> bool {
        let part = match self.metric.part {
            Part::Train => train,
            Part::Val => val,
        };
        let Some(&(_, value)) = part.iter().find(|(name, _)| *name == self.metric.name) else { return false };
        let better = match &self.best {
            Some(best) => self.direction.better(value, self.direction.moved(best.value, self.margin)),
            None => !value.is_nan(),
        };
        if better {
            self.best = Some(Best { metric: self.metric.clone(), value, epoch });
        }
        better
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::DType;

    fn results(loss: f64) -> Vec<(Target, Tensor)> {
        vec![(Target::Loss("loss".into()), Tensor::from_f64(DType::F32, &[], &[loss]))]
    }

    #[test]
    fn a_small_batch_counts_less() {
        let mut averages = Averages::default();
        averages.add(None, &results(1.0), 3);
        averages.add(None, &results(5.0), 1);
        assert_eq!(averages.mean(), [("loss".into(), 2.0)]);
    }

    #[test]
    fn steps_of_one_block_keep_their_numbers_apart() {
        let mut averages = Averages::default();
        averages.add(Some(&"d".into()), &results(1.0), 2);
        averages.add(Some(&"g".into()), &results(3.0), 2);
        averages.add(Some(&"d".into()), &results(2.0), 2);
        assert_eq!(averages.mean(), [("d.loss".into(), 1.5), ("g.loss".into(), 3.0)]);
    }

    #[test]
    fn better_is_strictly_better_and_nan_never_is() {
        let metric = Metric { part: Part::Val, name: "loss".into() };
        let mut watch = Watch::new(&metric, Direction::Lowest);
        let mut better = |epoch, value| watch.improved(epoch, &vec![], &vec![("loss".into(), value)]);
        assert!(!better(1, f64::NAN));
        assert!(better(2, 1.0));
        assert!(!better(3, 1.0));
        assert!(!better(4, f64::NAN));
        assert!(better(5, 0.5));
        assert_eq!(watch.best.map(|best| (best.epoch, best.value)), Some((5, 0.5)));
    }

    #[test]
    fn a_margin_must_be_passed() {
        let metric = Metric { part: Part::Val, name: "accuracy".into() };
        let mut watch = Watch::by(&metric, Direction::Highest, 0.25);
        let mut better = |epoch, value| watch.improved(epoch, &vec![], &vec![("accuracy".into(), value)]);
        assert!(better(1, 0.5));
        assert!(!better(2, 0.75));
        assert!(better(3, 0.875));
    }
}
