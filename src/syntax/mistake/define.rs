//! `=`, `:`, `==` and `->` in each other's place.

use super::{Finding, Site};
use crate::diag::Diagnostic;
use crate::syntax::token::Token;

/// Replaces the token that does not fit by one that does.
fn replace(site: &Site, diagnostic: Diagnostic, token: Token) -> Finding {
    let lexeme = site.lexemes[site.at];
    let diagnostic = fix(site, site.at, diagnostic, token);
    Finding::say(diagnostic).repair(site.at..site.at + 1, vec![lexeme.with(token)])
}

/// Offers `token` in the place of the one at `i`, with the spaces that it usually has.
fn fix(site: &Site, i: usize, diagnostic: Diagnostic, token: Token) -> Diagnostic {
    let span = site.lexemes[i].span;
    let from_gap = site.lexemes[i - 1].span.end().to(span);
    match token {
        Token::Colon => diagnostic.fix("write `:`", from_gap, ":"),
        Token::Eq => diagnostic.fix("write `=`", from_gap, " ="),
        Token::Arrow => diagnostic.fix("write `->`", from_gap, " ->"),
        _ => diagnostic.fix("write `==`", span, "=="),
    }
}

/// `x := 3`
pub fn walrus(site: &Site) -> Option<Finding> {
    let (left, right) = (site.lexeme(site.at.checked_sub(1)?)?, site.lexeme(site.at)?);
    let walrus = left.token == Token::Colon && right.token == Token::Eq && left.span.hi == right.span.lo;
    if !walrus {
        return None;
    }
    let span = left.span.to(right.span);
    let diagnostic = Diagnostic::error("E0118", span, "dln defines with `=`", "not `:=`").fix("write `=`", span, "=");
    Some(Finding::say(diagnostic).repair(site.at - 1..site.at, vec![]))
}

/// `f(x, k = 3)`, `(loss = l)`, `log loss = l`
pub fn equals_for_colon(site: &Site) -> Option<Finding> {
    let named = site.found() == Some(Token::Eq) && site.before() == Some(Token::Name);
    if !named || !site.expects(":") || site.expects("=") {
        return None;
    }
    let name = site.word(site.at - 1);
    let message = match site.opener() {
        Some(Token::LParen) => "the name of an argument or a field is followed by `:`",
        _ => "what is logged is named with `:`",
    };
    let diagnostic = Diagnostic::error("E0117", site.span(), message, format!("`{name}` is followed by `=`"));
    Some(replace(site, diagnostic, Token::Colon))
}

/// `if a = b { .. }`, `assert a = b`
pub fn equals_for_compare(site: &Site) -> Option<Finding> {
    if site.found() != Some(Token::Eq) {
        return None;
    }
    let start = site.statement();
    let condition = site.lexemes[start..site.at]
        .iter()
        .any(|l| matches!(l.token, Token::If | Token::Assert | Token::Where | Token::Yield));
    if !condition {
        return None;
    }
    let diagnostic = Diagnostic::error("E0119", site.span(), "`=` defines; `==` compares", "a comparison is expected");
    Some(replace(site, diagnostic, Token::EqEq))
}

/// `(a, b) = e`, `x[0] = e`, `net.w = e`
pub fn left_side(site: &Site) -> Option<Finding> {
    let block = matches!(site.opener(), None | Some(Token::LBrace));
    if site.found() != Some(Token::Eq) || !site.expects("<-") || !block {
        return None;
    }
    let start = site.statement();
    let left = site.lexemes[start].span.to(site.gap());
    let parens = site.token(start) == Some(Token::LParen)
        && site.before() == Some(Token::RParen)
        && site.lexemes[start + 1..site.at - 1].iter().all(|l| matches!(l.token, Token::Name | Token::Comma));
    if !parens {
        return Some(Finding::say(
            Diagnostic::error("E0133", left, "only names stand on the left of `=`", "not a name")
                .help("a parameter, a buffer or a state changes with `<-`")
                .help("to change parts of a tensor, make a new one: `where`, `concat`, `put_along`"),
        ));
    }
    let inner = &site.lexemes[start + 1..site.at - 1];
    let span = inner.first()?.span.to(inner.last()?.span);
    let text = site.text.get(span.range()).unwrap_or("");
    let diagnostic = Diagnostic::error(
        "E0133",
        left,
        "names on the left of `=` stand without parentheses",
        "leave the parentheses out",
    )
    .fix("leave them out", left, text);
    Some(Finding::say(diagnostic).repair(start..site.at, inner.to_vec()))
}

/// `fn f(x: [N]): [N] = ..`
pub fn result_type(site: &Site) -> Option<Finding> {
    let typed = matches!(site.token(site.at + 1), Some(Token::Name | Token::LBracket | Token::LParen));
    let place = site.found() == Some(Token::Colon) && site.expects("->");
    let last = site.lexeme(site.at + 1).is_some_and(|l| l.first);
    if !place || !typed || last {
        return None;
    }
    let diagnostic =
        Diagnostic::error("E0118", site.span(), "the type of a result stands behind `->`", "not behind `:`");
    Some(replace(site, diagnostic, Token::Arrow))
}

/// `with (h: zeros)`, `forward(x): x`, `step x: 3`
pub fn colon_for_equals(site: &Site) -> Option<Finding> {
    let line_end = site.lexeme(site.at + 1).is_none_or(|l| l.first);
    let block = site.expects("{") && line_end;
    if site.found() != Some(Token::Colon) || !site.expects("=") || block {
        return None;
    }
    let diagnostic = Diagnostic::error("E0118", site.span(), "a value is defined with `=`", "not with `:`");
    Some(replace(site, diagnostic, Token::Eq))
}

/// `let x: 3`: a value where `:` has announced a type.
pub fn value_for_type(site: &Site) -> Option<Finding> {
    use Token::*;
    let value = matches!(site.found()?, Int | Float | Str | True | False | Minus | Not | Bar | If | LBrace);
    let announced = site.before() == Some(Colon) && site.expects("[") && !site.expects("int");
    if !value || !announced {
        return None;
    }
    let colon = site.lexemes[site.at - 1];
    let diagnostic = Diagnostic::error("E0118", colon.span, "a value is defined with `=`", "`:` announces a type");
    let diagnostic = fix(site, site.at - 1, diagnostic, Eq);
    Some(Finding::say(diagnostic).repair(site.at - 1..site.at, vec![colon.with(Eq)]))
}

/// `let x == 3`
pub fn compare_for_equals(site: &Site) -> Option<Finding> {
    if site.found() != Some(Token::EqEq) || !site.expects("=") {
        return None;
    }
    let diagnostic = Diagnostic::error("E0119", site.span(), "`==` compares; `=` defines", "a definition is expected");
    Some(replace(site, diagnostic, Token::Eq))
}
