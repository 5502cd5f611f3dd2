//! Sums on tiles against sums in f64 over drawn sizes, and beside those of fused multiply-adds. Without tiles there is nothing to
//! test.

use super::super::super::gemm::amx::available;
use super::super::forward::Pass;
use super::super::sweep::Geometry;
use super::super::tests::{Case, Parts, of_axes};
use super::super::{Shortcut, panel};
use super::Tiles;
use crate::exec::cpu::crew;
use crate::exec::cpu::epilogue::Behind;
use crate::exec::cpu::frame::Writer;
use crate::ops::ConvMode;
use proptest::prelude::*;
use proptest::test_runner::TestCaseError;

/// One or two spatial axes, with strides, rims, and taps that lie apart.
fn geometry() -> impl Strategy<Value = Geometry> {
    let axis = |most: usize| (1..=most, 1..5usize, 1..4usize, 0..3usize, 1..3usize);
    let last = prop_oneof![1..8usize, 12..20usize, 28..36usize, 60..66usize];
    let wide = (last, 1..5usize, 1..4usize, 0..3usize, 1..3usize);
    (1..4usize, 1..3usize, 1..70usize, 1..70usize, axis(9), wide).prop_map(
        |(samples, groups, channels, filters, h, w)| {
            of_axes([samples, groups, channels, filters], [(1, 1, 1, 0, 1), h, w])
        },
    )
}

/// The forward convolution or its adjoint in `x`, and whether all of it is as it should be.
fn tiles(case: &Case<f32>, mode: ConvMode, parts: usize) -> (Vec<f32>, bool) {
    let (m, sweeps, source, len) = match mode {
        ConvMode::Input => (case.g.channels, case.g.adjoint(), &case.y, case.x.len()),
        _ => (case.g.filters, vec![case.g.forward()], &case.x, case.y.len()),
    };
    // Where no tap meets the result, nothing is written.
    let some = sweeps.into_iter().filter(|sweep| sweep.rows() > 0 && sweep.positions() > 0);
    let mut out = vec![if mode == ConvMode::Input { 0.0 } else { f32::NAN }; len];
    let safe = some.fold(true, |safe, sweep| {
        let pass = Pass::new::<f32>(&case.g, mode, m, sweep);
        let tiles = Tiles::of_parts(&pass, parts).expect("two spatial axes");
        let mut room = vec![f32::NAN; tiles.packed(&pass)];
        let parts = Parts::new(len);
        let each = |lines, span| parts.see(lines, pass.sweep.target_area(), span);
        let behind = Behind::new(Some(&each));
        // SAFETY: the operands of this case, and as much room as was asked for.
        let done = unsafe {
            tiles.pack(&pass, &case.w, &mut room);
            tiles.run(&pass, source, &room, Writer::of(&mut out), &behind)
        };
        if done && pass.sweep.is_dense() {
            parts.are_all();
        }
        done && safe
    });
    (out, safe)
}

fn agrees(g: Geometry) -> Result<(), TestCaseError> {
    let case = Case::<f32>::new(g);
    for mode in [ConvMode::Forward, ConvMode::Input] {
        let want = case.want(mode);
        let (got, safe) = tiles(&case, mode, 3);
        prop_assert!(safe);
        case.check(&want, &got)?;
        let (got, _) = tiles(&case, mode, 2);
        for (&got, &(sum, size, _)) in got.iter().zip(&want) {
            prop_assert!((f64::from(got) - sum).abs() <= size / f64::from(1 << 14), "{got} is not {sum}");
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: if cfg!(debug_assertions) { 12 } else { 400 }, ..ProptestConfig::default() })]

    #[test]
    fn sums_on_tiles_are_sums_of_products(g in geometry()) {
        if available() {
            agrees(g)?;
        }
    }
}

fn square([samples, channels, filters]: [usize; 3], side: usize, kernel: usize, stride: usize) -> Geometry {
    let pad = kernel / 2;
    let y = (side + 2 * pad - kernel) / stride + 1;
    Geometry {
        samples,
        groups: 1,
        channels,
        filters,
        x: [1, side, side],
        kernel: [1, kernel, kernel],
        y: [1, y, y],
        stride: [1, stride, stride],
        pad: [0, pad, pad],
        dilation: [1; 3],
    }
}

/// More columns, weights and steps than one tile, task or sum takes.
#[test]
fn sums_of_many_tiles_are_sums_of_products() {
    for g in [
        square([2, 64, 130], 14, 3, 1),
        square([1, 500, 40], 7, 1, 1),
        square([3, 96, 33], 15, 3, 2),
        square([1, 40, 64], 20, 1, 2),
    ] {
        if available() {
            agrees(g).unwrap();
        }
    }
}

/// Errors no larger than those of sums by fused multiply-adds, as root mean squares.
#[test]
fn sums_on_tiles_are_as_exact_as_others() {
    let case = Case::<f32>::new(square([1, 96, 32], 10, 3, 1));
    if !available() {
        return;
    }
    let want = case.want(ConvMode::Forward);
    let error = |got: &[f32]| got.iter().zip(&want).map(|(&got, want)| (f64::from(got) - want.0).powi(2)).sum::<f64>();
    let others = case.sweep(ConvMode::Forward, false, panel::pack).expect("panels are a way for all");
    let (got, _) = tiles(&case, ConvMode::Forward, 3);
    assert!(error(&got) <= error(&others), "{} is more than {}", error(&got), error(&others));
}

#[test]
fn any_number_of_threads_gives_the_same_bits() {
    if !available() {
        return;
    }
    for g in [square([1, 64, 96], 14, 3, 1), square([5, 32, 32], 28, 1, 2)] {
        let case = Case::<f32>::new(g);
        let one = tiles(&case, ConvMode::Forward, 3).0;
        for threads in 1..4 {
            let many = crew::with_threads(threads, || tiles(&case, ConvMode::Forward, 3).0);
            assert!(many == one, "{g:?} on {threads} threads");
        }
    }
}

#[test]
fn what_tiles_could_lose_is_said() {
    if !available() {
        return;
    }
    for special in [f32::NAN, f32::INFINITY, -f32::INFINITY, f32::MAX, 1e-40, 2f32.powi(-110)] {
        for place in [0, 37, 32 * 9 * 9 - 1] {
            let mut case = Case::<f32>::new(square([1, 32, 32], 9, 3, 1));
            case.x[place] = special;
            assert!(!tiles(&case, ConvMode::Forward, 3).1, "{special} at {place}");
            let mut case = Case::<f32>::new(square([1, 32, 32], 9, 3, 1));
            case.w[place] = special;
            assert!(!tiles(&case, ConvMode::Forward, 3).1, "{special} at {place}");
        }
    }
}
