//! Element types against values: floats, whole numbers, and the class numbers of `idx<V>`.

use crate::base::Span;
use crate::diag::{Diagnostic, Edit, Help};
use crate::syntax::ast::{self, DimArg, Element};
use crate::types::{DType, Dim};

use super::bind::{Binder, dim_of};
use super::report::show;
use super::scope::Scope;
use super::value::{SizeArg, Tensor, Value};
use super::ways::last_to;
use super::{Checker, Poison, Res};

/// `any[..S]`: elements of any type, as they are.
pub const ANY: &str = "any";

/// Whether a name before brackets says of what type the elements are.
pub fn is_element(name: &str) -> bool {
    name == ANY || DType::parse(name).is_some()
}

impl<'a> Checker<'a> {
    /// The value as a tensor; a plain number fills a shape whose sizes are known by now.
    pub fn tensor_for(
        &mut self,
        binder: &Binder<'a>,
        value: &Value<'a>,
        element: Option<&'a Element>,
        want: &'a [DimArg],
        what: &str,
        span: Span,
        scope: &Scope<'a>,
    ) -> Res<Tensor> {
        let dtype = match element {
            Some(Element::Named(name)) => DType::parse(&name.name).unwrap_or(self.float),
            Some(Element::Idx(..)) => DType::I64,
            None => self.float,
        };
        match value {
            Value::Int(..) | Value::Float(_) => {
                let mut tensor = self.as_tensor(value, dtype, span)?;
                tensor.ty.bound = self.bound_of_numbers(value, element, scope);
                match self.known_shape(want, scope) {
                    Some(shape) => self.broadcast_to(&tensor, &shape, span),
                    None => Ok(tensor),
                }
            }
            Value::List(_) => {
                let mut tensor = self.as_tensor(value, dtype, span)?;
                tensor.ty.bound = tensor.ty.bound.or_else(|| self.bound_of_numbers(value, element, scope));
                Ok(tensor)
            }
            Value::Tensor(_) | Value::Cell(_) | Value::Bool(_) => self.as_tensor(value, dtype, span),
            Value::Error => Err(Poison),
            other => {
                let message = format!("`{what}` of `{}` is a tensor, and this is {}", binder.callee, other.kind());
                Err(self.error("E0301", span, message, "needs a tensor"))
            }
        }
    }

    /// The `V` of a wanted `idx<V>` when it is known and the numbers, as written, lie below it.
    fn bound_of_numbers(&mut self, value: &Value<'a>, element: Option<&'a Element>, scope: &Scope<'a>) -> Option<Dim> {
        let Some(Element::Idx(bound, _)) = element else { return None };
        if matches!(&bound.kind, ast::ExprKind::Name(name) if self.unbound(name, scope)) {
            return None;
        }
        match self.expr(bound, scope) {
            Ok(Value::Int(dim, _)) if all_below(value, dim.as_const()?) => Some(dim),
            _ => None,
        }
    }

    /// The shape that a type says, when all its names are bound.
    fn known_shape(&mut self, want: &'a [DimArg], scope: &Scope<'a>) -> Option<Vec<Dim>> {
        let mut shape = vec![];
        for dim in want {
            match dim {
                DimArg::Rest(Some(name), _) => match scope.get(&name.name)? {
                    Value::List(sizes) => shape.extend(sizes.iter().filter_map(dim_of)),
                    _ => return None,
                },
                DimArg::Rest(None, _) => return None,
                DimArg::Size(ast::Expr { kind: ast::ExprKind::Name(name), .. }) => match scope.get(name)? {
                    Value::Int(dim, _) => shape.push(dim),
                    _ => return None,
                },
                DimArg::Size(ast::Expr { kind: ast::ExprKind::Int(n), .. }) => shape.push(Dim::from(*n)),
                DimArg::Size(_) => return None,
            }
        }
        Some(shape)
    }

    pub fn bind_element(
        &mut self,
        binder: &Binder<'a>,
        tensor: Tensor,
        element: Option<&'a Element>,
        what: &str,
        span: Span,
        scope: &Scope<'a>,
    ) -> Res<Tensor> {
        match element {
            None if tensor.ty.dtype.is_float() => Ok(tensor),
            // One index is a number, too: that of an iteration, for example.
            None if tensor.ty.bound.is_some() && !tensor.ty.shape.is_empty() => {
                let message =
                    format!("{} holds numbers, and this holds class numbers: {}", binder.part(what), show(&tensor.ty));
                let diagnostic = Diagnostic::error("E0307", span, message, "labels, not values").help(
                    "make vectors of them with `one_hot`, or convert with `cast(.., f32)` if that is what you mean",
                );
                Err(self.report(diagnostic))
            }
            None => self.cast(&tensor, self.float, span),
            Some(Element::Named(name)) if &*name.name == ANY => Ok(tensor),
            Some(Element::Named(name)) => {
                let Some(want) = DType::parse(&name.name) else {
                    return Err(self.unknown_dtype(name));
                };
                self.same_dtype(binder, tensor, want, what, span)
            }
            Some(Element::Idx(bound, _)) => self.bind_index(binder, tensor, bound, what, span, scope),
        }
    }

    fn same_dtype(&mut self, binder: &Binder<'a>, tensor: Tensor, want: DType, what: &str, span: Span) -> Res<Tensor> {
        if tensor.ty.dtype == want {
            return Ok(tensor);
        }
        let message = format!("{} is {want}, and this is {}", binder.part(what), show(&tensor.ty));
        let diagnostic = Diagnostic::error("E0307", span, message, format!("holds {}", tensor.ty.dtype))
            .help(format!("convert it: `cast(.., {want})`"));
        Err(self.report(diagnostic))
    }

    /// `idx<V>`: a bare unbound name takes the bound, everything else must be equal to it.
    fn bind_index(
        &mut self,
        binder: &Binder<'a>,
        tensor: Tensor,
        bound: &'a ast::Expr,
        what: &str,
        span: Span,
        scope: &Scope<'a>,
    ) -> Res<Tensor> {
        if !tensor.ty.dtype.is_int() {
            let message = format!("{} holds class numbers, and this is {}", binder.part(what), show(&tensor.ty));
            let diagnostic = Diagnostic::error("E0307", span, message, "needs whole numbers");
            let diagnostic = match self.is_row_of_classes(&tensor, bound, scope) {
                true => shares(diagnostic, &binder.callee),
                false => diagnostic.help("labels are declared with how many classes there are: `y: idx<10>[B]`"),
            };
            return Err(self.report(diagnostic));
        }
        let have = tensor.ty.bound.clone();
        if let (ast::ExprKind::Name(name), Some(have)) = (&bound.kind, &have)
            && self.unbound(name, scope)
        {
            let label = self.label();
            scope.set(name, Value::Int(have.clone(), label));
            return self.cast_index(tensor, span);
        }
        let want = match self.expr(bound, scope)? {
            Value::Int(dim, _) => dim,
            Value::Hole => return self.cast_index(tensor, span),
            other => return Err(self.expected("a size", &other, bound.span)),
        };
        match have {
            Some(have) => {
                if self.classes_told.contains(&(want.clone(), have.clone())) {
                    return Err(Poison);
                }
                let callee = binder.callee.clone();
                let way = self.way_to_classes(binder, bound, [&want, &have], scope);
                let describe = || {
                    let message = format!("`{callee}` expects {want} classes in `{what}` and receives {have}");
                    let diagnostic = Diagnostic::error("E0514", span, message, format!("labels in 0..{have}"));
                    Diagnostic { helps: vec![way], ..diagnostic }
                };
                let agree = self.require_equal(&want, &have, span, describe);
                agree.inspect_err(|_| self.classes_told.push((want.clone(), have.clone())))?;
                self.cast_index(tensor, span)
            }
            None => {
                let message =
                    format!("{} needs whole numbers below {want}, and nothing says that these are", binder.part(what));
                let diagnostic =
                    Diagnostic::error("E0514", span, message, format!("{} without a bound", tensor.ty.dtype))
                        .help(format!("claim it, to be checked when it runs: `.. :> idx<{want}>[..]`"));
                Err(self.report(diagnostic))
            }
        }
    }

    /// Whether a tensor of numbers has a last axis of the classes that are wanted, so that each row has one for each of them.
    fn is_row_of_classes(&mut self, tensor: &Tensor, bound: &'a ast::Expr, scope: &Scope<'a>) -> bool {
        let unbound = matches!(&bound.kind, ast::ExprKind::Name(name) if self.unbound(name, scope));
        let classes = if unbound { None } else { self.expr(bound, scope).ok() };
        let classes = classes.as_ref().and_then(dim_of);
        tensor.ty.shape.len() > 1 && classes.is_some() && tensor.ty.shape.last() == classes.as_ref()
    }

    /// What makes `want` classes and `have` one number: another size of the layer, or another order of axes in what the numbers
    /// are compared with.
    fn way_to_classes(
        &self,
        binder: &Binder<'a>,
        bound: &ast::Expr,
        [want, have]: [&Dim; 2],
        scope: &Scope<'a>,
    ) -> Help {
        let words = |text: String| Help { text, edit: None };
        if let (Some(layer), ast::ExprKind::Name(name)) = (&binder.of, &bound.kind) {
            let written = layer.written.get(name).filter(|size| !self.is_std(size.span().file));
            let text = format!("give `{}` {have} rows, or declare what goes in `idx<{want}>`", binder.callee);
            return match (written, have.as_const()) {
                (Some(SizeArg::Known(_, at)), Some(size)) => {
                    Help { text, edit: Some(Edit { span: *at, text: size.to_string() }) }
                }
                _ => words(text),
            };
        }
        let swapped = scope.names().into_iter().find_map(|name| match scope.own(&name)? {
            Value::Tensor(Tensor { ty, .. }) => last_to(&ty.shape, want, have).map(|way| (name, way)),
            _ => None,
        });
        words(match swapped {
            Some((name, (axis, way))) => format!("the classes of `{name}` seem to be in axis {axis}: `{way}`"),
            None => format!("give the last layer {have} outputs, or declare the labels `idx<{want}>`"),
        })
    }

    fn cast_index(&mut self, tensor: Tensor, span: Span) -> Res<Tensor> {
        let bound = tensor.ty.bound.clone();
        let mut tensor = self.cast(&tensor, DType::I64, span)?;
        tensor.ty.bound = bound;
        Ok(tensor)
    }

    pub fn unknown_dtype(&mut self, name: &ast::Ident) -> Poison {
        let known = DType::ALL.map(DType::name);
        let diagnostic =
            Diagnostic::error("E0201", name.span, format!("there is no element type `{}`", name.name), "not known");
        let diagnostic = match crate::diag::nearest(&name.name, known) {
            Some(near) => diagnostic.fix(format!("did you mean `{near}`?"), name.span, near.to_string()),
            None => diagnostic.note(format!("element types: {}, idx<N>", known.join(", "))),
        };
        self.report(diagnostic)
    }
}

/// Ways out where rows with a number for each class stand in the place of class numbers.
fn shares(diagnostic: Diagnostic, callee: &str) -> Diagnostic {
    let diagnostic = match callee {
        "cross_entropy" => diagnostic.help("rows of probabilities, or with a single one, are for `soft_cross_entropy`"),
        _ => diagnostic,
    };
    diagnostic.help("`argmax(y)` is the class of each row with a single one")
}

/// Whether a number, or every number of nested lists, is whole and in `0..bound`.
fn all_below(value: &Value, bound: i64) -> bool {
    match value {
        Value::Int(dim, _) => dim.as_const().is_some_and(|n| (0..bound).contains(&n)),
        Value::List(items) => items.iter().all(|item| all_below(item, bound)),
        _ => false,
    }
}
