//! The words and operators of all editors are those of the lexer: each grammar has every one, and no word more.

use std::collections::BTreeSet;
use std::fs;

type Words = BTreeSet<String>;

fn read(path: &str) -> String {
    fs::read_to_string(crate::root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// What stands between `open` and `close` in a text, each time; they differ.
fn between<'t>(text: &'t str, open: &str, close: &str) -> Vec<&'t str> {
    let rest = text.split(open).skip(1);
    rest.filter_map(|part| part.split_once(close)).map(|(inside, _)| inside).collect()
}

fn is_word(text: &str) -> bool {
    text == "_" || text.len() > 1 && text.bytes().all(|b| b.is_ascii_lowercase())
}

/// The reserved words, and the operators and marks that are none of another language.
fn tokens() -> (Words, Words) {
    let text = read("src/syntax/token.rs");
    let language = text.split("// Not of the language").next().expect("the tokens of the language");
    let all = between(language, "#[token(\"", "\"").into_iter().map(str::to_string);
    all.partition(|token| is_word(token))
}

/// The words that are keywords in one place and names elsewhere.
fn soft_words() -> Words {
    let text = read("src/syntax/soft.rs");
    let meanings = text.split("fn meaning").nth(1).expect("the function that gives words their meaning");
    quoted(meanings, '"').into_iter().filter(|word| is_word(word)).map(str::to_string).collect()
}

/// The types that a grammar may colour as built in.
const TYPES: &str = "Any Axis Bool DType Dataset Float Fn Int Layer List Optimizer Schedule Shape Str \
    any bf16 bool f16 f32 f64 i32 i64 idx u8";

/// A grammar, and where in its text words are listed.
struct Grammar {
    path: &'static str,
    words: fn(&str) -> Vec<&str>,
}

/// The alternatives of `\b(a|b)` and of `\%(a\|b\)`.
fn alternatives(text: &str) -> Vec<&str> {
    let groups = between(text, "\\b(", ")").into_iter().chain(between(text, "\\s+(", ")"));
    groups
        .chain(between(text, "\\%(", "\\)"))
        .chain(between(text, "^\\s*(", ")"))
        .flat_map(|group| group.split('|'))
        .collect()
}

/// The words of `syntax keyword`, and of the patterns.
fn of_vim(text: &str) -> Vec<&str> {
    let keywords = text.lines().filter(|line| line.starts_with("syntax keyword") && !line.contains("dlnType"));
    let words = keywords.flat_map(|line| line.split_whitespace().skip(3));
    words.chain(alternatives(text).into_iter().map(|word| word.trim_end_matches('\\'))).collect()
}

fn of_emacs(text: &str) -> Vec<&str> {
    let lists = text.split("(defvar").next().unwrap_or_default().split("(defconst dln-").skip(1);
    lists.filter(|list| !list.starts_with("types")).flat_map(|list| quoted(list, '"')).collect()
}

/// What stands in pairs of quotes.
fn quoted(text: &str, quote: char) -> Vec<&str> {
    text.split(quote).skip(1).step_by(2).collect()
}

fn of_queries(text: &str) -> Vec<&str> {
    let code = text.lines().filter(|line| !line.starts_with(';') && !line.contains('#'));
    code.flat_map(|line| quoted(line, '"')).collect()
}

/// The words of the rules; names of fields are none.
fn of_tree_sitter(text: &str) -> Vec<&str> {
    let rules = text.split("rules:").nth(1).expect("rules");
    rules.lines().filter(|line| !line.trim_start().starts_with("//")).flat_map(of_rule).collect()
}

fn of_rule(line: &str) -> Vec<&str> {
    let parts: Vec<&str> = line.split('\'').collect();
    let is_field = |i: usize| parts[i - 1].ends_with("field(");
    (1..parts.len()).step_by(2).filter(|i| !is_field(*i)).map(|i| parts[i]).collect()
}

/// The lists of words, and the patterns.
fn of_highlightjs(text: &str) -> Vec<&str> {
    let lists = between(text, "keyword: [", "]").into_iter().chain(between(text, "literal: [", "]"));
    lists.flat_map(|list| quoted(list, '"')).chain(alternatives(text)).collect()
}

const GRAMMARS: [Grammar; 7] = [
    Grammar { path: "editors/vscode/syntaxes/dln.tmLanguage.json", words: alternatives },
    Grammar { path: "editors/sublime/dln.sublime-syntax", words: alternatives },
    Grammar { path: "editors/vim/syntax/dln.vim", words: of_vim },
    Grammar { path: "editors/emacs/dln-mode.el", words: of_emacs },
    Grammar { path: "editors/highlightjs/dln.js", words: of_highlightjs },
    Grammar { path: "editors/tree-sitter-dln/grammar.js", words: of_tree_sitter },
    Grammar { path: "editors/tree-sitter-dln/queries/highlights.scm", words: of_queries },
];

#[test]
fn the_words_of_editors_are_those_of_the_lexer() {
    let (reserved, _) = tokens();
    let words: Words = reserved.union(&soft_words()).cloned().collect();
    assert!(words.len() > 45 && words.contains("yield") && words.contains("minimize"), "{words:?}");
    for grammar in &GRAMMARS {
        let text = read(grammar.path).replace("\\\\", "\\");
        let listed: Words =
            (grammar.words)(&text).into_iter().filter(|word| is_word(word)).map(str::to_string).collect();
        // Nodes of the tree take the place of some words in its queries.
        let nodes = if grammar.path.ends_with(".scm") { QUERIED } else { &[] };
        let known = |word: &&String| listed.contains(*word) || nodes.contains(&word.as_str()) || *word == "_";
        let missing: Vec<&String> = words.iter().filter(|word| !known(word)).collect();
        assert!(missing.is_empty(), "{} lacks {missing:?}", grammar.path);
        let more: Vec<&String> =
            listed.difference(&words).filter(|word| !TYPES.split(' ').any(|known| known == word.as_str())).collect();
        assert!(more.is_empty(), "{}: the lexer does not know {more:?}", grammar.path);
    }
}

/// Words that the queries name by the node that they are: `(boolean)`, `(unit)`, `(direction)`.
const QUERIED: &[&str] =
    &["true", "false", "epoch", "epochs", "steps", "best", "highest", "lowest", "better", "higher", "lower"];

#[test]
fn the_operators_of_editors_are_those_of_the_lexer() {
    let (_, operators) = tokens();
    let marks = ["(", ")", "[", "]", "{", "}", ",", ".", ":", ";"];
    for grammar in &GRAMMARS {
        let text = read(grammar.path).replace('\\', "");
        let single = |operator: &String| operator.len() == 1 || marks.contains(&operator.as_str());
        let missing: Vec<&String> = operators.iter().filter(|o| !single(o) && !text.contains(o.as_str())).collect();
        assert!(missing.is_empty(), "{} lacks {missing:?}", grammar.path);
        let one = operators.iter().filter(|o| single(o) && !marks.contains(&o.as_str()));
        let missing: Vec<&String> = one.filter(|o| !text.contains(o.as_str())).collect();
        assert!(missing.is_empty(), "{} lacks {missing:?}", grammar.path);
    }
}

/// Editors match by engines of their own (Neovim by that of Vim, where `\p{..}` is no class).
#[test]
fn patterns_of_queries_are_read_by_every_editor() {
    let text = read("editors/tree-sitter-dln/queries/highlights.scm");
    for line in text.lines().filter(|line| line.contains("#match?")) {
        assert!(!line.contains('\\'), "{line}");
    }
}
