//! What a declaration says of itself: its head as written, its documentation, its parameters.

use std::ops::Range;

use crate::base::{Name, Span};
use crate::driver::Program;
use crate::sema::Module;
use crate::syntax::ast::{Item, ItemKind, Member, Param};
use crate::syntax::heads;

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
