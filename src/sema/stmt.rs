//! Blocks and statements.

use crate::base::{Name, Span};
use crate::diag::Diagnostic;
use crate::ops::{Compare, Op, Reduce, Unary};
use crate::syntax::ast::{self, StmtKind};
use crate::tir::{self, Target};
use crate::types::DType;

use super::emit::Failed;
use super::holds::holds;
use super::scope::Scope;
use super::value::{Tensor, Truth, Value};
use super::{Checker, Poison, Res};

/// What the statements around may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// `step`: minimize, update, log.
    Step,
    /// `validate`: log.
    Validate,
    /// `every`: save, print, update.
    Every,
    /// `test`: assert.
    Test,
    /// The body of a function or a layer.
    Function,
}

impl<'a> Checker<'a> {
    /// The value of a block: its last expression. A statement with an error does not stop the ones behind it.
    pub fn block(&mut self, block: &'a ast::Block, scope: &Scope<'a>) -> Res<Value<'a>> {
        let scope = scope.block();
        self.block_in(block, &scope)
    }

    /// The body of a function: its block may give the parameters new values. What the sizes of its types stand for stays.
    pub fn body(&mut self, body: &'a ast::Expr, params: &'a [ast::Param], scope: &Scope<'a>) -> Res<Value<'a>> {
        let ast::ExprKind::Block(block) = &body.kind else { return self.expr(body, scope) };
        let inner = scope.block();
        for param in params {
            if let Some(value) = scope.own(&param.name.name) {
                inner.set(&param.name.name, value);
            }
        }
        self.block_in(block, &inner)
    }

    /// As `block`, in a scope that the caller made and looks into afterwards.
    pub fn block_in(&mut self, block: &'a ast::Block, scope: &Scope<'a>) -> Res<Value<'a>> {
        let mut poisoned = false;
        for stmt in &block.stmts {
            poisoned |= self.stmt(stmt, scope).is_err();
        }
        match &block.value {
            Some(value) => self.expr(value, scope),
            None if poisoned => Err(Poison),
            None => Ok(Value::Nothing),
        }
    }

    fn stmt(&mut self, stmt: &'a ast::Stmt, scope: &Scope<'a>) -> Res<()> {
        match &stmt.kind {
            StmtKind::Assign { sizes, names, value } => self.assign(sizes, names, value, scope),
            StmtKind::Update { target, value } => self.update(target, value, stmt.span, scope),
            StmtKind::Minimize { loss, groups } => self.minimize(loss, groups, stmt.span, scope),
            StmtKind::Log(metrics) => self.log(metrics, stmt.span, scope),
            StmtKind::LogAll(record) => self.log_all(record, stmt.span, scope),
            StmtKind::Yield(value) => self.yield_(value, stmt.span, scope),
            StmtKind::Assert { condition, message } => self.assert(condition, message.as_ref(), stmt.span, scope),
            StmtKind::Save { what, to, names } => self.save(what, to, names.as_ref(), stmt.span, scope),
            StmtKind::For { names, values, body } => self.unrolled(names, values, body, scope),
            StmtKind::Expr(e) => self.effect(e, scope),
        }
    }

    /// An expression as a statement.
    fn effect(&mut self, e: &'a ast::Expr, scope: &Scope<'a>) -> Res<()> {
        match self.expr(e, scope)? {
            other if other.is_callable() => {
                let text = "a function or layer that is not called does nothing";
                Err(self.error("E0305", e.span, text, "give it its arguments"))
            }
            _ => Ok(()),
        }
    }

    /// `for f in layers { x = f(x) }`. It has no scope of its own: what it assigns stays.
    fn unrolled(
        &mut self,
        names: &'a [ast::Ident],
        values: &'a ast::Expr,
        body: &'a ast::Block,
        scope: &Scope<'a>,
    ) -> Res<()> {
        let list = self.expr(values, scope)?;
        if matches!(list, Value::Tensor(_) | Value::Cell(_)) {
            let message = "`for` goes over a list, and this is a tensor";
            let diagnostic = Diagnostic::error("E0301", values.span, message, "not known before the run")
                .help("over an axis of a tensor: `scan xt in x over T with (h = h0) { h = .. }`");
            return Err(self.report(diagnostic));
        }
        for item in self.items_of(&list, values.span)? {
            self.bind_names(names, item, values.span, scope)?;
            for stmt in &body.stmts {
                self.stmt(stmt, scope)?;
            }
            if let Some(value) = &body.value {
                self.effect(value, scope)?;
            }
        }
        Ok(())
    }

    fn assign(
        &mut self,
        sizes: &'a [ast::Ident],
        names: &'a [ast::Ident],
        value: &'a ast::Expr,
        scope: &Scope<'a>,
    ) -> Res<()> {
        for ident in names {
            if scope.shadows(&ident.name) && scope.own(&ident.name).is_none() {
                let n = &ident.name;
                let diagnostic = Diagnostic::error(
                    "E0208",
                    ident.span,
                    format!("this `{n}` would be a new name that ends with the block"),
                    format!("the `{n}` outside stays as it is"),
                )
                .help(format!("make the block's value the new one: `{n} = if .. {{ .. }} else {{ {n} }}`"));
                self.report(diagnostic);
            }
        }
        let result = self.assigned(sizes, names, value, scope);
        if result.is_err() {
            for ident in sizes.iter().chain(names) {
                scope.set(&ident.name, Value::Error);
            }
        }
        result
    }

    fn assigned(
        &mut self,
        sizes: &'a [ast::Ident],
        names: &'a [ast::Ident],
        value: &'a ast::Expr,
        scope: &Scope<'a>,
    ) -> Res<()> {
        let value_span = value.span;
        let before = self.found_count();
        let value = self.expr(value, scope)?;
        let value = self.settle(value)?;
        let value = self.name_found(sizes, value, before, value_span, scope)?;
        if matches!(value, Value::Nothing) {
            return Err(self.error("E0301", value_span, "this has no value", "nothing to give a name to"));
        }
        if let [ident] = names {
            self.adopt_local(&value, &ident.name)?;
            self.bind_name(ident, value, scope);
            return Ok(());
        }
        let parts = self.unpack(&value, names.len(), value_span)?;
        for (ident, part) in names.iter().zip(parts) {
            self.adopt_local(&part, &ident.name)?;
            self.bind_name(ident, part, scope);
        }
        Ok(())
    }

    /// The `n` parts of a tuple or list.
    pub fn unpack(&mut self, value: &Value<'a>, n: usize, span: Span) -> Res<Vec<Value<'a>>> {
        match value {
            Value::Tuple(parts) | Value::List(parts) if parts.len() == n => Ok(parts.to_vec()),
            Value::Record(fields) if fields.len() == n => Ok(fields.iter().map(|(_, v)| v.clone()).collect()),
            Value::Tuple(parts) | Value::List(parts) => {
                let message = format!("{} values for {n} names", parts.len());
                Err(self.error("E0403", span, message, format!("this has {} parts", parts.len())))
            }
            other => Err(self.expected(&format!("a tuple of {n}"), other, span)),
        }
    }

    /// `target <- value`: a cell, or two layers of one shape, parameter by parameter.
    fn update(&mut self, target: &'a ast::Expr, value: &'a ast::Expr, span: Span, scope: &Scope<'a>) -> Res<()> {
        let place = self.place(target, scope)?;
        match &place {
            Value::Cell(cell) => {
                let value = self.expr(value, scope)?;
                let tensor = self.as_tensor(&value, self.cells[cell.index()].ty.dtype, span)?;
                let want = self.cells[cell.index()].ty.clone();
                let tensor = self.fitted(tensor, &want, span)?;
                self.write(*cell, tensor, span)
            }
            layer if layer.is_callable() && !matches!(layer, Value::Weights(_)) => {
                self.second_name(target, value, scope);
                self.update_layer(layer, value, span, scope)
            }
            list if holds(list) => self.update_parameters(list, value, span, scope),
            other => {
                let message = format!("`<-` changes parameters, buffers and states, and this is {}", other.kind());
                Err(self.error("E0612", target.span, message, "cannot be changed"))
            }
        }
    }

    /// The new value of a cell, in its type and shape.
    pub fn fitted(&mut self, tensor: Tensor, want: &crate::tir::Ty, span: Span) -> Res<Tensor> {
        let tensor = self.cast(&tensor, want.dtype, span)?;
        if tensor.ty.shape.is_empty() {
            return self.broadcast_to(&tensor, &want.shape, span);
        }
        let got = tensor.ty.shape.clone();
        let describe = || {
            let message = "the new value has another shape".to_string();
            super::claim::mismatch("E0502", span, message, &want.shape, &got)
        };
        self.require_shape(&want.shape, &got, span, describe)?;
        Ok(tensor)
    }

    /// An expression as a place that can be changed: cells are not read.
    pub fn place(&mut self, target: &'a ast::Expr, scope: &Scope<'a>) -> Res<Value<'a>> {
        match &target.kind {
            ast::ExprKind::Name(name) => self.name(name, target.span, scope),
            ast::ExprKind::Field { base, name } => {
                let base = self.place(base, scope)?;
                self.field(&base, name)
            }
            _ => {
                let value = self.expr(target, scope)?;
                Ok(self.as_place(value))
            }
        }
    }

    fn log(&mut self, metrics: &'a [(ast::Ident, ast::Expr)], span: Span, scope: &Scope<'a>) -> Res<()> {
        self.outermost("`log`", span)?;
        let mut result = Ok(());
        for (name, value) in metrics {
            result = self.log_one(&name.name, value, scope).and(result);
        }
        result
    }

    /// `log ..record`
    fn log_all(&mut self, record: &'a ast::Expr, span: Span, scope: &Scope<'a>) -> Res<()> {
        self.outermost("`log`", span)?;
        match self.expr(record, scope)? {
            Value::Record(fields) => {
                fields.iter().try_for_each(|(name, value)| self.log_value(name, value, record.span))
            }
            Value::Tuple(none) if none.is_empty() => Ok(()),
            other => Err(self.expected("a record", &other, record.span)),
        }
    }

    fn log_one(&mut self, name: &Name, value: &'a ast::Expr, scope: &Scope<'a>) -> Res<()> {
        let span = value.span;
        let value = self.expr(value, scope)?;
        self.log_value(name, &value, span)
    }

    fn log_value(&mut self, name: &Name, value: &Value<'a>, span: Span) -> Res<()> {
        let float = self.scalar_float();
        let tensor = self.as_tensor(value, float, span)?;
        if !tensor.ty.shape.is_empty() {
            let message = format!("a metric is one number, and `{name}` is {}", super::report::show(&tensor.ty));
            let diagnostic =
                Diagnostic::error("E0601", span, message, "not a scalar").help("take its `mean(..)` or `sum(..)`");
            return Err(self.report(diagnostic));
        }
        let tensor = self.cast(&tensor, float, span)?;
        self.metric(name, &tensor, span);
        Ok(())
    }

    fn assert(
        &mut self,
        condition: &'a ast::Expr,
        message: Option<&'a ast::Expr>,
        span: Span,
        scope: &Scope<'a>,
    ) -> Res<()> {
        let text: Name = match message {
            None => "".into(),
            Some(message) => match self.expr(message, scope)? {
                Value::Str(text) => text,
                other => return Err(self.expected("a Str", &other, message.span)),
            },
        };
        match self.expr(condition, scope)? {
            Value::Bool(Truth::Known(true)) => Ok(()),
            Value::Bool(Truth::Known(false)) => Err(self.error(
                "E0404",
                condition.span,
                format!("this assertion is false{}", colon(&text)),
                "never true",
            )),
            Value::Bool(truth) => {
                let tensor = self.holds(&truth, span);
                self.assert_tensor(&tensor, text, span)
            }
            value => {
                let tensor = self.as_tensor(&value, self.float, condition.span)?;
                if tensor.ty.dtype != DType::Bool {
                    return Err(self.expected("a condition", &value, condition.span));
                }
                let all = self.all(&tensor, span)?;
                self.assert_tensor(&all, text, span)?;
                self.compared_in(condition, &tensor, span);
                Ok(())
            }
        }
    }

    /// Keeps what a comparison compares, to be shown if it is false.
    fn compared_in(&mut self, condition: &ast::Expr, tensor: &Tensor, span: Span) {
        let ast::ExprKind::Binary(op, ..) = condition.kind else { return };
        if self.depth() > 0 {
            return;
        }
        let id = self.here(tensor);
        let node = &self.prog().program.nodes[id.index()];
        if let (tir::Kind::Op(Op::Compare(_)), &[left, right]) = (&node.kind, &node.args[..]) {
            // `a > b` is computed as `b < a`.
            let swapped = matches!(op, ast::BinaryOp::Gt | ast::BinaryOp::Ge);
            let pair = if swapped { [right, left] } else { [left, right] };
            pair.into_iter().for_each(|value| self.prog().output(Target::Compared, value, span));
        }
    }

    /// What the assertion just made compares.
    pub fn compared(&mut self, left: &Tensor, right: &Tensor, span: Span) {
        if self.depth() > 0 {
            return;
        }
        for side in [left, right] {
            let id = self.here(side);
            self.prog().output(Target::Compared, id, span);
        }
    }

    /// Demands a condition. In a loop or a branch it is remembered which iterations it failed in.
    pub fn assert_tensor(&mut self, condition: &Tensor, text: Name, span: Span) -> Res<()> {
        if self.depth() > 0 {
            let failed = self.unary(Unary::Not, condition, span)?;
            let value = self.here(&failed);
            self.prog().failed.push(Failed { value, text, span });
            return Ok(());
        }
        let id = self.here(condition);
        let span = self.users_place(span);
        self.prog().output(Target::Assert(text), id, span);
        Ok(())
    }

    /// Demands of a loop's iterations, or of a branch, that no assertion has failed in them. `failed` is stacked; an
    /// iteration that did not run has not failed.
    pub fn assert_later(&mut self, failed: &[Tensor], of: &[Failed]) -> Res<()> {
        for (failed, Failed { text, span, .. }) in failed.iter().zip(of) {
            let numbers = self.cast(failed, DType::I32, *span)?;
            let count = self.emit(Op::Reduce { kind: Reduce::Sum, axes: vec![0] }, &[&numbers], *span)?;
            let zero = self.number(0.0, DType::I32, *span);
            let none = self.compare(Compare::Eq, &count, &zero, *span)?;
            self.assert_tensor(&none, text.clone(), *span)?;
        }
        Ok(())
    }

    /// What is told or written once for each run of a program cannot stand where a program runs often, or not at all.
    pub fn outermost(&mut self, what: &str, span: Span) -> Res<()> {
        if self.depth() == 0 {
            return Ok(());
        }
        let message = format!("{what} cannot stand inside a loop, or a branch on data");
        let diagnostic =
            Diagnostic::error("E0611", span, message, "inside").help("give the value out, and do it behind");
        Err(self.report(diagnostic))
    }
}

fn colon(text: &str) -> String {
    if text.is_empty() { String::new() } else { format!(": {text}") }
}
