//! A file as it was written, for who writes it anew: the tokens of every item with the meaning that the grammar gives
//! them, the places where a line may begin, and the comments.

use super::Comment;
use super::layout::{Lexeme, ends_statement, layout, separate};
use super::token::Token;
use super::{lexer, soft, split};
use crate::base::{FileId, Span};

/// A token of an item.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct WrittenToken {
    pub token: Token,
    pub span: Span,
    /// Whether it is the first of its line.
    pub first: bool,
    /// Whether a statement or member begins with it that is not the first of its block.
    pub begins: bool,
    /// Whether a line may begin with it, and all would mean the same.
    pub may_break: bool,
}

/// The items of a file, each as its tokens, and all comments.
#[derive(Debug)]
pub struct Written {
    pub items: Vec<Vec<WrittenToken>>,
    pub comments: Vec<Comment>,
}

/// Reads a text that parses without an error; of any other text the tokens say little.
pub fn written(text: &str) -> Written {
    let layout = layout(FileId(0), text, &lexer::lex(text));
    let items = split::split(text, &layout.lexemes).iter().map(|piece| item(text, piece)).collect();
    Written { items, comments: layout.comments }
}

fn item(text: &str, piece: &[Lexeme]) -> Vec<WrittenToken> {
    let begin = piece.first().map_or(Span::none(), |l| l.span.start());
    let mut lexemes = vec![Lexeme::inserted(Token::StartItem, begin)];
    lexemes.extend(separate(text, piece));
    let may_break = breaks(text, &lexemes);
    soft::promote(text, &mut lexemes);
    let tokens = lexemes.iter().enumerate().filter(|(_, l)| !matches!(l.token, Token::StartItem | Token::Newline));
    tokens
        .map(|(i, l)| WrittenToken {
            token: l.token,
            span: l.span,
            first: l.first,
            begins: lexemes[i - 1].token == Token::Newline,
            may_break: may_break[i],
        })
        .collect()
}

/// For each lexeme whether a line may begin with it: between round and square brackets anywhere, elsewhere where the
/// newline rule sees no end of a statement; nowhere where an item would begin.
fn breaks(text: &str, lexemes: &[Lexeme]) -> Vec<bool> {
    let mut open: Vec<Token> = Vec::new();
    let mut may = vec![false; lexemes.len()];
    for i in 1..lexemes.len() {
        let (last, lexeme) = (lexemes[i - 1], lexemes[i]);
        let item = lexeme.token.begins_item() && last.token != Token::Eq && !open.contains(&Token::LBrace);
        let free = !matches!(open.last(), None | Some(Token::LBrace));
        may[i] = !item && (free || !ends_statement(text, last, lexeme, lexemes.get(i + 1)));
        if lexeme.token.closer().is_some() {
            open.push(lexeme.token);
        } else if lexeme.token.is_closer() {
            open.pop();
        }
    }
    may
}

#[cfg(test)]
mod tests {
    use super::*;

    fn broken_before(text: &str) -> Vec<&str> {
        let written = written(text);
        let tokens = written.items.iter().flatten();
        tokens.filter(|t| t.may_break).map(|t| &text[t.span.range()]).collect()
    }

    #[test]
    fn a_line_may_begin_where_it_changes_nothing() {
        assert_eq!(broken_before("let y = a + b - c"), ["y", "=", "a", "+", "b", "c"]);
        assert_eq!(broken_before("let y = (a - b)"), ["y", "=", "(", "a", "-", "b", ")"]);
        assert_eq!(broken_before("fn f() = where(a, b)")[..3], ["f", ")", "="]);
    }

    #[test]
    fn no_line_begins_as_an_item_does() {
        assert!(!broken_before("fit(net, train { epochs = 3 })").contains(&"train"));
        assert!(broken_before("fn f() = g(train { epochs = 3 })").iter().all(|t| *t != "train"));
        assert!(broken_before("fn f() = train { epochs = 3 }").contains(&"train"));
    }
}
