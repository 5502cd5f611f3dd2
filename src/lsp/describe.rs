//! What a declaration says of itself: its head as written, its documentation, its parameters.

use std::ops::Range;

use crate::base::{Name, Span};
use crate::driver::Program;
use crate::sema::Module;
use crate::syntax::ast::{DimArg, Item, ItemKind, Member, Param, TypeKind};
use crate::syntax::heads;
use crate::tir::Origin;

/// A declaration for people.
#[derive(Clone, Debug, PartialEq)]
pub struct Described {
    /// `fn mse(pred: [..S], target: [..S]) -> []`, without its body.
    pub head: String,
    pub doc: Option<Name>,
    /// The names of what it takes, in order.
    pub params: Vec<Name>,
    /// The names of the sizes between its brackets, in order.
    pub sizes: Vec<Name>,
    /// The module that declares it, if it is of the standard library: `std.nn.linear`.
    pub library: Option<String>,
}

/// The declaration at a span, such as `Note::origin`.
pub fn at(program: &Program, span: Span) -> Option<Described> {
    let (module, item) = item_at(program, span)?;
    let source = &program.sources.get(span.file)?.text;
    let described = |head: Range<usize>, doc: &Option<Name>, params: &[Param]| Described {
        head: one_line(source.get(head).unwrap_or("")),
        doc: doc.clone(),
        params: params.iter().map(|param| param.name.name.clone()).collect(),
        sizes: vec![],
        library: library(module),
    };
    let whole = |params: &[Param]| described(heads::of_item(source, item), &item.doc, params);
    Some(match &item.kind {
        ItemKind::Fn(func) => whole(&func.params),
        ItemKind::Layer(layer) => {
            let member = layer.members.iter().find_map(|member| {
                let head = || heads::of_member(source, member);
                match member {
                    Member::Method(func) if func.name.span == span => Some(described(head(), &func.doc, &func.params)),
                    Member::Param(store) | Member::Buffer(store) if store.name.span == span => {
                        Some(described(head(), &store.doc, &[]))
                    }
                    Member::Field { names, .. } if names.iter().any(|name| name.span == span) => {
                        Some(described(head(), &None, &[]))
                    }
                    _ => None,
                }
            });
            let sizes = layer.sizes_in.iter().chain(&layer.sizes_out).map(|size| size.name.name.clone());
            member.unwrap_or_else(|| Described { sizes: sizes.collect(), ..whole(&layer.settings) })
        }
        ItemKind::Optimizer(optimizer) => whole(&optimizer.settings),
        ItemKind::Hyper(_) | ItemKind::Let(_) => whole(&[]),
        _ => return None,
    })
}

/// The item that declares what stands at a span, in whatever file that is.
pub fn item_at(program: &Program, span: Span) -> Option<(&Module, &Item)> {
    let module = program.modules.of_file(span.file)?;
    let holds = |item: &&Item| item.span.file == span.file && item.span.lo <= span.lo && span.hi <= item.span.hi;
    Some((module, module.ast.items.iter().find(holds)?))
}

/// `std.nn.linear` of `std/nn/linear.dln`.
fn library(module: &Module) -> Option<String> {
    module.std.then(|| module.name.trim_end_matches(".dln").replace('/', "."))
}

/// A head in one line.
pub fn one_line(head: &str) -> String {
    head.split('\n').map(str::trim).collect::<Vec<_>>().join(" ")
}

/// What is to be said of where a size comes from.
///
/// `cell` is the path and the place of the memory that it is of.
pub fn told(origin: &Origin, cell: Option<(&str, Span)>, program: &Program) -> String {
    let sources = &program.sources;
    match origin {
        Origin::Cell(_, axis) => {
            let (path, span) = cell.unwrap_or(("", Span::none()));
            match size_name(span, *axis, program) {
                Some(size) => format!("axis {axis} of `{path}`, its size {size}"),
                None => format!("axis {axis} of `{path}`, {}", sources.place(span)),
            }
        }
        Origin::Given(span) if span.is_none() => "given from outside".to_string(),
        Origin::Given(span) => format!("given as `{}`, {}", first_line(sources.text(*span)), sources.place(*span)),
        Origin::Made(span) if span.is_none() => "an operation of its own".to_string(),
        Origin::Made(span) => format!("made by `{}`, {}", first_line(sources.text(*span)), sources.place(*span)),
    }
}

/// How the declaration of a parameter or a buffer calls the size of an axis.
fn size_name(declared: Span, axis: usize, program: &Program) -> Option<String> {
    let (_, item) = item_at(program, declared)?;
    let ItemKind::Layer(layer) = &item.kind else { return None };
    let store = layer.members.iter().find_map(|member| match member {
        Member::Param(store) | Member::Buffer(store) if store.name.span == declared => Some(store),
        _ => None,
    })?;
    let TypeKind::Tensor { dims, .. } = &store.ty.kind else { return None };
    match dims.get(axis)? {
        DimArg::Size(size) => Some(format!("`{}` of `{}`", program.sources.text(size.span), layer.name.name)),
        DimArg::Rest(..) => None,
    }
}

fn first_line(text: &str) -> &str {
    text.lines().next().unwrap_or("")
}
