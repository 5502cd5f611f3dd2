//! The page of every code: its wrong program gives just that code, and its right one is right. A page shows what matters
//! of a program; here it gets the names that it uses, and the files.

use dln::base::Span;
use dln::diag::codes;
use dln::driver::{self, Program};
use dln::io::{self, Files};
use dln::ops::Tensor;
use dln::sema::Options;
use dln::types::DType;
use std::fs;
use std::path::Path;
use std::sync::atomic::AtomicBool;

/// Names that pages use, and who declares them.
const AROUND: [(&str, &str); 12] = [
    ("net", "let net = Linear[64 -> 10]"),
    ("all", "train reads {\n  data = all |> batch(2)\n  step (x, y) { log rows: B * 1.0 }\n}"),
    ("reviews", "let reviews: (x: idx<99>[T], y: idx<2>) = read_csv(\"reviews.csv\")"),
    ("digits", "use std.data: digits"),
    ("Linear", "use std.nn: Linear"),
    ("Embedding", "use std.nn: Embedding"),
    ("BatchNorm", "use std.nn: BatchNorm"),
    ("Conv2d", "use std.nn: Conv2d"),
    ("SGD", "use std.optim: SGD"),
    ("Adam", "use std.optim: Adam"),
    ("clip_norm", "use std.optim: clip_norm"),
    ("cross_entropy", "use std.loss: cross_entropy"),
];

/// The program of a page: items may stand in any order, so what it lacks comes behind it.
fn whole(example: &str) -> String {
    let mut text = format!("{example}\n");
    for (name, line) in AROUND {
        let declared = ["let", "fn", "layer"].iter().any(|word| text.contains(&format!("{word} {name}")));
        let missing = match name {
            "all" => declared && !text.contains("train "),
            _ => mentions(&text, name) && !declared && !text.lines().any(|l| l.starts_with("use") && l.contains(name)),
        };
        if missing {
            text.push_str(&format!("{line}\n"));
        }
    }
    text
}

fn mentions(text: &str, name: &str) -> bool {
    let words = |c: char| !c.is_alphanumeric() && c != '_';
    text.split(words).any(|word| word == name)
}

/// Words with the letters of `book.txt`.
const TOKENIZER: &str = r###"{
  "normalizer": {"type": "BertNormalizer", "clean_text": true, "handle_chinese_chars": true, "lowercase": true},
  "pre_tokenizer": {"type": "BertPreTokenizer"},
  "post_processor": null,
  "model": {"type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##",
            "max_input_chars_per_word": 100, "vocab": {"[UNK]": 0, "it": 1, "dark": 2}}
}"###;

/// Files that pages read.
fn files(folder: &Path) -> Files {
    let write = |name: &str, bytes: &[u8]| fs::write(folder.join(name), bytes).expect("a file");
    write("blocks.dln", b"layer Block[D] {\n  forward(x: [B, D]) = x\n}\n");
    write("measured.csv", b"a,b,class\n0.5,1.5,3\n2.5,3.5,4\n");
    write("reviews.csv", format!("x,y\n4 8 15,1\n{},0\n", "7 ".repeat(40)).as_bytes());
    write("houses.csv", b"area,rooms\n120,4\n80,3\n");
    write("book.txt", b"It was a dark and stormy night. ".repeat(8).as_slice());
    write("book.pdf", &[0x25, 0x50, 0x44, 0x46, 0xff, 0xfe, 0x00]);
    write("images.png", &[0x89, 0x50, 0x4e, 0x47]);
    write("images.gz", &[&[0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 28, 0, 0, 0, 28][..], &[7; 2 * 28 * 28]].concat());
    write("labels.gz", &[0, 0, 8, 1, 0, 0, 0, 2, 3, 4]);
    write("net.pt", b"no weights");
    write("tokenizer.json", TOKENIZER.as_bytes());
    let files = Files::at(folder);
    let zeros = |name: &str, shape: &[usize]| (name.to_string(), Tensor::zeros(DType::F32, shape));
    let weights = [zeros("bias", &[10]), zeros("weight", &[10, 64])];
    for name in ["net.safetensors", "linear_64_10.safetensors"] {
        io::save(&files, name, &weights, &[], Span::none()).expect("weights");
    }
    files
}

/// The codes that a program gives, each once: of the check, or of the run.
fn found(example: &str) -> Vec<&'static str> {
    let folder = tempfile::tempdir().expect("a folder");
    let files = files(folder.path());
    let text = whole(example);
    fs::write(folder.path().join("this_file.dln"), &text).expect("a file");
    let program = Program::open("this_file.dln", &text, files.clone());
    let checked = program.check(&Options { epochs: Some(1), ..Options::default() }, &[]);
    let mut diagnostics = checked.diagnostics.clone();
    if driver::is_sound(&diagnostics) {
        let interrupt = AtomicBool::new(false);
        let how = driver::How::default();
        let ran = driver::run(&checked, &files, &how, &interrupt, &mut |_| {});
        let tested =
            driver::test(&checked, &files, None, &interrupt, &mut |test| diagnostics.extend(test.outcome.err()));
        diagnostics.extend(ran.err().into_iter().chain(tested.err()));
    }
    let mut codes: Vec<&str> = diagnostics.iter().map(|d| d.code).collect();
    codes.sort_unstable();
    codes.dedup();
    codes
}

#[test]
fn every_page_shows_its_code() {
    let mut problems = vec![];
    for page in codes::all() {
        let (wrong, right) = (found(page.wrong), found(page.right));
        if wrong != [page.code] || !right.is_empty() {
            problems.push(format!("{}: wrong gives {wrong:?}, right gives {right:?}", page.code));
        }
    }
    assert!(problems.is_empty(), "\n{}", problems.join("\n"));
}
