//! JSON lines: each line is an object, a row, with the fields by their names. Lists are axes.

use super::fill::{Filler, Wrong};
use super::tokens::{self, Coder};
use super::{Table, no_rows, open, quoted, text};
use crate::diag::Diagnostic;
use crate::io::Files;
use crate::tir::{Field, Path};
use serde_json::Value;

pub fn read(files: &Files, path: &Path, fields: &[Field], coder: Option<&Coder>) -> Result<Table, Diagnostic> {
    let bytes = open(files, path)?;
    let lines = text::utf8(path, &bytes)?.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    let mut columns: Vec<Filler> = fields.iter().map(|field| Filler::new(field, coder.is_some())).collect();
    let mut rows = 0;
    for (number, line) in lines {
        let place = Place { path, line: number + 1 };
        let row: Value = serde_json::from_str(line).map_err(|error| place.malformed(&error))?;
        for column in &mut columns {
            let value = row.get(&*column.field().name).ok_or_else(|| place.missing(column.field(), &row))?;
            take(value, column).map_err(|wrong| place.wrong(column.field(), wrong))?;
        }
        rows += 1;
    }
    if rows == 0 {
        return Err(no_rows(path));
    }
    tokens::table(columns, rows, path, coder)
}

/// One value of a row. Where the length is free it is a list of whatever length, or a text of words.
fn take(value: &Value, column: &mut Filler) -> Result<(), Wrong> {
    let shape = column.field().shape.clone();
    if column.field().free.is_none() {
        return leaves(value, &shape, &mut |leaf| column.push(leaf));
    }
    match value {
        Value::String(text) if matches!(column, Filler::Texts { .. }) => column.push(text),
        other if matches!(column, Filler::Texts { .. }) => Err(wrong(format!("{} is no text", shown(other)))),
        Value::Array(elements) => {
            column.begin_row(elements.len());
            elements.iter().try_for_each(|element| leaves(element, &shape, &mut |leaf| column.push_element(leaf)))
        }
        Value::String(words) if shape.is_empty() => column.push(words),
        other => Err(wrong(format!("{} is no list", shown(other)))),
    }
}

/// The elements of nested lists of this shape.
fn leaves(value: &Value, shape: &[usize], push: &mut dyn FnMut(&str) -> Result<(), Wrong>) -> Result<(), Wrong> {
    match (value, shape) {
        (Value::Array(parts), [size, rest @ ..]) if parts.len() == *size => {
            parts.iter().try_for_each(|part| leaves(part, rest, push))
        }
        (Value::Array(parts), [size, ..]) => {
            Err(wrong(format!("a list of {} stands where {size} are needed", parts.len())))
        }
        (Value::Array(_), []) => Err(wrong("a list stands where one value is needed".to_string())),
        (_, [size, ..]) => Err(wrong(format!("{} stands where a list of {size} is needed", shown(value)))),
        (Value::String(text), []) => push(text).map_err(|wrong| of(value, wrong)),
        (Value::Bool(truth), []) => push(if *truth { "1" } else { "0" }).map_err(|wrong| of(value, wrong)),
        (Value::Number(number), []) => push(&number.to_string()).map_err(|wrong| of(value, wrong)),
        (Value::Null | Value::Object(_), []) => Err(wrong(format!("{} is no value", shown(value)))),
    }
}

fn wrong(text: String) -> Wrong {
    Wrong { code: "E0703", text, help: None }
}

/// The whole sentence of what is wrong with a value.
fn of(value: &Value, wrong: Wrong) -> Wrong {
    Wrong { text: format!("{} {}", shown(value), wrong.text), ..wrong }
}

fn shown(value: &Value) -> String {
    quoted(&value.to_string())
}

/// A line of a file.
struct Place<'p> {
    path: &'p Path,
    line: usize,
}

impl Place<'_> {
    fn error(&self, code: &'static str, text: &str) -> Diagnostic {
        let message = format!("{}, line {}: {text}", quoted(&self.path.value), self.line);
        Diagnostic::error(code, self.path.span, message, "this file")
    }

    fn malformed(&self, error: &serde_json::Error) -> Diagnostic {
        self.error("E0703", &format!("column {} is where it stops being JSON", error.column()))
            .help("every line is an object of its own: `{\"x\": [1, 2], \"y\": 0}`")
    }

    fn missing(&self, field: &Field, row: &Value) -> Diagnostic {
        let known: Vec<String> = row.as_object().into_iter().flatten().map(|(name, _)| quoted(name)).collect();
        let diagnostic = self.error("E0702", &format!("there is no `{}`", field.name));
        let diagnostic = if field.span.is_none() { diagnostic } else { diagnostic.label(field.span, "declared here") };
        diagnostic.note(format!("the line has {}", if known.is_empty() { "no names".into() } else { known.join(", ") }))
    }

    fn wrong(&self, field: &Field, wrong: Wrong) -> Diagnostic {
        let diagnostic = self.error(wrong.code, &format!("`{}`: {}", field.name, wrong.text));
        let diagnostic = if field.span.is_none() { diagnostic } else { diagnostic.label(field.span, "declared here") };
        wrong.help.into_iter().fold(diagnostic, Diagnostic::help)
    }
}
