//! How findings reach the user: at the innermost place that the user wrote, with the library's place beside it.

use crate::base::Span;
use crate::diag::Diagnostic;
use crate::ops::Op;
use crate::ops::shape::Misfit;
use crate::tir::Ty;
use crate::types::{Claim, Dim, Rel, Verdict};

use super::value::Tensor;
use super::{Checker, Poison, ways};

/// What a label says at a second use of what is wrong.
const SAME: &str = "and here";

impl<'a> Checker<'a> {
    /// Reports an error; see `report`.
    pub fn error(
        &mut self,
        code: &'static str,
        span: Span,
        message: impl Into<String>,
        label: impl Into<String>,
    ) -> Poison {
        self.report(Diagnostic::error(code, span, message, label))
    }

    /// Reports a diagnostic. Inside the library its place becomes a second one, and the user's call the first. What was
    /// found at the same place before is not said twice (a definition on its own, and again where it is used).
    pub fn report(&mut self, mut diagnostic: Diagnostic) -> Poison {
        let span = diagnostic.span();
        if !span.is_none() && self.is_std(span.file) {
            let user = self.frames.iter().rev().map(|f| f.span).find(|s| !s.is_none() && !self.is_std(s.file));
            if let Some(user) = user {
                let text = diagnostic.labels[0].text.clone();
                diagnostic.labels.insert(0, crate::diag::Label { span: user, text: "in this call".to_string() });
                diagnostic.labels[1].text = text;
                diagnostic.helps.retain(|h| h.edit.as_ref().is_none_or(|e| !self.is_std(e.span.file)));
            }
        }
        if let Some(trail) = super::chain::trail_text(&self.trail)
            && diagnostic.code.starts_with("E05")
        {
            diagnostic = diagnostic.note(format!("shapes: {trail}"));
        }
        self.say(diagnostic);
        Poison
    }

    /// Adds a diagnostic to those of the file, unless it was said before.
    pub fn say(&mut self, diagnostic: Diagnostic) {
        let new = self.reported.insert((diagnostic.code, diagnostic.span()));
        let more = diagnostic.labels.iter().filter(|label| label.text == SAME);
        self.reported.extend(more.map(|label| (diagnostic.code, label.span)));
        if new && !self.join_same(&diagnostic) {
            self.out.diagnostics.push(diagnostic);
        }
    }

    /// A layer with a wrong size is wrong wherever it is used: that is one error, with a label for each of the first uses.
    fn join_same(&mut self, diagnostic: &Diagnostic) -> bool {
        const SHOWN: usize = 3;
        const RECENT: usize = 200;
        let told = |d: &Diagnostic| d.labels.first().map(|label| label.text.clone());
        let same = |d: &&mut Diagnostic| {
            d.code == diagnostic.code
                && d.message == diagnostic.message
                && d.notes == diagnostic.notes
                && d.span().file == diagnostic.span().file
                && told(d) == told(diagnostic)
        };
        if !diagnostic.code.starts_with("E05") {
            return false;
        }
        // Uses lie near each other; far back nobody looks for them.
        let recent = self.out.diagnostics.len().saturating_sub(RECENT);
        let Some(first) = self.out.diagnostics[recent..].iter_mut().find(same) else { return false };
        let more = diagnostic.labels.iter().filter(|label| label.text == SAME).map(|label| label.span);
        for span in std::iter::once(diagnostic.span()).chain(more) {
            if first.labels.iter().filter(|label| label.text == SAME).count() + 1 < SHOWN {
                first.labels.push(crate::diag::Label { span, text: SAME.to_string() });
            }
        }
        true
    }

    /// An op that cannot take its operands, whatever the sizes are.
    pub fn misfit(&mut self, op: &Op<Dim>, args: &[&Tensor], misfit: &Misfit, span: Span) -> Poison {
        let operands: Vec<String> = args.iter().map(|t| show(&t.ty)).collect();
        let code = match misfit {
            Misfit::Rank { .. } | Misfit::Axis { .. } | Misfit::Axes(_) => "E0504",
            Misfit::Operands { .. } => "E0303",
            Misfit::Dtype { .. } | Misfit::Result { .. } | Misfit::Dtypes { .. } => "E0307",
        };
        let message = format!("`{}` does not fit here: {misfit}", op.name());
        let diagnostic = Diagnostic::error(code, span, message, "does not fit");
        self.report(match operands.is_empty() {
            true => diagnostic,
            false => diagnostic.note(format!("operands: {}", operands.join(", "))),
        })
    }

    pub fn dtypes_differ(&mut self, a: &Tensor, b: &Tensor, span: Span) -> Poison {
        let message = format!("one side holds {}, the other {}", element(&a.ty), element(&b.ty));
        let diagnostic = Diagnostic::error("E0307", span, message, "different element types")
            .note(format!("left {}, right {}", show(&a.ty), show(&b.ty)))
            .help(format!("convert one of them: `cast(.., {})`", a.ty.dtype));
        self.report(diagnostic)
    }

    /// Two tensors that are neither of one shape nor one inside the other.
    pub fn operands_differ(&mut self, a: &Tensor, b: &Tensor, span: Span) -> Poison {
        let (left, right) = (&a.ty.shape, &b.ty.shape);
        let mut diagnostic = Diagnostic::error(
            "E0502",
            span,
            format!("the shapes {} and {} do not go together", dims(left), dims(right)),
            "these two are combined element by element",
        )
        .note(aligned(left, right));
        let (long, short) = if left.len() >= right.len() { (left, right) } else { (right, left) };
        if let Some(help) = ways::same_sizes(left, right) {
            diagnostic = diagnostic.help(help);
        } else if let Some(axis) = extra_one(left, right) {
            diagnostic = without_stretching(diagnostic, left, right, axis);
        } else if let Some(help) = ways::combined(long, short) {
            diagnostic = diagnostic.help(help);
        } else {
            if let Some(note) = self.difference(left, right) {
                diagnostic = diagnostic.note(note);
            }
            let conditions = self.conditions(left, right);
            diagnostic = match conditions.is_empty() {
                true => diagnostic.note("only scalars and missing leading axes repeat by themselves"),
                false => self.with_conditions(diagnostic, &conditions),
            };
            diagnostic.helps.extend(self.padding_between(a, b, span));
        }
        self.report(diagnostic)
    }

    /// What would make two shapes of one rank equal, where that is more than that two names are one.
    fn conditions(&mut self, left: &[Dim], right: &[Dim]) -> Vec<Claim> {
        let mut conditions: Vec<Claim> = vec![];
        if left.len() != right.len() {
            return conditions;
        }
        for (l, r) in left.iter().zip(right).filter(|(l, r)| l != r) {
            let claim = Claim::new(l.clone(), Rel::Eq, r.clone());
            match self.facts.weakest(&claim) {
                Some(needed) if !super::claim::is_plain(&claim) => conditions.extend(needed),
                _ => return vec![],
            }
        }
        conditions
    }

    /// Sizes that show how the first differing axes differ, when they are symbolic.
    fn difference(&mut self, left: &[Dim], right: &[Dim]) -> Option<String> {
        let mut pairs = left.iter().rev().zip(right.iter().rev());
        let (l, r) = pairs.rfind(|(l, r)| l != r)?;
        let claim = Claim::new(l.clone(), Rel::Eq, r.clone());
        if super::claim::is_plain(&claim) {
            return None;
        }
        match self.facts.decide(&claim) {
            Verdict::Refuted(witness) => Some(super::claim::witness_text(l, r, &witness)),
            Verdict::Proved | Verdict::Unknown(_) => None,
        }
    }

    pub fn expected(&mut self, what: &str, got: &super::Value<'a>, span: Span) -> Poison {
        if got.is_error() {
            return Poison;
        }
        let message = format!("this is {}, and {what} is needed", got.kind());
        let diagnostic = Diagnostic::error("E0301", span, message, format!("needs {what}"));
        self.report(match got {
            super::Value::Record(fields) => {
                let names: Vec<String> = fields.iter().map(|(name, _)| format!("`.{name}`")).collect();
                diagnostic.help(format!("take one of its fields: {}", names.join(", ")))
            }
            _ => diagnostic,
        })
    }
}

/// `[B, 10]`
pub fn dims(shape: &[Dim]) -> String {
    let parts: Vec<String> = shape.iter().map(Dim::to_string).collect();
    format!("[{}]", parts.join(", "))
}

/// `f32`, `idx<10>`
pub fn element(ty: &Ty) -> String {
    match &ty.bound {
        Some(bound) => format!("idx<{bound}>"),
        None => ty.dtype.to_string(),
    }
}

/// `f32[B, 10]`
pub fn show(ty: &Ty) -> String {
    format!("{}{}", element(ty), dims(&ty.shape))
}

/// The two shapes under each other, aligned at the end, the differing axes marked.
pub fn aligned(left: &[Dim], right: &[Dim]) -> String {
    let rank = left.len().max(right.len());
    let column = |shape: &[Dim], i: usize| {
        let skip = rank - shape.len();
        if i < skip { String::new() } else { shape[i - skip].to_string() }
    };
    let mut lines = [String::from("left  ["), String::from("right ["), String::from("       ")];
    for i in 0..rank {
        let (l, r) = (column(left, i), column(right, i));
        let width = l.chars().count().max(r.chars().count());
        let mark = if l != r && !l.is_empty() && !r.is_empty() { "^".repeat(width) } else { " ".repeat(width) };
        let gap = if i + 1 < rank { ", " } else { "" };
        lines[0].push_str(&format!("{l:>width$}{gap}"));
        lines[1].push_str(&format!("{r:>width$}{gap}"));
        lines[2].push_str(&format!("{mark}{}", " ".repeat(gap.len())));
    }
    format!("{}]\n{}]\n{}", lines[0], lines[1], lines[2].trim_end()).trim_end().to_string()
}

pub fn same_multiset(a: &[Dim], b: &[Dim]) -> bool {
    let sorted = |dims: &[Dim]| {
        let mut dims = dims.to_vec();
        dims.sort();
        dims
    };
    a.len() == b.len() && sorted(a) == sorted(b)
}

/// An axis of size 1 where the other side has another size, or no axis: what to write for the repetition.
fn without_stretching(diagnostic: Diagnostic, left: &[Dim], right: &[Dim], axis: usize) -> Diagnostic {
    if let Some(whole) = repeated(left, right) {
        let text = format!("an axis of size 1 does not repeat by itself: say `broadcast(.., {})`", dims(&whole));
        return diagnostic
            .help(text)
            .help(format!("or make one of the other: `unsqueeze(sum(.., over: {axis}), {axis})`, or `mean`"));
    }
    let (long, short) = if left.len() > right.len() { ("left", "right") } else { ("right", "left") };
    diagnostic
        .help(format!("drop the axis of size 1 on the {long}: `squeeze(.., {axis})`"))
        .help(format!("or add one on the {short}: `unsqueeze(.., {axis})`"))
}

/// The shape of two of one rank of which each may have axes of size 1 where the other has more.
pub fn repeated(left: &[Dim], right: &[Dim]) -> Option<Vec<Dim>> {
    let one = Dim::from(1);
    let pairs = || left.iter().zip(right);
    let fits = left.len() == right.len() && pairs().all(|(l, r)| l == r || *l == one || *r == one);
    fits.then(|| pairs().map(|(l, r)| if *l == one { r.clone() } else { l.clone() }).collect())
}

/// The axis at which one shape has a 1 that the other lacks or has another size for.
fn extra_one(left: &[Dim], right: &[Dim]) -> Option<usize> {
    let one = Dim::from(1);
    let (long, short) = if left.len() >= right.len() { (left, right) } else { (right, left) };
    if long.len() == short.len() {
        let differs = |&i: &usize| long[i] != short[i];
        return repeated(left, right).and_then(|_| (0..long.len()).find(differs));
    }
    (0..long.len()).find(|&i| {
        let mut rest = long.to_vec();
        rest.remove(i);
        long[i] == one && rest == short
    })
}
