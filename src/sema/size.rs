//! The error for an axis of another size: shown at the size that was written, with ways to put it right.

use std::rc::Rc;

use crate::base::Span;
use crate::diag::Diagnostic;
use crate::syntax::ast::DimArg;
use crate::types::{Claim, Dim, Rel};

use super::report::{aligned, dims, repeated};
use super::value::{Instance, SizeArg};
use super::ways::{factors, features_last, flattening, lone_axis, resizing, same_sizes};
use super::{Checker, Res};

/// An axis that has another size than the declaration says.
#[derive(Clone, Debug)]
pub struct Missed<'a> {
    pub callee: String,
    /// The size's name in the declaration; empty where it is an expression.
    pub name: String,
    pub want: Dim,
    pub got: Dim,
    pub shape: Vec<Dim>,
    pub axis: usize,
    /// The layer whose size it is.
    pub of: Option<Rc<Instance<'a>>>,
}

impl Missed<'_> {
    /// The error, at the call or at the expression that gives the result.
    pub fn diagnostic(&self, span: Span, result: bool) -> Diagnostic {
        let Missed { callee, name, want, got, shape, axis, .. } = self;
        if result {
            let message = format!("`{callee}` declares {want} and gives {got} at axis {axis}");
            return Diagnostic::error("E0506", span, message, format!("gives {}", dims(shape)));
        }
        let message = format!("`{callee}` expects {want}{} and receives {got}", self.unit());
        let diagnostic = Diagnostic::error("E0501", span, message, format!("receives {}", dims(shape)));
        match name.as_str() {
            "" => diagnostic,
            name => diagnostic.note(format!("the size `{name}` is {want}; axis {axis} of the input is {got}")),
        }
    }

    /// The error at the size between a layer's brackets; the call is the second place.
    fn at_size(&self, written: Span, call: Span, received: String) -> Diagnostic {
        let Missed { callee, want, got, .. } = self;
        let message = format!("`{callee}` expects {want}{} and receives {got}", self.unit());
        let diagnostic = Diagnostic::error("E0501", written, message, format!("receives {received}"))
            .label(call, format!("{} goes in here", dims(&self.shape)));
        let behind = self.axis + 1 == self.shape.len() && want != got;
        let joined = if behind { flattening(&self.shape, want) } else { None };
        if let Some(help) = features_last(&self.shape, self.axis, want).or(joined) {
            return diagnostic.help(help);
        }
        let diagnostic = diagnostic.fix("write `_` to take the size from the input", written, "_");
        let diagnostic = match got.as_const() {
            Some(size) => diagnostic.fix(format!("or write {size}"), written, size.to_string()),
            None => diagnostic,
        };
        match self.shape.len() == 4 && self.axis == 1 && *got == Dim::from(1) && *want == Dim::from(3) {
            true => diagnostic
                .help("weights that are there already take a gray picture three times: `concat([x, x, x], over: 1)`"),
            false => diagnostic,
        }
    }

    /// The error at a `_` that an earlier input has filled.
    fn at_hole(&self, written: Span, call: Span) -> Diagnostic {
        let Missed { callee, want, got, .. } = self;
        let message = format!("`{callee}` expects {want}{} and receives {got}", self.unit());
        Diagnostic::error("E0501", written, message, format!("this became {want} with the first input"))
            .label(call, format!("{} goes in here", dims(&self.shape)))
            .note("`_` takes its size from the first input, and keeps it")
    }

    /// What the axis counts, by the layout that the libraries use.
    fn unit(&self) -> &'static str {
        match (self.shape.len(), self.axis) {
            (4.., 1) if self.want == Dim::from(1) => " channel",
            (4.., 1) => " channels",
            (rank, axis) if axis + 1 == rank && rank <= 3 && self.want == Dim::from(1) => " feature",
            (rank, axis) if axis + 1 == rank && rank <= 3 => " features",
            _ => "",
        }
    }
}

impl<'a> Checker<'a> {
    /// Demands that the axis has the size; an error is remembered for the chain around it.
    pub fn require_size(&mut self, missed: Missed<'a>, place: Span, span: Span, result: bool) -> Res<()> {
        let written = missed.of.as_ref().and_then(|layer| layer.written.get(missed.name.as_str()).cloned());
        let written = written.filter(|size| !result && !self.is_std(size.span().file));
        let received = self.product(&missed.got);
        let swapped = if result { self.batch_first(&missed.want, &missed.got, missed.axis) } else { None };
        let describe = || match written.clone() {
            Some(SizeArg::Known(_, at)) => missed.at_size(at, place, received),
            Some(hole) => missed.at_hole(hole.span(), place),
            None => match swapped {
                Some(help) => missed.diagnostic(span, result).help(help),
                None => missed.diagnostic(span, result),
            },
        };
        let claim = Claim::new(missed.want.clone(), Rel::Eq, missed.got.clone());
        let met = self.require(&claim, span, describe);
        if met.is_err() {
            self.missed = Some(missed);
        }
        met
    }

    /// `16 * 4 * 4 = 256` when the stage before has made one axis of several.
    fn product(&self, got: &Dim) -> String {
        if let [.., before, after] = self.trail.as_slice()
            && before.len() > after.len()
            && let Some(text) = factors(&before[1..], got)
        {
            return format!("{text} = {got}");
        }
        got.to_string()
    }
}

/// Two inputs whose axes must be the same: a loss's prediction and target.
pub fn shapes_differ(callee: &str, want: &[Dim], got: &[Dim], span: Span) -> Diagnostic {
    let message = format!("`{callee}` needs two equal shapes, and these are {} and {}", dims(want), dims(got));
    let diagnostic = Diagnostic::error("E0513", span, message, format!("{} here", dims(got))).note(aligned(want, got));
    if let Some(axis) = lone_axis(got, want) {
        return diagnostic
            .help(format!("drop the axis of size 1 on this side: `squeeze(x, {axis})`"))
            .help(format!("or add it to the other: `unsqueeze(y, {axis})`"));
    }
    if let Some(axis) = lone_axis(want, got) {
        return diagnostic
            .help(format!("drop the axis of size 1 on the other side: `squeeze(x, {axis})`"))
            .help(format!("or add it to this one: `unsqueeze(y, {axis})`"));
    }
    if let Some(whole) = repeated(want, got) {
        let text = "an axis of size 1 does not repeat by itself: if one is meant for all, say";
        return diagnostic.help(format!("{text} `broadcast(.., {})`", dims(&whole)));
    }
    match same_sizes(want, got).or_else(|| resizing(want, got)) {
        Some(help) => diagnostic.help(help),
        None if want.len() > got.len() => {
            diagnostic.help("the other side has more axes: is a `flatten` or a reduction missing?")
        }
        None => diagnostic,
    }
}

/// One axis of size 1 too many: a column where a row is expected.
pub fn looks_like_loss(want: &[DimArg], shape: &[Dim]) -> bool {
    want.len().abs_diff(shape.len()) == 1 && shape.last() == Some(&Dim::from(1))
}
