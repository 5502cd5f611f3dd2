//! Layers, parameters, optimizers and training.

use super::Code;

pub const CODES: &[Code] = &[
    Code {
        code: "E0601",
        title: "what is minimized is not a scalar",
        why: "Gradients are taken of one number.",
        wrong: "train t {
  data = digits.train
  step (x, y) { minimize net(x) over net with SGD(lr: 0.1) }
}",
        right: "train t {
  data = digits.train
  step (x, y) { minimize mean(net(x)) over net with SGD(lr: 0.1) }
}",
    },
    Code {
        code: "E0602",
        title: "nothing to train",
        why: "What stands behind `over` has no parameters, or the loss does not depend on them.",
        wrong: "train t {
  data = digits.train
  step (x, y) { minimize sum(x) over net with SGD(lr: 0.1) }
}",
        right: "train t {
  data = digits.train
  step (x, y) { minimize sum(net(x)) over net with SGD(lr: 0.1) }
}",
    },
    Code {
        code: "E0603",
        title: "not an optimizer",
        why: "Behind `with` stands one optimizer with an `update(p, g, t)`, possibly behind gradient transforms: \
              `clip_norm(1.0) >> Adam(lr: 1e-3)`.",
        wrong: "train t {
  data = digits.train
  step (x, y) { minimize mean(net(x)) over net with clip_norm(1.0) }
}",
        right: "train t {
  data = digits.train
  step (x, y) { minimize mean(net(x)) over net with clip_norm(1.0) >> Adam(lr: 1e-3) }
}",
    },
    Code {
        code: "E0604",
        title: "a training without data or without a step",
        why: "A `train` has `data = ..`, or without data a number of `steps`, and at least one `step`.",
        wrong: "train t { epochs = 3 }",
        right: "train t {
  data = digits.train |> batch(64)
  epochs = 3
  step (x, y) { minimize mean(net(x)) over net with SGD(lr: 0.1) }
}",
    },
    Code {
        code: "E0605",
        title: "a setting of `train` that is unknown or out of range",
        why: "The settings are `data` or `steps`, `epochs`, `seed`, `accumulate`, `precision` (f32, bf16 or f16), \
              `loss_scale`, `min_delta` and `restore_best`; counts begin at 1. Another name is a value for the parts of the block, and one of them must use it.",
        wrong: "train t {
  data = digits.train
  epoch = 10
  step (x, y) { log mean: mean(x) }
}",
        right: "train t {
  data = digits.train
  epochs = 10
  step (x, y) { log mean: mean(x) }
}",
    },
    Code {
        code: "E0606",
        title: "the parts of a training do not fit together",
        why: "`step` and `validate` name every field of a row, and without data nothing; their values are logged or minimized, and there is \
              one `validate`.",
        wrong: "train t {
  data = digits.train
  step (x) { log n: 1 }
}",
        right: "train t {
  data = digits.train
  step (x, y) { log n: 1 }
}",
    },
    Code {
        code: "E0607",
        title: "a metric that is not logged",
        why: "`save best` and `stop after` follow a metric of `train` or `val` that a `log` reports; whether more \
              is better must be known from its name or said.",
        wrong: r#"train t {
  data = digits.train
  step (x, y) { log mean: mean(x) }
  save best train.mean to "runs/t"
}"#,
        right: r#"train t {
  data = digits.train
  step (x, y) { log mean: mean(x) }
  save highest train.mean to "runs/t"
}"#,
    },
    Code {
        code: "E0608",
        title: "rows of a data set that are not described, or not so",
        why: "The type behind the name of a data set says what a row is: a record of fields with sizes. Row stages \
              stand in front of `batch`.",
        wrong: r#"train t {
  data = read_csv("std:digits.csv")
  step (x, y) { log mean: mean(x) }
}"#,
        right: r#"let all: (x: [64], y: idx<10>) = read_csv("std:digits.csv")

train t {
  data = all
  step (x, y) { log mean: mean(x) }
}"#,
    },
    Code {
        code: "E0611",
        title: "a change, or something that is told, inside a loop",
        why: "State changes once in a step, not inside `scan`, `repeat` or `while`: carry the value, and change it \
              behind the loop. `log`, `save` and `print` stand neither in loops nor in branches that depend on data.",
        wrong: "layer Last[D] {
  buffer seen: [D] = zeros
  forward(x: [D]) =
    repeat 3 with (y = x) {
      y = 2 * y
      seen <- y
    }
}",
        right: "layer Last[D] {
  buffer seen: [D] = zeros
  forward(x: [D]) {
    last = repeat 3 with (y = x) { y = 2 * y }
    seen <- last
    last
  }
}",
    },
    Code {
        code: "E0612",
        title: "this cannot be changed",
        why: "`<-` changes parameters, buffers, the state of an optimizer, or a layer by another of the same make. \
              Arithmetic between layers, too, is for layers of one make: it goes parameter by parameter.",
        wrong: "fn f(x: []) {
  x <- 2 * x
  x
}",
        right: "fn f(x: []) {
  x = 2 * x
  x
}",
    },
    Code {
        code: "E0613",
        title: "a statement outside of its place",
        why: "`minimize` stands in a `step` or a `test`; `save` stands in an `every` of a `train`; `save_plot`, `save_images` and \
              `print` stand there or at the top level, or in a function that is called there.",
        wrong: r#"test "t" { save net to "net.safetensors" }"#,
        right: r#"train t {
  data = digits.train
  step (x, y) { minimize mean(net(x)) over net with SGD(lr: 0.1) }
  every 1 epoch { save net to "net.safetensors" }
}"#,
    },
    Code {
        code: "E0614",
        title: "a value of a batch before any batch is there",
        why: "First values of parameters, and fields of layers, are made once, before everything else. What depends on a \
              batch is given to a method.",
        wrong: "layer Shift(by: Any) {
  param start: [64] = by
  forward(x: [B, 64]) -> [B, 64] = x + start
}

train t {
  data = digits.train
  step (x, y) { log mean: mean(Shift(by: x[0])(x)) }
}",
        right: "layer Shift {
  forward(x: [B, 64], by: [64]) -> [B, 64] = x + by
}

train t {
  data = digits.train
  step (x, y) { log mean: mean(Shift()(x, x[0])) }
}",
    },
    Code {
        code: "E0615",
        title: "a parameter in two groups, or in none",
        why: "A parameter has one optimizer. Where a `minimize` has several groups, a parameter of the same network that \
              is in none of them is not trained; `freeze` in a list says that this is meant.",
        wrong: "let two = Linear[64 -> 8] >> Linear[8 -> 10]

train t {
  data = digits.train
  step (x, y) {
    minimize mean(two(x)) over two[1] with Adam(lr: 1e-3), two with Adam(lr: 1e-4)
  }
}",
        right: "let two = Linear[64 -> 8] >> Linear[8 -> 10]

train t {
  data = digits.train
  step (x, y) {
    minimize mean(two(x)) over two[1] with Adam(lr: 1e-3), two[0] with Adam(lr: 1e-4)
  }
}",
    },
    Code {
        code: "E0616",
        title: "a call at the top level that does nothing",
        why: "At the top level stand definitions, calls of functions that give a `train { .. }`, such as `fit`, and calls that \
              write or print, such as `save_plot`.",
        wrong: "log(2.0)",
        right: "let l = log(2.0)",
    },
    Code {
        code: "E0617",
        title: "the numbers of a training before it has run",
        why: "`let a = train { .. }` runs where it stands, and `a.loss` is what it logged. Programs that run behind it read \
              that; first values of parameters and settings of optimizers are made before everything else.",
        wrong: "layer Start { param w: [] = first.loss[-1] }
let start = Start
let first = train {
  steps = 10
  step () { minimize (start.w - 1) ** 2 over start with SGD(lr: 0.1) }
}",
        right: "layer Start { param w: [] = 0.0 }
let start = Start
let first = train {
  steps = 10
  step () { minimize (start.w - 1) ** 2 over start with SGD(lr: 0.1) }
}
test \"it has got better\" { assert first.loss[-1] < first.loss[0] }",
    },
    Code {
        code: "E0618",
        title: "a part of a loss that teaches nothing",
        why: "A warning. Counts, class numbers and comparisons change in jumps, and between these their derivative is zero; a loss \
              that is cut off has derivative zero where it is. The number looks like a loss, and the weights do not hear of it.",
        wrong: "train t {
  data = digits.train |> batch(64)
  step (x, y) { minimize minimum(cross_entropy(net(x), y), 1.0) over net with SGD(lr: 0.1) }
}",
        right: "train t {
  data = digits.train |> batch(64)
  step (x, y) { minimize cross_entropy(net(x), y) over net with clip_norm(1.0) >> SGD(lr: 0.1) }
}",
    },
    Code {
        code: "E0619",
        title: "layers that are no more than one",
        why: "A warning. Two linear maps behind each other are one, unless fewer features between make it a factorization. And where \
              the weights of two layers begin at zero, all features between them are equal, and get equal gradients.",
        wrong: "let two = Linear[784 -> 256] >> Linear[256 -> 10]",
        right: "let two = Linear[784 -> 256] >> relu >> Linear[256 -> 10]",
    },
    Code {
        code: "E0620",
        title: "two names of one layer",
        why: "A warning. `let target = net` gives a second name to one layer; what changes one changes the other. A layer with \
              weights of its own, which begin as those of another, is `copy(net)`.",
        wrong: "let target = net
train t {
  steps = 10
  step () { target <- 0.9 * target + 0.1 * net }
}",
        right: "let target = copy(net)
train t {
  steps = 10
  step () { target <- 0.9 * target + 0.1 * net }
}",
    },
    Code {
        code: "E0621",
        title: "a number that is none, behind a `where`",
        why: "A warning. `where` computes both sides and chooses. What is not chosen is not in the result, but its derivative is \
              computed, too: the zero that comes back, times the slope of `sqrt` at zero or of `1 / x`, which is infinite, is NaN. It \
              goes into the weights, while the loss looks fine. So the operand gets a `where` of its own.",
        wrong: "layer Point {
  param at: [2] = 0.0
  forward() -> [] = sum(where(at > 0, sqrt(at), 0.0))
}
let point = Point
train t {
  steps = 10
  step () { minimize point() over point with SGD(lr: 0.1) }
}",
        right: "layer Point {
  param at: [2] = 0.0
  forward() -> [] = sum(where(at > 0, sqrt(where(at > 0, at, 1.0)), 0.0))
}
let point = Point
train t {
  steps = 10
  step () { minimize point() over point with SGD(lr: 0.1) }
}",
    },
    Code {
        code: "E0622",
        title: "a target that moves along",
        why: "A warning. The target of a value is what comes next, and the same layer says it: `r + 0.99 * q(next)`. A derivative that \
              goes through both sides also pulls what comes next towards what is now. Learning by differences in time takes the \
              target for a number.",
        wrong: "let q = Linear[4 -> 1]
train t {
  steps = 10
  step () {
    x = normal[32, 4]
    minimize mean((q(x) - (1 + 0.99 * q(x + 1))) ** 2) over q with SGD(lr: 0.1)
  }
}",
        right: "let q = Linear[4 -> 1]
train t {
  steps = 10
  step () {
    x = normal[32, 4]
    minimize mean((q(x) - stop_gradient(1 + 0.99 * q(x + 1))) ** 2) over q with SGD(lr: 0.1)
  }
}",
    },
    Code {
        code: "E0623",
        title: "gradients of batches that do not count by their rows",
        why: "A warning. `accumulate` makes one update of several batches, as if they were one, and counts each by its rows. A loss \
              that is divided by what the data keep, such as the words of a batch, counts otherwise: each batch has its own number. \
              Divided by the rows, sums of batches are the sum of all.",
        wrong: "train t {
  data = digits.train |> batch(8)
  accumulate = 4
  step (x, y) {
    losses = where(y < 5, mean(net(x) ** 2, over: 1), 0.0)
    minimize sum(losses) / sum(where(y < 5, 1.0, 0.0)) over net with SGD(lr: 0.1)
  }
}",
        right: "train t {
  data = digits.train |> batch(8)
  accumulate = 4
  step (x, y) {
    losses = where(y < 5, mean(net(x) ** 2, over: 1), 0.0)
    minimize sum(losses) / B over net with SGD(lr: 0.1)
  }
}",
    },
    Code {
        code: "E0624",
        title: "an answer in the input",
        why: "A warning. From each class of the target there is a way to its own scores on which no place meets another and nothing is \
              hidden: the network needs only to say what it is shown, and the loss goes to zero. A model of texts says what comes \
              next, or what was hidden.",
        wrong: "let model = Embedding[100 -> 8] >> Linear[8 -> 100]
fn loss(x: idx<100>[B, T]) -> [] = cross_entropy(model(x), x)",
        right: "let model = Embedding[100 -> 8] >> Linear[8 -> 100]
fn loss(x: idx<100>[B, T]) -> [] where T >= 2 = cross_entropy(model(x[:, :-1]), x[:, 1:])",
    },
    Code {
        code: "E0625",
        title: "buffers of a frozen layer that move",
        why: "A warning. `freeze` says that parameters stay. Buffers follow what a layer sees in training, so a frozen batch norm goes \
              on to change its means, and what it answers. `freeze(net, training: false)` answers as outside of training; \
              `training: true` says that the buffers are to follow.",
        wrong: "let body = BatchNorm[2]
let head = Linear[2 -> 1]
train t {
  steps = 10
  step () { minimize mean(head(freeze(body)(normal[8, 2])) ** 2) over head with SGD(lr: 0.1) }
}",
        right: "let body = BatchNorm[2]
let head = Linear[2 -> 1]
train t {
  steps = 10
  step () { minimize mean(head(freeze(body, training: false)(normal[8, 2])) ** 2) over head with SGD(lr: 0.1) }
}",
    },
];
