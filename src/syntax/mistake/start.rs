//! Mistakes in the first word of an item or a statement.

use super::{Finding, Site};
use crate::diag::{Diagnostic, nearest};
use crate::syntax::foreign;
use crate::syntax::layout::Lexeme;
use crate::syntax::token::Token;

const ITEMS: &[(&str, Token)] = &[
    ("use", Token::Use),
    ("hyper", Token::Hyper),
    ("let", Token::Let),
    ("fn", Token::Fn),
    ("layer", Token::Layer),
    ("optimizer", Token::Optimizer),
    ("train", Token::Train),
    ("test", Token::Test),
];

/// A piece of a file that begins with no word of an item.
pub fn item(site: &Site) -> Option<Finding> {
    if site.at != 1 || site.token(0) != Some(Token::StartItem) {
        return None;
    }
    let first = site.lexeme(1)?;
    let rules = [foreign_item, misspelt_item, definition, function, member];
    let known = rules.iter().find_map(|rule| rule(site, first));
    known.or_else(|| Some(statement(first)))
}

fn foreign_item(site: &Site, first: Lexeme) -> Option<Finding> {
    let word = site.word(1);
    let help = foreign::item_help(word)?;
    let followed = matches!(site.token(2), Some(Token::Name | Token::Str | Token::Star | Token::True | Token::Not));
    followed.then(|| {
        Finding::say(
            Diagnostic::error(
                "E0115",
                first.span,
                format!("`{word}` is a word of another language"),
                "not a word of dln",
            )
            .help(help),
        )
    })
}

fn misspelt_item(site: &Site, first: Lexeme) -> Option<Finding> {
    let follows = matches!(site.token(2), Some(Token::Name | Token::Str | Token::LBrace | Token::LParen));
    if first.token != Token::Name || !follows {
        return None;
    }
    let word = nearest(site.word(1), ITEMS.iter().map(|(word, _)| *word))?;
    let (_, token) = ITEMS.iter().find(|(w, _)| *w == word)?;
    // `letter(x)` is rather a call than a `let (x)`.
    let call = site.token(2) == Some(Token::LParen) && word != "let";
    (!call).then(|| misspelt_word(site, 1, word, *token))
}

/// `layr`: did you mean `layer`?
pub fn misspelt_word(site: &Site, i: usize, word: &str, token: Token) -> Finding {
    let lexeme = site.lexemes[i];
    Finding::say(
        Diagnostic::error(
            "E0114",
            lexeme.span,
            format!("`{}` is not a word of dln", site.word(i)),
            format!("did you mean `{word}`?"),
        )
        .fix(format!("write `{word}`"), lexeme.span, word),
    )
    .repair(i..i + 1, vec![lexeme.with(token)])
}

/// `x = 3` at the top level.
fn definition(site: &Site, first: Lexeme) -> Option<Finding> {
    let defines = matches!(site.token(2), Some(Token::Eq | Token::Colon | Token::Comma));
    (first.token == Token::Name && defines)
        .then(|| insert_word(first, Token::Let, "let", "at the top level a value is defined with `let`"))
}

/// `f(x) = x` and `f(x) { .. }` at the top level.
fn function(site: &Site, first: Lexeme) -> Option<Finding> {
    if first.token != Token::Name || site.token(2) != Some(Token::LParen) {
        return None;
    }
    let mut depth = 0;
    let close = site.lexemes.iter().skip(2).position(|l| {
        if l.token.closer().is_some() {
            depth += 1;
        } else if l.token.is_closer() {
            depth -= 1;
        }
        depth == 0
    })?;
    let body = matches!(site.token(close + 3), Some(Token::Eq | Token::LBrace | Token::Arrow));
    body.then(|| insert_word(first, Token::Fn, "fn", "a function is defined with `fn`"))
}

fn insert_word(first: Lexeme, token: Token, word: &str, message: &str) -> Finding {
    let place = first.span.start();
    let diagnostic = Diagnostic::error("E0128", first.span, message, format!("`{word}` is missing before this")).fix(
        format!("insert `{word}`"),
        place,
        format!("{word} "),
    );
    let inserted = Lexeme { span: place, ..first.with(token) };
    Finding::say(diagnostic).repair(1..1, vec![inserted])
}

fn member(site: &Site, first: Lexeme) -> Option<Finding> {
    let owner = match first.token {
        Token::Param | Token::Buffer => "a layer",
        Token::Yield => "a `scan`",
        _ => return None,
    };
    let word = site.word(1);
    Some(Finding::say(Diagnostic::error(
        "E0128",
        first.span,
        format!("`{word}` stands in {owner}, not at the top level"),
        "no item begins so",
    )))
}

fn statement(first: Lexeme) -> Finding {
    Finding::say(
        Diagnostic::error("E0128", first.span, "only declarations stand at the top level", "no item begins so")
            .note("an item begins with `use`, `hyper`, `let`, `fn`, `layer`, `optimizer`, `train` or `test`")
            .help("to try an expression, put it into `test \"name\" { .. }`, or use `dln repl`"),
    )
}

/// `let`, `fn` and other words of items inside a body.
pub fn declaration_inside(site: &Site) -> Option<Finding> {
    let found = site.found()?;
    let named = matches!(site.token(site.at + 1), Some(Token::Eq | Token::Comma));
    if !found.begins_item() || !site.begins_statement(site.at) || named {
        return None;
    }
    let lexeme = site.lexemes[site.at];
    let word = site.word(site.at);
    let members = site.expects("param") || site.expects("state");
    let droppable = found == Token::Let || found == Token::Fn && members;
    let message = match (found, members) {
        (Token::Let, _) => "`let` stands at the top level only".to_string(),
        (Token::Fn, true) => "a method is defined without `fn`".to_string(),
        _ => format!("`{word}` stands at the top level only"),
    };
    let diagnostic = Diagnostic::error("E0129", lexeme.span, message, "inside a body");
    if !droppable {
        let help = match found {
            Token::Fn => "a function inside a body is a value: `f = |x| ..`",
            _ => "is a `}` missing above?",
        };
        return Some(Finding::say(diagnostic.help(help)));
    }
    let next = site.lexeme(site.at + 1).map_or(lexeme.span, |l| l.span);
    let gap = lexeme.span.to(next.start());
    let diagnostic = diagnostic.fix(format!("leave `{word}` out"), gap, "");
    Some(Finding::say(diagnostic).repair(site.at..site.at + 1, vec![]))
}

/// `for` outside of a body.
pub fn loop_statement(site: &Site) -> Option<Finding> {
    if site.found() != Some(Token::For) || !site.begins_statement(site.at) {
        return None;
    }
    Some(Finding::say(
        Diagnostic::error("E0115", site.lexemes[site.at].span, "a `for` cannot stand here", "only inside a body")
            .help("in a function, a step or a test: `for f in layers { x = f(x) }`")
            .help("a list of values: `[f(a) for a in list]`"),
    ))
}

/// `test name { .. }`
pub fn bare_test_name(site: &Site) -> Option<Finding> {
    let named = site.before() == Some(Token::Test) && site.found() == Some(Token::Name);
    if !named {
        return None;
    }
    let lexeme = site.lexemes[site.at];
    let quoted = format!("\"{}\"", site.word(site.at));
    let diagnostic = Diagnostic::error("E0109", lexeme.span, "the name of a test is a string", "not in quotes").fix(
        format!("write `{quoted}`"),
        lexeme.span,
        quoted,
    );
    Some(Finding::say(diagnostic).repair(site.at..site.at + 1, vec![lexeme.with(Token::Str)]))
}

/// A reserved word where a name must stand.
pub fn word_as_name(site: &Site) -> Option<Finding> {
    let found = site.found()?;
    let structural =
        matches!(found, Token::If | Token::Else | Token::For | Token::In | Token::And | Token::Or | Token::Not);
    if !found.is_word() || structural || !site.expects("name") {
        return None;
    }
    let lexeme = site.lexemes[site.at];
    let word = site.word(site.at);
    let diagnostic = Diagnostic::error(
        "E0127",
        lexeme.span,
        format!("`{word}` is a word of the language and cannot be a name"),
        "a reserved word",
    )
    .help(format!("choose another name, `{word}_` for example"));
    Some(Finding::say(diagnostic).repair(site.at..site.at + 1, vec![lexeme.with(Token::Name)]))
}
