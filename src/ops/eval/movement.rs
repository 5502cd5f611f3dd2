//! Elements moved to other places.

use super::fault::{Fault, axis_of, ensure, increasing, same_dtype};
use super::index::{flat, gather, positions, replaced};
use crate::ops::Tensor;

pub(super) fn reshape(shape: &[usize], [x]: [&Tensor; 1]) -> Result<Tensor, Fault> {
    ensure(shape.iter().product::<usize>() == x.len(), "a reshape keeps the number of elements")?;
    Ok(Tensor::new(shape.to_vec(), x.data.clone()))
}

pub(super) fn transpose(perm: &[usize], [x]: [&Tensor; 1]) -> Result<Tensor, Fault> {
    let mut sorted = perm.to_vec();
    sorted.sort_unstable();
    ensure(sorted.into_iter().eq(0..x.rank()), "a transpose names every axis once")?;
    let shape = perm.iter().map(|&axis| x.shape[axis]).collect();
    Ok(gather(x, shape, |at| {
        let mut from = vec![0; at.len()];
        for (index, &axis) in at.iter().zip(perm) {
            from[axis] = *index;
        }
        from
    }))
}

pub(super) fn broadcast(shape: &[usize], axes: &[usize], [x]: [&Tensor; 1]) -> Result<Tensor, Fault> {
    ensure(axes.len() == x.rank(), "a broadcast names every axis")?;
    increasing(axes, shape.len())?;
    let kept = axes.iter().map(|&axis| shape[axis]);
    ensure(kept.eq(x.shape.iter().copied()), "a broadcast keeps sizes")?;
    Ok(gather(x, shape.to_vec(), |at| axes.iter().map(|&axis| at[axis]).collect()))
}

pub(super) fn slice(axis: usize, range: [usize; 3], [x]: [&Tensor; 1]) -> Result<Tensor, Fault> {
    let [start, stop, step] = range;
    axis_of(x, axis)?;
    ensure(step >= 1 && start <= stop && stop <= x.shape[axis], "the slice is out of range")?;
    let shape = replaced(&x.shape, axis, (start..stop).step_by(step).count());
    Ok(gather(x, shape, |at| replaced(at, axis, start + step * at[axis])))
}

pub(super) fn pad(axis: usize, widths: [usize; 3], [x, value]: [&Tensor; 2]) -> Result<Tensor, Fault> {
    let [lo, hi, between] = widths;
    axis_of(x, axis)?;
    same_dtype(x, value)?;
    ensure(value.rank() == 0, "the padding is one value")?;
    let n = x.shape[axis];
    ensure(n > 0 || between == 0, "nothing lies between the elements of an empty axis")?;
    let inner = n + between * n.saturating_sub(1);
    let shape = replaced(&x.shape, axis, lo + inner + hi);
    let mut out = Tensor::zeros(x.dtype(), &shape);
    for (i, at) in positions(&shape).enumerate() {
        let from_start = at[axis].checked_sub(lo);
        let element = match from_start.filter(|i| *i < inner && i % (between + 1) == 0) {
            Some(i) => x.data.get(flat(&replaced(&at, axis, i / (between + 1)), &x.shape)),
            None => value.data.get(0),
        };
        out.data.set(i, element);
    }
    Ok(out)
}

pub(super) fn concat(axis: usize, args: &[&Tensor]) -> Result<Tensor, Fault> {
    let Some(first) = args.first() else {
        return Err(Fault::Operands("nothing to concatenate".to_string()));
    };
    axis_of(first, axis)?;
    let mut size = 0;
    for x in args {
        same_dtype(first, x)?;
        axis_of(x, axis)?;
        let alike = replaced(&x.shape, axis, 0) == replaced(&first.shape, axis, 0);
        ensure(alike, "the operands differ in another axis")?;
        size += x.shape[axis];
    }
    Ok(build_concat(axis, args, replaced(&first.shape, axis, size)))
}

fn build_concat(axis: usize, args: &[&Tensor], shape: Vec<usize>) -> Tensor {
    let mut out = Tensor::zeros(args[0].dtype(), &shape);
    for (i, at) in positions(&shape).enumerate() {
        let mut along = at[axis];
        let mut parts = args.iter();
        let part = parts.find(|x| {
            let inside = along < x.shape[axis];
            if !inside {
                along -= x.shape[axis];
            }
            inside
        });
        let part = part.expect("the parts cover the axis");
        let from = flat(&replaced(&at, axis, along), &part.shape);
        out.data.set(i, part.data.get(from));
    }
    out
}

pub(super) fn flip(axis: usize, [x]: [&Tensor; 1]) -> Result<Tensor, Fault> {
    axis_of(x, axis)?;
    let last = x.shape[axis].saturating_sub(1);
    Ok(gather(x, x.shape.clone(), |at| replaced(at, axis, last - at[axis])))
}
