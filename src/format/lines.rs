//! Lines to text. Comments behind code keep their column where the code leaves them room, if they did not just follow it;
//! those of neighbouring lines that stood in one column stay in one.

use super::notes::Note;
use super::print::columns;

/// Columns between code and the comment behind it, at least.
const GAP: usize = 2;

/// A line of the result.
#[derive(Debug, Default)]
pub struct Line<'t> {
    pub indent: usize,
    /// Whether an empty line stands before it.
    pub blank: bool,
    pub code: String,
    /// Behind the code or, where there is none, alone.
    pub comment: Option<Note<'t>>,
}

impl Line<'_> {
    pub fn is_empty(&self) -> bool {
        self.code.is_empty() && self.comment.is_none()
    }

    pub fn width(&self) -> usize {
        self.indent + columns(&self.code)
    }

    /// The column of the comment behind the code, as far as this line is concerned. One that just follows the code, and
    /// is not in a column with others, goes on doing so.
    fn column(&self, alone: bool) -> Option<usize> {
        let comment = self.comment.filter(|_| !self.code.is_empty())?;
        let follows = alone && comment.gap <= GAP;
        let wanted = if follows { 0 } else { comment.column };
        Some(wanted.max(self.indent + columns(self.code.trim_end()) + GAP))
    }

    fn write(&self, column: usize, end: &str, out: &mut String) {
        let pad = |out: &mut String, n: usize| out.extend(std::iter::repeat_n(' ', n));
        let code = self.code.trim_end();
        let mut at = 0;
        if !code.is_empty() {
            pad(out, self.indent);
            out.push_str(code);
            at = self.indent + columns(code);
        }
        if let Some(note) = &self.comment {
            let alone = if note.is_mark() { note.column } else { self.indent };
            let column = if code.is_empty() { alone } else { column };
            pad(out, column.saturating_sub(at));
            out.push_str(note.text);
        }
        out.push_str(end);
    }
}

/// The text of the lines, each with `end` behind it.
pub fn text(lines: &[Line], end: &str) -> String {
    let mut out = String::new();
    let mut i = 0;
    while i < lines.len() {
        let run = run(&lines[i..]);
        let column = lines[i..i + run].iter().filter_map(|line| line.column(run == 1)).max().unwrap_or(0);
        for line in &lines[i..i + run] {
            if line.blank && !out.is_empty() {
                out.push_str(end);
            }
            line.write(column, end, &mut out);
        }
        i += run;
    }
    out
}

/// How many lines from the first on have comments behind them that stood in one column; at least one.
fn run(lines: &[Line]) -> usize {
    let column = |line: &Line| line.comment.filter(|_| !line.code.is_empty()).map(|note| note.column);
    let first = column(&lines[0]);
    let alike = |line: &&Line| first.is_some() && !line.blank && column(line) == first;
    1 + lines[1..].iter().take_while(alike).count()
}
