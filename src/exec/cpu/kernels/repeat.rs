//! Loops: the body's program runs `n` times on slices of the operands, but for the iterations whose condition is false.
//! Carries go back and forth between two buffers; where iterations are left out, the result may have to be copied.

use super::super::frame::Frame;
use super::super::kept::Fixed;
use super::super::{Kernel, Program};
use crate::exec::Fault;
use crate::exec::Profile;
use crate::plan::{Loop, Operand, Place, Plan, Step};

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

/// Which of its two buffers holds a carry.
#[derive(Clone, Copy)]
enum Side {
    Result,
    Spare,
}

impl Side {
    fn other(self) -> Side {
        match self {
            Side::Result => Side::Spare,
            Side::Spare => Side::Result,
        }
    }
}

/// Where the condition of an iteration is read.
#[derive(Clone, Copy)]
enum When {
    /// A carry that is false once is false for good.
    Carry(usize),
    Slice(usize),
    Constant(usize),
}

impl When {
    fn new(found: &Loop) -> Option<When> {
        let when = found.when?;
        let constants = found.carries + found.xs;
        Some(match when {
            when if when < found.carries => When::Carry(when),
            when if when < constants => When::Slice(when - found.carries),
            when => When::Constant(when - constants),
        })
    }
}

struct LoopKernel {
    n: usize,
    reverse: bool,
    when: Option<When>,
    program: Program,
    body: Plan,
    /// Marks every input of the body.
    all: Vec<bool>,
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
    // Behind the number of the iteration, carries and slices come the constants.
    let fixed = Fixed::of_body(&found.body, 1 + found.carries + found.xs);
    Box::new(LoopKernel {
        n: found.n,
        reverse: found.reverse,
        when: When::new(found),
        program: Program::new(&found.body, &fixed),
        body: found.body.clone(),
        all: vec![true; found.body.inputs.len()],
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
    /// Where the value of a carry lies; before the first iteration it is the operand itself.
    fn value(carry: &Carry, frame: &Frame, at: Option<Side>) -> *mut u8 {
        match at {
            None => carry.first.start(frame),
            Some(Side::Result) => carry.result.start(frame),
            Some(Side::Spare) => frame.base(carry.spare),
        }
    }

    /// Whether iteration `at` runs. It is asked for with the carries that the iteration would see.
    fn runs(&self, frame: &Frame, at: usize, side: Option<Side>) -> bool {
        let from = match self.when {
            None => return true,
            Some(When::Carry(carry)) => LoopKernel::value(&self.carries[carry], frame, side),
            Some(When::Slice(x)) => self.xs[x].start(frame).wrapping_add(at * self.xs[x].bytes),
            Some(When::Constant(constant)) => self.constants[constant].start(frame),
        };
        // SAFETY: a condition is one boolean, which is a byte.
        unsafe { from.read() != 0 }
    }

    fn iteration(&mut self, frame: &Frame, at: usize, from: Option<Side>, to: Side) -> Result<(), Fault> {
        let mut number = at as i64;
        let (inputs, outputs) = (&mut self.inputs.0, &mut self.outputs.0);
        inputs.clear();
        inputs.push((&raw mut number).cast());
        inputs.extend(self.carries.iter().map(|carry| LoopKernel::value(carry, frame, from)));
        let slice = |part: &Part| part.start(frame).wrapping_add(at * part.bytes);
        inputs.extend(self.xs.iter().map(slice));
        inputs.extend(self.constants.iter().map(|part| part.start(frame)));
        outputs.clear();
        outputs.extend(self.carries.iter().map(|carry| LoopKernel::value(carry, frame, Some(to))));
        outputs.extend(self.ys.iter().map(slice));
        // SAFETY: operands and results are dense, so slices are where they are said to be; the planner keeps the body's
        // arena and the spares apart from everything that lives now; the outputs are not the inputs.
        unsafe { self.program.run(frame.base(self.arena), inputs, outputs, frame.stop()) }
    }

    /// What an iteration that does not run leaves of the ys.
    fn clear(&self, frame: &Frame, at: usize) {
        for y in &self.ys {
            let slice = y.start(frame).wrapping_add(at * y.bytes);
            // SAFETY: the slice is part of a result that this step owns; zero bytes are zeros of every type.
            unsafe { slice.write_bytes(0, y.bytes) };
        }
    }
}

impl Kernel for LoopKernel {
    fn profile(&mut self, on: bool) -> Option<Profile> {
        Some(self.program.profile(&self.body, on))
    }

    fn run(&mut self, frame: &Frame) -> Result<(), Fault> {
        self.program.renew(&self.all);
        // So that the last iteration of a loop without a condition writes the results where they belong.
        let mut next = if self.n.is_multiple_of(2) { Side::Spare } else { Side::Result };
        let mut side = None;
        let mut ended = false;
        for step in 0..self.n {
            let at = if self.reverse { self.n - 1 - step } else { step };
            if ended || !self.runs(frame, at, side) {
                ended |= matches!(self.when, Some(When::Carry(_)));
                self.clear(frame, at);
                continue;
            }
            self.iteration(frame, at, side, next)?;
            side = Some(next);
            next = next.other();
        }
        if !matches!(side, Some(Side::Result)) {
            for carry in &self.carries {
                let (from, to) = (LoopKernel::value(carry, frame, side), carry.result.start(frame));
                // SAFETY: both have the carry's bytes, and a result lies over no operand and no spare.
                unsafe { std::ptr::copy_nonoverlapping(from, to, carry.result.bytes) };
            }
        }
        Ok(())
    }
}
