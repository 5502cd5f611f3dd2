//! `params(target) <- 0.99 * params(target) + 0.01 * params(net)` between lists of parameters: each on its own. Lists are joined
//! by `+` everywhere else, so this is a way of reading the whole statement.

use crate::base::Span;
use crate::syntax::ast::{self, ExprKind, UnaryOp};
use crate::tir::CellId;

use super::holds::holds;
use super::scope::Scope;
use super::value::Value;
use super::{Checker, Res};

/// A part of an update.
enum Side<'a> {
    /// A value for each parameter.
    Each(Vec<Value<'a>>),
    /// The same for all of them.
    Same(Value<'a>),
}

impl<'a> Side<'a> {
    fn at(&self, i: usize) -> Value<'a> {
        match self {
            Side::Each(values) => values[i].clone(),
            Side::Same(value) => value.clone(),
        }
    }
}

impl<'a> Checker<'a> {
    /// `parameters <- expression over as many`: each on its own. All are read before one changes.
    pub fn update_parameters(
        &mut self,
        target: &Value<'a>,
        value: &'a ast::Expr,
        span: Span,
        scope: &Scope<'a>,
    ) -> Res<()> {
        self.settled(target, span)?;
        let cells = self.cells_of(target, true);
        if cells.is_empty() {
            let message =
                format!("`<-` changes parameters, buffers and states, and {} without any is here", target.kind());
            return Err(self.error("E0612", span, message, "nothing to change"));
        }
        let new = self.parallel(value, &cells, scope)?;
        for (i, &cell) in cells.iter().enumerate() {
            let ty = self.cells[cell.index()].ty.clone();
            let tensor = self.as_tensor(&new.at(i), ty.dtype, span)?;
            let tensor = self.fitted(tensor, &ty, span)?;
            self.write(cell, tensor, span)?;
        }
        Ok(())
    }

    /// `0.996 * target + 0.004 * online` for all parameters of the layers in it.
    fn parallel(&mut self, e: &'a ast::Expr, target: &[CellId], scope: &Scope<'a>) -> Res<Side<'a>> {
        match &e.kind {
            ExprKind::Binary(op, _, a, b) => {
                let a = self.parallel(a, target, scope)?;
                let b = self.parallel(b, target, scope)?;
                if let (Side::Same(a), Side::Same(b)) = (&a, &b) {
                    return Ok(Side::Same(self.operate(*op, a.clone(), b.clone(), e.span)?));
                }
                let each = (0..target.len()).map(|i| self.operate(*op, a.at(i), b.at(i), e.span)).collect::<Res<_>>();
                Ok(Side::Each(each?))
            }
            ExprKind::Unary(UnaryOp::Neg, x) => {
                let x = self.parallel(x, target, scope)?;
                let minus = || Value::Float(-1.0);
                let each = (0..target.len()).map(|i| self.operate(ast::BinaryOp::Mul, minus(), x.at(i), e.span));
                Ok(Side::Each(each.collect::<Res<_>>()?))
            }
            _ => {
                let value = self.place(e, scope)?;
                self.each_cell(value, target, e.span)
            }
        }
    }

    /// The parameters of a layer or a list, or one value for all.
    fn each_cell(&mut self, value: Value<'a>, target: &[CellId], span: Span) -> Res<Side<'a>> {
        let one = matches!(value, Value::Cell(_) | Value::Tensor(_));
        if one || !holds(&value) {
            return Ok(Side::Same(self.load_cell(value, span)));
        }
        self.settled(&value, span)?;
        let cells = self.cells_of(&value, true);
        let ty = |c: &Self, cell: CellId| c.cells[cell.index()].ty.clone();
        if cells.len() != target.len() {
            let (have, want) = (cells.len(), target.len());
            let message = format!("this has {have} parameters and buffers, and what changes has {want}");
            return Err(self.error("E0612", span, message, "not of the same make"));
        }
        for (&mine, &theirs) in target.iter().zip(&cells) {
            if ty(self, mine).shape != ty(self, theirs).shape {
                let (a, b) = (self.cells[mine.index()].path(), self.cells[theirs.index()].path());
                let (x, y) = (super::report::show(&ty(self, mine)), super::report::show(&ty(self, theirs)));
                let message = format!("`{a}` is {x}, and `{b}` in its place is {y}");
                return Err(self.error("E0612", span, message, "not of the same make"));
            }
        }
        Ok(Side::Each(cells.into_iter().map(|cell| Value::Tensor(self.read(cell, span))).collect()))
    }
}
