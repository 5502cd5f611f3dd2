//! Positions in row-major tensors.

use super::fault::Fault;
use crate::ops::{Data, Tensor};
use crate::types::{DType, Scalar};

/// All positions of a shape in row-major order.
pub(super) fn positions(shape: &[usize]) -> impl Iterator<Item = Vec<usize>> {
    let count = shape.iter().product();
    (0..count).map(|flat| position(flat, shape))
}

/// The position of element `flat`.
pub(super) fn position(mut flat: usize, shape: &[usize]) -> Vec<usize> {
    let mut at = vec![0; shape.len()];
    for (index, &size) in at.iter_mut().zip(shape).rev() {
        *index = flat % size;
        flat /= size;
    }
    at
}

/// The element at a position.
pub(super) fn flat(at: &[usize], shape: &[usize]) -> usize {
    at.iter().zip(shape).fold(0, |flat, (index, size)| flat * size + index)
}

/// A tensor whose element at each position is the element of `x` at `from(position)`.
pub(super) fn gather(x: &Tensor, shape: Vec<usize>, from: impl Fn(&[usize]) -> Vec<usize>) -> Tensor {
    try_gather(x, shape, |at| Ok(from(at))).expect("every element has a source")
}

/// As `gather`, where a position may be at fault.
pub(super) fn try_gather(
    x: &Tensor,
    shape: Vec<usize>,
    from: impl Fn(&[usize]) -> Result<Vec<usize>, Fault>,
) -> Result<Tensor, Fault> {
    let mut out = Tensor::zeros(x.dtype(), &shape);
    for (i, at) in positions(&shape).enumerate() {
        out.data.set(i, x.data.get(flat(&from(&at)?, &x.shape)));
    }
    Ok(out)
}

/// A tensor made element by element.
pub(super) fn build(dtype: DType, shape: &[usize], value: impl FnMut(usize) -> Scalar) -> Tensor {
    let count = shape.iter().product();
    let mut data = Data::zeros(dtype, count);
    for (i, value) in (0..count).map(value).enumerate() {
        data.set(i, value);
    }
    Tensor::new(shape.to_vec(), data)
}

/// The position with another index at one axis.
pub(super) fn replaced(at: &[usize], axis: usize, index: usize) -> Vec<usize> {
    let mut at = at.to_vec();
    at[axis] = index;
    at
}
