//! Layers that do nothing where they stand, and names that are no layers of their own.

use std::rc::Rc;

use crate::base::{Name, Span};
use crate::diag::Diagnostic;
use crate::syntax::ast::{self, ExprKind, ItemKind};
use crate::syntax::mentions;

use super::scope::Scope;
use super::value::{Instance, Value};
use super::{Checker, MAIN};

impl<'a> Checker<'a> {
    /// The stages of `f >> g >> ..`, each with its place.
    pub fn look_at_stages(&mut self, parts: &[Value<'a>], places: &[Span]) {
        if places.iter().any(|place| self.is_std(place.file)) {
            return;
        }
        for (i, pair) in parts.windows(2).enumerate() {
            if let [Value::Instance(a), Value::Instance(b)] = pair
                && self.is_linear(a)
                && self.is_linear(b)
                && let Some((middle, out)) = joined(a, b)
            {
                let message = "two linear layers with nothing between them are one";
                let label = format!("{middle} features between gain nothing, for {out} come out");
                let diagnostic = Diagnostic::warning("E0619", places[i + 1], message, label)
                    .label(places[i], "the layer before")
                    .fix("put an activation between them", places[i + 1].start(), "relu >> ");
                self.report(diagnostic);
            }
        }
        let layers = parts.iter().zip(places).filter_map(|(part, place)| match part {
            Value::Instance(layer) if layer.scope.own("init").is_some() => Some((layer, *place)),
            _ => None,
        });
        let layers: Vec<_> = layers.collect();
        for pair in layers.windows(2) {
            if let [(a, at), (b, behind)] = pair
                && begins_at_zero(a)
                && begins_at_zero(b)
            {
                let message = "the features between these layers stay equal, as the weights of both begin at zero";
                let diagnostic = Diagnostic::warning("E0619", *at, message, "begins at zero")
                    .label(*behind, "and this one, too")
                    .help("only the last of them may begin at zero: leave `init: zeros` out of the others");
                self.report(diagnostic);
            }
        }
    }

    fn is_linear(&self, layer: &Instance<'a>) -> bool {
        &*layer.ast.name.name == "Linear" && self.is_std(layer.ast.name.span.file)
    }

    /// `target <- 0.9 * target + 0.1 * net`, where both names are of one layer.
    pub fn second_name(&mut self, target: &'a ast::Expr, value: &'a ast::Expr, scope: &Scope<'a>) {
        let ExprKind::Name(own) = &target.kind else { return };
        let mut known = |name: &Name| scope.get(name).or_else(|| self.global(scope.module(), name));
        let Some(layer) = known(own) else { return };
        let other =
            mentions(value).into_iter().find(|name| name != own && known(name).is_some_and(|v| same(&layer, &v)));
        let Some(other) = other else { return };
        let message = format!("`{own}` and `{other}` are two names of one layer");
        let diagnostic = Diagnostic::warning("E0620", target.span, message, "changes both");
        let declared = self.modules.get(MAIN).item(own).and_then(|item| match &item.kind {
            ItemKind::Let(item) => Some(&item.value),
            _ => None,
        });
        self.report(match declared {
            Some(e) if scope.module() == MAIN && matches!(&e.kind, ExprKind::Name(name) if *name == other) => {
                diagnostic.label(e.span, "no copy").fix(
                    "make a layer with weights of its own",
                    e.span,
                    format!("copy({other})"),
                )
            }
            _ => diagnostic.help(format!("a layer with weights of its own is `copy({other})`")),
        });
    }
}

/// Whether two values are one layer, or one chain.
fn same<'a>(a: &Value<'a>, b: &Value<'a>) -> bool {
    match (a, b) {
        (Value::Instance(a), Value::Instance(b)) => Rc::ptr_eq(a, b),
        (Value::Chain(a), Value::Chain(b)) => Rc::ptr_eq(a, b),
        _ => false,
    }
}

/// The features between two dense layers and those that come out, where there are so many between that the two can be no less
/// than one layer. Fewer would be a factorization.
fn joined(a: &Instance, b: &Instance) -> Option<(i64, i64)> {
    let size = |layer: &Instance, name: &str| match layer.scope.own(name) {
        Some(Value::Int(dim, _)) => dim.as_const(),
        _ => None,
    };
    let (middle, out) = (size(a, "Out")?, size(b, "Out")?);
    let wide = middle >= out || size(a, "In").is_some_and(|width| middle >= width);
    wide.then_some((middle, out))
}

fn begins_at_zero(layer: &Instance) -> bool {
    matches!(layer.scope.own("init"), Some(Value::Builtin(init)) if init.name == "zeros")
}
