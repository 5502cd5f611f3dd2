//! Pictures: PNG and JPEG files, below a folder or named by a table. Every pixel becomes whole numbers from 0 to 255, as many
//! as the field has channels.

mod folder;
mod picture;
#[cfg(test)]
mod tests;

use super::column::{Column, Number};
use super::{Table, TableColumn, listed};
use crate::base::{Name, Span, Spanned};
use crate::diag::Diagnostic;
use crate::io::Files;
use crate::tir::{Field, Path, Resize, is_table};
use picture::Frame;
use rayon::prelude::*;

/// What the program says of the pictures.
pub struct Source<'a> {
    /// A folder, or a table (`.csv`, `.tsv`).
    pub path: &'a Path,
    pub columns: Option<&'a [Spanned<Name>]>,
    pub resize: Option<Resize>,
}

/// What is wrong with one of many files.
#[derive(Debug)]
struct Wrong {
    code: &'static str,
    message: String,
    help: Option<String>,
}

impl Wrong {
    fn new(code: &'static str, message: String) -> Wrong {
        Wrong { code, message, help: None }
    }

    fn help(self, help: impl Into<String>) -> Wrong {
        Wrong { help: Some(help.into()), ..self }
    }

    fn at(self, path: &Path, field: &Field) -> Diagnostic {
        let mut diagnostic = Diagnostic::error(self.code, path.span, self.message, "read from here");
        if field.span != Span::none() {
            diagnostic = diagnostic.label(field.span, "into this field");
        }
        match self.help {
            Some(help) => diagnostic.help(help),
            None => diagnostic,
        }
    }
}

/// The first field is the picture. Behind it stands, for a folder, the class of each, which is the name of the sub-folder that
/// it lies in; for a table, what its other columns have.
pub fn read(files: &Files, source: &Source, fields: &[Field]) -> Result<Table, Diagnostic> {
    let Some((field, rest)) = fields.split_first() else {
        return Ok(Table { rows: 0, columns: vec![], spelling: None });
    };
    let (places, order, others) = if is_table(&source.path.value) {
        let listed = listed::read(files, source.path, source.columns, (field, rest))?;
        (listed.places, listed.order, listed.rest)
    } else {
        let (places, classes) = folder::read(files, source.path, field, rest.first())?;
        let order = (0..places.len()).collect();
        (places, order, classes.into_iter().collect())
    };
    let pictures = all(files, source, &places, field).map_err(|wrong| wrong.at(source.path, field))?;
    let mut columns = vec![filled(&pictures, &order, field).map_err(|wrong| wrong.at(source.path, field))?];
    columns.extend(others);
    Ok(Table { rows: order.len(), columns, spelling: None })
}

/// The pixels of each file, read side by side; of several broken ones the first is named, whatever the number of processors.
fn all(files: &Files, source: &Source, places: &[String], field: &Field) -> Result<Vec<Vec<u8>>, Wrong> {
    let frame = Frame::of(field, source.resize);
    let read: Vec<Result<Vec<u8>, Wrong>> =
        places.par_iter().map(|place| picture::read(files, place, &frame)).collect();
    read.into_iter().collect()
}

fn filled(pictures: &[Vec<u8>], order: &[usize], field: &Field) -> Result<TableColumn, Wrong> {
    let mut column = Column::new(field);
    for level in order.iter().flat_map(|&at| &pictures[at]) {
        let pushed = column.push(Number::Whole((*level).into()));
        pushed.map_err(|misfit| Wrong::new(misfit.code(), format!("a level of {level} {misfit}")))?;
    }
    Ok(TableColumn::numbers(column.finish(order.len())))
}
