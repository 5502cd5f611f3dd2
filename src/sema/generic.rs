//! Every definition on its own, with its sizes and settings as variables: what is wrong for some of them is found here,
//! once, with sizes that show it.

use std::rc::Rc;

use crate::base::Span;
use crate::diag::Diagnostic;
use crate::syntax::ast::{self, DimArg, Element, ItemKind, Member, TypeKind};
use crate::tir::Ty;
use crate::types::{DType, Dim};

use super::again::Findings;
use super::flops::with_rests;
use super::item::ADVISED;
use super::layer::variable;
use super::notes::About;
use super::scope::{ModuleId, Scope};
use super::value::{Arg, Closure, Code, Instance, Truth, Value};
use super::{Checker, Poison, Res};

/// How many axes `..S` stands for while a definition is checked on its own.
const REST: usize = 2;

impl<'a> Checker<'a> {
    /// The main file: its values, its definitions, then what runs.
    pub fn file(&mut self, functions: &[&str]) {
        self.out.diagnostics = self.modules.diagnostics.clone();
        self.reported.extend(self.out.diagnostics.iter().map(|d| (d.code, d.span())));
        let main = super::MAIN;
        let modules = self.modules;
        for id in (0..modules.list.len()).map(ModuleId::from) {
            if !modules.get(id).std {
                self.duplicates(id);
                self.imports(id);
            }
        }
        self.program_float();
        // Values that need what a training logs wait for it.
        self.waits = Some(false);
        for item in &modules.get(main).ast.items {
            match &item.kind {
                ItemKind::Hyper(h) => {
                    self.global(main, &h.name.name);
                }
                ItemKind::Let(l) => l.names.iter().for_each(|n| {
                    self.global(main, &n.name);
                }),
                _ => {}
            }
        }
        self.waits = None;
        for id in (0..modules.list.len()).map(ModuleId::from) {
            if id == main || self.options.check_std || !modules.get(id).std {
                self.definitions(id);
            }
        }
        for item in modules.get(main).ast.items.iter().filter(|_| self.options.runs) {
            match &item.kind {
                ItemKind::Train(train) => {
                    let name = super::train::job_name(train, &"train".into());
                    reported(self.with_budget(|c| c.job(train, name, &Scope::root(main), item.span)));
                }
                ItemKind::Let(l) => reported(self.with_budget(|c| c.run_let(l))),
                ItemKind::Run(call) => reported(self.with_budget(|c| c.run_item(call))),
                ItemKind::Test(test) => reported(self.with_budget(|c| c.test(test, main))),
                _ => {}
            }
            self.out.standing.jobs.resize(self.out.jobs.len(), item.span);
        }
        if let Some(question) = &modules.question {
            reported(self.with_budget(|c| c.question(question)));
        }
        for name in functions {
            reported(self.with_budget(|c| c.function(name, c.options.training)));
        }
    }

    fn definitions(&mut self, module: ModuleId) {
        let modules = self.modules;
        for (at, item) in modules.get(module).ast.items.iter().enumerate() {
            match &item.kind {
                ItemKind::Fn(func) => self.definition(module, at, |c| c.check_fn(func, module)),
                ItemKind::Layer(layer) => self.definition(module, at, |c| c.check_layer(layer, module)),
                _ => {}
            }
        }
    }

    /// What a definition gives on its own: as it was found before, or is found now.
    fn definition(&mut self, module: ModuleId, at: usize, check: impl FnOnce(&mut Self) -> Res<()>) {
        self.told = self.out.diagnostics.len();
        let known = self.known.as_mut().and_then(|known| known.findings(module, at));
        // Behind many diagnostics less is said.
        let findings = match known.filter(|known| self.told + known.diagnostics.len() <= ADVISED) {
            Some(known) => known,
            None => {
                let found = self.found(check);
                let for_good = self.told + found.diagnostics.len() <= ADVISED && !self.reached_out;
                if let Some(known) = self.known.as_mut().filter(|_| for_good && !self.options.is_stopped()) {
                    known.keep(module, at, &found);
                }
                found
            }
        };
        self.told = 0;
        self.counts.proved += findings.proved;
        findings.diagnostics.into_iter().for_each(|diagnostic| self.say(diagnostic));
        self.add_notes(findings.notes);
    }

    /// What a check gives, as if nothing had been found before.
    fn found(&mut self, check: impl FnOnce(&mut Self) -> Res<()>) -> Findings {
        let diagnostics = std::mem::take(&mut self.out.diagnostics);
        let reported = std::mem::take(&mut self.reported);
        let notes = std::mem::take(&mut self.notes);
        let proved = std::mem::take(&mut self.counts.proved);
        self.reached_out = false;
        self.alone(check);
        let found = std::mem::replace(&mut self.out.diagnostics, diagnostics);
        self.reported = reported;
        let found_notes = self.take_notes();
        self.notes = notes;
        Findings { diagnostics: found, notes: found_notes, proved: std::mem::replace(&mut self.counts.proved, proved) }
    }

    /// Runs a check whose parameters, programs and facts are thrown away.
    fn alone(&mut self, check: impl FnOnce(&mut Self) -> Res<()>) {
        let cells = self.cells.len();
        let facts = std::mem::take(&mut self.facts);
        let init = std::mem::replace(&mut self.progs, vec![super::Prog::named("alone")]);
        let kept = std::mem::replace(&mut self.init, vec![super::Prog::named("alone init")]);
        self.generic = true;
        let place = std::mem::replace(&mut self.place, super::stmt::Place::Function);
        reported(self.with_budget(check));
        self.place = place;
        self.note_lets();
        self.generic = false;
        self.init = kept;
        self.progs = init;
        self.facts = facts;
        self.cells.truncate(cells);
        self.yields.clear();
        for (instance, holes) in std::mem::take(&mut self.borrowed) {
            instance.give_back(holes);
        }
    }

    fn check_fn(&mut self, func: &'a ast::Func, module: ModuleId) -> Res<()> {
        self.declared_types(func, module)?;
        if rests(func) > 1 {
            // How many axes one stands for says nothing of the other: left to the uses.
            return Ok(());
        }
        let scope = Scope::root(module);
        for size in &func.sizes {
            let label = self.label();
            scope.set(&size.name.name, Value::Int(variable(&size.name.name, 1), label));
        }
        let Some(args) = self.stand_ins(&func.params, &scope)? else { return Ok(()) };
        self.assume_wheres(&func.wheres, &scope);
        let closure = Closure { code: Code::Func(func), scope: Scope::root(module), of: None };
        self.defining = Some(func);
        let checked = self.call_closure(&Rc::new(closure), args, func.name.span).map(drop);
        self.defining = None;
        checked
    }

    /// Parameters without a type or a default cannot be checked; types that do not exist are no types.
    fn declared_types(&mut self, func: &'a ast::Func, module: ModuleId) -> Res<()> {
        let mut result = Ok(());
        for param in &func.params {
            result = self.declared_type(param, module).and(result);
        }
        result
    }

    fn declared_type(&mut self, param: &'a ast::Param, module: ModuleId) -> Res<()> {
        match &param.ty {
            None if param.default.is_none() => {
                let message = format!("the parameter `{}` needs a type", param.name.name);
                let diagnostic = Diagnostic::error("E0301", param.name.span, message, "a tensor? a number?")
                    .help("for example `x: [B, T]`, `n: Int`, `over: Axis`, or `x: Any` to leave it open");
                Err(self.report(diagnostic))
            }
            None => Ok(()),
            Some(ty) => self.known_type(ty, module),
        }
    }

    fn check_layer(&mut self, layer: &'a ast::Layer, module: ModuleId) -> Res<()> {
        let mut known = Ok(());
        for setting in &layer.settings {
            known = setting.ty.as_ref().map_or(Ok(()), |ty| self.known_type(ty, module)).and(known);
        }
        known?;
        let Some(instance) = self.stand_in_layer(layer, module, &[])? else { return Ok(()) };
        let mut result = Ok(());
        let mut flops = None;
        for training in [true, false] {
            self.training = training;
            for member in &layer.members {
                if let Member::Method(func) = member {
                    let checked = self.check_method(&instance, func);
                    if let Some(counted) = checked.as_ref().ok().cloned().flatten()
                        && training
                        && &*func.name.name == "forward"
                    {
                        flops = Some(counted);
                    }
                    result = checked.map(drop).and(result);
                }
            }
            self.training = false;
        }
        self.note(layer.name.span, About::Value, &Value::Instance(instance));
        if let Some(flops) = flops {
            self.note_flops(layer.name.span, &flops);
        }
        result
    }

    /// Gives what one call computes, where that is one polynomial for all sizes and settings.
    fn check_method(&mut self, instance: &Rc<Instance<'a>>, func: &'a ast::Func) -> Res<Option<Dim>> {
        self.declared_types(func, instance.scope.module())?;
        let facts = self.facts.clone();
        let scope = instance.scope.block();
        let result = match self.stand_ins(&func.params, &scope) {
            Ok(Some(args)) => {
                self.assume_wheres(&func.wheres, &scope);
                self.defining = Some(func);
                let first = self.prog().program.nodes.len();
                self.undecided = false;
                let checked = self.call_method(instance, &func.name.name, args, func.name.span);
                self.defining = None;
                let wanted = self.options.notes && !self.undecided;
                let flops = if wanted { self.flops_since(first) } else { None };
                checked.map(|_| flops.and_then(|flops| with_rests(flops, func, &scope)))
            }
            Ok(None) => Ok(None),
            Err(poison) => Err(poison),
        };
        self.facts = facts;
        result
    }

    /// One argument for every parameter without a default; `None` when one has no stand-in.
    fn stand_ins(&mut self, params: &'a [ast::Param], scope: &Scope<'a>) -> Res<Option<Vec<Arg<'a>>>> {
        let mut args = vec![];
        for param in params {
            let tensor = param.ty.as_ref().is_some_and(|t| matches!(t.kind, TypeKind::Tensor { .. }));
            if param.default.is_some() && tensor {
                continue;
            }
            let Some(value) = self.stand_in(param, scope)? else { return Ok(None) };
            scope.set(&param.name.name, value.clone());
            args.push(Arg::named(param.name.name.clone(), value, param.name.span));
        }
        Ok(Some(args))
    }

    pub fn stand_in(&mut self, param: &'a ast::Param, scope: &Scope<'a>) -> Res<Option<Value<'a>>> {
        let default = match &param.default {
            Some(default) => Some(self.expr(default, scope)?),
            None => None,
        };
        let Some(ty) = &param.ty else { return Ok(default) };
        match &ty.kind {
            TypeKind::Tensor { element: Some(Element::Named(name)), dims } if DType::parse(&name.name).is_none() => {
                match self.layer_named(name, scope.module()) {
                    Some(layer) => self.stand_in_typed(&layer, &dims.iter().collect::<Vec<_>>(), name.span, scope),
                    None => Ok(None),
                }
            }
            TypeKind::Tensor { element, dims } => self.stand_in_tensor(element.as_ref(), dims, scope),
            TypeKind::Named(name) => Ok(match (&*name.name, default) {
                ("Int", _) => Some(Value::dim(variable(&param.name.name, i64::MIN))),
                ("Bool", _) => Some(Value::Bool(Truth::Unknown)),
                ("Float", None) => Some(Value::Float(0.5)),
                (_, Some(default)) => Some(default),
                (_, None) => match self.layer_named(name, scope.module()) {
                    // Nothing says its sizes, so what goes with them is left to the uses.
                    Some(class)
                        if class.ast.sizes_in.iter().chain(&class.ast.sizes_out).any(|s| s.default.is_none()) =>
                    {
                        None
                    }
                    Some(class) => self.stand_in_typed(&class, &[], name.span, scope)?,
                    None => None,
                },
            }),
            TypeKind::Layer { name, ins, outs } => match self.layer_named(name, scope.module()) {
                Some(layer) => {
                    self.stand_in_typed(&layer, &ins.iter().chain(outs).collect::<Vec<_>>(), name.span, scope)
                }
                None => Ok(None),
            },
            _ => Ok(default),
        }
    }

    /// A tensor whose unbound sizes are new variables.
    fn stand_in_tensor(
        &mut self,
        element: Option<&'a Element>,
        dims: &'a [DimArg],
        scope: &Scope<'a>,
    ) -> Res<Option<Value<'a>>> {
        let mut shape = vec![];
        for dim in dims {
            match dim {
                DimArg::Rest(name, _) => match name.as_ref().and_then(|n| scope.get(&n.name)) {
                    Some(Value::List(sizes)) => shape.extend(sizes.iter().filter_map(super::bind::dim_of)),
                    _ => {
                        let base = name.as_ref().map_or("rest", |n| &n.name);
                        let sizes: Vec<Dim> = (0..REST).map(|i| variable(&format!("{base}{i}"), 1)).collect();
                        if let Some(name) = name {
                            scope.set(&name.name, Value::list(sizes.iter().cloned().map(Value::dim).collect()));
                        }
                        shape.extend(sizes);
                    }
                },
                DimArg::Size(e) => shape.push(self.stand_in_size(e, scope)?),
            }
        }
        let (dtype, bound) = match element {
            None => (self.float, None),
            Some(Element::Named(name)) if &*name.name == super::element::ANY => (self.float, None),
            Some(Element::Named(name)) => match DType::parse(&name.name) {
                Some(dtype) => (dtype, None),
                None => return Ok(None),
            },
            Some(Element::Idx(e, _)) => (DType::I64, Some(self.stand_in_size(e, scope)?)),
        };
        let ty = Ty { dtype, bound, shape };
        let place = self.prog().program.nodes.len();
        let span = dims.iter().map(DimArg::span).reduce(Span::to).unwrap_or(Span::none());
        let id = self.prog().input(crate::tir::Source::Arg(place), ty.clone(), span);
        Ok(Some(Value::Tensor(self.tensor(id, ty))))
    }

    pub fn stand_in_size(&mut self, e: &'a ast::Expr, scope: &Scope<'a>) -> Res<Dim> {
        if let ast::ExprKind::Name(name) = &e.kind {
            let known = scope.get(name).or_else(|| self.global(scope.module(), name));
            if !matches!(known, Some(Value::Int(..))) {
                let dim = variable(name, 1);
                scope.set(name, Value::dim(dim.clone()));
                return Ok(dim);
            }
        }
        let mut names = vec![];
        super::claim::names_in(e, &mut names);
        for name in names {
            if scope.get(&name).is_none() && self.global(scope.module(), &name).is_none() {
                let message = format!("this size is computed from `{name}`, which nothing says");
                let diagnostic = Diagnostic::error(
                    "E0201",
                    e.span,
                    message,
                    "only a bare name takes its size from the input",
                )
                .help(
                    "give the axis a name of its own; a condition on it is a `where`: `x: [M]` and `where M % 2 == 0`",
                );
                return Err(self.report(diagnostic));
            }
        }
        match self.expr(e, scope)? {
            Value::Int(dim, _) => Ok(dim),
            _ => Err(Poison),
        }
    }
}

/// How many different `..S` the parameters have.
fn rests(func: &ast::Func) -> usize {
    let mut names = std::collections::BTreeSet::new();
    for param in &func.params {
        let Some(ast::Type { kind: TypeKind::Tensor { dims, .. }, .. }) = &param.ty else { continue };
        for dim in dims {
            if let DimArg::Rest(name, span) = dim {
                names.insert(name.as_ref().map_or_else(|| format!("{}", span.lo), |n| n.name.to_string()));
            }
        }
    }
    names.len()
}

/// What failed has been reported where it failed.
fn reported(result: Res<()>) {
    result.unwrap_or(());
}
