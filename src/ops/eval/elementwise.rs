//! One element in, one out.

use super::fault::{Fault, bools, ensure, floats, numbers, same_dtype};
use super::index::build;
use super::wide::{Number, Wide, widened};
use crate::ops::erf::erf;
use crate::ops::erfc::{erfc, erfinv};
use crate::ops::{Binary, Compare, Tensor, Unary};
use crate::types::{DType, Scalar};

pub(super) fn unary(op: Unary, [x]: [&Tensor; 1]) -> Result<Tensor, Fault> {
    if op == Unary::StopGradient {
        return Ok(x.clone());
    }
    if op == Unary::Not {
        bools(x)?;
        return Ok(build(DType::Bool, &x.shape, |i| Scalar::Bool(!is_true(x, i))));
    }
    numbers(x)?;
    match Wide::of(x) {
        Wide::Float(v) => Ok(map(x, &v, |a| unary_float(op, a))),
        Wide::Int(v) => {
            let whole = matches!(op, Unary::Neg | Unary::Abs | Unary::Sign);
            ensure(whole, "the op is for floats")?;
            Ok(map(x, &v, |a| unary_int(op, a)))
        }
    }
}

fn map<T: Number>(x: &Tensor, values: &[T], f: impl Fn(T) -> T) -> Tensor {
    T::tensor(values.iter().map(|&a| f(a)).collect(), x.dtype(), x.shape.clone())
}

fn is_true(x: &Tensor, i: usize) -> bool {
    x.data.get(i) == Scalar::Bool(true)
}

fn unary_float(op: Unary, a: f64) -> f64 {
    match op {
        Unary::Neg => -a,
        Unary::Abs => a.abs(),
        Unary::Sign if a == 0.0 || a.is_nan() => a,
        Unary::Sign => a.signum(),
        Unary::Exp => a.exp(),
        Unary::Log => a.ln(),
        Unary::Expm1 => a.exp_m1(),
        Unary::Log1p => a.ln_1p(),
        Unary::Sqrt => a.sqrt(),
        Unary::Sin => a.sin(),
        Unary::Cos => a.cos(),
        Unary::Tanh => a.tanh(),
        Unary::Logistic => 1.0 / (1.0 + (-a).exp()),
        Unary::Atan => a.atan(),
        Unary::Erf => erf(a),
        Unary::Erfc => erfc(a),
        Unary::Erfinv => erfinv(a),
        Unary::Floor => a.floor(),
        Unary::Ceil => a.ceil(),
        Unary::Round => a.round_ties_even(),
        Unary::Not | Unary::StopGradient => unreachable!("no arithmetic"),
    }
}

fn unary_int(op: Unary, a: i64) -> i64 {
    match op {
        Unary::Neg => a.wrapping_neg(),
        Unary::Abs => a.wrapping_abs(),
        Unary::Sign => a.signum(),
        _ => unreachable!("an op for floats"),
    }
}

/// All operands have one shape.
fn one_shape(args: &[&Tensor]) -> Result<(), Fault> {
    ensure(args.windows(2).all(|w| w[0].shape == w[1].shape), "the operands are of two shapes")
}

pub(super) fn binary(op: Binary, [x, y]: [&Tensor; 2]) -> Result<Tensor, Fault> {
    one_shape(&[x, y])?;
    same_dtype(x, y)?;
    if matches!(op, Binary::And | Binary::Or) {
        bools(x)?;
        let either = op == Binary::Or;
        return Ok(build(DType::Bool, &x.shape, |i| {
            let (a, b) = (is_true(x, i), is_true(y, i));
            Scalar::Bool(if either { a || b } else { a && b })
        }));
    }
    numbers(x)?;
    if op == Binary::Pow {
        floats(x)?;
    }
    match (Wide::of(x), Wide::of(y)) {
        (Wide::Float(v), Wide::Float(w)) => Ok(map2(x, &v, &w, |a, b| binary_float(op, a, b))),
        (Wide::Int(v), Wide::Int(w)) => Ok(map2(x, &v, &w, |a, b| binary_int(op, a, b))),
        _ => unreachable!("the operands are of one type"),
    }
}

fn map2<T: Number>(x: &Tensor, v: &[T], w: &[T], f: impl Fn(T, T) -> T) -> Tensor {
    let values = v.iter().zip(w).map(|(&a, &b)| f(a, b)).collect();
    T::tensor(values, x.dtype(), x.shape.clone())
}

fn binary_float(op: Binary, a: f64, b: f64) -> f64 {
    match op {
        Binary::Add => a + b,
        Binary::Sub => a - b,
        Binary::Mul => a * b,
        Binary::Div => a / b,
        Binary::Rem => floor_rem(a, b),
        Binary::Pow => a.powf(b),
        Binary::Max if a >= b || a.is_nan() => a,
        Binary::Min if a <= b || a.is_nan() => a,
        Binary::Max | Binary::Min => b,
        Binary::And | Binary::Or => unreachable!("for booleans"),
    }
}

/// The remainder with the sign of `b`.
fn floor_rem(a: f64, b: f64) -> f64 {
    let r = a % b;
    if r != 0.0 && (r < 0.0) != (b < 0.0) { r + b } else { r }
}

fn binary_int(op: Binary, a: i64, b: i64) -> i64 {
    match op {
        Binary::Add => a.wrapping_add(b),
        Binary::Sub => a.wrapping_sub(b),
        Binary::Mul => a.wrapping_mul(b),
        Binary::Div | Binary::Rem if b == 0 => 0,
        Binary::Div => a.wrapping_div(b) - floor_correction(a, b),
        Binary::Rem => a.wrapping_rem(b) + b * floor_correction(a, b),
        Binary::Max => a.max(b),
        Binary::Min => a.min(b),
        Binary::Pow | Binary::And | Binary::Or => unreachable!("not for integers"),
    }
}

/// 1 where division towards zero rounds up, else 0.
fn floor_correction(a: i64, b: i64) -> i64 {
    let r = a.wrapping_rem(b);
    (r != 0 && (r < 0) != (b < 0)) as i64
}

pub(super) fn compare(op: Compare, [x, y]: [&Tensor; 2]) -> Result<Tensor, Fault> {
    one_shape(&[x, y])?;
    same_dtype(x, y)?;
    if matches!(op, Compare::Lt | Compare::Le) {
        numbers(x)?;
    }
    widened!(x, y, |v, w| Ok(build(DType::Bool, &x.shape, |i| Scalar::Bool(holds(op, v[i], w[i])))))
}

fn holds<T: Number>(op: Compare, a: T, b: T) -> bool {
    match op {
        Compare::Eq => a == b,
        Compare::Ne => a != b,
        Compare::Lt => a < b,
        Compare::Le => a <= b,
    }
}

pub(super) fn select([cond, on_true, on_false]: [&Tensor; 3]) -> Result<Tensor, Fault> {
    bools(cond)?;
    one_shape(&[cond, on_true, on_false])?;
    same_dtype(on_true, on_false)?;
    Ok(build(on_true.dtype(), &cond.shape, |i| {
        let chosen = if is_true(cond, i) { on_true } else { on_false };
        chosen.data.get(i)
    }))
}

pub(super) fn cast(dtype: DType, x: &Tensor) -> Tensor {
    widened!(x, |v| Number::tensor(v, dtype, x.shape.clone()))
}
