//! A view says where the elements of a value lie in its buffer. Every movement op that only renames elements
//! (reshape, transpose, broadcast, slice, flip, windows) is a change of the view and costs nothing.
//!
//! The one hard case is `reshape`: a transposed `[3, 2]` has no strides as `[6]`, so it must be copied first.

use crate::ops::Op;

/// Element `index` lies at `offset + sum(index[i] * strides[i])`, counted in elements of the buffer.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct View {
    pub shape: Vec<usize>,
    pub strides: Vec<isize>,
    pub offset: isize,
}

/// The strides of a row-major array.
pub fn row_major(shape: &[usize]) -> Vec<isize> {
    let mut strides = vec![0; shape.len()];
    let mut step = 1;
    for (stride, &size) in strides.iter_mut().zip(shape).rev() {
        *stride = step;
        step *= size as isize;
    }
    strides
}

impl View {
    /// All elements of a buffer in row-major order.
    pub fn dense(shape: &[usize]) -> View {
        View { shape: shape.to_vec(), strides: row_major(shape), offset: 0 }
    }

    pub fn count(&self) -> usize {
        self.shape.iter().product()
    }

    /// Whether the elements lie in row-major order without gaps.
    pub fn is_contiguous(&self) -> bool {
        let own = row_major(&self.shape);
        let mut axes = self.shape.iter().zip(self.strides.iter().zip(&own));
        self.count() == 0 || axes.all(|(&size, (stride, own))| size == 1 || stride == own)
    }

    /// Whether the elements lie in row-major order from the start of the buffer.
    pub fn is_dense(&self) -> bool {
        self.count() == 0 || self.offset == 0 && self.is_contiguous()
    }

    /// Whether all elements are the same one.
    pub fn is_splat(&self) -> bool {
        self.shape.iter().zip(&self.strides).all(|(&size, &stride)| size == 1 || stride == 0)
    }

    /// The one stride with which the given axes, in this order, are walked as one; `None` if there is none.
    pub fn stride_of(&self, axes: &[usize]) -> Option<isize> {
        let shape: Vec<usize> = axes.iter().map(|&axis| self.shape[axis]).collect();
        let strides: Vec<isize> = axes.iter().map(|&axis| self.strides[axis]).collect();
        match collapse(&shape, &[&strides]).as_slice() {
            [] => Some(0),
            [block] => Some(block.strides[0]),
            _ => None,
        }
    }

    /// The view after a movement op; `None` when the op moves elements or the strides cannot say it.
    pub fn apply(&self, op: &Op<usize>) -> Option<View> {
        Some(match op {
            Op::Reshape { shape } => self.reshape(shape)?,
            Op::Transpose { perm } => self.transpose(perm),
            Op::Broadcast { shape, axes } => self.broadcast(shape, axes),
            Op::Slice { axis, start, stop, step } => self.slice(*axis, *start, *stop, *step),
            Op::Flip { axis } => self.flip(*axis),
            Op::Barrier { .. } => self.clone(),
            Op::Windows { axis, size, stride, dilation } => self.windows(*axis, *size, *stride, *dilation),
            _ => return None,
        })
    }

    /// The same elements in another shape, where strides can say it.
    pub fn reshape(&self, shape: &[usize]) -> Option<View> {
        if self.count() == 0 || self.shape == shape {
            return Some(match self.shape == shape {
                true => self.clone(),
                false => View::dense(shape),
            });
        }
        let mut blocks = collapse(&self.shape, &[&self.strides]);
        let mut strides = vec![0; shape.len()];
        let (mut left, mut step) = (1, 0);
        for (i, &size) in shape.iter().enumerate().rev() {
            if size == 1 {
                continue;
            }
            if left == 1 {
                let block = blocks.pop()?;
                (left, step) = (block.size, block.strides[0]);
            }
            if left % size != 0 {
                return None;
            }
            strides[i] = step;
            left /= size;
            step *= size as isize;
        }
        Some(View { shape: shape.to_vec(), strides, offset: self.offset })
    }

    pub fn transpose(&self, perm: &[usize]) -> View {
        View {
            shape: perm.iter().map(|&p| self.shape[p]).collect(),
            strides: perm.iter().map(|&p| self.strides[p]).collect(),
            offset: self.offset,
        }
    }

    pub fn broadcast(&self, shape: &[usize], axes: &[usize]) -> View {
        let mut strides = vec![0; shape.len()];
        for (&axis, &stride) in axes.iter().zip(&self.strides) {
            strides[axis] = stride;
        }
        View { shape: shape.to_vec(), strides, offset: self.offset }
    }

    pub fn slice(&self, axis: usize, start: usize, stop: usize, step: usize) -> View {
        let mut view = self.clone();
        view.offset += start as isize * self.strides[axis];
        view.shape[axis] = (stop - start).div_ceil(step);
        view.strides[axis] *= step as isize;
        view
    }

    fn flip(&self, axis: usize) -> View {
        let mut view = self.clone();
        view.offset += self.shape[axis].saturating_sub(1) as isize * self.strides[axis];
        view.strides[axis] = -self.strides[axis];
        view
    }

    fn windows(&self, axis: usize, size: usize, stride: usize, dilation: usize) -> View {
        let mut view = self.clone();
        view.shape[axis] = (self.shape[axis] - dilation * (size - 1) - 1) / stride + 1;
        view.strides[axis] = self.strides[axis] * stride as isize;
        view.shape.push(size);
        view.strides.push(self.strides[axis] * dilation as isize);
        view
    }
}

/// Neighbouring axes that several views walk as if they were one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Block {
    pub size: usize,
    /// One stride per view.
    pub strides: Vec<isize>,
}

/// Merges the axes of `shape` as far as all `strides` allow; axes of size 1 vanish.
pub fn collapse(shape: &[usize], strides: &[&[isize]]) -> Vec<Block> {
    let mut blocks: Vec<Block> = Vec::new();
    for (axis, &size) in shape.iter().enumerate().filter(|(_, size)| **size != 1) {
        let inner: Vec<isize> = strides.iter().map(|s| s[axis]).collect();
        let merges = |outer: &Block| {
            let mut pairs = outer.strides.iter().zip(&inner);
            pairs.all(|(&outer, &inner)| outer == inner * size as isize)
        };
        match blocks.last_mut() {
            Some(last) if merges(last) => {
                last.size *= size;
                last.strides = inner;
            }
            _ => blocks.push(Block { size, strides: inner }),
        }
    }
    blocks
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places(view: &View) -> Vec<isize> {
        let mut out = vec![view.offset];
        for (&size, &stride) in view.shape.iter().zip(&view.strides) {
            let step = |base: isize| (0..size as isize).map(move |i| base + i * stride);
            out = out.into_iter().flat_map(step).collect();
        }
        out
    }

    #[test]
    fn reshape_keeps_the_order_of_the_elements_or_declines() {
        let view = View::dense(&[2, 3, 4]);
        let turned = view.apply(&Op::Transpose { perm: vec![1, 0, 2] }).unwrap();
        assert_eq!(turned.reshape(&[6, 4]), None);
        let split = turned.reshape(&[3, 2, 2, 2]).unwrap();
        assert_eq!(places(&split), places(&turned));
        assert_eq!(turned.reshape(&[1, 3, 2, 1, 4]).unwrap().count(), 24);
    }

    #[test]
    fn windows_and_flip_walk_the_buffer() {
        let windows = View::dense(&[5]).windows(0, 2, 2, 2);
        assert_eq!(places(&windows), [0, 2, 2, 4]);
        assert_eq!(places(&View::dense(&[3]).flip(0)), [2, 1, 0]);
        assert_eq!(places(&View::dense(&[7]).slice(0, 1, 6, 2)), [1, 3, 5]);
    }

    #[test]
    fn a_repeated_axis_merges_with_its_like() {
        let view = View::dense(&[4]).broadcast(&[2, 3, 4], &[2]);
        let blocks = collapse(&view.shape, &[&view.strides]);
        assert_eq!(blocks.len(), 2);
        assert!(View::dense(&[1]).broadcast(&[2, 1], &[1]).is_splat());
    }
}
