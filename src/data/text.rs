//! A text in pieces, or as its lines: of characters, whose codes are their positions in the sorted list of the distinct
//! characters of the file, or of the tokens of a vocabulary.

use super::column::{Column, Number};
use super::tokens::{Coder, Spelling};
use super::vocabulary::Vocabulary;
use super::{Table, TableColumn, no_rows, open, quoted, ragged};
use crate::diag::Diagnostic;
use crate::io::Files;
use crate::tir::{Field, Path};
use std::sync::Arc;

/// Field `k` is the text moved on by `k` codes, so with two fields the second is what comes next.
pub fn read(
    files: &Files,
    path: &Path,
    length: Option<usize>,
    fields: &[Field],
    coder: Option<&Coder>,
) -> Result<Table, Diagnostic> {
    let text = contents(files, path)?;
    let parts: Vec<&str> = match length {
        Some(_) => text.split_inclusive('\n').collect(),
        None if coder.is_some() => text.lines().filter(|line| !line.trim().is_empty()).collect(),
        None => text.lines().filter(|line| !line.is_empty()).collect(),
    };
    let codes = match coder {
        Some(coder) => Codes::Tokens(coder, coder.vocabulary(&parts)?),
        None => Codes::Characters(distinct(&text)),
    };
    let (rows, columns) = match length {
        Some(length) => pieces(&codes, &text, path, length, fields)?,
        None => lines(&codes, &parts, path, fields)?,
    };
    Ok(Table { rows, columns, spelling: Some(codes.spelling()) })
}

/// How a text becomes codes.
enum Codes<'t> {
    /// The distinct ones, sorted.
    Characters(Vec<char>),
    Tokens(&'t Coder<'t>, Arc<Vocabulary>),
}

impl Codes<'_> {
    /// The codes of a text; with what stands around a row if it is one.
    fn encode(&self, text: &str, row: bool) -> Result<Vec<i64>, Diagnostic> {
        match self {
            Codes::Tokens(coder, vocabulary) => coder.encoded(vocabulary, text, row),
            Codes::Characters(known) => {
                Ok(text.chars().map(|c| known.partition_point(|&other| other < c) as i64).collect())
            }
        }
    }

    /// The codes of a line. Where it is asked what comes next, its end is a code too.
    fn line(&self, line: &str, next: bool) -> Result<Vec<i64>, Diagnostic> {
        match self {
            Codes::Tokens(_, vocabulary) if vocabulary.has_end() => self.encode(line, true),
            _ if next => self.encode(&format!("{line}\n"), true),
            _ => self.encode(line, true),
        }
    }

    fn column(&self, path: &Path, field: &Field, codes: &[i64], rows: usize) -> Result<TableColumn, Diagnostic> {
        match self {
            Codes::Tokens(coder, vocabulary) => {
                let column = coder.column(vocabulary, field, codes.iter().copied())?;
                Ok(TableColumn::numbers(column.finish(rows)))
            }
            Codes::Characters(known) => {
                let names: Vec<String> = known.iter().map(char::to_string).collect();
                let column = fill(path, field, codes, &names)?;
                Ok(TableColumn { names, ..TableColumn::numbers(column.finish(rows)) })
            }
        }
    }

    fn name(&self) -> &'static str {
        match self {
            Codes::Characters(_) => "characters",
            Codes::Tokens(..) => "tokens",
        }
    }

    fn spelling(self) -> Spelling {
        match self {
            Codes::Characters(known) => Spelling::Characters(known),
            Codes::Tokens(_, vocabulary) => Spelling::Tokens(vocabulary),
        }
    }
}

fn pieces(
    codes: &Codes,
    text: &str,
    path: &Path,
    length: usize,
    fields: &[Field],
) -> Result<(usize, Vec<TableColumn>), Diagnostic> {
    let all = codes.encode(text, false)?;
    let moved = fields.len().saturating_sub(1);
    let rows = all.len().saturating_sub(moved) / length.max(1);
    if rows == 0 {
        return Err(too_short(path, all.len(), codes.name(), length + moved));
    }
    let column = |(shift, field): (usize, &Field)| codes.column(path, field, &all[shift..shift + rows * length], rows);
    let columns = fields.iter().enumerate().map(column).collect::<Result<_, _>>()?;
    Ok((rows, columns))
}

/// Every line that is not empty is a row of its own length. With two fields the second is what comes next, up to the end.
fn lines(
    codes: &Codes,
    lines: &[&str],
    path: &Path,
    fields: &[Field],
) -> Result<(usize, Vec<TableColumn>), Diagnostic> {
    let moved = fields.len().saturating_sub(1);
    let rows: Vec<Vec<i64>> = lines.iter().map(|line| codes.line(line, moved > 0)).collect::<Result<_, _>>()?;
    if rows.is_empty() {
        return Err(no_rows(path));
    }
    let lengths: Vec<usize> = rows.iter().map(|row| row.len().saturating_sub(moved)).collect();
    let column = |(shift, field): (usize, &Field)| {
        let own = rows.iter().zip(&lengths).flat_map(|(row, &length)| row.iter().skip(shift).take(length));
        let own: Vec<i64> = own.copied().collect();
        let elements = codes.column(path, field, &own, own.len())?;
        Ok(ragged::filled(elements, lengths.clone()))
    };
    let columns = fields.iter().enumerate().map(column).collect::<Result<_, Diagnostic>>()?;
    Ok((rows.len(), columns))
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

fn too_short(path: &Path, found: usize, what: &str, needed: usize) -> Diagnostic {
    let message = format!("{} has {found} {what}, and one row takes {needed}", quoted(&path.value));
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
