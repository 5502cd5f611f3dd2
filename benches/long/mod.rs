//! Long programs of real definitions, for what times reading them.

/// A program of about so many lines: in turn layers, functions, optimizers, networks, tests, trainings.
pub fn program(lines: usize) -> String {
    of_parts(lines, &PARTS)
}

/// The same without tests and trainings, but for one training at the end.
#[allow(dead_code, reason = "not each of the benchmarks needs it")]
pub fn definitions(lines: usize) -> String {
    let training = PARTS[5].replace('$', "0");
    of_parts(lines - training.lines().count(), &PARTS[..4]) + &training
}

fn of_parts(lines: usize, parts: &[&str]) -> String {
    let mut text = String::from(HEAD);
    let mut have = HEAD.lines().count();
    let mut n = 0;
    while have < lines {
        let part = parts[n % parts.len()].replace('$', &(n / parts.len()).to_string());
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
layer Block$[D](widen: Int = 4) where D >= 2 {
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
fn alike$(x: [B, D], y: [N, D], sharp: Float = 2.0) -> [B, N] {
  a = x / sqrt(sum(x * x, over: D, keep: true) + 1e-6)
  b = y / sqrt(sum(y * y, over: D, keep: true) + 1e-6)
  softmax(sharp * (a @ b.T), over: N)
}

fn halves$(x: [B, T]) -> [B, T // 2] where T % 2 == 0 {
  left = x[:, ::2]
  right = x[:, 1::2]
  0.5 * (left + right)
}

",
    "\
## Descent with a memory.
optimizer Momentum$(lr: Schedule = 1e-2, beta = 0.9) {
  state v = zeros

  update(p, g, t) {
    v <- beta * v + g
    p <- p - lr(t) * v
  }
}

",
    "let net$ = Linear[64 -> 32] >> relu >> Block$[32] >> Linear[_ -> 10]\n\n",
    "\
test \"alike $\" {
  close = alike$(ones[2, 4], ones[3, 4])
  assert close.shape == [2, 3]
  assert_close(sum(close, over: 1), ones[2])
  assert halves$(zeros[2, 6]).shape == [2, 3]
}

",
    "\
train classify$ {
  data = digits.train |> shuffle |> batch(64)
  epochs = 2
  step (x, y) {
    logits = net$(x)
    minimize cross_entropy(logits, y) over net$ with clip_norm(1.0) >> AdamW(lr: lr)
    log accuracy: accuracy(logits, y)
  }
  validate digits.test |> batch(256) (x, y) {
    log loss: cross_entropy(net$(x), y), accuracy: accuracy(net$(x), y)
  }
}

",
];
