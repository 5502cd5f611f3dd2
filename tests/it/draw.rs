//! Random numbers for tests: the same on every machine, from the generator that dln itself uses.

use dln::ops::{Tensor, philox};
use dln::types::{DType, Scalar};

/// A stream of choices.
pub struct Draw {
    key: i64,
    next: u64,
    /// How often, of 100 times, `off` misses.
    noise: u64,
}

impl Draw {
    pub fn new(key: u64) -> Draw {
        Draw { key: key as i64, next: 0, noise: 0 }
    }

    /// Choices that now and then do not fit together.
    pub fn noisy(key: u64) -> Draw {
        Draw { noise: 6, ..Draw::new(key) }
    }

    pub fn unit(&mut self) -> f64 {
        self.next += 1;
        philox::uniform_f64(self.key, 0, self.next)
    }

    pub fn below(&mut self, n: usize) -> usize {
        (self.unit() * n as f64) as usize
    }

    /// From `lo` to `hi`, both included.
    pub fn within(&mut self, lo: usize, hi: usize) -> usize {
        lo + self.below(hi - lo + 1)
    }

    pub fn flag(&mut self) -> bool {
        self.below(2) == 1
    }

    pub fn pick<T: Clone>(&mut self, of: &[T]) -> T {
        of[self.below(of.len())].clone()
    }

    /// `n`, or seldom a neighbour of it.
    pub fn off(&mut self, n: usize) -> usize {
        let miss = self.below(100) < self.noise as usize;
        match (miss, self.flag()) {
            (false, _) => n,
            (true, true) => n + 1,
            (true, false) => n.saturating_sub(1),
        }
    }

    /// Whether to do something wrong.
    pub fn miss(&mut self) -> bool {
        self.below(100) < self.noise as usize
    }

    pub fn size(&mut self) -> usize {
        let size = self.within(1, 3);
        if self.miss() { 0 } else { size }
    }

    pub fn shape(&mut self, min_rank: usize, max_rank: usize) -> Vec<usize> {
        (0..self.within(min_rank, max_rank)).map(|_| self.size()).collect()
    }

    /// The numbers below `n` in some order.
    pub fn order(&mut self, n: usize) -> Vec<usize> {
        let mut order: Vec<usize> = (0..n).collect();
        for i in (1..n).rev() {
            order.swap(i, self.below(i + 1));
        }
        order
    }

    /// Some of the numbers below `n`, in order.
    pub fn some(&mut self, n: usize) -> Vec<usize> {
        (0..n).filter(|_| self.flag()).collect()
    }

    /// Elements from `lo` to `hi`.
    pub fn tensor(&mut self, dtype: DType, shape: &[usize], lo: f64, hi: f64) -> Tensor {
        let mut tensor = Tensor::zeros(dtype, shape);
        for i in 0..tensor.len() {
            let value = lo + (hi - lo) * self.unit();
            let whole = Scalar::from_f64(value.floor(), dtype);
            tensor.data.set(i, if dtype.is_float() { Scalar::from_f64(value, dtype) } else { whole });
        }
        tensor
    }
}
