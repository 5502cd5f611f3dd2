//! The one style of dln: text to text. `docs/language.md` says what the style is.
//!
//! `notes` gives every token the comments before it, `tree` finds brackets and constructs, `space` says where spaces
//! stand, `expr` and `stmt` make documents of them, `print` lays these out, and `lines` writes the comments behind code.
//! Tokens and comments stay as they are; only blanks, line ends, and commas before closing brackets change, and `;` where
//! a line ends instead.

mod doc;
mod expr;
mod lines;
mod notes;
mod print;
mod space;
mod stmt;
#[cfg(test)]
mod tests;
mod tree;

use crate::base::FileId;
use crate::diag::{Diagnostic, Severity};
use crate::syntax;
use crate::syntax::token::Token;
use expr::Former;
use lines::Line;
use notes::{Note, Scribe, Word};

/// The text in the style of dln; for what does not parse, the errors. `file` is what they point into.
pub fn format(file: FileId, text: &str) -> Result<String, Vec<Diagnostic>> {
    let diagnostics = syntax::parse(file, text).diagnostics;
    if diagnostics.iter().any(|d| d.severity == Severity::Error) {
        return Err(diagnostics);
    }
    let written = syntax::written(text);
    let mut scribe = Scribe::new(text, written.comments);
    let mut out = Page::default();
    for tokens in &written.items {
        let words = scribe.words(tokens);
        out.item(words);
    }
    out.notes(scribe.notes(text.len()), false);
    let end = if text.split_inclusive('\n').next().is_some_and(|line| line.ends_with("\r\n")) { "\r\n" } else { "\n" };
    Ok(lines::text(&out.lines, end))
}

/// The lines of a file, as far as they are made.
#[derive(Default)]
struct Page<'t> {
    lines: Vec<Line<'t>>,
    /// Whether the last item takes several lines.
    several: bool,
}

impl<'t> Page<'t> {
    /// Puts an item behind the others. Between two that take several lines stands an empty one, before the comments of
    /// the second.
    fn item(&mut self, mut words: Vec<Word<'t>>) {
        let notes = std::mem::take(&mut words[0].notes);
        let (blank, is_use) = (words[0].blank, words[0].token == Token::Use);
        let mut lines = print::print(&document(words));
        let several = lines.len() > 1 && !is_use;
        let apart = std::mem::replace(&mut self.several, several) && several;
        let written = self.notes(notes, apart);
        lines[0].blank = blank || apart && !written;
        self.lines.append(&mut lines);
    }

    /// Comments between items; `apart` puts an empty line before the first that is not about the line above. Whether
    /// it did.
    fn notes(&mut self, notes: Vec<Note<'t>>, mut apart: bool) -> bool {
        let wanted = apart;
        for note in notes {
            match self.lines.last_mut() {
                Some(line) if note.behind => line.comment = Some(note),
                _ => {
                    let blank = note.blank || apart && !note.is_mark();
                    apart &= note.is_mark();
                    self.lines.push(Line { blank, comment: Some(note), ..Line::default() });
                }
            }
        }
        wanted && !apart
    }
}

fn document<'t>(mut words: Vec<Word<'t>>) -> doc::Doc<'t> {
    notes::settle(&mut words);
    space::space(&mut words);
    let nodes = tree::tree(&words);
    Former { words }.statement(&nodes)
}
