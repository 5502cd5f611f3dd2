//! Rules of the ops that move elements: each is linear, and its rule is its adjoint.

use super::cx::Cx;
use crate::ops::Op;

/// Back to the shape of `x`.
pub(super) fn reshape(cx: &mut Cx) {
    let (g, shape) = (cx.g, cx.shape(cx.arg(0)));
    cx.send(0, |cx| cx.reshape(g, &shape));
}

/// By the inverse permutation.
pub(super) fn transpose(cx: &mut Cx, perm: &[usize]) {
    let g = cx.g;
    cx.send(0, |cx| cx.transpose(g, &inverse(perm)));
}

/// Where each axis has gone.
pub(super) fn inverse(perm: &[usize]) -> Vec<usize> {
    let mut inverse = vec![0; perm.len()];
    for (to, &from) in perm.iter().enumerate() {
        inverse[from] = to;
    }
    inverse
}

/// The sum over the axes that repeat.
pub(super) fn broadcast(cx: &mut Cx, shape: &[usize], axes: &[usize]) {
    let g = cx.g;
    let repeated: Vec<usize> = (0..shape.len()).filter(|axis| !axes.contains(axis)).collect();
    cx.send(0, |cx| cx.sum(g, &repeated));
}

/// Zeros around and between the elements that were taken.
pub(super) fn slice(cx: &mut Cx, axis: usize, start: usize, step: usize) {
    let g = cx.g;
    let size = cx.ty(cx.arg(0)).shape[axis];
    let taken = cx.ty(g).shape[axis];
    if taken == 0 {
        return;
    }
    let last = start + (taken - 1) * step;
    cx.send(0, |cx| {
        let zero = cx.scalar_like(0.0, g);
        cx.op(Op::Pad { axis, lo: start, hi: size - 1 - last, between: step - 1 }, &[g, zero])
    });
}

/// For `x` its own elements; for the value the sum of all others.
pub(super) fn pad(cx: &mut Cx, axis: usize, widths: [usize; 3]) {
    let [lo, hi, between] = widths;
    let (g, x) = (cx.g, cx.arg(0));
    let padded = cx.shape(g);
    cx.send(0, |cx| cx.op(Op::Slice { axis, start: lo, stop: padded[axis] - hi, step: between + 1 }, &[g]));
    cx.send(1, |cx| {
        let inside = cx.full_like(0.0, x);
        let one = cx.scalar_like(1.0, g);
        let outside = cx.op(Op::Pad { axis, lo, hi, between }, &[inside, one]);
        let others = cx.mul(g, outside);
        let all: Vec<usize> = (0..padded.len()).collect();
        cx.sum(others, &all)
    });
}

/// Each operand's own part.
pub(super) fn concat(cx: &mut Cx, axis: usize) {
    let g = cx.g;
    let mut start = 0;
    for operand in 0..cx.operands() {
        let stop = start + cx.ty(cx.arg(operand)).shape[axis];
        cx.send(operand, |cx| cx.slice(g, axis, start, stop));
        start = stop;
    }
}

/// The same again.
pub(super) fn flip(cx: &mut Cx, axis: usize) {
    let g = cx.g;
    cx.send(0, |cx| cx.flip(g, axis));
}

/// Overlapping windows summed.
pub(super) fn windows(cx: &mut Cx, axis: usize, stride: usize, dilation: usize) {
    let g = cx.g;
    let n = cx.ty(cx.arg(0)).shape[axis];
    cx.send(0, |cx| cx.op(Op::Unwindows { axis, n, stride, dilation }, &[g]));
}

/// The windows.
pub(super) fn unwindows(cx: &mut Cx, axis: usize, stride: usize, dilation: usize) {
    let g = cx.g;
    let size = *cx.ty(cx.arg(0)).shape.last().expect("the window's own axis");
    cx.send(0, |cx| cx.op(Op::Windows { axis, size, stride, dilation }, &[g]));
}
