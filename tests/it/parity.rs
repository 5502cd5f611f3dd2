//! PyTorch's own test databases: every case of `tests/parity/*.jsonl` is checked, run in f64 and f32 and compared; every call of
//! `wrong.jsonl` must be refused. `docs/parity.md` says what came out: `DLN_BLESS=1 cargo test --test it parity` writes it.

use std::collections::BTreeSet;
use std::path::PathBuf;

use dln::diag::Severity;
use dln::driver::Program;
use dln::io::Files;
use dln::sema::Options;

use crate::cases::{Case, of_folder, run_all, text};
use crate::parity_page::{Row, Topic, agree, page};

#[test]
fn dln_agrees_with_the_databases_of_pytorch() {
    let mut wrong = Vec::new();
    let mut topics = Vec::new();
    let mut refused = Vec::new();
    for (name, cases) in of_folder(&folder()) {
        if name == "wrong" {
            refused = cases.iter().map(|case| refusals(case, &mut wrong)).collect();
        } else {
            topics.push(Topic { rows: rows(&name, &cases, &mut wrong), name });
        }
    }
    assert!(wrong.is_empty(), "{} differ:\n{}", wrong.len(), wrong.join("\n"));
    let absent = std::fs::read_to_string(folder().join("absent.json")).expect("readable");
    let page = page(&topics, &refused, &serde_json::from_str(&absent).expect("JSON"));
    let path = crate::root().join("docs/parity.md");
    if std::env::var_os("DLN_BLESS").is_some() {
        std::fs::write(&path, page).expect("docs/parity.md can be written");
    } else {
        let written = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(
            agree(&written, &page),
            "docs/parity.md is not current: DLN_BLESS=1 cargo test --test it parity writes it"
        );
    }
}

fn folder() -> PathBuf {
    crate::root().join("tests/parity")
}

/// One row for each operator, whose cases follow one another.
fn rows(topic: &str, cases: &[Case], wrong: &mut Vec<String>) -> Vec<Row> {
    let mut rows: Vec<Row> = vec![];
    for (case, outcomes) in cases.iter().zip(run_all(cases)) {
        if rows.last().is_none_or(|row| row.op != text(&case["op"])) {
            rows.push(Row::new(text(&case["op"]), text(&case["dln"])));
        }
        let samples = case["samples"].as_u64().expect("a count") as usize;
        let row = rows.last_mut().expect("a row");
        for (precision, outcome) in outcomes.into_iter().enumerate() {
            match outcome {
                Some(Ok(error)) => row.passed(precision, samples, error),
                Some(Err(why)) => wrong.push(format!("{topic}, {}: {why}", text(&case["name"]))),
                None => {}
            }
        }
        if let Some(why) = case.get("why") {
            row.tolerance = Some((case["tolerance"].as_f64().expect("a number"), text(why).to_string()));
        }
    }
    rows
}

/// The codes with which the wrong calls of an operator, module or optimizer are refused: each stands on a line of its own with
/// `wrong` in its name, and needs an error there.
fn refusals(case: &Case, wrong: &mut Vec<String>) -> (String, usize, BTreeSet<&'static str>) {
    let source = text(&case["source"]);
    let program = Program::open("wrong.dln", source, Files::at(folder()));
    let checked = program.check(&Options::default(), &[]);
    let errors = checked.diagnostics.iter().filter(|d| d.severity == Severity::Error);
    let places = errors.flat_map(|d| d.labels.iter().map(|label| (label.span, d.code)));
    let found: Vec<(usize, &'static str)> = places
        .filter_map(|(span, code)| Some((program.sources.get(span.file)?, span, code)))
        .filter(|(file, ..)| file.name == "wrong.dln")
        .map(|(file, span, code)| (file.position(span.lo as usize).0, code))
        .collect();
    let calls: Vec<usize> =
        source.lines().enumerate().filter(|(_, line)| line.contains("wrong_")).map(|(i, _)| i + 1).collect();
    for line in calls.iter().filter(|line| found.iter().all(|(at, _)| at != *line)) {
        let call = source.lines().nth(line - 1).unwrap_or_default();
        wrong.push(format!("wrong, {}: this call is accepted: {call}", text(&case["op"])));
    }
    (text(&case["op"]).to_string(), calls.len(), found.into_iter().map(|(_, code)| code).collect())
}
