//! The steps of a training on its first batch, again and again, with what changes behind them: what is timed where nothing else is
//! to be.

use super::feed::Batches;
use super::{Call, Job, Length, Machine};
use crate::data::{Tables, mix};
use crate::diag::Diagnostic;
use crate::ops::Tensor;
use crate::tir::{Action, ProgramId, Unit};

/// A training that stays at its first batch. Steps are counted on, so optimizers and random numbers go their way.
pub struct Again<'j> {
    job: &'j Job,
    batch: Vec<Tensor>,
    length: Length,
    step: usize,
}

impl<'j> Again<'j> {
    pub fn open(job: &'j Job, tables: &mut Tables<'_>) -> Result<Again<'j>, Diagnostic> {
        let batches = Batches::open(&job.feed, tables, job.seed)?;
        let count = batches.count();
        let batch = batches.epoch(1, 0).next().unwrap_or_default();
        let length = Length { steps_per_epoch: count, total_steps: count * job.epochs, batch: 1, batches: count };
        Ok(Again { job, batch, length, step: 0 })
    }

    /// Runs every step of the block once, and the blocks behind steps that are due, as far as they change something.
    pub fn step(&mut self, machine: &mut dyn Machine) -> Result<(), Diagnostic> {
        self.step += 1;
        for part in &self.job.steps {
            self.run(part.program, &self.batch, machine)?;
        }
        let due = |unit, count| unit == Unit::Step && self.step.is_multiple_of(count);
        let blocks = self.job.every.iter().filter(|every| due(every.unit, every.count));
        for action in blocks.flat_map(|every| &every.actions) {
            if let Action::Update { program } = action {
                self.run(*program, &[], machine)?;
            }
        }
        Ok(())
    }

    fn run(&self, program: ProgramId, args: &[Tensor], machine: &mut dyn Machine) -> Result<(), Diagnostic> {
        let key = mix(&[self.job.seed, self.step as u64, program.0.into()]);
        machine.run(&Call { program, args, step: self.step, epoch: 1, length: self.length, seen: &[], key }).map(drop)
    }
}
