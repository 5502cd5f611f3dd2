//! Expressions: static values are computed, tensors are traced. The kinds of expressions have files of their own.

use std::rc::Rc;

use crate::base::{Name, Span};
use crate::diag::Diagnostic;
use crate::syntax::ast::{self, ExprKind};

use super::notes::About;
use super::scope::Scope;
use super::value::{Closure, Code, Tensor, Training, Truth, Value};
use super::{Checker, Poison, Res};

impl<'a> Checker<'a> {
    pub fn expr(&mut self, e: &'a ast::Expr, scope: &Scope<'a>) -> Res<Value<'a>> {
        let value = self.deeper(e.span, |c| c.expr_here(e, scope))?;
        self.note(e.span, About::Value, &value);
        Ok(value)
    }

    fn expr_here(&mut self, e: &'a ast::Expr, scope: &Scope<'a>) -> Res<Value<'a>> {
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
            ExprKind::Index { base, args, arrow } => {
                let value = self.index(base, args, arrow.as_deref(), e.span, scope)?;
                Ok(self.load_cell(value, e.span))
            }
            ExprKind::Field { base: of, name } => {
                let base = self.place(of, scope)?;
                self.note(of.span, About::Value, &base);
                let value = self.field(&base, name)?;
                self.loaded(value, e.span)
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
                let of = self.frames.last().and_then(|frame| frame.methods.clone());
                Ok(Value::Fn(Rc::new(Closure { code, scope: scope.clone(), of })))
            }
            ExprKind::Scan { names, over_values, axis, backward, carries, body } => {
                let head = super::control::ScanHead { names, values: over_values, axis, backward: *backward };
                self.scan(&head, carries, body, e.span, scope)
            }
            ExprKind::Repeat { name, range, carries, body } => {
                self.repeat(name.as_ref(), range, carries, body, e.span, scope)
            }
            ExprKind::While { condition, name, range, carries, body } => {
                let head = super::control::WhileHead { condition, name: name.as_ref(), range };
                self.while_(&head, carries, body, e.span, scope)
            }
            ExprKind::Each { values, name, body } => self.each(values, name, body, scope),
            ExprKind::Train(train) => {
                Ok(Value::Training(Rc::new(Training { ast: train, scope: scope.clone(), span: e.span })))
            }
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
        self.loaded(value, span)
    }

    fn loaded(&mut self, value: Value<'a>, span: Span) -> Res<Value<'a>> {
        match self.load_cell(value, span) {
            Value::Error => Err(Poison),
            value => Ok(value),
        }
    }

    /// A cell as the tensor it holds here.
    pub fn load_cell(&mut self, value: Value<'a>, span: Span) -> Value<'a> {
        match value {
            Value::Cell(cell) => Value::Tensor(self.read(cell, span)),
            Value::Running(source) if self.in_run() => Value::Tensor(self.running_number(source, span)),
            Value::Logged(log, size) => self.logged_numbers(log, &size, span).map_or(Value::Error, Value::Tensor),
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
                None => {
                    result.push_str(&rest[open..=open + len]);
                    self.mention(&name, value, span)?;
                }
            }
            rest = &rest[open + len + 1..];
        }
        result.push_str(rest);
        self.fits_text(result.len(), span)?;
        Ok(Value::Str(result.into()))
    }

    /// A tensor in a text of an `every` block: its value is filled in when the text is needed.
    fn mention(&mut self, name: &Name, value: Option<Value<'a>>, span: Span) -> Res<()> {
        let found = match value {
            Some(value @ (Value::Tensor(_) | Value::Cell(_) | Value::Running(_))) => {
                self.load_cell(value, Span::none())
            }
            Some(value) if value.is_error() => return Err(Poison),
            _ => Value::Nothing,
        };
        let known = matches!(&**name, "epoch" | "step") || matches!(found, Value::Tensor(_));
        match (&mut self.actions, found) {
            (Some(pending), Value::Tensor(tensor)) => pending.values.push((name.clone(), tensor)),
            (Some(_), _) if !known => {
                let message = format!("there is no value `{name}` to show");
                let diagnostic = Diagnostic::error("E0201", span, message, "braces hold a name")
                    .help("give an expression a name first: `m = mean(w)`, then `{m}`");
                return Err(self.report(diagnostic));
            }
            _ => {}
        }
        Ok(())
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

    pub fn bind_name(&mut self, name: &ast::Ident, value: Value<'a>, scope: &Scope<'a>) {
        self.note(name.span, About::Name, &value);
        self.says_hidden(name, &value);
        scope.set(&name.name, value);
    }

    pub fn bind_names(&mut self, names: &'a [ast::Ident], value: Value<'a>, span: Span, scope: &Scope<'a>) -> Res<()> {
        if let [name] = names {
            self.bind_name(name, value, scope);
            return Ok(());
        }
        for (name, part) in names.iter().zip(self.unpack(&value, names.len(), span)?) {
            self.bind_name(name, part, scope);
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
            Value::List(items) | Value::Tuple(items) => {
                self.spend(items.len(), span)?;
                Ok(items.to_vec())
            }
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
        let (first, last) = if down { (hi, lo) } else { (lo, if inclusive { hi } else { hi.saturating_sub(1) }) };
        if last.saturating_sub(first) >= 100_000 {
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
        if matches!(value, Value::Weights(_)) || super::holds::holds_layer(&value) && value.is_callable() {
            return self.each_weight(&value, values.span, name, body, scope);
        }
        if let Value::Record(fields) = &value {
            let mut results = vec![];
            for (field, item) in fields.iter() {
                let inner = scope.block();
                inner.set(&name.name, item.clone());
                results.push((field.clone(), self.block(body, &inner)?));
            }
            return Ok(Value::Record(Rc::new(results)));
        }
        let mut results = vec![];
        for item in self.items_of(&value, values.span)? {
            let inner = scope.block();
            inner.set(&name.name, item);
            results.push(self.block_in(body, &inner)?);
        }
        Ok(match value {
            Value::Tuple(_) => Value::tuple(results),
            _ => Value::list(results),
        })
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

/// A static value inside a text.
pub fn shown(value: &Value) -> Option<String> {
    match value {
        Value::Int(dim, _) => Some(dim.to_string()),
        Value::Float(v) => Some(v.to_string()),
        Value::Bool(Truth::Known(v)) => Some(v.to_string()),
        Value::Str(text) => Some(text.to_string()),
        Value::List(items) => Some(format!("[{}]", all_shown(items)?)),
        Value::Tuple(items) => Some(format!("({})", all_shown(items)?)),
        _ => None,
    }
}

fn all_shown(items: &[Value]) -> Option<String> {
    let texts: Option<Vec<String>> = items.iter().map(shown).collect();
    Some(texts?.join(", "))
}
