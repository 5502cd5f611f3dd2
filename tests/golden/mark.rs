//! Marks: comments that say which diagnostic is reported where.
//!
//! At the end of a line, a mark is about that line; alone on a line, about the code line above it, from the column of
//! its first `^`, and over as many characters as there are `^` if there are several. `# help:` and `# note:` go on with
//! the mark above them.

use crate::stage::Ran;
use dln::diag::{Diagnostic, Severity};
use std::fmt::Write;

/// One diagnostic that must be reported.
#[derive(Debug, Default)]
pub struct Mark {
    /// The line it is about, from 1; 0, above all code, is for a diagnostic in another file or without a place.
    line: usize,
    /// First column, from 1, and how many characters.
    column: Option<(usize, usize)>,
    warning: bool,
    code: String,
    /// Part of the message or of a label.
    fragment: String,
    helps: Vec<String>,
    notes: Vec<String>,
}

/// The marks of a program, in its order.
pub fn marks(program: &str) -> Result<Vec<Mark>, String> {
    let mut marks: Vec<Mark> = vec![];
    let mut code_line = 0;
    for (i, line) in program.lines().enumerate() {
        let alone = line.trim_start().starts_with('#');
        if !alone && !line.trim().is_empty() {
            code_line = i + 1;
        }
        let place = if alone { line.find('#') } else { trailing_mark(line) };
        let Some(at) = place else {
            continue;
        };
        let (before, comment) = (&line[..at], &line[at + 1..]);
        if let Some(mark) = mark(before, comment, code_line) {
            marks.push(mark);
        } else if let Some((kind, text)) = continuation(comment) {
            let last = marks.last_mut().ok_or(format!("line {}: `# {kind}:` follows no mark", i + 1))?;
            match kind {
                "help" => last.helps.push(text.to_string()),
                _ => last.notes.push(text.to_string()),
            }
        }
    }
    Ok(marks)
}

/// Where a mark behind code begins.
fn trailing_mark(line: &str) -> Option<usize> {
    ["# error E", "# warning E", "# help:", "# note:"].iter().filter_map(|begin| line.rfind(begin)).max()
}

fn mark(before: &str, comment: &str, line: usize) -> Option<Mark> {
    let carets = comment.trim_start().chars().take_while(|c| *c == '^').count();
    let indent = comment.len() - comment.trim_start().len();
    let text = comment.trim_start().trim_start_matches('^').trim();
    let (severity, rest) = text.split_once(' ')?;
    let warning = match severity {
        "error" => false,
        "warning" => true,
        _ => return None,
    };
    let (code, fragment) = rest.split_once(':').unwrap_or((rest, ""));
    let is_code = code.len() == 5 && code.starts_with('E') && code[1..].bytes().all(|b| b.is_ascii_digit());
    let column = (carets > 0).then(|| (before.chars().count() + indent + 2, carets));
    is_code.then(|| Mark {
        line,
        column,
        warning,
        code: code.to_string(),
        fragment: fragment.trim().to_string(),
        ..Mark::default()
    })
}

fn continuation(comment: &str) -> Option<(&'static str, &str)> {
    let text = comment.trim();
    ["help", "note"].into_iter().find_map(|kind| Some((kind, text.strip_prefix(kind)?.strip_prefix(':')?.trim())))
}

/// Demands that each mark has its diagnostic and each diagnostic its mark.
pub fn compare(marks: &[Mark], ran: &Ran) -> Result<(), String> {
    let mut unmarked: Vec<&Diagnostic> = ran.diagnostics.iter().collect();
    let mut problems = String::new();
    for mark in marks {
        match unmarked.iter().position(|diagnostic| mark.fits(diagnostic, ran)) {
            Some(at) => {
                let diagnostic = unmarked.remove(at);
                mark.demand_advice(diagnostic, &mut problems);
            }
            None => {
                let _ = writeln!(problems, "not reported: {}", mark.describe());
            }
        }
    }
    for diagnostic in unmarked {
        let place = ran.sources().place(diagnostic.span());
        let _ = writeln!(problems, "reported at {place}, but not marked:\n{}", ran.rendered(diagnostic));
    }
    match problems.is_empty() {
        true => Ok(()),
        false => Err(problems),
    }
}

impl Mark {
    fn fits(&self, diagnostic: &Diagnostic, ran: &Ran) -> bool {
        let severity = if self.warning { Severity::Warning } else { Severity::Error };
        let texts = diagnostic.labels.iter().map(|label| &label.text).chain([&diagnostic.message]);
        diagnostic.code == self.code
            && diagnostic.severity == severity
            && texts.into_iter().any(|text| text.contains(&self.fragment))
            && self.is_at(diagnostic, ran)
    }

    fn is_at(&self, diagnostic: &Diagnostic, ran: &Ran) -> bool {
        let span = diagnostic.span();
        let Some(source) = ran.sources().get(span.file) else {
            return self.line == 0;
        };
        let (line, column) = source.position(span.lo as usize);
        let length = ran.sources().text(span).chars().count();
        let in_column = self.column.is_none_or(|(start, carets)| start == column && (carets == 1 || carets == length));
        if source.id != ran.file {
            return self.line == 0;
        }
        line == self.line && in_column
    }

    fn demand_advice(&self, diagnostic: &Diagnostic, problems: &mut String) {
        let edits = diagnostic.helps.iter().filter_map(|help| help.edit.as_ref().map(|edit| &edit.text));
        let helps: Vec<&String> = diagnostic.helps.iter().map(|help| &help.text).chain(edits).collect();
        for (kind, wanted, given) in
            [("help", &self.helps, helps), ("note", &self.notes, diagnostic.notes.iter().collect())]
        {
            for text in wanted {
                if !given.iter().any(|given| given.contains(text)) {
                    let _ = writeln!(problems, "{} has no {kind} with `{text}`, only {given:?}", self.describe());
                }
            }
        }
    }

    fn describe(&self) -> String {
        let severity = if self.warning { "warning" } else { "error" };
        let column = self.column.map_or(String::new(), |(column, _)| format!(", column {column}"));
        format!("{severity} {} `{}` at line {}{column}", self.code, self.fragment, self.line)
    }
}
