//! Data sets while a program runs: files become tables in memory, checked at the door, and tables become batches.
//!
//! Every mistake in a file is a `Diagnostic` at the path in the program that names the file, and says line and column.

mod ahead;
mod column;
mod counter;
mod csv;
mod fill;
mod idx;
mod images;
mod json;
mod listed;
mod loader;
mod ragged;
mod resample;
mod rows;
#[cfg(test)]
mod tests;
mod text;
mod tokens;
mod vocabulary;
mod wav;

pub use ahead::Ahead;
pub use counter::mix;
pub use loader::Loader;
pub use tokens::{Spelling, Vocabularies};

use crate::diag::Diagnostic;
use crate::io::Files;
use crate::ops::Tensor;
use crate::tir::{DataSource, Dataset, Field, Path, Tokenizer};
use std::borrow::Cow;
use std::sync::Arc;
use tokens::Coder;

/// A source, read: one column per field, all with the same number of rows.
#[derive(Debug)]
pub struct Table {
    pub rows: usize,
    pub columns: Vec<TableColumn>,
    /// What the codes of its texts stand for.
    pub spelling: Option<Spelling>,
}

impl Table {
    /// Bytes of all rows.
    pub fn bytes(&self) -> usize {
        let lengths =
            |column: &TableColumn| column.lengths.as_ref().map_or(0, |lengths| lengths.len() * size_of::<usize>());
        let values =
            |column: &TableColumn| column.values.shape.iter().product::<usize>() * column.values.dtype().bytes();
        self.columns.iter().map(|column| values(column) + lengths(column)).sum()
    }
}

#[derive(Debug)]
pub struct TableColumn {
    /// `[rows] ++ shape`
    pub values: Tensor,
    /// What the numbers stand for, where the file has names: classes, characters. Else empty.
    pub names: Vec<String>,
    /// Of rows of free length, how long each is; behind that `values` is filled with zeros.
    pub lengths: Option<Vec<usize>>,
}

impl TableColumn {
    fn numbers(values: Tensor) -> TableColumn {
        TableColumn { values, names: vec![], lengths: None }
    }
}

/// The tables of a run; each source is read once, however many data sets begin with it.
pub struct Tables<'f> {
    files: &'f Files,
    read: Vec<(DataSource, Vec<Field>, Arc<Table>)>,
    vocabularies: Vocabularies,
}

impl<'f> Tables<'f> {
    pub fn new(files: &'f Files) -> Tables<'f> {
        Tables { files, read: vec![], vocabularies: Vocabularies::default() }
    }

    /// Those that its texts are read with; the same for all who ask.
    pub fn vocabularies(&self) -> Vocabularies {
        self.vocabularies.clone()
    }

    /// The table that a data set begins with.
    pub fn get(&mut self, dataset: &Dataset) -> Result<Arc<Table>, Diagnostic> {
        let (source, fields) = (&dataset.source, &dataset.fields);
        if let Some((_, _, table)) = self.read.iter().find(|(s, f, _)| s == source && f == fields) {
            return Ok(table.clone());
        }
        let table = Arc::new(read(self.files, &self.vocabularies, source, fields)?);
        self.read.push((source.clone(), fields.clone(), table.clone()));
        Ok(table)
    }
}

fn read(
    files: &Files,
    vocabularies: &Vocabularies,
    source: &DataSource,
    fields: &[Field],
) -> Result<Table, Diagnostic> {
    let coder = |path, tokenizer: &'_ Option<Tokenizer>| {
        tokenizer.clone().map(|tokenizer| Coder { files, vocabularies, tokenizer, path })
    };
    match source {
        DataSource::Csv { path, columns, header, separator, tokenizer } => {
            let format = csv::Format { columns: columns.as_deref(), header: *header, separator: *separator };
            csv::read(files, path, &format, fields, coder(path, tokenizer).as_ref())
        }
        DataSource::Idx { paths } => idx::read(files, paths, fields),
        DataSource::Images { path, columns, resize } => {
            images::read(files, &images::Source { path, columns: columns.as_deref(), resize: *resize }, fields)
        }
        DataSource::Json { path, tokenizer } => json::read(files, path, fields, coder(path, tokenizer).as_ref()),
        DataSource::Wav { path, columns, rate } => {
            wav::read(files, &wav::Source { path, columns: columns.as_deref(), rate: *rate }, fields)
        }
        DataSource::Text { path, length, tokenizer } => {
            text::read(files, path, *length, fields, coder(path, tokenizer).as_ref())
        }
    }
}

fn open(files: &Files, path: &Path) -> Result<Cow<'static, [u8]>, Diagnostic> {
    files.read(&path.value).map_err(|error| {
        let message = format!("{} cannot be read: {error}", quoted(&path.value));
        let diagnostic = Diagnostic::error("E0701", path.span, message, "this file");
        if path.value.starts_with("std:") {
            diagnostic
        } else {
            let place = files.locate(&path.value);
            diagnostic.note(format!("dln looked for {}", quoted(&place.to_string_lossy())))
        }
    })
}

fn no_rows(path: &Path) -> Diagnostic {
    let message = format!("{} has no rows", quoted(&path.value));
    Diagnostic::error("E0709", path.span, message, "this file")
}

/// A text from a file as it can be shown: on one line, not too long, without control characters.
fn quoted(text: &str) -> String {
    const LONGEST: usize = 60;
    let mut shown: String = text.chars().take(LONGEST).collect::<String>().escape_debug().to_string();
    if text.chars().count() > LONGEST {
        shown.push_str("..");
    }
    format!("`{shown}`")
}
