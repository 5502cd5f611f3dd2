//! Parses one item at a time and goes on after a mistake.
//!
//! A mistake that `mistake` knows how to mend is mended in the tokens, and the item is parsed again; the fix is offered
//! only if parsing then gets further. Any other one costs its statement, which becomes `Broken`, or else its item.

use super::ast::*;
use super::grammar::EntryParser;
use super::layout::{Lexeme, separate};
use super::make::{Cx, Entry};
use super::mistake::adjacent::RUN_ON;
use super::mistake::{self, Finding, Repair, Site};
use super::pieces::Pieces;
use super::soft;
use super::token::Token;
use super::{brackets, foreign};
use crate::base::{Name, Span};
use crate::diag::Diagnostic;
use lalrpop_util::ParseError;
use std::collections::BTreeMap;

/// An item with more mistakes than this is given up.
const MAX_ROUNDS: usize = 24;

/// Where the grammar could not go on, and what it would have taken there.
pub struct Failure {
    pub at: usize,
    pub expected: Vec<String>,
}

/// Reads the items of one file and gathers what is wrong with them.
pub struct Reader<'t> {
    text: &'t str,
    docs: &'t BTreeMap<u32, Name>,
    pub diagnostics: Vec<Diagnostic>,
}

impl<'t> Reader<'t> {
    pub fn new(text: &'t str, docs: &'t BTreeMap<u32, Name>) -> Reader<'t> {
        Reader { text, docs, diagnostics: vec![] }
    }

    /// Reads every piece; of several pieces in a row that begin no item, only the first is reported when the others are
    /// indented below it.
    pub fn items(&mut self, pieces: Vec<Vec<Lexeme>>, mut known: Option<&mut Pieces>) -> Vec<Item> {
        let mut items = Vec::new();
        let mut stray = false;
        for piece in pieces {
            let Some(&first) = piece.first() else {
                continue;
            };
            let item = first.token.begins_item();
            if stray && !item && (first.column > 0 || first.token.is_closer()) {
                continue;
            }
            let parsed = match &mut known {
                Some(known) => self.known_item(&piece, known),
                None => self.item(&piece),
            };
            stray = !item && matches!(parsed.kind, ItemKind::Broken { .. });
            items.push(parsed);
        }
        items
    }

    /// An item that was read before, or is now.
    fn known_item(&mut self, piece: &[Lexeme], known: &mut Pieces) -> Item {
        let span = piece[0].span.to(piece[piece.len() - 1].span);
        let text = &self.text[span.range()];
        if let Some(item) = known.item(self.docs.get(&span.lo), text, span.lo) {
            return item;
        }
        let told = self.diagnostics.len();
        let item = self.item(piece);
        if self.diagnostics.len() == told {
            known.keep(text, &item);
        }
        item
    }

    fn item(&mut self, piece: &[Lexeme]) -> Item {
        let span = piece[0].span.to(piece[piece.len() - 1].span);
        let start = if is_call(piece) { Token::StartExpr } else { Token::StartItem };
        let kind = match self.read(start, piece) {
            Some(Entry::Item(kind)) => kind,
            Some(Entry::Expr(call)) => ItemKind::Run(call),
            _ => ItemKind::Broken { name: declared(self.text, piece) },
        };
        Item { doc: self.docs.get(&span.lo).cloned(), kind, span }
    }

    /// Parses `lexemes` as what `start` says; `None` if nothing could be made of them. All mistakes are reported.
    pub fn read(&mut self, start: Token, lexemes: &[Lexeme]) -> Option<Entry> {
        let (balanced, mut unbalanced) = self.admit(brackets::balance(lexemes))?;
        let begin = lexemes.first().map_or(Span::none(), |l| l.span.start());
        let mut tokens = vec![Lexeme::inserted(start, begin)];
        tokens.extend(separate(self.text, &balanced));
        self.admit(brackets::too_deep(&tokens).map_or(Ok(()), Err))?;
        let entry = self.rounds(tokens, &mut unbalanced);
        self.diagnostics.extend(unbalanced);
        entry
    }

    fn admit<T>(&mut self, result: Result<T, Diagnostic>) -> Option<T> {
        result.map_err(|refusal| self.diagnostics.push(refusal)).ok()
    }

    /// Parses, mends and parses again. What fails behind a wrong bracket is not reported: the bracket is.
    fn rounds(&mut self, mut tokens: Vec<Lexeme>, unbalanced: &mut [Diagnostic]) -> Option<Entry> {
        let labels = unbalanced.iter().flat_map(|d| &d.labels);
        let quiet_from = labels.map(|l| l.span.lo).min().unwrap_or(u32::MAX);
        self.diagnostics.extend(foreign::translate(self.text, &mut tokens));
        for _ in 0..MAX_ROUNDS {
            soft::promote(self.text, &mut tokens);
            let failure = match self.parse(&tokens) {
                Ok((entry, diagnostics)) => {
                    self.diagnostics.extend(diagnostics);
                    return Some(entry);
                }
                Err(failure) => failure,
            };
            let at = tokens[failure.at.min(tokens.len() - 1)].span;
            let quiet = at.lo >= quiet_from;
            if quiet {
                unbalanced.iter_mut().for_each(withdraw_edits);
            }
            tokens = self.mend(tokens, &failure, quiet)?;
        }
        None
    }

    fn parse(&self, tokens: &[Lexeme]) -> Result<(Entry, Vec<Diagnostic>), Failure> {
        let cx = Cx::new(self.text, tokens, self.docs);
        let stream = tokens.iter().enumerate().map(|(i, l)| (i, l.token, i + 1));
        match EntryParser::new().parse(&cx, stream) {
            Ok(entry) => Ok((entry, cx.into_diagnostics())),
            Err(error) => Err(failure(error, tokens.len())),
        }
    }

    /// Reports a failure and returns tokens that get past it.
    fn mend(&mut self, tokens: Vec<Lexeme>, failure: &Failure, quiet: bool) -> Option<Vec<Lexeme>> {
        let site = Site { text: self.text, lexemes: &tokens, at: failure.at, expected: &failure.expected };
        let Finding { diagnostic, repair } = mistake::explain(&site);
        let mended = repair.and_then(|r| self.try_repair(&tokens, failure.at, r));
        let told =
            |diagnostic: &Diagnostic| self.diagnostics.last().is_some_and(|last| again(self.text, last, diagnostic));
        if let Some(mut diagnostic) = diagnostic.filter(|diagnostic| !quiet && !told(diagnostic)) {
            if mended.is_none() {
                withdraw_edits(&mut diagnostic);
            }
            self.diagnostics.push(diagnostic);
        }
        mended.or_else(|| without_statement(&tokens, failure.at))
    }

    /// The tokens with the repair in place, if that gets the grammar past it.
    fn try_repair(&self, tokens: &[Lexeme], at: usize, repair: Repair) -> Option<Vec<Lexeme>> {
        let past = repair.range.start + repair.with.len();
        let mut mended = tokens.to_vec();
        mended.splice(repair.range, repair.with);
        soft::promote(self.text, &mut mended);
        match self.parse(&mended) {
            Ok(_) => Some(mended),
            Err(next) => {
                let further = mended.len() - next.at < tokens.len() - at;
                (further && next.at > past).then_some(mended)
            }
        }
    }
}

/// Whether a line whose words do not go together is said to be one already.
fn again(text: &str, last: &Diagnostic, new: &Diagnostic) -> bool {
    let between = text.get(last.span().hi as usize..new.span().lo as usize);
    last.code == RUN_ON && new.code == RUN_ON && between.is_some_and(|between| !between.contains('\n'))
}

/// Leaves the words of what turned out not to help.
fn withdraw_edits(diagnostic: &mut Diagnostic) {
    diagnostic.helps.iter_mut().for_each(|h| h.edit = None);
}

fn failure(error: ParseError<usize, Token, std::convert::Infallible>, end: usize) -> Failure {
    match error {
        ParseError::UnrecognizedToken { token, expected } => Failure { at: token.0, expected },
        ParseError::UnrecognizedEof { expected, .. } => Failure { at: end, expected },
        ParseError::ExtraToken { token } => Failure { at: token.0, expected: vec![] },
        ParseError::InvalidToken { .. } => Failure { at: end, expected: vec![] },
        ParseError::User { error } => match error {},
    }
}

/// `fit(net, digits, ..)`: a name, and parentheses that close where the piece ends.
fn is_call(piece: &[Lexeme]) -> bool {
    let path = piece.iter().take_while(|l| matches!(l.token, Token::Name | Token::Dot)).count();
    if piece[0].token != Token::Name || piece.get(path).is_none_or(|l| l.token != Token::LParen) {
        return false;
    }
    let mut depth = 0usize;
    let close = piece[path..].iter().position(|l| {
        if l.token.closer().is_some() {
            depth += 1;
        } else if l.token.is_closer() {
            depth = depth.saturating_sub(1);
        }
        depth == 0
    });
    close.is_some_and(|close| path + close + 1 == piece.len())
}

/// The name that a broken item would have declared.
fn declared(text: &str, piece: &[Lexeme]) -> Option<Ident> {
    let name = piece.iter().skip(1).take(2).find(|l| l.token != Token::LParen)?;
    let declares = piece[0].token.begins_item() && piece[0].token != Token::Use;
    (declares && name.token == Token::Name).then(|| Ident { name: text[name.span.range()].into(), span: name.span })
}

/// The tokens with the statement around `at` replaced: `x = ..` keeps its name, so that uses of it are not reported as
/// unknown. `None` where only the whole item can be given up.
fn without_statement(tokens: &[Lexeme], at: usize) -> Option<Vec<Lexeme>> {
    let statement = Statement::around(tokens, at)?;
    let Statement { start, end, .. } = statement;
    let span = |from: usize| tokens[from].span.to(tokens[end - 1].span);
    let with = match statement.value {
        Some(value) if value < end => {
            let mut kept = tokens[start..value].to_vec();
            kept.push(tokens[value].with(Token::Broken));
            kept.last_mut()?.span = span(value);
            kept
        }
        _ if statement.member => {
            let store = matches!(tokens[start].token, Token::Param | Token::Buffer);
            let name = *tokens.get(start + 1)?;
            if !store || name.token != Token::Name {
                return None;
            }
            let rest = Lexeme::inserted(Token::Broken, name.span);
            vec![name, rest.with(Token::Eq), rest]
        }
        _ => {
            let mut broken = tokens[start].with(Token::Broken);
            broken.span = span(start);
            vec![broken]
        }
    };
    if tokens[start..end] == with[..] {
        return None;
    }
    let mut out = tokens.to_vec();
    out.splice(start..end, with);
    Some(out)
}

/// The tokens of one statement or member.
struct Statement {
    start: usize,
    end: usize,
    /// Where the value behind `=` or `<-` begins, if that lies before the failure.
    value: Option<usize>,
    /// Whether it is a line of a layer, an optimizer or a training.
    member: bool,
}

impl Statement {
    fn around(tokens: &[Lexeme], at: usize) -> Option<Statement> {
        let mut open = Vec::new();
        for (i, lexeme) in tokens[..at.min(tokens.len())].iter().enumerate() {
            if lexeme.token.closer().is_some() {
                open.push(i);
            } else if lexeme.token.is_closer() {
                open.pop();
            }
        }
        let braces = |i: &&usize| tokens[**i].token == Token::LBrace;
        let block = open.iter().rev().find(braces).copied();
        let item = tokens.get(1)?.token;
        let member =
            open.iter().filter(braces).count() == 1 && matches!(item, Token::Layer | Token::Optimizer | Token::Train);
        let mut start = block.unwrap_or(0) + 1;
        let mut value = None;
        let mut depth = 0usize;
        let mut end = start;
        while let Some(lexeme) = tokens.get(end) {
            match lexeme.token {
                Token::Newline if depth == 0 && end >= at => break,
                Token::Newline if depth == 0 => {
                    start = end + 1;
                    value = None;
                }
                Token::Eq | Token::LeftArrow if depth == 0 && end < at && value.is_none() => {
                    value = Some(end + 1);
                }
                token if token.closer().is_some() => depth += 1,
                token if token.is_closer() => match depth.checked_sub(1) {
                    Some(less) => depth = less,
                    None => break,
                },
                _ => {}
            }
            end += 1;
        }
        let top = block.is_none() && tokens[0].token == Token::StartItem;
        (start < end && (!top || value.is_some())).then_some(Statement { start, end, value, member })
    }
}
