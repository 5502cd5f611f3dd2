//! Names at the top level of a module: found in any order, evaluated when first needed.

use std::rc::Rc;

use crate::base::{Name, Span};
use crate::diag::{Diagnostic, nearest};
use crate::syntax::ast::{self, ItemKind};

use super::builtin;
use super::call::method_of;
use super::imports::{brought, named};
use super::notes::About;
use super::scope::{MAIN, ModuleId, PRELUDE, Scope};
use super::value::{Closure, Code, Instance, LayerClass, Value};
use super::{Checker, Poison, Res};

/// How far a top-level `let` or `hyper` is.
#[derive(Clone, Debug)]
pub enum LetState<'a> {
    /// Being evaluated: meeting it again is a circle.
    Open,
    Done(Value<'a>),
    /// Needs what a training logs: evaluated anew where it is used.
    Later,
}

/// Behind so many diagnostics, an unknown name gets no advice: looking for the nearest of all names takes its time.
pub const ADVISED: usize = 50;

impl<'a> Checker<'a> {
    /// What a name means here, or an error with the nearest name that exists.
    pub fn name(&mut self, name: &Name, span: Span, scope: &Scope<'a>) -> Res<Value<'a>> {
        let found = scope.get(name).or_else(|| self.sibling(name)).or_else(|| self.global(scope.module(), name));
        match found {
            Some(Value::Error) => Err(Poison),
            Some(Value::State(state)) => Ok(Value::Cell(self.state_cell(&state)?)),
            Some(value) => Ok(value),
            None => Err(self.unknown(name, span, scope)),
        }
    }

    /// A method of the layer whose method runs, or in whose method a function was written, called by its bare name.
    fn sibling(&self, name: &str) -> Option<Value<'a>> {
        method_value(self.frames.last()?.methods.as_ref()?, name)
    }

    fn unknown(&mut self, name: &Name, span: Span, scope: &Scope<'a>) -> Poison {
        let diagnostic = Diagnostic::error("E0201", span, format!("there is no `{name}` here"), "not known");
        if self.told + self.out.diagnostics.len() > ADVISED {
            return self.report(diagnostic);
        }
        let mut known = scope.names();
        known.extend(self.global_names(scope.module()));
        let elsewhere = self.exported_by(name);
        if let Some(help) = super::foreign::name(name).filter(|_| elsewhere.is_none()) {
            return self.report(diagnostic.help(help));
        }
        let diagnostic = match (nearest(name, known.iter().map(|n| &**n)), elsewhere) {
            (_, Some(module)) => diagnostic.help(format!("it is in the standard library: `use {module}: {name}`")),
            (Some(near), None) => diagnostic.fix(format!("did you mean `{near}`?"), span, near.to_string()),
            (None, None) => diagnostic,
        };
        self.report(diagnostic)
    }

    /// The module of the standard library that declares `name`, used or not.
    fn exported_by(&self, name: &str) -> Option<String> {
        let module = crate::stdlib::exporting(name)?;
        Some(module.to_string())
    }

    /// The names a module can use without a scope.
    fn global_names(&self, module: ModuleId) -> Vec<Name> {
        let own = |id: ModuleId| self.modules.get(id).names().cloned();
        let mut names: Vec<Name> = own(module).chain(own(PRELUDE)).collect();
        for u in self.modules.get(module).uses().chain(self.modules.get(PRELUDE).uses()) {
            names.extend(brought(u).into_iter().map(|brought| brought.name));
        }
        names.extend(builtin::names().map(Name::from));
        names
    }

    /// A name at the top level: the module's own, what it uses, the prelude's, what is built in.
    pub fn global(&mut self, module: ModuleId, name: &str) -> Option<Value<'a>> {
        if let Some(value) = self.own_item(module, name) {
            return Some(value);
        }
        let modules = self.modules;
        for (target, u) in &modules.get(module).imports {
            match named(u, name) {
                None => {}
                Some(None) => return Some(Value::Module(*target)),
                Some(Some(original)) => return Some(self.exported(*target, original).unwrap_or(Value::Error)),
            }
        }
        for u in &modules.get(module).missing {
            if named(u, name).is_some() {
                return Some(Value::Error);
            }
        }
        if module != PRELUDE
            && let Some(value) = self.exported(PRELUDE, name)
        {
            return Some(value);
        }
        builtin::constant(name, self.training, self.float).or_else(|| builtin::find(name).map(|b| b.value()))
    }

    /// What another module offers under a name: its own items and what it uses itself.
    pub fn exported(&mut self, module: ModuleId, name: &str) -> Option<Value<'a>> {
        self.own_item(module, name).or_else(|| {
            let modules = self.modules;
            let hit = modules.get(module).imports.iter().find_map(|(target, u)| {
                let list = u.names.as_ref()?;
                let (original, _) = list.iter().find(|(n, alias)| &*alias.as_ref().unwrap_or(n).name == name)?;
                Some((*target, original.name.clone()))
            });
            hit.and_then(|(target, original)| self.exported(target, &original))
        })
    }

    fn own_item(&mut self, module: ModuleId, name: &str) -> Option<Value<'a>> {
        let modules = self.modules;
        let item = modules.get(module).item(name)?;
        match &item.kind {
            ItemKind::Fn(func) => {
                let closure = Closure { code: Code::Func(func), scope: Scope::root(module), of: None };
                Some(Value::Fn(Rc::new(closure)))
            }
            ItemKind::Layer(layer) => {
                let class = LayerClass { module, ast: layer, sizes: vec![], span: layer.name.span };
                Some(Value::LayerClass(Rc::new(class)))
            }
            ItemKind::Optimizer(optimizer) => Some(Value::OptimizerClass(module, optimizer)),
            ItemKind::Hyper(hyper) => {
                let value = self.once(module, &hyper.name, |c| c.hyper(module, hyper, item.doc.as_ref()));
                self.note(hyper.name.span, About::Name, &value);
                Some(value)
            }
            ItemKind::Let(l) => {
                let at = l.names.iter().position(|n| &*n.name == name)?;
                let value = self.let_part(module, l, at);
                if !self.generic {
                    self.note(l.names[at].span, About::Name, &value);
                }
                Some(value)
            }
            ItemKind::Broken { .. } => Some(Value::Error),
            ItemKind::Use(_) | ItemKind::Train(_) | ItemKind::Test(_) | ItemKind::Run(_) => None,
        }
    }

    /// Evaluates a top-level name at its first use.
    fn once(
        &mut self,
        module: ModuleId,
        ident: &ast::Ident,
        make: impl FnOnce(&mut Self) -> Res<Value<'a>>,
    ) -> Value<'a> {
        let key = (module, ident.name.clone());
        self.reached_out |= module != MAIN && !self.modules.get(module).std;
        match self.lets.get(&key) {
            Some(LetState::Done(value)) => return value.clone(),
            Some(LetState::Open) => {
                let message = format!("`{}` is defined by itself", ident.name);
                self.error("E0207", ident.span, message, "its value needs this value");
                return Value::Error;
            }
            Some(LetState::Later) => return Value::Error,
            None => {}
        }
        self.lets.insert(key.clone(), LetState::Open);
        // A top-level value does not depend on who asks first.
        let generic = std::mem::replace(&mut self.generic, false);
        let facts = std::mem::take(&mut self.facts);
        let frames = std::mem::take(&mut self.frames);
        let trail = std::mem::take(&mut self.trail);
        let waits = self.waits.replace(false);
        let value = self.with_budget(|c| c.in_init(make)).unwrap_or(Value::Error);
        let later = std::mem::replace(&mut self.waits, waits) == Some(true);
        (self.generic, self.facts, self.frames, self.trail) = (generic, facts, frames, trail);
        self.lets.insert(key, if later { LetState::Later } else { LetState::Done(value.clone()) });
        value
    }

    fn let_part(&mut self, module: ModuleId, l: &'a ast::Let, at: usize) -> Value<'a> {
        let key = (module, l.first().name.clone());
        let mut whole = self.once(module, l.first(), |c| c.let_value(module, l));
        if matches!(self.lets.get(&key), Some(LetState::Later)) {
            self.lets.insert(key.clone(), LetState::Open);
            whole = self.waiting_value(l, &Scope::root(module)).unwrap_or(Value::Error);
            self.lets.insert(key, LetState::Later);
        }
        if l.names.len() == 1 || whole.is_error() {
            return whole;
        }
        match &whole {
            Value::Tuple(parts) | Value::List(parts) if parts.len() == l.names.len() => parts[at].clone(),
            _ => Value::Error,
        }
    }

    fn let_value(&mut self, module: ModuleId, l: &'a ast::Let) -> Res<Value<'a>> {
        let scope = Scope::root(module);
        let first = l.first();
        let prefix = self.draw_prefix.replace(first.name.to_string());
        let value = self.expr(&l.value, &scope);
        self.draw_prefix = prefix;
        let mut value = self.settle(value?)?;
        if let Some(ty) = &l.ty {
            value = self.declared(value, ty, &l.value, &scope)?;
        }
        if l.names.len() > 1 {
            let parts = self.unpack(&value, l.names.len(), l.value.span)?;
            for (ident, part) in l.names.iter().zip(&parts).filter(|(ident, _)| !ident.is_ignored()) {
                self.adopt(part, None, &ident.name)?;
            }
            let kept = l.names.iter().zip(parts).map(|(ident, part)| match ident.is_ignored() {
                true => part,
                false => self.keep(part, None, &ident.name, ident.span),
            });
            let kept: Vec<Value> = kept.collect();
            return Ok(Value::tuple(kept));
        }
        self.adopt(&value, None, &first.name)?;
        Ok(self.keep(value, None, &first.name, first.span))
    }
}

/// A method of a layer, to be called later: `SGD(lr: plateau.rate)`.
pub fn method_value<'a>(instance: &Rc<Instance<'a>>, name: &str) -> Option<Value<'a>> {
    let func = method_of(instance, name)?;
    let closure = Closure { code: Code::Func(func), scope: instance.scope.clone(), of: Some(instance.clone()) };
    Some(Value::Fn(Rc::new(closure)))
}
