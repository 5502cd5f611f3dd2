//! `net.head`, `x.shape`: what a value has under a name.

use crate::diag::{Diagnostic, nearest};
use crate::syntax::ast;

use super::value::Value;
use super::{Checker, MAIN, Poison, Res};

impl<'a> Checker<'a> {
    pub fn field(&mut self, base: &Value<'a>, name: &'a ast::Ident) -> Res<Value<'a>> {
        let found = match base {
            Value::Tensor(_) | Value::Cell(_) => {
                let tensor = self.as_tensor(base, self.float, name.span)?;
                if let Some(text) = self.parameter_field(base, &tensor, &name.name) {
                    return Ok(Value::Str(text));
                }
                return self.tensor_field(&tensor, name);
            }
            Value::Frozen(inner, training) => {
                let value = self.field(&inner.clone(), name)?;
                return Ok(super::holds::frozen(value, *training));
            }
            Value::Record(fields) => fields.iter().find(|(n, _)| *n == name.name).map(|(_, v)| v.clone()),
            Value::Module(module) => self.exported(*module, &name.name),
            Value::Instance(instance) => {
                let instance = instance.clone();
                if instance.holes.borrow().is_empty() {
                    self.ready(&instance)?;
                }
                instance.scope.own(&name.name).or_else(|| super::item::method_value(&instance, &name.name))
            }
            Value::Weights(weights) => {
                let part = self.field(&weights.of, name)?;
                return self.part_of(weights, part, name.span);
            }
            Value::Error => return Err(Poison),
            Value::Training(_) => return Err(self.too_early(name.span)),
            _ => None,
        };
        match found {
            Some(value) => Ok(value),
            None => Err(self.no_field(base, name)),
        }
    }

    fn no_field(&mut self, base: &Value<'a>, name: &ast::Ident) -> Poison {
        let known: Vec<String> = match base {
            Value::Record(fields) => fields.iter().map(|(n, _)| n.to_string()).collect(),
            Value::Instance(instance) => instance.fields.borrow().iter().map(|(n, _)| n.to_string()).collect(),
            _ => vec![],
        };
        let message = format!("{} has no field `{}`", base.kind(), name.name);
        let diagnostic = Diagnostic::error("E0306", name.span, message, "no such field");
        let diagnostic = match nearest(&name.name, known.iter().map(String::as_str)) {
            Some(near) => diagnostic.fix(format!("did you mean `{near}`?"), name.span, near.to_string()),
            None if known.is_empty() => diagnostic,
            None => diagnostic.note(format!("it has {}", known.join(", "))),
        };
        self.report(diagnostic)
    }

    fn tensor_field(&mut self, tensor: &super::value::Tensor, name: &ast::Ident) -> Res<Value<'a>> {
        match &*name.name {
            "T" => {
                let rank = tensor.ty.shape.len();
                if rank < 2 {
                    return Err(self.error("E0504", name.span, "`.T` needs at least two axes", "nothing to swap"));
                }
                let mut perm: Vec<usize> = (0..rank).collect();
                perm.swap(rank - 1, rank - 2);
                Ok(Value::Tensor(self.emit(crate::ops::Op::Transpose { perm }, &[tensor], name.span)?))
            }
            "shape" => {
                let dims = tensor.ty.shape.iter().enumerate();
                let label = |i: usize| tensor.labels.get(i).and_then(|l| l.first().copied()).unwrap_or(0);
                Ok(Value::list(dims.map(|(i, d)| Value::Int(d.clone(), label(i))).collect()))
            }
            "rank" => Ok(Value::int(tensor.ty.shape.len() as i64)),
            "dtype" => Ok(Value::DType(tensor.ty.dtype)),
            _ => {
                let message = format!("a tensor has no `{}`", name.name);
                let diagnostic = Diagnostic::error("E0306", name.span, message, "no such field")
                    .note("a tensor has `.T`, `.shape`, `.rank` and `.dtype`; everything else is a function");
                let diagnostic = match self.global(MAIN, &name.name) {
                    Some(value) if value.is_callable() => {
                        diagnostic.help(format!("`{0}` is a function: `{0}(x)` or `x |> {0}`", name.name))
                    }
                    _ => match super::foreign::name(&name.name) {
                        Some(help) => diagnostic.help(help),
                        None => diagnostic,
                    },
                };
                Err(self.report(diagnostic))
            }
        }
    }
}
