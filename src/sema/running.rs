//! Numbers that only a run knows: `epoch`, `step`, `steps_per_epoch` and `total_steps`, whole numbers that count from 1.
//!
//! Where one is given as an argument it stays what it is, so that `cosine(1e-3, steps: total_steps)` may stand among the
//! settings of a `train` block; it is read in the program that computes with it.

use crate::base::Span;
use crate::diag::Diagnostic;
use crate::tir::Source;
use crate::types::DType;

use super::scope::Scope;
use super::value::{Tensor, Value};
use super::{Checker, Poison};

const NAMES: [(&str, Source); 4] = [
    ("epoch", Source::Epoch),
    ("step", Source::Step),
    ("steps_per_epoch", Source::StepsPerEpoch),
    ("total_steps", Source::TotalSteps),
];

impl<'a> Checker<'a> {
    /// The names inside a `train` block; those that the file has are the file's.
    pub fn running_names(&mut self, scope: &Scope<'a>) {
        for (name, source) in NAMES {
            if scope.get(name).is_none() && self.global(scope.module(), name).is_none() {
                scope.set(&name.into(), Value::Running(source));
            }
        }
    }

    /// Whether a program is traced that runs with batches, and not the one of first values.
    pub fn in_run(&self) -> bool {
        !self.init.is_empty()
    }

    /// As the f64 scalar that schedules see.
    pub fn running_number(&mut self, source: Source, span: Span) -> Tensor {
        let number = self.ambient(source, span);
        self.cast(&number, DType::F64, span).unwrap_or(number)
    }

    pub fn not_running(&mut self, span: Span) -> Poison {
        let text = "this number is known when the data are there, not before the run";
        let diagnostic = Diagnostic::error("E0401", span, text, "computed with too early")
            .help("compute with it in a `step`, or in a schedule: `|t| ..`");
        self.report(diagnostic)
    }
}
