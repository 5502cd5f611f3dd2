//! Matrix products with any strides: own kernels where the processor has fused multiply-adds in vectors, otherwise
//! `matrixmultiply`, whose only user this is.

mod blocked;
mod pack;
#[cfg(test)]
mod tests;
mod tile;
mod vector;

use super::element::Element;
pub use tile::{Tiled, Tiles};

/// `out[m, n] = lhs[m, k] rhs[k, n]`, or added to it. `lhs` and `rhs` have strides of rows and columns, in elements;
/// `out` one of its rows, whose elements lie together.
#[derive(Clone, Copy, Debug)]
pub struct Gemm {
    pub m: usize,
    pub k: usize,
    pub n: usize,
    pub lhs: [isize; 2],
    pub rhs: [isize; 2],
    pub out: isize,
    /// To what `out` holds already.
    pub add: bool,
}

impl Gemm {
    /// Into how many pieces a product is best cut for several threads: a function of its sizes.
    pub fn pieces(&self) -> usize {
        let products = self.m * self.k * self.n;
        let longer = self.m.max(self.n);
        (products >> 21).clamp(1, 8).min(longer.div_ceil(64).max(1))
    }

    /// One of `pieces` blocks of rows, or of columns if there are more of those; and where its parts of `lhs`, `rhs`
    /// and `out` begin.
    fn piece(&self, piece: usize, pieces: usize) -> (Gemm, [isize; 3]) {
        let by_rows = self.m >= self.n;
        let longer = if by_rows { self.m } else { self.n };
        let block = longer.div_ceil(pieces).next_multiple_of(32);
        let first = (piece * block).min(longer);
        let size = block.min(longer - first);
        let first = first as isize;
        match by_rows {
            true => (Gemm { m: size, ..*self }, [first * self.lhs[0], 0, first * self.out]),
            false => (Gemm { n: size, ..*self }, [0, first * self.rhs[1], first]),
        }
    }

    /// The same numbers as a row times a matrix, if the result is a column without gaps.
    fn turned(&self) -> Option<Gemm> {
        (self.n == 1 && self.m > 1 && self.out == 1).then_some(Gemm {
            m: 1,
            n: self.m,
            lhs: [self.rhs[1], self.rhs[0]],
            rhs: [self.lhs[1], self.lhs[0]],
            out: self.m as isize,
            ..*self
        })
    }
}

/// An element that can be multiplied in matrices.
pub trait Factor: Element {
    /// # Safety
    /// As `gemm`, for one piece of the product `whole`.
    unsafe fn multiply(whole: &Gemm, piece: &Gemm, lhs: *const Self, rhs: *const Self, out: *mut Self);
}

/// Computes one of `pieces` parts of a product. The bits of an element do not depend on how many parts there are.
///
/// # Safety
/// The pointers are to matrices of these sizes and strides; nobody else uses the part of `out` meanwhile.
pub unsafe fn gemm<T: Factor>(product: &Gemm, piece: usize, pieces: usize, lhs: *const T, rhs: *const T, out: *mut T) {
    if let Some(turned) = product.turned() {
        // SAFETY: the same elements under other names.
        return unsafe { gemm(&turned, piece, pieces, rhs, lhs, out) };
    }
    let (part, [left, right, to]) = product.piece(piece, pieces);
    if part.m > 0 && part.n > 0 {
        // SAFETY: the part's offsets stay in the matrices.
        unsafe { T::multiply(product, &part, lhs.offset(left), rhs.offset(right), out.offset(to)) }
    }
}

macro_rules! float {
    ($t:ty, $portable:path) => {
        impl Factor for $t {
            unsafe fn multiply(whole: &Gemm, p: &Gemm, lhs: *const $t, rhs: *const $t, out: *mut $t) {
                // SAFETY: the caller's promise; tiles are given to processors that run them.
                unsafe {
                    // Without optimisation the intrinsics are calls; dependencies are optimised in every build.
                    match <$t>::tiles().first().filter(|_| !cfg!(debug_assertions)) {
                        // What is chosen depends on the whole product, so that pieces have its bits.
                        Some(tiles) if vector::fits(whole) => vector::product(tiles, p, lhs, rhs, out),
                        Some(tiles) => blocked::product(tiles, p, lhs, rhs, out),
                        None => {
                            let ([a, b], [c, d], beta) = (p.lhs, p.rhs, if p.add { 1.0 } else { 0.0 });
                            $portable(p.m, p.k, p.n, 1.0, lhs, a, b, rhs, c, d, beta, out, p.out, 1)
                        }
                    }
                }
            }
        }
    };
}
float!(f32, matrixmultiply::sgemm);
float!(f64, matrixmultiply::dgemm);

macro_rules! int {
    ($t:ty) => {
        impl Factor for $t {
            unsafe fn multiply(_: &Gemm, p: &Gemm, lhs: *const $t, rhs: *const $t, out: *mut $t) {
                for (i, j) in (0..p.m as isize).flat_map(|i| (0..p.n as isize).map(move |j| (i, j))) {
                    // SAFETY: the caller's promise.
                    unsafe {
                        let out = out.offset(i * p.out + j);
                        let mut sum = if p.add { *out } else { 0 };
                        for k in 0..p.k as isize {
                            let a = *lhs.offset(i * p.lhs[0] + k * p.lhs[1]);
                            sum = sum.plus(a.times(*rhs.offset(k * p.rhs[0] + j * p.rhs[1])));
                        }
                        *out = sum;
                    }
                }
            }
        }
    };
}
int!(i32);
int!(i64);
int!(u8);
