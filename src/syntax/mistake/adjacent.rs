//! Two operands side by side: something is missing between them, or the first is a misspelt word.

use super::start::misspelt_word;
use super::{Finding, Site};
use crate::diag::{Diagnostic, nearest};
use crate::syntax::layout::Lexeme;
use crate::syntax::token::Token;

const WORDS: &[(&str, &str, Token)] = &[
    ("minimize", "minimize", Token::Minimize),
    ("minimise", "minimize", Token::Minimize),
    ("log", "log", Token::Log),
    ("yield", "yield", Token::Yield),
    ("assert", "assert", Token::Assert),
    ("save", "save", Token::Save),
    ("param", "param", Token::Param),
    ("parameter", "param", Token::Param),
    ("buffer", "buffer", Token::Buffer),
    ("state", "state", Token::State),
    ("step", "step", Token::Step),
    ("validate", "validate", Token::Validate),
    ("every", "every", Token::Every),
    ("stop", "stop", Token::Stop),
];

/// Whether an operand stands where an operator must; a word of the language counts.
pub fn operands(site: &Site) -> bool {
    let begins = |t: Token| t.begins_expr() && t != Token::LBrace;
    site.found().is_some_and(begins) && site.before().is_some_and(Token::ends_expr)
}

/// `minimise loss over net`
pub fn misspelt(site: &Site) -> Option<Finding> {
    let first = site.at.checked_sub(1)?;
    let name = site.token(first) == Some(Token::Name) && site.begins_statement(first);
    if !name || !operands(site) {
        return None;
    }
    let word = site.word(first);
    let exact = WORDS.iter().find(|(w, ..)| *w == word).map(|(w, ..)| *w);
    let close = || nearest(word, WORDS.iter().map(|(w, ..)| *w));
    let meant = exact.or_else(close)?;
    let (_, shown, token) = WORDS.iter().find(|(w, ..)| *w == meant)?;
    (*shown != word).then(|| misspelt_word(site, first, shown, *token))
}

/// `f"loss {x}"`: every text fills in what stands in braces.
pub fn marked_text(site: &Site) -> Option<Finding> {
    let mark = site.lexeme(site.at.checked_sub(1)?)?;
    let text = site.lexeme(site.at).filter(|text| text.token == Token::Str)?;
    let word = site.word(site.at - 1);
    if mark.token != Token::Name || mark.span.hi != text.span.lo || word.len() > 2 {
        return None;
    }
    let diagnostic = Diagnostic::error(
        "E0115",
        mark.span,
        format!("`{word}` before a text belongs to another language"),
        "a text stands alone",
    )
    .fix("every text fills in what stands in braces: leave it out", mark.span, "");
    Some(Finding::say(diagnostic).repair(site.at - 1..site.at, vec![]))
}

/// `f(a b)`
pub fn missing_comma(site: &Site) -> Option<Finding> {
    let list = matches!(site.opener(), Some(Token::LParen | Token::LBracket));
    if !list || !site.expects(",") || site.expects("in") || !operands(site) {
        return None;
    }
    let gap = site.gap();
    let diagnostic = Diagnostic::error(
        "E0121",
        gap,
        "a `,` is missing",
        format!("expected `,` or an operator before `{}`", site.word(site.at)),
    )
    .fix("insert `,`", gap, ",");
    Some(insert(site, diagnostic, Token::Comma))
}

/// `let x 3`, `fn f(x) x`
pub fn missing_equals(site: &Site) -> Option<Finding> {
    let begins = site.found()?.begins_expr();
    let started = site.before() != Some(Token::Name) || !site.begins_statement(site.at - 1);
    if !site.expects("=") || !begins || !started {
        return None;
    }
    let gap = site.gap();
    let diagnostic =
        Diagnostic::error("E0120", gap, "a `=` is missing", format!("expected `=` before `{}`", site.word(site.at)))
            .fix("insert `=`", gap, " =");
    Some(insert(site, diagnostic, Token::Eq))
}

/// The code for two statements on a line.
pub const RUN_ON: &str = "E0126";

/// Two statements on a line, or two expressions without an operator.
pub fn missing_end(site: &Site) -> Option<Finding> {
    let word = site.found().is_some_and(Token::is_word) && site.expects("newline");
    if !(operands(site) || word) || !site.expects("*") {
        return None;
    }
    let gap = site.gap();
    let diagnostic =
        Diagnostic::error(RUN_ON, site.span(), "an operator or the end of a line is missing", "expected before this");
    // As `save net to ".."` is written.
    if site.at > 0 && site.before() == Some(Token::Name) && site.word(site.at - 1) == "load" {
        let help = "weights of a file: `load(net, \"net.safetensors\")`; at the prompt `:load net.safetensors`";
        let inserted = vec![Lexeme::inserted(Token::Newline, gap)];
        return Some(Finding::say(diagnostic.help(help)).repair(site.at..site.at, inserted));
    }
    if !site.expects("newline") {
        return Some(Finding::say(diagnostic));
    }
    let diagnostic = diagnostic.fix("for two statements, separate them", gap, ";");
    Some(insert(site, diagnostic, Token::Newline))
}

fn insert(site: &Site, diagnostic: Diagnostic, token: Token) -> Finding {
    let inserted = Lexeme::inserted(token, site.gap());
    Finding::say(diagnostic).repair(site.at..site.at, vec![inserted])
}
