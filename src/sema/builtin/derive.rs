//! Functions of functions: derivatives, maps over examples, and what concerns the backward pass.

use std::rc::Rc;

use crate::ops::Unary;

use super::super::derive::Derivative;
use super::super::expr::tensor_of;
use super::super::value::{Section, Tensor, Value};
use super::super::{Checker, Res};
use super::{Args, Builtin, find};

pub const TABLE: &[Builtin] = &[
    Builtin { name: "grad", params: &["f", "over?"], run: |c, args| c.derivative(args, "grad of a function", false) },
    Builtin {
        name: "value_and_grad",
        params: &["f", "over?"],
        run: |c, args| c.derivative(args, "value and grad of a function", true),
    },
    Builtin { name: "grad of a function", params: &["..."], run: |c, args| c.apply_derivative(args, false) },
    Builtin { name: "value and grad of a function", params: &["..."], run: |c, args| c.apply_derivative(args, true) },
    Builtin { name: "vmap", params: &["f", "over?"], run: |c, args| c.vmap(args) },
    Builtin { name: "map of a function", params: &["..."], run: |c, args| c.apply_map(args) },
    Builtin { name: "call with other weights", params: &["..."], run: |c, args| c.call_with_weights(args) },
    Builtin {
        name: "checkpoint",
        params: &["f"],
        run: |c, args| c.function_of_function(args, "checkpoint of a function"),
    },
    Builtin { name: "checkpoint of a function", params: &["..."], run: |c, args| c.apply_checkpoint(args) },
    Builtin { name: "stop_gradient", params: &["x"], run: |c, args| c.stop_gradient(args) },
];

impl<'a> Checker<'a> {
    /// `grad(f, over: ..)`: a function that still lacks its arguments. Of a scalar that is there, the derivative itself.
    fn derivative(&mut self, args: Args<'a>, apply: &str, with_value: bool) -> Res<Value<'a>> {
        let f = args.value(0);
        if tensor_of(&f).is_some() && args.has(1) {
            let d = Derivative { f: f.clone(), over: args.value(1), over_span: args.span(1), with_value };
            return self.derivative_in(&d, &f, args.span);
        }
        self.function_of_function(args, apply)
    }

    fn vmap(&mut self, args: Args<'a>) -> Res<Value<'a>> {
        self.function_of_function(args, "map of a function")
    }

    /// What `apply` does with the arguments of `f`, with `over` (or nothing), and with `f`.
    fn function_of_function(&mut self, args: Args<'a>, apply: &str) -> Res<Value<'a>> {
        let f = args.value(0);
        if !f.is_callable() {
            return Err(self.expected("a function", &f, args.span(0)));
        }
        let Some(func) = find(apply) else { return Err(super::Poison) };
        let over = if args.given.len() > 1 && args.has(1) { args.value(1) } else { Value::Nothing };
        let over_span = if args.given.len() > 1 { args.span(1) } else { args.span };
        let given = vec![super::Arg::positional(over, over_span), super::Arg::positional(f, args.span(0))];
        Ok(Value::Section(Rc::new(Section { func: func.value(), args: given, span: args.span })))
    }

    /// The arguments of the function, then `over`, then the function itself.
    fn apply_derivative(&mut self, args: Args<'a>, with_value: bool) -> Res<Value<'a>> {
        let mut given: Vec<super::Arg> = args.given.into_iter().flatten().collect();
        let (Some(f), Some(over)) = (given.pop(), given.pop()) else { return Err(super::Poison) };
        let d = Derivative { f: f.value, over: over.value, over_span: over.span, with_value };
        self.derivative_of_call(&d, given, args.span)
    }

    fn apply_map(&mut self, args: Args<'a>) -> Res<Value<'a>> {
        let mut given: Vec<super::Arg> = args.given.into_iter().flatten().collect();
        let (Some(f), Some(over)) = (given.pop(), given.pop()) else { return Err(super::Poison) };
        self.mapped(&f.value, &over.value, over.span, given, args.span)
    }

    /// What is computed in the call is computed again on the way back. A checkpoint inside of another is part of it.
    fn apply_checkpoint(&mut self, args: Args<'a>) -> Res<Value<'a>> {
        let mut given: Vec<super::Arg> = args.given.into_iter().flatten().collect();
        let (Some(f), Some(_)) = (given.pop(), given.pop()) else { return Err(super::Poison) };
        let first = self.prog().program.nodes.len();
        let result = self.call(&f.value, given, args.span)?;
        let program = &mut self.prog().program;
        program.checkpoints.retain(|inner| inner.start < first);
        program.checkpoints.push(first..program.nodes.len());
        Ok(result)
    }

    /// The arguments of a method, the weights, and the method.
    fn call_with_weights(&mut self, args: Args<'a>) -> Res<Value<'a>> {
        let mut given: Vec<super::Arg> = args.given.into_iter().flatten().collect();
        let (Some(weights), Some(method)) = (given.pop(), given.pop()) else { return Err(super::Poison) };
        let Value::Weights(weights) = weights.value else { return Err(super::Poison) };
        self.with_weights(&weights, |c| c.call(&method.value, given, args.span))
    }

    fn stop_gradient(&mut self, args: Args<'a>) -> Res<Value<'a>> {
        let span = args.span;
        let value = self.structure(&args.value(0), args.span(0))?;
        self.map_tensors(&value, span, &mut |c, x: Tensor| c.unary(Unary::StopGradient, &x, span))
    }
}
