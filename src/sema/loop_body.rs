//! The body of a loop: a program of its own, traced once. What it carries keeps its shape.

use crate::base::{Name, Span};
use crate::diag::Diagnostic;
use crate::ops::{Binary, Op, Reduce, Scan};
use crate::syntax::ast;
use crate::tir::{Source, Target, Ty};
use crate::types::{DType, Dim, Scalar};

use super::conditional::stacked;
use super::emit::Prog;
use super::expr::is_number;
use super::report::show;
use super::scope::Scope;
use super::value::{Tensor, Value};
use super::{Checker, Poison, Res};

/// What the iterations bring in.
pub struct Loop<'a> {
    pub n: Dim,
    pub reverse: bool,
    /// Where the iterations lie in what is yielded.
    pub axis: usize,
    /// What is sliced, with the loop's axis first, and the names of the slices.
    pub xs: Vec<(Name, Tensor)>,
    pub index: Option<Index>,
    pub carries: Vec<Carry<'a>>,
    /// The condition of a `while`, and whether it holds at first. It is carried before all others.
    pub going: Option<(&'a ast::Expr, Tensor)>,
}

/// The name of the iteration, whose number is `start + step * i`.
pub struct Index {
    pub name: Name,
    pub start: i64,
    pub step: i64,
}

impl Index {
    /// What the numbers of `n` iterations are below, if none is negative.
    fn bound(&self, n: &Dim) -> Option<Dim> {
        match (self.start, self.step) {
            (start @ 0.., 1) => Some(n + &Dim::from(start)),
            (start, _) => n.as_const().filter(|n| start - n >= -1).map(|_| Dim::from(start + 1)),
        }
    }
}

/// A name that is carried: a tensor, or a tuple, record or list of them.
pub struct Carry<'a> {
    pub ident: &'a ast::Ident,
    pub form: Value<'a>,
    pub firsts: Vec<Tensor>,
}

/// What the innermost loop's body yields.
#[derive(Debug, Default)]
pub struct Yields<'a> {
    form: Option<Value<'a>>,
    values: Vec<Tensor>,
}

impl Yields<'_> {
    pub fn is_empty(&self) -> bool {
        self.form.is_none()
    }
}

impl<'a> Loop<'a> {
    /// All that is carried, as it is at first.
    fn firsts(&self) -> Vec<&Tensor> {
        let going = self.going.iter().map(|(_, first)| first);
        going.chain(self.carries.iter().flat_map(|carry| &carry.firsts)).collect()
    }
}

impl<'a> Checker<'a> {
    /// Traces the body once and makes the loop. Gives what was yielded, stacked, or else what is carried at the end.
    pub fn run_loop(&mut self, run: Loop<'a>, body: &'a ast::Block, span: Span, scope: &Scope<'a>) -> Res<Value<'a>> {
        let outer_key = self.key(span);
        let prog = Prog::body(1 + run.firsts().len() + run.xs.len());
        self.progs.push(prog);
        self.yields.push(Yields::default());
        let result = self.loop_body(&run, &outer_key, body, scope, span);
        let mut yields = self.yields.pop().unwrap_or_default();
        if let (Ok(_), Some(_), Some(_)) = (&result, &run.going, &yields.form) {
            // Stacked, the ones count the iterations that ran.
            let one = self.constant(Scalar::I64(1), span);
            yields.values.push(one);
        }
        if let Ok(next) = &result {
            let outputs = [next, &yields.values[..]].concat();
            self.body_outputs(&outputs, span);
        }
        let prog = self.progs.pop().unwrap_or_default();
        result?;
        self.finish_loop(run, prog, yields, span)
    }

    /// The results of a body, and behind them whether its assertions failed.
    pub fn body_outputs(&mut self, values: &[Tensor], span: Span) {
        let mut ids: Vec<_> = values.iter().map(|value| self.here(value)).collect();
        ids.extend(self.prog().failed.iter().map(|failed| failed.value));
        for (i, id) in ids.into_iter().enumerate() {
            self.prog().output(Target::Value(i), id, span);
        }
    }

    /// Traces one iteration; gives the next carries.
    fn loop_body(
        &mut self,
        run: &Loop<'a>,
        key: &Tensor,
        body: &'a ast::Block,
        outer: &Scope<'a>,
        span: Span,
    ) -> Res<Vec<Tensor>> {
        let scope = &outer.block();
        let count = self.body_input(0, Ty::scalar(DType::I64), &[]);
        self.mix_key(key, &count, span)?;
        if let Some(index) = &run.index {
            let mut value = self.iteration(&count, index.start, index.step, span)?;
            value.ty.bound = index.bound(&run.n);
            scope.set(&index.name, Value::Tensor(value));
        }
        let mut carried = vec![];
        for (i, first) in run.firsts().into_iter().enumerate() {
            carried.push(self.body_input(1 + i, first.ty.clone(), &first.labels));
        }
        self.set_carried(&run.carries, &carried[run.going.iter().len()..], scope)?;
        for (i, (name, x)) in run.xs.iter().enumerate() {
            let ty = Ty { shape: x.ty.shape[1..].to_vec(), ..x.ty.clone() };
            let tensor = self.body_input(1 + carried.len() + i, ty, &x.labels[1..]);
            scope.set(name, Value::Tensor(tensor));
        }
        let value = self.block_in(body, scope)?;
        if !matches!(value, Value::Nothing) {
            let at = body.value.as_ref().map_or(span, |v| v.span);
            let diagnostic =
                Diagnostic::error("E0512", at, "a loop's body ends without a value", "this value goes nowhere")
                    .help("assign what is carried (`h = ..`), and `yield` what comes out of every step");
            return Err(self.report(diagnostic));
        }
        let mut next = vec![];
        for carry in &run.carries {
            next.extend(self.next_carry(carry, scope)?);
        }
        if let Some((condition, _)) = &run.going {
            let going = self.going_on(condition, &run.carries, &next, outer)?;
            next.insert(0, going);
        }
        Ok(next)
    }

    /// Gives the carried names these tensors.
    pub fn set_carried(&mut self, carries: &[Carry<'a>], mut values: &[Tensor], scope: &Scope<'a>) -> Res<()> {
        for carry in carries {
            let (own, rest) = values.split_at(carry.firsts.len());
            let value = self.with_tensors(&carry.form, own.to_vec(), carry.ident.span)?;
            self.bind_name(carry.ident, value, scope);
            values = rest;
        }
        Ok(())
    }

    /// What is carried after an iteration: of the form and the types that it had before.
    fn next_carry(&mut self, carry: &Carry<'a>, scope: &Scope<'a>) -> Res<Vec<Tensor>> {
        let ident = carry.ident;
        let Some(value) = scope.own(&ident.name) else { return Err(Poison) };
        if value.is_error() {
            return Err(Poison);
        }
        if !carry.form.is_formed_as(&value) {
            let message = format!("`{}` starts as {} and becomes {}", ident.name, carry.form.kind(), value.kind());
            return Err(self.error("E0512", ident.span, message, "what a loop carries keeps its form"));
        }
        let tensors = match (&value, &carry.firsts[..]) {
            (value, [first]) if is_number(value) => vec![self.as_tensor(value, first.ty.dtype, ident.span)?],
            (value, _) => {
                let value = self.numbers_as_tensors(value, ident.span)?;
                self.tensors_of(&value, ident.span)?
            }
        };
        carry.firsts.iter().zip(tensors).map(|(first, next)| self.next_tensor(ident, first, next)).collect()
    }

    fn next_tensor(&mut self, name: &ast::Ident, first: &Tensor, next: Tensor) -> Res<Tensor> {
        let next = self.cast(&next, first.ty.dtype, name.span)?;
        let (before, after) = (first.ty.clone(), next.ty.clone());
        let describe = || {
            let message = format!("`{}` changes its shape from one iteration to the next", name.name);
            Diagnostic::error("E0512", name.span, message, format!("starts as {}", show(&before)))
                .note(format!("first pass  {}\nsecond pass {}", show(&before), show(&after)))
                .help("what a loop carries keeps its shape: start with the shape that the body makes")
        };
        if next.ty.shape.is_empty() && !first.ty.shape.is_empty() {
            let shape = first.ty.shape.clone();
            return self.broadcast_to(&next, &shape, name.span);
        }
        self.require_shape(&before.shape, &after.shape, name.span, describe)?;
        if before.bound.is_some() && before.bound != after.bound {
            let message = format!("`{}` starts with class numbers, and the next may be none", name.name);
            let label = format!("starts as {} and becomes {}", show(&before), show(&after));
            let diagnostic = Diagnostic::error("E0512", name.span, message, label)
                .help(format!("claim that they are, which is checked when it runs: `:> {}`", show(&before)));
            return Err(self.report(diagnostic));
        }
        let id = self.here(&next);
        Ok(Tensor { labels: next.labels.clone(), ..self.tensor(id, next.ty.clone()) })
    }

    pub fn body_input(&mut self, place: usize, ty: Ty, labels: &[Vec<u32>]) -> Tensor {
        let id = self.prog().input(Source::Body(place), ty.clone(), Span::none());
        Tensor { labels: labels.to_vec(), ..self.tensor(id, ty) }
    }

    /// Every iteration has its own random numbers.
    pub fn mix_key(&mut self, outer: &Tensor, count: &Tensor, span: Span) -> Res<()> {
        // The multiplier is the golden ratio in 64 bits: neighbouring keys and counts end far apart.
        let factor = self.constant(Scalar::I64(0x9e37_79b9_7f4a_7c15_u64 as i64), span);
        let one = self.constant(Scalar::I64(1), span);
        let scaled = self.binary(Binary::Mul, outer, &factor, span)?;
        let number = self.binary(Binary::Add, count, &one, span)?;
        let key = self.binary(Binary::Add, &scaled, &number, span)?;
        self.prog().key = Some(key);
        Ok(())
    }

    fn iteration(&mut self, count: &Tensor, start: i64, step: i64, span: Span) -> Res<Tensor> {
        if (start, step) == (0, 1) {
            return Ok(count.clone());
        }
        let step = self.constant(Scalar::I64(step), span);
        let start = self.constant(Scalar::I64(start), span);
        let scaled = self.binary(Binary::Mul, count, &step, span)?;
        self.binary(Binary::Add, &scaled, &start, span)
    }

    /// Adds the loop to the program around it.
    fn finish_loop(&mut self, run: Loop<'a>, prog: Prog, yields: Yields<'a>, span: Span) -> Res<Value<'a>> {
        let firsts = run.firsts();
        let mut args = vec![];
        for first in &firsts {
            args.push(self.here(first));
        }
        for (_, x) in &run.xs {
            args.push(self.here(x));
        }
        for (outer, _) in &prog.captured {
            args.push(self.here(outer));
        }
        let mut tys: Vec<Ty> = firsts.iter().map(|c| c.ty.clone()).collect();
        tys.extend(yields.values.iter().map(|y| stacked(&y.ty, &run.n)));
        tys.extend(prog.failed.iter().map(|_| Ty::new(DType::Bool, vec![run.n.clone()])));
        let scan = Scan {
            n: run.n.clone(),
            reverse: run.reverse,
            carries: firsts.len(),
            xs: run.xs.len(),
            when: run.going.as_ref().map(|_| 0),
            body: prog.program,
        };
        let mut finals = self.loop_results(scan, args, tys, span);
        for (result, first) in finals.iter_mut().zip(&firsts) {
            result.labels = first.labels.clone();
        }
        let mut ys = finals.split_off(firsts.len());
        let failed = ys.split_off(yields.values.len());
        self.assert_later(&failed, &prog.failed)?;
        match &yields.form {
            Some(form) => self.yielded(&run, form, &yields.values, ys, span),
            None => self.finals(&run, finals),
        }
    }

    /// What was yielded, in the form of one iteration; of a `while` also how often it ran.
    fn yielded(
        &mut self,
        run: &Loop<'a>,
        form: &Value<'a>,
        each: &[Tensor],
        mut ys: Vec<Tensor>,
        span: Span,
    ) -> Res<Value<'a>> {
        let count = match run.going.as_ref().and_then(|_| ys.pop()) {
            Some(ones) => Some(self.emit(Op::Reduce { kind: Reduce::Sum, axes: vec![0] }, &[&ones], span)?),
            None => None,
        };
        let mut moved = vec![];
        for (mut y, one) in ys.into_iter().zip(each) {
            y.labels = vec![run.xs.first().map_or(vec![], |(_, x)| x.labels[0].clone())];
            y.labels.extend(one.labels.iter().cloned());
            moved.push(self.axis_back(&y, run.axis, span)?);
        }
        let stacks = self.with_tensors(form, moved, span)?;
        Ok(match (count, stacks) {
            (None, stacks) => stacks,
            (Some(count), Value::Tuple(parts)) => {
                Value::tuple(parts.iter().cloned().chain([Value::Tensor(count)]).collect())
            }
            (Some(count), stack) => Value::tuple(vec![stack, Value::Tensor(count)]),
        })
    }

    pub fn yield_(&mut self, value: &'a ast::Expr, span: Span, scope: &Scope<'a>) -> Res<()> {
        let at = value.span;
        let value = self.expr(value, scope)?;
        let form = self.numbers_as_tensors(&value, at)?;
        let mut values = vec![];
        for tensor in self.tensors_of(&form, at)? {
            let id = self.here(&tensor);
            values.push(Tensor { labels: tensor.labels.clone(), ..self.tensor(id, tensor.ty.clone()) });
        }
        let in_branch = self.prog().is_branch();
        match self.yields.last_mut() {
            Some(yields) if yields.form.is_none() && !in_branch => {
                *yields = Yields { form: Some(form), values };
                Ok(())
            }
            None => Err(self.error("E0512", span, "`yield` stands outside a loop", "no loop around it")),
            Some(_) if in_branch => {
                let message = "every iteration yields: not one branch of a condition on data alone";
                let diagnostic = Diagnostic::error("E0512", span, message, "in a branch")
                    .help("yield what is chosen: `yield if c { a } else { b }`")
                    .help("to keep some rows only: `yield (a, c)`, and behind the loop `[k] some = rows[kept]`");
                Err(self.report(diagnostic))
            }
            Some(_) => {
                let diagnostic = Diagnostic::error("E0512", span, "a loop's body yields once", "the second `yield`")
                    .help("several values at once: `yield (a, b)`");
                Err(self.report(diagnostic))
            }
        }
    }

    /// What is carried at the end.
    fn finals(&mut self, run: &Loop<'a>, finals: Vec<Tensor>) -> Res<Value<'a>> {
        let mut finals = finals.into_iter().skip(run.going.iter().len());
        let mut values = vec![];
        for carry in &run.carries {
            let own = finals.by_ref().take(carry.firsts.len()).collect();
            values.push(self.with_tensors(&carry.form, own, carry.ident.span)?);
        }
        Ok(match values.len() {
            0 => Value::Nothing,
            1 => values.remove(0),
            _ => Value::tuple(values),
        })
    }
}
