//! `grad(f)`, `value_and_grad(f)`: derivatives of a scalar in arguments of a function, or, with `over:`, in arguments by
//! number or name, in the parameters of layers, and in tensors that were computed before.

use crate::base::{Name, Span};
use crate::diag::{Diagnostic, nearest};
use crate::ops::Op;
use crate::syntax::ast;

use super::call::method_of;
use super::holds::holds_layer;
use super::report::show;
use super::value::{Arg, Code, Tensor, Value};
use super::{Checker, Res};

/// A derivative that waits for the arguments of its function.
pub struct Derivative<'a> {
    pub f: Value<'a>,
    /// `Nothing` without `over:`.
    pub over: Value<'a>,
    pub over_span: Span,
    /// Gives the value of the function, too.
    pub with_value: bool,
}

/// Arguments by their places. `one` is one derivative and no tuple.
struct Places {
    at: Vec<usize>,
    names: Vec<Name>,
    one: bool,
}

impl<'a> Checker<'a> {
    /// `grad(f, ..)(args)`
    pub fn derivative_of_call(&mut self, d: &Derivative<'a>, mut args: Vec<Arg<'a>>, span: Span) -> Res<Value<'a>> {
        let Some(places) = self.places(d, &args, span)? else {
            let result = self.call(&d.f, args, span)?;
            return self.derivative_in(d, &result, span);
        };
        let mut variables = vec![];
        for &at in &places.at {
            let value = self.variable(&args[at].value, args[at].span)?;
            args[at].value = value.clone();
            variables.push(value);
        }
        let result = self.call(&d.f, args, span)?;
        let loss = self.scalar_of(&result, span)?;
        let all = Value::tuple(variables);
        let grads = self.structured(&loss, &all, span)?;
        let grads = match (&grads, places.one) {
            (Value::Tuple(parts), true) => parts[0].clone(),
            (Value::Tuple(parts), false) if !places.names.is_empty() => {
                let fields = places.names.iter().cloned().zip(parts.iter().cloned());
                Value::Record(std::rc::Rc::new(fields.collect()))
            }
            _ => grads,
        };
        Ok(with_value(d, result, &loss, grads))
    }

    /// The derivative of a result that is there already, in what stands behind `over:`.
    pub fn derivative_in(&mut self, d: &Derivative<'a>, result: &Value<'a>, span: Span) -> Res<Value<'a>> {
        let loss = self.scalar_of(result, span)?;
        let over = self.layers_as_weights(&d.over, d.over_span)?;
        if self.tensors_of(&over, d.over_span)?.is_empty() {
            let message = format!("a derivative in {} does not exist", d.over.kind());
            let diagnostic =
                Diagnostic::error("E0602", d.over_span, message, "neither a tensor nor a layer with parameters")
                    .help("`over:` takes arguments by number or name, layers, parameters, and tensors");
            return Err(self.report(diagnostic));
        }
        let grads = self.structured(&loss, &over, span)?;
        Ok(with_value(d, result.clone(), &loss, grads))
    }

    /// The derivatives in all tensors of a structure, as that structure.
    fn structured(&mut self, loss: &Tensor, over: &Value<'a>, span: Span) -> Res<Value<'a>> {
        let wrt = self.tensors_of(over, span)?;
        for tensor in &wrt {
            if !tensor.ty.dtype.is_float() {
                let message = format!("a derivative in {} does not exist", show(&tensor.ty));
                return Err(self.error("E0307", span, message, "whole numbers have no derivative"));
            }
        }
        self.look_at_loss(loss, &wrt);
        let grads = self.derivatives(loss, &wrt, span);
        self.with_tensors(over, grads, span)
    }

    /// Layers of a structure as their parameters.
    fn layers_as_weights(&mut self, value: &Value<'a>, span: Span) -> Res<Value<'a>> {
        Ok(match value {
            Value::Tuple(parts) => {
                let parts: Res<Vec<_>> = parts.iter().map(|part| self.layers_as_weights(part, span)).collect();
                Value::tuple(parts?)
            }
            Value::List(parts) => {
                let parts: Res<Vec<_>> = parts.iter().map(|part| self.layers_as_weights(part, span)).collect();
                Value::list(parts?)
            }
            Value::Record(fields) => {
                let fields: Res<Vec<_>> =
                    fields.iter().map(|(n, v)| Ok((n.clone(), self.layers_as_weights(v, span)?))).collect();
                Value::Record(std::rc::Rc::new(fields?))
            }
            layer if holds_layer(layer) => Value::Weights(self.weights_of(layer, false, span)?),
            other => other.clone(),
        })
    }

    /// A value as a structure with at least one tensor.
    pub fn structure(&mut self, value: &Value<'a>, span: Span) -> Res<Value<'a>> {
        let value = self.layers_as_weights(value, span)?;
        let value = self.numbers_as_tensors(&value, span)?;
        if self.tensors_of(&value, span)?.is_empty() {
            return Err(self.expected("a tensor, or a layer with parameters", &value, span));
        }
        Ok(value)
    }

    /// An argument as variables of its own: the derivative is in it, not in other uses of the same values.
    fn variable(&mut self, value: &Value<'a>, span: Span) -> Res<Value<'a>> {
        let value = self.structure(value, span)?;
        self.map_tensors(&value, span, &mut |c, x| {
            let plain = x.ty.dtype.is_int() && x.ty.bound.is_none();
            let x = if plain { c.cast(&x, c.float, span)? } else { x };
            let labels = x.labels.clone();
            let own = c.emit(Op::Reshape { shape: x.ty.shape.clone() }, &[&x], span)?;
            Ok(Tensor { labels, ..own })
        })
    }

    /// The number that is differentiated: the result, or the first part of it.
    fn scalar_of(&mut self, result: &Value<'a>, span: Span) -> Res<Tensor> {
        let first = match result {
            Value::Tuple(parts) if !parts.is_empty() => &parts[0],
            Value::Record(fields) if !fields.is_empty() => &fields[0].1,
            result => result,
        };
        let loss = self.as_tensor(first, self.float, span)?;
        if !loss.ty.shape.is_empty() {
            let message =
                format!("`grad` needs a function with one number as result, and this gives {}", show(&loss.ty));
            let diagnostic =
                Diagnostic::error("E0601", span, message, "not a scalar").help("sum it: `grad(|x| sum(f(x)))`");
            return Err(self.report(diagnostic));
        }
        if loss.ty.dtype.is_float() { Ok(loss) } else { self.cast(&loss, self.float, span) }
    }

    /// Which arguments the derivative is in; `None` when it is in something else.
    fn places(&mut self, d: &Derivative<'a>, args: &[Arg<'a>], span: Span) -> Res<Option<Places>> {
        let asked: Vec<Value> = match &d.over {
            Value::Nothing => vec![Value::int(0)],
            Value::Int(..) | Value::Str(_) => vec![d.over.clone()],
            Value::List(parts) | Value::Tuple(parts)
                if !parts.is_empty() && parts.iter().all(|p| matches!(p, Value::Int(..) | Value::Str(_))) =>
            {
                parts.to_vec()
            }
            _ => return Ok(None),
        };
        let params = param_names(&d.f);
        let mut places = Places { at: vec![], names: vec![], one: !matches!(d.over, Value::List(_) | Value::Tuple(_)) };
        for one in &asked {
            let param = match one {
                Value::Str(name) => {
                    places.names.push(name.clone());
                    self.param_called(&params, name, d.over_span)?
                }
                number => usize::try_from(self.known_int(number, d.over_span)?).unwrap_or(usize::MAX),
            };
            let named = params.get(param).and_then(|name| args.iter().position(|a| a.name.as_ref() == Some(name)));
            let Some(at) = named.or_else(|| (param < args.len() && args[param].name.is_none()).then_some(param)) else {
                let text = "the derivative needs the function's argument";
                return Err(self.error("E0303", span, text, format!("no argument {param}")));
            };
            places.at.push(at);
        }
        if places.names.len() < places.at.len() {
            places.names.clear();
        }
        Ok(Some(places))
    }

    fn param_called(&mut self, params: &[Name], name: &Name, span: Span) -> Res<usize> {
        if let Some(at) = params.iter().position(|p| p == name) {
            return Ok(at);
        }
        let diagnostic =
            Diagnostic::error("E0302", span, format!("the function has no argument `{name}`"), "not known");
        let diagnostic = match nearest(name, params.iter().map(|p| &**p)) {
            Some(near) => diagnostic.help(format!("did you mean `\"{near}\"`?")),
            None => diagnostic.note(format!("it takes ({})", params.join(", "))),
        };
        Err(self.report(diagnostic))
    }
}

fn with_value<'a>(d: &Derivative<'a>, result: Value<'a>, loss: &Tensor, grads: Value<'a>) -> Value<'a> {
    let result = match result {
        Value::Tuple(_) | Value::Record(_) => result,
        _ => Value::Tensor(loss.clone()),
    };
    if d.with_value { Value::tuple(vec![result, grads]) } else { grads }
}

/// The names of a function's parameters, where it has them.
fn param_names(f: &Value) -> Vec<Name> {
    let names = |params: &[ast::Param]| params.iter().map(|p| p.name.name.clone()).collect();
    match f {
        Value::Fn(closure) => match closure.code {
            Code::Func(func) => names(&func.params),
            Code::Lambda { params, .. } => names(params),
        },
        Value::Instance(layer) => method_of(layer, "forward").map_or(vec![], |func| names(&func.params)),
        Value::Builtin(builtin) => builtin.params.iter().map(|p| p.trim_end_matches('?').into()).collect(),
        Value::Section(section) => param_names(&section.func),
        Value::Weights(weights) => param_names(&weights.of),
        Value::Chain(parts) => parts.first().map_or(vec![], param_names),
        _ => vec![],
    }
}
