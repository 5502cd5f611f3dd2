//! What the loop demands of whoever runs programs.

use crate::diag::Diagnostic;
use crate::io;
use crate::ops::Tensor;
use crate::tir::{Cell, CellId, ProgramId, Target};

/// One run of a program.
#[derive(Clone, Copy, Debug)]
pub struct Call<'a> {
    pub program: ProgramId,
    /// `Source::Arg`: the fields of a batch, or nothing.
    pub args: &'a [Tensor],
    /// `Source::Step`: from 1 in training; how many were made, elsewhere.
    pub step: usize,
    /// `Source::Epoch`
    pub epoch: usize,
    pub length: Length,
    /// `Source::Seen`: numbers of the last epoch, in blocks that run when it has ended.
    pub seen: &'a [f64],
    /// `Source::Key`
    pub key: u64,
}

/// How long a training is, in batches: `Source::StepsPerEpoch` and `Source::TotalSteps`. Outside of one it is 0.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Length {
    pub steps_per_epoch: usize,
    pub total_steps: usize,
    /// Which batch of its epoch it is, from 1, and how many this epoch has: `Source::Batch` and `Source::Batches`.
    pub batch: usize,
    pub batches: usize,
}

/// Runs programs over cells.
pub trait Machine {
    /// Runs a program and takes over the new values of cells. Gives every other result, in the order of the program.
    ///
    /// Fails when a loss is not finite, an index is out of range, an assertion does not hold; then no cell has changed.
    fn run(&mut self, call: &Call) -> Result<&[(Target, Tensor)], Diagnostic>;

    fn cell(&self, id: CellId) -> &Cell;

    fn read(&self, id: CellId) -> Tensor;

    fn write(&mut self, id: CellId, value: &Tensor);

    /// The values of cells under the names that they have in a file, from the place of their holder on.
    fn weights(&self, cells: &[CellId], holder: Option<&str>) -> Vec<(String, Tensor)> {
        let described: Vec<&Cell> = cells.iter().map(|&id| self.cell(id)).collect();
        io::names(&described, holder).into_iter().zip(cells.iter().map(|&id| self.read(id))).collect()
    }
}
