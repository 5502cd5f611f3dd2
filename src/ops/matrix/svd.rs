//! The singular value decomposition by one-sided Jacobi rotations (Hestenes, 1958; de Rijk, 1989): columns are turned
//! against each other until all are orthogonal. It finds small singular values as precisely as large ones. A matrix
//! with more rows than columns is first replaced by the triangle of its QR factorisation.

use super::{Breakdown, NOTHING, dot, qr, scale};

/// Sweeps over all pairs of columns; about 10 are usual.
const SWEEPS: usize = 60;

/// `Q`, the columns that are turned, the product of all turns; then the QR factorisation's own.
pub(super) fn work(m: usize, n: usize) -> usize {
    m * n + 2 * n * n + qr::work(m, n)
}

/// `U [m, n]`, a row of singular values, `V [n, n]` of `x [m, n]`.
pub(super) fn svd(m: usize, n: usize, x: &[f64], out: &mut [f64], work: &mut [f64]) -> Result<(), Breakdown> {
    let by = scale(x)?;
    let (q, work) = work.split_at_mut(m * n);
    let (columns, work) = work.split_at_mut(n * n);
    let (turns, work) = work.split_at_mut(n * n);
    let tall = m > n;
    if tall {
        qr::orthonormal(m, n, x, q, work)?;
    }
    for (at, to) in columns.iter_mut().enumerate() {
        let (j, i) = (at / n, at % n);
        *to = match tall {
            // The triangle R = Q' x.
            true if i <= j => (0..m).map(|k| q[k * n + i] * (x[k * n + j] / by)).sum(),
            true => 0.0,
            false => x[i * n + j] / by,
        };
    }
    turns.fill(0.0);
    (0..n).for_each(|i| turns[i * n + i] = 1.0);
    orthogonalise(n, columns, turns)?;
    let (u, rest) = out.split_at_mut(m * n);
    let (values, v) = rest.split_at_mut(n);
    sort(n, columns, turns, values);
    for j in 0..n {
        normalise(n, columns, j, values[j]);
        let sign = sign_of(&turns[j * n..][..n]);
        for i in 0..n {
            v[i * n + j] = sign * turns[j * n + i];
        }
        for i in 0..m {
            let column = &columns[j * n..][..n];
            u[i * n + j] = sign * if tall { dot(&q[i * n..][..n], column) } else { column[i] };
        }
        values[j] *= by;
    }
    Ok(())
}

/// Turns the columns, and `turns` with them, until all pairs are orthogonal to the last place.
fn orthogonalise(n: usize, columns: &mut [f64], turns: &mut [f64]) -> Result<(), Breakdown> {
    let tolerance = f64::EPSILON * (n as f64).sqrt();
    for _ in 0..SWEEPS {
        let mut turned = false;
        for p in 0..n {
            for q in p + 1..n {
                let (a, b) = pair(n, columns, p, q);
                let (along, norms) = (dot(a, b), (dot(a, a), dot(b, b)));
                let orthogonal = along.abs() <= tolerance * norms.0.sqrt() * norms.1.sqrt();
                if orthogonal || norms.0.min(norms.1) < NOTHING {
                    continue;
                }
                turned = true;
                let cotangent = (norms.1 - norms.0) / (2.0 * along);
                let tangent = cotangent.signum() / (cotangent.abs() + cotangent.hypot(1.0));
                turn(a, b, tangent);
                let (a, b) = pair(n, turns, p, q);
                turn(a, b, tangent);
            }
        }
        if !turned {
            return Ok(());
        }
    }
    Err(Breakdown::NoConvergence)
}

fn pair(n: usize, columns: &mut [f64], p: usize, q: usize) -> (&mut [f64], &mut [f64]) {
    let (before, behind) = columns.split_at_mut(q * n);
    (&mut before[p * n..][..n], &mut behind[..n])
}

/// Rotates two columns by the angle of this tangent.
fn turn(a: &mut [f64], b: &mut [f64], tangent: f64) {
    let cosine = 1.0 / tangent.hypot(1.0);
    let sine = cosine * tangent;
    for (a, b) in a.iter_mut().zip(b) {
        (*a, *b) = (cosine * *a - sine * *b, sine * *a + cosine * *b);
    }
}

/// Columns in the order of their lengths, the longest first, with the lengths in `values`.
fn sort(n: usize, columns: &mut [f64], turns: &mut [f64], values: &mut [f64]) {
    for (value, column) in values.iter_mut().zip(columns.chunks_exact(n.max(1))) {
        let square = dot(column, column);
        *value = if square < NOTHING { 0.0 } else { square.sqrt() };
    }
    for j in 0..n {
        let longest = (j..n).fold(j, |best, i| if values[i] > values[best] { i } else { best });
        if longest != j {
            values.swap(j, longest);
            for of in [&mut *columns, &mut *turns] {
                let (a, b) = pair(n, of, j, longest);
                a.swap_with_slice(b);
            }
        }
    }
}

/// Column `j` with length 1; one without length becomes orthogonal to all before it.
fn normalise(n: usize, columns: &mut [f64], j: usize, length: f64) {
    let (before, column) = columns.split_at_mut(j * n);
    let column = &mut column[..n];
    if length > 0.0 {
        return column.iter_mut().for_each(|x| *x /= length);
    }
    // The axis that the columns before it see least.
    let seen = |i: usize| before.chunks_exact(n).map(|column| column[i] * column[i]).sum::<f64>();
    let axis = (0..n).fold(0, |best, i| if seen(i) < seen(best) { i } else { best });
    column.fill(0.0);
    column[axis] = 1.0;
    for _ in 0..2 {
        for other in before.chunks_exact(n) {
            super::subtract(column, dot(column, other), other);
        }
        let length = dot(column, column).sqrt();
        column.iter_mut().for_each(|x| *x /= length);
    }
}

/// The sign of the element of largest absolute value, the first of equals.
fn sign_of(column: &[f64]) -> f64 {
    let largest = column.iter().fold(0.0f64, |largest, &x| if x.abs() > largest.abs() { x } else { largest });
    if largest < 0.0 { -1.0 } else { 1.0 }
}
