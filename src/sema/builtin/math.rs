//! Element-wise functions, reductions, contractions, random numbers.

use crate::base::Span;
use crate::diag::Diagnostic;
use crate::ops::{Binary, Op, Reduce, Unary};
use crate::syntax::ast::BinaryOp;
use crate::types::{DType, Dim};

use super::super::expr::{is_number, number, tensor_of};
use super::super::value::{Tensor, Value};
use super::super::{Checker, Res};
use super::{Args, Builtin, find};

macro_rules! unary {
    ($name:literal, $op:ident, $static:expr) => {
        Builtin { name: $name, params: &["x"], run: |c, args| c.unary_builtin(args, Unary::$op, $static) }
    };
}

macro_rules! reduce {
    ($name:literal, $op:ident, $fold:expr) => {
        Builtin {
            name: $name,
            params: &["x", "over?", "keep?"],
            run: |c, args| c.reduce_builtin(args, Reduce::$op, $fold),
        }
    };
}

pub const TABLE: &[Builtin] = &[
    unary!("exp", Exp, f64::exp),
    unary!("log", Log, f64::ln),
    unary!("expm1", Expm1, f64::exp_m1),
    unary!("log1p", Log1p, f64::ln_1p),
    unary!("sqrt", Sqrt, f64::sqrt),
    unary!("sin", Sin, f64::sin),
    unary!("cos", Cos, f64::cos),
    unary!("tanh", Tanh, f64::tanh),
    unary!("logistic", Logistic, |x| 1.0 / (1.0 + (-x).exp())),
    unary!("atan", Atan, f64::atan),
    unary!("erf", Erf, crate::ops::erf::erf),
    unary!("erfc", Erfc, crate::ops::erfc::erfc),
    unary!("erfinv", Erfinv, crate::ops::erfc::erfinv),
    unary!("abs", Abs, f64::abs),
    unary!("sign", Sign, |v| if v == 0.0 { 0.0 } else { v.signum() }),
    unary!("floor", Floor, f64::floor),
    unary!("ceil", Ceil, f64::ceil),
    unary!("round", Round, f64::round_ties_even),
    Builtin { name: "maximum", params: &["x", "y"], run: |c, args| c.extreme(args, Binary::Max, f64::max) },
    Builtin { name: "minimum", params: &["x", "y"], run: |c, args| c.extreme(args, Binary::Min, f64::min) },
    Builtin { name: "where", params: &["condition", "a", "b"], run: |c, args| c.where_builtin(args) },
    reduce!("sum", Sum, BinaryOp::Add),
    reduce!("prod", Prod, BinaryOp::Mul),
    reduce!("max", Max, BinaryOp::Gt),
    reduce!("min", Min, BinaryOp::Lt),
    Builtin { name: "argmax", params: &["x", "over?"], run: |c, args| c.argmax(args) },
    Builtin { name: "cumsum", params: &["x", "over?", "reverse?"], run: |c, args| c.cumsum(args) },
    Builtin { name: "argsort", params: &["x", "over?", "descending?"], run: |c, args| c.argsort(args) },
    Builtin { name: "rand", params: &["shape"], run: |c, args| c.rand(args) },
];

/// From here on a Float has no fraction, and not every whole number.
const WHOLE: f64 = 9_007_199_254_740_992.0;

impl<'a> Checker<'a> {
    fn unary_builtin(&mut self, args: Args<'a>, op: Unary, known: fn(f64) -> f64) -> Res<Value<'a>> {
        let value = args.value(0);
        let rounds = matches!(op, Unary::Floor | Unary::Ceil | Unary::Round);
        if is_number(&value)
            && let Some(v) = number(&value)
        {
            let result = known(v);
            return Ok(match rounds && result.abs() < WHOLE {
                true => Value::int(result as i64),
                false => Value::Float(result),
            });
        }
        if rounds && matches!(value, Value::Int(..)) {
            return Ok(value);
        }
        let dtype = if matches!(value, Value::Int(..)) { DType::F64 } else { self.float };
        let x = self.as_tensor(&value, dtype, args.span(0))?;
        let whole = matches!(op, Unary::Abs | Unary::Sign) && x.ty.dtype.is_int();
        let x = if x.ty.dtype.is_float() || whole { x } else { self.cast(&x, self.float, args.span)? };
        Ok(Value::Tensor(self.unary(op, &x, args.span)?))
    }

    fn extreme(&mut self, args: Args<'a>, op: Binary, known: fn(f64, f64) -> f64) -> Res<Value<'a>> {
        let (a, b) = (args.value(0), args.value(1));
        if let (Value::Int(x, _), Value::Int(y, _)) = (&a, &b)
            && let (Some(x), Some(y)) = (x.as_const(), y.as_const())
        {
            return Ok(Value::int(if op == Binary::Max { x.max(y) } else { x.min(y) }));
        }
        if is_number(&a)
            && is_number(&b)
            && let (Some(x), Some(y)) = (number(&a), number(&b))
        {
            return Ok(Value::Float(known(x, y)));
        }
        let (a, b) = self.two_tensors(&a, &b, args.span)?;
        Ok(Value::Tensor(self.binary(op, &a, &b, args.span)?))
    }

    fn where_builtin(&mut self, args: Args<'a>) -> Res<Value<'a>> {
        let (condition, a, b) = (args.value(0), args.value(1), args.value(2));
        if let Value::Bool(super::Truth::Known(known)) = condition {
            return Ok(if known { a } else { b });
        }
        let condition = self.as_tensor(&condition, DType::Bool, args.span(0))?;
        if condition.ty.dtype != DType::Bool {
            return Err(self.expected("a condition (bool)", &args.value(0), args.span(0)));
        }
        let (a, b) = match (tensor_of(&a), tensor_of(&b)) {
            (None, None) if is_number(&a) && is_number(&b) => {
                let whole = matches!((&a, &b), (Value::Int(..), Value::Int(..)));
                let dtype = if whole { DType::I64 } else { self.float };
                (self.as_tensor(&a, dtype, args.span(1))?, self.as_tensor(&b, dtype, args.span(2))?)
            }
            _ => self.two_tensors(&a, &b, args.span)?,
        };
        Ok(Value::Tensor(self.select(&condition, &a, &b, args.span)?))
    }

    fn reduce_builtin(&mut self, args: Args<'a>, kind: Reduce, fold: BinaryOp) -> Res<Value<'a>> {
        if let Value::List(items) | Value::Tuple(items) = args.value(0)
            && !args.has(1)
        {
            return self.fold_list(&items, kind, fold, args.span);
        }
        let x = self.tensor_arg(&args, 0)?;
        let x = if x.ty.dtype == DType::Bool { self.cast(&x, self.float, args.span)? } else { x };
        let axes = match args.has(1) {
            true => self.axes(&x, &args.value(1), args.span(1))?,
            false => (0..x.ty.shape.len()).collect(),
        };
        let keep = args.has(2) && self.bool_arg(&args, 2)?;
        if axes.is_empty() {
            return Ok(Value::Tensor(x));
        }
        let reduced = self.emit(Op::Reduce { kind, axes: axes.clone() }, &[&x], args.span)?;
        Ok(Value::Tensor(if keep { self.spread(&reduced, &x, &axes, args.span)? } else { reduced }))
    }

    /// A reduced tensor repeated back to the shape that it came from.
    fn spread(&mut self, reduced: &Tensor, like: &Tensor, axes: &[usize], span: Span) -> Res<Tensor> {
        let kept = (0..like.ty.shape.len()).filter(|i| !axes.contains(i)).collect();
        let mut out = self.emit(Op::Broadcast { shape: like.ty.shape.clone(), axes: kept }, &[reduced], span)?;
        out.labels = like.labels.clone();
        Ok(out)
    }

    /// `sum`, `prod`, `max`, `min` of a static list, of numbers or of tensors.
    fn fold_list(&mut self, items: &[Value<'a>], kind: Reduce, fold: BinaryOp, span: Span) -> Res<Value<'a>> {
        let mut items = items.iter().cloned();
        let Some(mut total) = items.next() else {
            return match kind {
                Reduce::Sum => Ok(Value::int(0)),
                Reduce::Prod => Ok(Value::int(1)),
                Reduce::Max | Reduce::Min => {
                    Err(self.error("E0403", span, "an empty list has no largest and no smallest element", "empty"))
                }
            };
        };
        for item in items {
            total = match kind {
                Reduce::Sum | Reduce::Prod => self.operate(fold, total, item, span)?,
                Reduce::Max => self.pick_extreme("maximum", total, item, span)?,
                Reduce::Min => self.pick_extreme("minimum", total, item, span)?,
            };
        }
        Ok(total)
    }

    fn pick_extreme(&mut self, name: &str, a: Value<'a>, b: Value<'a>, span: Span) -> Res<Value<'a>> {
        let given = [a, b].map(|value| Some(super::Arg::positional(value, span)));
        match find(name) {
            Some(builtin) => (builtin.run)(self, Args { given: given.into(), span }),
            None => Err(super::Poison),
        }
    }

    pub(super) fn axis_arg(&mut self, args: &Args<'a>, at: usize, x: &Tensor) -> Res<usize> {
        match args.has(at) {
            true => self.axis(x, &args.value(at), args.span(at)),
            false => self.axis(x, &Value::int(-1), args.span),
        }
    }

    fn argmax(&mut self, args: Args<'a>) -> Res<Value<'a>> {
        let x = self.tensor_arg(&args, 0)?;
        let axis = self.axis_arg(&args, 1, &x)?;
        Ok(Value::Tensor(self.emit(Op::ArgMax { axis }, &[&x], args.span)?))
    }

    fn cumsum(&mut self, args: Args<'a>) -> Res<Value<'a>> {
        let x = self.tensor_arg(&args, 0)?;
        let axis = self.axis_arg(&args, 1, &x)?;
        let reverse = self.bool_arg(&args, 2)?;
        Ok(Value::Tensor(self.emit(Op::CumSum { axis, reverse }, &[&x], args.span)?))
    }

    fn argsort(&mut self, args: Args<'a>) -> Res<Value<'a>> {
        let x = self.tensor_arg(&args, 0)?;
        let axis = self.axis_arg(&args, 1, &x)?;
        let descending = self.bool_arg(&args, 2)?;
        Ok(Value::Tensor(self.emit(Op::ArgSort { axis, descending }, &[&x], args.span)?))
    }

    /// The matrix product over the last axis of `a` and the second-last of `b`; a vector stands for its one row or column.
    pub fn matmul(&mut self, a: &Tensor, b: &Tensor, span: Span) -> Res<Tensor> {
        let (a, b) = self.unify_dtypes(a.clone(), b.clone(), span)?;
        let (ra, rb) = (a.ty.shape.len(), b.ty.shape.len());
        if ra == 0 || rb == 0 {
            let diagnostic = Diagnostic::error("E0504", span, "`@` does not multiply scalars", "one side has no axes")
                .help("use `*`");
            return Err(self.report(diagnostic));
        }
        let inner = if rb == 1 { 0 } else { rb - 2 };
        let batch: Vec<(usize, usize)> = if rb <= 2 {
            vec![]
        } else if ra >= rb {
            let skip = ra - rb;
            if skip > 0 {
                let mut shape: Vec<Dim> = a.ty.shape[..skip].to_vec();
                shape.extend(b.ty.shape.iter().cloned());
                let b = self.broadcast_to(&b, &shape, span)?;
                return self.matmul(&a, &b, span);
            }
            (0..rb - 2).map(|i| (i, i)).collect()
        } else {
            let message = format!(
                "{} and {} have different leading axes",
                super::super::report::show(&a.ty),
                super::super::report::show(&b.ty)
            );
            return Err(self.error("E0504", span, message, "the left side has fewer axes"));
        };
        let out = self.emit(Op::Dot { batch: batch.clone(), contract: vec![(ra - 1, inner)] }, &[&a, &b], span)?;
        let mut labels: Vec<Vec<u32>> = a.labels[..ra - 1].to_vec();
        if rb > 1 {
            labels.push(b.labels[rb - 1].clone());
        }
        // `Dot` puts batch axes first, then what is left of each side: the order of a matrix product.
        Ok(Tensor { labels, ..out })
    }

    fn rand(&mut self, args: Args<'a>) -> Res<Value<'a>> {
        let shape = self.sizes(&args.value(0), None, args.span(0))?;
        let mut out = self.uniform(shape, args.span)?;
        out.labels = labels_of(&args.value(0), out.ty.shape.len());
        Ok(Value::Tensor(out))
    }
}

/// The labels that a list of sizes gives the axes of what is made with it.
pub fn labels_of(shape: &Value, rank: usize) -> Vec<Vec<u32>> {
    let mut labels: Vec<Vec<u32>> = match shape {
        Value::List(items) | Value::Tuple(items) => items
            .iter()
            .map(|item| match item {
                Value::Int(_, label) if *label != 0 => vec![*label],
                _ => vec![],
            })
            .collect(),
        _ => vec![],
    };
    labels.resize(rank, vec![]);
    labels
}
