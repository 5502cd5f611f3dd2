//! What the server knows of a program, for a prompt: one text before the line that is being written, no files and no protocol.

use std::collections::BTreeMap;
use std::path::PathBuf;

use lsp_types::ParameterLabel;

use super::complete;
use super::place::{self, Text};
use super::project::{Analysis, Document, analyse};

/// A word that could stand at a place.
#[derive(Clone, Debug, PartialEq)]
pub struct Word {
    pub name: String,
    /// What is written for it.
    pub text: String,
    pub detail: Option<String>,
}

/// What is known of the program before a prompt.
pub struct Prompt {
    analysis: Analysis,
    path: PathBuf,
}

impl Prompt {
    /// Of a program whose paths begin at `folder`.
    pub fn new(program: String, folder: PathBuf) -> Option<Prompt> {
        let path = folder.join("session.dln");
        let analysis = analyse(&document(&path, program)?, BTreeMap::new(), &folder)?;
        Some(Prompt { analysis, path })
    }

    /// The text of the program.
    pub fn program(&self) -> &str {
        &self.analysis.text.text
    }

    /// Words for byte `at` of a line behind the program, the likely ones first.
    pub fn words(&self, line: &str, at: usize) -> Vec<Word> {
        let Some((document, place)) = self.place(line, at) else { return vec![] };
        let mut items = complete::completions(&self.analysis, &document, place);
        items.sort_by(|a, b| a.sort_text.is_none().cmp(&b.sort_text.is_none()).then(a.label.cmp(&b.label)));
        let word = |item: lsp_types::CompletionItem| Word {
            text: item.insert_text.unwrap_or_else(|| item.label.clone()),
            name: item.label,
            detail: item.detail,
        };
        items.into_iter().map(word).collect()
    }

    /// What the call that is open at byte `at` takes, from the argument on that is written there.
    pub fn rest_of_call(&self, line: &str, at: usize) -> Option<String> {
        let (document, place) = self.place(line, at)?;
        let help = complete::signature(&self.analysis, &document, place)?;
        let signature = help.signatures.first()?;
        let active = help.active_parameter? as usize;
        let name = |label: &ParameterLabel| match label {
            ParameterLabel::Simple(name) => name.clone(),
            ParameterLabel::LabelOffsets(_) => String::new(),
        };
        let rest: Vec<String> =
            signature.parameters.iter().flatten().skip(active).map(|parameter| name(&parameter.label)).collect();
        let all = || signature.label.split_once('[').and_then(|(_, rest)| rest.split_once(']')).map(|(sizes, _)| sizes);
        match complete::is_of_sizes(&line[..at]) {
            _ if rest.is_empty() => None,
            true if active == 0 => Some(format!("{}]", all()?)),
            true => Some(format!("{}]", rest.join(", "))),
            false => Some(format!("{})", rest.join(", "))),
        }
    }

    fn place(&self, line: &str, at: usize) -> Option<(Document, lsp_types::Position)> {
        let document = document(&self.path, format!("{}\n{line}", self.program()))?;
        let place = document.text.position(self.program().len() + 1 + at);
        Some((document, place))
    }
}

fn document(path: &std::path::Path, text: String) -> Option<Document> {
    Some(Document { uri: place::uri(path)?, path: path.to_path_buf(), version: 0, text: Text::new(text) })
}
