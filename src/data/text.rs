//! A text as pieces of characters, or as its lines. The code of a character is its position in the sorted list of the distinct
//! characters of the file.

use super::column::{Column, Number};
use super::{Table, TableColumn, no_rows, open, quoted, ragged};
use crate::diag::Diagnostic;
use crate::io::Files;
use crate::ops::Tensor;
use crate::tir::{Field, Path};

/// Field `k` is the text moved on by `k` characters, so with two fields the second is what comes next.
pub fn read(files: &Files, path: &Path, length: Option<usize>, fields: &[Field]) -> Result<Table, Diagnostic> {
    let text = contents(files, path)?;
    match length {
        Some(length) => pieces(&text, path, length, fields),
        None => lines(&text, path, fields),
    }
}

fn pieces(text: &str, path: &Path, length: usize, fields: &[Field]) -> Result<Table, Diagnostic> {
    let characters = distinct(text);
    let codes: Vec<i64> = text.chars().map(|c| characters.partition_point(|&other| other < c) as i64).collect();
    let moved = fields.len().saturating_sub(1);
    let rows = codes.len().saturating_sub(moved) / length.max(1);
    if rows == 0 {
        return Err(too_short(path, codes.len(), length + moved));
    }
    let names: Vec<String> = characters.iter().map(char::to_string).collect();
    let column = |(shift, field)| {
        let codes = &codes[shift..shift + rows * length];
        fill(path, field, codes, &names).map(|column| TableColumn {
            values: column.finish(rows),
            names: names.clone(),
            lengths: None,
        })
    };
    let columns = fields.iter().enumerate().map(column);
    Ok(Table { rows, columns: columns.collect::<Result<_, _>>()? })
}

/// Every line that is not empty is a row of its own length. The end of a line is a character too: with two fields the second
/// is what comes next, up to the end.
fn lines(text: &str, path: &Path, fields: &[Field]) -> Result<Table, Diagnostic> {
    let characters = distinct(text);
    let names: Vec<String> = characters.iter().map(char::to_string).collect();
    let code = |c: char| characters.partition_point(|&other| other < c) as i64;
    let moved = fields.len().saturating_sub(1);
    let rows: Vec<Vec<i64>> = text
        .lines()
        .filter(|line| !line.is_empty())
        .map(|line| line.chars().chain((moved > 0).then_some('\n')).map(code).collect())
        .collect();
    if rows.is_empty() {
        return Err(no_rows(path));
    }
    let lengths: Vec<usize> = rows.iter().map(|row| row.len() - moved).collect();
    let column = |(shift, field)| {
        let codes: Vec<i64> =
            rows.iter().zip(&lengths).flat_map(|(row, length)| &row[shift..shift + length]).copied().collect();
        let elements = fill(path, field, &codes, &names)?.finish(codes.len());
        Ok(ragged::filled(TableColumn { names: names.clone(), ..TableColumn::numbers(elements) }, lengths.clone()))
    };
    let columns = fields.iter().enumerate().map(column);
    Ok(Table { rows: rows.len(), columns: columns.collect::<Result<_, Diagnostic>>()? })
}

/// The characters that the codes of a text stand for.
pub fn characters(files: &Files, path: &Path) -> Result<Vec<char>, Diagnostic> {
    contents(files, path).map(|text| distinct(&text))
}

/// Codes as text: the last axis is a line. A code that no character has is U+FFFD.
pub fn spelled(characters: &[char], codes: &Tensor) -> String {
    let letter = |&code: &f64| characters.get(code as usize).copied().unwrap_or(char::REPLACEMENT_CHARACTER);
    let letters: Vec<char> = codes.to_f64().iter().map(letter).collect();
    let length = codes.shape.last().copied().unwrap_or(1).max(1);
    let lines: Vec<String> = letters.chunks(length).map(|line| line.iter().collect()).collect();
    lines.join("\n")
}

pub fn contents(files: &Files, path: &Path) -> Result<String, Diagnostic> {
    let bytes = open(files, path)?;
    utf8(path, &bytes).map(str::to_string)
}

pub fn utf8<'b>(path: &Path, bytes: &'b [u8]) -> Result<&'b str, Diagnostic> {
    std::str::from_utf8(bytes).map_err(|error| not_text(path, bytes, error.valid_up_to()))
}

fn distinct(text: &str) -> Vec<char> {
    let characters: std::collections::BTreeSet<char> = text.chars().collect();
    characters.into_iter().collect()
}

fn fill<'f>(path: &Path, field: &'f Field, codes: &[i64], names: &[String]) -> Result<Column<'f>, Diagnostic> {
    if field.bound.is_some_and(|bound| bound < names.len()) {
        return Err(too_many(path, field, names.len()));
    }
    let mut column = Column::new(field);
    for &code in codes {
        let pushed = column.push(Number::Whole(code));
        pushed.map_err(|_| too_many(path, field, names.len()))?;
    }
    Ok(column)
}

fn not_text(path: &Path, bytes: &[u8], valid: usize) -> Diagnostic {
    let line = bytes[..valid].iter().filter(|&&b| b == b'\n').count() + 1;
    let message = format!("{}, line {line}: byte {valid} is not UTF-8 text", quoted(&path.value));
    Diagnostic::error("E0708", path.span, message, "this file")
}

fn too_short(path: &Path, found: usize, needed: usize) -> Diagnostic {
    let message = format!("{} has {found} characters, and one row takes {needed}", quoted(&path.value));
    Diagnostic::error("E0709", path.span, message, "this file")
}

fn too_many(path: &Path, field: &Field, found: usize) -> Diagnostic {
    let message = format!(
        "{} has {found} different characters, and `{}` has room for {}",
        quoted(&path.value),
        field.name,
        field.bound.map_or_else(|| field.dtype.to_string(), |v| v.to_string())
    );
    let diagnostic = Diagnostic::error("E0704", path.span, message, "this file").help(format!("write `idx<{found}>`"));
    if field.span.is_none() { diagnostic } else { diagnostic.label(field.span, "declared here") }
}
