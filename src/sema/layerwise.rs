//! `target <- 0.99 * target + 0.01 * net` between layers of one make: each parameter and buffer on its own.

use std::rc::Rc;

use crate::base::Span;
use crate::diag::Diagnostic;
use crate::syntax::ast;

use super::layer::holds_layer;
use super::scope::Scope;
use super::value::{Instance, Value};
use super::{Checker, Res};

impl<'a> Checker<'a> {
    /// `target <- expression over layers of the same shape`: each parameter on its own.
    pub fn update_layer(&mut self, target: &Value<'a>, value: &'a ast::Expr, span: Span, scope: &Scope<'a>) -> Res<()> {
        self.settled(target, span)?;
        let cells = self.cells_of(target, true);
        for (i, &cell) in cells.iter().enumerate() {
            let ty = self.cells[cell.index()].ty.clone();
            let new = self.parallel(value, i, cells.len(), scope)?;
            let tensor = self.as_tensor(&new, ty.dtype, span)?;
            let tensor = self.fitted(tensor, &ty, span)?;
            self.write(cell, tensor, span)?;
        }
        Ok(())
    }

    /// `0.996 * target + 0.004 * online` for the `i`-th parameter of every layer in it.
    fn parallel(&mut self, e: &'a ast::Expr, i: usize, count: usize, scope: &Scope<'a>) -> Res<Value<'a>> {
        match &e.kind {
            ast::ExprKind::Binary(op, _, a, b) => {
                let a = self.parallel(a, i, count, scope)?;
                let b = self.parallel(b, i, count, scope)?;
                self.operate(*op, a, b, e.span)
            }
            ast::ExprKind::Name(_) | ast::ExprKind::Field { .. } => {
                let value = self.place(e, scope)?;
                if !holds_layer(&value) {
                    return Ok(self.load_cell(value, e.span));
                }
                self.settled(&value, e.span)?;
                let cells = self.cells_of(&value, true);
                if cells.len() != count {
                    let message = format!(
                        "this layer has {} parameters and buffers, the one that changes has {count}",
                        cells.len()
                    );
                    return Err(self.error("E0612", e.span, message, "not of the same make"));
                }
                Ok(Value::Tensor(self.read(cells[i], e.span)))
            }
            _ => self.expr(e, scope),
        }
    }

    /// All parameters are there: no size is still to be taken from an input.
    fn settled(&mut self, value: &Value<'a>, span: Span) -> Res<()> {
        let Some(layer) = unsettled(value) else { return Ok(()) };
        let message = format!("the sizes of `{}` are not known yet", layer.ast.name.name);
        let diagnostic = Diagnostic::error("E0516", span, message, "so its parameters are not there")
            .label(layer.span, "no input has said what `_` is")
            .help("write the number, or use the layer before");
        Err(self.report(diagnostic))
    }
}

/// The first layer below a value that waits for its input.
fn unsettled<'a>(value: &Value<'a>) -> Option<Rc<Instance<'a>>> {
    match value {
        Value::Instance(layer) if !layer.holes.borrow().is_empty() => Some(layer.clone()),
        Value::Instance(layer) => layer.fields.borrow().iter().find_map(|(_, field)| unsettled(field)),
        Value::Chain(parts) | Value::List(parts) | Value::Tuple(parts) => parts.iter().find_map(unsettled),
        Value::Record(fields) => fields.iter().find_map(|(_, field)| unsettled(field)),
        Value::Choice(choice) => unsettled(&choice.then).or_else(|| unsettled(&choice.otherwise)),
        Value::Section(section) => unsettled(&section.func),
        _ => None,
    }
}
