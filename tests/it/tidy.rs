//! The rules of the house, read off the sources: who may import whom, where third-party crates are named, how long a
//! file may be. `docs/architecture.md` gives the reasons; a broken rule is named with file and line.

use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

/// A module and all that it may import of dln. Who is missing may import everything.
const IMPORTS: &[(&str, &[&str])] = &[
    ("base", &[]),
    ("diag", &["base"]),
    ("types", &["base"]),
    ("ops", &["base", "types"]),
    ("syntax", &["base", "diag"]),
    ("format", &["base", "diag", "syntax"]),
    ("tir", &["base", "types", "ops"]),
    ("sema", &["base", "diag", "types", "ops", "syntax", "tir", "stdlib"]),
    ("graph", &["base", "types", "ops"]),
    ("lower", &["base", "types", "ops", "tir", "graph", "grad"]),
    ("grad", &["base", "types", "ops", "graph"]),
    ("opt", &["base", "types", "ops", "graph"]),
    ("plan", &["base", "types", "ops", "graph"]),
    ("exec", &["base", "types", "ops", "graph", "plan"]),
    ("doc", &["base", "diag", "syntax", "sema", "stdlib"]),
    ("figure", &["base", "types", "ops", "tir"]),
    ("stdlib", &[]),
    ("io", &["base", "diag", "types", "ops", "tir", "stdlib"]),
    ("data", &["base", "diag", "types", "ops", "tir", "io", "stdlib"]),
    ("train", &["base", "diag", "types", "ops", "tir", "io", "data"]),
    (
        "driver",
        &[
            "base", "diag", "types", "ops", "syntax", "tir", "sema", "graph", "lower", "grad", "opt", "plan", "exec",
            "data", "io", "train", "stdlib", "figure",
        ],
    ),
];

/// Each third-party crate and the one place that names it.
const CRATES: &[(&str, &str)] = &[
    ("ariadne", "src/diag/"),
    ("clap", "src/cli/"),
    ("clap_complete", "src/cli/"),
    ("clap_mangen", "src/cli/shell.rs"),
    ("csv", "src/data/"),
    ("ctrlc", "src/cli/interrupt.rs"),
    ("flate2", "src/data/"),
    ("hound", "src/data/wav.rs"),
    ("image", "src/data/images/"),
    ("lalrpop", "grammar/build.rs"),
    ("lalrpop_util", "src/syntax/"),
    ("libtest_mimic", "tests/golden/"),
    ("logos", "src/syntax/"),
    ("lsp_server", "src/lsp/"),
    ("lsp_types", "src/lsp/"),
    ("markdown", "src/doc/"),
    ("matrixmultiply", "src/exec/"),
    ("memmap2", "src/exec/storage.rs"),
    ("png", "src/io/"),
    ("rayon", "src/data/"),
    ("rustyline", "src/cli/repl/"),
    ("safetensors", "src/io/"),
    ("similar", "tests/golden/"),
    ("tokenizers", "src/data/vocabulary.rs"),
];

/// Crates that any part may use: they are the language of the files it writes, or serve tests.
const EVERYWHERE: &[&str] = &["proptest", "serde", "serde_json", "tempfile"];

/// Words that no source may contain, and why.
const NEVER: &[(&str, &str)] = &[
    (concat!("todo", "!("), "what is not done is no part of the program"),
    (concat!("unimplemented", "!("), "what is not done is no part of the program"),
    (concat!("dbg", "!("), "what was looked at while writing goes before it is read"),
];

/// What only the outer modules may do, and these.
const OUTSIDE: &[(&str, &[&str])] = &[
    ("std::fs", &["io", "cli", "stdlib"]),
    ("std::env", &["cli", "main", "stdlib"]),
    ("std::process", &["cli", "io", "main"]),
    ("std::time", &["cli", "train", "driver", "exec"]),
    ("println!(", &["cli", "main"]),
    ("eprintln!(", &["cli", "main"]),
];

const MAX_LINES: usize = 500;

/// Longer files, with the reason why they are one.
const LONG: &[(&str, &str)] = &[];

struct Source {
    /// From the root of the repository, with `/`.
    path: String,
    text: String,
}

impl Source {
    /// The module of a file of the library: `src/types/dim/poly.rs` is of `types`.
    fn module(&self) -> Option<&str> {
        let inside = self.path.strip_prefix("src/")?;
        let first = inside.split('/').next()?;
        Some(first.trim_end_matches(".rs"))
    }

    /// A file of tests, which may look everywhere.
    fn is_test(&self) -> bool {
        self.path.starts_with("tests/") || self.path.contains("/tests") || self.path.ends_with("properties.rs")
    }

    /// The lines that are not comments, counted from 1, up to the tests at the end of the file.
    fn code(&self) -> impl Iterator<Item = (usize, &str)> {
        let lines = self.text.lines().enumerate().map(|(i, line)| (i + 1, line));
        let tests = self.text.lines().position(|line| line == "mod tests {").unwrap_or(usize::MAX);
        lines.filter(move |(number, line)| *number <= tests && !line.trim_start().starts_with("//"))
    }
}

fn sources(folders: &[&str]) -> Vec<Source> {
    let mut paths = vec![];
    folders.iter().for_each(|folder| collect(&crate::root().join(folder), &mut paths));
    paths.sort();
    let source = |path: PathBuf| Source {
        text: fs::read_to_string(&path).expect("a readable source"),
        path: path.strip_prefix(crate::root()).expect("below the root").to_string_lossy().replace('\\', "/"),
    };
    paths.into_iter().map(source).collect()
}

fn collect(folder: &Path, paths: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("a readable folder") {
        let path = entry.expect("a readable entry").path();
        match path.is_dir() {
            true => collect(&path, paths),
            false if path.extension().is_some_and(|e| e == "rs") => paths.push(path),
            false => {}
        }
    }
}

/// The modules of dln that code names, with their lines: `use crate::{base::Span, diag}` names `base` and `diag`.
fn named<'a>(code: &[(usize, &'a str)]) -> Vec<(usize, &'a str)> {
    let mut names = vec![];
    // How many braces are open inside `crate::{`; 0 outside.
    let mut depth = 0;
    for (number, line) in code {
        let mut rest = *line;
        while !rest.is_empty() {
            if depth == 0 {
                let Some((_, after)) = rest.split_once("crate::") else {
                    break;
                };
                rest = after;
                match after.strip_prefix('{') {
                    Some(inside) => (depth, rest) = (1, inside),
                    None => names.push((*number, first_word(after))),
                }
                names.extend((depth == 1).then(|| (*number, first_word(rest))));
            } else if let Some(at) = rest.find(['{', '}', ',']) {
                let (sign, after) = (rest.as_bytes()[at], &rest[at + 1..]);
                match sign {
                    b'{' => depth += 1,
                    b'}' => depth -= 1,
                    _ => names.extend((depth == 1).then(|| (*number, first_word(after)))),
                }
                rest = after;
            } else {
                rest = "";
            }
        }
        // A name that begins the next line of an open group.
        let next = code.iter().find(|(n, _)| *n == number + 1);
        names.extend(next.filter(|_| depth == 1).map(|(n, line)| (*n, first_word(line))));
    }
    names.retain(|(_, name)| !name.is_empty());
    names
}

fn first_word(text: &str) -> &str {
    let text = text.trim_start();
    let end = text.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(text.len());
    &text[..end]
}

#[test]
fn modules_import_only_what_lies_below_them() {
    let modules: Vec<&str> = IMPORTS.iter().map(|(module, _)| *module).chain(["cli", "ide", "lsp", "repl"]).collect();
    let mut problems = String::new();
    for source in sources(&["src"]).iter().filter(|s| !s.is_test()) {
        let Some((module, allowed)) = IMPORTS.iter().find(|(module, _)| source.module() == Some(module)) else {
            continue;
        };
        for (number, name) in named(&source.code().collect::<Vec<_>>()) {
            if modules.contains(&name) && name != *module && !allowed.contains(&name) {
                let _ = writeln!(problems, "{}:{number}: `{module}` may not import `{name}`", source.path);
            }
        }
    }
    assert!(problems.is_empty(), "\n{problems}");
}

#[test]
fn imports_are_read_from_groups() {
    let code = [
        (1, "use crate::{base::{Name, Span}, diag};"),
        (2, "use crate::{"),
        (3, "    ops,"),
        (4, "    tir::Ty,"),
        (5, "};"),
        (6, "let x = crate::types::n(crate::io::m);"),
    ];
    assert_eq!(named(&code), [(1, "base"), (1, "diag"), (3, "ops"), (4, "tir"), (6, "types"), (6, "io")]);
}

#[test]
fn every_module_has_its_row() {
    let outer = ["cli", "ide", "lsp", "repl", "lib", "main"];
    for source in sources(&["src"]) {
        let module = source.module().expect("below src");
        let known = outer.contains(&module) || IMPORTS.iter().any(|(name, _)| *name == module);
        assert!(known, "{}: give `{module}` a row in `IMPORTS`", source.path);
    }
}

#[test]
fn each_dependency_is_named_in_one_place() {
    let mut problems = String::new();
    for source in sources(&["src", "grammar", "tests"]) {
        for (number, line) in source.code() {
            for (name, place) in CRATES {
                let bound = place.starts_with("tests/") || !source.is_test();
                if bound && uses(line, name) && !source.path.starts_with(place) {
                    let _ = writeln!(problems, "{}:{number}: `{name}` is used in {place} only", source.path);
                }
            }
        }
    }
    assert!(problems.is_empty(), "\n{problems}");
}

/// Whether a line names a crate as the beginning of a path.
fn uses(line: &str, name: &str) -> bool {
    line.match_indices(name).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        let after = &line[at + name.len()..];
        let begins = before.is_none_or(|c| !c.is_alphanumeric() && !matches!(c, '_' | ':' | '.' | '"'));
        begins && (after.starts_with("::") || (line.trim_start().starts_with("use ") && after.starts_with(';')))
    })
}

#[test]
fn each_dependency_is_known() {
    let manifest = fs::read_to_string(crate::root().join("Cargo.toml")).expect("a manifest");
    let mut inside = false;
    for line in manifest.lines() {
        if line.starts_with('[') {
            inside = line.ends_with("dependencies]");
        } else if let Some((name, _)) = line.split_once(" = ").filter(|_| inside) {
            let name = name.replace('-', "_");
            let known = EVERYWHERE.contains(&name.as_str()) || CRATES.iter().any(|(crate_name, _)| *crate_name == name);
            assert!(known, "say in `CRATES` where `{name}` is used");
        }
    }
}

#[test]
fn nothing_is_left_to_do() {
    let mut problems = String::new();
    for source in sources(&["src", "tests"]) {
        for (i, line) in source.text.lines().enumerate() {
            for (word, reason) in NEVER {
                if line.contains(word) {
                    let _ = writeln!(problems, "{}:{}: `{word}`: {reason}", source.path, i + 1);
                }
            }
        }
    }
    assert!(problems.is_empty(), "\n{problems}");
}

#[test]
fn only_the_rim_touches_the_world() {
    let mut problems = String::new();
    for source in sources(&["src"]).iter().filter(|s| !s.is_test()) {
        let module = source.module().expect("below src");
        for (number, line) in source.code() {
            for (word, allowed) in OUTSIDE {
                if line.contains(word) && !allowed.contains(&module) {
                    let _ = writeln!(problems, "{}:{number}: `{word}` is for {allowed:?} only", source.path);
                }
            }
        }
    }
    assert!(problems.is_empty(), "\n{problems}");
}

#[test]
fn files_are_short() {
    for source in sources(&["src", "tests"]) {
        let lines = source.text.lines().count();
        let excused = LONG.iter().any(|(path, _)| *path == source.path);
        assert!(lines <= MAX_LINES || excused, "{} has {lines} lines, more than {MAX_LINES}", source.path);
    }
}
