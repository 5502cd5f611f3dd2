//! Loops: the body's program runs `n` times on slices of the operands. Carries go back and forth between two buffers,
//! so that the last iteration writes the result.

use super::super::frame::Frame;
use super::super::{Kernel, Program};
use crate::exec::Fault;
use crate::plan::{Loop, Operand, Place, Step};

/// A stretch of memory: a whole tensor, or its first slice.
#[derive(Clone, Copy)]
struct Part {
    place: Place,
    /// In bytes, to the first element.
    offset: usize,
    bytes: usize,
}

impl Part {
    fn whole(operand: &Operand) -> Part {
        let width = operand.dtype.bytes();
        let offset = operand.view.offset as usize * width;
        Part { place: operand.place, offset, bytes: operand.count() * width }
    }

    /// The first of `n` slices.
    fn slice(operand: &Operand, n: usize) -> Part {
        let whole = Part::whole(operand);
        Part { bytes: whole.bytes / n.max(1), ..whole }
    }

    fn start(&self, frame: &Frame) -> *mut u8 {
        frame.base(self.place).wrapping_add(self.offset)
    }
}

struct Carry {
    first: Part,
    result: Part,
    spare: Place,
}

struct LoopKernel {
    n: usize,
    reverse: bool,
    program: Program,
    arena: Place,
    carries: Vec<Carry>,
    xs: Vec<Part>,
    constants: Vec<Part>,
    ys: Vec<Part>,
    /// Addresses of the running iteration's inputs and outputs.
    inputs: super::super::Pointers,
    outputs: super::super::Pointers,
}

pub fn repeat(step: &Step, found: &Loop) -> Box<dyn Kernel> {
    let (carried, rest) = step.args.split_at(found.carries);
    let (xs, constants) = rest.split_at(found.xs);
    let (results, ys) = step.results.split_at(found.carries);
    let carries = carried.iter().zip(results).zip(&found.spares).map(|((first, result), &spare)| Carry {
        first: Part::whole(first),
        result: Part::whole(result),
        spare: Place::Arena(spare),
    });
    Box::new(LoopKernel {
        n: found.n,
        reverse: found.reverse,
        program: Program::new(&found.body),
        arena: Place::Arena(found.arena),
        carries: carries.collect(),
        xs: xs.iter().map(|x| Part::slice(x, found.n)).collect(),
        constants: constants.iter().map(Part::whole).collect(),
        ys: ys.iter().map(|y| Part::slice(y, found.n)).collect(),
        inputs: Default::default(),
        outputs: Default::default(),
    })
}

impl LoopKernel {
    /// Where a carry is written in the iteration after which `left` more follow.
    fn target(carry: &Carry, frame: &Frame, left: usize) -> *mut u8 {
        if left.is_multiple_of(2) { carry.result.start(frame) } else { frame.base(carry.spare) }
    }

    fn iteration(&mut self, frame: &Frame, done: usize) -> Result<(), Fault> {
        let left = self.n - 1 - done;
        let at = if self.reverse { left } else { done };
        let mut number = at as i64;
        let (inputs, outputs) = (&mut self.inputs.0, &mut self.outputs.0);
        inputs.clear();
        inputs.push((&raw mut number).cast());
        inputs.extend(self.carries.iter().map(|carry| match done {
            0 => carry.first.start(frame),
            _ => LoopKernel::target(carry, frame, left + 1),
        }));
        let slice = |part: &Part| part.start(frame).wrapping_add(at * part.bytes);
        inputs.extend(self.xs.iter().map(slice));
        inputs.extend(self.constants.iter().map(|part| part.start(frame)));
        outputs.clear();
        outputs.extend(self.carries.iter().map(|carry| LoopKernel::target(carry, frame, left)));
        outputs.extend(self.ys.iter().map(slice));
        // SAFETY: operands and results are dense, so slices are where they are said to be; the planner keeps the body's
        // arena and the spares apart from everything that lives now; the outputs are not the inputs.
        unsafe { self.program.run(frame.base(self.arena), inputs, outputs) }
    }
}

impl Kernel for LoopKernel {
    fn run(&mut self, frame: &Frame) -> Result<(), Fault> {
        if self.n == 0 {
            for carry in &self.carries {
                let (from, to) = (carry.first.start(frame), carry.result.start(frame));
                // SAFETY: both have the carry's bytes, and a result lies over no operand.
                unsafe { std::ptr::copy_nonoverlapping(from, to, carry.result.bytes) };
            }
            return Ok(());
        }
        (0..self.n).try_for_each(|done| self.iteration(frame, done))
    }
}
