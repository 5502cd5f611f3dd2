//! Delimited text. Columns fill the fields from left to right; every cell is checked, and a wrong one is named by file,
//! line and column.

use super::column::Number;
use super::fill::{Filler, Wrong};
use super::tokens::{self, Coder};
use super::{Table, no_rows, open, quoted};
use crate::base::{Name, Span, Spanned};
use crate::diag::{Diagnostic, nearest};
use crate::io::Files;
use crate::tir::{Field, Path};

/// Columns of a header that a message lists.
const SHOWN: usize = 30;

/// How the text is to be read; see `tir::DataSource::Csv`.
pub struct Format<'a> {
    pub columns: Option<&'a [Spanned<Name>]>,
    pub header: Option<bool>,
    pub separator: Option<char>,
}

/// One line: where it is, and its cells.
struct Row {
    line: u64,
    cells: ::csv::StringRecord,
}

pub fn read(
    files: &Files,
    path: &Path,
    format: &Format,
    fields: &[Field],
    coder: Option<&Coder>,
) -> Result<Table, Diagnostic> {
    let bytes = open(files, path)?;
    let mut rows = rows(&bytes, path, separator(path, format))?.peekable();
    let header = match rows.peek() {
        Some(Ok(first)) if format.header.unwrap_or_else(|| is_header(&first.cells)) => {
            rows.next().transpose()?.map(|row| names(&row.cells))
        }
        _ => None,
    };
    let file = Layout::new(path, format.columns, header, fields)?;
    let mut columns: Vec<Filler> = fields.iter().map(|field| Filler::new(field, coder.is_some())).collect();
    let mut count = 0;
    for row in rows {
        file.take_row(&row?, &mut columns)?;
        count += 1;
    }
    if count == 0 {
        return Err(no_rows(path));
    }
    tokens::table(columns, count, path, coder)
}

fn separator(path: &Path, format: &Format) -> char {
    let tabs = path.value.to_lowercase().ends_with(".tsv");
    format.separator.unwrap_or(if tabs { '\t' } else { ',' })
}

/// The reader's place is before the empty lines that it passes over.
fn line(bytes: &[u8], at: &::csv::Position) -> u64 {
    let rest = usize::try_from(at.byte()).ok().and_then(|byte| bytes.get(byte..)).unwrap_or(&[]);
    let empty = rest.iter().take_while(|&&byte| matches!(byte, b'\r' | b'\n'));
    at.line() + empty.filter(|&&byte| byte == b'\n').count() as u64
}

fn names(cells: &::csv::StringRecord) -> Vec<String> {
    cells.iter().map(|cell| cell.trim().to_string()).collect()
}

/// A header names columns, so no cell of it is a number.
fn is_header(cells: &::csv::StringRecord) -> bool {
    cells.iter().all(|cell| Number::parse(cell).is_none())
}

fn rows<'b>(
    bytes: &'b [u8],
    path: &'b Path,
    separator: char,
) -> Result<impl Iterator<Item = Result<Row, Diagnostic>> + 'b, Diagnostic> {
    let separator = u8::try_from(separator).map_err(|_| wide_separator(path, separator))?;
    let reader = ::csv::ReaderBuilder::new().has_headers(false).flexible(true).delimiter(separator).from_reader(bytes);
    Ok(reader.into_records().map(move |record| match record {
        Ok(record) => Ok(Row { line: record.position().map_or(0, |at| line(bytes, at)), cells: record }),
        Err(error) => Err(malformed(path, &error)),
    }))
}

/// Which columns of a file go where.
struct Layout<'a> {
    path: &'a Path,
    header: Option<Vec<String>>,
    /// The selected columns, in the order of the fields; all of them without a selection.
    selected: Option<Vec<usize>>,
    fields: &'a [Field],
}

impl<'a> Layout<'a> {
    fn new(
        path: &'a Path,
        columns: Option<&[Spanned<Name>]>,
        header: Option<Vec<String>>,
        fields: &'a [Field],
    ) -> Result<Layout<'a>, Diagnostic> {
        let selected = match columns {
            Some(names) => Some(select(path, names, header.as_deref())?),
            None => None,
        };
        let layout = Layout { path, header, selected, fields };
        match (&layout.selected, &layout.header) {
            (Some(selected), _) if selected.len() != layout.width() => {
                Err(layout.wrong_count(path.span, selected.len(), "the selection", None))
            }
            (None, Some(header)) if header.len() != layout.width() => {
                Err(layout.wrong_count(path.span, header.len(), "the header", None))
            }
            _ => Ok(layout),
        }
    }

    /// How many cells the fields take.
    fn width(&self) -> usize {
        self.fields.iter().map(|f| f.shape.iter().product::<usize>()).sum()
    }

    fn take_row(&self, row: &Row, columns: &mut [Filler]) -> Result<(), Diagnostic> {
        let whole = self.header.as_ref().map_or(self.width(), Vec::len);
        if row.cells.len() != whole {
            let line = Some(row.line);
            return Err(self.wrong_count(self.path.span, row.cells.len(), "it", line));
        }
        let mut places = 0..;
        for column in columns {
            for place in places.by_ref().take(column.width()) {
                let at = self.selected.as_ref().map_or(place, |s| s[place]);
                column.push(&row.cells[at]).map_err(|wrong| self.wrong_cell(row, at, column.field(), wrong))?;
            }
        }
        Ok(())
    }

    fn wrong_cell(&self, row: &Row, at: usize, field: &Field, wrong: Wrong) -> Diagnostic {
        let name = self.header.as_ref().map_or(String::new(), |h| format!(" ({})", quoted(&h[at])));
        let place = format!("{}, line {}, column {}{name}", quoted(&self.path.value), row.line, at + 1);
        let message = format!("{place}: {} {}", quoted(&row.cells[at]), wrong.text);
        let mut diagnostic = Diagnostic::error(wrong.code, self.path.span, message, "this file");
        if !field.span.is_none() {
            diagnostic = diagnostic.label(field.span, format!("the column is read into `{}`", field.name));
        }
        match wrong.help {
            Some(help) => diagnostic.help(help),
            None => diagnostic,
        }
    }

    /// `"x", "y"`, where every field takes one column and the header has one of its name.
    fn named_like_fields(&self) -> Option<String> {
        let header = self.header.as_ref()?;
        let named = |field: &Field| field.shape.is_empty() && header.iter().any(|name| **name == *field.name);
        let names = || self.fields.iter().map(|field| format!("\"{}\"", field.name));
        self.fields.iter().all(named).then(|| names().collect::<Vec<_>>().join(", "))
    }

    fn wrong_count(&self, span: Span, found: usize, what: &str, line: Option<u64>) -> Diagnostic {
        let place = line.map_or(String::new(), |line| format!(", line {line}"));
        let expected = match (line, &self.header) {
            (Some(_), Some(header)) => format!("the header has {}", header.len()),
            _ => format!("the fields take {}", self.width()),
        };
        let message =
            format!("{}{place}: {what} has {} and {expected}", quoted(&self.path.value), count(found, "column"),);
        let fields = self.fields.iter().map(|f| format!("{}: {}", f.name, cells(f)));
        let fields: Vec<String> = fields.collect();
        let diagnostic = Diagnostic::error("E0702", span, message, "this file")
            .note(format!("the fields are {}", fields.join(", ")));
        if line.is_none() && self.selected.is_none() {
            let chosen = self.named_like_fields().unwrap_or_else(|| "\"a\", \"b\"".to_string());
            diagnostic.help(format!("choose some with `columns: [{chosen}]`, or change the sizes of the fields"))
        } else {
            diagnostic
        }
    }
}

fn cells(field: &Field) -> String {
    count(field.shape.iter().product(), "column")
}

fn count(n: usize, what: &str) -> String {
    format!("{n} {what}{}", if n == 1 { "" } else { "s" })
}

/// The positions of columns by name.
fn select(path: &Path, names: &[Spanned<Name>], header: Option<&[String]>) -> Result<Vec<usize>, Diagnostic> {
    let header = header.ok_or_else(|| no_header(path, names))?;
    let find = |name: &Spanned<Name>| {
        let at = header.iter().position(|h| h == &*name.value);
        at.ok_or_else(|| unknown_column(path, name, header))
    };
    names.iter().map(find).collect()
}

fn no_header(path: &Path, names: &[Spanned<Name>]) -> Diagnostic {
    let span = names.first().map_or(path.span, |name| name.span);
    let message = format!("{} has no header that would name its columns", quoted(&path.value));
    Diagnostic::error("E0705", span, message, "columns are chosen by name here").label(path.span, "this file")
}

fn unknown_column(path: &Path, name: &Spanned<Name>, header: &[String]) -> Diagnostic {
    let message = format!("{} has no column `{}`", quoted(&path.value), name.value);
    let columns: Vec<String> = header.iter().take(SHOWN).map(|h| quoted(h)).collect();
    let more = if header.len() > SHOWN { ", .." } else { "" };
    let diagnostic = Diagnostic::error("E0705", name.span, message, "not in the header")
        .note(format!("its columns are {}{more}", columns.join(", ")));
    match nearest(&name.value, header.iter().map(String::as_str)) {
        Some(near) => diagnostic.help(format!("did you mean {}?", quoted(near))),
        None => diagnostic,
    }
}

fn malformed(path: &Path, error: &::csv::Error) -> Diagnostic {
    let line = error.position().map_or(String::new(), |p| format!(", line {}", p.line()));
    let what = match error.kind() {
        ::csv::ErrorKind::Utf8 { err, .. } => {
            format!("the {} is not UTF-8 text", nth_cell(err.field()))
        }
        _ => error.to_string(),
    };
    let message = format!("{}{line}: {what}", quoted(&path.value));
    Diagnostic::error("E0703", path.span, message, "this file")
}

fn nth_cell(field: usize) -> String {
    format!("cell in column {}", field + 1)
}

fn wide_separator(path: &Path, separator: char) -> Diagnostic {
    let message = format!("`{separator}` cannot separate columns: it is more than one byte long");
    Diagnostic::error("E0702", path.span, message, "of this file")
}
