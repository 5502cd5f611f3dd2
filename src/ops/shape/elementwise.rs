//! Rules of the element-wise ops: one shape in, the same out. The result has the first operand's sizes.

use super::misfit::{bools, floats, numbers, one, operands, rank, same_dtype, two};
use super::{Arg, Inferred, Misfit, require::same_shapes};
use crate::ops::{Binary, Compare, Unary};
use crate::types::DType;

pub(super) fn unary(op: Unary, args: &[Arg]) -> Result<Inferred, Misfit> {
    let x = one(args)?;
    match op {
        Unary::Neg | Unary::Abs | Unary::Sign => numbers(&x, 0)?,
        Unary::Exp
        | Unary::Log
        | Unary::Expm1
        | Unary::Log1p
        | Unary::Sqrt
        | Unary::Sin
        | Unary::Cos
        | Unary::Tanh
        | Unary::Logistic
        | Unary::Atan
        | Unary::Erf
        | Unary::Erfc
        | Unary::Erfinv
        | Unary::Floor
        | Unary::Ceil
        | Unary::Round => floats(&x, 0)?,
        Unary::Not => bools(&x, 0)?,
        Unary::StopGradient => {}
    }
    Ok(Inferred::free(x.dtype, x.shape.to_vec()))
}

pub(super) fn binary(op: Binary, args: &[Arg]) -> Result<Inferred, Misfit> {
    let [lhs, rhs] = two(args)?;
    match op {
        Binary::Add | Binary::Sub | Binary::Mul | Binary::Div | Binary::Rem | Binary::Max | Binary::Min => {
            numbers(&lhs, 0)?
        }
        Binary::Pow => floats(&lhs, 0)?,
        Binary::And | Binary::Or => bools(&lhs, 0)?,
    }
    same_dtype(&lhs, &rhs)?;
    like_first(lhs.dtype, args)
}

pub(super) fn compare(op: Compare, args: &[Arg]) -> Result<Inferred, Misfit> {
    let [lhs, rhs] = two(args)?;
    match op {
        Compare::Eq | Compare::Ne => {}
        Compare::Lt | Compare::Le => numbers(&lhs, 0)?,
    }
    same_dtype(&lhs, &rhs)?;
    like_first(DType::Bool, args)
}

pub(super) fn select(args: &[Arg]) -> Result<Inferred, Misfit> {
    let [cond, on_true, on_false] = operands(args, "a condition and two values")?;
    bools(&cond, 0)?;
    same_dtype(&on_true, &on_false)?;
    like_first(on_true.dtype, args)
}

pub(super) fn cast(dtype: DType, args: &[Arg]) -> Result<Inferred, Misfit> {
    let x = one(args)?;
    Ok(Inferred::free(dtype, x.shape.to_vec()))
}

/// All operands have the first one's shape, and so does the result.
fn like_first(dtype: DType, args: &[Arg]) -> Result<Inferred, Misfit> {
    for (operand, arg) in args.iter().enumerate() {
        rank(arg, operand, args[0].rank())?;
    }
    Ok(Inferred::under(dtype, args[0].shape.to_vec(), same_shapes(args)))
}
