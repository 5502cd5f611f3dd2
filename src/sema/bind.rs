//! Types against values: bare names bind sizes, expressions are checked when all names are bound.

use std::rc::Rc;

use crate::base::{Name, Span};
use crate::diag::Diagnostic;
use crate::ops::Op;
use crate::syntax::ast::{self, DimArg, Element, TypeKind};
use crate::tir::Ty;
use crate::types::{Claim, DType, Dim, Rel};

use super::expr::number;
use super::report::{dims, same_multiset, show};
use super::scope::Scope;
use super::value::{SizeArg, Tensor, Truth, Value};
use super::{Checker, Poison, Res};

/// One signature while it is matched.
pub struct Binder<'a> {
    callee: String,
    call: Span,
    /// A result binds nothing: its names are known.
    result: bool,
    /// Sizes that are expressions: decided last.
    later: Vec<Later<'a>>,
}

struct Later<'a> {
    size: &'a ast::Expr,
    got: Dim,
    axis: usize,
    shape: Vec<Dim>,
    span: Span,
    scope: Scope<'a>,
}

impl<'a> Binder<'a> {
    pub fn new(callee: &str, call: Span) -> Binder<'a> {
        Binder { callee: callee.to_string(), call, result: false, later: vec![] }
    }

    pub fn result(callee: &str, call: Span) -> Binder<'a> {
        Binder { callee: callee.to_string(), call, result: true, later: vec![] }
    }
}

impl<'a> Checker<'a> {
    /// `value` as what `ty` says; `what` names it in messages.
    pub fn bind_type(
        &mut self,
        binder: &mut Binder<'a>,
        value: &Value<'a>,
        ty: &'a ast::Type,
        what: &str,
        span: Span,
        scope: &Scope<'a>,
    ) -> Res<Value<'a>> {
        match &ty.kind {
            TypeKind::Tensor { element, dims } => {
                let tensor = self.tensor_for(binder, value, element.as_ref(), dims, what, span, scope)?;
                let tensor = self.bind_element(binder, tensor, element.as_ref(), what, span, scope)?;
                Ok(Value::Tensor(self.bind_dims(binder, tensor, dims, ty.span, span, scope)?))
            }
            TypeKind::Named(name) => self.bind_named(value, name, what, span),
            TypeKind::Tuple(types) => {
                let parts = self.unpack(value, types.len(), span)?;
                let parts: Res<Vec<Value>> = parts
                    .iter()
                    .zip(types)
                    .map(|(part, ty)| self.bind_type(binder, part, ty, what, span, scope))
                    .collect();
                Ok(Value::tuple(parts?))
            }
            TypeKind::Record(fields) => self.bind_record(binder, value, fields, span, scope),
        }
    }

    fn bind_record(
        &mut self,
        binder: &mut Binder<'a>,
        value: &Value<'a>,
        fields: &'a [(ast::Ident, ast::Type)],
        span: Span,
        scope: &Scope<'a>,
    ) -> Res<Value<'a>> {
        let Value::Record(have) = value else { return Err(self.expected("a record", value, span)) };
        let mut out = vec![];
        for (name, ty) in fields {
            let Some((_, part)) = have.iter().find(|(n, _)| *n == name.name) else {
                return Err(self.error("E0306", span, format!("the record has no `{}`", name.name), "field missing"));
            };
            out.push((name.name.clone(), self.bind_type(binder, part, ty, &name.name, span, scope)?));
        }
        Ok(Value::Record(Rc::new(out)))
    }

    /// The value as a tensor; a plain number fills a shape whose sizes are known by now.
    fn tensor_for(
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
                let tensor = self.as_tensor(value, dtype, span)?;
                match self.known_shape(want, scope) {
                    Some(shape) => self.broadcast_to(&tensor, &shape, span),
                    None => Ok(tensor),
                }
            }
            Value::Tensor(_) | Value::Cell(_) | Value::List(_) | Value::Bool(_) => self.as_tensor(value, dtype, span),
            Value::Error => Err(Poison),
            other => {
                let message = format!("`{what}` of `{}` is a tensor, and this is {}", binder.callee, other.kind());
                Err(self.error("E0301", span, message, "needs a tensor"))
            }
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
                DimArg::Size(_) => return None,
            }
        }
        Some(shape)
    }

    fn bind_element(
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
            None if tensor.ty.bound.is_some() => {
                let message = format!(
                    "`{what}` of `{}` holds numbers, and this holds class numbers: {}",
                    binder.callee,
                    show(&tensor.ty)
                );
                let diagnostic = Diagnostic::error("E0307", span, message, "labels, not values").help(
                    "make vectors of them with `one_hot`, or convert with `cast(.., f32)` if that is what you mean",
                );
                Err(self.report(diagnostic))
            }
            None => self.cast(&tensor, self.float, span),
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
        let message = format!("`{what}` of `{}` is {want}, and this is {}", binder.callee, show(&tensor.ty));
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
            let message =
                format!("`{what}` of `{}` holds class numbers, and this is {}", binder.callee, show(&tensor.ty));
            return Err(self.error("E0307", span, message, "needs whole numbers"));
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
                let callee = binder.callee.clone();
                let describe = || {
                    let message = format!("`{callee}` expects {want} classes in `{what}` and receives {have}");
                    Diagnostic::error("E0514", span, message, format!("labels in 0..{have}"))
                        .help(format!("give the last layer {have} outputs, or declare the labels `idx<{want}>`"))
                };
                self.require_equal(&want, &have, span, describe)?;
                self.cast_index(tensor, span)
            }
            None => {
                let message = format!(
                    "`{what}` of `{}` needs whole numbers below {want}, and nothing says that these are",
                    binder.callee
                );
                let diagnostic =
                    Diagnostic::error("E0514", span, message, format!("{} without a bound", tensor.ty.dtype))
                        .help(format!("claim it, to be checked when it runs: `.. :> idx<{want}>[..]`"));
                Err(self.report(diagnostic))
            }
        }
    }

    fn cast_index(&mut self, tensor: Tensor, span: Span) -> Res<Tensor> {
        let bound = tensor.ty.bound.clone();
        let mut tensor = self.cast(&tensor, DType::I64, span)?;
        tensor.ty.bound = bound;
        Ok(tensor)
    }

    fn unknown_dtype(&mut self, name: &ast::Ident) -> Poison {
        let known = DType::ALL.map(DType::name);
        let diagnostic =
            Diagnostic::error("E0201", name.span, format!("there is no element type `{}`", name.name), "not known");
        let diagnostic = match crate::diag::nearest(&name.name, known) {
            Some(near) => diagnostic.fix(format!("did you mean `{near}`?"), name.span, near.to_string()),
            None => diagnostic.note(format!("element types: {}, idx<N>", known.join(", "))),
        };
        self.report(diagnostic)
    }

    /// Neither in scope nor a number at the top level.
    fn unbound(&mut self, name: &Name, scope: &Scope<'a>) -> bool {
        match scope.get(name) {
            Some(Value::Int(..) | Value::Hole | Value::List(_)) => false,
            Some(_) => true,
            None => !matches!(self.global(scope.module(), name), Some(Value::Int(..))),
        }
    }

    // -- shapes

    fn bind_dims(
        &mut self,
        binder: &mut Binder<'a>,
        mut tensor: Tensor,
        want: &'a [DimArg],
        declared: Span,
        span: Span,
        scope: &Scope<'a>,
    ) -> Res<Tensor> {
        let shape = tensor.ty.shape.clone();
        let rest = want.iter().position(|d| matches!(d, DimArg::Rest(..)));
        let fixed = want.len() - usize::from(rest.is_some());
        let fits = if rest.is_some() { shape.len() >= fixed } else { shape.len() == fixed };
        if !fits {
            return Err(self.rank_error(binder, &tensor, want, declared, span, scope));
        }
        self.check_swapped(binder, &shape, want, declared, span, scope)?;
        let mut axis = 0;
        for dim in want {
            match dim {
                DimArg::Rest(name, _) => {
                    let count = shape.len() - fixed;
                    self.bind_rest(binder, name.as_ref(), &mut tensor, axis, count, span, scope)?;
                    axis += count;
                }
                DimArg::Size(size) => {
                    self.bind_size(binder, size, &mut tensor, axis, span, scope)?;
                    axis += 1;
                }
            }
        }
        Ok(tensor)
    }

    fn bind_size(
        &mut self,
        binder: &mut Binder<'a>,
        size: &'a ast::Expr,
        tensor: &mut Tensor,
        axis: usize,
        span: Span,
        scope: &Scope<'a>,
    ) -> Res<()> {
        let got = tensor.ty.shape[axis].clone();
        let ast::ExprKind::Name(name) = &size.kind else {
            let shape = tensor.ty.shape.clone();
            binder.later.push(Later { size, got, axis, shape, span, scope: scope.clone() });
            return Ok(());
        };
        match scope.get(name) {
            Some(Value::Int(want, label)) => {
                if label != 0 {
                    tensor.labels[axis].push(label);
                }
                self.size_agrees(binder, name, &want, &got, tensor, axis, span)
            }
            Some(Value::Hole) => self.fill_hole(name, got, scope),
            Some(Value::List(_)) => Err(self.error(
                "E0301",
                size.span,
                format!("`{name}` stands for several axes"),
                format!("write `..{name}`"),
            )),
            _ => match self.global(scope.module(), name) {
                Some(Value::Int(want, _)) => self.size_agrees(binder, name, &want, &got, tensor, axis, span),
                _ if binder.result => Err(self.unbound_result(name, size.span)),
                _ => {
                    let label = self.label();
                    tensor.labels[axis].push(label);
                    scope.set(name, Value::Int(got, label));
                    Ok(())
                }
            },
        }
    }

    fn unbound_result(&mut self, name: &Name, span: Span) -> Poison {
        let message = format!("no input says what the size `{name}` is");
        let diagnostic = Diagnostic::error("E0516", span, message, "only in the result")
            .help("use the sizes of the inputs, or leave the result type out");
        self.report(diagnostic)
    }

    /// A layer's `_` takes its size here.
    fn fill_hole(&mut self, name: &Name, got: Dim, scope: &Scope<'a>) -> Res<()> {
        let label = self.label();
        scope.fill(name, Value::Int(got, label));
        Ok(())
    }

    fn size_agrees(
        &mut self,
        binder: &Binder<'a>,
        name: &str,
        want: &Dim,
        got: &Dim,
        tensor: &Tensor,
        axis: usize,
        span: Span,
    ) -> Res<()> {
        if want == got {
            self.counts.proved += 1;
            return Ok(());
        }
        let (callee, result) = (binder.callee.clone(), binder.result);
        let shape = tensor.ty.shape.clone();
        let place = binder.call;
        let describe = || wrong_size(&callee, name, want, got, &shape, axis, if result { span } else { place }, result);
        self.require(&Claim::new(want.clone(), Rel::Eq, got.clone()), span, describe)
    }

    fn bind_rest(
        &mut self,
        binder: &Binder<'a>,
        name: Option<&ast::Ident>,
        tensor: &mut Tensor,
        first: usize,
        count: usize,
        span: Span,
        scope: &Scope<'a>,
    ) -> Res<()> {
        let Some(name) = name else { return Ok(()) };
        let got = tensor.ty.shape[first..first + count].to_vec();
        match scope.get(&name.name) {
            Some(Value::List(want)) => {
                let sizes: Vec<Dim> = want.iter().filter_map(dim_of).collect();
                if sizes.len() != count {
                    return Err(self.rest_differs(binder, &sizes, &got, span));
                }
                for (i, value) in want.iter().enumerate() {
                    if let Value::Int(dim, label) = value {
                        if *label != 0 {
                            tensor.labels[first + i].push(*label);
                        }
                        if *dim != got[i] {
                            let (callee, want, got) = (binder.callee.clone(), sizes.clone(), got.clone());
                            let describe = || shapes_differ(&callee, &want, &got, span);
                            self.require_equal(dim, &got[i], span, describe)?;
                        } else {
                            self.counts.proved += 1;
                        }
                    }
                }
                Ok(())
            }
            _ => {
                let mut sizes = vec![];
                for (i, dim) in got.into_iter().enumerate() {
                    let label = self.label();
                    tensor.labels[first + i].push(label);
                    sizes.push(Value::Int(dim, label));
                }
                scope.set(&name.name, Value::list(sizes));
                Ok(())
            }
        }
    }

    fn rest_differs(&mut self, binder: &Binder<'a>, want: &[Dim], got: &[Dim], span: Span) -> Poison {
        let diagnostic = shapes_differ(&binder.callee, want, got, span);
        self.report(diagnostic)
    }

    /// The sizes that are expressions, now that all names are bound.
    pub fn finish_binding(&mut self, binder: Binder<'a>, _scope: &Scope<'a>) -> Res<()> {
        for later in binder.later {
            let want = match self.expr(&later.size, &later.scope)? {
                Value::Int(dim, _) => dim,
                Value::Hole => continue,
                other => return Err(self.expected("a size", &other, later.size.span)),
            };
            if want == later.got {
                self.counts.proved += 1;
                continue;
            }
            let describe = || {
                let span = if binder.result { later.span } else { binder.call };
                wrong_size(&binder.callee, "", &want, &later.got, &later.shape, later.axis, span, binder.result)
                    .label(later.size.span, format!("`{want}` is declared here"))
            };
            self.require(&Claim::new(want.clone(), Rel::Eq, later.got.clone()), later.span, describe)?;
        }
        Ok(())
    }

    fn rank_error(
        &mut self,
        binder: &Binder<'a>,
        tensor: &Tensor,
        want: &'a [DimArg],
        declared: Span,
        span: Span,
        scope: &Scope<'a>,
    ) -> Poison {
        let shape = &tensor.ty.shape;
        let wanted = self.shown_dims(want, scope);
        let place = if binder.result { span } else { binder.call };
        let verb = if binder.result { "gives" } else { "receives" };
        let message = format!("`{}` expects {wanted} and {verb} {}", binder.callee, dims(shape));
        let code = if looks_like_loss(want, shape) { "E0513" } else { "E0504" };
        let mut diagnostic = Diagnostic::error(code, place, message, format!("{} axes here", shape.len()))
            .label(declared, "declared here");
        let one = Dim::from(1);
        if shape.len() == want.len() + 1 && shape.last() == Some(&one) {
            diagnostic = diagnostic.help("drop the last axis of size 1: `x[.., 0]`");
        } else if shape.len() == want.len() + 1 && shape.first() == Some(&one) {
            diagnostic = diagnostic.help("drop the first axis of size 1: `x[0]`");
        } else if shape.len() + 1 == want.len() {
            diagnostic =
                diagnostic.help("one axis is missing: is the batch axis there? `reshape(x, [1, ..])` adds one");
        } else if shape.len() > want.len() {
            diagnostic = diagnostic.help("flatten the axes behind the batch first: `flatten`");
        }
        self.report(diagnostic)
    }

    /// All sizes are there, in another order.
    fn check_swapped(
        &mut self,
        binder: &Binder<'a>,
        shape: &[Dim],
        want: &'a [DimArg],
        declared: Span,
        span: Span,
        scope: &Scope<'a>,
    ) -> Res<()> {
        let known: Option<Vec<Dim>> = want
            .iter()
            .map(|d| match d {
                DimArg::Size(ast::Expr { kind: ast::ExprKind::Name(name), .. }) => match scope.get(name) {
                    Some(Value::Int(dim, _)) => Some(dim),
                    _ => None,
                },
                _ => None,
            })
            .collect();
        let Some(known) = known else { return Ok(()) };
        if known.len() != shape.len() || known == shape || !same_multiset(&known, shape) {
            return Ok(());
        }
        let verb = if binder.result { "gives" } else { "receives" };
        let message = format!(
            "`{}` expects {} and {verb} the same sizes in another order: {}",
            binder.callee,
            dims(&known),
            dims(shape)
        );
        let place = if binder.result { span } else { binder.call };
        let diagnostic = Diagnostic::error("E0503", place, message, "axes are swapped")
            .label(declared, "declared here")
            .help("transpose it: `x.T`, or name the axes: `x.[a b -> b a]`");
        Err(self.report(diagnostic))
    }

    /// A declared shape with the sizes that are bound.
    fn shown_dims(&mut self, want: &'a [DimArg], scope: &Scope<'a>) -> String {
        let parts: Vec<String> = want
            .iter()
            .map(|d| match d {
                DimArg::Rest(Some(name), _) => format!("..{}", name.name),
                DimArg::Rest(None, _) => "..".to_string(),
                DimArg::Size(ast::Expr { kind: ast::ExprKind::Name(name), .. }) => match scope.get(name) {
                    Some(Value::Int(dim, _)) => dim.to_string(),
                    _ => name.to_string(),
                },
                DimArg::Size(e) => match self.expr(e, scope) {
                    Ok(Value::Int(dim, _)) => dim.to_string(),
                    _ => "..".to_string(),
                },
            })
            .collect();
        format!("[{}]", parts.join(", "))
    }

    // -- static types

    fn bind_named(&mut self, value: &Value<'a>, name: &'a ast::Ident, what: &str, span: Span) -> Res<Value<'a>> {
        let fits = match &*name.name {
            "Int" => matches!(value, Value::Int(..)),
            "Float" => match value {
                Value::Int(..) => {
                    if let Some(v) = number(value) {
                        return Ok(Value::Float(v));
                    }
                    return Ok(Value::Tensor(self.as_tensor(value, DType::F64, span)?));
                }
                Value::Float(_) => true,
                Value::Tensor(t) => t.ty.shape.is_empty(),
                _ => false,
            },
            "Bool" => matches!(value, Value::Bool(_)),
            "Str" => matches!(value, Value::Str(_)),
            "Axis" => matches!(value, Value::Int(..) | Value::List(_) | Value::Tuple(_)),
            "Shape" => match value {
                Value::Int(..) => return Ok(Value::list(vec![value.clone()])),
                Value::List(_) | Value::Tuple(_) => true,
                _ => false,
            },
            "Schedule" => {
                if super::expr::is_number(value) {
                    return Ok(super::builtin::constant_schedule(value.clone()));
                }
                value.is_callable()
            }
            "Fn" => value.is_callable(),
            "Layer" => value.is_callable(),
            "List" => matches!(value, Value::List(_) | Value::Tuple(_)),
            "Optimizer" => matches!(value, Value::Optimizer(_) | Value::Chain(_)),
            "Dataset" => matches!(value, Value::Dataset(_)),
            "DType" => matches!(value, Value::DType(_)),
            "Any" => true,
            other => {
                if let Some(want) = DType::parse(other) {
                    let tensor = self.as_tensor(value, want, span)?;
                    return Ok(Value::Tensor(self.cast(&tensor, want, span)?));
                }
                return Err(self.unknown_type(name));
            }
        };
        if fits {
            return Ok(value.clone());
        }
        if value.is_error() {
            return Err(Poison);
        }
        let message = format!("`{what}` is of type {}, and this is {}", name.name, value.kind());
        let diagnostic = Diagnostic::error("E0301", span, message, format!("needs {}", name.name));
        Err(self.report(diagnostic.label(name.span, "declared here")))
    }

    fn unknown_type(&mut self, name: &ast::Ident) -> Poison {
        const TYPES: [&str; 13] = [
            "Int",
            "Float",
            "Bool",
            "Str",
            "Axis",
            "Shape",
            "Schedule",
            "Fn",
            "Layer",
            "List",
            "Optimizer",
            "Dataset",
            "Any",
        ];
        let diagnostic =
            Diagnostic::error("E0201", name.span, format!("there is no type `{}`", name.name), "not known");
        let diagnostic = match crate::diag::nearest(&name.name, TYPES) {
            Some(near) => diagnostic.fix(format!("did you mean `{near}`?"), name.span, near.to_string()),
            None => diagnostic.note(format!("static types: {}; tensors are written [B, 10]", TYPES.join(", "))),
        };
        self.report(diagnostic)
    }

    /// A declared tensor type with all sizes known: of a parameter, a field of data.
    pub fn concrete_ty(&mut self, ty: &'a ast::Type, scope: &Scope<'a>) -> Res<Ty> {
        let (element, wanted) = match &ty.kind {
            TypeKind::Tensor { element, dims } => (element.as_ref(), dims.as_slice()),
            TypeKind::Named(name) => match DType::parse(&name.name) {
                Some(dtype) => return Ok(Ty::scalar(dtype)),
                None => return Err(self.unknown_type(name)),
            },
            _ => return Err(self.error("E0301", ty.span, "a tensor type is needed here", "not one tensor")),
        };
        let mut shape = vec![];
        for dim in wanted {
            match dim {
                DimArg::Size(e) => match self.expr(e, scope)? {
                    Value::Int(dim, _) => shape.push(dim),
                    other => return Err(self.expected("a size", &other, e.span)),
                },
                DimArg::Rest(Some(name), span) => match scope.get(&name.name) {
                    Some(Value::List(sizes)) => shape.extend(sizes.iter().filter_map(dim_of)),
                    _ => {
                        return Err(self.error(
                            "E0201",
                            *span,
                            format!("`..{}` is not bound here", name.name),
                            "unknown",
                        ));
                    }
                },
                DimArg::Rest(None, span) => {
                    return Err(self.error("E0516", *span, "every size must be said here", "which axes?"));
                }
            }
        }
        let (dtype, bound) = match element {
            None => (self.float, None),
            Some(Element::Named(name)) => match DType::parse(&name.name) {
                Some(dtype) => (dtype, None),
                None => return Err(self.unknown_dtype(name)),
            },
            Some(Element::Idx(e, _)) => match self.expr(e, scope)? {
                Value::Int(dim, _) => (DType::I64, Some(dim)),
                other => return Err(self.expected("a size", &other, e.span)),
            },
        };
        Ok(Ty { dtype, bound, shape })
    }

    /// `x :> [128, D]`: taken as true, checked when it runs.
    pub fn coerce(&mut self, value: &'a ast::Expr, ty: &'a ast::Type, span: Span, scope: &Scope<'a>) -> Res<Value<'a>> {
        let value = self.expr(value, scope)?;
        let tensor = self.as_tensor(&value, self.float, span)?;
        let want = self.concrete_ty(ty, scope)?;
        if want.shape.len() != tensor.ty.shape.len() {
            let message = format!("{} is claimed to be {}", show(&tensor.ty), show(&want));
            return Err(self.error("E0504", span, message, "another number of axes"));
        }
        for (w, g) in want.shape.iter().zip(&tensor.ty.shape) {
            self.claim_at_run_time(w, g, span)?;
        }
        let mut tensor = match &want.bound {
            Some(bound) => self.claim_bound(tensor, bound, span)?,
            None => self.cast(&tensor, want.dtype, span)?,
        };
        tensor.ty.shape = want.shape;
        Ok(Value::Tensor(tensor))
    }

    fn claim_at_run_time(&mut self, want: &Dim, got: &Dim, span: Span) -> Res<()> {
        let claim = Claim::new(want.clone(), Rel::Eq, got.clone());
        match self.truth(claim.clone()) {
            Truth::Known(true) => self.counts.proved += 1,
            Truth::Known(false) => {
                let message = format!("this claim is never true: {got} is not {want}");
                return Err(self.error("E0506", span, message, "claimed here"));
            }
            _ => {
                let message = format!("the claim that {got} is {want}");
                let check = crate::tir::Check { claim, span, code: "E0506", message };
                self.progs[0].program.checks.push(check);
            }
        }
        Ok(())
    }

    /// Every element is a whole number in `0..bound`: asserted when it runs.
    fn claim_bound(&mut self, tensor: Tensor, bound: &Dim, span: Span) -> Res<Tensor> {
        let mut whole = self.cast(&tensor, DType::I64, span)?;
        let zero = self.number(0.0, DType::I64, span);
        let top = self.size(bound, DType::I64, span)?;
        let low = self.compare(crate::ops::Compare::Le, &zero, &whole, span)?;
        let high = self.compare(crate::ops::Compare::Lt, &whole, &top, span)?;
        let both = self.emit(Op::Binary(crate::ops::Binary::And), &[&low, &high], span)?;
        let all = self.all(&both, span)?;
        self.assert_tensor(&all, format!("every element is in 0..{bound}").into(), span)?;
        whole.ty.bound = Some(bound.clone());
        Ok(whole)
    }

    /// Whether a list of booleans holds altogether.
    pub fn all(&mut self, tensor: &Tensor, span: Span) -> Res<Tensor> {
        if tensor.ty.shape.is_empty() {
            return Ok(tensor.clone());
        }
        let numbers = self.cast(tensor, DType::I32, span)?;
        let axes = (0..tensor.ty.shape.len()).collect();
        let least = self.emit(Op::Reduce { kind: crate::ops::Reduce::Min, axes }, &[&numbers], span)?;
        self.cast(&least, DType::Bool, span)
    }

    /// The sizes between a layer's brackets.
    pub fn size_arg(&mut self, e: &'a ast::Expr, scope: &Scope<'a>) -> Res<SizeArg<'a>> {
        if matches!(e.kind, ast::ExprKind::Hole) {
            return Ok(SizeArg::Hole(e.span));
        }
        if mentions_hole(e) {
            return Ok(SizeArg::OverHole(e, scope.clone()));
        }
        match self.expr(e, scope)? {
            Value::Int(dim, _) => Ok(SizeArg::Known(dim, e.span)),
            other => Err(self.expected("a size", &other, e.span)),
        }
    }
}

fn mentions_hole(e: &ast::Expr) -> bool {
    match &e.kind {
        ast::ExprKind::Hole => true,
        ast::ExprKind::Binary(_, _, a, b) => mentions_hole(a) || mentions_hole(b),
        ast::ExprKind::Unary(_, x) => mentions_hole(x),
        _ => false,
    }
}

/// The size that a value is.
pub fn dim_of(value: &Value) -> Option<Dim> {
    match value {
        Value::Int(dim, _) => Some(dim.clone()),
        _ => None,
    }
}

fn wrong_size(
    callee: &str,
    name: &str,
    want: &Dim,
    got: &Dim,
    shape: &[Dim],
    axis: usize,
    span: Span,
    result: bool,
) -> Diagnostic {
    if result {
        let message = format!("`{callee}` declares {want} and gives {got} at axis {axis}");
        return Diagnostic::error("E0506", span, message, format!("gives {}", dims(shape)));
    }
    let unit = if axis + 1 == shape.len() && shape.len() <= 3 { " features" } else { "" };
    let message = format!("`{callee}` expects {want}{unit} and receives {got}");
    let diagnostic = Diagnostic::error("E0501", span, message, format!("receives {}", dims(shape)));
    match name {
        "" => diagnostic,
        name => diagnostic.note(format!("the size `{name}` is {want}; axis {axis} of the input is {got}")),
    }
}

fn shapes_differ(callee: &str, want: &[Dim], got: &[Dim], span: Span) -> Diagnostic {
    let message = format!("`{callee}` needs two equal shapes, and these are {} and {}", dims(want), dims(got));
    let one = Dim::from(1);
    let diagnostic = Diagnostic::error("E0513", span, message, format!("{} here", dims(got)))
        .note(super::report::aligned(want, got));
    if want.len() + 1 == got.len() && got.last() == Some(&one) {
        return diagnostic
            .help("drop the axis of size 1 on this side: `x[.., 0]`")
            .help("or add it to the other: `reshape(x, [.., 1])`");
    }
    if got.len() + 1 == want.len() && want.last() == Some(&one) {
        return diagnostic
            .help("drop the axis of size 1 on the other side: `x[.., 0]`")
            .help("or add it to this one: `reshape(x, [.., 1])`");
    }
    match same_multiset(want, got) {
        true => diagnostic.help("these are the same sizes in another order: transpose one side"),
        false => diagnostic,
    }
}

fn looks_like_loss(want: &[DimArg], shape: &[Dim]) -> bool {
    want.len().abs_diff(shape.len()) == 1 && shape.last() == Some(&Dim::from(1))
}
