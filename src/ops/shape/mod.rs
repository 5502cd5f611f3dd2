//! The types of the results, and what must hold for an op to mean something.
//!
//! A rule says two things. What can be decided without sizes (how many operands, their ranks and element types, whether
//! an axis exists) it decides: `Misfit`. What is a statement about sizes it only states: `Requirement`. The checker
//! decides those over symbolic sizes, and the graph builder computes them over numbers, so both obey one rule.

mod contract;
mod elementwise;
mod indexed;
mod matrix;
mod misfit;
mod movement;
mod reduce;
mod require;
mod scan;
mod source;
mod window;

pub use misfit::Misfit;
pub use require::{Requirement, Rule};
pub use scan::{Body, InferredScan, infer_scan};
pub use window::window_count;

use super::Op;
use crate::types::{DType, Dim};

/// The type of one operand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Arg<'a> {
    pub dtype: DType,
    pub shape: &'a [Dim],
}

impl<'a> Arg<'a> {
    pub fn new(dtype: DType, shape: &'a [Dim]) -> Arg<'a> {
        Arg { dtype, shape }
    }

    fn rank(&self) -> usize {
        self.shape.len()
    }
}

/// The type of one result, right if all of `requires` holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inferred {
    pub dtype: DType,
    pub shape: Vec<Dim>,
    /// In the order in which a reader would check them: the first that fails is the one to report.
    pub requires: Vec<Requirement>,
}

impl Inferred {
    fn free(dtype: DType, shape: Vec<Dim>) -> Inferred {
        Inferred { dtype, shape, requires: vec![] }
    }

    fn under(dtype: DType, shape: Vec<Dim>, requires: Vec<Requirement>) -> Inferred {
        Inferred { dtype, shape, requires }
    }
}

/// The rule of every op.
pub fn infer(op: &Op<Dim>, args: &[Arg]) -> Result<Inferred, Misfit> {
    match op {
        Op::Const(value) => source::constant(*value, args),
        Op::Iota { dtype, n } => source::iota(*dtype, n, args),
        Op::Uniform { dtype, shape, .. } => source::uniform(*dtype, shape, args),

        Op::Unary(unary) => elementwise::unary(*unary, args),
        Op::Binary(binary) => elementwise::binary(*binary, args),
        Op::Compare(compare) => elementwise::compare(*compare, args),
        Op::Select => elementwise::select(args),
        Op::Cast(dtype) => elementwise::cast(*dtype, args),

        Op::Reshape { shape } => movement::reshape(shape, args),
        Op::Transpose { perm } => movement::transpose(perm, args),
        Op::Broadcast { shape, axes } => movement::broadcast(shape, axes, args),
        Op::Slice { axis, start, stop, step } => movement::slice(*axis, [start, stop, step], args),
        Op::Pad { axis, lo, hi, between } => movement::pad(*axis, [lo, hi, between], args),
        Op::Concat { axis } => movement::concat(*axis, args),
        Op::Flip { axis } => movement::flip(*axis, args),
        Op::Barrier { .. } => movement::barrier(args),
        Op::Windows { axis, size, stride, dilation } => window::windows(*axis, [size, stride, dilation], args),
        Op::Unwindows { axis, n, stride, dilation } => window::unwindows(*axis, [n, stride, dilation], args),

        Op::Reduce { kind, axes } => reduce::reduce(*kind, axes, args),
        Op::ArgMax { axis } => reduce::argmax(*axis, args),
        Op::CumSum { axis, .. } => reduce::cumsum(*axis, args),
        Op::ArgSort { axis, .. } => reduce::argsort(*axis, args),
        Op::Assign => reduce::assign(args),

        Op::Dot { batch, contract } => contract::dot(batch, contract, args),
        Op::Conv(conv) => contract::conv(conv, args),

        Op::Matrix(op) => matrix::matrix(*op, args),
        Op::Fft { .. } => matrix::fft(args),

        Op::Take { axis } => indexed::take(*axis, args),
        Op::PutAdd { axis, n } => indexed::put_add(*axis, n, args),
        Op::TakeAlong { axis } => indexed::take_along(*axis, args),
        Op::PutAlongAdd { axis, n } => indexed::put_along_add(*axis, n, args),
    }
}

/// The shape without one axis.
fn without(shape: &[Dim], axis: usize) -> Vec<Dim> {
    let mut shape = shape.to_vec();
    shape.remove(axis);
    shape
}

/// The shape with another size at one axis.
fn resized(shape: &[Dim], axis: usize, size: Dim) -> Vec<Dim> {
    let mut shape = shape.to_vec();
    shape[axis] = size;
    shape
}
