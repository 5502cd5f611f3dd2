//! Reading less than a file: a line of a REPL, a single expression.

use super::ast::*;
use super::layout::{Lexeme, layout};
use super::make::{self, Cx, Entry};
use super::recover::Reader;
use super::token::Token;
use super::{in_order, lexer, split};
use crate::base::{FileId, Span};
use crate::diag::Diagnostic;

/// What a piece of text turned out to be.
#[derive(Debug, PartialEq)]
pub enum Snippet {
    Items(Vec<Item>),
    /// Statements; the value is the last expression.
    Stmts(Block),
}

/// A snippet and what is wrong with it.
#[derive(Debug)]
pub struct ParsedSnippet {
    /// `None` if nothing could be read.
    pub snippet: Option<Snippet>,
    /// Whether the text stops in the middle: a bracket is open, or the last token asks for more.
    pub incomplete: bool,
    pub diagnostics: Vec<Diagnostic>,
}

/// Reads items if the text begins with the word of an item, statements otherwise.
pub fn parse_snippet(file: FileId, text: &str) -> ParsedSnippet {
    let layout = layout(file, text, &lexer::lex(text));
    let mut reader = Reader::new(text, &layout.docs);
    let item = layout.lexemes.first().is_some_and(|l| l.token.begins_item());
    let snippet = match item {
        true => Some(Snippet::Items(reader.items(split::split(text, &layout.lexemes)))),
        false => match reader.read(Token::StartStmts, &layout.lexemes) {
            Some(Entry::Stmts(stmts)) => {
                let cx = Cx::new(text, &[], &layout.docs);
                let block = make::block_of(&cx, stmts, Span::new(file, 0, text.len()));
                reader.diagnostics.extend(cx.into_diagnostics());
                Some(Snippet::Stmts(block))
            }
            _ => None,
        },
    };
    ParsedSnippet {
        snippet,
        incomplete: incomplete(&layout.lexemes),
        diagnostics: in_order(layout.diagnostics, reader.diagnostics),
    }
}

/// Reads one expression.
pub fn parse_expr(file: FileId, text: &str) -> (Option<Expr>, Vec<Diagnostic>) {
    let layout = layout(file, text, &lexer::lex(text));
    let mut reader = Reader::new(text, &layout.docs);
    let expr = match reader.read(Token::StartExpr, &layout.lexemes) {
        Some(Entry::Expr(expr)) => Some(expr),
        _ => None,
    };
    (expr, in_order(layout.diagnostics, reader.diagnostics))
}

fn incomplete(lexemes: &[Lexeme]) -> bool {
    let opened = lexemes.iter().filter(|l| l.token.closer().is_some());
    let closed = lexemes.iter().filter(|l| l.token.is_closer());
    let more = lexemes.last().is_some_and(|l| !l.token.ends_expr() && l.token != Token::Semicolon);
    opened.count() > closed.count() || more
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::syntax::text::expr_text;

    fn read(text: &str) -> ParsedSnippet {
        parse_snippet(FileId(0), text)
    }

    #[test]
    fn statements_and_their_value() {
        let parsed = read("x = 3; y = 4\nx + y");
        assert!(parsed.diagnostics.is_empty() && !parsed.incomplete);
        let Some(Snippet::Stmts(block)) = parsed.snippet else {
            panic!("statements");
        };
        assert_eq!(block.stmts.len(), 2);
        assert_eq!(expr_text(&block.value.unwrap()), "(+ x y)");
    }

    #[test]
    fn items() {
        let Some(Snippet::Items(items)) = read("let x = 3\nfn f(x) = x").snippet else {
            panic!("items");
        };
        assert_eq!(items.len(), 2);
    }

    #[test]
    fn more_to_come() {
        assert!(read("layer A {").incomplete);
        assert!(read("x +").incomplete);
        assert!(!read("f(x)").incomplete);
        assert!(!read("").incomplete);
    }

    #[test]
    fn an_expression_alone() {
        let (expr, diagnostics) = parse_expr(FileId(0), "1 + 2 * 3");
        assert_eq!(expr_text(&expr.unwrap()), "(+ 1 (* 2 3))");
        assert!(diagnostics.is_empty());
        assert!(!parse_expr(FileId(0), "").1.is_empty());
        assert!(!parse_expr(FileId(0), "1 2").1.is_empty());
    }
}
