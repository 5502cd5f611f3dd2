//! The door: every element that enters a column is checked against the type of its field.

use crate::ops::{Data, Tensor};
use crate::tir::Field;
use crate::types::{Bf16, DType, F16};

/// A number as a file has it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Number {
    Whole(i64),
    Real(f64),
}

impl Number {
    pub fn parse(text: &str) -> Option<Number> {
        let text = text.trim();
        if let Ok(whole) = text.parse() {
            return Some(Number::Whole(whole));
        }
        text.parse().ok().map(Number::Real)
    }

    fn real(self) -> f64 {
        match self {
            Number::Whole(x) => x as f64,
            Number::Real(x) => x,
        }
    }

    /// `3.0` is a whole number too.
    pub fn whole(self) -> Option<i64> {
        match self {
            Number::Whole(x) => Some(x),
            Number::Real(x) if x.fract() == 0.0 && x.abs() < i64::MAX as f64 => Some(x as i64),
            Number::Real(_) => None,
        }
    }
}

impl std::fmt::Display for Number {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Number::Whole(x) => write!(f, "{x}"),
            Number::Real(x) => write!(f, "{x:?}"),
        }
    }
}

/// Why a number is not an element of its field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Misfit {
    NotFinite,
    NotWhole,
    /// Not in `0..V`.
    Bound(usize),
    /// Too large for the type.
    Range(DType),
}

impl Misfit {
    pub fn code(self) -> &'static str {
        match self {
            Misfit::Bound(_) => "E0704",
            Misfit::NotFinite | Misfit::NotWhole | Misfit::Range(_) => "E0703",
        }
    }
}

/// Finishes a sentence that begins with the value: "`1e999` is not finite".
impl std::fmt::Display for Misfit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Misfit::NotFinite => write!(f, "is not a finite number"),
            Misfit::NotWhole => write!(f, "is not a whole number"),
            Misfit::Bound(v) => write!(f, "is not in 0..{v}"),
            Misfit::Range(dtype) => write!(f, "does not fit into {dtype}"),
        }
    }
}

/// The elements of one field, row after row.
pub struct Column<'f> {
    pub field: &'f Field,
    data: Data,
}

impl<'f> Column<'f> {
    pub fn new(field: &'f Field) -> Column<'f> {
        Column { field, data: Data::zeros(field.dtype, 0) }
    }

    pub fn is_empty(&self) -> bool {
        self.data.is_empty()
    }

    pub fn push(&mut self, number: Number) -> Result<(), Misfit> {
        if let Some(bound) = self.field.bound {
            let whole = number.whole().ok_or(Misfit::NotWhole)?;
            if !usize::try_from(whole).is_ok_and(|x| x < bound) {
                return Err(Misfit::Bound(bound));
            }
        }
        match &mut self.data {
            Data::F16(v) => v.push(narrow(number.real(), F16::from_f64, DType::F16)?),
            Data::Bf16(v) => v.push(narrow(number.real(), Bf16::from_f64, DType::Bf16)?),
            Data::F32(v) => v.push(narrow(number.real(), |x| x as f32, DType::F32)?),
            Data::F64(v) => v.push(finite(number.real())?),
            Data::I32(v) => v.push(integer(number, DType::I32)?),
            Data::I64(v) => v.push(integer(number, DType::I64)?),
            Data::U8(v) => v.push(integer(number, DType::U8)?),
            Data::Bool(v) => v.push(integer::<u8>(number, DType::Bool).and_then(truth)?),
        }
        Ok(())
    }

    /// As a tensor of `[rows] ++ shape`; a last row that is not whole is a mistake of the reader.
    pub fn finish(self, rows: usize) -> Tensor {
        let mut shape = vec![rows];
        shape.extend(&self.field.shape);
        Tensor::new(shape, self.data)
    }
}

fn finite(x: f64) -> Result<f64, Misfit> {
    if x.is_finite() { Ok(x) } else { Err(Misfit::NotFinite) }
}

/// As a float with fewer digits, rounded; its range must reach.
fn narrow<T: Copy + Into<f64>>(x: f64, round: fn(f64) -> T, dtype: DType) -> Result<T, Misfit> {
    let narrow = round(finite(x)?);
    if narrow.into().is_finite() { Ok(narrow) } else { Err(Misfit::Range(dtype)) }
}

fn integer<T: TryFrom<i64>>(number: Number, dtype: DType) -> Result<T, Misfit> {
    let whole = number.whole().ok_or(Misfit::NotWhole)?;
    T::try_from(whole).map_err(|_| Misfit::Range(dtype))
}

fn truth(x: u8) -> Result<bool, Misfit> {
    match x {
        0 | 1 => Ok(x == 1),
        _ => Err(Misfit::Range(DType::Bool)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Span;

    fn push(dtype: DType, bound: Option<usize>, text: &str) -> Result<f64, Misfit> {
        let field = Field { name: "x".into(), dtype, bound, shape: vec![], free: None, span: Span::none() };
        let mut column = Column::new(&field);
        column.push(Number::parse(text).expect("a number"))?;
        Ok(column.finish(1).to_f64()[0])
    }

    #[test]
    fn numbers_must_fit_their_field() {
        assert_eq!(push(DType::F32, None, " 1.5 "), Ok(1.5));
        assert_eq!(push(DType::F32, None, "1e300"), Err(Misfit::Range(DType::F32)));
        assert_eq!(push(DType::F16, None, "1e5"), Err(Misfit::Range(DType::F16)));
        assert_eq!(push(DType::Bf16, None, "257"), Ok(256.0));
        assert_eq!(push(DType::F64, None, "1e999"), Err(Misfit::NotFinite));
        assert_eq!(push(DType::F64, None, "nan"), Err(Misfit::NotFinite));
        assert_eq!(push(DType::I64, None, "3.0"), Ok(3.0));
        assert_eq!(push(DType::I64, None, "3.5"), Err(Misfit::NotWhole));
        assert_eq!(push(DType::U8, None, "256"), Err(Misfit::Range(DType::U8)));
        assert_eq!(push(DType::Bool, None, "2"), Err(Misfit::Range(DType::Bool)));
        assert_eq!(push(DType::I64, Some(10), "9"), Ok(9.0));
        assert_eq!(push(DType::I64, Some(10), "10"), Err(Misfit::Bound(10)));
        assert_eq!(push(DType::I64, Some(10), "-1"), Err(Misfit::Bound(10)));
        assert_eq!(Number::parse("setosa"), None);
    }
}
