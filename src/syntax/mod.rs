//! Text to syntax tree. It never fails: it returns what could be read, and diagnostics for the rest.
//! `syntax` does not know that types exist.

pub mod ast;

use crate::base::{FileId, Span};
use crate::diag::Diagnostic;

/// A comment (`#` and all that follows on its line), for the formatter and for documentation.
#[derive(Clone, Debug, PartialEq)]
pub struct Comment {
    pub span: Span,
    pub text: String,
}

/// What a file's text turned into.
#[derive(Debug)]
pub struct Parsed {
    pub file: ast::File,
    pub comments: Vec<Comment>,
    pub diagnostics: Vec<Diagnostic>,
}

/// Reads a whole file.
pub fn parse(_file: FileId, _text: &str) -> Parsed {
    todo!()
}
