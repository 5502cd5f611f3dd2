//! The inner loops of reductions, one per kind and element type.

use super::super::element::Element;
use super::super::isa::versions;
use crate::ops::Reduce;
use crate::types::DType;

/// How many running results a row is folded into; a fixed number, so that results do not depend on the width of
/// vectors.
pub const LANES: usize = 16;

/// Elements that are folded one after the other; longer stretches are halved.
pub const BLOCK: usize = 1024;

/// `acc[i] = join(acc[i], x[i])` for `i < n`.
///
/// # Safety
/// Both point to `n` elements of the fold's type, aligned and disjoint; nobody else uses `acc`.
pub type Across = unsafe fn(usize, *mut u8, *const u8);

/// The loops of one kind of reduction on elements of one type.
#[derive(Clone, Copy)]
pub struct Fold<T> {
    pub across: Across,
    /// As `across`, with element `i` of `x` joined to `acc[i % LANES]`.
    pub along: Across,
    pub join: fn(T, T) -> T,
    pub identity: T,
}

/// The type-erased pair of loops.
fn loops(kind: Reduce, dtype: DType) -> (Across, Across) {
    macro_rules! of {
        ($t:ty) => {
            match kind {
                Reduce::Sum => of!($t, |a, b| a.plus(b)),
                Reduce::Prod => of!($t, |a, b| a.times(b)),
                Reduce::Max => of!($t, |a, b| a.greater(b)),
                Reduce::Min => of!($t, |a, b| a.lesser(b)),
            }
        };
        ($t:ty, |$a:ident, $b:ident| $e:expr) => {
            (
                versions!(
                    unsafe fn (n: usize, acc: *mut u8, x: *const u8) {
                        let acc = std::slice::from_raw_parts_mut(acc.cast::<$t>(), n);
                        let x = std::slice::from_raw_parts(x.cast::<$t>(), n);
                        for (acc, &$b) in acc.iter_mut().zip(x) {
                            let $a = *acc;
                            *acc = $e;
                        }
                    }
                ),
                versions!(
                    unsafe fn (n: usize, acc: *mut u8, x: *const u8) {
                        let memory = std::slice::from_raw_parts_mut(acc.cast::<$t>(), LANES);
                        let mut acc = [<$t>::default(); LANES];
                        acc.copy_from_slice(memory);
                        let x = std::slice::from_raw_parts(x.cast::<$t>(), n);
                        let chunks = x.chunks_exact(LANES);
                        let rest = chunks.remainder();
                        for chunk in chunks {
                            for i in 0..LANES {
                                let ($a, $b) = (acc[i], chunk[i]);
                                acc[i] = $e;
                            }
                        }
                        for (acc, &$b) in acc.iter_mut().zip(rest) {
                            let $a = *acc;
                            *acc = $e;
                        }
                        memory.copy_from_slice(&acc);
                    }
                ),
            )
        };
    }
    match dtype {
        DType::F16 | DType::Bf16 => unreachable!("plans compute in f32"),
        DType::F32 => of!(f32),
        DType::F64 => of!(f64),
        DType::I32 => of!(i32),
        DType::I64 => of!(i64),
        DType::U8 | DType::Bool => of!(u8),
    }
}

impl<T: Element> Fold<T> {
    /// `T` is the type of `dtype`'s elements.
    pub fn new(kind: Reduce, dtype: DType) -> Fold<T> {
        let (across, along) = loops(kind, dtype);
        let (join, identity): (fn(T, T) -> T, T) = match kind {
            Reduce::Sum => (T::plus, T::ZERO),
            Reduce::Prod => (T::times, T::ONE),
            Reduce::Max => (T::greater, T::LOWEST),
            Reduce::Min => (T::lesser, T::HIGHEST),
        };
        Fold { across, along, join, identity }
    }

    /// `acc[i] = join(acc[i], x[i])`.
    pub fn across(&self, acc: &mut [T], x: &[T]) {
        assert_eq!(acc.len(), x.len());
        // SAFETY: two slices of one length, one of them unique, of the fold's type.
        unsafe { (self.across)(x.len(), acc.as_mut_ptr().cast(), x.as_ptr().cast()) }
    }

    pub fn along(&self, acc: &mut [T; LANES], x: &[T]) {
        // SAFETY: as in `across`; the accumulator has `LANES` elements.
        unsafe { (self.along)(x.len(), acc.as_mut_ptr().cast(), x.as_ptr().cast()) }
    }

    /// All of `values` by a balanced tree.
    pub fn tree(&self, values: &[T]) -> T {
        match values {
            [] => self.identity,
            [one] => *one,
            _ => {
                let (left, right) = values.split_at(values.len().div_ceil(2));
                (self.join)(self.tree(left), self.tree(right))
            }
        }
    }
}
