//! Operators that dln does not have, or writes otherwise.

use super::{Finding, Site};
use crate::diag::Diagnostic;
use crate::syntax::layout::Lexeme;
use crate::syntax::token::Token;

/// `x += e`
pub fn assign(site: &Site) -> Option<Finding> {
    if site.found() != Some(Token::OpEq) {
        return None;
    }
    let lexeme = site.lexemes[site.at];
    let word = site.word(site.at);
    let operator = word.trim_end_matches('=');
    let diagnostic = Diagnostic::error("E0123", lexeme.span, format!("dln has no `{word}`"), "names keep their values");
    let name = site.word(site.at - 1);
    let end = (site.at + 1..site.lexemes.len())
        .find(|&i| matches!(site.token(i), Some(Token::Newline | Token::RBrace)))
        .unwrap_or(site.lexemes.len());
    let plain = site.before() == Some(Token::Name) && site.begins_statement(site.at - 1);
    if !plain || end == site.at + 1 {
        return Some(Finding::say(diagnostic.help(format!("state changes with `<-`: `m <- m {operator} ..`"))));
    }
    let value = site.lexemes[site.at + 1].span.to(site.lexemes[end - 1].span);
    let value_text = site.text.get(value.range()).unwrap_or("");
    let right = match end - site.at {
        2 => value_text.to_string(),
        _ => format!("({value_text})"),
    };
    let text = format!("= {name} {operator} {right}");
    let diagnostic = diagnostic
        .fix(format!("write `{name} {text}`"), lexeme.span.to(value), &*text)
        .help(format!("if `{name}` is a parameter, a buffer or a state: `{name} <- {name} {operator} ..`"));
    // For the tree the kind of the operator does not matter: the program is not run.
    let with = vec![lexeme.with(Token::Eq), site.lexemes[site.at - 1], lexeme.with(Token::Plus)];
    Some(Finding::say(diagnostic).repair(site.at..site.at + 1, with))
}

/// `a || b`
pub fn bars(site: &Site) -> Option<Finding> {
    if site.found() != Some(Token::BarBar) || !site.expects("or") {
        return None;
    }
    let lexeme = site.lexemes[site.at];
    let diagnostic = Diagnostic::error("E0101", lexeme.span, "`||` is written `or` in dln", "write `or`").fix(
        "write `or`",
        lexeme.span,
        "or",
    );
    Some(Finding::say(diagnostic).repair(site.at..site.at + 1, vec![lexeme.with(Token::Or)]))
}

/// `=>`
pub fn fat_arrow(site: &Site) -> Option<Finding> {
    let behind = site.found() == Some(Token::Eq);
    let at = if behind { site.at } else { site.at.checked_sub(1)? };
    let (left, right) = (site.lexeme(at)?, site.lexeme(at + 1)?);
    let arrow = left.token == Token::Eq && right.token == Token::Gt && left.span.hi == right.span.lo;
    if !arrow {
        return None;
    }
    let span = left.span.to(right.span);
    let diagnostic = Diagnostic::error("E0101", span, "dln has no `=>`", "not an operator of dln")
        .help("a function without a name is `|x| body`");
    if behind {
        return Some(Finding::say(diagnostic));
    }
    let diagnostic = diagnostic.fix("write `=` before a body", span, "=");
    Some(Finding::say(diagnostic).repair(site.at..site.at + 1, vec![]))
}

fn compares(token: Token) -> bool {
    use Token::*;
    matches!(token, EqEq | Ne | Lt | Le | Gt | Ge)
}

/// `a < b < c`
pub fn chain(site: &Site) -> Option<Finding> {
    if !site.found().is_some_and(compares) {
        return None;
    }
    let first = previous_comparison(site)?;
    let middle: Vec<Lexeme> = site.lexemes[first + 1..site.at].to_vec();
    let span = middle.first()?.span.to(middle.last()?.span);
    let middle_text = site.text.get(span.range()).unwrap_or("");
    let place = site.lexemes[site.at].span;
    let diagnostic = Diagnostic::error("E0125", place, "comparisons do not chain", "the second comparison")
        .label(site.lexemes[first].span, "the first")
        .fix("compare twice", place.start(), format!("and {middle_text} "));
    let mut with = vec![Lexeme::inserted(Token::And, span)];
    with.extend(middle);
    Some(Finding::say(diagnostic).repair(site.at..site.at, with))
}

/// The comparison before, in the same operand of `and`, `or`, `|>` and all that is looser still.
fn previous_comparison(site: &Site) -> Option<usize> {
    let mut depth = 0;
    for i in (1..site.at).rev() {
        let token = site.lexemes[i].token;
        if token.is_closer() {
            depth += 1;
        } else if token.closer().is_some() {
            depth -= 1;
        } else if depth == 0 && compares(token) {
            return Some(i);
        }
        if depth < 0 || depth == 0 && looser(token) {
            return None;
        }
    }
    None
}

fn looser(token: Token) -> bool {
    use Token::*;
    matches!(token, And | Or | Not | If | Else | For | In | Where | Pipe | Compose | Comma | Colon | Eq | Newline)
}

/// A line that ends in an operator, before one that defines a name: `y = x +`, then `z = 3`.
pub fn open_line(site: &Site) -> Option<Finding> {
    let name = site.lexeme(site.at.checked_sub(1)?)?;
    let operator = site.lexeme(site.at.checked_sub(2)?)?;
    let open = name.first && name.token == Token::Name && operator.token.is_operator();
    if site.found() != Some(Token::Eq) || !open {
        return None;
    }
    let word = site.word(site.at - 2);
    let place = operator.span.end();
    let message = format!("expected an expression after `{word}`, found the end of the line");
    let with = [Token::Broken, Token::Newline].map(|token| Lexeme::inserted(token, operator.span));
    Some(
        Finding::say(Diagnostic::error("E0109", place, message, "expected an expression"))
            .repair(site.at - 1..site.at - 1, with.to_vec()),
    )
}

/// `net.0`
pub fn position(site: &Site) -> Option<Finding> {
    let dot = site.at.checked_sub(1)?;
    if (site.token(dot), site.found()) != (Some(Token::Dot), Some(Token::Int)) {
        return None;
    }
    let (before, number) = (site.lexeme(dot)?, site.lexeme(site.at)?);
    let span = before.span.to(number.span);
    let by = format!("[{}]", site.word(site.at));
    let diagnostic = Diagnostic::error("E0109", span, "a position stands in brackets", "a name is expected behind `.`")
        .fix(format!("write `{by}`"), span, by.clone());
    let with = vec![before.with(Token::LBracket), number, Lexeme::inserted(Token::RBracket, number.span)];
    Some(Finding::say(diagnostic).repair(dot..site.at + 1, with))
}
