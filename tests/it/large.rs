//! Programs of a size that nobody writes by hand: each ends soon, with what it means or with one clear error.
//! `benches/check.rs` has the times of release builds.

use dln::diag::Diagnostic;
use dln::driver::{Program, is_sound};
use dln::io::Files;
use dln::sema::{Checked, Options};

const BYTES: usize = if cfg!(debug_assertions) { 1_000_000 } else { 10_000_000 };
/// Of texts that say more.
const LESS: usize = 500_000;

fn checked(text: &str) -> Checked {
    Program::open("large.dln", text, Files::at(".")).check(&Options::default(), &[])
}

/// What a program reports: program errors of reading come with the rest.
fn reported(text: &str) -> Vec<Diagnostic> {
    let program = Program::open("large.dln", text, Files::at("."));
    let mut diagnostics = program.modules.diagnostics.clone();
    diagnostics.extend(program.check(&Options::default(), &[]).diagnostics);
    diagnostics
}

#[test]
fn ten_thousand_lines_are_proved() {
    let function = |i: usize| {
        format!(
            "## Row {i} by its length.\nfn f{i}(x: [B, D]) -> [B, D] {{\n  x / sqrt(sum(x * x, over: D, keep: true))\n}}\n"
        )
    };
    let text: String = (0..2_500).map(function).collect();
    assert_eq!(text.lines().count(), 10_000);
    let checked = checked(&text);
    assert!(is_sound(&checked.diagnostics), "{:?}", checked.diagnostics.first());
    assert!(checked.counts.proved >= 2_500, "{}", checked.counts.proved);
}

#[test]
fn a_hundred_thousand_items_see_each_other() {
    let mut text: String = (1..100_000).map(|i| format!("let a{i} = {i} + 1\n")).collect();
    text.push_str("test \"sum\" { assert a1 + a99999 == 100002 }\nlet wrong = a99999 + b7\n");
    let diagnostics = reported(&text);
    assert_eq!(diagnostics.len(), 1, "{diagnostics:?}");
    assert_eq!(diagnostics[0].code, "E0201");
}

#[test]
fn a_hundred_thousand_brackets_are_too_many() {
    for (open, close) in
        [("(", ")"), ("[", "]"), ("{ ", "}"), ("-", ""), ("(", ""), ("", "]"), ("f(", ")"), ("|x| ", "")]
    {
        let text = format!("let x = {}1{}\n", open.repeat(100_000), close.repeat(100_000));
        let diagnostics = reported(&text);
        assert!(!diagnostics.is_empty() && diagnostics.len() < 5, "{open} {close}: {}", diagnostics.len());
    }
}

#[test]
fn ten_megabytes_of_anything_are_read() {
    let mut state = 1_u64;
    let mut next = |n: u64| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % n
    };
    let bytes: Vec<u8> = (0..BYTES).map(|_| next(256) as u8).collect();
    let printable: String = (0..LESS).map(|_| char::from(32 + next(95) as u8)).collect();
    let texts = [
        String::from_utf8_lossy(&bytes).into_owned(),
        printable,
        "\0".repeat(LESS),
        "\n".repeat(LESS),
        "x".repeat(LESS),
        format!("let x = {}1\n", "1 + ".repeat(LESS / 4)),
        format!("# {}\n", "words ".repeat(LESS / 6)),
        format!("let x = \"{}\"\n", "a".repeat(LESS)),
    ];
    for text in texts {
        let start: String = text.chars().take(20).collect();
        let harmless = text.trim_start().is_empty() || text.starts_with('#') || text.ends_with("a\"\n");
        assert_eq!(reported(&text).is_empty(), harmless, "{start:?}");
    }
}
