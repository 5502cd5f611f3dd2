//! Values from nothing: counting, and counter-based random numbers.

use super::super::element::{Element, typed};
use super::super::frame::{Array, Frame};
use super::super::isa::versions;
use super::super::{Kernel, parallel};
use crate::exec::Fault;
use crate::ops::philox;
use crate::plan::Step;
use crate::types::DType;

struct IotaKernel<T>(Array<T>);

pub fn iota(step: &Step) -> Box<dyn Kernel> {
    let result = &step.results[0];
    typed!(result.dtype, T => Box::new(IotaKernel::<T>(Array::new(result))))
}

impl<T: Element> Kernel for IotaKernel<T> {
    fn run(&mut self, frame: &Frame) -> Result<(), Fault> {
        for (index, out) in self.0.write(frame).iter_mut().enumerate() {
            *out = T::from_index(index);
        }
        Ok(())
    }
}

/// Elements of one task: whole blocks of the generator.
const CHUNK: usize = 4096;

/// About how many element-wise ops one random number costs.
const COST: usize = 4;

struct UniformKernel<T> {
    key: Array<i64>,
    stream: u64,
    dst: Array<T>,
    fill: Fill<T>,
}

/// Writes the elements of a tensor from one on that begins a block: of a key, a stream, and the place of that element.
type Fill<T> = unsafe fn(i64, u64, usize, &mut [T]);

pub fn uniform(step: &Step, stream: u64) -> Box<dyn Kernel> {
    match step.results[0].dtype {
        DType::F64 => UniformKernel::boxed(
            step,
            stream,
            versions!(
                unsafe fn(key: i64, stream: u64, first: usize, out: &mut [f64]) {
                    fill(key, stream, first, out, philox::elements_f64)
                }
            ),
        ),
        _ => UniformKernel::boxed(
            step,
            stream,
            versions!(
                unsafe fn(key: i64, stream: u64, first: usize, out: &mut [f32]) {
                    fill(key, stream, first, out, philox::elements_f32)
                }
            ),
        ),
    }
}

#[inline(always)]
fn fill<T: Copy, const N: usize>(key: i64, stream: u64, first: usize, out: &mut [T], of: impl Fn([u32; 4]) -> [T; N]) {
    let first = (first / N) as u64;
    let (whole, rest) = out.as_chunks_mut::<N>();
    let end = first + whole.len() as u64;
    // No closure: it would be a function without the vectors of its caller.
    for (at, out) in whole.iter_mut().enumerate() {
        *out = of(philox::block(key, stream, first + at as u64));
    }
    if !rest.is_empty() {
        rest.copy_from_slice(&of(philox::block(key, stream, end))[..rest.len()]);
    }
}

impl<T: Element> UniformKernel<T> {
    fn boxed(step: &Step, stream: u64, fill: Fill<T>) -> Box<dyn Kernel> {
        Box::new(UniformKernel { key: Array::new(&step.args[0]), stream, dst: Array::new(&step.results[0]), fill })
    }
}

impl<T: Element> Kernel for UniformKernel<T> {
    fn run(&mut self, frame: &Frame) -> Result<(), Fault> {
        let (key, stream, fill) = (self.key.read(frame)[0], self.stream, self.fill);
        parallel::units(self.dst.write(frame), CHUNK, self.dst.len * COST, |chunk, out| {
            // SAFETY: the version of `fill` is one that this processor runs, and it asks for nothing else.
            unsafe { fill(key, stream, chunk * CHUNK, out) }
        });
        Ok(())
    }
}
