//! Where programs are: case files, examples, the standard library, and code blocks of documents.

use std::fs;
use std::path::{Path, PathBuf};

/// A program to run.
pub struct Program {
    /// `parse/a_missing_comma`, `examples/xor.dln`, `README.md:12`
    pub name: String,
    /// What diagnostics call the file.
    pub file: String,
    pub text: String,
    /// Where to write blessed blocks; a code block of a document has none.
    pub path: Option<PathBuf>,
    pub kind: Kind,
    /// Where the files lie that it reads.
    pub folder: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// With a header, marks and blocks.
    Case,
    /// A program that users see: it must be free of diagnostics that it does not mark.
    Shown,
}

/// All programs, in the order of their names.
pub fn programs() -> Vec<Program> {
    let root = &root();
    let mut programs = vec![];
    for folder in ["tests/cases", "tests/conformance"] {
        for path in files(&root.join(folder), "dln") {
            let inside = if folder == "tests/cases" { root.join(folder) } else { root.join("tests") };
            let name = relative(&path, &inside).trim_end_matches(".dln").to_string();
            programs.push(program(name, path, Kind::Case));
        }
    }
    for folder in ["examples", "stdlib"] {
        for path in files(&root.join(folder), "dln") {
            programs.push(program(relative(&path, root), path, Kind::Shown));
        }
    }
    let mut documents = files(&root.join("docs"), "md");
    documents.extend(["README.md", "tests/cases/README.md"].map(|name| root.join(name)));
    for path in documents {
        programs.extend(code_blocks(&relative(&path, root), &read(&path)));
    }
    programs
}

/// The checkout: cargo says at run time where, so a binary of one checkout can test another.
fn root() -> PathBuf {
    std::env::var_os("CARGO_MANIFEST_DIR").map_or(env!("CARGO_MANIFEST_DIR").into(), PathBuf::from)
}

fn program(name: String, path: PathBuf, kind: Kind) -> Program {
    let file = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let folder = path.parent().filter(|_| kind == Kind::Shown).map(Path::to_path_buf);
    Program { name, file, text: read(&path), path: Some(path), kind, folder }
}

/// The fenced blocks that say `dln` and nothing else, each named by its line.
fn code_blocks(document: &str, text: &str) -> Vec<Program> {
    let mut blocks = vec![];
    let mut open: Option<(usize, String)> = None;
    for (i, line) in text.lines().enumerate() {
        match &mut open {
            Some((start, block)) if line.trim_end() == "```" => {
                let name = format!("{document}:{start}");
                blocks.push(Program {
                    file: name.clone(),
                    name,
                    text: block.clone(),
                    path: None,
                    kind: Kind::Shown,
                    folder: Some(root()),
                });
                open = None;
            }
            Some((_, block)) => {
                block.push_str(line);
                block.push('\n');
            }
            None if line.trim_end() == "```dln" => open = Some((i + 2, String::new())),
            None => {}
        }
    }
    assert!(open.is_none(), "{document}: a code block is not closed");
    blocks
}

/// All files with an extension below a folder, sorted; none where there is no such folder.
fn files(folder: &Path, extension: &str) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(folder) else {
        return vec![];
    };
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.expect("a readable folder").path()).collect();
    paths.sort();
    let below = |path: PathBuf| match path.is_dir() {
        true => files(&path, extension),
        false if path.extension().is_some_and(|e| e == extension) => vec![path],
        false => vec![],
    };
    paths.into_iter().flat_map(below).collect()
}

fn relative(path: &Path, root: &Path) -> String {
    path.strip_prefix(root).unwrap_or(path).to_string_lossy().replace('\\', "/")
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}
