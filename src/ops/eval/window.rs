//! Windows over one axis, and their adjoint.

use super::fault::{Fault, axis_of, ensure, numbers};
use super::index::{flat, gather, positions, replaced};
use super::wide::{Number, widened};
use crate::ops::Tensor;

/// How many windows lie within `n` elements, counted one by one.
pub(super) fn count(n: usize, size: usize, stride: usize, dilation: usize) -> Result<usize, Fault> {
    ensure(size >= 1 && stride >= 1 && dilation >= 1, "a window has a size, a stride and a dilation")?;
    let fits = |start: &usize| start + dilation * (size - 1) < n;
    let count = (0..).step_by(stride).take_while(fits).count();
    ensure(count >= 1, "the window does not fit")?;
    Ok(count)
}

pub(super) fn windows(axis: usize, window: [usize; 3], [x]: [&Tensor; 1]) -> Result<Tensor, Fault> {
    let [size, stride, dilation] = window;
    axis_of(x, axis)?;
    let mut shape = replaced(&x.shape, axis, count(x.shape[axis], size, stride, dilation)?);
    shape.push(size);
    Ok(gather(x, shape, |at| element(at, axis, stride, dilation)))
}

/// Where an element of a window lies in the axis that the windows are of.
fn element(at: &[usize], axis: usize, stride: usize, dilation: usize) -> Vec<usize> {
    let (within, outer) = at.split_last().expect("the window's own axis");
    replaced(outer, axis, outer[axis] * stride + within * dilation)
}

pub(super) fn unwindows(axis: usize, window: [usize; 3], [x]: [&Tensor; 1]) -> Result<Tensor, Fault> {
    let [n, stride, dilation] = window;
    numbers(x)?;
    ensure(axis + 1 < x.rank(), "there is no such axis")?;
    let (size, outer) = x.shape.split_last().expect("at least two axes");
    ensure(count(n, *size, stride, dilation)? == outer[axis], "another number of windows")?;
    let shape = replaced(outer, axis, n);
    widened!(x, |v| {
        let mut sums = vec![Number::ZERO; shape.iter().product()];
        for (value, at) in v.iter().zip(positions(&x.shape)) {
            let to = flat(&element(&at, axis, stride, dilation), &shape);
            sums[to] = Number::plus(sums[to], *value);
        }
        Ok(Number::tensor(sums, x.dtype(), shape))
    })
}
