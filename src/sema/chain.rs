//! `x |> f(a)` and `f >> g`.

use std::rc::Rc;

use crate::base::Span;
use crate::syntax::ast::{self, ExprKind};

use super::scope::Scope;
use super::value::{Arg, Code, Section, Value};
use super::{Checker, Res};

impl<'a> Checker<'a> {
    pub fn pipe(&mut self, x: &'a ast::Expr, f: &'a ast::Expr, span: Span, scope: &Scope<'a>) -> Res<Value<'a>> {
        let value = self.expr(x, scope);
        if let ExprKind::Call { func, args } = &f.kind {
            let callee = self.expr(func, scope)?;
            let first = Arg::positional(value?, x.span);
            if !matches!(callee, Value::LayerClass(_) | Value::OptimizerClass(..)) {
                let mut all = vec![first];
                all.extend(self.args(args, scope)?);
                return self.call(&callee, all, span);
            }
            let args = self.args(args, scope)?;
            let layer = self.call(&callee, args, f.span)?;
            return self.call(&layer, vec![first], span);
        }
        let callee = self.expr(f, scope)?;
        self.call(&callee, vec![Arg::positional(value?, x.span)], span)
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
        for operand in operands.into_iter().rev() {
            let part = self.stage(operand, scope)?;
            let part = self.settle(part)?;
            if !part.is_callable() && !matches!(part, Value::Optimizer(_) | Value::OptimizerClass(..)) {
                return Err(self.expected("a layer or a function", &part, operand.span));
            }
            parts.push(part);
        }
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
            true => Ok(Value::Section(Rc::new(Section { func: callee, args }))),
            false => self.call(&callee, args, e.span),
        }
    }
}
