//! Whole files.

mod constructs;
mod limits;
mod mistakes;
mod pages;
mod programs;

use super::*;
use crate::base::Sources;

/// The diagnostics of `source`, one a line.
fn problems(source: &str) -> String {
    report(source, &parse(FileId(0), source))
}

/// The tree and the diagnostics of `source`.
fn read(source: &str) -> (String, String) {
    let parsed = parse(FileId(0), source);
    (text::text(&parsed.file), report(source, &parsed))
}

fn report(source: &str, parsed: &Parsed) -> String {
    let mut sources = Sources::default();
    let file = sources.add("t.dln", source);
    let line = |d: &Diagnostic| {
        let (line, column) = sources.get(file).unwrap().position(d.span().lo as usize);
        format!("{} {line}:{column} {}\n", d.code, d.message)
    };
    parsed.diagnostics.iter().map(line).collect()
}

#[test]
fn the_standard_library_parses() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/stdlib");
    let mut seen = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|e| e == "dln") {
            let text = std::fs::read_to_string(&path).unwrap();
            assert_eq!(problems(&text), "", "{}", path.display());
            seen += 1;
        }
    }
    assert!(seen > 3);
}
