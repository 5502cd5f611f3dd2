//! Rules of the indexed ops: reading and adding at the same indices are each other's adjoint. Indices have none.

use super::cx::Cx;
use crate::ops::Op;

/// `y = x[index]`: added in at `index`.
pub(super) fn take(cx: &mut Cx, axis: usize) {
    let (g, index) = (cx.g, cx.arg(1));
    let n = cx.ty(cx.arg(0)).shape[axis];
    cx.send(0, |cx| cx.op(Op::PutAdd { axis, n }, &[index, g]));
}

/// Read at `index`.
pub(super) fn put_add(cx: &mut Cx, axis: usize) {
    let (g, index) = (cx.g, cx.arg(0));
    cx.send(1, |cx| cx.op(Op::Take { axis }, &[g, index]));
}

/// Added in at `index`.
pub(super) fn take_along(cx: &mut Cx, axis: usize) {
    let (g, index) = (cx.g, cx.arg(1));
    let n = cx.ty(cx.arg(0)).shape[axis];
    cx.send(0, |cx| cx.op(Op::PutAlongAdd { axis, n }, &[index, g]));
}

/// Read at `index`.
pub(super) fn put_along_add(cx: &mut Cx, axis: usize) {
    let (g, index) = (cx.g, cx.arg(0));
    cx.send(1, |cx| cx.op(Op::TakeAlong { axis }, &[g, index]));
}
