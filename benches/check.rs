//! Times reading and checking of long programs: `cargo bench --bench check [-- LINES ..]`. Twice the lines should take
//! twice the time. Then texts that nobody writes, which have to end soon too (`tests/it/large.rs` says how).

use dln::driver::{Program, is_sound};
use dln::io::Files;
use dln::sema::Options;
use std::time::Instant;

fn main() {
    let given: Vec<usize> = std::env::args().filter_map(|arg| arg.parse().ok()).collect();
    let lengths = if given.is_empty() { vec![1_000, 10_000, 100_000] } else { given };
    for lines in lengths {
        let text = program(lines);
        let start = Instant::now();
        let program = Program::open("long.dln", &text, Files::at("."));
        let read = start.elapsed();
        let checked = program.check(&Options::default(), &[]);
        let all = start.elapsed();
        assert!(is_sound(&checked.diagnostics), "{:?}", checked.diagnostics.first());
        println!(
            "{lines:>7} lines: read in {:.3} s, checked in {:.3} s, {} shapes proved",
            read.as_secs_f64(),
            (all - read).as_secs_f64(),
            checked.counts.proved
        );
    }
    for (name, text) in odd() {
        let start = Instant::now();
        let program = Program::open("odd.dln", &text, Files::at("."));
        let errors = program.modules.diagnostics.len() + program.check(&Options::default(), &[]).diagnostics.len();
        println!("{name}: {:.3} s, {errors} errors", start.elapsed().as_secs_f64());
    }
}

/// Many items, deep nesting, megabytes of anything.
fn odd() -> [(&'static str, String); 4] {
    let characters =
        (0..10_000_000_u64).map(|i| char::from(32 + (i.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 40) as u8 % 95));
    [
        ("100,000 items", (0..100_000).map(|i| format!("let a{i} = {i} + 1\n")).collect()),
        ("100,000 brackets", format!("let x = {}1{}\n", "(".repeat(100_000), ")".repeat(100_000))),
        ("10 MB of characters", characters.collect()),
        ("10 MB of one sum", format!("let x = {}1\n", "1 + ".repeat(2_500_000))),
    ]
}

/// A program of about so many lines: in turn layers, functions, optimizers, networks, tests, trainings.
fn program(lines: usize) -> String {
    let mut text = String::from(HEAD);
    let mut have = HEAD.lines().count();
    let mut n = 0;
    while have < lines {
        let part = PARTS[n % PARTS.len()].replace('#', &(n / PARTS.len()).to_string());
        have += part.lines().count();
        text.push_str(&part);
        n += 1;
    }
    text
}

const HEAD: &str = "\
use std.data: digits
use std.loss: cross_entropy
use std.nn: Linear, LayerNorm
use std.optim: AdamW, clip_norm

hyper lr = 1e-3

";

const PARTS: [&str; 6] = [
    "\
## A block with a way around.
layer Block#[D](widen: Int = 4) where D >= 2 {
  norm = LayerNorm[D]
  up = Linear[D -> 4 * D]
  down = Linear[4 * D -> D]

  forward(x: [..B, D]) -> [..B, D] {
    h = x |> norm |> up |> relu
    x + down(h)
  }
}

",
    "\
## Rows that are alike, by pairs.
fn alike#(x: [B, D], y: [N, D], sharp: Float = 2.0) -> [B, N] {
  a = x / sqrt(sum(x * x, over: D, keep: true) + 1e-6)
  b = y / sqrt(sum(y * y, over: D, keep: true) + 1e-6)
  softmax(sharp * (a @ b.T), over: N)
}

fn halves#(x: [B, T]) -> [B, T // 2] where T % 2 == 0 {
  left = x[:, ::2]
  right = x[:, 1::2]
  0.5 * (left + right)
}

",
    "\
## Descent with a memory.
optimizer Momentum#(lr: Schedule = 1e-2, beta = 0.9) {
  state v = zeros

  update(p, g, t) {
    v <- beta * v + g
    p <- p - lr(t) * v
  }
}

",
    "let net# = Linear[64 -> 32] >> relu >> Block#[32] >> Linear[_ -> 10]\n\n",
    "\
test \"alike #\" {
  close = alike#(ones[2, 4], ones[3, 4])
  assert close.shape == [2, 3]
  assert_close(sum(close, over: 1), ones[2])
  assert halves#(zeros[2, 6]).shape == [2, 3]
}

",
    "\
train classify# {
  data = digits.train |> shuffle |> batch(64)
  epochs = 2
  step (x, y) {
    logits = net#(x)
    minimize cross_entropy(logits, y) over net# with clip_norm(1.0) >> AdamW(lr: lr)
    log accuracy: accuracy(logits, y)
  }
  validate digits.test |> batch(256) (x, y) {
    log loss: cross_entropy(net#(x), y), accuracy: accuracy(net#(x), y)
  }
}

",
];
