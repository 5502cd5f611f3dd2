//! What the grammar's actions call: one small function per construct. They never fail; what is wrong with a construct
//! that parses goes to a side list.

mod expr;
mod item;
mod literal;
mod stmt;
mod train;
mod ty;

pub use expr::*;
pub use item::*;
pub use literal::*;
pub use stmt::*;
pub use train::*;
pub use ty::*;

use super::ast::{Expr, Ident, ItemKind, Param, Stmt};
use super::layout::Lexeme;
use crate::base::{Name, Span};
use crate::diag::{Diagnostic, lookalike};
use std::cell::RefCell;
use std::collections::BTreeMap;

/// What a parse yields, by the token that it starts with.
#[derive(Debug)]
pub enum Entry {
    Item(ItemKind),
    Stmts(Vec<Stmt>),
    Expr(Expr),
}

/// What actions look up: the grammar's locations are positions in `lexemes`.
pub struct Cx<'c> {
    text: &'c str,
    lexemes: &'c [Lexeme],
    docs: &'c BTreeMap<u32, Name>,
    diagnostics: RefCell<Vec<Diagnostic>>,
}

impl<'c> Cx<'c> {
    pub fn new(text: &'c str, lexemes: &'c [Lexeme], docs: &'c BTreeMap<u32, Name>) -> Cx<'c> {
        Cx { text, lexemes, docs, diagnostics: RefCell::default() }
    }

    /// What the actions had to say.
    pub fn into_diagnostics(self) -> Vec<Diagnostic> {
        self.diagnostics.into_inner()
    }

    fn report(&self, diagnostic: Diagnostic) {
        self.diagnostics.borrow_mut().push(diagnostic);
    }

    fn at(&self, l: usize) -> Span {
        match self.lexemes.get(l) {
            Some(lexeme) => lexeme.span,
            None => self.lexemes.last().map_or(Span::none(), |l| l.span.end()),
        }
    }

    /// The span of the tokens `l..r`.
    fn span(&self, l: usize, r: usize) -> Span {
        match r.checked_sub(1) {
            Some(last) if last >= l => self.at(l).to(self.at(last)),
            _ => self.at(l).start(),
        }
    }

    fn word(&self, l: usize) -> &'c str {
        self.text.get(self.at(l).range()).unwrap_or("")
    }

    /// As a name: letters that only look like ASCII have been told of.
    fn name(&self, l: usize) -> Name {
        lookalike::plain(self.word(l)).as_ref().into()
    }

    fn doc(&self, l: usize) -> Option<Name> {
        self.docs.get(&self.at(l).lo).cloned()
    }
}

/// Leaves out a parameter that other languages have for the object itself.
pub fn without_self(cx: &Cx, mut params: Vec<Param>) -> Vec<Param> {
    let Some(param) = params.first().filter(|p| &*p.name.name == "self") else {
        return params;
    };
    let end = params.get(1).map_or(param.name.span, |next| next.name.span.start());
    let message = "a method has no parameter for its layer";
    let label = "the members of a layer are in scope by their names";
    cx.report(Diagnostic::error("E0113", param.name.span, message, label).fix(
        "leave it out",
        param.name.span.to(end),
        "",
    ));
    params.remove(0);
    params
}

pub fn ident(cx: &Cx, l: usize) -> Ident {
    Ident { name: cx.name(l), span: cx.at(l) }
}

pub fn none<T>() -> Vec<T> {
    vec![]
}

pub fn one<T>(element: T) -> Vec<T> {
    vec![element]
}

pub fn push<T>(mut list: Vec<T>, element: T) -> Vec<T> {
    list.push(element);
    list
}

pub fn prepend<T>(element: T, mut list: Vec<T>) -> Vec<T> {
    list.insert(0, element);
    list
}

/// The lines of a block; empty ones leave nothing.
pub fn lines<T>(list: Vec<Option<T>>, last: Option<T>) -> Vec<T> {
    list.into_iter().chain([last]).flatten().collect()
}

pub fn pair<A, B>(a: A, b: B) -> (A, B) {
    (a, b)
}
