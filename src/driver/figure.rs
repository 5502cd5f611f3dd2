//! The figure of a checked program: of which of its steps or functions, and how their arguments are called.

use std::collections::BTreeSet;

use crate::base::Name;
use crate::figure::{Asked, Region, figure};
use crate::sema::{Checked, Module};
use crate::syntax::ast::{ItemKind, TrainItem};
use crate::tir::{Job, Program, ProgramId};

/// What is drawn.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Drawn {
    /// `train classify`, `fn classify`, `net.body`
    pub title: String,
    /// None where nothing calls what is asked for.
    pub region: Option<Region>,
    /// The sizes that may be given numbers.
    pub sizes: BTreeSet<String>,
    /// The layers that are called.
    pub layers: BTreeSet<String>,
}

/// The figure of the first step of a `train` block in which there is what is asked for, or else of a function. The file must
/// be checked with `Options::drawn`.
pub fn drawn(main: &Module, checked: &Checked, asked: &Asked) -> Drawn {
    let programs = candidates(main, checked);
    let program = |id: &ProgramId| &checked.programs[id.index()];
    let mut drawn = Drawn::default();
    for (_, id, _) in &programs {
        drawn.sizes.extend(sizes(program(id)));
        let paths = program(id).calls.iter().map(|call| call.path.to_string());
        drawn.layers.extend(paths.filter(|path| !path.is_empty()));
    }
    let figures = programs.iter().filter_map(|(title, id, inputs)| {
        let region = figure(program(id), &checked.cells, inputs, asked)?;
        Some((title, region))
    });
    if let Some((title, region)) = figures.into_iter().next() {
        drawn.title = asked.layer.clone().unwrap_or_else(|| title.clone());
        drawn.region = Some(region);
    }
    drawn
}

/// Titles, programs, and names of their arguments.
fn candidates(main: &Module, checked: &Checked) -> Vec<(String, ProgramId, Vec<String>)> {
    let steps = checked.jobs.iter().flat_map(|job| {
        job.steps.iter().map(move |step| {
            let name = step.name.as_ref().map_or_else(|| job.name.to_string(), |name| format!("{}.{name}", job.name));
            (format!("train {name}"), step.program, fields(main, job, step.name.as_ref()))
        })
    });
    let functions = checked.functions.iter().map(|function| {
        let params = function.params.iter().map(|(name, _)| name.to_string()).collect();
        (format!("fn {}", function.name), function.program, params)
    });
    steps.chain(functions).collect()
}

/// How a step of a `train` block calls the fields of its batch.
fn fields(main: &Module, job: &Job, step: Option<&Name>) -> Vec<String> {
    let trains = main.ast.items.iter().filter_map(|item| match &item.kind {
        ItemKind::Train(train) if item.span.to(job.span) == item.span => Some(train),
        _ => None,
    });
    let params = trains.flat_map(|train| &train.items).find_map(|item| match item {
        TrainItem::Step { name, params, .. } if name.as_ref().map(|name| &name.name) == step => Some(params),
        _ => None,
    });
    params.into_iter().flatten().map(|param| param.name.to_string()).collect()
}

/// The names of all sizes that are no numbers.
fn sizes(program: &Program) -> impl Iterator<Item = String> {
    let tys = program.nodes.iter().flat_map(|node| &node.tys);
    let vars = tys.flat_map(|ty| ty.shape.iter().chain(&ty.bound)).flat_map(|dim| dim.vars());
    vars.map(|var| var.name.to_string())
}
