//! The Fourier transform, one signal to a task, in f64.

use super::super::element::Real;
use super::super::fourier::Fourier;
use super::super::frame::{Array, Frame};
use super::super::scratch::scratch_of;
use super::super::{Kernel, parallel};
use crate::exec::Fault;
use crate::plan::Step;
use crate::types::DType;

struct FftKernel<T> {
    plan: Fourier,
    src: Array<T>,
    dst: Array<T>,
    inverse: bool,
}

pub fn fft(step: &Step, inverse: bool) -> Box<dyn Kernel> {
    match step.results[0].dtype {
        DType::F32 => Box::new(FftKernel::<f32>::new(step, inverse)),
        DType::F64 => Box::new(FftKernel::<f64>::new(step, inverse)),
        DType::F16 | DType::Bf16 => unreachable!("plans compute in f32"),
        DType::I32 | DType::I64 | DType::U8 | DType::Bool => unreachable!("fft is for floats"),
    }
}

impl<T: Real> FftKernel<T> {
    fn new(step: &Step, inverse: bool) -> FftKernel<T> {
        let (arg, result) = (&step.args[0], &step.results[0]);
        let n = arg.view.shape[arg.view.shape.len() - 2];
        FftKernel { plan: Fourier::new(n), src: Array::new(arg), dst: Array::new(result), inverse }
    }
}

impl<T: Real> Kernel for FftKernel<T> {
    fn run(&mut self, frame: &Frame) -> Result<(), Fault> {
        let (src, plan) = (self.src.read(frame), &self.plan);
        let size = 2 * plan.len();
        // The inverse is the transform of swapped parts, swapped.
        let (re, im) = if self.inverse { (1, 0) } else { (0, 1) };
        parallel::units(self.dst.write(frame), size.max(1), 8 * src.len(), |line, out| {
            scratch_of::<f64, _>(plan.work(), |work| {
                let (signal, rest) = work.split_at_mut(size);
                for (to, from) in signal.chunks_exact_mut(2).zip(src[line * size..].chunks_exact(2)) {
                    to.copy_from_slice(&[from[re].wide(), from[im].wide()]);
                }
                plan.run(signal, rest);
                for (to, from) in out.chunks_exact_mut(2).zip(signal.chunks_exact(2)) {
                    to.copy_from_slice(&[T::rounded(from[re]), T::rounded(from[im])]);
                }
            });
        });
        Ok(())
    }
}
