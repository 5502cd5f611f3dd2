//! Which vocabulary the texts of a table are read with, and what their codes stand for.

use super::column::{Column, Number};
use super::fill::Filler;
use super::vocabulary::Vocabulary;
use super::{Table, TableColumn, quoted, ragged, text};
use crate::base::Span;
use crate::diag::Diagnostic;
use crate::io::Files;
use crate::ops::Tensor;
use crate::tir::{Field, Learned, Path, Tokenizer};
use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

/// The vocabularies of a run, each read or learned once.
#[derive(Clone, Debug, Default)]
pub struct Vocabularies {
    known: Rc<RefCell<Vec<Known>>>,
}

#[derive(Debug)]
struct Known {
    key: String,
    learned: bool,
    vocabulary: Arc<Vocabulary>,
}

impl Vocabularies {
    /// What was learned so far: what it is and from where, and the text of its `tokenizer.json`.
    pub fn learned(&self) -> Vec<(String, String)> {
        let known = self.known.borrow();
        known.iter().filter(|known| known.learned).map(|known| (known.key.clone(), known.vocabulary.text())).collect()
    }

    /// Uses what was learned before, rather than learning it again.
    pub fn take_up(&self, learned: &[(String, String)]) -> Result<(), String> {
        for (key, text) in learned {
            let vocabulary = Arc::new(Vocabulary::parse(text.as_bytes())?);
            self.known.borrow_mut().push(Known { key: key.clone(), learned: true, vocabulary });
        }
        Ok(())
    }

    /// Writes what was learned beside the weights at `path`: `tokenizer.json`, `tokenizer-2.json` and so on.
    pub fn save(&self, files: &Files, path: &str, span: Span) -> Result<(), Diagnostic> {
        let folder = path.rsplit_once('/').map_or(String::new(), |(folder, _)| format!("{folder}/"));
        for (number, (_, text)) in (1..).zip(self.learned()) {
            let number = if number == 1 { String::new() } else { format!("-{number}") };
            let path = format!("{folder}tokenizer{number}.json");
            files.write(&path, text.as_bytes()).map_err(|error| {
                Diagnostic::error("E0903", span, format!("`{path}` cannot be written: {error}"), "written here")
            })?;
        }
        Ok(())
    }

    fn get(
        &self,
        key: String,
        learned: bool,
        make: impl FnOnce() -> Result<Vocabulary, Diagnostic>,
    ) -> Result<Arc<Vocabulary>, Diagnostic> {
        if let Some(known) = self.known.borrow().iter().find(|known| known.key == key) {
            return Ok(known.vocabulary.clone());
        }
        let vocabulary = Arc::new(make()?);
        self.known.borrow_mut().push(Known { key, learned, vocabulary: vocabulary.clone() });
        Ok(vocabulary)
    }
}

/// What the codes of a table's texts stand for.
#[derive(Clone, Debug)]
pub enum Spelling {
    /// By code.
    Characters(Vec<char>),
    Tokens(Arc<Vocabulary>),
}

impl Spelling {
    /// Codes as text: the last axis is a line. A code that no character has is U+FFFD.
    pub fn spelled(&self, codes: &Tensor) -> String {
        let length = codes.shape.last().copied().unwrap_or(1).max(1);
        let codes: Vec<i64> = codes.to_f64().iter().map(|&code| code as i64).collect();
        let lines: Vec<String> = codes.chunks(length).map(|line| self.line(line)).collect();
        lines.join("\n")
    }

    fn line(&self, codes: &[i64]) -> String {
        match self {
            Spelling::Tokens(vocabulary) => vocabulary.decode(codes),
            Spelling::Characters(characters) => {
                let letter = |&code: &i64| usize::try_from(code).ok().and_then(|code| characters.get(code));
                codes.iter().map(|code| *letter(code).unwrap_or(&char::REPLACEMENT_CHARACTER)).collect()
            }
        }
    }
}

/// How the texts of one source become tokens.
pub struct Coder<'t> {
    pub files: &'t Files,
    pub vocabularies: &'t Vocabularies,
    pub tokenizer: Tokenizer,
    /// What is read.
    pub path: &'t Path,
}

impl Coder<'_> {
    /// The vocabulary, which may be that of the texts themselves.
    pub fn vocabulary(&self, texts: &[&str]) -> Result<Arc<Vocabulary>, Diagnostic> {
        match &self.tokenizer {
            Tokenizer::Published(path) => {
                let key = format!("published in {}", path.value);
                self.vocabularies.get(key, false, || Vocabulary::read(self.files, path))
            }
            Tokenizer::Learned(how) => {
                let key = format!("{how} of {}", how.from.as_ref().unwrap_or(self.path).value);
                self.vocabularies.get(key, true, || self.learned(how, texts))
            }
        }
    }

    fn learned(&self, how: &Learned, texts: &[&str]) -> Result<Vocabulary, Diagnostic> {
        let learned = match &how.from {
            None => Vocabulary::learn(how, texts),
            Some(from) => {
                let text = text::contents(self.files, from)?;
                let texts: Vec<&str> = text.split_inclusive('\n').flat_map(|line| line.split('\t')).collect();
                Vocabulary::learn(how, &texts)
            }
        };
        learned.map_err(|why| self.refused(&why))
    }

    /// Texts as a column, each a row of its own length.
    pub fn rows(&self, vocabulary: &Vocabulary, field: &Field, texts: &[String]) -> Result<TableColumn, Diagnostic> {
        let rows: Result<Vec<_>, _> = texts.iter().map(|text| self.encoded(vocabulary, text, true)).collect();
        self.ragged(vocabulary, field, &rows?)
    }

    pub fn ragged(
        &self,
        vocabulary: &Vocabulary,
        field: &Field,
        rows: &[impl AsRef<[i64]>],
    ) -> Result<TableColumn, Diagnostic> {
        let lengths: Vec<usize> = rows.iter().map(|row| row.as_ref().len()).collect();
        let codes = rows.iter().flat_map(|row| row.as_ref()).copied();
        let elements = self.column(vocabulary, field, codes)?.finish(lengths.iter().sum());
        Ok(ragged::filled(TableColumn::numbers(elements), lengths))
    }

    /// The codes of a text; with what stands around a row if it is one.
    pub fn encoded(&self, vocabulary: &Vocabulary, text: &str, row: bool) -> Result<Vec<i64>, Diagnostic> {
        vocabulary.encode(text, row).map_err(|why| self.refused(&why))
    }

    /// Codes in a field that has room for all of the vocabulary.
    pub fn column<'f>(
        &self,
        vocabulary: &Vocabulary,
        field: &'f Field,
        mut codes: impl Iterator<Item = i64>,
    ) -> Result<Column<'f>, Diagnostic> {
        let mut column = Column::new(field);
        let short = codes.any(|code| column.push(Number::Whole(code)).is_err());
        match short || field.bound.is_some_and(|bound| bound < vocabulary.size()) {
            true => Err(self.too_many(field, vocabulary.size())),
            false => Ok(column),
        }
    }

    fn refused(&self, why: &str) -> Diagnostic {
        let message = format!("{} gives no tokens: {why}", self.tokenizer);
        Diagnostic::error("E0713", self.tokenizer.span(), message, "this tokenizer")
    }

    fn too_many(&self, field: &Field, found: usize) -> Diagnostic {
        let bound = field.bound.map_or_else(|| field.dtype.to_string(), |bound| bound.to_string());
        let name = quoted(&self.tokenizer.to_string());
        let message = format!("{name} has {found} tokens, and `{}` has room for {bound}", field.name);
        let diagnostic = Diagnostic::error("E0704", self.tokenizer.span(), message, "this tokenizer")
            .help(format!("write `idx<{found}>`"));
        if field.span.is_none() { diagnostic } else { diagnostic.label(field.span, "declared here") }
    }
}

/// Which texts of a source become tokens: those of fields with free length and a bound.
pub fn is_text(field: &Field) -> bool {
    field.bound.is_some() && field.free.is_some() && field.shape.is_empty()
}

/// The table of what was read; all texts together have one vocabulary.
pub fn table(columns: Vec<Filler>, rows: usize, path: &Path, coder: Option<&Coder>) -> Result<Table, Diagnostic> {
    let texts: Vec<&str> = columns.iter().flat_map(Filler::texts).map(String::as_str).collect();
    let coder = coder.map(|coder| Ok::<_, Diagnostic>((coder, coder.vocabulary(&texts)?))).transpose()?;
    let column = |column: Filler| match (column, &coder) {
        (Filler::Texts { field, texts }, Some((coder, vocabulary))) => coder.rows(vocabulary, field, &texts),
        (column, _) => column.finish(rows, path),
    };
    let columns = columns.into_iter().map(column).collect::<Result<_, _>>()?;
    Ok(Table { rows, columns, spelling: coder.map(|(_, vocabulary)| Spelling::Tokens(vocabulary)) })
}
