//! Programs in a layout that nobody would give them: the same tokens with other blanks, line ends and comments between.

use crate::corpus;
use crate::draw::Draw;
use crate::generate;
use dln::syntax::{Written, lexer, written};
use std::fmt::Write;

/// What may stand between two tokens that do not touch.
const BLANKS: [&str; 5] = [" ", "  ", "\t", "        ", " \r "];
const COMMENTS: [&str; 6] = ["# c", "#", "## doc", "#   ^ error E0501: x", "# help: y", "#\u{e9}\u{4e2d} \t"];

/// A program of the repository, or one that was made, laid out by chance.
pub fn program(draw: &mut Draw) -> Vec<u8> {
    let text = match draw.below(4) {
        0 => String::from_utf8(generate::program(draw)).expect("text"),
        _ => draw.pick(&corpus::PROGRAMS),
    };
    let often = draw.pick(&[2, 5, 20, 100]);
    scattered(draw, &text, often).into_bytes()
}

/// About every `often`-th place between tokens is changed.
fn scattered(draw: &mut Draw, text: &str, often: usize) -> String {
    let Written { items, .. } = written(text);
    let tokens = items.iter().flatten();
    let breaks: Vec<usize> = tokens.filter(|t| t.may_break).map(|t| t.span.range().start).collect();
    let mut out = String::new();
    let mut last = "";
    for token in lexer::lex(text) {
        let part = &text[token.range.clone()];
        let blank = part.trim().is_empty();
        let hit = draw.below(often) == 0;
        if hit && !blank && breaks.binary_search(&token.range.start).is_ok() {
            line(draw, &mut out);
            out.push_str(part);
        } else if hit && blank && !part.contains('\n') {
            // Between letters and signs nothing is needed, but `where(` and `where (` are not the same.
            let apart = out.ends_with(char::is_alphanumeric) || out.ends_with(['.', '_', '"', '>', '<', '=', '|']);
            out.push_str(if apart || draw.flag() { draw.pick(&BLANKS) } else { "" });
        } else if hit && blank && !last.starts_with('#') {
            out.push_str(draw.pick(&["\n", "\r\n", "\n\n\n", "  # behind\n", "  \n \t\n"]));
        } else {
            out.push_str(part);
        }
        last = part;
    }
    out
}

/// The end of a line with whatever may stand around it.
fn line(draw: &mut Draw, out: &mut String) {
    if draw.below(3) == 0 {
        let _ = write!(out, "  {}", draw.pick(&COMMENTS));
    }
    out.push('\n');
    if draw.below(3) == 0 {
        let _ = writeln!(out, "{}{}", draw.pick(&["", "  ", "      "]), draw.pick(&COMMENTS));
    }
    out.push_str(draw.pick(&["", "\n\n", " ", "      "]));
}
