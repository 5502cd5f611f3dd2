//! What kernels ask of an element. Booleans are bytes of 0 and 1.

use crate::types::DType;

/// A number as it lies in memory. Integer arithmetic wraps.
pub trait Element: Copy + Default + PartialEq + PartialOrd + Send + Sync + std::fmt::Debug + 'static {
    const ZERO: Self;
    const ONE: Self;
    /// Not more, and not less, than any other element.
    const LOWEST: Self;
    const HIGHEST: Self;
    fn plus(self, other: Self) -> Self;
    fn times(self, other: Self) -> Self;
    fn is_nan(self) -> bool;
    /// Exact for positions.
    fn from_index(index: usize) -> Self;

    /// The greater; NaN if either is.
    #[inline(always)]
    fn greater(self, other: Self) -> Self {
        if self >= other || self.is_nan() { self } else { other }
    }

    /// The lesser; NaN if either is.
    #[inline(always)]
    fn lesser(self, other: Self) -> Self {
        if self <= other || self.is_nan() { self } else { other }
    }
}

/// A float, computed with in f64 where that is better than the time it costs.
pub trait Real: Element {
    fn wide(self) -> f64;
    fn rounded(value: f64) -> Self;
}

impl Real for f32 {
    fn wide(self) -> f64 {
        self.into()
    }
    fn rounded(value: f64) -> f32 {
        value as f32
    }
}

impl Real for f64 {
    fn wide(self) -> f64 {
        self
    }
    fn rounded(value: f64) -> f64 {
        value
    }
}

macro_rules! element {
    ($ty:ty, $zero:expr, $one:expr, $lowest:expr, $highest:expr, $plus:expr, $times:expr, $nan:expr) => {
        impl Element for $ty {
            const ZERO: $ty = $zero;
            const ONE: $ty = $one;
            const LOWEST: $ty = $lowest;
            const HIGHEST: $ty = $highest;
            #[inline(always)]
            fn plus(self, other: $ty) -> $ty {
                $plus(self, other)
            }
            #[inline(always)]
            fn times(self, other: $ty) -> $ty {
                $times(self, other)
            }
            #[inline(always)]
            fn is_nan(self) -> bool {
                $nan(self)
            }
            #[inline(always)]
            fn from_index(index: usize) -> $ty {
                index as $ty
            }
        }
    };
    (float $ty:ident) => {
        element!(
            $ty,
            0.0,
            1.0,
            $ty::NEG_INFINITY,
            $ty::INFINITY,
            |a: $ty, b: $ty| a + b,
            |a: $ty, b: $ty| a * b,
            $ty::is_nan
        );
    };
    (int $ty:ident) => {
        element!($ty, 0, 1, $ty::MIN, $ty::MAX, $ty::wrapping_add, $ty::wrapping_mul, |_| false);
    };
}
element!(float f32);
element!(float f64);
element!(int i32);
element!(int i64);
element!(int u8);
element!(int i16);

/// `typed!(dtype, T => expr)`: the expression with `T` as the type of an element of `dtype`. Plans compute nothing in 16
/// bits.
macro_rules! typed {
    ($dtype:expr, $t:ident => $body:expr) => {{
        use $crate::types::DType;
        match $dtype {
            DType::F16 | DType::Bf16 => unreachable!("plans compute in f32"),
            DType::F32 => {
                type $t = f32;
                $body
            }
            DType::F64 => {
                type $t = f64;
                $body
            }
            DType::I32 => {
                type $t = i32;
                $body
            }
            DType::I64 => {
                type $t = i64;
                $body
            }
            DType::U8 | DType::Bool => {
                type $t = u8;
                $body
            }
        }
    }};
}
pub(crate) use typed;

/// `sized!(dtype, T => expr)`: with `T` as some element as wide, for work that only moves elements.
macro_rules! sized {
    ($dtype:expr, $t:ident => $body:expr) => {{
        match $dtype.bytes() {
            8 => {
                type $t = i64;
                $body
            }
            4 => {
                type $t = i32;
                $body
            }
            2 => {
                type $t = i16;
                $body
            }
            _ => {
                type $t = u8;
                $body
            }
        }
    }};
}
pub(crate) use sized;

/// The dtype's bytes of one constant.
pub fn constant_bytes(value: crate::types::Scalar) -> [u8; 8] {
    use crate::types::Scalar;
    let mut bytes = [0; 8];
    let own: &[u8] = match value {
        Scalar::F16(x) => &x.to_bits().to_ne_bytes(),
        Scalar::Bf16(x) => &x.to_bits().to_ne_bytes(),
        Scalar::F32(x) => &x.to_ne_bytes(),
        Scalar::F64(x) => &x.to_ne_bytes(),
        Scalar::I32(x) => &x.to_ne_bytes(),
        Scalar::I64(x) => &x.to_ne_bytes(),
        Scalar::U8(x) => &[x],
        Scalar::Bool(x) => &[x.into()],
    };
    bytes[..own.len()].copy_from_slice(own);
    debug_assert_eq!(own.len(), DType::bytes(value.dtype()));
    bytes
}
