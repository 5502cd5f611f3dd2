//! A sweep along lines of the result, with vectors of 16 f32: taps read the source where it lies, so that nothing is
//! packed but the weights.

use super::super::frame::Writer;
use super::super::scratch::scratch_of;
use super::forward::{Pass, TASKS};
use super::line_tile::{ONE, Store, TWO, Unit};
use super::stage::Stage;
use std::ops::Range;

/// Elements of a vector.
const LANES: usize = 16;

/// Elements of staged lines, at most, unless two lines need more.
const STAGED: usize = 96 << 10;

/// Fewer samples than this share out the positions of long lines.
const FEW: usize = 4;

/// How a sweep goes along lines.
pub struct Lines {
    stage: Stage,
    /// Lines of the result that one task computes.
    block: usize,
    /// Lines of the result in one sample.
    high: usize,
    /// Vectors of one line.
    vectors: usize,
    /// By row: where the element of position 0 is.
    offsets: Vec<i64>,
}

impl Lines {
    /// Whether, and how, lines are a good way: vectors are mostly full, and there are at most two spatial axes.
    pub fn new(pass: &Pass) -> Option<Lines> {
        let s = &pass.sweep;
        let [_, high, wide] = s.count;
        let vectors = wide.div_ceil(LANES);
        let apart = pass.samples * pass.groups;
        if wide * 5 < vectors * LANES * 3 || high == 1 && vectors > FEW && apart < FEW {
            return None;
        }
        let stage = Stage::new(s, vectors * LANES)?;
        let mut block = high.div_ceil(TASKS.div_ceil(apart.max(1))).max(4).min(high);
        while block > 2 && s.channels * stage.channel(s, block) > STAGED {
            block = block.div_ceil(2);
        }
        Some(Lines { offsets: stage.offsets(s, block), stage, block, high, vectors })
    }

    fn blocks(&self) -> usize {
        self.high.div_ceil(self.block)
    }

    pub fn tasks(&self, pass: &Pass) -> usize {
        pass.samples * pass.groups * self.blocks()
    }

    /// The channels of all groups of all samples that one task computes some lines of, and the elements in each.
    pub fn part(&self, pass: &Pass, task: usize) -> (Range<usize>, Range<usize>) {
        let (block, image) = (task % self.blocks(), task / self.blocks());
        let wide = pass.sweep.count[2];
        let lines = block * self.block..self.high.min((block + 1) * self.block);
        (image * pass.m..(image + 1) * pass.m, lines.start * wide..lines.end * wide)
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
        let [_, down] = self.stage.strides(s, self.block);
        let staged = s.channels * self.stage.channel(s, self.block);
        scratch_of::<f32, _>(staged, |memory| {
            let (source, first) = match self.stage.copies() {
                false => (x.as_ptr(), lines.start),
                true => {
                    self.stage.copy(s, x, lines.clone(), self.block, memory);
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
                        let from = ((line - lines.start + first) * down + v * LANES) as isize;
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
}
