//! Types against values: bare names bind sizes, expressions are checked when all names are bound.

use std::rc::Rc;

use crate::base::{Name, Span};
use crate::diag::Diagnostic;
use crate::syntax::ast::{self, DimArg, Element, TypeKind};
use crate::types::{Claim, Dim, Rel};

use super::element::is_element;
use super::report::{dims, same_multiset};
use super::scope::Scope;
use super::size::{Missed, looks_like_loss, shapes_differ};
use super::value::{Instance, Tensor, Value};
use super::{Checker, Poison, Res};

/// One signature while it is matched.
pub struct Binder<'a> {
    pub callee: String,
    call: Span,
    /// A result binds nothing: its names are known.
    result: bool,
    /// The layer whose method is called.
    pub of: Option<Rc<Instance<'a>>>,
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
        Binder { callee: callee.to_string(), call, result: false, of: None, later: vec![] }
    }

    pub fn result(callee: &str, call: Span) -> Binder<'a> {
        Binder { callee: callee.to_string(), call, result: true, of: None, later: vec![] }
    }

    /// What is matched, for messages: a parameter, or the result.
    pub fn part(&self, what: &str) -> String {
        match self.result {
            true => format!("the result of `{}`", self.callee),
            false => format!("`{what}` of `{}`", self.callee),
        }
    }

    pub fn of(mut self, layer: Option<&Rc<Instance<'a>>>) -> Binder<'a> {
        self.of = layer.cloned();
        self
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
            TypeKind::Tensor { element: Some(Element::Named(name)), dims } if !is_element(&name.name) => {
                match self.layer_named(name, scope.module()) {
                    Some(layer) => {
                        let sizes: Vec<&DimArg> = dims.iter().collect();
                        self.bind_layer(value, layer, &sizes, what, span, scope)
                    }
                    None => Err(self.unknown_dtype(name)),
                }
            }
            TypeKind::Layer { name, ins, outs } => match self.layer_named(name, scope.module()) {
                Some(layer) => {
                    let sizes: Vec<&DimArg> = ins.iter().chain(outs).collect();
                    self.bind_layer(value, layer, &sizes, what, span, scope)
                }
                None => Err(self.unknown_type(name)),
            },
            TypeKind::Tensor { element, dims } => {
                let tensor = self.tensor_for(binder, value, element.as_ref(), dims, what, span, scope)?;
                let tensor = self.bind_element(binder, tensor, element.as_ref(), what, span, scope)?;
                Ok(Value::Tensor(self.bind_dims(binder, tensor, dims, ty.span, span, scope)?))
            }
            TypeKind::Named(name) => self.bind_named(value, name, what, span, scope),
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

    /// Neither in scope nor a number at the top level.
    pub fn unbound(&mut self, name: &Name, scope: &Scope<'a>) -> bool {
        match scope.get(name) {
            Some(Value::Int(..) | Value::Hole | Value::List(_)) => false,
            Some(_) => true,
            None => !matches!(self.global(scope.module(), name), Some(Value::Int(..))),
        }
    }

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
                _ if binder.result && !self.depends_on_data(&got) => Err(self.unbound_result(name, size.span, scope)),
                _ => {
                    let label = self.label();
                    tensor.labels[axis].push(label);
                    scope.set(name, Value::Int(got, label));
                    Ok(())
                }
            },
        }
    }

    fn unbound_result(&mut self, name: &Name, span: Span, scope: &Scope<'a>) -> Poison {
        let message = format!("no input says what the size `{name}` is");
        let diagnostic = Diagnostic::error("E0516", span, message, "only in the result");
        let sizes = scope.names().into_iter().filter(|n| matches!(scope.get(n), Some(Value::Int(..))));
        let sizes: Vec<Name> = sizes.collect();
        self.report(match crate::diag::nearest(name, sizes.iter().map(|n| &**n)) {
            Some(near) => diagnostic.fix(format!("did you mean `{near}`?"), span, near.to_string()),
            None => diagnostic.help("use the sizes of the inputs, or leave the result type out"),
        })
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
        let missed = Missed {
            callee: binder.callee.clone(),
            name: name.to_string(),
            want: want.clone(),
            got: got.clone(),
            shape: tensor.ty.shape.clone(),
            axis,
            of: binder.of.clone(),
        };
        self.require_size(missed, binder.call, span, binder.result)
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
        let diagnostic = match binder.result {
            true => {
                let message = format!("`{}` declares {} and gives {}", binder.callee, dims(want), dims(got));
                Diagnostic::error("E0506", span, message, format!("{} here", dims(got)))
            }
            false => shapes_differ(&binder.callee, want, got, span),
        };
        self.report(diagnostic)
    }

    /// The sizes that are expressions, now that all names are bound.
    pub fn finish_binding(&mut self, binder: Binder<'a>, _scope: &Scope<'a>) -> Res<()> {
        for later in binder.later {
            let want = match self.expr(later.size, &later.scope)? {
                Value::Int(dim, _) => dim,
                Value::Hole => continue,
                other => return Err(self.expected("a size", &other, later.size.span)),
            };
            if want == later.got {
                self.counts.proved += 1;
                continue;
            }
            let describe = || {
                let missed = Missed {
                    callee: binder.callee.clone(),
                    name: String::new(),
                    want: want.clone(),
                    got: later.got.clone(),
                    shape: later.shape.clone(),
                    axis: later.axis,
                    of: None,
                };
                missed
                    .diagnostic(later.span, binder.result)
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
        let verb = if binder.result { "gives" } else { "receives" };
        let message = format!("`{}` expects {wanted} and {verb} {}", binder.callee, dims(shape));
        let code = if looks_like_loss(want, shape) { "E0513" } else { "E0504" };
        let mut diagnostic = Diagnostic::error(code, span, message, format!("{} here", axes(shape.len())))
            .label(declared, "declared here");
        let one = Dim::from(1);
        if shape.len() == want.len() + 1 && shape.last() == Some(&one) {
            diagnostic = diagnostic.help("drop the last axis of size 1: `x[.., 0]`");
        } else if shape.len() == want.len() + 1 && shape.first() == Some(&one) {
            diagnostic = diagnostic.help("drop the first axis of size 1: `x[0]`");
        } else if shape.len() + 1 == want.len() {
            if let Some(help) = missing_axis(want, &wanted, shape, binder.result) {
                diagnostic = diagnostic.help(help);
            }
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
                DimArg::Size(ast::Expr { kind: ast::ExprKind::Int(size), .. }) => Some(Dim::from(*size)),
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
        let diagnostic = Diagnostic::error("E0503", span, message, "axes are swapped")
            .label(declared, "declared here")
            .help(super::ways::reordering(shape, &known));
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
}

/// One axis too few: it is one of size 1, or the batch of a single example. `wanted` is the shape as it is shown.
fn missing_axis(want: &[DimArg], wanted: &str, shape: &[Dim], result: bool) -> Option<String> {
    let sizes: Vec<&str> = wanted.trim_matches(['[', ']']).split(", ").collect();
    if sizes.len() != want.len() || want.iter().any(|dim| matches!(dim, DimArg::Rest(..))) {
        return None;
    }
    let agrees = |size: &&str, have: &Dim| size.parse::<i64>().is_err() || have.to_string() == **size;
    let fits = |without: usize| {
        let rest = sizes.iter().enumerate().filter(|(i, _)| *i != without).map(|(_, size)| size);
        rest.zip(shape).all(|(size, have)| agrees(size, have))
    };
    if !result && sizes[0].parse::<i64>().is_err() && fits(0) {
        return Some("the batch axis is missing: `unsqueeze(x, 0)` makes a batch of one".to_string());
    }
    let one = sizes.iter().position(|size| *size == "1")?;
    fits(one).then(|| format!("an axis of size 1 is missing: `unsqueeze(x, {one})` adds it"))
}

fn axes(count: usize) -> String {
    format!("{count} {}", if count == 1 { "axis" } else { "axes" })
}

/// The size that a value is.
pub fn dim_of(value: &Value) -> Option<Dim> {
    match value {
        Value::Int(dim, _) => Some(dim.clone()),
        _ => None,
    }
}
