//! Values from nothing.

use super::fault::{Fault, ensure};
use super::index::build;
use crate::ops::{Data, Tensor, philox};
use crate::types::{DType, Scalar};

pub(super) fn iota(dtype: DType, n: usize) -> Result<Tensor, Fault> {
    ensure(dtype != DType::Bool, "booleans do not count")?;
    Ok(build(dtype, &[n], |i| Scalar::from_i64(i as i64, dtype)))
}

pub(super) fn uniform(dtype: DType, shape: &[usize], stream: u64, [key]: [&Tensor; 1]) -> Result<Tensor, Fault> {
    let key = match (&key.data, key.rank()) {
        (Data::I64(v), 0) => v[0],
        _ => return Err(Fault::Operands("the key is one i64".to_string())),
    };
    match dtype {
        DType::F16 | DType::Bf16 => Ok(build(dtype, shape, |i| {
            let steps = philox::steps(dtype);
            let drawn = philox::uniform_f32(key, stream, i as u64) as f64;
            Scalar::from_f64((drawn * steps).floor() / steps, dtype)
        })),
        DType::F32 => Ok(build(dtype, shape, |i| Scalar::F32(philox::uniform_f32(key, stream, i as u64)))),
        DType::F64 => Ok(build(dtype, shape, |i| Scalar::F64(philox::uniform_f64(key, stream, i as u64)))),
        DType::I32 | DType::I64 | DType::U8 | DType::Bool => {
            Err(Fault::Operands("uniform numbers are floats".to_string()))
        }
    }
}
