//! Rules of the ops that reduce or order along axes.

use super::misfit::{axis as axis_of, increasing, numbers, one};
use super::{Arg, Inferred, Misfit, Requirement, Rule, without};
use crate::ops::Reduce;
use crate::types::{DType, Dim};

/// The axes disappear. A sum or product of no elements is 0 or 1; a greatest of none does not exist.
pub(super) fn reduce(kind: Reduce, axes: &[usize], args: &[Arg]) -> Result<Inferred, Misfit> {
    let x = one(args)?;
    numbers(&x, 0)?;
    increasing(axes, x.rank())?;
    let requires = match kind {
        Reduce::Sum | Reduce::Prod => vec![],
        Reduce::Max | Reduce::Min => axes.iter().map(|&a| not_empty(&x, a)).collect(),
    };
    let kept = (0..x.rank()).filter(|axis| !axes.contains(axis));
    let shape = kept.map(|axis| x.shape[axis].clone()).collect();
    Ok(Inferred::under(x.dtype, shape, requires))
}

fn not_empty(x: &Arg, axis: usize) -> Requirement {
    Requirement::at_most(&Dim::from(1), &x.shape[axis], Rule::NotEmpty { axis })
}

pub(super) fn argmax(axis: usize, args: &[Arg]) -> Result<Inferred, Misfit> {
    let x = one(args)?;
    numbers(&x, 0)?;
    axis_of(axis, x.rank())?;
    let requires = vec![not_empty(&x, axis)];
    Ok(Inferred::under(DType::I64, without(x.shape, axis), requires))
}

pub(super) fn cumsum(axis: usize, args: &[Arg]) -> Result<Inferred, Misfit> {
    let x = one(args)?;
    numbers(&x, 0)?;
    axis_of(axis, x.rank())?;
    Ok(Inferred::free(x.dtype, x.shape.to_vec()))
}

pub(super) fn argsort(axis: usize, args: &[Arg]) -> Result<Inferred, Misfit> {
    let x = one(args)?;
    numbers(&x, 0)?;
    axis_of(axis, x.rank())?;
    Ok(Inferred::free(DType::I64, x.shape.to_vec()))
}

pub(super) fn assign(args: &[Arg]) -> Result<Inferred, Misfit> {
    let cost = one(args)?;
    if cost.dtype != DType::F64 {
        return Err(Misfit::Dtype { operand: 0, want: "f64", have: cost.dtype });
    }
    let [outer @ .., rows, columns] = cost.shape else {
        return Err(Misfit::Rank { operand: 0, want: 2, have: cost.rank() });
    };
    let requires = vec![Requirement::at_most(rows, columns, Rule::ColumnForEachRow)];
    Ok(Inferred::under(DType::I64, [outer, std::slice::from_ref(rows)].concat(), requires))
}
