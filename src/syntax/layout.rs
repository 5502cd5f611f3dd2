//! From raw tokens to those that the grammar sees: spaces and comments leave, and the newline rule says where statements end.
//!
//! A newline ends a statement unless the line is open: inside `( )` and `[ ]`, after a token that cannot end an
//! expression, and before a token that cannot begin a statement.

use super::Comment;
use super::lexer::RawToken;
use super::lexical;
use super::token::Token;
use crate::base::{FileId, Name, Span};
use crate::diag::Diagnostic;
use std::collections::BTreeMap;

/// A token that means something, and where it stands.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Lexeme {
    pub token: Token,
    pub span: Span,
    /// Whether it is the first of its line.
    pub first: bool,
    /// Bytes from the start of the line.
    pub column: u32,
}

impl Lexeme {
    /// A token that nobody wrote, just behind `span`.
    pub fn inserted(token: Token, span: Span) -> Lexeme {
        Lexeme { token, span: span.end(), first: false, column: u32::MAX }
    }

    pub fn with(self, token: Token) -> Lexeme {
        Lexeme { token, ..self }
    }
}

/// The file without spaces, newlines and comments; these are kept aside.
#[derive(Debug, Default)]
pub struct Layout {
    pub lexemes: Vec<Lexeme>,
    pub comments: Vec<Comment>,
    /// The `##` lines just above a token, by where that token begins.
    pub docs: BTreeMap<u32, Name>,
    pub diagnostics: Vec<Diagnostic>,
}

/// Drops what is no token of the grammar, and reports what is no token at all.
pub fn layout(file: FileId, text: &str, raw: &[RawToken]) -> Layout {
    let mut out = Layout::default();
    let mut doc: Vec<&str> = Vec::new();
    let mut line_start = 0;
    let mut newlines = 1;
    let mut skip_to = 0;
    for (i, RawToken { token, range }) in raw.iter().enumerate() {
        if range.start < skip_to {
            continue;
        }
        let span = Span::new(file, range.start, range.end);
        let word = &text[range.clone()];
        match token {
            Token::Space => {}
            Token::Newline => {
                newlines += 1;
                line_start = range.end;
                if newlines > 1 {
                    doc.clear();
                }
            }
            Token::Comment => {
                match word.strip_prefix("##") {
                    Some(line) if newlines > 0 => doc.push(line.strip_prefix(' ').unwrap_or(line)),
                    _ => doc.clear(),
                }
                out.comments.push(Comment { span, text: word.to_string() });
                newlines = 0;
            }
            Token::SlashSlash if let Some(end) = slash_comment(&raw[i..], out.lexemes.last()) => {
                let span = Span::new(file, range.start, end);
                out.diagnostics.push(lexical::slash_comment(span, range.len()));
                out.comments.push(Comment { span, text: text[range.start..end].to_string() });
                skip_to = end;
                newlines = 0;
            }
            _ => {
                if !doc.is_empty() {
                    let lines = std::mem::take(&mut doc).join("\n");
                    out.docs.insert(span.lo, lines.trim_end().into());
                }
                let (token, diagnostic) = lexical::check(*token, span, word);
                out.diagnostics.extend(diagnostic);
                out.lexemes.push(Lexeme {
                    token,
                    span,
                    first: text[line_start..range.start].trim().is_empty(),
                    column: (range.start - line_start) as u32,
                });
                newlines = 0;
            }
        }
    }
    words_as_names(&mut out.lexemes);
    out
}

/// Where the line ends, if what `//` begins reads like words and not like an operand: a comment in the manner of C.
fn slash_comment(line: &[RawToken], last: Option<&Lexeme>) -> Option<usize> {
    let end = line.iter().position(|t| t.token == Token::Newline);
    let line = &line[..end.unwrap_or(line.len())];
    let mut words = line[1..].iter().filter(|t| t.token != Token::Space).peekable();
    let mut prose = words.peek().is_none() || !last.is_some_and(|l| l.token.ends_expr());
    while let (false, Some(word)) = (prose, words.next()) {
        let next = words.peek().map(|t| t.token);
        let operand = |t: Token| t == Token::Name || matches!(t, Token::Int | Token::Float);
        prose = matches!(word.token, Token::Stray | Token::Bang)
            || operand(word.token) && next.is_some_and(|t| operand(t) || t.begins_item());
    }
    prose.then(|| line.last().map_or(0, |t| t.range.end))
}

/// A word of the language is an ordinary name after `.` (`digits.train`) and, where no item or member can begin, before
/// `:` (`(train: a, test: b)`).
fn words_as_names(lexemes: &mut [Lexeme]) {
    for i in 0..lexemes.len() {
        let token = lexemes[i].token;
        let after_dot = i > 0 && lexemes[i - 1].token == Token::Dot;
        let label = matches!(token, Token::Repeat | Token::Each | Token::Scan)
            || token.begins_item()
            || matches!(token, Token::Param | Token::Buffer);
        let before_colon = label && lexemes.get(i + 1).is_some_and(|l| l.token == Token::Colon);
        if token.is_word() && (after_dot || before_colon) {
            lexemes[i].token = Token::Name;
        }
    }
}

/// Puts a `Newline` wherever a statement ends, once for several, and none at either end.
pub fn separate(text: &str, lexemes: &[Lexeme]) -> Vec<Lexeme> {
    let mut out: Vec<Lexeme> = Vec::with_capacity(lexemes.len());
    let mut open: Vec<Token> = Vec::new();
    for (i, &lexeme) in lexemes.iter().enumerate() {
        let block = matches!(open.last(), None | Some(Token::LBrace));
        let next = lexemes.get(i + 1);
        if let Some(last) = out.last().copied()
            && block
            && lexeme.first
            && !(open.is_empty() && lexeme.token == Token::LBrace)
            && ends_statement(text, last, lexeme, next)
        {
            out.push(Lexeme::inserted(Token::Newline, last.span));
        }
        if lexeme.token == Token::Semicolon {
            if out.last().is_some_and(|l| l.token.ends_expr()) {
                out.push(lexeme.with(Token::Newline));
            }
            continue;
        }
        if lexeme.token == Token::RBrace && out.last().is_some_and(|l| l.token == Token::Newline) {
            out.pop();
        }
        if lexeme.token.closer().is_some() {
            open.push(lexeme.token);
        } else if lexeme.token.is_closer() {
            open.pop();
        }
        out.push(lexeme);
    }
    if out.last().is_some_and(|l| l.token == Token::Newline) {
        out.pop();
    }
    out
}

/// Whether a statement ends between `last` and `next`, the first token of a later line.
pub fn ends_statement(text: &str, last: Lexeme, next: Lexeme, after: Option<&Lexeme>) -> bool {
    if next.token == Token::RBrace || !last.token.ends_expr() {
        return false;
    }
    let adjacent = after.is_some_and(|a| a.span.lo == next.span.hi && a.token == Token::LParen);
    match next.token {
        // `where(c, a, b)` is a call; `where D % heads == 0` a clause.
        Token::Where => adjacent,
        Token::Name => !continues(&text[next.span.range()], after),
        token => !token.continues_line(),
    }
}

/// `with`, `over` and `backward` are names too, but no statement begins with two operands in a row.
fn continues(word: &str, after: Option<&Lexeme>) -> bool {
    matches!(word, "with" | "over" | "backward")
        && after.is_some_and(|a| match a.token {
            Token::LParen => word == "with",
            token => token.begins_expr() && token != Token::Minus && token != Token::LBracket,
        })
}
