//! Arithmetic in the widest type of each kind: floats in f64, integers and booleans in i64.
//!
//! Wrapping arithmetic in 64 bits, narrowed at the end, is wrapping arithmetic in the narrow type. One rounding from
//! f64 to f32 gives the correctly rounded sum, product, quotient and root of two f32;
//! from f64 to 16 bits of two such numbers likewise.

use crate::ops::{Data, Tensor};
use crate::types::{DType, Scalar};

/// Elements of a tensor, widened.
pub(super) enum Wide {
    Float(Vec<f64>),
    Int(Vec<i64>),
}

impl Wide {
    pub(super) fn of(x: &Tensor) -> Wide {
        match &x.data {
            Data::F16(v) => Wide::Float(v.iter().map(|&x| x.into()).collect()),
            Data::Bf16(v) => Wide::Float(v.iter().map(|&x| x.into()).collect()),
            Data::F32(v) => Wide::Float(v.iter().map(|&x| x as f64).collect()),
            Data::F64(v) => Wide::Float(v.clone()),
            Data::I32(v) => Wide::Int(v.iter().map(|&x| x as i64).collect()),
            Data::I64(v) => Wide::Int(v.clone()),
            Data::U8(v) => Wide::Int(v.iter().map(|&x| x as i64).collect()),
            Data::Bool(v) => Wide::Int(v.iter().map(|&x| x as i64).collect()),
        }
    }
}

/// One of the two wide types.
pub(super) trait Number: Copy + PartialOrd {
    const ZERO: Self;
    const ONE: Self;
    fn plus(self, other: Self) -> Self;
    fn times(self, other: Self) -> Self;
    /// Not a number: it counts as greater than everything.
    fn is_nan(self) -> bool;
    fn narrow(self, dtype: DType) -> Scalar;

    fn tensor(values: Vec<Self>, dtype: DType, shape: Vec<usize>) -> Tensor {
        let mut data = Data::zeros(dtype, values.len());
        for (i, value) in values.into_iter().enumerate() {
            data.set(i, value.narrow(dtype));
        }
        Tensor::new(shape, data)
    }
}

impl Number for f64 {
    const ZERO: f64 = 0.0;
    const ONE: f64 = 1.0;
    fn plus(self, other: f64) -> f64 {
        self + other
    }
    fn times(self, other: f64) -> f64 {
        self * other
    }
    fn is_nan(self) -> bool {
        f64::is_nan(self)
    }
    fn narrow(self, dtype: DType) -> Scalar {
        Scalar::from_f64(self, dtype)
    }
}

impl Number for i64 {
    const ZERO: i64 = 0;
    const ONE: i64 = 1;
    fn plus(self, other: i64) -> i64 {
        self.wrapping_add(other)
    }
    fn times(self, other: i64) -> i64 {
        self.wrapping_mul(other)
    }
    fn is_nan(self) -> bool {
        false
    }
    fn narrow(self, dtype: DType) -> Scalar {
        Scalar::from_i64(self, dtype)
    }
}

/// Runs one generic body on the widened elements of one tensor, or of two of one type.
macro_rules! widened {
    ($x:expr, |$v:ident| $body:expr) => {
        match $crate::ops::eval::wide::Wide::of($x) {
            $crate::ops::eval::wide::Wide::Float($v) => $body,
            $crate::ops::eval::wide::Wide::Int($v) => $body,
        }
    };
    ($x:expr, $y:expr, |$v:ident, $w:ident| $body:expr) => {
        match ($crate::ops::eval::wide::Wide::of($x), $crate::ops::eval::wide::Wide::of($y)) {
            ($crate::ops::eval::wide::Wide::Float($v), $crate::ops::eval::wide::Wide::Float($w)) => $body,
            ($crate::ops::eval::wide::Wide::Int($v), $crate::ops::eval::wide::Wide::Int($w)) => $body,
            _ => unreachable!("the operands are of one type"),
        }
    };
}
pub(super) use widened;
