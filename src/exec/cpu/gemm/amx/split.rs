//! Panels of bf16 for the tiles. A number of f32 is the sum of three of bf16, to its last bit, while none of them is below
//! the smallest normal number; which is why packing looks at the exponents. Numbers that are bf16 already need one.

use super::super::super::transpose::transposed;
use super::tile::{SIDE, STEPS, TILE};
use std::arch::x86_64::*;

/// Lines of a panel: two tiles.
pub const LINES: usize = 2 * SIDE;

/// A factor's part: `lines` lines of `steps` steps, elements so far apart.
#[derive(Clone, Copy)]
pub struct Strip {
    pub from: *const f32,
    pub lines: usize,
    pub steps: usize,
    pub line: isize,
    pub step: isize,
}

/// Which factor a panel is of. Row `i` of a tile holds steps `j` and `j + 16` of line `i` of `lhs`, and steps `i` and
/// `i + 16` of line `j` of `rhs`, side by side for every `j`: the order of the steps is free where both factors agree.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Side {
    Lhs,
    Rhs,
}

/// What a panel holds.
#[derive(Clone, Copy, Debug)]
pub struct Panel {
    /// Numbers of bf16 for one of f32.
    pub parts: usize,
    /// The least absolute value that is not zero, as bits, less one.
    pub least: u32,
    /// The greatest absolute value, as bits.
    pub greatest: u32,
}

/// Steps filled up to whole tiles.
pub fn padded(steps: usize) -> usize {
    steps.next_multiple_of(STEPS)
}

/// Bytes of a panel of so many parts.
pub fn bytes(steps: usize, parts: usize) -> usize {
    padded(steps) / STEPS * parts * 2 * TILE
}

/// Writes a panel: for every 32 steps, one part of two tiles of lines after the other, filled up with zeros. As few parts
/// as the numbers need, `most` at most.
///
/// # Safety
/// The processor has tiles; the strip is there, and `to` has room for a panel of `most` parts.
pub unsafe fn pack(strip: Strip, side: Side, most: usize, to: *mut u8) -> Panel {
    // SAFETY: the caller's promise.
    unsafe {
        let exact = if strip.begins_with_bf16() { pack_parts::<1>(strip, side, to, true) } else { None };
        let packed = match most {
            _ if exact.is_some() => exact,
            parts => Some(pack_all(strip, side, parts, to)),
        };
        packed.expect("all are packed that need not be exact")
    }
}

/// The same, with so many parts whatever the numbers need.
///
/// # Safety
/// As `pack`.
pub unsafe fn pack_all(strip: Strip, side: Side, parts: usize, to: *mut u8) -> Panel {
    // SAFETY: the caller's promise.
    let packed = unsafe {
        match parts {
            2 => pack_parts::<2>(strip, side, to, false),
            _ => pack_parts::<3>(strip, side, to, false),
        }
    };
    packed.expect("all are packed that need not be exact")
}

/// `None` as soon as an element is more than its first part, if that is asked for.
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl")]
unsafe fn pack_parts<const P: usize>(strip: Strip, side: Side, to: *mut u8, exact: bool) -> Option<Panel> {
    let mut seen = Seen::nothing();
    for (block, step) in (0..strip.steps).step_by(STEPS).enumerate() {
        strip.fetch(step + STEPS);
        for half in 0..2 {
            let first = half * SIDE;
            let tile = Strip {
                from: strip.from.wrapping_offset(first as isize * strip.line + step as isize * strip.step),
                lines: strip.lines.saturating_sub(first).min(SIDE),
                steps: STEPS.min(strip.steps - step),
                ..strip
            };
            // SAFETY: a part of the strip; the place of this tile in the panel.
            unsafe { pack_tile::<P>(tile, side, to.add((block * P * 2 + half) * TILE), &mut seen) };
        }
        if exact && _mm512_test_epi32_mask(seen.all, _mm512_set1_epi32(0xffff)) != 0 {
            return None;
        }
    }
    Some(seen.panel(P))
}

impl Panel {
    /// Of no numbers.
    pub fn empty(parts: usize) -> Panel {
        Panel { parts, least: u32::MAX, greatest: 0 }
    }

    /// What both hold.
    pub fn join(&mut self, other: Panel) {
        (self.least, self.greatest) = (self.least.min(other.least), self.greatest.max(other.greatest));
    }
}

/// The bits of a panel's numbers: see `Panel`, and all of them together.
pub struct Seen {
    least: __m512i,
    greatest: __m512i,
    all: __m512i,
}

impl Seen {
    #[inline]
    #[target_feature(enable = "avx512f")]
    pub fn nothing() -> Seen {
        Seen { least: _mm512_set1_epi32(-1), greatest: _mm512_setzero_si512(), all: _mm512_setzero_si512() }
    }

    #[target_feature(enable = "avx512f")]
    pub fn panel(&self, parts: usize) -> Panel {
        let (least, greatest) = (_mm512_reduce_min_epu32(self.least), _mm512_reduce_max_epu32(self.greatest));
        Panel { parts, least, greatest }
    }

    #[inline]
    #[target_feature(enable = "avx512f")]
    pub fn add(&mut self, x: __m512) {
        let bits = _mm512_castps_si512(x);
        let size = _mm512_and_si512(bits, _mm512_set1_epi32(i32::MAX));
        self.least = _mm512_min_epu32(self.least, _mm512_sub_epi32(size, _mm512_set1_epi32(1)));
        self.greatest = _mm512_max_epu32(self.greatest, size);
        self.all = _mm512_or_si512(self.all, bits);
    }
}

/// One tile of each part; parts lie two tiles apart.
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl")]
unsafe fn pack_tile<const P: usize>(strip: Strip, side: Side, to: *mut u8, seen: &mut Seen) {
    let mut copy = [0f32; SIDE * STEPS];
    let whole = strip.lines == SIDE && strip.steps == STEPS;
    let strip = if whole && (strip.line == 1 || strip.step == 1) { strip } else { strip.copied(&mut copy) };
    // Rows along whatever lies together, and how far the second half of the steps is from the first.
    let by_lines = strip.step == 1;
    let (row, second) = match by_lines {
        true => (strip.line, SIDE as isize),
        false => (strip.step, SIDE as isize * strip.step),
    };
    let mut squares = [[_mm512_setzero_ps(); SIDE]; 2];
    for (square, first) in squares.iter_mut().zip([0, second]) {
        for (i, x) in square.iter_mut().enumerate() {
            // SAFETY: the strip is whole.
            *x = unsafe { _mm512_loadu_ps(strip.from.offset(i as isize * row + first)) };
        }
        if by_lines != (side == Side::Lhs) {
            *square = transposed(*square);
        }
    }
    for (i, (&low, &high)) in squares[0].iter().zip(&squares[1]).enumerate() {
        seen.add(low);
        seen.add(high);
        for (part, words) in pair::<P>([low, high]).into_iter().enumerate() {
            // SAFETY: the place of a tile.
            unsafe { _mm512_storeu_si512(to.add(part * 2 * TILE + i * 64).cast(), words) };
        }
    }
}

/// Fetches 32 numbers into the first cache; none has to be there.
pub fn fetch(first: *const f32) {
    // SAFETY: fetching is no access.
    unsafe {
        _mm_prefetch::<_MM_HINT_T0>(first.cast());
        _mm_prefetch::<_MM_HINT_T0>(first.wrapping_add(SIDE).cast());
    }
}

/// The parts of 16 pairs of numbers, side by side.
#[inline]
#[target_feature(enable = "avx512f")]
pub fn pair<const P: usize>([mut low, mut high]: [__m512; 2]) -> [__m512i; P] {
    let mut parts = [_mm512_setzero_si512(); P];
    for (i, part) in parts.iter_mut().enumerate() {
        // What two parts leave of a number is bf16.
        let (first, second) = if i == 2 { (low, high) } else { (nearest(low), nearest(high)) };
        *part = _mm512_or_si512(
            _mm512_srli_epi32::<16>(_mm512_castps_si512(first)),
            _mm512_and_si512(_mm512_castps_si512(second), _mm512_set1_epi32(!0xffff)),
        );
        low = _mm512_sub_ps(low, first);
        high = _mm512_sub_ps(high, second);
    }
    parts
}

impl Strip {
    /// Fetches the 32 steps from one on while those before are packed, where each lies in a page of its own.
    fn fetch(&self, step: usize) {
        let steps = if self.step == 1 { 0 } else { STEPS.min(self.steps.saturating_sub(step)) };
        let from = self.from.wrapping_offset(step as isize * self.step);
        (0..steps as isize).for_each(|i| fetch(from.wrapping_offset(i * self.step)));
    }

    /// A look at one line, before all of them are packed in vain.
    unsafe fn begins_with_bf16(&self) -> bool {
        // SAFETY: elements of the strip, if there are any.
        let bits = |p: usize| unsafe { *self.from.offset(p as isize * self.step) }.to_bits();
        (0..self.steps.min(8)).all(|p| bits(p) & 0xffff == 0)
    }

    /// The elements, line by line, between zeros.
    fn copied(&self, to: &mut [f32; SIDE * STEPS]) -> Strip {
        for (i, line) in to.chunks_exact_mut(STEPS).enumerate().take(self.lines) {
            for (p, x) in line.iter_mut().enumerate().take(self.steps) {
                // SAFETY: an element of the strip.
                *x = unsafe { *self.from.offset(i as isize * self.line + p as isize * self.step) };
            }
        }
        Strip { from: to.as_ptr(), lines: SIDE, steps: STEPS, line: STEPS as isize, step: 1 }
    }
}

/// The nearest number of bf16 (Dekker, 1971); numbers of bf16 stay. Not for numbers above 2^110.
#[inline]
#[target_feature(enable = "avx512f")]
fn nearest(x: __m512) -> __m512 {
    let above = _mm512_mul_ps(x, _mm512_set1_ps(65537.0));
    _mm512_sub_ps(above, _mm512_sub_ps(above, x))
}
