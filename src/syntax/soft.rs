//! Words that are keywords in one place and names everywhere else: `log loss: l` logs, `log(x)` calls.
//! They are told apart by their neighbours, before the grammar, so that the grammar stays LR(1).
//!
//! No two operands ever stand side by side, so a name just behind an operand can only be one of the infix words
//! (`x over T`); at the start of a statement the next token decides.

use super::layout::Lexeme;
use super::token::Token;

/// Where a line stands, as far as it matters here.
#[derive(Clone, Copy, PartialEq)]
enum Body {
    Train,
    Optimizer,
    Other,
}

/// Gives the words of `lexemes` their meaning. The first lexeme is the start marker.
pub fn promote(text: &str, lexemes: &mut [Lexeme]) {
    let mut open: Vec<usize> = Vec::new();
    for i in 1..lexemes.len() {
        let token = lexemes[i].token;
        if token.closer().is_some() {
            open.push(i);
        } else if token.is_closer() {
            open.pop();
        } else if token == Token::Name && !open.iter().any(|&o| lexemes[o].token == Token::DotBracket) {
            if let Some(word) = meaning(text, lexemes, i, open.last().copied()) {
                lexemes[i].token = word;
            }
        } else if is_metric(token, lexemes, i) || (token == Token::Optimizer && i > 1 && !open.is_empty()) {
            lexemes[i].token = Token::Name;
        }
    }
}

/// `train.loss` behind `best`, `better` and their kin.
fn is_metric(token: Token, lexemes: &[Lexeme], i: usize) -> bool {
    use Token::{Best, Highest, Lowest, Test, Train};
    matches!(token, Train | Test) && matches!(lexemes[i - 1].token, Best | Highest | Lowest)
}

/// What the word at `i` means inside the bracket at `open`.
fn meaning(text: &str, lexemes: &[Lexeme], i: usize, open: Option<usize>) -> Option<Token> {
    let prev = lexemes[i - 1].token;
    let word = &text[lexemes[i].span.range()];
    let block = open.is_none_or(|o| lexemes[o].token == Token::LBrace);
    match prev {
        Token::Newline | Token::LBrace | Token::StartStmts if block => {
            statement_word(text, lexemes, i, open.map_or(Body::Other, |o| body(lexemes, o)))
        }
        Token::Stop => (word == "after").then_some(Token::After),
        Token::Without => without_word(word),
        Token::Save => best_word(text, lexemes, i),
        Token::Epochs | Token::Backward => infix_word(word),
        _ if prev.ends_expr() => infix_word(word),
        _ => None,
    }
}

/// Whose body begins with the brace at `open`: `train {` and `train name {` may stand inside a function.
fn body(lexemes: &[Lexeme], open: usize) -> Body {
    let before = |n: usize| open.checked_sub(n).map(|i| lexemes[i].token);
    match (before(1), before(2)) {
        (Some(Token::Train), _) | (Some(Token::Name), Some(Token::Train)) => Body::Train,
        _ if lexemes[1].token == Token::Optimizer && !lexemes[2..open].iter().any(|l| l.token == Token::LBrace) => {
            Body::Optimizer
        }
        _ => Body::Other,
    }
}

fn statement_word(text: &str, lexemes: &[Lexeme], i: usize, body: Body) -> Option<Token> {
    use Token::*;
    let next = lexemes.get(i + 1)?;
    let operand = next.token.begins_expr() && !matches!(next.token, LParen | LBracket | Minus);
    let defines = matches!(next.token, Eq | Comma | LeftArrow | Dot | Newline | RBrace);
    let word = &text[lexemes[i].span.range()];
    match (word, body) {
        ("minimize", _) if !defines => Some(Minimize),
        ("assert", _) if !defines => Some(Assert),
        ("log", _) if operand || next.token.is_word() || next.token == DotDot => Some(Log),
        ("save", _) if operand => Some(Save),
        ("stop", Body::Train) if operand => Some(Stop),
        ("step", Body::Train) if !defines => Some(Step),
        ("validate", Body::Train) if !defines => Some(Validate),
        ("every", Body::Train) if !defines => Some(Every),
        ("state", Body::Optimizer) if operand => Some(State),
        _ => None,
    }
}

pub(super) fn infix_word(word: &str) -> Option<Token> {
    match word {
        "over" => Some(Token::Over),
        "with" => Some(Token::With),
        "max" => Some(Token::Max),
        "to" => Some(Token::To),
        "backward" => Some(Token::Backward),
        "epoch" | "epochs" => Some(Token::Epochs),
        "step" | "steps" => Some(Token::Steps),
        "without" => Some(Token::Without),
        _ => None,
    }
}

fn without_word(word: &str) -> Option<Token> {
    match word {
        "better" => Some(Token::Best),
        "higher" => Some(Token::Highest),
        "lower" => Some(Token::Lowest),
        _ => None,
    }
}

/// `save best val.loss to ..`, but `save best to ..` saves a layer of that name.
fn best_word(text: &str, lexemes: &[Lexeme], i: usize) -> Option<Token> {
    let next = lexemes.get(i + 1)?;
    let metric = match next.token {
        Token::Train | Token::Test => true,
        Token::Name => &text[next.span.range()] != "to",
        _ => false,
    };
    match &text[lexemes[i].span.range()] {
        "best" if metric => Some(Token::Best),
        "highest" if metric => Some(Token::Highest),
        "lowest" if metric => Some(Token::Lowest),
        _ => None,
    }
}
