//! Reductions, running sums and orders along axes.

use super::fault::{Fault, axis_of, ensure, increasing, numbers};
use super::index::{flat, positions, replaced};
use super::wide::{Number, widened};
use crate::ops::{Data, Reduce, Tensor, assign::Assigner};
use crate::types::DType;
use std::cmp::Ordering;

pub(super) fn reduce(kind: Reduce, axes: &[usize], [x]: [&Tensor; 1]) -> Result<Tensor, Fault> {
    numbers(x)?;
    increasing(axes, x.rank())?;
    if matches!(kind, Reduce::Max | Reduce::Min) {
        ensure(axes.iter().all(|&a| x.shape[a] > 0), "an empty axis has no greatest element")?;
    }
    let kept: Vec<usize> = (0..x.rank()).filter(|axis| !axes.contains(axis)).collect();
    let shape: Vec<usize> = kept.iter().map(|&axis| x.shape[axis]).collect();
    widened!(x, |v| {
        let mut joined = vec![None; shape.iter().product()];
        for (value, at) in v.iter().zip(positions(&x.shape)) {
            let to: Vec<usize> = kept.iter().map(|&axis| at[axis]).collect();
            let to = &mut joined[flat(&to, &shape)];
            *to = Some(to.map_or(*value, |so_far| join(kind, so_far, *value)));
        }
        let values = joined.into_iter().map(|value| value.unwrap_or(of_none(kind))).collect();
        Ok(Number::tensor(values, x.dtype(), shape))
    })
}

fn join<T: Number>(kind: Reduce, a: T, b: T) -> T {
    match kind {
        Reduce::Sum => a.plus(b),
        Reduce::Prod => a.times(b),
        Reduce::Max if a >= b || a.is_nan() => a,
        Reduce::Min if a <= b || a.is_nan() => a,
        Reduce::Max | Reduce::Min => b,
    }
}

/// The value of no elements. Only tensors without elements at all have it for `Max` and `Min`, and then no one sees it.
fn of_none<T: Number>(kind: Reduce) -> T {
    match kind {
        Reduce::Prod => T::ONE,
        Reduce::Sum | Reduce::Max | Reduce::Min => T::ZERO,
    }
}

/// Runs `f` on each line along `axis`; `f` gives one number for each place in the result's line.
fn lines<T: Number, R: Number>(x: &Tensor, v: &[T], axis: usize, out: &[usize], f: impl Fn(&[T]) -> Vec<R>) -> Vec<R> {
    let mut values = vec![R::ZERO; out.iter().product()];
    let outer = replaced(&x.shape, axis, 1);
    for at in positions(&outer) {
        let line = (0..x.shape[axis]).map(|i| v[flat(&replaced(&at, axis, i), &x.shape)]).collect::<Vec<T>>();
        for (i, value) in f(&line).into_iter().enumerate() {
            values[flat(&replaced(&at, axis, i), out)] = value;
        }
    }
    values
}

pub(super) fn argmax(axis: usize, [x]: [&Tensor; 1]) -> Result<Tensor, Fault> {
    numbers(x)?;
    axis_of(x, axis)?;
    ensure(x.shape[axis] > 0, "an empty axis has no greatest element")?;
    let out = replaced(&x.shape, axis, 1);
    let values = widened!(x, |v| lines(x, &v, axis, &out, |line| vec![greatest(line) as i64]));
    let mut shape = out;
    shape.remove(axis);
    Ok(Number::tensor(values, DType::I64, shape))
}

/// The first position of the greatest element.
fn greatest<T: Number>(line: &[T]) -> usize {
    (1..line.len()).fold(0, |best, i| if order(line[i], line[best]).is_gt() { i } else { best })
}

/// NaN is equal to itself and greater than everything else.
fn order<T: Number>(a: T, b: T) -> Ordering {
    a.partial_cmp(&b).unwrap_or_else(|| a.is_nan().cmp(&b.is_nan()))
}

pub(super) fn cumsum(axis: usize, reverse: bool, [x]: [&Tensor; 1]) -> Result<Tensor, Fault> {
    numbers(x)?;
    axis_of(x, axis)?;
    widened!(x, |v| {
        let values = lines(x, &v, axis, &x.shape, |line| running_sums(line, reverse));
        Ok(Number::tensor(values, x.dtype(), x.shape.clone()))
    })
}

fn running_sums<T: Number>(line: &[T], reverse: bool) -> Vec<T> {
    let n = line.len();
    let mut sums = line.to_vec();
    for step in 1..n {
        let (i, before) = if reverse { (n - 1 - step, n - step) } else { (step, step - 1) };
        sums[i] = sums[before].plus(sums[i]);
    }
    sums
}

pub(super) fn argsort(axis: usize, descending: bool, [x]: [&Tensor; 1]) -> Result<Tensor, Fault> {
    numbers(x)?;
    axis_of(x, axis)?;
    let values = widened!(x, |v| lines(x, &v, axis, &x.shape, |line| sorted(line, descending)));
    Ok(Number::tensor(values, DType::I64, x.shape.clone()))
}

pub(super) fn assign([cost]: [&Tensor; 1]) -> Result<Tensor, Fault> {
    ensure(cost.dtype() == DType::F64, "the costs are not f64")?;
    let [outer @ .., rows, columns] = cost.shape.as_slice() else {
        return Err(Fault::Operands("costs have rows and columns".to_string()));
    };
    ensure(rows <= columns, "there are more rows than columns")?;
    let shape = [outer, &[*rows]].concat();
    let mut assigned = vec![0; shape.iter().product()];
    for (i, assigned) in assigned.chunks_mut((*rows).max(1)).enumerate() {
        let costs = &cost.to_f64()[i * rows * columns..][..rows * columns];
        Assigner::new(*rows, *columns).run(costs, assigned);
    }
    Ok(Tensor::new(shape, Data::I64(assigned)))
}

fn sorted<T: Number>(line: &[T], descending: bool) -> Vec<i64> {
    let mut at: Vec<i64> = (0..line.len() as i64).collect();
    at.sort_by(|&a, &b| {
        let order = order(line[a as usize], line[b as usize]);
        if descending { order.reverse() } else { order }
    });
    at
}
