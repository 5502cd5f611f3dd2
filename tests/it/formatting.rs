//! The one style: every program of the repository is in it, and being put into it changes no meaning.

use dln::base::FileId;
use dln::diag::Severity;
use dln::format::format;
use dln::syntax::{self, Parsed};
use std::fs;
use std::path::{Path, PathBuf};

/// Programs that are about their layout, and so keep another.
const ODD: &[&str] = &[
    // Positions and names between brackets, told apart by what stands around a colon.
    "tests/cases/names/a_size_of_a_layer_that_does_not_exist.dln",
];

fn programs(folder: &Path, out: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            programs(&path, out);
        } else if path.extension().is_some_and(|ending| ending == "dln") {
            out.push(path);
        }
    }
}

/// The path below the checkout and the text of every program.
fn texts() -> Vec<(String, String)> {
    let root = crate::root();
    let mut paths = vec![];
    ["stdlib", "examples", "tests", "benches", "src"]
        .iter()
        .for_each(|folder| programs(&root.join(folder), &mut paths));
    paths.sort();
    let name = |path: &Path| path.strip_prefix(&root).expect("below").to_string_lossy().into_owned();
    paths.iter().map(|path| (name(path), fs::read_to_string(path).expect("a text"))).collect()
}

fn parse(text: &str) -> Parsed {
    syntax::parse(FileId(0), text)
}

/// The first line that differs.
fn difference(old: &str, new: &str) -> String {
    let pairs = old.lines().zip(new.lines()).enumerate();
    let other = pairs.filter(|(_, (a, b))| a != b).map(|(i, (a, b))| format!("{}: `{a}` becomes `{b}`", i + 1)).next();
    other.unwrap_or_else(|| "the ends".to_string())
}

#[test]
fn every_program_is_in_the_style() {
    let mut others = String::new();
    for (name, text) in texts().iter().filter(|(name, _)| !ODD.contains(&name.as_str())) {
        if let Ok(formatted) = format(FileId(0), text)
            && formatted != *text
        {
            others.push_str(&format!("\n{name}:{}", difference(text, &formatted)));
        }
    }
    assert!(others.is_empty(), "`dln fmt` changes:{others}");
}

#[test]
fn every_program_of_the_documents_is_in_the_style() {
    let root = crate::root();
    for name in ["README.md", "docs/language.md", "docs/numerics.md", "examples/lessons/README.md"] {
        let document = fs::read_to_string(root.join(name)).expect("a document");
        for block in document.split("```dln\n").skip(1) {
            let text = block.split("```").next().unwrap_or_default();
            if let Ok(formatted) = format(FileId(0), text) {
                assert_eq!(formatted, text, "{name}");
            }
        }
    }
}

#[test]
fn what_parses_is_formatted_once_and_keeps_its_tree() {
    let (mut formatted, mut refused) = (0, 0);
    for (name, text) in texts() {
        let old = parse(&text);
        let broken = old.diagnostics.iter().any(|diagnostic| diagnostic.severity == Severity::Error);
        let Ok(new) = format(FileId(0), &text) else {
            assert!(broken, "{name} parses and is refused");
            refused += 1;
            continue;
        };
        assert!(!broken, "{name} does not parse and is formatted");
        assert_eq!(format(FileId(0), &new).as_ref(), Ok(&new), "{name}");
        let tree = |parsed: &Parsed| syntax::text::text(&parsed.file);
        assert_eq!(tree(&old), tree(&parse(&new)), "{name}");
        formatted += 1;
    }
    assert!(formatted > 650 && refused > 30, "{formatted} formatted, {refused} refused");
}

#[test]
fn the_style_does_not_depend_on_where_spaces_were() {
    for (name, text) in texts() {
        if format(FileId(0), &text).is_err() {
            continue;
        }
        let wide: String = text.lines().map(widened).collect();
        let (once, from_wide) = (format(FileId(0), &text), format(FileId(0), &wide));
        let plain = |text: String| text.split_whitespace().collect::<Vec<_>>().join(" ");
        assert_eq!(once.map(plain), from_wide.map(plain), "{name}");
    }
}

/// A line with every space twice, outside of strings and comments.
fn widened(line: &str) -> String {
    let mut out = String::new();
    let (mut string, mut comment, mut escaped) = (false, false, false);
    for c in line.chars() {
        match c {
            '"' if !comment && !escaped => string = !string,
            '#' if !string => comment = true,
            ' ' if !string && !comment => out.push(' '),
            _ => {}
        }
        escaped = c == '\\' && !escaped;
        out.push(c);
    }
    out + " \t\n"
}
