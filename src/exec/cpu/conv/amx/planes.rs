//! The source of a sweep as tiles read it: numbers are split into parts of bf16 once, channels lie in pairs, and around
//! them lies the rim of zeros, so that what a tap meets at neighbouring positions is a row of a tile where it lies.

use super::super::super::gemm::amx::split::{Panel, Seen, pair};
use super::super::sweep::Sweep;
use std::arch::x86_64::*;
use std::ops::Range;

/// Channels of one block: a step of the tiles sums over all of them.
pub const CHANNELS: usize = 32;

/// Rows of a tile, each of which holds two channels.
pub const PAIRS: usize = CHANNELS / 2;

/// Pairs of channels that are split as one piece of the work.
const PIECE: usize = 4;

/// Positions of a tile of the result: two registers.
pub const COLUMNS: usize = 32;

/// Elements of a vector.
const LANES: usize = 16;

/// Tiles of one segment, at most: its rows lie close together, and neighbours share little but the rim.
const WIDE: usize = 8;

/// Segments that are enough tasks, if there are so many tiles for each.
const TASKS: usize = 8;
const LEAST: usize = 3;

/// How the channels of one sample lie: `[segment, block, phase, part, pair, column]`, in words of two numbers of bf16. Columns are
/// positions, line after line with the rim between them; a segment has some tiles of them, and what taps reach behind these.
pub struct Planes {
    /// The least offsets of the taps.
    low: [isize; 2],
    /// The phases of the strides that taps meet.
    phases: Vec<[usize; 2]>,
    /// By tap: its phase, and how far from a position it reads.
    taps: Vec<(usize, usize)>,
    /// Columns of a line, and of all.
    line: usize,
    columns: usize,
    /// Columns of a segment, and those with what taps reach.
    segment: usize,
    reach: usize,
    /// Words of a row.
    words: usize,
    /// Blocks of channels.
    pub blocks: usize,
    /// Parts of a number.
    parts: usize,
}

impl Planes {
    /// None if there are three spatial axes.
    pub fn new(s: &Sweep, parts: usize) -> Option<Planes> {
        if !s.is_flat() || s.rows() == 0 || s.positions() == 0 {
            return None;
        }
        let low = [1, 2].map(|axis| s.taps.iter().map(|tap| tap[axis]).min().unwrap_or(0));
        let apart = |tap: &[isize; 3], axis: usize| (tap[axis + 1] - low[axis]) as usize;
        let phase = |tap: &[isize; 3]| [0, 1].map(|axis| apart(tap, axis) % s.step[axis + 1]);
        let shift = |tap: &[isize; 3]| [0, 1].map(|axis| apart(tap, axis) / s.step[axis + 1]);
        let mut phases: Vec<[usize; 2]> = s.taps.iter().map(phase).collect();
        phases.sort_unstable();
        phases.dedup();
        let most = |axis: usize| s.taps.iter().map(|tap| shift(tap)[axis]).max().unwrap_or(0);
        let line = s.count[2] + most(1);
        let tap = |tap: &[isize; 3]| {
            let [down, along] = shift(tap);
            (phases.partition_point(|known| *known < phase(tap)), down * line + along)
        };
        let taps: Vec<(usize, usize)> = s.taps.iter().map(tap).collect();
        let columns = (s.count[1] - 1) * line + s.count[2];
        let tiles = columns.div_ceil(COLUMNS);
        let wide = if tiles < TASKS * LEAST { WIDE } else { (tiles / TASKS).min(WIDE) };
        let segment = tiles.div_ceil(tiles.div_ceil(wide)) * COLUMNS;
        let reach = segment + most(0) * line + most(1);
        // An odd number of cache lines: rows of a tile that lie a power of two apart push each other out of the first cache.
        let words = (reach + LANES).next_multiple_of(LANES) | LANES;
        let blocks = s.channels.div_ceil(CHANNELS);
        Some(Planes { low, phases, taps, line, columns, segment, reach, words, blocks, parts })
    }

    /// Tiles of columns of one segment, the last of which may have fewer, and of all.
    pub fn wide(&self) -> usize {
        self.segment / COLUMNS
    }

    pub fn tiles(&self) -> usize {
        self.columns.div_ceil(COLUMNS)
    }

    /// The position of a column, if it is none of the rim.
    pub fn position(&self, s: &Sweep, column: usize) -> Option<[usize; 3]> {
        let at = [0, column / self.line, column % self.line];
        (at[1] < s.count[1] && at[2] < s.count[2]).then_some(at)
    }

    pub fn segments(&self) -> usize {
        self.columns.div_ceil(self.segment)
    }

    /// Bytes of one segment of one sample's channels.
    pub fn bytes(&self) -> usize {
        self.blocks * self.phases.len() * self.part() * self.parts
    }

    /// Bytes from one part of a tile to the next, and from one of its rows to the next.
    pub fn part(&self) -> usize {
        PAIRS * self.row()
    }

    pub fn row(&self) -> usize {
        4 * self.words
    }

    /// By block of channels and tap: where the tile of the first columns of a segment begins, in bytes.
    pub fn offsets(&self) -> Vec<usize> {
        let offset = |block, &(phase, shift): &(usize, usize)| {
            (block * self.phases.len() + phase) * self.parts * self.part() + 4 * shift
        };
        (0..self.blocks).flat_map(|block| self.taps.iter().map(move |tap| offset(block, tap))).collect()
    }

    /// How many pieces the channels of one segment are split in.
    pub fn pieces(&self) -> usize {
        self.blocks * (PAIRS / PIECE)
    }

    /// Splits a piece of a segment of a sample's channels.
    ///
    /// # Safety
    /// `x` are all channels; `to` has the room of `bytes`, of which nobody else uses this piece; the processor has tiles.
    pub unsafe fn split(&self, s: &Sweep, x: &[f32], [segment, piece]: [usize; 2], to: *mut u8) -> Panel {
        // SAFETY: the caller's promise.
        unsafe {
            match self.parts {
                2 => self.split_parts::<2>(s, x, [segment, piece], to),
                _ => self.split_parts::<3>(s, x, [segment, piece], to),
            }
        }
    }

    #[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl")]
    unsafe fn split_parts<const P: usize>(
        &self,
        s: &Sweep,
        x: &[f32],
        [segment, piece]: [usize; 2],
        to: *mut u8,
    ) -> Panel {
        let mut seen = Seen::nothing();
        let columns = segment * self.segment..segment * self.segment + self.reach;
        let (block, first) = (piece / (PAIRS / PIECE), piece % (PAIRS / PIECE) * PIECE);
        for (phase, row) in (0..self.phases.len()).flat_map(|phase| (first..first + PIECE).map(move |row| (phase, row)))
        {
            let channels = [row, row + PAIRS].map(|c| block * CHANNELS + c);
            let to =
                to.cast::<u32>().wrapping_add(((block * self.phases.len() + phase) * P * PAIRS + row) * self.words);
            for line in columns.start / self.line..columns.end.div_ceil(self.line) {
                let elements =
                    columns.start.saturating_sub(line * self.line)..self.line.min(columns.end - line * self.line);
                let h = (line * s.step[1] + self.phases[phase][0]) as isize + self.low[0];
                let inside = (0..s.source[1] as isize).contains(&h);
                let from = channels
                    .map(|c| (inside && c < s.channels).then(|| x[c * s.area() + h as usize * s.source[2]..].as_ptr()));
                let to = to.wrapping_add(line * self.line + elements.start - columns.start);
                // SAFETY: two lines of the source; columns of a row, behind which lie others or what nobody reads.
                unsafe { self.split_line::<P>(s, from, self.phases[phase][1], elements, to, &mut seen) };
            }
        }
        seen.panel(P)
    }

    /// Elements of one phase of two channels' line.
    #[inline]
    #[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl")]
    unsafe fn split_line<const P: usize>(
        &self,
        s: &Sweep,
        from: [Option<*const f32>; 2],
        phase: usize,
        elements: Range<usize>,
        to: *mut u32,
        seen: &mut Seen,
    ) {
        let step = s.step[2];
        let origin = phase as isize + self.low[1];
        let Range { start, end } = inside(origin, step, s.source[2]);
        let lanes = _mm512_set_epi32(15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0);
        let places = _mm512_mullo_epi32(lanes, _mm512_set1_epi32(step as i32));
        for first in elements.clone().step_by(LANES) {
            let bits = |n: usize| (1u32 << n.saturating_sub(first).min(LANES)) - 1;
            let mask = (bits(end.min(elements.end)) & !bits(start)) as u16;
            let both = from.map(|from| match from {
                None => _mm512_setzero_ps(),
                Some(from) => {
                    let from = from.wrapping_offset(origin).wrapping_add(first * step);
                    // SAFETY: what the mask leaves out is not read.
                    unsafe {
                        match step {
                            1 => _mm512_maskz_loadu_ps(mask, from),
                            _ => _mm512_mask_i32gather_ps::<4>(_mm512_setzero_ps(), mask, places, from.cast()),
                        }
                    }
                }
            });
            both.iter().for_each(|&x| seen.add(x));
            for (part, words) in pair::<P>(both).into_iter().enumerate() {
                let to = to.wrapping_add(part * PAIRS * self.words + first - elements.start);
                // SAFETY: a place of the row.
                unsafe { _mm512_storeu_si512(to.cast(), words) };
            }
        }
    }
}

/// Of the elements `origin`, `origin + step`, .. those that are in a line.
fn inside(origin: isize, step: usize, len: usize) -> Range<usize> {
    let start = ((-origin).max(0) as usize).div_ceil(step);
    start..((len as isize - origin).max(0) as usize).div_ceil(step).max(start)
}
