//! Numbers, strings and single names.

use super::Cx;
use crate::base::{Name, Span, Spanned};
use crate::diag::Diagnostic;
use crate::syntax::ast::{Expr, ExprKind};

/// A string, its escapes resolved.
pub type Str = Spanned<Name>;

fn leaf(cx: &Cx, l: usize, kind: ExprKind) -> Expr {
    let span = cx.at(l);
    Expr { kind, span }
}

pub fn int(cx: &Cx, l: usize) -> Expr {
    let kind = int_value(cx, l).map_or(ExprKind::Broken, ExprKind::Int);
    leaf(cx, l, kind)
}

/// The number at `l`, or `None` and a report.
pub(super) fn int_value(cx: &Cx, l: usize) -> Option<i64> {
    let value = cx.word(l).replace('_', "").parse().ok();
    if value.is_none() {
        cx.report(
            Diagnostic::error("E0106", cx.at(l), "this whole number is too large", "does not fit 64 bits")
                .note(format!("the largest is {}", i64::MAX))
                .help("write it as a float, with a point or an exponent: `1e20`"),
        );
    }
    value
}

pub fn float(cx: &Cx, l: usize) -> Expr {
    let value: f64 = cx.word(l).replace('_', "").parse().unwrap_or(f64::NAN);
    if value.is_finite() {
        return leaf(cx, l, ExprKind::Float(value));
    }
    cx.report(
        Diagnostic::error("E0106", cx.at(l), "this number is too large", "does not fit 64-bit floating point")
            .help("write `inf` for infinity"),
    );
    leaf(cx, l, ExprKind::Broken)
}

/// Resolves `\n \t \" \\`; other escapes are reported and kept.
pub fn string(cx: &Cx, l: usize) -> Str {
    let span = cx.at(l);
    let word = cx.word(l);
    let (quotes, inner) = unquoted(word);
    let mut value = String::with_capacity(inner.len());
    let mut chars = inner.char_indices();
    while let Some((_, c)) = chars.next() {
        if c != '\\' {
            value.push(c);
            continue;
        }
        match chars.next() {
            Some((_, 'n')) => value.push('\n'),
            Some((_, 't')) => value.push('\t'),
            Some((_, c @ ('"' | '\'' | '\\'))) => value.push(c),
            Some((at, other)) => {
                report_escape(cx, span, at + quotes, other);
                value.extend(['\\', other]);
            }
            None => value.push('\\'),
        }
    }
    Spanned { value: value.into(), span }
}

/// The length of the opening quote, and what is between the quotes; either may be missing where the lexer said so.
fn unquoted(word: &str) -> (usize, &str) {
    match word.chars().next() {
        Some(quote @ ('"' | '\'')) => (1, word[1..].strip_suffix(quote).unwrap_or(&word[1..])),
        _ => (0, word),
    }
}

/// `at`: where the character behind the backslash stands in the string.
fn report_escape(cx: &Cx, string: Span, at: usize, other: char) {
    let lo = string.lo as usize + at - 1;
    let span = Span::new(string.file, lo, lo + 1 + other.len_utf8());
    cx.report(
        Diagnostic::error("E0107", span, format!("`\\{other}` is not an escape"), "unknown escape")
            .note("the escapes are `\\n`, `\\t`, `\\\"` and `\\\\`")
            .fix("for a backslash, write two", span, format!("\\\\{other}")),
    );
}

pub fn string_expr(string: Str) -> Expr {
    Expr { kind: ExprKind::Str(string.value), span: string.span }
}

pub fn name(cx: &Cx, l: usize) -> Expr {
    let word = cx.word(l);
    match word {
        "True" => foreign_bool(cx, l, true),
        "False" => foreign_bool(cx, l, false),
        "None" | "null" | "nil" => foreign_none(cx, l),
        _ => leaf(cx, l, ExprKind::Name(cx.name(l))),
    }
}

fn foreign_bool(cx: &Cx, l: usize, value: bool) -> Expr {
    let word = cx.word(l);
    cx.report(
        Diagnostic::error("E0112", cx.at(l), format!("`{word}` is written `{value}` in dln"), "small letters").fix(
            format!("write `{value}`"),
            cx.at(l),
            value.to_string(),
        ),
    );
    bool(cx, l, value)
}

fn foreign_none(cx: &Cx, l: usize) -> Expr {
    let word = cx.word(l);
    cx.report(
        Diagnostic::error("E0112", cx.at(l), format!("there is no `{word}` in dln"), "every name has a value")
            .help("a part that may be missing has a setting: `param bias: [Out] = zeros if use_bias`")
            .help("a layer that does nothing is `identity`"),
    );
    broken(cx, l)
}

pub fn bool(cx: &Cx, l: usize, value: bool) -> Expr {
    leaf(cx, l, ExprKind::Bool(value))
}

pub fn hole(cx: &Cx, l: usize) -> Expr {
    leaf(cx, l, ExprKind::Hole)
}

pub fn broken(cx: &Cx, l: usize) -> Expr {
    leaf(cx, l, ExprKind::Broken)
}
