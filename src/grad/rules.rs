//! The table of contents: which file has the rule of which op.

use super::cx::Cx;
use super::{contract, elementwise, indexed, matrix, movement, reduce};
use crate::ops::Op;

/// Sends the cotangents of the operands of `op`.
pub(super) fn apply(cx: &mut Cx, op: &Op<usize>) {
    match op {
        // No float among the operands, or no float result.
        Op::Const(_) | Op::Iota { .. } | Op::Uniform { .. } => {}
        Op::Compare(_) | Op::ArgMax { .. } | Op::ArgSort { .. } | Op::Assign => {}

        Op::Unary(unary) => elementwise::unary(cx, *unary),
        Op::Binary(binary) => elementwise::binary(cx, *binary),
        Op::Select => elementwise::select(cx),
        Op::Cast(_) => elementwise::cast(cx),

        Op::Reshape { .. } => movement::reshape(cx),
        Op::Transpose { perm } => movement::transpose(cx, perm),
        Op::Broadcast { shape, axes } => movement::broadcast(cx, shape, axes),
        Op::Slice { axis, start, step, .. } => movement::slice(cx, *axis, *start, *step),
        Op::Pad { axis, lo, hi, between } => movement::pad(cx, *axis, [*lo, *hi, *between]),
        Op::Concat { axis } => movement::concat(cx, *axis),
        Op::Flip { axis } => movement::flip(cx, *axis),
        Op::Barrier { .. } => cx.send(0, |cx| cx.g),
        Op::Windows { axis, stride, dilation, .. } => movement::windows(cx, *axis, *stride, *dilation),
        Op::Unwindows { axis, stride, dilation, .. } => movement::unwindows(cx, *axis, *stride, *dilation),

        Op::Reduce { kind, axes } => reduce::reduce(cx, *kind, axes),
        Op::CumSum { axis, reverse } => reduce::cumsum(cx, *axis, *reverse),

        Op::Dot { batch, contract } => contract::dot(cx, batch, contract),
        Op::Conv(conv) => contract::conv(cx, conv),

        Op::Matrix(op) => matrix::matrix(cx, *op),
        Op::Fft { inverse } => matrix::fft(cx, *inverse),

        Op::Take { axis } => indexed::take(cx, *axis),
        Op::PutAdd { axis, .. } => indexed::put_add(cx, *axis),
        Op::TakeAlong { axis } => indexed::take_along(cx, *axis),
        Op::PutAlongAdd { axis, .. } => indexed::put_along_add(cx, *axis),
    }
}
