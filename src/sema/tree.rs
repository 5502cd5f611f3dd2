//! Values that are made of tensors: a tensor, the weights of a layer, tuples, lists and records of such.

use std::rc::Rc;

use crate::base::Span;

use super::expr::is_number;
use super::holds::holds_layer;
use super::value::{Tensor, Value};
use super::{Checker, Res};

/// What to do with a tensor of a structure.
pub type EachTensor<'f, 'a> = dyn FnMut(&mut Checker<'a>, Tensor) -> Res<Tensor> + 'f;

impl<'a> Checker<'a> {
    /// The same structure with each of its tensors replaced, in order. What is static, layers among it, stays.
    pub fn map_tensors(&mut self, value: &Value<'a>, span: Span, f: &mut EachTensor<'_, 'a>) -> Res<Value<'a>> {
        Ok(match value {
            Value::Tensor(tensor) => Value::Tensor(f(self, tensor.clone())?),
            Value::Cell(cell) => {
                let tensor = self.read(*cell, span);
                Value::Tensor(f(self, tensor)?)
            }
            Value::Weights(weights) => self.map_weights(weights, span, f)?,
            Value::Tuple(parts) => Value::tuple(self.map_all(parts, span, f)?),
            Value::List(parts) => Value::list(self.map_all(parts, span, f)?),
            Value::Record(fields) => {
                let fields: Res<Vec<_>> =
                    fields.iter().map(|(n, v)| Ok((n.clone(), self.map_tensors(v, span, f)?))).collect();
                Value::Record(Rc::new(fields?))
            }
            other => other.clone(),
        })
    }

    fn map_all(&mut self, parts: &[Value<'a>], span: Span, f: &mut EachTensor<'_, 'a>) -> Res<Vec<Value<'a>>> {
        parts.iter().map(|part| self.map_tensors(part, span, f)).collect()
    }

    /// The same structure with tensors in place of numbers, and of nested lists of numbers.
    pub fn numbers_as_tensors(&mut self, value: &Value<'a>, span: Span) -> Res<Value<'a>> {
        Ok(match value {
            Value::List(parts) if parts.iter().any(|part| has_tensor(part) || holds_layer(part)) => {
                Value::list(self.all_as_tensors(parts, span)?)
            }
            Value::Tuple(parts) => Value::tuple(self.all_as_tensors(parts, span)?),
            Value::Record(fields) => {
                let fields: Res<Vec<_>> =
                    fields.iter().map(|(n, v)| Ok((n.clone(), self.numbers_as_tensors(v, span)?))).collect();
                Value::Record(Rc::new(fields?))
            }
            value if is_number(value) || matches!(value, Value::List(_) | Value::Cell(_) | Value::Bool(_)) => {
                Value::Tensor(self.as_tensor(value, self.float, span)?)
            }
            other => other.clone(),
        })
    }

    fn all_as_tensors(&mut self, parts: &[Value<'a>], span: Span) -> Res<Vec<Value<'a>>> {
        parts.iter().map(|part| self.numbers_as_tensors(part, span)).collect()
    }

    /// The tensors of a structure, in order.
    pub fn tensors_of(&mut self, value: &Value<'a>, span: Span) -> Res<Vec<Tensor>> {
        let mut found = vec![];
        self.map_tensors(value, span, &mut |_, tensor| {
            found.push(tensor.clone());
            Ok(tensor)
        })?;
        Ok(found)
    }

    /// A structure with other tensors, one for each of its own, in order.
    pub fn with_tensors(&mut self, value: &Value<'a>, tensors: Vec<Tensor>, span: Span) -> Res<Value<'a>> {
        let mut tensors = tensors.into_iter();
        self.map_tensors(value, span, &mut |_, own| Ok(tensors.next().unwrap_or(own)))
    }
}

/// Whether there is a tensor in a structure.
fn has_tensor(value: &Value) -> bool {
    match value {
        Value::Tensor(_) | Value::Cell(_) | Value::Weights(_) => true,
        Value::List(parts) | Value::Tuple(parts) => parts.iter().any(has_tensor),
        Value::Record(fields) => fields.iter().any(|(_, part)| has_tensor(part)),
        _ => false,
    }
}
