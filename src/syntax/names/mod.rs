//! Where each name of a file is bound and where it is read, by the text alone: for going to a definition, renaming,
//! completing. It needs no types, so it also works in a file that does not check.
//!
//! What the text alone does not tell is told apart here and found out elsewhere: what a `use` line brings (`foreign`), and `net.head`
//! (`fields`).

mod calls;
#[cfg(test)]
mod tests;
mod walk;

use std::collections::BTreeMap;

use super::ast::{File, Ident, Module};
use crate::base::{Name, Span};

/// What a name was bound as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Brought by `use`.
    Import,
    Hyper,
    Let,
    Function,
    Layer,
    Optimizer,
    /// `[In -> Out]`, or the name of an axis of a parameter.
    Size,
    /// A parameter of a function, a setting of a layer or an optimizer.
    Parameter,
    /// `param`, `buffer`, `state`
    Stored,
    Field,
    Method,
    Local,
    /// A `train` block.
    Train,
}

/// A name, and the part of the file in which it can be seen.
#[derive(Clone, Debug, PartialEq)]
pub struct Binding {
    pub name: Name,
    pub span: Span,
    pub kind: Kind,
    pub seen: Span,
}

/// A place where a binding is read, or given a new value.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Use {
    pub span: Span,
    /// The place in `Names::bindings`.
    pub of: usize,
}

/// A name that belongs to what a `use` line brings: `Linear` of `nn.Linear`, `gain` of `Block(gain: 2.0)`.
#[derive(Clone, Debug, PartialEq)]
pub struct Foreign {
    /// The place in `Names::bindings` of what was brought.
    pub base: usize,
    /// Between the two: `Block` of `blocks.Block(gain: 2.0)`.
    pub within: Option<Name>,
    pub name: Ident,
    /// An argument by name of what stands in front of it, not a member of a module.
    pub is_argument: bool,
}

/// All names of a file.
#[derive(Clone, Debug, Default)]
pub struct Names {
    pub bindings: Vec<Binding>,
    pub uses: Vec<Use>,
    pub foreign: Vec<Foreign>,
    /// `net.head`: the place of `net`, and `head`.
    pub fields: Vec<(Span, Ident)>,
}

impl Names {
    /// Of a file with this text.
    pub fn of(file: &File, text: &str) -> Names {
        walk::walk(file, text)
    }

    /// The binding that the name at a position belongs to.
    pub fn at(&self, offset: u32) -> Option<usize> {
        let covers = |span: Span| span.lo <= offset && offset <= span.hi;
        let own = self.bindings.iter().position(|binding| covers(binding.span));
        own.or_else(|| self.uses.iter().find(|used| covers(used.span)).map(|used| used.of))
    }

    /// All places of a binding, its own first.
    pub fn places(&self, binding: usize) -> Vec<Span> {
        let uses = self.uses.iter().filter(|used| used.of == binding).map(|used| used.span);
        std::iter::once(self.bindings[binding].span).chain(uses).collect()
    }

    /// What can be seen at a position; of two with one name, the inner one.
    pub fn seen(&self, offset: u32) -> Vec<&Binding> {
        let mut seen: BTreeMap<&Name, &Binding> = BTreeMap::new();
        let is_seen =
            |binding: &&Binding| binding.seen.lo <= offset && offset <= binding.seen.hi && &*binding.name != "_";
        let inside = self.bindings.iter().filter(is_seen);
        for binding in inside {
            let width = |binding: &Binding| binding.seen.hi - binding.seen.lo;
            match seen.get(&binding.name) {
                Some(other) if width(other) < width(binding) => {}
                _ => {
                    seen.insert(&binding.name, binding);
                }
            }
        }
        seen.into_values().collect()
    }
}

/// What a module itself is called where nothing else is said: `nn` of `std.nn`, `blocks` of `"parts/blocks.dln"`.
pub fn module_name(module: &Module) -> Option<Ident> {
    match module {
        Module::Path(parts) => parts.last().cloned(),
        Module::File { path, span } => {
            let file = path.rsplit('/').next()?;
            Some(Ident { name: file.strip_suffix(".dln").unwrap_or(file).into(), span: *span })
        }
    }
}
