//! One type for everything that dln says about a user's file. `render` draws it, `codes` explains it.

pub mod codes;
mod json;
pub mod lookalike;
mod nearest;
mod render;
mod view;

pub use json::json;
pub use nearest::nearest;
pub use render::render;

use crate::base::Span;

/// How much a diagnostic weighs: an error stops the program, a warning does not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    Error,
    Warning,
}

/// A place and what to say there. The first label of a diagnostic is the primary one.
#[derive(Clone, Debug, PartialEq)]
pub struct Label {
    pub span: Span,
    pub text: String,
}

/// A replacement of a span by a text; applying it is safe.
#[derive(Clone, Debug, PartialEq)]
pub struct Edit {
    pub span: Span,
    pub text: String,
}

/// A way out, in words, and the edit that takes it where there is one.
#[derive(Clone, Debug, PartialEq)]
pub struct Help {
    pub text: String,
    pub edit: Option<Edit>,
}

/// One finding: a stable code, one line that stands alone, labels, notes and helps.
#[derive(Clone, Debug, PartialEq)]
pub struct Diagnostic {
    pub severity: Severity,
    pub code: &'static str,
    pub message: String,
    /// The primary label first: the use; then causes.
    pub labels: Vec<Label>,
    pub notes: Vec<String>,
    pub helps: Vec<Help>,
}

impl Diagnostic {
    /// An error at `span`; `label` says in a few words what is wrong just there.
    pub fn error(code: &'static str, span: Span, message: impl Into<String>, label: impl Into<String>) -> Diagnostic {
        Diagnostic {
            severity: Severity::Error,
            code,
            message: message.into(),
            labels: vec![Label { span, text: label.into() }],
            notes: vec![],
            helps: vec![],
        }
    }

    pub fn warning(code: &'static str, span: Span, message: impl Into<String>, label: impl Into<String>) -> Diagnostic {
        Diagnostic { severity: Severity::Warning, ..Diagnostic::error(code, span, message, label) }
    }

    /// A second place: where the cause lies.
    pub fn label(mut self, span: Span, text: impl Into<String>) -> Diagnostic {
        self.labels.push(Label { span, text: text.into() });
        self
    }

    pub fn note(mut self, text: impl Into<String>) -> Diagnostic {
        self.notes.push(text.into());
        self
    }

    /// A way out that only words can say.
    pub fn help(mut self, text: impl Into<String>) -> Diagnostic {
        self.helps.push(Help { text: text.into(), edit: None });
        self
    }

    /// A way out with the edit that takes it.
    pub fn fix(mut self, text: impl Into<String>, span: Span, replacement: impl Into<String>) -> Diagnostic {
        self.helps.push(Help { text: text.into(), edit: Some(Edit { span, text: replacement.into() }) });
        self
    }

    pub fn span(&self) -> Span {
        self.labels.first().map_or(Span::none(), |l| l.span)
    }
}
