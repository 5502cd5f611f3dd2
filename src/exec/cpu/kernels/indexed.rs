//! Reading and summing at indices. Indices are checked first, so that the work itself cannot fail.

use super::super::element::{Element, sized, typed};
use super::super::frame::{Array, Frame};
use super::super::{Kernel, parallel};
use super::lines::Split;
use crate::exec::Fault;
use crate::plan::{Operand, Step};
use crate::types::DType;

/// An operand of indices of any integer type.
#[derive(Clone, Copy)]
enum Index {
    I32(Array<i32>),
    I64(Array<i64>),
    U8(Array<u8>),
}

/// Indices of one run.
#[derive(Clone, Copy)]
enum Indices<'a> {
    I32(&'a [i32]),
    I64(&'a [i64]),
    U8(&'a [u8]),
}

impl Index {
    fn new(operand: &Operand) -> Index {
        match operand.dtype {
            DType::I32 => Index::I32(Array::new(operand)),
            DType::I64 => Index::I64(Array::new(operand)),
            DType::U8 => Index::U8(Array::new(operand)),
            DType::F16 | DType::Bf16 | DType::F32 | DType::F64 | DType::Bool => {
                unreachable!("indices are whole numbers")
            }
        }
    }

    fn read<'f>(&self, frame: &'f Frame) -> Indices<'f> {
        match self {
            Index::I32(array) => Indices::I32(array.read(frame)),
            Index::I64(array) => Indices::I64(array.read(frame)),
            Index::U8(array) => Indices::U8(array.read(frame)),
        }
    }
}

impl Indices<'_> {
    #[inline(always)]
    fn at(&self, i: usize) -> i64 {
        match self {
            Indices::I32(v) => v[i] as i64,
            Indices::I64(v) => v[i],
            Indices::U8(v) => v[i] as i64,
        }
    }

    fn len(&self) -> usize {
        match self {
            Indices::I32(v) => v.len(),
            Indices::I64(v) => v.len(),
            Indices::U8(v) => v.len(),
        }
    }
}

/// What all four ops know: the indices, and the axis into which they point.
#[derive(Clone, Copy)]
struct Pointing {
    index: Index,
    size: usize,
    node: crate::plan::NodeId,
    span: crate::base::Span,
}

impl Pointing {
    fn new(step: &Step, index: usize, size: usize) -> Pointing {
        Pointing { index: Index::new(&step.args[index]), size, node: step.node, span: step.span }
    }

    /// The indices, if all point into the axis.
    fn checked<'f>(&self, frame: &'f Frame) -> Result<Indices<'f>, Fault> {
        let indices = self.index.read(frame);
        let outside = |index: &i64| usize::try_from(*index).map_or(true, |index| index >= self.size);
        match (0..indices.len()).map(|i| indices.at(i)).find(outside) {
            Some(index) => Err(Fault::Index { node: self.node, span: self.span, index, size: self.size }),
            None => Ok(indices),
        }
    }
}

struct TakeKernel<T> {
    src: Array<T>,
    dst: Array<T>,
    pointing: Pointing,
    split: Split,
}

/// `[outer, size, inner]` at `[count]` indices: `[outer, count, inner]`.
pub fn take(step: &Step, axis: usize) -> Box<dyn Kernel> {
    let (src, dst) = (&step.args[0], &step.results[0]);
    let split = Split::at(src, axis);
    let pointing = Pointing::new(step, 1, split.n);
    sized!(dst.dtype, T => Box::new(TakeKernel::<T> { src: Array::new(src), dst: Array::new(dst), pointing, split }))
}

impl<T: Element> Kernel for TakeKernel<T> {
    fn run(&mut self, frame: &Frame) -> Result<(), Fault> {
        let indices = self.pointing.checked(frame)?;
        let (src, Split { n, inner, .. }, count) = (self.src.read(frame), self.split, indices.len());
        if inner == 0 {
            return Ok(());
        }
        parallel::units(self.dst.write(frame), inner, self.dst.len, |row, out| {
            let from = (row / count * n + indices.at(row % count) as usize) * inner;
            out.copy_from_slice(&src[from..from + inner]);
        });
        Ok(())
    }
}

/// Columns of one task when rows are summed.
const COLUMNS: usize = 64;

struct PutAddKernel<T> {
    src: Array<T>,
    dst: Array<T>,
    pointing: Pointing,
    /// Of the result.
    split: Split,
}

/// `[count]` indices, `[outer, count, inner]`: `[outer, n, inner]`.
pub fn put_add(step: &Step, axis: usize, n: usize) -> Box<dyn Kernel> {
    let (src, dst) = (&step.args[1], &step.results[0]);
    let pointing = Pointing::new(step, 0, n);
    let split = Split::at(dst, axis);
    typed!(dst.dtype, T => Box::new(PutAddKernel::<T> { src: Array::new(src), dst: Array::new(dst), pointing, split }))
}

impl<T: Element> Kernel for PutAddKernel<T> {
    fn run(&mut self, frame: &Frame) -> Result<(), Fault> {
        let indices = self.pointing.checked(frame)?;
        let (src, Split { outer, n, inner }, count) = (self.src.read(frame), self.split, indices.len());
        let dst = self.dst.write(frame);
        dst.fill(T::ZERO);
        let dst = super::super::frame::Writer::of(dst);
        let strips = inner.div_ceil(COLUMNS);
        parallel::tasks(outer * strips, src.len(), |task| {
            let (outer, first) = (task / strips, task % strips * COLUMNS);
            let width = COLUMNS.min(inner - first);
            for i in 0..count {
                let from = (outer * count + i) * inner + first;
                let to = (outer * n + indices.at(i) as usize) * inner + first;
                // SAFETY: checked indices stay in the result; tasks have columns of their own.
                let row = unsafe { dst.range(to, width) };
                row.iter_mut().zip(&src[from..from + width]).for_each(|(out, &x)| *out = out.plus(x));
            }
        });
        Ok(())
    }
}

struct TakeAlongKernel<T> {
    src: Array<T>,
    dst: Array<T>,
    pointing: Pointing,
    split: Split,
}

/// `[outer, size, inner]` at indices `[outer, m, inner]`.
pub fn take_along(step: &Step, axis: usize) -> Box<dyn Kernel> {
    let (src, dst) = (&step.args[0], &step.results[0]);
    let split = Split::at(src, axis);
    let pointing = Pointing::new(step, 1, split.n);
    sized!(dst.dtype, T => {
        let (src, dst) = (Array::<T>::new(src), Array::new(dst));
        Box::new(TakeAlongKernel { src, dst, pointing, split })
    })
}

impl<T: Element> Kernel for TakeAlongKernel<T> {
    fn run(&mut self, frame: &Frame) -> Result<(), Fault> {
        let indices = self.pointing.checked(frame)?;
        let (src, Split { outer, n, inner }) = (self.src.read(frame), self.split);
        let block = self.dst.len / outer.max(1);
        parallel::units(self.dst.write(frame), block.max(1), self.dst.len, |outer, out| {
            for (i, out) in out.iter_mut().enumerate() {
                let index = indices.at(outer * block + i) as usize;
                *out = src[(outer * n + index) * inner + i % inner];
            }
        });
        Ok(())
    }
}

struct PutAlongKernel<T> {
    src: Array<T>,
    dst: Array<T>,
    pointing: Pointing,
    split: Split,
}

/// Indices and values `[outer, m, inner]`: `[outer, n, inner]`.
pub fn put_along_add(step: &Step, axis: usize, n: usize) -> Box<dyn Kernel> {
    let (src, dst) = (&step.args[1], &step.results[0]);
    let pointing = Pointing::new(step, 0, n);
    let split = Split::at(dst, axis);
    typed!(dst.dtype, T => {
        let (src, dst) = (Array::<T>::new(src), Array::new(dst));
        Box::new(PutAlongKernel { src, dst, pointing, split })
    })
}

impl<T: Element> Kernel for PutAlongKernel<T> {
    fn run(&mut self, frame: &Frame) -> Result<(), Fault> {
        let indices = self.pointing.checked(frame)?;
        let (src, Split { outer, n, inner }) = (self.src.read(frame), self.split);
        let block = src.len() / outer.max(1);
        parallel::units(self.dst.write(frame), (n * inner).max(1), src.len(), |outer, out| {
            out.fill(T::ZERO);
            for (i, &x) in src[outer * block..][..block].iter().enumerate() {
                let to = indices.at(outer * block + i) as usize * inner + i % inner;
                out[to] = out[to].plus(x);
            }
        });
        Ok(())
    }
}
