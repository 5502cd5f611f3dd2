//! Shape marks: comments that say the type of what a line computes, as `# shape: [B, 10]` behind it. The widest
//! operation written on the line counts; the float type of the program is not said.

use crate::stage::Ran;
use dln::sema::Checked;
use dln::tir::{Node, Ty};
use std::fmt::Write;

/// The shape that a line must have.
#[derive(Debug)]
pub struct ShapeMark {
    /// From 1.
    line: usize,
    text: String,
}

/// The shape marks of a program, in its order.
pub fn shapes(program: &str) -> Vec<ShapeMark> {
    let mark = |(i, line): (usize, &str)| {
        let (_, text) = line.rsplit_once("# shape:")?;
        Some(ShapeMark { line: i + 1, text: text.trim().to_string() })
    };
    program.lines().enumerate().filter_map(mark).collect()
}

/// Demands that each line has the shape that it is marked with, in every program that it is part of.
pub fn compare(marks: &[ShapeMark], ran: &Ran) -> Result<(), String> {
    if marks.is_empty() {
        return Ok(());
    }
    let checked = ran.checked.as_ref().ok_or("a shape mark needs `check` among the stages")?;
    let mut problems = String::new();
    for mark in marks {
        let found = types_at(mark.line, checked, ran);
        if found.is_empty() || found.iter().any(|ty| *ty != mark.text) {
            let _ = writeln!(problems, "line {} is marked {}, and is {found:?}", mark.line, mark.text);
        }
    }
    if problems.is_empty() { Ok(()) } else { Err(problems) }
}

/// The types of the widest operation that lies on a line, each once.
fn types_at(line: usize, checked: &Checked, ran: &Ran) -> Vec<String> {
    let mut types = vec![];
    for program in &checked.programs {
        let on_line = |node: &&Node| ran.line_of(node.span) == Some(line);
        // Of nodes with one span, the last computes its value.
        let widest = program.nodes.iter().filter(on_line).max_by_key(|node| node.span.range().len());
        types.extend(widest.and_then(|node| node.tys.first()).map(text));
    }
    types.sort();
    types.dedup();
    types
}

fn text(ty: &Ty) -> String {
    let text = ty.to_string();
    text.strip_prefix("f32").map_or(text.clone(), str::to_string)
}
