//! Products summed over axes.

use super::fault::{Fault, ensure, numbers, same_dtype};
use super::index::{flat, positions};
use super::wide::{Number, widened};
use crate::ops::Tensor;

type Pairs<'a> = &'a [(usize, usize)];

/// `out[b.., l.., r..] = sum over k of lhs[b.., l.., k..] * rhs[b.., r.., k..]`, with the axes where the pairs say.
pub(super) fn dot(batch: Pairs, contract: Pairs, [lhs, rhs]: [&Tensor; 2]) -> Result<Tensor, Fault> {
    numbers(lhs)?;
    same_dtype(lhs, rhs)?;
    let left: Vec<usize> = batch.iter().chain(contract).map(|p| p.0).collect();
    let right: Vec<usize> = batch.iter().chain(contract).map(|p| p.1).collect();
    let left_free = free(&left, lhs.rank())?;
    let right_free = free(&right, rhs.rank())?;
    for &(l, r) in batch.iter().chain(contract) {
        ensure(lhs.shape[l] == rhs.shape[r], "paired axes are of two sizes")?;
    }
    let sizes = |x: &Tensor, axes: &[usize]| axes.iter().map(|&a| x.shape[a]).collect::<Vec<_>>();
    let shape = [sizes(lhs, &left[..batch.len()]), sizes(lhs, &left_free), sizes(rhs, &right_free)].concat();
    let summed = sizes(lhs, &left[batch.len()..]);
    widened!(lhs, rhs, |v, w| {
        let mut values = Vec::with_capacity(shape.iter().product());
        for at in positions(&shape) {
            let (along, free) = at.split_at(batch.len());
            let (l, r) = free.split_at(left_free.len());
            let mut sum = Number::ZERO;
            for k in positions(&summed) {
                let a = v[flat(&place(&[&left, &left_free], &[along, &k, l]), &lhs.shape)];
                let b = w[flat(&place(&[&right, &right_free], &[along, &k, r]), &rhs.shape)];
                sum = Number::plus(sum, Number::times(a, b));
            }
            values.push(sum);
        }
        Ok(Number::tensor(values, lhs.dtype(), shape))
    })
}

/// The axes that no pair names; each named one exists and is named once.
fn free(named: &[usize], rank: usize) -> Result<Vec<usize>, Fault> {
    let free: Vec<usize> = (0..rank).filter(|axis| !named.contains(axis)).collect();
    ensure(named.iter().all(|&a| a < rank) && free.len() + named.len() == rank, "an axis is missing or named twice")?;
    Ok(free)
}

/// The position that has `indices` at `axes`.
fn place(axes: &[&[usize]], indices: &[&[usize]]) -> Vec<usize> {
    let mut at = vec![0; axes.iter().map(|a| a.len()).sum()];
    let indices = indices.iter().copied().flatten();
    for (&axis, &index) in axes.iter().copied().flatten().zip(indices) {
        at[axis] = index;
    }
    at
}
