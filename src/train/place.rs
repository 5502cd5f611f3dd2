//! Where a run stands: all that it needs to go on as if nothing had happened, beside the values of cells. Random numbers and
//! the order of rows are functions of the seed, the epoch and the step, so their place is no more than that.

use serde::{Deserialize, Serialize};

use super::event::{Best, Event, Metrics};
use super::machine::Machine;
use crate::diag::Diagnostic;
use crate::ops::Tensor;
use crate::tir::Metric;

/// A run between two steps.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Place {
    /// Batches of an epoch and their rows, for which the rest is true.
    pub steps_per_epoch: usize,
    pub rows: usize,
    /// Finished epochs.
    pub epochs: usize,
    /// Batches so far, and those of them that belong to the epoch that is not finished.
    pub step: usize,
    pub batch: usize,
    /// It came to an end before its last epoch.
    pub stopped: bool,
    /// Sums and rows of the epoch that is not finished.
    pub averages: Vec<(String, Exact, Exact)>,
    /// What was best so far: for every `save best`, for `stop`, for `restore_best`.
    pub saves: Vec<Option<Record>>,
    pub stop: Option<Record>,
    pub restore: Option<Record>,
    /// The numbers of the last finished epoch.
    pub train: Vec<(String, Exact)>,
    pub val: Vec<(String, Exact)>,
    /// All numbers so far, where something reads them.
    pub history: [Vec<(String, Vec<Exact>)>; 3],
    /// The weights of the best epoch.
    #[serde(skip)]
    pub best: Vec<Tensor>,
}

/// A float by its bits: text would round it, and has no NaN.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exact(u64);

/// A best value and its epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    value: Exact,
    epoch: usize,
}

/// Where a run begins, and who keeps where it stands.
#[derive(Default)]
pub struct Resume<'a> {
    /// Which `train` block of its file it is, from 0.
    pub training: usize,
    pub from: Option<Place>,
    pub keep: Option<&'a mut Keep<'a>>,
    /// Behind every epoch, and not only when the run is interrupted.
    pub every_epoch: bool,
    /// Whether it is time to keep the place, wherever that is; asked behind every step.
    pub due: Option<&'a mut dyn FnMut() -> bool>,
}

impl Resume<'_> {
    pub fn is_due(&mut self) -> bool {
        self.due.as_mut().is_some_and(|due| due())
    }

    /// Keeps the place of a run that goes on: a disk that is full is told of, and ends nothing.
    pub fn keep(&mut self, place: &Place, machine: &dyn Machine, tell: &mut dyn FnMut(Event)) {
        if let Some(Err(diagnostic)) = self.keep.as_mut().map(|keep| keep(place, machine)) {
            tell(Event::NotKept(diagnostic));
        }
    }
}

/// Writes down where a run stands.
pub type Keep<'a> = dyn FnMut(&Place, &dyn Machine) -> Result<(), Diagnostic> + 'a;

impl From<f64> for Exact {
    fn from(value: f64) -> Exact {
        Exact(value.to_bits())
    }
}

impl From<Exact> for f64 {
    fn from(value: Exact) -> f64 {
        f64::from_bits(value.0)
    }
}

impl Record {
    pub fn of(best: Option<&Best>) -> Option<Record> {
        best.map(|best| Record { value: best.value.into(), epoch: best.epoch })
    }

    pub fn best(self, metric: &Metric) -> Best {
        Best { metric: metric.clone(), value: self.value.into(), epoch: self.epoch }
    }
}

pub fn exact(metrics: &Metrics) -> Vec<(String, Exact)> {
    metrics.iter().map(|(name, value)| (name.to_string(), (*value).into())).collect()
}

pub fn metrics(exact: &[(String, Exact)]) -> Metrics {
    exact.iter().map(|(name, value)| (name.as_str().into(), (*value).into())).collect()
}
