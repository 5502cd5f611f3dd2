//! Rules of the ops that read or write at indices. That an index is in range is for run time to see.

use super::misfit::{axis as axis_of, ints, numbers, rank, two};
use super::{Arg, Inferred, Misfit, Requirement, Rule, resized};
use crate::types::Dim;

pub(super) fn take(axis: usize, args: &[Arg]) -> Result<Inferred, Misfit> {
    let [x, index] = two(args)?;
    ints(&index, 1)?;
    axis_of(axis, x.rank())?;
    let mut shape = x.shape[..axis].to_vec();
    shape.extend_from_slice(index.shape);
    shape.extend_from_slice(&x.shape[axis + 1..]);
    Ok(Inferred::free(x.dtype, shape))
}

pub(super) fn put_add(axis: usize, n: &Dim, args: &[Arg]) -> Result<Inferred, Misfit> {
    let [index, y] = two(args)?;
    ints(&index, 0)?;
    numbers(&y, 1)?;
    let end = axis.saturating_add(index.rank());
    if end > y.rank() {
        return Err(Misfit::Rank { operand: 1, want: end, have: y.rank() });
    }
    let mut requires = vec![Requirement::at_least(0, n, "the size of the result")];
    for (i, size) in index.shape.iter().enumerate() {
        let rule = Rule::Index { index: i, axis: axis + i };
        requires.push(Requirement::equal(size, &y.shape[axis + i], rule));
    }
    let mut shape = y.shape[..axis].to_vec();
    shape.push(n.clone());
    shape.extend_from_slice(&y.shape[end..]);
    Ok(Inferred::under(y.dtype, shape, requires))
}

pub(super) fn take_along(axis: usize, args: &[Arg]) -> Result<Inferred, Misfit> {
    let [x, index] = two(args)?;
    ints(&index, 1)?;
    axis_of(axis, x.rank())?;
    rank(&index, 1, x.rank())?;
    let mut requires = same_sizes(&index, &x);
    requires.remove(axis);
    Ok(Inferred::under(x.dtype, index.shape.to_vec(), requires))
}

pub(super) fn put_along_add(axis: usize, n: &Dim, args: &[Arg]) -> Result<Inferred, Misfit> {
    let [index, y] = two(args)?;
    ints(&index, 0)?;
    numbers(&y, 1)?;
    axis_of(axis, y.rank())?;
    rank(&index, 0, y.rank())?;
    let mut requires = vec![Requirement::at_least(0, n, "the size of the result")];
    requires.extend(same_sizes(&index, &y));
    Ok(Inferred::under(y.dtype, resized(y.shape, axis, n.clone()), requires))
}

/// One requirement per axis of two operands of one rank.
fn same_sizes(index: &Arg, x: &Arg) -> Vec<Requirement> {
    let equal = |(axis, (lhs, rhs))| Requirement::equal(lhs, rhs, Rule::Index { index: axis, axis });
    let pairs = index.shape.iter().zip(x.shape);
    pairs.enumerate().map(equal).collect()
}
