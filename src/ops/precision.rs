//! Mixed precision (Micikevicius et al., 2018): in which type an op of a loss is computed where a `train` block says
//! `precision = bf16` or `f16`. This is the whole rule; `lower::precision` applies it.
//!
//! - Parameters, buffers, data and all that is written as f32 outside of a loss stay f32.
//! - Products and convolutions take 16 bits. They accumulate in f32 and round once.
//! - What moves values, or makes one relative error of them at most, goes on in the type of its operands. Where they
//!   differ it is f32; but parameters, numbers and what is made of them alone give way, so that a bias does not widen
//!   what it is added to.
//! - Everything else is f32: differences and sums of many, exponentials, logarithms, powers. So are the norms, the
//!   softmax and the losses that are written with them.

use super::{Binary, Op, Reduce, Unary};

/// How an op takes part in mixed precision.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Precision {
    /// In 16 bits.
    Half,
    /// As its operands are.
    Same,
    /// In f32.
    Full,
}

impl<D> Op<D> {
    /// An op that the table does not name is computed in f32, which is always right.
    pub fn precision(&self) -> Precision {
        match self {
            Op::Dot { .. } | Op::Conv(_) => Precision::Half,

            op if op.moves() => Precision::Same,
            Op::Compare(_) => Precision::Same,
            Op::Unary(Unary::Neg | Unary::Abs | Unary::Sign) => Precision::Same,
            Op::Binary(Binary::Add | Binary::Mul | Binary::Div | Binary::Max | Binary::Min) => Precision::Same,
            Op::Reduce { kind: Reduce::Max | Reduce::Min, .. } => Precision::Same,

            _ => Precision::Full,
        }
    }
}
