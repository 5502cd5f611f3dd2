//! Arithmetic on sizes, numbers and tensors.

use crate::base::Span;
use crate::diag::Diagnostic;
use crate::ops::{Binary, Op, Unary};
use crate::syntax::ast::{self, BinaryOp, ExprKind, UnaryOp};
use crate::types::{Claim, DType, Dim, Rel, Scalar};

use super::expr::{number, shown, tensor_of};
use super::scope::Scope;
use super::value::{Tensor, Truth, Value};
use super::weights::is_weighted;
use super::{Checker, Poison, Res};

impl<'a> Checker<'a> {
    pub fn unary_expr(&mut self, op: UnaryOp, x: &'a ast::Expr, span: Span, scope: &Scope<'a>) -> Res<Value<'a>> {
        let value = self.expr(x, scope)?;
        match (op, value) {
            (UnaryOp::Neg, Value::Int(dim, _)) => self.sized(&Dim::from(0) - &dim, span),
            (UnaryOp::Neg, Value::Float(v)) => Ok(Value::Float(-v)),
            (UnaryOp::Neg, Value::Tensor(t)) => Ok(Value::Tensor(self.unary(Unary::Neg, &t, span)?)),
            (UnaryOp::Not, Value::Bool(truth)) => Ok(Value::Bool(truth.not())),
            (UnaryOp::Not, Value::Tensor(t)) => Ok(Value::Tensor(self.unary(Unary::Not, &t, span)?)),
            (UnaryOp::Neg, value) if is_weighted(&value) => {
                self.each_of_weights(&value, span, &mut |c, t| c.unary(Unary::Neg, &t, span))
            }
            (UnaryOp::Neg, other) => Err(self.expected("a number", &other, x.span)),
            (UnaryOp::Not, other) => Err(self.expected("a Bool", &other, x.span)),
        }
    }

    pub fn binary_expr(
        &mut self,
        op: BinaryOp,
        at: Span,
        a: &'a ast::Expr,
        b: &'a ast::Expr,
        span: Span,
        scope: &Scope<'a>,
    ) -> Res<Value<'a>> {
        // Operands in a left-leaning chain are walked in a loop: `a + b + .. + z` may be thousands long.
        let mut pending = vec![(op, at, b, span)];
        let mut first = a;
        while let ExprKind::Binary(op, at, a, b) = &first.kind {
            pending.push((*op, *at, b, first.span));
            first = a;
        }
        let mut value = self.expr(first, scope);
        while let Some((op, _, b, span)) = pending.pop() {
            if let (BinaryOp::And, Ok(Value::Bool(Truth::Known(false))))
            | (BinaryOp::Or, Ok(Value::Bool(Truth::Known(true)))) = (op, &value)
            {
                continue;
            }
            let right = self.expr(b, scope);
            value = match (value, right) {
                (Ok(a), Ok(b)) => self.operate(op, a, b, span),
                _ => Err(Poison),
            };
        }
        value
    }

    /// `a op b` on values.
    pub fn operate(&mut self, op: BinaryOp, a: Value<'a>, b: Value<'a>, span: Span) -> Res<Value<'a>> {
        match op {
            BinaryOp::And | BinaryOp::Or => self.logic(op, a, b, span),
            BinaryOp::Eq | BinaryOp::Ne | BinaryOp::Lt | BinaryOp::Le | BinaryOp::Gt | BinaryOp::Ge => {
                self.comparison(op, a, b, span)
            }
            BinaryOp::MatMul => {
                let (Some(a), Some(b)) = (tensor_of(&a), tensor_of(&b)) else {
                    let kinds = format!("{} and {}", a.kind(), b.kind());
                    let diagnostic = Diagnostic::error("E0301", span, "`@` multiplies two tensors", kinds);
                    return Err(self.report(match [a.kind(), b.kind()].contains(&"a layer") {
                        true => diagnostic.help("a layer is called: `net(x)`"),
                        false => diagnostic,
                    }));
                };
                let (a, b) = (a.clone(), b.clone());
                Ok(Value::Tensor(self.matmul(&a, &b, span)?))
            }
            BinaryOp::Add
            | BinaryOp::Sub
            | BinaryOp::Mul
            | BinaryOp::Div
            | BinaryOp::FloorDiv
            | BinaryOp::Rem
            | BinaryOp::Pow => self.arithmetic(op, a, b, span),
        }
    }

    fn arithmetic(&mut self, op: BinaryOp, a: Value<'a>, b: Value<'a>, span: Span) -> Res<Value<'a>> {
        match (&a, &b) {
            (Value::Int(x, _), Value::Int(y, _)) => self.int_arithmetic(op, x, y, span),
            (Value::Int(..) | Value::Float(_), Value::Int(..) | Value::Float(_)) => match (number(&a), number(&b)) {
                (Some(x), Some(y)) => Ok(Value::Float(float_arithmetic(op, x, y))),
                _ => self.tensor_arithmetic(op, &a, &b, span),
            },
            (Value::Str(x), Value::Str(y)) if op == BinaryOp::Add => {
                self.fits_text(x.len() + y.len(), span)?;
                Ok(Value::Str(format!("{x}{y}").into()))
            }
            (Value::List(x), Value::List(y)) if op == BinaryOp::Add => {
                self.spend(x.len() + y.len(), span)?;
                Ok(Value::list(x.iter().chain(y.iter()).cloned().collect()))
            }
            _ if is_weighted(&a) || is_weighted(&b) => self.layerwise(op, &a, &b, span),
            (Value::Tensor(_), _) | (_, Value::Tensor(_)) => self.tensor_arithmetic(op, &a, &b, span),
            (Value::Running(_), _) | (_, Value::Running(_)) => Err(self.not_running(span)),
            _ => {
                let message = format!("{} and {} do not go together here", a.kind(), b.kind());
                Err(self.error("E0301", span, message, "needs numbers or tensors"))
            }
        }
    }

    fn int_arithmetic(&mut self, op: BinaryOp, x: &Dim, y: &Dim, span: Span) -> Res<Value<'a>> {
        let result = match op {
            BinaryOp::Add => x + y,
            BinaryOp::Sub => x - y,
            BinaryOp::Mul => x * y,
            BinaryOp::FloorDiv => x.floor_div(y),
            BinaryOp::Rem => x.rem(y),
            BinaryOp::Pow => match y.as_const() {
                Some(n) if (0..=64).contains(&n) => x.pow(n as u32),
                _ => return self.as_floats(op, x, y, span),
            },
            _ => return self.as_floats(op, x, y, span),
        };
        self.sized(result, span)
    }

    fn as_floats(&mut self, op: BinaryOp, x: &Dim, y: &Dim, span: Span) -> Res<Value<'a>> {
        match (x.as_const(), y.as_const()) {
            (Some(x), Some(y)) => Ok(Value::Float(float_arithmetic(op, x as f64, y as f64))),
            _ => self.tensor_arithmetic(op, &Value::dim(x.clone()), &Value::dim(y.clone()), span),
        }
    }

    /// A size that is one: arithmetic that leaves 64 bits is an error.
    pub fn sized(&mut self, dim: Dim, span: Span) -> Res<Value<'a>> {
        match dim.fault() {
            None => Ok(Value::dim(dim)),
            Some(crate::types::dim::Fault::TooBig) => {
                Err(self.error("E0402", span, "this number does not fit into 64 bits", "too large"))
            }
            Some(crate::types::dim::Fault::DivisionByZero) => {
                Err(self.error("E0402", span, "division by zero", "the divisor is 0"))
            }
        }
    }

    fn tensor_arithmetic(&mut self, op: BinaryOp, a: &Value<'a>, b: &Value<'a>, span: Span) -> Res<Value<'a>> {
        let bound = self.bound_of(op, a, b);
        let (a, b) = self.two_tensors(a, b, span)?;
        let float = |c: &mut Self, t: Tensor| if t.ty.dtype.is_float() { Ok(t) } else { c.cast(&t, c.float, span) };
        let result = match op {
            BinaryOp::Add => self.binary(Binary::Add, &a, &b, span)?,
            BinaryOp::Sub => {
                self.wraps(&a, &b, span);
                self.binary(Binary::Sub, &a, &b, span)?
            }
            BinaryOp::Mul => self.binary(Binary::Mul, &a, &b, span)?,
            BinaryOp::Div => {
                let (a, b) = (float(self, a)?, float(self, b)?);
                self.binary(Binary::Div, &a, &b, span)?
            }
            BinaryOp::FloorDiv => {
                let quotient = self.binary(Binary::Div, &a, &b, span)?;
                if quotient.ty.dtype.is_float() { self.unary(Unary::Floor, &quotient, span)? } else { quotient }
            }
            BinaryOp::Rem => self.binary(Binary::Rem, &a, &b, span)?,
            _ => self.power(&a, &b, span)?,
        };
        let bound = bound.filter(|_| result.ty.dtype == DType::I64);
        Ok(Value::Tensor(Tensor { ty: crate::tir::Ty { bound, ..result.ty.clone() }, ..result }))
    }

    /// Bytes have no numbers below zero: the difference of two tensors of them wraps around.
    fn wraps(&mut self, a: &Tensor, b: &Tensor, span: Span) {
        let bytes = |t: &Tensor| t.ty.dtype == DType::U8 && !t.ty.shape.is_empty();
        if bytes(a) && bytes(b) && !self.is_std(span.file) {
            let message = "a difference of bytes below zero wraps around: 0 - 255 is 1";
            let diagnostic = Diagnostic::warning("E0310", span, message, "both are u8")
                .help("subtract in a type that has them: `cast(a, i32) - cast(b, i32)`, or f32");
            self.report(diagnostic);
        }
    }

    /// What `i // n` and `i % n` are below, for a size `n >= 1`: how places in a flat axis become places in two.
    fn bound_of(&mut self, op: BinaryOp, a: &Value<'a>, b: &Value<'a>) -> Option<Dim> {
        let (Value::Tensor(x), Value::Int(n, _)) = (a, b) else { return None };
        let positive = Claim::new(Dim::from(1), Rel::Le, n.clone());
        if self.truth(positive) != Truth::Known(true) {
            return None;
        }
        match op {
            BinaryOp::Rem => Some(n.clone()),
            BinaryOp::FloorDiv => x.ty.bound.as_ref().map(|bound| (bound + &(n - &Dim::from(1))).floor_div(n)),
            _ => None,
        }
    }

    /// `x ** 2` is `x * x`; anything else needs floats.
    fn power(&mut self, a: &Tensor, b: &Tensor, span: Span) -> Res<Tensor> {
        let (a, b) = self.unify_dtypes(a.clone(), b.clone(), span)?;
        if !a.ty.dtype.is_float() {
            let (a, b) = (self.cast(&a, self.float, span)?, self.cast(&b, self.float, span)?);
            return self.binary(Binary::Pow, &a, &b, span);
        }
        self.binary(Binary::Pow, &a, &b, span)
    }

    /// Both as tensors; a number takes the element type of the tensor beside it.
    pub fn two_tensors(&mut self, a: &Value<'a>, b: &Value<'a>, span: Span) -> Res<(Tensor, Tensor)> {
        let dtype = |c: &Self, other: &Value<'a>, this: &Value<'a>| match element_of(other) {
            Some(dtype) if !dtype.is_float() && has_float(this) => c.float,
            Some(dtype) => dtype,
            None => DType::F64,
        };
        let (da, db) = (dtype(self, b, a), dtype(self, a, b));
        Ok((self.as_tensor(a, da, span)?, self.as_tensor(b, db, span)?))
    }

    /// A value as a tensor: numbers become scalars of `dtype`, nested lists of numbers become constants.
    pub fn as_tensor(&mut self, value: &Value<'a>, dtype: DType, span: Span) -> Res<Tensor> {
        match value {
            Value::Tensor(t) => Ok(t.clone()),
            Value::Cell(cell) => Ok(self.read(*cell, span)),
            Value::Int(..) | Value::Float(_) if !holds_number(dtype, value) => Err(self.not_held(dtype, value, span)),
            Value::Int(dim, _) => self.size(dim, dtype, span),
            Value::Float(v) => Ok(self.number(*v, dtype, span)),
            Value::Bool(truth) => {
                let tensor = self.holds(truth, span);
                self.cast(&tensor, if dtype == DType::Bool { dtype } else { DType::Bool }, span)
            }
            Value::List(items) => {
                let dtype = element_of(value).unwrap_or(dtype);
                let parts: Res<Vec<Tensor>> = items.iter().map(|v| self.as_tensor(v, dtype, span)).collect();
                self.stack(&parts?, span)
            }
            Value::Running(source) if self.in_run() => Ok(self.running_number(source.clone(), span)),
            Value::Running(_) => Err(self.not_running(span)),
            Value::Logged(log, size) => self.logged_numbers(*log, size, span),
            other => Err(self.expected("a tensor", other, span)),
        }
    }

    fn not_held(&mut self, dtype: DType, value: &Value<'a>, span: Span) -> Poison {
        let number = shown(value).unwrap_or_default();
        let text = if dtype == DType::I64 { "not a whole number" } else { "not a whole number in its range" };
        let diagnostic = Diagnostic::error("E0307", span, format!("{dtype} does not hold {number}"), text)
            .help("round it (`floor`, `round`), or let it be a float: `f32[..]`");
        self.report(diagnostic)
    }

    /// `[a, b, c]` as one tensor with a new first axis.
    pub fn stack(&mut self, parts: &[Tensor], span: Span) -> Res<Tensor> {
        if parts.is_empty() {
            return Err(self.error("E0403", span, "an empty list is no tensor", "needs an element"));
        }
        let mut rows = vec![];
        for part in parts {
            let mut shape = vec![Dim::from(1)];
            shape.extend(part.ty.shape.iter().cloned());
            rows.push(self.emit(Op::Reshape { shape }, &[part], span)?);
        }
        let rows: Vec<&Tensor> = rows.iter().collect();
        if rows.len() == 1 { Ok(rows[0].clone()) } else { self.emit(Op::Concat { axis: 0 }, &rows, span) }
    }
}

/// The element type of a tensor, or of the first one in a list.
fn element_of(value: &Value) -> Option<DType> {
    match value {
        Value::List(items) => items.iter().find_map(element_of),
        value => tensor_of(value).map(|tensor| tensor.ty.dtype),
    }
}

/// Whether there is a Float among numbers and lists of them.
pub fn has_float(value: &Value) -> bool {
    match value {
        Value::Float(_) => true,
        Value::List(items) => items.iter().any(has_float),
        _ => false,
    }
}

/// Whether a number that is written down is one of this type: whole numbers have neither fractions nor other ranges.
/// An infinity is the last one.
fn holds_number(dtype: DType, value: &Value) -> bool {
    match (dtype.is_int(), value) {
        (true, Value::Float(v)) => v.is_infinite() || Scalar::from_f64(*v, dtype).as_f64() == *v,
        (true, Value::Int(dim, _)) => dim.as_const().is_none_or(|v| Scalar::from_i64(v, dtype).as_f64() == v as f64),
        _ => true,
    }
}

fn float_arithmetic(op: BinaryOp, x: f64, y: f64) -> f64 {
    match op {
        BinaryOp::Add => x + y,
        BinaryOp::Sub => x - y,
        BinaryOp::Mul => x * y,
        BinaryOp::Div => x / y,
        BinaryOp::FloorDiv => (x / y).floor(),
        BinaryOp::Rem => x - y * (x / y).floor(),
        _ => x.powf(y),
    }
}
