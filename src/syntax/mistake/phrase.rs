//! A sentence for the failures that no rule knows.

use super::{Finding, Site, adjacent};
use crate::diag::Diagnostic;
use crate::syntax::layout::Lexeme;
use crate::syntax::token::Token;

/// What to call a set of terminals, most telling first.
const PHRASES: &[(&str, &str)] = &[
    ("int", "an expression"),
    ("name", "a name"),
    ("str", "a string"),
    ("=", "`=`"),
    (":", "`:`"),
    ("->", "`->`"),
    ("(", "`(`"),
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

/// What may be put in where nothing else fits.
const MISSING: &[(&str, Token)] = &[
    (":", Token::Colon),
    ("->", Token::Arrow),
    ("in", Token::In),
    ("over", Token::Over),
    ("with", Token::With),
    ("as", Token::As),
    ("to", Token::To),
];

/// `expected an expression after `=`, found ..`
pub fn generic(site: &Site) -> Finding {
    let phrases = phrases(site);
    let expected = join(&phrases, site);
    let found = found(site);
    let diagnostic = Diagnostic::error(
        "E0109",
        site.span(),
        format!("expected {expected}{}, found {found}", after(site)),
        format!("expected {expected}"),
    );
    let Some((text, token)) = missing(site) else {
        return Finding::say(diagnostic);
    };
    let inserted = Lexeme::inserted(*token, site.gap());
    let diagnostic = match *text {
        ":" => diagnostic.fix("insert `:`", site.gap(), ":"),
        _ => diagnostic.fix(format!("insert `{text}`"), site.gap(), format!(" {text}")),
    };
    Finding::say(diagnostic).repair(site.at..site.at, vec![inserted])
}

/// What the two operands at the failure have to have between them.
fn missing(site: &Site) -> Option<&'static (&'static str, Token)> {
    let known = MISSING.iter().find(|(terminal, _)| site.expects(terminal));
    known.filter(|_| adjacent::operands(site))
}

/// The token that asks for more.
fn after(site: &Site) -> String {
    let operator = |t: &Token| t.is_word() || t.is_operator() || matches!(t, Token::LParen | Token::LBracket);
    match site.before().filter(operator) {
        Some(_) => format!(" after `{}`", site.word(site.at - 1)),
        None => String::new(),
    }
}

/// One that stands for an earlier one is left out.
fn phrases(site: &Site) -> Vec<&'static str> {
    let operand = site.expects("int");
    let operator = site.expects("*");
    let fits = |terminal: &str| {
        site.expects(terminal)
            // A name or a bracket begins an expression; brackets go on with one; `}` ends a line.
            && !(operand && matches!(terminal, "name" | "str" | "{" | "("))
            && !(operator && terminal == "(")
            && !(terminal == "}" && site.expects("newline"))
    };
    let known = PHRASES.iter().filter(|(terminal, _)| fits(terminal));
    known.map(|(_, phrase)| *phrase).take(4).collect()
}

fn join(phrases: &[&str], site: &Site) -> String {
    match phrases {
        [] if site.expects("*") => "an operator or the end of the line".to_string(),
        [] => "something else".to_string(),
        [one] => one.to_string(),
        [most @ .., last] => format!("{} or {last}", most.join(", ")),
    }
}

/// What stands there instead, in words.
fn found(site: &Site) -> String {
    match site.token(site.at) {
        None => "the end".to_string(),
        Some(Token::Newline) => "the end of the line".to_string(),
        Some(Token::Str) => "a string".to_string(),
        Some(Token::Int | Token::Float) => format!("the number `{}`", site.word(site.at)),
        Some(token) if token.is_word() => format!("the keyword `{}`", site.word(site.at)),
        Some(_) => format!("`{}`", site.word(site.at)),
    }
}
