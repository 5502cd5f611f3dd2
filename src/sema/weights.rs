//! The weights of a layer as a value: `net - 0.1 * g` has for each parameter of `net` what the expression gives for it,
//! and is called like `net`. Between layers of one make, the parameters go together in their order.

use std::rc::Rc;

use crate::base::Span;
use crate::diag::Diagnostic;
use crate::syntax::ast::{self, BinaryOp};
use crate::tir::CellId;

use super::builtin::find;
use super::expr::is_number;
use super::holds::{holds_layer, unsettled};
use super::scope::Scope;
use super::value::{Arg, Section, Tensor, Value, Weights};
use super::{Checker, Res};

impl<'a> Checker<'a> {
    /// `target <- value`, where the target is a layer: each parameter and buffer for which the value has something.
    pub fn update_layer(&mut self, target: &Value<'a>, value: &'a ast::Expr, span: Span, scope: &Scope<'a>) -> Res<()> {
        self.settled(target, span)?;
        let at = value.span;
        let value = self.layer_value(value, scope)?;
        let cells = self.cells_of(target, true);
        let new = match is_weighted(&value) {
            true => {
                let new = self.weights_of(&value, true, at)?;
                let all = self.cells_of(&new.of, true);
                self.same_make(&cells, &all, at)?;
                let place = |cell| all.iter().position(|known| *known == cell).map(|i| cells[i]);
                new.values.iter().filter_map(|(cell, value)| Some((place(*cell)?, value.clone()))).collect()
            }
            false => cells.into_iter().map(|cell| (cell, value.clone())).collect::<Vec<_>>(),
        };
        for (cell, value) in new {
            let ty = self.cells[cell.index()].ty.clone();
            let value = self.load_cell(value, at);
            let tensor = self.as_tensor(&value, ty.dtype, at)?;
            let tensor = self.fitted(tensor, &ty, span)?;
            self.write(cell, tensor, span)?;
        }
        Ok(())
    }

    /// What a layer becomes: a layer as it is, or an expression.
    fn layer_value(&mut self, e: &'a ast::Expr, scope: &Scope<'a>) -> Res<Value<'a>> {
        let value = self.expr(e, scope)?;
        self.settle(value)
    }

    /// `a op b`, parameter by parameter, where one side is a layer or the weights of one, and the other one too, or a
    /// number. What only the left side has stays as it is.
    pub fn layerwise(&mut self, op: BinaryOp, a: &Value<'a>, b: &Value<'a>, span: Span) -> Res<Value<'a>> {
        match (is_weighted(a), is_weighted(b)) {
            (true, false) => {
                self.one_number(b, span)?;
                self.each_of_weights(a, span, &mut |c, t| c.operated(op, Value::Tensor(t), b.clone(), span))
            }
            (false, true) => {
                self.one_number(a, span)?;
                self.each_of_weights(b, span, &mut |c, t| c.operated(op, a.clone(), Value::Tensor(t), span))
            }
            _ => self.pairwise(op, a, b, span),
        }
    }

    fn operated(&mut self, op: BinaryOp, a: Value<'a>, b: Value<'a>, span: Span) -> Res<Tensor> {
        let result = self.operate(op, a, b, span)?;
        self.as_tensor(&result, self.float, span)
    }

    /// Beside the weights of a layer stands one number, for all of them.
    fn one_number(&mut self, value: &Value<'a>, span: Span) -> Res<()> {
        match value {
            Value::Tensor(tensor) if tensor.ty.shape.is_empty() => Ok(()),
            value if is_number(value) => Ok(()),
            Value::Tensor(tensor) => {
                let message = format!("a layer's weights and {} do not go together", super::report::show(&tensor.ty));
                let diagnostic = Diagnostic::error("E0612", span, message, "one number, or another layer")
                    .help("parameter by parameter: `each net as p { .. }`");
                Err(self.report(diagnostic))
            }
            other => Err(self.expected("a number or a layer", other, span)),
        }
    }

    fn pairwise(&mut self, op: BinaryOp, a: &Value<'a>, b: &Value<'a>, span: Span) -> Res<Value<'a>> {
        let (left, right) = (self.weights_of(a, true, span)?, self.weights_of(b, true, span)?);
        let (here, there) = (self.cells_of(&left.of, true), self.cells_of(&right.of, true));
        self.same_make(&here, &there, span)?;
        let mut values = vec![];
        let mut met = 0;
        for (cell, other) in here.iter().zip(&there) {
            match (left.get(*cell), right.get(*other)) {
                (Some(x), Some(y)) => {
                    let (x, y) = (self.load_cell(x.clone(), span), self.load_cell(y.clone(), span));
                    values.push((*cell, Value::Tensor(self.operated(op, x, y, span)?)));
                    met += 1;
                }
                // A layer's own value is read when it is called.
                (Some(x), None) if matches!(a, Value::Weights(_)) => values.push((*cell, x.clone())),
                _ => {}
            }
        }
        if met < right.values.len() {
            let message = "the right side has parameters that the left side lacks";
            let diagnostic = Diagnostic::error("E0612", span, message, "not of the same parameters")
                .help("begin with the layer itself: `net - g`");
            return Err(self.report(diagnostic));
        }
        Ok(Value::Weights(Rc::new(Weights { of: left.of.clone(), values })))
    }

    /// Two layers whose parameters and buffers have the same types in the same order.
    fn same_make(&mut self, here: &[CellId], there: &[CellId], span: Span) -> Res<()> {
        if here.len() != there.len() {
            let message =
                format!("one of these layers has {} parameters and buffers, the other one {}", here.len(), there.len());
            return Err(self.error("E0612", span, message, "not of the same make"));
        }
        for (a, b) in here.iter().zip(there) {
            let (a, b) = (&self.cells[a.index()], &self.cells[b.index()]);
            if a.ty.shape != b.ty.shape {
                let show = super::report::show;
                let message = format!("`{}` is {} and `{}` is {}", a.path(), show(&a.ty), b.path(), show(&b.ty));
                return Err(self.error("E0612", span, message, "not of the same make"));
            }
        }
        Ok(())
    }

    /// The weights of a layer as they are here; of weights, themselves. Buffers too if `all`.
    pub fn weights_of(&mut self, value: &Value<'a>, all: bool, span: Span) -> Res<Rc<Weights<'a>>> {
        if let Value::Weights(weights) = value {
            return Ok(weights.clone());
        }
        self.settled(value, span)?;
        let cells = self.cells_of(value, all);
        let values = cells.into_iter().map(|cell| (cell, Value::Tensor(self.read(cell, span)))).collect();
        Ok(Rc::new(Weights { of: value.clone(), values }))
    }

    /// The weights with each of them replaced.
    pub fn each_of_weights(
        &mut self,
        value: &Value<'a>,
        span: Span,
        f: &mut dyn FnMut(&mut Self, Tensor) -> Res<Tensor>,
    ) -> Res<Value<'a>> {
        let weights = self.weights_of(value, true, span)?;
        self.map_weights(&weights, span, f)
    }

    pub fn map_weights(
        &mut self,
        weights: &Weights<'a>,
        span: Span,
        f: &mut dyn FnMut(&mut Self, Tensor) -> Res<Tensor>,
    ) -> Res<Value<'a>> {
        let mut values = vec![];
        for (cell, value) in &weights.values {
            let value = self.load_cell(value.clone(), span);
            let tensor = self.as_tensor(&value, self.float, span)?;
            values.push((*cell, Value::Tensor(f(self, tensor)?)));
        }
        Ok(Value::Weights(Rc::new(Weights { of: weights.of.clone(), values })))
    }

    /// `each net as p { .. }`: the block's value for every parameter.
    pub fn each_weight(
        &mut self,
        value: &Value<'a>,
        span: Span,
        name: &'a ast::Ident,
        body: &'a ast::Block,
        scope: &Scope<'a>,
    ) -> Res<Value<'a>> {
        let weights = self.weights_of(value, false, span)?;
        self.map_weights(&weights, span, &mut |c, tensor| {
            let inner = scope.block();
            inner.set(&name.name, Value::Tensor(tensor));
            let value = c.block(body, &inner)?;
            c.as_tensor(&value, c.float, span)
        })
    }

    /// Runs `body` with these weights in place of the layer's own.
    pub fn with_weights<T>(&mut self, weights: &Rc<Weights<'a>>, body: impl FnOnce(&mut Self) -> Res<T>) -> Res<T> {
        self.weights.push(weights.clone());
        let result = body(self);
        self.weights.pop();
        result
    }

    /// A field, element or method of a layer with other weights.
    pub fn part_of(&mut self, weights: &Rc<Weights<'a>>, part: Value<'a>, span: Span) -> Res<Value<'a>> {
        match &part {
            Value::Cell(cell) => match weights.get(*cell) {
                Some(value) => Ok(value.clone()),
                None => Ok(part),
            },
            Value::Fn(_) => {
                let args = [part, Value::Weights(weights.clone())].map(|value| Arg::positional(value, span));
                let Some(func) = find("call with other weights") else { return Err(super::Poison) };
                Ok(Value::Section(Rc::new(Section { func: func.value(), args: args.into(), span })))
            }
            layer if holds_layer(layer) => {
                let cells = self.cells_of(layer, true);
                let values = weights.values.iter().filter(|(cell, _)| cells.contains(cell)).cloned().collect();
                Ok(Value::Weights(Rc::new(Weights { of: part, values })))
            }
            _ => Ok(part),
        }
    }

    /// All parameters are there: no size is still to be taken from an input.
    pub fn settled(&mut self, value: &Value<'a>, span: Span) -> Res<()> {
        self.sizes_from_sources(value)?;
        let Some(layer) = unsettled(value) else { return Ok(()) };
        let message = format!("the sizes of `{}` are not known yet", layer.ast.name.name);
        let diagnostic = Diagnostic::error("E0516", span, message, "so its parameters are not there")
            .label(layer.span, "no input has said what `_` is")
            .help("write the number, or use the layer before");
        Err(self.report(diagnostic))
    }
}

/// Whether a value is a layer, or the weights of one: arithmetic on it goes parameter by parameter.
pub fn is_weighted(value: &Value) -> bool {
    match value {
        Value::Weights(_) | Value::Instance(_) | Value::Chain(_) | Value::Choice(_) | Value::Frozen(..) => true,
        Value::List(parts) | Value::Tuple(parts) => !parts.is_empty() && parts.iter().all(holds_layer),
        _ => false,
    }
}
