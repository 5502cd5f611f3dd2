//! Products of drawn sizes and strides, against sums in f64.

use super::blocked::Blocked;
use super::tile::{Tiled, Tiles};
use super::{Factor, Gemm, gemm, gemm_in_pieces, gemm_on_all_threads, vector};
use crate::exec::cpu::crew;
use proptest::prelude::*;

/// Sizes around the edges of tiles, panels and blocks.
fn size() -> impl Strategy<Value = usize> {
    prop_oneof![1..20usize, Just(32), Just(33), 40..70usize]
}

fn depth() -> impl Strategy<Value = usize> {
    prop_oneof![4 => 0..6usize, 4 => 7..60usize, 1 => Just(384), 1 => 385..800usize]
}

/// Strides of a matrix of these sizes, and where it begins: by rows, by columns, with gaps, backwards, one row for all.
fn layout(kind: usize, [rows, columns]: [usize; 2]) -> ([isize; 2], usize) {
    let (r, c) = (rows as isize, columns as isize);
    match kind {
        0 => ([c, 1], 0),
        1 => ([1, r], 0),
        2 => ([c + 3, 1], 0),
        3 => ([2 * c, 2], 0),
        4 => ([-c, 1], columns * rows.saturating_sub(1)),
        _ => ([0, 1], 0),
    }
}

#[derive(Clone, Debug)]
pub struct Draw {
    pub m: usize,
    pub k: usize,
    pub n: usize,
    /// Kinds of layouts.
    pub lhs: usize,
    pub rhs: usize,
    pub gap: usize,
    pub add: bool,
    pub seed: u64,
}

pub fn draw() -> impl Strategy<Value = Draw> {
    (size(), depth(), size(), 0..6usize, 0..6usize, 0..3usize, any::<bool>(), any::<u64>())
        .prop_map(|(m, k, n, lhs, rhs, gap, add, seed)| Draw { m, k, n, lhs, rhs, gap, add, seed })
}

/// Numbers between -1 and 1.
fn numbers(count: usize, seed: u64) -> impl Iterator<Item = f64> {
    let mut state = seed | 1;
    (0..count).map(move |_| {
        state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (state >> 40) as f64 / (1 << 23) as f64 - 1.0
    })
}

/// What a float type needs here.
pub trait Number: Factor + Tiled + Default + PartialEq + std::fmt::Debug {
    const EPSILON: f64;
    fn of(x: f64) -> Self;
    fn wide(self) -> f64;
}

impl Number for f32 {
    const EPSILON: f64 = f32::EPSILON as f64;
    fn of(x: f64) -> f32 {
        x as f32
    }
    fn wide(self) -> f64 {
        self.into()
    }
}

impl Number for f64 {
    const EPSILON: f64 = f64::EPSILON;
    fn of(x: f64) -> f64 {
        x
    }
    fn wide(self) -> f64 {
        self
    }
}

/// A drawn product with its factors.
pub struct Case<T> {
    g: Gemm,
    lhs: (Vec<T>, usize),
    rhs: (Vec<T>, usize),
    before: Vec<T>,
}

impl<T: Number> Case<T> {
    pub fn new(draw: &Draw) -> Case<T> {
        let Draw { m, k, n, .. } = *draw;
        let (lhs, lhs_start) = layout(draw.lhs, [m, k]);
        let (rhs, rhs_start) = layout(draw.rhs, [k, n]);
        let out = n + draw.gap;
        let many = |count: usize, seed: u64| numbers(count, seed ^ draw.seed).map(T::of).collect::<Vec<T>>();
        Case {
            g: Gemm { m, k, n, lhs, rhs, out: out as isize, add: draw.add },
            lhs: (many(2 * (m + 3) * (k + 3), 1), lhs_start),
            rhs: (many(2 * (k + 3) * (n + 3), 2), rhs_start),
            before: many(m * out, 3),
        }
    }

    pub fn run(&self, product: impl Fn(&Gemm, *const T, *const T, *mut T)) -> Vec<T> {
        let mut out = self.before.clone();
        product(&self.g, self.lhs.0[self.lhs.1..].as_ptr(), self.rhs.0[self.rhs.1..].as_ptr(), out.as_mut_ptr());
        out
    }

    /// Of an element of the result, but not of a gap: the exact sum, and the sum of the absolute values.
    fn exact(&self, place: usize) -> Option<(f64, f64)> {
        let g = &self.g;
        let at = |(data, start): &(Vec<T>, usize), strides: [isize; 2], i: usize, j: usize| {
            data[(*start as isize + i as isize * strides[0] + j as isize * strides[1]) as usize].wide()
        };
        let (i, j) = (place / g.out as usize, place % g.out as usize);
        let start = if g.add { self.before[place].wide() } else { 0.0 };
        let terms = (0..g.k).map(|p| at(&self.lhs, g.lhs, i, p) * at(&self.rhs, g.rhs, p, j));
        (j < g.n).then(|| terms.fold((start, start.abs()), |(sum, size), x| (sum + x, size + x.abs())))
    }

    /// Fails where a result is further from the exact sum than so many times the roundings of one chain can take it.
    pub fn check(&self, got: &[T], times: f64) -> Result<(), TestCaseError> {
        for (place, (&got, &before)) in got.iter().zip(&self.before).enumerate() {
            let Some((sum, size)) = self.exact(place) else {
                prop_assert_eq!(got, before, "a gap was written");
                continue;
            };
            let bound = times * (self.g.k + 2) as f64 * T::EPSILON * size;
            prop_assert!((got.wide() - sum).abs() <= bound, "{place}: {got:?} is not {sum}, bound {bound:e}");
        }
        Ok(())
    }
}

impl Case<f32> {
    /// A product of numbers that a function makes of two between -1 and 1.
    pub fn of([m, k, n]: [usize; 3], number: impl Fn(f64, f64) -> f64) -> Case<f32> {
        let many = |count: usize, seed: u64| {
            let pairs = numbers(count, seed).zip(numbers(count, seed + 2));
            (pairs.map(|(x, y)| number(x, y) as f32).collect(), 0)
        };
        let g = Gemm { m, k, n, lhs: [k as isize, 1], rhs: [n as isize, 1], out: n as isize, add: false };
        Case { g, lhs: many(m * k, 11), rhs: many(k * n, 12), before: vec![0.0; m * n] }
    }

    /// Cuts the factors to numbers of bf16.
    pub fn cut_to_bf16(&mut self) {
        let all = self.lhs.0.iter_mut().chain(&mut self.rhs.0);
        all.for_each(|x| *x = f32::from_bits(x.to_bits() & !0xffff));
    }

    /// Errors in units of 2^-24 of the sums of absolute values.
    pub fn errors(&self, got: &[f32]) -> impl Iterator<Item = f64> {
        got.iter().enumerate().filter_map(|(place, &got)| {
            self.exact(place).map(|(sum, size)| (f64::from(got) - sum).abs() / size * 2f64.powi(24))
        })
    }
}

fn whole<T: Factor>(g: &Gemm, lhs: *const T, rhs: *const T, out: *mut T) {
    // SAFETY: the case's matrices have these sizes and strides.
    unsafe { gemm(g, lhs, rhs, out) }
}

fn agrees<T: Number>(draw: &Draw) -> Result<(), TestCaseError> {
    let case = Case::<T>::new(draw);
    let one = case.run(whole);
    case.check(&one, 1.0)?;
    let many = case.run(|g, lhs, rhs, out| {
        // SAFETY: as above.
        unsafe { gemm_in_pieces(g, 3, lhs, rhs, out) }
    });
    prop_assert!(many == one, "three pieces give other bits");
    // All sets of instructions that run here, not the best alone, and in every build.
    for tiles in T::tiles() {
        // SAFETY: as above.
        let blocked = case.run(|g, lhs, rhs, out| unsafe { Blocked::new(tiles, g, lhs, rhs, out).run() });
        case.check(&blocked, 1.0)?;
        for (pieces, shared) in [(2, 1..1), (3, 1..2000), (5, 1..usize::MAX), (4, usize::MAX..usize::MAX)] {
            let cut = case.run(|g, lhs, rhs, out| {
                // SAFETY: as above.
                let mut product = unsafe { Blocked::new(tiles, g, lhs, rhs, out) };
                product.shared = shared.clone();
                // SAFETY: as above.
                unsafe { product.run_in_pieces(pieces) }
            });
            prop_assert!(cut == blocked, "{pieces} pieces that share {shared:?} give other bits");
        }
        if vector::fits(&case.g) {
            // SAFETY: as above.
            let row = case.run(|g, lhs, rhs, out| unsafe { vector::product::<T>(tiles, g, lhs, rhs, out) });
            case.check(&row, 1.0)?;
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: if cfg!(debug_assertions) { 24 } else { 1000 }, ..ProptestConfig::default() })]

    #[test]
    fn products_of_f32_are_sums_of_products(draw in draw()) {
        agrees::<f32>(&draw)?;
    }

    #[test]
    fn products_of_f64_are_sums_of_products(draw in draw()) {
        agrees::<f64>(&draw)?;
    }
}

#[test]
fn any_number_of_threads_gives_the_same_bits() {
    for (m, k, n, lhs, rhs) in [(300, 200, 90, 0, 0), (40, 500, 300, 0, 1), (200, 300, 200, 1, 1), (1, 900, 1500, 0, 0)]
    {
        let draw = Draw { m, k, n, lhs, rhs, gap: 1, add: true, seed: 5 };
        let case = Case::<f32>::new(&draw);
        let one = case.run(whole);
        for threads in 1..4 {
            let many = crew::with_threads(threads, || {
                // SAFETY: the case's matrices have these sizes and strides.
                case.run(|g, lhs, rhs, out| unsafe { gemm_on_all_threads(g, lhs, rhs, out) })
            });
            assert!(many == one, "{draw:?} on {threads} threads");
        }
    }
}

#[test]
fn what_is_no_number_stays_in_its_row_and_column() {
    let (m, k, n) = (17, 40, 35);
    let mut lhs = vec![1.0f32; m * k];
    let mut rhs = vec![1.0f32; k * n];
    lhs[3 * k + 7] = f32::NAN;
    rhs[9 * n + 34] = f32::INFINITY;
    let g = Gemm { m, k, n, lhs: [k as isize, 1], rhs: [n as isize, 1], out: n as isize, add: false };
    let mut out = vec![0f32; m * n];
    whole(&g, lhs.as_ptr(), rhs.as_ptr(), out.as_mut_ptr());
    for (place, x) in out.iter().enumerate() {
        match (place / n, place % n) {
            (3, _) => assert!(x.is_nan()),
            (_, 34) => assert_eq!(*x, f32::INFINITY),
            _ => assert_eq!(*x, k as f32),
        }
    }
}

#[test]
fn no_tile_is_larger_than_the_room_beside_the_result() {
    fn fits<T>(tiles: &Tiles<T>) {
        assert!(tiles.rows() * tiles.columns() <= super::tile::LARGEST && tiles.lanes.is_power_of_two());
    }
    f32::tiles().iter().for_each(|tiles| fits(tiles));
    f64::tiles().iter().for_each(|tiles| fits(tiles));
}
