//! A tensor as it lies in a safetensors file: little-endian bytes, row after row.

use crate::ops::{Data, Tensor};
use crate::tir::{Axes, Layout};
use crate::types::{Bf16, DType, F16};
use safetensors::tensor::{Dtype, TensorView, View};
use std::borrow::Cow;

#[derive(Clone, Debug, PartialEq)]
pub struct Stored<'f> {
    pub dtype: Dtype,
    pub shape: Vec<usize>,
    pub bytes: Cow<'f, [u8]>,
    /// What it is called in the file.
    pub origin: String,
}

impl<'f> Stored<'f> {
    pub fn of(name: &str, view: &TensorView<'f>) -> Stored<'f> {
        let (shape, bytes) = (view.shape().to_vec(), Cow::Borrowed(view.data()));
        Stored { dtype: view.dtype(), shape, bytes, origin: name.to_string() }
    }

    pub fn new(name: &str, tensor: &Tensor) -> Stored<'static> {
        let (dtype, bytes) = match &tensor.data {
            Data::F16(v) => (Dtype::F16, v.iter().flat_map(|x| x.to_bits().to_le_bytes()).collect()),
            Data::Bf16(v) => (Dtype::BF16, v.iter().flat_map(|x| x.to_bits().to_le_bytes()).collect()),
            Data::F32(v) => (Dtype::F32, v.iter().flat_map(|x| x.to_le_bytes()).collect()),
            Data::F64(v) => (Dtype::F64, v.iter().flat_map(|x| x.to_le_bytes()).collect()),
            Data::I32(v) => (Dtype::I32, v.iter().flat_map(|x| x.to_le_bytes()).collect()),
            Data::I64(v) => (Dtype::I64, v.iter().flat_map(|x| x.to_le_bytes()).collect()),
            Data::U8(v) => (Dtype::U8, v.clone()),
            Data::Bool(v) => (Dtype::BOOL, v.iter().map(|&x| x.into()).collect()),
        };
        Stored { dtype, shape: tensor.shape.clone(), bytes: Cow::Owned(bytes), origin: name.to_string() }
    }

    /// The elements as `dtype`; `None` if the file has another kind of number.
    pub fn decode(&self, dtype: DType) -> Option<Data> {
        fn all<const N: usize, T>(bytes: &[u8], decode: impl Fn([u8; N]) -> T) -> Vec<T> {
            bytes.as_chunks().0.iter().map(|&bytes| decode(bytes)).collect()
        }
        match dtype {
            DType::F16 => self.floats().map(|v| Data::F16(v.into_iter().map(F16::from_f64).collect())),
            DType::Bf16 => self.floats().map(|v| Data::Bf16(v.into_iter().map(Bf16::from_f64).collect())),
            DType::F32 => self.floats().map(|v| Data::F32(v.into_iter().map(|x| x as f32).collect())),
            DType::F64 => self.floats().map(Data::F64),
            DType::I32 if self.dtype == Dtype::I32 => Some(Data::I32(all(&self.bytes, i32::from_le_bytes))),
            DType::I64 if self.dtype == Dtype::I64 => Some(Data::I64(all(&self.bytes, i64::from_le_bytes))),
            DType::U8 if self.dtype == Dtype::U8 => Some(Data::U8(self.bytes.to_vec())),
            DType::Bool if self.dtype == Dtype::BOOL => Some(Data::Bool(all(&self.bytes, |[x]| x != 0))),
            DType::I32 | DType::I64 | DType::U8 | DType::Bool => None,
        }
    }

    /// Every float type that the format has fits into f64 without loss.
    fn floats(&self) -> Option<Vec<f64>> {
        let bytes = &self.bytes;
        Some(match self.dtype {
            Dtype::F32 => bytes.as_chunks().0.iter().map(|&b| f32::from_le_bytes(b).into()).collect(),
            Dtype::F64 => bytes.as_chunks().0.iter().map(|&b| f64::from_le_bytes(b)).collect(),
            Dtype::F16 => bytes.as_chunks().0.iter().map(|&b| F16::from_bits(u16::from_le_bytes(b)).into()).collect(),
            Dtype::BF16 => bytes.as_chunks().0.iter().map(|&b| Bf16::from_bits(u16::from_le_bytes(b)).into()).collect(),
            _ => return None,
        })
    }

    /// The same numbers with their axes as a pattern says; a tensor that has other axes stays as it is.
    pub fn laid(self, axes: &Axes) -> Stored<'f> {
        let Some(Layout { split, order, shape }) = axes.layout(&self.shape) else { return self };
        let lengths: Vec<usize> = order.iter().map(|&axis| split[axis]).collect();
        let strides: Vec<usize> = order.iter().map(|&axis| split[axis + 1..].iter().product()).collect();
        let count = lengths.iter().product::<usize>();
        let size = self.bytes.len() / count.max(1);
        let mut bytes = Vec::with_capacity(self.bytes.len());
        let mut index = vec![0; lengths.len()];
        for _ in 0..count {
            let from = size * index.iter().zip(&strides).map(|(i, stride)| i * stride).sum::<usize>();
            bytes.extend_from_slice(&self.bytes[from..from + size]);
            for (place, &length) in index.iter_mut().zip(&lengths).rev() {
                *place += 1;
                if *place < length {
                    break;
                }
                *place = 0;
            }
        }
        Stored { shape, bytes: Cow::Owned(bytes), ..self }
    }

    /// Several tensors one behind the other along their first axis; one is itself.
    pub fn joined(mut parts: Vec<Stored<'f>>) -> Result<Stored<'f>, String> {
        if parts.len() == 1 {
            return Ok(parts.remove(0));
        }
        let origin = parts.iter().map(|part| part.origin.as_str()).collect::<Vec<_>>().join(" + ");
        let same = |part: &Stored| part.dtype == parts[0].dtype && part.shape.get(1..) == parts[0].shape.get(1..);
        if let Some(other) = parts.iter().find(|part| part.shape.is_empty() || !same(part)) {
            return Err(format!(
                "`{}` is {:?} and `{}` is {:?}: they cannot be joined along their first axis",
                parts[0].origin, parts[0].shape, other.origin, other.shape
            ));
        }
        let mut shape = parts[0].shape.clone();
        shape[0] = parts.iter().map(|part| part.shape[0]).sum();
        let bytes = parts.iter().flat_map(|part| part.bytes.iter().copied()).collect();
        Ok(Stored { dtype: parts[0].dtype, shape, bytes: Cow::Owned(bytes), origin })
    }

    /// Parts along the first axis, of lengths in the ratio of `shares`; for one, itself.
    pub fn parts(self, shares: &[usize]) -> Result<Vec<Stored<'f>>, String> {
        if shares.len() == 1 {
            return Ok(vec![self]);
        }
        let total: usize = shares.iter().sum();
        let rows = self.shape.first().copied().unwrap_or(0);
        if rows == 0 || !rows.is_multiple_of(total) {
            let shares = shares.iter().map(usize::to_string).collect::<Vec<_>>().join(" : ");
            return Err(format!("`{}` is {:?}, which has no parts of {shares} rows", self.origin, self.shape));
        }
        let row = self.bytes.len() / rows;
        let mut from = 0;
        let mut part = |share: &usize| {
            let length = rows / total * share;
            let bytes = self.bytes[from * row..(from + length) * row].to_vec();
            from += length;
            let mut shape = self.shape.clone();
            shape[0] = length;
            Stored { dtype: self.dtype, shape, bytes: Cow::Owned(bytes), origin: self.origin.clone() }
        };
        Ok(shares.iter().map(&mut part).collect())
    }
}

impl View for &Stored<'_> {
    fn dtype(&self) -> Dtype {
        self.dtype
    }

    fn shape(&self) -> &[usize] {
        &self.shape
    }

    fn data(&self) -> Cow<'_, [u8]> {
        Cow::Borrowed(&self.bytes)
    }

    fn data_len(&self) -> usize {
        self.bytes.len()
    }
}
