//! The loops around the tiles: blocks of the factors are packed so that they stay in the caches (Goto and van de Geijn,
//! 2008).

use super::super::element::Element;
use super::super::scratch::panels_of;
use super::Gemm;
use super::pack::Strip;
use super::tile::{LARGEST, Tiles};

/// The deepest panels; a panel of `rhs` then fits into the first cache. Depth alone decides where sums are cut, so this
/// is part of what a product means.
const DEPTH: usize = 384;

/// Panels of `rhs` that are packed together, and panels of `lhs`: each about half of the second cache.
const RHS_PANELS: usize = 20;
const LHS_PANELS: usize = 32;

/// `rhs` is read where it lies if no more panels of `lhs` than these need it.
const FEW: usize = 1;

/// # Safety
/// As `gemm`; the processor runs the tiles.
pub unsafe fn product<T: Element + Default>(tiles: &Tiles<T>, g: &Gemm, lhs: *const T, rhs: *const T, out: *mut T) {
    if g.k == 0 && !g.add {
        // SAFETY: rows of the result.
        (0..g.m)
            .for_each(|i| unsafe { std::slice::from_raw_parts_mut(out.offset(i as isize * g.out), g.n) }.fill(T::ZERO));
    }
    if g.k == 0 || g.m == 0 || g.n == 0 {
        return;
    }
    let depth = g.k.div_ceil(g.k.div_ceil(DEPTH));
    let panels = g.m.div_ceil(tiles.rows());
    // Panels of about the same height: a low one at the end would cost nearly as much as a high one.
    let height = g.m.div_ceil(panels);
    let direct = g.rhs[1] == 1 && panels <= FEW;
    let rows = height * LHS_PANELS.min(panels);
    let columns = tiles.columns() * RHS_PANELS.min(g.n.div_ceil(tiles.columns()));
    panels_of::<T, _>((rows + columns) * depth, |memory| {
        let (lhs_panels, rhs_panels) = memory.split_at_mut(rows * depth);
        let block = Block { tiles, g, height, direct };
        for column in (0..g.n).step_by(columns) {
            let width = columns.min(g.n - column);
            for first in (0..g.k).step_by(depth) {
                let deep = depth.min(g.k - first);
                // SAFETY: all offsets lie in the factors and in the result; the panels have the room that was counted.
                unsafe {
                    let from = rhs.offset(first as isize * g.rhs[0] + column as isize * g.rhs[1]);
                    block.pack_rhs(from, rhs_panels, width, deep);
                    let rhs = Rhs { block: &block, from, packed: rhs_panels.as_ptr(), width, depth: deep };
                    for row in (0..g.m).step_by(rows) {
                        let high = rows.min(g.m - row);
                        let from = lhs.offset(row as isize * g.lhs[0] + first as isize * g.lhs[1]);
                        block.pack_lhs(from, lhs_panels, high, deep);
                        let to = out.offset(row as isize * g.out).add(column);
                        block.multiply(lhs_panels.as_ptr(), high, &rhs, to, g.add || first > 0);
                    }
                }
            }
        }
    });
}

/// What all blocks of a product share.
struct Block<'a, T: 'static> {
    tiles: &'a Tiles<T>,
    g: &'a Gemm,
    /// Rows of a panel of `lhs`.
    height: usize,
    /// Whether whole panels of `rhs` are read where they lie.
    direct: bool,
}

/// A block of `rhs`.
struct Rhs<'a, T: 'static> {
    block: &'a Block<'a, T>,
    from: *const T,
    packed: *const T,
    width: usize,
    depth: usize,
}

impl<T> Rhs<'_, T> {
    /// The panel that begins with column `j`: where it is, and how far apart its steps are.
    fn panel(&self, j: usize, vectors: usize) -> (*const T, isize) {
        let columns = self.block.tiles.columns();
        match self.block.direct {
            true if self.width - j >= columns => (self.from.wrapping_add(j), self.block.g.rhs[0]),
            true => (self.packed, (vectors * self.block.tiles.lanes) as isize),
            false => (self.packed.wrapping_add(j * self.depth), (vectors * self.block.tiles.lanes) as isize),
        }
    }
}

impl<T: Element + Default> Block<'_, T> {
    /// Packs `high` rows, each panel with the height of its own.
    unsafe fn pack_lhs(&self, from: *const T, to: &mut [T], high: usize, depth: usize) {
        for (first, to) in (0..high).step_by(self.height).zip(to.chunks_mut(self.height * depth)) {
            let width = self.height.min(high - first);
            let strip = Strip { width, depth, line: self.g.lhs[0], step: self.g.lhs[1] };
            // SAFETY: rows of the factor, and a panel of them.
            unsafe { strip.pack(from.offset(first as isize * self.g.lhs[0]), to.as_mut_ptr(), width) };
        }
    }

    /// Packs `wide` columns; of those that are read where they lie only a last, narrower panel.
    unsafe fn pack_rhs(&self, from: *const T, to: &mut [T], wide: usize, depth: usize) {
        let columns = self.tiles.columns();
        let whole = if self.direct { wide / columns * columns } else { 0 };
        for (first, to) in (whole..wide).step_by(columns).zip(to.chunks_mut(columns * depth)) {
            let width = columns.min(wide - first);
            let strip = Strip { width, depth, line: self.g.rhs[1], step: self.g.rhs[0] };
            // Tiles read whole vectors.
            let panel = width.next_multiple_of(self.tiles.lanes);
            // SAFETY: columns of the factor, and a panel of them.
            unsafe { strip.pack(from.offset(first as isize * self.g.rhs[1]), to.as_mut_ptr(), panel) };
        }
    }

    unsafe fn multiply(&self, lhs: *const T, high: usize, rhs: &Rhs<T>, out: *mut T, add: bool) {
        let columns = self.tiles.columns();
        for j in (0..rhs.width).step_by(columns) {
            let width = columns.min(rhs.width - j);
            let vectors = width.div_ceil(self.tiles.lanes);
            let (panel, step) = rhs.panel(j, vectors);
            for i in (0..high).step_by(self.height) {
                let height = self.height.min(high - i);
                let run = |out, row| {
                    // SAFETY: panels of these sizes, and room for a tile.
                    let lhs = unsafe { lhs.add(i * rhs.depth) };
                    unsafe { self.tiles.run[height - 1][vectors - 1](rhs.depth, lhs, panel, step, out, row, add) };
                };
                // SAFETY: rows and columns of the result.
                let out = unsafe { out.offset(i as isize * self.g.out).add(j) };
                match width == vectors * self.tiles.lanes {
                    true => run(out, self.g.out),
                    // SAFETY: as above.
                    false => unsafe { self.edge(out, [height, width], vectors * self.tiles.lanes, add, run) },
                }
            }
        }
    }

    /// Runs a tile of rows of `row` elements beside the result, of which only `width` belong to it.
    unsafe fn edge(
        &self,
        out: *mut T,
        [height, width]: [usize; 2],
        row: usize,
        add: bool,
        run: impl Fn(*mut T, isize),
    ) {
        let mut tile = [T::ZERO; LARGEST];
        let lines = |r: usize| out.wrapping_offset(r as isize * self.g.out);
        if add {
            for (r, line) in tile.chunks_exact_mut(row).enumerate().take(height) {
                // SAFETY: a row of the result.
                unsafe { std::ptr::copy_nonoverlapping(lines(r), line.as_mut_ptr(), width) };
            }
        }
        run(tile.as_mut_ptr(), row as isize);
        for (r, line) in tile.chunks_exact(row).enumerate().take(height) {
            // SAFETY: a row of the result.
            unsafe { std::ptr::copy_nonoverlapping(line.as_ptr(), lines(r), width) };
        }
    }
}
