//! Shapes and sizes.

use super::Code;

pub const CODES: &[Code] = &[
    Code {
        code: "E0501",
        title: "a layer or function receives another size",
        why: "The size of an axis is another than the one that the declaration says. `_` in the brackets of a \
              layer takes the size from the input.",
        wrong: "let chain = Linear[64 -> 128] >> relu >> Linear[100 -> 10]

fn f(x: [B, 64]) = chain(x)",
        right: "let chain = Linear[64 -> 128] >> relu >> Linear[_ -> 10]

fn f(x: [B, 64]) = chain(x)",
    },
    Code {
        code: "E0502",
        title: "shapes that do not go together",
        why: "Two tensors that are combined element by element have the same shape, or one lacks leading axes, or \
              one is a scalar. Axes of size 1 are not stretched.",
        wrong: "fn f(a: [N, 1], b: [N]) = a + b",
        right: "fn f(a: [N, 1], b: [N]) = a[.., 0] + b",
    },
    Code {
        code: "E0503",
        title: "axes in another order",
        why: "The sizes are right and in the wrong order; or the inner sizes of `@` differ.",
        wrong: "fn f(x: [N, K], w: [M, K]) = x @ w",
        right: "fn f(x: [N, K], w: [M, K]) = x @ w.T",
    },
    Code {
        code: "E0504",
        title: "another number of axes",
        why: "A tensor has more or fewer axes than what takes it.",
        wrong: "fn f(x: [N]) = x
fn g(x: [B, N]) = f(x)",
        right: "fn f(x: [..B, N]) = x
fn g(x: [B, N]) = f(x)",
    },
    Code {
        code: "E0505",
        title: "a condition on sizes is not met",
        why: "A `where` of a layer or a function does not hold for the sizes of this call, or cannot be decided \
              from what is known.",
        wrong: "layer A[D](heads: Int) where D % heads == 0 { forward(x: [B, D]) = x }
let a = A[10](heads: 3)",
        right: "layer A[D](heads: Int) where D % heads == 0 { forward(x: [B, D]) = x }
let a = A[12](heads: 3)",
    },
    Code {
        code: "E0506",
        title: "a result that has not the declared shape",
        why: "What a body computes differs from what is declared behind `->`, or from a claim `x :> [..]`.",
        wrong: "fn f(x: [N]) -> [2*N] = x",
        right: "fn f(x: [N]) -> [N] = x",
    },
    Code {
        code: "E0507",
        title: "a window that does not fit",
        why: "The kernel of a convolution or the window of a pooling is larger than the padded axis.",
        wrong: "fn f(x: [B, 1, 4, 4], w: [1, 1, 5, 5]) = conv(x, w)",
        right: "fn f(x: [B, 1, 4, 4], w: [1, 1, 5, 5]) = conv(x, w, pad: 1)",
    },
    Code {
        code: "E0508",
        title: "groups that do not divide the channels",
        why: "The channels that go in and those that come out are split evenly between the groups of a \
              convolution.",
        wrong: "fn f(x: [B, 10, H, W], w: [20, 2, 1, 1]) = conv(x, w, groups: 4)",
        right: "fn f(x: [B, 10, H, W], w: [20, 2, 1, 1]) = conv(x, w, groups: 5)",
    },
    Code {
        code: "E0509",
        title: "a number of elements that does not divide or changes",
        why: "`reshape` keeps the number of elements; `split` makes equal parts.",
        wrong: "fn f(x: [B, 10]) = reshape(x, [B, 3, 3])",
        right: "fn f(x: [B, 10]) = reshape(x, [B, 2, 5])",
    },
    Code {
        code: "E0510",
        title: "a range outside its axis",
        why: "A slice or an index reaches past the end of the axis.",
        wrong: "fn f(x: [B, 10]) = x[.., 5:12]",
        right: "fn f(x: [B, 10]) = x[.., 5:10]",
    },
    Code {
        code: "E0511",
        title: "branches that differ",
        why: "Both branches of an `if` give a value of the same kind and shape.",
        wrong: "fn f(x: [N], c: []) = if c > 0 { x } else { x[1:] }",
        right: "fn f(x: [N], c: []) = if c > 0 { x } else { -x }",
    },
    Code {
        code: "E0512",
        title: "a loop that changes shape, or yields wrongly",
        why: "What a loop carries keeps its shape from one pass to the next, every assigned value is carried, and \
              the body yields once.",
        wrong: "fn f(x: [N]) = repeat 3 with (y = x) { y = concat([y, y], over: 0) }",
        right: "fn f(x: [N]) = repeat 3 with (y = x) { y = 2 * y }",
    },
    Code {
        code: "E0513",
        title: "shapes in a loss",
        why: "Nothing in a loss broadcasts: prediction and target have exactly the same shape.",
        wrong: "use std.loss: mse
fn f(pred: [N, 1], y: [N]) = mse(pred, y)",
        right: "use std.loss: mse
fn f(pred: [N, 1], y: [N]) = mse(pred[.., 0], y)",
    },
    Code {
        code: "E0514",
        title: "labels that do not fit their bound",
        why: "Class numbers `idx<V>` go where V classes are expected: a table of V rows, a prediction of V values.",
        wrong: "use std.loss: cross_entropy
fn f(logits: [B, 5], y: idx<10>[B]) = cross_entropy(logits, y)",
        right: "use std.loss: cross_entropy
fn f(logits: [B, 10], y: idx<10>[B]) = cross_entropy(logits, y)",
    },
    Code {
        code: "E0515",
        title: "an index pattern that does not fit",
        why: "Every axis of the input has a term, every name of the input is in the output or reduced, and names \
              that are sizes in scope agree with them.",
        wrong: "fn f(x: [B, C, H, W]) = x.[b c h w -> b c]",
        right: "fn f(x: [B, C, H, W]) = x.[b c h w -> b c | mean]",
    },
    Code {
        code: "E0516",
        title: "a size that nothing determines",
        why: "The size is neither given nor found from an input: `_` without an input, a name that only the result \
              mentions.",
        wrong: "let wide = Linear[64 -> _]

fn f(x: [B, 64]) = wide(x)",
        right: "let wide = Linear[_ -> 64]

fn f(x: [B, 64]) = wide(x)",
    },
    Code {
        code: "E0517",
        title: "an axis that is not there",
        why: "`over:` takes an index from 0 or from the end (-1), the name of a size, or a list of these; each \
              axis once.",
        wrong: "fn f(x: [B, T]) = sum(x, over: 2)",
        right: "fn f(x: [B, T]) = sum(x, over: 1)",
    },
    Code {
        code: "E0518",
        title: "a size that depends on data",
        why: "Some sizes are known only when a program runs: how many elements a mask keeps, how many boxes are left. Whoever \
              receives such a size names it, `[k] x = ..`. It is found before the rest of the program runs, so it cannot depend \
              on data inside a loop, a branch on data or `vmap`, nor in what is kept; there, a mask says which elements count.",
        wrong: "fn f(x: [N]) { y = x[x > 0]
  mean(y) }",
        right: "fn f(x: [N]) { [k] y = x[x > 0]
  mean(y) }",
    },
    Code {
        code: "E0519",
        title: "a softmax over an axis of one",
        why: "A warning. One number divided by itself is 1, whatever it is, and its derivative is zero. One score for two classes \
              goes through `sigmoid`; one score for each of many is compared along their axis.",
        wrong: "fn f(scores: [B, T, 1]) = softmax(scores)",
        right: "fn f(scores: [B, T, 1]) = softmax(squeeze(scores, -1))",
    },
    Code {
        code: "E0520",
        title: "a reshape that mixes axes",
        why: "A warning. A reshape reads the same elements in the same order under another shape; no element moves. Where a named \
              size stands behind other sizes than before, its axis is none of the old: words of one head come from the features of \
              another. An index pattern moves the elements, too. If another order is meant, one axis is made of all before.",
        wrong: "fn heads(x: [B, T, D], h: Int) where D % h == 0, h >= 1 = reshape(x, [B, h, T, D // h])",
        right: "fn heads(x: [B, T, D], h: Int) where D % h == 0, h >= 1 = x.[b t (h d) -> b h t d]",
    },
    Code {
        code: "E0521",
        title: "the last place of rows that were filled",
        why: "A warning. Rows of different lengths are filled to one, so `h[:, -1]` is the end of the longest rows and filling in all \
              others. The field of the lengths says where each row ends.",
        wrong: "let w = Embedding[99 -> 1]
train t {
  data = reviews |> bucket([8, 64]) |> batch(2)
  step (x, y, length) { minimize mean(w(x)[:, -1] ** 2) over w with SGD(lr: 0.1) }
}",
        right: "let w = Embedding[99 -> 1]
train t {
  data = reviews |> bucket([8, 64]) |> batch(2)
  step (x, y, length) { minimize mean(w(x)[arange(B), (length - 1) :> idx<T>[B]] ** 2) over w with SGD(lr: 0.1) }
}",
    },
];
