//! The tensors that outlive a step: parameters, optimizer states, batches, results.

use super::storage::Storage;
use crate::id;
use crate::ops::{Data, Tensor};
use crate::plan::Type;
use crate::types::{Bf16, DType, F16};
use std::sync::atomic::{AtomicU64, Ordering};

id!(
    /// One tensor of a `Memory`.
    Slot,
    "slot"
);

/// What a slot held at some time: no two tensors have the same, in no memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Version(u64);

impl Version {
    /// Of no tensor.
    pub(crate) const NONE: Version = Version(0);

    fn new() -> Version {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        Version(NEXT.fetch_add(1, Ordering::Relaxed))
    }
}

struct Buffer {
    ty: Type,
    storage: Storage,
    version: Version,
}

/// Tensors by slot, and the arena of the plan that runs.
#[derive(Default)]
pub struct Memory {
    buffers: Vec<Buffer>,
    /// Slots that were released.
    free: Vec<Slot>,
    /// As large as any plan needed it so far: one plan runs at a time, and none reads what it has not written.
    arena: Storage,
}

impl Memory {
    pub fn new() -> Memory {
        Memory::default()
    }

    /// A new slot with a copy of `tensor`.
    pub fn add(&mut self, tensor: &Tensor) -> Slot {
        let slot = self.zeros(Type::new(tensor.dtype(), tensor.shape.clone()));
        self.set(slot, tensor);
        slot
    }

    /// A new slot of zeros.
    pub fn zeros(&mut self, ty: Type) -> Slot {
        let buffer = Buffer { storage: Storage::zeroed(ty.bytes()), ty, version: Version::new() };
        match self.free.pop() {
            Some(slot) => {
                self.buffers[slot.index()] = buffer;
                slot
            }
            None => {
                self.buffers.push(buffer);
                Slot::from(self.buffers.len() - 1)
            }
        }
    }

    /// Gives back a slot that is not used again.
    pub fn release(&mut self, slot: Slot) {
        self.buffers[slot.index()].storage = Storage::zeroed(0);
        self.free.push(slot);
    }

    /// A copy of a slot's tensor.
    pub fn get(&self, slot: Slot) -> Tensor {
        let Buffer { ty, storage, .. } = &self.buffers[slot.index()];
        Tensor::new(ty.shape.clone(), decode(ty.dtype, storage.bytes()))
    }

    /// Overwrites a slot with a tensor of its type.
    pub fn set(&mut self, slot: Slot, tensor: &Tensor) {
        self.written(slot);
        let Buffer { ty, storage, .. } = &mut self.buffers[slot.index()];
        assert_eq!((ty.dtype, &ty.shape), (tensor.dtype(), &tensor.shape), "{slot} keeps its type");
        encode(&tensor.data, storage.bytes_mut());
    }

    pub fn ty(&self, slot: Slot) -> &Type {
        &self.buffers[slot.index()].ty
    }

    /// Bytes in all slots.
    pub fn bytes(&self) -> usize {
        self.buffers.iter().map(|buffer| buffer.storage.len()).sum()
    }

    /// So many bytes at least, of unknown content.
    pub(crate) fn arena(&mut self, bytes: usize) -> *mut u8 {
        if self.arena.len() < bytes {
            self.arena = Storage::default();
            self.arena = Storage::zeroed(bytes);
        }
        self.arena.pointer()
    }

    /// Gives back what no plan to come may need.
    pub(crate) fn give_back_arena(&mut self) {
        self.arena = Storage::default();
    }

    /// A slot's tensor is, or will be, another.
    pub(crate) fn written(&mut self, slot: Slot) {
        self.buffers[slot.index()].version = Version::new();
    }

    pub(crate) fn version(&self, slot: Slot) -> Version {
        self.buffers[slot.index()].version
    }

    /// The bytes of a slot; whoever writes them says so with `written`.
    pub(crate) fn storage(&mut self, slot: Slot) -> &mut Storage {
        &mut self.buffers[slot.index()].storage
    }
}

fn decode(dtype: DType, bytes: &[u8]) -> Data {
    macro_rules! numbers {
        ($variant:ident, $ty:ty) => {{
            let number = |chunk: &[u8]| <$ty>::from_ne_bytes(chunk.try_into().expect("whole elements"));
            Data::$variant(bytes.chunks_exact(size_of::<$ty>()).map(number).collect())
        }};
    }
    match dtype {
        DType::F16 => Data::F16(halves(bytes).map(F16::from_bits).collect()),
        DType::Bf16 => Data::Bf16(halves(bytes).map(Bf16::from_bits).collect()),
        DType::F32 => numbers!(F32, f32),
        DType::F64 => numbers!(F64, f64),
        DType::I32 => numbers!(I32, i32),
        DType::I64 => numbers!(I64, i64),
        DType::U8 => Data::U8(bytes.to_vec()),
        DType::Bool => Data::Bool(bytes.iter().map(|&byte| byte != 0).collect()),
    }
}

/// The bits of elements of 16 bits.
fn halves(bytes: &[u8]) -> impl Iterator<Item = u16> {
    bytes.as_chunks().0.iter().map(|&bytes| u16::from_ne_bytes(bytes))
}

fn encode(data: &Data, bytes: &mut [u8]) {
    macro_rules! numbers {
        ($values:expr, $ty:ty) => {
            for (chunk, value) in bytes.chunks_exact_mut(size_of::<$ty>()).zip($values) {
                chunk.copy_from_slice(&value.to_ne_bytes());
            }
        };
    }
    match data {
        Data::F16(values) => numbers!(values.iter().map(|x| x.to_bits()), u16),
        Data::Bf16(values) => numbers!(values.iter().map(|x| x.to_bits()), u16),
        Data::F32(values) => numbers!(values, f32),
        Data::F64(values) => numbers!(values, f64),
        Data::I32(values) => numbers!(values, i32),
        Data::I64(values) => numbers!(values, i64),
        Data::U8(values) => bytes.copy_from_slice(values),
        Data::Bool(values) => bytes.iter_mut().zip(values).for_each(|(byte, &value)| *byte = value.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::ALIGN;

    #[test]
    fn a_slot_gives_back_what_was_put_in() {
        let mut memory = Memory::new();
        for dtype in DType::ALL {
            let tensor = Tensor::from_f64(dtype, &[3], &[0.0, 1.0, 7.0]);
            let slot = memory.add(&tensor);
            assert_eq!(memory.get(slot), tensor);
            assert_eq!(memory.storage(slot).pointer() as usize % ALIGN, 0);
        }
        assert_eq!(memory.bytes(), 3 * (2 + 2 + 4 + 8 + 4 + 8 + 1 + 1));
    }

    #[test]
    fn the_arena_grows_and_stays() {
        let mut memory = Memory::new();
        let large = memory.arena(1000);
        assert_eq!((large as usize % ALIGN, memory.arena.len()), (0, 1000));
        assert_eq!(memory.arena(10), large);
    }

    #[test]
    fn what_is_released_is_used_again() {
        let mut memory = Memory::new();
        let first = memory.add(&Tensor::from_f64(DType::F32, &[2], &[1.0, 2.0]));
        memory.release(first);
        assert_eq!(memory.bytes(), 0);
        let second = memory.zeros(Type::new(DType::F64, vec![3]));
        assert_eq!((second, memory.bytes()), (first, 24));
        assert_eq!(memory.get(second), Tensor::zeros(DType::F64, &[3]));
    }
}
