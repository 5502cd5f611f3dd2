//! What a maximum over windows sends back: each cotangent goes to the first greatest element of its window.

use super::super::element::Element;
use super::super::frame::{Array, Frame};
use super::super::isa::versions;
use super::super::{Kernel, parallel};
use crate::exec::Fault;
use crate::plan::Step;
use crate::types::DType;

/// `x` and the result are blocks of `[n, inner]`, the cotangent of `[windows, inner]`.
#[derive(Clone, Copy)]
struct Sizes {
    n: usize,
    windows: usize,
    inner: usize,
    size: usize,
    stride: usize,
    dilation: usize,
}

/// Blocks of one task, which lie together: `(sizes, blocks, x, g, out)`.
type Blocks = unsafe fn(Sizes, usize, *const u8, *const u8, *mut u8);

struct PeaksKernel<T> {
    x: Array<T>,
    g: Array<T>,
    dst: Array<T>,
    sizes: Sizes,
    blocks: Blocks,
}

/// Elements of one task, about.
const TASK: usize = 16 << 10;

pub fn peaks(step: &Step, axis: usize, [size, stride, dilation]: [usize; 3]) -> Box<dyn Kernel> {
    let (x, g) = (&step.args[0].view.shape, &step.args[1].view.shape);
    let inner = x[axis + 1..].iter().product();
    let sizes = Sizes { n: x[axis], windows: g[axis], inner, size, stride, dilation };
    macro_rules! of {
        ($t:ty) => {
            Box::new(PeaksKernel::<$t> {
                x: Array::new(&step.args[0]),
                g: Array::new(&step.args[1]),
                dst: Array::new(&step.results[0]),
                sizes,
                blocks: versions!(
                    unsafe fn (sizes: Sizes, blocks: usize, x: *const u8, g: *const u8, out: *mut u8) {
                        let (own, given) = (blocks * sizes.n * sizes.inner, blocks * sizes.windows * sizes.inner);
                        let x = std::slice::from_raw_parts(x.cast::<$t>(), own);
                        let g = std::slice::from_raw_parts(g.cast::<$t>(), given);
                        send(sizes, x, g, std::slice::from_raw_parts_mut(out.cast::<$t>(), own));
                    }
                ),
            })
        };
    }
    match step.results[0].dtype {
        DType::F64 => of!(f64),
        _ => of!(f32),
    }
}

/// Whether an element takes the place of the greatest so far.
#[inline(always)]
fn beats<T: Element>(x: T, best: T) -> bool {
    x > best || x.is_nan() && !best.is_nan()
}

#[inline(always)]
fn send<T: Element>(s: Sizes, x: &[T], g: &[T], out: &mut [T]) {
    let (block, given) = (s.n * s.inner, s.windows * s.inner);
    if s.inner == 1 && s.size == 2 && s.stride == 2 && s.dilation == 1 && s.n == 2 * s.windows {
        return pairs(x, g, out);
    }
    out.fill(T::ZERO);
    for ((x, g), out) in x.chunks_exact(block).zip(g.chunks_exact(given)).zip(out.chunks_exact_mut(block)) {
        for (window, g) in g.chunks_exact(s.inner).enumerate() {
            let first = window * s.stride * s.inner;
            match (s.size, s.stride >= 2 && s.dilation == 1) {
                (2, true) => {
                    let (x, out) = (&x[first..][..2 * s.inner], &mut out[first..][..2 * s.inner]);
                    rows(x, g, out);
                }
                _ => scattered(s, &x[first..], g, &mut out[first..]),
            }
        }
    }
}

/// Neighbours, which share no window.
#[inline(always)]
fn pairs<T: Element>(x: &[T], g: &[T], out: &mut [T]) {
    for ((x, &g), out) in x.chunks_exact(2).zip(g).zip(out.chunks_exact_mut(2)) {
        let (g, second) = (T::ZERO.plus(g), beats(x[1], x[0]));
        out[0] = if second { T::ZERO } else { g };
        out[1] = if second { g } else { T::ZERO };
    }
}

/// Two rows, which share no window with others.
#[inline(always)]
fn rows<T: Element>(x: &[T], g: &[T], out: &mut [T]) {
    let (upper, lower) = x.split_at(g.len());
    let (first, second) = out.split_at_mut(g.len());
    for ((((&a, &b), &g), first), second) in upper.iter().zip(lower).zip(g).zip(first).zip(second) {
        let (g, below) = (T::ZERO.plus(g), beats(b, a));
        *first = if below { T::ZERO } else { g };
        *second = if below { g } else { T::ZERO };
    }
}

/// One window for each cotangent.
#[inline(always)]
fn scattered<T: Element>(s: Sizes, x: &[T], g: &[T], out: &mut [T]) {
    let step = s.dilation * s.inner;
    for (i, &g) in g.iter().enumerate() {
        let mut best = i;
        for k in 1..s.size {
            let place = i + k * step;
            if beats(x[place], x[best]) {
                best = place;
            }
        }
        out[best] = out[best].plus(g);
    }
}

impl<T: Element> Kernel for PeaksKernel<T> {
    fn run(&mut self, frame: &Frame) -> Result<(), Fault> {
        let (x, g, s) = (self.x.read(frame), self.g.read(frame), self.sizes);
        let (block, given) = (s.n * s.inner, s.windows * s.inner);
        let group = (TASK / block.max(1)).max(1);
        parallel::units(self.dst.write(frame), (group * block).max(1), x.len(), |task, out| {
            let blocks = out.len() / block;
            let (x, g) = (&x[task * group * block..][..out.len()], &g[task * group * given..][..blocks * given]);
            // SAFETY: three slices of so many blocks, the last of them unique.
            unsafe { (self.blocks)(s, blocks, x.as_ptr().cast(), g.as_ptr().cast(), out.as_mut_ptr().cast()) };
        });
        Ok(())
    }
}
