//! The loops around the tiles: blocks of the factors are packed so that they stay in the caches (Goto and van de Geijn,
//! 2008). A factor that all pieces of a product need is packed once, by all threads.

use super::super::element::Element;
use super::super::frame::Writer;
use super::super::parallel;
use super::super::scratch::{panels_of, shared};
use super::Gemm;
use super::pack::Strip;
use super::tile::{LARGEST, Tiles};
use std::mem::MaybeUninit;
use std::ops::Range;

/// The deepest panels; a panel of `rhs` then fits into the first cache. Depth alone decides where sums are cut, so this
/// is part of what a product means.
const DEPTH: usize = 384;

/// Panels of `rhs` that are packed together, at most, and panels of `lhs` that stay for all of `rhs`: these fill half of the second cache.
const RHS_PANELS: usize = 64;
const LHS_PANELS: usize = 32;

/// A factor is read where it lies if no more panels of the other than these need it, and its elements lie well.
const FEW: usize = 4;

/// Elements of a factor that are worth packing for all pieces together, and the most that are packed at a time.
const SHARED: Range<usize> = 16 * 1024..2 << 20;

/// Where the elements of a factor are read.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Way<T> {
    /// Where they lie.
    Direct,
    /// In panels that every piece packs for itself.
    Apart,
    /// In panels of the whole factor.
    Shared(*const T),
}

/// A product, or the same one transposed, and how it is walked: a function of its sizes and strides.
pub struct Blocked<'a, T: 'static> {
    tiles: &'a Tiles<T>,
    /// Strides of `out` are apart, since it may be turned.
    g: Gemm,
    /// Steps of one panel, but for a shorter last one.
    depth: usize,
    /// Rows of a panel of `lhs`.
    height: usize,
    lhs: *const T,
    rhs: *const T,
    out: *mut T,
    out_strides: [isize; 2],
    ways: [Way<T>; 2],
    /// See `SHARED`.
    pub shared: Range<usize>,
}

// SAFETY: threads read the factors and write parts of the result of their own.
unsafe impl<T> Sync for Blocked<'_, T> {}

impl<'a, T: Element> Blocked<'a, T> {
    /// # Safety
    /// As `gemm`, as long as this lives; the processor runs the tiles.
    pub unsafe fn new(tiles: &'a Tiles<T>, g: &Gemm, lhs: *const T, rhs: *const T, out: *mut T) -> Blocked<'a, T> {
        let few = FEW * tiles.columns();
        // Rows of the transposed product are columns of `rhs`: where they lie well they need no packing.
        let turn = g.rhs[0] == 1 && g.rhs[1] != 1 && g.m <= few && g.m < g.n;
        let (g, [lhs, rhs], out_strides) = match turn {
            false => (*g, [lhs, rhs], [g.out, 1]),
            true => (g.transposed(), [rhs, lhs], [1, g.out]),
        };
        let depth = g.k.div_ceil(g.k.div_ceil(DEPTH).max(1));
        let panels = g.m.div_ceil(tiles.rows());
        // Panels of about the same height: a low one at the end would cost nearly as much as a high one.
        let height = g.m.div_ceil(panels.max(1));
        let way = |direct| if direct { Way::Direct } else { Way::Apart };
        let ways = [way(g.n <= few && g.lhs[1] == 1), way(g.rhs[1] == 1 && panels <= FEW)];
        Blocked { tiles, g, depth, height, lhs, rhs, out, out_strides, ways, shared: SHARED }
    }

    /// The whole product on this thread.
    ///
    /// # Safety
    /// Nobody else uses the result meanwhile.
    pub unsafe fn run(&self) {
        // SAFETY: the caller's promise.
        unsafe { self.part(0..self.g.m, 0..self.g.n) }
    }

    /// The whole product in pieces for all threads.
    ///
    /// # Safety
    /// Nobody else uses the result meanwhile.
    pub unsafe fn run_in_pieces(&self, pieces: usize) {
        let by_rows = self.g.m >= self.g.n;
        let common = usize::from(by_rows);
        let (lines, unit) = if by_rows { (self.g.n, self.tiles.columns()) } else { (self.g.m, self.height) };
        if self.ways[common] != Way::Apart || self.g.k * lines < self.shared.start {
            // SAFETY: the caller's promise.
            return unsafe { self.pieces(by_rows, pieces) };
        }
        let block = (self.shared.end / self.g.k / unit).max(1) * unit;
        for first in (0..lines).step_by(block) {
            let mut part = self.lines(by_rows, first..lines.min(first + block));
            let room = part.g.k * if by_rows { part.padded(part.g.n) } else { part.g.m };
            shared::<T, _>(room, |memory| {
                part.pack_whole(by_rows, memory);
                part.ways[common] = Way::Shared(memory.as_ptr());
                // SAFETY: the caller's promise.
                unsafe { part.pieces(by_rows, pieces) };
            });
        }
    }

    /// Some columns of the product, or some rows.
    fn lines(&self, columns: bool, range: Range<usize>) -> Blocked<'a, T> {
        let first = range.start as isize;
        let [row, column] = self.out_strides;
        match columns {
            true => Blocked {
                g: Gemm { n: range.len(), ..self.g },
                rhs: self.rhs.wrapping_offset(first * self.g.rhs[1]),
                out: self.out.wrapping_offset(first * column),
                shared: self.shared.clone(),
                ..*self
            },
            false => Blocked {
                g: Gemm { m: range.len(), ..self.g },
                lhs: self.lhs.wrapping_offset(first * self.g.lhs[0]),
                out: self.out.wrapping_offset(first * row),
                shared: self.shared.clone(),
                ..*self
            },
        }
    }

    /// # Safety
    /// As `run`.
    unsafe fn pieces(&self, by_rows: bool, pieces: usize) {
        let (longer, unit) = if by_rows { (self.g.m, self.height) } else { (self.g.n, self.tiles.columns()) };
        let block = longer.div_ceil(unit).div_ceil(pieces) * unit;
        parallel::tasks(longer.div_ceil(block), usize::MAX, |piece| {
            let range = piece * block..longer.min((piece + 1) * block);
            // SAFETY: the caller's promise; pieces are apart.
            unsafe {
                match by_rows {
                    true => self.part(range, 0..self.g.n),
                    false => self.part(0..self.g.m, range),
                }
            }
        });
    }

    /// Where an element of the result lies.
    fn place(&self, i: usize, j: usize) -> *mut T {
        self.out.wrapping_offset(i as isize * self.out_strides[0] + j as isize * self.out_strides[1])
    }

    /// Columns with those that fill the last vector.
    fn padded(&self, columns: usize) -> usize {
        columns.next_multiple_of(self.tiles.lanes)
    }

    /// The blocks of the depth: where they begin, and how many steps they have.
    fn depths(&self) -> impl Iterator<Item = (usize, usize)> + use<'_, T> {
        (0..self.g.k).step_by(self.depth.max(1)).map(|first| (first, self.depth.min(self.g.k - first)))
    }

    /// Packs all of `rhs`, or all of `lhs`: block after block of the depth, panel after panel.
    fn pack_whole(&self, rhs: bool, memory: &mut [T]) {
        let (lines, unit) = if rhs { (self.g.n, self.tiles.columns()) } else { (self.g.m, self.height) };
        let padded = if rhs { self.padded(lines) } else { lines };
        let blocks: Vec<(usize, usize)> = self.depths().collect();
        let panels = lines.div_ceil(unit);
        let to = Writer::of(memory);
        parallel::tasks(blocks.len() * panels, memory.len(), |task| {
            let (first, deep) = blocks[task / panels];
            let line = task % panels * unit;
            let lines = line..lines.min(line + unit);
            // SAFETY: every panel has its range, all of which fill the memory.
            unsafe {
                let to = to.pointer().add(first * padded + line * deep);
                if rhs { self.pack_rhs(lines, first, deep, to) } else { self.pack_lhs(lines, first, deep, to) }
            }
        });
    }

    /// Computes a part of the result; `rows` begin with a panel, `columns` with a tile.
    ///
    /// # Safety
    /// Nobody else uses the part meanwhile.
    pub unsafe fn part(&self, rows: Range<usize>, columns: Range<usize>) {
        let g = &self.g;
        if g.k == 0 && !g.add {
            // SAFETY: the part's rows of the result.
            rows.clone().for_each(|i| unsafe {
                columns.clone().for_each(|j| *self.place(i, j) = T::ZERO);
            });
        }
        if g.k == 0 || rows.is_empty() || columns.is_empty() {
            return;
        }
        let panels = rows.len().div_ceil(self.height);
        let high = match self.ways[0] {
            Way::Shared(_) => rows.len(),
            _ => self.height * LHS_PANELS.min(panels),
        };
        let tiles = columns.len().div_ceil(self.tiles.columns());
        let wide = match self.ways[1] {
            Way::Apart => self.tiles.columns() * RHS_PANELS.min(tiles),
            Way::Direct | Way::Shared(_) => tiles * self.tiles.columns(),
        };
        let lhs_room = if self.ways[0] == Way::Apart { high * self.depth } else { 0 };
        let rhs_room = match self.ways[1] {
            Way::Apart => wide * self.depth,
            Way::Direct => self.tiles.columns() * self.depth,
            Way::Shared(_) => 0,
        };
        panels_of::<T, _>(lhs_room + rhs_room, |memory| {
            let (lhs_panels, rhs_panels) = memory.split_at_mut(lhs_room);
            for j in columns.clone().step_by(wide) {
                let columns = j..columns.end.min(j + wide);
                for (first, deep) in self.depths() {
                    // SAFETY: blocks of the factors, in memory that was counted; the part of the result.
                    unsafe {
                        let rhs = self.rhs_block(columns.clone(), first, deep, rhs_panels);
                        for i in rows.clone().step_by(high) {
                            let rows = i..rows.end.min(i + high);
                            let lhs = self.lhs_block(rows.clone(), first, deep, lhs_panels);
                            self.multiply(rows, &lhs, &rhs, deep, g.add || first > 0);
                        }
                    }
                }
            }
        });
    }
}

/// Rows of `lhs` for the tiles: panel after panel, or as they lie.
struct Lhs<T> {
    from: *const T,
    direct: bool,
}

/// Columns of `rhs` for the tiles.
struct Rhs<T> {
    columns: Range<usize>,
    packed: *const T,
    direct: Option<*const T>,
}

impl<T: Element> Blocked<'_, T> {
    /// Where a step of some lines of a factor lies.
    fn at(from: *const T, [line, step]: [isize; 2], i: usize, p: usize) -> *const T {
        from.wrapping_offset(i as isize * line + p as isize * step)
    }

    unsafe fn pack_lhs(&self, rows: Range<usize>, first: usize, deep: usize, to: *mut T) {
        let strip = Strip { width: rows.len(), depth: deep, line: self.g.lhs[0], step: self.g.lhs[1] };
        // SAFETY: rows of the factor, and a panel of them.
        unsafe { (self.tiles.pack)(strip, Self::at(self.lhs, self.g.lhs, rows.start, first), to, rows.len()) }
    }

    /// Packs a panel; tiles read whole vectors of it.
    unsafe fn pack_rhs(&self, columns: Range<usize>, first: usize, deep: usize, to: *mut T) {
        let strides = [self.g.rhs[1], self.g.rhs[0]];
        let strip = Strip { width: columns.len(), depth: deep, line: strides[0], step: strides[1] };
        // SAFETY: columns of the factor, and a panel of them.
        unsafe {
            (self.tiles.pack)(strip, Self::at(self.rhs, strides, columns.start, first), to, self.padded(columns.len()))
        }
    }

    unsafe fn lhs_block(&self, rows: Range<usize>, first: usize, deep: usize, memory: &mut [T]) -> Lhs<T> {
        match self.ways[0] {
            Way::Direct => Lhs { from: Self::at(self.lhs, self.g.lhs, rows.start, first), direct: true },
            Way::Shared(whole) => Lhs { from: whole.wrapping_add(first * self.g.m + rows.start * deep), direct: false },
            Way::Apart => {
                for i in rows.clone().step_by(self.height) {
                    let to = memory[(i - rows.start) * deep..].as_mut_ptr();
                    // SAFETY: rows of the factor; the memory has room for all panels.
                    unsafe { self.pack_lhs(i..rows.end.min(i + self.height), first, deep, to) };
                }
                Lhs { from: memory.as_ptr(), direct: false }
            }
        }
    }

    /// Of columns that are read where they lie, a last, narrower panel is packed.
    unsafe fn rhs_block(&self, columns: Range<usize>, first: usize, deep: usize, memory: &mut [T]) -> Rhs<T> {
        let unit = self.tiles.columns();
        let strides = [self.g.rhs[1], self.g.rhs[0]];
        let direct = (self.ways[1] == Way::Direct).then(|| Self::at(self.rhs, strides, columns.start, first));
        let packed = match self.ways[1] {
            Way::Shared(whole) => whole.wrapping_add(first * self.padded(self.g.n) + columns.start * deep),
            Way::Direct | Way::Apart => {
                let whole = if direct.is_some() { columns.len() / unit * unit } else { 0 };
                for (place, j) in (columns.start + whole..columns.end).step_by(unit).enumerate() {
                    let to = memory[place * unit * deep..].as_mut_ptr();
                    // SAFETY: columns of the factor; the memory has room for all panels.
                    unsafe { self.pack_rhs(j..columns.end.min(j + unit), first, deep, to) };
                }
                memory.as_ptr()
            }
        };
        Rhs { columns, packed, direct }
    }

    unsafe fn multiply(&self, rows: Range<usize>, lhs: &Lhs<T>, rhs: &Rhs<T>, deep: usize, add: bool) {
        let (unit, lanes) = (self.tiles.columns(), self.tiles.lanes);
        for j in (0..rhs.columns.len()).step_by(unit) {
            let width = unit.min(rhs.columns.len() - j);
            let vectors = width.div_ceil(lanes);
            let packed = (vectors * lanes) as isize;
            let (panel, step) = match rhs.direct {
                Some(from) if width == unit => (from.wrapping_add(j), self.g.rhs[0]),
                Some(_) => (rhs.packed, packed),
                None => (rhs.packed.wrapping_add(j * deep), packed),
            };
            for i in rows.clone().step_by(self.height) {
                let height = self.height.min(rows.end - i);
                let [left, line, pace] = match lhs.direct {
                    true => [(i - rows.start) as isize * self.g.lhs[0], self.g.lhs[0], self.g.lhs[1]],
                    false => [((i - rows.start) * deep) as isize, 1, height as isize],
                };
                let left = lhs.from.wrapping_offset(left);
                let tile = if lhs.direct { &self.tiles.strided } else { &self.tiles.packed };
                // SAFETY: panels of these sizes, and room for a tile.
                let run = |out, row, add| unsafe {
                    tile[height - 1][vectors - 1](deep, left, [line, pace], panel, step, out, row, add);
                };
                let [row, column] = self.out_strides;
                let place = [i, rhs.columns.start + j];
                match column == 1 && width == vectors * lanes {
                    true => run(self.place(place[0], place[1]), row, add),
                    // SAFETY: rows and columns of the result.
                    false => unsafe { self.edge(place, [height, width], vectors * lanes, add, run) },
                }
            }
        }
    }

    /// Runs a tile of rows of `row` elements beside the result, of which only `width` belong to it.
    unsafe fn edge(
        &self,
        [i, j]: [usize; 2],
        [height, width]: [usize; 2],
        row: usize,
        add: bool,
        run: impl Fn(*mut T, isize, bool),
    ) {
        let mut room = [const { MaybeUninit::<T>::uninit() }; LARGEST];
        run(room.as_mut_ptr().cast(), row as isize, false);
        // SAFETY: the tile has written all rows.
        let tile = unsafe { std::slice::from_raw_parts(room.as_ptr().cast::<T>(), height * row) };
        let [down, right] = self.out_strides;
        let set = |r: usize, c: usize, value: T| {
            let to = self.place(i + r, j + c);
            // SAFETY: an element of the result.
            unsafe { *to = if add { (*to).plus(value) } else { value } };
        };
        if down != 1 {
            return (0..height).for_each(|r| (0..width).for_each(|c| set(r, c, tile[r * row + c])));
        }
        let strip = Strip { width: height, depth: width, line: row as isize, step: 1 };
        if !add {
            // SAFETY: columns of the result, which are apart.
            return unsafe { (self.tiles.turn)(strip, tile.as_ptr(), self.place(i, j), right as usize) };
        }
        let mut room = [const { MaybeUninit::<T>::uninit() }; LARGEST];
        // SAFETY: there is room for the largest tile, all of which is written.
        let turned = unsafe {
            (self.tiles.turn)(strip, tile.as_ptr(), room.as_mut_ptr().cast(), height);
            std::slice::from_raw_parts(room.as_ptr().cast::<T>(), height * width)
        };
        (0..width).for_each(|c| (0..height).for_each(|r| set(r, c, turned[c * height + r])));
    }
}
