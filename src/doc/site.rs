//! All modules, and where each name is explained.

use std::collections::BTreeMap;

use super::model::{Entry, Module, target};
use crate::base::Name;
use crate::sema::built_in;
use crate::syntax::names::Kind as Bound;

/// Everything that has a page.
pub struct Site {
    pub title: String,
    /// Those of the project first.
    pub modules: Vec<Module>,
    places: BTreeMap<String, usize>,
    /// The module of the library that declares a name.
    anywhere: BTreeMap<Name, usize>,
    built_in: BTreeMap<&'static str, &'static [&'static str]>,
}

/// Where a name leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target<'s> {
    Entry(usize, &'s str),
    Module(usize),
    BuiltIn(&'s str),
}

/// A chain of modules that pass a name on is not longer.
const PASSED: usize = 8;

impl Site {
    pub fn new(title: &str, modules: Vec<Module>) -> Site {
        // A file of the project is found before a module of the library with its path.
        let places = modules.iter().enumerate().rev().map(|(i, module)| (module.path.clone(), i)).collect();
        let library = modules.iter().enumerate().rev().filter(|(_, module)| module.std);
        let declared = |(i, module): (usize, &Module)| {
            module.entries.iter().map(|entry| (entry.name.clone(), i)).collect::<Vec<_>>()
        };
        let anywhere = library.flat_map(declared).collect();
        Site { title: title.to_string(), modules, places, anywhere, built_in: built_in().collect() }
    }

    pub fn built_in(&self) -> impl Iterator<Item = (&'static str, &'static [&'static str])> {
        self.built_in.iter().map(|(name, params)| (*name, *params))
    }

    /// The module with a path.
    pub fn module(&self, path: &str) -> Option<usize> {
        self.places.get(path).copied()
    }

    /// What a name at a place of a module's text leads to, if it is no local one.
    pub fn at<'s>(&'s self, module: usize, name: &'s str, offset: usize) -> Option<Target<'s>> {
        match self.modules[module].bound.get(&offset) {
            None
            | Some(
                Bound::Import
                | Bound::Hyper
                | Bound::Let
                | Bound::Function
                | Bound::Layer
                | Bound::Optimizer
                | Bound::Train,
            ) => self.find(Some(module), name),
            Some(_) => None,
        }
    }

    /// What a name at the top of a module leads to; without a module, what it is without `use`.
    pub fn find<'s>(&'s self, module: Option<usize>, name: &'s str) -> Option<Target<'s>> {
        let own = module.and_then(|module| self.offered(module, name, 0));
        let prelude = || self.module("std.prelude").and_then(|prelude| self.offered(prelude, name, 0));
        let built_in = || self.built_in.contains_key(name).then_some(Target::BuiltIn(name));
        own.or_else(prelude).or_else(built_in)
    }

    /// As `find`, or else what the library calls so anywhere.
    pub fn find_anywhere<'s>(&'s self, module: Option<usize>, name: &'s str) -> Option<Target<'s>> {
        self.find(module, name).or_else(|| self.offered(*self.anywhere.get(name)?, name, 0))
    }

    /// What a module declares or passes on under a name.
    fn offered<'s>(&'s self, module: usize, name: &str, depth: usize) -> Option<Target<'s>> {
        let own = &self.modules[module];
        if let Some(entry) = own.entries.iter().find(|entry| &*entry.name == name) {
            return Some(Target::Entry(module, &entry.name));
        }
        own.uses.iter().filter(|_| depth < PASSED).find_map(|line| {
            let from = self.module(&target(own, line))?;
            match (&line.names, &line.alias) {
                (Some(names), _) => {
                    let shown = |(name, alias): &'s (crate::syntax::ast::Ident, Option<crate::syntax::ast::Ident>)| {
                        &*alias.as_ref().unwrap_or(name).name
                    };
                    let (original, _) = names.iter().find(|pair| shown(pair) == name)?;
                    self.offered(from, &original.name, depth + 1)
                }
                (None, Some(alias)) => (&*alias.name == name).then_some(Target::Module(from)),
                (None, None) => {
                    let last = self.modules[from].path.rsplit('.').next();
                    (last == Some(name)).then_some(Target::Module(from))
                }
            }
        })
    }

    pub fn entry(&self, module: usize, name: &str) -> Option<&Entry> {
        self.modules[module].entries.iter().find(|entry| &*entry.name == name)
    }

    /// The page of a module.
    pub fn page(&self, module: usize) -> String {
        let module = &self.modules[module];
        let folder = if module.std { "" } else { "project/" };
        format!("{folder}{}.html", module.path.replace('.', "/"))
    }

    /// The page with the text of a module.
    pub fn source(&self, module: usize) -> String {
        format!("source/{}", self.page(module))
    }

    /// The address of a target.
    pub fn address(&self, target: Target) -> String {
        match target {
            Target::Entry(module, name) => format!("{}#{name}", self.page(module)),
            Target::Module(module) => self.page(module),
            Target::BuiltIn(name) => format!("{BUILT_IN}#{name}"),
        }
    }
}

/// The page of what is built in.
pub const BUILT_IN: &str = "built_in.html";

/// The way from a page to an address.
pub fn relative(page: &str, address: &str) -> String {
    match address.strip_prefix(page) {
        Some(place) if place.starts_with('#') => place.to_string(),
        _ => format!("{}{address}", "../".repeat(page.matches('/').count())),
    }
}
