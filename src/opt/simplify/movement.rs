//! Movements that join or vanish, and work that is done before elements are repeated.

use super::super::rewrite::{Rule, is_splat, op_of};
use crate::graph::{Emit, NodeId};
use crate::ops::{Binary, Op, Reduce};

pub const RULES: &[Rule] = &[nothing, joined, side_by_side, before_broadcast];

/// Movements that move nothing
fn nothing(emit: &mut Emit, op: &Op<usize>, args: &[NodeId]) -> Option<NodeId> {
    let x = *args.first()?;
    let shape = &emit.ty(x).shape;
    let same = match op {
        Op::Reshape { shape: to } => to == shape,
        Op::Transpose { perm } => perm.iter().copied().eq(0..perm.len()),
        Op::Broadcast { shape, axes } => shape.len() == axes.len(),
        Op::Slice { axis, start, stop, step } => *start == 0 && *stop == shape[*axis] && *step == 1,
        Op::Pad { lo, hi, between, axis } => *lo == 0 && *hi == 0 && (*between == 0 || shape[*axis] == 1),
        Op::Concat { .. } => args.len() == 1,
        Op::Flip { axis } => shape[*axis] == 1,
        Op::Reduce { axes, .. } => axes.is_empty(),
        Op::CumSum { axis, .. } => shape[*axis] == 1,
        _ => false,
    };
    same.then_some(x)
}

/// Two movements of one kind are one; reducing twice by one kind, but for sums and products of floats, is reducing once
fn joined(emit: &mut Emit, op: &Op<usize>, args: &[NodeId]) -> Option<NodeId> {
    let (under, below) = op_of(emit, *args.first()?)?;
    match (op, under) {
        (Op::Reshape { shape }, Op::Reshape { .. }) => Some(emit.reshape(below[0], shape)),
        (Op::Transpose { perm }, Op::Transpose { perm: inner }) => {
            let perm: Vec<usize> = perm.iter().map(|&axis| inner[axis]).collect();
            Some(emit.transpose(below[0], &perm))
        }
        (Op::Broadcast { shape, axes }, Op::Broadcast { axes: inner, .. }) => {
            let axes: Vec<usize> = inner.iter().map(|&axis| axes[axis]).collect();
            Some(emit.broadcast(below[0], shape, &axes))
        }
        (Op::Flip { axis }, Op::Flip { axis: inner }) if *axis == inner => Some(below[0]),
        (Op::Slice { axis, start, stop, step }, Op::Slice { axis: inner, start: first, step: stride, .. })
            if *axis == inner =>
        {
            let (start, stop, step) = (first + start * stride, first + stop * stride, step * stride);
            let stop = stop.min(emit.ty(below[0]).shape[inner]);
            Some(emit.op(Op::Slice { axis: inner, start: start.min(stop), stop, step }, &below))
        }
        (Op::Reduce { kind: Reduce::Max, axes }, Op::Reduce { kind: Reduce::Max, axes: inner }) => {
            Some(emit.op(Op::Reduce { kind: Reduce::Max, axes: both(axes, &inner) }, &below))
        }
        (Op::Reduce { kind: Reduce::Min, axes }, Op::Reduce { kind: Reduce::Min, axes: inner }) => {
            Some(emit.op(Op::Reduce { kind: Reduce::Min, axes: both(axes, &inner) }, &below))
        }
        _ => None,
    }
}

/// `pad(x) + pad(y) = pad(concat(x, y))` with zeros, where the one ends at which the other begins: the derivative of parts that
/// were cut from one tensor. A negative zero plus zero keeps its sign here. A `concat` of a `concat` is one.
fn side_by_side(emit: &mut Emit, op: &Op<usize>, args: &[NodeId]) -> Option<NodeId> {
    if let Op::Concat { axis } = op {
        let parts = |&arg: &NodeId| match op_of(emit, arg) {
            Some((Op::Concat { axis: inner }, parts)) if inner == *axis => parts,
            _ => vec![arg],
        };
        let all: Vec<NodeId> = args.iter().flat_map(parts).collect();
        return (all.len() > args.len()).then(|| emit.op(op.clone(), &all));
    }
    let (Op::Binary(Binary::Add), [x, y]) = (op, args) else { return None };
    let (first, second) = (padded(emit, *x)?, padded(emit, *y)?);
    let ends = |part: &Padded, axis: usize| part.lo + emit.ty(part.x).shape[axis];
    let axis = first.axis;
    let (left, right) = if first.lo < second.lo { (&first, &second) } else { (&second, &first) };
    if first.axis != second.axis || ends(left, axis) != right.lo {
        return None;
    }
    let (lo, hi, parts, zero) = (left.lo, right.hi, [left.x, right.x], left.zero);
    let both = emit.op(Op::Concat { axis }, &parts);
    Some(emit.op(Op::Pad { axis, lo, hi, between: 0 }, &[both, zero]))
}

/// A tensor with zeros before and behind it on one axis.
struct Padded {
    x: NodeId,
    zero: NodeId,
    axis: usize,
    lo: usize,
    hi: usize,
}

fn padded(emit: &Emit, node: NodeId) -> Option<Padded> {
    match op_of(emit, node)? {
        (Op::Pad { axis, lo, hi, between: 0 }, args) if is_splat(emit, args[1], 0.0) => {
            Some(Padded { x: args[0], zero: args[1], axis, lo, hi })
        }
        _ => None,
    }
}

/// The axes of `inner`, and those that `outer` names once they are gone.
fn both(outer: &[usize], inner: &[usize]) -> Vec<usize> {
    let left = (0..).filter(|axis| !inner.contains(axis));
    let named = left.enumerate().take(outer.last().map_or(0, |last| last + 1));
    let outer = named.filter(|(position, _)| outer.contains(position)).map(|(_, axis)| axis);
    let mut all: Vec<usize> = outer.chain(inner.iter().copied()).collect();
    all.sort_unstable();
    all
}

/// `f(broadcast(x), broadcast(y)) = broadcast(f(x, y))`, where both repeat along the same axes, or one is a single
/// value
fn before_broadcast(emit: &mut Emit, op: &Op<usize>, args: &[NodeId]) -> Option<NodeId> {
    if !matches!(op, Op::Unary(_) | Op::Binary(_) | Op::Compare(_) | Op::Select | Op::Cast(_)) {
        return None;
    }
    let mut kept: Vec<usize> = vec![];
    let mut under: Vec<(Vec<usize>, NodeId)> = vec![];
    for &arg in args {
        let Some((Op::Broadcast { axes, .. }, below)) = op_of(emit, arg) else { return None };
        if kept.is_empty() {
            kept = axes.clone();
        }
        if !axes.is_empty() && axes != kept {
            return None;
        }
        under.push((axes, below[0]));
    }
    let shape = emit.shape(args[0]);
    let small: Vec<usize> = kept.iter().map(|&axis| shape[axis]).collect();
    let operands: Vec<NodeId> =
        under.into_iter().map(|(axes, x)| if axes == kept { x } else { emit.broadcast(x, &small, &[]) }).collect();
    let value = emit.op(op.clone(), &operands);
    Some(emit.broadcast(value, &shape, &kept))
}
