//! Source files and positions in them. Reading a file is the rim's work: texts arrive here.

use super::{FileId, Span};

/// One file: the name to show, and its text.
#[derive(Clone, Debug)]
pub struct Source {
    pub id: FileId,
    pub name: String,
    pub text: String,
    line_starts: Vec<usize>,
}

impl Source {
    /// Line and column, both from 1; the column counts characters.
    pub fn position(&self, offset: usize) -> (usize, usize) {
        let offset = offset.min(self.text.len());
        let line = self.line_starts.partition_point(|&start| start <= offset) - 1;
        let start = self.line_starts[line];
        let column = self.text.get(start..offset).map_or(offset - start, |t| t.chars().count());
        (line + 1, column + 1)
    }

    /// The text of line `line`, counted from 1, without its line end.
    pub fn line(&self, line: usize) -> &str {
        let Some(&start) = line.checked_sub(1).and_then(|l| self.line_starts.get(l)) else {
            return "";
        };
        let end = self.line_starts.get(line).copied().unwrap_or(self.text.len());
        self.text[start..end].trim_end_matches(['\n', '\r'])
    }
}

/// All files of one run, in the order in which they were added.
#[derive(Clone, Debug, Default)]
pub struct Sources {
    files: Vec<Source>,
}

impl Sources {
    pub fn add(&mut self, name: impl Into<String>, text: impl Into<String>) -> FileId {
        let id = FileId::from(self.files.len());
        let text = text.into();
        let line_starts = std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect();
        self.files.push(Source { id, name: name.into(), text, line_starts });
        id
    }

    pub fn get(&self, id: FileId) -> Option<&Source> {
        self.files.get(id.index())
    }

    pub fn iter(&self) -> impl Iterator<Item = &Source> {
        self.files.iter()
    }

    /// The text that a span covers; empty for `Span::none()`.
    pub fn text(&self, span: Span) -> &str {
        self.get(span.file).and_then(|s| s.text.get(span.range())).unwrap_or("")
    }

    /// `file.dln:3:7`, for messages in one line.
    pub fn place(&self, span: Span) -> String {
        match self.get(span.file) {
            Some(source) => {
                let (line, column) = source.position(span.lo as usize);
                format!("{}:{line}:{column}", source.name)
            }
            None => "-".to_string(),
        }
    }
}
