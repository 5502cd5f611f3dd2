//! Rules of the ops on matrices, and of the Fourier transform.

use super::misfit::{floats, one, rank, same_dtype, two};
use super::{Arg, Inferred, Misfit, Requirement, Rule};
use crate::ops::Matrix;
use crate::types::Dim;

pub(super) fn matrix(op: Matrix, args: &[Arg]) -> Result<Inferred, Misfit> {
    match op {
        Matrix::Cholesky => {
            let x = matrices(one(args)?)?;
            Ok(Inferred::under(x.dtype, x.shape.to_vec(), vec![square(&x)]))
        }
        Matrix::SolveTriangular { .. } => solve(args),
        Matrix::Qr => {
            let x = matrices(one(args)?)?;
            Ok(Inferred::under(x.dtype, x.shape.to_vec(), vec![tall(&x)]))
        }
        Matrix::Svd => {
            let x = matrices(one(args)?)?;
            let (batch, [m, n]) = last_two(&x);
            let rows = &(m + n) + &Dim::from(1);
            Ok(Inferred::under(x.dtype, [batch, &[rows, n.clone()]].concat(), vec![tall(&x)]))
        }
    }
}

/// Floats with two axes at least.
fn matrices(x: Arg) -> Result<Arg, Misfit> {
    floats(&x, 0)?;
    if x.rank() < 2 {
        return Err(Misfit::Rank { operand: 0, want: 2, have: x.rank() });
    }
    Ok(x)
}

/// The leading axes, and the two of the matrices.
fn last_two<'a>(x: &Arg<'a>) -> (&'a [Dim], [&'a Dim; 2]) {
    let (batch, last) = x.shape.split_at(x.rank() - 2);
    (batch, [&last[0], &last[1]])
}

fn square(x: &Arg) -> Requirement {
    let (_, [m, n]) = last_two(x);
    Requirement::equal(m, n, Rule::Square)
}

fn tall(x: &Arg) -> Requirement {
    let (_, [m, n]) = last_two(x);
    Requirement::at_most(n, m, Rule::Tall)
}

fn solve(args: &[Arg]) -> Result<Inferred, Misfit> {
    let [a, b] = two(args)?;
    let a = matrices(a)?;
    same_dtype(&a, &b)?;
    rank(&b, 1, a.rank())?;
    let mut requires = vec![square(&a)];
    for axis in 0..a.rank() - 1 {
        requires.push(Requirement::equal(&a.shape[axis], &b.shape[axis], Rule::SameSize { operand: 1, axis }));
    }
    Ok(Inferred::under(b.dtype, b.shape.to_vec(), requires))
}

pub(super) fn fft(args: &[Arg]) -> Result<Inferred, Misfit> {
    let x = matrices(one(args)?)?;
    let (_, [_, parts]) = last_two(&x);
    let requires = vec![Requirement::equal(parts, &Dim::from(2), Rule::Complex)];
    Ok(Inferred::under(x.dtype, x.shape.to_vec(), requires))
}
