//! A sweep with vectors of 16 channels of the result, for pictures of so few positions that vectors of these would be empty in
//! part: tiles multiply each element of the source that a position meets by the weights of 32 channels, which lie side by side
//! and may be kept. Weights are then read once for all positions, while those that come next are fetched.
//!
//! Sums are cut where those of other passes are, so the bits are the same.

use super::super::epilogue::Behind;
use super::super::frame::Writer;
use super::super::parallel;
use super::super::scratch::{panels_of, shared};
use super::super::transpose::transposed;
use super::Shortcut;
use super::forward::{Pass, TASKS};
use super::panel::{Columns, Source, wide};
use std::arch::x86_64::*;
use std::ops::Range;

/// Elements of a vector, and of a line of packed patches.
const LANES: usize = 16;

/// Channels of the result in one panel of weights.
const CHANNELS: usize = 2 * LANES;

/// Columns of the largest tile.
const TALLEST: usize = 14;

/// Tasks that are enough, without cutting the columns too.
const ENOUGH: usize = 8;

/// More columns than this fill vectors of their own.
const MOST: usize = 1024;

/// Passes over columns in which the weights that come next are fetched, a part in each.
const FETCHES: usize = 4;

/// How a pass goes across channels.
pub struct Across {
    /// Columns of a tile; the last one may have fewer.
    height: usize,
    tiles: usize,
    /// Tiles and panels of weights of one task.
    block: usize,
    tall: usize,
}

impl Across {
    /// Whether the vectors are mostly full, and those of positions would not be.
    pub fn pays(pass: &Pass) -> bool {
        let columns = pass.samples * pass.sweep.positions();
        pass.m.next_multiple_of(CHANNELS) * 4 <= pass.m * 5 && columns <= MOST
    }

    /// How a pass goes this way, if every element of the result is a position.
    pub fn new(pass: &Pass) -> Option<Across> {
        let columns = pass.samples * pass.sweep.positions();
        if pass.sweep.rows() == 0 || columns == 0 || pass.m == 0 || !pass.sweep.is_dense() {
            return None;
        }
        let tiles = columns.div_ceil(TALLEST);
        let height = columns.div_ceil(tiles);
        let tiles = columns.div_ceil(height);
        let panels = pass.m.div_ceil(CHANNELS);
        let block = tiles.div_ceil(ENOUGH.div_ceil(pass.groups * panels));
        let blocks = tiles.div_ceil(block);
        let parts = TASKS.div_ceil(pass.groups * blocks).min(panels);
        Some(Across { height, tiles, block, tall: panels.div_ceil(parts) })
    }

    fn columns(&self, pass: &Pass) -> usize {
        pass.samples * pass.sweep.positions()
    }

    /// Panels of weights of one group.
    fn panels(&self, pass: &Pass) -> usize {
        pass.m.div_ceil(CHANNELS)
    }

    /// Blocks of tiles.
    fn blocks(&self) -> usize {
        self.tiles.div_ceil(self.block)
    }

    /// The columns of a tile.
    fn tile(&self, pass: &Pass, tile: usize) -> Range<usize> {
        tile * self.height..self.columns(pass).min((tile + 1) * self.height)
    }

    /// Packs what the columns of a tile meet, a line for each row of `rows`.
    ///
    /// # Safety
    /// As `Shortcut::run`; `to` has the lines of the tile, of which nobody else uses these.
    unsafe fn patches(&self, pass: &Pass, [group, tile]: [usize; 2], rows: Range<usize>, x: &[f32], to: *mut f32) {
        let s = &pass.sweep;
        let area = s.channels * s.area();
        let source = Source { sweep: s, start: x[group * area..].as_ptr(), sample: pass.groups * area };
        let columns = self.tile(pass, tile);
        let columns = Columns::new(s, columns.start, columns.len());
        // SAFETY: the caller's promise.
        unsafe { wide::pack(&source, &columns, rows.clone(), to.add(rows.start * LANES), LANES) };
    }

    /// Computes what some panels of weights make of a block of columns.
    ///
    /// # Safety
    /// As `Shortcut::run`; `patches` are packed for all tiles of the group.
    unsafe fn part(
        &self,
        pass: &Pass,
        task: usize,
        patches: *const f32,
        weights: &[f32],
        y: Writer<f32>,
        behind: &Behind,
    ) {
        let k = pass.sweep.rows();
        let (upper, block) = (task / self.blocks(), task % self.blocks());
        let parts = self.panels(pass).div_ceil(self.tall);
        let (group, part) = (upper / parts, upper % parts);
        let panels = part * self.tall..self.panels(pass).min((part + 1) * self.tall);
        let tiles = block * self.block..self.tiles.min((block + 1) * self.block);
        let columns = tiles.start * self.height..self.columns(pass).min(tiles.end * self.height);
        let patches = patches.wrapping_add(group * self.tiles * k * LANES);
        let weights = weights[group * self.panels(pass) * CHANNELS * k..].as_ptr();
        // Behind the last column, vectors are read that nobody needs.
        let room = (columns.len() + LANES) * CHANNELS;
        panels_of::<f32, _>(panels.len() * room, |all| {
            for rows in pass.steps() {
                let weights = |panel: usize| weights.wrapping_add((panel * k + rows.start) * CHANNELS);
                for (panel, sums) in panels.clone().zip(all.chunks_exact_mut(room)) {
                    let next = match panel + 1 < panels.end {
                        true => weights(panel + 1),
                        false => weights(panels.start).wrapping_add(rows.len() * CHANNELS),
                    };
                    for (at, tile) in tiles.clone().enumerate() {
                        let width = self.tile(pass, tile).len();
                        let a = patches.wrapping_add((tile * k + rows.start) * LANES);
                        let to = sums[at * self.height * CHANNELS..].as_mut_ptr();
                        let fetch = match at < FETCHES {
                            true => next.wrapping_add(at * rows.len() * CHANNELS / FETCHES),
                            false => a,
                        };
                        // SAFETY: rows of both factors, and a line of sums for each column.
                        unsafe { TILES[width - 1](rows.len(), a, weights(panel), to, rows.start > 0, fetch) };
                    }
                    if rows.end == k {
                        // SAFETY: sums of this panel, and places of this task.
                        unsafe { self.write(pass, [group, panel], columns.clone(), sums, y, behind) };
                    }
                }
            }
        });
    }

    /// Writes sums `[column, channel]` of a panel to their places.
    unsafe fn write(
        &self,
        pass: &Pass,
        [group, panel]: [usize; 2],
        columns: Range<usize>,
        sums: &[f32],
        y: Writer<f32>,
        behind: &Behind,
    ) {
        let (first, area) = (columns.start, pass.sweep.positions());
        let channels = panel * CHANNELS..pass.m.min((panel + 1) * CHANNELS);
        let mut from = first;
        pass.of_samples(group, channels, columns, area, |lines, span| {
            for (start, half) in (span.clone().step_by(LANES)).flat_map(|start| [(start, 0), (start, LANES)]) {
                let mask = ((1u32 << LANES.min(span.end - start)) - 1) as u16;
                let count = lines.len().saturating_sub(half).min(LANES);
                let from = sums[(from - first + start - span.start) * CHANNELS + half..].as_ptr();
                let to = y.pointer().wrapping_add((lines.start + half) * area + start);
                // SAFETY: the mask leaves out what is not of this span; sums have room behind them.
                unsafe { turn(from, to, area, count, mask) };
            }
            from += span.len();
            behind.part(lines, span);
        });
    }
}

/// Writes 16 columns of sums to `count` channels, `area` elements apart.
///
/// # Safety
/// The sums are there, and of the channels what the mask says; the processor has AVX-512 F and DQ.
#[target_feature(enable = "avx512f,avx512dq")]
unsafe fn turn(from: *const f32, to: *mut f32, area: usize, count: usize, mask: u16) {
    // SAFETY: the caller's promise.
    let square = std::array::from_fn(|column| unsafe { _mm512_loadu_ps(from.add(column * CHANNELS)) });
    for (channel, x) in transposed(square).into_iter().enumerate().take(count) {
        // SAFETY: as above.
        unsafe { _mm512_mask_storeu_ps(to.wrapping_add(channel * area), mask, x) };
    }
}

/// `(depth, a, b, out, add, fetch)`: `out[M, 32] (+)= a[depth, 16]^T b[depth, 32]`, of the first `M` columns of `a`. Fetches so many
/// half lines from `fetch` on.
type Tile = unsafe fn(usize, *const f32, *const f32, *mut f32, bool, *const f32);

/// # Safety
/// The processor has AVX-512 F; the pointers reach as far as `Tile` says, but for `fetch`, which may point anywhere.
#[target_feature(enable = "avx512f")]
unsafe fn tile<const M: usize>(
    depth: usize,
    mut a: *const f32,
    mut b: *const f32,
    out: *mut f32,
    add: bool,
    mut fetch: *const f32,
) {
    let mut sums = [[_mm512_setzero_ps(); 2]; M];
    for _ in 0..depth {
        // SAFETY: the caller's promise.
        unsafe {
            _mm_prefetch::<_MM_HINT_T1>(fetch.cast());
            let columns = [_mm512_loadu_ps(b), _mm512_loadu_ps(b.add(LANES))];
            for (i, sums) in sums.iter_mut().enumerate() {
                let x = _mm512_set1_ps(*a.add(i));
                for (sum, column) in sums.iter_mut().zip(columns) {
                    *sum = _mm512_fmadd_ps(x, column, *sum);
                }
            }
        }
        a = a.wrapping_add(LANES);
        b = b.wrapping_add(CHANNELS);
        fetch = fetch.wrapping_add(CHANNELS / FETCHES);
    }
    for (i, sums) in sums.iter().enumerate() {
        for (v, &sum) in sums.iter().enumerate() {
            // SAFETY: the caller's promise.
            unsafe {
                let out = out.add(i * CHANNELS + v * LANES);
                _mm512_storeu_ps(out, if add { _mm512_add_ps(_mm512_loadu_ps(out), sum) } else { sum });
            }
        }
    }
}

macro_rules! tiles {
    ($($rows:literal)*) => {
        /// By columns, from 1 on.
        const TILES: [Tile; TALLEST] = [$(tile::<$rows>),*];
    };
}
tiles!(1 2 3 4 5 6 7 8 9 10 11 12 13 14);

impl Shortcut<f32> for Across {
    fn packed(&self, pass: &Pass) -> usize {
        pass.groups * self.panels(pass) * CHANNELS * pass.sweep.rows()
    }

    unsafe fn pack(&self, pass: &Pass, w: &[f32], room: &mut [f32]) {
        let (s, to, work) = (&pass.sweep, Writer::of(room), self.packed(pass));
        let size = CHANNELS * s.rows();
        parallel::tasks(pass.groups * self.panels(pass), work, |index| {
            let (group, m) = (index / self.panels(pass), index % self.panels(pass) * CHANNELS);
            let count = CHANNELS.min(pass.m - m);
            // SAFETY: panels are packed once each, to the room that was counted.
            let to = unsafe { to.range(index * size, size) };
            for (row, to) in to.chunks_exact_mut(CHANNELS).enumerate() {
                let (channel, tap) = (row / s.taps.len(), row % s.taps.len());
                let from = group * pass.group + channel * pass.strides[1] + s.places[tap] + m * pass.strides[0];
                to[count..].fill(0.0);
                to.iter_mut().zip(w[from..].iter().step_by(pass.strides[0])).take(count).for_each(|(to, &w)| *to = w);
            }
        });
    }

    unsafe fn run(&self, pass: &Pass, x: &[f32], packed: &[f32], y: Writer<f32>, behind: &Behind) -> bool {
        let k = pass.sweep.rows();
        shared::<f32, _>(pass.groups * self.tiles * k * LANES, |patches| {
            let (patches, steps): (_, Vec<_>) = (Writer::of(patches), pass.steps().collect());
            let lines = pass.groups * self.tiles;
            parallel::tasks(lines * steps.len(), lines * k * LANES, |task| {
                let (line, rows) = (task / steps.len(), steps[task % steps.len()].clone());
                let place = [line / self.tiles, line % self.tiles];
                // SAFETY: patches are packed once each, to the room that was counted.
                unsafe { self.patches(pass, place, rows, x, patches.pointer().add(line * k * LANES)) };
            });
            let tasks = pass.groups * self.panels(pass).div_ceil(self.tall) * self.blocks();
            parallel::tasks(tasks, pass.work(), |task| {
                // SAFETY: all patches are packed; tasks have parts of the result of their own.
                unsafe { self.part(pass, task, patches.pointer(), packed, y, behind) };
            });
        });
        true
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::crew;
    use super::super::super::isa::{Isa, isa};
    use super::super::panel;
    use super::super::sweep::Geometry;
    use super::super::tests::{Case, Parts, geometry, of_axes};
    use super::*;
    use crate::ops::ConvMode;
    use proptest::prelude::*;

    /// The forward convolution or its adjoint in `x`; none without the vectors, or where some elements are no positions.
    fn across(case: &Case<f32>, mode: ConvMode) -> Option<Vec<f32>> {
        let (m, mut sweeps, source, len) = match mode {
            ConvMode::Input => (case.g.channels, case.g.adjoint(), &case.y, case.x.len()),
            _ => (case.g.filters, vec![case.g.forward()], &case.x, case.y.len()),
        };
        let sweep = sweeps.pop().filter(|_| sweeps.is_empty() && isa() == Isa::Avx512)?;
        let pass = Pass::new::<f32>(&case.g, mode, m, sweep);
        let across = Across::new(&pass)?;
        let (mut packed, mut out) = (vec![f32::NAN; across.packed(&pass)], vec![f32::NAN; len]);
        let parts = Parts::new(len);
        let each = |lines, span| parts.see(lines, pass.sweep.target_area(), span);
        let behind = Behind::new(Some(&each));
        // SAFETY: the operands of this case, and as much room as was asked for.
        unsafe {
            across.pack(&pass, &case.w, &mut packed);
            across.run(&pass, source, &packed, Writer::of(&mut out), &behind);
        }
        parts.are_all();
        Some(out)
    }

    /// Any number of threads gives the bits of sums over taps in panels of positions, whose products take another way without
    /// optimisation.
    fn agrees(g: Geometry) {
        let case = Case::<f32>::new(g);
        for mode in [ConvMode::Forward, ConvMode::Input] {
            let Some(got) = across(&case, mode) else { continue };
            case.check(&case.want(mode), &got).unwrap();
            let panels = case.sweep(mode, false, panel::pack).expect("panels are a way for all");
            assert!(cfg!(debug_assertions) || got == panels, "{g:?}");
            for threads in 1..4 {
                let many = crew::with_threads(threads, || across(&case, mode).unwrap());
                assert!(many == got, "{g:?} on {threads} threads");
            }
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: if cfg!(debug_assertions) { 12 } else { 400 }, ..ProptestConfig::default() })]

        #[test]
        fn sums_across_channels_are_those_of_panels(g in geometry()) {
            agrees(g);
        }
    }

    /// More columns, channels and rows than one block, task or sum takes.
    #[test]
    fn sums_of_many_blocks_are_those_of_panels() {
        let flat = (1, 1, 1, 0, 1);
        for (sizes, axis) in [
            ([1, 1, 40, 600], (7, 3, 1, 1, 1)),
            ([3, 1, 330, 40], (7, 1, 1, 0, 1)),
            ([1, 2, 9, 33], (19, 3, 1, 2, 1)),
            ([1, 1, 70, 64], (28, 3, 2, 1, 1)),
        ] {
            agrees(of_axes(sizes, [flat, axis, axis]));
        }
    }
}
