//! Faults while a program runs.

use super::Code;

pub const CODES: &[Code] = &[
    Code {
        code: "E0801",
        title: "a number that is not finite",
        why: "A loss or a parameter became NaN or infinite. The label shows the expression that made it first. \
              Usual causes: a learning rate that is too large, the logarithm of 0, a division by 0.",
        wrong: "fn nll(p: [N]) = -mean(log(p))",
        right: "fn nll(p: [N]) = -mean(log(maximum(p, 1e-7)))",
    },
    Code {
        code: "E0802",
        title: "an index outside its axis while running",
        why: "An index that was computed from data is outside the axis it reads. Declare its bound with `idx<V>` \
              to have it checked where it enters.",
        wrong: "fn f(table: [10, D], i: i64[B]) = take(table, i, over: 0)",
        right: "fn f(table: [V, D], i: idx<V>[B]) = take(table, i, over: 0)",
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
        wrong: "fn half(x: [N, D]) = cholesky(x.T @ x / N)",
        right: "fn half(x: [N, D]) = cholesky(x.T @ x / N + 1e-6 * eye([D, D]))",
    },
];
