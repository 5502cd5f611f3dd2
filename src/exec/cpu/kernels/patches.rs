//! The geometry of convolutions, and patches: the columns that a kernel sees, side by side, so that a convolution
//! becomes a matrix product (Chellapilla, Puri and Simard, 2006).

use super::super::element::Element;
use crate::ops::{Conv, ConvMode};
use crate::plan::Step;

/// Sizes of a convolution; missing spatial axes count 1. `x [n, c, s..]`, `w [o, c/groups, k..]`, `y [n, o, t..]`.
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
    stride: [usize; 3],
    pad: [usize; 3],
    dilation: [usize; 3],
}

impl Geometry {
    pub fn new(step: &Step, conv: &Conv<usize>) -> Geometry {
        let (lhs, rhs) = (&step.args[0].view.shape, &step.args[1].view.shape);
        let result = &step.results[0].view.shape;
        let (x, w, y) = match conv.mode {
            ConvMode::Forward => (lhs, rhs, result),
            ConvMode::Input => (result, rhs, lhs),
            ConvMode::Weight => (lhs, result, rhs),
        };
        let low: Vec<usize> = conv.pad.iter().map(|pad| pad.0).collect();
        Geometry {
            samples: x[0],
            groups: conv.groups,
            channels: w[1],
            filters: w[0] / conv.groups,
            x: three(&x[2..], 1),
            kernel: three(&w[2..], 1),
            y: three(&y[2..], 1),
            stride: three(&conv.stride, 1),
            pad: three(&low, 0),
            dilation: three(&conv.dilation, 1),
        }
    }

    /// Elements of one channel of `x`.
    pub fn area(&self) -> usize {
        self.x.iter().product()
    }

    /// Positions of `y`.
    pub fn positions(&self) -> usize {
        self.y.iter().product()
    }

    /// Rows of the patches of one group: `[channels, kernel..]`.
    pub fn rows(&self) -> usize {
        self.channels * self.kernel.iter().product::<usize>()
    }

    /// Whether the patches are `x` itself.
    pub fn is_pointwise(&self) -> bool {
        self.x == self.y && self.kernel == [1; 3] && self.stride == [1; 3] && self.pad == [0; 3]
    }

    /// The positions of `y` along one axis at which kernel element `k` lies inside `x`, and where in `x` the first one
    /// is.
    fn inside(&self, axis: usize, k: usize) -> (std::ops::Range<usize>, usize) {
        let (stride, shift) = (self.stride[axis], k * self.dilation[axis]);
        let first = self.pad[axis].saturating_sub(shift).div_ceil(stride).min(self.y[axis]);
        let end = match (self.x[axis] + self.pad[axis]).checked_sub(shift) {
            None | Some(0) => 0,
            Some(room) => (room - 1) / stride + 1,
        };
        let end = end.clamp(first, self.y[axis]);
        (first..end, (first * stride + shift).saturating_sub(self.pad[axis]))
    }

    /// Calls `f(row, y position, x position, x step, n)` for stretches along the last axis that lie inside `x`: `row`
    /// counts the kernel elements of one channel.
    fn stretches(&self, mut f: impl FnMut(usize, usize, usize, usize, usize)) {
        let [_, kh, kw] = self.kernel;
        for row in 0..self.kernel.iter().product() {
            let (kd, ki, kj) = (row / (kh * kw), row / kw % kh, row % kw);
            let (depth, d0) = self.inside(0, kd);
            let (height, i0) = self.inside(1, ki);
            let (width, j0) = self.inside(2, kj);
            if width.is_empty() {
                continue;
            }
            for (d, x_d) in depth.zip((d0..).step_by(self.stride[0])) {
                for (i, x_i) in height.clone().zip((i0..).step_by(self.stride[1])) {
                    let y = (d * self.y[1] + i) * self.y[2] + width.start;
                    let x = (x_d * self.x[1] + x_i) * self.x[2] + j0;
                    f(row, y, x, self.stride[2], width.len());
                }
            }
        }
    }

    /// Writes the patches of one sample and group, `x [channels, area]`, to rows of `width` from column `first` on.
    pub fn unfold<T: Element>(&self, x: &[T], patches: &mut [T], width: usize, first: usize) {
        let kernel: usize = self.kernel.iter().product();
        for (channel, x) in x.chunks_exact(self.area()).enumerate() {
            for row in channel * kernel..(channel + 1) * kernel {
                patches[row * width + first..][..self.positions()].fill(T::ZERO);
            }
            self.stretches(|row, y, at, step, n| {
                let out = &mut patches[(channel * kernel + row) * width + first + y..][..n];
                match step {
                    1 => out.copy_from_slice(&x[at..at + n]),
                    _ => out.iter_mut().zip(x[at..].iter().step_by(step)).for_each(|(out, &x)| *out = x),
                }
            });
        }
    }

    /// The adjoint of `unfold`: sums patches into `x`, which is overwritten.
    pub fn fold<T: Element>(&self, patches: &[T], x: &mut [T], width: usize, first: usize) {
        let kernel: usize = self.kernel.iter().product();
        for (channel, x) in x.chunks_exact_mut(self.area()).enumerate() {
            x.fill(T::ZERO);
            self.stretches(|row, y, at, step, n| {
                let patch = &patches[(channel * kernel + row) * width + first + y..][..n];
                x[at..].iter_mut().step_by(step).zip(patch).for_each(|(x, &patch)| *x = x.plus(patch));
            });
        }
    }
}

/// Aligned at the end.
fn three(sizes: &[usize], fill: usize) -> [usize; 3] {
    let mut all = [fill; 3];
    all[3 - sizes.len()..].copy_from_slice(sizes);
    all
}
