//! Words of other languages that the grammar would take for names. They are found and replaced before it.

use super::layout::Lexeme;
use super::token::Token;
use crate::base::Span;
use crate::diag::Diagnostic;

/// What to write instead of an item of another language, where no replacement of words is enough.
pub fn item_help(word: &str) -> Option<&'static str> {
    match word {
        "class" | "struct" | "module" => Some("a network is a layer: `layer Name[In -> Out](settings) { .. }`"),
        "import" | "from" | "include" | "require" => {
            Some("names come from modules with `use std.nn: Linear`, from files with `use \"file.dln\": name`")
        }
        "while" | "for" => Some("loops are expressions: `repeat`, `scan`, or `[f(a) for a in list]`"),
        _ => None,
    }
}

/// Replaces foreign words; `lexemes` begin with the start marker and are separated.
pub fn translate(text: &str, lexemes: &mut Vec<Lexeme>) -> Vec<Diagnostic> {
    let mut diagnostics = Vec::new();
    let mut i = 1;
    while i < lexemes.len() {
        if lexemes[i].token == Token::Name {
            diagnostics.extend(word(text, lexemes, i));
        }
        i += 1;
    }
    diagnostics
}

fn word(text: &str, lexemes: &mut Vec<Lexeme>, i: usize) -> Option<Diagnostic> {
    let here = lexemes[i];
    let next = lexemes.get(i + 1).map(|l| l.token);
    let defines = matches!(next, Some(Token::Eq | Token::Comma | Token::LeftArrow | Token::Dot | Token::Colon));
    if defines {
        return None;
    }
    match text.get(here.span.range())? {
        "return" if begins(lexemes, i) || follows(lexemes, i, &[Token::Eq, Token::Colon]) => {
            let message = "the value of a body is its last expression";
            Some(drop_word(lexemes, i, "return", message))
        }
        "pass" if begins(lexemes, i) && matches!(next, None | Some(Token::Newline | Token::RBrace)) => {
            Some(drop_word(lexemes, i, "pass", "an empty body is `{ }`"))
        }
        word @ ("def" | "func" | "fun" | "function") if next == Some(Token::Name) => function(lexemes, i, word),
        word @ ("var" | "const" | "val") if next == Some(Token::Name) => value(lexemes, i, word),
        "elif" => elif(lexemes, i),
        "lambda" => lambda(text, lexemes, i),
        _ => None,
    }
}

fn follows(lexemes: &[Lexeme], i: usize, tokens: &[Token]) -> bool {
    tokens.contains(&lexemes[i - 1].token)
}

fn begins(lexemes: &[Lexeme], i: usize) -> bool {
    follows(lexemes, i, &[Token::Newline, Token::LBrace, Token::StartStmts])
}

fn foreign(span: Span, word: &str, message: &str) -> Diagnostic {
    Diagnostic::error("E0115", span, format!("dln has no `{word}`: {message}"), "a word of another language")
}

/// Leaves a word out, with the space behind it.
fn drop_word(lexemes: &mut Vec<Lexeme>, i: usize, word: &str, message: &str) -> Diagnostic {
    let here = lexemes.remove(i);
    let mut gap = here.span;
    if let Some(next) = lexemes.get_mut(i).filter(|l| !l.first && l.token != Token::Newline) {
        next.first = here.first;
        gap = here.span.to(next.span.start());
    }
    foreign(here.span, word, message).fix(format!("leave `{word}` out"), gap, "")
}

fn replace_word(lexemes: &mut [Lexeme], i: usize, word: &str, token: Token, by: &str) -> Diagnostic {
    lexemes[i].token = token;
    let span = lexemes[i].span;
    let message = format!("it is written `{by}`");
    foreign(span, word, &message).fix(format!("write `{by}`"), span, by)
}

/// `def f(x)`: `fn` at the top level, nothing in a layer.
fn function(lexemes: &mut Vec<Lexeme>, i: usize, word: &str) -> Option<Diagnostic> {
    if lexemes[i - 1].token == Token::StartItem {
        return Some(replace_word(lexemes, i, word, Token::Fn, "fn"));
    }
    let member = matches!(lexemes[1].token, Token::Layer | Token::Optimizer);
    (member && begins(lexemes, i))
        .then(|| drop_word(lexemes, i, word, "a method is `name(x) = ..` or `name(x) { .. }`"))
}

fn value(lexemes: &mut Vec<Lexeme>, i: usize, word: &str) -> Option<Diagnostic> {
    if lexemes[i - 1].token == Token::StartItem {
        return Some(replace_word(lexemes, i, word, Token::Let, "let"));
    }
    begins(lexemes, i).then(|| drop_word(lexemes, i, word, "a definition is `name = value`"))
}

/// `} elif c {`, on the same line or the next.
fn elif(lexemes: &mut Vec<Lexeme>, i: usize) -> Option<Diagnostic> {
    let newline = lexemes[i - 1].token == Token::Newline;
    let from = if newline { i - 1 } else { i };
    if lexemes.get(from.checked_sub(1)?)?.token != Token::RBrace {
        return None;
    }
    let here = lexemes[i];
    lexemes.splice(from..=i, [here.with(Token::Else), here.with(Token::If)]);
    let message = "it is written `else if`";
    Some(foreign(here.span, "elif", message).fix("write `else if`", here.span, "else if"))
}

/// `lambda a, b: e`
fn lambda(text: &str, lexemes: &mut [Lexeme], i: usize) -> Option<Diagnostic> {
    let names = |l: &&Lexeme| matches!(l.token, Token::Name | Token::Comma);
    let colon = i + 1 + lexemes[i + 1..].iter().take_while(names).count();
    if lexemes.get(colon)?.token != Token::Colon {
        return None;
    }
    let (start, end) = (lexemes[i].span, lexemes[colon].span);
    lexemes[i].token = Token::Bar;
    lexemes[colon].token = Token::Bar;
    let params = text.get(start.hi as usize..end.lo as usize)?.trim();
    let by = format!("|{params}|");
    let message = "a function without a name is `|x| body`";
    Some(foreign(start, "lambda", message).fix(format!("write `{by}`"), start.to(end), &*by))
}
