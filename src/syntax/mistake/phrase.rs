//! A sentence for the failures that no rule knows.

use super::{Finding, Site};
use crate::diag::Diagnostic;
use crate::syntax::token::Token;

/// What to call a set of terminals, most telling first; one that stands for an earlier one is left out.
const PHRASES: &[(&str, &str)] = &[
    ("int", "an expression"),
    ("name", "a name"),
    ("str", "a string"),
    ("=", "`=`"),
    (":", "`:`"),
    ("->", "`->`"),
    ("{", "`{`"),
    ("in", "`in`"),
    ("over", "`over`"),
    ("with", "`with`"),
    ("as", "`as`"),
    ("to", "`to`"),
    ("epochs", "`epochs`"),
    ("without", "`without`"),
    (",", "`,`"),
    (")", "`)`"),
    ("]", "`]`"),
    ("}", "`}`"),
    ("newline", "the end of the line"),
];

/// `expected an expression, found ..`
pub fn generic(site: &Site) -> Finding {
    let expected = expected(site);
    let found = found(site);
    let diagnostic = Diagnostic::error(
        "E0109",
        site.span(),
        format!("expected {expected}, found {found}"),
        format!("expected {expected}"),
    );
    Finding { diagnostic: Some(diagnostic), repair: None }
}

fn expected(site: &Site) -> String {
    let operand = site.expects("int");
    let operator = site.expects("*");
    let fits = |terminal: &str| {
        site.expects(terminal)
            // A name or a bracket begins an expression; `}` and the end of a line end one.
            && !(operand && matches!(terminal, "name" | "str" | "{"))
            && !(terminal == "}" && site.expects("newline"))
    };
    let mut phrases: Vec<&str> =
        PHRASES.iter().filter(|(terminal, _)| fits(terminal)).map(|(_, phrase)| *phrase).collect();
    if phrases.is_empty() {
        return if operator { "an operator" } else { "the end" }.to_string();
    }
    phrases.truncate(4);
    let last = phrases.pop().unwrap_or_default();
    match phrases.is_empty() {
        true => last.to_string(),
        false => format!("{} or {last}", phrases.join(", ")),
    }
}

/// What stands there instead, in words.
pub fn found(site: &Site) -> String {
    match site.token(site.at) {
        None => "the end".to_string(),
        Some(Token::Newline) => "the end of the line".to_string(),
        Some(Token::Str) => "a string".to_string(),
        Some(Token::Int | Token::Float) => format!("the number `{}`", site.word(site.at)),
        Some(token) if token.is_word() => format!("the keyword `{}`", site.word(site.at)),
        Some(_) => format!("`{}`", site.word(site.at)),
    }
}
