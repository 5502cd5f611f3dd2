//! Loops that need none: those that never run, those that run just once, and branches that are cheaper computed than
//! asked for.

use super::rewrite::{rebuild, splat};
use crate::graph::{Emit, Graph, Kind, NodeId, Type};
use crate::ops::{Op, Scan, Unary};
use crate::types::{DType, Scalar};

type Loop = Scan<usize, Graph>;

/// Values of a branch that is computed even where it is not taken have at most so many elements,
const ELEMENTS: usize = 16;
/// and it has at most so many nodes.
const NODES: usize = 64;

/// Replaces such loops by what their bodies do.
pub fn straighten(graph: &Graph) -> Graph {
    rebuild(graph, |builder, node, args| match &node.kind {
        Kind::Op(op) => vec![builder.op(op.clone(), args, node.span)],
        Kind::Scan(scan) => {
            let scan = Scan { body: straighten(&scan.body), ..scan.as_ref().clone() };
            results(&mut Emit::new(builder, node.span), scan, args, &node.tys)
        }
        Kind::Input(_) | Kind::Result(_) => unreachable!("`rebuild` makes these"),
    })
}

/// What a loop gives; the loop itself where nothing better is known.
fn results(emit: &mut Emit, mut scan: Loop, args: &[NodeId], tys: &[Type]) -> Vec<NodeId> {
    let known = scan.when.and_then(|when| splat(emit, args[when]));
    if scan.n == 0 || known == Some(Scalar::Bool(false)) {
        let ys = tys[scan.carries..].iter().map(|ty| emit.full(0.0, ty));
        return args[..scan.carries].iter().copied().chain(ys).collect();
    }
    // A carry that is true at first may become false.
    if known == Some(Scalar::Bool(true)) && (!scan.ends() || scan.n == 1) {
        scan.when = None;
    }
    let cond = match scan.when {
        None if scan.n == 1 => None,
        Some(when) if scan.n == 1 && is_cheap(&scan.body) => Some(emit.reshape(args[when], &[])),
        _ => return emit.builder.scan(scan, args, emit.span),
    };
    let mut values = once(emit, &scan, args);
    for (result, value) in values.iter_mut().enumerate() {
        if let Some(cond) = cond {
            *value = chosen(emit, cond, *value, args[..scan.carries].get(result));
        }
        if result >= scan.carries {
            *value = emit.reshape(*value, &tys[result].shape);
        }
    }
    values
}

/// The outputs of the only iteration.
fn once(emit: &mut Emit, scan: &Loop, args: &[NodeId]) -> Vec<NodeId> {
    let mut inputs = vec![emit.scalar(0.0, DType::I64)];
    for (operand, &arg) in args.iter().enumerate() {
        let sliced = (scan.carries..scan.carries + scan.xs).contains(&operand);
        let shape = emit.shape(arg);
        inputs.push(if sliced { emit.reshape(arg, &shape[1..]) } else { arg });
    }
    emit.builder.import(&scan.body, &inputs)
}

/// `value` if the condition holds, else what was carried, or zero.
fn chosen(emit: &mut Emit, cond: NodeId, value: NodeId, carried: Option<&NodeId>) -> NodeId {
    let shape = emit.shape(value);
    let other = carried.copied().unwrap_or_else(|| emit.full_like(0.0, value));
    let negated = match &emit.builder.graph().node(cond).kind {
        Kind::Op(Op::Unary(Unary::Not)) => Some(emit.builder.graph().node(cond).args[0]),
        _ => None,
    };
    let cond = emit.broadcast(negated.unwrap_or(cond), &shape, &[]);
    match negated {
        Some(_) => emit.select(cond, other, value),
        None => emit.select(cond, value, other),
    }
}

/// Whether all of a body is element-wise work on few numbers, which cannot stop the run.
fn is_cheap(body: &Graph) -> bool {
    let cheap = |kind: &Kind| match kind {
        Kind::Input(_) => true,
        Kind::Op(op) => op.is_elementwise() || matches!(op, Op::Const(_) | Op::Broadcast { .. } | Op::Reshape { .. }),
        Kind::Scan(_) | Kind::Result(_) => false,
    };
    let small = |ty: &Type| ty.len() <= ELEMENTS;
    let work = || body.nodes.iter().filter(|node| !matches!(node.kind, Kind::Input(_)));
    work().count() <= NODES && work().all(|node| cheap(&node.kind) && node.tys.iter().all(small))
}
