//! Which layers and functions a program calls, for summaries and figures.

use crate::base::{Name, Span};
use crate::syntax::ast::{Expr, ExprKind, Func, Param};
use crate::tir::{Applied, Call, Inside, Ty};

use super::Checker;
use super::scope::Scope;
use super::value::{Truth, Value};

/// How many nodes and calls there were when a call began.
pub struct Began {
    node: usize,
    call: usize,
}

impl<'a> Checker<'a> {
    /// Where a call begins: after so many nodes and calls.
    pub fn begins(&mut self) -> Began {
        let program = &self.prog().program;
        Began { node: program.nodes.len(), call: program.calls.len() }
    }

    /// Remembers that a layer, or a function in a chain, was called.
    pub fn called(&mut self, path: String, what: &Value<'a>, began: Began, args: Vec<Ty>, result: &Value<'a>) {
        if self.generic {
            return;
        }
        let nodes = began.node..self.prog().program.nodes.len();
        let results = tensors(std::iter::once(result));
        let settings = match what {
            Value::Instance(instance) if self.options.drawn => self.settings(&instance.ast.settings, &instance.scope),
            _ => String::new(),
        };
        let name = self.described(what).into();
        let call = Call { path: path.into(), name, nodes, began: began.call, args, results, settings };
        self.prog().program.calls.push(call);
    }

    /// Remembers that a function was called, if anybody wants to know.
    pub fn applied(&mut self, func: &Func, scope: &Scope<'a>, first: usize) {
        let settings = if self.options.drawn { self.settings(&func.params, scope) } else { String::new() };
        self.add_applied(func.name.name.clone(), Name::default(), settings, first);
    }

    /// Remembers that a chain was called: where its layers stand is where it stands.
    pub fn chained(&mut self, parts: &[Value<'a>], first: usize) {
        let path = |part: &Value<'a>| match part {
            Value::Instance(instance) => Some(instance.path()),
            _ => None,
        };
        if self.options.drawn
            && let Some(member) = parts.iter().find_map(path)
            && let Some((path, _)) = member.rsplit_once('.')
        {
            self.add_applied(Name::default(), path.into(), String::new(), first);
        }
    }

    /// Remembers which nodes a call of the library in a file of the user has made.
    pub fn ends_inside(&mut self, name: &str, first: usize, span: Span, own: bool) {
        let nodes = first..self.prog().program.nodes.len();
        if !own && !self.generic && !nodes.is_empty() && !span.is_none() && !self.is_std(span.file) {
            self.prog().program.inside.push(Inside { name: name.into(), nodes, span });
        }
    }

    fn add_applied(&mut self, name: Name, path: Name, settings: String, first: usize) {
        let nodes = first..self.prog().program.nodes.len();
        if self.options.drawn && !self.generic && !nodes.is_empty() {
            self.prog().program.functions.push(Applied { name, path, nodes, settings });
        }
    }

    /// The numbers and words that a layer or a function was given in the place of its declaration's: `kernel: 5, pad: 2`.
    fn settings(&self, declared: &[Param], scope: &Scope<'a>) -> String {
        let told = |name: &str| {
            let value = scope.own(name)?;
            let plain = match &value {
                Value::Int(..) | Value::Float(_) | Value::Bool(Truth::Known(_)) | Value::Str(_) => true,
                Value::Tuple(parts) | Value::List(parts) => parts.iter().all(|part| matches!(part, Value::Int(..))),
                _ => false,
            };
            plain.then(|| self.described(&value))
        };
        let settings = declared.iter().filter_map(|setting| {
            let name = &setting.name.name;
            let value = told(name)?;
            // `stride = kernel`: what another one is.
            let own = match setting.default.as_ref().map(|default| &default.kind) {
                Some(ExprKind::Name(other)) => told(other),
                _ => setting.default.as_ref().and_then(written),
            };
            (own.as_ref() != Some(&value)).then(|| format!("{name}: {value}"))
        });
        settings.collect::<Vec<_>>().join(", ")
    }
}

/// A number or a word that is written down, as `described` shows values.
fn written(default: &Expr) -> Option<String> {
    match &default.kind {
        ExprKind::Int(value) => Some(value.to_string()),
        ExprKind::Float(value) => Some(value.to_string()),
        ExprKind::Bool(value) => Some(value.to_string()),
        ExprKind::Str(text) => Some(format!("{text:?}")),
        _ => None,
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
