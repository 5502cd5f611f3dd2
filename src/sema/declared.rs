//! Static types against values, types whose sizes are all known, and claims that are checked when a program runs.

use crate::base::Span;
use crate::diag::Diagnostic;
use crate::ops::Op;
use crate::syntax::ast::{self, DimArg, Element, TypeKind};
use crate::tir::Ty;
use crate::types::{Claim, DType, Dim, Rel};

use super::bind::dim_of;
use super::element::is_element;
use super::expr::number;
use super::report::show;
use super::scope::{ModuleId, Scope};
use super::value::{Arg, SizeArg, Tensor, Truth, Value};
use super::{Checker, Poison, Res};

/// Types of values that are known before the run.
const STATIC_TYPES: [&str; 14] = [
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
    "DType",
    "Any",
];

impl<'a> Checker<'a> {
    pub fn bind_named(
        &mut self,
        value: &Value<'a>,
        name: &'a ast::Ident,
        what: &str,
        span: Span,
        scope: &Scope<'a>,
    ) -> Res<Value<'a>> {
        let fits = match &*name.name {
            "Int" => matches!(value, Value::Int(..)),
            "Float" => match value {
                Value::Int(..) => {
                    if let Some(v) = number(value) {
                        return Ok(Value::Float(v));
                    }
                    return Ok(Value::Tensor(self.as_tensor(value, DType::F64, span)?));
                }
                Value::Float(_) | Value::Running(_) => true,
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
            "Optimizer" => {
                matches!(value, Value::Optimizer(_) | Value::OptimizerClass(..) | Value::Chain(_) | Value::Fn(_))
            }
            "Dataset" => matches!(value, Value::Dataset(_)),
            "DType" => matches!(value, Value::DType(_)),
            "Any" => true,
            other => {
                if let Some(want) = DType::parse(other) {
                    let tensor = self.as_tensor(value, want, span)?;
                    return Ok(Value::Tensor(self.cast(&tensor, want, span)?));
                }
                return match self.layer_named(name, scope.module()) {
                    Some(layer) => self.bind_layer(value, layer, &[], what, span, scope),
                    None => Err(self.unknown_type(name)),
                };
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

    /// Whether a declared type exists, for parameters that nobody has given a value yet.
    pub fn known_type(&mut self, ty: &'a ast::Type, module: ModuleId) -> Res<()> {
        match &ty.kind {
            TypeKind::Tensor { element: Some(Element::Named(name)), .. } if !is_element(&name.name) => {
                match self.layer_named(name, module) {
                    Some(_) => Ok(()),
                    None => Err(self.unknown_dtype(name)),
                }
            }
            TypeKind::Tensor { .. } => Ok(()),
            TypeKind::Named(name) if STATIC_TYPES.contains(&&*name.name) || DType::parse(&name.name).is_some() => {
                Ok(())
            }
            TypeKind::Named(name) | TypeKind::Layer { name, .. } => match self.layer_named(name, module) {
                Some(_) => Ok(()),
                None => Err(self.unknown_type(name)),
            },
            TypeKind::Tuple(types) => types.iter().map(|ty| self.known_type(ty, module)).fold(Ok(()), Res::and),
            TypeKind::Record(fields) => fields.iter().map(|(_, ty)| self.known_type(ty, module)).fold(Ok(()), Res::and),
        }
    }

    pub fn unknown_type(&mut self, name: &ast::Ident) -> Poison {
        let diagnostic =
            Diagnostic::error("E0201", name.span, format!("there is no type `{}`", name.name), "not known");
        let diagnostic = match crate::diag::nearest(&name.name, STATIC_TYPES) {
            Some(near) => diagnostic.fix(format!("did you mean `{near}`?"), name.span, near.to_string()),
            None => diagnostic.note(format!(
                "static types: {}, and the names of layers; tensors are written [B, 10]",
                STATIC_TYPES.join(", ")
            )),
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
        let want = self.concrete_ty(ty, scope)?;
        let fills = matches!(value, Value::Int(..) | Value::Float(_) | Value::Bool(_));
        let mut tensor = self.filling(value, &want, span)?;
        if fills {
            tensor = self.broadcast_to(&tensor, &want.shape, span)?;
        }
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

    /// What makes a tensor of a declared type: a number, a tensor, nested lists, or a function of the shape.
    pub fn filling(&mut self, value: Value<'a>, ty: &Ty, span: Span) -> Res<Tensor> {
        let value = match value.is_callable() {
            true => {
                let shape = Value::list(ty.shape.iter().cloned().map(Value::dim).collect());
                self.call(&value, vec![Arg::positional(shape, span)], span)?
            }
            false => value,
        };
        self.as_tensor(&value, ty.dtype, span)
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
