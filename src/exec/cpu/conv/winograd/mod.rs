//! Convolutions with kernels of 3 x 3 by minimal filtering, F(2x2, 3x3) (Winograd, 1980; Lavin and Gray, 2016, arXiv 1509.09308):
//! 16 products for four positions where sums over taps have 36. Weights, and squares of 4 x 4 of the source, are transformed;
//! for each of the 16 places of a square a matrix product sums over channels; the transformed sums are squares of 2 x 2
//! of the result.
//!
//! Sums are shorter than those over taps, so errors are no larger beside the largest terms of a square (`docs/numerics.md`).
//! A term that is not finite would reach positions that it has no part in; so whoever runs this computes again by another
//! way what came out not finite.

mod look;
mod square;
#[cfg(test)]
mod tests;
mod weight;

use super::super::epilogue::Behind;
use super::super::frame::Writer;
use super::super::gemm::Tiled;
use super::super::parallel;
use super::super::scratch::{panels_of, scratch_of};
use super::Shortcut;
use super::forward::{Pass, TASKS};
use super::panel::{COLUMNS, Columns};
use super::sweep::Sweep;
use look::Looks;
use square::Spot;
use std::ops::Range;
use std::sync::atomic::{AtomicBool, Ordering};
pub use weight::Gradient;

/// Places of a square of the source.
const PLACES: usize = 16;

/// Fewer channels than this, on either side, are not worth the transforms; nor fewer positions than fill panels.
const FEWEST: usize = 16;

/// The longest sums. Depth alone decides where they are cut.
const DEPTH: usize = 64;

/// Elements of the transformed source that one task keeps at a time, at most, unless it needs more for one panel.
const KEPT: usize = 192 << 10;

/// Panels of weights whose products one task keeps at a time.
const PANELS: usize = 2;

/// Channels of the result of one task, at least: each task transforms the source that it reads.
const TALL: usize = 128;

/// How a pass goes by squares.
pub struct Winograd {
    /// The sweep whose positions are squares, and whose taps their places.
    squares: Sweep,
    /// By place in a kernel of 3 x 3: where the weight lies.
    taps: [usize; 9],
    depth: usize,
    /// Columns and channels of one task.
    block: usize,
    tall: usize,
}

impl Winograd {
    /// Whether the transforms cost less than is saved, where there is this way.
    pub fn pays(pass: &Pass) -> bool {
        let s = &pass.sweep;
        s.channels.min(pass.m) >= FEWEST && s.positions() * pass.samples >= 2 * COLUMNS
    }

    /// How a pass goes this way: kernels of 3 x 3 without gaps, and every position.
    pub fn new(pass: &Pass) -> Option<Winograd> {
        let s = &pass.sweep;
        if s.rows() == 0 || s.positions() == 0 {
            return None;
        }
        let (low, taps) = s.square_taps()?;
        let squares = s.squares(low);
        let columns = pass.samples * squares.positions();
        let fair = (columns * pass.groups).div_ceil(TASKS);
        let block = (KEPT / (PLACES * s.channels)).min(fair).next_multiple_of(COLUMNS);
        let across = pass.groups * columns.div_ceil(block);
        let parts = TASKS.div_ceil(across).min(pass.m.div_ceil(TALL));
        let panels = pass.m.div_ceil(pass.height);
        let depth = s.channels.div_ceil(s.channels.div_ceil(DEPTH));
        Some(Winograd { squares, taps, depth, block, tall: panels.div_ceil(parts) * pass.height })
    }

    /// Squares of all samples.
    fn columns(&self, pass: &Pass) -> usize {
        pass.samples * self.squares.positions()
    }

    fn blocks(&self, pass: &Pass) -> usize {
        self.columns(pass).div_ceil(self.block)
    }

    fn tasks(&self, pass: &Pass) -> usize {
        pass.groups * self.blocks(pass) * pass.m.div_ceil(self.tall)
    }

    /// The channels of the source, cut by the depth.
    fn steps(&self) -> impl Iterator<Item = Range<usize>> + use<> {
        let (channels, depth) = (self.squares.channels, self.depth);
        (0..channels).step_by(depth).map(move |first| first..channels.min(first + depth))
    }

    /// Where a panel of one place begins that holds `channels` of the source, from channel `m` of the result on.
    fn panel(&self, pass: &Pass, [group, place]: [usize; 2], channels: &Range<usize>, m: usize) -> usize {
        ((group * PLACES + place) * self.squares.channels + channels.start) * pass.m + m * channels.len()
    }

    /// How many parts weights are transformed in.
    fn pieces(&self, pass: &Pass) -> usize {
        pass.groups * pass.m.div_ceil(pass.height)
    }

    /// Transforms the weights of one panel's channels of the result, for all places.
    ///
    /// # Safety
    /// `w` are all weights, `to` is the room of `packed`; nobody else uses this piece. The processor has AVX-512 F.
    unsafe fn pack_piece(&self, pass: &Pass, piece: usize, w: &[f32], to: Writer<f32>) {
        let panels = pass.m.div_ceil(pass.height);
        let (group, m) = (piece / panels, piece % panels * pass.height);
        let height = pass.height.min(pass.m - m);
        let w = &w[group * pass.group..][..pass.group];
        for channels in self.steps() {
            let panels: [usize; PLACES] = std::array::from_fn(|place| self.panel(pass, [group, place], &channels, m));
            for (row, c) in channels.clone().enumerate() {
                let from = &w[m * pass.strides[0] + c * pass.strides[1]..];
                let to = panels.map(|panel| to.pointer().wrapping_add(panel + row * height));
                // SAFETY: weights of these channels; a row of each panel.
                unsafe { square::weights(from.as_ptr(), &self.taps, pass.strides[0], height, to) };
            }
        }
    }

    /// The group, channels and columns of one task.
    fn share(&self, pass: &Pass, task: usize) -> (usize, Range<usize>, Range<usize>) {
        let (upper, block) = (task / self.blocks(pass), task % self.blocks(pass));
        let parts = pass.m.div_ceil(self.tall);
        let (group, part) = (upper / parts, upper % parts);
        let first = block * self.block;
        let channels = part * self.tall..pass.m.min((part + 1) * self.tall);
        (group, channels, first..self.columns(pass).min(first + self.block))
    }

    /// Calls `f` with lines, and elements in each, of all that one task computes.
    fn parts(&self, pass: &Pass, task: usize, mut f: impl FnMut(Range<usize>, Range<usize>)) {
        let (group, channels, columns) = self.share(pass, task);
        let [_, high, wide] = pass.sweep.count;
        let across = self.squares.count[2];
        pass.of_samples(group, channels, columns, self.squares.positions(), |lines, squares| {
            let mut at = squares.start;
            while at < squares.end {
                let (row, first) = (at / across, at % across);
                let whole = (squares.end - at) / across;
                if first == 0 && whole > 0 {
                    f(lines.clone(), 2 * row * wide..high.min(2 * (row + whole)) * wide);
                    at += whole * across;
                    continue;
                }
                let last = across.min(first + squares.end - at);
                for row in 2 * row..high.min(2 * row + 2) {
                    f(lines.clone(), row * wide + 2 * first..row * wide + wide.min(2 * last));
                }
                at += last - first;
            }
        });
    }

    /// Computes one task's part of the result, and says whether all of it is finite.
    ///
    /// # Safety
    /// As `Pass::run`, with packed weights; the processor has AVX-512 F.
    unsafe fn part(&self, pass: &Pass, task: usize, x: &[f32], weights: &[f32], y: Writer<f32>) -> bool {
        let s = &self.squares;
        let (group, own, columns) = self.share(pass, task);
        let first = columns.start;
        let spots: Vec<Spot> = columns
            .clone()
            .step_by(COLUMNS)
            .flat_map(|column| {
                Spot::all(pass, &Columns::new(s, column, COLUMNS.min(columns.end - column)), column - first)
            })
            .collect();
        let line = columns.len().next_multiple_of(COLUMNS);
        let together = PANELS * pass.height;
        let mut finite = true;
        panels_of::<f32, _>(line / COLUMNS * self.panel_room(), |source| {
            // SAFETY: the caller's promise.
            unsafe { self.transform(pass, group, columns, x, source) };
            scratch_of::<f32, _>(PLACES * together * line, |sums| {
                for m in own.clone().step_by(together) {
                    let channels = m..own.end.min(m + together);
                    self.products(pass, group, channels.clone(), weights, source, sums, line);
                    for (i, m) in channels.enumerate() {
                        let channel = (group * pass.m + m) * s.target_area();
                        let sums = sums[i * line..].as_ptr();
                        // SAFETY: sums of this channel, and its places in the result.
                        finite &= unsafe { square::sums(sums, together * line, &spots, y.pointer().add(channel)) };
                    }
                }
            });
        });
        finite
    }

    /// Transforms the source of some columns: panel after panel, in each place after place.
    unsafe fn transform(&self, pass: &Pass, group: usize, columns: Range<usize>, x: &[f32], to: &mut [f32]) {
        let s = &self.squares;
        let area = s.channels * s.area();
        let start = x[group * area..].as_ptr();
        let panels = to.chunks_exact_mut(self.panel_room());
        for (column, to) in columns.clone().step_by(COLUMNS).zip(panels) {
            let columns = Columns::new(s, column, COLUMNS.min(columns.end - column));
            let looks = Looks::new(s, &columns, pass.groups * area);
            // SAFETY: the caller's promise; there is room for all channels.
            unsafe {
                square::source(&looks, start, s.area(), s.channels, to.as_mut_ptr(), apart(s.channels * COLUMNS))
            };
        }
    }

    /// Elements of a panel of transformed squares of the source, of all places.
    fn panel_room(&self) -> usize {
        PLACES * apart(self.squares.channels * COLUMNS)
    }

    /// The products of all places: `sums [place, channel, column]`.
    fn products(
        &self,
        pass: &Pass,
        group: usize,
        channels: Range<usize>,
        weights: &[f32],
        source: &[f32],
        sums: &mut [f32],
        line: usize,
    ) {
        let tiles = f32::tiles()[0];
        let (room, apart) = (self.panel_room(), apart(self.squares.channels * COLUMNS));
        let together = PANELS * pass.height;
        for (place, sums) in sums.chunks_exact_mut(together * line).enumerate() {
            for steps in self.steps() {
                for m in channels.clone().step_by(pass.height) {
                    let height = pass.height.min(channels.end - m);
                    let weights = &weights[self.panel(pass, [group, place], &steps, m)..][..height * steps.len()];
                    for (panel, column) in (0..line).step_by(COLUMNS).enumerate() {
                        let source = &source[panel * room + place * apart + steps.start * COLUMNS..];
                        let to = sums[(m - channels.start) * line + column..].as_mut_ptr();
                        let (strides, add) = ([1, height as isize], steps.start > 0);
                        let (a, b) = (weights.as_ptr(), source.as_ptr());
                        // SAFETY: a panel of either factor, and lines of the sums.
                        unsafe {
                            tiles.packed[height - 1][1](
                                steps.len(),
                                a,
                                strides,
                                b,
                                COLUMNS as isize,
                                to,
                                line as isize,
                                add,
                            );
                        }
                    }
                }
            }
        }
    }
}

/// The distance of the places of a square, of so many elements each: a little more, because lines whose distance is a power of
/// two push each other out of the first cache.
fn apart(len: usize) -> usize {
    len.next_multiple_of(16) + 80
}

impl Shortcut<f32> for Winograd {
    fn packed(&self, pass: &Pass) -> usize {
        pass.groups * PLACES * pass.m * self.squares.channels
    }

    unsafe fn pack(&self, pass: &Pass, w: &[f32], room: &mut [f32]) {
        let to = Writer::of(room);
        // SAFETY: pieces are packed once each, to the room that was counted.
        parallel::tasks(self.pieces(pass), self.packed(pass), |piece| unsafe { self.pack_piece(pass, piece, w, to) });
    }

    unsafe fn run(&self, pass: &Pass, x: &[f32], packed: &[f32], y: Writer<f32>, behind: &Behind) -> bool {
        let finite = AtomicBool::new(true);
        parallel::tasks(self.tasks(pass), pass.work(), |task| {
            // SAFETY: the operands and the result of this step; tasks have parts of their own.
            if !unsafe { self.part(pass, task, x, packed, y) } {
                finite.store(false, Ordering::Relaxed);
            }
            self.parts(pass, task, |lines, span| behind.part(lines, span));
        });
        finite.into_inner()
    }
}
