//! Each way to a convolution against sums in f64 over drawn sizes, in every build.

use super::super::epilogue::Behind;
use super::super::frame::Writer;
use super::super::isa::{Isa, isa};
use super::forward::Pass;
use super::lines::Lines;
use super::panel::{self, Pack};
use super::row::Rows;
use super::sweep::Geometry;
use super::weight::Gradient;
use super::{Unit, join_parts};
use crate::exec::cpu::kernels::fold::Fold;
use crate::ops::{ConvMode, Reduce};
use crate::types::DType;
use proptest::prelude::*;
use proptest::test_runner::TestCaseError;
use std::ops::Range;
use std::sync::atomic::{AtomicU8, Ordering};

/// Numbers between -1 and 1.
pub fn numbers(count: usize, seed: u64) -> Vec<f64> {
    let mut state = seed | 1;
    let mut next = || {
        state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (state >> 33) as f64 / f64::from(1u32 << 30) - 1.0
    };
    (0..count).map(|_| next()).collect()
}

/// By axis its length, kernel, stride, rim and distance of taps; kernels are cut to what they fit on.
pub fn of_axes(
    [samples, groups, channels, filters]: [usize; 4],
    axes: [(usize, usize, usize, usize, usize); 3],
) -> Geometry {
    let kernel = axes.map(|(x, k, _, pad, dilation)| k.min((x + 2 * pad - 1) / dilation + 1));
    let y = std::array::from_fn(|a| {
        let (x, _, stride, pad, dilation) = axes[a];
        (x + 2 * pad - dilation * (kernel[a] - 1) - 1) / stride + 1
    });
    Geometry {
        samples,
        groups,
        channels,
        filters,
        x: axes.map(|axis| axis.0),
        kernel,
        y,
        stride: axes.map(|axis| axis.2),
        pad: axes.map(|axis| axis.3),
        dilation: axes.map(|axis| axis.4),
    }
}

/// Small sizes, and last axes that vectors fit and do not fit.
pub fn geometry() -> impl Strategy<Value = Geometry> {
    let axis = |most: usize| (1..=most, 1..5usize, 1..4usize, 0..3usize, 1..3usize);
    let last = prop_oneof![1..8usize, 12..20usize, 28..36usize, 60..66usize];
    let wide = (last, 1..6usize, 1..4usize, 0..3usize, 1..3usize);
    let deep = prop_oneof![3 => Just((1, 1, 1, 0, 1)), 1 => axis(4)];
    (1..4usize, 1..3usize, 1..7usize, 1..40usize, deep, axis(9), wide).prop_map(
        |(samples, groups, channels, filters, d, h, w)| of_axes([samples, groups, channels, filters], [d, h, w]),
    )
}

/// Calls `f(x, w, y)` for the places of every product.
pub fn products(g: &Geometry, mut f: impl FnMut(usize, usize, usize)) {
    let area = |sizes: [usize; 3]| sizes.iter().product::<usize>();
    let split = |i: usize, sizes: [usize; 3]| [i / sizes[2] / sizes[1], i / sizes[2] % sizes[1], i % sizes[2]];
    for (k, p) in (0..area(g.kernel)).flat_map(|k| (0..area(g.y)).map(move |p| (k, p))) {
        let (tap, at) = (split(k, g.kernel), split(p, g.y));
        let place: [Option<usize>; 3] = std::array::from_fn(|a| {
            let place = (at[a] * g.stride[a] + tap[a] * g.dilation[a]).checked_sub(g.pad[a]);
            place.filter(|&place| place < g.x[a])
        });
        let [Some(d), Some(h), Some(w)] = place else { continue };
        let place = (d * g.x[1] + h) * g.x[2] + w;
        for (n, group) in (0..g.samples).flat_map(|n| (0..g.groups).map(move |group| (n, group))) {
            for (c, o) in (0..g.channels).flat_map(|c| (0..g.filters).map(move |o| (c, o))) {
                let x = ((n * g.groups + group) * g.channels + c) * area(g.x) + place;
                let w = ((group * g.filters + o) * g.channels + c) * area(g.kernel) + k;
                f(x, w, ((n * g.groups + group) * g.filters + o) * area(g.y) + p);
            }
        }
    }
}

/// How often each element of a result was said to be there.
pub struct Parts(Vec<AtomicU8>);

impl Parts {
    pub fn new(len: usize) -> Parts {
        Parts((0..len).map(|_| AtomicU8::new(0)).collect())
    }

    pub fn see(&self, lines: Range<usize>, area: usize, span: Range<usize>) {
        for times in lines.flat_map(|line| &self.0[line * area..][span.clone()]) {
            times.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Every element was, once.
    pub fn are_all(&self) {
        assert!(self.0.iter().all(|times| times.load(Ordering::Relaxed) == 1), "{:?}", self.0);
    }
}

/// An element with a way back to f64.
pub trait Number: Unit {
    const EPSILON: f64;
    const DTYPE: DType;
    fn of(x: f64) -> Self;
    fn wide(self) -> f64;
    /// All ways to pack panels that run here.
    fn packs() -> Vec<Pack<Self>>;
}
impl Number for f32 {
    const EPSILON: f64 = f32::EPSILON as f64;
    const DTYPE: DType = DType::F32;
    fn of(x: f64) -> f32 {
        x as f32
    }
    fn wide(self) -> f64 {
        self.into()
    }
    fn packs() -> Vec<Pack<f32>> {
        match isa() {
            #[cfg(target_arch = "x86_64")]
            Isa::Avx512 => vec![panel::pack, panel::wide::pack],
            _ => vec![panel::pack],
        }
    }
}
impl Number for f64 {
    const EPSILON: f64 = f64::EPSILON;
    const DTYPE: DType = DType::F64;
    fn of(x: f64) -> f64 {
        x
    }
    fn wide(self) -> f64 {
        self
    }
    fn packs() -> Vec<Pack<f64>> {
        vec![panel::pack]
    }
}

/// Operands, and what is expected of each mode: sums, and sums of absolute values.
pub struct Case<T> {
    pub g: Geometry,
    pub x: Vec<T>,
    pub w: Vec<T>,
    pub y: Vec<T>,
}

impl<T: Number> Case<T> {
    pub fn new(g: Geometry) -> Case<T> {
        let area = |sizes: [usize; 3]| sizes.iter().product::<usize>();
        let many = |count: usize, seed: u64| numbers(count, seed).into_iter().map(T::of).collect();
        Case {
            x: many(g.samples * g.groups * g.channels * area(g.x), 1),
            w: many(g.groups * g.filters * g.channels * area(g.kernel), 2),
            y: many(g.samples * g.groups * g.filters * area(g.y), 3),
            g,
        }
    }

    /// By element of the result: the sum, that of absolute values, and the number of terms.
    pub fn want(&self, mode: ConvMode) -> Vec<(f64, f64, usize)> {
        let len = match mode {
            ConvMode::Forward => self.y.len(),
            ConvMode::Input => self.x.len(),
            ConvMode::Weight => self.w.len(),
        };
        let mut want = vec![(0.0, 0.0, 0); len];
        products(&self.g, |x, w, y| {
            let (place, a, b) = match mode {
                ConvMode::Forward => (y, self.x[x], self.w[w]),
                ConvMode::Input => (x, self.y[y], self.w[w]),
                ConvMode::Weight => (w, self.x[x], self.y[y]),
            };
            let term = a.wide() * b.wide();
            let (sum, size, count) = &mut want[place];
            (*sum, *size, *count) = (*sum + term, *size + term.abs(), *count + 1);
        });
        want
    }

    pub fn check(&self, want: &[(f64, f64, usize)], got: &[T]) -> Result<(), TestCaseError> {
        prop_assert_eq!(got.len(), want.len());
        for (i, (&got, &(sum, size, count))) in got.iter().zip(want).enumerate() {
            let bound = (count + 2) as f64 * T::EPSILON * size;
            prop_assert!((got.wide() - sum).abs() <= bound, "{:?} [{i}]: {got:?} is not {sum}", self.g);
        }
        Ok(())
    }

    /// The forward convolution or its adjoint in `x`, by `run(pass, task, source, weights, result)` for all tasks.
    pub fn sweep(&self, mode: ConvMode, lines: bool, pack: Pack<T>) -> Option<Vec<T>> {
        let (m, sweeps, source, len) = match mode {
            ConvMode::Input => (self.g.channels, self.g.adjoint(), &self.y, self.x.len()),
            _ => (self.g.filters, vec![self.g.forward()], &self.x, self.y.len()),
        };
        let mut out = vec![T::ZERO; len];
        let parts = Parts::new(len);
        for sweep in sweeps.into_iter().filter(|sweep| sweep.rows() > 0) {
            let pass = Pass::new::<T>(&self.g, mode, m, sweep);
            let mut packed = vec![T::of(f64::NAN); pass.packed()];
            let to = Writer::of(&mut packed);
            // SAFETY: as in the kernel.
            (0..pass.pieces()).for_each(|piece| unsafe { pass.pack(piece, &self.w, to) });
            let y = Writer::of(&mut out);
            let each = |lines, span| parts.see(lines, pass.sweep.target_area(), span);
            let behind = Behind::new(Some(&each));
            match (lines, isa()) {
                (true, Isa::Avx512) => {
                    let lines = Lines::new(&pass)?;
                    (0..lines.tasks(&pass)).for_each(|task| {
                        // SAFETY: as in the kernel.
                        unsafe { T::run_lines(&lines, &pass, task, source, &packed, y) };
                        let (channels, span) = lines.part(&pass, task);
                        behind.part(channels, span);
                    });
                }
                (true, _) => return None,
                (false, _) => (0..pass.tasks()).for_each(|task| {
                    // SAFETY: as in the kernel.
                    unsafe { pass.run(pack, task, source, &packed, y) };
                    pass.parts(task, |channels, span| behind.part(channels, span));
                }),
            }
            if pass.sweep.is_dense() {
                parts.are_all();
            }
        }
        Some(out)
    }

    fn weight(&self, tiles: Option<Rows<T>>) -> Vec<T> {
        let gradient = Gradient::new(&self.g);
        let mut out = vec![T::of(f64::NAN); gradient.parts() * self.w.len()];
        let to = Writer::of(&mut out);
        for task in 0..gradient.tasks() {
            // SAFETY: as in the kernel.
            unsafe { gradient.run(tiles, task, &self.x, &self.y, to) };
        }
        join_parts(&Fold::new(Reduce::Sum, T::DTYPE), &mut out, self.w.len());
        out.truncate(self.w.len());
        out
    }
}

fn agrees<T: Number>(g: Geometry, with_lines: bool) -> Result<(), TestCaseError> {
    let case = Case::<T>::new(g);
    for mode in [ConvMode::Forward, ConvMode::Input] {
        let want = case.want(mode);
        for pack in T::packs() {
            case.check(&want, &case.sweep(mode, false, pack).expect("panels are a way for all"))?;
        }
        if let Some(got) = with_lines.then(|| case.sweep(mode, true, panel::pack)).flatten() {
            case.check(&want, &got)?;
        }
    }
    let want = case.want(ConvMode::Weight);
    for tiles in [None, Some(T::rows()).filter(|rows| !rows.is_empty())] {
        case.check(&want, &case.weight(tiles))?;
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: if cfg!(debug_assertions) { 12 } else { 400 }, ..ProptestConfig::default() })]

    #[test]
    fn convolutions_of_f32_are_sums_of_products(g in geometry()) {
        agrees::<f32>(g, true)?;
    }

    #[test]
    fn convolutions_of_f64_are_sums_of_products(g in geometry()) {
        agrees::<f64>(g, false)?;
    }
}

/// More rows, columns and channels than one panel, block or part takes.
#[test]
fn convolutions_of_many_blocks_are_sums_of_products() {
    let square = |x: usize, y: usize, k: usize, stride: usize, pad: usize| Geometry {
        samples: 2,
        groups: 1,
        channels: 20,
        filters: 34,
        x: [1, x, x],
        kernel: [1, k, k],
        y: [1, y, y],
        stride: [1, stride, stride],
        pad: [0, pad, pad],
        dilation: [1; 3],
    };
    for g in [square(16, 17, 4, 1, 2), square(7, 8, 4, 1, 2), square(16, 8, 4, 2, 1)] {
        agrees::<f32>(g, true).unwrap();
    }
}
