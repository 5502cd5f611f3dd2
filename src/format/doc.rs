//! Documents: text with places where a line may end. `print` decides which of them do.

use super::notes::Note;
use std::borrow::Cow;

/// Text, and how it may be laid out.
#[derive(Debug)]
pub enum Doc<'t> {
    Text(Cow<'t, str>),
    Seq(Vec<Doc<'t>>),
    /// New lines inside begin two columns further in.
    Nest(Box<Doc<'t>>),
    /// New lines inside begin where the current line does.
    Align(Box<Doc<'t>>),
    /// On one line if it fits; `broken` if it was written on several. A `stiff` one is broken only after what stands
    /// before it on the line.
    Group {
        broken: bool,
        stiff: bool,
        doc: Box<Doc<'t>>,
    },
    /// The end of a line where the group is broken, and `flat` where it is not. `blank` puts an empty line behind.
    Line {
        flat: &'static str,
        blank: bool,
    },
    /// In a broken group, as many items on every line as fit.
    Fill(Vec<Item<'t>>),
    /// What stands behind `=`: on the same line or on the next.
    Value {
        broken: bool,
        hug: Hug,
        doc: Box<Doc<'t>>,
    },
    /// What stands on the same line or on the next, but always on the line of a closing bracket.
    Clause {
        broken: bool,
        doc: Box<Doc<'t>>,
    },
    /// The arms of an `if`, from `if c { .. }` on: all on one line, or all blocks broken, or, as a `ladder`, each arm on
    /// a line of its own.
    Arms {
        broken: bool,
        ladder: bool,
        arms: Vec<Doc<'t>>,
    },
    /// Only where the group is broken.
    IfBroken(&'static str),
    /// The end of a line, always.
    Hard {
        blank: bool,
    },
    /// A comment behind code; a line ends behind it.
    Behind(Note<'t>),
    /// A comment that has the line.
    Alone(Note<'t>),
}

/// One of many that may share lines.
#[derive(Debug)]
pub struct Item<'t> {
    /// Whether it begins a line even where it would fit.
    pub first: bool,
    pub blank: bool,
    /// Comments that stand behind the item before.
    pub behind: Doc<'t>,
    pub doc: Doc<'t>,
}

/// Whether what stands behind `=` can begin on the line of the `=` and end on another.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Hug {
    /// No: an expression of several operands.
    Never,
    /// If it does not fit on the next line either: a call.
    Late,
    /// Yes: a list, a block.
    Early,
}

impl<'t> Doc<'t> {
    pub fn text(text: impl Into<Cow<'t, str>>) -> Doc<'t> {
        Doc::Text(text.into())
    }

    pub fn nothing() -> Doc<'t> {
        Doc::Seq(vec![])
    }

    pub fn nest(self) -> Doc<'t> {
        Doc::Nest(Box::new(self))
    }

    pub fn align(self) -> Doc<'t> {
        Doc::Align(Box::new(self))
    }

    pub fn group(self, broken: bool) -> Doc<'t> {
        Doc::Group { broken, stiff: false, doc: Box::new(self) }
    }

    pub fn stiff(self) -> Doc<'t> {
        match self {
            Doc::Group { broken, doc, .. } => Doc::Group { broken, stiff: true, doc },
            Doc::Align(doc) => doc.stiff().align(),
            other => other,
        }
    }

    /// Whether it holds the end of a line, however much room there is.
    pub fn breaks(&self) -> bool {
        match self {
            Doc::Text(_) | Doc::Line { .. } | Doc::IfBroken(_) => false,
            Doc::Seq(docs) => docs.iter().any(Doc::breaks),
            Doc::Nest(doc) | Doc::Align(doc) => doc.breaks(),
            Doc::Group { broken, doc, .. } | Doc::Clause { broken, doc } | Doc::Value { broken, doc, .. } => {
                *broken || doc.breaks()
            }
            Doc::Fill(items) => items.iter().any(|item| item.first || item.behind.breaks() || item.doc.breaks()),
            Doc::Arms { broken, arms, .. } => *broken || arms.iter().any(Doc::breaks),
            Doc::Hard { .. } | Doc::Behind(_) | Doc::Alone(_) => true,
        }
    }
}
