//! Gradients of weights: for each group `w^T [rows, filters] = patches [rows, columns] y^T [columns, filters]`, summed over
//! the positions of all samples. Rows of patches are read where they lie in the source, or in a copy of some of its
//! lines; of `y` a piece is turned around.

use super::super::frame::Writer;
use super::super::gemm::{Factor, Gemm, Tiled, gemm};
use super::super::scratch::scratch_of;
use super::panel::{self, COLUMNS, Columns, Source};
use super::row::{Rows, Walk};
use super::stage::Stage;
use super::sweep::{Geometry, Sweep};
use super::turn::{BLOCK, turn};
use std::ops::Range;

/// Positions of a piece, about.
const PIECE: usize = 256;

/// Filters whose turned columns lie together.
const PANEL: usize = 32;

/// Elements of source lines and sums that one task keeps, at most: they stay in the second cache.
const KEPT: usize = 160 << 10;

/// Tasks that are worth having.
const TASKS: usize = 16;

/// The most elements of all parts' sums together.
const PARTS_LEN: usize = 1 << 20;

/// The gradient of a convolution's weights, cut into blocks of channels and parts of the positions.
pub struct Gradient {
    pub sweep: Sweep,
    pub groups: usize,
    pub samples: usize,
    pub filters: usize,
    /// How rows are read, and how far they are from the first; patches are packed where there is no such way.
    stage: Option<(Stage, Vec<i64>)>,
    piece: Piece,
    /// Lines of one sample.
    high: usize,
    /// Channels of one task.
    block: usize,
    /// Pieces of one task.
    part: usize,
    /// Sums of one row.
    line: usize,
}

/// Positions that are summed together: some samples, lines, and places in a line. Of several samples it has all lines,
/// of several lines all places.
#[derive(Clone, Copy, Debug)]
struct Piece {
    samples: usize,
    lines: usize,
    wide: usize,
}

impl Gradient {
    pub fn new(g: &Geometry) -> Gradient {
        let (sweep, groups, samples, filters) = (g.forward(), g.groups, g.samples, g.filters);
        let [deep, high, wide] = sweep.count;
        let stage = Stage::new(&sweep, wide);
        let high = deep * high;
        let whole = stage.as_ref().is_some_and(Stage::copies);
        let piece = match (high * wide).max(1) {
            positions if positions < PIECE => {
                Piece { samples: PIECE.div_ceil(positions).min(samples.max(1)), lines: high, wide }
            }
            _ if wide > 2 * PIECE && !whole => Piece { samples: 1, lines: 1, wide: 2 * PIECE },
            _ => Piece { samples: 1, lines: (2 * PIECE / wide).clamp(1, high), wide },
        };
        let line = filters.next_multiple_of(BLOCK);
        let copied =
            stage.as_ref().map_or(piece.len() * sweep.taps.len(), |s| s.channel(&sweep, piece.lines) * piece.samples);
        let most = (KEPT / (copied + sweep.taps.len() * line).max(1)).clamp(1, sweep.channels.max(1));
        let block = sweep.channels.div_ceil(sweep.channels.div_ceil(most).max(1)).max(1);
        let pieces =
            samples.div_ceil(piece.samples) * high.div_ceil(piece.lines.max(1)) * wide.div_ceil(piece.wide.max(1));
        let wanted = TASKS.div_ceil((groups * sweep.channels.div_ceil(block)).max(1));
        let room = PARTS_LEN / (groups * filters * sweep.rows()).max(1);
        let part = pieces.div_ceil(wanted.min(room).max(1)).max(1);
        let stage = stage.map(|stage| {
            let offsets = stage.offsets(&sweep, piece.lines);
            (stage, offsets)
        });
        Gradient { groups, samples, filters, stage, piece, high, block, part, line, sweep }
    }

    /// Pieces along a line, and in a sample or several.
    fn pieces(&self) -> [usize; 3] {
        let along = self.sweep.count[2].div_ceil(self.piece.wide.max(1));
        [self.samples.div_ceil(self.piece.samples), self.high.div_ceil(self.piece.lines.max(1)), along]
    }

    fn blocks(&self) -> usize {
        self.sweep.channels.div_ceil(self.block)
    }

    /// Parts of the positions: each has sums of its own.
    pub fn parts(&self) -> usize {
        self.pieces().iter().product::<usize>().div_ceil(self.part).max(1)
    }

    pub fn tasks(&self) -> usize {
        self.parts() * self.groups * self.blocks()
    }

    pub fn work(&self) -> usize {
        self.groups * self.filters.div_ceil(16) * self.sweep.rows() * self.samples * self.sweep.positions()
    }

    /// Computes one task's rows into its part's sums, `[groups filters, rows]`; with tiles if there are any.
    ///
    /// # Safety
    /// `x` and `y` are the operands, `out` all parts' sums, of which nobody else uses these rows.
    pub unsafe fn run<T: Factor + Tiled>(&self, tiles: Option<Rows<T>>, task: usize, x: &[T], y: &[T], out: Writer<T>) {
        let (part, rest) = (task / (self.groups * self.blocks()), task % (self.groups * self.blocks()));
        let (group, block) = (rest / self.blocks(), rest % self.blocks());
        let channels = block * self.block..self.sweep.channels.min((block + 1) * self.block);
        let taps = self.sweep.taps.len();
        let rows = channels.start * taps..channels.end * taps;
        let own = Block { all: self, group, channels };
        let [_, high, along] = self.pieces();
        let pieces = self.pieces().iter().product::<usize>().min((part + 1) * self.part);
        let turned = self.piece.len() * self.line;
        let summed = rows.len() * self.line;
        scratch_of::<T, _>(summed + turned + own.room(tiles.is_some()), |memory| {
            let (sums, memory) = memory.split_at_mut(summed);
            let (turned, memory) = memory.split_at_mut(turned);
            sums.fill(T::ZERO);
            for piece in part * self.part..pieces {
                let at = [piece / along / high, piece / along % high, piece % along];
                let found = own.found(at);
                own.turn(y, &found, turned);
                // SAFETY: the caller's promise; the memory has the room that was counted.
                match (tiles, &self.stage) {
                    (Some(tiles), Some(stage)) => unsafe { own.tiles(tiles, stage, x, &found, memory, turned, sums) },
                    _ => unsafe { own.patches(x, &found, memory, turned, sums) },
                }
            }
            let len = self.sweep.rows();
            let start = (part * self.groups + group) * self.filters * len + rows.start;
            turn(sums, self.line, rows.len(), self.filters, |filter, row, column| {
                let n = BLOCK.min(rows.len() - row);
                // SAFETY: this task's rows of its part.
                unsafe { out.range(start + filter * len + row, n) }.copy_from_slice(&column[..n]);
            });
        });
    }
}

impl Piece {
    fn len(&self) -> usize {
        self.samples * self.lines * self.wide
    }
}

/// The positions of a piece: the samples, the lines, the first place in a line, and how many there are.
struct Found {
    samples: Range<usize>,
    lines: Range<usize>,
    first: usize,
    wide: usize,
}

impl Found {
    fn len(&self) -> usize {
        self.samples.len() * self.lines.len() * self.wide
    }
}

/// The channels of one task.
struct Block<'a> {
    all: &'a Gradient,
    group: usize,
    channels: Range<usize>,
}

impl Block<'_> {
    /// Elements of the copied source lines, or of the patches.
    fn room(&self, tiles: bool) -> usize {
        let Gradient { sweep, piece, stage, .. } = self.all;
        match stage {
            Some((stage, _)) if tiles => self.channels.len() * stage.channel(sweep, piece.lines) * piece.samples,
            _ => self.channels.len() * sweep.taps.len() * piece.len().next_multiple_of(COLUMNS),
        }
    }

    fn found(&self, at: [usize; 3]) -> Found {
        let Gradient { piece, .. } = self.all;
        let part = |i: usize, size: usize, all: usize| i * size..all.min((i + 1) * size);
        let along = part(at[2], piece.wide, self.all.sweep.count[2]);
        Found {
            samples: part(at[0], piece.samples, self.all.samples),
            lines: part(at[1], piece.lines, self.all.high),
            first: along.start,
            wide: along.len(),
        }
    }

    /// The group's channels of one sample of the source.
    fn source(&self, sample: usize) -> usize {
        let s = &self.all.sweep;
        ((sample * self.all.groups + self.group) * s.channels + self.channels.start) * s.area()
    }

    /// The piece's columns of `y`, in panels of filters; the end of the last is zero.
    fn turn<T: Factor>(&self, y: &[T], piece: &Found, to: &mut [T]) {
        let all = self.all;
        let (positions, columns) = (all.sweep.positions(), piece.len());
        let n = piece.lines.len() * piece.wide;
        for (i, sample) in piece.samples.clone().enumerate() {
            let first = piece.lines.start * all.sweep.count[2] + piece.first;
            let from = &y[(sample * all.groups + self.group) * all.filters * positions + first..];
            turn(from, positions, all.filters, n, |column, filter, values| {
                let panel = filter / PANEL * PANEL;
                let width = PANEL.min(all.line - panel);
                let start = panel * columns + (i * n + column) * width + filter - panel;
                if let Some(to) = to[start..].first_chunk_mut() {
                    *to = *values;
                }
            });
        }
    }

    /// Sums what tiles read where it lies.
    unsafe fn tiles<T: Factor + Tiled>(
        &self,
        tiles: Rows<T>,
        (stage, offsets): &(Stage, Vec<i64>),
        x: &[T],
        piece: &Found,
        memory: &mut [T],
        turned: &[T],
        sums: &mut [T],
    ) {
        let (all, s) = (self.all, &self.all.sweep);
        let together = all.piece.lines;
        let [channel, down] = stage.strides(s, together);
        let (a, apart) = match stage.copies() {
            false => {
                let from = &x[self.source(piece.samples.start) + piece.lines.start * down + piece.first..];
                (from.as_ptr(), all.groups * s.channels * s.area())
            }
            true => {
                let room = self.channels.len() * channel;
                for (sample, to) in piece.samples.clone().zip(memory.chunks_exact_mut(room)) {
                    let x = &x[self.source(sample)..][..self.channels.len() * s.area()];
                    stage.copy(s, x, piece.lines.clone(), together, to);
                }
                (memory.as_ptr(), room)
            }
        };
        let walk = Walk { outer: piece.samples.len(), lines: piece.lines.len(), n: piece.wide, apart, down };
        let rows = self.channels.len() * s.taps.len();
        let height = rows.div_ceil(rows.div_ceil(tiles.len()));
        let lanes = T::tiles().first().map_or(BLOCK, |tiles| tiles.lanes);
        for first in (0..all.line).step_by(PANEL) {
            let width = PANEL.min(all.line - first);
            for part in (0..width).step_by(2 * lanes) {
                let b = turned[first * piece.len() + part..].as_ptr();
                let vectors = ((width - part) / lanes).min(2);
                for row in (0..rows).step_by(height) {
                    let height = height.min(rows - row);
                    let out = sums[row * all.line + first + part..].as_mut_ptr();
                    // SAFETY: the caller's promise: rows of the source or of its copy, a panel, and lines of the sums.
                    unsafe {
                        tiles[height - 1][vectors - 1](walk, a, offsets[row..].as_ptr(), b, width, out, all.line)
                    };
                }
            }
        }
    }

    /// Sums products with packed patches.
    unsafe fn patches<T: Factor>(&self, x: &[T], piece: &Found, memory: &mut [T], turned: &[T], sums: &mut [T]) {
        let (all, s) = (self.all, &self.all.sweep);
        let area = s.channels * s.area();
        let source = Source { sweep: s, start: x[self.group * area..].as_ptr(), sample: all.groups * area };
        let (n, line) = (piece.len(), all.piece.len().next_multiple_of(COLUMNS));
        let rows = self.channels.start * s.taps.len()..self.channels.end * s.taps.len();
        let start = (piece.samples.start * all.high + piece.lines.start) * s.count[2] + piece.first;
        for first in (0..n).step_by(COLUMNS) {
            let columns = Columns::new(s, start + first, COLUMNS.min(n - first));
            // SAFETY: the caller's promise; a line for each row.
            unsafe { panel::pack(&source, &columns, rows.clone(), memory[first..].as_mut_ptr(), line) };
        }
        for first in (0..all.line).step_by(PANEL) {
            let width = PANEL.min(all.line - first);
            let (lhs, rhs) = ([line as isize, 1], [width as isize, 1]);
            let product = Gemm { m: rows.len(), k: n, n: width, lhs, rhs, out: all.line as isize, add: true };
            let turned = turned[first * n..].as_ptr();
            // SAFETY: as above.
            unsafe { gemm(&product, memory.as_ptr(), turned, sums[first..].as_mut_ptr()) };
        }
    }
}
