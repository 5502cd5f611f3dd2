//! Runs a job: epochs, batches, validation, metrics, saving, stopping. It never prints and has no clock: what happens
//! is told through events, and whoever listens adds the time.

mod action;
mod again;
mod event;
mod feed;
mod history;
mod keep;
mod machine;
mod metrics;
mod place;
#[cfg(test)]
mod tests;

pub use crate::tir::Job;
pub use action::show;
pub use again::Again;
pub use event::{Best, Event, Metrics, Summary, json};
pub use history::History;
pub use machine::{Call, Length, Machine};
pub use place::{Exact, Keep, Place, Resume};

use crate::data::{Tables, mix};
use crate::diag::Diagnostic;
use crate::io::Files;
use crate::ops::Tensor;
use crate::tir::{Part, Role, Stop, Unit, Validate};
use action::Moment;
use feed::Batches;
use keep::{Keeper, Restore};
use metrics::{Averages, Watch};
use place::Record;
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
/// It begins where `resume` says, and gives every number that it logged, too.
pub fn train(
    job: &Job,
    resume: &mut Resume,
    machine: &mut dyn Machine,
    context: &mut Context,
) -> Result<(Summary, History), Diagnostic> {
    let batches = Batches::open(&job.feed, &mut context.tables, job.seed)?;
    let open = |v: &Validate| Batches::open(&v.feed, &mut context.tables, job.seed);
    let validation = job.validate.as_ref().map(open).transpose()?;
    let from = resume.from.take();
    let done = from.as_ref().map_or(0, |place| place.epochs);
    let keepers = job.saves.iter().map(|save| Keeper::new(save, done, context)).collect::<Result<_, _>>()?;
    let patience = job.stop.as_ref().map(|stop| (stop, Watch::by(&stop.metric, stop.direction, stop.min_delta)));
    let restore = job.restore.as_ref().map(|(metric, direction)| Restore::new(metric, *direction));
    let mut run = Run {
        job,
        batches,
        validation,
        keepers,
        patience,
        restore,
        step: 0,
        batch: 0,
        epochs: 0,
        averages: Averages::default(),
        stopped: false,
        last: Default::default(),
        history: History::default(),
    };
    run.tell_start(resume.training + 1, machine, context);
    if let Some(place) = from {
        run.take_up(&place)?;
        (context.tell)(Event::TakenUp { epoch: run.epochs + 1, step: run.step });
    }
    let ended = run.epochs(resume, machine, context);
    let kept = run.keepers.iter().try_for_each(|keeper| keeper.end(job, machine, context));
    // What stopped the run is the news, even if its weights cannot be written either.
    let interrupted = ended? == Flow::Interrupted;
    kept?;
    if let Some(restore) = run.restore.as_ref().filter(|_| !interrupted) {
        restore.end(job, machine);
    }
    let summary = run.summary(interrupted);
    (context.tell)(Event::Done(summary.clone()));
    Ok((summary, run.history))
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
    batches: Batches,
    validation: Option<Batches>,
    keepers: Vec<Keeper>,
    patience: Option<(&'j Stop, Watch)>,
    restore: Option<Restore>,
    /// Batches so far, and those of this epoch.
    step: usize,
    batch: usize,
    /// Finished epochs.
    epochs: usize,
    /// Of this epoch.
    averages: Averages,
    /// Nothing got better for too long.
    stopped: bool,
    /// The numbers of the last finished epoch: of training, of validation.
    last: (Metrics, Metrics),
    history: History,
}

impl Run<'_> {
    fn tell_start(&self, training: usize, machine: &dyn Machine, context: &mut Context) {
        let trained = self.job.trained.iter().map(|&id| machine.cell(id)).filter(|cell| cell.role == Role::Param);
        let size = |cell: &crate::tir::Cell| -> i64 { cell.ty.shape.iter().filter_map(|d| d.as_const()).product() };
        (context.tell)(Event::Start {
            training,
            job: self.job.name.clone(),
            epochs: self.job.epochs,
            steps_per_epoch: self.batches.count(),
            rows: self.batches.rows(),
            validation_rows: self.validation.as_ref().map_or(0, Batches::rows),
            parameters: trained.map(size).sum::<i64>().try_into().unwrap_or(0),
            seed: self.job.seed,
        });
    }

    fn epochs(
        &mut self,
        resume: &mut Resume,
        machine: &mut dyn Machine,
        context: &mut Context,
    ) -> Result<Flow, Diagnostic> {
        for epoch in self.epochs + 1..=self.job.epochs {
            if self.stopped {
                return Ok(Flow::Stopped);
            }
            let flow = match self.interrupted(epoch, context) {
                true => Flow::Interrupted,
                false => self.epoch(epoch, resume, machine, context).map_err(|error| self.placed(error, epoch))?,
            };
            match resume.keep.as_mut() {
                Some(keep) if flow == Flow::Interrupted => keep(&self.place(), machine)?,
                _ if resume.every_epoch => resume.keep(&self.place(), machine, context.tell),
                _ => {}
            }
            if flow != Flow::GoOn {
                return Ok(flow);
            }
        }
        Ok(Flow::GoOn)
    }

    fn epoch(
        &mut self,
        epoch: usize,
        resume: &mut Resume,
        machine: &mut dyn Machine,
        context: &mut Context,
    ) -> Result<Flow, Diagnostic> {
        let mut averages = std::mem::take(&mut self.averages);
        let batches = self.batches.epoch(epoch, self.batch);
        let count = self.batch + batches.len();
        for batch in batches {
            let rows = rows(&batch);
            self.step += 1;
            self.batch += 1;
            let own = self.run_batch((epoch, count), &batch, &mut averages, machine)?;
            if self.job.logged {
                self.history.step(own.clone());
            }
            (context.tell)(Event::Step { epoch, step: self.batch, rows, train: averages.mean(), own });
            action::due(self.job, Unit::Step, self.moment(epoch, &[]), machine, context)?;
            if self.interrupted(epoch, context) {
                self.averages = averages;
                return Ok(Flow::Interrupted);
            }
            if resume.is_due() {
                self.averages = averages.clone();
                resume.keep(&self.place(), machine, context.tell);
            }
        }
        self.batch = 0;
        self.averages = Averages::default();
        let val = self.validate(epoch, machine)?;
        self.end_epoch(epoch, averages.mean(), val, machine, context)
    }

    fn length(&self) -> Length {
        let steps_per_epoch = self.batches.count();
        let total_steps = steps_per_epoch * self.job.epochs;
        Length { steps_per_epoch, total_steps, batch: self.batch, batches: steps_per_epoch }
    }

    fn interrupted(&self, epoch: usize, context: &mut Context) -> bool {
        let asked = context.interrupt.load(Ordering::Relaxed);
        if asked {
            (context.tell)(Event::Interrupted { epoch, step: self.step });
        }
        asked
    }

    /// Runs the steps on a batch; gives its own numbers.
    fn run_batch(
        &self,
        (epoch, batches): (usize, usize),
        batch: &[Tensor],
        averages: &mut Averages,
        machine: &mut dyn Machine,
    ) -> Result<Metrics, Diagnostic> {
        let many = self.job.steps.len() > 1;
        let mut own = Averages::default();
        for part in &self.job.steps {
            let key = mix(&[self.job.seed, self.step as u64, part.program.0.into()]);
            let length = Length { batches, ..self.length() };
            let call = Call { program: part.program, args: batch, step: self.step, epoch, length, seen: &[], key };
            let prefix = part.name.as_ref().filter(|_| many);
            let results = machine.run(&call)?;
            averages.add(prefix, results, rows(batch));
            own.add(prefix, results, 1);
        }
        Ok(own.mean())
    }

    fn moment<'s>(&self, epoch: usize, seen: &'s [f64]) -> Moment<'s> {
        Moment { epoch, step: self.step, length: self.length(), seen }
    }

    /// The numbers of an epoch that `every` blocks read.
    fn seen(&self, train: &Metrics, val: &Metrics) -> Vec<f64> {
        let number = |metric: &crate::tir::Metric| {
            let of = if metric.part == Part::Train { train } else { val };
            of.iter().find(|(name, _)| *name == metric.name).map_or(f64::NAN, |(_, value)| *value)
        };
        self.job.seen.iter().map(number).collect()
    }

    /// The same random numbers in every validation: only the weights differ.
    fn validate(&self, epoch: usize, machine: &mut dyn Machine) -> Result<Metrics, Diagnostic> {
        let (Some(validate), Some(batches)) = (&self.job.validate, &self.validation) else { return Ok(vec![]) };
        let mut averages = Averages::default();
        for (i, batch) in batches.epoch(1, 0).enumerate() {
            let key = mix(&[self.job.seed, i as u64, validate.program.0.into()]);
            let length = self.length();
            let call = Call { program: validate.program, args: &batch, step: self.step, epoch, length, seen: &[], key };
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
        if self.job.logged {
            self.history.epoch(&train, &val);
        }
        let seen = self.seen(&train, &val);
        action::due(self.job, Unit::Epoch, self.moment(epoch, &seen), machine, context)?;
        if let Some(restore) = &mut self.restore {
            restore.epoch(self.job, (epoch, &train, &val), machine);
        }
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
        self.stopped = true;
        (context.tell)(Event::Stopped { epoch, best });
        Flow::Stopped
    }

    /// Where the run stands now.
    fn place(&self) -> Place {
        let (train, val) = &self.last;
        let restore = self.restore.as_ref();
        Place {
            steps_per_epoch: self.batches.count(),
            rows: self.batches.rows(),
            epochs: self.epochs,
            step: self.step,
            batch: self.batch,
            stopped: self.stopped,
            averages: self.averages.exact(),
            saves: self.keepers.iter().map(|keeper| Record::of(keeper.best())).collect(),
            stop: self.patience.as_ref().and_then(|(_, watch)| Record::of(watch.best.as_ref())),
            restore: restore.and_then(|restore| Record::of(restore.best())),
            train: place::exact(train),
            val: place::exact(val),
            history: self.history.exact(),
            best: restore.map_or(vec![], |restore| restore.weights().to_vec()),
        }
    }

    /// Goes on from there.
    fn take_up(&mut self, place: &Place) -> Result<(), Diagnostic> {
        let (steps, rows) = (self.batches.count(), self.batches.rows());
        if (steps, rows) != (place.steps_per_epoch, place.rows) {
            let message = format!("the run cannot be taken up: the data of `train {}` are others", self.job.name);
            let counts = format!(
                "{} rows in {} steps then, {rows} rows in {steps} steps now",
                place.rows, place.steps_per_epoch
            );
            let diagnostic = Diagnostic::error("E0902", self.job.span.start(), message, counts);
            return Err(diagnostic.help("run it without `--resume` to begin anew"));
        }
        (self.epochs, self.step, self.batch, self.stopped) = (place.epochs, place.step, place.batch, place.stopped);
        self.averages = Averages::from_exact(&place.averages);
        for (keeper, best) in self.keepers.iter_mut().zip(&place.saves) {
            keeper.take_up(*best);
        }
        if let Some((_, watch)) = &mut self.patience {
            watch.take_up(place.stop);
        }
        if let Some(restore) = &mut self.restore {
            restore.take_up(place.restore, place.best.clone());
        }
        self.last = (place::metrics(&place.train), place::metrics(&place.val));
        self.history = History::from_exact(&place.history);
        Ok(())
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

/// How much the numbers of a batch count: by its rows, and those of a step without data once.
fn rows(batch: &[Tensor]) -> usize {
    batch.first().and_then(|field| field.shape.first().copied()).unwrap_or(1)
}
