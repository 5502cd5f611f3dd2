//! The element types and single elements.

use super::half::{Bf16, F16};
use std::hash::{Hash, Hasher};

/// The type of a tensor's elements.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum DType {
    F16,
    Bf16,
    F32,
    F64,
    I32,
    I64,
    U8,
    Bool,
}

impl DType {
    pub const ALL: [DType; 8] =
        [DType::F16, DType::Bf16, DType::F32, DType::F64, DType::I32, DType::I64, DType::U8, DType::Bool];

    /// As written in dln.
    pub fn name(self) -> &'static str {
        match self {
            DType::F16 => "f16",
            DType::Bf16 => "bf16",
            DType::F32 => "f32",
            DType::F64 => "f64",
            DType::I32 => "i32",
            DType::I64 => "i64",
            DType::U8 => "u8",
            DType::Bool => "bool",
        }
    }

    pub fn parse(name: &str) -> Option<DType> {
        DType::ALL.into_iter().find(|d| d.name() == name)
    }

    pub fn bytes(self) -> usize {
        match self {
            DType::F64 | DType::I64 => 8,
            DType::F32 | DType::I32 => 4,
            DType::F16 | DType::Bf16 => 2,
            DType::U8 | DType::Bool => 1,
        }
    }

    pub fn is_float(self) -> bool {
        matches!(self, DType::F16 | DType::Bf16 | DType::F32 | DType::F64)
    }

    /// Stored in 16 bits and computed with as f32.
    pub fn is_half(self) -> bool {
        matches!(self, DType::F16 | DType::Bf16)
    }

    /// The wider of two floats, or of two integers. Neither of the two halves holds the other: it is f32.
    pub fn wider(self, other: DType) -> DType {
        if self != other && self.is_half() && other.is_half() { DType::F32 } else { self.max(other) }
    }

    pub fn is_int(self) -> bool {
        matches!(self, DType::I32 | DType::I64 | DType::U8)
    }
}

impl std::fmt::Display for DType {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

/// One element. Floats are equal when their bits are, so that constants can be shared.
#[derive(Clone, Copy, Debug)]
pub enum Scalar {
    F16(F16),
    Bf16(Bf16),
    F32(f32),
    F64(f64),
    I32(i32),
    I64(i64),
    U8(u8),
    Bool(bool),
}

impl Scalar {
    pub fn dtype(self) -> DType {
        match self {
            Scalar::F16(_) => DType::F16,
            Scalar::Bf16(_) => DType::Bf16,
            Scalar::F32(_) => DType::F32,
            Scalar::F64(_) => DType::F64,
            Scalar::I32(_) => DType::I32,
            Scalar::I64(_) => DType::I64,
            Scalar::U8(_) => DType::U8,
            Scalar::Bool(_) => DType::Bool,
        }
    }

    /// `value` as an element of `dtype`: rounded to nearest for floats, towards zero (saturating) for integers.
    pub fn from_f64(value: f64, dtype: DType) -> Scalar {
        match dtype {
            DType::F16 => Scalar::F16(F16::from_f64(value)),
            DType::Bf16 => Scalar::Bf16(Bf16::from_f64(value)),
            DType::F32 => Scalar::F32(value as f32),
            DType::F64 => Scalar::F64(value),
            DType::I32 => Scalar::I32(value as i32),
            DType::I64 => Scalar::I64(value as i64),
            DType::U8 => Scalar::U8(value as u8),
            DType::Bool => Scalar::Bool(value != 0.0),
        }
    }

    /// `value` as an element of `dtype`; integers wrap, as `Cast` does.
    pub fn from_i64(value: i64, dtype: DType) -> Scalar {
        match dtype {
            DType::F16 => Scalar::F16(F16::from_f64(value as f64)),
            DType::Bf16 => Scalar::Bf16(Bf16::from_f64(value as f64)),
            DType::F32 => Scalar::F32(value as f32),
            DType::F64 => Scalar::F64(value as f64),
            DType::I32 => Scalar::I32(value as i32),
            DType::I64 => Scalar::I64(value),
            DType::U8 => Scalar::U8(value as u8),
            DType::Bool => Scalar::Bool(value != 0),
        }
    }

    pub fn as_f64(self) -> f64 {
        match self {
            Scalar::F16(x) => x.into(),
            Scalar::Bf16(x) => x.into(),
            Scalar::F32(x) => x as f64,
            Scalar::F64(x) => x,
            Scalar::I32(x) => x as f64,
            Scalar::I64(x) => x as f64,
            Scalar::U8(x) => x as f64,
            Scalar::Bool(x) => x as u8 as f64,
        }
    }

    fn bits(self) -> u64 {
        match self {
            Scalar::F16(x) => x.to_bits() as u64,
            Scalar::Bf16(x) => x.to_bits() as u64,
            Scalar::F32(x) => x.to_bits() as u64,
            Scalar::F64(x) => x.to_bits(),
            Scalar::I32(x) => x as u32 as u64,
            Scalar::I64(x) => x as u64,
            Scalar::U8(x) => x as u64,
            Scalar::Bool(x) => x as u64,
        }
    }
}

impl PartialEq for Scalar {
    fn eq(&self, other: &Scalar) -> bool {
        self.dtype() == other.dtype() && self.bits() == other.bits()
    }
}

impl Eq for Scalar {}

impl Hash for Scalar {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.dtype().hash(state);
        self.bits().hash(state);
    }
}

/// The text that the graph parser reads back to the same bits: `1.5f32`, `3i64`, `true`, `inff32`, `nanf64`.
impl std::fmt::Display for Scalar {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Scalar::F16(x) if x.to_f32().is_nan() => write!(f, "nanf16"),
            Scalar::Bf16(x) if x.to_f32().is_nan() => write!(f, "nanbf16"),
            Scalar::F32(x) if x.is_nan() => write!(f, "nanf32"),
            Scalar::F64(x) if x.is_nan() => write!(f, "nanf64"),
            Scalar::F16(x) => write!(f, "{x:?}f16"),
            Scalar::Bf16(x) => write!(f, "{x:?}bf16"),
            Scalar::F32(x) => write!(f, "{x:?}f32"),
            Scalar::F64(x) => write!(f, "{x:?}f64"),
            Scalar::I32(x) => write!(f, "{x}i32"),
            Scalar::I64(x) => write!(f, "{x}i64"),
            Scalar::U8(x) => write!(f, "{x}u8"),
            Scalar::Bool(x) => write!(f, "{x}"),
        }
    }
}
