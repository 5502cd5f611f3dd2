//! Which floats a program computes with: its float type, the precision of a `train` block, and loss scaling for f16.

use std::collections::BTreeMap;

use crate::base::Span;
use crate::diag::Diagnostic;
use crate::ops::{Binary, Compare, Op, Unary};
use crate::syntax::ast::ItemKind;
use crate::tir::{CellId, Role, Target, Ty};
use crate::types::{DType, Scalar};

use super::value::{Tensor, Value};
use super::{Checker, MAIN, Res};

/// The first scale of a loss.
pub const FIRST_SCALE: f64 = 65536.0;

/// Steps without an overflow after which the scale doubles.
const INTERVAL: i64 = 2000;

/// Loss scaling of one `minimize` (Micikevicius et al., 2018): gradients in f16 vanish below 6e-8, so the loss is
/// multiplied by a scale before it is differentiated, and the gradients are divided by it. Where one of them is not
/// finite the step is left out and the scale halved; after `INTERVAL` good steps it is doubled.
#[derive(Clone, Debug)]
pub struct Scaling {
    scale: (CellId, Tensor),
    /// Steps since the last change of the scale.
    good: (CellId, Tensor),
    /// Steps left out so far; the step that an optimizer sees does not count them.
    pub skipped: (CellId, Tensor),
    /// How many values each cell had had before the updates.
    before: BTreeMap<CellId, usize>,
}

impl<'a> Checker<'a> {
    /// `let float = f64` in the main file is the type of `[B, T]`, of numbers and of data.
    pub fn program_float(&mut self) {
        let items = &self.modules.get(MAIN).ast.items;
        let lets = items.iter().filter_map(|item| if let ItemKind::Let(l) = &item.kind { Some(l) } else { None });
        let Some(found) = lets.flat_map(|l| &l.names).find(|name| &*name.name == "float") else { return };
        match self.global(MAIN, "float") {
            Some(Value::DType(dtype)) if dtype.is_float() => self.float = dtype,
            Some(Value::Error) | None => {}
            Some(other) => {
                let message = format!("`float` is the program's float type, and this is {}", other.kind());
                let diagnostic = Diagnostic::error("E0301", found.span, message, "needs an element type of floats")
                    .help("for example `let float = f64`; a value of another kind needs another name");
                self.report(diagnostic);
            }
        }
    }

    /// The type of losses and metrics: that of the program, if it has digits enough.
    pub fn scalar_float(&self) -> DType {
        if self.float.is_half() { DType::F32 } else { self.float }
    }

    /// `precision = bf16` in a `train` block.
    pub fn precision_setting(&mut self, value: &Value<'a>, span: Span) -> Res<()> {
        let Value::DType(dtype) = value else {
            return Err(self.expected("an element type: f32, bf16 or f16", value, span));
        };
        let diagnostic = match (*dtype, self.float) {
            (dtype, float) if dtype == float => {
                self.precision = None;
                return Ok(());
            }
            (DType::F16 | DType::Bf16, DType::F32) => {
                self.precision = Some(*dtype);
                return Ok(());
            }
            (DType::F16 | DType::Bf16, float) => {
                let message = format!("mixed precision is for programs in f32, and this one is in {float}");
                Diagnostic::error("E0605", span, message, "not both")
                    .help("leave out `precision`, or `let float` at the top level")
            }
            (dtype, _) => {
                let message = format!("`precision` is bf16, f16 or f32, and this is {dtype}");
                let diagnostic = Diagnostic::error("E0605", span, message, "not a lower precision");
                match dtype.is_float() {
                    true => diagnostic.help(format!("`let float = {dtype}` at the top level is for the whole program")),
                    false => diagnostic,
                }
            }
        };
        Err(self.report(diagnostic))
    }

    /// `loss_scale = 1024` in a `train` block: the first scale of f16's losses.
    pub fn loss_scale_setting(&mut self, value: &Value<'a>, span: Span) -> Res<()> {
        match super::expr::number(value) {
            Some(scale) if scale > 0.0 && scale.is_finite() => {
                self.loss_scale = scale;
                Ok(())
            }
            Some(_) => Err(self.error("E0605", span, "the scale of a loss is above zero", "must be positive")),
            None => Err(self.expected("a number", value, span)),
        }
    }

    /// The loss to differentiate, and in f16 what its scale is.
    pub fn scaled(&mut self, loss: &Tensor, name: &str, span: Span) -> Res<(Tensor, Option<Scaling>)> {
        if self.precision != Some(DType::F16) {
            return Ok((loss.clone(), None));
        }
        let (place, first) = (self.prog().name.clone(), self.loss_scale);
        let mut cell = |what: &str, first: Scalar| {
            let cell = self.counter(format!("{place}.{name}.{what}"), first, span);
            (cell, self.read(cell, span))
        };
        let scale = cell("scale", Scalar::F32(first as f32));
        let good = cell("good", Scalar::I64(0));
        let skipped = cell("skipped", Scalar::I64(0));
        let scaled = self.binary(Binary::Mul, loss, &scale.1, span)?;
        let shown = if name == "loss" { String::new() } else { format!("{name}_") };
        self.metric(&format!("{shown}scale").into(), &scale.1, span);
        Ok((scaled, Some(Scaling { scale, good, skipped, before: self.progs[0].history() })))
    }

    /// A number that is kept between steps.
    pub fn counter(&mut self, name: String, first: Scalar, span: Span) -> CellId {
        let cell = self.add_cell(None, name.into(), Role::State, Ty::scalar(first.dtype()), span);
        self.in_init(|c| {
            let value = c.constant(first, span);
            c.prog().output(Target::Cell(cell), value.id, span);
        });
        cell
    }

    /// The gradients of the loss itself, and whether all are finite.
    pub fn unscaled(&mut self, scaling: &Scaling, grads: Vec<Tensor>, span: Span) -> Res<(Vec<Tensor>, Tensor)> {
        let mut unscaled = vec![];
        let mut finite = self.constant(Scalar::Bool(true), span);
        for grad in grads {
            let grad = self.binary(Binary::Div, &grad, &scaling.scale.1, span)?;
            let size = self.unary(Unary::Abs, &grad, span)?;
            let infinity = self.number(f64::INFINITY, grad.ty.dtype, span);
            let below = self.compare(Compare::Lt, &size, &infinity, span)?;
            let all = self.all(&below, span)?;
            finite = self.emit(Op::Binary(Binary::And), &[&finite, &all], span)?;
            unscaled.push(grad);
        }
        Ok((unscaled, finite))
    }

    /// Takes back what the updates changed unless all gradients were finite, and chooses the next scale.
    /// Accumulated batches have seen to that themselves.
    pub fn end_scaled(&mut self, scaling: &Scaling, finite: &Tensor, span: Span) -> Res<()> {
        if self.accumulate > 1 {
            return self.next_scale(scaling, finite, span);
        }
        for (cell, count) in self.progs[0].history() {
            // A cell that was not known before was read first.
            let kept = scaling.before.get(&cell).copied().unwrap_or(1);
            if count > kept {
                let versions = self.progs[0].versions(cell);
                let (old, new) = (versions[kept - 1].clone(), versions[count - 1].clone());
                let chosen = self.select(finite, &new, &old, span)?;
                self.write(cell, chosen, span)?;
            }
        }
        self.next_scale(scaling, finite, span)
    }

    fn next_scale(&mut self, scaling: &Scaling, finite: &Tensor, span: Span) -> Res<()> {
        let Scaling { scale, good, skipped, .. } = scaling;
        let (zero, one) = (self.constant(Scalar::I64(0), span), self.constant(Scalar::I64(1), span));
        let counted = self.binary(Binary::Add, &good.1, &one, span)?;
        let interval = self.constant(Scalar::I64(INTERVAL), span);
        let full = self.compare(Compare::Eq, &counted, &interval, span)?;
        let two = self.number(2.0, DType::F32, span);
        let (double, half) =
            (self.binary(Binary::Mul, &scale.1, &two, span)?, self.binary(Binary::Div, &scale.1, &two, span)?);
        let grown = self.select(&full, &double, &scale.1, span)?;
        let next = self.select(finite, &grown, &half, span)?;
        self.write(scale.0, next, span)?;
        let counted = self.select(&full, &zero, &counted, span)?;
        let counted = self.select(finite, &counted, &zero, span)?;
        self.write(good.0, counted, span)?;
        let more = self.binary(Binary::Add, &skipped.1, &one, span)?;
        let left_out = self.select(finite, &skipped.1, &more, span)?;
        let shown = self.cast(&left_out, DType::F32, span)?;
        self.metric(&"skipped".into(), &shown, span);
        self.write(skipped.0, left_out, span)
    }
}
