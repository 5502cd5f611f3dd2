//! Every number that a run logs, for what stands behind it in the file.

use super::event::Metrics;
use super::place::Exact;
use crate::base::Name;
use crate::tir::Series;

/// Numbers by name: of every step, and the means of every epoch in training and in validation.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct History {
    steps: Curves,
    train: Curves,
    val: Curves,
}

type Curves = Vec<(Name, Vec<f64>)>;

impl History {
    /// Its curves: of steps, of epochs in training, of epochs in validation.
    pub fn exact(&self) -> [Vec<(String, Vec<Exact>)>; 3] {
        [&self.steps, &self.train, &self.val].map(|curves| {
            let exact = |numbers: &[f64]| numbers.iter().map(|&number| number.into()).collect();
            curves.iter().map(|(name, numbers)| (name.to_string(), exact(numbers))).collect()
        })
    }

    pub fn from_exact(exact: &[Vec<(String, Vec<Exact>)>; 3]) -> History {
        let curves = |curves: &Vec<(String, Vec<Exact>)>| -> Curves {
            let numbers = |numbers: &[Exact]| numbers.iter().map(|&number| number.into()).collect();
            curves.iter().map(|(name, exact)| (name.as_str().into(), numbers(exact))).collect()
        };
        History { steps: curves(&exact[0]), train: curves(&exact[1]), val: curves(&exact[2]) }
    }

    pub fn step(&mut self, numbers: Metrics) {
        add(&mut self.steps, numbers);
    }

    pub fn epoch(&mut self, train: &Metrics, val: &Metrics) {
        add(&mut self.train, train.clone());
        add(&mut self.val, val.clone());
    }

    /// One series; what was never logged has no numbers.
    pub fn numbers(&self, series: Series, name: &str) -> &[f64] {
        let curves = match series {
            Series::Steps => &self.steps,
            Series::Train => &self.train,
            Series::Val => &self.val,
        };
        curves.iter().find(|(known, _)| &**known == name).map_or(&[], |(_, numbers)| numbers)
    }
}

fn add(curves: &mut Curves, numbers: Metrics) {
    for (name, value) in numbers {
        match curves.iter_mut().find(|(known, _)| *known == name) {
            Some((_, curve)) => curve.push(value),
            None => curves.push((name, vec![value])),
        }
    }
}
