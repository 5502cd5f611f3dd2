//! Loops that run: `scan` over an axis, `repeat` a number of times, `while` a condition holds. Their bodies are programs
//! of their own (`loop_body`).

use crate::base::Span;
use crate::diag::Diagnostic;
use crate::ops::Op;
use crate::syntax::ast;
use crate::types::Dim;

use super::loop_body::{Carry, Index, Loop};
use super::scope::Scope;
use super::value::{Tensor, Value};
use super::{Checker, Res};

/// `xt in x over T backward`
pub struct ScanHead<'a> {
    pub names: &'a [ast::Ident],
    pub values: &'a [ast::Expr],
    pub axis: &'a ast::Expr,
    pub backward: bool,
}

/// `while condition max i in 0..100`
pub struct WhileHead<'a> {
    pub condition: &'a ast::Expr,
    pub name: Option<&'a ast::Ident>,
    pub range: &'a ast::Expr,
}

type Carries<'a> = &'a [(ast::Ident, ast::Expr)];

impl<'a> Checker<'a> {
    pub fn scan(
        &mut self,
        head: &ScanHead<'a>,
        carries: Carries<'a>,
        body: &'a ast::Block,
        span: Span,
        scope: &Scope<'a>,
    ) -> Res<Value<'a>> {
        if head.names.len() != head.values.len() {
            let message = format!("{} names for {} values", head.names.len(), head.values.len());
            return Err(self.error("E0403", span, message, "one name for each value"));
        }
        let mut axis = None;
        let mut xs = vec![];
        for (name, value) in head.names.iter().zip(head.values) {
            let value_span = value.span;
            let value = self.expr(value, scope)?;
            let tensor = self.as_tensor(&value, self.float, value_span)?;
            let over = self.expr(head.axis, scope)?;
            let at = self.axis(&tensor, &over, head.axis.span)?;
            axis.get_or_insert(at);
            xs.push((name.name.clone(), self.axis_first(&tensor, at, value_span)?));
        }
        let n = xs[0].1.ty.shape[0].clone();
        for (name, x) in &xs[1..] {
            let size = x.ty.shape[0].clone();
            let describe = || {
                let message = format!("`{name}` has {size} steps and the first has {n}");
                Diagnostic::error("E0512", span, message, "a scan goes through all of them together")
            };
            self.require_equal(&n, &size, span, describe)?;
        }
        let carries = self.first_carries(carries, scope)?;
        let axis = axis.unwrap_or(0);
        let run = Loop { n, reverse: head.backward, axis, xs, index: None, carries, going: None };
        self.run_loop(run, body, span, scope)
    }

    pub fn repeat(
        &mut self,
        name: Option<&'a ast::Ident>,
        range: &'a ast::Expr,
        carries: Carries<'a>,
        body: &'a ast::Block,
        span: Span,
        scope: &Scope<'a>,
    ) -> Res<Value<'a>> {
        let (n, index) = self.times(name, range, scope)?;
        let carries = self.first_carries(carries, scope)?;
        let run = Loop { n, reverse: false, axis: 0, xs: vec![], index, carries, going: None };
        self.run_loop(run, body, span, scope)
    }

    /// The condition is looked at before every iteration, the first too.
    pub fn while_(
        &mut self,
        head: &WhileHead<'a>,
        carries: Carries<'a>,
        body: &'a ast::Block,
        span: Span,
        scope: &Scope<'a>,
    ) -> Res<Value<'a>> {
        let (n, index) = self.times(head.name, head.range, scope)?;
        let carries = self.first_carries(carries, scope)?;
        let firsts: Vec<Tensor> = carries.iter().flat_map(|carry| carry.firsts.iter().cloned()).collect();
        let first = self.going_on(head.condition, &carries, &firsts, scope)?;
        let going = Some((head.condition, first));
        let run = Loop { n, reverse: false, axis: 0, xs: vec![], index, carries, going };
        self.run_loop(run, body, span, scope)
    }

    /// The condition of a `while`, for these values of what it carries.
    pub fn going_on(
        &mut self,
        condition: &'a ast::Expr,
        carries: &[Carry<'a>],
        values: &[Tensor],
        scope: &Scope<'a>,
    ) -> Res<Tensor> {
        let scope = scope.block();
        self.set_carried(carries, values, &scope)?;
        let value = self.expr(condition, &scope)?;
        match value {
            Value::Bool(truth) => Ok(self.holds(&truth, condition.span)),
            Value::Tensor(tensor) => {
                self.one_condition(&tensor, condition.span)?;
                Ok(tensor)
            }
            other => Err(self.expected("a condition", &other, condition.span)),
        }
    }

    /// How often, and the numbers of the iterations if they have a name.
    fn times(
        &mut self,
        name: Option<&'a ast::Ident>,
        range: &'a ast::Expr,
        scope: &Scope<'a>,
    ) -> Res<(Dim, Option<Index>)> {
        let (n, start, step) = self.count_and_start(range, scope)?;
        Ok((n, name.map(|ident| Index { name: ident.name.clone(), start, step })))
    }

    /// How often; the first number and the step.
    fn count_and_start(&mut self, range: &'a ast::Expr, scope: &Scope<'a>) -> Res<(Dim, i64, i64)> {
        let ast::ExprKind::Range { lo, hi, inclusive } = &range.kind else {
            return match self.expr(range, scope)? {
                Value::Int(n, _) => Ok((n, 0, 1)),
                other => Err(self.expected("a range or a number of times", &other, range.span)),
            };
        };
        let first = self.static_int(lo, scope)?;
        let last = match self.expr(hi, scope)? {
            Value::Int(dim, _) => dim,
            other => return Err(self.expected("an Int", &other, hi.span)),
        };
        let down = *inclusive && last.as_const().is_some_and(|l| l < first);
        let one = Dim::from(i64::from(*inclusive));
        if down {
            let n = &(&Dim::from(first) - &last) + &one;
            return Ok((n, first, -1));
        }
        Ok((&(&last - &Dim::from(first)) + &one, first, 1))
    }

    fn first_carries(&mut self, carries: Carries<'a>, scope: &Scope<'a>) -> Res<Vec<Carry<'a>>> {
        let mut out = vec![];
        for (ident, init) in carries {
            let value = self.expr(init, scope)?;
            let form = self.numbers_as_tensors(&value, init.span)?;
            let firsts = self.tensors_of(&form, init.span)?;
            if firsts.is_empty() {
                return Err(self.expected("a tensor, or a tuple, record or list of them", &value, init.span));
            }
            out.push(Carry { ident, form, firsts });
        }
        Ok(out)
    }

    pub fn axis_first(&mut self, x: &Tensor, axis: usize, span: Span) -> Res<Tensor> {
        if axis == 0 {
            return Ok(x.clone());
        }
        let rank = x.ty.shape.len();
        let perm = std::iter::once(axis).chain((0..rank).filter(|&i| i != axis)).collect();
        self.emit(Op::Transpose { perm }, &[x], span)
    }

    pub fn axis_back(&mut self, x: &Tensor, axis: usize, span: Span) -> Res<Tensor> {
        if axis == 0 || axis >= x.ty.shape.len() {
            return Ok(x.clone());
        }
        let mut perm: Vec<usize> = (1..x.ty.shape.len()).collect();
        perm.insert(axis, 0);
        self.emit(Op::Transpose { perm }, &[x], span)
    }
}
