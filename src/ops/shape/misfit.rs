//! What is wrong with a call whatever the sizes are.

use super::Arg;
use crate::types::DType;

/// Why an op cannot take its operands. Operands and axes count from 0.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Misfit {
    /// Another number of operands; `want` in words.
    Operands { want: &'static str, have: usize },
    /// An operand of another rank.
    Rank { operand: usize, want: usize, have: usize },
    /// An element type that the op does not take; `want` in words: `floats`.
    Dtype { operand: usize, want: &'static str, have: DType },
    /// An element type that the op cannot make.
    Result { want: &'static str, have: DType },
    /// Two operands that should have one element type.
    Dtypes { lhs: DType, rhs: DType },
    /// A tensor of `rank` axes has no such axis.
    Axis { axis: usize, rank: usize },
    /// A list of axes, or of numbers for axes, is malformed; in words.
    Axes(&'static str),
}

impl std::fmt::Display for Misfit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Misfit::Operands { want, have } => write!(f, "it takes {want}, not {have}"),
            Misfit::Rank { operand, want, have } => {
                write!(f, "operand {operand} has {} and should have {want}", axes(*have))
            }
            Misfit::Dtype { operand, want, have } => write!(f, "operand {operand} is {have}; the op is for {want}"),
            Misfit::Result { want, have } => write!(f, "it makes {want}, not {have}"),
            Misfit::Dtypes { lhs, rhs } => {
                write!(f, "the operands are {lhs} and {rhs}; they should be of one type")
            }
            Misfit::Axis { axis, rank } => {
                write!(f, "there is no axis {axis} in a tensor of {}", axes(*rank))
            }
            Misfit::Axes(words) => f.write_str(words),
        }
    }
}

fn axes(rank: usize) -> String {
    match rank {
        1 => "1 axis".to_string(),
        n => format!("{n} axes"),
    }
}

/// Exactly `N` operands; `want` says it in words.
pub(super) fn operands<'a, const N: usize>(args: &[Arg<'a>], want: &'static str) -> Result<[Arg<'a>; N], Misfit> {
    args.try_into().map_err(|_| Misfit::Operands { want, have: args.len() })
}

/// The one operand.
pub(super) fn one<'a>(args: &[Arg<'a>]) -> Result<Arg<'a>, Misfit> {
    operands::<1>(args, "one operand").map(|[x]| x)
}

/// The two operands.
pub(super) fn two<'a>(args: &[Arg<'a>]) -> Result<[Arg<'a>; 2], Misfit> {
    operands(args, "two operands")
}

pub(super) fn rank(arg: &Arg, operand: usize, want: usize) -> Result<(), Misfit> {
    if arg.rank() == want {
        return Ok(());
    }
    Err(Misfit::Rank { operand, want, have: arg.rank() })
}

pub(super) fn axis(axis: usize, rank: usize) -> Result<(), Misfit> {
    if axis < rank { Ok(()) } else { Err(Misfit::Axis { axis, rank }) }
}

/// Axes that exist, each once, in increasing order.
pub(super) fn increasing(axes: &[usize], rank: usize) -> Result<(), Misfit> {
    axes.iter().try_for_each(|&a| axis(a, rank))?;
    if axes.windows(2).all(|w| w[0] < w[1]) {
        Ok(())
    } else {
        Err(Misfit::Axes("the axes should be in increasing order, each once"))
    }
}

/// Axes that exist, each once, in any order.
pub(super) fn distinct(axes: &[usize], rank: usize) -> Result<(), Misfit> {
    let mut sorted = axes.to_vec();
    sorted.sort_unstable();
    sorted.iter().try_for_each(|&a| axis(a, rank))?;
    if sorted.windows(2).all(|w| w[0] < w[1]) { Ok(()) } else { Err(Misfit::Axes("an axis is named twice")) }
}

pub(super) fn same_dtype(lhs: &Arg, rhs: &Arg) -> Result<(), Misfit> {
    if lhs.dtype == rhs.dtype {
        return Ok(());
    }
    Err(Misfit::Dtypes { lhs: lhs.dtype, rhs: rhs.dtype })
}

pub(super) fn floats(arg: &Arg, operand: usize) -> Result<(), Misfit> {
    dtype(arg, operand, "floats", arg.dtype.is_float())
}

pub(super) fn ints(arg: &Arg, operand: usize) -> Result<(), Misfit> {
    dtype(arg, operand, "integers", arg.dtype.is_int())
}

pub(super) fn numbers(arg: &Arg, operand: usize) -> Result<(), Misfit> {
    dtype(arg, operand, "numbers", arg.dtype != DType::Bool)
}

pub(super) fn bools(arg: &Arg, operand: usize) -> Result<(), Misfit> {
    dtype(arg, operand, "booleans", arg.dtype == DType::Bool)
}

fn dtype(arg: &Arg, operand: usize, want: &'static str, fits: bool) -> Result<(), Misfit> {
    if fits {
        return Ok(());
    }
    Err(Misfit::Dtype { operand, want, have: arg.dtype })
}
