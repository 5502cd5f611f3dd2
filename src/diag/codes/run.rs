//! Faults while a program runs.

use super::Code;

pub const CODES: &[Code] = &[
    Code {
        code: "E0801",
        title: "a number that is not finite",
        why: "A loss or a parameter became NaN or infinite. The label shows the expression that made it first. \
              Usual causes: a learning rate that is too large, the logarithm of 0, a division by 0.",
        wrong: "train t {
  data = digits.train
  step (x, y) { minimize mean(log(relu(net(x)))) over net with SGD(lr: 0.1) }
}",
        right: "train t {
  data = digits.train
  step (x, y) { minimize mean(log(relu(net(x)) + 1e-3)) over net with SGD(lr: 0.1) }
}",
    },
    Code {
        code: "E0802",
        title: "an index outside its axis while running",
        why: "An index that was computed from data is outside the axis it reads. Declare its bound with `idx<V>` \
              to have it checked where it enters.",
        wrong: r#"test "rows" { assert sum(take(ones[10, 2], [3, 12])) > 0 }"#,
        right: r#"test "rows" { assert sum(take(ones[10, 2], [3, 7])) > 0 }"#,
    },
    Code {
        code: "E0803",
        title: "an assertion failed while running",
        why: "The condition of an `assert` was computed and is false.",
        wrong: r#"test "sum" { assert_close(sum([1.0, 2.0]), 4.0) }"#,
        right: r#"test "sum" { assert_close(sum([1.0, 2.0]), 3.0) }"#,
    },
    Code {
        code: "E0804",
        title: "a matrix that has no such factor",
        why: "`cholesky` needs a positive definite matrix, a triangular solve a diagonal without zeros, and the other \
              factorisations finite numbers. Adding a small multiple of the identity makes a covariance definite.",
        wrong: r#"test "factor" { assert sum(cholesky(tensor([[0.0, 1.0], [1.0, 0.0]]))) > 0 }"#,
        right: r#"test "factor" { assert sum(cholesky(tensor([[2.0, 1.0], [1.0, 2.0]]))) > 0 }"#,
    },
    Code {
        code: "E0805",
        title: "more memory than there is",
        why: "The parameters, or the values of one step at the sizes of the batch, need more memory than this machine \
              gives. The label is at the largest of them. Usual causes: a batch that is too large, axes that were \
              meant to be summed before they are multiplied.",
        wrong: r#"test "sums" { assert sum(cumsum(rand([400000, 400000]), over: 0)) > 0 }"#,
        right: r#"test "sums" { assert sum(cumsum(rand([400, 400]), over: 0)) > 0 }"#,
    },
];
