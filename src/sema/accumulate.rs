//! `accumulate = 4`: an update is made at every fourth batch of an epoch and at its last, of the mean gradient of the
//! batches since the one before.
//!
//! Everything is computed with every batch, and what an update changes is taken over when one is due. Batches count by
//! their rows, so that the mean is that of one large batch, whose loss is a mean over rows. A batch whose gradients are not
//! finite (in f16) counts for nothing, and where all of them are such no update is made.

use std::collections::BTreeMap;

use crate::base::Span;
use crate::ops::{Binary, Compare, Op};
use crate::tir::{CellId, Role, Source, Ty};
use crate::types::{DType, Scalar};

use super::value::Tensor;
use super::{Checker, Res};

impl<'a> Checker<'a> {
    /// Runs `update` on these gradients, or on the means over several batches. `finite` is whether this batch counts.
    pub fn accumulated(
        &mut self,
        cells: &[CellId],
        grads: Vec<Tensor>,
        finite: Option<&Tensor>,
        span: Span,
        update: impl FnOnce(&mut Self, Vec<Tensor>) -> Res<()>,
    ) -> Res<()> {
        if self.accumulate == 1 {
            return update(self, grads);
        }
        let ends = self.group_ends(span)?;
        let rows = self.size(&self.rows.clone(), DType::F64, span)?;
        let rows = self.if_finite(&rows, finite, span)?;
        let count = self.sum_of_batches(None, "accumulated.rows", Ty::scalar(DType::F64), &rows, &ends, span)?;
        let mut means = vec![];
        for (&cell, grad) in cells.iter().zip(&grads) {
            let grad = self.if_finite(grad, finite, span)?;
            // A gradient that is one number would become f64 with `rows`.
            let rows = self.cast(&rows, grad.ty.dtype, span)?;
            let weighted = self.binary(Binary::Mul, &grad, &rows, span)?;
            let ty = Ty { bound: None, ..grad.ty.clone() };
            let sum = self.sum_of_batches(Some(cell), "accumulated", ty, &weighted, &ends, span)?;
            let count = self.cast(&count, grad.ty.dtype, span)?;
            means.push(self.binary(Binary::Div, &sum, &count, span)?);
        }
        let zero = self.number(0.0, DType::F64, span);
        let some = self.compare(Compare::Lt, &zero, &count, span)?;
        let due = self.emit(Op::Binary(Binary::And), &[&ends, &some], span)?;
        let place = self.prog().name.clone();
        let updates = self.counter(format!("{place}.updates"), Scalar::I64(0), span);
        let made = self.read(updates, span);
        let one = self.constant(Scalar::I64(1), span);
        let number = self.binary(Binary::Add, &made, &one, span)?;
        let before = self.progs[0].history();
        self.update_number = Some(number.clone());
        let updated = update(self, means);
        self.update_number = None;
        updated?;
        self.write(updates, number, span)?;
        self.take_over_if(&due, &before, span)
    }

    /// Whether this batch is the last of those that make an update: that of a group, or of the epoch.
    fn group_ends(&mut self, span: Span) -> Res<Tensor> {
        let batch = self.ambient(Source::Batch, span);
        let batches = self.ambient(Source::Batches, span);
        let every = self.constant(Scalar::I64(self.accumulate as i64), span);
        let rest = self.binary(Binary::Rem, &batch, &every, span)?;
        let zero = self.constant(Scalar::I64(0), span);
        let full = self.compare(Compare::Eq, &rest, &zero, span)?;
        let last = self.compare(Compare::Eq, &batch, &batches, span)?;
        self.emit(Op::Binary(Binary::Or), &[&full, &last], span)
    }

    /// The value, or zeros for a batch that does not count.
    fn if_finite(&mut self, value: &Tensor, finite: Option<&Tensor>, span: Span) -> Res<Tensor> {
        let Some(finite) = finite else { return Ok(value.clone()) };
        let zero = self.number(0.0, value.ty.dtype, span);
        let zeros = self.broadcast_to(&zero, &value.ty.shape, span)?;
        self.select(finite, value, &zeros, span)
    }

    /// A sum over batches, this one included, that begins anew behind the last of them.
    fn sum_of_batches(
        &mut self,
        of: Option<CellId>,
        name: &str,
        ty: Ty,
        part: &Tensor,
        ends: &Tensor,
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
        let next = self.select(ends, &zero, &sum, span)?;
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
