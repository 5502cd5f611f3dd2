//! How much memory a training takes at its peak, said before it runs: from its plans, and from what this process has already.
//!
//! Every plan of a run uses the same arena, so that the largest counts. Of sizes that depend on data, batches are the largest ones,
//! and rows of free length the longest; a program whose sizes are found while it runs is left out.

use crate::base::Name;
use crate::data::{Table, Tables};
use crate::exec::cpu::room;
use crate::graph::{Graph, Kind};
use crate::io::{self, Files};
use crate::lower::{self, Lowered, Sizes};
use crate::ops::Op;
use crate::plan::Plan;
use crate::sema::Checked;
use crate::tir::{Cell, Feed, Job, Program, ProgramId, Source, Target};
use std::mem::discriminant;
use std::rc::Rc;
use std::sync::Arc;

/// Bytes that a training takes, by what they are for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Peak {
    /// The training.
    pub of: Name,
    /// What a process has without tensors: the code, the program and its plans.
    pub base: u64,
    /// Parameters, buffers, and what optimizers keep.
    pub cells: u64,
    /// Rows.
    pub data: u64,
    /// Values of a step: the arena, what comes in and goes out, and what kernels work with and keep; or those that first values
    /// take before it, if they are more.
    pub step: u64,
    /// Copies of the weights while they are written to a file.
    pub saving: u64,
    /// Sizes that are only found by the run are not in it.
    pub open: bool,
}

impl Peak {
    pub fn total(&self) -> u64 {
        self.base + self.cells + self.data + self.step + self.saving
    }
}

/// A weight that is written to a file stands there as a tensor, as bytes to be stored, and in the text of the file.
const COPIES: u64 = 3;

/// The trainings of a file, with so many threads. A data set that cannot be read counts as none: the run will say why.
pub fn peaks(checked: &Checked, files: &Files, threads: usize) -> Vec<Peak> {
    let mut tables = Tables::new(files);
    let mut planner = Planner::default();
    checked.jobs.iter().map(|job| peak(checked, job, &mut tables, &mut planner, threads as u64)).collect()
}

fn peak<'c>(checked: &'c Checked, job: &Job, tables: &mut Tables, planner: &mut Planner<'c>, threads: u64) -> Peak {
    let feeds: Vec<&Feed> = std::iter::once(&job.feed).chain(job.validate.iter().map(|v| &v.feed)).collect();
    let read: Vec<Option<Arc<Table>>> = feeds.iter().map(|feed| table(feed, tables)).collect();
    let train = arguments(feeds[0], read[0].as_deref());
    let mut programs: Vec<(&'c Program, Vec<Vec<usize>>)> = vec![(&checked.init, vec![])];
    let of = |id: ProgramId| &checked.programs[id.index()];
    programs.extend(job.steps.iter().map(|step| (of(step.program), train.clone())));
    programs.extend(job.validate.iter().map(|v| (of(v.program), arguments(feeds[1], read[1].as_deref()))));
    let actions = job.every.iter().flat_map(|every| &every.actions);
    programs.extend(actions.filter_map(|action| Some((of(action.program()?), vec![]))));

    let plans: Vec<Option<Rc<Planned>>> =
        programs.into_iter().map(|(program, args)| planner.plan(program, args)).collect();
    // First values are drawn in memory that is given back.
    let (first, steps) = plans.split_first().expect("first values have a program");
    let first = first.as_ref().map_or(0, |first| first.plan.arena as u64 + outside(&first.lowered, &first.plan));
    let known = || steps.iter().flatten();
    let arena = known().map(|planned| planned.plan.arena as u64).max().unwrap_or(0);
    let outside: u64 = known().map(|planned| outside(&planned.lowered, &planned.plan)).sum();
    let rooms = known().map(|planned| room(&planned.plan));
    let (own, shared, kept) =
        rooms.fold((0, 0, 0), |most, room| (room.own.max(most.0), room.shared.max(most.1), room.kept + most.2));
    let mut seen: Vec<&Arc<Table>> = vec![];
    for table in read.iter().flatten() {
        if !seen.iter().any(|known| Arc::ptr_eq(known, table)) {
            seen.push(table);
        }
    }
    let data = seen.iter().map(|table| table.bytes() as u64).sum();
    let trained: u64 = job.trained.iter().map(|cell| bytes(&checked.cells[cell.index()])).sum();
    // Measured while the plans are there, and the rows.
    let base = io::memory::resident().unwrap_or(BASE).saturating_sub(data);
    Peak {
        of: job.name.clone(),
        base,
        cells: checked.cells.iter().map(bytes).sum(),
        data,
        step: first.max(arena + outside + threads * own + shared + kept),
        saving: COPIES * trained,
        open: plans.iter().any(Option::is_none),
    }
}

/// A process where the system does not say what it has.
const BASE: u64 = 16 << 20;

fn table(feed: &Feed, tables: &mut Tables) -> Option<Arc<Table>> {
    match feed {
        Feed::Rows(data) => tables.get(data).ok(),
        Feed::Steps(_) => None,
    }
}

/// The shapes of the fields of the largest batch.
fn arguments(feed: &Feed, table: Option<&Table>) -> Vec<Vec<usize>> {
    let Feed::Rows(data) = feed else { return vec![] };
    let known = table.map_or(usize::MAX, |table| table.rows);
    let rows = data.batch.map_or(known, |batch| batch.size.min(known));
    let field = |at: usize| {
        let longest = |length| data.sizes(length).into_iter().max().unwrap_or(0);
        let free = data.free_length(at).map(longest);
        std::iter::once(rows).chain(free).chain(data.row_shape(at)).collect()
    };
    let lengths = data.free_lengths().into_iter().map(|_| vec![rows]);
    (0..data.fields.len()).map(field).chain(lengths).collect()
}

/// A program with its plan.
struct Planned {
    /// As it was lowered, without its names.
    graph: Graph,
    lowered: Lowered,
    plan: Plan,
}

/// What was asked for: a program at the shapes of its arguments, and its plan.
struct Asked<'c> {
    program: &'c Program,
    args: Vec<Vec<usize>>,
    planned: Option<Rc<Planned>>,
}

/// Plans of programs. Most of the time goes into them, and many trainings of one file are the same but for their names.
#[derive(Default)]
struct Planner<'c> {
    asked: Vec<Asked<'c>>,
    plans: Vec<Rc<Planned>>,
}

impl<'c> Planner<'c> {
    /// None where a size is still open.
    fn plan(&mut self, program: &'c Program, args: Vec<Vec<usize>>) -> Option<Rc<Planned>> {
        let same = |asked: &&Asked| std::ptr::eq(asked.program, program) && asked.args == args;
        if let Some(known) = self.asked.iter().find(same) {
            return known.planned.clone();
        }
        let planned = lowered(program, &args).map(|(lowered, alone)| self.planned(lowered, alone));
        self.asked.push(Asked { program, args, planned: planned.clone() });
        planned
    }

    /// The plan of a graph that is the same but for its names, or a new one.
    fn planned(&mut self, lowered: Lowered, alone: bool) -> Rc<Planned> {
        let graph = nameless(&lowered.graph, &mut vec![]);
        let options = super::engine::plan_options(&lowered, alone);
        let same = |known: &&Rc<Planned>| {
            known.graph == graph
                && known.lowered.inputs.iter().map(discriminant).eq(lowered.inputs.iter().map(discriminant))
                && known.lowered.outputs.iter().map(discriminant).eq(lowered.outputs.iter().map(discriminant))
                && super::engine::plan_options(&known.lowered, alone) == options
        };
        if let Some(known) = self.plans.iter().find(same) {
            return known.clone();
        }
        let (lowered, plan) = super::planned(lowered, alone);
        let planned = Rc::new(Planned { graph, lowered, plan });
        self.plans.push(planned.clone());
        planned
    }
}

/// A graph without its names; streams of random numbers are told apart by the order in which they come.
fn nameless(graph: &Graph, streams: &mut Vec<u64>) -> Graph {
    let mut graph = graph.clone();
    let nobody = Name::default();
    graph.inputs.iter_mut().for_each(|(name, _)| *name = nobody.clone());
    graph.outputs.iter_mut().for_each(|(name, _)| *name = nobody.clone());
    for node in &mut graph.nodes {
        match &mut node.kind {
            Kind::Op(Op::Uniform { stream, .. }) => {
                let known = streams.iter().position(|known| known == stream);
                *stream = known.unwrap_or_else(|| {
                    streams.push(*stream);
                    streams.len() - 1
                }) as u64;
            }
            Kind::Scan(scan) => scan.body = nameless(&scan.body, streams),
            Kind::Op(_) | Kind::Input(_) | Kind::Result(_) => {}
        }
    }
    graph
}

/// A program at the sizes of its arguments, and whether it has no others.
fn lowered(program: &Program, args: &[Vec<usize>]) -> Option<(Lowered, bool)> {
    let sizes: Sizes = lower::bind_inputs(program, |source| match source {
        Source::Arg(place) => args.get(*place).map(Vec::as_slice),
        _ => None,
    });
    let mut dims = program.nodes.iter().flat_map(|node| &node.tys).flat_map(|ty| &ty.shape);
    let fits = program.found.is_empty() && dims.all(|dim| dim.eval(&sizes).is_some_and(|size| size < MOST));
    (fits && lower::unmet(program, &sizes).is_none()).then(|| (lower::lower(program, &sizes), sizes.is_empty()))
}

/// The largest size of an axis; where rows are not known it is beyond.
const MOST: i64 = 1 << 40;

/// What goes into a plan and comes out of it, apart from cells: it stays while the plan does.
fn outside(lowered: &Lowered, plan: &Plan) -> u64 {
    let input = |(source, (_, ty)): (&Source, &(Name, crate::plan::Type))| match source {
        Source::Cell(_) => 0,
        // The batch as it was gathered, and as the plan reads it.
        Source::Arg(_) => 2 * ty.bytes() as u64,
        _ => ty.bytes() as u64,
    };
    let output = |(target, (_, ty)): (&Target, &(Name, crate::plan::Type))| match target {
        Target::Cell(_) => 0,
        _ => ty.bytes() as u64,
    };
    let inputs = lowered.inputs.iter().zip(&plan.inputs).map(input);
    inputs.chain(lowered.outputs.iter().zip(&plan.outputs).map(output)).sum()
}

fn bytes(cell: &Cell) -> u64 {
    let count: i64 = cell.ty.shape.iter().map(|dim| dim.as_const().unwrap_or(0)).product();
    count.unsigned_abs() * cell.ty.dtype.bytes() as u64
}
