//! Brackets are matched before the grammar sees them: where one is missing or wrong can be said far better from the
//! whole item than from the token at which a parser stops. What comes out is balanced.

use super::layout::Lexeme;
use super::token::Token;
use crate::diag::{Diagnostic, Help};

/// Deeper nesting is refused.
const MAX_NESTING: usize = 200;
/// More operators on the way from an expression to its innermost part are refused: every stage walks trees recursively.
const MAX_DEPTH: usize = 5000;
/// Of one item's bracket errors, so many are shown: the first are the likely causes of the others.
const MAX_REPORTS: usize = 2;

/// The lexemes with every bracket closed, and what was wrong; an error if they are nested too deeply to go on.
pub fn balance(lexemes: &[Lexeme]) -> Result<(Vec<Lexeme>, Vec<Diagnostic>), Diagnostic> {
    let mut balance =
        Balance { lexemes, open: vec![], suspect: None, inserts: vec![], dropped: vec![], diagnostics: vec![] };
    for (i, lexeme) in lexemes.iter().enumerate() {
        if lexeme.token.closer().is_some() {
            balance.open.push(i);
            if balance.open.len() > MAX_NESTING {
                return Err(nested(lexeme, "brackets are nested too deeply", MAX_NESTING));
            }
        } else if lexeme.token.is_closer() {
            balance.close(i);
        }
    }
    Ok(balance.finish())
}

struct Balance<'a> {
    lexemes: &'a [Lexeme],
    /// Positions of the brackets that are open.
    open: Vec<usize>,
    /// The first `{` whose `}` stands in another column than the line of the `{`.
    suspect: Option<usize>,
    /// Closers to put before a position.
    inserts: Vec<(usize, Lexeme)>,
    dropped: Vec<usize>,
    diagnostics: Vec<Diagnostic>,
}

impl Balance<'_> {
    fn close(&mut self, i: usize) {
        let token = self.lexemes[i].token;
        let fits = |&o: &usize| self.lexemes[o].token.closer() == Some(token);
        match self.open.iter().rposition(fits) {
            Some(at) => {
                while self.open.len() > at + 1 {
                    self.unclosed(i);
                }
                self.check_indent(self.open[at], i);
                self.open.pop();
            }
            None => self.misfit(i),
        }
    }

    fn check_indent(&mut self, opener: usize, closer: usize) {
        let lexeme = self.lexemes[closer];
        if lexeme.first && lexeme.column != self.indent(opener) && self.suspect.is_none() {
            self.suspect = Some(opener);
        }
    }

    /// The column at which the line of lexeme `i` begins.
    fn indent(&self, i: usize) -> u32 {
        let first = self.lexemes[..=i].iter().rev().find(|l| l.first);
        first.unwrap_or(&self.lexemes[0]).column
    }

    /// A closer without an opener of its kind.
    fn misfit(&mut self, i: usize) {
        let closer = self.lexemes[i];
        let opener = self.open.last().map(|&o| self.lexemes[o]);
        match opener.and_then(|o| o.token.closer().map(|c| (o, c))) {
            Some((opener, right)) if right != Token::RBrace && closer.token != Token::RBrace => {
                self.open.pop();
                self.dropped.push(i);
                self.inserts.push((i, closer.with(right)));
                self.diagnostics.push(wrong_closer(opener, closer, right));
            }
            _ => {
                self.dropped.push(i);
                self.diagnostics.push(extra_closer(closer));
            }
        }
    }

    /// Closes the innermost open bracket, at `limit` at the latest.
    fn unclosed(&mut self, limit: usize) {
        let Some(opener) = self.open.pop() else {
            return;
        };
        let token = self.lexemes[opener].token;
        let Some(closer) = token.closer() else {
            return;
        };
        let (shown, at) = match self.suspect {
            Some(suspect) if token == Token::LBrace && limit == self.lexemes.len() => {
                (suspect, self.block_end(suspect, limit))
            }
            _ if token == Token::LBrace => (opener, limit),
            _ => (opener, self.line_end(opener, limit)),
        };
        self.inserts.push((at, Lexeme::inserted(closer, self.lexemes[at - 1].span)));
        let insert = match closer {
            Token::RBrace if self.lexemes.get(shown + 1).is_none_or(|l| l.first) => {
                format!("\n{:indent$}}}", "", indent = self.indent(shown) as usize)
            }
            Token::RBrace => " }".to_string(),
            _ => self::shown(closer).to_string(),
        };
        self.diagnostics.push(missing_closer(self.lexemes[shown], self.lexemes[at - 1], closer, insert));
    }

    /// Where the line that opened a parenthesis ends: before the block that it opens, or at its last token.
    fn line_end(&self, opener: usize, limit: usize) -> usize {
        let mut depth = 0;
        for at in opener + 1..limit {
            let (last, next) = (self.lexemes[at - 1], self.lexemes[at]);
            let line = next.first && !next.token.continues_line();
            let block = next.token == Token::LBrace && self.lexemes.get(at + 1).is_none_or(|after| after.first);
            if depth == 0 && at > opener + 1 && last.token.ends_expr() && (line || block) {
                return at;
            }
            if next.token.closer().is_some() {
                depth += 1;
            } else if next.token.is_closer() {
                depth -= 1;
            }
        }
        limit
    }

    /// Where a block should end by its indentation: before the first line that is no further in than its own.
    fn block_end(&self, opener: usize, limit: usize) -> usize {
        let indent = self.indent(opener);
        (opener + 1..limit).find(|&at| self.lexemes[at].first && self.lexemes[at].column <= indent).unwrap_or(limit)
    }

    fn finish(mut self) -> (Vec<Lexeme>, Vec<Diagnostic>) {
        while !self.open.is_empty() {
            self.unclosed(self.lexemes.len());
        }
        self.diagnostics.dedup_by(merge);
        self.diagnostics.truncate(MAX_REPORTS);
        self.inserts.sort_by_key(|(at, _)| *at);
        let mut inserts = self.inserts.into_iter().peekable();
        let mut out = Vec::with_capacity(self.lexemes.len() + inserts.len());
        for (i, lexeme) in self.lexemes.iter().enumerate() {
            while let Some((_, closer)) = inserts.next_if(|(at, _)| *at == i) {
                out.push(closer);
            }
            if self.dropped.binary_search(&i).is_err() {
                out.push(*lexeme);
            }
        }
        out.extend(inserts.map(|(_, closer)| closer));
        (out, self.diagnostics)
    }
}

fn shown(token: Token) -> &'static str {
    match token {
        Token::LParen => "(",
        Token::RParen => ")",
        Token::LBracket => "[",
        Token::RBracket => "]",
        Token::DotBracket => ".[",
        Token::LBrace => "{",
        _ => "}",
    }
}

fn missing_closer(opener: Lexeme, last: Lexeme, closer: Token, insert: String) -> Diagnostic {
    let (open, close) = (shown(opener.token), shown(closer));
    Diagnostic::error("E0110", last.span.end(), format!("a `{close}` is missing"), format!("expected `{close}` here"))
        .label(opener.span, format!("to close this `{open}`"))
        .fix(format!("insert `{close}`"), last.span.end(), insert)
}

/// Joins the reports of two brackets that are missing at the same place: their edit puts in both.
fn merge(next: &mut Diagnostic, first: &mut Diagnostic) -> bool {
    let edit = |d: &Diagnostic| d.helps.first().and_then(|h| h.edit.clone());
    let (Some(mut joined), Some(more)) = (edit(first), edit(next)) else {
        return false;
    };
    if next.code != first.code || joined.span != more.span || !joined.span.range().is_empty() {
        return false;
    }
    joined.text.push_str(&more.text);
    let help = format!("insert `{}`", joined.text.split_whitespace().collect::<String>());
    first.labels.extend(next.labels.drain(1..));
    first.helps = vec![Help { text: help, edit: Some(joined) }];
    true
}

fn wrong_closer(opener: Lexeme, closer: Lexeme, right: Token) -> Diagnostic {
    let (open, wrong, right) = (shown(opener.token), shown(closer.token), shown(right));
    Diagnostic::error("E0111", closer.span, format!("`{wrong}` cannot close `{open}`"), format!("expected `{right}`"))
        .label(opener.span, format!("this `{open}` is open"))
        .fix(format!("write `{right}`"), closer.span, right)
}

fn extra_closer(closer: Lexeme) -> Diagnostic {
    let close = shown(closer.token);
    Diagnostic::error("E0111", closer.span, format!("this `{close}` closes nothing"), "no bracket is open here").fix(
        "remove it",
        closer.span,
        "",
    )
}

/// Refuses operators that nest too deeply to walk. `lexemes` are balanced and separated.
pub fn too_deep(lexemes: &[Lexeme]) -> Option<Diagnostic> {
    // How many operators are open at each level of brackets; their sum is how deep the tree can be.
    let mut levels = vec![0];
    for lexeme in lexemes {
        let token = lexeme.token;
        if token.is_closer() && levels.len() > 1 {
            levels.pop();
        }
        let level = levels.last_mut()?;
        if matches!(token, Token::Comma | Token::Newline) {
            *level = 0;
        } else if !token.ends_expr() {
            *level += 1;
        }
        if token.closer().is_some() {
            levels.push(0);
        }
        if levels.iter().sum::<usize>() > MAX_DEPTH {
            return Some(nested(lexeme, "this expression has too many operators", MAX_DEPTH));
        }
    }
    None
}

fn nested(lexeme: &Lexeme, message: &str, limit: usize) -> Diagnostic {
    Diagnostic::error("E0108", lexeme.span, message, format!("more than {limit} here"))
        .help("give parts of it names, on lines of their own")
}
