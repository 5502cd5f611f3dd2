//! Cells and other pieces of text become the elements of a field.

use super::column::{Column, Misfit, Number};
use super::{TableColumn, quoted, ragged, tokens};
use crate::diag::Diagnostic;
use crate::tir::{Field, Path};
use std::borrow::Cow;
use std::collections::BTreeMap;

/// What is wrong with a cell; the text finishes a sentence that begins with the cell.
pub struct Wrong {
    pub code: &'static str,
    pub text: String,
    pub help: Option<Cow<'static, str>>,
}

/// Fills one field. Class names become numbers: the positions in the sorted list of all names of the column.
pub enum Filler<'f> {
    Numbers(Column<'f>),
    Names {
        field: &'f Field,
        /// By name: the number given to it when it was first seen.
        seen: BTreeMap<String, usize>,
        values: Vec<usize>,
    },
    /// Every cell has as many elements as it likes, between blanks.
    Ragged {
        elements: Box<Filler<'f>>,
        lengths: Vec<usize>,
    },
    /// Every cell is a text, which becomes tokens when all of them are there.
    Texts {
        field: &'f Field,
        texts: Vec<String>,
    },
}

impl<'f> Filler<'f> {
    /// With `tokens`, a field of codes takes texts.
    pub fn new(field: &'f Field, tokens: bool) -> Filler<'f> {
        if tokens && tokens::is_text(field) {
            return Filler::Texts { field, texts: vec![] };
        }
        let elements = Filler::Numbers(Column::new(field));
        match field.free {
            Some(_) => Filler::Ragged { elements: Box::new(elements), lengths: vec![] },
            None => elements,
        }
    }

    pub fn field(&self) -> &'f Field {
        match self {
            Filler::Numbers(column) => column.field,
            Filler::Names { field, .. } | Filler::Texts { field, .. } => field,
            Filler::Ragged { elements, .. } => elements.field(),
        }
    }

    /// The texts of a column that becomes tokens.
    pub fn texts(&self) -> &[String] {
        match self {
            Filler::Texts { texts, .. } => texts,
            _ => &[],
        }
    }

    pub fn width(&self) -> usize {
        self.field().shape.iter().product()
    }

    pub fn push(&mut self, cell: &str) -> Result<(), Wrong> {
        if cell.trim().is_empty() {
            return Err(Wrong { code: "E0703", text: "is no value".to_string(), help: Some(GAP.into()) });
        }
        if let Filler::Texts { texts, .. } = self {
            texts.push(cell.to_string());
            return Ok(());
        }
        if let Filler::Ragged { elements, lengths } = self {
            lengths.push(cell.split_whitespace().count());
            return cell.split_whitespace().try_for_each(|element| elements.push(element));
        }
        let number = Number::parse(cell);
        if number.is_none() && self.takes_names() {
            self.push_name(cell.trim());
            return Ok(());
        }
        match (self, number) {
            (Filler::Numbers(column), Some(number)) => column.push(number).map_err(|misfit| Wrong {
                code: misfit.code(),
                text: misfit.to_string(),
                help: from_one(misfit, number).or_else(|| is_missing(cell).then_some(GAP.into())),
            }),
            (Filler::Numbers(column), None) => Err(not_a_number(column.field, cell)),
            (Filler::Names { .. }, Some(_)) => Err(Wrong {
                code: "E0703",
                text: "is a number, and the column began with names".to_string(),
                help: None,
            }),
            (Filler::Names { .. }, None) => unreachable!("a column of names takes names"),
            (Filler::Ragged { .. } | Filler::Texts { .. }, _) => unreachable!("taken above"),
        }
    }

    /// Begins a row of free length; its elements come by `push_element`.
    pub fn begin_row(&mut self, length: usize) {
        if let Filler::Ragged { lengths, .. } = self {
            lengths.push(length);
        }
    }

    pub fn push_element(&mut self, cell: &str) -> Result<(), Wrong> {
        match self {
            Filler::Ragged { elements, .. } => elements.push(cell),
            whole => whole.push(cell),
        }
    }

    /// A column of `idx<V>` whose first cell is a name holds names.
    fn takes_names(&self) -> bool {
        match self {
            Filler::Numbers(column) => column.field.bound.is_some() && column.is_empty(),
            Filler::Names { .. } => true,
            Filler::Ragged { .. } | Filler::Texts { .. } => false,
        }
    }

    fn push_name(&mut self, name: &str) {
        if let Filler::Numbers(column) = self {
            *self = Filler::Names { field: column.field, seen: BTreeMap::new(), values: vec![] };
        }
        if let Filler::Names { seen, values, .. } = self {
            let next = seen.len();
            values.push(match seen.get(name) {
                Some(&number) => number,
                None => *seen.entry(name.to_string()).or_insert(next),
            });
        }
    }

    pub fn finish(self, rows: usize, path: &Path) -> Result<TableColumn, Diagnostic> {
        let (field, seen, values) = match self {
            Filler::Numbers(column) => return Ok(TableColumn::numbers(column.finish(rows))),
            Filler::Names { field, seen, values } => (field, seen, values),
            Filler::Texts { .. } => unreachable!("texts become tokens with all others of their table"),
            Filler::Ragged { elements, lengths } => {
                let elements = elements.finish(lengths.iter().sum(), path)?;
                return Ok(ragged::filled(elements, lengths));
            }
        };
        let bound = field.bound.unwrap_or(usize::MAX);
        if seen.len() > bound {
            return Err(too_many_names(path, field, bound, seen.len()));
        }
        let mut rank = vec![0; seen.len()];
        for (position, &number) in seen.values().enumerate() {
            rank[number] = position as i64;
        }
        let mut column = Column::new(field);
        for value in values {
            let pushed = column.push(Number::Whole(rank[value]));
            pushed.expect("the names were counted against the bound");
        }
        Ok(TableColumn { values: column.finish(rows), names: seen.into_keys().collect(), lengths: None })
    }
}

/// What to declare where a class is the first that is too many: many files count from 1.
fn from_one(misfit: Misfit, number: Number) -> Option<Cow<'static, str>> {
    let Misfit::Bound(bound) = misfit else { return None };
    let text = "if the file counts its classes from 1, there is one more number than classes";
    (number.whole() == i64::try_from(bound).ok()).then(|| format!("{text}: `idx<{}>`", bound + 1).into())
}

/// The way out of a missing value.
const GAP: &str = "fill the gap or leave out the row; dln does not guess missing values";

/// Whether a table says so that a value is missing.
fn is_missing(cell: &str) -> bool {
    ["?", "-", "na", "n/a", "nan", "null", "none"].contains(&cell.trim().to_lowercase().as_str())
}

fn not_a_number(field: &Field, cell: &str) -> Wrong {
    let help = match field.bound {
        None if is_missing(cell) => Some(GAP.into()),
        None => Some("a column of class names can be read into a field of type `idx<V>`".into()),
        Some(_) => None,
    };
    Wrong { code: "E0703", text: "is not a number".to_string(), help }
}

fn too_many_names(path: &Path, field: &Field, bound: usize, found: usize) -> Diagnostic {
    let message = format!(
        "{}: the column of `{}` has {found} different names, and `idx<{bound}>` has room for {bound}",
        quoted(&path.value),
        field.name,
    );
    Diagnostic::error("E0704", path.span, message, "this file").help(format!("write `idx<{found}>`"))
}
