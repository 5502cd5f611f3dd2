//! Types and calls.

use super::Code;

pub const CODES: &[Code] = &[
    Code {
        code: "E0301",
        title: "another kind of value is needed",
        why: "A value has the wrong kind: a number where a tensor must be, a function where a list must be, a \
              tensor where something must be known before the run.",
        wrong: r#"let n: Int = "three""#,
        right: "let n: Int = 3",
    },
    Code {
        code: "E0302",
        title: "an argument of that name does not exist, or is given twice",
        why: "The label names what is called; its parameters are listed.",
        wrong: "let a = Linear[4 -> 2](bias: false)",
        right: "let a = Linear[4 -> 2](use_bias: false)",
    },
    Code {
        code: "E0303",
        title: "an argument is missing",
        why: "A parameter without a default has no value in this call.",
        wrong: "fn f(a: Int, b: Int) = a + b
let x = f(1)",
        right: "fn f(a: Int, b: Int) = a + b
let x = f(1, 2)",
    },
    Code {
        code: "E0304",
        title: "too many arguments",
        why: "The call has more arguments than what is called has parameters, or a layer has more sizes than it \
              declares.",
        wrong: "fn f(a: Int) = a
let x = f(1, 2)",
        right: "fn f(a: Int) = a
let x = f(1)",
    },
    Code {
        code: "E0305",
        title: "this cannot be called",
        why: "Only functions, layers and schedules are called, or stand behind `|>`.",
        wrong: "let a = 3
let b = a(1)",
        right: "fn a(x: Int) = x
let b = a(1)",
    },
    Code {
        code: "E0306",
        title: "an unknown field",
        why: "A record has its declared fields, a layer its members, a tensor `.T`, `.shape`, `.rank` and \
              `.dtype`.",
        wrong: "let r = (loss: 1, steps: 2)
let x = r.lost",
        right: "let r = (loss: 1, steps: 2)
let x = r.loss",
    },
    Code {
        code: "E0307",
        title: "element types that do not go together",
        why: "Element types are never converted silently. Labels (`idx`) are not values: make vectors of them with \
              `one_hot`.",
        wrong: "fn f(x: [N], y: idx<10>[N]) = x + mean(y)

fn mean_of(y: [N]) = mean(y)

fn g(y: idx<10>[N]) = mean_of(y)",
        right: "fn f(x: f32[N], n: i64[N]) = x * cast(n, f32)",
    },
    Code {
        code: "E0308",
        title: "a condition on data",
        why: "A condition that is computed from tensors chooses between two values of one shape, so it needs an \
              `else`; a condition for every element is `where(c, a, b)`.",
        wrong: "fn f(x: [N]) = if x > 0 { x } else { 0.0 }",
        right: "fn f(x: [N]) = where(x > 0, x, 0.0)",
    },
    Code {
        code: "E0309",
        title: "scores, probabilities, or their logarithms where a loss takes another of them",
        why: "A warning. All three are floats of one shape. `cross_entropy` and `bce_logits` take scores as they leave the last \
              layer, and make probabilities themselves; `nll` and `kl` take logarithms, `bce` takes probabilities. What comes \
              directly from `softmax`, `sigmoid`, their logarithms or `relu` is followed through names, layers and views.",
        wrong: "use std.loss: cross_entropy
fn f(z: [B, 10], y: idx<10>[B]) = cross_entropy(softmax(z), y)",
        right: "use std.loss: cross_entropy
fn f(z: [B, 10], y: idx<10>[B]) = cross_entropy(z, y)",
    },
    Code {
        code: "E0310",
        title: "a difference of bytes",
        why: "A warning. `u8` holds 0 to 255, and what is below wraps around, so that black minus white is almost black. A type \
              with a sign holds the difference.",
        wrong: "fn f(a: u8[N], b: u8[N]) = a - b",
        right: "fn f(a: u8[N], b: u8[N]) = cast(a, i32) - cast(b, i32)",
    },
    Code {
        code: "E0311",
        title: "a mask the other way round",
        why: "A warning. Attention and `masked_softmax` see where a mask is true. A mask that is called for what it hides, such as \
              `hidden` or `key_padding_mask`, is likely true where nothing is to be seen.",
        wrong: "fn weights(scores: [T, S], hidden: bool[T, S]) = masked_softmax(scores, hidden)",
        right: "fn weights(scores: [T, S], hidden: bool[T, S]) = masked_softmax(scores, not hidden)",
    },
];
