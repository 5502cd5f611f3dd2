//! What `use` lines bring, and what is wrong with them.

use std::collections::BTreeMap;

use crate::base::{Name, Span};
use crate::diag::{Diagnostic, nearest};
use crate::syntax::ast;
use crate::syntax::names::module_name;

use super::Checker;
use super::scope::{MAIN, ModuleId, Modules, PRELUDE};

/// A name that a `use` line brings.
pub struct Brought {
    pub name: Name,
    pub span: Span,
    /// What it is called in the other module; none for the module itself.
    pub original: Option<Name>,
}

pub fn brought(line: &ast::Use) -> Vec<Brought> {
    match (&line.names, &line.alias) {
        (Some(names), _) => {
            let one = |(name, alias): &(ast::Ident, Option<ast::Ident>)| {
                let shown = alias.as_ref().unwrap_or(name);
                Brought { name: shown.name.clone(), span: shown.span, original: Some(name.name.clone()) }
            };
            names.iter().map(one).collect()
        }
        (None, Some(alias)) => vec![Brought { name: alias.name.clone(), span: alias.span, original: None }],
        (None, None) => {
            let one = |shown: ast::Ident| Brought { name: shown.name, span: shown.span, original: None };
            module_name(&line.module).map(one).into_iter().collect()
        }
    }
}

/// What `name` is in the module that a line uses: `None` inside is the module itself.
pub fn named<'u>(line: &'u ast::Use, name: &str) -> Option<Option<&'u Name>> {
    match (&line.names, &line.alias) {
        (Some(names), _) => {
            let shown = |(name, alias): &'u (ast::Ident, Option<ast::Ident>)| &alias.as_ref().unwrap_or(name).name;
            names.iter().find(|pair| &**shown(pair) == name).map(|(original, _)| Some(&original.name))
        }
        (None, Some(alias)) => (&*alias.name == name).then_some(None),
        (None, None) => module_name(&line.module).filter(|shown| &*shown.name == name).map(|_| None),
    }
}

impl Modules {
    /// Where what the main file calls `name` at its top is declared: there, in a file that it uses, or in the prelude.
    pub fn declaring(&self, name: &str) -> Option<&ast::Ident> {
        self.declared_by(MAIN, name).or_else(|| self.declared_by(PRELUDE, name))
    }

    fn declared_by(&self, module: ModuleId, name: &str) -> Option<&ast::Ident> {
        let module = self.get(module);
        if let Some(item) = module.item(name) {
            return item.names().into_iter().find(|ident| &*ident.name == name);
        }
        let brought = |(target, line): &(ModuleId, ast::Use)| Some((*target, named(line, name)??.clone()));
        let (target, original) = module.imports.iter().find_map(brought)?;
        self.declared_by(target, &original)
    }

    /// The names that a module offers: what it declares, and what it passes on.
    pub fn offered(&self, module: ModuleId) -> Vec<Name> {
        let module = self.get(module);
        let passed = module.uses().flat_map(brought).filter(|name| name.original.is_some()).map(|name| name.name);
        module.names().cloned().chain(passed).collect()
    }
}

/// The module that a name comes from, and what it is there; none for what is declared.
type Origin = Option<(ModuleId, Option<Name>)>;

impl<'a> Checker<'a> {
    /// Names that one module has twice, as its own or from `use` lines. The same thing may be brought twice.
    pub fn duplicates(&mut self, module: ModuleId) {
        let modules = self.modules;
        let own = modules.get(module).ast.items.iter().flat_map(ast::Item::names);
        let mut all: Vec<(Name, Span, Origin)> = own.map(|ident| (ident.name.clone(), ident.span, None)).collect();
        for (target, line) in &modules.get(module).imports {
            all.extend(brought(line).into_iter().map(|b| (b.name, b.span, Some((*target, b.original)))));
        }
        all.sort_by_key(|(_, span, _)| span.lo);
        let mut seen = BTreeMap::new();
        for (name, span, from) in &all {
            let (first, other) = *seen.entry(name).or_insert((span, from));
            if first == span || from.is_some() && from == other {
                continue;
            }
            let message = format!("`{name}` is declared twice");
            let diagnostic = Diagnostic::error("E0206", *span, message, "again here").label(*first, "first here");
            let diagnostic = match from.is_some() || other.is_some() {
                true => diagnostic.help(format!("give what is used another name: `use ..: {name} as ..`")),
                false => diagnostic,
            };
            self.report(diagnostic);
        }
    }

    /// Names in `use` lines that the modules do not have.
    pub fn imports(&mut self, module: ModuleId) {
        let modules = self.modules;
        for (target, u) in &modules.get(module).imports {
            for (name, _) in u.names.iter().flatten() {
                if !self.exports(*target, &name.name) {
                    self.not_exported(*target, name);
                }
            }
        }
    }

    fn not_exported(&mut self, target: ModuleId, name: &ast::Ident) {
        let target = self.modules.get(target);
        let own = target.names().cloned();
        let used = target.uses().flat_map(brought).map(|brought| brought.name);
        let known: Vec<Name> = own.chain(used).collect();
        let message = format!("{} has no `{}`", target.name, name.name);
        let diagnostic = Diagnostic::error("E0203", name.span, message, "not there");
        let diagnostic = match (nearest(&name.name, known.iter().map(|n| &**n)), crate::stdlib::exporting(&name.name)) {
            (_, Some(other)) => diagnostic.help(format!("it is in `{other}`")),
            (Some(near), None) => diagnostic.fix(format!("did you mean `{near}`?"), name.span, near.to_string()),
            (None, None) => diagnostic,
        };
        self.report(diagnostic);
    }

    /// Whether a module gives away a name: its own, or one that it uses itself.
    fn exports(&self, module: ModuleId, name: &str) -> bool {
        let module = self.modules.get(module);
        let given = |line: &ast::Use| line.names.is_some() && named(line, name).is_some();
        module.item(name).is_some() || module.imports.iter().any(|(_, line)| given(line))
    }
}
