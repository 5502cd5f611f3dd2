//! What a failure of the grammar means. Mistakes that newcomers make have a rule each, which says what is wrong in their
//! words and, where it can, mends the tokens; all others get a sentence made of what was expected.

pub mod adjacent;
mod block;
mod define;
mod operator;
mod phrase;
mod start;

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

impl Finding {
    fn say(diagnostic: Diagnostic) -> Finding {
        Finding { diagnostic: Some(diagnostic), repair: None }
    }

    fn repair(self, range: Range<usize>, with: Vec<Lexeme>) -> Finding {
        let repair = Some(Repair { range, with });
        Finding { repair, ..self }
    }
}

type Rule = fn(&Site) -> Option<Finding>;

/// The first that knows the mistake explains it.
const RULES: &[Rule] = &[
    reported,
    start::item,
    start::declaration_inside,
    start::loop_statement,
    operator::assign,
    operator::open_line,
    operator::bars,
    operator::fat_arrow,
    operator::chain,
    operator::position,
    define::walrus,
    define::equals_for_colon,
    define::equals_for_compare,
    define::left_side,
    define::result_type,
    define::colon_for_equals,
    define::value_for_type,
    define::compare_for_equals,
    block::colon,
    block::next_line,
    block::branch,
    start::bare_test_name,
    start::word_as_name,
    adjacent::misspelt,
    adjacent::marked_text,
    adjacent::missing_comma,
    adjacent::missing_equals,
    adjacent::missing_end,
];

/// Says what is wrong at `site`.
pub fn explain(site: &Site) -> Finding {
    let known = RULES.iter().find_map(|rule| rule(site));
    known.unwrap_or_else(|| phrase::generic(site))
}

/// What stands next to something that was reported already is not reported again.
fn reported(site: &Site) -> Option<Finding> {
    let broken = |i: usize| site.token(i) == Some(Token::Broken);
    (broken(site.at) || broken(site.at.wrapping_sub(1))).then_some(Finding { diagnostic: None, repair: None })
}

impl Site<'_> {
    fn token(&self, i: usize) -> Option<Token> {
        self.lexemes.get(i).map(|l| l.token)
    }

    /// The token that does not fit.
    fn found(&self) -> Option<Token> {
        self.token(self.at)
    }

    /// The token before it.
    fn before(&self) -> Option<Token> {
        self.token(self.at.checked_sub(1)?)
    }

    fn lexeme(&self, i: usize) -> Option<Lexeme> {
        self.lexemes.get(i).copied()
    }

    fn word(&self, i: usize) -> &str {
        self.lexeme(i).and_then(|l| self.text.get(l.span.range())).unwrap_or("")
    }

    /// Whether the grammar would have taken `terminal` here.
    fn expects(&self, terminal: &str) -> bool {
        self.expected.iter().any(|e| e.trim_matches('"') == terminal)
    }

    /// Where to point: the token that does not fit, or the end of the one before where the line ends too early.
    fn span(&self) -> Span {
        match self.lexemes.get(self.at) {
            Some(l) if l.token != Token::Newline && !l.span.range().is_empty() => l.span,
            _ => self.gap(),
        }
    }

    /// Just behind the token before the one that does not fit.
    fn gap(&self) -> Span {
        let last = self.at.min(self.lexemes.len()).saturating_sub(1);
        self.lexemes[last].span.end()
    }

    /// Where the statement begins that contains the failure.
    fn statement(&self) -> usize {
        let mut depth = 0;
        for i in (0..self.at.min(self.lexemes.len())).rev() {
            match self.lexemes[i].token {
                Token::Newline | Token::LBrace if depth == 0 => return i + 1,
                token if token.is_closer() => depth += 1,
                token if token.closer().is_some() && depth > 0 => depth -= 1,
                _ => {}
            }
        }
        1
    }

    /// The innermost bracket that is open at the failure.
    fn opener(&self) -> Option<Token> {
        let mut depth = 0;
        for lexeme in self.lexemes[..self.at.min(self.lexemes.len())].iter().rev() {
            if lexeme.token.is_closer() {
                depth += 1;
            } else if lexeme.token.closer().is_some() {
                if depth == 0 {
                    return Some(lexeme.token);
                }
                depth -= 1;
            }
        }
        None
    }

    /// Whether the token at `i` begins a statement or a member.
    fn begins_statement(&self, i: usize) -> bool {
        matches!(i.checked_sub(1).and_then(|p| self.token(p)), Some(Token::Newline | Token::LBrace | Token::StartStmts))
    }
}
