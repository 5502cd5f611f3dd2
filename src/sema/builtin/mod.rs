//! What is built in: the primitives under their names, and the little that handles static values. Everything else is
//! dln, in `stdlib/`.

mod conv;
mod derive;
mod indexed;
mod layers;
mod linear;
mod list;
mod math;
mod plot;
mod read;
mod shape;
mod tokenizer;

use std::rc::Rc;

use crate::base::Span;
use crate::types::DType;

use super::value::{Arg, Section, Tensor, Truth, Value};
use super::{Checker, Poison, Res};

/// A built-in function.
pub struct Builtin {
    pub name: &'static str,
    /// Names in order; those that end in `?` may be left out. A single `...` takes all arguments as they are.
    pub params: &'static [&'static str],
    pub run: Run,
}

/// What a built-in does with its arguments.
pub type Run = for<'c, 'a> fn(&'c mut Checker<'a>, Args<'a>) -> Res<Value<'a>>;

impl std::fmt::Debug for Builtin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name)
    }
}

impl Builtin {
    pub fn value<'a>(&'static self) -> Value<'a> {
        Value::Builtin(self)
    }
}

/// Arguments by place.
pub struct Args<'a> {
    pub given: Vec<Option<Arg<'a>>>,
    pub span: Span,
}

impl<'a> Args<'a> {
    pub fn value(&self, at: usize) -> Value<'a> {
        self.given[at].as_ref().map_or(Value::Error, |a| a.value.clone())
    }

    pub fn span(&self, at: usize) -> Span {
        self.given[at].as_ref().map_or(self.span, |a| a.span)
    }

    pub fn has(&self, at: usize) -> bool {
        self.given[at].is_some()
    }
}

impl<'a> Checker<'a> {
    pub fn call_builtin(&mut self, builtin: &'static Builtin, args: Vec<Arg<'a>>, span: Span) -> Res<Value<'a>> {
        if builtin.params == ["..."] {
            return (builtin.run)(self, Args { given: args.into_iter().map(Some).collect(), span });
        }
        let names: Vec<&str> = builtin.params.iter().map(|p| p.trim_end_matches('?')).collect();
        let given = self.match_names(builtin.name, &names, args)?;
        let missing: Vec<String> = builtin
            .params
            .iter()
            .zip(&given)
            .filter(|(p, a)| a.is_none() && !p.ends_with('?'))
            .map(|(p, _)| format!("`{p}`"))
            .collect();
        if !missing.is_empty() {
            let message = format!("`{}` also needs {}", builtin.name, missing.join(" and "));
            let diagnostic = crate::diag::Diagnostic::error("E0303", span, message, "an argument is missing")
                .note(format!("it takes ({})", names.join(", ")));
            return Err(self.report(diagnostic));
        }
        if given.iter().flatten().any(|a| a.value.is_error()) {
            return Err(Poison);
        }
        (builtin.run)(self, Args { given, span })
    }

    /// Argument `at` as a tensor.
    fn tensor_arg(&mut self, args: &Args<'a>, at: usize) -> Res<Tensor> {
        let float = self.float;
        self.as_tensor(&args.value(at), float, args.span(at))
    }

    /// Argument `at` as a tensor of floats.
    fn float_arg(&mut self, args: &Args<'a>, at: usize) -> Res<Tensor> {
        let tensor = self.tensor_arg(args, at)?;
        if tensor.ty.dtype.is_float() { Ok(tensor) } else { self.cast(&tensor, self.float, args.span(at)) }
    }

    fn int_arg(&mut self, args: &Args<'a>, at: usize, default: i64) -> Res<i64> {
        if args.has(at) { self.known_int(&args.value(at), args.span(at)) } else { Ok(default) }
    }

    /// Argument `at` as a size, possibly symbolic.
    fn dim_arg(&mut self, args: &Args<'a>, at: usize, default: i64) -> Res<crate::types::Dim> {
        if !args.has(at) {
            return Ok(default.into());
        }
        match args.value(at) {
            Value::Int(dim, _) => Ok(dim),
            other => Err(self.expected("an Int", &other, args.span(at))),
        }
    }

    fn bool_arg(&mut self, args: &Args<'a>, at: usize) -> Res<bool> {
        if args.has(at) { self.known_bool(&args.value(at), args.span(at)) } else { Ok(false) }
    }

    fn text_arg(&mut self, args: &Args<'a>, at: usize) -> Res<crate::base::Name> {
        match args.value(at) {
            Value::Str(text) => Ok(text),
            other => Err(self.expected("a Str", &other, args.span(at))),
        }
    }
}

/// Names that are values.
pub fn constant<'a>(name: &str, training: bool, float: DType) -> Option<Value<'a>> {
    match name {
        "pi" => Some(Value::Float(std::f64::consts::PI)),
        "inf" => Some(Value::Float(f64::INFINITY)),
        "nan" => Some(Value::Float(f64::NAN)),
        "float" => Some(Value::DType(float)),
        "training" => Some(Value::Bool(Truth::Known(training))),
        _ => DType::parse(name).map(Value::DType),
    }
}

const TABLES: [&[Builtin]; 11] = [
    math::TABLE,
    conv::TABLE,
    derive::TABLE,
    linear::TABLE,
    shape::TABLE,
    indexed::TABLE,
    list::TABLE,
    plot::TABLE,
    read::TABLE,
    tokenizer::TABLE,
    layers::TABLE,
];

pub fn find(name: &str) -> Option<&'static Builtin> {
    TABLES.iter().flat_map(|t| t.iter()).find(|b| b.name == name)
}

pub fn names() -> impl Iterator<Item = &'static str> {
    let own = TABLES.iter().flat_map(|t| t.iter()).map(|b| b.name);
    own.chain(["pi", "inf", "nan", "training", "float"]).chain(DType::ALL.map(DType::name))
}

/// The functions that are built in, and their parameters; those that end in `?` may be left out.
pub fn built_in() -> impl Iterator<Item = (&'static str, &'static [&'static str])> {
    let written = |builtin: &&Builtin| builtin.name.chars().all(|c| c.is_alphanumeric() || c == '_');
    TABLES.iter().flat_map(|table| table.iter()).filter(written).map(|builtin| (builtin.name, builtin.params))
}

/// A number as a schedule: the same at every step.
pub fn constant_schedule<'a>(rate: Value<'a>) -> Value<'a> {
    let args = vec![Arg::named("rate".into(), rate, Span::none())];
    match find("same_rate") {
        Some(func) => Value::Section(Rc::new(Section { func: func.value(), args, span: Span::none() })),
        None => Value::Error,
    }
}
