//! Files that dln reads and writes.

use super::Code;

pub const CODES: &[Code] = &[
    Code {
        code: "E0901",
        title: "weights cannot be read",
        why: "The file does not exist or is not a whole safetensors file.",
        wrong: r#"let net = load(Linear[64 -> 10], "net.pt")"#,
        right: r#"let net = load(Linear[64 -> 10], "net.safetensors")"#,
    },
    Code {
        code: "E0902",
        title: "weights that do not fit the layer",
        why: "Names, shapes or element types in the file are others than those of the layer. With `--resume`: the run that was \
              interrupted is one of another program, and what differs is named.",
        wrong: r#"let net = load(Linear[64 -> 12], "linear_64_10.safetensors")"#,
        right: r#"let net = load(Linear[64 -> 10], "linear_64_10.safetensors")"#,
    },
    Code {
        code: "E0903",
        title: "a file cannot be written",
        why: "The folder does not exist and cannot be made, or writing is not allowed there.",
        wrong: r#"train t {
  data = digits.train
  step (x, y) { minimize mean(net(x)) over net with SGD(lr: 0.1) }
  save lowest train.loss to "/proc/t"
}"#,
        right: r#"train t {
  data = digits.train
  step (x, y) { minimize mean(net(x)) over net with SGD(lr: 0.1) }
  save lowest train.loss to "runs/t"
}"#,
    },
    Code {
        code: "E0904",
        title: "not pictures",
        why: "`save_images` takes [N, H, W], or [N, C, H, W] with 1, 3 or 4 channels.",
        wrong: r#"train t {
  data = digits.train
  step (x, y) { minimize mean(net(x)) over net with SGD(lr: 0.1) }
  every 1 epoch { save_images(zeros[4, 2, 8, 8], "a.png") }
}"#,
        right: r#"train t {
  data = digits.train
  step (x, y) { minimize mean(net(x)) over net with SGD(lr: 0.1) }
  every 1 epoch { save_images(zeros[4, 3, 8, 8], "a.png") }
}"#,
    },
    Code {
        code: "E0905",
        title: "no rule for names",
        why: "A rule of `load(.., rename: [..])` has names of the file in front of `->`, those of the program behind it, and as many `*` in \
              each. `_` behind `->` leaves tensors out, `+` joins or splits them along their first axis, and `[i o] -> [o i]` \
              swaps axes.",
        wrong: r#"let net = load(Linear[64 -> 10], "net.safetensors", rename: ["fc.*.weight -> weight"])"#,
        right: r#"let net = load(Linear[64 -> 10], "net.safetensors", rename: ["fc.0.weight -> weight", "fc.0.bias -> bias"])"#,
    },
];
