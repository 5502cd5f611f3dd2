//! `if`: a known condition chooses a branch; one on sizes that is not decided checks both; one on data is for
//! `conditional`.

use std::rc::Rc;

use crate::base::Span;
use crate::diag::Diagnostic;
use crate::syntax::ast;
use crate::types::{DType, Dim};

use super::expr::{is_number, tensor_of};
use super::scope::Scope;
use super::value::{Choice, Tensor, Truth, Value};
use super::{Checker, Res};

impl<'a> Checker<'a> {
    pub fn if_expr(
        &mut self,
        condition: &'a ast::Expr,
        then: &'a ast::Block,
        otherwise: Option<&'a ast::Block>,
        span: Span,
        scope: &Scope<'a>,
    ) -> Res<Value<'a>> {
        let value = self.expr(condition, scope)?;
        match value {
            Value::Bool(Truth::Known(true)) => self.block(then, scope),
            Value::Bool(Truth::Known(false)) => match otherwise {
                Some(block) => self.block(block, scope),
                None => Ok(Value::Nothing),
            },
            Value::Bool(truth) => self.undecided(truth, then, otherwise, span, scope),
            Value::Tensor(cond) => self.tensor_if(&cond, then, otherwise, span, scope),
            other => Err(self.expected("a condition", &other, condition.span)),
        }
    }

    /// Neither branch is excluded: both are checked, each with its fact, and must agree.
    fn undecided(
        &mut self,
        truth: Truth,
        then: &'a ast::Block,
        otherwise: Option<&'a ast::Block>,
        span: Span,
        scope: &Scope<'a>,
    ) -> Res<Value<'a>> {
        self.either(
            &truth,
            |c| c.block(then, scope),
            |c| otherwise.map_or(Ok(Value::Nothing), |block| c.block(block, scope)),
            span,
        )
    }

    /// Both of two ways, each under its fact; a way that the facts exclude is left out.
    pub fn either(
        &mut self,
        truth: &Truth,
        then: impl FnOnce(&mut Self) -> Res<Value<'a>>,
        otherwise: impl FnOnce(&mut Self) -> Res<Value<'a>>,
        span: Span,
    ) -> Res<Value<'a>> {
        let facts = self.facts.clone();
        self.open += 1;
        let a = self.assume_truth(truth).then(|| then(self));
        self.facts = facts.clone();
        let b = self.assume_truth(&truth.clone().not()).then(|| otherwise(self));
        self.facts = facts;
        self.open -= 1;
        match (a, b) {
            (Some(a), Some(b)) => {
                self.undecided = true;
                let (a, b) = (a?, b?);
                self.join(truth, a, b, span)
            }
            (Some(only), None) | (None, Some(only)) => only,
            (None, None) => Ok(Value::Nothing),
        }
    }

    /// False when the facts exclude it.
    fn assume_truth(&mut self, truth: &Truth) -> bool {
        match truth {
            Truth::Known(value) => *value,
            Truth::Unknown => true,
            Truth::Claims(claims) => claims.iter().all(|claim| self.facts.assume(claim)),
        }
    }

    fn join(&mut self, truth: &Truth, a: Value<'a>, b: Value<'a>, span: Span) -> Res<Value<'a>> {
        match (a, b) {
            (Value::Tensor(a), Value::Tensor(b)) => {
                if self.generic {
                    return Ok(Value::Tensor(self.either_shape(truth, a, b, span)?));
                }
                self.branches_agree(&a, &b, span)?;
                let cond = self.holds(truth, span);
                Ok(Value::Tensor(self.select(&cond, &a, &b, span)?))
            }
            (a @ Value::Tensor(_), b) | (a, b @ Value::Tensor(_)) if is_number(&a) || is_number(&b) => {
                let dtype = [&a, &b].into_iter().find_map(|v| tensor_of(v).map(|t| t.ty.dtype)).unwrap_or(self.float);
                let a = self.as_tensor(&a, dtype, span)?;
                let b = self.as_tensor(&b, dtype, span)?;
                self.join(truth, Value::Tensor(a), Value::Tensor(b), span)
            }
            (a, b) if a.is_callable() && b.is_callable() => {
                Ok(Value::Choice(Rc::new(Choice { truth: truth.clone(), then: a, otherwise: b })))
            }
            (Value::Tuple(a), Value::Tuple(b)) if a.len() == b.len() => {
                let parts: Res<Vec<_>> =
                    a.iter().zip(b.iter()).map(|(x, y)| self.join(truth, x.clone(), y.clone(), span)).collect();
                Ok(Value::tuple(parts?))
            }
            (Value::Int(a, label), Value::Int(b, _)) if a == b => Ok(Value::Int(a, label)),
            (Value::Int(..), Value::Int(..)) if self.generic => {
                Ok(Value::dim(Dim::var(&crate::types::Var::fresh("n", i64::MIN))))
            }
            (Value::Float(a), Value::Float(_) | Value::Int(..)) if self.generic => Ok(Value::Float(a)),
            (Value::Int(..), Value::Float(b)) if self.generic => Ok(Value::Float(b)),
            (Value::Bool(a), Value::Bool(b)) => Ok(Value::Bool(if a == b { a } else { Truth::Unknown })),
            (Value::Nothing, _) | (_, Value::Nothing) => Ok(Value::Nothing),
            (a, b) if is_number(&a) && is_number(&b) => {
                let a = self.as_tensor(&a, DType::F64, span)?;
                let b = self.as_tensor(&b, DType::F64, span)?;
                self.join(truth, Value::Tensor(a), Value::Tensor(b), span)
            }
            (a, _) if self.generic => Ok(a),
            (a, b) => {
                let message = format!("one branch is {}, the other {}", a.kind(), b.kind());
                Err(self.error("E0511", span, message, "both branches must give the same"))
            }
        }
    }

    /// One shape for both branches: each axis as one branch has it, when the other has the same under its condition.
    /// With `In == Out` in the first branch, `[B, In]` and `[B, Out]` are both `[B, Out]`.
    fn either_shape(&mut self, truth: &Truth, a: Tensor, b: Tensor, span: Span) -> Res<Tensor> {
        if a.ty.shape.len() != b.ty.shape.len() {
            self.branches_agree(&a, &b, span)?;
            return Ok(if a.ty.shape.is_empty() { b } else { a });
        }
        let mut shape = vec![];
        for (x, y) in a.ty.shape.iter().zip(&b.ty.shape) {
            if self.same_under(truth, x, y) {
                shape.push(y.clone());
            } else if self.same_under(&truth.clone().not(), x, y) {
                shape.push(x.clone());
            } else {
                self.branches_agree(&a, &b, span)?;
            }
        }
        let mut out = a;
        out.ty.shape = shape;
        Ok(out)
    }

    fn same_under(&mut self, truth: &Truth, x: &Dim, y: &Dim) -> bool {
        let facts = self.facts.clone();
        let same = !self.assume_truth(truth) || self.same_size(x, y);
        self.facts = facts;
        same
    }

    pub fn branches_agree(&mut self, a: &Tensor, b: &Tensor, span: Span) -> Res<()> {
        if a.ty.shape.is_empty() || b.ty.shape.is_empty() {
            return Ok(());
        }
        let (x, y) = (a.ty.shape.clone(), b.ty.shape.clone());
        let describe = || {
            Diagnostic::error(
                "E0511",
                span,
                "the branches have different shapes",
                "both branches must give the same shape",
            )
            .note(format!("then {}\nelse {}", super::report::dims(&x), super::report::dims(&y)))
        };
        self.require_shape(&x, &y, span, describe)
    }
}
