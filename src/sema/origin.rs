//! What tensors are known to be since a function of the library made them, and losses that take something else: probabilities
//! where scores are wanted. Only the value itself counts, and views of it; what was computed from it is something new.

use crate::base::Span;
use crate::diag::Diagnostic;
use crate::syntax::ast::{self, TypeKind};
use crate::types::{DType, Dim};

use super::scope::Scope;
use super::stmt::Place;
use super::value::{Tensor, Value};
use super::{Checker, Res};

/// What the elements of a tensor are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Made {
    Probabilities,
    /// Logarithms of probabilities.
    Logs,
    /// Cut off below zero.
    Rectified,
    /// Levels of pictures, 0 to 255.
    Levels,
    /// True where something is to be hidden, by its name.
    Hidden,
}

/// The function that made a tensor.
#[derive(Clone, Copy, Debug)]
pub struct Origin {
    made: Made,
    by: &'static str,
    span: Span,
    /// Called in a file of the user.
    own: bool,
}

const MAKERS: [(&str, Made); 8] = [
    ("softmax", Made::Probabilities),
    ("softmin", Made::Probabilities),
    ("masked_softmax", Made::Probabilities),
    ("sparsemax", Made::Probabilities),
    ("sigmoid", Made::Probabilities),
    ("log_softmax", Made::Logs),
    ("log_sigmoid", Made::Logs),
    ("relu", Made::Rectified),
];

/// Names of bools that are true where nothing is to be seen.
const HIDING: [&str; 9] =
    ["hidden", "ignored", "is_pad", "is_padding", "key_padding_mask", "pad_mask", "padded", "padding", "padding_mask"];

/// Losses whose target `y` is a probability.
const OF_PROBABILITIES: [&str; 5] = ["bce", "bce_logits", "weighted_bce_logits", "dice", "focal"];

/// What the losses of the library call their arguments.
fn wanted(param: &str) -> Option<&'static str> {
    match param {
        "logits" | "z" | "scores" | "score" => Some("scores"),
        "logp" | "logq" => Some("logarithms of probabilities"),
        "p" => Some("probabilities"),
        _ => None,
    }
}

/// What to do about a loss that wants one thing and gets another, where that is surely a mistake.
fn way_out(wants: &str, origin: Origin, loss: &str) -> Option<String> {
    let by = origin.by;
    Some(match (wants, origin.made) {
        ("scores", Made::Probabilities) => format!("leave `{by}` out: `{loss}` makes probabilities of scores itself"),
        ("scores", Made::Rectified) => {
            format!("leave `{by}` out: scores below zero are cut off, and where all are, nothing is learned")
        }
        ("logarithms of probabilities", Made::Probabilities) => {
            let logs = if by == "sigmoid" { "log_sigmoid" } else { "log_softmax" };
            format!("take `{logs}` in the place of `{by}`")
        }
        ("logarithms of probabilities", Made::Rectified) => "end with `log_softmax`".to_string(),
        ("probabilities", Made::Logs) => format!("take `{}` in the place of `{by}`", by.trim_start_matches("log_")),
        _ => return None,
    })
}

impl<'a> Checker<'a> {
    /// Remembers what a function of the library has made.
    pub fn made(&mut self, func: &ast::Func, result: &Value<'a>, span: Span) {
        let Some(&(by, made)) = MAKERS.iter().find(|(name, _)| *name == &*func.name.name) else { return };
        let Value::Tensor(tensor) = result else { return };
        self.set_origin(tensor, made, by, span);
    }

    /// Remembers what a reader gives.
    pub fn made_by_reader(&mut self, tensor: &Tensor, by: &'static str, span: Span) {
        self.set_origin(tensor, Made::Levels, by, span);
    }

    /// Remembers what a name in a file of the user says of a mask.
    pub fn says_hidden(&mut self, name: &ast::Ident, value: &Value<'a>) {
        if let Value::Tensor(tensor) = value
            && tensor.ty.dtype == DType::Bool
            && let Some(word) = HIDING.iter().find(|word| **word == &*name.name)
            && !self.is_std(name.span.file)
        {
            self.set_origin(tensor, Made::Hidden, word, name.span);
        }
    }

    fn set_origin(&mut self, tensor: &Tensor, made: Made, by: &'static str, span: Span) {
        let own = !self.is_std(span.file);
        let origin = Origin { made, by, span: self.users_place(span), own };
        if tensor.home == self.progs[0].serial {
            self.progs[tensor.depth].origins.insert(tensor.id, origin);
        }
    }

    /// Of a tensor of this program.
    pub fn made_of(&self, tensor: &Tensor) -> Option<Origin> {
        let here = tensor.home == self.progs[0].serial;
        self.progs.get(tensor.depth).filter(|_| here)?.origins.get(&tensor.id).copied()
    }

    /// Looks at the arguments of a function of the library before it runs.
    pub fn doubts(&mut self, func: &'a ast::Func, scope: &Scope<'a>, span: Span) -> Res<()> {
        let file = func.name.span.file;
        let Some(module) = self.modules.of_file(file).filter(|module| module.std) else { return Ok(()) };
        if matches!(&*func.name.name, "softmax" | "log_softmax") {
            return self.over_one(func, scope, span);
        }
        if matches!(&*func.name.name, "masked_softmax" | "attention") {
            self.is_seen(func, scope, span);
        }
        if !module.name.starts_with("std/loss/") {
            return Ok(());
        }
        self.is_shown(func, scope, span);
        if OF_PROBABILITIES.contains(&&*func.name.name) {
            self.is_probability(func, scope, span);
        }
        for param in &func.params {
            let tensor = param.ty.as_ref().is_some_and(|ty| matches!(ty.kind, TypeKind::Tensor { .. }));
            let (Some(wants), true) = (wanted(&param.name.name), tensor) else { continue };
            if let Some(Value::Tensor(given)) = scope.own(&param.name.name)
                && let Some(origin) = self.made_of(&given)
                && (origin.own || !self.is_std(span.file))
                && let Some(help) = way_out(wants, origin, &func.name.name)
            {
                let (loss, by) = (&func.name.name, origin.by);
                let message = format!("`{loss}` takes {wants}, and this is what `{by}` gives");
                let mut diagnostic =
                    Diagnostic::warning("E0309", self.users_place(span), message, format!("needs {wants}"));
                if origin.span != diagnostic.span() {
                    diagnostic = diagnostic.label(origin.span, "made here");
                }
                self.report(diagnostic.help(help));
            }
        }
        Ok(())
    }

    /// Levels from 0 to 255 are no probabilities.
    fn is_probability(&mut self, func: &'a ast::Func, scope: &Scope<'a>, span: Span) {
        let Some(Value::Tensor(target)) = scope.own("y") else { return };
        let Some(origin) = self.made_of(&target).filter(|origin| origin.made == Made::Levels) else { return };
        let message = format!("the target of `{}` is from 0 to 1, and these are levels from 0 to 255", func.name.name);
        let diagnostic = Diagnostic::warning("E0309", self.users_place(span), message, "far above 1")
            .label(origin.span, format!("`{}` gives levels", origin.by))
            .help("divide them by 255, here or in the data: `|> map(|x, y| (x / 255, y))`");
        self.report(diagnostic);
    }

    /// A mask says what is seen, and this one what is hidden.
    fn is_seen(&mut self, func: &'a ast::Func, scope: &Scope<'a>, span: Span) {
        let masks = match (scope.own("mask"), scope.own("masks")) {
            (Some(one), _) => vec![one],
            (_, Some(Value::List(several))) => several.to_vec(),
            _ => return,
        };
        for mask in &masks {
            let Value::Tensor(mask) = mask else { continue };
            let Some(origin) = self.made_of(mask).filter(|origin| origin.made == Made::Hidden) else { continue };
            let (name, by) = (&func.name.name, origin.by);
            let message = format!("`{name}` sees where its mask is true, and `{by}` says what is not to be seen");
            let diagnostic =
                Diagnostic::warning("E0311", self.users_place(span), message, "the mask the other way round")
                    .label(origin.span, "named for what it hides")
                    .help(format!("write `not {by}`; or call it for what is seen, if it is true there"));
            self.report(diagnostic);
        }
    }

    /// A softmax over an axis of one element is 1 whatever goes in. A `test` may try just that with one key or one class.
    fn over_one(&mut self, func: &ast::Func, scope: &Scope<'a>, span: Span) -> Res<()> {
        let counts = self.generic || matches!(self.place, Place::Step | Place::Validate);
        let (Some(Value::Tensor(x)), Some(over)) = (scope.own("x"), scope.own("over")) else { return Ok(()) };
        if !counts || self.is_std(span.file) || x.ty.shape.is_empty() || !matches!(over, Value::Int(..)) {
            return Ok(());
        }
        let axis = self.axis(&x, &over, span)?;
        if x.ty.shape[axis] == Dim::from(1) {
            let (name, value) = (&func.name.name, if &*func.name.name == "softmax" { 1 } else { 0 });
            let message = format!("`{name}` over an axis of size 1 is always {value}");
            let shape = super::report::dims(&x.ty.shape);
            let diagnostic = Diagnostic::warning("E0519", span, message, format!("over axis {axis} of {shape}"))
                .help("one score for two classes goes through `sigmoid`, or as it is into `bce_logits`")
                .help(format!("one score for each of many: over their axis, `softmax(squeeze(x, {axis}))`"));
            self.report(diagnostic);
        }
        Ok(())
    }
}
