//! Runs trials, several at a time. Each is a run of its own, with a folder of its own: what it writes begins there.

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc;

use super::super::chain::{Chain, Overrides};
use super::plan::Trial;
use super::record::Record;
use crate::diag::{Diagnostic, Severity};
use crate::io::Files;
use crate::tir::{Direction, Metric, Part};
use crate::train::{Event, Metrics};

/// What all trials have in common.
pub struct Work<'a> {
    pub chain: &'a dyn Chain,
    /// The program: its name, its text, and the folder that it lies in.
    pub name: &'a str,
    pub text: &'a str,
    pub program: PathBuf,
    /// Of the sweep.
    pub folder: PathBuf,
    pub threads: Option<usize>,
    pub metric: Metric,
    pub direction: Direction,
    pub interrupt: &'a AtomicBool,
}

/// The best value so far, and the numbers of the last epoch.
#[derive(Default)]
struct Follow {
    best: Option<(f64, usize)>,
    train: Metrics,
    val: Metrics,
    interrupted: bool,
    /// A `train` block has begun and not logged the metric yet.
    begins: bool,
}

impl Work<'_> {
    /// Runs trials in their order, `jobs` at a time, and tells of each when it has ended. Nothing is told of trials that
    /// were interrupted.
    pub fn run(&self, trials: &[(&Trial, Option<usize>)], jobs: usize, tell: &mut dyn FnMut(Record)) {
        let next = AtomicUsize::new(0);
        let (sender, results) = mpsc::channel();
        std::thread::scope(|scope| {
            for _ in 0..jobs.min(trials.len()) {
                let mine = sender.clone();
                let (next, trials) = (&next, trials);
                scope.spawn(move || {
                    while let Some((trial, epochs)) = trials.get(next.fetch_add(1, Ordering::Relaxed)) {
                        if self.interrupt.load(Ordering::Relaxed) {
                            return;
                        }
                        let Some(record) = self.trial(trial, *epochs) else { return };
                        if mine.send(record).is_err() {
                            return;
                        }
                    }
                });
            }
            // The loop ends when the last thread has dropped its end.
            drop(sender);
            results.iter().for_each(&mut *tell);
        });
    }

    /// As `dln run` with these settings; none if it was interrupted.
    fn trial(&self, trial: &Trial, epochs: Option<usize>) -> Option<Record> {
        let settings = trial.settings.clone();
        let overrides =
            Overrides { hypers: settings, seed: trial.seed, epochs, threads: self.threads, ..Overrides::default() };
        let place = self.folder.join(place(trial.number));
        let files = Files::at(&self.program).writing_to(place);
        let mut session = self.chain.open(self.name, self.text.to_string(), files);
        let errors = session.check(&overrides).diagnostics.into_iter().filter(|d| d.severity == Severity::Error);
        let mut follow = Follow::default();
        let ended = match errors.collect::<Vec<Diagnostic>>() {
            errors if errors.is_empty() => {
                session.run(&overrides, self.interrupt, &mut |event| self.follow(&mut follow, &event))
            }
            errors => Err(errors),
        };
        if follow.interrupted {
            return None;
        }
        let score = match (ended, follow.best) {
            (Err(errors), _) => Err(errors.first().map_or(String::new(), |e| format!("{}: {}", e.code, e.message))),
            (Ok(()), Some(best)) => Ok(best),
            (Ok(()), None) => Err(self.missing(&follow)),
        };
        let (settings, seed) = (trial.settings.clone(), trial.seed);
        Some(Record { trial: trial.number, settings, seed, epochs, score, train: follow.train, val: follow.val })
    }

    fn follow(&self, follow: &mut Follow, event: &Event) {
        match event {
            Event::Epoch { epoch, train, val } => {
                let part = if self.metric.part == Part::Train { train } else { val };
                let found = part.iter().find(|(name, _)| *name == self.metric.name).map(|(_, value)| *value);
                if let Some(value) = found.filter(|value| !value.is_nan())
                    && (follow.begins || follow.best.is_none_or(|(best, _)| self.direction.better(value, best)))
                {
                    follow.begins = false;
                    follow.best = Some((value, *epoch));
                }
                (follow.train, follow.val) = (train.clone(), val.clone());
            }
            // Of several `train` blocks the last one that logs the metric counts.
            Event::Start { .. } => follow.begins = true,
            Event::Interrupted { .. } => follow.interrupted = true,
            _ => {}
        }
    }

    /// Why there is no number.
    fn missing(&self, follow: &Follow) -> String {
        let names = |part: &str, metrics: &Metrics| -> Vec<String> {
            metrics.iter().map(|(name, _)| format!("{part}.{name}")).collect()
        };
        let logged = [names("train", &follow.train), names("val", &follow.val)].concat();
        format!("no epoch logged {}; there are {}", self.metric, logged.join(", "))
    }
}

/// The folder of a trial.
pub fn place(trial: usize) -> String {
    format!("trial-{trial:03}")
}
