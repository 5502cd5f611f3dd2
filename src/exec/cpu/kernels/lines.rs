//! Ops on the lines along one axis: the greatest position, running sums, orders.

use super::super::element::{Element, typed};
use super::super::frame::{Array, Frame};
use super::super::scratch::scratch_of;
use super::super::{Kernel, parallel};
use crate::exec::Fault;
use crate::plan::{Operand, Step};
use std::cmp::Ordering;

/// A dense operand as `[outer, n, inner]`.
#[derive(Clone, Copy)]
pub struct Split {
    pub outer: usize,
    pub n: usize,
    pub inner: usize,
}

impl Split {
    pub fn at(operand: &Operand, axis: usize) -> Split {
        let shape = &operand.view.shape;
        Split { outer: shape[..axis].iter().product(), n: shape[axis], inner: shape[axis + 1..].iter().product() }
    }

    fn count(&self) -> usize {
        self.outer * self.n * self.inner
    }
}

/// Whether `a` is strictly greater, where NaN is greater than everything else.
#[inline(always)]
fn is_greater<T: Element>(a: T, b: T) -> bool {
    a > b || a.is_nan() && !b.is_nan()
}

/// NaN is equal to itself and greater than everything else.
fn order<T: Element>(a: T, b: T) -> Ordering {
    a.partial_cmp(&b).unwrap_or_else(|| a.is_nan().cmp(&b.is_nan()))
}

struct ArgMaxKernel<T> {
    src: Array<T>,
    dst: Array<i64>,
    split: Split,
}

pub fn argmax(step: &Step, axis: usize) -> Box<dyn Kernel> {
    let (arg, result) = (&step.args[0], &step.results[0]);
    let split = Split::at(arg, axis);
    typed!(arg.dtype, T => Box::new(ArgMaxKernel::<T> { src: Array::new(arg), dst: Array::new(result), split }))
}

impl<T: Element> Kernel for ArgMaxKernel<T> {
    fn run(&mut self, frame: &Frame) -> Result<(), Fault> {
        let (src, Split { n, inner, .. }) = (self.src.read(frame), self.split);
        parallel::units(self.dst.write(frame), inner.max(1), self.split.count(), |outer, out| {
            let block = &src[outer * n * inner..][..n * inner];
            for (i, out) in out.iter_mut().enumerate() {
                let mut best = 0;
                let mut greatest = block[i];
                for (k, &x) in block[i..].iter().step_by(inner).enumerate() {
                    if is_greater(x, greatest) {
                        (best, greatest) = (k, x);
                    }
                }
                *out = best as i64;
            }
        });
        Ok(())
    }
}

struct CumSumKernel<T> {
    src: Array<T>,
    dst: Array<T>,
    split: Split,
    reverse: bool,
}

pub fn cumsum(step: &Step, axis: usize, reverse: bool) -> Box<dyn Kernel> {
    let (arg, result) = (&step.args[0], &step.results[0]);
    let split = Split::at(arg, axis);
    typed!(arg.dtype, T => {
        let (src, dst) = (Array::<T>::new(arg), Array::new(result));
        Box::new(CumSumKernel { src, dst, split, reverse })
    })
}

impl<T: Element> Kernel for CumSumKernel<T> {
    fn run(&mut self, frame: &Frame) -> Result<(), Fault> {
        let (src, Split { n, inner, .. }, reverse) = (self.src.read(frame), self.split, self.reverse);
        let size = n * inner;
        parallel::units(self.dst.write(frame), size.max(1), self.split.count(), |outer, out| {
            running_sums(out, &src[outer * size..][..size], n, inner, reverse);
        });
        Ok(())
    }
}

fn running_sums<T: Element>(out: &mut [T], src: &[T], n: usize, inner: usize, reverse: bool) {
    out.copy_from_slice(src);
    for step in 1..n {
        let (row, before) = if reverse { (n - 1 - step, n - step) } else { (step, step - 1) };
        for i in 0..inner {
            out[row * inner + i] = out[before * inner + i].plus(out[row * inner + i]);
        }
    }
}

struct ArgSortKernel<T> {
    src: Array<T>,
    dst: Array<i64>,
    split: Split,
    descending: bool,
}

pub fn argsort(step: &Step, axis: usize, descending: bool) -> Box<dyn Kernel> {
    let (arg, result) = (&step.args[0], &step.results[0]);
    let split = Split::at(arg, axis);
    typed!(arg.dtype, T => {
        let (src, dst) = (Array::<T>::new(arg), Array::new(result));
        Box::new(ArgSortKernel { src, dst, split, descending })
    })
}

impl<T: Element> Kernel for ArgSortKernel<T> {
    fn run(&mut self, frame: &Frame) -> Result<(), Fault> {
        let (src, Split { n, inner, .. }, descending) = (self.src.read(frame), self.split, self.descending);
        parallel::units(self.dst.write(frame), (n * inner).max(1), 4 * self.split.count(), |outer, out| {
            let src = &src[outer * n * inner..][..n * inner];
            scratch_of::<i64, _>(n, |line| {
                let line = &mut line[..n];
                for i in 0..inner {
                    (0..).zip(line.iter_mut()).for_each(|(k, place)| *place = k);
                    let key = |k: i64| src[k as usize * inner + i];
                    // Equal elements keep their order because positions decide between them.
                    line.sort_unstable_by(|&a, &b| match descending {
                        false => order(key(a), key(b)).then(a.cmp(&b)),
                        true => order(key(b), key(a)).then(a.cmp(&b)),
                    });
                    line.iter().enumerate().for_each(|(k, &place)| out[k * inner + i] = place);
                }
            });
        });
        Ok(())
    }
}
