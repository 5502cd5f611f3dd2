//! Chooses the kernel of each step.

use super::Kernel;
use super::conv;
use super::epilogue::{Done, Epilogue};
use super::kept::Fixed;
use super::kernels::{
    assign, copy, dot, fft, fused, guard, indexed, lines, matrix, peaks, reduce, repeat, source, windows,
};
use crate::ops::Op;
use crate::plan::{Action, Step};

/// The kernels of steps in order. A step that runs with the one before it has one that does nothing.
pub fn steps(steps: &[Step], fixed: &Fixed) -> Vec<Box<dyn Kernel>> {
    let mut kernels: Vec<Box<dyn Kernel>> = Vec::with_capacity(steps.len());
    while let Some(step) = steps.get(kernels.len()) {
        match (&step.action, steps.get(kernels.len() + 1).and_then(|next| Epilogue::of(step, next))) {
            (Action::Op(Op::Conv(found)), Some(epilogue)) => {
                kernels.push(conv::conv(step, found, fixed, Some(epilogue)));
                kernels.push(Box::new(Done));
            }
            _ => kernels.push(compile(step, fixed)),
        }
    }
    kernels
}

/// `fixed` are the inputs that stay the same from run to run, until the kernel's `renew`.
fn compile(step: &Step, fixed: &Fixed) -> Box<dyn Kernel> {
    match &step.action {
        Action::Fused(found) => Box::new(fused::FusedKernel::new(step, found)),
        Action::Copy => copy::copy(step),
        Action::Peaks { axis, size, stride, dilation } => peaks::peaks(step, *axis, [*size, *stride, *dilation]),
        Action::Guard(output) => guard::guard(step, *output),
        Action::Loop(found) => repeat::repeat(step, found),
        Action::Op(op) => primitive(step, op, fixed),
    }
}

fn primitive(step: &Step, op: &Op<usize>, fixed: &Fixed) -> Box<dyn Kernel> {
    match op {
        Op::Iota { .. } => source::iota(step),
        Op::Uniform { stream, .. } => source::uniform(step, *stream),
        Op::Pad { .. } | Op::Concat { .. } => copy::assemble(step, op),
        Op::Unwindows { axis, stride, dilation, .. } => windows::unwindows(step, *axis, *stride, *dilation),
        Op::Reduce { kind, axes } => reduce::reduce(step, *kind, axes),
        Op::ArgMax { axis } => lines::argmax(step, *axis),
        Op::CumSum { axis, reverse } => lines::cumsum(step, *axis, *reverse),
        Op::ArgSort { axis, descending } => lines::argsort(step, *axis, *descending),
        Op::Assign => assign::assign(step),
        Op::Dot { batch, contract } => dot::dot(step, batch, contract, fixed),
        Op::Conv(found) => conv::conv(step, found, fixed, None),
        Op::Matrix(op) => matrix::matrix(step, *op),
        Op::Fft { inverse } => fft::fft(step, *inverse),
        Op::Take { axis } => indexed::take(step, *axis),
        Op::PutAdd { axis, n } => indexed::put_add(step, *axis, *n),
        Op::TakeAlong { axis } => indexed::take_along(step, *axis),
        Op::PutAlongAdd { axis, n } => indexed::put_along_add(step, *axis, *n),
        Op::Const(_)
        | Op::Unary(_)
        | Op::Binary(_)
        | Op::Compare(_)
        | Op::Select
        | Op::Cast(_)
        | Op::Reshape { .. }
        | Op::Transpose { .. }
        | Op::Broadcast { .. }
        | Op::Slice { .. }
        | Op::Flip { .. }
        | Op::Barrier { .. }
        | Op::Windows { .. } => unreachable!("{} is element-wise, a view or a constant", op.name()),
    }
}
