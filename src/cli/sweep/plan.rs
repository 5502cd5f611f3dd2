//! Which settings a sweep tries: all combinations of what is given, or draws from it.

use super::super::chain::{Domain, Hyper, HyperValue};
use crate::base::Name;
use crate::data::mix;
use crate::ops::philox;

/// What varies, and what it is to be.
#[derive(Clone, Debug, PartialEq)]
pub struct Axis {
    pub of: Of,
    pub values: Values,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Of {
    Setting(Name),
    /// The flag `--seed`.
    Seed,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Values {
    /// `--lr 1e-4,3e-4`
    List(Vec<HyperValue>),
    /// The range that the file declares.
    Domain(Domain),
}

/// One run of a sweep. Trials count from 1.
#[derive(Clone, Debug, PartialEq)]
pub struct Trial {
    pub number: usize,
    pub settings: Vec<(Name, HyperValue)>,
    pub seed: Option<u64>,
}

/// The lists that the command line gives.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Lists {
    pub settings: Vec<(Name, Vec<HyperValue>)>,
    pub seeds: Vec<u64>,
}

/// What varies: the lists that were given, and, where trials are drawn, the ranges of the other settings.
pub fn axes(hypers: &[Hyper], domains: &[(Name, Domain)], lists: &Lists, draws: bool) -> Vec<Axis> {
    let axis = |hyper: &Hyper| {
        let given = lists.settings.iter().find(|(name, _)| *name == hyper.name);
        let declared = || domains.iter().find(|(name, _)| draws && *name == hyper.name);
        let values = match given {
            Some((_, list)) => Values::List(list.clone()),
            None => Values::Domain(declared()?.1.clone()),
        };
        Some(Axis { of: Of::Setting(hyper.name.clone()), values })
    };
    let mut axes: Vec<Axis> = hypers.iter().filter_map(axis).collect();
    if !lists.seeds.is_empty() {
        let seeds = lists.seeds.iter().map(|&seed| HyperValue::Int(seed as i64));
        axes.push(Axis { of: Of::Seed, values: Values::List(seeds.collect()) });
    }
    axes
}

/// Every combination; the last axis changes fastest. Axes that are ranges keep the file's default.
pub fn grid(axes: &[Axis]) -> Vec<Trial> {
    let lists: Vec<(&Axis, &Vec<HyperValue>)> = axes
        .iter()
        .filter_map(|axis| match &axis.values {
            Values::List(list) => Some((axis, list)),
            Values::Domain(_) => None,
        })
        .collect();
    let mut all: Vec<Vec<HyperValue>> = vec![vec![]];
    for (_, list) in &lists {
        let longer = |values: &Vec<HyperValue>| {
            let one = |value: &HyperValue| values.iter().chain([value]).cloned().collect();
            list.iter().map(one).collect::<Vec<Vec<HyperValue>>>()
        };
        all = all.iter().flat_map(longer).collect();
    }
    let axes: Vec<&Axis> = lists.iter().map(|(axis, _)| *axis).collect();
    all.into_iter().enumerate().map(|(i, values)| trial(i + 1, &axes, values)).collect()
}

/// Draws for each trial that is wanted, where few settings are possible.
const TRIES: usize = 32;

/// `count` draws that differ, or as many as there are. The draw of a setting depends on the seed, the number of the
/// draw and the setting's name alone: more trials keep the first ones, and another axis changes no draw of this one.
pub fn random(axes: &[Axis], count: usize, seed: u64) -> Vec<Trial> {
    let mut all: Vec<Vec<HyperValue>> = vec![];
    for i in 0..count.saturating_mul(TRIES) as u64 {
        if all.len() == count {
            break;
        }
        let values = axes.iter().map(|axis| draw(axis, seed, i)).collect();
        if !all.contains(&values) {
            all.push(values);
        }
    }
    let axes: Vec<&Axis> = axes.iter().collect();
    all.into_iter().enumerate().map(|(i, values)| trial(i + 1, &axes, values)).collect()
}

fn trial(number: usize, axes: &[&Axis], values: Vec<HyperValue>) -> Trial {
    let mut trial = Trial { number, settings: vec![], seed: None };
    for (axis, value) in axes.iter().zip(values) {
        match (&axis.of, value) {
            (Of::Setting(name), value) => trial.settings.push((name.clone(), value)),
            (Of::Seed, HyperValue::Int(seed)) => trial.seed = Some(seed as u64),
            (Of::Seed, _) => unreachable!("seeds are whole numbers"),
        }
    }
    trial
}

fn draw(axis: &Axis, seed: u64, i: u64) -> HyperValue {
    let name: &str = match &axis.of {
        Of::Setting(name) => name,
        Of::Seed => "--seed",
    };
    let stream = mix(&name.bytes().map(u64::from).collect::<Vec<_>>());
    let u = philox::uniform_f64(seed as i64, stream, i);
    let between = |lo: f64, hi: f64, log: bool| match log {
        true => (lo.ln() + u * (hi.ln() - lo.ln())).exp(),
        false => lo + u * (hi - lo),
    };
    match &axis.values {
        Values::List(list) | Values::Domain(Domain::Choice(list)) => {
            list[((u * list.len() as f64) as usize).min(list.len() - 1)].clone()
        }
        Values::Domain(Domain::Int { lo, hi, log }) => {
            let value = between(*lo as f64, *hi as f64 + 1.0, *log).floor() as i64;
            HyperValue::Int(value.clamp(*lo, *hi))
        }
        Values::Domain(Domain::Float { lo, hi, log }) => {
            // Three digits: what the table shows is what was run.
            let value = format!("{:.2e}", between(*lo, *hi, *log)).parse().unwrap_or(*lo);
            HyperValue::Float(f64::clamp(value, *lo, *hi))
        }
    }
}

/// How long the trials of each round of successive halving run (Jamieson and Talwalkar, 2016): of `trials`, the best
/// `1 / eta` go on to rounds that are `eta` times as long, up to `epochs`.
pub fn rounds(trials: usize, epochs: usize, eta: usize) -> Vec<usize> {
    let mut rounds = vec![epochs];
    let (mut left, mut length) = (trials, epochs);
    while left / eta >= 1 && length / eta >= 1 && left > 1 {
        (left, length) = (left / eta, length / eta);
        rounds.insert(0, length);
    }
    rounds
}

#[cfg(test)]
mod tests {
    use super::*;

    fn axis(name: &str, values: Values) -> Axis {
        Axis { of: Of::Setting(name.into()), values }
    }

    fn lr() -> Axis {
        axis("lr", Values::Domain(Domain::Float { lo: 1e-5, hi: 1e-1, log: true }))
    }

    fn ints(values: &[i64]) -> Values {
        Values::List(values.iter().map(|&v| HyperValue::Int(v)).collect())
    }

    #[test]
    fn a_grid_has_every_combination_once() {
        let seeds = Axis { of: Of::Seed, values: ints(&[1, 2]) };
        let trials = grid(&[axis("width", ints(&[8, 16, 32])), lr(), seeds]);
        let shown: Vec<_> = trials.iter().map(|t| (t.number, t.settings[0].1.clone(), t.seed)).collect();
        assert_eq!(shown.len(), 6);
        assert_eq!(shown[0], (1, HyperValue::Int(8), Some(1)));
        assert_eq!(shown[1], (2, HyperValue::Int(8), Some(2)));
        assert_eq!(shown[5], (6, HyperValue::Int(32), Some(2)));
        assert!(trials.iter().all(|t| t.settings.len() == 1), "a range is no list");
    }

    #[test]
    fn more_trials_and_other_axes_keep_the_draws() {
        let few = random(&[lr()], 5, 7);
        let more = random(&[axis("width", ints(&[8, 16])), lr()], 12, 7);
        for (a, b) in few.iter().zip(&more) {
            assert_eq!(a.settings[0], b.settings[1]);
        }
        assert_ne!(random(&[lr()], 5, 8), few);
        let HyperValue::Float(least) = more[0].settings[1].1 else { panic!("a Float") };
        assert!((1e-5..=1e-1).contains(&least));
    }

    #[test]
    fn draws_stay_inside_and_differ() {
        let depth = axis("depth", Values::Domain(Domain::Int { lo: 1, hi: 3, log: true }));
        let trials = random(&[depth], 10, 0);
        let mut drawn: Vec<_> = trials.iter().map(|t| format!("{:?}", t.settings[0].1)).collect();
        drawn.sort();
        assert_eq!(drawn, ["Int(1)", "Int(2)", "Int(3)"]);
    }

    #[test]
    fn rounds_are_as_long_as_halving_allows() {
        assert_eq!(rounds(27, 81, 3), [3, 9, 27, 81]);
        assert_eq!(rounds(8, 20, 2), [2, 5, 10, 20]);
        assert_eq!(rounds(8, 2, 3), [2]);
        assert_eq!(rounds(1, 100, 3), [100]);
    }
}
