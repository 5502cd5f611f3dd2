//! What mutations begin with: the programs, data and weights of the repository.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

/// The programs of the cases, the library and the examples.
pub static PROGRAMS: LazyLock<Vec<String>> = LazyLock::new(|| {
    let mut paths = vec![];
    ["tests", "stdlib", "examples"].iter().for_each(|folder| files(&root().join(folder), &mut paths));
    paths.sort();
    let text = |path: &PathBuf| fs::read_to_string(path).ok();
    paths.iter().filter(|path| path.extension().is_some_and(|e| e == "dln")).filter_map(text).map(program).collect()
});

/// Texts of graphs, out of the blocks of the cases.
pub static GRAPHS: LazyLock<Vec<String>> = LazyLock::new(|| {
    let mut paths = vec![];
    files(&root().join("tests/cases"), &mut paths);
    paths.sort();
    paths.iter().filter_map(|path| fs::read_to_string(path).ok()).flat_map(|text| graphs(&text)).collect()
});

/// Data files: CSV, IDX, text.
pub static DATA: LazyLock<Vec<Vec<u8>>> = LazyLock::new(|| {
    let mut paths = vec![];
    ["tests/cases", "examples", "stdlib"].iter().for_each(|folder| files(&root().join(folder), &mut paths));
    paths.sort();
    let is_data = |path: &&PathBuf| !path.extension().is_some_and(|e| e == "dln" || e == "md");
    let small = |bytes: &Vec<u8>| bytes.len() < 1 << 16;
    paths.iter().filter(is_data).filter_map(|path| fs::read(path).ok()).filter(small).collect()
});

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn files(folder: &Path, paths: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).into_iter().flatten() {
        let path = entry.expect("a readable folder").path();
        match path.is_dir() {
            true => files(&path, paths),
            false => paths.push(path),
        }
    }
}

/// A case without its blocks.
fn program(text: String) -> String {
    text.lines().take_while(|line| !line.starts_with("#----")).map(|line| format!("{line}\n")).collect()
}

/// The graphs in the blocks of a case: paragraphs of the block `graph` without their names.
fn graphs(text: &str) -> Vec<String> {
    let lines = text.lines().skip_while(|line| *line != "#---- graph").skip(1);
    let block: String = lines
        .map_while(|line| line.strip_prefix("#|"))
        .map(|line| format!("{}\n", line.strip_prefix(' ').unwrap_or(line)))
        .collect();
    let graph = |part: &str| part.split_once('\n').map(|(_, graph)| format!("{graph}\n"));
    block.split("\n\n").filter_map(graph).filter(|graph| !graph.trim().is_empty()).collect()
}
