//! Products on tiles beside sums in f64 and beside those of fused multiply-adds. Without tiles there is nothing to test.

use super::super::tests::{Case, Draw, draw};
use super::super::tile::Tiled;
use super::{Split, available};
use crate::exec::cpu::frame::{Reader, Writer};
use crate::exec::cpu::gemm::Gemm;
use crate::exec::cpu::gemm::blocked::Blocked;
use crate::exec::cpu::kept::Kept;
use proptest::prelude::*;
use std::cell::RefCell;
use std::fmt::Write as _;

fn split(parts: usize, shared: bool) -> impl Fn(&Gemm, *const f32, *const f32, *mut f32) {
    move |g, lhs, rhs, out| {
        // SAFETY: the caller's matrices have these sizes and strides.
        unsafe {
            let (lhs, rhs, out) = (Reader::of(lhs), Reader::of(rhs), Writer::at(out));
            Split { g: *g, lhs, rhs, out, parts, others: f32::tiles()[0], shared }.run();
        }
    }
}

/// With panels of the right factor that stay.
fn keeping(kept: &RefCell<Kept>) -> impl Fn(&Gemm, *const f32, *const f32, *mut f32) {
    move |g, lhs, rhs, out| {
        // SAFETY: the caller's matrices have these sizes and strides, and `rhs` stays the same.
        unsafe {
            let (lhs, rhs, out) = (Reader::of(lhs), Reader::of(rhs), Writer::at(out));
            Split { g: *g, lhs, rhs, out, parts: 3, others: f32::tiles()[0], shared: true }
                .run_kept(&mut kept.borrow_mut());
        }
    }
}

fn by_fma(g: &Gemm, lhs: *const f32, rhs: *const f32, out: *mut f32) {
    // SAFETY: as above.
    unsafe { Blocked::new(f32::tiles()[0], g, lhs, rhs, out).run() }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: if cfg!(debug_assertions) { 24 } else { 1000 }, ..ProptestConfig::default() })]

    #[test]
    fn products_on_tiles_are_sums_of_products(draw in draw()) {
        if available() {
            let mut case = Case::<f32>::new(&draw);
            let one = case.run(split(3, false));
            case.check(&one, 1.0)?;
            prop_assert!(case.run(split(3, true)) == one, "all threads give other bits");
            let kept = RefCell::new(Kept::new(0));
            for _ in 0..2 {
                prop_assert!(case.run(keeping(&kept)) == one, "panels that are kept give other bits");
            }
            case.check(&case.run(split(2, false)), 1024.0)?;
            case.cut_to_bf16();
            let exact = case.run(split(3, false));
            case.check(&exact, 1.0)?;
            prop_assert!(case.run(split(2, true)) == exact, "numbers of bf16 need one part");
        }
    }
}

/// A square product by rows, of what two functions of row and column say.
fn square(
    side: usize,
    parts: [impl Fn(usize, usize) -> f32; 2],
    run: impl Fn(&Gemm, *const f32, *const f32, *mut f32),
) -> Vec<f32> {
    let [lhs, rhs] = parts.map(|of| (0..side * side).map(|at| of(at / side, at % side)).collect::<Vec<f32>>());
    let strides = [side as isize, 1];
    let g = Gemm { m: side, k: side, n: side, lhs: strides, rhs: strides, out: side as isize, add: false };
    let mut out = vec![0f32; side * side];
    run(&g, lhs.as_ptr(), rhs.as_ptr(), out.as_mut_ptr());
    out
}

#[test]
fn what_tiles_cannot_split_is_as_without_them() {
    if !available() {
        return;
    }
    let usual = |i: usize, j: usize| ((i * 37 + j * 101) % 64) as f32 * 0.03 - 1.0;
    for special in [f32::NAN, f32::INFINITY, -f32::INFINITY, f32::MAX, 3.0e38, 1e-40, -1e-38, 1.2e-38, 0.0, -0.0, 1e30]
    {
        for (i, j) in [(0, 0), (3, 70), (95, 95)] {
            let with = |row: usize, column: usize| if (row, column) == (i, j) { special } else { usual(row, column) };
            for (lhs, rhs) in [(special, 1e-3), (1e-3, special), (special, special)] {
                let of = |x: f32| {
                    move |row: usize, column: usize| if x == 1e-3 { usual(row, column) } else { with(row, column) }
                };
                let (want, got) =
                    (square(96, [of(lhs), of(rhs)], by_fma), square(96, [of(lhs), of(rhs)], split(3, true)));
                for (at, (want, got)) in want.into_iter().zip(got).enumerate() {
                    let near = (want - got).abs() <= 1e-5 * (1.0 + want.abs());
                    assert!(
                        near || want == got || want.is_nan() && got.is_nan(),
                        "{special} at {at}: {got}, not {want}"
                    );
                }
            }
        }
    }
    // Small numbers everywhere, and their products too.
    for size in [1e-20f32, 1e-25, 1e-38, 1e-42] {
        let small = |i: usize, j: usize| usual(i, j) * size;
        assert_eq!(square(96, [small, small], split(3, false)), square(96, [small, small], by_fma));
        let large = |i: usize, j: usize| usual(i, j) / size.max(1e-30);
        let all: [&dyn Fn(usize, usize) -> f32; 2] = [&small, &large];
        let (want, got) = (square(96, all, by_fma), square(96, all, split(3, false)));
        assert!(want.iter().zip(got).all(|(want, got)| (want - got).abs() <= 2e-5 * size / size.max(1e-30)));
    }
}

/// Root mean square and worst error of a product, in units of 2^-24 of the sums of absolute values.
fn errors(case: &Case<f32>, run: impl Fn(&Gemm, *const f32, *const f32, *mut f32)) -> [f64; 2] {
    let errors: Vec<f64> = case.errors(&case.run(run)).collect();
    let square = errors.iter().map(|x| x * x).sum::<f64>() / errors.len() as f64;
    [square.sqrt(), errors.into_iter().fold(0.0, f64::max)]
}

const TITLE: &str = "\n## Products of matrices\n";

/// The section of `docs/numerics.md`, of whose figures every machine with tiles has the same bits.
fn section() -> String {
    type Kind = (&'static str, fn(f64, f64) -> f64);
    let kinds: [Kind; 4] = [
        ("between -1 and 1", |x, _| x),
        ("between 0 and 2", |x, _| x + 1.0),
        ("of sizes 2^-20 to 2^20", |x, y| x * (20.0 * y).exp2()),
        ("of sizes 2^-60 to 2^60", |x, y| x * (60.0 * y).exp2()),
    ];
    let mut text = format!(
        "{TITLE}\nOf 32 rows and columns in f32, with sums over k, in units of 2^-24 of the sum of the absolute values: root mean \
         square, and worst. `fma` sums by fused multiply-adds. On a processor with tiles of bf16 larger products split each \
         number into three of bf16 and sum six products (`exact`), or into two and sum three (`--matmul fast`); where a \
         block has numbers that are not finite, or so large or small that a part could be lost, it is summed by `fma`. \
         Written by `DLN_BLESS=1 cargo test --lib amx`, where there are tiles.\n\n\
         | numbers | k | `fma` | worst | `exact` | worst | `fast` | worst |\n| --- | --- | --- | --- | --- | --- | --- | --- |\n"
    );
    for (name, of) in kinds {
        for k in [64, 384, 3840] {
            let case = Case::<f32>::of([32, k, 32], of);
            let [fma, exact, fast] =
                [errors(&case, by_fma), errors(&case, split(3, true)), errors(&case, split(2, true))];
            assert!(exact[0] <= fma[0], "{name}, {k}: {exact:?}, and {fma:?} by FMA");
            let cells = [fma, exact, fast].as_flattened().iter().map(|x| format!("{x:.2}")).collect::<Vec<_>>();
            let _ = writeln!(text, "| {name} | {k} | {} |", cells.join(" | "));
        }
    }
    text
}

#[test]
fn errors_are_no_larger_than_those_of_fused_multiply_adds() {
    if !available() {
        return;
    }
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/numerics.md");
    let page = std::fs::read_to_string(&path).unwrap();
    let (rest, written) = page.split_once(TITLE).map_or((&page[..], ""), |(rest, written)| (rest, written));
    let section = section();
    if std::env::var_os("DLN_BLESS").is_some() {
        std::fs::write(&path, format!("{rest}{section}")).unwrap();
    } else {
        assert_eq!(format!("{TITLE}{written}"), section);
    }
}

#[test]
fn what_tasks_pack_for_themselves_gives_the_same_bits() {
    if !available() {
        return;
    }
    let draw = |m, k, n| Draw { m, k, n, lhs: 0, rhs: 1, gap: 0, add: false, seed: 9 };
    // Many rows, or many columns and several blocks of steps; of each a part that has too few lines for it.
    for (long, part) in [(draw(420, 100, 70), draw(64, 100, 70)), (draw(70, 800, 420), draw(70, 800, 64))] {
        for shared in [false, true] {
            let of = |draw: &Draw| Case::<f32>::new(draw).run(split(3, shared));
            let (whole, piece) = (of(&long), of(&part));
            let same = |(i, line): (usize, &[f32])| whole[i * long.n..][..part.n] == *line;
            assert!(piece.chunks_exact(part.n).enumerate().all(same), "{long:?}, shared: {shared}");
        }
    }
}

#[test]
fn one_row_less_than_a_tile_changes_no_other() {
    if !available() {
        return;
    }
    let draw = |m| Draw { m, k: 100, n: 70, lhs: 0, rhs: 1, gap: 0, add: true, seed: 9 };
    let (whole, less) = (Case::<f32>::new(&draw(64)), Case::<f32>::new(&draw(63)));
    assert!(whole.run(split(3, false))[..63 * 70] == less.run(split(3, false))[..]);
}
