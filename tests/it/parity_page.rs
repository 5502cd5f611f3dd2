//! `docs/parity.md` as text.

use std::collections::BTreeSet;
use std::fmt::Write;

use serde_json::Value;

/// The entries of one file of cases.
pub struct Topic {
    pub name: String,
    pub rows: Vec<Row>,
}

/// What became of one operator, module or optimizer of PyTorch.
pub struct Row {
    pub op: String,
    dln: String,
    /// Samples that agree, in f64 and in f32.
    samples: [usize; 2],
    /// The worst errors, of the larger of 1 and the expected number.
    errors: [f64; 2],
    /// A tolerance of its own, and why.
    pub tolerance: Option<(f64, String)>,
}

impl Row {
    pub fn new(op: &str, dln: &str) -> Row {
        Row { op: op.to_string(), dln: dln.to_string(), samples: [0; 2], errors: [0.0; 2], tolerance: None }
    }

    pub fn passed(&mut self, precision: usize, samples: usize, error: f64) {
        self.samples[precision] += samples;
        self.errors[precision] = self.errors[precision].max(error);
    }

    fn line(&self) -> String {
        let [f64s, f32s] = self.samples;
        let [wide, narrow] = self.errors.map(power_of_ten);
        let narrow = if f32s == 0 { String::new() } else { narrow };
        format!("| {} | `{}` | {f64s} | {f64s} | {wide} | {f32s} | {narrow} |", self.op, shown(&self.dln))
    }
}

/// The least power of ten that is not below an error.
fn power_of_ten(error: f64) -> String {
    if error == 0.0 { "0".to_string() } else { format!("1e{}", error.log10().ceil()) }
}

/// A call that fits into a table.
fn shown(dln: &str) -> String {
    let text = dln.replace('|', "\\|");
    let short: String = text.chars().take(100).collect();
    if short.len() < text.len() { format!("{short} ..") } else { text }
}

type Refusal = (String, usize, BTreeSet<&'static str>);

/// The whole page; `absent` has a list of names for each reason, and what is accepted on purpose.
pub fn page(topics: &[Topic], refused: &[Refusal], absent: &Value) -> String {
    let mut page = String::new();
    summary(&mut page, topics, refused, absent);
    for topic in topics {
        let _ = write!(page, "\n## {}\n\n", heading(&topic.name));
        page.push_str(
            "| PyTorch | in dln, for example | calls | passed | worst error, f64 | calls in f32 | worst error, f32 |\n",
        );
        page.push_str("| --- | --- | --- | --- | --- | --- | --- |\n");
        topic.rows.iter().for_each(|row| page.push_str(&(row.line() + "\n")));
    }
    tolerances(&mut page, topics);
    refusals(&mut page, refused, absent);
    not_covered(&mut page, absent);
    page
}

fn heading(name: &str) -> String {
    let mut letters = name.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

fn summary(page: &mut String, topics: &[Topic], refused: &[Refusal], absent: &Value) {
    let rows = || topics.iter().flat_map(|topic| &topic.rows);
    let calls = |precision: usize| rows().map(|row| row.samples[precision]).sum::<usize>();
    let worst = |precision: usize| power_of_ten(rows().map(|row| row.errors[precision]).fold(0.0, f64::max));
    let entries = kinds(rows().map(|row| row.op.as_str()));
    let wrong: usize = refused.iter().map(|(_, calls, _)| calls).sum();
    let _ = write!(
        page,
        "# dln and PyTorch's test databases

PyTorch tests itself by databases of its operators (`op_db`), modules (`module_db`) and optimizers (`optim_db`), with sample inputs for the
settings of each and with deliberately wrong calls. This page is what dln makes of them; [`tests/parity/make.py`](../tests/parity/make.py)
says each call in dln and writes what PyTorch computes, `DLN_BLESS=1 cargo test --test it parity` runs it all and writes this page.

| | |
| --- | --- |
| entries | {} ({entries}) |
| calls, all with their results and, where PyTorch has them, all derivatives | {} in f64, {} in f32 |
| calls that disagree | 0 |
| worst error in f64, of the larger of 1 and the expected number | {} (at most 1e-9 is allowed, where no row says otherwise) |
| worst error in f32 | {} (at most 1e-5 is allowed) |
| wrong calls that the checker refuses | {wrong} of {wrong}, of {} |
| names of PyTorch's databases that are not covered | {}, [each with its reason](#what-is-not-covered) |

Samples are small, and their numbers rounded to three decimals. A call runs in f64 only where PyTorch's own f32 misses its f64 by more than 1e-6.
Derivatives are those of sum(result * cos(1, 2, ..)), in every float argument and parameter. Errors are shown as the next power of ten.
",
        rows().count(),
        calls(0),
        calls(1),
        worst(0),
        worst(1),
        kinds(refused.iter().map(|(op, ..)| op.as_str())),
        absent["reasons"].as_array().into_iter().flatten().map(|r| names(&r["names"]).len()).sum::<usize>(),
    );
}

/// "474 operators, 106 modules, 13 optimizers"
fn kinds<'a>(names: impl Iterator<Item = &'a str>) -> String {
    let (mut operators, mut modules, mut optimizers) = (0, 0, 0);
    for name in names {
        match name.split_once('.') {
            Some(("optim", _)) => optimizers += 1,
            Some(("nn", rest)) if rest.starts_with("modules.") => modules += 1,
            _ => operators += 1,
        }
    }
    format!("{operators} operators, {modules} modules, {optimizers} optimizers")
}

fn tolerances(page: &mut String, topics: &[Topic]) {
    page.push_str("\n## Tolerances of their own\n\n| PyTorch | tolerance | why |\n| --- | --- | --- |\n");
    for row in topics.iter().flat_map(|topic| &topic.rows) {
        if let Some((tolerance, why)) = &row.tolerance {
            let _ = writeln!(page, "| {} | {tolerance:e} | {why} |", row.op);
        }
    }
}

fn refusals(page: &mut String, refused: &[Refusal], absent: &Value) {
    page.push_str("\n## Wrong calls\n\nCalls that PyTorch's databases give as wrong, and the errors with which `dln check` refuses them.\n\n");
    page.push_str("| PyTorch | calls | refused | errors |\n| --- | --- | --- | --- |\n");
    for (op, calls, codes) in refused {
        let codes: Vec<&str> = codes.iter().copied().collect();
        let _ = writeln!(page, "| {op} | {calls} | {calls} | {} |", codes.join(", "));
    }
    page.push_str("\nNot wrong in dln, or not sayable:\n\n");
    for reason in absent["accepted"].as_array().into_iter().flatten() {
        let _ = writeln!(
            page,
            "- {} ({}): {}.",
            reason["why"].as_str().unwrap_or_default(),
            reason["calls"],
            names(&reason["names"]).join(", ")
        );
    }
}

fn not_covered(page: &mut String, absent: &Value) {
    page.push_str("\n## What is not covered\n");
    for reason in absent["reasons"].as_array().into_iter().flatten() {
        let names = names(&reason["names"]);
        let _ = write!(
            page,
            "\n**{}** ({}): {}.\n",
            reason["why"].as_str().unwrap_or_default(),
            names.len(),
            names.join(", ")
        );
    }
}

fn names(list: &Value) -> Vec<&str> {
    list.as_array().into_iter().flatten().filter_map(Value::as_str).collect()
}

/// Whether a page says the same as another: errors may differ by a factor of ten, since machines round differently.
pub fn agree(written: &str, now: &str) -> bool {
    let cells =
        |page: &str| page.lines().map(|line| line.split(" | ").map(str::to_string).collect()).collect::<Vec<Vec<_>>>();
    let (written, now) = (cells(written), cells(now));
    written.len() == now.len()
        && written
            .iter()
            .zip(&now)
            .all(|(a, b)| a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a == b || close(a, b)))
}

fn close(a: &str, b: &str) -> bool {
    let exponent = |cell: &str| cell.trim_end_matches(" |").split(" (").next()?.strip_prefix("1e")?.parse::<i32>().ok();
    matches!((exponent(a), exponent(b)), (Some(a), Some(b)) if (a - b).abs() <= 1)
}
