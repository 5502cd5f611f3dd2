//! What `every` blocks do.

use super::Context;
use super::event::Event;
use super::keep::save;
use super::machine::{Call, Length, Machine};
use crate::data::{characters, mix, spelled};
use crate::diag::Diagnostic;
use crate::io::{self, show};
use crate::ops::Tensor;
use crate::tir::{Action, Every, Job, Piece, ProgramId, Target, Template, Unit};

/// Where a run is.
#[derive(Clone, Copy, Debug)]
pub struct Moment {
    pub epoch: usize,
    /// Batches so far.
    pub step: usize,
    pub length: Length,
}

/// Does what is due when an epoch or a step has ended.
pub fn due(
    job: &Job,
    unit: Unit,
    moment: Moment,
    machine: &mut dyn Machine,
    context: &mut Context,
) -> Result<(), Diagnostic> {
    let count = match unit {
        Unit::Epoch => moment.epoch,
        Unit::Step => moment.step,
    };
    let is_due = |every: &&Every| every.unit == unit && count.is_multiple_of(every.count);
    for every in job.every.iter().filter(is_due) {
        for action in &every.actions {
            act(job, every, action, moment, machine, context)?;
        }
    }
    Ok(())
}

fn act(
    job: &Job,
    every: &Every,
    action: &Action,
    moment: Moment,
    machine: &mut dyn Machine,
    context: &mut Context,
) -> Result<(), Diagnostic> {
    let path = |to: &Template| fill(to, moment.epoch, moment.step, &[]);
    match action {
        Action::Save { cells, to } => save(&path(to), cells, every.span, machine, context, None),
        Action::Images { program, to } => {
            let path = path(to);
            for images in run(job, *program, moment, machine)? {
                io::save_images(context.files, &path, &images, to.span)?;
            }
            (context.tell)(Event::Saved { path, because: None });
            Ok(())
        }
        Action::Print { program, text } => {
            let values = program.map_or(Ok(vec![]), |program| run(job, program, moment, machine))?;
            (context.tell)(Event::Printed(fill(text, moment.epoch, moment.step, &values)));
            Ok(())
        }
        Action::Text { program, path } => {
            let characters = characters(context.files, path)?;
            for codes in run(job, *program, moment, machine)? {
                (context.tell)(Event::Printed(spelled(&characters, &codes)));
            }
            Ok(())
        }
        Action::Update { program } => run(job, *program, moment, machine).map(|_| ()),
    }
}

/// The `Value` results of a program without arguments.
fn run(job: &Job, program: ProgramId, moment: Moment, machine: &mut dyn Machine) -> Result<Vec<Tensor>, Diagnostic> {
    let Moment { epoch, step, length } = moment;
    let key = mix(&[job.seed, step as u64, program.0.into()]);
    let results = machine.run(&Call { program, args: &[], step, epoch, length, key })?;
    let values = results.iter().filter(|(target, _)| matches!(target, Target::Value(_)));
    Ok(values.map(|(_, value)| value.clone()).collect())
}

/// The finished text of a template.
pub fn fill(template: &Template, epoch: usize, step: usize, values: &[Tensor]) -> String {
    let piece = |piece: &Piece| match piece {
        Piece::Text(text) => text.to_string(),
        Piece::Epoch => epoch.to_string(),
        Piece::Step => step.to_string(),
        Piece::Value(i) => values.get(*i).map(show::tensor).unwrap_or_default(),
    };
    template.pieces.iter().map(piece).collect()
}
