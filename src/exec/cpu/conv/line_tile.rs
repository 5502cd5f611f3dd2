//! Register tiles of convolutions along lines: weights times vectors that are read wherever a tap finds them.

/// Positions of one vector: where taps with offset 0 read, where the first channel is written, which lanes count.
#[derive(Clone, Copy)]
pub struct Unit {
    pub from: *const f32,
    pub to: *mut f32,
    pub mask: u16,
}

/// How results are written: from one channel to the next, from one position to the next, to what is there or over it.
#[derive(Clone, Copy)]
pub struct Store {
    pub row: usize,
    pub step: usize,
    pub add: bool,
}

/// `(offsets, weights, units, store)`: sums over rows of weights times what lies at the row's offset from each unit's place.
pub type Tile<const V: usize> = unsafe fn(&[i64], &[f32], [Unit; V], Store);

#[cfg(target_arch = "x86_64")]
pub use wide::{ONE, TWO};

/// By channels, from 1 on: tiles of one vector, and of two. None but on processors with vectors of 16 f32.
#[cfg(not(target_arch = "x86_64"))]
pub const ONE: &[Tile<1>] = &[];
#[cfg(not(target_arch = "x86_64"))]
pub const TWO: &[Tile<2>] = &[];

#[cfg(target_arch = "x86_64")]
mod wide {
    use super::{Store, Tile, Unit};
    use std::arch::x86_64::*;

    /// `M` channels of `V` vectors.
    #[target_feature(enable = "avx512f")]
    unsafe fn tile<const M: usize, const V: usize>(offsets: &[i64], weights: &[f32], units: [Unit; V], store: Store) {
        let mut sums = [[_mm512_setzero_ps(); V]; M];
        let mut weights = weights.as_ptr();
        for &offset in offsets {
            // SAFETY: the caller's promise.
            unsafe {
                let mut columns = [_mm512_setzero_ps(); V];
                for (column, unit) in columns.iter_mut().zip(&units) {
                    *column = _mm512_loadu_ps(unit.from.offset(offset as isize));
                }
                for (i, sums) in sums.iter_mut().enumerate() {
                    let x = _mm512_set1_ps(*weights.add(i));
                    for (sum, column) in sums.iter_mut().zip(columns) {
                        *sum = _mm512_fmadd_ps(x, column, *sum);
                    }
                }
                weights = weights.add(M);
            }
        }
        for (v, unit) in units.iter().enumerate() {
            for (i, sums) in sums.iter().enumerate() {
                // SAFETY: the mask's positions are in the result.
                unsafe { write(unit.to.add(i * store.row), unit.mask, sums[v], store) };
            }
        }
    }

    #[target_feature(enable = "avx512f")]
    unsafe fn write(to: *mut f32, mask: u16, mut sum: __m512, store: Store) {
        let places = || {
            let lanes = _mm512_set_epi32(15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0);
            _mm512_mullo_epi32(lanes, _mm512_set1_epi32(store.step as i32))
        };
        // SAFETY: the caller's promise.
        unsafe {
            if store.add {
                let before = match store.step {
                    1 => _mm512_maskz_loadu_ps(mask, to),
                    _ => _mm512_mask_i32gather_ps::<4>(_mm512_setzero_ps(), mask, places(), to.cast()),
                };
                sum = _mm512_add_ps(before, sum);
            }
            match store.step {
                1 => _mm512_mask_storeu_ps(to, mask, sum),
                _ => _mm512_mask_i32scatter_ps::<4>(to.cast(), mask, places(), sum),
            }
        }
    }

    macro_rules! tiles {
        ($name:ident, $vectors:literal, $($rows:literal)*) => {
            pub const $name: &[Tile<$vectors>] = &[$(tile::<$rows, $vectors>),*];
        };
    }
    tiles!(ONE, 1, 1 2 3 4 5 6 7 8 9 10 11 12 13 14);
    tiles!(TWO, 2, 1 2 3 4 5 6 7 8 9 10 11 12 13 14);
}
