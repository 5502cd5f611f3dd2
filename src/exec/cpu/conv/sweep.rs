//! What a convolution does in either direction: every position of the result is a sum over channels and taps of the
//! source. Forward, the taps of a kernel lie `dilation` apart and positions `stride` apart; the adjoint is a sweep of
//! its own for every place within a stride, because the positions of one such phase meet the same taps.

use crate::ops::ConvMode;

/// Sizes of a convolution; missing spatial axes count 1. `x [n, g c, s..]`, `w [g o, c, k..]`, `y [n, g o, t..]`.
#[derive(Clone, Copy, Debug)]
pub struct Geometry {
    pub samples: usize,
    pub groups: usize,
    /// Channels of `x` in one group.
    pub channels: usize,
    /// Channels of `y` in one group.
    pub filters: usize,
    pub x: [usize; 3],
    pub kernel: [usize; 3],
    pub y: [usize; 3],
    pub stride: [usize; 3],
    pub pad: [usize; 3],
    pub dilation: [usize; 3],
}

/// One axis of a sweep: position `i` reads `i * step + offset` for each tap, and writes `first + i * every`.
#[derive(Clone, Debug, PartialEq)]
struct Axis {
    source: usize,
    count: usize,
    step: usize,
    /// Elements of the kernel, and where they meet position 0.
    taps: Vec<(usize, isize)>,
    target: usize,
    first: usize,
    every: usize,
}

/// A sweep over one group.
#[derive(Clone, Debug)]
pub struct Sweep {
    /// Channels that are summed.
    pub channels: usize,
    /// Spatial sizes of the source, and how far apart neighbouring positions read.
    pub source: [usize; 3],
    pub step: [usize; 3],
    /// Positions of one sample.
    pub count: [usize; 3],
    /// Spatial sizes of the result, and where positions lie in it.
    pub target: [usize; 3],
    first: [usize; 3],
    every: [usize; 3],
    /// Offsets of the taps.
    pub taps: Vec<[isize; 3]>,
    /// The taps' places in the kernel.
    pub places: Vec<usize>,
}

impl Geometry {
    pub fn kernel_len(&self) -> usize {
        self.kernel.iter().product()
    }

    /// The sweep from `x` to `y`.
    pub fn forward(&self) -> Sweep {
        let axes = std::array::from_fn(|a| Axis {
            source: self.x[a],
            count: self.y[a],
            step: self.stride[a],
            taps: (0..self.kernel[a]).map(|k| (k, (k * self.dilation[a]) as isize - self.pad[a] as isize)).collect(),
            target: self.y[a],
            first: 0,
            every: 1,
        });
        Sweep::new(self.channels, axes, self.kernel)
    }

    /// The sweeps from `y` to `x`, one for each phase of the strides; together they reach every element of `x`.
    pub fn adjoint(&self) -> Vec<Sweep> {
        let [d, h, w] = std::array::from_fn(|a| self.stride[a].min(self.x[a]));
        let phases = (0..d * h * w).map(|p| [p / (h * w), p / w % h, p % w]);
        phases
            .map(|phase| Sweep::new(self.filters, std::array::from_fn(|a| self.phase(a, phase[a])), self.kernel))
            .collect()
    }

    fn phase(&self, a: usize, phase: usize) -> Axis {
        let stride = self.stride[a] as isize;
        let meets = |k: usize| {
            let distance = (phase + self.pad[a]) as isize - (k * self.dilation[a]) as isize;
            (distance % stride == 0).then_some((k, distance / stride))
        };
        Axis {
            source: self.y[a],
            count: (self.x[a] - phase).div_ceil(self.stride[a]),
            step: 1,
            taps: (0..self.kernel[a]).filter_map(meets).collect(),
            target: self.x[a],
            first: phase,
            every: self.stride[a],
        }
    }

    /// How far apart the weights are that one sweep reads: from one channel of the result to the next, and from one
    /// channel of the source to the next.
    pub fn weight_strides(&self, mode: ConvMode) -> [usize; 2] {
        let (kernel, filter) = (self.kernel_len(), self.channels * self.kernel_len());
        match mode {
            ConvMode::Input => [kernel, filter],
            ConvMode::Forward | ConvMode::Weight => [filter, kernel],
        }
    }
}

impl Axis {
    /// Whether positions are the elements of the source.
    fn is_identity(&self) -> bool {
        let whole = self.source == self.count && self.target == self.count;
        whole && self.step == 1 && self.every == 1 && matches!(self.taps[..], [(_, 0)])
    }
}

impl Sweep {
    /// At most two spatial axes.
    pub fn is_flat(&self) -> bool {
        self.count[0] == 1 && self.source[0] == 1 && self.taps.iter().all(|tap| tap[0] == 0)
    }

    fn new(channels: usize, mut axes: [Axis; 3], kernel: [usize; 3]) -> Sweep {
        let taps = || {
            let [d, h, w] = &axes;
            let rows = d.taps.iter().flat_map(move |d| h.taps.iter().map(move |h| (d, h)));
            rows.flat_map(move |(d, h)| w.taps.iter().map(move |w| [d, h, w]))
        };
        let places = taps().map(|[d, h, w]| (d.0 * kernel[1] + h.0) * kernel[2] + w.0).collect();
        let offsets = taps().map(|tap| tap.map(|t| t.1)).collect();
        for (outer, inner) in [(1, 2), (0, 2), (0, 1)] {
            // Axes that the kernel does not reach across are walked as one.
            if axes[outer].is_identity()
                && axes[inner].is_identity()
                && (inner - outer == 1 || axes[1].is_identity() && axes[1].count == 1)
            {
                let n = axes[outer].count * axes[inner].count;
                let [a, b] = [(inner, n), (outer, 1)];
                for (axis, n) in [a, b] {
                    axes[axis] = Axis { source: n, count: n, target: n, ..axes[axis].clone() };
                }
            }
        }
        Sweep {
            channels,
            source: axes.each_ref().map(|a| a.source),
            step: axes.each_ref().map(|a| a.step),
            count: axes.each_ref().map(|a| a.count),
            target: axes.each_ref().map(|a| a.target),
            first: axes.each_ref().map(|a| a.first),
            every: axes.each_ref().map(|a| a.every),
            taps: offsets,
            places,
        }
    }

    /// If positions side by side are all of the result and meet 3 x 3 taps side by side in one plane: the first offsets, and
    /// for each offset the tap's place in the kernel.
    pub fn square_taps(&self) -> Option<([isize; 3], [usize; 9])> {
        let low = self.taps.iter().copied().min()?;
        let mut places = [0; 9];
        let flat = self.count[0] == 1 && self.source[0] == 1 && self.step == [1; 3] && self.is_dense();
        let mut found = 0u32;
        for (tap, &place) in self.taps.iter().zip(&self.places) {
            let [d, h, w] = std::array::from_fn(|a| tap[a] - low[a]);
            let inside = d == 0 && (0..3).contains(&h) && (0..3).contains(&w);
            let index = if inside { (h * 3 + w) as usize } else { 9 };
            *places.get_mut(index)? = place;
            found |= 1 << index;
        }
        (flat && self.taps.len() == 9 && found == 0x1ff).then_some((low, places))
    }

    /// The same source in squares of 4 x 4, two positions apart: the first begins `low` from position 0, and each is what taps
    /// of 3 x 3 meet from 2 x 2 positions.
    pub fn squares(&self, low: [isize; 3]) -> Sweep {
        let offsets = (0..16).map(|place| [low[0], low[1] + place / 4, low[2] + place % 4]);
        let [deep, high, wide] = self.count;
        Sweep {
            step: [1, 2, 2],
            count: [deep, high.div_ceil(2), wide.div_ceil(2)],
            taps: offsets.collect(),
            places: (0..16).collect(),
            ..self.clone()
        }
    }

    /// The result's channels as a source, in squares of 2 x 2.
    pub fn result_squares(&self, channels: usize) -> Sweep {
        let offsets = (0..4).map(|place| [0, place / 2, place % 2]);
        let squares = self.squares([0; 3]);
        Sweep { channels, source: self.target, taps: offsets.collect(), places: (0..4).collect(), ..squares }
    }

    /// Terms of a sum.
    pub fn rows(&self) -> usize {
        self.channels * self.taps.len()
    }

    /// Elements of one channel of the source.
    pub fn area(&self) -> usize {
        self.source.iter().product()
    }

    /// Positions of one sample.
    pub fn positions(&self) -> usize {
        self.count.iter().product()
    }

    /// Elements of one channel of the result.
    pub fn target_area(&self) -> usize {
        self.target.iter().product()
    }

    /// Whether positions are all elements of the result, in order.
    pub fn is_dense(&self) -> bool {
        self.count == self.target
    }

    /// Where a position lies in a channel of the result.
    pub fn place(&self, at: [usize; 3]) -> usize {
        let [d, h, w]: [usize; 3] = std::array::from_fn(|a| self.first[a] + at[a] * self.every[a]);
        (d * self.target[1] + h) * self.target[2] + w
    }

    /// How far apart neighbouring positions of the last axis lie in the result.
    pub fn place_step(&self) -> usize {
        self.every[2]
    }
}
