//! Rules of the ops that make values from nothing.

use super::misfit::{one, operands, rank};
use super::{Arg, Inferred, Misfit, Requirement, require};
use crate::types::{DType, Dim, Scalar};

pub(super) fn constant(value: Scalar, args: &[Arg]) -> Result<Inferred, Misfit> {
    operands::<0>(args, "no operand")?;
    Ok(Inferred::free(value.dtype(), vec![]))
}

pub(super) fn iota(dtype: DType, n: &Dim, args: &[Arg]) -> Result<Inferred, Misfit> {
    operands::<0>(args, "no operand")?;
    if dtype == DType::Bool {
        return Err(Misfit::Result { want: "numbers", have: dtype });
    }
    let requires = vec![Requirement::at_least(0, n, "the number of elements")];
    Ok(Inferred::under(dtype, vec![n.clone()], requires))
}

pub(super) fn uniform(dtype: DType, shape: &[Dim], args: &[Arg]) -> Result<Inferred, Misfit> {
    let key = one(args)?;
    rank(&key, 0, 0)?;
    if key.dtype != DType::I64 {
        return Err(Misfit::Dtype { operand: 0, want: "a key of i64", have: key.dtype });
    }
    if !dtype.is_float() {
        return Err(Misfit::Result { want: "floats", have: dtype });
    }
    let requires = require::sizes(shape).collect();
    Ok(Inferred::under(dtype, shape.to_vec(), requires))
}
