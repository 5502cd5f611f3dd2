//! Texts as pieces of words, by the vocabulary of a `tokenizer.json`: WordPiece, as BERT reads (Devlin et al., 2018; Wu et al.,
//! 2016, arXiv 1609.08144).

use super::{open, quoted};
use crate::diag::Diagnostic;
use crate::io::Files;
use crate::tir::Path;
use serde::Deserialize;
use std::collections::BTreeMap;
use unicode_normalization::UnicodeNormalization;
use unicode_properties::{GeneralCategory, GeneralCategoryGroup, UnicodeGeneralCategory};

/// How texts become tokens.
#[derive(Debug, Deserialize)]
pub struct WordPiece {
    normalizer: Normalizer,
    pre_tokenizer: Kind,
    model: Model,
    post_processor: Option<Template>,
    /// Texts that are one token wherever they stand, such as `[MASK]`.
    #[serde(default)]
    added_tokens: Vec<Added>,
}

#[derive(Debug, Deserialize)]
struct Added {
    id: i64,
    content: String,
}

/// What is done to a text first.
#[derive(Debug, Deserialize)]
struct Normalizer {
    #[serde(rename = "type")]
    kind: String,
    clean_text: bool,
    handle_chinese_chars: bool,
    /// As `lowercase` where it is not said.
    strip_accents: Option<bool>,
    lowercase: bool,
}

#[derive(Debug, Deserialize)]
struct Kind {
    #[serde(rename = "type")]
    kind: String,
}

#[derive(Debug, Deserialize)]
struct Model {
    #[serde(rename = "type")]
    kind: String,
    unk_token: String,
    continuing_subword_prefix: String,
    max_input_chars_per_word: usize,
    vocab: BTreeMap<String, i64>,
}

/// What stands around the pieces of one text.
#[derive(Debug, Deserialize)]
struct Template {
    single: Vec<Slot>,
}

#[derive(Debug, Deserialize)]
enum Slot {
    SpecialToken { id: String },
    Sequence {},
}

impl WordPiece {
    pub fn read(files: &Files, path: &Path) -> Result<WordPiece, Diagnostic> {
        let bytes = open(files, path)?;
        let read = serde_json::from_slice(&bytes).map_err(|error| error.to_string()).and_then(WordPiece::sound);
        read.map_err(|why| {
            let message = format!("{} is no tokenizer that dln reads: {why}", quoted(&path.value));
            Diagnostic::error("E0713", path.span, message, "this file")
                .help("a `tokenizer.json` with the model WordPiece, as BERT and its kin have it")
        })
    }

    fn sound(self) -> Result<WordPiece, String> {
        let kinds = [
            (&self.normalizer.kind, "BertNormalizer"),
            (&self.pre_tokenizer.kind, "BertPreTokenizer"),
            (&self.model.kind, "WordPiece"),
        ];
        if let Some((found, wanted)) = kinds.into_iter().find(|(found, wanted)| found != wanted) {
            return Err(format!("it has {} where {wanted} is read", quoted(found)));
        }
        let specials = self.post_processor.iter().flat_map(|template| &template.single).filter_map(|slot| match slot {
            Slot::SpecialToken { id } => Some(id),
            Slot::Sequence {} => None,
        });
        let lost = specials.chain([&self.model.unk_token]).find(|token| !self.model.vocab.contains_key(*token));
        match lost.map(|lost| quoted(lost)) {
            Some(lost) => Err(format!("{lost} is not in its vocabulary")),
            None => Ok(self),
        }
    }

    /// The tokens of a text, with what stands around them.
    pub fn encode(&self, text: &str) -> Vec<i64> {
        let pieces = self.pieces(text);
        let Some(template) = &self.post_processor else { return pieces };
        let slot = |slot: &Slot| match slot {
            Slot::SpecialToken { id } => vec![self.model.vocab[id]],
            Slot::Sequence {} => pieces.clone(),
        };
        template.single.iter().flat_map(slot).collect()
    }

    fn pieces(&self, text: &str) -> Vec<i64> {
        let mut pieces = vec![];
        let mut rest = text;
        loop {
            let found = self.added_tokens.iter().filter_map(|added| Some((rest.find(&added.content)?, added)));
            let next = found.filter(|(_, added)| !added.content.is_empty()).min_by_key(|(at, _)| *at);
            let plain = next.map_or(rest, |(at, _)| &rest[..at]);
            for word in words(&self.normalized(plain)) {
                self.word(&word, &mut pieces);
            }
            let Some((at, added)) = next else { return pieces };
            pieces.push(added.id);
            rest = &rest[at + added.content.len()..];
        }
    }

    /// How large the table of tokens is.
    pub fn size(&self) -> usize {
        let added = self.added_tokens.iter().map(|added| &added.id);
        self.model.vocab.values().chain(added).max().map_or(0, |last| usize::try_from(*last).unwrap_or(0) + 1)
    }

    fn normalized(&self, text: &str) -> String {
        let rules = &self.normalizer;
        let mut text = text.to_string();
        if rules.clean_text {
            text = text.chars().filter(|c| !is_control(*c)).map(|c| if is_blank(c) { ' ' } else { c }).collect();
        }
        if rules.handle_chinese_chars {
            let spaced = |c: char| if is_ideograph(c) { vec![' ', c, ' '] } else { vec![c] };
            text = text.chars().flat_map(spaced).collect();
        }
        if rules.strip_accents.unwrap_or(rules.lowercase) {
            text = text.nfd().filter(|c| c.general_category() != GeneralCategory::NonspacingMark).collect();
        }
        if rules.lowercase { text.chars().flat_map(char::to_lowercase).collect() } else { text }
    }

    /// The longest pieces of the vocabulary from the left, or that for what is unknown.
    fn word(&self, word: &str, pieces: &mut Vec<i64>) {
        let vocabulary = &self.model.vocab;
        let unknown = vocabulary[&self.model.unk_token];
        if word.chars().count() > self.model.max_input_chars_per_word {
            pieces.push(unknown);
            return;
        }
        let before = pieces.len();
        let mut from = 0;
        while from < word.len() {
            let prefix = if from == 0 { "" } else { &self.model.continuing_subword_prefix };
            let ends = word[from..].char_indices().map(|(at, c)| from + at + c.len_utf8()).rev();
            let found = ends.map(|to| (to, vocabulary.get(&format!("{prefix}{}", &word[from..to]))));
            let Some((to, piece)) = found.filter_map(|(to, piece)| Some((to, *piece?))).next() else {
                pieces.truncate(before);
                pieces.push(unknown);
                return;
            };
            pieces.push(piece);
            from = to;
        }
    }
}

/// What stands between blanks; each mark of punctuation is a word.
fn words(text: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    for c in text.chars() {
        if c.is_whitespace() {
            words.push(String::new());
        } else if is_punctuation(c) {
            words.push(c.to_string());
            words.push(String::new());
        } else if let Some(word) = words.last_mut() {
            word.push(c);
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

fn is_punctuation(c: char) -> bool {
    c.is_ascii_punctuation() || c.general_category_group() == GeneralCategoryGroup::Punctuation
}

fn is_blank(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r') || c.is_whitespace()
}

/// What is left out: control characters but blanks, characters for formatting, and those that no text has.
fn is_control(c: char) -> bool {
    let no_text = matches!(c, '\0' | char::REPLACEMENT_CHARACTER);
    no_text || !matches!(c, '\t' | '\n' | '\r') && c.general_category_group() == GeneralCategoryGroup::Other
}

/// Ideographs of Chinese, Japanese and Korean: each is a word.
fn is_ideograph(c: char) -> bool {
    matches!(c,
        '\u{4E00}'..='\u{9FFF}' | '\u{3400}'..='\u{4DBF}' | '\u{20000}'..='\u{2A6DF}' | '\u{2A700}'..='\u{2B73F}'
        | '\u{2B740}'..='\u{2B81F}' | '\u{2B920}'..='\u{2CEAF}' | '\u{F900}'..='\u{FAFF}' | '\u{2F800}'..='\u{2FA1F}')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tokenizer(post_processor: &str) -> WordPiece {
        let vocabulary = ["[UNK]", "[CLS]", "[SEP]", "play", "##ing", "##s", "cafe", "a", "!", "中", "'"];
        let vocabulary: BTreeMap<&str, usize> = vocabulary.into_iter().zip(0..).collect();
        let text = format!(
            r###"{{"normalizer": {{"type": "BertNormalizer", "clean_text": true, "handle_chinese_chars": true,
              "strip_accents": null, "lowercase": true}}, "pre_tokenizer": {{"type": "BertPreTokenizer"}},
              "post_processor": {post_processor}, "added_tokens": [{{"id": 2, "content": "[SEP]"}}], "model": {{"type": "WordPiece", "unk_token": "[UNK]",
              "continuing_subword_prefix": "##", "max_input_chars_per_word": 8, "vocab": {}}}}}"###,
            serde_json::to_string(&vocabulary).unwrap()
        );
        serde_json::from_str::<WordPiece>(&text).unwrap().sound().unwrap()
    }

    #[test]
    fn words_become_their_longest_pieces() {
        let tokens = tokenizer("null");
        assert_eq!(tokens.encode("Playing plays a PLAY"), [3, 4, 3, 5, 7, 3]);
        assert_eq!(tokens.encode("a!!play'"), [7, 8, 8, 3, 10]);
        assert_eq!(tokens.encode("player"), [0]);
        assert_eq!(tokens.encode("playsssss"), [0]);
        assert_eq!(tokens.encode(" \t\u{a0} "), [0; 0]);
        assert_eq!(tokens.encode("play[SEP]a"), [3, 2, 7]);
    }

    #[test]
    fn texts_are_cleaned() {
        let tokens = tokenizer("null");
        assert_eq!(tokens.encode("Café cafe\u{301} CAFE\u{0}"), [6, 6, 6]);
        assert_eq!(tokens.encode("a中a\u{200b}\u{2019}"), [7, 9, 7, 0]);
        assert_eq!(tokens.size(), 11);
    }

    #[test]
    fn a_template_puts_tokens_around() {
        let template = r#"{"type": "TemplateProcessing", "single": [{"SpecialToken": {"id": "[CLS]", "type_id": 0}},
            {"Sequence": {"id": "A", "type_id": 0}}, {"SpecialToken": {"id": "[SEP]", "type_id": 0}}]}"#;
        assert_eq!(tokenizer(template).encode("play"), [1, 3, 2]);
        let lost: WordPiece = WordPiece { post_processor: None, ..tokenizer("null") };
        let lost = WordPiece { model: Model { unk_token: "?".into(), ..lost.model }, ..lost };
        assert_eq!(lost.sound().unwrap_err(), "`?` is not in its vocabulary");
    }
}
