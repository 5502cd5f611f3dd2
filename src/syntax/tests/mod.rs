//! Whole files.

mod constructs;
mod programs;

use super::*;
use crate::base::Sources;

/// The diagnostics of `text`, one a line.
fn problems(text: &str) -> String {
    read(text).1
}

/// The tree and the diagnostics of `source`, one a line.
fn read(source: &str) -> (String, String) {
    let mut sources = Sources::default();
    let file = sources.add("t.dln", source);
    let parsed = parse(file, source);
    let line = |d: &Diagnostic| {
        let (line, column) = sources.get(file).unwrap().position(d.span().lo as usize);
        format!("{} {line}:{column} {}\n", d.code, d.message)
    };
    let problems = parsed.diagnostics.iter().map(line).collect();
    (text::text(&parsed.file), problems)
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
