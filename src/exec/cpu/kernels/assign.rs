//! Linear assignment, one matrix of costs after the other.

use super::super::Kernel;
use super::super::frame::{Array, Frame};
use crate::exec::Fault;
use crate::ops::assign::Assigner;
use crate::plan::Step;

struct AssignKernel {
    src: Array<f64>,
    dst: Array<i64>,
    rows: usize,
    columns: usize,
    assigner: Assigner,
}

pub fn assign(step: &Step) -> Box<dyn Kernel> {
    let (arg, result) = (&step.args[0], &step.results[0]);
    let [.., rows, columns] = arg.view.shape[..] else { unreachable!("costs have rows and columns") };
    let assigner = Assigner::new(rows, columns);
    Box::new(AssignKernel { src: Array::new(arg), dst: Array::new(result), rows, columns, assigner })
}

impl Kernel for AssignKernel {
    fn run(&mut self, frame: &Frame) -> Result<(), Fault> {
        let (src, dst) = (self.src.read(frame), self.dst.write(frame));
        if self.rows == 0 {
            return Ok(());
        }
        let problems = src.chunks(self.rows * self.columns).zip(dst.chunks_mut(self.rows));
        problems.for_each(|(costs, assigned)| self.assigner.run(costs, assigned));
        Ok(())
    }
}
