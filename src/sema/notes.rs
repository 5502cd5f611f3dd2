//! What the checker learns of places in the user's files, for editors and for `dln summary`: the type of every expression and
//! name, what a `_` stands for, and what each stage of a chain gives.
//!
//! A place inside a definition is met many times: once with the definition's sizes as variables, and at each use with
//! numbers. What holds for all sizes is kept; of a place that is only met at uses, the first.

use std::collections::BTreeMap;
use std::rc::Rc;

use crate::base::{Name, Span, grouped};
use crate::tir::{Dataset, Field, Origin, Role, Ty, origin};
use crate::types::Dim;

use super::item::LetState;
use super::report::{dims, show};
use super::value::{Code, Instance, LayerClass, SizeArg, Value};
use super::{Checker, MAIN};

/// What a note is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum About {
    /// The value of an expression.
    Value,
    /// A name where it is bound.
    Name,
    /// A size that was left to the input: `_`.
    Hole,
    /// What a stage of `>>` or `|>` gives.
    Stage,
}

/// What sort of thing stands there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sort {
    Tensor,
    Size,
    Layer,
    Function,
    Other,
}

/// One thing that is known of a place.
#[derive(Clone, Debug, PartialEq)]
pub struct Note {
    pub span: Span,
    pub about: About,
    pub sort: Sort,
    /// `f32[B, 64]`, `Linear[64 -> 128]`, `Int = 3`
    pub text: String,
    /// The shape alone, of a tensor: `[B, 64]`.
    pub shape: Option<String>,
    /// The sizes of a tensor, if `Options::origins` is this place.
    pub sizes: Vec<Size>,
    /// Numbers in the parameters of a layer: `8,320`, `In * Out + Out`.
    pub parameters: Option<String>,
    /// Arithmetic of the `forward` of a layer's declaration: `2*B*In*Out + B*Out`.
    pub flops: Option<String>,
    /// Where what it is was declared: a function, a layer, a parameter.
    pub origin: Option<Span>,
}

/// A size, and where it comes from.
#[derive(Clone, Debug, PartialEq)]
pub struct Size {
    pub size: String,
    pub origin: Origin,
    /// Path and place of the memory that it is of.
    pub cell: Option<(Name, Span)>,
}

/// Notes while a file is checked; layers are described at its end, when their sizes are known.
#[derive(Debug, Default)]
pub struct Notes<'a> {
    seen: BTreeMap<(Span, About), (bool, Seen<'a>)>,
}

#[derive(Debug)]
enum Seen<'a> {
    Done(Note),
    Later(Value<'a>),
}

impl<'a> Checker<'a> {
    /// Remembers what stands at a place of a file of the user, if anybody wants to know.
    pub fn note(&mut self, span: Span, about: About, value: &Value<'a>) {
        if !self.options.notes || span.is_none() || matches!(value, Value::Error | Value::Nothing | Value::Hole) {
            return;
        }
        let key = (span, about);
        let better = self.notes.seen.get(&key).is_none_or(|(general, seen)| {
            // Where a definition stands for a layer, that layer is more.
            let grows = matches!((seen, value), (Seen::Later(Value::LayerClass(_)), Value::Instance(_)));
            self.generic && !general || grows && self.generic == *general
        });
        if !better || self.is_std(span.file) {
            return;
        }
        let later = !self.generic && is_layer(value);
        let seen = if later { Seen::Later(value.clone()) } else { Seen::Done(self.noted(span, about, value)) };
        self.notes.seen.insert(key, (self.generic, seen));
    }

    /// While a definition still lends sizes to what is at the top of the file: layers there, as far as nobody else says them.
    pub fn note_lets(&mut self) {
        let lets: Vec<_> = self
            .lets
            .iter()
            .filter_map(|((module, name), state)| match state {
                LetState::Done(value) if *module == MAIN && self.lends(value) => Some((name.clone(), value.clone())),
                _ => None,
            })
            .collect();
        let modules = self.modules;
        for (name, value) in lets {
            let idents = modules.get(MAIN).item(&name).map(|item| item.names()).unwrap_or_default();
            if let Some(ident) = idents.into_iter().find(|ident| ident.name == name) {
                self.note(ident.span, About::Name, &value);
            }
        }
    }

    /// Whether a layer has sizes that the definition which is being checked gave it.
    fn lends(&self, value: &Value<'a>) -> bool {
        match value {
            Value::Instance(instance) => {
                self.borrowed.iter().any(|(lent, _)| Rc::ptr_eq(lent, instance))
                    || instance.fields.borrow().iter().any(|(_, part)| self.lends(part))
            }
            Value::Chain(parts) => parts.iter().any(|part| self.lends(part)),
            Value::Frozen(inner, _) => self.lends(inner),
            _ => false,
        }
    }

    /// All notes in the order of the files.
    pub fn all_notes(&mut self) -> Vec<Note> {
        self.take_notes().into_iter().map(|(_, note)| note).collect()
    }

    /// The notes so far in the order of the files, each with whether it holds for all sizes.
    pub fn take_notes(&mut self) -> Vec<(bool, Note)> {
        let seen = std::mem::take(&mut self.notes.seen);
        let note = |((span, about), (general, seen)): ((Span, About), (bool, Seen<'a>))| match seen {
            Seen::Done(note) => (general, note),
            Seen::Later(value) => (general, self.noted(span, about, &value)),
        };
        seen.into_iter().map(note).collect()
    }

    /// Adds to a layer's declaration what its `forward` computes.
    pub fn note_flops(&mut self, span: Span, flops: &Dim) {
        if let Some((_, Seen::Done(note))) = self.notes.seen.get_mut(&(span, About::Value)) {
            note.flops = Some(flops.to_string());
        }
    }

    /// Notes of a definition, as far as they say more than what is known.
    pub fn add_notes(&mut self, notes: Vec<(bool, Note)>) {
        for (general, note) in notes {
            let key = (note.span, note.about);
            let known = self.notes.seen.get(&key).map(|(general, _)| *general);
            if known.is_none_or(|known| general && !known) {
                self.notes.seen.insert(key, (general, Seen::Done(note)));
            }
        }
    }

    fn noted(&self, span: Span, about: About, value: &Value<'a>) -> Note {
        let ty = self.type_of(value);
        Note {
            span,
            about,
            sort: sort(value),
            text: self.described(value),
            shape: ty.map(|ty| dims(&ty.shape)),
            sizes: if self.options.origins == Some(span) { self.sizes_of(value) } else { vec![] },
            parameters: self.parameters_of(value),
            flops: None,
            origin: self.origin(value),
        }
    }

    /// The sizes of a tensor, and where they come from.
    fn sizes_of(&self, value: &Value<'a>) -> Vec<Size> {
        let Some(ty) = self.type_of(value) else { return vec![] };
        let origin = |axis: usize| match value {
            Value::Tensor(tensor) if tensor.home == self.progs.first()?.serial => {
                Some(origin(&self.progs.get(tensor.depth)?.program, tensor.id, axis))
            }
            Value::Cell(cell) => Some(Origin::Cell(*cell, axis)),
            _ => None,
        };
        let size = |(axis, size): (usize, &Dim)| {
            let origin = origin(axis)?;
            let cell = match origin {
                Origin::Cell(cell, _) => self.cells.get(cell.index()).map(|cell| (cell.path().into(), cell.span)),
                Origin::Given(_) | Origin::Made(_) => None,
            };
            Some(Size { size: size.to_string(), origin, cell })
        };
        ty.shape.iter().enumerate().filter_map(size).collect()
    }

    fn type_of<'v>(&'v self, value: &'v Value<'a>) -> Option<&'v Ty> {
        match value {
            Value::Tensor(tensor) => Some(&tensor.ty),
            Value::Cell(cell) => self.cells.get(cell.index()).map(|cell| &cell.ty),
            _ => None,
        }
    }

    /// How many numbers a layer trains, as far as its parameters exist.
    pub fn parameters_of(&self, value: &Value<'a>) -> Option<String> {
        if !is_layer(value) {
            return None;
        }
        let cells = self.cells_of(value, true);
        let params =
            cells.iter().filter_map(|cell| self.cells.get(cell.index())).filter(|cell| cell.role == Role::Param);
        let counts: Vec<Dim> =
            params.map(|cell| cell.ty.shape.iter().fold(Dim::from(1), |product, size| &product * size)).collect();
        let sum = counts.iter().skip(1).fold(counts.first()?.clone(), |sum, count| &sum + count);
        Some(sum.as_const().map_or_else(|| sum.to_string(), |count| grouped(count.unsigned_abs())))
    }

    /// What a value is, in a line.
    pub fn described(&self, value: &Value<'a>) -> String {
        match value {
            Value::Tensor(tensor) => show(&tensor.ty),
            Value::Cell(_) => self.type_of(value).map_or_else(String::new, show),
            Value::Int(dim, _) => dim.to_string(),
            Value::Float(value) => value.to_string(),
            Value::Bool(super::value::Truth::Known(value)) => value.to_string(),
            Value::Str(text) => format!("{text:?}"),
            Value::Tuple(parts) => format!("({})", self.listed(parts)),
            Value::List(parts) if parts.len() <= LISTED => format!("[{}]", self.listed(parts)),
            Value::List(parts) => format!("[{}, ..], {} elements", self.listed(&parts[..LISTED]), parts.len()),
            Value::Record(fields) => {
                let fields: Vec<String> =
                    fields.iter().map(|(name, value)| format!("{name}: {}", self.described(value))).collect();
                format!("({})", fields.join(", "))
            }
            Value::LayerClass(class) => class_text(class),
            Value::Instance(instance) => instance_text(instance),
            Value::Chain(parts) => parts.iter().map(|part| self.described(part)).collect::<Vec<_>>().join(" >> "),
            Value::Section(section) => self.described(&section.func),
            Value::Frozen(inner, _) => format!("freeze({})", self.described(inner)),
            Value::Fn(closure) => match closure.code {
                Code::Func(func) => func.name.name.to_string(),
                Code::Lambda { params, .. } => {
                    let names: Vec<&str> = params.iter().map(|param| &*param.name.name).collect();
                    format!("|{}| ..", names.join(", "))
                }
            },
            Value::Builtin(builtin) => format!("{}({})", builtin.name, builtin.params.join(", ")),
            Value::Optimizer(optimizer) => optimizer.ast.name.name.to_string(),
            Value::OptimizerClass(_, optimizer) => optimizer.name.name.to_string(),
            Value::DType(dtype) => dtype.to_string(),
            Value::Module(module) => self.modules.get(*module).name.clone(),
            Value::Dataset(data) => format!("data {}", rows_text(&data.desc)),
            other => other.kind().to_string(),
        }
    }

    fn listed(&self, parts: &[Value<'a>]) -> String {
        parts.iter().map(|part| self.described(part)).collect::<Vec<_>>().join(", ")
    }

    /// Where what a value is was declared.
    pub fn origin(&self, value: &Value<'a>) -> Option<Span> {
        match value {
            Value::Cell(cell) => self.cells.get(cell.index()).map(|cell| cell.span),
            Value::LayerClass(class) => Some(class.ast.name.span),
            Value::Instance(instance) => Some(instance.ast.name.span),
            Value::Fn(closure) => match closure.code {
                Code::Func(func) => Some(func.name.span),
                Code::Lambda { body, .. } => Some(body.span),
            },
            Value::Optimizer(optimizer) => Some(optimizer.ast.name.span),
            Value::OptimizerClass(_, optimizer) => Some(optimizer.name.span),
            Value::Section(section) => self.origin(&section.func),
            Value::Frozen(inner, _) => self.origin(inner),
            _ => None,
        }
    }
}

/// `(x: f32[64], y: idx<10>)`: what a row of a data set is.
pub fn rows_text(data: &Dataset) -> String {
    let field = |field: &Field| {
        let sizes = field.shape.iter().map(|&size| size.to_string());
        let sizes: Vec<String> = field.free.iter().map(|name| name.to_string()).chain(sizes).collect();
        let element = match field.bound {
            Some(bound) => format!("idx<{bound}>"),
            None => field.dtype.to_string(),
        };
        let shape = if sizes.is_empty() { String::new() } else { format!("[{}]", sizes.join(", ")) };
        format!("{}: {element}{shape}", field.name)
    };
    format!("({})", data.fields.iter().map(field).collect::<Vec<_>>().join(", "))
}

/// How many elements of a list are shown.
const LISTED: usize = 4;

fn sort(value: &Value) -> Sort {
    match value {
        Value::Tensor(_) | Value::Cell(_) | Value::State(_) => Sort::Tensor,
        Value::Int(..) => Sort::Size,
        value if is_layer(value) => Sort::Layer,
        Value::Fn(_) | Value::Builtin(_) | Value::Section(_) => Sort::Function,
        _ => Sort::Other,
    }
}

fn is_layer(value: &Value) -> bool {
    match value {
        Value::LayerClass(_) | Value::Instance(_) | Value::Chain(_) => true,
        Value::Frozen(inner, _) => is_layer(inner),
        _ => false,
    }
}

/// `Linear[64 -> 128]`: as far as its sizes are known.
fn instance_text(instance: &Instance) -> String {
    let size = |param: &crate::syntax::ast::SizeParam| match instance.scope.own(&param.name.name) {
        Some(Value::Int(dim, _)) => dim.to_string(),
        _ => "_".to_string(),
    };
    let ins: Vec<String> = instance.ast.sizes_in.iter().map(size).collect();
    let outs: Vec<String> = instance.ast.sizes_out.iter().map(size).collect();
    bracketed(instance.ast, &ins, &outs)
}

fn class_text(class: &LayerClass) -> String {
    let given = class.sizes.iter().map(|size| match size {
        Some(SizeArg::Known(dim, _)) => Some(dim.to_string()),
        Some(_) => Some("_".to_string()),
        None => None,
    });
    let params = class.ast.sizes_in.iter().chain(&class.ast.sizes_out);
    let sizes: Vec<String> = params
        .zip(given.chain(std::iter::repeat(None)))
        .map(|(param, given)| given.unwrap_or_else(|| param.name.name.to_string()))
        .collect();
    let (ins, outs) = sizes.split_at(class.ast.sizes_in.len());
    bracketed(class.ast, ins, outs)
}

fn bracketed(layer: &crate::syntax::ast::Layer, ins: &[String], outs: &[String]) -> String {
    let name = &layer.name.name;
    match (ins.is_empty() && outs.is_empty(), layer.has_arrow) {
        (true, _) => name.to_string(),
        (_, true) => format!("{name}[{} -> {}]", ins.join(", "), outs.join(", ")),
        (_, false) => format!("{name}[{}]", ins.join(", ")),
    }
}
