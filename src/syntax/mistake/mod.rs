//! What a failure of the grammar means. Mistakes that newcomers make have a rule each, which says what is wrong in their
//! words and, where it can, mends the tokens; all others get a sentence made of what was expected.

mod phrase;

use super::layout::Lexeme;
use super::token::Token;
use crate::base::Span;
use crate::diag::Diagnostic;
use std::ops::Range;

/// A place at which the grammar could not go on.
pub struct Site<'a> {
    pub text: &'a str,
    /// The item's tokens, a start marker first.
    pub lexemes: &'a [Lexeme],
    /// The token that does not fit; the end if it is behind the last.
    pub at: usize,
    /// The terminals that would have fitted, as LALRPOP names them.
    pub expected: &'a [String],
}

/// Tokens to put in the place of others.
pub struct Repair {
    pub range: Range<usize>,
    pub with: Vec<Lexeme>,
}

/// What to say, if it has not been said, and how to go on.
pub struct Finding {
    pub diagnostic: Option<Diagnostic>,
    pub repair: Option<Repair>,
}

impl Site<'_> {
    pub fn token(&self, i: usize) -> Option<Token> {
        self.lexemes.get(i).map(|l| l.token)
    }

    pub fn word(&self, i: usize) -> &str {
        self.lexemes.get(i).and_then(|l| self.text.get(l.span.range())).unwrap_or("")
    }

    /// Whether the grammar would have taken `terminal` here.
    pub fn expects(&self, terminal: &str) -> bool {
        self.expected.iter().any(|e| e.trim_matches('"') == terminal)
    }

    /// Where to point: the token that does not fit, or the end of the one before where the line ends too early.
    pub fn span(&self) -> Span {
        let before = || self.lexemes[self.at.min(self.lexemes.len()) - 1].span.end();
        match self.lexemes.get(self.at) {
            Some(l) if l.token != Token::Newline && !l.span.range().is_empty() => l.span,
            _ => before(),
        }
    }
}

/// Says what is wrong at `site`.
pub fn explain(site: &Site) -> Finding {
    phrase::generic(site)
}
