//! `accumulate = 4`: an update is made at every fourth batch, of the mean gradient of the last four.
//!
//! Everything is computed with every batch, and what an update changes is taken over when one is due. Batches count by
//! their rows, so that the mean is that of one large batch, whose loss is a mean over rows.

use std::collections::BTreeMap;

use crate::base::Span;
use crate::ops::{Binary, Compare};
use crate::tir::{CellId, Role, Source, Ty};
use crate::types::{DType, Scalar};

use super::value::Tensor;
use super::{Checker, Res};

impl<'a> Checker<'a> {
    /// Runs `update` on these gradients, or on the means over several batches.
    pub fn accumulated(
        &mut self,
        cells: &[CellId],
        grads: Vec<Tensor>,
        span: Span,
        update: impl FnOnce(&mut Self, Vec<Tensor>) -> Res<()>,
    ) -> Res<()> {
        if self.accumulate == 1 {
            return update(self, grads);
        }
        let due = self.update_is_due(span)?;
        let rows = self.size(&self.rows.clone(), DType::F64, span)?;
        let count = self.sum_of_batches(None, "accumulated.rows", Ty::scalar(DType::F64), &rows, &due, span)?;
        let mut means = vec![];
        for (&cell, grad) in cells.iter().zip(&grads) {
            let weighted = self.binary(Binary::Mul, grad, &rows, span)?;
            let ty = Ty { bound: None, ..grad.ty.clone() };
            let sum = self.sum_of_batches(Some(cell), "accumulated", ty, &weighted, &due, span)?;
            means.push(self.binary(Binary::Div, &sum, &count, span)?);
        }
        let before = self.progs[0].history();
        update(self, means)?;
        self.take_over_if(&due, &before, span)
    }

    /// Whether this batch is the last of those that make an update.
    fn update_is_due(&mut self, span: Span) -> Res<Tensor> {
        let step = self.ambient(Source::Step, span);
        let every = self.constant(Scalar::I64(self.accumulate as i64), span);
        let rest = self.binary(Binary::Rem, &step, &every, span)?;
        let zero = self.constant(Scalar::I64(0), span);
        self.compare(Compare::Eq, &rest, &zero, span)
    }

    /// A sum over batches, this one included, that begins anew behind an update.
    fn sum_of_batches(
        &mut self,
        of: Option<CellId>,
        name: &str,
        ty: Ty,
        part: &Tensor,
        due: &Tensor,
        span: Span,
    ) -> Res<Tensor> {
        let owner = of.and_then(|cell| self.cells[cell.index()].owner.clone());
        let name = match of {
            Some(cell) => format!("{}.{name}", self.cells[cell.index()].name),
            None => name.to_string(),
        };
        let memory = self.add_cell(owner, name.into(), Role::State, ty.clone(), span);
        self.in_init(|c| {
            let zero = c.number(0.0, ty.dtype, span);
            let zeros = c.broadcast_to(&zero, &ty.shape, span)?;
            c.begin_as(memory, &zeros, span)
        })?;
        let before = self.read(memory, span);
        let sum = self.binary(Binary::Add, &before, part, span)?;
        let zero = self.number(0.0, ty.dtype, span);
        let next = self.select(due, &zero, &sum, span)?;
        self.write(memory, next, span)?;
        Ok(sum)
    }

    /// Of all that changed since `before`, the new value if `due` and the old one otherwise.
    fn take_over_if(&mut self, due: &Tensor, before: &BTreeMap<CellId, usize>, span: Span) -> Res<()> {
        for (cell, count) in self.progs[0].history() {
            // The first version is what was read, be it by the update itself.
            let known = before.get(&cell).copied().unwrap_or(1);
            if count <= known {
                continue;
            }
            let versions = self.progs[0].versions(cell);
            let (old, new) = (versions[known - 1].clone(), versions[count - 1].clone());
            let chosen = self.select(due, &new, &old, span)?;
            self.write(cell, chosen, span)?;
        }
        Ok(())
    }
}
