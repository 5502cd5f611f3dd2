//! Gradients of weights: for each group `w^T [rows, filters] = patches [rows, columns] y^T [columns, filters]`, summed over
//! the positions of all samples. Patches keep their rows; of `y` a piece is turned around.

use super::super::frame::Writer;
use super::super::gemm::{Factor, Gemm, Tiled, gemm, tiles};
use super::super::scratch::{panels_of, scratch_of};
use super::panel::{COLUMNS, Columns, Pack, Source};
use super::row::{Rows, STRIDE};
use super::sweep::{Geometry, Sweep};
use std::ops::Range;

/// Columns of a piece.
const PIECE: usize = 256;

/// Elements of the patches and sums that one task keeps, at most: they stay in the second cache.
const KEPT: usize = 256 << 10;

/// Tasks that are worth having.
const TASKS: usize = 16;

/// The most elements of all parts' sums together.
const PARTS_LEN: usize = 1 << 20;

/// The gradient of a convolution's weights, cut into blocks of rows and parts of the columns.
pub struct Gradient {
    pub sweep: Sweep,
    pub groups: usize,
    pub samples: usize,
    pub filters: usize,
    /// Rows of one task.
    block: usize,
    /// Columns of one task.
    part: usize,
    /// Lines of `y^T` are so long.
    line: usize,
}

impl Gradient {
    pub fn new(g: &Geometry) -> Gradient {
        let (sweep, groups, samples, filters) = (g.forward(), g.groups, g.samples, g.filters);
        let (rows, columns) = (sweep.rows(), samples * sweep.positions());
        let line = filters.next_multiple_of(16);
        let most = (KEPT / (STRIDE + line)).min(rows).max(1);
        let block = rows.div_ceil(rows.div_ceil(most).max(1)).max(1);
        let wanted = TASKS.div_ceil((groups * rows.div_ceil(block)).max(1));
        let room = PARTS_LEN / (groups * filters * rows).max(1);
        let parts = wanted.min(room).clamp(1, columns.div_ceil(PIECE).max(1));
        let part = columns.div_ceil(parts).next_multiple_of(PIECE).max(PIECE);
        Gradient { groups, samples, filters, block, part, line, sweep }
    }

    fn columns(&self) -> usize {
        self.samples * self.sweep.positions()
    }

    fn blocks(&self) -> usize {
        self.sweep.rows().div_ceil(self.block)
    }

    /// Parts of the columns: each has sums of its own.
    pub fn parts(&self) -> usize {
        self.columns().div_ceil(self.part).max(1)
    }

    pub fn tasks(&self) -> usize {
        self.parts() * self.groups * self.blocks()
    }

    pub fn work(&self) -> usize {
        self.groups * self.filters.div_ceil(16) * self.sweep.rows() * self.columns()
    }

    /// Computes one task's rows into its part's sums, `[groups filters, rows]`.
    ///
    /// # Safety
    /// `x` and `y` are the operands, `out` all parts' sums, of which nobody else uses these rows.
    pub unsafe fn run<T: Factor + Tiled>(
        &self,
        kernels: (Pack<T>, Rows<T>),
        task: usize,
        x: &[T],
        y: &[T],
        out: Writer<T>,
    ) {
        let (pack, tile) = kernels;
        let (part, rest) = (task / (self.groups * self.blocks()), task % (self.groups * self.blocks()));
        let (group, block) = (rest / self.blocks(), rest % self.blocks());
        let rows = block * self.block..self.sweep.rows().min((block + 1) * self.block);
        let area = self.sweep.channels * self.sweep.area();
        let source = Source { sweep: &self.sweep, start: x[group * area..].as_ptr(), sample: self.groups * area };
        let columns = part * self.part..self.columns().min((part + 1) * self.part);
        let (kept, turned) = (rows.len() * STRIDE, PIECE * self.line);
        scratch_of::<T, _>(rows.len() * self.line, |sums| {
            sums.fill(T::ZERO);
            panels_of::<T, _>(kept + turned, |memory| {
                let (patches, turned) = memory.split_at_mut(kept);
                for first in columns.clone().step_by(PIECE) {
                    let piece = first..columns.end.min(first + PIECE);
                    // SAFETY: the caller's promise; patches and turned columns have the room that was counted.
                    unsafe {
                        self.patches(pack, &source, piece.clone(), &rows, patches);
                        self.turn(group, y, piece.clone(), turned);
                        self.multiply(tile, piece.len(), rows.len(), patches, turned, sums);
                    }
                }
            });
            let len = self.sweep.rows();
            let start = (part * self.groups + group) * self.filters * len;
            for filter in 0..self.filters {
                // SAFETY: this task's rows of its part.
                let out = unsafe { out.range(start + filter * len + rows.start, rows.len()) };
                out.iter_mut().zip(sums[filter..].iter().step_by(self.line)).for_each(|(out, &sum)| *out = sum);
            }
        });
    }

    unsafe fn patches<T: Factor>(
        &self,
        pack: Pack<T>,
        source: &Source<T>,
        piece: Range<usize>,
        rows: &Range<usize>,
        to: &mut [T],
    ) {
        for first in piece.clone().step_by(COLUMNS) {
            let columns = Columns::new(&self.sweep, first, COLUMNS.min(piece.end - first));
            // SAFETY: the caller's promise.
            unsafe { pack(source, &columns, rows.clone(), to.as_mut_ptr().add(first - piece.start), STRIDE) };
        }
    }

    /// Some columns of `y` as lines of filters; the rest of a line is zero.
    fn turn<T: Factor>(&self, group: usize, y: &[T], piece: Range<usize>, to: &mut [T]) {
        let positions = self.sweep.positions();
        let mut column = piece.start;
        while column < piece.end {
            let (sample, position) = (column / positions, column % positions);
            let n = (positions - position).min(piece.end - column);
            let y = &y[((sample * self.groups + group) * self.filters) * positions + position..];
            let to = &mut to[(column - piece.start) * self.line..][..n * self.line];
            super::turn::turn(y, positions, self.filters, n, to, self.line);
            column += n;
        }
    }

    /// `sums [rows, line] += patches [rows, n] turned [n, line]`.
    unsafe fn multiply<T: Factor + Tiled>(
        &self,
        tile: Rows<T>,
        n: usize,
        rows: usize,
        patches: &[T],
        turned: &[T],
        sums: &mut [T],
    ) {
        let line = self.line as isize;
        let Some(tiles) = tiles::<T>() else {
            let lhs = [STRIDE as isize, 1];
            let product = Gemm { m: rows, k: n, n: self.line, lhs, rhs: [line, 1], out: line, add: true };
            // SAFETY: the caller's promise.
            return unsafe { gemm(&product, patches.as_ptr(), turned.as_ptr(), sums.as_mut_ptr()) };
        };
        let height = rows.div_ceil(rows.div_ceil(tiles.rows()));
        for first in (0..self.line).step_by(tiles.columns()) {
            let vectors = (self.line - first).div_ceil(tiles.lanes).min(2);
            for row in (0..rows).step_by(height) {
                let height = height.min(rows - row);
                // SAFETY: as above.
                unsafe {
                    let (a, b) = (patches.as_ptr().add(row * STRIDE), turned.as_ptr().add(first));
                    let out = sums.as_mut_ptr().add(row * self.line + first);
                    (tile[height - 1][vectors - 1])(n, a, b, line, out, line);
                }
            }
        }
    }
}
