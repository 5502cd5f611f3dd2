//! The parts of two values side by side: what two branches give. `tree` is for the tensors of one.

use std::rc::Rc;

use super::value::Value;

impl<'a> Value<'a> {
    /// Its parts in order, down to what is neither a tuple nor a record nor a list that holds tensors. A list of numbers
    /// is one part: it becomes one tensor.
    pub fn leaves(&self) -> Vec<Value<'a>> {
        match self {
            Value::Tuple(parts) => parts.iter().flat_map(Value::leaves).collect(),
            Value::List(parts) if self.holds_tensors() => parts.iter().flat_map(Value::leaves).collect(),
            Value::Record(fields) => fields.iter().flat_map(|(_, field)| field.leaves()).collect(),
            leaf => vec![leaf.clone()],
        }
    }

    /// The same with other leaves, one for each of its own.
    pub fn with_leaves(&self, leaves: &mut dyn Iterator<Item = Value<'a>>) -> Value<'a> {
        let all = |parts: &[Value<'a>], leaves: &mut dyn Iterator<Item = Value<'a>>| -> Vec<Value<'a>> {
            parts.iter().map(|part| part.with_leaves(leaves)).collect()
        };
        match self {
            Value::Tuple(parts) => Value::tuple(all(parts, leaves)),
            Value::List(parts) if self.holds_tensors() => Value::list(all(parts, leaves)),
            Value::Record(fields) => {
                let fields = fields.iter().map(|(name, field)| (name.clone(), field.with_leaves(leaves)));
                Value::Record(Rc::new(fields.collect()))
            }
            _ => leaves.next().unwrap_or(Value::Error),
        }
    }

    /// Whether both have the same parts; what the leaves are is not looked at.
    pub fn is_formed_as(&self, other: &Value<'a>) -> bool {
        let all =
            |a: &[Value<'a>], b: &[Value<'a>]| a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a.is_formed_as(b));
        match (self, other) {
            (Value::Tuple(a), Value::Tuple(b)) => all(a, b),
            (Value::List(a), Value::List(b)) if self.holds_tensors() || other.holds_tensors() => all(a, b),
            (Value::Record(a), Value::Record(b)) => {
                let mut fields = a.iter().zip(b.iter());
                a.len() == b.len() && fields.all(|((n, a), (m, b))| n == m && a.is_formed_as(b))
            }
            (a, b) => a.is_leaf() && b.is_leaf(),
        }
    }

    fn is_leaf(&self) -> bool {
        match self {
            Value::Tuple(_) | Value::Record(_) => false,
            Value::List(_) => !self.holds_tensors(),
            _ => true,
        }
    }

    fn holds_tensors(&self) -> bool {
        match self {
            Value::Tensor(_) | Value::Cell(_) | Value::Tuple(_) | Value::Record(_) => true,
            Value::List(parts) => parts.iter().any(Value::holds_tensors),
            _ => false,
        }
    }
}
