//! The adjoint of `Windows`: overlapping windows are summed back to where they came from.

use super::super::element::{Element, typed};
use super::super::frame::{Array, Frame};
use super::super::{Kernel, parallel};
use crate::exec::Fault;
use crate::plan::Step;

struct UnwindowsKernel<T> {
    src: Array<T>,
    dst: Array<T>,
    /// The source is `[outer, windows, inner, size]`, the result `[outer, n, inner]`.
    windows: usize,
    n: usize,
    inner: usize,
    size: usize,
    stride: usize,
    dilation: usize,
}

pub fn unwindows(step: &Step, axis: usize, stride: usize, dilation: usize) -> Box<dyn Kernel> {
    let (arg, result) = (&step.args[0], &step.results[0]);
    typed!(result.dtype, T => Box::new(UnwindowsKernel::<T> {
        src: Array::new(arg),
        dst: Array::new(result),
        windows: arg.view.shape[axis],
        n: result.view.shape[axis],
        inner: result.view.shape[axis + 1..].iter().product(),
        size: arg.view.shape[arg.view.shape.len() - 1],
        stride,
        dilation,
    }))
}

impl<T: Element> Kernel for UnwindowsKernel<T> {
    fn run(&mut self, frame: &Frame) -> Result<(), Fault> {
        let src = self.src.read(frame);
        let (block, from) = (self.n * self.inner, self.windows * self.inner * self.size);
        parallel::units(self.dst.write(frame), block.max(1), src.len(), |outer, out| {
            self.sum(out, &src[outer * from..][..from]);
        });
        Ok(())
    }
}

impl<T: Element> UnwindowsKernel<T> {
    fn sum(&self, out: &mut [T], src: &[T]) {
        out.fill(T::ZERO);
        for (window, rows) in src.chunks_exact(self.inner * self.size).enumerate() {
            for k in 0..self.size {
                let row = &mut out[(window * self.stride + k * self.dilation) * self.inner..][..self.inner];
                for (out, window) in row.iter_mut().zip(rows.chunks_exact(self.size)) {
                    *out = out.plus(window[k]);
                }
            }
        }
    }
}
