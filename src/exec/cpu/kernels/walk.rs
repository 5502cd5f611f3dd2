//! A walk through `K` strided views of one shape in row-major order, from any element on.

use crate::plan::view::collapse;

/// Axes that are left after merging; more than any graph in use has.
const AXES: usize = 16;

#[derive(Clone, Copy, Debug)]
struct Axis<const K: usize> {
    size: usize,
    strides: [isize; K],
}

/// The axes of the views, merged.
#[derive(Clone, Debug)]
pub struct Walk<const K: usize> {
    outer: Vec<Axis<K>>,
    inner: Axis<K>,
    count: usize,
}

impl<const K: usize> Walk<K> {
    pub fn new(shape: &[usize], strides: [&[isize]; K]) -> Walk<K> {
        let blocks = collapse(shape, &strides);
        let axis = |block: &crate::plan::view::Block| Axis {
            size: block.size,
            strides: std::array::from_fn(|k| block.strides[k]),
        };
        let mut outer: Vec<Axis<K>> = blocks.iter().map(axis).collect();
        assert!(outer.len() <= AXES, "a view with more than {AXES} axes that do not merge");
        let inner = outer.pop().unwrap_or(Axis { size: 1, strides: [0; K] });
        Walk { outer, inner, count: shape.iter().product() }
    }

    /// Of all elements.
    pub fn count(&self) -> usize {
        self.count
    }

    /// Size of the innermost axis.
    pub fn inner_size(&self) -> usize {
        self.inner.size
    }

    pub fn inner_strides(&self) -> [isize; K] {
        self.inner.strides
    }

    /// Sizes and strides of all axes, outermost first.
    pub fn axes(&self) -> impl Iterator<Item = (usize, [isize; K])> {
        self.outer.iter().chain([&self.inner]).map(|axis| (axis.size, axis.strides))
    }

    /// Where element `index` lies.
    #[inline]
    pub fn locate(&self, index: usize) -> [isize; K] {
        let mut rest = index / self.inner.size;
        let within = (index % self.inner.size) as isize;
        let mut at = self.inner.strides.map(|stride| stride * within);
        for axis in self.outer.iter().rev() {
            let i = (rest % axis.size) as isize;
            rest /= axis.size;
            for (at, stride) in at.iter_mut().zip(axis.strides) {
                *at += i * stride;
            }
        }
        at
    }

    /// Calls `f(places, strides, n)` for every stretch of the innermost axis in elements `start..start + n`.
    #[inline(always)]
    pub fn stretches(&self, start: usize, n: usize, mut f: impl FnMut([isize; K], [isize; K], usize)) {
        if n == 0 {
            return;
        }
        let mut index = [0usize; AXES];
        let mut rest = start / self.inner.size;
        let mut base = [0isize; K];
        for (i, axis) in self.outer.iter().enumerate().rev() {
            index[i] = rest % axis.size;
            rest /= axis.size;
            step(&mut base, &axis.strides, index[i] as isize);
        }
        let (mut at, mut left) = (start % self.inner.size, n);
        while left > 0 {
            let run = left.min(self.inner.size - at);
            let mut place = base;
            step(&mut place, &self.inner.strides, at as isize);
            f(place, self.inner.strides, run);
            left -= run;
            at = 0;
            for (i, axis) in self.outer.iter().enumerate().rev() {
                index[i] += 1;
                step(&mut base, &axis.strides, 1);
                if index[i] < axis.size {
                    break;
                }
                index[i] = 0;
                step(&mut base, &axis.strides, -(axis.size as isize));
            }
        }
    }
}

#[inline(always)]
fn step<const K: usize>(place: &mut [isize; K], strides: &[isize; K], by: isize) {
    for (place, stride) in place.iter_mut().zip(strides) {
        *place += by * stride;
    }
}

/// Copies `n` elements between arrays with strides.
///
/// # Safety
/// The elements lie at `src` and `dst` in steps of the strides, and do not overlap.
#[inline(always)]
pub unsafe fn copy_run<T: Copy>(src: *const T, from: isize, dst: *mut T, to: isize, n: usize) {
    // SAFETY: the caller's promise.
    unsafe {
        match (from, to) {
            (0, 1) => std::slice::from_raw_parts_mut(dst, n).fill(*src),
            (1, 1) if n >= 16 => std::ptr::copy_nonoverlapping(src, dst, n),
            _ => (0..n as isize).for_each(|i| *dst.offset(i * to) = *src.offset(i * from)),
        }
    }
}

impl Walk<1> {
    /// Copies elements `start..start + n` to `dst`.
    ///
    /// # Safety
    /// The view's elements lie around `src`; `dst` has room for `n` and does not overlap them.
    pub unsafe fn gather<T: Copy>(&self, src: *const T, start: usize, dst: *mut T, n: usize) {
        let mut to = dst;
        self.stretches(start, n, |[place], [stride], run| {
            // SAFETY: the caller's promise; the stretches have `n` elements together.
            unsafe {
                copy_run(src.offset(place), stride, to, 1, run);
                to = to.add(run);
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::View;

    #[test]
    fn a_gather_from_the_middle_continues_the_row_major_order() {
        let data: Vec<i32> = (0..24).collect();
        let view = View::dense(&[2, 3, 4]).transpose(&[2, 0, 1]);
        let walk = Walk::new(&view.shape, [&view.strides]);
        let mut all = [0; 24];
        // SAFETY: the view's 24 elements are `data`.
        unsafe { walk.gather(data.as_ptr(), 0, all.as_mut_ptr(), 24) };
        assert_eq!(all[..6], [0, 4, 8, 12, 16, 20]);
        let mut part = [0; 10];
        // SAFETY: as above.
        unsafe { walk.gather(data.as_ptr(), 7, part.as_mut_ptr(), 10) };
        assert_eq!(part, all[7..17]);
        assert_eq!((0..24).map(|i| walk.locate(i)[0] as i32).collect::<Vec<_>>(), all);
    }
}
