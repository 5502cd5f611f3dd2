//! Generates the parser from `grammar/dln.lalrpop`, and the table of the standard library from the files in `stdlib/`.

use std::path::{Path, PathBuf};
use std::{env, fs};

fn main() {
    println!("cargo:rerun-if-changed=grammar/dln.lalrpop");
    println!("cargo:rerun-if-changed=stdlib");
    let out = PathBuf::from(env::var("OUT_DIR").expect("cargo sets OUT_DIR"));
    lalrpop::Configuration::new().set_in_dir("grammar").set_out_dir(&out).process().expect("the grammar is LR(1)");
    let root = PathBuf::from(env::var("CARGO_MANIFEST_DIR").expect("cargo sets CARGO_MANIFEST_DIR"));
    fs::write(out.join("stdlib.rs"), library(&root.join("stdlib"))).expect("OUT_DIR is writable");
}

/// A constant expression: the path (`std.nn`) and the text of every module, sorted.
fn library(folder: &Path) -> String {
    let mut modules = vec![];
    find(folder, "std", &mut modules);
    modules.sort();
    let rows = modules.iter().map(|(name, path)| format!("    ({name:?}, include_str!({path:?})),\n"));
    format!("&[\n{}]\n", rows.collect::<String>())
}

fn find(folder: &Path, prefix: &str, modules: &mut Vec<(String, PathBuf)>) {
    for entry in fs::read_dir(folder).expect("stdlib is readable") {
        let path = entry.expect("stdlib is readable").path();
        let stem = path.file_stem().unwrap_or_default().to_string_lossy();
        let name = format!("{prefix}.{stem}");
        if path.is_dir() {
            find(&path, &name, modules);
        } else if path.extension().is_some_and(|extension| extension == "dln") {
            modules.push((name, path));
        }
    }
}
