//! Classes that a network is shown where it is to say them: from the target to its own scores there is a way on which no place meets
//! another, and nothing is hidden.

use crate::base::Span;
use crate::diag::Diagnostic;
use crate::ops::Op;
use crate::syntax::ast;
use crate::tir::{Kind, Node, Program, Source, ValueId};
use crate::types::Dim;

use super::scope::Scope;
use super::stmt::Place;
use super::value::{Tensor, Value};
use super::{Checker, report};

/// Where the axes of the target are in a value that is computed place by place from it.
type Places = Option<Vec<usize>>;

impl<'a> Checker<'a> {
    /// Looks at the arguments of a loss that is called in a file of the user.
    pub fn is_shown(&mut self, func: &'a ast::Func, scope: &Scope<'a>, span: Span) {
        let counts = self.generic || matches!(self.place, Place::Step | Place::Validate);
        if !counts || self.is_std(span.file) {
            return;
        }
        let given = func.params.iter().filter_map(|param| match scope.own(&param.name.name) {
            Some(Value::Tensor(tensor)) => Some(tensor),
            _ => None,
        });
        let (targets, scores): (Vec<Tensor>, Vec<Tensor>) = given.partition(|tensor| tensor.ty.bound.is_some());
        // One class for each row may well be what a network is to give back, behind a few features.
        let [target] = &targets[..] else { return };
        let rank = target.ty.shape.len();
        let here = |tensor: &&Tensor| tensor.depth == target.depth && tensor.home == target.home;
        if rank < 2 || target.home != self.progs[0].serial {
            return;
        }
        let nodes = &self.progs[target.depth].program.nodes;
        let own: Vec<usize> = (0..rank).collect();
        let places = along(nodes, |i, _| (i == target.id.index()).then(|| own.clone()));
        if !scores.iter().filter(here).any(|tensor| places[tensor.id.index()].as_ref() == Some(&own)) {
            return;
        }
        let message = "the network is shown the very classes that it is to say";
        let label = format!("each of {} goes in at the place where it is to come out", report::show(&target.ty));
        let mut diagnostic = Diagnostic::warning("E0624", span, message, label);
        if rank == 2 {
            let help = "to say what comes next, it is shown all but the last, and says all but the first: \
                        `cross_entropy(net(x[:, :-1]), x[:, 1:])`; a `read_text` gives what comes next as `y`";
            diagnostic = diagnostic.help(help);
        }
        let hide = "to say what is hidden, hide it: `net(where(hidden, mask, x))`";
        self.report(diagnostic.help(hide));
    }
}

/// Where the axes of what `begins` names are in all values of a program.
fn along(nodes: &[Node], begins: impl Fn(usize, &Node) -> Places) -> Vec<Places> {
    let mut out: Vec<Places> = vec![];
    // What loops give, by their nodes.
    let mut loops: Vec<(usize, Vec<Places>)> = vec![];
    for (i, node) in nodes.iter().enumerate() {
        let of = |at: usize| out[node.args[at].index()].as_ref();
        let places = begins(i, node).or_else(|| match &node.kind {
            Kind::Op(op) => (0..node.args.len()).find_map(|at| moved(op, nodes, node, at, of(at)?)),
            Kind::Result(at) => {
                let (_, results) = loops.iter().find(|(of, _)| *of == node.args[0].index())?;
                results.get(*at).cloned().flatten()
            }
            _ => None,
        });
        if let Kind::Scan(scan) = &node.kind {
            let given: Vec<Places> = (0..node.args.len()).map(|at| of(at).cloned()).collect();
            loops.push((i, through(scan.carries, scan.xs, &scan.body, &given)));
        }
        out.push(places);
    }
    out
}

/// A loop over the places of an axis: what it yields at each of them.
fn through(carries: usize, xs: usize, body: &Program, given: &[Places]) -> Vec<Places> {
    let slice = |places: &Vec<usize>| {
        places.contains(&0).then(|| places.iter().map(|&at| at.checked_sub(1).unwrap_or(usize::MAX)).collect())
    };
    let begins = |_: usize, node: &Node| match node.kind {
        Kind::Input(Source::Body(at)) if (carries + 1..carries + 1 + xs).contains(&at) => {
            given.get(at - 1)?.as_ref().and_then(slice)
        }
        _ => None,
    };
    let inside = along(&body.nodes, begins);
    let stacked = |places: &Vec<usize>| places.iter().map(|&at| at.wrapping_add(1)).collect();
    let yields = body.outputs.iter().enumerate();
    yields.map(|(i, out)| if i < carries { None } else { inside[out.value.index()].as_ref().map(stacked) }).collect()
}

/// The axes of operand `at` in the result. An axis that a loop runs over is none inside of it.
fn moved(op: &Op<Dim>, nodes: &[Node], node: &Node, at: usize, places: &[usize]) -> Places {
    let of = |id: ValueId| &nodes[id.index()];
    let here = |axis: &usize| places.contains(axis);
    let shift = |to: &dyn Fn(usize) -> Option<usize>| {
        places.iter().map(|&axis| if axis == usize::MAX { Some(axis) } else { to(axis) }).collect::<Places>()
    };
    let kept = || Some(places.to_vec());
    match op {
        // Numbers of classes that are computed with are others.
        Op::Binary(_) if node.tys[0].dtype.is_float() => kept(),
        Op::Unary(_) | Op::Cast(_) | Op::Barrier { .. } => kept(),
        // `one_hot`
        Op::Compare(_) if is_iota(nodes, node.args[1 - at]) => kept(),
        Op::Transpose { perm } => shift(&|axis| perm.iter().position(|&from| from == axis)),
        Op::Broadcast { axes, .. } => shift(&|axis| axes.get(axis).copied()),
        Op::Reshape { shape } => {
            let have = &of(node.args[0]).tys[0].shape;
            shift(&|axis| reshaped(have, shape, axis))
        }
        Op::Reduce { axes, .. } if !axes.iter().any(here) => {
            shift(&|axis| Some(axis - axes.iter().filter(|&&gone| gone < axis).count()))
        }
        Op::Slice { axis, .. } | Op::Pad { axis, .. } | Op::Flip { axis } | Op::Concat { axis } if !here(axis) => {
            kept()
        }
        Op::CumSum { axis, .. } if !here(axis) => kept(),
        Op::TakeAlong { axis } if at == 0 && !here(axis) => kept(),
        Op::Take { axis } if at == 1 => shift(&|own| Some(axis + own)),
        Op::Take { axis } if !here(axis) => {
            let more = of(node.args[1]).tys[0].shape.len();
            shift(&|own| Some(if own < *axis { own } else { own + more - 1 }))
        }
        Op::Dot { batch, contract } => {
            let side = |&(l, r): &(usize, usize)| if at == 0 { l } else { r };
            let rank = |id: ValueId| of(id).tys[0].shape.len();
            let first = if at == 0 { 0 } else { rank(node.args[0]) - batch.len() - contract.len() };
            shift(&|axis| {
                if let Some(k) = batch.iter().position(|pair| side(pair) == axis) {
                    return Some(k);
                }
                let taken = |own: usize| batch.iter().chain(contract).any(|pair| side(pair) == own);
                let free = (0..axis).filter(|&own| !taken(own)).count();
                (!taken(axis)).then(|| batch.len() + first + free)
            })
        }
        _ => None,
    }
}

fn is_iota(nodes: &[Node], id: ValueId) -> bool {
    let node = &nodes[id.index()];
    match &node.kind {
        Kind::Op(Op::Iota { .. }) => true,
        Kind::Op(op) if op.is_view() || matches!(op, Op::Cast(_) | Op::Broadcast { .. }) => {
            is_iota(nodes, node.args[0])
        }
        _ => false,
    }
}

/// The axis of `to` that has the size of `axis`, with as many elements in front of it.
fn reshaped(from: &[Dim], to: &[Dim], axis: usize) -> Option<usize> {
    let before = |sizes: &[Dim]| sizes.iter().fold(Dim::from(1), |n, size| &n * size);
    let front = before(&from[..axis]);
    (0..to.len()).find(|&i| to[i] == from[axis] && before(&to[..i]) == front)
}
