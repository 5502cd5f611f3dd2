//! A tensor in host memory: row-major, contiguous.

use crate::types::{Bf16, DType, F16, Scalar};

/// Elements by type.
#[derive(Clone, Debug, PartialEq)]
pub enum Data {
    F16(Vec<F16>),
    Bf16(Vec<Bf16>),
    F32(Vec<f32>),
    F64(Vec<f64>),
    I32(Vec<i32>),
    I64(Vec<i64>),
    U8(Vec<u8>),
    Bool(Vec<bool>),
}

/// A tensor: shape and elements in row-major order.
#[derive(Clone, Debug, PartialEq)]
pub struct Tensor {
    pub shape: Vec<usize>,
    pub data: Data,
}

macro_rules! each {
    ($data:expr, $v:ident => $body:expr) => {
        match $data {
            Data::F16($v) => $body,
            Data::Bf16($v) => $body,
            Data::F32($v) => $body,
            Data::F64($v) => $body,
            Data::I32($v) => $body,
            Data::I64($v) => $body,
            Data::U8($v) => $body,
            Data::Bool($v) => $body,
        }
    };
}

impl Data {
    pub fn zeros(dtype: DType, len: usize) -> Data {
        match dtype {
            DType::F16 => Data::F16(vec![F16::default(); len]),
            DType::Bf16 => Data::Bf16(vec![Bf16::default(); len]),
            DType::F32 => Data::F32(vec![0.0; len]),
            DType::F64 => Data::F64(vec![0.0; len]),
            DType::I32 => Data::I32(vec![0; len]),
            DType::I64 => Data::I64(vec![0; len]),
            DType::U8 => Data::U8(vec![0; len]),
            DType::Bool => Data::Bool(vec![false; len]),
        }
    }

    pub fn dtype(&self) -> DType {
        match self {
            Data::F16(_) => DType::F16,
            Data::Bf16(_) => DType::Bf16,
            Data::F32(_) => DType::F32,
            Data::F64(_) => DType::F64,
            Data::I32(_) => DType::I32,
            Data::I64(_) => DType::I64,
            Data::U8(_) => DType::U8,
            Data::Bool(_) => DType::Bool,
        }
    }

    pub fn len(&self) -> usize {
        each!(self, v => v.len())
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    pub fn get(&self, index: usize) -> Scalar {
        match self {
            Data::F16(v) => Scalar::F16(v[index]),
            Data::Bf16(v) => Scalar::Bf16(v[index]),
            Data::F32(v) => Scalar::F32(v[index]),
            Data::F64(v) => Scalar::F64(v[index]),
            Data::I32(v) => Scalar::I32(v[index]),
            Data::I64(v) => Scalar::I64(v[index]),
            Data::U8(v) => Scalar::U8(v[index]),
            Data::Bool(v) => Scalar::Bool(v[index]),
        }
    }

    /// Sets an element; `value` has this data's type.
    pub fn set(&mut self, index: usize, value: Scalar) {
        match (self, value) {
            (Data::F16(v), Scalar::F16(x)) => v[index] = x,
            (Data::Bf16(v), Scalar::Bf16(x)) => v[index] = x,
            (Data::F32(v), Scalar::F32(x)) => v[index] = x,
            (Data::F64(v), Scalar::F64(x)) => v[index] = x,
            (Data::I32(v), Scalar::I32(x)) => v[index] = x,
            (Data::I64(v), Scalar::I64(x)) => v[index] = x,
            (Data::U8(v), Scalar::U8(x)) => v[index] = x,
            (Data::Bool(v), Scalar::Bool(x)) => v[index] = x,
            (data, value) => panic!("set {} element of {} data", value.dtype(), data.dtype()),
        }
    }
}

impl Tensor {
    pub fn new(shape: Vec<usize>, data: Data) -> Tensor {
        assert_eq!(shape.iter().product::<usize>(), data.len(), "the shape counts the elements");
        Tensor { shape, data }
    }

    pub fn zeros(dtype: DType, shape: &[usize]) -> Tensor {
        Tensor { shape: shape.to_vec(), data: Data::zeros(dtype, shape.iter().product()) }
    }

    pub fn scalar(value: Scalar) -> Tensor {
        let mut tensor = Tensor::zeros(value.dtype(), &[]);
        tensor.data.set(0, value);
        tensor
    }

    /// From numbers in f64; see `Scalar::from_f64` for the conversion.
    pub fn from_f64(dtype: DType, shape: &[usize], values: &[f64]) -> Tensor {
        let mut data = Data::zeros(dtype, values.len());
        for (i, &v) in values.iter().enumerate() {
            data.set(i, Scalar::from_f64(v, dtype));
        }
        Tensor::new(shape.to_vec(), data)
    }

    pub fn dtype(&self) -> DType {
        self.data.dtype()
    }

    pub fn len(&self) -> usize {
        self.data.len()
    }

    pub fn is_empty(&self) -> bool {
        self.data.is_empty()
    }

    pub fn rank(&self) -> usize {
        self.shape.len()
    }

    /// All elements as f64, for printing and comparing.
    pub fn to_f64(&self) -> Vec<f64> {
        (0..self.len()).map(|i| self.data.get(i).as_f64()).collect()
    }
}
