//! A sweep along lines of the result, with vectors of 16 f32: taps read the source where it lies, so that nothing is
//! packed but the weights. Where it has a rim, or positions step over elements, a few lines of the source are staged
//! first: with zeros around, and with the elements of each phase of the step side by side.

use super::super::frame::Writer;
use super::super::scratch::scratch_of;
use super::forward::{Pass, TASKS};
use super::line_tile::{ONE, Store, TWO, Unit};
use super::sweep::Sweep;
use std::ops::Range;

/// Elements of a vector.
const LANES: usize = 16;

/// Elements of staged lines, at most, unless two lines need more.
const STAGED: usize = 96 << 10;

/// How a sweep goes along lines.
pub struct Lines {
    /// Lines of the result that one task computes.
    block: usize,
    /// Lines of the result in one sample.
    high: usize,
    /// Vectors of one line.
    vectors: usize,
    /// The least offsets of the taps along the last two axes, and the greatest of the last but one.
    low: [isize; 2],
    reach: usize,
    /// Elements of one staged line of one phase; 0 where the source is read as it lies.
    line: usize,
    /// By row: where the element of position 0 is.
    offsets: Vec<i64>,
}

impl Lines {
    /// Whether, and how, lines are a good way: vectors are mostly full, and there are at most two spatial axes.
    pub fn new(pass: &Pass) -> Option<Lines> {
        let s = &pass.sweep;
        let [deep, high, wide] = s.count;
        let vectors = wide.div_ceil(LANES);
        let flat = deep == 1 && s.source[0] == 1 && s.taps.iter().all(|tap| tap[0] == 0);
        if !flat || s.rows() == 0 || wide == 0 || wide * 5 < vectors * LANES * 3 {
            return None;
        }
        let least = |axis: usize| s.taps.iter().map(|tap| tap[axis]).min().unwrap_or(0);
        let most = |axis: usize| s.taps.iter().map(|tap| tap[axis]).max().unwrap_or(0);
        let low = [least(1), least(2)];
        let reach = (most(1) - low[0]) as usize;
        let inside = low[0] >= 0 && ((high - 1) * s.step[1]) as isize + most(1) < s.source[1] as isize;
        let ends = (vectors * LANES) as isize + most(2) <= s.source[2] as isize;
        let as_it_lies = s.step[2] == 1 && inside && low[1] >= 0 && ends;
        let line = match as_it_lies {
            true => 0,
            false => vectors * LANES + (most(2) - low[1]) as usize / s.step[2],
        };
        let per = |lines: usize| s.channels * s.step[2] * line * ((lines - 1) * s.step[1] + reach + 1);
        let fair = TASKS.div_ceil((pass.samples * pass.groups).max(1));
        let mut block = high.div_ceil(fair).max(4).min(high);
        while block > 2 && per(block) > STAGED {
            block = block.div_ceil(2);
        }
        let mut lines = Lines { block, high, vectors, low, reach, line, offsets: vec![] };
        let [channel, down] = lines.strides(s);
        let place = |tap: &[isize; 3]| match as_it_lies {
            true => tap[1] * down as isize + tap[2],
            false => {
                let (h, w) = ((tap[1] - low[0]) as usize, (tap[2] - low[1]) as usize);
                (h * down + w % s.step[2] * line + w / s.step[2]) as isize
            }
        };
        let rows = (0..s.channels).flat_map(|c| s.taps.iter().map(move |tap| (c * channel) as i64 + place(tap) as i64));
        lines.offsets = rows.collect();
        Some(lines)
    }

    /// From one channel, and from one line, to the next, as taps find them.
    fn strides(&self, s: &Sweep) -> [usize; 2] {
        match self.line {
            0 => [s.area(), s.source[2]],
            line => [self.staged_lines(s, self.block) * s.step[2] * line, s.step[2] * line],
        }
    }

    /// Lines of the source that `lines` of the result read.
    fn staged_lines(&self, s: &Sweep, lines: usize) -> usize {
        (lines - 1) * s.step[1] + self.reach + 1
    }

    fn blocks(&self) -> usize {
        self.high.div_ceil(self.block)
    }

    pub fn tasks(&self, pass: &Pass) -> usize {
        pass.samples * pass.groups * self.blocks()
    }

    /// Computes one task's lines of the result.
    ///
    /// # Safety
    /// As `Pass::run`; the processor has AVX-512 F.
    pub unsafe fn run(&self, pass: &Pass, task: usize, x: &[f32], weights: &[f32], y: Writer<f32>) {
        let s = &pass.sweep;
        let (block, rest) = (task % self.blocks(), task / self.blocks());
        let (sample, group) = (rest / pass.groups, rest % pass.groups);
        let lines = block * self.block..self.high.min((block + 1) * self.block);
        let area = s.channels * s.area();
        let x = &x[(sample * pass.groups + group) * area..][..area];
        let [channel, down] = self.strides(s);
        let staged = if self.line == 0 { 0 } else { s.channels * channel };
        scratch_of::<f32, _>(staged, |memory| {
            let (source, first) = match self.line {
                0 => (x.as_ptr(), lines.start),
                _ => {
                    self.stage(s, x, lines.clone(), memory);
                    (memory.as_ptr(), 0)
                }
            };
            let target = (sample * pass.groups + group) * pass.m * s.target_area();
            for rows in pass.steps() {
                let offsets = &self.offsets[rows.clone()];
                let mut units = lines.clone().flat_map(|line| (0..self.vectors).map(move |v| (line, v)));
                while let Some(one) = units.next() {
                    let two = units.next();
                    let unit = |(line, v): (usize, usize)| {
                        let from = ((line - lines.start + first) * s.step[1] * down + v * LANES) as isize;
                        let to = target + s.place([0, line, v * LANES]);
                        let mask = ((1u32 << (s.count[2] - v * LANES).min(LANES)) - 1) as u16;
                        // SAFETY: places in the source and in the result.
                        unsafe { Unit { from: source.offset(from), to: y.pointer().add(to), mask } }
                    };
                    let pair = (unit(one), two.map(unit));
                    // SAFETY: the caller's promise.
                    unsafe { self.channels(pass, group, &rows, offsets, weights, pair) };
                }
            }
        });
    }

    /// All channels of one or two vectors.
    unsafe fn channels(
        &self,
        pass: &Pass,
        group: usize,
        rows: &Range<usize>,
        offsets: &[i64],
        weights: &[f32],
        pair: (Unit, Option<Unit>),
    ) {
        let s = &pass.sweep;
        let (row, step, add) = (s.target_area(), s.place_step(), rows.start > 0);
        for m in (0..pass.m).step_by(pass.height) {
            let height = pass.height.min(pass.m - m);
            let weights = &weights[pass.panel(group, rows, m)..][..height * rows.len()];
            let store = Store { row, step, add };
            // SAFETY: the caller's promise.
            unsafe {
                let at = |unit: Unit| Unit { to: unit.to.add(m * row), ..unit };
                match pair.1 {
                    Some(two) => TWO[height - 1](offsets, weights, [at(pair.0), at(two)], store),
                    None => ONE[height - 1](offsets, weights, [at(pair.0)], store),
                }
            }
        }
    }

    /// Copies the lines of the source that `lines` of the result read.
    fn stage(&self, s: &Sweep, x: &[f32], lines: Range<usize>, to: &mut [f32]) {
        let (step, wide) = (s.step[2], s.source[2] as isize);
        let first = (lines.start * s.step[1]) as isize + self.low[0];
        let count = self.staged_lines(s, self.block);
        for (x, to) in x.chunks_exact(s.area()).zip(to.chunks_exact_mut(count * step * self.line)) {
            for (i, to) in to.chunks_exact_mut(step * self.line).enumerate() {
                let h = first + i as isize;
                if h < 0 || h >= s.source[1] as isize {
                    to.fill(0.0);
                    continue;
                }
                let x = &x[h as usize * s.source[2]..][..s.source[2]];
                for (phase, to) in to.chunks_exact_mut(self.line).enumerate() {
                    // Element `e` is `x[e * step + from]`.
                    let from = phase as isize + self.low[1];
                    let zeros = ((-from).max(0) as usize).div_ceil(step).min(self.line);
                    let end = ((wide - from).max(0) as usize).div_ceil(step).clamp(zeros, self.line);
                    to[..zeros].fill(0.0);
                    to[end..].fill(0.0);
                    if end > zeros {
                        let x = &x[((zeros * step) as isize + from) as usize..];
                        match step {
                            1 => to[zeros..end].copy_from_slice(&x[..end - zeros]),
                            _ => to[zeros..end].iter_mut().zip(x.iter().step_by(step)).for_each(|(to, &x)| *to = x),
                        }
                    }
                }
            }
        }
    }
}
