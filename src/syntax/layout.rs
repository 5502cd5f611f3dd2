//! From raw tokens to those that the grammar sees: spaces and comments leave, and the newline rule says where statements end.
//!
//! A newline ends a statement unless the line is open: inside `( )` and `[ ]`, after a token that cannot end an
//! expression, and before a token that cannot begin a statement.

use super::Comment;
use super::lexer::RawToken;
use super::lexical;
use super::soft;
use super::token::Token;
use crate::base::{FileId, Name, Span};
use crate::diag::Diagnostic;
use std::collections::BTreeMap;
use std::ops::Range;

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
    let mut sieve = Sieve { file, text, line_start: 0, newlines: 1, doc: vec![], out: Layout::default() };
    let mut skip_to = 0;
    for (i, RawToken { token, range }) in raw.iter().enumerate() {
        if range.start < skip_to {
            continue;
        }
        match token {
            Token::Space => {}
            Token::Newline => sieve.newline(range.end),
            Token::Comment => sieve.comment(range.clone()),
            Token::SlashSlash if let Some(end) = slash_comment(text, &raw[i..], sieve.out.lexemes.last()) => {
                sieve.slash_comment(range.start..end, range.len());
                skip_to = end;
            }
            _ => sieve.lexeme(*token, range.clone()),
        }
    }
    words_as_names(&mut sieve.out.lexemes);
    sieve.out
}

struct Sieve<'t> {
    file: FileId,
    text: &'t str,
    line_start: usize,
    /// Line ends since the last token or comment.
    newlines: usize,
    /// The `##` lines just above.
    doc: Vec<&'t str>,
    out: Layout,
}

impl Sieve<'_> {
    fn span(&self, range: &Range<usize>) -> Span {
        Span::new(self.file, range.start, range.end)
    }

    /// An empty line ends a documentation comment.
    fn newline(&mut self, end: usize) {
        self.newlines += 1;
        self.line_start = end;
        if self.newlines > 1 {
            self.doc.clear();
        }
    }

    fn comment(&mut self, range: Range<usize>) {
        let text = &self.text[range.clone()];
        match text.strip_prefix("##") {
            Some(line) if self.newlines > 0 => self.doc.push(line.strip_prefix(' ').unwrap_or(line).trim_end()),
            _ => self.doc.clear(),
        }
        let span = self.span(&range);
        self.out.comments.push(Comment { span, text: text.to_string() });
        self.newlines = 0;
    }

    /// `mark` is the length of the `//`.
    fn slash_comment(&mut self, range: Range<usize>, mark: usize) {
        let span = self.span(&range);
        self.out.diagnostics.push(lexical::slash_comment(span, mark));
        self.comment(range);
    }

    fn lexeme(&mut self, token: Token, range: Range<usize>) {
        let span = self.span(&range);
        let (token, diagnostic) = lexical::check(token, span, &self.text[range.clone()]);
        self.out.diagnostics.extend(diagnostic);
        if token == Token::Space {
            return;
        }
        if !self.doc.is_empty() {
            let lines = std::mem::take(&mut self.doc).join("\n");
            self.out.docs.insert(span.lo, lines.trim_end().into());
        }
        let first = self.text[self.line_start..range.start].trim().is_empty();
        let column = (range.start - self.line_start) as u32;
        self.out.lexemes.push(Lexeme { token, span, first, column });
        self.newlines = 0;
    }
}

/// Where the line ends, if what `//` begins reads like words and not like an operand: a comment in the manner of C.
/// Side by side stand operands only in a pattern, and before words as in `n // 2 over T`.
fn slash_comment(text: &str, line: &[RawToken], last: Option<&Lexeme>) -> Option<usize> {
    let end = line.iter().position(|t| t.token == Token::Newline);
    let line = &line[..end.unwrap_or(line.len())];
    let mut words = line[1..].iter().filter(|t| t.token != Token::Space).peekable();
    let mut prose = words.peek().is_none() || !last.is_some_and(|l| l.token.ends_expr());
    let operand = |t: &RawToken| matches!(t.token, Token::Name | Token::Int | Token::Float);
    let goes_on = |t: &RawToken| {
        let ends = matches!(t.token, Token::DotBracket | Token::SlashSlash);
        !ends && soft::infix_word(&text[t.range.clone()]).is_none()
    };
    while let (false, Some(word)) = (prose, words.next().filter(|t| goes_on(t))) {
        let beside = |t: &RawToken| operand(t) && goes_on(t) || t.token.begins_item();
        prose = matches!(word.token, Token::Stray | Token::Bang)
            || operand(word) && words.peek().is_some_and(|t| beside(t));
    }
    prose.then(|| line.last().map_or(0, |t| t.range.end))
}

/// A word of the language is an ordinary name after `.` (`digits.train`) and, where no item or member can begin, before
/// `:` (`(train: a, test: b)`).
fn words_as_names(lexemes: &mut [Lexeme]) {
    for i in 0..lexemes.len() {
        let token = lexemes[i].token;
        let after_dot = i > 0 && lexemes[i - 1].token == Token::Dot;
        let label = matches!(token, Token::Repeat | Token::While | Token::Each | Token::Scan)
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
