//! A sweep as matrix products: weights `[m, rows]`, packed once, times panels of patches `[rows, columns]`, packed where
//! they are used and never written to memory.

use super::super::frame::Writer;
use super::super::gemm::{Factor, Gemm, Tiled, gemm, tiles};
use super::super::scratch::{panels_of, scratch_of};
use super::panel::{COLUMNS, Columns, Pack, Source};
use super::sweep::{Geometry, Sweep};
use crate::ops::ConvMode;
use std::ops::Range;

/// The deepest panels: with one of the weights they fit into the first cache. Depth alone decides where sums are cut.
pub const DEPTH: usize = 320;

/// Elements of the result that one task computes, at most.
const BLOCK: usize = 128 << 10;

/// Columns of one task, at most, and at least if there are as many.
const WIDEST: usize = 4096;
const NARROWEST: usize = 256;

/// Tasks that are worth having.
pub const TASKS: usize = 16;

/// Panels of weights of one task, at least: patches are packed once for all of them.
const FEWEST: usize = 16;

/// Rows of weights in a panel where no tiles say it.
const HEIGHT: usize = 32;

/// One sweep of a convolution, for all groups.
pub struct Pass {
    pub sweep: Sweep,
    pub groups: usize,
    pub samples: usize,
    /// Channels of the result in one group.
    pub m: usize,
    /// From one channel of the result to the next in the weights, and from one of the source.
    pub strides: [usize; 2],
    /// Elements of the weights of one group.
    pub group: usize,
    /// Rows of weights in one panel.
    pub height: usize,
    depth: usize,
    /// Columns and channels of one task.
    block: usize,
    tall: usize,
}

impl Pass {
    /// The pass of one sweep to `m` channels for each group.
    pub fn new<T: Tiled>(g: &Geometry, mode: ConvMode, m: usize, sweep: Sweep) -> Pass {
        let (groups, samples) = (g.groups, g.samples);
        let rows = T::tiles().first().map_or(HEIGHT, |tiles| tiles.rows());
        let panels = m.div_ceil(rows).max(1);
        let k = sweep.rows();
        let columns = samples * sweep.positions();
        let fair = (columns * groups).div_ceil(TASKS).max(NARROWEST);
        let block = (BLOCK / m.max(1)).min(WIDEST).min(fair).next_multiple_of(COLUMNS);
        let height = m.div_ceil(panels).max(1);
        let tasks = groups * columns.div_ceil(block.max(1));
        let tall = panels.div_ceil(TASKS.div_ceil(tasks.max(1)).min(panels.div_ceil(FEWEST))) * height;
        Pass {
            groups,
            samples,
            m,
            strides: g.weight_strides(mode),
            group: g.filters * g.channels * g.kernel_len(),
            height,
            tall,
            depth: k.div_ceil(k.div_ceil(DEPTH).max(1)).max(1),
            block: block.max(COLUMNS),
            sweep,
        }
    }

    /// Elements of the packed weights.
    pub fn packed(&self) -> usize {
        self.groups * self.m * self.sweep.rows()
    }

    fn columns(&self) -> usize {
        self.samples * self.sweep.positions()
    }

    /// Blocks of columns.
    fn blocks(&self) -> usize {
        self.columns().div_ceil(self.block)
    }

    pub fn tasks(&self) -> usize {
        self.groups * self.blocks() * self.m.div_ceil(self.tall)
    }

    pub fn work(&self) -> usize {
        self.packed().div_ceil(16) * self.columns()
    }

    /// The rows, cut by the depth.
    pub fn steps(&self) -> impl Iterator<Item = Range<usize>> + use<> {
        let (rows, depth) = (self.sweep.rows(), self.depth);
        (0..rows).step_by(depth).map(move |first| first..rows.min(first + depth))
    }

    /// Where panels of one group begin that hold `rows`, from channel `m` on.
    pub fn panel(&self, group: usize, rows: &Range<usize>, m: usize) -> usize {
        (group * self.sweep.rows() + rows.start) * self.m + m * rows.len()
    }

    /// How many parts weights are packed in.
    pub fn pieces(&self) -> usize {
        self.groups * self.sweep.rows().div_ceil(self.depth)
    }

    /// Packs the weights of one step of the depth of one group.
    ///
    /// # Safety
    /// `w` are all weights, `to` is the room of `packed`; nobody else uses this piece.
    pub unsafe fn pack<T: Factor>(&self, piece: usize, w: &[T], to: Writer<T>) {
        let steps = self.sweep.rows().div_ceil(self.depth);
        let (group, step) = (piece / steps, piece % steps);
        let rows = step * self.depth..self.sweep.rows().min((step + 1) * self.depth);
        let w = &w[group * self.group..][..self.group];
        let taps = self.sweep.taps.len();
        for m in (0..self.m).step_by(self.height) {
            let height = self.height.min(self.m - m);
            // SAFETY: the caller's promise.
            let to = unsafe { to.range(self.panel(group, &rows, m), rows.len() * height) };
            for (row, to) in rows.clone().zip(to.chunks_exact_mut(height)) {
                let from = row / taps * self.strides[1] + self.sweep.places[row % taps] + m * self.strides[0];
                to.iter_mut().zip(w[from..].iter().step_by(self.strides[0])).for_each(|(to, &w)| *to = w);
            }
        }
    }

    /// Computes one task's part of the result, `y [samples, groups m, target..]`.
    ///
    /// # Safety
    /// `x` is the source, with `channels` of the sweep for each group; `weights` are packed; `y` is the result, of which
    /// nobody else uses this part.
    pub unsafe fn run<T: Factor + Tiled>(&self, pack: Pack<T>, task: usize, x: &[T], weights: &[T], y: Writer<T>) {
        let (group, channels, Range { start: first, end }) = self.share(task);
        let area = self.sweep.channels * self.sweep.area();
        let source = Source { sweep: &self.sweep, start: x[group * area..].as_ptr(), sample: self.groups * area };
        let straight = self.is_straight();
        let own = if straight { 0 } else { channels.len() * self.block };
        let out = Out { pass: self, group, channels: channels.clone(), first };
        scratch_of::<T, _>(own, |sums| {
            panels_of::<T, _>(self.depth * COLUMNS, |panel| {
                for rows in self.steps() {
                    for column in (first..end).step_by(COLUMNS) {
                        let columns = Columns::new(&self.sweep, column, COLUMNS.min(end - column));
                        // SAFETY: the caller's promise; a line of the panel for each row.
                        unsafe { pack(&source, &columns, rows.clone(), panel.as_mut_ptr(), COLUMNS) };
                        let (to, line) = match straight {
                            true => (y.pointer().wrapping_add(out.straight(&columns)), self.sweep.target_area()),
                            false => (sums.as_mut_ptr().wrapping_add(column - first), self.block),
                        };
                        for m in channels.clone().step_by(self.height) {
                            let height = self.height.min(channels.end - m);
                            let weights = &weights[self.panel(group, &rows, m)..][..height * rows.len()];
                            let to = to.wrapping_add((m - channels.start) * line);
                            // SAFETY: lines of the result, or of the sums.
                            unsafe { product(rows.len(), height, weights, panel, to, line as isize, rows.start > 0) };
                        }
                    }
                }
            });
            if !straight {
                // SAFETY: this task's part of the result.
                (first..end)
                    .step_by(COLUMNS)
                    .for_each(|column| unsafe { out.spread(column, COLUMNS.min(end - column), sums, y) });
            }
        });
    }

    /// Lines of the result: channels of all groups of all samples.
    pub fn lines(&self) -> usize {
        self.samples * self.groups * self.m
    }

    /// Calls `f` with lines, and the elements in each, of all that one task computes where every element is a position.
    pub fn parts(&self, task: usize, f: impl FnMut(Range<usize>, Range<usize>)) {
        let (group, channels, columns) = self.share(task);
        self.of_samples(group, channels, columns, self.sweep.positions(), f);
    }

    /// Calls `f` with the lines of some channels, and with columns as positions, for each sample that has some of the columns.
    pub fn of_samples(
        &self,
        group: usize,
        channels: Range<usize>,
        columns: Range<usize>,
        positions: usize,
        mut f: impl FnMut(Range<usize>, Range<usize>),
    ) {
        for sample in columns.start / positions..columns.end.div_ceil(positions) {
            let line = (sample * self.groups + group) * self.m;
            let of = |column: usize| column.clamp(sample * positions, (sample + 1) * positions) - sample * positions;
            f(line + channels.start..line + channels.end, of(columns.start)..of(columns.end));
        }
    }

    /// The group, channels and columns of one task.
    fn share(&self, task: usize) -> (usize, Range<usize>, Range<usize>) {
        let (upper, block) = (task / self.blocks(), task % self.blocks());
        let parts = self.m.div_ceil(self.tall);
        let (group, part) = (upper / parts, upper % parts);
        let first = block * self.block;
        let channels = part * self.tall..self.m.min((part + 1) * self.tall);
        (group, channels, first..self.columns().min(first + self.block))
    }

    /// Whether the columns of every panel lie side by side in the result.
    fn is_straight(&self) -> bool {
        self.sweep.is_dense() && self.sweep.positions().is_multiple_of(COLUMNS)
    }
}

/// Where one task's results go.
struct Out<'a> {
    pass: &'a Pass,
    group: usize,
    channels: Range<usize>,
    /// The first column.
    first: usize,
}

impl Out<'_> {
    /// Where the task's channel `i` begins in the result.
    fn line(&self, sample: usize, i: usize) -> usize {
        let pass = self.pass;
        ((sample * pass.groups + self.group) * pass.m + self.channels.start + i) * pass.sweep.target_area()
    }

    /// Where columns that lie side by side begin in the task's first channel.
    fn straight(&self, columns: &Columns) -> usize {
        let first = &columns.runs()[0];
        self.line(first.sample, 0) + self.pass.sweep.place(first.at)
    }

    /// Writes sums of some columns to their places.
    unsafe fn spread<T: Factor>(&self, column: usize, width: usize, sums: &[T], y: Writer<T>) {
        let sweep = &self.pass.sweep;
        let step = sweep.place_step();
        for run in Columns::new(sweep, column, width).runs() {
            let place = sweep.place(run.at);
            for (i, sums) in sums.chunks_exact(self.pass.block).enumerate().take(self.channels.len()) {
                let sums = &sums[column - self.first + run.column..][..run.len];
                // SAFETY: the run's places in the result.
                let y = unsafe { y.range(self.line(run.sample, i) + place, (run.len - 1) * step + 1) };
                y.iter_mut().step_by(step).zip(sums).for_each(|(y, &sum)| *y = sum);
            }
        }
    }
}

/// `out [height, COLUMNS] (+)= weights [depth, height]^T panel [depth, COLUMNS]`.
unsafe fn product<T: Factor + Tiled>(
    depth: usize,
    height: usize,
    weights: &[T],
    panel: &[T],
    out: *mut T,
    row: isize,
    add: bool,
) {
    let (weights, panel, columns) = (weights.as_ptr(), panel.as_ptr(), COLUMNS as isize);
    let Some(tiles) = tiles::<T>() else {
        let lhs = [1, height as isize];
        let product = Gemm { m: height, k: depth, n: COLUMNS, lhs, rhs: [columns, 1], out: row, add };
        // SAFETY: the caller's promise.
        return unsafe { gemm(&product, weights, panel, out) };
    };
    let wide = tiles.columns();
    for first in (0..COLUMNS).step_by(wide) {
        let strides = [1, height as isize];
        // SAFETY: as above; a part of the columns.
        unsafe {
            (tiles.packed[height - 1][1])(depth, weights, strides, panel.add(first), columns, out.add(first), row, add);
        }
    }
}
