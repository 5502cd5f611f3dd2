//! The element-wise ops on short arrays ("lanes"): one loop per op and element type, chosen when a plan is compiled.

use super::super::element::Element;
use super::super::isa::versions;
use super::super::math;
use crate::ops::erf::erf;
use crate::ops::erfc::{erfc, erfinv};
use crate::ops::{Binary, Compare, Unary};
use crate::plan::Pointwise;
use crate::types::{Bf16, DType, F16};

/// `dst[i] = op(args[0][i], ..)` for `i < n`.
///
/// # Safety
/// `dst` points to `n` elements of the result's type that nobody else uses, each argument that the op has to `n`
/// elements of its type, disjoint from `dst`; all of them aligned.
pub type Lane = unsafe fn(usize, *mut u8, [*const u8; 3]);

/// The loop for an op, where its arguments (but a `select`'s condition) have type `arg` and the result has type
/// `result`.
pub fn lane(op: Pointwise, arg: DType, result: DType) -> Lane {
    match op {
        Pointwise::Unary(op) => unary(op, arg),
        Pointwise::Binary(op) => binary(op, arg),
        Pointwise::Compare(op) => compare(op, arg),
        Pointwise::Select => select(result),
        Pointwise::Cast => cast(arg, result),
        Pointwise::Fold(_) | Pointwise::Spread => never(),
    }
}

macro_rules! loop1 {
    ($a:ty => $r:ty, |$x:ident| $e:expr) => {
        versions!(
            unsafe fn (n: usize, dst: *mut u8, args: [*const u8; 3]) {
                let a = std::slice::from_raw_parts(args[0].cast::<$a>(), n);
                let dst = std::slice::from_raw_parts_mut(dst.cast::<$r>(), n);
                for (dst, &$x) in dst.iter_mut().zip(a) {
                    *dst = $e;
                }
            }
        )
    };
}

macro_rules! loop2 {
    ($a:ty => $r:ty, |$x:ident, $y:ident| $e:expr) => {
        versions!(
            unsafe fn (n: usize, dst: *mut u8, args: [*const u8; 3]) {
                let a = std::slice::from_raw_parts(args[0].cast::<$a>(), n);
                let b = std::slice::from_raw_parts(args[1].cast::<$a>(), n);
                let dst = std::slice::from_raw_parts_mut(dst.cast::<$r>(), n);
                for ((dst, &$x), &$y) in dst.iter_mut().zip(a).zip(b) {
                    *dst = $e;
                }
            }
        )
    };
}

macro_rules! loop2_one {
    ($side:expr, |$x:ident, $y:ident| $e:expr) => {
        match $side {
            0 => versions!(
                unsafe fn (n: usize, dst: *mut u8, args: [*const u8; 3]) {
                    let $x = *args[0].cast::<f32>();
                    let b = std::slice::from_raw_parts(args[1].cast::<f32>(), n);
                    let dst = std::slice::from_raw_parts_mut(dst.cast::<f32>(), n);
                    for (dst, &$y) in dst.iter_mut().zip(b) {
                        *dst = $e;
                    }
                }
            ),
            _ => versions!(
                unsafe fn (n: usize, dst: *mut u8, args: [*const u8; 3]) {
                    let a = std::slice::from_raw_parts(args[0].cast::<f32>(), n);
                    let $y = *args[1].cast::<f32>();
                    let dst = std::slice::from_raw_parts_mut(dst.cast::<f32>(), n);
                    for (dst, &$x) in dst.iter_mut().zip(a) {
                        *dst = $e;
                    }
                }
            ),
        }
    };
}

/// The loop for arithmetic in f32 of which the operand `side` is one element for all.
pub fn lane_with_one(op: Pointwise, arg: DType, side: usize) -> Option<Lane> {
    let (Pointwise::Binary(op), DType::F32) = (op, arg) else { return None };
    match op {
        Binary::Add => Some(loop2_one!(side, |x, y| x + y)),
        Binary::Sub => Some(loop2_one!(side, |x, y| x - y)),
        Binary::Mul => Some(loop2_one!(side, |x, y| x * y)),
        Binary::Div => Some(loop2_one!(side, |x, y| x / y)),
        Binary::Rem | Binary::Max | Binary::Min | Binary::Pow | Binary::And | Binary::Or => None,
    }
}

fn unary(op: Unary, dtype: DType) -> Lane {
    match dtype {
        DType::F16 | DType::Bf16 => never(),
        DType::F32 => unary_f32(op),
        DType::F64 => unary_f64(op),
        DType::I32 => int::unary_i32(op),
        DType::I64 => int::unary_i64(op),
        DType::U8 => int::unary_u8(op),
        DType::Bool => match op {
            Unary::Not => loop1!(u8 => u8, |x| 1 - x),
            op => int::unary_u8(op),
        },
    }
}

/// -1, 0 or 1; zeros and NaN stay themselves.
macro_rules! sign {
    ($x:ident, $one:expr) => {
        if $x > 0.0 {
            $one
        } else if $x < 0.0 {
            -$one
        } else {
            $x
        }
    };
}

fn unary_f32(op: Unary) -> Lane {
    match op {
        Unary::Neg => loop1!(f32 => f32, |x| -x),
        Unary::Abs => loop1!(f32 => f32, |x| x.abs()),
        Unary::Sign => loop1!(f32 => f32, |x| sign!(x, 1.0)),
        Unary::Exp => loop1!(f32 => f32, |x| math::exp(x)),
        Unary::Log => loop1!(f32 => f32, |x| math::log(x)),
        Unary::Expm1 => loop1!(f32 => f32, |x| math::expm1(x)),
        Unary::Log1p => loop1!(f32 => f32, |x| math::log1p(x)),
        Unary::Sqrt => loop1!(f32 => f32, |x| x.sqrt()),
        Unary::Sin => sin_f32,
        Unary::Cos => cos_f32,
        Unary::Tanh => loop1!(f32 => f32, |x| math::tanh(x)),
        Unary::Logistic => loop1!(f32 => f32, |x| math::logistic(x)),
        Unary::Atan => loop1!(f32 => f32, |x| math::atan(x)),
        Unary::Erf => loop1!(f32 => f32, |x| math::erf(x)),
        Unary::Erfc => loop1!(f32 => f32, |x| math::erfc(x)),
        Unary::Erfinv => loop1!(f32 => f32, |x| erfinv(x as f64) as f32),
        Unary::Floor => loop1!(f32 => f32, |x| x.floor()),
        Unary::Ceil => loop1!(f32 => f32, |x| x.ceil()),
        Unary::Round => loop1!(f32 => f32, |x| x.round_ties_even()),
        Unary::Not | Unary::StopGradient => never(),
    }
}

macro_rules! trigonometric {
    ($name:ident, $near:path, $far:path) => {
        /// Vectors for arguments of usual size, one by one for the others.
        unsafe fn $name(n: usize, dst: *mut u8, args: [*const u8; 3]) {
            let fast: Lane = loop1!(f32 => f32, |x| $near(x));
            // SAFETY: the contract of `Lane`, handed on.
            let (a, dst) = unsafe {
                fast(n, dst, args);
                let a = std::slice::from_raw_parts(args[0].cast::<f32>(), n);
                (a, std::slice::from_raw_parts_mut(dst.cast::<f32>(), n))
            };
            for (dst, &x) in dst.iter_mut().zip(a) {
                if x.abs() >= math::LIMIT {
                    *dst = $far(x);
                }
            }
        }
    };
}
trigonometric!(sin_f32, math::sin, math::sin_far);
trigonometric!(cos_f32, math::cos, math::cos_far);

fn unary_f64(op: Unary) -> Lane {
    match op {
        Unary::Neg => loop1!(f64 => f64, |x| -x),
        Unary::Abs => loop1!(f64 => f64, |x| x.abs()),
        Unary::Sign => loop1!(f64 => f64, |x| sign!(x, 1.0)),
        Unary::Exp => loop1!(f64 => f64, |x| x.exp()),
        Unary::Log => loop1!(f64 => f64, |x| x.ln()),
        Unary::Expm1 => loop1!(f64 => f64, |x| x.exp_m1()),
        Unary::Log1p => loop1!(f64 => f64, |x| x.ln_1p()),
        Unary::Sqrt => loop1!(f64 => f64, |x| x.sqrt()),
        Unary::Sin => loop1!(f64 => f64, |x| x.sin()),
        Unary::Cos => loop1!(f64 => f64, |x| x.cos()),
        Unary::Tanh => loop1!(f64 => f64, |x| x.tanh()),
        Unary::Logistic => loop1!(f64 => f64, |x| 1.0 / (1.0 + (-x).exp())),
        Unary::Atan => loop1!(f64 => f64, |x| x.atan()),
        Unary::Erf => loop1!(f64 => f64, |x| erf(x)),
        Unary::Erfc => loop1!(f64 => f64, |x| erfc(x)),
        Unary::Erfinv => loop1!(f64 => f64, |x| erfinv(x)),
        Unary::Floor => loop1!(f64 => f64, |x| x.floor()),
        Unary::Ceil => loop1!(f64 => f64, |x| x.ceil()),
        Unary::Round => loop1!(f64 => f64, |x| x.round_ties_even()),
        Unary::Not | Unary::StopGradient => never(),
    }
}

fn binary(op: Binary, dtype: DType) -> Lane {
    match dtype {
        DType::F16 | DType::Bf16 => never(),
        DType::F32 => match op {
            Binary::Pow => loop2!(f32 => f32, |x, y| math::pow(x, y)),
            op => binary_f32(op),
        },
        DType::F64 => match op {
            Binary::Pow => loop2!(f64 => f64, |x, y| x.powf(y)),
            op => binary_f64(op),
        },
        DType::I32 => int::binary_i32(op),
        DType::I64 => int::binary_i64(op),
        DType::U8 | DType::Bool => int::binary_u8(op),
    }
}

macro_rules! binary_float {
    ($name:ident, $t:ty) => {
        fn $name(op: Binary) -> Lane {
            match op {
                Binary::Add => loop2!($t => $t, |x, y| x + y),
                Binary::Sub => loop2!($t => $t, |x, y| x - y),
                Binary::Mul => loop2!($t => $t, |x, y| x * y),
                Binary::Div => loop2!($t => $t, |x, y| x / y),
                Binary::Rem => loop2!($t => $t, |x, y| {
                    let rest = x % y;
                    if rest != 0.0 && (rest < 0.0) != (y < 0.0) { rest + y } else { rest }
                }),
                Binary::Max => loop2!($t => $t, |x, y| x.greater(y)),
                Binary::Min => loop2!($t => $t, |x, y| x.lesser(y)),
                Binary::Pow | Binary::And | Binary::Or => never(),
            }
        }
    };
}
binary_float!(binary_f32, f32);
binary_float!(binary_f64, f64);

/// Integers wrap; quotients round down; dividing by zero gives zero.
mod int {
    use super::*;

    macro_rules! int {
        ($unary:ident, $binary:ident, $t:ident, |$n:ident| $abs:expr, $sign:expr) => {
            pub fn $unary(op: Unary) -> Lane {
                match op {
                    Unary::Neg => loop1!($t => $t, |x| x.wrapping_neg()),
                    Unary::Abs => loop1!($t => $t, |$n| $abs),
                    Unary::Sign => loop1!($t => $t, |$n| $sign),
                    Unary::Floor
                    | Unary::Ceil
                    | Unary::Round
                    | Unary::Exp
                    | Unary::Log
                    | Unary::Expm1
                    | Unary::Log1p
                    | Unary::Sqrt
                    | Unary::Sin
                    | Unary::Cos
                    | Unary::Tanh
                    | Unary::Logistic
                    | Unary::Atan
                    | Unary::Erf
                    | Unary::Erfc
                    | Unary::Erfinv
                    | Unary::Not
                    | Unary::StopGradient => never(),
                }
            }

            pub fn $binary(op: Binary) -> Lane {
                match op {
                    Binary::Add => loop2!($t => $t, |x, y| x.wrapping_add(y)),
                    Binary::Sub => loop2!($t => $t, |x, y| x.wrapping_sub(y)),
                    Binary::Mul => loop2!($t => $t, |x, y| x.wrapping_mul(y)),
                    Binary::Div => loop2!($t => $t, |x, y| {
                        if y == 0 { 0 } else { x.wrapping_sub(modulo!($t, x, y)).wrapping_div(y) }
                    }),
                    Binary::Rem => loop2!($t => $t, |x, y| if y == 0 { 0 } else { modulo!($t, x, y) }),
                    Binary::Pow => never(),
                    Binary::Max => loop2!($t => $t, |x, y| x.max(y)),
                    Binary::Min => loop2!($t => $t, |x, y| x.min(y)),
                    Binary::And => loop2!($t => $t, |x, y| x & y),
                    Binary::Or => loop2!($t => $t, |x, y| x | y),
                }
            }
        };
    }

    /// The remainder with the sign of `y`, which is not zero.
    macro_rules! modulo {
        ($t:ident, $x:ident, $y:ident) => {{
            let rest = $x.wrapping_rem($y);
            if rest != 0 && (rest ^ $y) < $t::MIN.max(0) { rest.wrapping_add($y) } else { rest }
        }};
    }

    int!(unary_i32, binary_i32, i32, |x| x.wrapping_abs(), x.signum());
    int!(unary_i64, binary_i64, i64, |x| x.wrapping_abs(), x.signum());
    int!(unary_u8, binary_u8, u8, |x| x, x.min(1));
}

fn compare(op: Compare, dtype: DType) -> Lane {
    macro_rules! compare {
        ($t:ty) => {
            match op {
                Compare::Eq => loop2!($t => u8, |x, y| (x == y) as u8),
                Compare::Ne => loop2!($t => u8, |x, y| (x != y) as u8),
                Compare::Lt => loop2!($t => u8, |x, y| (x < y) as u8),
                Compare::Le => loop2!($t => u8, |x, y| (x <= y) as u8),
            }
        };
    }
    match dtype {
        DType::F16 | DType::Bf16 => never(),
        DType::F32 => compare!(f32),
        DType::F64 => compare!(f64),
        DType::I32 => compare!(i32),
        DType::I64 => compare!(i64),
        DType::U8 | DType::Bool => compare!(u8),
    }
}

fn select(dtype: DType) -> Lane {
    macro_rules! select {
        ($t:ty) => {
            versions!(
                unsafe fn (n: usize, dst: *mut u8, args: [*const u8; 3]) {
                    let condition = std::slice::from_raw_parts(args[0], n);
                    let a = std::slice::from_raw_parts(args[1].cast::<$t>(), n);
                    let b = std::slice::from_raw_parts(args[2].cast::<$t>(), n);
                    let dst = std::slice::from_raw_parts_mut(dst.cast::<$t>(), n);
                    for (((dst, &c), &a), &b) in dst.iter_mut().zip(condition).zip(a).zip(b) {
                        // Of a branch the compiler would make a choice of addresses, from which it gathers.
                        let mask = <$t>::from(c != 0).wrapping_neg();
                        *dst = b ^ (a ^ b) & mask;
                    }
                }
            )
        };
    }
    match dtype.bytes() {
        8 => select!(u64),
        4 => select!(u32),
        2 => select!(u16),
        _ => select!(u8),
    }
}

fn cast(from: DType, to: DType) -> Lane {
    macro_rules! cast {
        ($a:ty) => {
            match to {
                DType::F16 => loop1!($a => F16, |x| F16::from_f64(x as f64)),
                DType::Bf16 => loop1!($a => Bf16, |x| Bf16::from_f64(x as f64)),
                DType::F32 => loop1!($a => f32, |x| x as f32),
                DType::F64 => loop1!($a => f64, |x| x as f64),
                DType::I32 => loop1!($a => i32, |x| x as i32),
                DType::I64 => loop1!($a => i64, |x| x as i64),
                DType::U8 => loop1!($a => u8, |x| x as u8),
                DType::Bool => loop1!($a => u8, |x| (x != <$a>::default()) as u8),
            }
        };
    }
    // From 16 bits, and from f32 to them, the way is short.
    macro_rules! half {
        ($t:ty) => {
            match to {
                DType::F16 => loop1!($t => F16, |x| F16::from_f32(x.into())),
                DType::Bf16 => loop1!($t => Bf16, |x| Bf16::from_f32(x.into())),
                DType::F32 => loop1!($t => f32, |x| x.into()),
                DType::F64 => loop1!($t => f64, |x| x.into()),
                DType::I32 => loop1!($t => i32, |x| f32::from(x) as i32),
                DType::I64 => loop1!($t => i64, |x| f32::from(x) as i64),
                DType::U8 => loop1!($t => u8, |x| f32::from(x) as u8),
                DType::Bool => loop1!($t => u8, |x| (f32::from(x) != 0.0) as u8),
            }
        };
    }
    match from {
        DType::F16 => half!(F16),
        DType::Bf16 => half!(Bf16),
        DType::F32 if to.is_half() => half!(f32),
        DType::F32 => cast!(f32),
        DType::F64 => cast!(f64),
        DType::I32 => cast!(i32),
        DType::I64 => cast!(i64),
        DType::U8 | DType::Bool => cast!(u8),
    }
}

fn never() -> Lane {
    unreachable!("no rule gives this op such operands")
}
