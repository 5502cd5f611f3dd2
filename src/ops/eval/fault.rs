//! Why an op has no value.

use crate::ops::Tensor;
use crate::ops::matrix::Breakdown;
use crate::types::DType;

/// A fault at run time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// An index outside of the axis that it points into.
    Index {
        index: i64,
        size: usize,
        /// Where the index stands in the tensor of indices.
        at: Vec<usize>,
    },
    /// A matrix without the factor or solution that is asked for; the first such matrix of a batch.
    Matrix { breakdown: Breakdown, matrix: usize },
    /// Operands that the op is not for. The rules of `shape` keep these out of every graph.
    Operands(String),
}

impl std::fmt::Display for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Fault::Index { index, size: 0, at } => write!(f, "index {index} at {at:?} points into an empty axis"),
            Fault::Index { index, size, at } => {
                write!(f, "index {index} at {at:?} is out of range: the axis has the indices 0 to {}", size - 1)
            }
            Fault::Matrix { breakdown, .. } => breakdown.fmt(f),
            Fault::Operands(words) => f.write_str(words),
        }
    }
}

impl std::error::Error for Fault {}

/// Holds, or a fault in these words.
pub(super) fn ensure(holds: bool, words: &str) -> Result<(), Fault> {
    if holds { Ok(()) } else { Err(Fault::Operands(words.to_string())) }
}

/// Exactly `N` operands.
pub(super) fn operands<'a, const N: usize>(args: &[&'a Tensor]) -> Result<[&'a Tensor; N], Fault> {
    args.try_into().map_err(|_| Fault::Operands(format!("{} operands instead of {N}", args.len())))
}

pub(super) fn same_dtype(a: &Tensor, b: &Tensor) -> Result<(), Fault> {
    ensure(a.dtype() == b.dtype(), "the operands are of two element types")
}

pub(super) fn floats(x: &Tensor) -> Result<(), Fault> {
    ensure(x.dtype().is_float(), "the operand is not of floats")
}

pub(super) fn ints(x: &Tensor) -> Result<(), Fault> {
    ensure(x.dtype().is_int(), "the operand is not of integers")
}

pub(super) fn numbers(x: &Tensor) -> Result<(), Fault> {
    ensure(x.dtype() != DType::Bool, "the operand is not of numbers")
}

pub(super) fn bools(x: &Tensor) -> Result<(), Fault> {
    ensure(x.dtype() == DType::Bool, "the operand is not of booleans")
}

pub(super) fn axis_of(x: &Tensor, axis: usize) -> Result<(), Fault> {
    ensure(axis < x.rank(), "there is no such axis")
}

/// Axes in increasing order, all below `rank`.
pub(super) fn increasing(axes: &[usize], rank: usize) -> Result<(), Fault> {
    let in_order = axes.windows(2).all(|w| w[0] < w[1]);
    ensure(in_order && axes.iter().all(|&a| a < rank), "the axes are no increasing list of axes")
}
