//! Gradients of weights by squares, F(3x3, 2x2): for each place a product of the transformed squares of `x` with those of
//! `y`, whose sums over all squares are transformed to 3 x 3 weights.

use super::super::super::frame::Writer;
use super::super::super::gemm::Tiled;
use super::super::super::parallel;
use super::super::super::scratch::{panels_of, scratch_of};
use super::super::WeightShortcut;
use super::super::panel::{COLUMNS, Columns};
use super::super::sweep::{Geometry, Sweep};
use super::super::turn::BLOCK;
use super::look::Looks;
use super::square::{self, HALF, TURNED};
use super::{PLACES, apart};
use std::ops::Range;
use std::sync::atomic::{AtomicBool, Ordering};

/// Fewer channels or filters than this are not worth the transforms.
const FEWEST: usize = 24;

/// Channels of `x` of one task, about: each task transforms all of `y` that it meets.
const WIDE: usize = 64;

/// Elements of transformed squares that one task keeps at a time, at most, unless one panel has more.
const KEPT: usize = 256 << 10;

/// Tasks that are worth having.
const TASKS: usize = 16;

/// Squares of one part, at least: each part has gradients of its own to transform.
const SHORTEST: usize = 128;

/// The most elements of all parts' gradients together.
const PARTS_LEN: usize = 5 << 20;

/// The gradient of weights of 3 x 3, cut into blocks of channels and parts of the squares.
pub struct Gradient {
    groups: usize,
    samples: usize,
    filters: usize,
    /// Squares of `x`, and those of `y` that they meet.
    squares: Sweep,
    results: Sweep,
    /// By place in a kernel of 3 x 3: where the weight lies.
    taps: [usize; 9],
    /// Channels of one task.
    block: usize,
    /// Squares of one task, and of what it transforms at a time: whole panels.
    part: usize,
    piece: usize,
    /// Sums of one channel of `x`: filters, filled up to whole vectors.
    line: usize,
}

impl Gradient {
    /// Whether the transforms cost less than is saved, where there is this way.
    pub fn pays(g: &Geometry) -> bool {
        g.channels.min(g.filters) >= FEWEST && g.samples * g.y.iter().product::<usize>() >= 8 * COLUMNS
    }

    pub fn new(g: &Geometry) -> Option<Gradient> {
        let sweep = g.forward();
        if sweep.rows() == 0 || sweep.positions() * g.samples == 0 || g.filters == 0 {
            return None;
        }
        let (low, taps) = sweep.square_taps()?;
        let (squares, results) = (sweep.squares(low), sweep.result_squares(g.filters));
        let blocks = g.channels.div_ceil(WIDE);
        let block = g.channels.div_ceil(blocks);
        let line = g.filters.next_multiple_of(2 * BLOCK);
        let columns = g.samples * squares.positions();
        let panels = columns.div_ceil(COLUMNS);
        let room = PARTS_LEN / (g.groups * g.filters * sweep.rows());
        let parts = TASKS.div_ceil(g.groups * blocks).min(room).min(columns / SHORTEST).max(1);
        let part = panels.div_ceil(parts) * COLUMNS;
        let piece = (KEPT / (PLACES * (block + line)) / COLUMNS * COLUMNS).clamp(COLUMNS, part);
        let (groups, samples, filters) = (g.groups, g.samples, g.filters);
        Some(Gradient { groups, samples, filters, squares, results, taps, block, part, piece, line })
    }

    fn columns(&self) -> usize {
        self.samples * self.squares.positions()
    }

    fn blocks(&self) -> usize {
        self.squares.channels.div_ceil(self.block)
    }

    fn tasks(&self) -> usize {
        self.parts() * self.groups * self.blocks()
    }

    /// Computes one task's rows into its part's gradients, `[groups filters, channels, 3, 3]`, and says whether all are finite.
    ///
    /// # Safety
    /// `x` and `y` are the operands, `out` all parts' gradients, of which nobody else uses these rows; the processor has AVX-512 F.
    unsafe fn part(&self, task: usize, x: &[f32], y: &[f32], out: Writer<f32>) -> bool {
        let (part, rest) = (task / (self.groups * self.blocks()), task % (self.groups * self.blocks()));
        let (group, block) = (rest / self.blocks(), rest % self.blocks());
        let channels = block * self.block..self.squares.channels.min((block + 1) * self.block);
        let columns = part * self.part..self.columns().min((part + 1) * self.part);
        let [left, right, summed] = self.apart();
        panels_of::<f32, _>(PLACES * (left + right) + 2 * TURNED, |memory| {
            let (source, memory) = memory.split_at_mut(PLACES * left);
            let (results, memory) = memory.split_at_mut(PLACES * right);
            let (turned, _) = memory.as_chunks_mut::<TURNED>();
            let Some(beside) = turned.first_chunk_mut() else { unreachable!("there is room") };
            scratch_of::<f32, _>(PLACES * summed, |sums| {
                for first in columns.clone().step_by(self.piece) {
                    let piece = first..columns.end.min(first + self.piece);
                    // SAFETY: the caller's promise; the memory has the room that was counted.
                    unsafe {
                        self.source(group, channels.clone(), piece.clone(), x, beside, source);
                        self.results(group, piece.clone(), y, beside, results);
                    }
                    self.products(piece.len(), source, results, sums, first > columns.start);
                }
                // SAFETY: this task's rows of its part.
                unsafe { self.write(part, group, channels.clone(), sums, out) }
            })
        })
    }

    /// Transforms squares of `x`, `[place, panel of channels, square, channel]`.
    unsafe fn source(
        &self,
        group: usize,
        channels: Range<usize>,
        columns: Range<usize>,
        x: &[f32],
        beside: &mut [[f32; TURNED]; 2],
        to: &mut [f32],
    ) {
        let s = &self.squares;
        let area = s.channels * s.area();
        let start = x[group * area..].as_ptr();
        let ([apart, ..], next) = (self.apart(), HALF * self.piece);
        for column in columns.clone().step_by(COLUMNS) {
            let panel = Columns::new(s, column, COLUMNS.min(columns.end - column));
            let looks = Looks::new(s, &panel, self.groups * area);
            for first in channels.clone().step_by(BLOCK) {
                let from = (start.wrapping_add(first * s.area()), s.area(), BLOCK.min(channels.end - first));
                let place = (first - channels.start) * self.piece + (column - columns.start) * HALF;
                let to = (to[place..].as_mut_ptr(), apart, next);
                // SAFETY: the caller's promise; there is room for two panels.
                unsafe { square::turned(&looks, from, panel.width, to, beside) };
            }
        }
    }

    /// Transforms squares of `y`, `[place, panel of filters, square, filter]`.
    unsafe fn results(
        &self,
        group: usize,
        columns: Range<usize>,
        y: &[f32],
        beside: &mut [[f32; TURNED]; 2],
        to: &mut [f32],
    ) {
        let s = &self.results;
        let area = s.channels * s.area();
        let start = y[group * area..].as_ptr();
        for column in columns.clone().step_by(COLUMNS) {
            let panel = Columns::new(s, column, COLUMNS.min(columns.end - column));
            let looks = Looks::new(s, &panel, self.groups * area);
            for first in (0..self.line).step_by(BLOCK) {
                let from =
                    (start.wrapping_add(first * s.area()), s.area(), self.filters.saturating_sub(first).min(BLOCK));
                let place =
                    first / COLUMNS * COLUMNS * self.piece + first % COLUMNS + (column - columns.start) * COLUMNS;
                let to = (to[place..].as_mut_ptr(), self.apart()[1]);
                // SAFETY: the caller's promise; a vector of each square in each place.
                unsafe { square::results(&looks, from, panel.width, to, beside) };
            }
        }
    }

    /// From one place to the next: of squares of `x`, of `y`, and of sums.
    fn apart(&self) -> [usize; 3] {
        let high = self.high();
        [high * self.piece, self.line * self.piece, high * self.line].map(apart)
    }

    /// Channels of one task, filled up to whole vectors.
    fn high(&self) -> usize {
        self.block.next_multiple_of(BLOCK)
    }

    /// `sums [place, channel, filter] (+)= source results` for `n` squares.
    fn products(&self, n: usize, source: &[f32], results: &[f32], sums: &mut [f32], add: bool) {
        let tile = f32::tiles()[0].packed[HALF - 1][1];
        let [left, right, apart] = self.apart();
        for place in 0..PLACES {
            for filter in (0..self.line).step_by(COLUMNS) {
                let b = results[place * right + filter * self.piece..].as_ptr();
                for channel in (0..self.high()).step_by(HALF) {
                    let a = source[place * left + channel * self.piece..].as_ptr();
                    let to = sums[place * apart + channel * self.line + filter..].as_mut_ptr();
                    let (strides, line) = ([1, HALF as isize], self.line as isize);
                    // SAFETY: panels of either factor, and lines of the sums.
                    unsafe { tile(n, a, strides, b, COLUMNS as isize, to, line, add) };
                }
            }
        }
    }

    /// Transforms the sums, in place, and writes them where weights lie.
    unsafe fn write(
        &self,
        part: usize,
        group: usize,
        channels: Range<usize>,
        sums: &mut [f32],
        out: Writer<f32>,
    ) -> bool {
        let [.., apart] = self.apart();
        let mut finite = true;
        for c in 0..channels.len() {
            let at = sums[c * self.line..].as_mut_ptr();
            // SAFETY: this channel's sums of all places; the first nine take the gradients.
            finite &= unsafe { square::gradients(at, apart, self.line, at, apart) };
        }
        let taps = self.taps.len();
        let row = self.squares.channels * taps;
        let start = (part * self.groups + group) * self.filters * row + channels.start * taps;
        let mut beside = [[0f32; 9 * BLOCK]; BLOCK];
        for (filter, channel) in (0..self.filters)
            .step_by(BLOCK)
            .flat_map(|filter| (0..channels.len()).step_by(BLOCK).map(move |c| (filter, c)))
        {
            let from = sums[channel * self.line + filter..].as_ptr();
            // SAFETY: as many sums as there are places for.
            unsafe { square::turn_gradients(from, [apart, self.line], &self.taps, &mut beside) };
            let len = BLOCK.min(channels.len() - channel) * taps;
            for (i, weights) in beside.iter().enumerate().take(self.filters - filter) {
                // SAFETY: this task's rows of its part.
                unsafe { out.range(start + (filter + i) * row + channel * taps, len) }.copy_from_slice(&weights[..len]);
            }
        }
        finite
    }
}

impl WeightShortcut<f32> for Gradient {
    fn parts(&self) -> usize {
        self.columns().div_ceil(self.part)
    }

    unsafe fn run(&self, x: &[f32], y: &[f32], out: Writer<f32>) -> bool {
        let finite = AtomicBool::new(true);
        parallel::tasks(self.tasks(), usize::MAX, |task| {
            // SAFETY: the caller's promise; tasks have rows of their own.
            if !unsafe { self.part(task, x, y, out) } {
                finite.store(false, Ordering::Relaxed);
            }
        });
        finite.into_inner()
    }
}
