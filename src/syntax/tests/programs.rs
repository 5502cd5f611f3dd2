//! The programs that the language was designed by.

use super::{problems, read};
use crate::syntax::{FileId, parse_snippet};

#[test]
fn first_program() {
    let text = r#"
use std.data: digits
use std.nn: Linear
use std.optim: AdamW
use std.loss: cross_entropy

hyper lr = 1e-3                    # typed; `dln run digits.dln --lr 3e-4`, listed by `--help`

let net = Linear[64 -> 128] >> relu >> Linear[_ -> 10]      # `_`: take the size from the input

train classify {
  data   = digits.train |> shuffle |> batch(64)
  epochs = 20

  step (x, y) {                              # x: [B, 64], y: idx<10>[B], checked at the door
    logits = net(x)
    minimize cross_entropy(logits, y) over net with AdamW(lr: lr)
    log accuracy: accuracy(logits, y)
  }
  validate digits.test |> batch(256) (x, y) {
    log loss: cross_entropy(net(x), y), accuracy: accuracy(net(x), y)
  }
  save best val.accuracy to "runs/digits"
}
"#;
    assert_eq!(problems(text), "");
    assert!(!read(text).0.contains("broken"));
}

#[test]
fn layers() {
    let text = r#"
## y = x W^T + b over the last axis.
layer Linear[In -> Out](use_bias: Bool = true) {
  param weight: [Out, In] = kaiming_uniform
  param bias:   [Out]     = zeros if use_bias

  forward(x: [..B, In]) -> [..B, Out] =
    if use_bias { x @ weight.T + bias } else { x @ weight.T }
}

## Residual block of He et al., 2015 (arXiv 1512.03385, figure 2).
layer BasicBlock[In -> Out](stride: Int = 1) {
  conv1 = Conv2d[In -> Out](kernel: 3, stride: stride, pad: 1, use_bias: false)
  bn1   = BatchNorm2d[Out]
  conv2 = Conv2d[Out -> Out](kernel: 3, pad: 1, use_bias: false)
  bn2   = BatchNorm2d[Out]
  skip  = if In == Out and stride == 1 { identity }         # the branch knows In == Out
          else { Conv2d[In -> Out](kernel: 1, stride: stride, use_bias: false) >> BatchNorm2d[Out] }

  forward(x: [B, In, H, W]) -> [B, Out, (H - 1) // stride + 1, (W - 1) // stride + 1] =
    relu((x |> conv1 |> bn1 |> relu |> conv2 |> bn2) + skip(x))
}

layer ResNet18[C = 1000] {
  stem = Conv2d[3 -> 64](kernel: 7, stride: 2, pad: 3, use_bias: false) >> BatchNorm2d[64] >> relu >> max_pool(3, stride: 2, pad: 1)
  body = chain([BasicBlock[a -> b](stride: s) for (a, b, s) in
                [(64,64,1), (64,64,1), (64,128,2), (128,128,1), (128,256,2), (256,256,1), (256,512,2), (512,512,1)]])
  head = Linear[512 -> C]

  forward(x: [B, 3, H, W]) -> [B, C] = x |> stem |> body |> mean(over: [-2, -1]) |> head
}
"#;
    assert_eq!(problems(text), "");
    assert!(!read(text).0.contains("broken"));
}

#[test]
fn index_patterns() {
    let text = r#"
x.[b t (h d) -> b h t d]            # split and transpose; h or d from the sizes in scope
x.[b c h w -> b c | mean]           # reduce what disappears
(q, k).[b h t d, b h s d -> b h t s]  # contraction
bias.[d -> b t d]                   # repeat
"#;
    let parsed = parse_snippet(FileId(0), text);
    assert_eq!(parsed.diagnostics, []);
    assert!(!parsed.incomplete);
}

#[test]
fn attention() {
    let text = r#"
layer Attention[D](heads: Int, causal: Bool = false, rope: Bool = false) where D % heads == 0 {
  qkv = Linear[D -> 3*D]
  out = Linear[D -> D]

  forward(x: [B, T, D]) -> [B, T, D] {
    q, k, v = split(qkv(x), 3, over: -1)
    q, k, v = each (q, k, v) as t { t.[b t (h d) -> b h t d] }    # with h = heads
    y = attention(q, k, v, causal: causal)                        # softmax(q k^T / sqrt d) v, fused by the planner
    y.[b h t d -> b t (h d)] |> out
  }
}
"#;
    assert_eq!(problems(text), "");
    assert!(!read(text).0.contains("broken"));
}

#[test]
fn lstm() {
    let text = r#"
layer LSTM[In -> H] {
  param wx: [4*H, In] = uniform(H ** -0.5)
  param wh: [4*H, H]  = uniform(H ** -0.5)
  param b:  [4*H]     = zeros

  forward(x: [B, T, In]) -> [B, T, H] =
    scan xt in x over T with (h = zeros[B, H], c = zeros[B, H]) {
      i, f, g, o = split(xt @ wx.T + h @ wh.T + b, 4, over: -1)
      c = sigmoid(f) * c + sigmoid(i) * tanh(g)
      h = sigmoid(o) * tanh(c)
      yield h
    }
}
"#;
    assert_eq!(problems(text), "");
    assert!(!read(text).0.contains("broken"));
}

#[test]
fn losses_optimizers_and_schedules() {
    let text = r#"
fn focal(logits: [B, C], y: idx<C>[B], gamma: Float = 2.0, alpha: Float = 0.25) -> [] {
  logp = log_softmax(logits, over: C)
  lp   = pick(logp, y, over: C)                    # [B]
  mean(-alpha * (1 - exp(lp)) ** gamma * lp)
}

## Loshchilov and Hutter, 2017 (arXiv 1711.05101).
optimizer AdamW(lr: Schedule = 1e-3, beta1 = 0.9, beta2 = 0.999, eps = 1e-8, decay = 1e-2) {
  state m = zeros, v = zeros                       # shaped like the parameter
  update(p, g, t) {
    m <- beta1 * m + (1 - beta1) * g
    v <- beta2 * v + (1 - beta2) * g * g
    mh = m / (1 - beta1 ** t)
    vh = v / (1 - beta2 ** t)
    p <- p - lr(t) * (mh / (sqrt(vh) + eps) + decay * p)
  }
}

fn cosine(peak: Float, steps: Int, warmup: Int = 0) -> Schedule =
  |t| if t < warmup { peak * t / warmup } else { 0.5 * peak * (1 + cos(pi * (t - warmup) / (steps - warmup))) }
"#;
    assert_eq!(problems(text), "");
    assert!(!read(text).0.contains("broken"));
}

#[test]
fn trainings() {
    let text = r#"
train dcgan {                                       # two players
  data = faces |> shuffle |> batch(128)
  epochs = 30
  step discriminator (x) {
    fake = stop_gradient(G(normal[B, 100]))
    minimize bce(D(x), 1.0) + bce(D(fake), 0.0) over D with Adam(lr: 2e-4, beta1: 0.5)
  }
  step generator (x) {
    minimize bce(D(G(normal[B, 100])), 1.0) over G with Adam(lr: 2e-4, beta1: 0.5)
  }
  every 1 epoch { save_images(G(z), "runs/dcgan/{epoch}.png") }
}

train byol {                                        # a slow copy of the weights
  step (x) {
    minimize byol_loss(online(augment(x)), stop_gradient(target(augment(x)))) over online with LARS(lr: 0.2)
    target <- 0.996 * target + 0.004 * online
  }
}

fn sample(net: UNet, n: Int) -> [n, 1, 28, 28] =    # DDPM, Ho et al., 2020
  repeat t in 999..=0 with (x = normal[n, 1, 28, 28]) {
    x = (x - beta(t) / sqrt(1 - abar(t)) * net(x, t)) / sqrt(alpha(t)) + where(t > 0, sigma(t), 0) * normal[n, 1, 28, 28]
  }
"#;
    assert_eq!(problems(text), "");
    assert!(!read(text).0.contains("broken"));
}
