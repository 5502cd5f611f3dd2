//! Register tiles of gradients of weights: `M` rows that lie as they are, at distances of their own, times lines of one or
//! two vectors.

#[cfg(target_arch = "x86_64")]
use super::super::isa::{Isa, isa};

/// How a row is walked: `outer` times `lines` times `n` elements side by side, in steps of `apart` and `down`.
#[derive(Clone, Copy)]
pub struct Walk {
    pub outer: usize,
    pub lines: usize,
    pub n: usize,
    pub apart: usize,
    pub down: usize,
}

/// `(walk, a, rows, b, step, out, line)`: `out[M, width] += a b`. Row `i` of `a` begins at `a + rows[i]`; `b` has one or two
/// vectors for each element that is walked, `step` elements apart; rows of `out` are `line` elements apart.
pub type Row<T> =
    unsafe fn(walk: Walk, a: *const T, rows: *const i64, b: *const T, step: usize, out: *mut T, line: usize);

/// By rows, from 1 on, and by vectors, 1 or 2. All rows have their element in a register at a time, beside the sums.
pub type Rows<T> = &'static [[Row<T>; 2]];

/// An element that has such tiles, with vectors as long as those of matrix products.
pub trait Tall: Sized + 'static {
    /// None where products have no tiles.
    fn rows() -> Rows<Self>;
}

#[cfg(target_arch = "x86_64")]
macro_rules! rows {
    ($name:ident, $t:ty, $features:literal, $lanes:literal, [$splat:ident, $load:ident, $store:ident, $fma:ident, $zero:ident],
     $($rows:literal)*) => {
        mod $name {
            use super::{Row, Walk};
            use std::arch::x86_64::*;

            /// # Safety
            /// The processor has the features; the pointers reach as far as `Row` says.
            #[target_feature(enable = $features)]
            unsafe fn tile<const M: usize, const V: usize>(
                walk: Walk,
                mut a: *const $t,
                rows: *const i64,
                mut b: *const $t,
                step: usize,
                out: *mut $t,
                line: usize,
            ) {
                let mut sums = [[$zero(); V]; M];
                // SAFETY: the caller's promise.
                unsafe {
                    for (i, sums) in sums.iter_mut().enumerate() {
                        for (v, sum) in sums.iter_mut().enumerate() {
                            *sum = $load(out.add(i * line + v * $lanes));
                        }
                    }
                    let Walk { outer, lines, n, apart, down } = walk;
                    let (mut places, mut high) = (n, lines);
                    // One loop, so that the sums stay in registers from line to line.
                    for _ in 0..outer * lines * n {
                        let mut columns = [$zero(); V];
                        for (v, column) in columns.iter_mut().enumerate() {
                            *column = $load(b.add(v * $lanes));
                        }
                        for (i, sums) in sums.iter_mut().enumerate() {
                            let x = $splat(*a.offset(*rows.add(i) as isize));
                            for (sum, column) in sums.iter_mut().zip(columns) {
                                *sum = $fma(x, column, *sum);
                            }
                        }
                        a = a.wrapping_add(1);
                        b = b.wrapping_add(step);
                        places -= 1;
                        if places == 0 {
                            a = a.wrapping_add(down).wrapping_sub(n);
                            (places, high) = (n, high - 1);
                            if high == 0 {
                                a = a.wrapping_add(apart).wrapping_sub(lines * down);
                                high = lines;
                            }
                        }
                    }
                    for (i, sums) in sums.iter().enumerate() {
                        for (v, &sum) in sums.iter().enumerate() {
                            $store(out.add(i * line + v * $lanes), sum);
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
    1 2 3 4 5 6 7 8 9);
#[cfg(target_arch = "x86_64")]
rows!(wide_f64, f64, "avx512f", 8, [_mm512_set1_pd, _mm512_loadu_pd, _mm512_storeu_pd, _mm512_fmadd_pd, _mm512_setzero_pd],
    1 2 3 4 5 6 7 8 9);
#[cfg(target_arch = "x86_64")]
rows!(narrow_f32, f32, "avx2,fma", 8, [_mm256_set1_ps, _mm256_loadu_ps, _mm256_storeu_ps, _mm256_fmadd_ps, _mm256_setzero_ps],
    1 2 3 4);
#[cfg(target_arch = "x86_64")]
rows!(narrow_f64, f64, "avx2,fma", 4, [_mm256_set1_pd, _mm256_loadu_pd, _mm256_storeu_pd, _mm256_fmadd_pd, _mm256_setzero_pd],
    1 2 3 4);

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
