//! How texts become codes: what is to be read or learned. `data` does it, when the program runs.

use super::Path;
use crate::base::{Name, Span};
use std::fmt;

/// The tokens of a vocabulary.
#[derive(Clone, Debug, PartialEq)]
pub enum Tokenizer {
    /// A `tokenizer.json`, or a `vocab.json` with the `merges.txt` beside it.
    Published(Path),
    Learned(Learned),
}

/// A vocabulary that is learned from texts.
#[derive(Clone, Debug, PartialEq)]
pub struct Learned {
    pub pieces: Pieces,
    /// Codes at most.
    pub size: usize,
    /// The text that it is learned from; without it, what is read with it.
    pub from: Option<Path>,
    /// Texts that stand around every row, as tokens of their own.
    pub begin: Option<Name>,
    pub end: Option<Name>,
    pub span: Span,
}

/// What tokens are made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pieces {
    /// Bytes, of which the most frequent pairs became tokens.
    Bytes,
    /// The most frequent words.
    Words,
}

impl Learned {
    /// The token that rows are filled with, 0.
    pub const PAD: &str = "<pad>";
    /// The token of words that are not in the vocabulary.
    pub const UNKNOWN: &str = "<unk>";

    /// The tokens that no text has, by code from 0.
    pub fn special(&self) -> Vec<Name> {
        let unknown = (self.pieces == Pieces::Words).then(|| Learned::UNKNOWN.into());
        let around = self.begin.iter().chain(&self.end).cloned();
        let mut special: Vec<Name> = [Learned::PAD.into()].into_iter().chain(unknown).collect();
        for text in around {
            if !special.contains(&text) {
                special.push(text);
            }
        }
        special
    }

    /// Codes that there are before anything is learned.
    pub fn least(&self) -> usize {
        let bytes = if self.pieces == Pieces::Bytes { 256 } else { 0 };
        bytes + self.special().len()
    }
}

/// As it is written, but for the text that it is learned from.
impl fmt::Display for Learned {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = match self.pieces {
            Pieces::Bytes => "bpe",
            Pieces::Words => "words",
        };
        write!(f, "{name}({}", self.size)?;
        for (name, text) in [("begin", &self.begin), ("end", &self.end)] {
            if let Some(text) = text {
                write!(f, ", {name}: {text:?}")?;
            }
        }
        f.write_str(")")
    }
}

impl Tokenizer {
    pub fn span(&self) -> Span {
        match self {
            Tokenizer::Published(path) => path.span,
            Tokenizer::Learned(learned) => learned.span,
        }
    }
}

impl fmt::Display for Tokenizer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Tokenizer::Published(path) => f.write_str(&path.value),
            Tokenizer::Learned(learned) => learned.fmt(f),
        }
    }
}
