//! `vmap(f)`: a function of one example as a function of many. It is a loop that carries nothing and stacks what `f`
//! gives; the optimizer turns it into work on whole batches.

use crate::base::Span;
use crate::diag::Diagnostic;
use crate::ops::Scan;
use crate::tir::Ty;
use crate::types::{DType, Dim};

use super::conditional::stacked;
use super::emit::Prog;
use super::value::{Arg, Tensor, Value};
use super::{Checker, Res};

impl<'a> Checker<'a> {
    /// `vmap(f, over: ..)(args)`
    pub fn mapped(
        &mut self,
        f: &Value<'a>,
        over: &Value<'a>,
        over_span: Span,
        mut args: Vec<Arg<'a>>,
        span: Span,
    ) -> Res<Value<'a>> {
        let axes = self.mapped_axes(over, args.len(), over_span)?;
        let mut xs = vec![];
        for (arg, axis) in args.iter_mut().zip(&axes) {
            if let Some(axis) = axis {
                if let Value::List(_) = &arg.value {
                    arg.value = self.numbers_as_tensors(&arg.value, arg.span)?;
                }
                self.collect_mapped(arg, axis, &mut xs)?;
            }
        }
        let Some(first) = xs.first() else {
            let message = "`vmap` has nothing to go over";
            let diagnostic = Diagnostic::error("E0303", span, message, "no argument with an axis")
                .help("give it a tensor, or leave `vmap` out");
            return Err(self.report(diagnostic));
        };
        let n = first.ty.shape[0].clone();
        for x in &xs[1..] {
            let size = x.ty.shape[0].clone();
            let describe = || {
                let message = format!("`vmap` goes over {n} elements of one argument and {size} of another");
                Diagnostic::error("E0512", span, message, "all must be equally many")
                    .help("an argument that is the same for all: `_` in `over:`, or capture it in the function")
            };
            self.require_equal(&n, &size, span, describe)?;
        }
        let outer_key = self.key(span);
        self.progs.push(Prog::body(1 + xs.len()));
        self.yields.push(Default::default());
        let result = self.mapped_body(f, args, &axes, &xs, &outer_key, span);
        let yields = self.yields.pop().unwrap_or_default();
        let prog = self.progs.pop().unwrap_or_default();
        let (result, outputs) = result?;
        if !yields.is_empty() {
            return Err(self.error(
                "E0512",
                span,
                "`yield` stands in a function that `vmap` maps",
                "not in a loop's body",
            ));
        }
        let stacked = self.stacked(prog, &xs, n, &outputs, span)?;
        self.with_tensors(&result, stacked, span)
    }

    /// For each argument its axis, as it is written; `_` for none.
    fn mapped_axes(&mut self, over: &Value<'a>, n: usize, span: Span) -> Res<Vec<Option<Value<'a>>>> {
        let axes = match over {
            Value::Nothing => vec![Some(Value::int(0)); n],
            Value::List(parts) | Value::Tuple(parts) => {
                if parts.len() != n {
                    let message = format!("`over:` speaks of {} arguments, and there are {n}", parts.len());
                    return Err(self.error("E0403", span, message, "one axis for each argument"));
                }
                parts.iter().map(|part| Some(part.clone())).collect()
            }
            one => vec![Some(one.clone()); n],
        };
        Ok(axes.into_iter().map(|axis| axis.filter(|value| !matches!(value, Value::Hole))).collect())
    }

    /// The tensors of an argument, with the axis that is gone over first.
    fn collect_mapped(&mut self, arg: &Arg<'a>, axis: &Value<'a>, xs: &mut Vec<Tensor>) -> Res<()> {
        let span = arg.span;
        for tensor in self.tensors_of(&arg.value, span)? {
            if tensor.ty.shape.is_empty() {
                let diagnostic = Diagnostic::error("E0517", span, "`vmap` cannot go over a scalar", "it has no axes")
                    .help("an argument that is the same for all: `_` in `over:`, or capture it in the function");
                return Err(self.report(diagnostic));
            }
            let at = self.axis(&tensor, axis, span)?;
            xs.push(self.axis_first(&tensor, at, span)?);
        }
        Ok(())
    }

    /// Calls the function with one example. Gives its result and the tensors in it, as values of the body.
    fn mapped_body(
        &mut self,
        f: &Value<'a>,
        mut args: Vec<Arg<'a>>,
        axes: &[Option<Value<'a>>],
        xs: &[Tensor],
        key: &Tensor,
        span: Span,
    ) -> Res<(Value<'a>, Vec<Tensor>)> {
        let count = self.body_input(0, Ty::scalar(DType::I64), &[]);
        self.mix_key(key, &count, span)?;
        let mut examples = vec![];
        for (i, x) in xs.iter().enumerate() {
            let ty = Ty { shape: x.ty.shape[1..].to_vec(), ..x.ty.clone() };
            examples.push(self.body_input(i + 1, ty, &x.labels[1..]));
        }
        let mut rest = examples.into_iter();
        for (arg, axis) in args.iter_mut().zip(axes) {
            if axis.is_some() {
                arg.value = self.map_tensors(&arg.value, arg.span, &mut |_, own| Ok(rest.next().unwrap_or(own)))?;
            }
        }
        let result = self.call(f, args, span)?;
        let result = self.numbers_as_tensors(&result, span)?;
        let mut outputs = vec![];
        for tensor in self.tensors_of(&result, span)? {
            let id = self.here(&tensor);
            outputs.push(Tensor { labels: tensor.labels.clone(), ..self.tensor(id, tensor.ty.clone()) });
        }
        if outputs.is_empty() {
            return Err(self.expected("a result with a tensor in it", &result, span));
        }
        self.body_outputs(&outputs, span);
        Ok((result, outputs))
    }

    /// Adds the loop to the program around it; gives the outputs of all examples.
    fn stacked(&mut self, prog: Prog, xs: &[Tensor], n: Dim, outputs: &[Tensor], span: Span) -> Res<Vec<Tensor>> {
        let captured: Vec<Tensor> = prog.captured.iter().map(|(outer, _)| outer.clone()).collect();
        let args = xs.iter().chain(&captured).map(|operand| self.here(operand)).collect();
        let mut tys: Vec<Ty> = outputs.iter().map(|y| stacked(&y.ty, &n)).collect();
        tys.extend(prog.failed.iter().map(|_| Ty::new(DType::Bool, vec![n.clone()])));
        let scan = Scan { n, reverse: false, carries: 0, xs: xs.len(), when: None, body: prog.program };
        let mut results = self.loop_results(scan, args, tys, span);
        let failed = results.split_off(outputs.len());
        self.assert_later(&failed, &prog.failed)?;
        for (result, y) in results.iter_mut().zip(outputs) {
            result.labels = std::iter::once(&xs[0].labels[0]).chain(&y.labels).cloned().collect();
        }
        Ok(results)
    }
}
