//! Values from nothing: counting, and counter-based random numbers.

use super::super::element::{Element, typed};
use super::super::frame::{Array, Frame};
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
const COST: usize = 8;

struct UniformKernel<T> {
    key: Array<i64>,
    stream: u64,
    dst: Array<T>,
}

pub fn uniform(step: &Step, stream: u64) -> Box<dyn Kernel> {
    let (arg, result) = (&step.args[0], &step.results[0]);
    match result.dtype {
        DType::F64 => Box::new(UniformKernel::<f64> { key: Array::new(arg), stream, dst: Array::new(result) }),
        _ => Box::new(UniformKernel::<f32> { key: Array::new(arg), stream, dst: Array::new(result) }),
    }
}

impl Kernel for UniformKernel<f32> {
    fn run(&mut self, frame: &Frame) -> Result<(), Fault> {
        let (key, stream) = (self.key.read(frame)[0], self.stream);
        parallel::units(self.dst.write(frame), CHUNK, self.dst.len * COST, |chunk, out| {
            let first = (chunk * CHUNK / 4) as u64;
            for (block, out) in (first..).zip(out.chunks_mut(4)) {
                let words = philox::block(key, stream, block);
                out.iter_mut().zip(words).for_each(|(out, word)| *out = philox::unit_f32(word));
            }
        });
        Ok(())
    }
}

impl Kernel for UniformKernel<f64> {
    fn run(&mut self, frame: &Frame) -> Result<(), Fault> {
        let (key, stream) = (self.key.read(frame)[0], self.stream);
        parallel::units(self.dst.write(frame), CHUNK, self.dst.len * COST, |chunk, out| {
            let first = (chunk * CHUNK / 2) as u64;
            for (block, out) in (first..).zip(out.chunks_mut(2)) {
                let [a, b, c, d] = philox::block(key, stream, block);
                out.iter_mut().zip([(a, b), (c, d)]).for_each(|(out, (low, high))| *out = philox::unit_f64(low, high));
            }
        });
        Ok(())
    }
}
