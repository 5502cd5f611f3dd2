//! Comparisons and logic: on sizes they are claims, on tensors they are ops.

use crate::base::Span;
use crate::ops::{Binary, Compare};
use crate::syntax::ast::BinaryOp;
use crate::types::{Claim, DType, Dim, Rel};

use super::expr::{number, tensor_of};
use super::value::{Truth, Value};
use super::{Checker, Res};

impl<'a> Checker<'a> {
    pub fn comparison(&mut self, op: BinaryOp, a: Value<'a>, b: Value<'a>, span: Span) -> Res<Value<'a>> {
        match (&a, &b) {
            (Value::Int(x, _), Value::Int(y, _)) => Ok(Value::Bool(self.truth(size_claim(op, x, y)))),
            (Value::Tensor(_), _) | (_, Value::Tensor(_)) => {
                let (x, y) = self.two_tensors(&a, &b, span)?;
                let (op, swap) = compare_op(op);
                let (x, y) = if swap { (y, x) } else { (x, y) };
                Ok(Value::Tensor(self.compare(op, &x, &y, span)?))
            }
            (Value::Int(..) | Value::Float(_), Value::Int(..) | Value::Float(_)) => match (number(&a), number(&b)) {
                (Some(x), Some(y)) => Ok(Value::bool(compare_floats(op, x, y))),
                _ => Ok(Value::Bool(Truth::Unknown)),
            },
            (Value::Str(x), Value::Str(y)) if op == BinaryOp::Eq => Ok(Value::bool(x == y)),
            (Value::Str(x), Value::Str(y)) if op == BinaryOp::Ne => Ok(Value::bool(x != y)),
            (Value::Bool(Truth::Known(x)), Value::Bool(Truth::Known(y))) if op == BinaryOp::Eq => {
                Ok(Value::bool(x == y))
            }
            (Value::Bool(Truth::Known(x)), Value::Bool(Truth::Known(y))) if op == BinaryOp::Ne => {
                Ok(Value::bool(x != y))
            }
            (Value::Bool(_), Value::Bool(_)) => Ok(Value::Bool(Truth::Unknown)),
            (Value::DType(x), Value::DType(y)) if op == BinaryOp::Eq => Ok(Value::bool(x == y)),
            (Value::List(x), Value::List(y)) if matches!(op, BinaryOp::Eq | BinaryOp::Ne) => {
                let (x, y) = (x.clone(), y.clone());
                self.lists_equal(op, &x, &y, span)
            }
            _ => {
                let message = format!("{} cannot be compared with {}", a.kind(), b.kind());
                Err(self.error("E0301", span, message, "not comparable"))
            }
        }
    }

    fn lists_equal(&mut self, op: BinaryOp, x: &[Value<'a>], y: &[Value<'a>], span: Span) -> Res<Value<'a>> {
        let mut truth = Truth::Known(x.len() == y.len());
        for (x, y) in x.iter().zip(y) {
            if let Value::Bool(t) = self.comparison(BinaryOp::Eq, x.clone(), y.clone(), span)? {
                truth = truth.and(t);
            }
        }
        Ok(Value::Bool(if op == BinaryOp::Eq { truth } else { truth.not() }))
    }

    pub fn logic(&mut self, op: BinaryOp, a: Value<'a>, b: Value<'a>, span: Span) -> Res<Value<'a>> {
        match (a, b) {
            (Value::Bool(a), Value::Bool(b)) => Ok(Value::Bool(if op == BinaryOp::And { a.and(b) } else { a.or(b) })),
            (a, b) if tensor_of(&a).is_some() || tensor_of(&b).is_some() => {
                let (a, b) = (self.as_tensor(&a, DType::Bool, span)?, self.as_tensor(&b, DType::Bool, span)?);
                let op = if op == BinaryOp::And { Binary::And } else { Binary::Or };
                Ok(Value::Tensor(self.binary(op, &a, &b, span)?))
            }
            (a, b) => {
                let other = if matches!(a, Value::Bool(_)) { b } else { a };
                Err(self.expected("a condition", &other, span))
            }
        }
    }
}

fn compare_floats(op: BinaryOp, x: f64, y: f64) -> bool {
    match op {
        BinaryOp::Eq => x == y,
        BinaryOp::Ne => x != y,
        BinaryOp::Lt => x < y,
        BinaryOp::Le => x <= y,
        BinaryOp::Gt => x > y,
        _ => x >= y,
    }
}

fn size_claim(op: BinaryOp, x: &Dim, y: &Dim) -> Claim {
    let claim = |a: &Dim, rel, b: &Dim| Claim::new(a.clone(), rel, b.clone());
    match op {
        BinaryOp::Eq => claim(x, Rel::Eq, y),
        BinaryOp::Ne => claim(x, Rel::Ne, y),
        BinaryOp::Lt => claim(x, Rel::Lt, y),
        BinaryOp::Le => claim(x, Rel::Le, y),
        BinaryOp::Gt => claim(y, Rel::Lt, x),
        _ => claim(y, Rel::Le, x),
    }
}

/// The primitive comparison, and whether the operands change places.
fn compare_op(op: BinaryOp) -> (Compare, bool) {
    match op {
        BinaryOp::Eq => (Compare::Eq, false),
        BinaryOp::Ne => (Compare::Ne, false),
        BinaryOp::Lt => (Compare::Lt, false),
        BinaryOp::Le => (Compare::Le, false),
        BinaryOp::Gt => (Compare::Lt, true),
        _ => (Compare::Le, true),
    }
}
