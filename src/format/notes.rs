//! The tokens of an item with the comments before each, and what their places say.

use crate::syntax::token::Token;
use crate::syntax::{Comment, WrittenToken};

/// A comment.
#[derive(Clone, Copy, Debug)]
pub struct Note<'t> {
    /// Without blanks at its end.
    pub text: &'t str,
    /// Whether it stands behind code.
    pub behind: bool,
    /// Whether an empty line stands before it.
    pub blank: bool,
    /// Characters before it on its line.
    pub column: usize,
    /// How many of these are blanks just before it.
    pub gap: usize,
}

impl Note<'_> {
    /// Whether it speaks of a column of the line above, or goes on with one that does: `# ^ error E0501: ..`, `# help: ..`.
    /// Moved, it would mean another.
    pub fn is_mark(&self) -> bool {
        let said = self.text.trim_start_matches('#').trim_start();
        let marks = ["^", "error E", "warning E", "help:", "note:"];
        !self.behind && marks.iter().any(|mark| said.starts_with(mark))
    }
}

/// A token, what was written before it, and how it is written.
#[derive(Clone, Debug)]
pub struct Word<'t> {
    pub token: Token,
    pub text: &'t str,
    /// Whether it was the first of its line.
    pub first: bool,
    /// Whether an empty line stood just before it.
    pub blank: bool,
    /// Whether a statement begins with it that is not the first of its block.
    pub begins: bool,
    /// Whether a line may begin with it.
    pub may_break: bool,
    /// Whether it touches the token before it in the text.
    pub touches: bool,
    /// Whether a space stands before it, if no line ends there.
    pub space: bool,
    /// The comments before it that nobody has written yet.
    pub notes: Vec<Note<'t>>,
}

/// Goes through a text from the front and hands out what stands between two places.
pub struct Scribe<'t> {
    text: &'t str,
    comments: std::iter::Peekable<std::vec::IntoIter<Comment>>,
    /// Where the last token or comment ended.
    at: usize,
}

impl<'t> Scribe<'t> {
    pub fn new(text: &'t str, comments: Vec<Comment>) -> Scribe<'t> {
        Scribe { text, comments: comments.into_iter().peekable(), at: 0 }
    }

    /// The tokens of the next item.
    pub fn words(&mut self, tokens: &[WrittenToken]) -> Vec<Word<'t>> {
        tokens.iter().map(|token| self.word(token)).collect()
    }

    fn word(&mut self, written: &WrittenToken) -> Word<'t> {
        let range = written.span.range();
        let touches = self.at == range.start;
        let notes = self.notes(range.start);
        let blank = self.line_ends(range.start) > 1;
        self.at = range.end;
        Word {
            token: written.token,
            text: &self.text[range],
            first: written.first,
            blank,
            begins: written.begins,
            may_break: written.may_break,
            touches,
            space: false,
            notes,
        }
    }

    /// The comments that begin before `end`.
    pub fn notes(&mut self, end: usize) -> Vec<Note<'t>> {
        let mut notes = vec![];
        while let Some(comment) = self.comments.next_if(|comment| (comment.span.lo as usize) < end) {
            let range = comment.span.range();
            let line_ends = self.line_ends(range.start);
            let before = &self.text[..range.start];
            let line = &before[before.rfind('\n').map_or(0, |at| at + 1)..];
            let text = self.text[range.clone()].trim_end();
            notes.push(Note {
                text,
                behind: line_ends == 0 && self.at > 0,
                blank: line_ends > 1,
                column: line.chars().count(),
                gap: line.chars().count() - line.trim_end().chars().count(),
            });
            self.at = range.end;
        }
        notes
    }

    fn line_ends(&self, to: usize) -> usize {
        self.text[self.at..to].matches('\n').count()
    }
}

/// Moves comments to where they are written: those before a comma behind it, those behind an operator or `=` before or
/// behind it, so that a line can end there.
pub fn settle(words: &mut [Word]) {
    for i in 0..words.len().saturating_sub(1) {
        let (word, next) = match &mut words[i..=i + 1] {
            [word, next] => (word, next),
            _ => continue,
        };
        if matches!(word.token, Token::Comma | Token::Eq | Token::LeftArrow) {
            let notes = std::mem::take(&mut word.notes);
            let later = std::mem::replace(&mut next.notes, notes);
            append(&mut next.notes, later);
            next.first |= word.first;
        } else if leads(word.token) && word.may_break && i > 0 {
            append(&mut word.notes, std::mem::take(&mut next.notes));
            word.first |= next.first;
            next.first = false;
        }
    }
}

/// Only the first comment can stand behind code.
fn append<'t>(notes: &mut Vec<Note<'t>>, later: Vec<Note<'t>>) {
    for note in later {
        let behind = note.behind && notes.is_empty();
        notes.push(Note { behind, ..note });
    }
}

/// The operators that begin a line where an expression takes several.
pub fn leads(token: Token) -> bool {
    use Token::*;
    matches!(
        token,
        Pipe | Compose | Or | And | EqEq | Ne | Lt | Le | Gt | Ge | Plus | Star | Slash | SlashSlash | Percent | At
    )
}
