//! Every construct becomes the expected tree.

use super::read;

/// Demands the tree, and no diagnostics.
fn expect(source: &str, tree: &str) {
    let (found, problems) = read(source);
    assert_eq!(problems, "", "{source}");
    assert_eq!(found.trim(), tree.trim(), "{source}");
}

#[test]
fn uses_hypers_and_lets() {
    expect(
        r#"
use std.nn: Linear, Conv2d as Conv
use std.train
use "blocks.dln": Block
hyper lr: Float = 1e-3
hyper n = 10_000
let (a, b): (x: f32[64], y: idx<10>) = split(digits.train, 0.8, seed: 0); let c = 3
"#,
        r#"
(use std.nn Linear Conv2d:Conv)
(use std.train)
(use "blocks.dln" Block)
(hyper lr : Float 0.001)
(hyper n 10000)
(let (a b) : (x:f32[64] y:idx<10>[]) (call split (. digits train) 0.8 seed: 0))
(let c 3)
"#,
    );
}

#[test]
fn functions() {
    expect(
        r#"
## Doc of f
## second line
fn f[N, M = 2*N](x: [..B, N], y: idx<N+1>[B], k: Int = 1) -> (loss: [], rest: ([B, 2], f32)) where N > k, M % 2 == 0 = x
fn g() { a = 1; a }
"#,
        r#"
(fn f [N M=(* 2 N)] (x:[..B N] y:idx<(+ N 1)>[B] k:Int=1) -> (loss:[] rest:([B 2] f32)) where (> N k) where (== (% M 2) 0) doc "Doc of f\nsecond line"
  x)
(fn g ()
  (block
    (= a 1)
    a))
"#,
    );
}

#[test]
fn layers() {
    expect(
        r#"
layer L[In -> Out, H = 4](use_bias: Bool = true) where In > 0 {
  ## the weight
  param weight: [Out, In] = kaiming_uniform
  param bias:   [Out]     = zeros if use_bias
  buffer mean: [Out] = zeros
  conv1 = Conv2d[In -> Out](kernel: 3)
  a, b = split(conv1, 2)
  ## goes forward
  forward(x: [..B, In]) -> [..B, Out] =
    if use_bias { x @ weight.T + bias } else if In == Out { x } else { x @ weight.T }
  helper(x) { y = x; mean <- 0.9 * mean + 0.1 * y; y }
}
layer Empty { }
"#,
        r#"
(layer L [In -> Out H=4] (use_bias:Bool=true) where (> In 0)
  (param weight [Out In] kaiming_uniform doc "the weight")
  (param bias [Out] zeros if use_bias)
  (buffer mean [Out] zeros)
  (= conv1 (call (at Conv2d In -> Out) kernel: 3))
  (= (a b) (call split conv1 2))
  (method forward (x:[..B In]) -> [..B Out] doc "goes forward"
    (if use_bias
      (+ (@ x (. weight T)) bias)
    else
      (if (== In Out)
        x
      else
        (@ x (. weight T)))))
  (method helper (x)
    (block
      (= y x)
      (<- mean (+ (* 0.9 mean) (* 0.1 y)))
      y)))
(layer Empty [] ())
"#,
    );
}

#[test]
fn optimizers() {
    expect(
        r#"
optimizer Adam(lr: Schedule = 1e-3, beta1 = 0.9) where beta1 < 1 {
  state m = zeros, v = zeros
  update(p, g, t) {
    m <- beta1 * m
    p <- p - lr(t)
  }
  transform(gs) = gs
}
"#,
        r#"
(optimizer Adam (lr:Schedule=0.001 beta1=0.9) where (< beta1 1)
  (state m zeros)
  (state v zeros)
  (method update (p g t)
    (block
      (<- m (* beta1 m))
      (<- p (- p (call lr t)))))
  (method transform (gs)
    gs))
"#,
    );
}

#[test]
fn trainings() {
    expect(
        r#"
train classify {
  data   = digits.train |> shuffle |> batch(64)
  epochs = 20
  seed = 3
  step (x, y) {
    logits = net(x)
    minimize cross_entropy(logits, y) over net with AdamW(lr: lr)
    log accuracy: accuracy(logits, y), loss: 3
  }
  step disc (x) { minimize (a + b)
     over D
     with Adam() }
  validate digits.test |> batch(256) (x, y) {
    log loss: cross_entropy(net(x), y)
  }
  validate data (x) { log(x) }
  every 1 epoch { save_images(G(z), "runs/{epoch}.png") }
  every 2 * k steps { save net to "x.safetensors"; save best to "y" }
  save best val.accuracy to "runs/digits"
  save lowest train.loss to "r"
  stop after 5 epochs without better val.loss
  stop after 5 epochs without lower train.loss
}
train { }
"#,
        r#"
(train classify
  (= data (|> (|> (. digits train) shuffle) (call batch 64)))
  (= epochs 20)
  (= seed 3)
  (step (x y)
    (= logits (call net x))
    (minimize (call cross_entropy logits y) net (call AdamW lr: lr))
    (log accuracy: (call accuracy logits y) loss: 3))
  (step disc x
    (minimize (+ a b) D (call Adam)))
  (validate (|> (. digits test) (call batch 256)) (x y)
    (log loss: (call cross_entropy (call net x) y)))
  (validate data x
    (call log x))
  (every 1 epochs
    (call save_images (call G z) "runs/{epoch}.png"))
  (every (* 2 k) steps
    (save net "x.safetensors")
    (save best "y"))
  (save best val.accuracy "runs/digits")
  (save lowest train.loss "r")
  (stop 5 best val.loss)
  (stop 5 lowest train.loss))
(train)
"#,
    );
}

#[test]
fn tests() {
    expect(
        r#"
test "names \"quoted\"\n" {
  assert a == b
  assert x > 0, "must be positive"
  y: idx<2>[4] = [0, 0, 1, 1]
  print(y)
}
"#,
        r#"
(test "names \"quoted\"\n"
  (assert (== a b))
  (assert (> x 0) "must be positive")
  (= y (:> (list 0 0 1 1) idx<2>[4]))
  (call print y))
"#,
    );
}

#[test]
fn expressions() {
    let table = [
        (
            "x |> f(a) >> g or not b and c == d :> [2, D]",
            "(|> x (>> (call f a) (or g (and (not b) (== c (:> d [2 D]))))))",
        ),
        ("0..n + 1", "(.. 0 (+ n 1))"),
        (
            "-x ** 2 * H ** -0.5 - 3 // 4 % 5 @ 2 ** 3 ** 4",
            "(- (* (- (** x 2)) (** H (- 0.5))) (@ (% (// 3 4) 5) (** 2 (** 3 4))))",
        ),
        ("|a, b: [N] = 3| a |> f", "(| (a b:[N]=3) (|> a f))"),
        ("x |> |y| y >> z |> w", "(|> (|> x (>> (| (y) y) z)) w)"),
        ("f >> |y| y", "(>> f (| (y) y))"),
        ("x[0, .., 1:, :2, ::3, 1:2:3, n=4, -1, ..S, a:b]", "(at x 0 .. 1: :2 ::3 1:2:3 n=4 (- 1) (.. S) a:b)"),
        ("Linear[64 -> 128](use_bias: false)", "(call (at Linear 64 -> 128) use_bias: false)"),
        ("Linear[_ -> 10].weight.T", "(. (. (at Linear _ -> 10) weight) T)"),
        ("x.[b t (h d) -> b h t d]", "(.[] x [b t (h d) -> b h t d])"),
        ("(q, k).[b h t d, .. s d -> b h t s | mean]", "(.[] (tuple q k) [b h t d, .. s d -> b h t s | mean])"),
        ("x.[a b -> | sum]", "(.[] x [a b ->  | sum])"),
        ("[f(a) for (a, b) in xs if a for c in b]", "(list-of (call f a) for (a b) xs if a for c b)"),
        ("(a,)", "(tuple a)"),
        ("(loss: a, train: b)", "(record loss: a train: b)"),
        ("()", "(tuple)"),
        ("[1, ..x.shape, true]", "(list 1 (.. (. x shape)) true)"),
        ("[(64,64,1), (64,64,1)]", "(list (tuple 64 64 1) (tuple 64 64 1))"),
        ("reshape(x, [..B, -1])", "(call reshape x (list (.. B) (- 1)))"),
        ("where(x > 0, x, 0.0)", "(call where (> x 0) x 0.0)"),
        (
            "{ a = 1; a }",
            r#"(block
  (= a 1)
  a)"#,
        ),
        (
            "if c { 1 }",
            r#"(if c
  1)"#,
        ),
        ("(a + b) * c", "(* (+ a b) c)"),
        ("|| 3", "(| () 3)"),
        ("a - b - c", "(- (- a b) c)"),
        ("a < b or a >= c and d != e", "(or (< a b) (and (>= a c) (!= d e)))"),
        ("999..=0", "(..= 999 0)"),
    ];
    for (source, tree) in table {
        expect(&format!("let x = {source}"), &format!("(let x {tree})"));
    }
}

#[test]
fn loops() {
    expect(
        r#"
fn f(x) =
  scan xt, mt in x, m over T backward with (h = zeros[B, H], c = 0) { h = h + xt; yield h }
fn g(x) = repeat i in 0..n with (x = x0) { x = x + i }
fn h(x) = repeat 40 with (x = x0) { x }
fn i(q, k) { q, k = each (q, k) as t { t.[b t (h d) -> b h t d] }
  q }
fn j(x) = scan v in x over T { yield v }
fn k(x) = while max(x) > e max i in 0..n with (x = x0) { x = x / i }
fn l(x) {
  [k, m] y, z = f(x)
  y
}
"#,
        r#"
(fn f (x)
  (scan (xt mt) x m backward over T h=(at zeros B H) c=0
    (= h (+ h xt))
    (yield h)))
(fn g (x)
  (repeat i (.. 0 n) x=x0
    (= x (+ x i))))
(fn h (x)
  (repeat 40 x=x0
    x))
(fn i (q k)
  (block
    (= (q k) (each (tuple q k) t
      (.[] t [b t (h d) -> b h t d])))
    q))
(fn j (x)
  (scan v x over T
    (yield v)))
(fn k (x)
  (while (> (call max x) e) max i (.. 0 n) x=x0
    (= x (/ x i))))
(fn l (x)
  (block
    (= [k m] (y z) (call f x))
    y))
"#,
    );
}

#[test]
fn open_lines() {
    expect(
        r#"
fn cosine(peak: Float, steps: Int, warmup: Int = 0) -> Schedule =
  |t| if t < warmup { peak * t / warmup } else { 0.5 * peak * (1 + cos(pi * (t - warmup) / (steps - warmup))) }
fn chain2(x) {
  y = x
    |> f
    |> g(over: 3)
  z = y +
    3
  where(z > 0, z,
     0)
  - z
}
let skip  = if In == Out and stride == 1 { identity }         # the branch knows
          else { Conv2d[In -> Out](kernel: 1) }
let log = 3
let to = log + over
"#,
        r#"
(fn cosine (peak:Float steps:Int warmup:Int=0) -> Schedule
  (| (t) (if (< t warmup)
    (/ (* peak t) warmup)
  else
    (* (* 0.5 peak) (+ 1 (call cos (/ (* pi (- t warmup)) (- steps warmup))))))))
(fn chain2 (x)
  (block
    (= y (|> (|> x f) (call g over: 3)))
    (= z (+ y 3))
    (do (call where (> z 0) z 0))
    (- z)))
(let skip (if (and (== In Out) (== stride 1))
  identity
else
  (call (at Conv2d In -> Out) kernel: 1)))
(let log 3)
(let to (+ log over))
"#,
    );
}
