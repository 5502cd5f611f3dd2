//! What a model costs before it runs: the layers that a program calls, with shapes, parameters and arithmetic.
//!
//! Shapes are those of the typed program, symbolic where sizes are. Arithmetic is counted for given sizes, by the op's own
//! `cost`, over the nodes that a layer made; those of a loop's body count once for each iteration.

use std::collections::{BTreeMap, BTreeSet};

use crate::base::Name;
use crate::graph::{self, Graph};
use crate::lower::{self, Sizes};
use crate::ops::cost::{Extent, cost};
use crate::opt;
use crate::sema::Checked;
use crate::tir::{Call, Cell, Feed, Kind, Node, Program, Role, Ty};
use crate::types::{DType, Dim, Var};

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
    /// Bytes of its results.
    pub bytes: u64,
}

/// A program with the layers that it calls.
#[derive(Clone, Debug, PartialEq)]
pub struct Summary {
    /// `train classify`, `fn classify`
    pub of: String,
    /// What the sizes that are not known before the run stand for here.
    pub sizes: Vec<(Name, i64)>,
    /// In the order of the calls, outer layers first.
    pub rows: Vec<Row>,
    pub parameters: usize,
    /// Bytes of parameters, of buffers, and of what optimizers keep.
    pub memory: [u64; 3],
    /// Arithmetic of the loss or the results, without derivatives.
    pub forward: u64,
    /// Arithmetic of the whole program behind the optimizer's passes: forward, derivatives and updates.
    pub whole: u64,
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
            all.push(summary(checked, format!("train {name}"), program, sizes, rows));
        }
    }
    if all.is_empty() {
        for function in &checked.functions {
            let program = &checked.programs[function.program.index()];
            all.push(summary(checked, format!("fn {}", function.name), program, sizes, None));
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

fn summary(
    checked: &Checked,
    of: String,
    program: &Program,
    given: &BTreeMap<String, i64>,
    rows: Option<i64>,
) -> Summary {
    let named = named_sizes(program, given, rows);
    let sizes: Sizes = named.iter().cloned().collect();
    let mut rows_of_layers = vec![];
    collect(program, &sizes, &checked.cells, 1, 0, &mut rows_of_layers);
    let mut paths = BTreeSet::new();
    for row in &mut rows_of_layers {
        row.again = !row.path.is_empty() && !paths.insert(row.path.clone());
    }
    let forward = program.nodes.iter().take_while(|node| !matches!(node.kind, Kind::Grad));
    let whole = opt::optimize(&lower::lower(program, &sizes).graph);
    let bytes = |role: Role| {
        let own = checked.cells.iter().filter(|cell| cell.role == role);
        own.map(|cell| (count(&cell.ty) * cell.ty.dtype.bytes()) as u64).sum()
    };
    Summary {
        of,
        sizes: named.into_iter().map(|(var, size)| (var.name, size)).collect(),
        rows: rows_of_layers,
        parameters: checked.cells.iter().filter(|cell| cell.role == Role::Param).map(|cell| count(&cell.ty)).sum(),
        memory: [bytes(Role::Param), bytes(Role::Buffer), bytes(Role::State)],
        forward: forward.map(|node| node_flops(program, node, &sizes)).sum(),
        whole: graph_flops(&whole),
    }
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
    let mut calls: Vec<&Call> = program.calls.iter().collect();
    calls.sort_by_key(|call| (call.nodes.start, std::cmp::Reverse(call.nodes.end)));
    let scan = |(at, node): (usize, &'p Node)| match &node.kind {
        Kind::Scan(scan) => Some((at, &**scan)),
        _ => None,
    };
    let mut loops = program.nodes.iter().enumerate().filter_map(scan).peekable();
    let mut open: Vec<usize> = vec![];
    let ends = calls.iter().map(|call| call.nodes.start).chain([program.nodes.len()]);
    for (i, before) in ends.enumerate() {
        while let Some((at, scan)) = loops.next_if(|(at, _)| *at < before) {
            let around = open.iter().filter(|end| at < **end).count();
            let n = scan.n.eval(sizes).unwrap_or(1).max(0) as u64;
            collect(&scan.body, sizes, cells, times * n, depth + around, rows);
        }
        let Some(call) = calls.get(i) else { break };
        open.retain(|end| call.nodes.start < *end);
        rows.push(row(program, call, sizes, cells, times, depth + open.len()));
        open.push(call.nodes.end);
    }
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
        bytes: times * call.results.iter().map(|ty| count_at(ty, sizes) * ty.dtype.bytes() as u64).sum::<u64>(),
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

fn node_flops(program: &Program, node: &Node, sizes: &Sizes) -> u64 {
    let number = |dim: &Dim| usize::try_from(dim.eval(sizes).unwrap_or(1)).unwrap_or(0);
    let shape = |ty: &Ty| ty.shape.iter().map(number).collect::<Vec<usize>>();
    match &node.kind {
        Kind::Op(op) => {
            // Operands that are results of several are read through their own nodes.
            let args = node.args.iter().map(|arg| &program.nodes[arg.index()].tys[0]);
            let args: Vec<(DType, Vec<usize>)> = args.map(|ty| (ty.dtype, shape(ty))).collect();
            let args: Vec<Extent> = args.iter().map(|(dtype, shape)| Extent { dtype: *dtype, shape }).collect();
            let out = shape(&node.tys[0]);
            cost(&op.map(number), &args, Extent { dtype: node.tys[0].dtype, shape: &out }).flops
        }
        Kind::Scan(scan) => {
            let inside = scan.body.nodes.iter().map(|node| node_flops(&scan.body, node, sizes)).sum::<u64>();
            inside * number(&scan.n) as u64
        }
        Kind::Input(_) | Kind::Size(_) | Kind::Holds(_) | Kind::Result(_) | Kind::Grad => 0,
    }
}

fn graph_flops(graph: &Graph) -> u64 {
    let flops = |node: &graph::Node| match &node.kind {
        graph::Kind::Op(op) => {
            let args = node.args.iter().map(|&arg| extent(graph.ty(arg)));
            cost(op, &args.collect::<Vec<_>>(), extent(&node.tys[0])).flops
        }
        graph::Kind::Scan(scan) => graph_flops(&scan.body) * scan.n as u64,
        graph::Kind::Input(_) | graph::Kind::Result(_) => 0,
    };
    graph.nodes.iter().map(flops).sum()
}

fn extent(ty: &graph::Type) -> Extent<'_> {
    Extent { dtype: ty.dtype, shape: &ty.shape }
}
