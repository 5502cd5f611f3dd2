//! Reductions along any axes of any view.
//!
//! The elements that make up one result are walked in row-major order. Where neighbouring results lie side by side,
//! rows of them are folded together ("across"); else each result is folded along its own elements. Sums of many
//! elements are cut into blocks and the blocks joined by a balanced tree; sizes alone decide the cuts.

use super::super::element::{Element, typed};
use super::super::frame::{Array, Frame, Reader, Strided, Writer};
use super::super::{Kernel, parallel};
use super::fold::{BLOCK, Fold, LANES};
use super::walk::Walk;
use crate::exec::Fault;
use crate::ops::Reduce;
use crate::plan::Step;

/// The most elements of one result that are worth a walk of their own through all results.
const FEW: usize = 64;

/// Results of one task that are folded together.
const TILE: usize = 128;

/// Rows that are folded one after the other.
const ROWS: usize = 64;

/// The most parts into which the elements of one result are cut for several threads.
const PARTS: usize = 16;

/// In which order elements are visited.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Order {
    /// Each result's elements by themselves.
    Along,
    /// Results that lie side by side, together.
    Across,
    /// All results of a task together, gathered; for few elements each, as in pooling.
    Gathered,
}

struct ReduceKernel<T> {
    src: Strided<T>,
    dst: Array<T>,
    kept: Walk<1>,
    summed: Walk<1>,
    fold: Fold<T>,
    order: Order,
    /// Results of one task.
    tile: usize,
    /// Elements of one result that one task folds.
    part: usize,
    /// `[parts, results]`, if there is more than one part.
    partials: Vec<T>,
}

pub fn reduce(step: &Step, kind: Reduce, axes: &[usize]) -> Box<dyn Kernel> {
    let dtype = step.args[0].dtype;
    typed!(dtype, T => Box::new(ReduceKernel::new(step, Fold::<T>::new(kind, dtype), axes)))
}

impl<T: Element> ReduceKernel<T> {
    fn new(step: &Step, fold: Fold<T>, axes: &[usize]) -> ReduceKernel<T> {
        let view = &step.args[0].view;
        let pick = |reduced: bool| {
            let axes = (0..view.shape.len()).filter(|axis| axes.contains(axis) == reduced);
            let (shape, strides): (Vec<usize>, Vec<isize>) = axes.map(|a| (view.shape[a], view.strides[a])).unzip();
            Walk::new(&shape, [&strides])
        };
        let (kept, summed) = (pick(false), pick(true));
        let ([side], [own]) = (kept.inner_strides(), summed.inner_strides());
        let row = summed.inner_size();
        let order = match kept.inner_size() {
            _ if own == 1 && row >= LANES && side != 1 => Order::Along,
            8.. if side == 1 => Order::Across,
            2.. if summed.count() <= FEW => Order::Gathered,
            8.. => Order::Across,
            _ => Order::Along,
        };
        let tile = if order == Order::Along { (BLOCK / summed.count().max(1)).max(1) } else { TILE };
        let part = part(kept.count(), summed.count(), kept.count().div_ceil(tile));
        let parts = summed.count().div_ceil(part.max(1));
        let partials = if parts > 1 { vec![T::ZERO; parts * kept.count()] } else { vec![] };
        ReduceKernel {
            src: Strided::new(&step.args[0]),
            dst: Array::new(&step.results[0]),
            kept,
            summed,
            fold,
            order,
            tile,
            part,
            partials,
        }
    }

    /// Folds elements `from..from + n` of each of the results that `out` holds, the first of which is `first`.
    fn task(&self, src: Reader<T>, first: usize, out: &mut [T], from: usize, n: usize) {
        match self.order {
            Order::Across => {
                let mut done = 0;
                self.kept.stretches(first, out.len(), |[base], [side], width| {
                    self.fold_rows(src, base, side, &mut out[done..done + width], from, n);
                    done += width;
                });
            }
            Order::Gathered => self.fold_gathered(src, first, out, from, n),
            Order::Along => {
                let mut results = out.iter_mut();
                self.kept.stretches(first, results.len(), |[base], [side], width| {
                    for (i, out) in results.by_ref().take(width).enumerate() {
                        *out = self.fold_one(src, base + i as isize * side, from, n);
                    }
                });
            }
        }
    }

    /// All results of `out`, by one element of each at a time.
    fn fold_gathered(&self, src: Reader<T>, first: usize, out: &mut [T], from: usize, n: usize) {
        out.fill(self.fold.identity);
        let mut row = [self.fold.identity; TILE];
        for element in from..from + n {
            let [place] = self.summed.locate(element);
            // SAFETY: a place of a result and one of its elements together are a place of the operand; the row has room
            // for the results of a task.
            unsafe { self.kept.gather(src.pointer().offset(place), first, row.as_mut_ptr(), out.len()) };
            self.fold.across(out, &row[..out.len()]);
        }
    }

    /// One result.
    fn fold_one(&self, src: Reader<T>, base: isize, from: usize, n: usize) -> T {
        if n > BLOCK {
            let half = n.div_ceil(2).next_multiple_of(BLOCK).min(n - 1);
            let left = self.fold_one(src, base, from, half);
            return (self.fold.join)(left, self.fold_one(src, base, from + half, n - half));
        }
        let mut lanes = [self.fold.identity; LANES];
        self.summed.stretches(from, n, |[place], [stride], run| {
            if stride == 1 {
                self.fold.along(&mut lanes, src.run(base + place, run));
            } else {
                for i in 0..run {
                    let x = src.at(base + place + i as isize * stride);
                    lanes[i % LANES] = (self.fold.join)(lanes[i % LANES], x);
                }
            }
        });
        self.fold.tree(&lanes)
    }

    /// Results side by side, at distances of `side` in the source.
    fn fold_rows(&self, src: Reader<T>, base: isize, side: isize, out: &mut [T], from: usize, n: usize) {
        if n > ROWS {
            let half = n.div_ceil(2).next_multiple_of(ROWS).min(n - 1);
            self.fold_rows(src, base, side, out, from, half);
            let mut right = [self.fold.identity; TILE];
            let right = &mut right[..out.len()];
            self.fold_rows(src, base, side, right, from + half, n - half);
            return self.fold.across(out, right);
        }
        out.fill(self.fold.identity);
        self.summed.stretches(from, n, |[place], [stride], run| {
            for i in 0..run {
                let place = base + place + i as isize * stride;
                if side == 1 {
                    self.fold.across(out, src.run(place, out.len()));
                } else {
                    for (j, out) in out.iter_mut().enumerate() {
                        *out = (self.fold.join)(*out, src.at(place + j as isize * side));
                    }
                }
            }
        });
    }

    fn tasks(&self, src: Reader<T>, out: Writer<T>) {
        let (results, elements) = (self.kept.count(), self.summed.count());
        let tiles = results.div_ceil(self.tile);
        let parts = elements.div_ceil(self.part.max(1)).max(1);
        parallel::tasks(tiles * parts, results * elements, |task| {
            let (part, tile) = (task / tiles, task % tiles);
            let (first, from) = (tile * self.tile, part * self.part);
            let width = self.tile.min(results - first);
            // SAFETY: `out` has room for all results of each part, and tasks have their own.
            let out = unsafe { out.range(part * results + first, width) };
            self.task(src, first, out, from, self.part.min(elements - from));
        });
    }
}

impl<T: Element> Kernel for ReduceKernel<T> {
    fn run(&mut self, frame: &Frame) -> Result<(), Fault> {
        let src = self.src.start(frame);
        if self.partials.is_empty() {
            self.tasks(src, self.dst.writer(frame));
            return Ok(());
        }
        let mut partials = std::mem::take(&mut self.partials);
        self.tasks(src, Writer::of(&mut partials));
        join_parts(&self.fold, &mut partials, self.kept.count());
        self.dst.write(frame).copy_from_slice(&partials[..self.kept.count()]);
        self.partials = partials;
        Ok(())
    }
}

/// Joins rows of `width` by a balanced tree, into the first.
pub fn join_parts<T: Element>(fold: &Fold<T>, parts: &mut [T], width: usize) {
    let count = parts.len() / width.max(1);
    if count > 1 {
        let (left, right) = parts.split_at_mut(count.div_ceil(2) * width);
        join_parts(fold, left, width);
        join_parts(fold, right, width);
        fold.across(&mut left[..width], &right[..width]);
    }
}

/// How many elements of a result one task takes: all of them if there are results enough to share out.
fn part(results: usize, elements: usize, tiles: usize) -> usize {
    let parts = (results * elements / parallel::SMALL).min(PARTS / tiles.max(1));
    match parts {
        0 | 1 => elements,
        parts => elements.div_ceil(parts).next_multiple_of(ROWS),
    }
}
