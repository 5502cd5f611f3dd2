//! Factorisations and solves, one matrix to a task. Matrices of f32 are widened, and the result rounded once.

use super::super::element::Real;
use super::super::frame::{Array, Frame};
use super::super::scratch::scratch_of;
use super::super::{Kernel, parallel};
use crate::exec::Fault;
use crate::ops::Matrix;
use crate::ops::matrix::{Breakdown, Problem};
use crate::plan::{NodeId, Step};
use crate::types::DType;
use std::sync::Mutex;

struct MatrixKernel<T> {
    problem: Problem,
    args: Vec<Array<T>>,
    dst: Array<T>,
    node: NodeId,
    span: crate::base::Span,
}

pub fn matrix(step: &Step, op: Matrix) -> Box<dyn Kernel> {
    match step.results[0].dtype {
        DType::F32 => Box::new(MatrixKernel::<f32>::new(step, op)),
        DType::F64 => Box::new(MatrixKernel::<f64>::new(step, op)),
        DType::F16 | DType::Bf16 => unreachable!("plans compute in f32"),
        DType::I32 | DType::I64 | DType::U8 | DType::Bool => unreachable!("{} is for floats", op.name()),
    }
}

impl<T: Real> MatrixKernel<T> {
    fn new(step: &Step, op: Matrix) -> MatrixKernel<T> {
        let shapes: Vec<&[usize]> = step.args.iter().map(|arg| &arg.view.shape[..]).collect();
        MatrixKernel {
            problem: Problem::new(op, &shapes),
            args: step.args.iter().map(Array::new).collect(),
            dst: Array::new(&step.results[0]),
            node: step.node,
            span: step.span,
        }
    }

    fn one(&self, frame: &Frame, matrix: usize, out: &mut [T]) -> Result<(), Breakdown> {
        let [of_x, of_b] = self.problem.inputs();
        scratch_of::<f64, _>(of_x + of_b + out.len() + self.problem.work(), |all| {
            let (x, rest) = all.split_at_mut(of_x);
            let (b, rest) = rest.split_at_mut(of_b);
            let (result, rest) = rest.split_at_mut(out.len());
            for (to, from) in [&mut *x, &mut *b].into_iter().zip(&self.args) {
                let from = &from.read(frame)[matrix * to.len()..][..to.len()];
                to.iter_mut().zip(from).for_each(|(to, from)| *to = from.wide());
            }
            self.problem.solve(x, b, result, &mut rest[..self.problem.work()])?;
            out.iter_mut().zip(result).for_each(|(to, from)| *to = T::rounded(*from));
            Ok(())
        })
    }
}

impl<T: Real> Kernel for MatrixKernel<T> {
    fn run(&mut self, frame: &Frame) -> Result<(), Fault> {
        let this = &*self;
        let size = this.problem.output();
        let first: Mutex<Option<(usize, Breakdown)>> = Mutex::new(None);
        let work = this.problem.flops() * this.dst.len / size.max(1);
        parallel::units(this.dst.write(frame), size.max(1), work, |matrix, out| {
            if let Err(breakdown) = this.one(frame, matrix, out) {
                let mut first = first.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
                if first.is_none_or(|(other, _)| matrix < other) {
                    *first = Some((matrix, breakdown));
                }
            }
        });
        match first.into_inner().unwrap_or_else(|poisoned| poisoned.into_inner()) {
            Some((matrix, breakdown)) => Err(Fault::Matrix { node: this.node, span: this.span, breakdown, matrix }),
            None => Ok(()),
        }
    }
}
