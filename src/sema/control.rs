//! Loops that run: `scan` over an axis, `repeat` a number of times. Their bodies are programs of their own; what they
//! carry keeps its shape.

use crate::base::{Name, Span};
use crate::diag::Diagnostic;
use crate::ops::{Binary, Op, Scan};
use crate::syntax::ast;
use crate::tir::{Kind, Source, Target, Ty};
use crate::types::{DType, Dim, Scalar};

use super::emit::Prog;
use super::report::show;
use super::scope::Scope;
use super::value::{Tensor, Value};
use super::{Checker, Poison, Res};

/// `xt in x over T backward`
pub struct ScanHead<'a> {
    pub names: &'a [ast::Ident],
    pub values: &'a [ast::Expr],
    pub axis: &'a ast::Expr,
    pub backward: bool,
}

/// What the iterations bring in.
struct Loop<'a> {
    n: Dim,
    reverse: bool,
    /// What is sliced, with the loop's axis first, and the names of the slices.
    xs: Vec<(Name, Tensor)>,
    /// The name of the iteration, and how its number comes from the count: `start + step * i`.
    index: Option<(Name, i64, i64)>,
    carries: Vec<(&'a ast::Ident, Tensor)>,
}

/// Yields of the innermost loop body.
#[derive(Debug, Default)]
pub struct Yields {
    values: Vec<Tensor>,
    tuple: bool,
    pub seen: bool,
}

impl<'a> Checker<'a> {
    pub fn scan(
        &mut self,
        head: &ScanHead<'a>,
        carries: &'a [(ast::Ident, ast::Expr)],
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
        let run = Loop { n, reverse: head.backward, xs, index: None, carries };
        let (finals, yields, tuple) = self.run_loop(run, body, span, scope)?;
        if yields.is_empty() {
            return Ok(finals);
        }
        let at = axis.unwrap_or(0);
        let moved: Res<Vec<Value>> = yields.iter().map(|y| Ok(Value::Tensor(self.axis_back(y, at, span)?))).collect();
        Ok(one_or_tuple(moved?, tuple))
    }

    pub fn repeat(
        &mut self,
        name: Option<&'a ast::Ident>,
        range: &'a ast::Expr,
        carries: &'a [(ast::Ident, ast::Expr)],
        body: &'a ast::Block,
        span: Span,
        scope: &Scope<'a>,
    ) -> Res<Value<'a>> {
        let (n, start, step) = self.times(range, scope)?;
        let carries = self.first_carries(carries, scope)?;
        let index = name.map(|ident| (ident.name.clone(), start, step));
        let run = Loop { n, reverse: false, xs: vec![], index, carries };
        let (finals, yields, tuple) = self.run_loop(run, body, span, scope)?;
        if yields.is_empty() {
            return Ok(finals);
        }
        Ok(one_or_tuple(yields.into_iter().map(Value::Tensor).collect(), tuple))
    }

    /// How often, and the numbers: first and step.
    fn times(&mut self, range: &'a ast::Expr, scope: &Scope<'a>) -> Res<(Dim, i64, i64)> {
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

    fn first_carries(
        &mut self,
        carries: &'a [(ast::Ident, ast::Expr)],
        scope: &Scope<'a>,
    ) -> Res<Vec<(&'a ast::Ident, Tensor)>> {
        let mut out = vec![];
        for (name, init) in carries {
            let value = self.expr(init, scope)?;
            let tensor = self.as_tensor(&value, self.float, init.span)?;
            out.push((name, tensor));
        }
        Ok(out)
    }

    /// Traces the body once and makes the loop. Gives the final carries and what was yielded, stacked first.
    fn run_loop(
        &mut self,
        run: Loop<'a>,
        body: &'a ast::Block,
        span: Span,
        scope: &Scope<'a>,
    ) -> Res<(Value<'a>, Vec<Tensor>, bool)> {
        let outer_key = self.key(span);
        let prog = Prog::body(1 + run.carries.len() + run.xs.len());
        self.progs.push(prog);
        self.yields.push(Yields::default());
        let inner = scope.block();
        let result = self.loop_body(&run, &outer_key, body, &inner, span);
        let yields = self.yields.pop().unwrap_or_default();
        let Some(mut prog) = self.progs.pop() else { unreachable!("pushed above") };
        let next = result?;
        for (i, tensor) in next.iter().chain(&yields.values).enumerate() {
            prog.output(Target::Value(i), tensor.id, span);
        }
        self.finish_loop(run, prog, &yields, span)
    }

    fn loop_body(
        &mut self,
        run: &Loop<'a>,
        key: &Tensor,
        body: &'a ast::Block,
        scope: &Scope<'a>,
        span: Span,
    ) -> Res<Vec<Tensor>> {
        let count = self.body_input(0, Ty::scalar(DType::I64), &[]);
        self.mix_key(key, &count, span)?;
        if let Some((name, start, step)) = &run.index {
            let value = self.iteration(&count, *start, *step, span)?;
            scope.set(name, Value::Tensor(value));
        }
        let mut place = 1;
        for (name, first) in &run.carries {
            let tensor = self.body_input(place, first.ty.clone(), &first.labels);
            scope.set(&name.name, Value::Tensor(tensor));
            place += 1;
        }
        for (name, x) in &run.xs {
            let ty = Ty { shape: x.ty.shape[1..].to_vec(), ..x.ty.clone() };
            let tensor = self.body_input(place, ty, &x.labels[1..]);
            scope.set(name, Value::Tensor(tensor));
            place += 1;
        }
        let value = self.block_in(body, scope)?;
        if !matches!(value, Value::Nothing) {
            let at = body.value.as_ref().map_or(span, |v| v.span);
            let diagnostic =
                Diagnostic::error("E0512", at, "a loop's body ends without a value", "this value goes nowhere")
                    .help("assign what is carried (`h = ..`), and `yield` what comes out of every step");
            return Err(self.report(diagnostic));
        }
        run.carries.iter().map(|(name, first)| self.next_carry(name, first, scope)).collect()
    }

    /// The carry after an iteration: of the type it had before.
    fn next_carry(&mut self, name: &ast::Ident, first: &Tensor, scope: &Scope<'a>) -> Res<Tensor> {
        let Some(value) = scope.own(&name.name) else { return Err(Poison) };
        if value.is_error() {
            return Err(Poison);
        }
        let next = self.as_tensor(&value, first.ty.dtype, name.span)?;
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
        let id = self.here(&next);
        Ok(Tensor { id, depth: self.depth(), ..next })
    }

    pub fn body_input(&mut self, place: usize, ty: Ty, labels: &[Vec<u32>]) -> Tensor {
        let id = self.prog().input(Source::Body(place), ty.clone(), Span::none());
        Tensor { id, depth: self.depth(), ty, labels: labels.to_vec() }
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
    fn finish_loop(
        &mut self,
        run: Loop<'a>,
        prog: Prog,
        yields: &Yields,
        span: Span,
    ) -> Res<(Value<'a>, Vec<Tensor>, bool)> {
        let mut args = vec![];
        for (_, first) in &run.carries {
            args.push(self.here(first));
        }
        for (_, x) in &run.xs {
            args.push(self.here(x));
        }
        for (outer, _) in &prog.captured {
            args.push(self.here(outer));
        }
        let mut tys: Vec<Ty> = run.carries.iter().map(|(_, c)| Ty { bound: None, ..c.ty.clone() }).collect();
        for y in &yields.values {
            let mut shape = vec![run.n.clone()];
            shape.extend(y.ty.shape.iter().cloned());
            tys.push(Ty { shape, ..y.ty.clone() });
        }
        let scan = Scan {
            n: run.n.clone(),
            reverse: run.reverse,
            carries: run.carries.len(),
            xs: run.xs.len(),
            body: prog.program,
        };
        let node = self.prog().push(Kind::Scan(Box::new(scan)), args, tys.clone(), span);
        let mut results = vec![];
        for (i, ty) in tys.into_iter().enumerate() {
            let id = self.prog().push(Kind::Result(i), vec![node], vec![ty.clone()], span);
            results.push(self.tensor(id, ty));
        }
        let stacked = results.split_off(run.carries.len());
        for (result, (_, first)) in results.iter_mut().zip(&run.carries) {
            result.labels = first.labels.clone();
        }
        let finals = match results.len() {
            0 => Value::Nothing,
            1 => Value::Tensor(results.remove(0)),
            _ => Value::tuple(results.into_iter().map(Value::Tensor).collect()),
        };
        let mut stacked = stacked;
        for (out, y) in stacked.iter_mut().zip(&yields.values) {
            let mut labels = vec![run.xs.first().map_or(vec![], |(_, x)| x.labels[0].clone())];
            labels.extend(y.labels.iter().cloned());
            out.labels = labels;
        }
        Ok((finals, stacked, yields.tuple))
    }

    pub fn yield_(&mut self, value: &'a ast::Expr, span: Span, scope: &Scope<'a>) -> Res<()> {
        let at = value.span;
        let value = self.expr(value, scope)?;
        let (parts, tuple) = match &value {
            Value::Tuple(parts) => (parts.to_vec(), true),
            _ => (vec![value.clone()], false),
        };
        let mut tensors = vec![];
        for part in &parts {
            let tensor = self.as_tensor(part, self.float, at)?;
            let id = self.here(&tensor);
            tensors.push(Tensor { id, depth: self.depth(), ..tensor });
        }
        match self.yields.last_mut() {
            None => Err(self.error("E0512", span, "`yield` stands outside a loop", "no `scan` or `repeat` around it")),
            Some(yields) if yields.seen => {
                let diagnostic = Diagnostic::error("E0512", span, "a loop's body yields once", "the second `yield`")
                    .help("several values at once: `yield (a, b)`");
                Err(self.report(diagnostic))
            }
            Some(yields) => {
                *yields = Yields { values: tensors, tuple, seen: true };
                Ok(())
            }
        }
    }

    pub fn axis_first(&mut self, x: &Tensor, axis: usize, span: Span) -> Res<Tensor> {
        if axis == 0 {
            return Ok(x.clone());
        }
        let rank = x.ty.shape.len();
        let perm = std::iter::once(axis).chain((0..rank).filter(|&i| i != axis)).collect();
        self.emit(Op::Transpose { perm }, &[x], span)
    }

    fn axis_back(&mut self, x: &Tensor, axis: usize, span: Span) -> Res<Tensor> {
        if axis == 0 || axis >= x.ty.shape.len() {
            return Ok(x.clone());
        }
        let mut perm: Vec<usize> = (1..x.ty.shape.len()).collect();
        perm.insert(axis, 0);
        self.emit(Op::Transpose { perm }, &[x], span)
    }
}

fn one_or_tuple<'a>(mut values: Vec<Value<'a>>, tuple: bool) -> Value<'a> {
    if tuple || values.len() != 1 { Value::tuple(values) } else { values.remove(0) }
}
