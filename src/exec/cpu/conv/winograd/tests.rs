//! Squares against sums in f64 over drawn sizes, and beside sums over taps.

use super::super::super::isa::{Isa, isa};
use super::super::forward::{DEPTH, Pass};
use super::super::sweep::Geometry;
use super::super::tests::{Case, Parts, numbers, products};
use super::super::{Shortcut, WeightShortcut};
use super::{Gradient, Winograd};
use crate::exec::cpu::epilogue::Behind;
use crate::exec::cpu::frame::Writer;
use crate::ops::ConvMode;
use proptest::prelude::*;
use proptest::test_runner::TestCaseError;
use std::fmt::Write as _;

/// Kernels of 3 x 3.
fn geometry() -> impl Strategy<Value = Geometry> {
    let last = prop_oneof![1..8usize, 12..20usize, 28..36usize, 60..66usize];
    (1..4usize, 1..3usize, [1..20usize, 1..20usize], 1..9usize, last, [0..3usize, 0..3usize]).prop_map(
        |(samples, groups, [channels, filters], h, w, [down, along])| {
            let pad =
                [down.max((3usize.saturating_sub(h)).div_ceil(2)), along.max((3usize.saturating_sub(w)).div_ceil(2))];
            sizes([samples, groups, channels, filters], [h, w], pad)
        },
    )
}

fn sizes([samples, groups, channels, filters]: [usize; 4], [h, w]: [usize; 2], [down, along]: [usize; 2]) -> Geometry {
    let y = [1, h + 2 * down - 2, w + 2 * along - 2];
    let pad = [0, down, along];
    let (stride, dilation) = ([1; 3], [1; 3]);
    Geometry { samples, groups, channels, filters, x: [1, h, w], kernel: [1, 3, 3], y, stride, pad, dilation }
}

/// The forward convolution or its adjoint in `x`, and whether it is finite.
fn squares(case: &Case<f32>, mode: ConvMode) -> (Vec<f32>, bool) {
    let (m, sweep, source, len) = match mode {
        ConvMode::Input => (case.g.channels, case.g.adjoint().remove(0), &case.y, case.x.len()),
        _ => (case.g.filters, case.g.forward(), &case.x, case.y.len()),
    };
    let pass = Pass::new::<f32>(&case.g, mode, m, sweep);
    let squares = Winograd::new(&pass).expect("kernels of 3 x 3");
    let (mut room, mut out) = (vec![f32::NAN; squares.packed(&pass)], vec![f32::NAN; len]);
    let parts = Parts::new(len);
    let each = |lines, span| parts.see(lines, pass.sweep.target_area(), span);
    // SAFETY: the operands of this case, and as much room as was asked for.
    let finite = unsafe {
        squares.pack(&pass, &case.w, &mut room);
        squares.run(&pass, source, &room, Writer::of(&mut out), &Behind::new(Some(&each)))
    };
    parts.are_all();
    (out, finite)
}

/// The gradient of the weights, and whether it is finite.
fn gradient(case: &Case<f32>) -> (Vec<f32>, bool) {
    let gradient = Gradient::new(&case.g).expect("kernels of 3 x 3");
    let mut out = vec![f32::NAN; gradient.parts() * case.w.len()];
    // SAFETY: the operands of this case, and all parts.
    let finite = unsafe { gradient.run(&case.x, &case.y, Writer::of(&mut out)) };
    let (whole, parts) = out.split_at_mut(case.w.len());
    parts.chunks_exact(whole.len()).for_each(|part| whole.iter_mut().zip(part).for_each(|(to, x)| *to += x));
    (whole.to_vec(), finite)
}

fn agrees(g: Geometry) -> Result<(), TestCaseError> {
    let case = Case::<f32>::new(g);
    for mode in [ConvMode::Forward, ConvMode::Input, ConvMode::Weight].into_iter().filter(|_| isa() == Isa::Avx512) {
        let want = case.want(mode);
        let size = want.iter().map(|want| want.1).fold(0.0, f64::max);
        let count = want.iter().map(|want| want.2).max().unwrap_or(0);
        let (got, finite) = if mode == ConvMode::Weight { gradient(&case) } else { squares(&case, mode) };
        prop_assert!(finite);
        for (i, (&got, &(sum, _, _))) in got.iter().zip(&want).enumerate() {
            let bound = (count + 2) as f64 * f64::from(f32::EPSILON) * size;
            prop_assert!((f64::from(got) - sum).abs() <= bound, "{g:?} {mode:?} [{i}]: {got} is not {sum}");
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: if cfg!(debug_assertions) { 8 } else { 300 }, ..ProptestConfig::default() })]

    #[test]
    fn squares_are_sums_of_products(g in geometry()) {
        agrees(g)?;
    }
}

/// More channels than one panel, sum or task takes.
#[test]
fn squares_of_many_channels_are_sums_of_products() {
    for sizes in [sizes([2, 1, 70, 130], [8, 6], [1, 1]), sizes([1, 1, 140, 35], [4, 4], [1, 1])] {
        agrees(sizes).unwrap();
    }
}

#[test]
fn what_is_not_finite_is_said() {
    if isa() != Isa::Avx512 {
        return;
    }
    for special in [f32::NAN, f32::INFINITY, -f32::INFINITY] {
        for place in [0, 37, 5 * 9 * 9 - 1] {
            let mut case = Case::<f32>::new(sizes([1, 1, 5, 20], [9, 9], [1, 1]));
            case.x[place] = special;
            assert!(!squares(&case, ConvMode::Forward).1, "{special} at {place}");
            assert!(!gradient(&case).1, "{special} at {place}");
            let mut case = Case::<f32>::new(sizes([1, 1, 5, 20], [9, 9], [1, 1]));
            case.w[place] = special;
            assert!(!squares(&case, ConvMode::Input).1, "{special} at {place}");
        }
    }
}

/// Root mean square and worst error, in units of 2^-24 of the sums of absolute values.
fn errors(got: &[f32], want: &[(f64, f64, usize)]) -> [f64; 2] {
    let error = |(&got, &(sum, size, _)): (&f32, &(f64, f64, usize))| {
        (f64::from(got) - sum).abs() / (size * f64::from(f32::EPSILON) / 2.0)
    };
    let errors: Vec<f64> = got.iter().zip(want).map(error).collect();
    let square = errors.iter().map(|x| x * x).sum::<f64>() / errors.len() as f64;
    [square.sqrt(), errors.into_iter().fold(0.0, f64::max)]
}

/// Sums over channels and taps by fused multiply-adds, cut as those of panels are.
fn sums(case: &Case<f32>) -> Vec<f32> {
    let mut sums = vec![(0f32, 0f32, 0); case.y.len()];
    products(&case.g, |x, w, y| {
        let (whole, part, count) = &mut sums[y];
        (*part, *count) = (case.x[x].mul_add(case.w[w], *part), *count + 1);
        if *count % DEPTH == 0 {
            (*whole, *part) = (*whole + *part, 0.0);
        }
    });
    sums.into_iter().map(|(whole, part, _)| whole + part).collect()
}

const TITLE: &str = "\n## Convolutions\n";
const NEXT: &str = "\n## Products of matrices\n";

/// The section of `docs/numerics.md`, of whose figures every machine with these vectors has the same bits.
fn section() -> String {
    type Kind = (&'static str, fn(f64, f64) -> f64);
    let kinds: [Kind; 3] = [
        ("between -1 and 1", |x, _| x),
        ("between 0 and 2", |x, _| x + 1.0),
        ("of sizes 2^-20 to 2^20", |x, y| x * (20.0 * y).exp2()),
    ];
    let mut text = format!(
        "{TITLE}\nOf pictures of 8 x 8 with kernels of 3 x 3 in f32, as sums over channels and taps by fused multiply-adds, and by \
         squares (minimal filtering F(2x2, 3x3), where there are vectors of 16 numbers), in units of 2^-24 of the sum of the \
         absolute values: root mean square, and worst. The four positions of a square share roundings: where the \
         terms of one are much larger than those of its neighbour, the neighbour's error is measured by them. Where the result is \
         not finite it is computed again by sums. Written by `DLN_BLESS=1 cargo test --lib winograd`.\n\n\
         Where weights stay the same from run to run and the processor has tiles of bf16, sums over channels and taps are those of \
         split numbers, as in products (below), with the same parts for all of a picture and all weights; where one of them is not \
         finite, or so large or small that a part could be lost, the convolution goes the other way. Their errors are no larger \
         than those of `sums` (`cargo test --lib conv::amx`).\n\n\
         | numbers | channels | sums | worst | squares | worst |\n| --- | --- | --- | --- | --- | --- |\n"
    );
    for (name, of) in kinds {
        for channels in [48, 256] {
            let mut case = Case::<f32>::new(sizes([1, 1, channels, 32], [8, 8], [1, 1]));
            for (seed, numbers_of) in [(5, &mut case.x), (6, &mut case.w)] {
                let (x, y) = (numbers(numbers_of.len(), seed), numbers(numbers_of.len(), seed + 70));
                numbers_of.iter_mut().zip(x.into_iter().zip(y)).for_each(|(to, (x, y))| *to = of(x, y) as f32);
            }
            let want = case.want(ConvMode::Forward);
            let (sums, squares) = (errors(&sums(&case), &want), errors(&squares(&case, ConvMode::Forward).0, &want));
            let cells = [sums, squares].as_flattened().iter().map(|x| format!("{x:.2}")).collect::<Vec<_>>();
            let _ = writeln!(text, "| {name} | {channels} | {} |", cells.join(" | "));
        }
    }
    text
}

#[test]
fn the_page_says_how_exact_convolutions_are() {
    if isa() != Isa::Avx512 {
        return;
    }
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/numerics.md");
    let page = std::fs::read_to_string(&path).unwrap();
    let (head, end) = page.split_once(NEXT).unwrap();
    let (rest, written) = head.split_once(TITLE).unwrap_or((head, ""));
    let section = section();
    if std::env::var_os("DLN_BLESS").is_some() {
        std::fs::write(&path, format!("{rest}{section}{NEXT}{end}")).unwrap();
    } else {
        assert_eq!(format!("{TITLE}{written}"), section);
    }
}
