//! The table of all ops, from which `docs/ops.md` is made. A new op cannot be without its row.

use super::{Binary, Compare, Conv, ConvMode, Matrix, Op, Reduce, Unary};
use crate::types::{DType, Scalar};

/// One row.
#[derive(Clone, Copy, Debug)]
pub struct Doc {
    pub operands: &'static str,
    pub meaning: &'static str,
    /// What must hold beyond ranks, axes that exist, and equal element types.
    pub requires: &'static str,
    /// The cotangents of the operands, given `g`, that of the result `y`.
    pub derivative: &'static str,
}

const fn doc(operands: &'static str, meaning: &'static str, requires: &'static str, derivative: &'static str) -> Doc {
    Doc { operands, meaning, requires, derivative }
}

impl<D> Op<D> {
    /// Its row in the table.
    pub fn doc(&self) -> Doc {
        match self {
            Op::Const(_) => doc("", "one value, of rank 0", "", ""),
            Op::Iota { .. } => doc("", "`[n]`: 0, 1, .., n-1", "numbers; `n >= 0`", ""),
            Op::Uniform { .. } => doc(
                "key",
                "uniform in [0, 1) by Philox4x32-10: element `i` is a function of key, stream and `i`",
                "floats; the key is an i64 of rank 0",
                "",
            ),
            Op::Unary(op) => unary(*op),
            Op::Binary(op) => binary(*op),
            Op::Compare(op) => compare(*op),
            Op::Select => doc(
                "cond, a, b",
                "`a` where `cond` (bool), else `b`",
                "one shape",
                "`a`: `g` where `cond`; `b`: `g` elsewhere",
            ),
            Op::Cast(_) => doc(
                "x",
                "another element type: floats to integers towards zero, saturating; integers wrap; to bool is `!= 0`",
                "",
                "between floats: `g` cast back",
            ),
            Op::Reshape { .. } => {
                doc("x", "the same elements in another shape", "the count is kept", "`g` in the shape of `x`")
            }
            Op::Transpose { .. } => {
                doc("x", "axis `i` of the result is axis `perm[i]` of `x`", "", "by the inverse permutation")
            }
            Op::Broadcast { .. } => doc(
                "x",
                "to `shape`: axis `i` of `x` becomes axis `axes[i]`, the others repeat",
                "`axes` increase; their sizes are kept",
                "the sum over the axes that repeat",
            ),
            Op::Slice { .. } => doc(
                "x",
                "elements `start, start+step, ..` below `stop` of one axis",
                "`0 <= start <= stop <= size`, `step >= 1`",
                "zeros around and between",
            ),
            Op::Pad { .. } => doc(
                "x, value",
                "`lo` values before, `hi` behind, `between` between the elements of one axis",
                "all `>= 0`; between elements there are elements",
                "`x`: the slice; `value`: the sum of the rest",
            ),
            Op::Concat { .. } => doc(
                "x, ..",
                "one or more operands along one axis",
                "equal sizes in the other axes",
                "each its own slice",
            ),
            Op::Flip { .. } => doc("x", "one axis in reverse order", "", "flipped"),
            Op::Barrier { .. } => {
                doc("x", "the operand; ops behind barriers of different ids are never taken for one", "", "`g`")
            }
            Op::Windows { .. } => doc(
                "x",
                "`[.., n, ..] -> [.., m, .., size]`: windows of one axis, `m = (n - dilation*(size-1) - 1) // stride + 1`",
                "the window fits; size, stride, dilation `>= 1`",
                "`unwindows`",
            ),
            Op::Unwindows { .. } => doc(
                "x",
                "`[.., m, .., size] -> [.., n, ..]`: overlapping windows summed",
                "`n` gives `m` windows",
                "`windows`",
            ),
            Op::Reduce { kind, .. } => reduce(*kind),
            Op::ArgMax { .. } => doc(
                "x",
                "position (i64) of the first greatest element along one axis; NaN is the greatest",
                "the axis has an element",
                "",
            ),
            Op::CumSum { .. } => doc(
                "x",
                "running sum along one axis, from the end if `reverse`",
                "numbers",
                "the running sum from the other end",
            ),
            Op::ArgSort { .. } => {
                doc("x", "positions (i64) that sort one axis; stable; NaN is the greatest", "numbers", "")
            }
            Op::Assign => doc(
                "cost",
                "`[.., n, m] -> [.., n]`: for each row the column (i64) of its own, with the least sum of costs",
                "f64; `n <= m`",
                "",
            ),
            Op::Dot { .. } => doc(
                "lhs, rhs",
                "`[batch.., lhs free.., rhs free..]`, products summed over `contract`",
                "paired axes have equal sizes; numbers",
                "two `dot`s",
            ),
            Op::Conv(conv) => convolution(conv.mode),
            Op::Matrix(op) => matrix(*op),
            Op::Fft { .. } => doc(
                "x",
                "`[.., n, 2]`, complex numbers: `y[k] = sum j: x[j] exp(-2 pi i j k / n)`, with `+` if `inverse`; not scaled",
                "floats; the last axis has two elements",
                "`fft` with the other sign",
            ),
            Op::Take { .. } => doc(
                "x, index",
                "`x` at `index` along one axis; the axes of `index` take its place",
                "indices in range, at run time",
                "`put_add` at `index`",
            ),
            Op::PutAdd { .. } => doc(
                "index, y",
                "`y` summed into zeros at `index`, with size `n` at the axis",
                "indices in range, at run time",
                "`take` at `index`",
            ),
            Op::TakeAlong { .. } => doc(
                "x, index",
                "`out[i..] = x[i.. with the axis replaced by index[i..]]`",
                "equal sizes in the other axes; indices in range, at run time",
                "`put_along_add` at `index`",
            ),
            Op::PutAlongAdd { .. } => doc(
                "index, y",
                "`y` summed into zeros along one axis, with size `n`",
                "one shape; indices in range, at run time",
                "`take_along` at `index`",
            ),
        }
    }
}

fn unary(op: Unary) -> Doc {
    let row = |meaning, requires, derivative| doc("x", meaning, requires, derivative);
    match op {
        Unary::Neg => row("-x", "numbers", "`-g`"),
        Unary::Abs => row("the absolute value", "numbers", "`g sign x`, 0 at 0"),
        Unary::Sign => row("-1, 0 or 1; NaN stays NaN", "numbers", "0"),
        Unary::Exp => row("e^x", "floats", "`g y`"),
        Unary::Log => row("the natural logarithm", "floats", "`g / x`"),
        Unary::Expm1 => row("e^x - 1, exact near 0", "floats", "`g (y + 1)`"),
        Unary::Log1p => row("log (1 + x), exact near 0", "floats", "`g / (1 + x)`"),
        Unary::Sqrt => row("the square root", "floats", "`g / (2 y)`, infinite at 0"),
        Unary::Sin => row("sine", "floats", "`g cos x`"),
        Unary::Cos => row("cosine", "floats", "`-g sin x`"),
        Unary::Tanh => row("hyperbolic tangent", "floats", "`g (1 - y^2)`"),
        Unary::Logistic => row("1 / (1 + e^-x)", "floats", "`g y (1 - y)`"),
        Unary::Atan => row("arcus tangent", "floats", "`g / (1 + x^2)`"),
        Unary::Erf => row("the error function", "floats", "`g 2/sqrt(pi) exp(-x^2)`"),
        Unary::Erfc => row("1 - erf x, exact where it is small", "floats", "`-g 2/sqrt(pi) exp(-x^2)`"),
        Unary::Erfinv => row("the y with erf y = x; NaN beyond -1 and 1", "floats", "`g sqrt(pi)/2 exp(y^2)`"),
        Unary::Floor => row("to an integer, down", "floats", "0"),
        Unary::Ceil => row("to an integer, up", "floats", "0"),
        Unary::Round => row("to the nearest integer, ties to even", "floats", "0"),
        Unary::Not => row("logical not", "booleans", ""),
        Unary::StopGradient => row("x", "", "0"),
    }
}

fn binary(op: Binary) -> Doc {
    let row = |meaning, requires, derivative| doc("a, b", meaning, requires, derivative);
    match op {
        Binary::Add => row("a + b", "numbers, one shape", "`g`; `g`"),
        Binary::Sub => row("a - b", "numbers, one shape", "`g`; `-g`"),
        Binary::Mul => row("a b", "numbers, one shape", "`g b`; `g a`"),
        Binary::Div => {
            row("floats: a / b; integers: floor division, 0 by zero", "numbers, one shape", "`g / b`; `-g y / b`")
        }
        Binary::Rem => row(
            "floor remainder, with the sign of b; integers by zero: 0",
            "numbers, one shape",
            "`g`; `-g floor(a / b)`",
        ),
        Binary::Pow => {
            row("a^b", "floats, one shape", "`g b a^(b-1)`, 0 where b = 0; `g y log a`, 0 where a = 0 and b >= 0")
        }
        Binary::Max => {
            row("the greater; NaN if either is", "numbers, one shape", "`g` to the greater, half to each of equals")
        }
        Binary::Min => {
            row("the lesser; NaN if either is", "numbers, one shape", "`g` to the lesser, half to each of equals")
        }
        Binary::And => row("logical and", "booleans, one shape", ""),
        Binary::Or => row("logical or", "booleans, one shape", ""),
    }
}

fn compare(op: Compare) -> Doc {
    let row = |meaning, requires| doc("a, b", meaning, requires, "");
    match op {
        Compare::Eq => row("a == b, as bool", "one shape"),
        Compare::Ne => row("a != b, as bool", "one shape"),
        Compare::Lt => row("a < b, as bool", "numbers, one shape"),
        Compare::Le => row("a <= b, as bool", "numbers, one shape"),
    }
}

fn reduce(kind: Reduce) -> Doc {
    let row = |meaning, requires, derivative| doc("x", meaning, requires, derivative);
    match kind {
        Reduce::Sum => row("the sum over `axes`, which disappear", "numbers", "`g` repeated"),
        Reduce::Prod => row("the product over `axes`", "numbers", "`g` times the product of the others"),
        Reduce::Max => row(
            "the greatest over `axes`; NaN if any is",
            "numbers; the axes have an element",
            "`g` to the first greatest",
        ),
        Reduce::Min => {
            row("the least over `axes`; NaN if any is", "numbers; the axes have an element", "`g` to the first least")
        }
    }
}

fn convolution(mode: ConvMode) -> Doc {
    const REQUIRES: &str =
        "floats; groups divide channels and filters; the kernel fits; stride, dilation `>= 1`; pad `>= 0`";
    match mode {
        ConvMode::Forward => doc(
            "x, w",
            "`x [N, C, S..]`, `w [O, C/g, K..]` to `y [N, O, S'..]`, `S' = (S + lo + hi - dilation*(K-1) - 1) // stride + 1`",
            REQUIRES,
            "`conv_input(g, w)`; `conv_weight(x, g)`",
        ),
        ConvMode::Input => {
            doc("y, w", "the adjoint in `x`, of spatial sizes `sizes`", REQUIRES, "`conv(g, w)`; `conv_weight(g, y)`")
        }
        ConvMode::Weight => {
            doc("x, y", "the adjoint in `w`, of spatial sizes `sizes`", REQUIRES, "`conv_input(y, g)`; `conv(x, g)`")
        }
    }
}

/// In the last column `tril` keeps the lower triangle, `half` halves the diagonal, and `sym(z)` is `(z + z') / 2`.
fn matrix(op: Matrix) -> Doc {
    match op {
        Matrix::Cholesky => doc(
            "x",
            "`[.., n, n]`: the lower triangular `L` with `L L' = (x + x') / 2`",
            "floats; square; positive definite, at run time",
            "`sym(L'^-1 half(tril(L' g)) L^-1)`",
        ),
        Matrix::SolveTriangular { .. } => doc(
            "a, b",
            "`[.., n, n]`, `[.., n, k]`: the `y` with `a y = b`, or `a' y = b` if `transposed`; reads the lower triangle of `a`, the upper one if `upper`",
            "floats; square; equal leading axes; no zero on the diagonal, at run time",
            "`-gb y'` (or `-y gb'`) in the triangle; `gb = solve_triangular(a, g)` with the other `transposed`",
        ),
        Matrix::Qr => doc(
            "x",
            "`[.., m, n]`: the `Q` of `x = Q R`, by Householder reflections; the diagonal of `R` is positive, but `Q` has determinant 1 where it is square, and the last element of `R` the sign of the determinant of `x`",
            "floats; `m >= n`; all finite, and `R` not singular for the derivative, at run time",
            "`(g + y (tril(z - z', -1) - z)) R'^-1`, `z = y' g`",
        ),
        Matrix::Svd => doc(
            "x",
            "`[.., m, n]` to `[.., m + 1 + n, n]`: `U` on a row of singular values, decreasing, on `V`: `x = U S V'`, by one-sided Jacobi rotations; the element of largest absolute value of each column of `V` is positive",
            "floats; `m >= n`; all finite, at run time",
            "`(U (F(U' gU) S + S F(V' gV) + gS) + (gU - U U' gU) S^-1) V'`, `F(z)[i, j] = (z - z')[i, j] / (s[j]^2 - s[i]^2)`, 0 for equal values",
        ),
    }
}

type Section = (&'static str, Vec<Op<usize>>);

/// One of each op, by family.
fn sections() -> Vec<Section> {
    let (axis, n, shape, axes) = (0, 0, vec![], vec![]);
    let (size, stride, dilation, dtype) = (1, 1, 1, DType::F32);
    let conv = |mode| Op::Conv(Conv { mode, stride: vec![], pad: vec![], dilation: vec![], groups: 1, sizes: vec![] });
    vec![
        (
            "Sources",
            vec![Op::Const(Scalar::F32(0.0)), Op::Iota { dtype, n }, Op::Uniform { dtype, shape: vec![], stream: 0 }],
        ),
        ("Element-wise, one operand", Unary::ALL.into_iter().map(Op::Unary).chain([Op::Cast(dtype)]).collect()),
        ("Element-wise, more operands", {
            let two = Binary::ALL.into_iter().map(Op::Binary);
            two.chain(Compare::ALL.into_iter().map(Op::Compare)).chain([Op::Select]).collect()
        }),
        (
            "Movement",
            vec![
                Op::Reshape { shape: vec![] },
                Op::Transpose { perm: vec![] },
                Op::Broadcast { shape, axes },
                Op::Slice { axis, start: 0, stop: 0, step: 1 },
                Op::Pad { axis, lo: 0, hi: 0, between: 0 },
                Op::Concat { axis },
                Op::Flip { axis },
                Op::Barrier { id: 0 },
                Op::Windows { axis, size, stride, dilation },
                Op::Unwindows { axis, n, stride, dilation },
            ],
        ),
        ("Reductions and orders", {
            let kinds = Reduce::ALL.into_iter().map(|kind| Op::Reduce { kind, axes: vec![] });
            let (reverse, descending) = (false, false);
            let others =
                [Op::ArgMax { axis }, Op::CumSum { axis, reverse }, Op::ArgSort { axis, descending }, Op::Assign];
            kinds.chain(others).collect()
        }),
        ("Contractions", {
            let dot = Op::Dot { batch: vec![], contract: vec![] };
            vec![dot, conv(ConvMode::Forward), conv(ConvMode::Input), conv(ConvMode::Weight)]
        }),
        ("Matrices and transforms", {
            let solve = Matrix::SolveTriangular { upper: false, transposed: false };
            let matrices = [Matrix::Cholesky, solve, Matrix::Qr, Matrix::Svd].map(Op::Matrix);
            matrices.into_iter().chain([Op::Fft { inverse: false }]).collect()
        }),
        (
            "Indexed",
            vec![Op::Take { axis }, Op::PutAdd { axis, n }, Op::TakeAlong { axis }, Op::PutAlongAdd { axis, n }],
        ),
    ]
}

const HEAD: &str = "\
# The primitive operations

This page is made from `src/ops/doc.rs`; `DLN_BLESS=1 cargo test --lib ops::doc` writes it anew.

Shapes are row-major and axes count from 0. Nothing broadcasts but `broadcast`. In the last column `g` is the cotangent
of the result `y`, and the cotangents of the operands are in their order; where nothing stands, there is none.
";

const LOOP: &str = "
## Loops

`scan` has the operands carries, xs and constants, and a body of its own with the inputs iteration (i64), carries, one
slice of each of the xs along axis 0, constants. The body gives the next carries, then ys. The results are the last
carries, then the ys stacked along axis 0. With `reverse` it runs from the last iteration to the first, and ys keep their
places. Its derivative is a loop in the other direction that computes the body again from the carries that came in.
";

/// The page `docs/ops.md`.
pub fn page() -> String {
    let mut page = HEAD.to_string();
    for (title, ops) in sections() {
        page += &format!(
            "\n## {title}\n\n| op | operands | result | requires | derivative |\n| --- | --- | --- | --- | --- |\n"
        );
        for op in ops {
            let Doc { operands, meaning, requires, derivative } = op.doc();
            let cells = [&format!("`{}`", op.name()), operands, meaning, requires, derivative];
            page += &cells.map(|cell| format!("| {cell} ")).concat().replace("|  ", "| ");
            page += "|\n";
        }
    }
    page + LOOP
}

#[cfg(test)]
mod tests {
    use super::page;

    #[test]
    fn the_page_is_current() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/ops.md");
        if std::env::var_os("DLN_BLESS").is_some() {
            std::fs::write(path, page()).expect("docs/ops.md can be written");
        }
        let written = std::fs::read_to_string(path).unwrap_or_default();
        assert!(written == page(), "docs/ops.md is not current: DLN_BLESS=1 cargo test --lib ops::doc writes it");
    }
}
