//! Convolutions as matrix products on patches, a block of samples at a time.
//!
//! Per group, with `P` the patches of a block: forward `y = w P`, in `x` `P = w^T y` folded back, in `w` `w += y P^T`.
//! Blocks depend on sizes alone. Weight gradients are summed within fixed runs of blocks, and these by a balanced tree.

use super::super::frame::{Array, Frame, Writer};
use super::super::gemm::{Factor, Gemm, gemm};
use super::super::scratch::scratch_of;
use super::super::{Kernel, parallel};
use super::fold::Fold;
use super::patches::Geometry;
use super::reduce::join_parts;
use crate::exec::Fault;
use crate::ops::{Conv, ConvMode, Reduce};
use crate::plan::Step;
use crate::types::DType;

/// Columns of a product below which several samples go together.
const COLUMNS: usize = 256;

/// Runs of samples whose weight gradients are summed apart.
const RUNS: usize = 8;

/// The most elements of all runs' weight gradients together.
const RUN_ELEMENTS: usize = 4 << 20;

struct ConvKernel<T> {
    mode: ConvMode,
    geometry: Geometry,
    lhs: Array<T>,
    rhs: Array<T>,
    dst: Array<T>,
    /// Samples of one product.
    block: usize,
    /// Of weight gradients: one per run.
    partials: Vec<T>,
    sum: Fold<T>,
}

pub fn conv(step: &Step, conv: &Conv<usize>) -> Box<dyn Kernel> {
    match step.results[0].dtype {
        DType::F64 => Box::new(ConvKernel::<f64>::new(step, conv)),
        _ => Box::new(ConvKernel::<f32>::new(step, conv)),
    }
}

impl<T: Factor> ConvKernel<T> {
    fn new(step: &Step, conv: &Conv<usize>) -> ConvKernel<T> {
        let geometry = Geometry::new(step, conv);
        let dst = Array::new(&step.results[0]);
        let block = COLUMNS.div_ceil(geometry.positions().max(1)).min((geometry.samples / 8).max(1));
        let blocks = geometry.samples.div_ceil(block);
        let runs = match conv.mode {
            ConvMode::Weight => (RUN_ELEMENTS / dst.len.max(1)).clamp(1, RUNS).min(blocks),
            ConvMode::Forward | ConvMode::Input => 0,
        };
        ConvKernel {
            mode: conv.mode,
            lhs: Array::new(&step.args[0]),
            rhs: Array::new(&step.args[1]),
            dst,
            block,
            partials: vec![T::ZERO; runs * dst.len],
            sum: Fold::new(Reduce::Sum, step.results[0].dtype),
            geometry,
        }
    }

    fn work(&self) -> usize {
        let g = &self.geometry;
        g.samples * g.groups * g.filters * g.positions() * g.rows().div_ceil(16)
    }

    /// The product of weights `[filters, rows]` with patches `[rows, columns]`.
    fn product(&self, columns: usize) -> Gemm {
        let (m, k) = (self.geometry.filters, self.geometry.rows());
        let columns_step = columns as isize;
        let lhs = [k as isize, 1];
        Gemm { m, k, n: columns, lhs, rhs: [columns_step, 1], out: columns_step, add: false }
    }

    /// The samples of one block.
    fn samples(&self, block: usize) -> std::ops::Range<usize> {
        block * self.block..self.geometry.samples.min((block + 1) * self.block)
    }

    /// Where a group of a sample begins in `x`, and in `y`.
    fn starts(&self, sample: usize, group: usize) -> [usize; 2] {
        let g = &self.geometry;
        let index = sample * g.groups + group;
        [index * g.channels * g.area(), index * g.filters * g.positions()]
    }

    fn forward(&self, frame: &Frame) {
        let (x, w, y) = (self.lhs.read(frame), self.rhs.read(frame), self.dst.writer(frame));
        self.blocks(|block, group| self.forward_block(x, w, y, block, group));
    }

    fn forward_block(&self, x: &[T], w: &[T], y: Writer<T>, block: usize, group: usize) {
        let (g, samples) = (&self.geometry, self.samples(block));
        let (rows, positions) = (g.rows(), g.positions());
        let columns = samples.len() * positions;
        let w = &w[group * g.filters * rows..][..g.filters * rows];
        let product = self.product(columns);
        let staged = if samples.len() == 1 { 0 } else { g.filters * columns };
        scratch_of::<T, _>(rows * columns + staged, |memory| {
            let (patches, out) = memory.split_at_mut(rows * columns);
            let direct = samples.len() == 1 && g.is_pointwise();
            let mut factor = patches.as_ptr();
            for (i, sample) in samples.clone().enumerate() {
                let x = &x[self.starts(sample, group)[0]..][..g.channels * g.area()];
                if direct {
                    factor = x.as_ptr();
                } else {
                    g.unfold(x, patches, columns, i * positions);
                }
            }
            if samples.len() == 1 {
                let start = self.starts(samples.start, group)[1];
                // SAFETY: the sizes of weights, patches and one group of one sample of the result, which is this
                // task's.
                unsafe { gemm(&product, 0, 1, w.as_ptr(), factor, y.pointer().add(start)) };
                return;
            }
            // SAFETY: as above, into this task's scratch.
            unsafe { gemm(&product, 0, 1, w.as_ptr(), factor, out.as_mut_ptr()) };
            for (i, sample) in samples.clone().enumerate() {
                // SAFETY: one group of one sample of the result, which is this task's.
                let y = unsafe { y.range(self.starts(sample, group)[1], g.filters * positions) };
                for (filter, y) in y.chunks_exact_mut(positions).enumerate() {
                    y.copy_from_slice(&out[filter * columns + i * positions..][..positions]);
                }
            }
        });
    }

    fn input(&self, frame: &Frame) {
        let (y, w, x) = (self.lhs.read(frame), self.rhs.read(frame), self.dst.writer(frame));
        self.blocks(|block, group| self.input_block(y, w, x, block, group));
    }

    fn input_block(&self, y: &[T], w: &[T], x: Writer<T>, block: usize, group: usize) {
        let (g, samples) = (&self.geometry, self.samples(block));
        let (rows, positions) = (g.rows(), g.positions());
        let columns = samples.len() * positions;
        let w = &w[group * g.filters * rows..][..g.filters * rows];
        let forward = self.product(columns);
        let product = Gemm { m: rows, k: g.filters, lhs: [1, rows as isize], ..forward };
        let staged = if samples.len() == 1 { 0 } else { g.filters * columns };
        scratch_of::<T, _>(rows * columns + staged, |memory| {
            let (patches, gathered) = memory.split_at_mut(rows * columns);
            let y = self.columns(y, gathered, samples.clone(), group);
            // SAFETY: the sizes of weights, gathered columns and this task's patches.
            unsafe { gemm(&product, 0, 1, w.as_ptr(), y.as_ptr(), patches.as_mut_ptr()) };
            for (i, sample) in samples.clone().enumerate() {
                // SAFETY: one group of one sample of the result, which is this task's.
                let x = unsafe { x.range(self.starts(sample, group)[0], g.channels * g.area()) };
                g.fold(patches, x, columns, i * positions);
            }
        });
    }

    /// One group of `y` as `[filters, samples, positions]`: as it lies, if there is one sample.
    fn columns<'a>(&self, y: &'a [T], to: &'a mut [T], samples: std::ops::Range<usize>, group: usize) -> &'a [T] {
        let (g, positions) = (&self.geometry, self.geometry.positions());
        if samples.len() == 1 {
            return &y[self.starts(samples.start, group)[1]..][..g.filters * positions];
        }
        let columns = samples.len() * positions;
        for (i, sample) in samples.enumerate() {
            let y = &y[self.starts(sample, group)[1]..][..g.filters * positions];
            for (filter, y) in y.chunks_exact(positions).enumerate() {
                to[filter * columns + i * positions..][..positions].copy_from_slice(y);
            }
        }
        to
    }

    fn weight(&mut self, frame: &Frame) {
        let (x, y) = (self.lhs.read(frame), self.rhs.read(frame));
        let mut partials = std::mem::take(&mut self.partials);
        let size = self.dst.len;
        let blocks = self.geometry.samples.div_ceil(self.block);
        let run = blocks.div_ceil((partials.len() / size.max(1)).max(1));
        parallel::units(&mut partials, size.max(1), self.work(), |index, out| {
            out.fill(T::ZERO);
            for block in index * run..blocks.min((index + 1) * run) {
                for group in 0..self.geometry.groups {
                    self.weight_block(x, y, out, block, group);
                }
            }
        });
        join_parts(&self.sum, &mut partials, size);
        self.dst.write(frame).copy_from_slice(&partials[..size]);
        self.partials = partials;
    }

    fn weight_block(&self, x: &[T], y: &[T], out: &mut [T], block: usize, group: usize) {
        let (g, samples) = (&self.geometry, self.samples(block));
        let (rows, positions) = (g.rows(), g.positions());
        let columns = samples.len() * positions;
        let step = columns as isize;
        let out = &mut out[group * g.filters * rows..][..g.filters * rows];
        let product =
            Gemm { m: g.filters, k: columns, n: rows, lhs: [step, 1], rhs: [1, step], out: rows as isize, add: true };
        scratch_of::<T, _>((rows + g.filters) * columns, |memory| {
            let (patches, gathered) = memory.split_at_mut(rows * columns);
            for (i, sample) in samples.clone().enumerate() {
                let x = &x[self.starts(sample, group)[0]..][..g.channels * g.area()];
                g.unfold(x, patches, columns, i * positions);
            }
            let y = self.columns(y, gathered, samples.clone(), group);
            // SAFETY: the sizes of the columns, the patches and one group of the weights.
            unsafe { gemm(&product, 0, 1, y.as_ptr(), patches.as_ptr(), out.as_mut_ptr()) };
        });
    }

    /// Runs `f(block, group)` for all of both.
    fn blocks(&self, f: impl Fn(usize, usize) + Sync + Send) {
        let groups = self.geometry.groups;
        let blocks = self.geometry.samples.div_ceil(self.block);
        parallel::tasks(blocks * groups, self.work(), |task| f(task / groups, task % groups));
    }
}

impl<T: Factor> Kernel for ConvKernel<T> {
    fn run(&mut self, frame: &Frame) -> Result<(), Fault> {
        match self.mode {
            ConvMode::Forward => self.forward(frame),
            ConvMode::Input => self.input(frame),
            ConvMode::Weight => self.weight(frame),
        }
        Ok(())
    }
}
