//! `x |> f(a)` and `f >> g`.

use std::rc::Rc;

use crate::base::Span;
use crate::diag::Label;
use crate::syntax::ast::{self, ExprKind};
use crate::tir::Ty;
use crate::types::Dim;

use super::notes::About;
use super::scope::Scope;
use super::value::{Arg, Code, Section, Value};
use super::{Checker, Res};

impl<'a> Checker<'a> {
    /// `x |> f |> g(a)`, from left to right.
    pub fn pipe(&mut self, x: &'a ast::Expr, f: &'a ast::Expr, span: Span, scope: &Scope<'a>) -> Res<Value<'a>> {
        let mut stages = vec![(f, span)];
        let mut head = x;
        while let ExprKind::Pipe(x, f) = &head.kind {
            stages.push((f, head.span));
            head = x;
        }
        let mut value = self.expr(head, scope);
        let mut at = head.span;
        let mut shapes = vec![];
        for (f, span) in stages.into_iter().rev() {
            if let Ok(Value::Tensor(t)) = &value {
                shapes.push(t.ty.shape.clone());
            }
            value = self.piped(value.map(|v| Arg::positional(v, at)), &shapes, f, span, scope);
            if let Ok(value) = &value {
                self.note(f.span, About::Stage, value);
            }
            at = span;
        }
        value
    }

    /// One stage; its own mistakes are reported even when there is nothing to apply it to.
    fn piped(
        &mut self,
        x: Res<Arg<'a>>,
        shapes: &[Vec<Dim>],
        f: &'a ast::Expr,
        span: Span,
        scope: &Scope<'a>,
    ) -> Res<Value<'a>> {
        let ExprKind::Call { func, args } = &f.kind else {
            let callee = self.expr(f, scope)?;
            let x = x?;
            return self.with_trail(shapes, |c| c.call(&callee, vec![x], span));
        };
        let callee = self.expr(func, scope)?;
        let args = self.args(args, scope)?;
        if matches!(callee, Value::LayerClass(_) | Value::OptimizerClass(..)) {
            let layer = self.call(&callee, args, f.span)?;
            let x = x?;
            return self.with_trail(shapes, |c| c.call(&layer, vec![x], span));
        }
        let mut all = vec![x?];
        all.extend(args);
        self.with_trail(shapes, |c| c.call(&callee, all, span))
    }

    fn with_trail<T>(&mut self, shapes: &[Vec<Dim>], body: impl FnOnce(&mut Self) -> T) -> T {
        let outer = std::mem::replace(&mut self.trail, shapes.to_vec());
        let result = body(self);
        self.trail = outer;
        result
    }

    /// Applies the stages one after the other. What goes wrong in a stage is shown where the stage is written, with the
    /// shapes on the way to it, and with the setting of an earlier stage that would put it right.
    pub fn call_chain(&mut self, parts: &[Value<'a>], args: Vec<Arg<'a>>, span: Span) -> Res<Value<'a>> {
        let mut args = args;
        let mut shapes = vec![];
        let mut inputs = vec![];
        let mut result = Ok(Value::Nothing);
        let begin = self.prog().program.nodes.len();
        for (i, part) in parts.iter().enumerate() {
            let input = match args.as_slice() {
                [Arg { value: Value::Tensor(t), .. }] => Some(t.ty.clone()),
                _ => None,
            };
            shapes.extend(input.iter().map(|ty| ty.shape.clone()));
            inputs.push(input);
            let at = self.stage_place(part).unwrap_or(span);
            let reported = self.out.diagnostics.len();
            self.missed = None;
            let given = std::mem::take(&mut args);
            let began = self.begins();
            let types: Vec<Ty> = inputs.last().cloned().flatten().into_iter().collect();
            result = self.with_trail(&shapes, |c| c.call(part, given, at));
            if let (Ok(value), Some(place)) = (&result, self.stage_place(part)) {
                self.note(place, About::Stage, value);
            }
            if let (Ok(value), Value::Section(_)) = (&result, part) {
                self.called(String::new(), part, began, types, value);
            }
            match &result {
                Ok(value) if i + 1 < parts.len() => {
                    let next = self.stage_place(&parts[i + 1]).unwrap_or(span);
                    args = vec![Arg::positional(value.clone(), next)];
                }
                Ok(_) => {}
                Err(_) => {
                    self.add_to_reports(reported, at, span);
                    if reported < self.out.diagnostics.len() {
                        self.suggest_setting(&parts[..=i], &inputs);
                    }
                    break;
                }
            }
        }
        self.chained(parts, begin);
        result
    }

    /// Where a stage is written, when that is in a file of the user.
    fn stage_place(&self, part: &Value<'a>) -> Option<Span> {
        let span = match part {
            Value::Instance(instance) => instance.span,
            Value::Section(section) => section.span,
            _ => return None,
        };
        (!span.is_none() && !self.is_std(span.file)).then_some(span)
    }

    /// Errors of a stage also say where the chain is applied.
    fn add_to_reports(&mut self, first: usize, stage: Span, call: Span) {
        if stage == call || self.is_std(call.file) {
            return;
        }
        for diagnostic in &mut self.out.diagnostics[first..] {
            for label in &mut diagnostic.labels[1..] {
                // The whole stage says nothing beside its size: the use of the chain does.
                if label.span == stage {
                    label.span = call;
                }
            }
            if diagnostic.labels.iter().all(|label| label.span != call) {
                diagnostic.labels.push(Label { span: call, text: "applied here".to_string() });
            }
        }
    }

    pub fn compose(&mut self, e: &'a ast::Expr, scope: &Scope<'a>) -> Res<Value<'a>> {
        let mut operands = vec![];
        let mut rest = e;
        while let ExprKind::Compose(first, last) = &rest.kind {
            operands.push(&**last);
            rest = first;
        }
        operands.push(rest);
        let mut parts = vec![];
        let places: Vec<Span> = operands.iter().rev().map(|operand| operand.span).collect();
        for operand in operands.into_iter().rev() {
            let part = self.stage(operand, scope)?;
            let part = self.member(part)?;
            if !part.is_callable() && !matches!(part, Value::Optimizer(_) | Value::OptimizerClass(..)) {
                return Err(self.expected("a layer or a function", &part, operand.span));
            }
            if matches!(part, Value::Instance(_)) {
                self.note(operand.span, About::Value, &part);
            }
            parts.push(match part {
                Value::Fn(_) | Value::Builtin(_) => {
                    Value::Section(Rc::new(Section { func: part, args: vec![], span: operand.span }))
                }
                part => part,
            });
        }
        self.look_at_stages(&parts, &places);
        Ok(Value::Chain(Rc::new(parts)))
    }

    /// One operand of `>>`: `f(a)` with a function that still lacks its tensor is `|x| f(x, a)`.
    pub fn stage(&mut self, e: &'a ast::Expr, scope: &Scope<'a>) -> Res<Value<'a>> {
        let ExprKind::Call { func, args } = &e.kind else { return self.expr(e, scope) };
        let callee = self.expr(func, scope)?;
        let args = self.args(args, scope)?;
        let lacks_tensor = match &callee {
            Value::Builtin(b) => b.params.first().is_some_and(|p| *p == "x"),
            Value::Fn(closure) => match closure.code {
                Code::Func(f) => f.params.first().is_some_and(|p| {
                    let tensor = p.ty.as_ref().is_some_and(|t| matches!(t.kind, ast::TypeKind::Tensor { .. }));
                    tensor && !args.iter().any(|a| a.name.as_ref() == Some(&p.name.name))
                }),
                Code::Lambda { .. } => false,
            },
            _ => false,
        };
        match lacks_tensor {
            true => Ok(Value::Section(Rc::new(Section { func: callee, args, span: e.span }))),
            false => self.call(&callee, args, e.span),
        }
    }
}

/// `[B, 1, 28, 28] -> [B, 6, 24, 24]`: how a shape went, without the stages that kept it; nothing if all did.
pub fn trail_text(shapes: &[Vec<Dim>]) -> Option<String> {
    let mut shapes = shapes.to_vec();
    shapes.dedup();
    (shapes.len() > 1).then(|| shapes.iter().map(|shape| super::report::dims(shape)).collect::<Vec<_>>().join(" -> "))
}
