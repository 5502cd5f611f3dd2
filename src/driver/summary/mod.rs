//! What a model costs before it runs: the layers that a program calls, with shapes, parameters and arithmetic.
//!
//! Shapes are those of the typed program, symbolic where sizes are. Arithmetic is counted for given sizes, by the op's own
//! `cost`, over the nodes that a layer made; those of a loop's body count once for each iteration. `derivatives` counts the way
//! back, and `amount` makes polynomials of what was counted at several sizes.

mod amount;
mod arithmetic;
mod derivatives;
mod fitting;
mod uses;

use std::collections::{BTreeMap, BTreeSet};

use crate::base::Name;
use crate::lower::{self, Sizes};
use crate::opt;
use crate::sema::{Checked, Function};
use crate::tir::{Call, Cell, Feed, Kind, Node, Program, Role, Target, Ty};
use crate::types::{Claim, Var};
pub use amount::Amount;
use arithmetic::{graph_flops, node_flops};
pub use uses::{Use, Uses, uses};

/// One layer, or one stage of a chain.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// `net.body.3`; empty for a function.
    pub path: Name,
    /// `Conv2d[16 -> 32]`
    pub name: Name,
    /// How many layers it stands inside.
    pub depth: usize,
    pub inputs: Vec<Ty>,
    pub outputs: Vec<Ty>,
    /// Numbers that are trained, of the layer and all inside it.
    pub parameters: usize,
    /// Called before: an earlier row has its parameters too.
    pub again: bool,
    /// Arithmetic of one call.
    pub flops: u64,
    /// Arithmetic of its derivatives; none where nothing is differentiated.
    pub backward: Option<u64>,
    /// Bytes of its results.
    pub bytes: u64,
    /// The same in the sizes that are open, where these costs are polynomials in them.
    pub symbolic: Option<Costs>,
}

/// Costs in the sizes that are open.
#[derive(Clone, Debug, PartialEq)]
pub struct Costs {
    pub forward: Amount,
    pub backward: Option<Amount>,
    /// Bytes of results; of a whole program, of those of its outermost layers.
    pub bytes: Amount,
}

/// A program with the layers that it calls.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Summary {
    /// `train classify`, `fn classify`
    pub of: String,
    /// What the sizes that are not known before the run stand for here.
    pub sizes: Vec<(Name, i64)>,
    /// The condition that these sizes break; then nothing else is known.
    pub broken: Option<Claim>,
    /// In the order of the calls, outer layers first.
    pub rows: Vec<Row>,
    pub parameters: usize,
    /// Bytes of parameters, of buffers, and of what optimizers keep.
    pub memory: [u64; 3],
    /// Arithmetic of the loss or the results, without derivatives.
    pub forward: u64,
    /// Arithmetic of all derivatives, as their rules say it.
    pub backward: Option<u64>,
    /// What layers and the whole cost, in the sizes that are open, if all of that are polynomials in them.
    pub symbolic: Option<Costs>,
    /// Arithmetic of the whole program behind the optimizer's passes: forward, derivatives and updates.
    pub whole: u64,
}

impl Summary {
    fn of_broken(broken: Claim, sizes: Vec<(Var, i64)>) -> Summary {
        let sizes = sizes.into_iter().map(|(var, size)| (var.name, size)).collect();
        Summary { sizes, broken: Some(broken), ..Summary::default() }
    }
}

/// Summaries of the steps of every `train` block, or else of the functions that were traced. `sizes` gives numbers to sizes by
/// their names, in place of the data's.
pub fn summaries(checked: &Checked, sizes: &BTreeMap<String, i64>) -> Vec<Summary> {
    let mut all = vec![];
    for job in &checked.jobs {
        let rows = batch_size(&job.feed);
        for step in &job.steps {
            let name = step.name.as_ref().map_or_else(|| job.name.to_string(), |name| format!("{}.{name}", job.name));
            let program = &checked.programs[step.program.index()];
            all.push(summary(checked, format!("train {name}"), [program; 2], &[], sizes, (sizes, rows)));
        }
    }
    if all.is_empty() {
        for function in &checked.functions {
            let program = &checked.programs[function.program.index()];
            let trained = trained(checked, function);
            let trained = trained.as_ref().unwrap_or(program);
            let of = format!("fn {}", function.name);
            all.push(match fitting::fitting(&function.conditions, sizes) {
                Ok(fit) => summary(checked, of, [program, trained], &function.conditions, sizes, (&fit, None)),
                Err(broken) => Summary { of, ..Summary::of_broken(broken, named_sizes(program, sizes, None)) },
            });
        }
    }
    all
}

/// How many rows a batch has.
fn batch_size(feed: &Feed) -> Option<i64> {
    match feed {
        Feed::Rows(data) => data.batch.map(|batch| batch.size as i64),
        Feed::Steps(_) => None,
    }
}

/// A function with the derivatives that training would take: those in parameters of layers, and not in its arguments.
fn trained(checked: &Checked, function: &Function) -> Option<Program> {
    let gradient = function.gradient.as_ref()?;
    let mut program = checked.programs[gradient.program.index()].clone();
    let own = program.outputs.len() - gradient.wrt.len();
    let is_cell = |name: &Name| checked.cells.iter().any(|cell| cell.path == *name);
    program.outputs.retain(|output| match output.to {
        Target::Value(i) => i < own || is_cell(&gradient.wrt[i - own]),
        _ => true,
    });
    (program.outputs.len() > own).then_some(program)
}

/// That of one program, called `of`, and of the same with derivatives, which may be the program itself. Sizes that are `given` are
/// numbers; numbers for the others, with which `conditions` hold, are in `fit`, with the rows of a batch.
pub fn summary(
    checked: &Checked,
    of: String,
    [program, trained]: [&Program; 2],
    conditions: &[Claim],
    given: &BTreeMap<String, i64>,
    (fit, batch): (&BTreeMap<String, i64>, Option<i64>),
) -> Summary {
    let Counted { named, sizes, mut rows, backward } = counted(checked, program, trained, fit, batch);
    let symbolic = symbolic(checked, [program, trained], conditions, given, &named);
    let symbolic = symbolic.map(|(costs, whole)| {
        rows.iter_mut().zip(costs).for_each(|(row, costs)| row.symbolic = Some(costs));
        whole
    });
    let whole = opt::optimize(&lower::lower(program, &sizes).graph);
    let bytes = |role: Role| {
        let own = checked.cells.iter().filter(|cell| cell.role == role);
        own.map(|cell| (count(&cell.ty) * cell.ty.dtype.bytes()) as u64).sum()
    };
    Summary {
        of,
        sizes: named.into_iter().map(|(var, size)| (var.name, size)).collect(),
        broken: None,
        rows,
        parameters: checked.cells.iter().filter(|cell| cell.role == Role::Param).map(|cell| count(&cell.ty)).sum(),
        memory: [bytes(Role::Param), bytes(Role::Buffer), bytes(Role::State)],
        forward: forward(program, &sizes),
        backward,
        symbolic,
        whole: graph_flops(&whole),
    }
}

/// Arithmetic up to the first derivative.
fn forward(program: &Program, sizes: &Sizes) -> u64 {
    let nodes = program.nodes.iter().take_while(|node| !matches!(node.kind, Kind::Grad));
    nodes.map(|node| node_flops(program, node, sizes)).sum()
}

/// Costs of the layers and of the whole in the sizes that are not `given`, by counting at several of them.
fn symbolic(
    checked: &Checked,
    [program, trained]: [&Program; 2],
    conditions: &[Claim],
    given: &BTreeMap<String, i64>,
    named: &[(Var, i64)],
) -> Option<(Vec<Costs>, Costs)> {
    let open = named.iter().filter(|(var, _)| !given.contains_key(&*var.name));
    let first: BTreeMap<String, i64> = open.map(|(var, size)| (var.name.to_string(), *size)).collect();
    let mut is_trained = false;
    let mut count = |open: &BTreeMap<String, i64>| {
        let sizes: BTreeMap<String, i64> = given.iter().chain(open).map(|(name, size)| (name.clone(), *size)).collect();
        let asked = conditions.iter().chain(program.checks.iter().chain(&trained.checks).map(|check| &check.claim));
        let holds = |claim: &Claim| {
            let number = |var: Var| Some((var.clone(), *sizes.get(&*var.name)?));
            claim.eval(&claim.vars().into_iter().filter_map(number).collect()) != Some(false)
        };
        if !{ asked }.all(holds) {
            return None;
        }
        let Counted { sizes, rows, backward, .. } = counted(checked, program, trained, &sizes, None);
        is_trained = backward.is_some();
        let outer: u64 = rows.iter().filter(|row| row.depth == 0).map(|row| row.bytes).sum();
        let whole = [forward(program, &sizes), backward.unwrap_or(0), outer];
        let own = rows.iter().map(|row| [row.flops, row.backward.unwrap_or(0), row.bytes]);
        Some(own.chain([whole]).flatten().collect())
    };
    let amounts = amount::fitted(&first, &mut count)?;
    let mut costs: Vec<Costs> = amounts
        .chunks_exact(3)
        .map(|costs| Costs {
            forward: costs[0].clone(),
            backward: is_trained.then(|| costs[1].clone()),
            bytes: costs[2].clone(),
        })
        .collect();
    let whole = costs.pop()?;
    Some((costs, whole))
}

/// The layers that a program calls, with their arithmetic at some sizes.
struct Counted {
    named: Vec<(Var, i64)>,
    sizes: Sizes,
    rows: Vec<Row>,
    /// Arithmetic of all derivatives.
    backward: Option<u64>,
}

fn counted(
    checked: &Checked,
    program: &Program,
    trained: &Program,
    given: &BTreeMap<String, i64>,
    batch: Option<i64>,
) -> Counted {
    let named = named_sizes(program, given, batch);
    // A function with derivatives was traced on its own, with variables of its own.
    let sizes: Sizes = named.iter().cloned().chain(named_sizes(trained, given, batch)).collect();
    let mut rows = vec![];
    collect(program, &sizes, &checked.cells, 1, 0, &mut rows);
    let depths: Vec<usize> = rows.iter().map(|row| row.depth).collect();
    let derivatives = derivatives::count(trained, &sizes, &depths);
    if let Some(derivatives) = &derivatives {
        for (row, &flops) in rows.iter_mut().zip(&derivatives.calls) {
            row.backward = Some(flops);
        }
    }
    let mut paths = BTreeSet::new();
    for row in &mut rows {
        row.again = !row.path.is_empty() && !paths.insert(row.path.clone());
    }
    Counted { named, sizes, rows, backward: derivatives.map(|derivatives| derivatives.all) }
}

/// Every variable of the inputs with its number: as given, a batch's rows, or 1.
fn named_sizes(program: &Program, given: &BTreeMap<String, i64>, rows: Option<i64>) -> Vec<(Var, i64)> {
    let inputs = program.nodes.iter().filter(|node| matches!(node.kind, Kind::Input(_)));
    let mut vars: Vec<Var> = inputs.flat_map(|node| node.tys[0].shape.iter().flat_map(|dim| dim.vars())).collect();
    vars.extend(program.found.iter().map(|found| found.var.clone()));
    vars.sort_unstable();
    vars.dedup();
    let size = |var: &Var| given.get(&*var.name).copied().or(rows.filter(|_| &*var.name == "B")).unwrap_or(1);
    vars.into_iter().map(|var| (var.clone(), size(&var))).collect()
}

/// Adds the calls of a program in the order in which they began; those in the body of a loop stand where the loop does, and count
/// once for each iteration.
fn collect<'p>(program: &'p Program, sizes: &Sizes, cells: &[Cell], times: u64, depth: usize, rows: &mut Vec<Row>) {
    let calls = in_order(program);
    let scan = |(at, node): (usize, &'p Node)| match &node.kind {
        Kind::Scan(scan) => Some((at, &**scan)),
        _ => None,
    };
    let mut loops = program.nodes.iter().enumerate().filter_map(scan).peekable();
    let mut open: Vec<(usize, &Call)> = vec![];
    let ends = calls.iter().map(|(_, call)| call.nodes.start).chain([program.nodes.len()]);
    for (i, before) in ends.enumerate() {
        while let Some((at, scan)) = loops.next_if(|(at, _)| *at < before) {
            let around = open.iter().filter(|(_, outer)| at < outer.nodes.end).count();
            let n = scan.n.eval(sizes).unwrap_or(1).max(0) as u64;
            collect(&scan.body, sizes, cells, times * n, depth + around, rows);
        }
        let Some(&(ended, call)) = calls.get(i) else { break };
        open.retain(|(outer, _)| ended < *outer);
        rows.push(row(program, call, sizes, cells, times, depth + open.len()));
        open.push((ended, call));
    }
}

/// The calls of a program in the order in which they began, outer ones first, each with its number in the order of their ends.
fn in_order(program: &Program) -> Vec<(usize, &Call)> {
    let mut calls: Vec<(usize, &Call)> = program.calls.iter().enumerate().collect();
    calls.sort_by_key(|&(ended, call)| (call.began, std::cmp::Reverse(ended)));
    calls
}

fn row(program: &Program, call: &Call, sizes: &Sizes, cells: &[Cell], times: u64, depth: usize) -> Row {
    let own = cells.iter().filter(|cell| cell.role == Role::Param && is_below(&cell.path, &call.path));
    let nodes = &program.nodes[call.nodes.clone()];
    Row {
        path: call.path.clone(),
        name: call.name.clone(),
        depth,
        inputs: call.args.clone(),
        outputs: call.results.clone(),
        parameters: own.map(|cell| count(&cell.ty)).sum(),
        again: false,
        flops: times * nodes.iter().map(|node| node_flops(program, node, sizes)).sum::<u64>(),
        backward: None,
        bytes: times * call.results.iter().map(|ty| count_at(ty, sizes) * ty.dtype.bytes() as u64).sum::<u64>(),
        symbolic: None,
    }
}

/// Whether a cell belongs to the layer at a path, or to one inside it.
fn is_below(cell: &str, path: &str) -> bool {
    !path.is_empty() && cell.strip_prefix(path).is_some_and(|rest| rest.starts_with('.'))
}

/// How many numbers a cell has; its sizes are known.
fn count(ty: &Ty) -> usize {
    count_at(ty, &Sizes::new()) as usize
}

fn count_at(ty: &Ty, sizes: &Sizes) -> u64 {
    ty.shape.iter().map(|dim| dim.eval(sizes).unwrap_or(1).max(0) as u64).product()
}
