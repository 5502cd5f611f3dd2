//! What a declaration says of itself: its head as written, its documentation, its parameters.

use crate::base::{Name, Span};
use crate::sema::Module;
use crate::syntax::ast::{Func, Item, ItemKind, Member, Param};

use super::project::Analysis;

/// A declaration for people.
#[derive(Clone, Debug, PartialEq)]
pub struct Described {
    /// `fn mse(pred: [..S], target: [..S]) -> []`, without its body.
    pub head: String,
    pub doc: Option<Name>,
    /// The names of what it takes, in order.
    pub params: Vec<Name>,
    /// The module that declares it, if it is of the standard library: `std.nn.linear`.
    pub library: Option<String>,
}

/// The declaration at a span, such as `Note::origin`.
pub fn at(analysis: &Analysis, span: Span) -> Option<Described> {
    let (module, item) = analysis.item_at(span)?;
    let source = &analysis.program.sources.get(module.file)?.text;
    let described = |from: u32, to: u32, doc: &Option<Name>, params: &[Param]| Described {
        head: head(source, from as usize, to as usize),
        doc: doc.clone(),
        params: params.iter().map(|param| param.name.name.clone()).collect(),
        library: library(module),
    };
    let of_func = |func: &Func, from: u32, doc: &Option<Name>| described(from, func.body.span.lo, doc, &func.params);
    Some(match &item.kind {
        ItemKind::Fn(func) => of_func(func, item.span.lo, &item.doc),
        ItemKind::Layer(layer) => {
            let member = layer.members.iter().find_map(|member| match member {
                Member::Method(func) if func.name.span == span => Some(of_func(func, func.name.span.lo, &func.doc)),
                Member::Param(store) | Member::Buffer(store) if store.name.span == span => {
                    Some(described(store.name.span.lo, store.init.span.hi, &store.doc, &[]))
                }
                Member::Field { names, value } if names.iter().any(|name| name.span == span) => {
                    Some(described(names[0].span.lo, value.span.hi, &None, &[]))
                }
                _ => None,
            });
            member.unwrap_or_else(|| described(item.span.lo, brace(source, item), &item.doc, &layer.settings))
        }
        ItemKind::Optimizer(optimizer) => described(item.span.lo, brace(source, item), &item.doc, &optimizer.settings),
        ItemKind::Hyper(_) | ItemKind::Let(_) => described(item.span.lo, line_end(source, item), &item.doc, &[]),
        _ => return None,
    })
}

/// `std.nn.linear` of `std/nn/linear.dln`.
fn library(module: &Module) -> Option<String> {
    module.std.then(|| module.name.trim_end_matches(".dln").replace('/', "."))
}

/// A head without the sign that its body begins with, in one line.
fn head(source: &str, from: usize, to: usize) -> String {
    let text = source.get(from..to.max(from)).unwrap_or("").trim_end();
    let text = text.strip_suffix('=').unwrap_or(text).trim_end();
    text.split('\n').map(str::trim).collect::<Vec<_>>().join(" ")
}

/// Where the body of a layer or an optimizer begins: at the first brace that stands in no bracket.
fn brace(source: &str, item: &Item) -> u32 {
    let mut depth = 0usize;
    for (at, c) in source.get(item.span.range()).unwrap_or("").char_indices() {
        match c {
            '(' | '[' => depth += 1,
            ')' | ']' => depth = depth.saturating_sub(1),
            '{' if depth == 0 => return item.span.lo + at as u32,
            _ => {}
        }
    }
    item.span.hi
}

/// The end of the first line of an item.
fn line_end(source: &str, item: &Item) -> u32 {
    let text = source.get(item.span.range()).unwrap_or("");
    item.span.lo + text.find('\n').unwrap_or(text.len()) as u32
}
