//! Rules of the reductions and of the running sum.

use super::cx::Cx;
use super::movement::inverse;
use crate::graph::NodeId;
use crate::ops::{Compare, Op, Reduce, Unary};
use crate::types::DType;

pub(super) fn reduce(cx: &mut Cx, kind: Reduce, axes: &[usize]) {
    let x = cx.arg(0);
    let g = spread(cx, axes);
    if axes.is_empty() {
        return cx.send(0, |_| g);
    }
    cx.send(0, |cx| match kind {
        Reduce::Sum => g,                                    // g
        Reduce::Prod => in_line(cx, g, x, axes, others),     // g times the product of the others
        Reduce::Max => in_line(cx, g, x, axes, at_greatest), // g at the first greatest, else 0
        Reduce::Min => in_line(cx, g, x, axes, at_least),    // g at the first least, else 0
    });
}

/// The cotangent repeated along the axes that were reduced.
fn spread(cx: &mut Cx, axes: &[usize]) -> NodeId {
    let (g, shape) = (cx.g, cx.shape(cx.arg(0)));
    let kept: Vec<usize> = (0..shape.len()).filter(|axis| !axes.contains(axis)).collect();
    cx.broadcast(g, &shape, &kept)
}

type LineRule = fn(&mut Cx, NodeId, NodeId, usize) -> NodeId;

/// Applies a rule for one reduced axis; several are first made one, the last.
fn in_line(cx: &mut Cx, g: NodeId, x: NodeId, axes: &[usize], rule: LineRule) -> NodeId {
    if let [axis] = axes {
        return rule(cx, g, x, *axis);
    }
    let shape = cx.shape(x);
    let kept: Vec<usize> = (0..shape.len()).filter(|axis| !axes.contains(axis)).collect();
    let perm = [&kept, axes].concat();
    let apart: Vec<usize> = perm.iter().map(|&axis| shape[axis]).collect();
    let mut joined = apart[..kept.len()].to_vec();
    joined.push(apart[kept.len()..].iter().product());
    let [g, x] = [g, x].map(|value| {
        let moved = cx.transpose(value, &perm);
        cx.reshape(moved, &joined)
    });
    let result = rule(cx, g, x, kept.len());
    let result = cx.reshape(result, &apart);
    cx.transpose(result, &inverse(&perm))
}

/// `g` at the first greatest element of each line.
fn at_greatest(cx: &mut Cx, g: NodeId, x: NodeId, axis: usize) -> NodeId {
    let shape = cx.shape(x);
    let others: Vec<usize> = (0..shape.len()).filter(|a| *a != axis).collect();
    let greatest = cx.op(Op::ArgMax { axis }, &[x]);
    let greatest = cx.broadcast(greatest, &shape, &others);
    let place = cx.op(Op::Iota { dtype: DType::I64, n: shape[axis] }, &[]);
    let place = cx.broadcast(place, &shape, &[axis]);
    let chosen = cx.compare(Compare::Eq, place, greatest);
    cx.keep_where(chosen, g)
}

fn at_least(cx: &mut Cx, g: NodeId, x: NodeId, axis: usize) -> NodeId {
    let minus = cx.unary(Unary::Neg, x);
    at_greatest(cx, g, minus, axis)
}

/// `g` times the product of all other elements of the line: of those before and those behind. There is no division, so
/// zeros do no harm.
fn others(cx: &mut Cx, g: NodeId, x: NodeId, axis: usize) -> NodeId {
    let before = products_before(cx, x, axis);
    let flipped = cx.flip(x, axis);
    let behind = products_before(cx, flipped, axis);
    let behind = cx.flip(behind, axis);
    let slope = cx.mul(before, behind);
    cx.mul(g, slope)
}

/// The product of all elements before each, by doubling: after step `k` each place holds the product of the `2^k`
/// elements that end there.
fn products_before(cx: &mut Cx, x: NodeId, axis: usize) -> NodeId {
    let n = cx.ty(x).shape[axis];
    let mut products = shifted(cx, x, axis, 1);
    let mut reach = 1;
    while reach < n {
        let earlier = shifted(cx, products, axis, reach);
        products = cx.mul(products, earlier);
        reach *= 2;
    }
    products
}

/// Each element moved `by` places on, with ones behind them.
fn shifted(cx: &mut Cx, x: NodeId, axis: usize, by: usize) -> NodeId {
    let n = cx.ty(x).shape[axis];
    let by = by.min(n);
    let first = cx.slice(x, axis, 0, n - by);
    cx.pad(first, axis, by, 0, 1.0)
}

/// The running sum from the other end.
pub(super) fn cumsum(cx: &mut Cx, axis: usize, reverse: bool) {
    let g = cx.g;
    cx.send(0, |cx| cx.op(Op::CumSum { axis, reverse: !reverse }, &[g]));
}
