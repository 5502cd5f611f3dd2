//! A table whose first column names a file for each row, seen from the table's folder; its other columns fill the other fields.

use super::csv::{self, Format};
use super::{TableColumn, quoted};
use crate::base::{Name, Spanned};
use crate::diag::Diagnostic;
use crate::io::Files;
use crate::tir::{Field, Path};
use crate::types::DType;

/// What a table says of its files.
pub struct Listed {
    /// Each file once, in order.
    pub places: Vec<String>,
    /// By row, which of them.
    pub order: Vec<usize>,
    /// The other columns.
    pub rest: Vec<TableColumn>,
}

/// `field` is what the files are read into.
pub fn read(
    files: &Files,
    path: &Path,
    columns: Option<&[Spanned<Name>]>,
    (field, rest): (&Field, &[Field]),
) -> Result<Listed, Diagnostic> {
    // Any names will do: they are the classes of a column without bound.
    let names = Field { dtype: DType::I64, bound: Some(usize::MAX), shape: vec![], free: None, ..field.clone() };
    let fields: Vec<Field> = std::iter::once(names).chain(rest.iter().cloned()).collect();
    let format = Format { columns, header: None, separator: None };
    let mut table = csv::read(files, path, &format, &fields, None)?;
    let named = table.columns.remove(0);
    if named.names.is_empty() {
        return Err(not_named(path));
    }
    let folder = path.value.rsplit_once('/').map_or(String::new(), |(folder, _)| format!("{folder}/"));
    let places = named.names.iter().map(|name| format!("{folder}{name}")).collect();
    let order = named.values.to_f64().into_iter().map(|place| place as usize).collect();
    Ok(Listed { places, order, rest: table.columns })
}

fn not_named(path: &Path) -> Diagnostic {
    let message = format!("the first column of {} has no names of files", quoted(&path.value));
    Diagnostic::error("E0703", path.span, message, "this table")
        .help("the first column names the files; `columns: [\"file\", \"word\"]` chooses columns by name")
}
