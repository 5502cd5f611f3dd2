//! Layers as types of parameters: `net: UNet` is any layer of that make, `head: Linear[D -> C]` also binds or checks its
//! sizes.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;

use crate::base::Span;
use crate::diag::Diagnostic;
use crate::syntax::ast::{self, DimArg, ExprKind};
use crate::types::Dim;

use super::layer::{brackets, variable};
use super::scope::{ModuleId, Scope};
use super::value::{Instance, LayerClass, Place, Value};
use super::{Checker, Res};

impl<'a> Checker<'a> {
    /// The layer that a type names.
    pub fn layer_named(&mut self, name: &ast::Ident, module: ModuleId) -> Option<Rc<LayerClass<'a>>> {
        match self.global(module, &name.name) {
            Some(Value::LayerClass(class)) => Some(class),
            _ => None,
        }
    }

    /// `value` as a layer of that make; bare names among `sizes` take its sizes, the others must agree.
    pub fn bind_layer(
        &mut self,
        value: &Value<'a>,
        class: Rc<LayerClass<'a>>,
        sizes: &[&'a DimArg],
        what: &str,
        span: Span,
        scope: &Scope<'a>,
    ) -> Res<Value<'a>> {
        if let Value::Frozen(inner, training) = value {
            return Ok(super::holds::frozen(self.bind_layer(inner, class, sizes, what, span, scope)?, *training));
        }
        let value = self.settle(value.clone())?;
        let layer = class.ast;
        let made = match &value {
            Value::Weights(weights) => &weights.of,
            value => value,
        };
        let Value::Instance(instance) = made else {
            return Err(self.expected(&format!("a `{}` for `{what}`", layer.name.name), &value, span));
        };
        if !std::ptr::eq(instance.ast, layer) {
            let (want, have) = (&layer.name.name, &instance.ast.name.name);
            let message = format!("`{what}` is of type {want}, and this is a `{have}`");
            return Err(self.error("E0301", span, message, format!("needs a `{want}`")));
        }
        for (bare, (param, size)) in self.paired(layer, sizes)? {
            let have = match instance.scope.own(&param.name.name) {
                Some(Value::Int(have, label)) => Value::Int(have, label),
                _ => {
                    let name = &param.name.name;
                    let message = format!("the size `{name}` of this `{}` is not known yet", layer.name.name);
                    let diagnostic = Diagnostic::error("E0516", span, message, "no input has said it")
                        .help(format!("write its sizes where it is made: {}", brackets(layer)));
                    return Err(self.report(diagnostic));
                }
            };
            match &size.kind {
                ExprKind::Name(name) if bare && self.unbound(name, scope) => scope.set(name, have),
                ExprKind::Hole => {}
                _ => self.layer_size_agrees(param, size, &have, what, span, scope)?,
            }
        }
        Ok(value)
    }

    /// The sizes of a layer beside what a type writes for them: bare names first, since expressions may use them.
    fn paired(
        &mut self,
        layer: &'a ast::Layer,
        sizes: &[&'a DimArg],
    ) -> Res<Vec<(bool, (&'a ast::SizeParam, &'a ast::Expr))>> {
        let params: Vec<&ast::SizeParam> = layer.sizes_in.iter().chain(&layer.sizes_out).collect();
        let mut pairs = vec![];
        for (i, size) in sizes.iter().enumerate() {
            match (size, params.get(i)) {
                (DimArg::Size(e), Some(param)) => pairs.push((matches!(e.kind, ExprKind::Name(_)), (*param, e))),
                (DimArg::Size(e), None) => {
                    let message = format!("`{}` has the sizes {}", layer.name.name, brackets(layer));
                    return Err(self.error("E0304", e.span, message, "one too many"));
                }
                (DimArg::Rest(_, at), _) => {
                    return Err(self.error("E0301", *at, "a layer's sizes are numbers", "not a size"));
                }
            }
        }
        pairs.sort_by_key(|(bare, _)| !bare);
        Ok(pairs)
    }

    fn layer_size_agrees(
        &mut self,
        param: &ast::SizeParam,
        size: &'a ast::Expr,
        have: &Value<'a>,
        what: &str,
        span: Span,
        scope: &Scope<'a>,
    ) -> Res<()> {
        let want = match self.expr(size, scope)? {
            Value::Int(want, _) => want,
            other => return Err(self.expected("a size", &other, size.span)),
        };
        let Value::Int(have, _) = have else { return Ok(()) };
        self.require_equal(&want, have, span, || {
            let name = &param.name.name;
            let message = format!("`{what}` is a layer with `{name}` = {want}, and this one has {name} = {have}");
            Diagnostic::error("E0501", span, message, format!("{have} here"))
                .label(size.span, format!("`{want}` is declared here"))
        })
    }

    /// A layer with variables for its sizes and settings; `None` when a setting has no stand-in. `given` are sizes that
    /// are known already.
    pub fn stand_in_layer(
        &mut self,
        layer: &'a ast::Layer,
        module: ModuleId,
        given: &[Dim],
    ) -> Res<Option<Rc<Instance<'a>>>> {
        let scope = Scope::root(module);
        for (i, size) in layer.sizes_in.iter().chain(&layer.sizes_out).enumerate() {
            let name = &size.name.name;
            let dim = given.get(i).cloned().unwrap_or_else(|| variable(name, 1));
            let label = self.label();
            scope.set(name, Value::Int(dim, label));
        }
        self.standing.push(layer);
        let settings = layer.settings.iter().try_fold(true, |all, setting| {
            // Settings are there before any batch: fields and first values may be made of them.
            let value = self.in_init(|c| c.stand_in(setting, &scope))?;
            Ok(all && value.map(|value| scope.set(&setting.name.name, value)).is_some())
        });
        self.standing.pop();
        if !settings? {
            return Ok(None);
        }
        self.assume_wheres(&layer.wheres, &scope);
        let instance = Rc::new(Instance {
            ast: layer,
            scope,
            holes: RefCell::default(),
            ready: Cell::new(false),
            place: RefCell::new(Some(Place { parent: None, name: layer.name.name.to_lowercase() })),
            cells: RefCell::default(),
            fields: RefCell::default(),
            written: BTreeMap::new(),
            settings_at: BTreeMap::new(),
            source: RefCell::default(),
            span: layer.name.span,
        });
        self.ready(&instance)?;
        Ok(Some(instance))
    }

    /// A layer for a parameter that nobody has given a value yet; its type is at `span`.
    pub fn stand_in_typed(
        &mut self,
        class: &LayerClass<'a>,
        sizes: &[&'a DimArg],
        span: Span,
        scope: &Scope<'a>,
    ) -> Res<Option<Value<'a>>> {
        if self.standing.iter().any(|layer| std::ptr::eq(*layer, class.ast)) {
            let name = &class.ast.name.name;
            let message = format!("`{name}` can only be made of another `{name}`");
            let diagnostic = Diagnostic::error("E0207", span, message, "there is never a first one")
                .label(class.ast.name.span, "this layer")
                .help("let the setting be any layer: `net: Any`");
            return Err(self.report(diagnostic));
        }
        let mut given = vec![];
        for size in sizes {
            if let DimArg::Size(e) = size {
                given.push(self.stand_in_size(e, scope)?);
            }
        }
        Ok(self.stand_in_layer(class.ast, class.module, &given)?.map(Value::Instance))
    }
}
