//! Rules of the element-wise ops. `g` is the cotangent of `y`; beside each line stands what it computes.

use super::cx::Cx;
use crate::graph::NodeId;
use crate::ops::{Binary, Compare, Unary};

/// `y = f(x)`, and `g` becomes `g f'(x)`.
pub(super) fn unary(cx: &mut Cx, op: Unary) {
    let (g, y, x) = (cx.g, cx.y, cx.arg(0));
    cx.send(0, |cx| match op {
        Unary::Neg => cx.neg(g),               // -g
        Unary::Abs => abs(cx, g, x),           // g sign x
        Unary::Exp => cx.mul(g, y),            // g exp x
        Unary::Log => cx.div(g, x),            // g / x
        Unary::Expm1 => expm1(cx, g, y),       // g (y + 1)
        Unary::Log1p => log1p(cx, g, x),       // g / (1 + x)
        Unary::Sqrt => sqrt(cx, g, y),         // g / (2 y)
        Unary::Sin => sin(cx, g, x),           // g cos x
        Unary::Cos => cos(cx, g, x),           // -g sin x
        Unary::Tanh => tanh(cx, g, y),         // g (1 - y^2)
        Unary::Logistic => logistic(cx, g, y), // g y (1 - y)
        Unary::Atan => atan(cx, g, x),         // g / (1 + x^2)
        Unary::Erf => erf(cx, g, x),           // g 2/sqrt(pi) exp(-x^2)
        Unary::Erfc => erfc(cx, g, x),         // -g 2/sqrt(pi) exp(-x^2)
        Unary::Erfinv => erfinv(cx, g, y),     // g sqrt(pi)/2 exp(y^2)
        Unary::Sign | Unary::Floor | Unary::Ceil | Unary::Round | Unary::Not | Unary::StopGradient => {
            unreachable!("passes no derivative on")
        }
    });
}

fn abs(cx: &mut Cx, g: NodeId, x: NodeId) -> NodeId {
    let sign = cx.unary(Unary::Sign, x);
    cx.mul(g, sign)
}

fn expm1(cx: &mut Cx, g: NodeId, y: NodeId) -> NodeId {
    let one = cx.full_like(1.0, y);
    let exp = cx.add(y, one);
    cx.mul(g, exp)
}

fn log1p(cx: &mut Cx, g: NodeId, x: NodeId) -> NodeId {
    let one = cx.full_like(1.0, x);
    let sum = cx.add(one, x);
    cx.div(g, sum)
}

fn sqrt(cx: &mut Cx, g: NodeId, y: NodeId) -> NodeId {
    let double = cx.scale(y, 2.0);
    cx.div(g, double)
}

fn sin(cx: &mut Cx, g: NodeId, x: NodeId) -> NodeId {
    let cos = cx.unary(Unary::Cos, x);
    cx.mul(g, cos)
}

fn cos(cx: &mut Cx, g: NodeId, x: NodeId) -> NodeId {
    let sin = cx.unary(Unary::Sin, x);
    let slope = cx.neg(sin);
    cx.mul(g, slope)
}

fn tanh(cx: &mut Cx, g: NodeId, y: NodeId) -> NodeId {
    let square = cx.mul(y, y);
    let one = cx.full_like(1.0, y);
    let slope = cx.sub(one, square);
    cx.mul(g, slope)
}

fn logistic(cx: &mut Cx, g: NodeId, y: NodeId) -> NodeId {
    let one = cx.full_like(1.0, y);
    let rest = cx.sub(one, y);
    let slope = cx.mul(y, rest);
    cx.mul(g, slope)
}

fn atan(cx: &mut Cx, g: NodeId, x: NodeId) -> NodeId {
    let square = cx.mul(x, x);
    let one = cx.full_like(1.0, x);
    let sum = cx.add(one, square);
    cx.div(g, sum)
}

fn erf(cx: &mut Cx, g: NodeId, x: NodeId) -> NodeId {
    let square = cx.mul(x, x);
    let minus = cx.neg(square);
    let bell = cx.unary(Unary::Exp, minus);
    let slope = cx.scale(bell, std::f64::consts::FRAC_2_SQRT_PI);
    cx.mul(g, slope)
}

fn erfc(cx: &mut Cx, g: NodeId, x: NodeId) -> NodeId {
    let opposite = erf(cx, g, x);
    cx.neg(opposite)
}

fn erfinv(cx: &mut Cx, g: NodeId, y: NodeId) -> NodeId {
    let square = cx.mul(y, y);
    let rise = cx.unary(Unary::Exp, square);
    let slope = cx.scale(rise, 1.0 / std::f64::consts::FRAC_2_SQRT_PI);
    cx.mul(g, slope)
}

/// `y = f(a, b)`; the first line of each pair is for `a`.
pub(super) fn binary(cx: &mut Cx, op: Binary) {
    let (g, y, a, b) = (cx.g, cx.y, cx.arg(0), cx.arg(1));
    match op {
        Binary::Add => {
            cx.send(0, |_| g); // g
            cx.send(1, |_| g); // g
        }
        Binary::Sub => {
            cx.send(0, |_| g); // g
            cx.send(1, |cx| cx.neg(g)); // -g
        }
        Binary::Mul => {
            cx.send(0, |cx| cx.mul(g, b)); // g b
            cx.send(1, |cx| cx.mul(g, a)); // g a
        }
        Binary::Div => {
            cx.send(0, |cx| cx.div(g, b)); // g / b
            cx.send(1, |cx| divisor(cx, g, y, b)); // -g y / b
        }
        Binary::Rem => {
            cx.send(0, |_| g); // g
            cx.send(1, |cx| modulus(cx, g, a, b)); // -g floor(a / b)
        }
        Binary::Pow => {
            cx.send(0, |cx| base(cx, g, a, b)); // g b a^(b-1), 0 where b = 0
            cx.send(1, |cx| exponent(cx, g, y, a, b)); // g y log a, 0 where a = 0 and b >= 0
        }
        Binary::Max => {
            cx.send(0, |cx| greater(cx, g, a, b)); // g where a > b, g/2 where a = b
            cx.send(1, |cx| greater(cx, g, b, a)); // g where b > a, g/2 where a = b
        }
        Binary::Min => {
            cx.send(0, |cx| greater(cx, g, b, a)); // g where a < b, g/2 where a = b
            cx.send(1, |cx| greater(cx, g, a, b)); // g where b < a, g/2 where a = b
        }
        Binary::And | Binary::Or => unreachable!("booleans have no derivative"),
    }
}

fn divisor(cx: &mut Cx, g: NodeId, y: NodeId, b: NodeId) -> NodeId {
    let slope = cx.div(y, b);
    let part = cx.mul(g, slope);
    cx.neg(part)
}

fn modulus(cx: &mut Cx, g: NodeId, a: NodeId, b: NodeId) -> NodeId {
    let quotient = cx.div(a, b);
    let whole = cx.unary(Unary::Floor, quotient);
    let part = cx.mul(g, whole);
    cx.neg(part)
}

/// Where `b` is 0 the exponent is taken as 0 too: `0 * a^0` is 0 for every `a`, and so are its derivatives, while
/// `0 * a^(-1)` is no number at 0.
fn base(cx: &mut Cx, g: NodeId, a: NodeId, b: NodeId) -> NodeId {
    let [zero, one] = [0.0, 1.0].map(|value| cx.full_like(value, b));
    let is_zero = cx.compare(Compare::Eq, b, zero);
    let less = cx.sub(b, one);
    let exponent = cx.select(is_zero, zero, less);
    let power = cx.binary(Binary::Pow, a, exponent);
    let slope = cx.mul(b, power);
    cx.mul(g, slope)
}

/// Where `a` is 0 and `b` is not negative the logarithm is taken of 1, so that `0^b log 0` is 0.
fn exponent(cx: &mut Cx, g: NodeId, y: NodeId, a: NodeId, b: NodeId) -> NodeId {
    let [zero, one] = [0.0, 1.0].map(|value| cx.full_like(value, a));
    let at_zero = cx.compare(Compare::Eq, a, zero);
    let not_negative = cx.compare(Compare::Le, zero, b);
    let flat = cx.binary(Binary::And, at_zero, not_negative);
    let safe = cx.select(flat, one, a);
    let log = cx.unary(Unary::Log, safe);
    let slope = cx.mul(y, log);
    cx.mul(g, slope)
}

/// `g` where `a > b`, half of it where they are equal, else 0.
fn greater(cx: &mut Cx, g: NodeId, a: NodeId, b: NodeId) -> NodeId {
    let less = cx.compare(Compare::Lt, a, b);
    let equal = cx.compare(Compare::Eq, a, b);
    let zero = cx.full_like(0.0, g);
    let half = cx.scale(g, 0.5);
    let share = cx.select(equal, half, g);
    cx.select(less, zero, share)
}

/// `y = a` where `c`, else `b`.
pub(super) fn select(cx: &mut Cx) {
    let (g, c) = (cx.g, cx.arg(0));
    cx.send(1, |cx| cx.keep_where(c, g)); // g where c
    cx.send(2, |cx| {
        let zero = cx.full_like(0.0, g);
        cx.select(c, zero, g) // g where not c
    });
}

/// From one float type to another.
pub(super) fn cast(cx: &mut Cx) {
    let g = cx.g;
    let dtype = cx.ty(cx.arg(0)).dtype;
    cx.send(0, |cx| cx.cast(g, dtype)); // g in x's type
}
