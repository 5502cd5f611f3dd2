//! Loops, one iteration at a time; those that are not to run are left out.

use crate::graph::Graph;
use crate::ops::{Scan, Tensor};
use crate::types::Scalar;

/// Runs a loop whose body is `body(iteration, inputs)`.
pub(super) fn run<E>(
    scan: &Scan<usize, Graph>,
    args: &[&Tensor],
    mut body: impl FnMut(usize, &[Tensor]) -> Result<Vec<Tensor>, E>,
) -> Result<Vec<Tensor>, E> {
    let (first, rest) = args.split_at(scan.carries);
    let (xs, consts) = rest.split_at(scan.xs);
    let mut carries: Vec<Tensor> = first.iter().map(|&x| x.clone()).collect();
    let mut ys = empty_ys(scan);
    for step in 0..scan.n {
        let i = if scan.reverse { scan.n - 1 - step } else { step };
        let mut inputs = vec![Tensor::scalar(Scalar::I64(i as i64))];
        inputs.append(&mut carries);
        inputs.extend(xs.iter().map(|x| slice(x, i)));
        inputs.extend(consts.iter().map(|&x| x.clone()));
        if scan.when.is_some_and(|when| inputs[when + 1].data.get(0) == Scalar::Bool(false)) {
            inputs.truncate(1 + scan.carries);
            carries = inputs.split_off(1);
            continue;
        }
        carries = body(i, &inputs)?;
        for (y, whole) in carries.split_off(scan.carries).into_iter().zip(&mut ys) {
            put(whole, i, &y);
        }
    }
    carries.append(&mut ys);
    Ok(carries)
}

/// What the loop stacks, still zero.
fn empty_ys(scan: &Scan<usize, Graph>) -> Vec<Tensor> {
    let outputs = scan.body.outputs[scan.carries..].iter();
    let stacked = outputs.map(|(_, node)| {
        let ty = scan.body.ty(*node);
        Tensor::zeros(ty.dtype, &[&[scan.n], &ty.shape[..]].concat())
    });
    stacked.collect()
}

/// Element `i` of axis 0.
fn slice(x: &Tensor, i: usize) -> Tensor {
    let mut part = Tensor::zeros(x.dtype(), &x.shape[1..]);
    for at in 0..part.len() {
        part.data.set(at, x.data.get(i * part.len() + at));
    }
    part
}

/// Sets element `i` of axis 0.
fn put(whole: &mut Tensor, i: usize, part: &Tensor) {
    for at in 0..part.len() {
        whole.data.set(i * part.len() + at, part.data.get(at));
    }
}
