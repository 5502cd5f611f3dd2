//! The lines of a text as tokens: each is a row of its own length.

use super::column::{Column, Number};
use super::text::contents;
use super::wordpiece::WordPiece;
use super::{Table, TableColumn, no_rows, quoted, ragged};
use crate::diag::Diagnostic;
use crate::io::Files;
use crate::tir::{Field, Path};

pub fn read(files: &Files, path: &Path, tokenizer: &Path, fields: &[Field]) -> Result<Table, Diagnostic> {
    let text = contents(files, path)?;
    let tokens = WordPiece::read(files, tokenizer)?;
    let rows: Vec<Vec<i64>> =
        text.lines().filter(|line| !line.trim().is_empty()).map(|line| tokens.encode(line)).collect();
    if rows.is_empty() {
        return Err(no_rows(path));
    }
    let lengths: Vec<usize> = rows.iter().map(Vec::len).collect();
    let column = |field| {
        let mut column = Column::new(field);
        let mut all = rows.iter().flatten();
        let short = all.any(|&token| column.push(Number::Whole(token)).is_err());
        match short || field.bound.is_some_and(|bound| bound < tokens.size()) {
            true => Err(too_many(tokenizer, field, tokens.size())),
            false => {
                let elements = column.finish(lengths.iter().sum());
                Ok(ragged::filled(TableColumn::numbers(elements), lengths.clone()))
            }
        }
    };
    let columns = fields.iter().map(column).collect::<Result<_, Diagnostic>>()?;
    Ok(Table { rows: rows.len(), columns })
}

fn too_many(tokenizer: &Path, field: &Field, found: usize) -> Diagnostic {
    let bound = field.bound.map_or_else(|| field.dtype.to_string(), |bound| bound.to_string());
    let message = format!("{} has {found} tokens, and `{}` has room for {bound}", quoted(&tokenizer.value), field.name);
    let diagnostic =
        Diagnostic::error("E0704", tokenizer.span, message, "this file").help(format!("write `idx<{found}>`"));
    if field.span.is_none() { diagnostic } else { diagnostic.label(field.span, "declared here") }
}
