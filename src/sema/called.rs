//! Which layers a program calls, for summaries.

use crate::tir::{Call, Ty};

use super::Checker;
use super::value::Value;

impl<'a> Checker<'a> {
    /// Remembers that a layer, or a function in a chain, was called.
    pub fn called(&mut self, path: String, what: &Value<'a>, first: usize, args: Vec<Ty>, result: &Value<'a>) {
        if self.generic {
            return;
        }
        let nodes = first..self.prog().program.nodes.len();
        let results = tensors(std::iter::once(result));
        let call = Call { path: path.into(), name: self.described(what).into(), nodes, args, results };
        self.prog().program.calls.push(call);
    }
}

/// The types of the tensors in some values.
pub fn tensors<'v, 'a: 'v>(values: impl Iterator<Item = &'v Value<'a>>) -> Vec<Ty> {
    let mut types = vec![];
    values.for_each(|value| add_tensors(value, &mut types));
    types
}

fn add_tensors(value: &Value, types: &mut Vec<Ty>) {
    match value {
        Value::Tensor(tensor) => types.push(tensor.ty.clone()),
        Value::Tuple(parts) | Value::List(parts) => parts.iter().for_each(|part| add_tensors(part, types)),
        Value::Record(fields) => fields.iter().for_each(|(_, part)| add_tensors(part, types)),
        _ => {}
    }
}
