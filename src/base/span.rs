//! A span is a half-open range of bytes in one file.

use crate::id;

id!(
    /// A source file of one run.
    FileId,
    "file"
);

/// Bytes `lo..hi` of `file`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Span {
    pub file: FileId,
    pub lo: u32,
    pub hi: u32,
}

impl Span {
    pub fn new(file: FileId, lo: usize, hi: usize) -> Span {
        let narrow = |x: usize| u32::try_from(x).unwrap_or(u32::MAX);
        Span { file, lo: narrow(lo), hi: narrow(hi) }
    }

    /// A span that points at nothing a user wrote: values that dln makes itself.
    pub const fn none() -> Span {
        Span { file: FileId(u32::MAX), lo: 0, hi: 0 }
    }

    pub fn is_none(self) -> bool {
        self.file.0 == u32::MAX
    }

    /// The smallest span that covers both; both lie in one file.
    pub fn to(self, end: Span) -> Span {
        if self.is_none() {
            return end;
        }
        if end.is_none() {
            return self;
        }
        Span { file: self.file, lo: self.lo.min(end.lo), hi: self.hi.max(end.hi) }
    }

    /// The empty span just behind this one, where something may be inserted.
    pub fn end(self) -> Span {
        Span { lo: self.hi, ..self }
    }

    /// The empty span just before this one.
    pub fn start(self) -> Span {
        Span { hi: self.lo, ..self }
    }

    pub fn range(self) -> std::ops::Range<usize> {
        self.lo as usize..self.hi as usize
    }
}

impl std::fmt::Debug for Span {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.is_none() { write!(f, "-") } else { write!(f, "{}:{}..{}", self.file, self.lo, self.hi) }
    }
}

/// A value and where it was written.
#[derive(Clone, Debug, PartialEq)]
pub struct Spanned<T> {
    pub value: T,
    pub span: Span,
}
