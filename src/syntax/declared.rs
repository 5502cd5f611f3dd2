//! What items declare.

use super::ast::{Ident, Item, ItemKind, Let};

impl Ident {
    /// Whether it stands for a value that nobody asks for: `_, y = f(x)`. Nothing reads it.
    pub fn is_ignored(&self) -> bool {
        &*self.name == "_"
    }
}

impl Item {
    /// The names that it declares.
    pub fn names(&self) -> Vec<&Ident> {
        match &self.kind {
            ItemKind::Hyper(h) => vec![&h.name],
            ItemKind::Let(l) => l.names.iter().filter(|ident| !ident.is_ignored()).collect(),
            ItemKind::Fn(f) => vec![&f.name],
            ItemKind::Layer(l) => vec![&l.name],
            ItemKind::Optimizer(o) => vec![&o.name],
            ItemKind::Broken { name } => name.iter().collect(),
            ItemKind::Use(_) | ItemKind::Train(_) | ItemKind::Test(_) | ItemKind::Run(_) => vec![],
        }
    }
}

impl Let {
    /// The name that stands for all of it.
    pub fn first(&self) -> &Ident {
        self.names.iter().find(|ident| !ident.is_ignored()).unwrap_or(&self.names[0])
    }
}
