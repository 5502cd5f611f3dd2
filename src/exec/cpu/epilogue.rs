//! Element-wise work behind a convolution (bias, activation, residual) that runs on each part of the result in the task which has
//! just computed it, while the part is in the cache. What it computes are the bits of a pass of its own. Values of rows that all
//! their elements read, such as the scales of batch norm, are computed for each part; work that joins elements stays apart.

use super::Kernel;
use super::frame::Frame;
use super::kernels::fused::FusedKernel;
use crate::exec::Fault;
use crate::ops::{ConvMode, Op};
use crate::plan::{Action, Operand, Place, Step};
use std::ops::Range;

/// The work of the step behind a convolution.
pub struct Epilogue(FusedKernel);

impl Epilogue {
    /// Runs `span` of some lines of `area` elements on this thread.
    pub fn run(&self, frame: &Frame, lines: Range<usize>, area: usize, span: Range<usize>) {
        self.0.lines(frame, lines, area, span);
    }

    /// The work of `next`, if it may run on parts of what `step` makes before all of it is there. A convolution may be computed
    /// twice (`conv::Shortcut`), so that nothing that either step reads is overwritten but what the first one makes.
    pub fn of(step: &Step, next: &Step) -> Option<Epilogue> {
        let (Action::Op(Op::Conv(conv)), Action::Fused(fused)) = (&step.action, &next.action) else { return None };
        let whole = match conv.mode {
            ConvMode::Forward => true,
            ConvMode::Input => conv.stride.iter().all(|&stride| stride == 1),
            ConvMode::Weight => false,
        };
        let made = &step.results[0];
        let count = made.count();
        let alike = count > 0 && fused.shape.iter().product::<usize>() == count;
        let in_order = |arg: &Operand| arg.view.is_contiguous() && arg.view.offset == 0 && arg.count() == count;
        let (own, others): (Vec<&Operand>, Vec<&Operand>) = next.args.iter().partition(|arg| arg.place == made.place);
        let apart = |result: &Operand| !step.args.iter().chain(others.iter().copied()).any(|arg| meet(result, arg));
        let fits = whole && alike && !own.is_empty() && own.iter().all(|arg| in_order(arg));
        let kernel = (fits && next.results.iter().all(apart)).then(|| FusedKernel::new(next, fused))?;
        kernel.takes_parts().then_some(Epilogue(kernel))
    }
}

/// Whether two operands may share memory.
fn meet(result: &Operand, arg: &Operand) -> bool {
    match (result.place, arg.place) {
        (Place::Arena(to), Place::Arena(from)) => {
            let ([to, end], [from, last]) = (bytes(to, result), bytes(from, arg));
            to < last && from < end
        }
        (Place::Output(_), Place::Input(_)) => true,
        (to, from) => to == from,
    }
}

/// From which byte of the arena to which an operand's elements lie.
fn bytes(base: usize, operand: &Operand) -> [isize; 2] {
    let view = &operand.view;
    let reach = view.shape.iter().zip(&view.strides).map(|(&n, &stride)| (n as isize - 1).max(0) * stride);
    let [low, high] = reach.fold([view.offset; 2], |[low, high], reach| [low + reach.min(0), high + reach.max(0)]);
    [low, high + 1].map(|element| base as isize + element * operand.dtype.bytes() as isize)
}

/// What is done in one run with the parts of a result `[lines, area]`.
pub struct Behind<'a> {
    /// With some elements of each of some lines, on the thread that has computed them.
    each: Option<&'a Each<'a>>,
}

/// `(lines, span)`.
type Each<'a> = dyn Fn(Range<usize>, Range<usize>) + Sync + 'a;

impl<'a> Behind<'a> {
    pub fn new(each: Option<&'a Each<'a>>) -> Behind<'a> {
        Behind { each }
    }

    /// Whether anything is done.
    pub fn is_some(&self) -> bool {
        self.each.is_some()
    }

    /// This thread has computed `span` of each of some lines, and lends no scratch.
    pub fn part(&self, lines: Range<usize>, span: Range<usize>) {
        if let Some(each) = self.each.filter(|_| !span.is_empty()) {
            each(lines, span);
        }
    }
}

/// A step that ran with the one before it.
pub struct Done;

impl Kernel for Done {
    fn run(&mut self, _: &Frame) -> Result<(), Fault> {
        Ok(())
    }

    fn is_done(&self) -> bool {
        true
    }
}
