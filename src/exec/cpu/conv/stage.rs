//! Lines of a source that taps can read at a fixed distance from a position: as they lie, or, where a sweep has a rim or
//! steps over elements, copied first with zeros around and with the elements of each phase of the step side by side.

use super::super::element::Element;
use super::sweep::Sweep;
use std::ops::Range;

/// How lines of a source are read.
#[derive(Clone, Debug)]
pub struct Stage {
    /// The least offsets of the taps along the last two axes, and how far the greatest of the last but one is from it.
    low: [isize; 2],
    reach: usize,
    /// Elements of one copied line of one phase; 0 where the source is read as it lies.
    line: usize,
}

impl Stage {
    /// A way to read `wide` positions of each line; none if there are more than two spatial axes.
    pub fn new(s: &Sweep, wide: usize) -> Option<Stage> {
        if !s.is_flat() || s.rows() == 0 || s.positions() == 0 {
            return None;
        }
        let least = |axis: usize| s.taps.iter().map(|tap| tap[axis]).min().unwrap_or(0);
        let most = |axis: usize| s.taps.iter().map(|tap| tap[axis]).max().unwrap_or(0);
        let low = [least(1), least(2)];
        let inside = low[0] >= 0 && ((s.count[1] - 1) * s.step[1]) as isize + most(1) < s.source[1] as isize;
        let as_it_lies = s.step[2] == 1 && inside && low[1] >= 0 && wide as isize + most(2) <= s.source[2] as isize;
        let line = match as_it_lies {
            true => 0,
            false => wide + (most(2) - low[1]) as usize / s.step[2],
        };
        Some(Stage { low, reach: (most(1) - low[0]) as usize, line })
    }

    /// Whether lines are copied.
    pub fn copies(&self) -> bool {
        self.line > 0
    }

    /// Elements of one channel of the source of `lines` lines of the result, if they are copied.
    pub fn channel(&self, s: &Sweep, lines: usize) -> usize {
        self.copied(s, lines) * s.step[2] * self.line
    }

    /// Lines of the source that `lines` of the result read.
    fn copied(&self, s: &Sweep, lines: usize) -> usize {
        (lines - 1) * s.step[1] + self.reach + 1
    }

    /// From one channel to the next, and from one line of the result to the next, where `lines` are copied together.
    pub fn strides(&self, s: &Sweep, lines: usize) -> [usize; 2] {
        match self.line {
            0 => [s.area(), s.step[1] * s.source[2]],
            line => [self.channel(s, lines), s.step[1] * s.step[2] * line],
        }
    }

    /// By row of the sweep: how far from its first channel, at a position, the tap reads.
    pub fn offsets(&self, s: &Sweep, lines: usize) -> Vec<i64> {
        let [channel, _] = self.strides(s, lines);
        let place = |tap: &[isize; 3]| match self.line {
            0 => tap[1] * s.source[2] as isize + tap[2],
            line => {
                let (h, w) = ((tap[1] - self.low[0]) as usize, (tap[2] - self.low[1]) as usize);
                ((h * s.step[2] + w % s.step[2]) * line + w / s.step[2]) as isize
            }
        };
        (0..s.channels).flat_map(|c| s.taps.iter().map(move |tap| (c * channel) as i64 + place(tap) as i64)).collect()
    }

    /// Copies what `lines` of the result read of whole channels `x`; `together` is what `strides` was asked for.
    pub fn copy<T: Element>(&self, s: &Sweep, x: &[T], lines: Range<usize>, together: usize, to: &mut [T]) {
        let first = (lines.start * s.step[1]) as isize + self.low[0];
        let count = self.copied(s, lines.len());
        for (x, to) in x.chunks_exact(s.area()).zip(to.chunks_exact_mut(self.channel(s, together))) {
            for (i, to) in to.chunks_exact_mut(s.step[2] * self.line).enumerate().take(count) {
                let h = first + i as isize;
                match h < 0 || h >= s.source[1] as isize {
                    true => to.fill(T::ZERO),
                    false => self.copy_line(s, &x[h as usize * s.source[2]..][..s.source[2]], to),
                }
            }
        }
    }

    /// One line, phase by phase.
    fn copy_line<T: Element>(&self, s: &Sweep, x: &[T], to: &mut [T]) {
        let (step, wide) = (s.step[2], s.source[2] as isize);
        for (phase, to) in to.chunks_exact_mut(self.line).enumerate() {
            // Element `e` is `x[e * step + from]`.
            let from = phase as isize + self.low[1];
            let zeros = ((-from).max(0) as usize).div_ceil(step).min(self.line);
            let end = ((wide - from).max(0) as usize).div_ceil(step).clamp(zeros, self.line);
            to[..zeros].fill(T::ZERO);
            to[end..].fill(T::ZERO);
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
