//! Brackets behind an expression: positions and slices of tensors and lists, sizes of layers, shapes of constructors.

use std::rc::Rc;

use crate::base::Span;
use crate::diag::Diagnostic;
use crate::ops::{Binary, Op};
use crate::syntax::ast::{self, IndexArg};
use crate::types::{Claim, DType, Dim, Rel};

use super::bind::dim_of;
use super::scope::Scope;
use super::value::{Arg, Code, Tensor, Value};
use super::{Checker, Poison, Res};

impl<'a> Checker<'a> {
    pub fn index(
        &mut self,
        base: &'a ast::Expr,
        args: &'a [IndexArg],
        arrow: Option<&'a [IndexArg]>,
        span: Span,
        scope: &Scope<'a>,
    ) -> Res<Value<'a>> {
        let value = self.expr(base, scope)?;
        if let Value::Weights(weights) = &value {
            let part = self.index_value(weights.of.clone(), args, arrow, span, scope)?;
            return self.part_of(weights, part, span);
        }
        self.index_value(value, args, arrow, span, scope)
    }

    fn index_value(
        &mut self,
        value: Value<'a>,
        args: &'a [IndexArg],
        arrow: Option<&'a [IndexArg]>,
        span: Span,
        scope: &Scope<'a>,
    ) -> Res<Value<'a>> {
        if let Value::LayerClass(class) = &value {
            return self.with_sizes(&class.clone(), args, arrow, span, scope);
        }
        if arrow.is_some() {
            let message = format!("`->` between brackets gives a layer its sizes, and this is {}", value.kind());
            return Err(self.error("E0301", span, message, "not a layer"));
        }
        let value = match &value {
            Value::Frozen(inner, _) => (**inner).clone(),
            _ => value,
        };
        match &value {
            Value::Tensor(tensor) => Ok(Value::Tensor(self.index_tensor(tensor.clone(), args, span, scope)?)),
            Value::List(items) => self.index_list(&items.clone(), args, span, Value::list, scope),
            Value::Tuple(items) => self.index_list(&items.clone(), args, span, Value::tuple, scope),
            Value::Chain(parts) => {
                self.index_list(&parts.clone(), args, span, |parts| Value::Chain(Rc::new(parts)), scope)
            }
            Value::Fn(_) | Value::Builtin(_) if takes_shape(&value) => {
                let shape = self.shape_args(args, scope)?;
                let arg = Arg::named("shape".into(), Value::list(shape), span);
                self.call(&value, vec![arg], span)
            }
            other => {
                let message = format!("{} cannot be indexed", other.kind());
                let diagnostic = Diagnostic::error("E0301", span, message, "brackets here")
                    .note("brackets choose from tensors and lists, and give layers their sizes");
                Err(self.report(diagnostic))
            }
        }
    }

    /// `[B, 4*H]`, `[..S, C]` as a list of sizes.
    fn shape_args(&mut self, args: &'a [IndexArg], scope: &Scope<'a>) -> Res<Vec<Value<'a>>> {
        let mut shape = vec![];
        for arg in args {
            match arg {
                IndexArg::Rest(span) => {
                    return Err(self.error(
                        "E0301",
                        *span,
                        "which sizes does `..` stand for?",
                        "write `..S` with a list of sizes",
                    ));
                }
                IndexArg::At(ast::Expr { kind: ast::ExprKind::Spread(list), .. }) => {
                    shape.extend(self.items(list, scope)?)
                }
                IndexArg::At(e) => match self.expr(e, scope)? {
                    value @ Value::Int(..) => shape.push(value),
                    Value::List(items) | Value::Tuple(items) => shape.extend(items.iter().cloned()),
                    other => return Err(self.expected("a size", &other, e.span)),
                },
                IndexArg::Named(name, _) => {
                    return Err(self.error("E0302", name.span, "sizes of a shape have no names", "leave the name out"));
                }
                IndexArg::Slice { span, .. } => {
                    return Err(self.error("E0301", *span, "a shape is a list of sizes", "a slice is not a size"));
                }
            }
        }
        Ok(shape)
    }

    // -- lists

    fn index_list(
        &mut self,
        items: &[Value<'a>],
        args: &'a [IndexArg],
        span: Span,
        slice: impl FnOnce(Vec<Value<'a>>) -> Value<'a>,
        scope: &Scope<'a>,
    ) -> Res<Value<'a>> {
        match args {
            [IndexArg::At(e)] => {
                let i = self.static_int(e, scope)?;
                let n = items.len() as i64;
                let at = if i < 0 { i + n } else { i };
                match usize::try_from(at).ok().and_then(|at| items.get(at)) {
                    Some(item) => Ok(item.clone()),
                    None => Err(self.error(
                        "E0403",
                        e.span,
                        format!("there is no element {i} in a list of {n}"),
                        "out of range",
                    )),
                }
            }
            [IndexArg::Slice { start, stop, step, .. }] => {
                let n = items.len() as i64;
                let start = self.list_bound(start.as_ref(), 0, n, scope)?;
                let stop = self.list_bound(stop.as_ref(), n, n, scope)?;
                let step = match step {
                    Some(e) => usize::try_from(self.static_int(e, scope)?).ok().filter(|&s| s > 0).unwrap_or(1),
                    None => 1,
                };
                Ok(slice(items[start.min(stop)..stop].iter().step_by(step).cloned().collect()))
            }
            _ => Err(self.error("E0301", span, "a list has one index", "one position or one slice")),
        }
    }

    fn list_bound(&mut self, e: Option<&'a ast::Expr>, default: i64, n: i64, scope: &Scope<'a>) -> Res<usize> {
        let Some(e) = e else { return Ok(default.max(0) as usize) };
        let i = self.static_int(e, scope)?;
        let at = if i < 0 { i + n } else { i };
        if (0..=n).contains(&at) {
            return Ok(at as usize);
        }
        Err(self.error("E0403", e.span, format!("{i} is outside a list of {n}"), "out of range"))
    }

    // -- tensors

    fn index_tensor(&mut self, tensor: Tensor, args: &'a [IndexArg], span: Span, scope: &Scope<'a>) -> Res<Tensor> {
        let rank = tensor.ty.shape.len();
        let rests = args.iter().filter(|a| matches!(a, IndexArg::Rest(_))).count();
        let said = args.len() - rests;
        if rests > 1 || said > rank {
            let message = format!("{said} positions for a tensor of {rank} axes: {}", super::report::show(&tensor.ty));
            return Err(self.error("E0504", span, message, "too many"));
        }
        let mut current = tensor;
        let mut axis = 0;
        let mut indices = vec![];
        for arg in args {
            match arg {
                IndexArg::Rest(_) => axis += rank - said,
                IndexArg::At(e) => match self.expr(e, scope)? {
                    Value::Int(i, _) => current = self.element(&current, axis, i, e.span)?,
                    value => {
                        indices.push(Indices { axis, index: self.positions(&value, e.span)?, span: e.span });
                        axis += 1;
                    }
                },
                IndexArg::Slice { start, stop, step, span } => {
                    current =
                        self.index_slice(current, axis, [start.as_ref(), stop.as_ref(), step.as_ref()], *span, scope)?;
                    axis += 1;
                }
                IndexArg::Named(name, _) => {
                    return Err(self.error("E0302", name.span, "positions have no names", "leave the name out"));
                }
            }
        }
        match indices.as_slice() {
            [] => Ok(current),
            [one] => self.take(&current, &one.index, one.axis, one.span),
            several => self.take_together(current, several, span),
        }
    }

    /// One position: the axis disappears.
    fn element(&mut self, x: &Tensor, axis: usize, i: Dim, span: Span) -> Res<Tensor> {
        let start = position(i, &x.ty.shape[axis]);
        let stop = &start + &Dim::from(1);
        self.takes_filling(x, axis, &start, span);
        let x = self.emit(Op::Slice { axis, start, stop, step: Dim::from(1) }, &[x], span)?;
        self.drop_axis(&x, axis, span)
    }

    /// Whole numbers between brackets.
    fn positions(&mut self, value: &Value<'a>, span: Span) -> Res<Tensor> {
        if !matches!(value, Value::Tensor(_) | Value::Cell(_) | Value::List(_)) {
            return Err(self.expected("a position", value, span));
        }
        let index = self.as_tensor(value, DType::I64, span)?;
        match index.ty.dtype {
            DType::Bool => self.positions_where(&index, span),
            dtype if dtype.is_int() => Ok(index),
            _ => Err(self.expected("whole numbers as an index", value, span)),
        }
    }

    /// `x[i, j]`: element `k` of the result is that at `i[k], j[k]`. The axes of the indices take the place of the first.
    /// The axes become one, and so do the indices: `i * size + j`, with `j` in its range.
    fn take_together(&mut self, x: Tensor, indices: &[Indices], span: Span) -> Res<Tensor> {
        let first = indices[0].axis;
        let own: Vec<usize> = indices.iter().map(|i| i.axis).collect();
        let rank = x.ty.shape.len();
        let perm: Vec<usize> =
            (0..first).chain(own.iter().copied()).chain((first..rank).filter(|a| !own.contains(a))).collect();
        let x = match perm.iter().enumerate().all(|(i, &axis)| i == axis) {
            true => x,
            false => self.emit(Op::Transpose { perm }, &[&x], span)?,
        };
        let end = first + own.len();
        let sizes = x.ty.shape[first..end].to_vec();
        let count = sizes.iter().fold(Dim::from(1), |n, size| &n * size);
        let shape = [&x.ty.shape[..first], &[count], &x.ty.shape[end..]].concat();
        let joined = self.emit(Op::Reshape { shape }, &[&x], span)?;
        let mut place: Option<Tensor> = None;
        for (Indices { index, span, .. }, size) in indices.iter().zip(&sizes) {
            let index = self.in_range(index, size, *span)?;
            place = Some(match place {
                None => index,
                Some(before) => {
                    let size = self.size(size, DType::I64, *span)?;
                    let before = self.binary(Binary::Mul, &before, &size, *span)?;
                    self.binary(Binary::Add, &before, &index, *span)?
                }
            });
        }
        let place = place.expect("there are several indices");
        self.take(&joined, &place, first, span)
    }

    /// The indices as i64, checked when they are used, unless a bound shows that all are below `size`.
    fn in_range(&mut self, index: &Tensor, size: &Dim, span: Span) -> Res<Tensor> {
        if index.ty.bound.is_some() {
            self.bound_fits(index, size, span)?;
            return self.cast(index, DType::I64, span);
        }
        let places = self.emit(Op::Iota { dtype: DType::I64, n: size.clone() }, &[], span)?;
        self.emit(Op::Take { axis: 0 }, &[&places, index], span)
    }

    pub fn take(&mut self, x: &Tensor, index: &Tensor, axis: usize, span: Span) -> Res<Tensor> {
        self.bound_fits(index, &x.ty.shape[axis].clone(), span)?;
        self.emit(Op::Take { axis }, &[x, index], span)
    }

    /// The bound of class numbers, if they have one, is at most the size of the axis that they point into.
    pub fn bound_fits(&mut self, index: &Tensor, size: &Dim, span: Span) -> Res<()> {
        let Some(bound) = &index.ty.bound else { return Ok(()) };
        let describe = || {
            let message = format!("numbers up to {bound} cannot index an axis of {size}");
            Diagnostic::error("E0514", span, message, format!("idx<{bound}> into {size}"))
        };
        self.require(&Claim::new(bound.clone(), Rel::Le, size.clone()), span, describe)
    }

    pub fn drop_axis(&mut self, x: &Tensor, axis: usize, span: Span) -> Res<Tensor> {
        let mut shape = x.ty.shape.clone();
        shape.remove(axis);
        let mut labels = x.labels.clone();
        labels.remove(axis);
        let mut out = self.emit(Op::Reshape { shape }, &[x], span)?;
        out.labels = labels;
        Ok(out)
    }

    fn index_slice(
        &mut self,
        x: Tensor,
        axis: usize,
        [start, stop, step]: [Option<&'a ast::Expr>; 3],
        span: Span,
        scope: &Scope<'a>,
    ) -> Res<Tensor> {
        let size = x.ty.shape[axis].clone();
        let start = self.slice_bound(start, Dim::from(0), &size, scope)?;
        let stop = self.slice_bound(stop, size.clone(), &size, scope)?;
        let step = match step {
            None => Dim::from(1),
            Some(e) => Dim::from(self.static_int(e, scope)?),
        };
        if start.as_const() == Some(0) && stop == size && step.as_const() == Some(1) {
            return Ok(x);
        }
        self.emit(Op::Slice { axis, start, stop, step }, &[&x], span)
    }

    fn slice_bound(&mut self, e: Option<&'a ast::Expr>, default: Dim, size: &Dim, scope: &Scope<'a>) -> Res<Dim> {
        let Some(e) = e else { return Ok(default) };
        match self.expr(e, scope)? {
            Value::Int(dim, _) => Ok(position(dim, size)),
            other => Err(self.expected("a position", &other, e.span)),
        }
    }

    // -- axes

    /// The axes that an `over:` means, increasing.
    pub fn axes(&mut self, x: &Tensor, value: &Value<'a>, span: Span) -> Res<Vec<usize>> {
        let mut axes = match value {
            Value::List(items) | Value::Tuple(items) => {
                let axes: Res<Vec<usize>> = items.iter().map(|item| self.axis(x, item, span)).collect();
                axes?
            }
            one => vec![self.axis(x, one, span)?],
        };
        axes.sort_unstable();
        if axes.windows(2).any(|w| w[0] == w[1]) {
            return Err(self.error("E0517", span, "an axis is named twice", "each axis once"));
        }
        Ok(axes)
    }

    /// One axis: an index, negative from the end, or a size name.
    pub fn axis(&mut self, x: &Tensor, value: &Value<'a>, span: Span) -> Res<usize> {
        let Value::Int(dim, label) = value else { return Err(self.expected("an axis", value, span)) };
        let rank = x.ty.shape.len();
        if *label == 0 {
            let i = self.known_int(value, span)?;
            let at = if i < 0 { i + rank as i64 } else { i };
            return match usize::try_from(at) {
                Ok(at) if at < rank => Ok(at),
                _ => {
                    let message = format!("there is no axis {i} in {}", super::report::show(&x.ty));
                    Err(self.error("E0517", span, message, which_axes(rank)))
                }
            };
        }
        if let Some(at) = x.labels.iter().position(|l| l.contains(label)) {
            return Ok(at);
        }
        let equal: Vec<usize> = (0..rank).filter(|&i| x.ty.shape[i] == *dim).collect();
        match equal.as_slice() {
            [at] => Ok(*at),
            [] => {
                let message = format!("no axis of {} has the size {dim}", super::report::show(&x.ty));
                Err(self.error("E0517", span, message, "this size is not there"))
            }
            _ => {
                let message = format!("several axes of {} have the size {dim}", super::report::show(&x.ty));
                let diagnostic =
                    Diagnostic::error("E0517", span, message, "which one?").help("say it by its index: `over: -1`");
                Err(self.report(diagnostic))
            }
        }
    }

    /// A list of sizes; one may be `_`, which takes what is left of `count`.
    pub fn sizes(&mut self, value: &Value<'a>, count: Option<&[Dim]>, span: Span) -> Res<Vec<Dim>> {
        let items = self.items_of(value, span)?;
        let mut shape: Vec<Option<Dim>> = vec![];
        for item in &items {
            match item {
                Value::Int(..) => shape.push(dim_of(item)),
                Value::Hole if count.is_some() && !shape.contains(&None) => shape.push(None),
                Value::Hole => {
                    return Err(self.error("E0516", span, "only one size can be `_`, and only in `reshape`", "which?"));
                }
                other => return Err(self.expected("a size", other, span)),
            }
        }
        let product = |dims: &mut dyn Iterator<Item = &Dim>| dims.fold(Dim::from(1), |n, d| &n * d);
        let known = product(&mut shape.iter().flatten());
        let total = product(&mut count.unwrap_or(&[]).iter());
        let dims: Vec<Dim> = shape.into_iter().map(|d| d.unwrap_or_else(|| total.floor_div(&known))).collect();
        for dim in &dims {
            if dim.fault().is_some() {
                self.sized(dim.clone(), span)?;
                return Err(Poison);
            }
        }
        Ok(dims)
    }
}

/// Indices for an axis of a tensor.
struct Indices {
    axis: usize,
    index: Tensor,
    span: Span,
}

/// A negative position counts from the end.
pub fn position(i: Dim, size: &Dim) -> Dim {
    match i.as_const() {
        Some(v) if v < 0 => size + &i,
        _ => i,
    }
}

/// Whether `f[dims]` means `f(shape: [dims])`.
fn takes_shape(value: &Value) -> bool {
    match value {
        Value::Builtin(b) => b.params.contains(&"shape"),
        Value::Fn(closure) => match closure.code {
            Code::Func(f) => f.params.iter().any(|p| &*p.name.name == "shape"),
            Code::Lambda { .. } => false,
        },
        _ => false,
    }
}

fn which_axes(rank: usize) -> String {
    match rank {
        0 => "a scalar has no axes".to_string(),
        1 => "its one axis is 0".to_string(),
        _ => format!("its axes are 0 to {}, or -{rank} to -1 from the end", rank - 1),
    }
}
