//! What a run tells while it runs.

use crate::base::Name;
use crate::diag::Diagnostic;
use crate::tir::Metric;

/// Metrics in the order in which the program logs them; the loss first.
pub type Metrics = Vec<(Name, f64)>;

/// Something that happened. Epochs and steps count from 1.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    Start {
        /// Which `train` block of the file it is, from 1.
        training: usize,
        job: Name,
        epochs: usize,
        steps_per_epoch: usize,
        /// Rows in one epoch of training, and in one validation.
        rows: usize,
        validation_rows: usize,
        /// Numbers that training changes.
        parameters: usize,
        seed: u64,
    },
    /// The run goes on where one that was interrupted stood: in this epoch, after so many steps.
    TakenUp {
        epoch: usize,
        step: usize,
    },
    /// A batch is done; `train` is the mean over the epoch so far.
    Step {
        epoch: usize,
        /// Of this epoch.
        step: usize,
        rows: usize,
        train: Metrics,
        /// Numbers of this batch alone.
        own: Metrics,
    },
    /// An epoch and its validation are done, and the weights are saved if they are the best so far.
    Epoch {
        epoch: usize,
        train: Metrics,
        val: Metrics,
    },
    Saved {
        path: String,
        /// What got better, when that was the reason.
        because: Option<Best>,
    },
    /// What it takes to go on after a crash could not be written; the run goes on all the same.
    NotKept(Diagnostic),
    /// A line that the program prints.
    Printed(String),
    /// The run ends before its last epoch: nothing got better any more.
    Stopped {
        epoch: usize,
        best: Option<Best>,
    },
    /// The run ends because it was asked to.
    Interrupted {
        epoch: usize,
        step: usize,
    },
    Done(Summary),
}

/// The best value of a watched metric.
#[derive(Clone, Debug, PartialEq)]
pub struct Best {
    pub metric: Metric,
    pub value: f64,
    pub epoch: usize,
}

/// What is left of a run when it is over.
#[derive(Clone, Debug, PartialEq)]
pub struct Summary {
    pub job: Name,
    /// Epochs that were finished.
    pub epochs: usize,
    /// Batches of all epochs.
    pub steps: usize,
    pub train: Metrics,
    pub val: Metrics,
    pub best: Vec<Best>,
    pub interrupted: bool,
}

/// Metrics as a JSON object; what is not finite has no number in JSON and is null.
pub fn json(metrics: &Metrics) -> serde_json::Value {
    metrics.iter().map(|(name, value)| (name.to_string(), serde_json::json!(value))).collect()
}
