//! Layers and parameters as values.

use super::super::holds::{frozen, holds};
use super::super::stmt::Place;
use super::super::value::Value;
use super::super::{Checker, Res};
use super::{Args, Builtin};

pub const TABLE: &[Builtin] = &[
    Builtin { name: "params", params: &["net"], run: |c, args| c.params(args) },
    Builtin { name: "freeze", params: &["net", "training?"], run: |c, args| c.freeze(args) },
    Builtin { name: "copy", params: &["net"], run: |c, args| c.copy(args) },
    Builtin { name: "part_of", params: &["p", "net"], run: |c, args| c.is_part_of(args) },
    Builtin { name: "contains", params: &["text", "part"], run: |c, args| c.contains(args) },
    Builtin { name: "has", params: &["record", "field"], run: |c, args| c.has(args) },
];

impl<'a> Checker<'a> {
    /// A layer, or a list of layers and parameters.
    fn net_arg(&mut self, args: &Args<'a>, at: usize) -> Res<Value<'a>> {
        let net = self.settle(args.value(at))?;
        match holds(&net) || !self.cells_of(&net, true).is_empty() {
            true => Ok(net),
            false => Err(self.expected("a layer or a list of parameters", &net, args.span(at))),
        }
    }

    /// The parameters that may be trained, in the order in which they are declared; of a structure, its tensors.
    fn params(&mut self, args: Args<'a>) -> Res<Value<'a>> {
        let value = args.value(0);
        let tensors = matches!(value, Value::Tensor(_) | Value::List(_) | Value::Tuple(_) | Value::Record(_));
        if tensors && !holds(&value) && self.cells_of(&value, true).is_empty() {
            let value = self.numbers_as_tensors(&value, args.span(0))?;
            let tensors = self.tensors_of(&value, args.span(0))?;
            return Ok(Value::list(tensors.into_iter().map(Value::Tensor).collect()));
        }
        if let Value::Weights(weights) = args.value(0) {
            return Ok(Value::list(weights.values.iter().map(|(_, value)| value.clone()).collect()));
        }
        let net = self.net_arg(&args, 0)?;
        self.settled(&net, args.span(0))?;
        self.ready_all(&net)?;
        Ok(Value::list(self.cells_of(&net, false).into_iter().map(Value::Cell).collect()))
    }

    fn freeze(&mut self, args: Args<'a>) -> Res<Value<'a>> {
        let net = self.net_arg(&args, 0)?;
        let net = self.as_place(net);
        let training = if args.has(1) { Some(self.bool_arg(&args, 1)?) } else { None };
        Ok(frozen(net, training))
    }

    fn copy(&mut self, args: Args<'a>) -> Res<Value<'a>> {
        let net = self.net_arg(&args, 0)?;
        if self.in_run() && !matches!(self.place, Place::Test | Place::Function) {
            let diagnostic = crate::diag::Diagnostic::error(
                "E0613",
                args.span,
                "`copy` makes a layer before the run, and a run has begun here",
                "not here",
            )
            .help("write `let target = copy(net)` at the top level; in a step, `target <- net` takes the weights over");
            return Err(self.report(diagnostic));
        }
        self.copy_of(&net, args.span)
    }

    fn is_part_of(&mut self, args: Args<'a>) -> Res<Value<'a>> {
        let p = args.value(0);
        let own = self.cells_of(&p, true);
        if own.len() != 1 {
            return Err(self.expected("a parameter", &p, args.span(0)));
        }
        let net = self.net_arg(&args, 1)?;
        Ok(Value::bool(self.cells_of(&net, true).contains(&own[0])))
    }

    fn contains(&mut self, args: Args<'a>) -> Res<Value<'a>> {
        let text = self.text_arg(&args, 0)?;
        let part = self.text_arg(&args, 1)?;
        Ok(Value::bool(text.contains(&*part)))
    }

    fn has(&mut self, args: Args<'a>) -> Res<Value<'a>> {
        let name = self.text_arg(&args, 1)?;
        let known = match args.value(0) {
            Value::Record(fields) => fields.iter().any(|(field, _)| *field == name),
            _ => false,
        };
        Ok(Value::bool(known))
    }
}
