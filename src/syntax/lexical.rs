//! What is wrong with a single token: stray characters, open strings, numbers that are none.

use super::lexer::{RawToken, lex};
use super::token::Token;
use crate::base::Span;
use crate::diag::{Diagnostic, lookalike};

/// The token to go on with, and what is wrong with this one.
pub fn check(token: Token, span: Span, text: &str) -> (Token, Option<Diagnostic>) {
    match token {
        Token::Stray | Token::Bang | Token::AndAnd => stray(span, text),
        Token::UnclosedStr => (Token::Str, Some(unclosed(span, text))),
        Token::QuotedStr => (Token::Str, Some(quoted(span, text))),
        Token::BadNumber => (Token::Broken, Some(bad_number(span, text))),
        Token::Ellipsis => (Token::DotDot, Some(ellipsis(span))),
        Token::CurlyStr => (Token::Broken, Some(curly(span, text))),
        Token::Name if !text.is_ascii() => word(span, text),
        _ => (token, None),
    }
}

/// Characters and operators of other languages, and what dln writes instead.
const LOOKALIKES: &[(&str, &str, Token)] = &[
    ("!", "not ", Token::Not),
    ("&&", "and", Token::And),
    ("&", "and", Token::And),
    ("\u{d7}", "*", Token::Star),
    ("\u{b7}", "*", Token::Star),
    ("\u{f7}", "/", Token::Slash),
    ("\u{2264}", "<=", Token::Le),
    ("\u{2265}", ">=", Token::Ge),
    ("\u{2260}", "!=", Token::Ne),
    ("\u{2192}", "->", Token::Arrow),
    ("\u{2190}", "<-", Token::LeftArrow),
    ("\u{2026}", "..", Token::DotDot),
    ("^", "**", Token::StarStar),
];

fn stray(span: Span, text: &str) -> (Token, Option<Diagnostic>) {
    if let Some((_, instead, token)) = LOOKALIKES.iter().find(|(bad, ..)| *bad == text) {
        let word = instead.trim();
        let diagnostic =
            Diagnostic::error("E0101", span, format!("`{text}` is written `{word}` in dln"), format!("write `{word}`"))
                .fix(format!("write `{word}`"), span, *instead);
        return (*token, Some(diagnostic));
    }
    if let Some((ascii, what)) = text.chars().next().and_then(lookalike::of) {
        return looks_like(span, text, ascii, what);
    }
    let shown: String = text.chars().take(12).collect();
    let message = match shown.chars().count() {
        1 => format!("the character `{}` has no meaning in dln", shown.escape_debug()),
        _ => format!("the characters `{}` have no meaning in dln", shown.escape_debug()),
    };
    let diagnostic = Diagnostic::error("E0101", span, message, "remove this");
    let diagnostic = match text {
        "\u{201c}" | "\u{201d}" | "\u{201e}" | "\u{ab}" | "\u{bb}" | "`" => {
            diagnostic.help("strings stand in straight quotes: \"..\"")
        }
        "'" | "\u{2018}" | "\u{2019}" => diagnostic.help("strings stand in double quotes: \"..\""),
        _ => diagnostic,
    };
    (Token::Broken, Some(diagnostic))
}

/// A mark of another alphabet in the place of one of ASCII: goes on as if it were that.
fn looks_like(span: Span, text: &str, ascii: char, what: &str) -> (Token, Option<Diagnostic>) {
    let plain = ascii.to_string();
    let (message, wanted) = match ascii {
        ' ' => (format!("U+{:04X} is {what}", text.chars().next().unwrap_or(' ') as u32), "a blank".to_string()),
        _ => (format!("`{text}` looks like `{ascii}` and is another character ({what})"), format!("`{ascii}`")),
    };
    let diagnostic = Diagnostic::error("E0101", span, message, format!("write {wanted}")).fix(
        format!("write {wanted}"),
        span,
        plain.clone(),
    );
    let token = match lex(&plain).first() {
        Some(RawToken { token: Token::Stray | Token::UnclosedStr | Token::Int | Token::Name, .. }) | None => {
            Token::Broken
        }
        Some(raw) => raw.token,
    };
    (token, Some(diagnostic))
}

/// A name, or a word of the language, in which letters of another alphabet stand between those of ASCII.
fn word(span: Span, text: &str) -> (Token, Option<Diagnostic>) {
    let plain = lookalike::plain(text);
    if plain == text {
        return (Token::Name, None);
    }
    let odd = text.chars().find_map(|c| lookalike::of(c).map(|(ascii, what)| (c, ascii, what)));
    let (c, ascii, what) = odd.unwrap_or((' ', ' ', ""));
    let message = format!("`{text}` is not `{plain}`: its `{c}` is another character than `{ascii}` ({what})");
    let diagnostic = Diagnostic::error("E0101", span, message, "only looks like it").fix(
        format!("write `{plain}`"),
        span,
        plain.to_string(),
    );
    let token = lex(&plain).first().map_or(Token::Name, |raw| raw.token);
    (token, Some(diagnostic))
}

fn curly(span: Span, text: &str) -> Diagnostic {
    let inner = text.trim_matches(['\u{201c}', '\u{201d}', '\u{201e}', '\u{2018}', '\u{2019}']).replace('"', "\\\"");
    Diagnostic::error("E0103", span, "strings stand in straight quotes", "quotes of a word processor").fix(
        "write it with straight quotes",
        span,
        format!("\"{inner}\""),
    )
}

fn unclosed(span: Span, text: &str) -> Diagnostic {
    let closed = text.trim_end_matches(['\\', ' ', '\t']);
    let tail = Span { lo: span.lo + closed.len() as u32, ..span };
    Diagnostic::error(
        "E0102",
        span,
        "this string is not closed",
        "the string begins here and the line ends before a `\"`",
    )
    .note("a string stays on one line; `\\n` inside it is a line end")
    .fix("close it", tail, "\"")
}

fn quoted(span: Span, text: &str) -> Diagnostic {
    let inner = &text[1..text.len() - 1];
    let inner = inner.replace("\\'", "'").replace('"', "\\\"");
    Diagnostic::error("E0103", span, "strings stand in double quotes", "single quotes").fix(
        "write it with double quotes",
        span,
        format!("\"{inner}\""),
    )
}

fn bad_number(span: Span, text: &str) -> Diagnostic {
    let digits = text.trim_end_matches(|c: char| !c.is_ascii_digit() && c != '_');
    let message = format!("`{text}` is neither a number nor a name");
    let diagnostic = Diagnostic::error("E0104", span, message, "begins like a number");
    let rest = &text[digits.len().min(text.len())..];
    match rest {
        "f" | "F" | "d" | "L" | "u" => diagnostic.fix(format!("write `{digits}`"), span, digits),
        _ if !rest.is_empty() && digits.bytes().all(|b| b.is_ascii_digit()) => {
            diagnostic.fix(format!("for a product, write `{digits} * {rest}`"), span, format!("{digits} * {rest}"))
        }
        _ => diagnostic.help("a name begins with a letter or `_`"),
    }
}

fn ellipsis(span: Span) -> Diagnostic {
    Diagnostic::error("E0105", span, "two dots, not three, stand for the rest", "three dots").fix(
        "write `..`",
        span,
        "..",
    )
}

/// `// words`; `mark` is the length of what begins it.
pub fn slash_comment(span: Span, mark: usize) -> Diagnostic {
    let mark = Span { hi: span.lo + mark as u32, ..span };
    Diagnostic::error("E0116", mark, "comments begin with `#`", "`//` is whole-number division").fix(
        "write `#`",
        mark,
        "#",
    )
}
