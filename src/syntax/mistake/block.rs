//! Bodies without their braces.

use super::{Finding, Site};
use crate::diag::Diagnostic;
use crate::syntax::token::Token;

/// `if c:`, `else:`, `fn f(x):`
pub fn colon(site: &Site) -> Option<Finding> {
    if site.found() != Some(Token::Colon) || !site.expects("{") {
        return None;
    }
    let diagnostic =
        Diagnostic::error("E0124", site.span(), "a body stands in braces", "write `{` here and `}` behind the body")
            .note("indentation means nothing to dln");
    Some(Finding::say(diagnostic))
}

/// The `{` on a line of its own.
pub fn next_line(site: &Site) -> Option<Finding> {
    let brace = site.lexeme(site.at + 1)?;
    let newline = site.found() == Some(Token::Newline) && site.expects("{");
    if !newline || brace.token != Token::LBrace {
        return None;
    }
    let gap = site.gap().to(brace.span.start());
    let diagnostic = Diagnostic::error(
        "E0124",
        brace.span,
        "a `{` stands on the line of what it belongs to",
        "on a line of its own it begins a new statement",
    )
    .fix("put it behind the line above", gap, " ");
    Some(Finding::say(diagnostic).repair(site.at..site.at + 1, vec![]))
}

/// `if c x else y`
pub fn branch(site: &Site) -> Option<Finding> {
    if !site.expects("{") || site.expects("=") || site.expects("int") && !after_else(site) {
        return None;
    }
    let start = site.statement();
    let if_ = site.lexemes[start..site.at.min(site.lexemes.len())]
        .iter()
        .rev()
        .find(|l| matches!(l.token, Token::If | Token::Else))?;
    let message = match if_.token {
        Token::If => "the condition of an `if` is followed by a block",
        _ => "`else` is followed by a block or by another `if`",
    };
    Some(Finding::say(
        Diagnostic::error("E0124", site.span(), message, "expected `{`")
            .label(if_.span, "of this")
            .help("`if c { a } else { b }` has a value; the braces are always written"),
    ))
}

fn after_else(site: &Site) -> bool {
    site.before() == Some(Token::Else)
}
