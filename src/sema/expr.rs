//! Expressions: static values are computed, tensors are traced.

use std::rc::Rc;

use crate::base::{Name, Span};
use crate::diag::Diagnostic;
use crate::ops::{Binary, Compare, Op, Unary};
use crate::syntax::ast::{self, BinaryOp, ExprKind, UnaryOp};
use crate::types::{Claim, DType, Dim, Rel};

use super::scope::Scope;
use super::value::{Arg, Choice, Closure, Code, Section, Tensor, Truth, Value};
use super::{Checker, Poison, Res};

impl<'a> Checker<'a> {
    pub fn expr(&mut self, e: &'a ast::Expr, scope: &Scope<'a>) -> Res<Value<'a>> {
        match &e.kind {
            ExprKind::Int(v) => Ok(Value::int(*v)),
            ExprKind::Float(v) => Ok(Value::Float(*v)),
            ExprKind::Bool(v) => Ok(Value::bool(*v)),
            ExprKind::Str(text) => self.text(text, e.span, scope),
            ExprKind::Name(name) => self.read_name(name, e.span, scope),
            ExprKind::Hole => Ok(Value::Hole),
            ExprKind::Unary(op, x) => self.unary_expr(*op, x, e.span, scope),
            ExprKind::Binary(op, at, a, b) => self.binary_expr(*op, *at, a, b, e.span, scope),
            ExprKind::Pipe(x, f) => self.pipe(x, f, e.span, scope),
            ExprKind::Compose(..) => self.compose(e, scope),
            ExprKind::Call { func, args } => self.call_expr(func, args, e.span, scope),
            ExprKind::Index { base, args, arrow } => self.index(base, args, arrow.as_deref(), e.span, scope),
            ExprKind::Field { base, name } => {
                let base = self.place(base, scope)?;
                let value = self.field(&base, name)?;
                Ok(self.load_cell(value, e.span))
            }
            ExprKind::Pattern { base, pattern } => self.pattern(base, pattern, e.span, scope),
            ExprKind::Tuple(parts) => Ok(Value::tuple(self.exprs(parts, scope)?)),
            ExprKind::List(parts) => Ok(Value::list(self.spread_exprs(parts, scope)?)),
            ExprKind::Spread(_) => {
                Err(self.error("E0301", e.span, "`..` spreads a list inside a list or brackets", "not inside a list"))
            }
            ExprKind::Record(fields) => {
                let values: Res<Vec<_>> =
                    fields.iter().map(|(n, v)| Ok((n.name.clone(), self.expr(v, scope)?))).collect();
                Ok(Value::Record(Rc::new(values?)))
            }
            ExprKind::Comprehension { value, clauses } => {
                let mut values = vec![];
                self.comprehension(value, clauses, scope, &mut values)?;
                Ok(Value::list(values))
            }
            ExprKind::If { condition, then, otherwise } => {
                self.if_expr(condition, then, otherwise.as_ref(), e.span, scope)
            }
            ExprKind::Block(block) => self.block(block, scope),
            ExprKind::Lambda { params, body } => {
                let code = Code::Lambda { params, body };
                Ok(Value::Fn(Rc::new(Closure { code, scope: scope.clone(), of: None })))
            }
            ExprKind::Scan { names, over_values, axis, backward, carries, body } => {
                let head = super::control::ScanHead { names, values: over_values, axis, backward: *backward };
                self.scan(&head, carries, body, e.span, scope)
            }
            ExprKind::Repeat { name, range, carries, body } => {
                self.repeat(name.as_ref(), range, carries, body, e.span, scope)
            }
            ExprKind::Each { values, name, body } => self.each(values, name, body, scope),
            ExprKind::Range { lo, hi, inclusive } => self.range(lo, hi, *inclusive, scope),
            ExprKind::Coerce { value, ty } => self.coerce(value, ty, e.span, scope),
            ExprKind::Broken => Err(Poison),
        }
    }

    /// All of them, so that every one reports its errors.
    fn exprs(&mut self, parts: &'a [ast::Expr], scope: &Scope<'a>) -> Res<Vec<Value<'a>>> {
        let values: Vec<Res<Value>> = parts.iter().map(|p| self.expr(p, scope)).collect();
        values.into_iter().collect()
    }

    /// As `exprs`, with `..xs` replaced by the elements of `xs`.
    fn spread_exprs(&mut self, parts: &'a [ast::Expr], scope: &Scope<'a>) -> Res<Vec<Value<'a>>> {
        let mut out = vec![];
        let mut result = Ok(());
        for part in parts {
            match &part.kind {
                ExprKind::Spread(list) => match self.items(list, scope) {
                    Ok(items) => out.extend(items),
                    Err(poison) => result = Err(poison),
                },
                _ => match self.expr(part, scope) {
                    Ok(value) => out.push(value),
                    Err(poison) => result = Err(poison),
                },
            }
        }
        result.map(|()| out)
    }

    fn read_name(&mut self, name: &Name, span: Span, scope: &Scope<'a>) -> Res<Value<'a>> {
        let value = self.name(name, span, scope)?;
        Ok(self.load_cell(value, span))
    }

    /// A cell as the tensor it holds here.
    pub fn load_cell(&mut self, value: Value<'a>, span: Span) -> Value<'a> {
        match value {
            Value::Cell(cell) => Value::Tensor(self.read(cell, span)),
            other => other,
        }
    }

    /// `{name}` in a string is the static value of that name; in `every` blocks `{epoch}`, `{step}` and tensors stay
    /// for later.
    fn text(&mut self, text: &Name, span: Span, scope: &Scope<'a>) -> Res<Value<'a>> {
        if !text.contains('{') {
            return Ok(Value::Str(text.clone()));
        }
        let mut result = String::new();
        let mut rest: &str = text;
        while let Some(open) = rest.find('{') {
            result.push_str(&rest[..open]);
            let Some(len) = rest[open..].find('}') else { break };
            let name: Name = rest[open + 1..open + len].into();
            let value = scope.get(&name).or_else(|| self.global(scope.module(), &name));
            match value.as_ref().and_then(shown) {
                Some(text) => result.push_str(&text),
                None => result.push_str(&rest[open..=open + len]),
            }
            rest = &rest[open + len + 1..];
        }
        result.push_str(rest);
        let _ = span;
        Ok(Value::Str(result.into()))
    }

    fn comprehension(
        &mut self,
        value: &'a ast::Expr,
        clauses: &'a [ast::Clause],
        scope: &Scope<'a>,
        out: &mut Vec<Value<'a>>,
    ) -> Res<()> {
        let Some((clause, rest)) = clauses.split_first() else {
            let value = self.expr(value, scope)?;
            out.push(value);
            return Ok(());
        };
        for item in self.items(&clause.values, scope)? {
            let inner = scope.block();
            self.bind_names(&clause.names, item, clause.values.span, &inner)?;
            if let Some(condition) = &clause.condition {
                match self.expr(condition, &inner)? {
                    Value::Bool(Truth::Known(true)) => {}
                    Value::Bool(Truth::Known(false)) => continue,
                    other => return Err(self.expected("a Bool that is known before the run", &other, condition.span)),
                }
            }
            self.comprehension(value, rest, &inner, out)?;
        }
        Ok(())
    }

    pub fn bind_names(&mut self, names: &'a [ast::Ident], value: Value<'a>, span: Span, scope: &Scope<'a>) -> Res<()> {
        if let [name] = names {
            scope.set(&name.name, value);
            return Ok(());
        }
        for (name, part) in names.iter().zip(self.unpack(&value, names.len(), span)?) {
            scope.set(&name.name, part);
        }
        Ok(())
    }

    /// The elements of a static list, tuple or range.
    pub fn items(&mut self, e: &'a ast::Expr, scope: &Scope<'a>) -> Res<Vec<Value<'a>>> {
        let value = self.expr(e, scope)?;
        self.items_of(&value, e.span)
    }

    pub fn items_of(&mut self, value: &Value<'a>, span: Span) -> Res<Vec<Value<'a>>> {
        match value {
            Value::List(items) | Value::Tuple(items) => Ok(items.to_vec()),
            Value::Int(..) => {
                let diagnostic = Diagnostic::error("E0301", span, "this is an Int, and a list is needed", "not a list")
                    .help("count with a range: `0..n`");
                Err(self.report(diagnostic))
            }
            other => Err(self.expected("a list", other, span)),
        }
    }

    fn range(&mut self, lo: &'a ast::Expr, hi: &'a ast::Expr, inclusive: bool, scope: &Scope<'a>) -> Res<Value<'a>> {
        let span = lo.span.to(hi.span);
        let lo = self.static_int(lo, scope)?;
        let hi = self.static_int(hi, scope)?;
        let down = inclusive && lo > hi;
        let (first, last) = if down { (hi, lo) } else { (lo, if inclusive { hi } else { hi - 1 }) };
        if last.saturating_sub(first) > 100_000 {
            return Err(self.error("E0402", span, "this range has more than 100,000 elements", "too long to unroll"));
        }
        let mut values: Vec<Value> = (first..=last).map(Value::int).collect();
        if down {
            values.reverse();
        }
        Ok(Value::list(values))
    }

    /// A whole number that is known now.
    pub fn static_int(&mut self, e: &'a ast::Expr, scope: &Scope<'a>) -> Res<i64> {
        let value = self.expr(e, scope)?;
        self.known_int(&value, e.span)
    }

    pub fn known_int(&mut self, value: &Value<'a>, span: Span) -> Res<i64> {
        match value {
            Value::Int(dim, _) => match dim.as_const() {
                Some(v) => Ok(v),
                None if self.generic => Err(Poison),
                None => Err(self.error(
                    "E0401",
                    span,
                    format!("`{dim}` is not known before the run"),
                    "must be a known number",
                )),
            },
            other => Err(self.expected("an Int", other, span)),
        }
    }

    fn each(
        &mut self,
        values: &'a ast::Expr,
        name: &'a ast::Ident,
        body: &'a ast::Block,
        scope: &Scope<'a>,
    ) -> Res<Value<'a>> {
        let value = self.expr(values, scope)?;
        let mut results = vec![];
        for item in self.items_of(&value, values.span)? {
            let inner = scope.block();
            inner.set(&name.name, item);
            results.push(self.block(body, &inner)?);
        }
        Ok(match value {
            Value::Tuple(_) => Value::tuple(results),
            _ => Value::list(results),
        })
    }

    fn pipe(&mut self, x: &'a ast::Expr, f: &'a ast::Expr, span: Span, scope: &Scope<'a>) -> Res<Value<'a>> {
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

    fn compose(&mut self, e: &'a ast::Expr, scope: &Scope<'a>) -> Res<Value<'a>> {
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
            if !part.is_callable() && !matches!(part, Value::Optimizer(_)) {
                return Err(self.expected("a layer or a function", &part, operand.span));
            }
            parts.push(part);
        }
        Ok(Value::Chain(Rc::new(parts)))
    }

    /// One operand of `>>`: `f(a)` with a function that still lacks its tensor is `|x| f(x, a)`.
    fn stage(&mut self, e: &'a ast::Expr, scope: &Scope<'a>) -> Res<Value<'a>> {
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

    // -- conditions

    fn if_expr(
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
        let a = self.assume_truth(truth).then(|| then(self));
        self.facts = facts.clone();
        let b = self.assume_truth(&truth.clone().not()).then(|| otherwise(self));
        self.facts = facts;
        match (a, b) {
            (Some(a), Some(b)) => {
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
                self.branches_agree(&a, &b, span)?;
                if self.generic {
                    return Ok(Value::Tensor(a));
                }
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

    fn branches_agree(&mut self, a: &Tensor, b: &Tensor, span: Span) -> Res<()> {
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

    /// A condition that depends on data: both branches are computed and the values chosen.
    fn tensor_if(
        &mut self,
        cond: &Tensor,
        then: &'a ast::Block,
        otherwise: Option<&'a ast::Block>,
        span: Span,
        scope: &Scope<'a>,
    ) -> Res<Value<'a>> {
        if cond.ty.dtype != DType::Bool {
            let value = Value::Tensor(cond.clone());
            return Err(self.expected("a condition", &value, span));
        }
        if !cond.ty.shape.is_empty() {
            let message =
                format!("a condition of shape {} does not choose one branch", super::report::dims(&cond.ty.shape));
            let diagnostic = Diagnostic::error("E0308", span, message, "one condition per element")
                .help("choose element by element: `where(condition, a, b)`");
            return Err(self.report(diagnostic));
        }
        let Some(otherwise) = otherwise else {
            return Err(self.error(
                "E0308",
                span,
                "a condition on data needs an `else`",
                "without `else` it has no value",
            ));
        };
        let before = self.progs[0].updates();
        let a = self.block(then, scope)?;
        let b = self.block(otherwise, scope)?;
        if self.progs[0].updates() != before {
            let diagnostic = Diagnostic::error(
                "E0611",
                span,
                "a condition on data cannot decide whether something changes",
                "`<-` inside",
            )
            .help("compute the new value with the condition, and change it outside: `w <- if c { a } else { w }`");
            return Err(self.report(diagnostic));
        }
        self.chosen(cond, &a, &b, span)
    }

    fn chosen(&mut self, cond: &Tensor, a: &Value<'a>, b: &Value<'a>, span: Span) -> Res<Value<'a>> {
        if let (Value::Tuple(x), Value::Tuple(y)) = (a, b)
            && x.len() == y.len()
        {
            let parts: Res<Vec<_>> = x.iter().zip(y.iter()).map(|(x, y)| self.chosen(cond, x, y, span)).collect();
            return Ok(Value::tuple(parts?));
        }
        let dtype = [a, b].into_iter().find_map(|v| tensor_of(v).map(|t| t.ty.dtype)).unwrap_or(self.float);
        let a = self.as_tensor(a, dtype, span)?;
        let b = self.as_tensor(b, dtype, span)?;
        self.branches_agree(&a, &b, span)?;
        Ok(Value::Tensor(self.select(cond, &a, &b, span)?))
    }

    // -- operators

    fn unary_expr(&mut self, op: UnaryOp, x: &'a ast::Expr, span: Span, scope: &Scope<'a>) -> Res<Value<'a>> {
        let value = self.expr(x, scope)?;
        match (op, value) {
            (UnaryOp::Neg, Value::Int(dim, _)) => self.sized(&Dim::from(0) - &dim, span),
            (UnaryOp::Neg, Value::Float(v)) => Ok(Value::Float(-v)),
            (UnaryOp::Neg, Value::Tensor(t)) => Ok(Value::Tensor(self.unary(Unary::Neg, &t, span)?)),
            (UnaryOp::Not, Value::Bool(truth)) => Ok(Value::Bool(truth.not())),
            (UnaryOp::Not, Value::Tensor(t)) => Ok(Value::Tensor(self.unary(Unary::Not, &t, span)?)),
            (UnaryOp::Neg, other) => Err(self.expected("a number", &other, x.span)),
            (UnaryOp::Not, other) => Err(self.expected("a Bool", &other, x.span)),
        }
    }

    fn binary_expr(
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
                    return Err(self.error(
                        "E0301",
                        span,
                        "`@` multiplies two tensors",
                        format!("{} and {}", a.kind(), b.kind()),
                    ));
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
            (Value::Str(x), Value::Str(y)) if op == BinaryOp::Add => Ok(Value::Str(format!("{x}{y}").into())),
            (Value::List(x), Value::List(y)) if op == BinaryOp::Add => {
                Ok(Value::list(x.iter().chain(y.iter()).cloned().collect()))
            }
            (Value::Tensor(_), _) | (_, Value::Tensor(_)) => self.tensor_arithmetic(op, &a, &b, span),
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
        let (a, b) = self.two_tensors(a, b, span)?;
        let float = |c: &mut Self, t: Tensor| if t.ty.dtype.is_float() { Ok(t) } else { c.cast(&t, c.float, span) };
        let result = match op {
            BinaryOp::Add => self.binary(Binary::Add, &a, &b, span)?,
            BinaryOp::Sub => self.binary(Binary::Sub, &a, &b, span)?,
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
        Ok(Value::Tensor(Tensor { ty: crate::tir::Ty { bound: None, ..result.ty.clone() }, ..result }))
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
        let dtype = |c: &Self, other: &Value<'a>, this: &Value<'a>| match (tensor_of(other), this) {
            (Some(t), Value::Float(_)) if !t.ty.dtype.is_float() => c.float,
            (Some(t), _) => t.ty.dtype,
            (None, _) => DType::F64,
        };
        let (da, db) = (dtype(self, b, a), dtype(self, a, b));
        Ok((self.as_tensor(a, da, span)?, self.as_tensor(b, db, span)?))
    }

    fn comparison(&mut self, op: BinaryOp, a: Value<'a>, b: Value<'a>, span: Span) -> Res<Value<'a>> {
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

    fn logic(&mut self, op: BinaryOp, a: Value<'a>, b: Value<'a>, span: Span) -> Res<Value<'a>> {
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

    /// A value as a tensor: numbers become scalars of `dtype`, nested lists of numbers become constants.
    pub fn as_tensor(&mut self, value: &Value<'a>, dtype: DType, span: Span) -> Res<Tensor> {
        match value {
            Value::Tensor(t) => Ok(t.clone()),
            Value::Cell(cell) => Ok(self.read(*cell, span)),
            Value::Int(dim, _) => self.size(dim, dtype, span),
            Value::Float(v) => Ok(self.number(*v, dtype, span)),
            Value::Bool(truth) => {
                let tensor = self.holds(truth, span);
                self.cast(&tensor, if dtype == DType::Bool { dtype } else { DType::Bool }, span)
            }
            Value::List(items) => {
                let parts: Res<Vec<Tensor>> = items.iter().map(|v| self.as_tensor(v, dtype, span)).collect();
                self.stack(&parts?, span)
            }
            other => Err(self.expected("a tensor", other, span)),
        }
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

pub fn tensor_of<'v>(value: &'v Value) -> Option<&'v Tensor> {
    match value {
        Value::Tensor(t) => Some(t),
        _ => None,
    }
}

pub fn is_number(value: &Value) -> bool {
    matches!(value, Value::Int(..) | Value::Float(_))
}

/// A known static number.
pub fn number(value: &Value) -> Option<f64> {
    match value {
        Value::Int(dim, _) => dim.as_const().map(|v| v as f64),
        Value::Float(v) => Some(*v),
        _ => None,
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

/// A static value inside a text.
fn shown(value: &Value) -> Option<String> {
    match value {
        Value::Int(dim, _) => Some(dim.to_string()),
        Value::Float(v) => Some(v.to_string()),
        Value::Bool(Truth::Known(v)) => Some(v.to_string()),
        Value::Str(text) => Some(text.to_string()),
        _ => None,
    }
}
