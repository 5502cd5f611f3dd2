//! Matrix products with any strides: own kernels where the processor has fused multiply-adds in vectors, otherwise
//! `matrixmultiply`, whose only user this is.

#[cfg(target_arch = "x86_64")]
pub mod amx;
mod blocked;
mod pack;
#[cfg(target_arch = "x86_64")]
mod square;
#[cfg(test)]
mod tests;
mod tile;
mod vector;

use super::element::Element;
use super::frame::{Reader, Writer};
use super::kept::Kept;
use super::parallel;
use blocked::Blocked;
use std::sync::atomic::{AtomicBool, Ordering};
pub use tile::Tiled;
use tile::Tiles;

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
        // What is used once or twice costs as much to read as some products, from a cache that one thread alone does not have.
        let products = self.m * self.k * self.n;
        let work = products.max(8 * self.k * self.m.max(self.n));
        let longer = self.m.max(self.n);
        // Large products read the factor that all pieces share once for each.
        (work >> 20).clamp(1, 16).min(longer.div_ceil(32)).min((longer / 224).max(4))
    }

    /// The product of the factors transposed, in the other order; rows of its result are columns of this one's.
    fn transposed(&self) -> Gemm {
        let [lhs, rhs] = [self.rhs, self.lhs].map(|[row, column]| [column, row]);
        Gemm { m: self.n, n: self.m, lhs, rhs, ..*self }
    }

    /// The same numbers as a row times a matrix, if the result is a column without gaps.
    fn turned(&self) -> Option<Gemm> {
        (self.n == 1 && self.m > 1 && self.out == 1).then(|| Gemm { out: self.m as isize, ..self.transposed() })
    }
}

/// How exact products of f32 are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Matmul {
    /// Errors are no larger than those of sums by fused multiply-adds in f32.
    Exact,
    /// Each factor keeps 16 bits where that is faster: errors of about 2^-16 of a product.
    Fast,
}

static MATMUL: AtomicBool = AtomicBool::new(false);

/// Sets how exact products of this process are.
pub fn use_matmul(matmul: Matmul) {
    MATMUL.store(matmul == Matmul::Fast, Ordering::Relaxed);
}

/// How exact they are.
#[cfg(target_arch = "x86_64")]
pub fn matmul() -> Matmul {
    if MATMUL.load(Ordering::Relaxed) { Matmul::Fast } else { Matmul::Exact }
}

#[cfg(target_arch = "x86_64")]
impl Matmul {
    /// Numbers of bf16 whose sum stands for one of f32.
    pub fn parts(self) -> usize {
        match self {
            Matmul::Exact => 3,
            Matmul::Fast => 2,
        }
    }
}

/// An element that can be multiplied in matrices.
pub trait Factor: Element {
    /// Computes a product on all threads with what is kept of `rhs`, and says whether it has.
    ///
    /// # Safety
    /// As `gemm`; what is fresh was made by a product of the same sizes with the same `rhs`.
    unsafe fn multiply_kept(g: &Gemm, kept: &mut Kept, lhs: *const Self, rhs: *const Self, out: *mut Self) -> bool {
        let _ = (g, kept, lhs, rhs, out);
        false
    }

    /// # Safety
    /// As `gemm`.
    unsafe fn multiply(g: &Gemm, lhs: *const Self, rhs: *const Self, out: *mut Self);

    /// The same in pieces for all threads.
    ///
    /// # Safety
    /// As `gemm`.
    unsafe fn multiply_in_pieces(g: &Gemm, pieces: usize, lhs: *const Self, rhs: *const Self, out: *mut Self) {
        // SAFETY: handed on.
        unsafe { cut(g, pieces, lhs, rhs, out) }
    }
}

/// A product in blocks of rows, or of columns if there are more of those, each for itself.
///
/// # Safety
/// As `gemm`.
unsafe fn cut<T: Factor>(g: &Gemm, pieces: usize, lhs: *const T, rhs: *const T, out: *mut T) {
    let by_rows = g.m >= g.n;
    let longer = if by_rows { g.m } else { g.n };
    let block = longer.div_ceil(pieces).next_multiple_of(32);
    // SAFETY: the caller's promise.
    let (lhs, rhs, out) = unsafe { (Reader::of(lhs), Reader::of(rhs), Writer::at(out)) };
    parallel::tasks(longer.div_ceil(block), usize::MAX, |piece| {
        let size = block.min(longer - piece * block);
        let first = (piece * block) as isize;
        let (piece, [left, right, to]) = match by_rows {
            true => (Gemm { m: size, ..*g }, [first * g.lhs[0], 0, first * g.out]),
            false => (Gemm { n: size, ..*g }, [0, first * g.rhs[1], first]),
        };
        // SAFETY: the caller's promise; offsets stay in the matrices, and pieces are apart.
        unsafe {
            let (lhs, rhs) = (lhs.pointer().offset(left), rhs.pointer().offset(right));
            T::multiply(&piece, lhs, rhs, out.pointer().offset(to));
        }
    });
}

/// Computes a product on this thread.
///
/// # Safety
/// The pointers are to matrices of these sizes and strides; nobody else uses `out` meanwhile.
pub unsafe fn gemm<T: Factor>(product: &Gemm, lhs: *const T, rhs: *const T, out: *mut T) {
    // SAFETY: the same elements, maybe under other names.
    unsafe {
        match product.turned() {
            Some(turned) => T::multiply(&turned, rhs, lhs, out),
            None => T::multiply(product, lhs, rhs, out),
        }
    }
}

/// Computes a product on all threads. Its bits are those of `gemm`.
///
/// # Safety
/// As `gemm`.
pub unsafe fn gemm_on_all_threads<T: Factor>(product: &Gemm, lhs: *const T, rhs: *const T, out: *mut T) {
    // SAFETY: handed on.
    unsafe { gemm_in_pieces(product, product.pieces(), lhs, rhs, out) }
}

/// # Safety
/// As `gemm`.
unsafe fn gemm_in_pieces<T: Factor>(product: &Gemm, pieces: usize, lhs: *const T, rhs: *const T, out: *mut T) {
    // SAFETY: as in `gemm`.
    unsafe {
        match product.turned() {
            _ if pieces < 2 => gemm(product, lhs, rhs, out),
            Some(turned) => T::multiply_in_pieces(&turned, pieces, rhs, lhs, out),
            None => T::multiply_in_pieces(product, pieces, lhs, rhs, out),
        }
    }
}

/// The kernels of this processor. Without optimisation the intrinsics are calls; dependencies are optimised in every
/// build, so that others are better there.
pub fn tiles<T: Tiled>() -> Option<&'static Tiles<T>> {
    T::tiles().first().filter(|_| !cfg!(debug_assertions)).copied()
}

/// Computes a product as sums of products of 16 bits, and says whether it has: products of f32 that are large enough,
/// where the processor has tiles.
#[cfg(target_arch = "x86_64")]
unsafe fn on_tiles(g: &Gemm, [lhs, rhs]: [*const f32; 2], out: *mut f32, shared: bool) -> bool {
    let Some(others) = tiles().filter(|_| amx::fits(g) && amx::available()) else { return false };
    // SAFETY: the caller's promise.
    unsafe {
        let (lhs, rhs, out) = (Reader::of(lhs), Reader::of(rhs), Writer::at(out));
        amx::Split { g: *g, lhs, rhs, out, parts: matmul().parts(), others, shared }.run();
    }
    true
}

/// The same with what is kept of the right factor.
#[cfg(target_arch = "x86_64")]
unsafe fn on_kept(g: &Gemm, kept: &mut Kept, [lhs, rhs]: [*const f32; 2], out: *mut f32) -> bool {
    let Some(others) = tiles().filter(|_| amx::fits_kept(g) && amx::available()) else { return false };
    // SAFETY: the caller's promise.
    unsafe {
        let (lhs, rhs, out) = (Reader::of(lhs), Reader::of(rhs), Writer::at(out));
        amx::Split { g: *g, lhs, rhs, out, parts: matmul().parts(), others, shared: true }.run_kept(kept);
    }
    true
}

#[cfg(not(target_arch = "x86_64"))]
unsafe fn on_kept(_: &Gemm, _: &mut Kept, _: [*const f32; 2], _: *mut f32) -> bool {
    false
}

#[cfg(not(target_arch = "x86_64"))]
unsafe fn on_tiles(_: &Gemm, _: [*const f32; 2], _: *mut f32, _: bool) -> bool {
    false
}

/// Whether products of f32 of these sizes are computed as sums of products of 16 bits.
pub fn splits(m: usize, k: usize, n: usize) -> bool {
    #[cfg(target_arch = "x86_64")]
    {
        let g = Gemm { m, k, n, lhs: [0; 2], rhs: [0; 2], out: 0, add: false };
        tiles::<f32>().is_some() && amx::fits(&g) && amx::available()
    }
    #[cfg(not(target_arch = "x86_64"))]
    {
        let _ = (m, k, n);
        false
    }
}

/// Lines that a task packs for itself, and those that are packed for all, where products of f32 are sums of products of 16 bits.
pub fn packed(m: usize, n: usize) -> [usize; 2] {
    #[cfg(target_arch = "x86_64")]
    {
        amx::packed(m, n)
    }
    #[cfg(not(target_arch = "x86_64"))]
    {
        [0, m + n]
    }
}

/// Whether they are with what is kept of the right factor.
pub fn splits_kept(m: usize, k: usize, n: usize) -> bool {
    #[cfg(target_arch = "x86_64")]
    {
        let g = Gemm { m, k, n, lhs: [0; 2], rhs: [0; 2], out: 0, add: false };
        tiles::<f32>().is_some() && amx::fits_kept(&g) && amx::available()
    }
    #[cfg(not(target_arch = "x86_64"))]
    {
        let _ = (m, k, n);
        false
    }
}

/// There are no tiles for f64.
unsafe fn never(_: &Gemm, _: [*const f64; 2], _: *mut f64, _: bool) -> bool {
    false
}

unsafe fn never_kept(_: &Gemm, _: &mut Kept, _: [*const f64; 2], _: *mut f64) -> bool {
    false
}

macro_rules! float {
    ($t:ty, $on_tiles:path, $on_kept:path, $portable:path) => {
        impl Factor for $t {
            unsafe fn multiply_kept(g: &Gemm, kept: &mut Kept, lhs: *const $t, rhs: *const $t, out: *mut $t) -> bool {
                // SAFETY: the caller's promise.
                unsafe { $on_kept(g, kept, [lhs, rhs], out) }
            }

            unsafe fn multiply(g: &Gemm, lhs: *const $t, rhs: *const $t, out: *mut $t) {
                // SAFETY: the caller's promise; tiles are given to processors that run them.
                unsafe {
                    match tiles() {
                        _ if $on_tiles(g, [lhs, rhs], out, false) => {}
                        // Pieces of a row are rows, so that they have its bits.
                        Some(tiles) if vector::fits(g) => vector::product(tiles, g, lhs, rhs, out),
                        Some(tiles) => Blocked::new(tiles, g, lhs, rhs, out).run(),
                        None => {
                            let ([a, b], [c, d], beta) = (g.lhs, g.rhs, if g.add { 1.0 } else { 0.0 });
                            $portable(g.m, g.k, g.n, 1.0, lhs, a, b, rhs, c, d, beta, out, g.out, 1)
                        }
                    }
                }
            }

            unsafe fn multiply_in_pieces(g: &Gemm, pieces: usize, lhs: *const $t, rhs: *const $t, out: *mut $t) {
                // SAFETY: as above.
                unsafe {
                    match tiles() {
                        _ if $on_tiles(g, [lhs, rhs], out, true) => {}
                        Some(tiles) if !vector::fits(g) => Blocked::new(tiles, g, lhs, rhs, out).run_in_pieces(pieces),
                        _ => cut::<$t>(g, pieces, lhs, rhs, out),
                    }
                }
            }
        }
    };
}
float!(f32, on_tiles, on_kept, matrixmultiply::sgemm);
float!(f64, never, never_kept, matrixmultiply::dgemm);

macro_rules! int {
    ($t:ty) => {
        impl Factor for $t {
            unsafe fn multiply(p: &Gemm, lhs: *const $t, rhs: *const $t, out: *mut $t) {
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
