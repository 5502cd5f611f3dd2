//! Metrics that a `train` block watches: to keep the best weights, and to stop.

use crate::base::{Name, Span};
use crate::diag::Diagnostic;
use crate::syntax::ast;
use crate::tir::{Direction, Job, Metric, Part, ProgramId, SaveBest, Stop, Target};

use super::every::template;
use super::scope::Scope;
use super::train::Parts;
use super::value::Value;
use super::{Checker, Res};

impl<'a> Checker<'a> {
    pub fn save_best(
        &mut self,
        job: &mut Job,
        direction: ast::Direction,
        metric: &'a ast::Metric,
        to: &'a ast::Expr,
        span: Span,
        scope: &Scope<'a>,
    ) -> Res<()> {
        let (metric, direction) = self.metric_of(metric, direction)?;
        let path = self.path_text(to, scope)?;
        let to = template(&path, &[], to.span).0;
        job.saves.push(SaveBest { metric, direction, to, span });
        Ok(())
    }

    pub fn stop(
        &mut self,
        job: &mut Job,
        patience: &'a ast::Expr,
        direction: ast::Direction,
        metric: &'a ast::Metric,
        span: Span,
        scope: &Scope<'a>,
    ) -> Res<()> {
        let value = self.expr(patience, scope)?;
        if matches!(value, Value::Nothing) {
            // `stop after (if known { 5 }) epochs ..`
            return Ok(());
        }
        let n = self.known_int(&value, patience.span)?;
        let (metric, direction) = self.metric_of(metric, direction)?;
        let patience = usize::try_from(n).unwrap_or(0).max(1);
        job.stop = Some(Stop { patience, min_delta: 0.0, metric, direction, span });
        Ok(())
    }

    /// `min_delta` is for `stop`, and `restore_best` for what `stop` or `save` watches.
    pub fn best_settings(&mut self, parts: &Parts<'a>, job: &mut Job) -> Res<()> {
        match (parts.min_delta, &mut job.stop) {
            (None, _) => {}
            (Some((delta, _)), Some(stop)) => stop.min_delta = delta,
            (Some((0.0, _)), None) => {}
            (Some((_, at)), None) => {
                let message = "`min_delta` says how much better counts for `stop`, and there is none";
                let diagnostic = Diagnostic::error("E0605", at, message, "without effect")
                    .help("add `stop after 5 epochs without better val.loss`");
                return Err(self.report(diagnostic));
            }
        }
        let Some(at) = parts.restore_best else { return Ok(()) };
        let stopped = job.stop.iter().map(|stop| (stop.metric.clone(), stop.direction));
        let saved = job.saves.iter().rev().map(|save| (save.metric.clone(), save.direction));
        job.restore = stopped.chain(saved).next();
        if job.restore.is_some() {
            return Ok(());
        }
        let diagnostic = Diagnostic::error("E0605", at, "nothing says which epoch is best", "best by what?")
            .help("`stop after 5 epochs without better val.loss` says it, or `save best val.accuracy to \"runs/net\"`");
        Err(self.report(diagnostic))
    }

    fn metric_of(&mut self, metric: &'a ast::Metric, direction: ast::Direction) -> Res<(Metric, Direction)> {
        let part = match &*metric.part.name {
            "val" => Part::Val,
            "train" => Part::Train,
            other => {
                let message = format!("metrics are `train.` or `val.`, not `{other}.`");
                return Err(self.error("E0607", metric.part.span, message, "which part?"));
            }
        };
        let name = metric.name.name.clone();
        let direction = match direction {
            ast::Direction::Highest => Direction::Highest,
            ast::Direction::Lowest => Direction::Lowest,
            ast::Direction::ByName => match by_name(&name) {
                Some(direction) => direction,
                None => {
                    let message = format!("whether a high `{name}` is good cannot be told from its name");
                    let diagnostic = Diagnostic::error("E0607", metric.name.span, message, "higher or lower?").help(
                        "say it: `save highest ..` or `save lowest ..`; `without higher ..` or `without lower ..`",
                    );
                    return Err(self.report(diagnostic));
                }
            },
        };
        Ok((Metric { part, name }, direction))
    }

    /// Metrics that `save` and `stop` watch exist.
    pub fn check_metrics(&mut self, job: &Job) {
        let watched = job.saves.iter().map(|s| (&s.metric, s.span)).chain(job.stop.iter().map(|s| (&s.metric, s.span)));
        for (metric, span) in watched {
            let known = self.logged(job, metric.part);
            if known.iter().any(|n| **n == *metric.name) {
                continue;
            }
            let message = format!("nothing logs `{metric}`");
            let diagnostic = Diagnostic::error("E0607", span, message, "never logged");
            let diagnostic = match known.is_empty() {
                true => diagnostic.help("add a `validate .. { log .. }`"),
                false => match crate::diag::nearest(&metric.name, known.iter().map(String::as_str)) {
                    Some(near) => diagnostic.help(format!("did you mean `{near}`?")),
                    None => diagnostic.note(format!("logged there: {}", known.join(", "))),
                },
            };
            self.report(diagnostic);
        }
    }

    /// What a training logs, in the order of its epoch's line.
    pub fn logged(&self, job: &Job, part: Part) -> Vec<String> {
        let programs: Vec<(Option<&Name>, ProgramId)> = match part {
            Part::Train => job.steps.iter().map(|s| (s.name.as_ref(), s.program)).collect(),
            Part::Val => job.validate.iter().map(|v| (None, v.program)).collect(),
        };
        let several = part == Part::Train && job.steps.len() > 1;
        let mut names = vec![];
        for (step, program) in programs {
            for output in &self.out.programs[program.index()].outputs {
                if let Target::Loss(name) | Target::Metric(name) = &output.to {
                    names.push(match step {
                        Some(step) if several => format!("{step}.{name}"),
                        _ => name.to_string(),
                    });
                }
            }
        }
        names
    }
}

/// Names whose meaning everybody knows.
pub fn by_name(name: &str) -> Option<Direction> {
    const HIGH: [&str; 12] =
        ["accuracy", "acc", "f1", "precision", "recall", "auc", "r2", "iou", "dice", "bleu", "map", "top_k"];
    const LOW: [&str; 9] = ["loss", "error", "mae", "mse", "rmse", "perplexity", "nll", "cer", "wer"];
    let has = |list: &[&str]| name.split('_').any(|word| list.contains(&word)) || list.contains(&name);
    match (has(&HIGH), has(&LOW)) {
        (true, false) => Some(Direction::Highest),
        (false, true) => Some(Direction::Lowest),
        _ => None,
    }
}
