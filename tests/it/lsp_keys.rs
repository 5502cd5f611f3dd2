//! Keys in the language server: what is said after many small changes is what is said of the text that comes out.

use serde_json::{Value, json};

use crate::editor::{Client, everywhere, place};

/// Definitions that use each other, values between them, a training that gives sizes, and a test.
const TEXT: &str = "\
use std.data: digits
use std.loss: cross_entropy
use std.nn: Linear, LayerNorm
use std.optim: SGD

hyper width = 8

let shared = Linear[_ -> 4]

layer Block[D](gain = 1.0) where D >= 2 {
  norm = LayerNorm[D]
  up = Linear[D -> 2 * D]
  down = Linear[2 * D -> D]

  forward(x: [..B, D]) -> [..B, D] {
    h = x |> norm |> up |> relu
    x + gain * down(h)
  }
}

# A comment between two of them.
fn scaled(x: [B, D], by: Float = 2.0) -> [B, D] = by * x

fn twice(x: [B, D]) -> [B, D] {
  y = scaled(x)
  y + scaled(x, by: 3.0)
}

fn narrow(x: [B, 6]) -> [B, 4] = shared(x)

fn pairs(x: [B, T]) -> [B, T // 2] where T % 2 == 0 {
  left = x[:, ::2]
  right = x[:, 1::2]
  left + right
}

let net = Linear[64 -> width] >> Block[width] >> relu >> Linear[_ -> 10]

test \"twice\" {
  assert twice(ones[2, 3]).shape == [2, 3]
  assert_close(pairs(ones[2, 4]), 2.0 * ones[2, 2])
}

train classify {
  data = digits.train |> shuffle |> batch(64)
  epochs = 1
  step (x, y) {
    minimize cross_entropy(net(x), y) over net with SGD(lr: 0.1)
    log accuracy: accuracy(net(x), y)
  }
}
";

/// What may be written at any place.
const PIECES: [&str; 14] = [
    "\n",
    " ",
    "{",
    ")",
    "x",
    "D",
    " + 1",
    "# a\n",
    "scaled(x)",
    "\nfn f(a: [N]) -> [N] = twice(a)\n",
    "2 * ",
    "_",
    "",
    "",
];

/// Words that are put in the place of another word.
const WORDS: [&str; 10] = ["D", "B", "width", "scaled", "twice", "x", "y", "7", "Block", "shared"];

fn numbers(seed: u64) -> impl FnMut(usize) -> usize {
    let mut state = seed;
    move |n| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state % n.max(1) as u64) as usize
    }
}

/// A change somewhere in an ASCII text: a piece, another word, or a line less.
fn change(text: &str, draw: &mut impl FnMut(usize) -> usize) -> (usize, usize, &'static str) {
    let at = draw(text.len() + 1);
    let is_word = |c: &u8| c.is_ascii_alphanumeric() || *c == b'_';
    match draw(4) {
        0 => {
            let to = text[at..].find('\n').map_or(text.len(), |end| at + end);
            (at, to, "")
        }
        1 => (at, (at + draw(3)).min(text.len()), PIECES[draw(PIECES.len())]),
        _ => {
            let bytes = text.as_bytes();
            let lo = bytes[..at].iter().rposition(|c| !is_word(c)).map_or(0, |at| at + 1);
            let hi = at + bytes[at..].iter().take_while(|c| is_word(c)).count();
            (lo, hi, WORDS[draw(WORDS.len())])
        }
    }
}

/// All that a server says of a text that it has never seen.
fn afresh(text: &str) -> (Vec<Value>, Value) {
    let mut client = Client::with(text);
    told(&mut client)
}

fn told(client: &mut Client) -> (Vec<Value>, Value) {
    let hints = client.of("textDocument/inlayHint", json!({ "range": everywhere() }));
    let folder = client.folder.path().display().to_string();
    let diagnostics = client.diagnostics();
    // Each editor has a folder of its own.
    let text = Value::from(diagnostics).to_string().replace(&folder, "");
    (serde_json::from_str(&text).expect("a list"), hints)
}

#[test]
fn after_every_change_all_is_said_as_of_a_text_never_seen() {
    let mut draw = numbers(0x9e37_79b9_7f4a_7c15);
    let mut client = Client::with(TEXT);
    assert_eq!(told(&mut client), afresh(TEXT));
    let (mut text, mut version) = (TEXT.to_string(), 1);
    for round in 0..36 {
        // Back to what was sound now and then: findings of long ago are met again.
        let (lo, hi, piece) = match round % 6 {
            5 => (0, text.len(), TEXT),
            _ => change(&text, &mut draw),
        };
        version += 1;
        let range = json!({ "start": place(&text, lo), "end": place(&text, hi) });
        client.change("main.dln", version, json!([{ "range": range, "text": piece }]));
        text.replace_range(lo..hi, piece);
        assert_eq!(told(&mut client), afresh(&text), "round {round}:\n{text}");
    }
}

#[test]
fn a_line_above_moves_what_is_said_below() {
    let text = format!("{TEXT}\nfn wrong(x: [B, 3]) -> [B, 4] = scaled(x)\n");
    let mut client = Client::with(&text);
    let before = told(&mut client).0;
    assert!(!before.is_empty());
    let start = json!({ "line": 0, "character": 0 });
    client.change("main.dln", 2, json!([{ "range": { "start": start, "end": start }, "text": "# one more\n" }]));
    let after = told(&mut client).0;
    let line = |told: &[Value]| told[0]["range"]["start"]["line"].as_u64().expect("a line");
    assert_eq!((after.len(), line(&after)), (before.len(), line(&before) + 1));
}

#[test]
fn keys_in_a_hurry_end_in_what_the_last_text_says() {
    let mut draw = numbers(0x2545_f491_4f6c_dd1d);
    let mut client = Client::with(TEXT);
    let mut text = TEXT.to_string();
    for version in 2..40 {
        let (lo, hi, piece) = change(&text, &mut draw);
        let range = json!({ "start": place(&text, lo), "end": place(&text, hi) });
        client.change("main.dln", version, json!([{ "range": range, "text": piece }]));
        text.replace_range(lo..hi, piece);
    }
    assert_eq!(told(&mut client), afresh(&text), "{text}");
}
