//! Where squares of a source, of 4 x 4 or 2 x 2 and two apart, lie in it: 16 of them are read as vectors, one for each place.

use super::super::panel::{Columns, Run};
use super::super::sweep::Sweep;
use std::arch::x86_64::*;

/// Elements of a vector.
pub const LANES: usize = 16;

/// Neighbouring squares of one vector.
#[derive(Clone, Copy, Debug)]
struct Look<const N: usize> {
    /// Their lanes.
    lanes: u16,
    /// By line of a square: where the first of 32 elements would be, of which the vector's squares hold two each; and which
    /// of them are inside the source, for places 0 and 1, and for places 2 and 3, which lie two further.
    lines: [(isize, [u32; 2]); N],
}

/// The squares of a panel's columns, of `N` x `N`.
pub struct Looks<const N: usize>([Vec<Look<N>>; 2]);

impl<const N: usize> Looks<N> {
    /// `sample` is the distance from one sample to the next.
    pub fn new(squares: &Sweep, columns: &Columns, sample: usize) -> Looks<N> {
        let of = |v: usize| {
            let runs = columns.runs().iter().filter(move |run| run.column / LANES == v);
            runs.map(|run| Look::new(squares, run, sample)).collect()
        };
        Looks([of(0), of(1)])
    }

    /// The squares of one vector of the columns, in a channel: by line and place in the line.
    ///
    /// # Safety
    /// `channel` begins a channel of the source that these are looks at, in its first sample; the processor has AVX-512 F.
    #[inline]
    #[target_feature(enable = "avx512f")]
    pub unsafe fn squares(&self, v: usize, channel: *const f32) -> [[__m512; N]; N] {
        let mut all = [[_mm512_setzero_ps(); N]; N];
        for look in &self.0[v] {
            for (line, (from, masks)) in all.iter_mut().zip(look.lines) {
                for (pair, mask) in masks.into_iter().enumerate().take(N / 2) {
                    let from = channel.wrapping_offset(from).wrapping_add(2 * pair);
                    // SAFETY: what the masks leave out is not read.
                    let (even, odd) = unsafe { apart(from, mask) };
                    line[2 * pair] = _mm512_mask_mov_ps(line[2 * pair], look.lanes, even);
                    line[2 * pair + 1] = _mm512_mask_mov_ps(line[2 * pair + 1], look.lanes, odd);
                }
            }
        }
        all
    }
}

/// The even and the odd ones of 32 elements; zeros for what the mask leaves out.
#[inline]
#[target_feature(enable = "avx512f")]
unsafe fn apart(from: *const f32, mask: u32) -> (__m512, __m512) {
    let even = _mm512_set_epi32(30, 28, 26, 24, 22, 20, 18, 16, 14, 12, 10, 8, 6, 4, 2, 0);
    let odd = _mm512_set_epi32(31, 29, 27, 25, 23, 21, 19, 17, 15, 13, 11, 9, 7, 5, 3, 1);
    // SAFETY: the caller's promise.
    let (low, high) = unsafe {
        let low = _mm512_maskz_loadu_ps(mask as u16, from);
        (low, _mm512_maskz_loadu_ps((mask >> 16) as u16, from.wrapping_add(LANES)))
    };
    (_mm512_permutex2var_ps(low, even, high), _mm512_permutex2var_ps(low, odd, high))
}

impl<const N: usize> Look<N> {
    fn new(s: &Sweep, run: &Run, sample: usize) -> Look<N> {
        let lane = run.column % LANES;
        let [_, high, wide] = s.source.map(|n| n as isize);
        let [_, top, left] = s.taps[0];
        let (first, w) = ((run.at[1] * 2) as isize + top, (run.at[2] * 2) as isize + left);
        // Element `e` of a pair of places is at `w + 2 pair + e - 2 lane` of its line.
        let inside = |pair: isize| {
            let elements = 2 * lane..2 * (lane + run.len);
            let bit = |e: usize| (0..wide).contains(&(w + 2 * pair + e as isize - 2 * lane as isize));
            elements.filter(|&e| bit(e)).fold(0, |mask, e| mask | 1 << e)
        };
        let masks = [inside(0), inside(1)];
        let lines = std::array::from_fn(|i| {
            let h = first + i as isize;
            let from = (run.sample * sample) as isize + h * wide + w - 2 * lane as isize;
            if (0..high).contains(&h) { (from, masks) } else { (0, [0; 2]) }
        });
        Look { lanes: (((1u32 << run.len) - 1) << lane) as u16, lines }
    }
}
