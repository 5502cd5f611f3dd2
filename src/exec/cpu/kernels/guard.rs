//! Stops a run whose loss is no number, before any state is overwritten.

use super::super::Kernel;
use super::super::frame::{Frame, Strided};
use super::walk::Walk;
use crate::exec::Fault;
use crate::plan::Step;
use crate::types::DType;

struct GuardKernel<T> {
    output: usize,
    src: Strided<T>,
    walk: Walk<1>,
}

pub fn guard(step: &Step, output: usize) -> Box<dyn Kernel> {
    let arg = &step.args[0];
    let walk = Walk::new(&arg.view.shape, [&arg.view.strides]);
    match arg.dtype {
        DType::F16 | DType::Bf16 => unreachable!("losses are wider"),
        DType::F32 => Box::new(GuardKernel::<f32> { output, src: Strided::new(arg), walk }),
        DType::F64 => Box::new(GuardKernel::<f64> { output, src: Strided::new(arg), walk }),
        DType::I32 | DType::I64 | DType::U8 | DType::Bool => Box::new(Finite),
    }
}

/// Integers are always finite.
struct Finite;

impl Kernel for Finite {
    fn run(&mut self, _frame: &Frame) -> Result<(), Fault> {
        Ok(())
    }
}

macro_rules! guard {
    ($t:ty) => {
        impl Kernel for GuardKernel<$t> {
            fn run(&mut self, frame: &Frame) -> Result<(), Fault> {
                let src = self.src.start(frame);
                let mut finite = true;
                self.walk.stretches(0, self.walk.count(), |[place], [stride], n| {
                    finite &= (0..n as isize).all(|i| src.at(place + i * stride).is_finite());
                });
                if finite { Ok(()) } else { Err(Fault::NotFinite { output: self.output }) }
            }
        }
    };
}
guard!(f32);
guard!(f64);
