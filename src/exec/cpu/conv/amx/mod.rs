//! Convolutions on tiles of bf16, as sums over taps. Numbers of f32 are split into three of bf16, as in products of matrices
//! (`gemm::amx`): weights in panels, which may be kept, and the source once for all taps (`planes`).
//!
//! Where a part of a number could be lost, or one is not finite, whoever runs this computes by another way.

mod kernel;
mod planes;
#[cfg(test)]
mod tests;

use super::super::epilogue::Behind;
use super::super::frame::Writer;
use super::super::gemm::amx::split::{self, LINES, Panel, Side, Strip};
use super::super::gemm::amx::{add_to, available, configure, is_safe};
use super::super::gemm::matmul;
use super::super::parallel;
use super::super::scratch::{panels_of, scratch, shared};
use super::Shortcut;
use super::forward::{Pass, TASKS};
use kernel::{Kernel, Place, kernel};
use planes::{CHANNELS, COLUMNS, Planes};
use std::arch::x86_64::*;
use std::ops::Range;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

/// Steps of 32 channels that are summed in the tiles, at most: sums of their own keep errors small, and what fewer taps read of
/// the weights stays in the first cache while the columns pass.
const DEPTH: usize = 12;
const FLAT: usize = 4;

/// So many segments are enough tasks, without cutting the weights too.
const ENOUGH: usize = 8;

/// Products that are worth the splitting.
const FEWEST: usize = 2 << 20;

/// Elements of a vector.
const LANES: usize = 16;

/// Floats of a tile of the result.
const TILE: usize = LINES * COLUMNS;

/// Neighbouring columns of a tile, and where they lie in a channel of the result.
#[derive(Clone, Copy)]
struct Spot {
    column: usize,
    len: usize,
    to: usize,
}

/// How a pass goes on tiles.
pub struct Tiles {
    planes: Planes,
    kernel: Kernel,
    parts: usize,
    /// By block of channels and tap: where a tile of the source begins.
    offsets: Vec<usize>,
    /// Of those, how many are summed in the tiles.
    depth: usize,
    /// By tile of columns.
    spots: Vec<Vec<Spot>>,
    /// Panels of weights of one task, which has the columns of a segment.
    tall: usize,
}

/// What one run uses beside the source: the packed weights and what is known of them, the result, and what is done with its parts.
struct Used<'a> {
    weights: Writer<u8>,
    known: Panel,
    y: Writer<f32>,
    behind: &'a Behind<'a>,
}

impl Tiles {
    /// Whether the tiles are mostly full, and enough is done with what is split for them.
    pub fn pays(pass: &Pass) -> bool {
        let s = &pass.sweep;
        let filled = |lines: usize| lines.next_multiple_of(LINES) * 4 <= lines * 5;
        let products = s.rows() * s.positions() * pass.m;
        filled(s.channels) && filled(pass.m) && products >= FEWEST && s.positions() >= COLUMNS
    }

    /// How a pass goes this way, where there are tiles and not three spatial axes.
    pub fn new(pass: &Pass) -> Option<Tiles> {
        Tiles::of_parts(pass, matmul().parts())
    }

    fn of_parts(pass: &Pass, parts: usize) -> Option<Tiles> {
        let s = &pass.sweep;
        let planes = Planes::new(s, parts).filter(|_| available())?;
        let spots = (0..planes.tiles()).map(|tile| spots(pass, &planes, tile * COLUMNS)).collect();
        let panels = pass.m.div_ceil(LINES);
        let across = pass.groups * pass.samples * planes.segments();
        let parts_of = if across < ENOUGH { TASKS.div_ceil(across.max(1)).min(panels) } else { 1 };
        let tall = panels.div_ceil(parts_of);
        let depth = s.taps.len().clamp(FLAT, DEPTH);
        Some(Tiles { offsets: planes.offsets(), kernel: kernel(parts), depth, planes, parts, spots, tall })
    }

    /// Panels of weights of one group.
    fn panels(&self, pass: &Pass) -> usize {
        pass.m.div_ceil(LINES)
    }

    /// Bytes of the weights of one step.
    fn step(&self) -> usize {
        split::bytes(CHANNELS, self.parts)
    }

    /// Bytes of one panel of weights: its steps are by block of channels and tap.
    fn panel(&self) -> usize {
        self.offsets.len() * self.step()
    }

    fn count(&self, pass: &Pass) -> usize {
        pass.groups * self.panels(pass)
    }

    /// Packs one panel of weights.
    ///
    /// # Safety
    /// As `Shortcut::pack`, for a panel of its own.
    unsafe fn pack_panel(&self, pass: &Pass, index: usize, w: &[f32], to: *mut u8) -> Panel {
        let s = &pass.sweep;
        let (group, m) = (index / self.panels(pass), index % self.panels(pass) * LINES);
        let mut seen = Panel::empty(self.parts);
        for step in 0..self.offsets.len() {
            let (channel, tap) = (step / s.taps.len() * CHANNELS, step % s.taps.len());
            let first = group * pass.group + s.places[tap] + m * pass.strides[0] + channel * pass.strides[1];
            let strip = Strip {
                from: w[first..].as_ptr(),
                lines: (pass.m - m).min(LINES),
                steps: (s.channels - channel).min(CHANNELS),
                line: pass.strides[0] as isize,
                step: pass.strides[1] as isize,
            };
            // SAFETY: weights of these channels; a step's room.
            let panel = unsafe {
                split::pack_all(strip, Side::Lhs, self.parts, to.add(index * self.panel() + step * self.step()))
            };
            seen.join(panel);
        }
        seen
    }

    /// Splits a piece of one segment, of all samples and groups.
    ///
    /// # Safety
    /// As `Planes::split`, with all of the source.
    unsafe fn split(&self, pass: &Pass, segment: usize, piece: usize, x: &[f32], to: *mut u8) -> Panel {
        let (s, segments) = (&pass.sweep, self.planes.segments());
        let area = s.channels * s.area();
        // SAFETY: the caller's promise.
        unsafe { self.planes.split(s, &x[segment / segments * area..][..area], [segment % segments, piece], to) }
    }

    /// Splits each segment where it is used, and says whether no part of a number is lost.
    ///
    /// # Safety
    /// As `Shortcut::run`, with the packed weights and what is known of them.
    unsafe fn run_apart(&self, pass: &Pass, x: &[f32], &Used { weights, known, y, behind }: &Used) -> bool {
        let safe = AtomicBool::new(true);
        parallel::tasks(self.segments(pass), usize::MAX, |segment| {
            scratch(self.planes.bytes(), |memory| {
                let mut seen = Panel::empty(self.parts);
                // SAFETY: the caller's promise; tasks have parts of the result of their own.
                unsafe {
                    (0..self.planes.pieces()).for_each(|piece| seen.join(self.split(pass, segment, piece, x, memory)));
                    match is_safe(known, seen) {
                        true => self.part(pass, segment, 0..self.panels(pass), memory, weights.pointer(), y),
                        false => safe.store(false, Ordering::Relaxed),
                    }
                }
            });
            self.parts(pass, segment, 0..self.panels(pass), behind);
        });
        safe.into_inner()
    }

    /// The same, with segments that several tasks use and that are split before.
    ///
    /// # Safety
    /// As `run_apart`.
    unsafe fn run_shared(&self, pass: &Pass, x: &[f32], &Used { weights, known, y, behind }: &Used) -> bool {
        let (segments, bytes, pieces) = (self.segments(pass), self.planes.bytes(), self.planes.pieces());
        shared::<u8, _>(segments * bytes, |memory| {
            let (memory, seen) = (Writer::of(memory), Mutex::new(Panel::empty(self.parts)));
            let place = |segment: usize| memory.pointer().wrapping_add(segment * bytes);
            parallel::tasks(segments * pieces, usize::MAX, |task| {
                // SAFETY: pieces are split once each, to the room that was counted.
                let panel = unsafe { self.split(pass, task / pieces, task % pieces, x, place(task / pieces)) };
                seen.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).join(panel);
            });
            let safe = is_safe(known, seen.into_inner().unwrap_or_else(|poisoned| poisoned.into_inner()));
            let parts = self.panels(pass).div_ceil(self.tall);
            parallel::tasks(if safe { segments * parts } else { 0 }, usize::MAX, |task| {
                let (segment, part) = (task / parts, task % parts);
                let panels = part * self.tall..self.panels(pass).min((part + 1) * self.tall);
                // SAFETY: all is split; tasks have parts of the result of their own.
                unsafe { self.part(pass, segment, panels.clone(), place(segment), weights.pointer(), y) }
                self.parts(pass, segment, panels, behind);
            });
            safe
        })
    }

    /// Segments of all samples and groups.
    fn segments(&self, pass: &Pass) -> usize {
        pass.samples * pass.groups * self.planes.segments()
    }

    /// Tells what some panels of weights have made of a segment: stretches of positions in lines of the result.
    fn parts(&self, pass: &Pass, segment: usize, panels: Range<usize>, behind: &Behind) {
        if !behind.is_some() {
            return;
        }
        let (image, segment) = (segment / self.planes.segments(), segment % self.planes.segments());
        let wide = self.planes.wide();
        let columns = segment * wide..self.spots.len().min((segment + 1) * wide);
        let first = image * pass.m;
        let lines = first + panels.start * LINES..first + pass.m.min(panels.end * LINES);
        let mut span = 0..0;
        for spot in self.spots[columns].iter().flatten() {
            if spot.to != span.end {
                behind.part(lines.clone(), span);
                span = spot.to..spot.to;
            }
            span.end += spot.len;
        }
        behind.part(lines, span);
    }

    /// Computes what some panels of weights make of a segment.
    ///
    /// # Safety
    /// As `Shortcut::run`; the segment is split.
    unsafe fn part(
        &self,
        pass: &Pass,
        segment: usize,
        panels: Range<usize>,
        source: *const u8,
        weights: *const u8,
        y: Writer<f32>,
    ) {
        configure();
        let (image, segment) = (segment / self.planes.segments(), segment % self.planes.segments());
        let group = image % pass.groups;
        let wide = self.planes.wide();
        let columns = segment * wide..self.spots.len().min((segment + 1) * wide);
        let area = pass.sweep.target_area();
        panels_of::<f32, _>((columns.len() + 1) * TILE, |sums| {
            let (sums, beside) = sums.split_at_mut(columns.len() * TILE);
            for panel in panels {
                let a = (group * self.panels(pass) + panel) * self.panel();
                // SAFETY: the caller's promise.
                unsafe { self.sums(source, weights.add(a), sums, beside) };
                let m = panel * LINES;
                let to = y.pointer().wrapping_add((image * pass.m + m) * area);
                for (spots, sums) in self.spots[columns.clone()].iter().zip(sums.chunks_exact(TILE)) {
                    let lines = LINES.min(pass.m - m);
                    // SAFETY: positions in channels of this task's.
                    spots.iter().for_each(|spot| unsafe { spot.write(sums, lines, to, area, pass.sweep.place_step()) });
                }
            }
        });
    }

    /// The sums of one panel of weights for the first tiles of a segment.
    ///
    /// # Safety
    /// The panel, and the split source of the segment.
    unsafe fn sums(&self, first: *const u8, a: *const u8, sums: &mut [f32], beside: &mut [f32]) {
        let (row, part) = (self.planes.row(), self.planes.part());
        for (chunk, offsets) in self.offsets.chunks(self.depth).enumerate() {
            let a = a.wrapping_add(chunk * self.depth * self.step());
            for (tile, sums) in sums.chunks_exact_mut(TILE).enumerate() {
                let place = Place { first: first.wrapping_add(4 * tile * COLUMNS), row, part };
                // SAFETY: the caller's promise; a tile of sums.
                unsafe {
                    match chunk {
                        0 => (self.kernel)(offsets, a, place, sums.as_mut_ptr()),
                        _ => {
                            (self.kernel)(offsets, a, place, beside.as_mut_ptr());
                            add_to(sums, beside);
                        }
                    }
                }
            }
        }
    }
}

impl Spot {
    /// Writes these columns of a tile to so many channels, whose positions are `step` elements apart.
    ///
    /// # Safety
    /// The channels are there, `area` elements apart; the processor has AVX-512 F.
    #[target_feature(enable = "avx512f")]
    unsafe fn write(&self, sums: &[f32], channels: usize, y: *mut f32, area: usize, step: usize) {
        for (i, sums) in sums.chunks_exact(COLUMNS).enumerate().take(channels) {
            let y = y.wrapping_add(i * area + self.to);
            let sums = &sums[self.column..];
            for first in (0..self.len).step_by(LANES) {
                let n = LANES.min(self.len - first);
                let mask = ((1u32 << n) - 1) as u16;
                // SAFETY: the caller's promise; what the mask leaves out is neither read nor written.
                unsafe {
                    let x = _mm512_maskz_loadu_ps(mask, sums.as_ptr().add(first));
                    match step {
                        1 => _mm512_mask_storeu_ps(y.add(first), mask, x),
                        _ => (0..n).for_each(|at| *y.add((first + at) * step) = sums[first + at]),
                    }
                }
            }
        }
    }
}

/// Where the columns of a tile go.
fn spots(pass: &Pass, planes: &Planes, first: usize) -> Vec<Spot> {
    let mut spots: Vec<Spot> = vec![];
    let mut before = None;
    for column in 0..COLUMNS {
        let at = planes.position(&pass.sweep, first + column);
        match (at, before, spots.last_mut()) {
            (Some(_), Some(_), Some(spot)) => spot.len += 1,
            (Some(at), _, _) => spots.push(Spot { column, len: 1, to: pass.sweep.place(at) }),
            _ => {}
        }
        // The rim may be nothing, and positions of the next line lie elsewhere.
        before = at.filter(|at| at[2] + 1 < pass.sweep.count[2]);
    }
    spots
}

impl Shortcut<f32> for Tiles {
    /// Behind the panels stands what is known of all of them.
    fn packed(&self, pass: &Pass) -> usize {
        (self.count(pass) * self.panel() + size_of::<Panel>()).div_ceil(size_of::<f32>())
    }

    unsafe fn pack(&self, pass: &Pass, w: &[f32], room: &mut [f32]) {
        let (count, first) = (self.count(pass), Writer::at(room.as_mut_ptr().cast::<u8>()));
        let seen = Mutex::new(Panel::empty(self.parts));
        parallel::tasks(count, self.packed(pass), |index| {
            // SAFETY: every panel is packed once, to the room that was counted.
            let panel = unsafe { self.pack_panel(pass, index, w, first.pointer()) };
            seen.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).join(panel);
        });
        let seen = seen.into_inner().unwrap_or_else(|poisoned| poisoned.into_inner());
        // SAFETY: the room behind the panels.
        unsafe { first.pointer().add(count * self.panel()).cast::<Panel>().write_unaligned(seen) };
    }

    unsafe fn run(&self, pass: &Pass, x: &[f32], packed: &[f32], y: Writer<f32>, behind: &Behind) -> bool {
        let weights = Writer::at(packed.as_ptr().cast::<u8>().cast_mut());
        // SAFETY: `pack` wrote it there.
        let known = unsafe { weights.pointer().add(self.count(pass) * self.panel()).cast::<Panel>().read_unaligned() };
        let used = Used { weights, known, y, behind };
        // SAFETY: the operands and the result of this step, and the weights as `pack` left them.
        unsafe {
            match self.segments(pass) < ENOUGH {
                true => self.run_shared(pass, x, &used),
                false => self.run_apart(pass, x, &used),
            }
        }
    }
}
