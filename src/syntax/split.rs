//! Cuts a file into pieces of one item each, so that a broken item costs one item.

use super::layout::{Lexeme, ends_statement};
use super::token::Token;

/// Splits at the newlines and semicolons between brackets, and before a word that begins an item: at the start of a
/// line if no brace is open, in the first column always, for then a brace is missing above.
pub fn split(text: &str, lexemes: &[Lexeme]) -> Vec<Vec<Lexeme>> {
    let mut pieces: Vec<Vec<Lexeme>> = Vec::new();
    let mut open: Vec<Token> = Vec::new();
    let mut cut = true;
    for (i, &lexeme) in lexemes.iter().enumerate() {
        if let Some(last) = i.checked_sub(1).map(|p| lexemes[p]) {
            let outside = || lexeme.column == 0 || !open.contains(&Token::LBrace);
            // `fn f() =` may go on with `train { .. }` on the next line.
            let value = lexeme.token == Token::Train && last.token == Token::Eq;
            let item = || lexeme.token.begins_item() && !value && outside();
            let line = || {
                open.is_empty()
                    && lexeme.token != Token::LBrace
                    && ends_statement(text, last, lexeme, lexemes.get(i + 1))
            };
            cut |= lexeme.first && (item() || line());
        }
        if lexeme.token == Token::Semicolon && open.is_empty() {
            cut = true;
            continue;
        }
        if std::mem::take(&mut cut) {
            pieces.push(Vec::new());
            open.clear();
        }
        follow(&mut open, lexeme.token);
        pieces.last_mut().expect("just pushed").push(lexeme);
    }
    pieces
}

/// Keeps track of open brackets; a closer that fits none is passed over, one that fits an outer bracket closes all inside.
fn follow(open: &mut Vec<Token>, token: Token) {
    if token.closer().is_some() {
        open.push(token);
    } else if token.is_closer()
        && let Some(at) = open.iter().rposition(|o| o.closer() == Some(token))
    {
        open.truncate(at);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::FileId;
    use crate::syntax::{layout::layout, lexer::lex};

    fn pieces(text: &str) -> Vec<&str> {
        let layout = layout(FileId(0), text, &lex(text));
        split(text, &layout.lexemes).iter().map(|p| &text[p[0].span.to(p[p.len() - 1].span).range()]).collect()
    }

    #[test]
    fn items_are_cut_at_lines() {
        assert_eq!(
            pieces("use std.nn: A,\n  B\nlet x = 1 +\n  2\n\nlet y = digits.train; let z = 3"),
            ["use std.nn: A,\n  B", "let x = 1 +\n  2", "let y = digits.train", "let z = 3"]
        );
    }

    #[test]
    fn a_missing_bracket_costs_one_item() {
        assert_eq!(
            pieces("let x = f(1,\nlet y = 2\nlayer A {\n  g(x) {\n\nlet z = 3"),
            ["let x = f(1,", "let y = 2", "layer A {\n  g(x) {", "let z = 3"]
        );
    }
}
