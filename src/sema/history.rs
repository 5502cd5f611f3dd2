//! What a training leaves behind. `let slow = train { .. }` runs it, and `slow` is what it logged, for what stands behind it in
//! the file: `slow.loss` has one number for each step, `slow.train.loss` and `slow.val.loss` one for each epoch.
//!
//! Such numbers belong to programs that run behind the training. A top-level value that is computed from them has none of
//! its own before: it is computed where it is used.

use std::rc::Rc;

use crate::base::{Name, Span};
use crate::diag::Diagnostic;
use crate::syntax::ast;
use crate::tir::{Feed, Job, Log, Part, Series, Source, Ty};
use crate::types::{Dim, Var};

use super::item::LetState;
use super::running::nested;
use super::scope::Scope;
use super::train::job_name;
use super::value::{Tensor, Training, Value};
use super::{Checker, MAIN, Poison, Res};

impl<'a> Checker<'a> {
    /// Runs the trainings that are the value of a top-level name of the main file; what they logged takes their place.
    pub fn run_let(&mut self, l: &'a ast::Let) -> Res<()> {
        let (first, at) = (l.first(), l.value.span);
        let key = (MAIN, first.name.clone());
        let result = match self.lets.get(&key).cloned() {
            Some(LetState::Done(Value::Tuple(parts))) if l.names.len() == parts.len() => {
                let ran = l.names.iter().zip(&*parts).map(|(name, part)| self.ran(part, &name.name, at));
                ran.collect::<Res<Vec<_>>>().map(Value::tuple)
            }
            Some(LetState::Done(value)) => self.ran(&value, &first.name, at),
            // What is used nowhere is looked at here.
            Some(LetState::Later) => {
                let (_, value) = self.program(&first.name, |c| c.global(MAIN, &first.name));
                return if value.is_some_and(|value| value.is_error()) { Err(Poison) } else { Ok(()) };
            }
            _ => return Ok(()),
        };
        let failed = result.is_err();
        self.lets.insert(key, LetState::Done(result.unwrap_or(Value::Error)));
        if failed { Err(Poison) } else { Ok(()) }
    }

    /// A value with what trainings in it have logged in their place.
    fn ran(&mut self, value: &Value<'a>, name: &Name, at: Span) -> Res<Value<'a>> {
        let nested = |i: &dyn std::fmt::Display| Name::from(format!("{name}.{i}"));
        Ok(match value {
            Value::Training(training) => self.history(training, name, at)?,
            Value::List(parts) => {
                let ran = parts.iter().enumerate().map(|(i, part)| self.ran(part, &nested(&i), at));
                Value::list(ran.collect::<Res<_>>()?)
            }
            Value::Tuple(parts) => {
                let ran = parts.iter().enumerate().map(|(i, part)| self.ran(part, &nested(&i), at));
                Value::tuple(ran.collect::<Res<_>>()?)
            }
            Value::Record(fields) => {
                let ran = fields.iter().map(|(field, part)| Ok((field.clone(), self.ran(part, &nested(field), at)?)));
                Value::Record(Rc::new(ran.collect::<Res<_>>()?))
            }
            other => other.clone(),
        })
    }

    /// Runs a training, once, and gives what it logged.
    fn history(&mut self, training: &Rc<Training<'a>>, name: &Name, at: Span) -> Res<Value<'a>> {
        if let Some((_, known)) = self.histories.iter().find(|(known, _)| Rc::ptr_eq(known, training)) {
            return Ok(known.clone());
        }
        self.run_training(training, name, at)?;
        let job = self.out.jobs.len() - 1;
        self.out.jobs[job].logged = true;
        let history = self.logs_of(job);
        self.histories.push((training.clone(), history.clone()));
        Ok(history)
    }

    /// `at` is where the top level gets it.
    pub fn run_training(&mut self, training: &Rc<Training<'a>>, name: &Name, at: Span) -> Res<()> {
        let name = job_name(training.ast, name);
        self.in_frame(at, None, |c| c.job(training.ast, name, &training.scope.function(), training.span))
    }

    fn logs_of(&mut self, job: usize) -> Value<'a> {
        let (steps, epochs) = length(&self.out.jobs[job]);
        let [in_training, in_validation] = [Part::Train, Part::Val].map(|part| self.logged(&self.out.jobs[job], part));
        let mut fields = vec![];
        for (part, series, names) in [("train", Series::Train, &in_training), ("val", Series::Val, &in_validation)] {
            if !names.is_empty() {
                fields.push((part.into(), self.logs(job, series, names, &epochs)));
            }
        }
        if let Value::Record(own) = self.logs(job, Series::Steps, &in_training, &steps) {
            fields.extend(own.iter().filter(|(name, _)| !matches!(&**name, "train" | "val")).cloned());
        }
        Value::Record(Rc::new(fields))
    }

    fn logs(&mut self, job: usize, series: Series, names: &[String], size: &Dim) -> Value<'a> {
        nested(names, &mut |name| {
            self.out.logs.push(Log { job, series, name: name.into() });
            Value::Logged(self.out.logs.len() - 1, size.clone())
        })
    }

    /// What a training logged, as a tensor of the program that is being traced.
    pub fn logged_numbers(&mut self, log: usize, size: &Dim, span: Span) -> Res<Tensor> {
        if !self.in_run() {
            return Err(self.too_early(span));
        }
        let ty = Ty::new(self.scalar_float(), vec![size.clone()]);
        let id = self.progs[0].input(Source::Logged(log), ty.clone(), span);
        Ok(Tensor { depth: 0, ..self.tensor(id, ty) })
    }

    /// The numbers of a training are asked for before it has run. A top-level value that does so waits.
    pub fn too_early(&mut self, span: Span) -> Poison {
        if let Some(waits) = &mut self.waits {
            *waits = true;
            return Poison;
        }
        if self.generic {
            return Poison;
        }
        let message = "what a training logs is known when it has run";
        let diagnostic = Diagnostic::error("E0617", span, message, "asked for too early").help(
            "use it behind the training: in a `test`, in `print(..)` on a line of its own, in `step` and `every` of a \
             later `train`, and in functions and values that these use",
        );
        self.report(diagnostic)
    }

    /// The value of a top-level `let` that waits for the numbers of a training.
    pub fn waiting_value(&mut self, l: &'a ast::Let, scope: &Scope<'a>) -> Res<Value<'a>> {
        if !self.in_run() {
            return Err(self.too_early(l.value.span));
        }
        let value = self.expr(&l.value, scope)?;
        let mut value = self.settle(value)?;
        if let Some(ty) = &l.ty {
            value = self.declared(value, ty, &l.value, scope)?;
        }
        if has_memory(&value) {
            let message = "this is made before everything else, and what a training logs is known when it has run";
            let diagnostic = Diagnostic::error("E0617", l.value.span, message, format!("gives {}", value.kind()))
                .help("numbers of a training go into tensors, and into the steps of later trainings");
            return Err(self.report(diagnostic));
        }
        Ok(value)
    }
}

/// How many steps and epochs a training makes: numbers, unless it may stop early, or its data say it.
fn length(job: &Job) -> (Dim, Dim) {
    let unknown = |name: &str| Dim::var(&Var::fresh(name, 1));
    let number = |n: usize| Dim::from(i64::try_from(n).unwrap_or(i64::MAX));
    match (&job.stop, &job.feed) {
        (Some(_), _) => (unknown("steps"), unknown("epochs")),
        (None, Feed::Rows(_)) => (unknown("steps"), number(job.epochs)),
        (None, Feed::Steps(count)) => (number(count.saturating_mul(job.epochs)), number(job.epochs)),
    }
}

/// Whether a value holds something that lives in memory of its own, and is made before everything runs.
fn has_memory(value: &Value) -> bool {
    match value {
        Value::List(parts) | Value::Tuple(parts) => parts.iter().any(has_memory),
        Value::Record(fields) => fields.iter().any(|(_, part)| has_memory(part)),
        Value::Instance(_) | Value::Chain(_) | Value::Weights(_) | Value::Training(_) => true,
        _ => false,
    }
}
