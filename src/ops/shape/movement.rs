//! Rules of the ops that move elements and compute nothing.

use super::misfit::{axis as axis_of, distinct, increasing, one, rank, same_dtype, two};
use super::{Arg, Inferred, Misfit, Requirement, Rule, require, resized};
use crate::types::Dim;

pub(super) fn reshape(shape: &[Dim], args: &[Arg]) -> Result<Inferred, Misfit> {
    let x = one(args)?;
    let mut requires: Vec<_> = require::sizes(shape).collect();
    let [have, want] = [x.shape, shape].map(count);
    requires.push(Requirement::equal(&have, &want, Rule::SameCount));
    Ok(Inferred::under(x.dtype, shape.to_vec(), requires))
}

pub(super) fn barrier(args: &[Arg]) -> Result<Inferred, Misfit> {
    let x = one(args)?;
    Ok(Inferred::free(x.dtype, x.shape.to_vec()))
}

fn count(shape: &[Dim]) -> Dim {
    shape.iter().fold(Dim::from(1), |n, size| &n * size)
}

pub(super) fn transpose(perm: &[usize], args: &[Arg]) -> Result<Inferred, Misfit> {
    let x = one(args)?;
    rank(&x, 0, perm.len())?;
    distinct(perm, x.rank())?;
    let shape = perm.iter().map(|&axis| x.shape[axis].clone()).collect();
    Ok(Inferred::free(x.dtype, shape))
}

pub(super) fn broadcast(shape: &[Dim], axes: &[usize], args: &[Arg]) -> Result<Inferred, Misfit> {
    let x = one(args)?;
    rank(&x, 0, axes.len())?;
    increasing(axes, shape.len())?;
    let mut requires: Vec<_> = require::sizes(shape).collect();
    for (axis, size) in x.shape.iter().enumerate() {
        let rule = Rule::Broadcast { axis };
        requires.push(Requirement::equal(size, &shape[axes[axis]], rule));
    }
    Ok(Inferred::under(x.dtype, shape.to_vec(), requires))
}

/// `(stop - start + step - 1) // step` elements.
pub(super) fn slice(axis: usize, range: [&Dim; 3], args: &[Arg]) -> Result<Inferred, Misfit> {
    let x = one(args)?;
    axis_of(axis, x.rank())?;
    let [start, stop, step] = range;
    let requires = vec![
        Requirement::at_least(0, start, "the start of a slice"),
        Requirement::at_least(1, step, "the step of a slice"),
        Requirement::at_most(start, stop, Rule::SliceOrder),
        Requirement::at_most(stop, &x.shape[axis], Rule::SliceEnd { axis }),
    ];
    let size = (&(&(stop - start) + step) - &Dim::from(1)).floor_div(step);
    Ok(Inferred::under(x.dtype, resized(x.shape, axis, size), requires))
}

/// `lo + n + between * (n - 1) + hi` elements.
pub(super) fn pad(axis: usize, widths: [&Dim; 3], args: &[Arg]) -> Result<Inferred, Misfit> {
    let [x, value] = two(args)?;
    same_dtype(&x, &value)?;
    rank(&value, 1, 0)?;
    axis_of(axis, x.rank())?;
    let [lo, hi, between] = widths;
    let n = &x.shape[axis];
    let mut requires = vec![
        Requirement::at_least(0, lo, "the padding before"),
        Requirement::at_least(0, hi, "the padding behind"),
        Requirement::at_least(0, between, "the padding between"),
    ];
    if between.as_const() != Some(0) {
        requires.push(Requirement::at_least(1, n, "an axis padded between its elements"));
    }
    let inner = n + &(between * &(n - &Dim::from(1)));
    let size = &(lo + &inner) + hi;
    Ok(Inferred::under(x.dtype, resized(x.shape, axis, size), requires))
}

pub(super) fn concat(axis: usize, args: &[Arg]) -> Result<Inferred, Misfit> {
    let Some(first) = args.first() else {
        return Err(Misfit::Operands { want: "one operand or more", have: 0 });
    };
    axis_of(axis, first.rank())?;
    for (operand, arg) in args.iter().enumerate() {
        rank(arg, operand, first.rank())?;
        same_dtype(first, arg)?;
    }
    let along = |r: &Requirement| matches!(r.rule, Rule::SameSize { axis: a, .. } if a == axis);
    let mut requires = require::same_shapes(args);
    requires.retain(|r| !along(r));
    let size = args.iter().fold(Dim::from(0), |n, arg| &n + &arg.shape[axis]);
    Ok(Inferred::under(first.dtype, resized(first.shape, axis, size), requires))
}

pub(super) fn flip(axis: usize, args: &[Arg]) -> Result<Inferred, Misfit> {
    let x = one(args)?;
    axis_of(axis, x.rank())?;
    Ok(Inferred::free(x.dtype, x.shape.to_vec()))
}
