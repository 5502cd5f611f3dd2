//! A row times a matrix: every element of the matrix is used once, so nothing is packed.

use super::Gemm;
use super::tile::Tiles;
use crate::exec::cpu::element::Element;

/// Columns that are summed together: they stay in the first cache.
const STRIP: usize = 2048;

/// Whether a product is one row times a matrix whose rows or columns have no gaps.
pub fn fits(g: &Gemm) -> bool {
    g.m == 1 && (g.rhs[1] == 1 || (g.rhs[0] == 1 && g.lhs[1] == 1))
}

/// # Safety
/// As `gemm`, for a product that fits; the processor runs the kernels.
pub unsafe fn product<T: Element>(tiles: &Tiles<T>, g: &Gemm, lhs: *const T, rhs: *const T, out: *mut T) {
    // SAFETY: a row of the result.
    let out = unsafe { std::slice::from_raw_parts_mut(out, g.n) };
    // SAFETY: handed on.
    unsafe {
        match g.rhs[1] == 1 {
            true => rows(tiles, g, lhs, rhs, out),
            false => columns(tiles, g, lhs, rhs, out),
        }
    }
}

/// Sums the rows of the matrix, four at a time.
unsafe fn rows<T: Element>(tiles: &Tiles<T>, g: &Gemm, lhs: *const T, rhs: *const T, out: &mut [T]) {
    for (strip, out) in out.chunks_mut(STRIP).enumerate() {
        if !g.add {
            out.fill(T::ZERO);
        }
        for p in (0..g.k).step_by(4) {
            // SAFETY: elements and rows of the factors.
            unsafe {
                let x = |i: usize| *lhs.offset((p + i) as isize * g.lhs[1]);
                let row = rhs.offset(p as isize * g.rhs[0]).add(strip * STRIP);
                match g.k - p {
                    4.. => (tiles.combine)(out.len(), [x(0), x(1), x(2), x(3)], row, g.rhs[0], out.as_mut_ptr()),
                    rest => {
                        for i in 0..rest {
                            let row = row.offset(i as isize * g.rhs[0]);
                            (tiles.combine_one)(out.len(), [x(i)], row, 0, out.as_mut_ptr());
                        }
                    }
                }
            }
        }
    }
}

/// Inner products with the columns of the matrix.
unsafe fn columns<T: Element>(tiles: &Tiles<T>, g: &Gemm, lhs: *const T, rhs: *const T, out: &mut [T]) {
    for (j, out) in out.iter_mut().enumerate() {
        // SAFETY: a column of the factor.
        let sum = unsafe { (tiles.inner)(g.k, lhs, rhs.offset(j as isize * g.rhs[1])) };
        *out = if g.add { out.plus(sum) } else { sum };
    }
}
