//! Products on tiles of bf16. Numbers of f32 are split into three of bf16 while they are packed, and the six products of
//! these that matter are summed in f32. Tiles take numbers below 2^-126 for zero and split no infinities: panels where
//! that could be seen go to the FMA kernels, tile by tile.

pub mod split;
#[cfg(test)]
mod tests;
pub mod text;
mod tile;

use super::super::frame::{Reader, Writer};
use super::super::kept::Kept;
use super::super::parallel;
use super::super::scratch::shared;
use super::Gemm;
use super::blocked::Blocked;
use super::tile::Tiles;
use split::{LINES, Panel, Side, Strip};
use std::ops::Range;
pub use tile::{available, configure};

/// The deepest panels. Depth alone decides where sums are cut.
const DEPTH: usize = 384;

/// Lines of either factor that are packed at a time, at most.
const MOST: usize = 4096;

/// Panels of either factor in the part of a result that is one task's, at most: those of `lhs` stay in the second cache.
const PART: usize = 16;

/// Panels that a task packs for itself, at most, where one side has at least twice as many: between packing and products they stay
/// in the second cache.
const OWN: usize = 6;

/// So many rows are few, where the panels of `rhs` are kept.
const FEW: usize = 4 * LINES;

/// Tasks of a product, at least, while their parts have more than two pairs of panels.
const TASKS: usize = 8;

/// Whether splitting both factors pays: they have enough lines, which fill tiles, and enough is done with them.
pub fn fits(g: &Gemm) -> bool {
    let filled = |lines: usize| lines.next_multiple_of(LINES) * 4 <= lines * 5;
    g.m.min(g.n) >= 3 * LINES && g.k >= LINES && g.m * g.n * g.k >= 2 << 20 && filled(g.m) && filled(g.n)
}

/// The same where the panels of `rhs` are kept from product to product: then few rows are enough.
pub fn fits_kept(g: &Gemm) -> bool {
    let filled = |lines: usize| lines.next_multiple_of(LINES) * 4 <= lines * 5;
    let large = g.n >= 2 * LINES && g.k >= LINES && g.m * g.n * g.k >= 2 << 20;
    large && g.m > 0 && filled(g.m) && filled(g.n) && g.n <= MOST
}

/// Whether tasks pack the panels of a side with so many for themselves.
fn is_long(panels: usize) -> bool {
    panels >= 2 * OWN
}

/// Lines that a task packs for itself, and those that are packed for all, of a product with so many on its two sides.
pub fn packed(m: usize, n: usize) -> [usize; 2] {
    let (longer, shorter) = (m.max(n).min(MOST), m.min(n).min(MOST));
    match is_long(longer.div_ceil(LINES)) {
        true => [OWN * LINES, shorter],
        false => [0, longer + shorter],
    }
}

/// A product of f32 on tiles.
pub struct Split<'a> {
    pub g: Gemm,
    pub lhs: Reader<f32>,
    pub rhs: Reader<f32>,
    pub out: Writer<f32>,
    /// Parts of a number, 2 or 3.
    pub parts: usize,
    /// What computes the blocks that tiles cannot.
    pub others: &'a Tiles<f32>,
    /// Whether all threads take part.
    pub shared: bool,
}

impl Split<'_> {
    /// # Safety
    /// As `gemm`; tiles are available.
    pub unsafe fn run(&self) {
        // SAFETY: handed on.
        unsafe { self.multiply(None) }
    }

    /// The same with the panels of `rhs` that are in `kept`, or will be for products to come.
    ///
    /// # Safety
    /// As `run`; the product fits, and what is kept is of a factor of this size and these elements.
    pub unsafe fn run_kept(&self, kept: &mut Kept) {
        let (depth, wide) = (self.depth(), self.g.n.div_ceil(LINES));
        let (room, count) = (split::bytes(depth, self.parts), self.g.k.div_ceil(depth) * wide);
        let (first, fresh) = kept.memory(Panels::bytes(room, count));
        let panels = Panels { first, room, count };
        if !fresh {
            self.tasks(count, |index| {
                let steps = index / wide * depth..self.g.k.min((index / wide + 1) * depth);
                let block = Block { whole: self, rows: 0..0, columns: 0..self.g.n, steps, kept: None };
                // SAFETY: columns of the factor, and a panel of their own.
                unsafe { panels.pack(index, block.rhs(index % wide * LINES..self.g.n), Side::Rhs, self.parts) };
            });
        }
        // SAFETY: the caller's promise.
        unsafe { self.multiply(Some(panels)) }
    }

    /// Steps of a panel.
    fn depth(&self) -> usize {
        split::padded(self.g.k.div_ceil(self.g.k.div_ceil(DEPTH).max(1)).max(1))
    }

    unsafe fn multiply(&self, kept: Option<Panels>) {
        let g = &self.g;
        if g.k == 0 && !g.add {
            for i in 0..g.m {
                // SAFETY: a row of the result.
                unsafe { self.row(i, 0, g.n) }.fill(0.0);
            }
        }
        let depth = self.depth();
        // Of few rows all steps are packed together, so that threads meet twice and no more.
        let together = if kept.is_some() && g.m <= FEW { g.k } else { depth };
        for rows in blocks(g.m, MOST) {
            for columns in blocks(g.n, MOST) {
                for steps in blocks(g.k, together) {
                    let kept = kept.map(|panels| (panels, steps.start / depth * g.n.div_ceil(LINES)));
                    let block = Block { whole: self, rows: rows.clone(), columns: columns.clone(), steps, kept };
                    // SAFETY: the caller's promise.
                    unsafe { block.run() };
                }
            }
        }
    }

    /// A stretch of a row of the result.
    #[expect(clippy::mut_from_ref, reason = "the writer stands for memory that it does not own")]
    unsafe fn row(&self, i: usize, j: usize, len: usize) -> &mut [f32] {
        // SAFETY: the caller's promise: elements of the result that are its own.
        unsafe { std::slice::from_raw_parts_mut(self.place(i, j), len) }
    }

    fn place(&self, i: usize, j: usize) -> *mut f32 {
        self.out.pointer().wrapping_offset(i as isize * self.g.out).wrapping_add(j)
    }

    fn tasks(&self, count: usize, f: impl Fn(usize) + Sync + Send) {
        match self.shared {
            true => parallel::tasks(count, usize::MAX, f),
            false => (0..count).for_each(f),
        }
    }
}

/// The size of pieces that are about equal, of `most` panels at most.
fn even(panels: usize, most: usize) -> usize {
    panels.div_ceil(panels.div_ceil(most).max(1)).max(1)
}

/// How many panels of either factor one task multiplies: the more, the less often each is read from memory that is far.
fn part(high: usize, wide: usize) -> [usize; 2] {
    let mut part = [even(high, PART), even(wide, PART)];
    while high.div_ceil(part[0]) * wide.div_ceil(part[1]) < TASKS && part[0] * part[1] > 2 {
        let longer = usize::from(part[1] > part[0]);
        part[longer] = part[longer].div_ceil(2);
    }
    part
}

fn blocks(len: usize, size: usize) -> impl Iterator<Item = Range<usize>> {
    (0..len).step_by(size.max(1)).map(move |first| first..len.min(first + size))
}

/// What is packed at a time.
struct Block<'a> {
    whole: &'a Split<'a>,
    rows: Range<usize>,
    columns: Range<usize>,
    steps: Range<usize>,
    /// Where the panels of all columns are, if they are kept, and the first of these steps.
    kept: Option<(Panels, usize)>,
}

impl Block<'_> {
    /// # Safety
    /// As `Split::run`.
    unsafe fn run(&self) {
        let sides @ [high, wide] = [self.rows.len(), self.columns.len()].map(|lines| lines.div_ceil(LINES));
        let own = if high >= wide || self.kept.is_some() { Side::Lhs } else { Side::Rhs };
        let shallow = self.steps.len() <= self.whole.depth();
        // SAFETY: handed on.
        unsafe {
            match shallow && is_long(sides[usize::from(own == Side::Rhs)]) {
                true => self.run_apart(own, sides),
                false => self.run_together(sides),
            }
        }
    }

    /// All panels of both factors, and then all products.
    ///
    /// # Safety
    /// As `Split::run`.
    unsafe fn run_together(&self, [high, wide]: [usize; 2]) {
        let depth = self.whole.depth();
        let room = split::bytes(depth.min(self.steps.len()), self.whole.parts);
        let (deep, count) = (self.steps.len().div_ceil(depth), if self.kept.is_some() { high } else { high + wide });
        shared::<u8, _>(Panels::bytes(room, deep * count), |memory| {
            let own = Panels { first: memory.as_mut_ptr(), room, count: deep * count };
            self.whole.tasks(own.count, |place| {
                let (block, index) = (self.deep(place / count, depth), place % count);
                let (side, index) = if index < high { (Side::Lhs, index) } else { (Side::Rhs, index - high) };
                // SAFETY: lines of a factor, and a panel of their own.
                unsafe { own.pack(place, block.strip(side, index), side, self.whole.parts) };
            });
            let [rows, columns] = part(high, wide);
            let across = wide.div_ceil(columns);
            self.whole.tasks(high.div_ceil(rows) * across, |task| {
                configure();
                let (i, j) = (task / across * rows, task % across * columns);
                for at in 0..deep {
                    let block = self.deep(at, depth);
                    let (right, first) = match self.kept {
                        Some((kept, first)) => (kept, first + at * wide),
                        None => (own, at * count + high),
                    };
                    for j in j..wide.min(j + columns) {
                        for i in i..high.min(i + rows) {
                            // SAFETY: all panels are packed; every task has tiles of the result of its own.
                            unsafe {
                                let panels = [own.get(at * count + i), right.get(first + j)];
                                block.tile([i * LINES, j * LINES], panels);
                            }
                        }
                    }
                }
            });
        });
    }

    /// All panels of one factor, and then those of the other one where they are multiplied.
    ///
    /// # Safety
    /// As `Split::run`; the steps are those of one panel, and what is kept is of the factor that is not `own`.
    unsafe fn run_apart(&self, own: Side, [high, wide]: [usize; 2]) {
        let (room, parts) = (split::bytes(self.steps.len(), self.whole.parts), self.whole.parts);
        let (along, across, other) = match own {
            Side::Lhs => (high, wide, Side::Rhs),
            Side::Rhs => (wide, high, Side::Lhs),
        };
        let multiply = |others: Panels, first: usize| {
            let size = even(along, OWN);
            self.whole.tasks(along.div_ceil(size), |task| {
                configure();
                let lines = task * size..along.min((task + 1) * size);
                shared::<u8, _>(Panels::bytes(room, lines.len()), |memory| {
                    let panels = Panels { first: memory.as_mut_ptr(), room, count: lines.len() };
                    for (place, line) in lines.clone().enumerate() {
                        // SAFETY: lines of the factor, and a panel of their own.
                        unsafe { panels.pack(place, self.strip(own, line), own, parts) };
                    }
                    for (at, (place, line)) in
                        (0..across).flat_map(|at| lines.clone().enumerate().map(move |line| (at, line)))
                    {
                        // SAFETY: all panels are packed; every task has tiles of the result of its own.
                        unsafe {
                            let (mine, theirs) = (panels.get(place), others.get(first + at));
                            match own {
                                Side::Lhs => self.tile([line * LINES, at * LINES], [mine, theirs]),
                                Side::Rhs => self.tile([at * LINES, line * LINES], [theirs, mine]),
                            }
                        }
                    }
                });
            });
        };
        if let Some((kept, first)) = self.kept {
            return multiply(kept, first);
        }
        shared::<u8, _>(Panels::bytes(room, across), |memory| {
            let panels = Panels { first: memory.as_mut_ptr(), room, count: across };
            self.whole.tasks(across, |index| {
                // SAFETY: lines of the factor, and a panel of their own.
                unsafe { panels.pack(index, self.strip(other, index), other, parts) };
            });
            multiply(panels, 0);
        });
    }

    /// What a panel is made of.
    fn strip(&self, side: Side, index: usize) -> Strip {
        match side {
            Side::Lhs => self.lhs(index * LINES..self.rows.len()),
            Side::Rhs => self.rhs(index * LINES..self.columns.len()),
        }
    }

    /// As many steps as a panel has, after so many of them.
    fn deep(&self, at: usize, depth: usize) -> Block<'_> {
        let start = self.steps.start + at * depth;
        let steps = start..self.steps.end.min(start + depth);
        Block { steps, rows: self.rows.clone(), columns: self.columns.clone(), ..*self }
    }

    /// The first panel of some rows.
    fn lhs(&self, rows: Range<usize>) -> Strip {
        let g = &self.whole.g;
        let first = (self.rows.start + rows.start) as isize * g.lhs[0] + self.steps.start as isize * g.lhs[1];
        let from = self.whole.lhs.pointer().wrapping_offset(first);
        Strip { from, lines: rows.len().min(LINES), steps: self.steps.len(), line: g.lhs[0], step: g.lhs[1] }
    }

    /// The first panel of some columns.
    fn rhs(&self, columns: Range<usize>) -> Strip {
        let g = &self.whole.g;
        let first = (self.columns.start + columns.start) as isize * g.rhs[1] + self.steps.start as isize * g.rhs[0];
        let from = self.whole.rhs.pointer().wrapping_offset(first);
        Strip { from, lines: columns.len().min(LINES), steps: self.steps.len(), line: g.rhs[1], step: g.rhs[0] }
    }

    /// The tile of the result that begins at a row and a column of this block.
    unsafe fn tile(&self, [i, j]: [usize; 2], [(a, left), (b, right)]: [(*const u8, Panel); 2]) {
        let (whole, g) = (self.whole, &self.whole.g);
        let (rows, columns) = (self.lhs(i..self.rows.len()), self.rhs(j..self.columns.len()));
        let [row, column] = [self.rows.start + i, self.columns.start + j];
        let add = g.add || self.steps.start > 0;
        if !is_safe(left, right) {
            let g = Gemm { m: rows.lines, n: columns.lines, k: self.steps.len(), add, ..*g };
            // SAFETY: a part of the product.
            unsafe { Blocked::new(whole.others, &g, rows.from, columns.from, whole.place(row, column)).run() };
            return;
        }
        let run = tile::kernel(left.parts, right.parts);
        let steps = split::padded(self.steps.len()) / tile::STEPS;
        if !add && rows.lines == LINES && columns.lines == LINES {
            // SAFETY: panels of these parts, a whole tile of the result.
            unsafe { run(steps, a, b, whole.place(row, column), g.out) };
            return;
        }
        if add {
            (0..rows.lines).for_each(|r| split::fetch(whole.place(row + r, column)));
        }
        // A sum of its own for every block of the depth: errors grow with the number of terms.
        let mut beside = [0f32; LINES * LINES];
        // SAFETY: panels of these parts.
        unsafe { run(steps, a, b, beside.as_mut_ptr(), LINES as isize) };
        for (r, line) in beside.chunks_exact(LINES).enumerate().take(rows.lines) {
            // SAFETY: a row of this tile.
            let to = unsafe { whole.row(row + r, column, columns.lines) };
            match add {
                // SAFETY: where there are tiles there are these vectors.
                true => unsafe { add_to(to, line) },
                false => to.copy_from_slice(&line[..columns.lines]),
            }
        }
    }
}

/// Adds sums to others, as many as there are of these.
///
/// # Safety
/// The processor has tiles.
#[target_feature(enable = "avx512f")]
pub unsafe fn add_to(sums: &mut [f32], others: &[f32]) {
    sums.iter_mut().zip(others).for_each(|(sum, x)| *sum += x);
}

/// Whether the tiles' products of two panels have the accuracy of f32: no part of a number and no product that matters
/// is flushed to zero, and nothing overflows.
pub fn is_safe(a: Panel, b: Panel) -> bool {
    let exponent = |bits: u32| (bits >> 23) as i32 - 127;
    let greatest = [a, b].map(|panel| exponent(panel.greatest));
    if a.greatest == 0 || b.greatest == 0 {
        return greatest[0].max(greatest[1]) < 110;
    }
    let least = [a, b].map(|panel| exponent(panel.least + 1));
    let apart = least.iter().all(|&least| least >= -100) && greatest.iter().all(|&greatest| greatest < 110);
    apart && least[0] + least[1] >= -95 && greatest[0] + greatest[1] < 110
}

/// Panels of `room` bytes each, and behind them what is known of each.
#[derive(Clone, Copy)]
struct Panels {
    first: *mut u8,
    room: usize,
    count: usize,
}

// SAFETY: tasks write panels of their own, and read when all are written.
unsafe impl Sync for Panels {}
// SAFETY: as above.
unsafe impl Send for Panels {}

impl Panels {
    fn bytes(room: usize, count: usize) -> usize {
        count * (room + size_of::<Panel>())
    }

    fn place(&self, index: usize) -> [*mut u8; 2] {
        let notes = self.count * self.room + index * size_of::<Panel>();
        [self.first.wrapping_add(index * self.room), self.first.wrapping_add(notes)]
    }

    /// # Safety
    /// As `split::pack`; nobody else uses the panel meanwhile.
    unsafe fn pack(&self, index: usize, strip: Strip, side: Side, parts: usize) {
        let [panel, note] = self.place(index);
        // SAFETY: the caller's promise; there is room for both.
        unsafe { note.cast::<Panel>().write_unaligned(split::pack(strip, side, parts, panel)) }
    }

    /// # Safety
    /// The panel is packed.
    unsafe fn get(&self, index: usize) -> (*const u8, Panel) {
        let [panel, note] = self.place(index);
        // SAFETY: the caller's promise.
        (panel, unsafe { note.cast::<Panel>().read_unaligned() })
    }
}
