//! Reading less than a file: a line of a REPL, a single expression.

use super::ast::*;
use super::layout::{Lexeme, layout};
use super::make::{self, Cx, Entry};
use super::recover::Reader;
use super::token::Token;
use super::{in_order, lexer, split};
use crate::base::FileId;
use crate::diag::Diagnostic;

/// One part of what was typed.
#[derive(Clone, Debug, PartialEq)]
pub enum Line {
    Item(Item),
    /// A statement, or an expression as the value of the block.
    Stmts(Block),
}

/// A snippet and what is wrong with it.
#[derive(Debug)]
pub struct ParsedSnippet {
    /// What could be read, in order.
    pub lines: Vec<Line>,
    /// Whether the text stops in the middle: a bracket is open, or the last token asks for more.
    pub incomplete: bool,
    pub diagnostics: Vec<Diagnostic>,
}

/// Reads items where the word of an item begins a line, and statements between them.
pub fn parse_snippet(file: FileId, text: &str) -> ParsedSnippet {
    let layout = layout(file, text, &lexer::lex(text));
    let mut reader = Reader::new(text, &layout.docs);
    let pieces = split::split(text, &layout.lexemes);
    let cx = Cx::new(text, &[], &layout.docs);
    let mut lines = vec![];
    for piece in pieces {
        let (Some(first), Some(last)) = (piece.first().copied(), piece.last().copied()) else { continue };
        if first.token.begins_item() {
            lines.extend(reader.items(vec![piece], None).into_iter().map(Line::Item));
        } else if let Some(Entry::Stmts(stmts)) = reader.read(Token::StartStmts, &piece) {
            lines.push(Line::Stmts(make::block_of(&cx, stmts, first.span.to(last.span))));
        }
    }
    reader.diagnostics.extend(cx.into_diagnostics());
    ParsedSnippet {
        lines,
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
    fn statements_and_values() {
        let parsed = read("x = 3; minimize x over net with o\nx + y");
        assert!(parsed.diagnostics.is_empty() && !parsed.incomplete);
        let [Line::Stmts(x), Line::Stmts(minimize), Line::Stmts(sum)] = &parsed.lines[..] else {
            panic!("three statements: {:?}", parsed.lines);
        };
        assert_eq!([x, minimize].map(|block| (block.stmts.len(), block.value.is_none())), [(1, true); 2]);
        assert_eq!(expr_text(sum.value.as_ref().unwrap()), "(+ x y)");
    }

    #[test]
    fn items_between_statements() {
        let parsed = read("let x = 3\nf(x)\n## Doc.\nfn f(x: []) = {\n  x\n}\nx");
        let is_item: Vec<bool> = parsed.lines.iter().map(|line| matches!(line, Line::Item(_))).collect();
        assert_eq!(is_item, [true, false, true, false]);
        assert!(matches!(&parsed.lines[2], Line::Item(item) if item.doc.as_deref() == Some("Doc.")));
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
