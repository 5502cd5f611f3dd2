//! What every op means: the reference evaluator, slow and obvious. Backends are compared with it.
//!
//! It shares nothing with the rules of `shape`: each op refuses by itself what it cannot do, and a test holds the two
//! against each other. Floats of 32 bits are computed in 64 and rounded once; sums of them are accumulated in 64.

mod contract;
mod conv;
mod elementwise;
mod fault;
mod index;
mod indexed;
mod matrix;
mod movement;
mod reduce;
mod source;
mod wide;
mod window;

pub use fault::Fault;

use super::{Op, Tensor};
use fault::operands;

/// The value of `op` on `args`.
pub fn eval(op: &Op<usize>, args: &[&Tensor]) -> Result<Tensor, Fault> {
    match op {
        Op::Const(value) => operands::<0>(args).map(|[]| Tensor::scalar(*value)),
        Op::Iota { dtype, n } => operands::<0>(args).and_then(|[]| source::iota(*dtype, *n)),
        Op::Uniform { dtype, shape, stream } => source::uniform(*dtype, shape, *stream, operands(args)?),

        Op::Unary(unary) => elementwise::unary(*unary, operands(args)?),
        Op::Binary(binary) => elementwise::binary(*binary, operands(args)?),
        Op::Compare(compare) => elementwise::compare(*compare, operands(args)?),
        Op::Select => elementwise::select(operands(args)?),
        Op::Cast(dtype) => operands(args).map(|[x]| elementwise::cast(*dtype, x)),

        Op::Reshape { shape } => movement::reshape(shape, operands(args)?),
        Op::Transpose { perm } => movement::transpose(perm, operands(args)?),
        Op::Broadcast { shape, axes } => movement::broadcast(shape, axes, operands(args)?),
        Op::Slice { axis, start, stop, step } => movement::slice(*axis, [*start, *stop, *step], operands(args)?),
        Op::Pad { axis, lo, hi, between } => movement::pad(*axis, [*lo, *hi, *between], operands(args)?),
        Op::Concat { axis } => movement::concat(*axis, args),
        Op::Flip { axis } => movement::flip(*axis, operands(args)?),
        Op::Barrier { .. } => operands(args).map(|[x]| x.clone()),
        Op::Windows { axis, size, stride, dilation } => {
            window::windows(*axis, [*size, *stride, *dilation], operands(args)?)
        }
        Op::Unwindows { axis, n, stride, dilation } => {
            window::unwindows(*axis, [*n, *stride, *dilation], operands(args)?)
        }

        Op::Reduce { kind, axes } => reduce::reduce(*kind, axes, operands(args)?),
        Op::ArgMax { axis } => reduce::argmax(*axis, operands(args)?),
        Op::CumSum { axis, reverse } => reduce::cumsum(*axis, *reverse, operands(args)?),
        Op::ArgSort { axis, descending } => reduce::argsort(*axis, *descending, operands(args)?),
        Op::Assign => reduce::assign(operands(args)?),

        Op::Dot { batch, contract } => contract::dot(batch, contract, operands(args)?),
        Op::Conv(conv) => conv::conv(conv, operands(args)?),

        Op::Matrix(op) => matrix::matrix(*op, args),
        Op::Fft { inverse } => matrix::fft(*inverse, operands(args)?),

        Op::Take { axis } => indexed::take(*axis, operands(args)?),
        Op::PutAdd { axis, n } => indexed::put_add(*axis, *n, operands(args)?),
        Op::TakeAlong { axis } => indexed::take_along(*axis, operands(args)?),
        Op::PutAlongAdd { axis, n } => indexed::put_along_add(*axis, *n, operands(args)?),
    }
}
