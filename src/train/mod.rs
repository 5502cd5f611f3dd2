//! Runs a job: epochs, batches, validation, metrics, saving, stopping. It never prints and has no clock: what happens
//! is told through events, and whoever listens adds the time.

mod action;
mod event;
mod keep;
mod machine;
mod metrics;
#[cfg(test)]
mod tests;

pub use crate::tir::Job;
pub use action::show;
pub use event::{Best, Event, Metrics, Summary, json};
pub use machine::{Call, Length, Machine};

use crate::data::{Loader, Tables, mix};
use crate::diag::Diagnostic;
use crate::io::Files;
use crate::ops::Tensor;
use crate::tir::{Role, Stop, Unit, Validate};
use action::Moment;
use keep::Keeper;
use metrics::{Averages, Watch};
use std::sync::atomic::{AtomicBool, Ordering};

/// What a run has to do with the world.
pub struct Context<'a> {
    pub files: &'a Files,
    /// Shared by the jobs of one program.
    pub tables: Tables<'a>,
    /// Set by whoever wants the run to end after the step that it is in.
    pub interrupt: &'a AtomicBool,
    pub tell: &'a mut dyn FnMut(Event),
}

/// Runs a job to its end. After an error the cells are those of the last good step, and so is what has been saved.
pub fn train(job: &Job, machine: &mut dyn Machine, context: &mut Context) -> Result<Summary, Diagnostic> {
    let loader = Loader::open(&job.data, &mut context.tables, job.seed)?;
    let open = |v: &Validate| Loader::open(&v.data, &mut context.tables, job.seed);
    let validation = job.validate.as_ref().map(open).transpose()?;
    let keepers = job.saves.iter().map(|save| Keeper::new(save, context)).collect::<Result<_, _>>()?;
    let patience = job.stop.as_ref().map(|stop| (stop, Watch::new(&stop.metric, stop.direction)));
    let mut run = Run { job, loader, validation, keepers, patience, step: 0, epochs: 0, last: Default::default() };
    run.tell_start(machine, context);
    let ended = run.epochs(machine, context);
    let kept = run.keepers.iter().try_for_each(|keeper| keeper.end(job, machine, context));
    // What stopped the run is the news, even if its weights cannot be written either.
    let interrupted = ended? == Flow::Interrupted;
    kept?;
    let summary = run.summary(interrupted);
    (context.tell)(Event::Done(summary.clone()));
    Ok(summary)
}

/// How a part of a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Flow {
    GoOn,
    Stopped,
    Interrupted,
}

struct Run<'j> {
    job: &'j Job,
    loader: Loader,
    validation: Option<Loader>,
    keepers: Vec<Keeper>,
    patience: Option<(&'j Stop, Watch)>,
    /// Batches so far.
    step: usize,
    /// Finished epochs.
    epochs: usize,
    /// The numbers of the last finished epoch: of training, of validation.
    last: (Metrics, Metrics),
}

impl Run<'_> {
    fn tell_start(&self, machine: &dyn Machine, context: &mut Context) {
        let trained = self.job.trained.iter().map(|&id| machine.cell(id)).filter(|cell| cell.role == Role::Param);
        let size = |cell: &crate::tir::Cell| -> i64 { cell.ty.shape.iter().filter_map(|d| d.as_const()).product() };
        (context.tell)(Event::Start {
            job: self.job.name.clone(),
            epochs: self.job.epochs,
            steps_per_epoch: self.loader.batches(),
            rows: self.loader.rows(),
            validation_rows: self.validation.as_ref().map_or(0, Loader::rows),
            parameters: trained.map(size).sum::<i64>().try_into().unwrap_or(0),
            seed: self.job.seed,
        });
    }

    fn epochs(&mut self, machine: &mut dyn Machine, context: &mut Context) -> Result<Flow, Diagnostic> {
        for epoch in 1..=self.job.epochs {
            if self.interrupted(epoch, context) {
                return Ok(Flow::Interrupted);
            }
            let flow = self.epoch(epoch, machine, context).map_err(|error| self.placed(error, epoch))?;
            if flow != Flow::GoOn {
                return Ok(flow);
            }
        }
        Ok(Flow::GoOn)
    }

    fn epoch(&mut self, epoch: usize, machine: &mut dyn Machine, context: &mut Context) -> Result<Flow, Diagnostic> {
        let mut averages = Averages::default();
        for (i, batch) in self.loader.epoch(epoch).enumerate() {
            let rows = rows(&batch);
            self.step += 1;
            self.batch(epoch, &batch, &mut averages, machine)?;
            (context.tell)(Event::Step { epoch, step: i + 1, rows, train: averages.mean() });
            action::due(self.job, Unit::Step, self.moment(epoch), machine, context)?;
            if self.interrupted(epoch, context) {
                return Ok(Flow::Interrupted);
            }
        }
        let val = self.validate(epoch, machine)?;
        self.end_epoch(epoch, averages.mean(), val, machine, context)
    }

    fn length(&self) -> Length {
        let steps_per_epoch = self.loader.batches();
        Length { steps_per_epoch, total_steps: steps_per_epoch * self.job.epochs }
    }

    fn interrupted(&self, epoch: usize, context: &mut Context) -> bool {
        let asked = context.interrupt.load(Ordering::Relaxed);
        if asked {
            (context.tell)(Event::Interrupted { epoch, step: self.step });
        }
        asked
    }

    fn batch(
        &self,
        epoch: usize,
        batch: &[Tensor],
        averages: &mut Averages,
        machine: &mut dyn Machine,
    ) -> Result<(), Diagnostic> {
        let many = self.job.steps.len() > 1;
        for part in &self.job.steps {
            let key = mix(&[self.job.seed, self.step as u64, part.program.0.into()]);
            let length = self.length();
            let call = Call { program: part.program, args: batch, step: self.step, epoch, length, key };
            let prefix = part.name.as_ref().filter(|_| many);
            averages.add(prefix, machine.run(&call)?, rows(batch));
        }
        Ok(())
    }

    fn moment(&self, epoch: usize) -> Moment {
        Moment { epoch, step: self.step, length: self.length() }
    }

    /// The same random numbers in every validation: only the weights differ.
    fn validate(&self, epoch: usize, machine: &mut dyn Machine) -> Result<Metrics, Diagnostic> {
        let (Some(validate), Some(loader)) = (&self.job.validate, &self.validation) else { return Ok(vec![]) };
        let mut averages = Averages::default();
        for (i, batch) in loader.epoch(1).enumerate() {
            let key = mix(&[self.job.seed, i as u64, validate.program.0.into()]);
            let length = self.length();
            let call = Call { program: validate.program, args: &batch, step: self.step, epoch, length, key };
            averages.add(None, machine.run(&call)?, rows(&batch));
        }
        Ok(averages.mean())
    }

    fn end_epoch(
        &mut self,
        epoch: usize,
        train: Metrics,
        val: Metrics,
        machine: &mut dyn Machine,
        context: &mut Context,
    ) -> Result<Flow, Diagnostic> {
        for keeper in &mut self.keepers {
            keeper.epoch(self.job, (epoch, &train, &val), machine, context)?;
        }
        (context.tell)(Event::Epoch { epoch, train: train.clone(), val: val.clone() });
        action::due(self.job, Unit::Epoch, self.moment(epoch), machine, context)?;
        self.epochs = epoch;
        let flow = self.run_out(epoch, &train, &val, context);
        self.last = (train, val);
        Ok(flow)
    }

    /// Whether nothing got better for too long.
    fn run_out(&mut self, epoch: usize, train: &Metrics, val: &Metrics, context: &mut Context) -> Flow {
        let Some((stop, watch)) = &mut self.patience else { return Flow::GoOn };
        watch.improved(epoch, train, val);
        let best = watch.best.clone();
        if epoch - best.as_ref().map_or(0, |best| best.epoch) < stop.patience {
            return Flow::GoOn;
        }
        (context.tell)(Event::Stopped { epoch, best });
        Flow::Stopped
    }

    /// A fault of a program, with the time at which it happened.
    fn placed(&self, error: Diagnostic, epoch: usize) -> Diagnostic {
        error.note(format!("in epoch {epoch}, step {} of `train {}`", self.step, self.job.name))
    }

    fn summary(&self, interrupted: bool) -> Summary {
        let (train, val) = self.last.clone();
        let best = self.keepers.iter().filter_map(Keeper::best).cloned().collect();
        Summary { job: self.job.name.clone(), epochs: self.epochs, steps: self.step, train, val, best, interrupted }
    }
}

fn rows(batch: &[Tensor]) -> usize {
    batch.first().and_then(|field| field.shape.first().copied()).unwrap_or(0)
}
