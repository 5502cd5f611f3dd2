//! Factorisations and solves of matrices: what the ops of this family mean, for one matrix at a time, in f64. The
//! reference evaluator and the CPU run the same code; what holds it to account are the equations in the tests below,
//! the derivatives by differences, and numbers from LAPACK.

mod qr;
mod svd;

/// An op on the matrices in the last two axes; all leading axes are the batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Matrix {
    /// `x [.., n, n]` to the lower triangular `L` with a positive diagonal and `L L' = (x + x') / 2`.
    Cholesky,
    /// `(a [.., n, n], b [.., n, k])`: the `x` with `a x = b`, or `a' x = b` if `transposed`. Of `a` only one triangle
    /// is read: the upper one if `upper`, else the lower one.
    SolveTriangular { upper: bool, transposed: bool },
    /// `x [.., m, n]` with `m >= n` to the `Q [.., m, n]` of `x = Q R`, by Householder reflections. `R` is upper
    /// triangular with a diagonal that is not negative, but for the last element where `x` is square: there `Q` has
    /// determinant 1, so that the diagonal's product is the determinant of `x`.
    Qr,
    /// `x [.., m, n]` with `m >= n` to `[.., m + 1 + n, n]`: the columns of `U`, a row of singular values in decreasing
    /// order, and the columns of `V`, with `x = U S V'`; by one-sided Jacobi rotations. The element of largest absolute
    /// value of each column of `V`, the first of equals, is positive.
    Svd,
}

/// Why a matrix has no such factor, or no solution.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Breakdown {
    /// The leading minor of this order is not positive.
    NotPositiveDefinite { order: usize },
    /// An element of the diagonal is zero.
    Singular { at: usize },
    /// An element is infinite or not a number.
    NotFinite,
    /// The rotations have not converged.
    NoConvergence,
}

impl std::fmt::Display for Breakdown {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Breakdown::NotPositiveDefinite { order } => {
                write!(f, "the matrix is not positive definite: its leading minor of order {order} is not positive")
            }
            Breakdown::Singular { at } => write!(f, "the matrix is singular: element {at} of the diagonal is 0"),
            Breakdown::NotFinite => f.write_str("the matrix has an element that is infinite or not a number"),
            Breakdown::NoConvergence => f.write_str("the singular values have not converged"),
        }
    }
}

impl Matrix {
    pub const ALL: [Matrix; 7] = [
        Matrix::Cholesky,
        Matrix::SolveTriangular { upper: false, transposed: false },
        Matrix::SolveTriangular { upper: false, transposed: true },
        Matrix::SolveTriangular { upper: true, transposed: false },
        Matrix::SolveTriangular { upper: true, transposed: true },
        Matrix::Qr,
        Matrix::Svd,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Matrix::Cholesky => "cholesky",
            Matrix::SolveTriangular { .. } => "solve_triangular",
            Matrix::Qr => "qr",
            Matrix::Svd => "svd",
        }
    }

    /// How many operands it has.
    pub fn operands(self) -> usize {
        if matches!(self, Matrix::SolveTriangular { .. }) { 2 } else { 1 }
    }
}

/// An op on one matrix of given sizes. Matrices are row-major.
#[derive(Clone, Copy, Debug)]
pub struct Problem {
    op: Matrix,
    /// Of the first operand.
    rows: usize,
    columns: usize,
    /// Columns of the second operand, where there is one.
    right: usize,
}

impl Problem {
    /// Of operands with these shapes, which the op takes.
    pub fn new(op: Matrix, shapes: &[&[usize]]) -> Problem {
        let last = |shape: &[usize], back: usize| shape[shape.len() - back];
        let right = shapes.get(1).map_or(0, |shape| last(shape, 1));
        Problem { op, rows: last(shapes[0], 2), columns: last(shapes[0], 1), right }
    }

    /// Elements of each operand; 0 for one that does not exist.
    pub fn inputs(&self) -> [usize; 2] {
        [self.rows * self.columns, self.rows * self.right]
    }

    /// Elements of the result.
    pub fn output(&self) -> usize {
        match self.op {
            Matrix::Cholesky | Matrix::Qr => self.rows * self.columns,
            Matrix::SolveTriangular { .. } => self.rows * self.right,
            Matrix::Svd => (self.rows + 1 + self.columns) * self.columns,
        }
    }

    /// Working memory that `solve` needs, in elements.
    pub fn work(&self) -> usize {
        match self.op {
            Matrix::Cholesky | Matrix::SolveTriangular { .. } => 0,
            Matrix::Qr => qr::work(self.rows, self.columns),
            Matrix::Svd => svd::work(self.rows, self.columns),
        }
    }

    /// About how many multiplications it takes.
    pub fn flops(&self) -> usize {
        let cube = self.columns * self.columns * self.rows;
        match self.op {
            Matrix::Cholesky => cube / 3,
            Matrix::SolveTriangular { .. } => self.rows * self.rows * self.right,
            Matrix::Qr => 4 * cube,
            Matrix::Svd => 4 * cube + 20 * self.columns.pow(3),
        }
    }

    /// The result, in `out`.
    pub fn solve(&self, x: &[f64], b: &[f64], out: &mut [f64], work: &mut [f64]) -> Result<(), Breakdown> {
        match self.op {
            Matrix::Cholesky => cholesky(self.rows, x, out),
            Matrix::SolveTriangular { upper, transposed } => {
                let at = |row: usize, column: usize| if transposed { (column, row) } else { (row, column) };
                let element = |row, column| {
                    let (row, column) = at(row, column);
                    x[row * self.rows + column]
                };
                out.copy_from_slice(b);
                substitute(self.rows, self.right, upper != transposed, element, out)
            }
            Matrix::Qr => qr::orthonormal(self.rows, self.columns, x, out, work),
            Matrix::Svd => svd::svd(self.rows, self.columns, x, out, work),
        }
    }
}

/// Row by row: `l[i, j] = (x[i, j] - sum of l[i, k] l[j, k] over k < j) / l[j, j]`.
fn cholesky(n: usize, x: &[f64], l: &mut [f64]) -> Result<(), Breakdown> {
    for i in 0..n {
        let (above, row) = l.split_at_mut(i * n);
        for j in 0..i {
            let before = dot(&row[..j], &above[j * n..j * n + j]);
            row[j] = (symmetric(n, x, i, j) - before) / above[j * n + j];
        }
        let pivot = symmetric(n, x, i, i) - dot(&row[..i], &row[..i]);
        if !(pivot > 0.0 && pivot.is_finite()) {
            return Err(Breakdown::NotPositiveDefinite { order: i + 1 });
        }
        row[i] = pivot.sqrt();
        row[i + 1..n].fill(0.0);
    }
    Ok(())
}

fn symmetric(n: usize, x: &[f64], i: usize, j: usize) -> f64 {
    0.5 * (x[i * n + j] + x[j * n + i])
}

/// Turns `b` into the solution: forwards for a lower triangle, backwards for an upper one.
fn substitute(
    n: usize,
    k: usize,
    upper: bool,
    element: impl Fn(usize, usize) -> f64,
    b: &mut [f64],
) -> Result<(), Breakdown> {
    for step in 0..n {
        let i = if upper { n - 1 - step } else { step };
        let pivot = element(i, i);
        if pivot == 0.0 {
            return Err(Breakdown::Singular { at: i });
        }
        if !pivot.is_finite() {
            return Err(Breakdown::NotFinite);
        }
        let (above, rest) = b.split_at_mut(i * k);
        let (row, below) = rest.split_at_mut(k);
        for j in if upper { i + 1..n } else { 0..i } {
            let known = if upper { &below[(j - i - 1) * k..][..k] } else { &above[j * k..][..k] };
            subtract(row, element(i, j), known);
        }
        row.iter_mut().for_each(|x| *x /= pivot);
    }
    Ok(())
}

/// Columns with a smaller square than this, in a matrix of elements around 1, count as zero: products of their elements
/// would lose digits.
const NOTHING: f64 = 1e-280;

/// `to -= by * x`.
fn subtract(to: &mut [f64], by: f64, x: &[f64]) {
    to.iter_mut().zip(x).for_each(|(to, x)| *to -= by * x);
}

/// The sum of products, in eight strands.
fn dot(a: &[f64], b: &[f64]) -> f64 {
    let (eights, others) = (a.chunks_exact(8), b.chunks_exact(8));
    let rest: f64 = eights.remainder().iter().zip(others.remainder()).map(|(a, b)| a * b).sum();
    let mut strands = [0.0; 8];
    for (a, b) in eights.zip(others) {
        strands.iter_mut().zip(a.iter().zip(b)).for_each(|(sum, (a, b))| *sum += a * b);
    }
    strands.iter().sum::<f64>() + rest
}

/// A power of two near the largest absolute value, by which a matrix is divided so that squares neither overflow nor
/// vanish; 1 for a matrix of zeros.
fn scale(x: &[f64]) -> Result<f64, Breakdown> {
    let largest = x.iter().fold(0.0, |largest: f64, x| if x.is_nan() { f64::NAN } else { largest.max(x.abs()) });
    let broken = !x.iter().all(|x| x.is_finite());
    match (broken, largest == 0.0) {
        (true, _) => Err(Breakdown::NotFinite),
        (_, true) => Ok(1.0),
        _ => Ok(2f64.powi((largest.log2().floor() as i32).clamp(-1000, 1000))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ops::philox::uniform_f64;

    fn random(key: i64, count: usize) -> Vec<f64> {
        (0..count as u64).map(|i| 2.0 * uniform_f64(key, 1, i) - 1.0).collect()
    }

    fn run(op: Matrix, shapes: &[&[usize]], x: &[f64], b: &[f64]) -> Result<Vec<f64>, Breakdown> {
        let problem = Problem::new(op, shapes);
        let mut out = vec![f64::NAN; problem.output()];
        problem.solve(x, b, &mut out, &mut vec![f64::NAN; problem.work()])?;
        Ok(out)
    }

    /// `a b` of `[m, k]` and `[k, n]`.
    fn product(
        m: usize,
        k: usize,
        n: usize,
        a: impl Fn(usize, usize) -> f64,
        b: impl Fn(usize, usize) -> f64,
    ) -> Vec<f64> {
        let cell = |i: usize| (0..k).map(|l| a(i / n, l) * b(l, i % n)).sum();
        (0..m * n).map(cell).collect()
    }

    fn assert_near(got: &[f64], want: &[f64], tolerance: f64) {
        assert_eq!(got.len(), want.len());
        let worst = got.iter().zip(want).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
        assert!(worst <= tolerance, "off by {worst}");
    }

    fn identity(n: usize) -> Vec<f64> {
        (0..n * n).map(|i| if i / n == i % n { 1.0 } else { 0.0 }).collect()
    }

    #[test]
    fn a_cholesky_factor_gives_its_matrix_back() {
        for n in [1, 2, 9, 40] {
            let x = random(n as i64, n * n);
            let mut a = product(n, n, n, |i, k| x[i * n + k], |k, j| x[j * n + k]);
            (0..n).for_each(|i| a[i * n + i] += 1.0);
            let l = run(Matrix::Cholesky, &[&[n, n]], &a, &[]).unwrap();
            assert_near(&product(n, n, n, |i, k| l[i * n + k], |k, j| l[j * n + k]), &a, 1e-13 * n as f64);
            let mut b = random(3, n * 2);
            let saved = b.clone();
            for (upper, transposed) in [(false, false), (false, true)] {
                let op = Matrix::SolveTriangular { upper, transposed };
                b = run(op, &[&[n, n], &[n, 2]], &l, &b).unwrap();
            }
            assert_near(&product(n, n, 2, |i, k| a[i * n + k], |k, j| b[k * 2 + j]), &saved, 1e-11);
        }
        let order = run(Matrix::Cholesky, &[&[2, 2]], &[1.0, 2.0, 2.0, 1.0], &[]);
        assert_eq!(order, Err(Breakdown::NotPositiveDefinite { order: 2 }));
        let nan = run(Matrix::Cholesky, &[&[1, 1]], &[f64::NAN], &[]);
        assert_eq!(nan, Err(Breakdown::NotPositiveDefinite { order: 1 }));
    }

    #[test]
    fn a_zero_on_the_diagonal_is_singular() {
        let op = Matrix::SolveTriangular { upper: true, transposed: false };
        let fault = run(op, &[&[2, 2], &[2, 1]], &[1.0, 2.0, 9.0, 0.0], &[1.0, 1.0]);
        assert_eq!(fault, Err(Breakdown::Singular { at: 1 }));
    }

    #[test]
    fn qr_has_orthonormal_columns_and_a_triangle() {
        for (m, n) in [(1, 1), (2, 2), (5, 3), (30, 30), (60, 7), (3, 0)] {
            let x = random((m + n) as i64, m * n);
            let q = run(Matrix::Qr, &[&[m, n]], &x, &[]).unwrap();
            assert_near(
                &product(n, m, n, |i, k| q[k * n + i], |k, j| q[k * n + j]),
                &identity(n),
                1e-14 * (m + 9) as f64,
            );
            let r = product(n, m, n, |i, k| q[k * n + i], |k, j| x[k * n + j]);
            for (at, r) in r.iter().enumerate() {
                let (i, j) = (at / n, at % n);
                assert!(if i > j { r.abs() < 1e-13 } else { i < j || *r > 0.0 || i == m - 1 }, "R[{i}, {j}] is {r}");
            }
        }
    }

    #[test]
    fn a_square_q_is_a_rotation() {
        let [a, b, c, d] = [0.3, -2.0, 1.5, 0.1];
        let q = run(Matrix::Qr, &[&[2, 2]], &[a, b, c, d], &[]).unwrap();
        assert!((q[0] * q[3] - q[1] * q[2] - 1.0).abs() < 1e-14);
        let r: Vec<f64> = product(2, 2, 2, |i, k| q[k * 2 + i], |k, j| [a, b, c, d][k * 2 + j]);
        assert!((r[0] * r[3] - (a * d - b * c)).abs() < 1e-13);
    }

    fn check_svd(m: usize, n: usize, x: &[f64]) -> Vec<f64> {
        let y = run(Matrix::Svd, &[&[m, n]], x, &[]).unwrap();
        let (u, rest) = y.split_at(m * n);
        let (s, v) = rest.split_at(n);
        let size = s.first().copied().unwrap_or(0.0).max(f64::MIN_POSITIVE);
        assert!(s.windows(2).all(|w| w[0] >= w[1]) && s.iter().all(|&s| s >= 0.0), "{s:?}");
        let orthonormal = |rows: usize, of: &[f64]| product(n, rows, n, |i, k| of[k * n + i], |k, j| of[k * n + j]);
        assert_near(&orthonormal(m, u), &identity(n), 1e-13 * (m + 9) as f64);
        assert_near(&orthonormal(n, v), &identity(n), 1e-13 * (m + 9) as f64);
        let back = product(m, n, n, |i, k| u[i * n + k] * s[k], |k, j| v[j * n + k]);
        assert_near(&back, x, 1e-14 * (m + 9) as f64 * size);
        for j in 0..n {
            let largest = (0..n).map(|i| v[i * n + j]).fold(0.0f64, |l, x| if x.abs() > l.abs() { x } else { l });
            assert!(largest > 0.0);
        }
        s.to_vec()
    }

    #[test]
    fn singular_values_and_vectors() {
        for (m, n) in [(1, 1), (2, 2), (7, 3), (25, 25), (90, 20), (2, 0)] {
            check_svd(m, n, &random((m * n) as i64, m * n));
        }
        assert_eq!(check_svd(3, 2, &[0.0; 6]), [0.0, 0.0]);
        // Of rank 2, of rank 1 with huge elements, and with equal singular values.
        let s = check_svd(4, 3, &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0, 10.0, 11.0, 12.0]);
        assert!(s[2] < 1e-14);
        let s = check_svd(2, 2, &[1e200, 1e200, 1e200, 1e200]);
        assert!((s[0] / 2e200 - 1.0).abs() < 1e-15);
        check_svd(3, 3, &identity(3));
        let graded: Vec<f64> =
            random(1, 120).iter().enumerate().map(|(i, x)| x * 10f64.powi(-40 * (i / 10) as i32)).collect();
        check_svd(12, 10, &graded);
        assert_eq!(run(Matrix::Svd, &[&[1, 1]], &[f64::INFINITY], &[]), Err(Breakdown::NotFinite));
    }

    /// The 12 x 12 Hilbert matrix has a condition of 1e16; its largest and smallest singular values to 15 digits.
    #[test]
    fn small_singular_values_keep_their_place() {
        let hilbert: Vec<f64> = (0..144).map(|i| 1.0 / (i / 12 + i % 12 + 1) as f64).collect();
        let s = check_svd(12, 12, &hilbert);
        assert!((s[0] - 1.79537205956199).abs() < 1e-13 && s[11] < 1e-15, "{s:?}");
    }
}
