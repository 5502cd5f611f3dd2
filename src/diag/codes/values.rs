//! Static values: what must be known before the run.

use super::Code;

pub const CODES: &[Code] = &[
    Code {
        code: "E0401",
        title: "a size that is not known before the run",
        why: "The number decides how the program looks (a list's length, a layer's size), so it must be known \
              without running it.",
        wrong: "train t {
  data = digits.train |> batch(64)
  step (x, y) { log rows: sum([1.0 for i in 0..B]) }
}",
        right: "train t {
  data = digits.train |> batch(64)
  step (x, y) { log rows: B * 1.0 }
}",
    },
    Code {
        code: "E0402",
        title: "arithmetic that leaves its range",
        why: "A whole number does not fit 64 bits, something is divided by zero, or a list becomes absurdly long.",
        wrong: "let n = 10 // 0",
        right: "let n = 10 // 2",
    },
    Code {
        code: "E0403",
        title: "a value outside what is allowed",
        why: "An index is outside its list, a count is not positive, or the number of parts is another than what \
              takes them.",
        wrong: "let a, b = (1, 2, 3)",
        right: "let a, b = (1, 2)",
    },
    Code {
        code: "E0404",
        title: "an assertion that is false",
        why: "The condition is known before the run, and does not hold.",
        wrong: r#"test "sum" { assert 1 + 1 == 3 }"#,
        right: r#"test "sum" { assert 1 + 1 == 2 }"#,
    },
    Code {
        code: "E0405",
        title: "a function that calls itself without end",
        why: "Calls are unfolded before the run, so a recursion needs an end that is decided by static values.",
        wrong: "fn f(n: Int) = f(n + 1)
let x = f(0)",
        right: "fn f(n: Int) = if n > 9 { n } else { f(n + 1) }
let x = f(0)",
    },
    Code {
        code: "E0406",
        title: "more than the budget before the run",
        why: "Static values are computed, and programs unrolled, before anything runs. One item may take 1,000,000 \
              steps (expressions, and elements of lists) and 500,000 operations for that, 10,000 levels of nesting, \
              texts of 65,536 bytes, and tensors of 1 TiB: a program that explodes ends here.",
        wrong: "let pairs = [i * j for i in 0..100000 for j in 0..100000]",
        right: "let pairs = [i * j for i in 0..100 for j in 0..100]",
    },
];
