//! The QR factorisation by Householder reflections (Golub and Van Loan, Matrix Computations, algorithm 5.2.1).

use super::{Breakdown, NOTHING, dot, scale, subtract};

/// Columns with their reflections, the reflections' factors, the diagonal of `R`, one column of `Q`.
pub(super) fn work(m: usize, n: usize) -> usize {
    m * n + 2 * n + m
}

/// The `Q [m, n]` of `x [m, n]`.
pub(super) fn orthonormal(m: usize, n: usize, x: &[f64], q: &mut [f64], work: &mut [f64]) -> Result<(), Breakdown> {
    let by = scale(x)?;
    let (columns, rest) = work.split_at_mut(m * n);
    let (factors, rest) = rest.split_at_mut(n);
    let (diagonal, column) = rest.split_at_mut(n);
    let column = &mut column[..m];
    for (j, to) in columns.chunks_exact_mut(m.max(1)).enumerate() {
        to.iter_mut().enumerate().for_each(|(i, to)| *to = x[i * n + j] / by);
    }
    let mut reflected = false;
    for k in 0..n {
        let (done, later) = columns[k * m..].split_at_mut(m);
        let v = &mut done[k..];
        (factors[k], diagonal[k]) = reflection(v);
        reflected ^= factors[k] != 0.0;
        for other in later.chunks_exact_mut(m) {
            reflect(v, factors[k], &mut other[k..]);
        }
    }
    for j in 0..n {
        column.fill(0.0);
        column[j] = 1.0;
        for k in (0..=j).rev() {
            reflect(&columns[k * m + k..(k + 1) * m], factors[k], &mut column[k..]);
        }
        let negative = diagonal[j] < 0.0;
        reflected ^= negative;
        // Behind the last column of a square matrix: an odd number of reflections has the determinant -1.
        let turn = negative != (m == n && j == n - 1 && reflected);
        let sign = if turn { -1.0 } else { 1.0 };
        column.iter().enumerate().for_each(|(i, value)| q[i * n + j] = sign * value);
    }
    Ok(())
}

/// Turns `v` into the vector of the reflection `1 - factor v v'` that takes it to the first axis, to `value` there.
/// A single element, and what is as good as zero, is not reflected.
fn reflection(v: &mut [f64]) -> (f64, f64) {
    let square = dot(v, v);
    if v.len() == 1 || square < NOTHING {
        return (0.0, v[0]);
    }
    let norm = square.sqrt();
    let first = v[0];
    let value = if first < 0.0 { norm } else { -norm };
    v[0] = first - value;
    (1.0 / (norm * (norm + first.abs())), value)
}

/// `to = (1 - factor v v') to`.
fn reflect(v: &[f64], factor: f64, to: &mut [f64]) {
    if factor != 0.0 {
        subtract(to, factor * dot(v, to), v);
    }
}
