//! Texts as tokens, by the crate `tokenizers`: with vocabularies that others have published, and with those learned from a text.
//! Byte-level pairs: Sennrich et al., 2015 (arXiv 1508.07909), Radford et al., 2019; WordPiece: Wu et al., 2016 (arXiv 1609.08144).

use super::{open, quoted};
use crate::diag::Diagnostic;
use crate::io::Files;
use crate::tir::{Learned, Path, Pieces};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use tokenizers::models::TrainerWrapper;
use tokenizers::models::bpe::BpeTrainer;
use tokenizers::models::wordlevel::WordLevelTrainer;
use tokenizers::pre_tokenizers::byte_level::ByteLevel;
use tokenizers::{AddedToken, PostProcessorWrapper, Tokenizer};

/// How texts become codes, and codes texts.
#[derive(Debug)]
pub struct Vocabulary {
    tokenizer: Tokenizer,
    /// The code that stands behind every text, if there is one.
    end: Option<u32>,
}

impl Vocabulary {
    /// That of a `tokenizer.json`, or of a `vocab.json` with its `merges.txt`.
    pub fn read(files: &Files, path: &Path) -> Result<Vocabulary, Diagnostic> {
        let bytes = open(files, path)?;
        let read = match serde_json::from_slice::<BTreeMap<String, u32>>(&bytes) {
            Ok(codes) => byte_pairs(&codes, &merges(files, path)?),
            Err(_) => Vocabulary::parse(&bytes),
        };
        read.map_err(|why| {
            let message = format!("{} is no tokenizer that dln reads: {why}", quoted(&path.value));
            Diagnostic::error("E0713", path.span, message, "this file")
                .help("a `tokenizer.json`, or a `vocab.json` with a `merges.txt` beside it")
        })
    }

    /// The text of a `tokenizer.json`. Cutting and filling is for `bucket`, whatever the file says.
    pub fn parse(text: &[u8]) -> Result<Vocabulary, String> {
        let mut tokenizer = Tokenizer::from_bytes(text).map_err(|error| error.to_string())?;
        tokenizer.with_truncation(None).map_err(|error| error.to_string())?;
        tokenizer.with_padding(None);
        Vocabulary::new(tokenizer)
    }

    fn new(tokenizer: Tokenizer) -> Result<Vocabulary, String> {
        let last = |special| {
            let codes = tokenizer.encode_fast("a", special).map_err(|error| error.to_string())?;
            Ok::<_, String>(codes.get_ids().last().copied())
        };
        let (bare, whole) = (last(false)?, last(true)?);
        Ok(Vocabulary { end: whole.filter(|_| whole != bare), tokenizer })
    }

    /// The vocabulary of some texts.
    pub fn learn(how: &Learned, texts: &[&str]) -> Result<Vocabulary, String> {
        let special: Vec<AddedToken> = how.special().iter().map(|text| AddedToken::from(&**text, true)).collect();
        let (mut tokenizer, mut trainer): (_, TrainerWrapper) = match how.pieces {
            Pieces::Bytes => {
                let bytes = ByteLevel::alphabet().into_iter().collect();
                let trainer = BpeTrainer::builder().show_progress(false).vocab_size(how.size);
                let trainer = trainer.special_tokens(special).initial_alphabet(bytes).build();
                (tokenizer(of_bytes(json!({}), json!([])))?, trainer.into())
            }
            Pieces::Words => {
                let trainer = WordLevelTrainer::builder()
                    .show_progress(false)
                    .vocab_size(how.size)
                    .special_tokens(special)
                    .build();
                (tokenizer(of_words())?, trainer.map_err(|error| error.to_string())?.into())
            }
        };
        tokenizer.train(&mut trainer, texts.iter()).map_err(|error| error.to_string())?;
        if let Some(around) = around(how) {
            let around: PostProcessorWrapper = serde_json::from_value(around).map_err(|error| error.to_string())?;
            tokenizer.with_post_processor(Some(around));
        }
        Vocabulary::new(tokenizer)
    }

    /// The text of a `tokenizer.json`.
    pub fn text(&self) -> String {
        self.tokenizer.to_string(true).expect("a tokenizer is JSON")
    }

    /// The codes of a text; those that stand around every row if `row` is.
    pub fn encode(&self, text: &str, row: bool) -> Result<Vec<i64>, String> {
        let codes = self.tokenizer.encode_fast(text, row).map_err(|error| error.to_string())?;
        Ok(codes.get_ids().iter().map(|&code| code.into()).collect())
    }

    /// The text of codes, up to the end of a row, without what stands around it.
    pub fn decode(&self, codes: &[i64]) -> String {
        let codes = codes.iter().filter_map(|&code| u32::try_from(code).ok());
        let codes: Vec<u32> = codes.take_while(|&code| Some(code) != self.end).collect();
        self.tokenizer.decode(&codes, true).unwrap_or_default()
    }

    /// Whether every row ends with a code of its own.
    pub fn has_end(&self) -> bool {
        self.end.is_some()
    }

    /// How many codes there can be.
    pub fn size(&self) -> usize {
        self.tokenizer.get_vocab(true).values().max().map_or(0, |&code| code as usize + 1)
    }
}

fn tokenizer(parts: Value) -> Result<Tokenizer, String> {
    serde_json::from_value(parts).map_err(|error| error.to_string())
}

/// Pairs of bytes, merged inside of words; a word has the blank in front of it.
fn of_bytes(codes: Value, merges: Value) -> Value {
    let bytes = json!({ "type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true, "use_regex": true });
    let model = json!({ "type": "BPE", "vocab": codes, "merges": merges });
    json!({ "pre_tokenizer": bytes, "decoder": bytes, "model": model })
}

/// Words between blanks, and marks between words.
fn of_words() -> Value {
    json!({
        "pre_tokenizer": { "type": "Whitespace" },
        "model": { "type": "WordLevel", "vocab": {}, "unk_token": Learned::UNKNOWN },
    })
}

/// What stands around every row.
fn around(how: &Learned) -> Option<Value> {
    let special = how.special();
    let slot = |text: &str| json!({ "SpecialToken": { "id": text, "type_id": 0 } });
    let row = json!({ "Sequence": { "id": "A", "type_id": 0 } });
    let slots: Vec<Value> =
        how.begin.iter().map(|t| slot(t)).chain([row]).chain(how.end.iter().map(|t| slot(t))).collect();
    let codes = special
        .iter()
        .enumerate()
        .map(|(code, text)| (text.to_string(), json!({ "id": &**text, "ids": [code], "tokens": [&**text] })));
    let codes: serde_json::Map<String, Value> = codes.collect();
    (slots.len() > 1)
        .then(|| json!({ "type": "TemplateProcessing", "single": slots, "pair": [], "special_tokens": codes }))
}

/// The vocabulary of GPT-2 and its kin, which came as two files.
fn byte_pairs(codes: &BTreeMap<String, u32>, merges: &str) -> Result<Vocabulary, String> {
    let pairs: Vec<&str> = merges.lines().filter(|line| !line.starts_with("#version") && !line.is_empty()).collect();
    let mut parts = of_bytes(json!(codes), json!(pairs));
    let end = "<|endoftext|>";
    if let Some(code) = codes.get(end) {
        parts["added_tokens"] = json!([{
            "id": code, "content": end, "special": true, "normalized": false,
            "single_word": false, "lstrip": false, "rstrip": false,
        }]);
    }
    Vocabulary::new(tokenizer(parts)?)
}

/// The text of the `merges.txt` beside a `vocab.json`.
fn merges(files: &Files, path: &Path) -> Result<String, Diagnostic> {
    let folder = path.value.rsplit_once('/').map_or(String::new(), |(folder, _)| format!("{folder}/"));
    let path = Path { value: format!("{folder}merges.txt").into(), span: path.span };
    super::text::contents(files, &path)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn word_pieces(post_processor: &str) -> Vocabulary {
        let vocabulary = ["[UNK]", "[CLS]", "[SEP]", "play", "##ing", "##s", "cafe", "a", "!", "中", "'"];
        let vocabulary: BTreeMap<&str, usize> = vocabulary.into_iter().zip(0..).collect();
        let text = format!(
            r###"{{"normalizer": {{"type": "BertNormalizer", "clean_text": true, "handle_chinese_chars": true,
              "strip_accents": null, "lowercase": true}}, "pre_tokenizer": {{"type": "BertPreTokenizer"}},
              "truncation": {{"direction": "Right", "max_length": 2, "strategy": "LongestFirst", "stride": 0}},
              "post_processor": {post_processor}, "added_tokens": [{{"id": 2, "content": "[SEP]", "special": true,
              "single_word": false, "lstrip": false, "rstrip": false, "normalized": false}}], "model": {{"type": "WordPiece",
              "unk_token": "[UNK]", "continuing_subword_prefix": "##", "max_input_chars_per_word": 8, "vocab": {}}}}}"###,
            serde_json::to_string(&vocabulary).unwrap()
        );
        Vocabulary::parse(text.as_bytes()).unwrap()
    }

    #[test]
    fn words_become_their_longest_pieces() {
        let tokens = word_pieces("null");
        let encode = |text| tokens.encode(text, true).unwrap();
        assert_eq!(encode("Playing plays a PLAY"), [3, 4, 3, 5, 7, 3]);
        assert_eq!(encode("a!!play'"), [7, 8, 8, 3, 10]);
        assert_eq!(encode("player"), [0]);
        assert_eq!(encode("playsssss"), [0]);
        assert_eq!(encode(" \t\u{a0} "), [0; 0]);
        assert_eq!(encode("play[SEP]a"), [3, 2, 7]);
        assert_eq!(encode("Café cafe\u{301} CAFE\u{0}"), [6, 6, 6]);
        assert_eq!(encode("a中a\u{200b}\u{2019}"), [7, 9, 7, 0]);
        assert_eq!(tokens.size(), 11);
    }

    #[test]
    fn a_template_puts_tokens_around() {
        let template = r#"{"type": "TemplateProcessing", "single": [{"SpecialToken": {"id": "[CLS]", "type_id": 0}},
            {"Sequence": {"id": "A", "type_id": 0}}, {"SpecialToken": {"id": "[SEP]", "type_id": 0}}], "pair": [],
            "special_tokens": {"[CLS]": {"id": "[CLS]", "ids": [1], "tokens": ["[CLS]"]},
            "[SEP]": {"id": "[SEP]", "ids": [2], "tokens": ["[SEP]"]}}}"#;
        let tokens = word_pieces(template);
        assert_eq!(tokens.encode("play", true).unwrap(), [1, 3, 2]);
        assert_eq!(tokens.encode("play", false).unwrap(), [3]);
        assert_eq!(tokens.decode(&[3, 7, 2, 7, 7]), "play a");
    }

    #[test]
    fn what_is_learned_is_read_again() {
        let how = Learned {
            pieces: Pieces::Bytes,
            size: 270,
            from: None,
            begin: Some("<s>".into()),
            end: Some("</s>".into()),
            span: crate::base::Span::none(),
        };
        let texts = ["low lower lowest", "new newer newest"];
        let learned = Vocabulary::learn(&how, &texts).unwrap();
        assert_eq!(learned.text(), Vocabulary::learn(&how, &texts).unwrap().text());
        let again = Vocabulary::parse(learned.text().as_bytes()).unwrap();
        for text in ["lowest\u{1f642}", "a new one\n", ""] {
            let codes = learned.encode(text, true).unwrap();
            assert_eq!(again.encode(text, true).unwrap(), codes);
            assert_eq!((codes[0], codes[codes.len() - 1]), (1, 2));
            assert_eq!(again.decode(&[&codes[..], &[7, 7]].concat()), text);
        }
    }
}
