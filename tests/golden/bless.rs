//! Blocks: compared with what the stages print, or rewritten with it.

use crate::case::{Block, Case};
use crate::stage::Ran;
use similar::TextDiff;
use std::fmt::Write;
use std::fs;
use std::path::Path;

/// Demands that every block is what its stage prints.
pub fn compare(name: &str, case: &Case, ran: &Ran) -> Result<(), String> {
    let differing = case.blocks.iter().filter(|block| ended(ran.printed(block.stage)) != block.text);
    let mut problems: String = differing.map(|block| difference(block, ran)).collect();
    if problems.is_empty() {
        return Ok(());
    }
    let _ = writeln!(problems, "If that is right: DLN_BLESS=1 cargo test --test golden {name}");
    Err(problems)
}

/// Writes what the stages print into the blocks of the file, and says what changed.
pub fn rewrite(name: &str, path: &Path, text: &str, case: &Case, ran: &Ran) -> Result<(), String> {
    let mut blessed = case.program.clone();
    for block in &case.blocks {
        let _ = writeln!(blessed, "#---- {}", block.stage.name());
        for line in ended(ran.printed(block.stage)).lines() {
            let _ = writeln!(blessed, "{}", format!("#| {line}").trim_end());
        }
    }
    if blessed == text {
        return Ok(());
    }
    let changes: String = case.blocks.iter().map(|block| difference(block, ran)).collect();
    eprintln!("blessed {name}\n{changes}");
    fs::write(path, blessed).map_err(|error| format!("{}: {error}", path.display()))
}

fn difference(block: &Block, ran: &Ran) -> String {
    let stage = block.stage.name();
    let printed = ended(ran.printed(block.stage));
    TextDiff::from_lines(&block.text, &printed)
        .unified_diff()
        .header(&format!("{stage}, blessed"), &format!("{stage}, printed"))
        .to_string()
}

/// The text as a block keeps it: without spaces at line ends, with one newline at the end.
fn ended(text: &str) -> String {
    text.trim_end().lines().flat_map(|line| [line.trim_end(), "\n"]).collect()
}
