//! Between rows and their values, inside of fused steps.

use super::super::element::{Element, sized};
use super::super::isa::versions;
use super::fold::{BLOCK, LANES};
use crate::ops::Reduce;
use crate::types::DType;

/// `run(rows, width, dst, src)`: a fold joins the `width` elements of each row of `src`; a spread repeats the value of each
/// row `width` times.
///
/// # Safety
/// The long side points to `rows * width` elements and the short one to `rows`, of the types for which the function was
/// chosen; aligned and disjoint, and nobody else uses `dst`.
pub type Rows = unsafe fn(usize, usize, *mut u8, *const u8);

/// The fold of rows of `dtype`, in the order of a reduction that is a step of its own.
pub fn fold(kind: Reduce, dtype: DType) -> Rows {
    macro_rules! of {
        ($t:ty) => {
            match kind {
                Reduce::Sum => of!($t, <$t>::plus, <$t>::ZERO),
                Reduce::Prod => of!($t, <$t>::times, <$t>::ONE),
                Reduce::Max => of!($t, <$t>::greater, <$t>::LOWEST),
                Reduce::Min => of!($t, <$t>::lesser, <$t>::HIGHEST),
            }
        };
        ($t:ty, $join:expr, $identity:expr) => {
            versions!(
                unsafe fn (rows: usize, width: usize, dst: *mut u8, src: *const u8) {
                    let src = std::slice::from_raw_parts(src.cast::<$t>(), rows * width);
                    let dst = std::slice::from_raw_parts_mut(dst.cast::<$t>(), rows);
                    for (out, row) in dst.iter_mut().zip(src.chunks_exact(width)) {
                        *out = joined(row, $identity, $join);
                    }
                }
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

/// Blocks of the longest row that the planner makes.
const BLOCKS: usize = 8;

/// A short row one element after the other, a longer one in lanes, one of many blocks block by block.
#[inline(always)]
fn joined<T: Element>(row: &[T], identity: T, join: impl Fn(T, T) -> T + Copy) -> T {
    if row.len() < LANES {
        return row.iter().fold(identity, |acc, &x| join(acc, x));
    }
    if row.len() <= BLOCK {
        return lanes(row, identity, join);
    }
    let mut blocks = [identity; BLOCKS];
    let count = row.len().div_ceil(BLOCK);
    for (out, block) in blocks.iter_mut().zip(row.chunks(BLOCK)) {
        *out = lanes(block, identity, join);
    }
    tree(&blocks[..count], join)
}

#[inline(always)]
fn lanes<T: Element>(row: &[T], identity: T, join: impl Fn(T, T) -> T + Copy) -> T {
    let mut acc = [identity; LANES];
    let chunks = row.chunks_exact(LANES);
    let rest = chunks.remainder();
    for chunk in chunks {
        for i in 0..LANES {
            acc[i] = join(acc[i], chunk[i]);
        }
    }
    for (acc, &x) in acc.iter_mut().zip(rest) {
        *acc = join(*acc, x);
    }
    let mut width = LANES;
    while width > 1 {
        width /= 2;
        for i in 0..width {
            acc[i] = join(acc[2 * i], acc[2 * i + 1]);
        }
    }
    acc[0]
}

fn tree<T: Element>(values: &[T], join: impl Fn(T, T) -> T + Copy) -> T {
    match values {
        [one] => *one,
        _ => {
            let (left, right) = values.split_at(values.len().div_ceil(2));
            join(tree(left, join), tree(right, join))
        }
    }
}

/// The spread of the values of rows of `dtype`.
pub fn spread(dtype: DType) -> Rows {
    unsafe fn of<T: Copy>(rows: usize, width: usize, dst: *mut u8, src: *const u8) {
        // SAFETY: the contract of `Rows`, handed on.
        let (src, dst) = unsafe {
            let dst = std::slice::from_raw_parts_mut(dst.cast::<T>(), rows * width);
            (std::slice::from_raw_parts(src.cast::<T>(), rows), dst)
        };
        dst.chunks_exact_mut(width).zip(src).for_each(|(row, &x)| row.fill(x));
    }
    sized!(dtype, T => of::<T>)
}

#[cfg(test)]
mod tests {
    use super::super::fold::Fold;
    use super::*;

    #[test]
    fn rows_are_joined_as_by_a_reduction_of_its_own() {
        for width in [2, 15, 16, 100, 1024, 1025, 3000, 8192] {
            let src: Vec<f32> = (0..3 * width).map(|i| (i as f32 * 0.37).sin()).collect();
            let mut dst = [0.0f32; 3];
            let run = fold(Reduce::Sum, DType::F32);
            // SAFETY: three rows of `width` elements, and three results.
            unsafe { run(3, width, dst.as_mut_ptr().cast(), src.as_ptr().cast()) };
            let own = Fold::<f32>::new(Reduce::Sum, DType::F32);
            for (row, sum) in src.chunks_exact(width).zip(dst) {
                let blocks: Vec<f32> = row
                    .chunks(BLOCK)
                    .map(|block| match width {
                        0..LANES => block.iter().sum::<f32>(),
                        _ => {
                            let mut lanes = [0.0; LANES];
                            own.along(&mut lanes, block);
                            own.tree(&lanes)
                        }
                    })
                    .collect();
                assert_eq!(sum, own.tree(&blocks), "{width}");
            }
        }
    }
}
