//! Where the operands of a running plan are. This file and `lanes` hold the reasons for what is unsafe here.

use super::element::Element;
use crate::exec::Fault;
use crate::plan::{Operand, Place};
use std::marker::PhantomData;
use std::sync::atomic::{AtomicBool, Ordering};

/// The bases of one run: what a `Place` counts from.
#[derive(Clone, Copy)]
pub struct Frame<'a> {
    arena: *mut u8,
    constants: *mut u8,
    inputs: &'a [*mut u8],
    outputs: &'a [*mut u8],
    /// Set by whoever wants the run to end before its next step.
    stop: Option<&'a AtomicBool>,
}

// SAFETY: a frame is a table of addresses. Kernels that share one across threads write disjoint ranges.
unsafe impl Send for Frame<'_> {}
// SAFETY: as above.
unsafe impl Sync for Frame<'_> {}

/// The distance between constants, in bytes.
pub const CONSTANT: usize = 8;

impl<'a> Frame<'a> {
    /// # Safety
    /// As long as the frame lives, the pointers must be those of a plan's arena, constants, inputs and outputs, of the
    /// sizes that the plan says, aligned to `ALIGN` (slices of loop operands: to their element), used by nobody else,
    /// and only kernels of that plan may be given the frame. An output may share memory with an input only as the
    /// plan's updates allow.
    pub unsafe fn new(arena: *mut u8, constants: *mut u8, inputs: &'a [*mut u8], outputs: &'a [*mut u8]) -> Frame<'a> {
        Frame { arena, constants, inputs, outputs, stop: None }
    }

    /// The same places, in a run that ends where `stop` is set.
    pub fn until(self, stop: Option<&'a AtomicBool>) -> Frame<'a> {
        Frame { stop, ..self }
    }

    pub fn stop(&self) -> Option<&'a AtomicBool> {
        self.stop
    }

    /// Fails where the run is to end.
    pub fn goes_on(&self) -> Result<(), Fault> {
        match self.stop.is_some_and(|stop| stop.load(Ordering::Relaxed)) {
            true => Err(Fault::Stopped),
            false => Ok(()),
        }
    }

    /// The first byte of what lies at a place.
    pub fn base(&self, place: Place) -> *mut u8 {
        match place {
            Place::Arena(offset) => self.arena.wrapping_add(offset),
            Place::Constant(index) => self.constants.wrapping_add(index * CONSTANT),
            Place::Input(index) => self.inputs[index],
            Place::Output(index) => self.outputs[index],
        }
    }
}

/// A contiguous operand of a kernel.
#[derive(Clone, Copy, Debug)]
pub struct Array<T> {
    place: Place,
    offset: isize,
    pub len: usize,
    element: PhantomData<T>,
}

impl<T: Element> Array<T> {
    pub fn new(operand: &Operand) -> Array<T> {
        debug_assert!(operand.view.is_contiguous() && operand.dtype.bytes() == size_of::<T>());
        Array { place: operand.place, offset: operand.view.offset, len: operand.count(), element: PhantomData }
    }

    fn start(&self, frame: &Frame) -> *mut T {
        frame.base(self.place).cast::<T>().wrapping_offset(self.offset)
    }

    /// An operand's elements.
    pub fn read<'f>(&self, frame: &'f Frame) -> &'f [T] {
        // SAFETY: the frame's contract: the plan keeps `len` elements here, and no result of a step but an element-wise
        // one, which does not use this function, lies over an operand.
        unsafe { std::slice::from_raw_parts(self.start(frame), self.len) }
    }

    /// A result's elements. To be called once per run of a kernel.
    #[expect(clippy::mut_from_ref, reason = "the frame stands for memory that it does not own")]
    pub fn write<'f>(&self, frame: &'f Frame) -> &'f mut [T] {
        // SAFETY: as in `read`; results do not overlap each other.
        unsafe { std::slice::from_raw_parts_mut(self.start(frame), self.len) }
    }
}

impl<T: Element> Array<T> {
    /// A result that several tasks write in turn or in parts.
    pub fn writer(&self, frame: &Frame) -> Writer<T> {
        Writer(self.start(frame))
    }
}

/// The first element of a result.
#[derive(Clone, Copy)]
pub struct Writer<T>(*mut T);

// SAFETY: its methods ask that tasks write ranges of their own.
unsafe impl<T> Send for Writer<T> {}
// SAFETY: as above.
unsafe impl<T> Sync for Writer<T> {}

impl<T: Element> Writer<T> {
    pub fn of(slice: &mut [T]) -> Writer<T> {
        Writer(slice.as_mut_ptr())
    }

    pub fn at(first: *mut T) -> Writer<T> {
        Writer(first)
    }

    pub fn pointer(&self) -> *mut T {
        self.0
    }

    /// # Safety
    /// The elements from `start` on are the result's, and nobody else uses them meanwhile.
    #[expect(clippy::mut_from_ref, reason = "the writer stands for memory that it does not own")]
    pub unsafe fn range(&self, start: usize, len: usize) -> &mut [T] {
        // SAFETY: the caller's promise.
        unsafe { std::slice::from_raw_parts_mut(self.0.add(start), len) }
    }
}

/// A strided operand of a kernel: its elements are named by their distance from the first.
#[derive(Clone, Copy, Debug)]
pub struct Strided<T> {
    place: Place,
    offset: isize,
    element: PhantomData<T>,
}

impl<T: Element> Strided<T> {
    pub fn new(operand: &Operand) -> Strided<T> {
        Strided { place: operand.place, offset: operand.view.offset, element: PhantomData }
    }

    pub fn start(&self, frame: &Frame) -> Reader<T> {
        Reader(frame.base(self.place).cast::<T>().wrapping_offset(self.offset))
    }
}

/// The first element of a strided operand that nobody writes.
#[derive(Clone, Copy)]
pub struct Reader<T>(*const T);

// SAFETY: it only reads, what nobody writes meanwhile.
unsafe impl<T> Send for Reader<T> {}
// SAFETY: as above.
unsafe impl<T> Sync for Reader<T> {}

impl<T: Element> Reader<T> {
    /// # Safety
    /// As long as the reader is used, the elements that it is asked for are there, and nobody writes them.
    pub unsafe fn of(first: *const T) -> Reader<T> {
        Reader(first)
    }

    /// The element at a distance that the operand's view has.
    #[inline(always)]
    pub fn at(&self, distance: isize) -> T {
        // SAFETY: views are made by the planner and stay inside their buffer; distances come from views.
        unsafe { *self.0.offset(distance) }
    }

    /// `len` elements side by side from a distance on.
    #[inline(always)]
    pub fn run(&self, distance: isize, len: usize) -> &[T] {
        // SAFETY: as in `at`.
        unsafe { std::slice::from_raw_parts(self.0.offset(distance), len) }
    }

    pub fn pointer(&self) -> *const T {
        self.0
    }
}
