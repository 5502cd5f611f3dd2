//! Squares of 16 x 16 words, transposed in registers.

use std::arch::x86_64::*;

/// Rows of a square.
const SIDE: usize = 16;

/// A square of 16 x 16 words, its rows as columns.
#[inline]
#[target_feature(enable = "avx512f,avx512dq")]
pub fn transposed(x: [__m512; SIDE]) -> [__m512; SIDE] {
    let mut y = x;
    for i in (0..SIDE).step_by(2) {
        y[i] = _mm512_unpacklo_ps(x[i], x[i + 1]);
        y[i + 1] = _mm512_unpackhi_ps(x[i], x[i + 1]);
    }
    let mut z = y;
    for i in (0..SIDE).step_by(4) {
        for half in 0..2 {
            let (a, b) = (_mm512_castps_pd(y[i + half]), _mm512_castps_pd(y[i + half + 2]));
            z[i + 2 * half] = _mm512_castpd_ps(_mm512_unpacklo_pd(a, b));
            z[i + 2 * half + 1] = _mm512_castpd_ps(_mm512_unpackhi_pd(a, b));
        }
    }
    // Each row now holds, in its four quarters, columns c, c + 4, c + 8 and c + 12 of four rows.
    let mut w = z;
    for c in 0..4 {
        let even = _mm512_shuffle_f32x4::<0x88>(z[c], z[c + 4]);
        let odd = _mm512_shuffle_f32x4::<0xdd>(z[c], z[c + 4]);
        let more_even = _mm512_shuffle_f32x4::<0x88>(z[c + 8], z[c + 12]);
        let more_odd = _mm512_shuffle_f32x4::<0xdd>(z[c + 8], z[c + 12]);
        w[c] = _mm512_shuffle_f32x4::<0x88>(even, more_even);
        w[c + 4] = _mm512_shuffle_f32x4::<0x88>(odd, more_odd);
        w[c + 8] = _mm512_shuffle_f32x4::<0xdd>(even, more_even);
        w[c + 12] = _mm512_shuffle_f32x4::<0xdd>(odd, more_odd);
    }
    w
}
