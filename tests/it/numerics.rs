//! How exact the numbers are: element-wise functions against mpmath, reductions and products against sums in higher
//! precision. `docs/numerics.md` is what was measured; `DLN_BLESS=1` writes it, and without that nothing may be worse.

use std::fmt::Write;
use std::fs;

use dln::driver::{Engine, Program, is_sound};
use dln::io::Files;
use dln::ops::Tensor;
use dln::sema::Options;
use dln::tir::Target;
use dln::train::{Call, Length, Machine};
use dln::types::DType;
use serde_json::Value;

/// One line of a table: what was measured, and the worst errors, in units of the last place.
struct Row {
    name: String,
    errors: Vec<f64>,
    /// Where each was met.
    places: Vec<String>,
}

/// A program `fn case(..)` on tensors, computed in a float type.
fn value(body: &str, inputs: &[Tensor], float: DType) -> Vec<f64> {
    let header = "use std.special: asinh, atanh, cosh, digamma, lgamma, logit, normal_cdf, sinh";
    let program = Program::open("case.dln", &format!("{header}\nfn case{body}"), Files::at("."));
    let checked = program.check(&Options { float, ..Options::default() }, &["case"]);
    assert!(is_sound(&checked.diagnostics), "{body}: {:?}", checked.diagnostics);
    let mut engine = Engine::new(&checked, &program.files, 0).expect("first values");
    let program = checked.functions[0].program;
    let call = Call { program, args: inputs, step: 1, epoch: 1, length: Length::default(), seen: &[], key: 0 };
    let results = engine.run(&call).expect("a result");
    let found = results.iter().find(|(target, _)| *target == Target::Value(0)).expect("a value");
    found.1.to_f64()
}

fn each(expression: &str, x: &[f64], float: DType) -> Vec<f64> {
    let n = x.len();
    value(&format!("(x: [{n}]) -> [{n}] = {expression}"), &[Tensor::from_f64(float, &[n], x)], float)
}

/// The distance of neighbours around `y` in a type with so many digits.
fn ulp(y: f64, float: DType) -> f64 {
    match float {
        DType::F32 if y == 0.0 => 2f64.powi(-149),
        DType::F32 => 2f64.powi((y.abs().log2().floor() as i32 - 23).max(-149)),
        _ => y.abs().next_up() - y.abs(),
    }
}

/// A number of a range; what is next to 1 says so.
fn short(x: f64) -> String {
    let rounded = format!("{x:.3e}").parse::<f64>().unwrap_or(x);
    if rounded != x && rounded.abs() == 1.0 { format!("almost {rounded}") } else { format!("{rounded:e}") }
}

/// The largest error, and where.
fn worst(errors: impl Iterator<Item = (f64, f64)>) -> (f64, String) {
    let larger = |a: (f64, f64), b: (f64, f64)| if b.0 > a.0 || b.0.is_nan() { b } else { a };
    let (error, at) = errors.fold((0.0, f64::NAN), larger);
    (error, if at.is_nan() { String::new() } else { format!("{at:.4e}") })
}

fn number(text: &str) -> f64 {
    text.parse().expect("a number")
}

/// Numbers stand in texts, which are read without losing a digit.
fn numbers(texts: &Value) -> Vec<f64> {
    texts.as_array().expect("a list").iter().map(|text| number(text.as_str().expect("a text"))).collect()
}

/// Against the values of mpmath, in f64.
fn wide(row: &Value) -> (f64, String) {
    let texts = row["points"].as_array().expect("points").iter().map(|point| point.as_str().expect("a text"));
    let points: Vec<Vec<f64>> = texts.map(|text| text.split(' ').map(number).collect()).collect();
    let x: Vec<f64> = points.iter().map(|p| p[0]).collect();
    let found = each(row["dln"].as_str().expect("a text"), &x, DType::F64);
    let error = |(point, found): (&Vec<f64>, &f64)| match point[1].is_infinite() {
        true => (if *found == point[1] { 0.0 } else { f64::INFINITY }, point[0]),
        false => (((found - point[1]) / ulp(point[1], DType::F64) - point[2]).abs(), point[0]),
    };
    worst(points.iter().zip(&found).map(error))
}

/// In f32, at 32 places between all powers of two of the range and 20,000 even ones, against f64.
fn dense(row: &Value) -> (f64, String) {
    let range = numbers(&row["range"]);
    let (low, high) = (range[0], range[1]);
    let shares = (0..32).map(|m| 1.0 + (f64::from(m) + 0.37) / 32.0);
    let powers = (-149..128).flat_map(|e| shares.clone().map(move |share| share * 2f64.powi(e)));
    let (from, to) = (low.max(-50.0), high.min(50.0));
    let even = (0..20_000).map(|i| from + (to - from) * (f64::from(i) + 0.5) / 20_000.0);
    let x: Vec<f64> = powers.flat_map(|x| [x, -x]).chain(even).map(|x| f64::from(x as f32)).collect();
    let x: Vec<f64> = x.into_iter().filter(|x| low <= *x && *x <= high && x.is_finite()).collect();
    let expression = row["dln"].as_str().expect("a text");
    let (found, exact) = (each(expression, &x, DType::F32), each(expression, &x, DType::F64));
    let shown = |y: f64| y.abs() <= f64::from(f32::MAX);
    let errors = x.iter().zip(found.iter().zip(&exact)).filter(|(_, (_, exact))| shown(**exact));
    worst(errors.map(|(x, (found, exact))| ((found - exact).abs() / ulp(*exact, DType::F32), *x)))
}

/// What is said at 0, infinities and NaN.
fn edges(row: &Value) -> Vec<String> {
    let pairs = row["edges"].as_array().expect("edges").iter().map(numbers);
    let pairs: Vec<Vec<f64>> = pairs.chain([vec![f64::NAN, f64::NAN]]).collect();
    let x: Vec<f64> = pairs.iter().map(|p| p[0]).collect();
    let mut wrong = vec![];
    for float in [DType::F32, DType::F64] {
        let found = each(row["dln"].as_str().expect("a text"), &x, float);
        for (pair, found) in pairs.iter().zip(found) {
            let (x, y) = (pair[0], pair[1]);
            let same = (found.is_nan() && y.is_nan()) || found == y || (found - y).abs() <= 2.0 * ulp(y, float);
            if !same {
                wrong.push(format!("{} of {x} in {} is {found}, and not {y}", row["name"], float.name()));
            }
        }
    }
    wrong
}

fn functions() -> Vec<Value> {
    let text = fs::read_to_string(crate::root().join("tests/reference/ulp.json")).expect("the points");
    serde_json::from_str(&text).expect("JSON")
}

#[test]
fn limits_are_what_they_are_elsewhere() {
    let wrong: Vec<String> = functions().iter().flat_map(edges).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Numbers between 0 and 1 that look like chance.
fn uniform(n: usize, seed: u64) -> Vec<f64> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        f64::from((state >> 40) as f32 / (1u64 << 24) as f32)
    };
    std::iter::repeat_with(next).take(n).collect()
}

/// The sum without the error of its order (Neumaier, 1974).
fn exact_sum(values: impl Iterator<Item = f64>) -> f64 {
    let (sum, lost) = values.fold((0.0f64, 0.0f64), |(sum, lost), x| {
        let next = sum + x;
        (next, lost + if sum.abs() >= x.abs() { (sum - next) + x } else { (x - next) + sum })
    });
    sum + lost
}

fn sums() -> Vec<Row> {
    let row = |n: usize| {
        let x = uniform(n, 1);
        let exact = exact_sum(x.iter().copied());
        let error = |float: DType, name: &str, exact: f64| {
            let found = value(&format!("(x: [{n}]) -> [] = {name}(x)"), &[Tensor::from_f64(float, &[n], &x)], float)[0];
            (found - exact).abs() / ulp(exact, float)
        };
        let one_by_one = x.iter().fold(0f32, |sum, x| sum + *x as f32);
        let errors = vec![
            error(DType::F32, "sum", exact),
            error(DType::F32, "mean", exact / n as f64),
            error(DType::F64, "sum", exact),
            (f64::from(one_by_one) - exact).abs() / ulp(exact, DType::F32),
        ];
        Row { name: format!("{n}"), errors, places: vec![] }
    };
    [1_000, 10_000, 100_000, 1_000_000, 10_000_000].map(row).into()
}

fn variances() -> Vec<Row> {
    const N: usize = 100_000;
    let row = |offset: f64| {
        let error = |float: DType| {
            let x = uniform(N, 2).into_iter().map(|u| offset + u);
            let x: Vec<f64> = if float == DType::F32 { x.map(|x| f64::from(x as f32)).collect() } else { x.collect() };
            let mean = exact_sum(x.iter().copied()) / N as f64;
            let exact = exact_sum(x.iter().map(|x| (x - mean) * (x - mean))) / N as f64;
            let found = value(&format!("(x: [{N}]) -> [] = var(x)"), &[Tensor::from_f64(float, &[N], &x)], float)[0];
            (found - exact).abs() / ulp(exact, float)
        };
        Row { name: format!("{offset:e}"), errors: vec![error(DType::F32), error(DType::F64)], places: vec![] }
    };
    [0.0, 1e2, 1e4, 1e6].map(row).into()
}

/// Of the largest sum of absolute values that a number of the product may have.
fn products() -> Vec<Row> {
    const SIDE: usize = 32;
    let row = |k: usize| {
        let (a, b) = (uniform(SIDE * k, 3), uniform(k * SIDE, 4));
        let (a, b): (Vec<f64>, Vec<f64>) = (a.iter().map(|x| x - 0.5).collect(), b.iter().map(|x| x - 0.5).collect());
        let inputs = [Tensor::from_f64(DType::F32, &[SIDE, k], &a), Tensor::from_f64(DType::F32, &[k, SIDE], &b)];
        let found =
            value(&format!("(a: [{SIDE}, {k}], b: [{k}, {SIDE}]) -> [{SIDE}, {SIDE}] = a @ b"), &inputs, DType::F32);
        let term = |i: usize, j: usize| (0..k).map(|l| a[i * k + l] * b[l * SIDE + j]).collect::<Vec<f64>>();
        let error = |at: usize| {
            let terms = term(at / SIDE, at % SIDE);
            let (exact, size) = (exact_sum(terms.iter().copied()), terms.iter().map(|x| x.abs()).sum::<f64>());
            (found[at] - exact).abs() / (size * 2f64.powi(-24))
        };
        let errors = vec![(0..SIDE * SIDE).map(error).fold(0.0, f64::max)];
        Row { name: format!("{k}"), errors, places: vec![] }
    };
    [16, 256, 4096].map(row).into()
}

/// Rows of logits around ±1e4; errors of probabilities in units of 2^-24, of logarithms in their own last places.
fn rows() -> Vec<Row> {
    type Kind = (&'static str, fn(f64) -> f64);
    let kinds: [Kind; 3] = [
        ("around 0, by 1", |u| u),
        ("around 10000, by 10", |u| 1e4 + 10.0 * u),
        ("from -10000 to 10000", |u| 2e4 * u - 1e4),
    ];
    let row = |(name, of): (&str, fn(f64) -> f64)| {
        let x: Vec<f64> = uniform(1000, 5).into_iter().map(|u| f64::from(of(u) as f32)).collect();
        let top = x.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let total = top + exact_sum(x.iter().map(|x| (x - top).exp())).ln();
        let input = [Tensor::from_f64(DType::F32, &[1, 1000], &x)];
        let of =
            |name: &str, result: &str| value(&format!("(x: [1, 1000]) -> {result} = {name}(x)"), &input, DType::F32);
        let shares =
            of("softmax", "[1, 1000]").into_iter().zip(&x).map(|(p, x)| (p - (x - total).exp()).abs() * 2f64.powi(24));
        let logs = of("log_softmax", "[1, 1000]")
            .into_iter()
            .zip(&x)
            .map(|(p, x)| (p - (x - total)).abs() / ulp(x - total, DType::F32));
        let sum = (of("logsumexp", "[1]")[0] - total).abs() / ulp(total, DType::F32);
        Row {
            name: name.into(),
            errors: vec![shares.fold(0.0, f64::max), logs.fold(0.0, f64::max), sum],
            places: vec![],
        }
    };
    kinds.map(row).into()
}

fn elementwise() -> Vec<Row> {
    let row = |row: &Value| {
        let ((f64s, at64), (f32s, at32)) = (wide(row), dense(row));
        let range = numbers(&row["range"]);
        let name = format!("`{}`, {} to {}", row["name"].as_str().expect("a name"), short(range[0]), short(range[1]));
        Row { name, errors: vec![f64s, f32s], places: vec![at64, at32] }
    };
    functions().iter().map(row).collect()
}

/// Title, text, columns and rows of a table.
type Table = (&'static str, &'static str, &'static [&'static str], Vec<Row>);

fn tables() -> Vec<Table> {
    vec![
        (
            "Functions",
            "In f64 at 120 points or more against values of mpmath with 60 digits (`tests/reference/ulp.py`), at the ends \
             of the range, at random and near zero; in f32 at 37,000 points, among them 32 between every two powers of two, \
             subnormals too, against f64. What a formula would lose is brought back in three places: in `gelu` and \
             `normal_cdf` far below zero what the rounding of x / sqrt 2 costs, in `silu` the digits of a sigmoid that is no \
             normal number, in `digamma` those beside its root.",
            &["function and range", "f64", "at", "f32", "at"],
            elementwise(),
        ),
        (
            "Sums",
            "Of n numbers between 0 and 1. Sums are pairwise: the last column is what adding one number after the other gives.",
            &["n", "`sum` f32", "`mean` f32", "`sum` f64", "one by one, f32"],
            sums(),
        ),
        (
            "Variance",
            "`var` of 100,000 numbers spread evenly over 1 above an offset, of the numbers as their type has them.",
            &["offset", "f32", "f64"],
            variances(),
        ),
        (
            "Products",
            "`a @ b` in f32 with sums over k numbers between -0.5 and 0.5, in units of 2^-24 of the sum of the absolute values.",
            &["k", "f32"],
            products(),
        ),
        (
            "Rows of logits",
            "A thousand logits in f32: the error of `softmax` in units of 2^-24, that of the others in their own last places.",
            &["logits", "`softmax`", "`log_softmax`", "`logsumexp`"],
            rows(),
        ),
    ]
}

fn page(tables: &[Table]) -> String {
    let mut page = "# How exact the numbers are\n\nThe worst errors that were met, in units of the last place of the result. Written by \
                    `DLN_BLESS=1 cargo test --test it numerics`; the same test fails when one becomes worse.\n"
        .to_string();
    for (title, text, columns, rows) in tables {
        let _ = write!(
            page,
            "\n## {title}\n\n{text}\n\n| {} |\n|{}\n",
            columns.join(" | "),
            " --- |".repeat(columns.len())
        );
        for row in rows {
            let errors = row.errors.iter().enumerate().map(|(i, error)| match row.places.get(i) {
                Some(place) => format!("{error:.2} | {place}"),
                None => format!("{error:.2}"),
            });
            let _ = writeln!(page, "| {} | {} |", row.name, errors.collect::<Vec<_>>().join(" | "));
        }
    }
    page
}

/// The sections from here on are written by tests of the kernels.
const KERNELS: &str = "\n## Convolutions\n";

/// An error may be a little larger on another kind of machine.
fn allowed(written: f64) -> f64 {
    1.5 * written + 0.5
}

#[test]
fn the_page_says_how_exact_numbers_are() {
    let path = crate::root().join("docs/numerics.md");
    let tables = tables();
    if std::env::var_os("DLN_BLESS").is_some() {
        let old = fs::read_to_string(&path).expect("the page");
        let kernels = old.find(KERNELS).map_or("", |at| &old[at..]);
        fs::write(&path, page(&tables) + kernels).expect("the page is written");
    }
    let written = fs::read_to_string(&path).expect("the page");
    let mut worse = vec![];
    for (title, _, columns, rows) in &tables {
        let section = written.split(&format!("## {title}\n")).nth(1).unwrap_or_else(|| panic!("no table of {title}"));
        for row in rows {
            let line = section.lines().find_map(|line| line.strip_prefix(&format!("| {} | ", row.name)));
            let line = line.unwrap_or_else(|| panic!("no line of {}", row.name));
            let step = if row.places.is_empty() { 1 } else { 2 };
            let known = line.split(" |").step_by(step).map(|cell| cell.trim().parse::<f64>().unwrap_or(f64::NAN));
            for (column, (error, known)) in row.errors.iter().zip(known).enumerate() {
                if error.is_nan() || known.is_nan() || *error > allowed(known) {
                    worse.push(format!(
                        "{title}, {}, {}: {error:.2}, and was {known}",
                        row.name,
                        columns[1 + step * column]
                    ));
                }
            }
        }
    }
    assert!(worse.is_empty(), "{}", worse.join("\n"));
}
