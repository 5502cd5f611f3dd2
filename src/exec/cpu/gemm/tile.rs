//! Register tiles: `M` rows by one or two vectors of a product's result stay in registers while the depth is walked.
//!
//! Each element is one chain of fused multiply-adds along the depth, whatever the tile it falls into: how a product is
//! cut changes no bit.

use super::super::element::Element;
use super::pack::Strip;

/// `out[M, width] (+)= a b`: `a` has `M` rows, with the distances from row to row and from step to step of the depth; `b`
/// one or two vectors, `step` elements from one to the next; rows of `out` are `row` elements apart.
pub type Tile<T> =
    unsafe fn(depth: usize, a: *const T, [isize; 2], b: *const T, step: isize, out: *mut T, row: isize, add: bool);

/// Packs a strip into panels; see `Strip::pack`.
pub type Pack<T> = unsafe fn(strip: Strip, from: *const T, to: *mut T, panel: usize);

/// `out[n] += x[0] rows[0] + x[1] rows[1] + ..`, in this order; rows are `step` elements apart.
pub type Combine<T, const R: usize> = unsafe fn(n: usize, x: [T; R], rows: *const T, step: isize, out: *mut T);

/// The inner product of `n` elements of both.
pub type Inner<T> = unsafe fn(n: usize, a: *const T, b: *const T) -> T;

/// The kernels of one instruction set.
pub struct Tiles<T: 'static> {
    /// By rows, from 1 on, and by vectors, 1 or 2: for panels, whose rows lie side by side.
    pub packed: &'static [[Tile<T>; 2]],
    /// The same for rows that are anywhere.
    pub strided: &'static [[Tile<T>; 2]],
    pub pack: Pack<T>,
    /// Turns rows of a strip, whose elements lie together, into columns; see `Strip::turned`.
    pub turn: Pack<T>,
    /// Elements of a vector.
    pub lanes: usize,
    pub combine: Combine<T, 4>,
    pub combine_one: Combine<T, 1>,
    pub inner: Inner<T>,
}

impl<T> Tiles<T> {
    /// The most rows of a tile.
    pub fn rows(&self) -> usize {
        self.packed.len()
    }

    /// The columns of the wider tiles.
    pub fn columns(&self) -> usize {
        2 * self.lanes
    }
}

/// Elements of the largest tile there is: 14 rows of two vectors of 16.
pub const LARGEST: usize = 14 * 32;

/// The kernels that this processor runs, the fastest first; none where it has no fused multiply-add in vectors.
pub trait Tiled: Element {
    fn tiles() -> &'static [&'static Tiles<Self>];
}

#[cfg(target_arch = "x86_64")]
macro_rules! tiles {
    ($name:ident, $t:ty, $features:literal, $lanes:literal, $square:ident of $side:literal, [$splat:ident, $load:ident, $store:ident, $fma:ident, $sum:ident, $zero:ident],
     $($rows:literal)*) => {
        mod $name {
            use super::super::square;
            use super::{Strip, Tiles};
            use std::arch::x86_64::*;

            /// # Safety
            /// The processor has the features; the pointers reach as far as `Tile` says.
            #[target_feature(enable = $features)]
            unsafe fn tile<const M: usize, const V: usize, const PACKED: bool>(
                depth: usize,
                mut a: *const $t,
                [line, pace]: [isize; 2],
                mut b: *const $t,
                step: isize,
                out: *mut $t,
                row: isize,
                add: bool,
            ) {
                let [line, pace] = if PACKED { [1, M as isize] } else { [line, pace] };
                // What is written at the end is fetched meanwhile.
                for i in 0..M {
                    for v in 0..V {
                        _mm_prefetch::<_MM_HINT_T0>(out.wrapping_offset(i as isize * row).wrapping_add(v * $lanes).cast());
                    }
                }
                let mut sums = [[$zero(); V]; M];
                // Rows that lie apart are many streams of few lines, of which one is fetched in each step for the next tile.
                let (mut next, mut at) = (a.wrapping_offset(M as isize * line), 0);
                for _ in 0..depth {
                    if !PACKED {
                        _mm_prefetch::<_MM_HINT_T1>(next.wrapping_add(at).cast());
                        at += 64 / size_of::<$t>();
                        if at >= depth {
                            (next, at) = (next.wrapping_offset(line), 0);
                        }
                    }
                    let mut columns = [$zero(); V];
                    for (v, column) in columns.iter_mut().enumerate() {
                        // SAFETY: the caller's promise about `b`.
                        *column = unsafe { $load(b.add(v * $lanes)) };
                    }
                    for (i, sums) in sums.iter_mut().enumerate() {
                        // SAFETY: the caller's promise about `a`.
                        let x = $splat(unsafe { *a.offset(i as isize * line) });
                        for (sum, column) in sums.iter_mut().zip(columns) {
                            *sum = $fma(x, column, *sum);
                        }
                    }
                    a = a.wrapping_offset(pace);
                    b = b.wrapping_offset(step);
                }
                for (i, sums) in sums.iter().enumerate() {
                    for (v, &sum) in sums.iter().enumerate() {
                        // SAFETY: the caller's promise about `out`.
                        unsafe {
                            let out = out.offset(i as isize * row).add(v * $lanes);
                            $store(out, if add { $sum($load(out), sum) } else { sum });
                        }
                    }
                }
            }

            /// # Safety
            /// The processor has the features; the pointers reach as far as `Strip::pack` says.
            #[target_feature(enable = $features)]
            unsafe fn pack(strip: Strip, from: *const $t, to: *mut $t, panel: usize) {
                // SAFETY: the caller's promise.
                unsafe { strip.pack::<$t, $side>(from, to, panel, square::$square) }
            }

            /// # Safety
            /// The processor has the features; the pointers reach as far as `Strip::turned` says.
            #[target_feature(enable = $features)]
            unsafe fn turn(strip: Strip, from: *const $t, to: *mut $t, panel: usize) {
                // SAFETY: the caller's promise.
                unsafe { strip.turned::<$t, $side>(from, to, panel, square::$square) }
            }

            /// # Safety
            /// The processor has the features; the pointers reach as far as `Combine` says.
            #[target_feature(enable = $features)]
            unsafe fn combine<const R: usize>(n: usize, x: [$t; R], rows: *const $t, step: isize, out: *mut $t) {
                let rows: [*const $t; R] = std::array::from_fn(|i| rows.wrapping_offset(i as isize * step));
                let whole = n / $lanes * $lanes;
                for j in (0..whole).step_by($lanes) {
                    // SAFETY: the caller's promise.
                    unsafe {
                        let mut sum = $load(out.add(j));
                        for (x, row) in x.into_iter().zip(rows) {
                            sum = $fma($splat(x), $load(row.add(j)), sum);
                        }
                        $store(out.add(j), sum);
                    }
                }
                for j in whole..n {
                    // SAFETY: the caller's promise.
                    unsafe {
                        let out = out.add(j);
                        for (x, row) in x.into_iter().zip(rows) {
                            *out = x.mul_add(*row.add(j), *out);
                        }
                    }
                }
            }

            /// # Safety
            /// The processor has the features; the pointers reach over `n` elements.
            #[target_feature(enable = $features)]
            unsafe fn inner(n: usize, a: *const $t, b: *const $t) -> $t {
                const CHAINS: usize = 4;
                let mut sums = [$zero(); CHAINS];
                let whole = n / (CHAINS * $lanes) * (CHAINS * $lanes);
                for i in (0..whole).step_by(CHAINS * $lanes) {
                    for (c, sum) in sums.iter_mut().enumerate() {
                        // SAFETY: the caller's promise.
                        *sum = unsafe { $fma($load(a.add(i + c * $lanes)), $load(b.add(i + c * $lanes)), *sum) };
                    }
                }
                let vectors = n / $lanes * $lanes;
                for (i, sum) in (whole..vectors).step_by($lanes).zip(&mut sums) {
                    // SAFETY: the caller's promise.
                    *sum = unsafe { $fma($load(a.add(i)), $load(b.add(i)), *sum) };
                }
                let mut parts = [0.0; $lanes];
                let sum = $sum($sum(sums[0], sums[1]), $sum(sums[2], sums[3]));
                // SAFETY: as many elements as a vector has.
                unsafe { $store(parts.as_mut_ptr(), sum) };
                let mut width = $lanes;
                while width > 1 {
                    width /= 2;
                    for i in 0..width {
                        parts[i] += parts[i + width];
                    }
                }
                // SAFETY: the caller's promise.
                (vectors..n).fold(parts[0], |sum, i| unsafe { (*a.add(i)).mul_add(*b.add(i), sum) })
            }

            pub const TILES: Tiles<$t> = Tiles {
                packed: &[$([tile::<$rows, 1, true>, tile::<$rows, 2, true>]),*],
                strided: &[$([tile::<$rows, 1, false>, tile::<$rows, 2, false>]),*],
                pack,
                turn,
                lanes: $lanes,
                combine,
                combine_one: combine,
                inner,
            };
        }
    };
}

#[cfg(target_arch = "x86_64")]
tiles!(wide_f32, f32, "avx512f", 16, of_f32 of 8,
    [_mm512_set1_ps, _mm512_loadu_ps, _mm512_storeu_ps, _mm512_fmadd_ps, _mm512_add_ps, _mm512_setzero_ps],
    1 2 3 4 5 6 7 8 9 10 11 12 13 14);
#[cfg(target_arch = "x86_64")]
tiles!(wide_f64, f64, "avx512f", 8, of_f64 of 4,
    [_mm512_set1_pd, _mm512_loadu_pd, _mm512_storeu_pd, _mm512_fmadd_pd, _mm512_add_pd, _mm512_setzero_pd],
    1 2 3 4 5 6 7 8 9 10 11 12 13 14);
#[cfg(target_arch = "x86_64")]
tiles!(narrow_f32, f32, "avx2,fma", 8, of_f32 of 8,
    [_mm256_set1_ps, _mm256_loadu_ps, _mm256_storeu_ps, _mm256_fmadd_ps, _mm256_add_ps, _mm256_setzero_ps],
    1 2 3 4 5 6);
#[cfg(target_arch = "x86_64")]
tiles!(narrow_f64, f64, "avx2,fma", 4, of_f64 of 4,
    [_mm256_set1_pd, _mm256_loadu_pd, _mm256_storeu_pd, _mm256_fmadd_pd, _mm256_add_pd, _mm256_setzero_pd],
    1 2 3 4 5 6);

macro_rules! tiled {
    ($t:ty, $wide:ident, $narrow:ident) => {
        impl Tiled for $t {
            #[cfg(target_arch = "x86_64")]
            fn tiles() -> &'static [&'static Tiles<$t>] {
                use super::super::isa::{Isa, isa};
                match isa() {
                    Isa::Avx512 => &[&$wide::TILES, &$narrow::TILES],
                    Isa::Avx2 if is_x86_feature_detected!("fma") => &[&$narrow::TILES],
                    Isa::Avx2 | Isa::Portable => &[],
                }
            }
            #[cfg(not(target_arch = "x86_64"))]
            fn tiles() -> &'static [&'static Tiles<$t>] {
                &[]
            }
        }
    };
}
tiled!(f32, wide_f32, narrow_f32);
tiled!(f64, wide_f64, narrow_f64);
