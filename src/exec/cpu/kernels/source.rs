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
    /// Elements of one block of the generator.
    each: usize,
    /// Writes the elements of the blocks from one on: of a key, a stream, and the number of that block.
    fill: unsafe fn(i64, u64, u64, &mut [T]),
}

pub fn uniform(step: &Step, stream: u64) -> Box<dyn Kernel> {
    let (key, result) = (Array::new(&step.args[0]), &step.results[0]);
    match result.dtype {
        DType::F64 => Box::new(UniformKernel::<f64> {
            key,
            stream,
            dst: Array::new(result),
            each: 2,
            fill: versions!(
                unsafe fn(key: i64, stream: u64, first: u64, out: &mut [f64]) {
                    fill(key, stream, first, out, philox::elements_f64)
                }
            ),
        }),
        _ => Box::new(UniformKernel::<f32> {
            key,
            stream,
            dst: Array::new(result),
            each: 4,
            fill: versions!(
                unsafe fn(key: i64, stream: u64, first: u64, out: &mut [f32]) {
                    fill(key, stream, first, out, philox::elements_f32)
                }
            ),
        }),
    }
}

#[inline(always)]
fn fill<T: Copy, const N: usize>(key: i64, stream: u64, first: u64, out: &mut [T], of: impl Fn([u32; 4]) -> [T; N]) {
    let (whole, rest) = out.as_chunks_mut::<N>();
    let end = first + whole.len() as u64;
    for (index, out) in whole.iter_mut().enumerate() {
        *out = of(philox::block(key, stream, first + index as u64));
    }
    if !rest.is_empty() {
        rest.copy_from_slice(&of(philox::block(key, stream, end))[..rest.len()]);
    }
}

impl<T: Element> Kernel for UniformKernel<T> {
    fn run(&mut self, frame: &Frame) -> Result<(), Fault> {
        let (key, stream, each, fill) = (self.key.read(frame)[0], self.stream, self.each, self.fill);
        parallel::units(self.dst.write(frame), CHUNK, self.dst.len * COST, |chunk, out| {
            // SAFETY: the version of `fill` is one that this processor runs, and it asks for nothing else.
            unsafe { fill(key, stream, (chunk * CHUNK / each) as u64, out) }
        });
        Ok(())
    }
}
