//! Patches, packed straight into the panels that the tiles read: row `(channel, tap)` holds for each column, which is a
//! position of a sample, the element of the source that the tap meets there, and zero outside.

use super::super::element::Element;
use super::sweep::Sweep;
use std::ops::Range;

/// Columns of the widest panel.
pub const COLUMNS: usize = 32;

/// Columns that one vector of the packing kernels takes.
const LANES: usize = 16;

/// Neighbouring positions of one line of the result, within one vector's columns.
#[derive(Clone, Copy, Debug, Default)]
pub struct Run {
    /// The first column.
    pub column: usize,
    pub len: usize,
    pub sample: usize,
    pub at: [usize; 3],
}

/// The columns of a panel.
pub struct Columns {
    runs: [Run; COLUMNS],
    count: usize,
    pub width: usize,
}

impl Columns {
    /// Columns `first .. first + width` of all samples' positions.
    pub fn new(sweep: &Sweep, first: usize, width: usize) -> Columns {
        let mut columns = Columns { runs: [Run::default(); COLUMNS], count: 0, width };
        let [_, high, wide] = sweep.count;
        let positions = sweep.positions();
        let mut sample = first / positions;
        let position = first % positions;
        let mut at = [position / wide / high, position / wide % high, position % wide];
        let mut column = 0;
        while column < width {
            let vector_end = (column / LANES + 1) * LANES;
            let len = (wide - at[2]).min(width.min(vector_end) - column);
            columns.runs[columns.count] = Run { column, len, sample, at };
            columns.count += 1;
            column += len;
            at[2] += len;
            for axis in [2, 1] {
                if at[axis] == sweep.count[axis] {
                    at[axis] = 0;
                    at[axis - 1] += 1;
                }
            }
            if at[0] == sweep.count[0] {
                at[0] = 0;
                sample += 1;
            }
        }
        columns
    }

    pub fn runs(&self) -> &[Run] {
        &self.runs[..self.count]
    }
}

/// The elements of a run that a tap finds in the source.
struct Found {
    /// Columns.
    inside: Range<usize>,
    /// Where the element of column 0 of the run's vector would be.
    from: isize,
}

/// A source of which panels are made.
pub struct Source<'a, T> {
    pub sweep: &'a Sweep,
    /// The first channel of the group, of the first sample.
    pub start: *const T,
    /// From one sample to the next.
    pub sample: usize,
}

/// Packs rows of a panel: `(source, columns, rows, to, line)`; lines of `to` are `line` elements apart, and hold whole
/// vectors.
pub type Pack<T> = unsafe fn(&Source<T>, &Columns, Range<usize>, *mut T, usize);

impl<T: Element> Source<'_, T> {
    /// What a tap finds of a run, if anything; `from` counts from the first channel.
    #[inline(always)]
    fn found(&self, run: &Run, tap: [isize; 3], origin: usize) -> Option<Found> {
        let s = self.sweep;
        let d = (run.at[0] * s.step[0]) as isize + tap[0];
        let h = (run.at[1] * s.step[1]) as isize + tap[1];
        if d as usize >= s.source[0] || h as usize >= s.source[1] {
            return None;
        }
        let step = s.step[2] as isize;
        let w = run.at[2] as isize * step + tap[2];
        let (low, high) = match step {
            1 => ((-w).max(0), s.source[2] as isize - w),
            _ => ((step - 1 - w).max(0) / step, (s.source[2] as isize - w + step - 1).max(0) / step),
        };
        let (low, high) = (low as usize, (high.max(0) as usize).min(run.len));
        let from = (d * s.source[1] as isize + h) * s.source[2] as isize + w;
        let from = (run.sample * self.sample) as isize + from - (run.column - origin) as isize * step;
        (low < high).then_some(Found { inside: run.column + low..run.column + high, from })
    }

    /// The channels of which rows `rows` hold a tap.
    #[inline(always)]
    fn channels(&self, rows: &Range<usize>, tap: usize) -> Range<usize> {
        let taps = self.sweep.taps.len();
        let first = rows.start.saturating_sub(tap).div_ceil(taps);
        first..rows.end.saturating_sub(tap).div_ceil(taps).max(first)
    }
}

/// Packs with whatever vectors the compiler finds.
///
/// # Safety
/// The source is as large as its sweep says, for all samples of the columns; `to` has a line for each row.
pub unsafe fn pack<T: Element>(source: &Source<T>, columns: &Columns, rows: Range<usize>, to: *mut T, line: usize) {
    let width = columns.width.next_multiple_of(LANES);
    let (taps, area) = (source.sweep.taps.len(), source.sweep.area());
    for (t, &tap) in source.sweep.taps.iter().enumerate() {
        for c in source.channels(&rows, t) {
            // SAFETY: a line of the panel.
            let to = unsafe { std::slice::from_raw_parts_mut(to.add((c * taps + t - rows.start) * line), width) };
            to.fill(T::ZERO);
            for run in columns.runs() {
                let Some(found) = source.found(run, tap, 0) else { continue };
                let step = source.sweep.step[2];
                for column in found.inside {
                    // SAFETY: inside the source, as `found` says.
                    to[column] = unsafe { *source.start.offset(found.from + (c * area + column * step) as isize) };
                }
            }
        }
    }
}

#[cfg(target_arch = "x86_64")]
pub mod wide {
    //! With vectors of 16 f32 and masks.

    use super::*;
    use std::arch::x86_64::*;

    /// What a run adds to a vector.
    #[derive(Clone, Copy)]
    struct Piece {
        mask: u16,
        /// Where every other element is taken: the masks of the two vectors that hold them.
        spread: [u16; 2],
        from: isize,
    }

    /// # Safety
    /// As `pack`; the processor has AVX-512 F.
    #[target_feature(enable = "avx512f")]
    pub unsafe fn pack(source: &Source<f32>, columns: &Columns, rows: Range<usize>, to: *mut f32, line: usize) {
        let (taps, area) = (source.sweep.taps.len(), source.sweep.area());
        let step = source.sweep.step[2];
        for (t, &tap) in source.sweep.taps.iter().enumerate() {
            let channels = source.channels(&rows, t);
            let mut runs = columns.runs();
            for v in (0..columns.width).step_by(LANES) {
                let here = runs.iter().take_while(|run| run.column < v + LANES).count();
                let (own, rest) = runs.split_at(here);
                runs = rest;
                let mut pieces = [Piece { mask: 0, spread: [0; 2], from: 0 }; LANES];
                let mut count = 0;
                for run in own {
                    if let Some(found) = source.found(run, tap, v) {
                        let bits = |n: usize| ((1u32 << n) - 1) as u16;
                        let mask = bits(found.inside.end - v) & !bits(found.inside.start - v);
                        pieces[count] = Piece { mask, spread: mask.to_le_bytes().map(spread), from: found.from };
                        count += 1;
                    }
                }
                let pieces = &pieces[..count];
                for c in channels.clone() {
                    let start = source.start.wrapping_add(c * area);
                    // SAFETY: masks are of columns inside the source; the line has a whole vector here.
                    unsafe {
                        let vector = match step {
                            1 => straight(start, pieces),
                            2 => every_other(start, pieces),
                            _ => gathered(start, pieces, step),
                        };
                        _mm512_storeu_ps(to.add((c * taps + t - rows.start) * line + v), vector);
                    }
                }
            }
        }
    }

    #[target_feature(enable = "avx512f")]
    unsafe fn straight(start: *const f32, pieces: &[Piece]) -> __m512 {
        let mut vector = _mm512_setzero_ps();
        for piece in pieces {
            // SAFETY: what the mask leaves out is not read.
            vector = unsafe { _mm512_mask_loadu_ps(vector, piece.mask, start.wrapping_offset(piece.from)) };
        }
        vector
    }

    /// The bits of a mask, each followed by a zero.
    fn spread(mask: u8) -> u16 {
        let mut bits = u16::from(mask);
        bits = (bits | bits << 4) & 0x0f0f;
        bits = (bits | bits << 2) & 0x3333;
        (bits | bits << 1) & 0x5555
    }

    #[target_feature(enable = "avx512f")]
    unsafe fn every_other(start: *const f32, pieces: &[Piece]) -> __m512 {
        let even = _mm512_set_epi32(30, 28, 26, 24, 22, 20, 18, 16, 14, 12, 10, 8, 6, 4, 2, 0);
        let mut vector = _mm512_setzero_ps();
        for piece in pieces {
            let from = start.wrapping_offset(piece.from);
            let [low, high] = piece.spread;
            // SAFETY: as in `straight`.
            let both = unsafe {
                let low = _mm512_maskz_loadu_ps(low, from);
                _mm512_permutex2var_ps(low, even, _mm512_maskz_loadu_ps(high, from.wrapping_add(16)))
            };
            vector = _mm512_mask_mov_ps(vector, piece.mask, both);
        }
        vector
    }

    #[target_feature(enable = "avx512f")]
    unsafe fn gathered(start: *const f32, pieces: &[Piece], step: usize) -> __m512 {
        let lanes = _mm512_set_epi32(15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0);
        let places = _mm512_mullo_epi32(lanes, _mm512_set1_epi32(step as i32));
        let mut vector = _mm512_setzero_ps();
        for piece in pieces {
            // SAFETY: as in `straight`.
            vector = unsafe {
                _mm512_mask_i32gather_ps::<4>(vector, piece.mask, places, start.wrapping_offset(piece.from).cast())
            };
        }
        vector
    }
}
