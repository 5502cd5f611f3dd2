//! Squares of a factor, turned around in registers: what panels of lines that lie together are made of.

use std::arch::x86_64::*;

/// 8 x 8 of f32; see `pack::Square`.
///
/// # Safety
/// The processor has AVX; both reach over a square.
#[inline]
#[target_feature(enable = "avx")]
pub unsafe fn of_f32(from: *const f32, line: isize, to: *mut f32, panel: usize) {
    // SAFETY: the caller's promise.
    let x: [__m256; 8] = std::array::from_fn(|i| unsafe { _mm256_loadu_ps(from.offset(i as isize * line)) });
    let mut pairs = x;
    for i in (0..8).step_by(2) {
        pairs[i] = _mm256_unpacklo_ps(x[i], x[i + 1]);
        pairs[i + 1] = _mm256_unpackhi_ps(x[i], x[i + 1]);
    }
    let mut fours = pairs;
    for i in (0..8).step_by(4) {
        for half in 0..2 {
            let (a, b) = (pairs[i + half], pairs[i + half + 2]);
            fours[i + 2 * half] = _mm256_shuffle_ps::<0x44>(a, b);
            fours[i + 2 * half + 1] = _mm256_shuffle_ps::<0xee>(a, b);
        }
    }
    // Each now holds, in its halves, columns c and c + 4 of four lines.
    for c in 0..4 {
        let (low, high) = (fours[c], fours[c + 4]);
        // SAFETY: the caller's promise.
        unsafe {
            _mm256_storeu_ps(to.add(c * panel), _mm256_permute2f128_ps::<0x20>(low, high));
            _mm256_storeu_ps(to.add((c + 4) * panel), _mm256_permute2f128_ps::<0x31>(low, high));
        }
    }
}

/// 4 x 4 of f64; see `pack::Square`.
///
/// # Safety
/// As `of_f32`.
#[inline]
#[target_feature(enable = "avx")]
pub unsafe fn of_f64(from: *const f64, line: isize, to: *mut f64, panel: usize) {
    // SAFETY: the caller's promise.
    let x: [__m256d; 4] = std::array::from_fn(|i| unsafe { _mm256_loadu_pd(from.offset(i as isize * line)) });
    for c in 0..2 {
        // Columns c and c + 2 of two lines each, in halves.
        let [low, high] = [[x[0], x[1]], [x[2], x[3]]].map(|[a, b]| match c {
            0 => _mm256_unpacklo_pd(a, b),
            _ => _mm256_unpackhi_pd(a, b),
        });
        // SAFETY: the caller's promise.
        unsafe {
            _mm256_storeu_pd(to.add(c * panel), _mm256_permute2f128_pd::<0x20>(low, high));
            _mm256_storeu_pd(to.add((c + 2) * panel), _mm256_permute2f128_pd::<0x31>(low, high));
        }
    }
}
