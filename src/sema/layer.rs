//! Layers: from a class with sizes and settings to an instance with parameters, and its place in the paths.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;

use crate::base::{Name, Span};
use crate::diag::Diagnostic;
use crate::ops::Op;
use crate::syntax::ast::{self, Member};
use crate::tir::{CellId, Role, Ty};
use crate::types::Dim;

use super::bind::Binder;
use super::holds::holds;
use super::notes::About;
use super::scope::Scope;
use super::value::{Arg, Instance, LayerClass, Place, SizeArg, Truth, Value};
use super::{CellInfo, Checker, Res};

impl<'a> Checker<'a> {
    /// A layer with its settings. Its parameters come when its sizes are known and it has a name.
    pub fn instantiate(&mut self, class: &Rc<LayerClass<'a>>, settings: Vec<Arg<'a>>, span: Span) -> Res<Value<'a>> {
        let layer = class.ast;
        let scope = Scope::root(class.module);
        let mut holes = BTreeMap::new();
        let mut written = BTreeMap::new();
        let params = layer.sizes_in.iter().chain(&layer.sizes_out);
        for (i, param) in params.enumerate() {
            let name = &param.name.name;
            let given = class.sizes.get(i).and_then(Clone::clone);
            match (given, &param.default) {
                (Some(SizeArg::Known(dim, at)), _) => {
                    self.at_least_one(&layer.name.name, name, &dim, at)?;
                    written.insert(name.clone(), SizeArg::Known(dim.clone(), at));
                    let label = self.label();
                    scope.set(name, Value::Int(dim, label));
                }
                (Some(hole), _) => {
                    written.insert(name.clone(), hole.clone());
                    holes.insert(name.clone(), hole);
                    scope.set(name, Value::Hole);
                }
                (None, Some(default)) => {
                    let value = self.expr(default, &scope)?;
                    if !matches!(value, Value::Int(..)) {
                        return Err(self.expected("a size", &value, default.span));
                    }
                    scope.set(name, value);
                }
                (None, None) => {
                    holes.insert(name.clone(), SizeArg::Hole(span));
                    scope.set(name, Value::Hole);
                }
            }
        }
        let named = |(i, arg): (usize, &Arg<'a>)| {
            let name = arg.name.clone().or_else(|| Some(layer.settings.get(i)?.name.name.clone()))?;
            Some((name, arg.span))
        };
        let settings_at = settings.iter().enumerate().filter_map(named).collect();
        self.bind_settings(layer, settings, span, &scope)?;
        let held = self.held_settings(layer, &scope);
        let instance = Instance {
            ast: layer,
            scope,
            holes: RefCell::new(holes),
            ready: Cell::new(false),
            place: RefCell::new(None),
            cells: RefCell::default(),
            fields: RefCell::new(held),
            written,
            settings_at,
            source: RefCell::default(),
            span,
        };
        Ok(Value::Instance(Rc::new(instance)))
    }

    /// Sizes that depend on data may be 0; those of a layer are never.
    fn at_least_one(&mut self, layer: &str, name: &str, dim: &Dim, at: Span) -> Res<()> {
        match dim.as_const() {
            Some(n) if n < 1 => {
                let message = format!("the size `{name}` of `{layer}` must be at least 1, and here it is {n}");
                Err(self.report(Diagnostic::error("E0502", at, message, format!("{n} is too small"))))
            }
            _ => Ok(()),
        }
    }

    fn bind_settings(
        &mut self,
        layer: &'a ast::Layer,
        settings: Vec<Arg<'a>>,
        span: Span,
        scope: &Scope<'a>,
    ) -> Res<()> {
        let name = &layer.name.name;
        self.bind_plain(name, &layer.settings, settings, span, scope)
    }

    /// The settings that hold layers or parameters. A parameter stays that parameter: it is shared, not copied.
    fn held_settings(&mut self, layer: &'a ast::Layer, scope: &Scope<'a>) -> Vec<(Name, Value<'a>)> {
        let mut held = vec![];
        for name in layer.settings.iter().map(|setting| &setting.name.name) {
            let Some(value) = scope.own(name) else { continue };
            let value = self.as_place(value);
            scope.set(name, value.clone());
            if holds(&value) {
                held.push((name.clone(), value));
            }
        }
        held
    }

    /// Settings of layers and optimizers: static values with declared types or defaults.
    pub fn bind_plain(
        &mut self,
        callee: &str,
        params: &'a [ast::Param],
        args: Vec<Arg<'a>>,
        span: Span,
        scope: &Scope<'a>,
    ) -> Res<()> {
        let names: Vec<&str> = params.iter().map(|p| &*p.name.name).collect();
        let given = self.match_names(callee, &names, args)?;
        let mut binder = Binder::new(callee, span);
        for (param, arg) in params.iter().zip(given) {
            let (value, at) = match (arg, &param.default) {
                (Some(arg), _) => (arg.value, arg.span),
                (None, Some(default)) => (self.expr(default, scope)?, default.span),
                (None, None) => {
                    let message = format!("`{callee}` also needs `{}`", param.name.name);
                    let diagnostic = Diagnostic::error("E0303", span, message, "an argument is missing")
                        .note(format!("it takes ({})", names.join(", ")));
                    return Err(self.report(diagnostic));
                }
            };
            let value = match &param.ty {
                Some(ty) => self.bind_type(&mut binder, &value, ty, &param.name.name, at, scope)?,
                None => value,
            };
            self.bind_name(&param.name, value, scope);
        }
        self.finish_binding(binder, scope)
    }

    /// Sizes over `_` (`_ // 4`), once the input has said what `_` is.
    pub fn settle_holes(&mut self, instance: &Rc<Instance<'a>>, span: Span) -> Res<()> {
        let holes = std::mem::take(&mut *instance.holes.borrow_mut());
        if self.generic {
            self.borrowed.push((instance.clone(), holes.clone()));
        }
        let input = holes.keys().find_map(|name| match instance.scope.own(name) {
            Some(value @ Value::Int(..)) => Some(value),
            _ => None,
        });
        for (name, hole) in &holes {
            let own = instance.scope.own(name);
            if let Some(size @ Value::Int(..)) = &own
                && hole.span() != instance.span
            {
                self.note(hole.span(), About::Hole, size);
            }
            if !matches!(own, Some(Value::Hole)) {
                continue;
            }
            match (hole, &input) {
                (SizeArg::OverHole(e, scope), Some(input)) => {
                    let inner = scope.block();
                    let value = self.hole_expr(e, input, &inner)?;
                    instance.scope.set(name, value);
                }
                _ => {
                    let at = hole.span();
                    // As before, so that its next use finds the same and says nothing new.
                    *instance.holes.borrow_mut() = holes.clone();
                    let layer = &instance.ast.name.name;
                    let message = format!("the input does not say what the size `{name}` of `{layer}` is");
                    let diagnostic = match at == instance.span {
                        true => Diagnostic::error("E0516", at, message, "its sizes are missing")
                            .help(format!("sizes stand in brackets: `{layer}{}(..)`", brackets(instance.ast))),
                        false => Diagnostic::error("E0516", at, message, "write the number here"),
                    };
                    return Err(self.report(diagnostic.label(span, "used here")));
                }
            }
        }
        Ok(())
    }

    /// An expression over `_` with `_` known.
    fn hole_expr(&mut self, e: &'a ast::Expr, hole: &Value<'a>, scope: &Scope<'a>) -> Res<Value<'a>> {
        match &e.kind {
            ast::ExprKind::Hole => Ok(hole.clone()),
            ast::ExprKind::Binary(op, _, a, b) => {
                let a = self.hole_expr(a, hole, scope)?;
                let b = self.hole_expr(b, hole, scope)?;
                self.operate(*op, a, b, e.span)
            }
            _ => self.expr(e, scope),
        }
    }

    /// Makes the parameters, buffers and fields of a layer whose sizes are known.
    pub fn ready(&mut self, instance: &Rc<Instance<'a>>) -> Res<()> {
        if instance.ready.replace(true) {
            return Ok(());
        }
        self.place_if_lost(instance);
        self.ready_source(instance)?;
        let layer = instance.ast;
        let scope = instance.scope.clone();
        for (name, setting) in instance.fields.borrow().clone() {
            self.adopt(&setting, Some(instance), &name)?;
        }
        self.in_frame(instance.span, Some(instance.clone()), |c| {
            c.wheres(&layer.wheres, &scope, &layer.name.name, instance.span)?;
            let mut result = Ok(());
            for member in &layer.members {
                let done = match member {
                    Member::Param(store) => c.store(instance, store, Role::Param),
                    Member::Buffer(store) => c.store(instance, store, Role::Buffer),
                    Member::Field { names, value } => c.layer_field(instance, names, value),
                    Member::Method(_) => Ok(()),
                };
                result = result.and(done);
            }
            result
        })
    }

    fn store(&mut self, instance: &Rc<Instance<'a>>, store: &'a ast::Store, role: Role) -> Res<()> {
        let scope = &instance.scope;
        let name = &store.name.name;
        if let Some(condition) = &store.condition {
            match self.expr(condition, scope)? {
                Value::Bool(Truth::Known(false)) => {
                    scope.set(name, Value::Nothing);
                    return Ok(());
                }
                Value::Bool(_) => {}
                other => return Err(self.expected("a Bool", &other, condition.span)),
            }
        }
        let ty = self.concrete_ty(&store.ty, scope)?;
        if !self.generic && ty.shape.iter().any(|d| d.as_const().is_none()) {
            let message = format!("`{name}` would be {}: its size depends on the data", super::report::show(&ty));
            let diagnostic = Diagnostic::error("E0516", store.name.span, message, "a parameter's sizes are numbers")
                .label(instance.span, "of this layer");
            return Err(self.report(diagnostic));
        }
        let cell = self.add_cell(Some(instance.clone()), name.clone(), role, ty.clone(), store.name.span);
        instance.cells.borrow_mut().push((name.clone(), cell));
        self.bind_name(&store.name, Value::Cell(cell), scope);
        let path = format!("{}.{name}", instance.path());
        let prefix = self.draw_prefix.replace(path);
        let result = self.in_init(|c| match c.source_cell(instance, name) {
            Some(source) => c.begin_as_copy(cell, source, store.name.span),
            None => c.first_value(cell, &ty, &store.init, scope),
        });
        self.draw_prefix = prefix;
        result
    }

    pub fn first_value(&mut self, cell: CellId, ty: &Ty, init: &'a ast::Expr, scope: &Scope<'a>) -> Res<()> {
        let before = self.prog().program.nodes.len();
        let value = self.expr(init, scope)?;
        let tensor = self.filling(value, ty, init.span)?;
        let mut tensor = self.fitted(tensor, ty, init.span)?;
        if tensor.home == self.progs[0].serial && tensor.id.index() < before {
            // What others have too is not the parameter, which a file may give another value.
            tensor = self.emit(Op::Reshape { shape: ty.shape.clone() }, &[&tensor], init.span)?;
        }
        self.begin_as(cell, &tensor, init.span)
    }

    fn layer_field(&mut self, instance: &Rc<Instance<'a>>, names: &'a [ast::Ident], value: &'a ast::Expr) -> Res<()> {
        let scope = &instance.scope;
        // Fields are made once, whichever program uses the layer first.
        let constant = names.first().and_then(|name| self.source_constant(instance, &name.name));
        let result = self.in_init(|c| {
            if let Some(constant) = constant.filter(|_| names.len() == 1) {
                return Ok(constant);
            }
            let made = c.expr(value, scope).and_then(|v| c.settle(v))?;
            Ok(c.keep(made, Some(instance), &names[0].name, value.span))
        });
        let value_span = value.span;
        let value = match result {
            Ok(value) => value,
            Err(poison) => {
                names.iter().for_each(|n| scope.set(&n.name, Value::Error));
                return Err(poison);
            }
        };
        let parts = match names {
            [_] => vec![value],
            _ => self.unpack(&value, names.len(), value_span)?,
        };
        for (name, part) in names.iter().zip(parts) {
            self.follow_source(instance, &name.name, &part);
            self.bind_name(name, part.clone(), scope);
            instance.fields.borrow_mut().push((name.name.clone(), part.clone()));
            self.adopt(&part, Some(instance), &name.name)?;
        }
        Ok(())
    }

    pub fn add_cell(&mut self, owner: Option<Rc<Instance<'a>>>, name: Name, role: Role, ty: Ty, span: Span) -> CellId {
        self.cells.push(CellInfo { owner, name, role, ty, span });
        CellId::from(self.cells.len() - 1)
    }

    /// A layer that was made in the middle of an expression still has a path.
    fn place_if_lost(&mut self, instance: &Rc<Instance<'a>>) {
        // A copy is placed when it gets its name.
        if instance.place.borrow().is_some() || instance.source.borrow().is_some() {
            return;
        }
        let owner = self.frames.iter().rev().find_map(|f| f.instance.clone());
        let name = instance.ast.name.name.to_lowercase();
        *instance.place.borrow_mut() = Some(Place { parent: owner, name });
    }

    fn settle_all(&mut self, parts: &[Value<'a>]) -> Res<Vec<Value<'a>>> {
        parts.iter().map(|part| self.settle(part.clone())).collect()
    }

    /// A member of a chain: a class without its sizes is a layer there, which takes them from its input.
    pub fn member(&mut self, value: Value<'a>) -> Res<Value<'a>> {
        match &value {
            Value::LayerClass(class) if class.ast.settings.iter().all(|s| s.default.is_some()) => {
                self.instantiate(&class.clone(), vec![], class.span)
            }
            _ => self.settle(value),
        }
    }

    /// A layer class where a layer is needed becomes a layer with its default settings, also inside of a list.
    pub fn settle(&mut self, value: Value<'a>) -> Res<Value<'a>> {
        if !holds_class(&value) {
            return Ok(value);
        }
        match &value {
            Value::LayerClass(class) if complete(class) => self.instantiate(&class.clone(), vec![], class.span),
            Value::List(parts) => Ok(Value::list(self.settle_all(parts)?)),
            Value::Tuple(parts) => Ok(Value::tuple(self.settle_all(parts)?)),
            Value::Record(fields) => {
                let settled: Res<Vec<_>> =
                    fields.iter().map(|(name, part)| Ok((name.clone(), self.settle(part.clone())?))).collect();
                Ok(Value::Record(Rc::new(settled?)))
            }
            _ => Ok(value),
        }
    }
}

fn holds_class(value: &Value) -> bool {
    match value {
        Value::LayerClass(_) => true,
        Value::List(parts) | Value::Tuple(parts) => parts.iter().any(holds_class),
        Value::Record(fields) => fields.iter().any(|(_, part)| holds_class(part)),
        _ => false,
    }
}

/// Whether a class is a layer already: it lacks no setting, and no size that is not a default. Without its sizes it is
/// another name for the class (`let BatchNorm2d = BatchNorm`).
fn complete(class: &LayerClass) -> bool {
    let layer = class.ast;
    let sized = !class.sizes.is_empty() || layer.sizes_in.iter().chain(&layer.sizes_out).all(|s| s.default.is_some());
    sized && layer.settings.iter().all(|s| s.default.is_some())
}

/// `[In -> Out]`: a layer's sizes as a use of it has them.
pub fn brackets(layer: &ast::Layer) -> String {
    let names = |sizes: &[ast::SizeParam]| sizes.iter().map(|s| &*s.name.name).collect::<Vec<_>>().join(", ");
    match layer.has_arrow {
        true => format!("[{} -> {}]", names(&layer.sizes_in), names(&layer.sizes_out)),
        false => format!("[{}]", names(&layer.sizes_in)),
    }
}

/// A size variable for a definition that is checked on its own.
pub fn variable(name: &str, least: i64) -> Dim {
    Dim::var(&crate::types::Var::fresh(name, least))
}

/// Whether a setting of a layer may be a tensor.
pub fn takes_tensor(setting: &ast::Param) -> bool {
    match setting.ty.as_ref().map(|ty| &ty.kind) {
        None => setting.default.is_none(),
        Some(ast::TypeKind::Named(name)) => &*name.name == "Any",
        Some(ast::TypeKind::Tensor { .. }) => true,
        Some(ast::TypeKind::Tuple(_) | ast::TypeKind::Record(_) | ast::TypeKind::Layer { .. }) => false,
    }
}
