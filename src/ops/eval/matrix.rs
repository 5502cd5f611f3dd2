//! Matrices one by one, and the Fourier transform by its definition.

use super::fault::{Fault, ensure, floats, operands, same_dtype};
use super::wide::{Number, Wide};
use crate::ops::matrix::Problem;
use crate::ops::{Matrix, Tensor};
use std::f64::consts::TAU;

pub(super) fn matrix(op: Matrix, args: &[&Tensor]) -> Result<Tensor, Fault> {
    let (x, b) = match op.operands() {
        1 => operands::<1>(args).map(|[x]| (x, None))?,
        _ => operands::<2>(args).map(|[a, b]| (a, Some(b)))?,
    };
    floats(x)?;
    ensure(x.rank() >= 2, "a matrix has two axes")?;
    let (batch, [m, n]) = last_two(x);
    match op {
        Matrix::Cholesky | Matrix::SolveTriangular { .. } => ensure(m == n, "the matrix is not square")?,
        Matrix::Qr | Matrix::Svd => ensure(m >= n, "the matrix has more columns than rows")?,
    }
    let mut shape = x.shape.clone();
    if let Some(b) = b {
        same_dtype(x, b)?;
        ensure(b.rank() == x.rank(), "the operands are of two ranks")?;
        ensure(b.shape[..b.rank() - 1] == x.shape[..x.rank() - 1], "the operands differ in another axis")?;
        shape = b.shape.clone();
    } else if op == Matrix::Svd {
        shape[batch.len()] = m + 1 + n;
    }
    let shapes: Vec<&[usize]> = args.iter().map(|arg| &arg.shape[..]).collect();
    let problem = Problem::new(op, &shapes);
    let wide = args.iter().map(|arg| values(arg)).collect::<Vec<_>>();
    let part = |operand: usize, matrix: usize| {
        let size = problem.inputs()[operand];
        wide.get(operand).map_or(&[][..], |values| &values[matrix * size..][..size])
    };
    let (mut all, mut work) = (vec![], vec![0.0; problem.work()]);
    for matrix in 0..batch.iter().product() {
        let mut out = vec![0.0; problem.output()];
        let solved = problem.solve(part(0, matrix), part(1, matrix), &mut out, &mut work);
        solved.map_err(|breakdown| Fault::Matrix { breakdown, matrix })?;
        all.append(&mut out);
    }
    Ok(Number::tensor(all, x.dtype(), shape))
}

fn values(x: &Tensor) -> Vec<f64> {
    match Wide::of(x) {
        Wide::Float(values) => values,
        Wide::Int(_) => unreachable!("the operand is of floats"),
    }
}

fn last_two(x: &Tensor) -> (&[usize], [usize; 2]) {
    let (batch, last) = x.shape.split_at(x.rank() - 2);
    (batch, [last[0], last[1]])
}

pub(super) fn fft(inverse: bool, [x]: [&Tensor; 1]) -> Result<Tensor, Fault> {
    floats(x)?;
    ensure(x.rank() >= 2, "a complex signal has two axes")?;
    let (_, [n, parts]) = last_two(x);
    ensure(parts == 2, "the last axis is not of real and imaginary parts")?;
    let x_values = values(x);
    let mut all = Vec::with_capacity(x_values.len());
    for line in x_values.chunks_exact((2 * n).max(1)) {
        for k in 0..n {
            let (mut re, mut im) = (0.0, 0.0);
            for (j, z) in line.chunks_exact(2).enumerate() {
                let turn = (j * k % n) as f64 / n as f64;
                let (sin, cos) = (if inverse { TAU * turn } else { -TAU * turn }).sin_cos();
                re += z[0] * cos - z[1] * sin;
                im += z[0] * sin + z[1] * cos;
            }
            all.extend([re, im]);
        }
    }
    Ok(Number::tensor(all, x.dtype(), x.shape.clone()))
}
