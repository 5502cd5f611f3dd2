//! Products: every batch element is one matrix product, or several on blocks of its result.

use super::super::frame::{Array, Frame, Strided};
use super::super::gemm::{Factor, Gemm, gemm, gemm_on_all_threads};
use super::super::kept::{Fixed, Kept};
use super::super::{Kernel, parallel};
use super::walk::Walk;
use crate::exec::Fault;
use crate::plan::{Operand, Step, View};
use crate::types::DType;

/// From so many products on, each is one thread's; fewer are cut, if they are large.
const TOGETHER: usize = 8;

/// Multiplications of one task, at least.
const GROUP: usize = 256 * 1024;

/// Of a right factor that is read for so many rows, panels are worth keeping: with more, packing them is little beside the products.
const FEW: usize = 256;

/// The input that panels of a product's right factor are kept of, if any are: it has `m` rows on the left.
pub fn keeps(rhs: &Operand, fixed: &Fixed, m: usize) -> Option<usize> {
    fixed.input(rhs).filter(|_| fixed.often || m <= FEW)
}

struct DotKernel<T> {
    lhs: Strided<T>,
    rhs: Strided<T>,
    dst: Array<T>,
    /// Places of the two factors by batch element.
    batch: Walk<2>,
    product: Gemm,
    /// Of a right factor that stays the same.
    kept: Option<Kept>,
}

/// `fixed` are the inputs that stay the same from run to run, until the kernel is told otherwise.
pub fn dot(step: &Step, batch: &[(usize, usize)], contract: &[(usize, usize)], fixed: &Fixed) -> Box<dyn Kernel> {
    match step.results[0].dtype {
        DType::F16 | DType::Bf16 => unreachable!("plans compute in f32"),
        DType::F32 => Box::new(DotKernel::<f32>::new(step, batch, contract, fixed)),
        DType::F64 => Box::new(DotKernel::<f64>::new(step, batch, contract, fixed)),
        DType::I32 => Box::new(DotKernel::<i32>::new(step, batch, contract, fixed)),
        DType::I64 => Box::new(DotKernel::<i64>::new(step, batch, contract, fixed)),
        DType::U8 | DType::Bool => Box::new(DotKernel::<u8>::new(step, batch, contract, fixed)),
    }
}

impl<T: Factor> DotKernel<T> {
    fn new(step: &Step, batch: &[(usize, usize)], contract: &[(usize, usize)], fixed: &Fixed) -> DotKernel<T> {
        let (lhs, rhs) = (&step.args[0].view, &step.args[1].view);
        let (left, right): (Vec<usize>, Vec<usize>) = batch.iter().copied().unzip();
        let (left_sum, right_sum): (Vec<usize>, Vec<usize>) = contract.iter().copied().unzip();
        let (m, row) = free(lhs, &[&left, &left_sum]);
        let (n, column) = free(rhs, &[&right, &right_sum]);
        let pick = |view: &View, axes: &[usize]| axes.iter().map(|&a| view.strides[a]).collect::<Vec<_>>();
        let sizes: Vec<usize> = left.iter().map(|&axis| lhs.shape[axis]).collect();
        let one =
            |view: &View, axes: &[usize]| view.stride_of(axes).expect("the planner copies what has no one stride");
        DotKernel {
            kept: keeps(&step.args[1], fixed, m).filter(|_| sizes.is_empty()).map(Kept::new),
            lhs: Strided::new(&step.args[0]),
            rhs: Strided::new(&step.args[1]),
            dst: Array::new(&step.results[0]),
            batch: Walk::new(&sizes, [&pick(lhs, &left), &pick(rhs, &right)]),
            product: Gemm {
                m,
                k: left_sum.iter().map(|&axis| lhs.shape[axis]).product(),
                n,
                lhs: [row, one(lhs, &left_sum)],
                rhs: [one(rhs, &right_sum), column],
                out: n as isize,
                add: false,
            },
        }
    }
}

/// Size and stride of the axes that are not in `taken`.
fn free(view: &View, taken: &[&[usize]]) -> (usize, isize) {
    let axes: Vec<usize> = (0..view.shape.len()).filter(|a| !taken.iter().any(|t| t.contains(a))).collect();
    let stride = view.stride_of(&axes).expect("the planner copies what has no one stride");
    (axes.iter().map(|&axis| view.shape[axis]).product(), stride)
}

impl<T: Factor> Kernel for DotKernel<T> {
    fn renew(&mut self, changed: &[bool]) {
        self.kept.iter_mut().for_each(|kept| kept.renew(changed));
    }

    fn run(&mut self, frame: &Frame) -> Result<(), Fault> {
        let (lhs, rhs, dst) = (self.lhs.start(frame), self.rhs.start(frame), self.dst.writer(frame));
        let product = self.product;
        let count = self.batch.count();
        if let Some(kept) = &mut self.kept {
            // SAFETY: the factors are this step's, the result is its own; what is kept is made anew when the factor changes.
            if unsafe { T::multiply_kept(&product, kept, lhs.pointer(), rhs.pointer(), dst.pointer()) } {
                return Ok(());
            }
        }
        let one = |index: usize, run: unsafe fn(&Gemm, *const T, *const T, *mut T)| {
            let [left, right] = self.batch.locate(index);
            // SAFETY: the places are in the factors' views; each product is a part of the result of its own.
            unsafe {
                let (lhs, rhs) = (lhs.pointer().offset(left), rhs.pointer().offset(right));
                run(&product, lhs, rhs, dst.pointer().add(index * product.m * product.n));
            }
        };
        if count < TOGETHER && product.pieces() > 1 {
            (0..count).for_each(|index| one(index, gemm_on_all_threads));
            return Ok(());
        }
        let size = (product.m * product.n * product.k).max(1);
        let group = (GROUP / size).clamp(1, count.div_ceil(TOGETHER).max(1));
        parallel::tasks(count.div_ceil(group), count * size / 16, |task| {
            (task * group..count.min((task + 1) * group)).for_each(|index| one(index, gemm));
        });
        Ok(())
    }
}
