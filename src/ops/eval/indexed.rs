//! Reading and writing at indices.

use super::fault::{Fault, axis_of, ensure, ints, numbers};
use super::index::{flat, position, positions, replaced, try_gather};
use super::wide::{Number, Wide, widened};
use crate::ops::Tensor;

/// Indices, to be looked up with a check.
struct Indices<'a> {
    tensor: &'a Tensor,
    values: Vec<i64>,
}

impl<'a> Indices<'a> {
    fn of(tensor: &'a Tensor) -> Result<Indices<'a>, Fault> {
        ints(tensor)?;
        match Wide::of(tensor) {
            Wide::Int(values) => Ok(Indices { tensor, values }),
            Wide::Float(_) => unreachable!("integers"),
        }
    }

    /// The index at `at`, which points into `size` elements.
    fn get(&self, at: &[usize], size: usize) -> Result<usize, Fault> {
        let flat = flat(at, &self.tensor.shape);
        let index = self.values[flat];
        match usize::try_from(index) {
            Ok(i) if i < size => Ok(i),
            _ => Err(Fault::Index { index, size, at: position(flat, &self.tensor.shape) }),
        }
    }
}

/// The position with the `rank` indices from `axis` on replaced by one.
fn joined(at: &[usize], axis: usize, rank: usize, index: usize) -> Vec<usize> {
    [&at[..axis], &[index], &at[axis + rank..]].concat()
}

pub(super) fn take(axis: usize, [x, index]: [&Tensor; 2]) -> Result<Tensor, Fault> {
    let indices = Indices::of(index)?;
    axis_of(x, axis)?;
    let (rank, size) = (index.rank(), x.shape[axis]);
    for at in positions(&index.shape) {
        indices.get(&at, size)?;
    }
    let shape = [&x.shape[..axis], &index.shape, &x.shape[axis + 1..]].concat();
    try_gather(x, shape, |at| {
        let i = indices.get(&at[axis..axis + rank], size)?;
        Ok(joined(at, axis, rank, i))
    })
}

pub(super) fn put_add(axis: usize, n: usize, [index, y]: [&Tensor; 2]) -> Result<Tensor, Fault> {
    let indices = Indices::of(index)?;
    numbers(y)?;
    let rank = index.rank();
    let fits = y.shape.get(axis..axis.saturating_add(rank)) == Some(&index.shape[..]);
    ensure(fits, "the index is not of the shape of what it places")?;
    for at in positions(&index.shape) {
        indices.get(&at, n)?;
    }
    let shape = joined(&y.shape, axis, rank, n);
    scatter(y, shape, |at| Ok(joined(at, axis, rank, indices.get(&at[axis..axis + rank], n)?)))
}

pub(super) fn take_along(axis: usize, [x, index]: [&Tensor; 2]) -> Result<Tensor, Fault> {
    let indices = Indices::of(index)?;
    axis_of(x, axis)?;
    ensure(index.rank() == x.rank(), "the index is of another rank")?;
    let alike = replaced(&index.shape, axis, 0) == replaced(&x.shape, axis, 0);
    ensure(alike, "the index differs in another axis")?;
    let size = x.shape[axis];
    try_gather(x, index.shape.clone(), |at| Ok(replaced(at, axis, indices.get(at, size)?)))
}

pub(super) fn put_along_add(axis: usize, n: usize, [index, y]: [&Tensor; 2]) -> Result<Tensor, Fault> {
    let indices = Indices::of(index)?;
    numbers(y)?;
    axis_of(y, axis)?;
    ensure(index.shape == y.shape, "the index is not of the shape of what it places")?;
    scatter(y, replaced(&y.shape, axis, n), |at| Ok(replaced(at, axis, indices.get(at, n)?)))
}

/// Each element of `y` added into zeros of `shape` at `to(position)`.
fn scatter(y: &Tensor, shape: Vec<usize>, to: impl Fn(&[usize]) -> Result<Vec<usize>, Fault>) -> Result<Tensor, Fault> {
    widened!(y, |v| {
        let mut sums = vec![Number::ZERO; shape.iter().product()];
        for (value, at) in v.iter().zip(positions(&y.shape)) {
            let to = flat(&to(&at)?, &shape);
            sums[to] = Number::plus(sums[to], *value);
        }
        Ok(Number::tensor(sums, y.dtype(), shape))
    })
}
