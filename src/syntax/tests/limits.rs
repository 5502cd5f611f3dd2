//! What no text may do: make the parser panic, overflow the stack, or lose its way.

use super::{problems, read};
use crate::base::FileId;
use crate::syntax::{parse, parse_expr, parse_snippet, text::text};
use proptest::prelude::*;

#[test]
fn an_empty_file_is_fine() {
    for source in ["", "\n\n", "# only a comment", "  \t ; ;\n"] {
        assert_eq!(read(source), (String::new(), String::new()));
    }
}

#[test]
fn long_chains_are_fine() {
    let chain = |operator: &str| format!("let x = 1{}", format!(" {operator} 1").repeat(4000));
    for operator in ["+", "**", "|>", ">>", "and"] {
        assert_eq!(problems(&chain(operator)), "");
    }
    assert_eq!(problems(&format!("let x = [{}]", "1 + 1, ".repeat(20_000))), "");
    assert_eq!(problems(&format!("fn f(x) {{\n{}x }}", "  x = -x\n".repeat(20_000))), "");
}

#[test]
fn what_is_too_deep_is_refused() {
    let nested = |open: &str, close: &str| format!("let x = {}1{}", open.repeat(100_000), close.repeat(100_000));
    for (open, close) in
        [("(", ")"), ("[", "]"), ("{", "}"), ("f(", ")"), ("-", ""), ("not ", ""), ("|a| ", ""), ("(", "")]
    {
        let problems = problems(&nested(open, close));
        assert!(problems.starts_with("E0108"), "{open} {problems}");
        assert_eq!(problems.lines().count(), 1, "{open}");
    }
    let elses = format!("let x = {} {{ 1 }}", "if a { 1 } else ".repeat(100_000));
    assert!(problems(&elses).starts_with("E0108"));
    assert_eq!(problems(&nested_ok()), "");
}

fn nested_ok() -> String {
    format!("let x = {}1{}", "(".repeat(150), ")".repeat(150))
}

#[test]
fn every_prefix_of_a_program_is_survived() {
    let program = include_str!("../../../stdlib/nn/recurrent.dln");
    for (end, _) in program.char_indices().step_by(149) {
        let parsed = parse(FileId(0), &program[..end]);
        assert!(parsed.diagnostics.iter().all(|d| d.span().hi as usize <= end + 1));
    }
}

fn soup() -> impl Strategy<Value = String> {
    let words = "use hyper let fn layer optimizer train test if else for in scan repeat while max each true and not where param buffer \
        yield as x y log minimize over with save step validate every stop state assert to epochs ( ) [ ] { } .[ . .. , : ; = \
        == < > <- -> => := += + - * ** @ |> >> :> | || 1 2.5 \"s\" \"o 'q' 3x $ # // return def lambda elif self.";
    let word = prop::sample::select(words.split_whitespace().collect::<Vec<_>>());
    let gap = prop::sample::select(vec![" ", " ", " ", "\n", "", "\n  "]);
    prop::collection::vec((word, gap), 0..60)
        .prop_map(|parts| parts.into_iter().flat_map(|(word, gap)| [word, gap]).collect())
}

/// Reads `source` in every way; all spans lie inside.
fn survives(source: &str) {
    let parsed = parse(FileId(0), source);
    text(&parsed.file);
    for diagnostic in &parsed.diagnostics {
        for label in &diagnostic.labels {
            assert!(label.span.range().end <= source.len() && label.span.lo <= label.span.hi);
            assert!(source.get(label.span.range()).is_some());
        }
        for edit in diagnostic.helps.iter().filter_map(|h| h.edit.as_ref()) {
            assert!(source.get(edit.span.range()).is_some());
        }
    }
    let broken = text(&parsed.file).contains("broken");
    assert!(!broken || !parsed.diagnostics.is_empty(), "{source}");
    parse_snippet(FileId(0), source);
    parse_expr(FileId(0), source);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn token_soup(source in soup()) {
        survives(&source);
    }

    #[test]
    fn characters(source in "\\PC{0,40}|[ -~\n\t]{0,80}") {
        survives(&source);
    }

    #[test]
    fn bytes(bytes in prop::collection::vec(any::<u8>(), 0..80)) {
        survives(&String::from_utf8_lossy(&bytes));
    }
}
