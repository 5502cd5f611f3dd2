//! Register tiles that sum rows which lie as they are: `M` rows, `STRIDE` elements apart, times lines of one or two
//! vectors.

#[cfg(target_arch = "x86_64")]
use super::super::isa::{Isa, isa};

/// From one row of patches to the next; not a power of two, so that rows do not share the sets of a cache.
pub const STRIDE: usize = 272;

/// `out[M, width] += a b`: row `i` of `a` begins at `i * STRIDE` and has `n` elements; `b` has `n` lines of one or two
/// vectors, `step` elements apart; rows of `out` are `row` elements apart.
pub type Row<T> = unsafe fn(n: usize, a: *const T, b: *const T, step: isize, out: *mut T, row: isize);

/// By rows, from 1 on, and by vectors, 1 or 2.
pub type Rows<T> = &'static [[Row<T>; 2]];

/// An element that has such tiles: as many rows, and vectors as long, as those of matrix products.
pub trait Tall: Sized + 'static {
    /// None where products have no tiles.
    fn rows() -> Rows<Self>;
}

#[cfg(target_arch = "x86_64")]
macro_rules! rows {
    ($name:ident, $t:ty, $features:literal, $lanes:literal, [$splat:ident, $load:ident, $store:ident, $fma:ident, $zero:ident],
     $($rows:literal)*) => {
        mod $name {
            use super::{Row, STRIDE};
            use std::arch::x86_64::*;

            /// # Safety
            /// The processor has the features; the pointers reach as far as `Row` says.
            #[target_feature(enable = $features)]
            unsafe fn tile<const M: usize, const V: usize>(
                n: usize,
                a: *const $t,
                mut b: *const $t,
                step: isize,
                out: *mut $t,
                row: isize,
            ) {
                let mut sums = [[$zero(); V]; M];
                // SAFETY: the caller's promise.
                unsafe {
                    for (i, sums) in sums.iter_mut().enumerate() {
                        for (v, sum) in sums.iter_mut().enumerate() {
                            *sum = $load(out.offset(i as isize * row).add(v * $lanes));
                        }
                    }
                    for p in 0..n {
                        let a = a.add(p);
                        let mut columns = [$zero(); V];
                        for (v, column) in columns.iter_mut().enumerate() {
                            *column = $load(b.add(v * $lanes));
                        }
                        for (i, sums) in sums.iter_mut().enumerate() {
                            let x = $splat(*a.add(i * STRIDE));
                            for (sum, column) in sums.iter_mut().zip(columns) {
                                *sum = $fma(x, column, *sum);
                            }
                        }
                        b = b.wrapping_offset(step);
                    }
                    for (i, sums) in sums.iter().enumerate() {
                        for (v, &sum) in sums.iter().enumerate() {
                            $store(out.offset(i as isize * row).add(v * $lanes), sum);
                        }
                    }
                }
            }

            pub const ROWS: &[[Row<$t>; 2]] = &[$([tile::<$rows, 1>, tile::<$rows, 2>]),*];
        }
    };
}

#[cfg(target_arch = "x86_64")]
rows!(wide_f32, f32, "avx512f", 16, [_mm512_set1_ps, _mm512_loadu_ps, _mm512_storeu_ps, _mm512_fmadd_ps, _mm512_setzero_ps],
    1 2 3 4 5 6 7 8 9 10 11 12 13 14);
#[cfg(target_arch = "x86_64")]
rows!(wide_f64, f64, "avx512f", 8, [_mm512_set1_pd, _mm512_loadu_pd, _mm512_storeu_pd, _mm512_fmadd_pd, _mm512_setzero_pd],
    1 2 3 4 5 6 7 8 9 10 11 12 13 14);
#[cfg(target_arch = "x86_64")]
rows!(narrow_f32, f32, "avx2,fma", 8, [_mm256_set1_ps, _mm256_loadu_ps, _mm256_storeu_ps, _mm256_fmadd_ps, _mm256_setzero_ps],
    1 2 3 4 5 6);
#[cfg(target_arch = "x86_64")]
rows!(narrow_f64, f64, "avx2,fma", 4, [_mm256_set1_pd, _mm256_loadu_pd, _mm256_storeu_pd, _mm256_fmadd_pd, _mm256_setzero_pd],
    1 2 3 4 5 6);

macro_rules! tall {
    ($t:ty, $wide:ident, $narrow:ident) => {
        impl Tall for $t {
            #[cfg(target_arch = "x86_64")]
            fn rows() -> Rows<$t> {
                match isa() {
                    Isa::Avx512 => $wide::ROWS,
                    Isa::Avx2 if is_x86_feature_detected!("fma") => $narrow::ROWS,
                    Isa::Avx2 | Isa::Portable => &[],
                }
            }
            #[cfg(not(target_arch = "x86_64"))]
            fn rows() -> Rows<$t> {
                &[]
            }
        }
    };
}
tall!(f32, wide_f32, narrow_f32);
tall!(f64, wide_f64, narrow_f64);
