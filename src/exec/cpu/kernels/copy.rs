//! Movement that is no mere view: copies, concatenation, padding.

use super::super::element::{Element, sized};
use super::super::frame::{Array, Frame, Reader, Strided, Writer};
use super::super::{Kernel, parallel};
use super::walk::{Walk, copy_run};
use crate::exec::Fault;
use crate::ops::Op;
use crate::plan::view::row_major;
use crate::plan::{Operand, Step, View};

/// Elements of one task.
const CHUNK: usize = 8 * 1024;

/// The side of the squares in which a transposition is done, so that reads and writes stay in the first-level cache.
const SQUARE: usize = 32;

/// Copies one view into a part of a result.
struct Move<T> {
    src: Strided<T>,
    dst: Array<T>,
    /// Where the part begins in the result.
    start: isize,
    /// Places in the source and in the result.
    walk: Walk<2>,
    turn: Option<Turn>,
}

/// A move that reads along one axis and writes along another.
struct Turn {
    /// The axis along which the source is contiguous: its size and its stride in the result.
    across: (usize, isize),
    /// The axis along which the result is contiguous: its size and its stride in the source.
    along: (usize, isize),
    /// All other axes.
    outer: Walk<2>,
}

impl<T: Element> Move<T> {
    /// Into the part of the result that begins at `start` and has these strides.
    fn new(arg: &Operand, result: &Operand, start: isize, strides: &[isize]) -> Move<T> {
        let View { shape, strides: from, .. } = &arg.view;
        let walk = Walk::new(shape, [from, strides]);
        Move { src: Strided::new(arg), dst: Array::new(result), start, turn: turn(&walk), walk }
    }

    fn run(&self, frame: &Frame) {
        let (src, dst) = (self.src.start(frame), self.dst.writer(frame));
        if src.pointer() == dst.pointer() && self.walk.axes().all(|(_, [from, to])| from == to) {
            // An output that is an unchanged input, in the input's own memory.
            return;
        }
        let count = self.walk.count();
        match &self.turn {
            Some(turn) => turn.run(src, dst, self.start),
            None => parallel::tasks(count.div_ceil(CHUNK), count, |task| {
                let first = task * CHUNK;
                self.walk.stretches(first, CHUNK.min(count - first), |[from, to], [in_step, out_step], n| {
                    // SAFETY: places come from the views of the source and of the result's part; tasks write places of
                    // their own.
                    unsafe {
                        let to = dst.pointer().offset(self.start + to);
                        copy_run(src.pointer().offset(from), in_step, to, out_step, n);
                    }
                });
            }),
        }
    }
}

/// Whether a move is a transposition worth its own loop.
fn turn(walk: &Walk<2>) -> Option<Turn> {
    let axes: Vec<(usize, [isize; 2])> = walk.axes().collect();
    let (&(size, [from, to]), rest) = axes.split_last()?;
    let across = rest.iter().position(|&(size, [from, _])| from == 1 && size >= 8)?;
    if to != 1 || from.unsigned_abs() < 2 || size < 8 {
        return None;
    }
    let others = rest.iter().enumerate().filter(|(axis, _)| *axis != across);
    let (sizes, strides): (Vec<usize>, Vec<[isize; 2]>) = others.map(|(_, axis)| *axis).unzip();
    let of = |k: usize| strides.iter().map(|s| s[k]).collect::<Vec<_>>();
    Some(Turn {
        across: (rest[across].0, rest[across].1[1]),
        along: (size, from),
        outer: Walk::new(&sizes, [&of(0), &of(1)]),
    })
}

impl Turn {
    fn run<T: Element>(&self, src: Reader<T>, dst: Writer<T>, start: isize) {
        let strips = self.across.0.div_ceil(SQUARE);
        let outer = self.outer.count();
        let work = outer * self.across.0 * self.along.0;
        parallel::tasks(outer * strips, work, |task| {
            let [from, to] = self.outer.locate(task / strips);
            let first = task % strips * SQUARE;
            let rows = first..self.across.0.min(first + SQUARE);
            for column in (0..self.along.0).step_by(SQUARE) {
                let columns = column..self.along.0.min(column + SQUARE);
                for row in rows.clone() {
                    let to = start + to + row as isize * self.across.1;
                    let from = from + row as isize;
                    for column in columns.clone() {
                        // SAFETY: both places are in the views that the axes were taken from; tasks write rows of
                        // their own.
                        unsafe {
                            *dst.pointer().offset(to + column as isize) = src.at(from + column as isize * self.along.1)
                        };
                    }
                }
            }
        });
    }
}

/// Several moves into one result.
struct Moves<T>(Vec<Move<T>>);

impl<T: Element> Kernel for Moves<T> {
    fn run(&mut self, frame: &Frame) -> Result<(), Fault> {
        self.0.iter().for_each(|part| part.run(frame));
        Ok(())
    }
}

/// The operand in row-major order.
pub fn copy(step: &Step) -> Box<dyn Kernel> {
    let (arg, result) = (&step.args[0], &step.results[0]);
    sized!(result.dtype, T => Box::new(Moves::<T>(vec![Move::new(arg, result, 0, &row_major(&arg.view.shape))])))
}

/// `Concat` and `Pad`.
pub fn assemble(step: &Step, op: &Op<usize>) -> Box<dyn Kernel> {
    let result = &step.results[0];
    sized!(result.dtype, T => Box::new(Moves::<T>(match op {
        Op::Pad { axis, lo, between, .. } => pad(step, *axis, *lo, between + 1),
        Op::Concat { axis } => concat(step, *axis),
        _ => unreachable!("only these put parts together"),
    })))
}

fn concat<T: Element>(step: &Step, axis: usize) -> Vec<Move<T>> {
    let result = &step.results[0];
    let mut start = 0;
    let part = |arg: &Operand| {
        let at = start as isize * result.view.strides[axis];
        start += arg.view.shape[axis];
        Move::new(arg, result, at, &result.view.strides)
    };
    step.args.iter().map(part).collect()
}

/// The value everywhere, then the operand over it.
fn pad<T: Element>(step: &Step, axis: usize, lo: usize, spread: usize) -> Vec<Move<T>> {
    let (arg, value, result) = (&step.args[0], &step.args[1], &step.results[0]);
    let all = Operand { view: value.view.broadcast(&result.view.shape, &[]), ..value.clone() };
    let mut strides = result.view.strides.clone();
    let start = lo as isize * strides[axis];
    strides[axis] *= spread as isize;
    vec![Move::new(&all, result, 0, &result.view.strides), Move::new(arg, result, start, &strides)]
}
