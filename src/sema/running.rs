//! Numbers that only a run knows: `epoch`, `step`, `steps_per_epoch` and `total_steps`, whole numbers that count from 1;
//! and, when an epoch has ended, the numbers of its line: `train.loss`, `val.accuracy`.
//!
//! Where one is given as an argument it stays what it is, so that `cosine(1e-3, steps: total_steps)` may stand among the
//! settings of a `train` block; it is read in the program that computes with it.

use std::rc::Rc;

use crate::base::{Name, Span};
use crate::diag::Diagnostic;
use crate::tir::{Job, Metric, Part, Source};
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

    /// `train` and `val` in a block that runs when an epoch has ended.
    pub fn epoch_numbers(&mut self, job: &mut Job, scope: &Scope<'a>) {
        for part in [Part::Train, Part::Val] {
            let names = self.logged(job, part);
            if scope.get(part.name()).is_some() || names.is_empty() {
                continue;
            }
            let mut number = |name: &str| {
                let metric = Metric { part, name: name.into() };
                let place = job.seen.iter().position(|known| *known == metric).unwrap_or_else(|| {
                    job.seen.push(metric);
                    job.seen.len() - 1
                });
                Value::Running(Source::Seen(place))
            };
            scope.set(&part.name().into(), nested(&names, &mut number));
        }
    }

    /// Whether a program is traced that runs with batches, and not the one of first values.
    pub fn in_run(&self) -> bool {
        !self.init.is_empty()
    }

    /// As the f64 scalar that schedules see; numbers of an epoch in the type in which they are logged.
    pub fn running_number(&mut self, source: Source, span: Span) -> Tensor {
        let dtype = if matches!(source, Source::Seen(_)) { self.scalar_float() } else { DType::F64 };
        let number = self.ambient(source, span);
        self.cast(&number, dtype, span).unwrap_or(number)
    }

    pub fn not_running(&mut self, span: Span) -> Poison {
        let text = "this number is known when the data are there, not before the run";
        let diagnostic = Diagnostic::error("E0401", span, text, "computed with too early")
            .help("compute with it in a `step`, or in a schedule: `|t| ..`");
        self.report(diagnostic)
    }
}

/// A record of values by name; `discriminator.loss` is the field `loss` of the field `discriminator`.
pub fn nested<'a>(names: &[String], value: &mut dyn FnMut(&str) -> Value<'a>) -> Value<'a> {
    let mut fields: Vec<(Name, Value<'a>)> = vec![];
    for name in names {
        let value = value(name);
        let Some((step, rest)) = name.split_once('.') else {
            fields.push((name.as_str().into(), value));
            continue;
        };
        let own = (Name::from(rest), value);
        match fields.iter_mut().find(|(known, _)| &**known == step) {
            Some((_, Value::Record(of_step))) => Rc::make_mut(of_step).push(own),
            _ => fields.push((step.into(), Value::Record(Rc::new(vec![own])))),
        }
    }
    Value::Record(Rc::new(fields))
}
