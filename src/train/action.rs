//! What `every` blocks do, and calls at the top level.

use super::Context;
use super::event::Event;
use super::machine::{Call, Length, Machine};
use crate::base::Span;
use crate::data::mix;
use crate::diag::Diagnostic;
use crate::io::{self, show};
use crate::ops::Tensor;
use crate::tir::{Action, Every, Job, Piece, ProgramId, Shown, Target, Template, Unit};

/// Where a run is.
#[derive(Clone, Copy, Debug)]
pub struct Moment<'s> {
    pub epoch: usize,
    /// Batches so far.
    pub step: usize,
    pub length: Length,
    /// The numbers of the epoch that has ended, those of `Job::seen`.
    pub seen: &'s [f64],
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
        all(&every.actions, job.seed, every.span, moment, machine, context)?;
    }
    Ok(())
}

/// Does what stands at the top level. There is no epoch then: it counts as the first step of the first.
pub fn show(shown: &Shown, seed: u64, machine: &mut dyn Machine, context: &mut Context) -> Result<(), Diagnostic> {
    let moment = Moment { epoch: 1, step: 1, length: Length::default(), seen: &[] };
    all(&shown.actions, seed, shown.span, moment, machine, context)
}

/// Does the actions of one block. They draw the same random numbers: what is printed is what is drawn and saved.
fn all(
    actions: &[Action],
    seed: u64,
    span: Span,
    moment: Moment,
    machine: &mut dyn Machine,
    context: &mut Context,
) -> Result<(), Diagnostic> {
    let first = actions.iter().find_map(Action::program).map_or(0, |program| program.0);
    let key = mix(&[seed, moment.step as u64, first.into()]);
    actions.iter().try_for_each(|action| act(key, span, action, moment, machine, context))
}

fn act(
    key: u64,
    span: Span,
    action: &Action,
    moment: Moment,
    machine: &mut dyn Machine,
    context: &mut Context,
) -> Result<(), Diagnostic> {
    let path = |to: &Template| fill(to, moment.epoch, moment.step, &[]);
    match action {
        Action::Save { cells, holder, to, rules } => {
            let path = path(to);
            io::save(context.files, &path, &machine.weights(cells, holder.as_deref()), rules, span)?;
            (context.tell)(Event::Saved { path, because: None });
            Ok(())
        }
        Action::Images { program, to } => {
            let path = path(to);
            for images in run(key, *program, moment, machine)? {
                io::save_images(context.files, &path, &images, to.span)?;
            }
            (context.tell)(Event::Saved { path, because: None });
            Ok(())
        }
        Action::Plot { program, plot, to } => {
            let values = run(key, *program, moment, machine)?;
            let (path, (drawn, told)) = (path(to), values.split_at(plot.values.len()));
            let title = fill(&plot.title, moment.epoch, moment.step, told);
            io::plot::save_plot(context.files, &path, plot, drawn, title, to.span)?;
            (context.tell)(Event::Saved { path, because: None });
            Ok(())
        }
        Action::Print { program, text } => {
            let values = program.map_or(Ok(vec![]), |program| run(key, program, moment, machine))?;
            (context.tell)(Event::Printed(fill(text, moment.epoch, moment.step, &values)));
            Ok(())
        }
        Action::Text { program, data } => {
            let table = context.tables.get(data)?;
            for codes in run(key, *program, moment, machine)? {
                let text = table.spelling.as_ref().map_or(String::new(), |spelling| spelling.spelled(&codes));
                (context.tell)(Event::Printed(text));
            }
            Ok(())
        }
        Action::Update { program } => run(key, *program, moment, machine).map(|_| ()),
    }
}

/// The `Value` results of a program without arguments.
fn run(key: u64, program: ProgramId, moment: Moment, machine: &mut dyn Machine) -> Result<Vec<Tensor>, Diagnostic> {
    let Moment { epoch, step, length, seen } = moment;
    let results = machine.run(&Call { program, args: &[], step, epoch, length, seen, key })?;
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
