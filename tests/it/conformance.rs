//! The conformance files come in pairs: one that keeps a rule, and one that breaks it.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

/// The texts by chapter and name.
fn texts() -> BTreeMap<String, String> {
    let folder = crate::root().join("tests/conformance");
    let mut texts = BTreeMap::new();
    let chapters = fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path());
    for chapter in chapters.filter(|path| path.is_dir()) {
        let files = fs::read_dir(&chapter).expect("a folder").map(|entry| entry.expect("an entry").path());
        for path in files.filter(|path| path.extension().is_some_and(|e| e == "dln")) {
            let name = |path: &Path| path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
            let text = fs::read_to_string(&path).expect("a text");
            texts.insert(format!("{}/{}", name(&chapter), name(&path)), text);
        }
    }
    texts
}

#[test]
fn every_rule_is_kept_once_and_broken_once() {
    let texts = texts();
    assert!(texts.len() >= 150, "{} files", texts.len());
    for (name, text) in &texts {
        let broken = name.ends_with("_not");
        assert_eq!(text.contains("# error E"), broken, "{name}");
        let other = if broken { name.trim_end_matches("_not").to_string() } else { format!("{name}_not") };
        assert!(texts.contains_key(&other), "{name} has no counterpart");
    }
}

/// The quoted words and signs of a text.
fn quoted(text: &str, quote: char) -> Vec<&str> {
    text.lines().flat_map(|line| line.split(quote).skip(1).step_by(2)).collect()
}

#[test]
fn the_grammar_of_the_specification_has_every_terminal() {
    let root = crate::root();
    let parser = fs::read_to_string(root.join("grammar/dln.lalrpop")).expect("the parser's grammar");
    let rules = parser.split("extern {").next().expect("rules before tokens");
    let document = fs::read_to_string(root.join("docs/language.md")).expect("the specification");
    let grammar = document.split("```text\nfile ").nth(1).expect("the grammar");
    let said = quoted(grammar.split("```").next().expect("its end"), '\'');
    // Kinds of tokens, and markers that no text has.
    let kinds = ["item", "stmts", "expr", "newline", "broken", "name", "int", "float", "str"];
    for terminal in quoted(rules, '"').into_iter().filter(|t| !kinds.contains(t)) {
        assert!(said.contains(&terminal), "the specification's grammar lacks `{terminal}`");
    }
}
