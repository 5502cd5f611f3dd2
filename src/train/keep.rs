//! What a run leaves behind: the best weights, the last ones, and the numbers of every epoch.
//!
//! `save best .. to "net.safetensors"` keeps the best weights in that file. A path without an extension is a run
//! folder, with `best.safetensors`, `last.safetensors` (written when the run ends, however it ends) and `metrics.jsonl`.

use super::Context;
use super::action::fill;
use super::event::{Best, Event, Metrics, json};
use super::machine::Machine;
use super::metrics::Watch;
use super::place::Record;
use crate::base::Span;
use crate::diag::Diagnostic;
use crate::io;
use crate::ops::Tensor;
use crate::tir::{CellId, Direction, Job, Metric, SaveBest};

/// One `save best`.
pub struct Keeper {
    path: String,
    folder: bool,
    watch: Watch,
    span: Span,
}

impl Keeper {
    /// Readies the place. Of the numbers of an earlier run in the same folder the first `epochs` stay: this one goes on there.
    pub fn new(save: &SaveBest, epochs: usize, context: &Context) -> Result<Keeper, Diagnostic> {
        let path = fill(&save.to, 0, 0, &[]);
        let folder = std::path::Path::new(&path).extension().is_none();
        let watch = Watch::new(&save.metric, save.direction);
        let keeper = Keeper { path, folder, watch, span: save.span };
        if folder {
            let path = keeper.metrics();
            let known = if epochs > 0 { context.files.read_back(&path).unwrap_or_default() } else { vec![] };
            let known: Vec<u8> = known.split_inclusive(|&byte| byte == b'\n').take(epochs).flatten().copied().collect();
            context.files.write(&path, &known).map_err(|error| keeper.unwritable(&path, &error))?;
            context.tables.vocabularies().save(context.files, &path, save.span)?;
        }
        Ok(keeper)
    }

    pub fn best(&self) -> Option<&Best> {
        self.watch.best.as_ref()
    }

    pub fn take_up(&mut self, best: Option<Record>) {
        self.watch.take_up(best);
    }

    /// Writes down an epoch, and the weights if they are the best so far.
    pub fn epoch(
        &mut self,
        job: &Job,
        epoch: (usize, &Metrics, &Metrics),
        machine: &dyn Machine,
        context: &mut Context,
    ) -> Result<(), Diagnostic> {
        let (epoch, train, val) = epoch;
        if self.folder {
            let path = self.metrics();
            let line = serde_json::json!({ "epoch": epoch, "train": json(train), "val": json(val) });
            let added = context.files.append_line(&path, &line.to_string());
            added.map_err(|error| self.unwritable(&path, &error))?;
        }
        if self.watch.improved(epoch, train, val) {
            let path = if self.folder { format!("{}/best.safetensors", self.path) } else { self.path.clone() };
            save(&path, &job.trained, self.span, machine, context, self.watch.best.clone())?;
        }
        Ok(())
    }

    /// Writes the weights that a run ends with.
    pub fn end(&self, job: &Job, machine: &dyn Machine, context: &mut Context) -> Result<(), Diagnostic> {
        if !self.folder {
            return Ok(());
        }
        save(&format!("{}/last.safetensors", self.path), &job.trained, self.span, machine, context, None)
    }

    fn metrics(&self) -> String {
        format!("{}/metrics.jsonl", self.path)
    }

    fn unwritable(&self, path: &str, error: &std::io::Error) -> Diagnostic {
        Diagnostic::error("E0903", self.span, format!("`{path}` cannot be written: {error}"), "written here")
    }
}

/// The weights of the best epoch so far, which a run ends with.
pub struct Restore {
    watch: Watch,
    weights: Vec<Tensor>,
}

impl Restore {
    pub fn new(metric: &Metric, direction: Direction) -> Restore {
        Restore { watch: Watch::new(metric, direction), weights: vec![] }
    }

    pub fn best(&self) -> Option<&Best> {
        self.watch.best.as_ref()
    }

    pub fn weights(&self) -> &[Tensor] {
        &self.weights
    }

    pub fn take_up(&mut self, best: Option<Record>, weights: Vec<Tensor>) {
        self.watch.take_up(best);
        self.weights = weights;
    }

    /// Takes the weights of an epoch that is the best so far.
    pub fn epoch(&mut self, job: &Job, (epoch, train, val): (usize, &Metrics, &Metrics), machine: &dyn Machine) {
        if self.watch.improved(epoch, train, val) {
            self.weights = job.trained.iter().map(|&cell| machine.read(cell)).collect();
        }
    }

    /// Gives them back; where no epoch was the best, as the metric never was a number, the last ones stay.
    pub fn end(&self, job: &Job, machine: &mut dyn Machine) {
        for (&cell, weights) in job.trained.iter().zip(&self.weights) {
            machine.write(cell, weights);
        }
    }
}

/// Writes cells, and tells of it.
fn save(
    path: &str,
    cells: &[CellId],
    span: Span,
    machine: &dyn Machine,
    context: &mut Context,
    because: Option<Best>,
) -> Result<(), Diagnostic> {
    io::save(context.files, path, &machine.weights(cells, None), &[], span)?;
    (context.tell)(Event::Saved { path: path.to_string(), because });
    Ok(())
}
