//! The closed set of primitive operations. One rule per op drives everything: `shape` (types and preconditions),
//! `eval` (its meaning, slow and obvious), `grad::rules` (its derivative), `cost`, and its row in the documentation.
//!
//! `D` is what a size is made of: `Dim` in the typed program, where sizes may be symbolic, `usize` in a graph.
//! Shapes are row-major; `axis` counts from 0; nothing here broadcasts: `Broadcast` says it. "Numbers" are all element
//! types but `bool`.

pub mod assign;
pub mod cost;
pub mod doc;
pub mod erf;
pub mod erfc;
mod eval;
pub mod matrix;
mod movement;
pub mod philox;
pub mod precision;
pub mod shape;
mod value;

pub use eval::{Fault, eval};
pub use matrix::Matrix;
pub use value::{Data, Tensor};

use crate::types::{DType, Scalar};

/// Element-wise, one operand; the result has its type and shape. On floats, unless said otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Unary {
    /// Numbers.
    Neg,
    /// Numbers.
    Abs,
    /// Numbers: -1, 0 or 1; NaN stays NaN.
    Sign,
    Exp,
    Log,
    /// `exp(x) - 1`, exact near 0.
    Expm1,
    /// `log(1 + x)`, exact near 0.
    Log1p,
    Sqrt,
    Sin,
    Cos,
    Tanh,
    Logistic,
    Atan,
    Erf,
    /// `1 - erf(x)`, exact where it is small.
    Erfc,
    /// The inverse of `Erf`; NaN beyond -1 and 1.
    Erfinv,
    Floor,
    Ceil,
    /// To the nearest, ties to even.
    Round,
    /// Booleans only.
    Not,
    /// The identity, on any type; its derivative is zero.
    StopGradient,
}

/// Element-wise, two operands of one type and shape; the result has them too. On numbers, unless said otherwise;
/// integers wrap.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Binary {
    Add,
    Sub,
    Mul,
    /// Floats: quotient. Integers: floor division; by zero it gives 0.
    Div,
    /// Floor remainder, with the sign of the divisor; integers by zero give 0.
    Rem,
    /// Floats only.
    Pow,
    /// NaN if either is.
    Max,
    Min,
    /// Booleans only.
    And,
    Or,
}

/// Element-wise comparison of two operands of one type and shape; the result is `bool`. `Lt` and `Le` are for numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Compare {
    Eq,
    Ne,
    Lt,
    Le,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Reduce {
    /// Of no elements: 0.
    Sum,
    /// Of no elements: 1.
    Prod,
    /// NaN if any is; the axes are not empty. The derivative goes to the first of equal elements.
    Max,
    Min,
}

/// Which of the three members of the convolution family: each is linear in both operands, and the derivative of one
/// is the other two.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ConvMode {
    /// `(x [N, C, S..], w [O, C/g, K..]) -> y [N, O, S'..]`, `S' = (S + lo + hi - dilation*(K-1) - 1) // stride + 1`.
    Forward,
    /// `(y [N, O, S'..], w) -> x [N, C, S..]`: the adjoint in `x`; `sizes` are the spatial sizes `S` of `x`.
    Input,
    /// `(x, y) -> w [O, C/g, K..]`: the adjoint in `w`; `sizes` are the spatial sizes `K` of `w`.
    Weight,
}

/// A convolution over 1, 2 or 3 spatial axes (cross-correlation, as in every deep-learning library).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Conv<D> {
    pub mode: ConvMode,
    pub stride: Vec<D>,
    /// Zeros before and behind each spatial axis.
    pub pad: Vec<(D, D)>,
    pub dilation: Vec<D>,
    pub groups: D,
    /// Spatial sizes of the result for `Input` and `Weight`; empty for `Forward`.
    pub sizes: Vec<D>,
}

/// A primitive operation.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Op<D> {
    // -- sources
    /// `[]`: one value.
    Const(Scalar),
    /// `[n]`: 0, 1, .., n-1 (integers or floats).
    Iota {
        dtype: DType,
        n: D,
    },
    /// `(key i64[]) -> shape`: uniform in [0, 1) (floats only), counter-based: element `i` is a function of the key,
    /// the stream and `i` alone (Philox4x32-10).
    Uniform {
        dtype: DType,
        shape: Vec<D>,
        stream: u64,
    },

    // -- element-wise
    Unary(Unary),
    Binary(Binary),
    Compare(Compare),
    /// `(cond bool, a, b)`: `a` where `cond`, else `b`; all of one shape.
    Select,
    /// To another element type: floats to integers towards zero (saturating), integers wrap, anything to bool is `!= 0`.
    Cast(DType),

    // -- movement
    /// The same elements in another shape; the count is kept.
    Reshape {
        shape: Vec<D>,
    },
    /// Axis `i` of the result is axis `perm[i]` of the operand.
    Transpose {
        perm: Vec<usize>,
    },
    /// To `shape`; axis `i` of the operand becomes axis `axes[i]` (increasing), with the same size. The others repeat.
    Broadcast {
        shape: Vec<D>,
        axes: Vec<usize>,
    },
    /// Elements `start, start+step, ..` below `stop` of one axis; `0 <= start <= stop <= size`, `step >= 1`.
    Slice {
        axis: usize,
        start: D,
        stop: D,
        step: D,
    },
    /// `(x, value [])`: `lo` values before, `hi` behind and `between` between the elements of one axis, all >= 0;
    /// an empty axis has no place between its elements.
    Pad {
        axis: usize,
        lo: D,
        hi: D,
        between: D,
    },
    /// One or more operands along one axis.
    Concat {
        axis: usize,
    },
    /// One axis in reverse order.
    Flip {
        axis: usize,
    },
    /// The operand, of any type. Equal ops behind barriers of different ids are never taken for one: what is computed
    /// again stays computed again.
    Barrier {
        id: u64,
    },
    /// `[.., n, ..] -> [.., m, .., size]`: the windows of one axis become a new last axis;
    /// `m = (n - dilation*(size-1) - 1) // stride + 1`; the window fits.
    Windows {
        axis: usize,
        size: D,
        stride: D,
        dilation: D,
    },
    /// The adjoint of `Windows`: overlapping windows are summed into `[.., n, ..]`.
    Unwindows {
        axis: usize,
        n: D,
        stride: D,
        dilation: D,
    },

    // -- reductions, of numbers; `axes` increasing
    Reduce {
        kind: Reduce,
        axes: Vec<usize>,
    },
    /// Position (i64) of the first greatest element along `axis`, which disappears. NaN counts as greatest.
    ArgMax {
        axis: usize,
    },
    /// Running sum along `axis`, from the end if `reverse`.
    CumSum {
        axis: usize,
        reverse: bool,
    },
    /// Positions (i64) that sort `axis`; stable; NaN last ascending, first descending.
    ArgSort {
        axis: usize,
        descending: bool,
    },

    /// `[.., n, m]` costs of f64, `n <= m`: for each row (i64) the column of its own, so that their sum is the least. NaN and
    /// infinities count as costs that are avoided as long as there is a way.
    Assign,

    // -- contractions
    /// Numbers: `out = [batch.., lhs free.., rhs free..]`, summed over `contract`; pairs of (lhs axis, rhs axis).
    Dot {
        batch: Vec<(usize, usize)>,
        contract: Vec<(usize, usize)>,
    },
    /// Floats.
    Conv(Conv<D>),
    /// Floats: a factorisation or solve of the matrices in the last two axes.
    Matrix(Matrix),
    /// Floats: `[.., n, 2]`, complex numbers as (real, imaginary): `y[k] = sum j: x[j] exp(-2 pi i j k / n)`, with `+`
    /// if `inverse`; neither is scaled.
    Fft {
        inverse: bool,
    },

    // -- indexed
    /// `(x, index int)`: `x[..axis] ++ index.shape ++ x[axis+1..]`. Indices are in range (checked at run time).
    Take {
        axis: usize,
    },
    /// `(index, y)`: the adjoint of `Take`: `y` summed into zeros, with size `n` at `axis`.
    PutAdd {
        axis: usize,
        n: D,
    },
    /// `(x, index)` of one rank: `out[i..] = x[i.. with axis replaced by index[i..]]`; the shape of `index`, which equals
    /// `x`'s in all axes but `axis`.
    TakeAlong {
        axis: usize,
    },
    /// `(index, y)` of one shape: the adjoint of `TakeAlong`, with size `n` at `axis`.
    PutAlongAdd {
        axis: usize,
        n: D,
    },
}

/// A loop over an axis. Operands: carries, then `xs` (sliced along their axis 0), then constants.
/// The body's inputs, in order: iteration (i64 []), carries, slices of xs, constants.
/// The body's outputs: next carries, then ys. Results: final carries, then ys stacked along axis 0.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Scan<D, Body> {
    pub n: D,
    /// From the last iteration to the first; the iteration number counts down, ys keep their places.
    pub reverse: bool,
    pub carries: usize,
    pub xs: usize,
    /// The operand (bool, one for each iteration) that says which iterations run. One that does not run leaves the
    /// carries as they are, and its ys are zero. With a carry, which stays false, the loop is a `while`; with a
    /// constant and one iteration it is a branch; with an `x` it is the way back of either.
    pub when: Option<usize>,
    pub body: Body,
}

impl<D, Body> Scan<D, Body> {
    /// Whether the loop ends where its condition is first false: nothing can make it true again.
    pub fn ends(&self) -> bool {
        self.when.is_some_and(|when| when < self.carries)
    }
}

impl Unary {
    pub const ALL: [Unary; 21] = [
        Unary::Neg,
        Unary::Abs,
        Unary::Sign,
        Unary::Exp,
        Unary::Log,
        Unary::Expm1,
        Unary::Log1p,
        Unary::Sqrt,
        Unary::Sin,
        Unary::Cos,
        Unary::Tanh,
        Unary::Logistic,
        Unary::Atan,
        Unary::Erf,
        Unary::Erfc,
        Unary::Erfinv,
        Unary::Floor,
        Unary::Ceil,
        Unary::Round,
        Unary::Not,
        Unary::StopGradient,
    ];
}

impl Binary {
    pub const ALL: [Binary; 10] = [
        Binary::Add,
        Binary::Sub,
        Binary::Mul,
        Binary::Div,
        Binary::Rem,
        Binary::Pow,
        Binary::Max,
        Binary::Min,
        Binary::And,
        Binary::Or,
    ];
}

impl Compare {
    pub const ALL: [Compare; 4] = [Compare::Eq, Compare::Ne, Compare::Lt, Compare::Le];
}

impl Reduce {
    pub const ALL: [Reduce; 4] = [Reduce::Sum, Reduce::Prod, Reduce::Max, Reduce::Min];
}

impl<D> Op<D> {
    /// The same op with other sizes.
    pub fn map<E, F: FnMut(&D) -> E>(&self, mut f: F) -> Op<E> {
        let f = &mut f;
        match self {
            Op::Const(s) => Op::Const(*s),
            Op::Iota { dtype, n } => Op::Iota { dtype: *dtype, n: f(n) },
            Op::Uniform { dtype, shape, stream } => {
                Op::Uniform { dtype: *dtype, shape: shape.iter().map(f).collect(), stream: *stream }
            }
            Op::Unary(u) => Op::Unary(*u),
            Op::Binary(b) => Op::Binary(*b),
            Op::Compare(c) => Op::Compare(*c),
            Op::Select => Op::Select,
            Op::Cast(d) => Op::Cast(*d),
            Op::Reshape { shape } => Op::Reshape { shape: shape.iter().map(f).collect() },
            Op::Transpose { perm } => Op::Transpose { perm: perm.clone() },
            Op::Broadcast { shape, axes } => Op::Broadcast { shape: shape.iter().map(f).collect(), axes: axes.clone() },
            Op::Slice { axis, start, stop, step } => {
                Op::Slice { axis: *axis, start: f(start), stop: f(stop), step: f(step) }
            }
            Op::Pad { axis, lo, hi, between } => Op::Pad { axis: *axis, lo: f(lo), hi: f(hi), between: f(between) },
            Op::Concat { axis } => Op::Concat { axis: *axis },
            Op::Flip { axis } => Op::Flip { axis: *axis },
            Op::Barrier { id } => Op::Barrier { id: *id },
            Op::Windows { axis, size, stride, dilation } => {
                Op::Windows { axis: *axis, size: f(size), stride: f(stride), dilation: f(dilation) }
            }
            Op::Unwindows { axis, n, stride, dilation } => {
                Op::Unwindows { axis: *axis, n: f(n), stride: f(stride), dilation: f(dilation) }
            }
            Op::Reduce { kind, axes } => Op::Reduce { kind: *kind, axes: axes.clone() },
            Op::ArgMax { axis } => Op::ArgMax { axis: *axis },
            Op::CumSum { axis, reverse } => Op::CumSum { axis: *axis, reverse: *reverse },
            Op::ArgSort { axis, descending } => Op::ArgSort { axis: *axis, descending: *descending },
            Op::Assign => Op::Assign,
            Op::Dot { batch, contract } => Op::Dot { batch: batch.clone(), contract: contract.clone() },
            Op::Conv(c) => Op::Conv(Conv {
                mode: c.mode,
                stride: c.stride.iter().map(&mut *f).collect(),
                pad: c.pad.iter().map(|(lo, hi)| (f(lo), f(hi))).collect(),
                dilation: c.dilation.iter().map(&mut *f).collect(),
                groups: f(&c.groups),
                sizes: c.sizes.iter().map(&mut *f).collect(),
            }),
            Op::Matrix(matrix) => Op::Matrix(*matrix),
            Op::Fft { inverse } => Op::Fft { inverse: *inverse },
            Op::Take { axis } => Op::Take { axis: *axis },
            Op::PutAdd { axis, n } => Op::PutAdd { axis: *axis, n: f(n) },
            Op::TakeAlong { axis } => Op::TakeAlong { axis: *axis },
            Op::PutAlongAdd { axis, n } => Op::PutAlongAdd { axis: *axis, n: f(n) },
        }
    }

    /// Whether each element of the result depends on the operands' elements in its place alone.
    pub fn is_elementwise(&self) -> bool {
        matches!(self, Op::Unary(_) | Op::Binary(_) | Op::Compare(_) | Op::Select | Op::Cast(_))
    }

    /// Whether it may stop the run: an index may be outside its axis, a matrix have no such factor.
    pub fn can_fail(&self) -> bool {
        use Op::{Matrix, PutAdd, PutAlongAdd, Take, TakeAlong};
        matches!(self, Take { .. } | PutAdd { .. } | TakeAlong { .. } | PutAlongAdd { .. } | Matrix(_))
    }

    /// The name that every text form uses.
    pub fn name(&self) -> &'static str {
        match self {
            Op::Const(_) => "const",
            Op::Iota { .. } => "iota",
            Op::Uniform { .. } => "uniform",
            Op::Unary(u) => match u {
                Unary::Neg => "neg",
                Unary::Abs => "abs",
                Unary::Sign => "sign",
                Unary::Exp => "exp",
                Unary::Log => "log",
                Unary::Expm1 => "expm1",
                Unary::Log1p => "log1p",
                Unary::Sqrt => "sqrt",
                Unary::Sin => "sin",
                Unary::Cos => "cos",
                Unary::Tanh => "tanh",
                Unary::Logistic => "logistic",
                Unary::Atan => "atan",
                Unary::Erf => "erf",
                Unary::Erfc => "erfc",
                Unary::Erfinv => "erfinv",
                Unary::Floor => "floor",
                Unary::Ceil => "ceil",
                Unary::Round => "round",
                Unary::Not => "not",
                Unary::StopGradient => "stop_gradient",
            },
            Op::Binary(b) => match b {
                Binary::Add => "add",
                Binary::Sub => "sub",
                Binary::Mul => "mul",
                Binary::Div => "div",
                Binary::Rem => "rem",
                Binary::Pow => "pow",
                Binary::Max => "max",
                Binary::Min => "min",
                Binary::And => "and",
                Binary::Or => "or",
            },
            Op::Compare(c) => match c {
                Compare::Eq => "eq",
                Compare::Ne => "ne",
                Compare::Lt => "lt",
                Compare::Le => "le",
            },
            Op::Select => "select",
            Op::Cast(_) => "cast",
            Op::Reshape { .. } => "reshape",
            Op::Transpose { .. } => "transpose",
            Op::Broadcast { .. } => "broadcast",
            Op::Slice { .. } => "slice",
            Op::Pad { .. } => "pad",
            Op::Concat { .. } => "concat",
            Op::Flip { .. } => "flip",
            Op::Barrier { .. } => "barrier",
            Op::Windows { .. } => "windows",
            Op::Unwindows { .. } => "unwindows",
            Op::Reduce { kind, .. } => match kind {
                Reduce::Sum => "reduce_sum",
                Reduce::Prod => "reduce_prod",
                Reduce::Max => "reduce_max",
                Reduce::Min => "reduce_min",
            },
            Op::ArgMax { .. } => "argmax",
            Op::CumSum { .. } => "cumsum",
            Op::ArgSort { .. } => "argsort",
            Op::Assign => "assign",
            Op::Dot { .. } => "dot",
            Op::Conv(c) => match c.mode {
                ConvMode::Forward => "conv",
                ConvMode::Input => "conv_input",
                ConvMode::Weight => "conv_weight",
            },
            Op::Matrix(matrix) => matrix.name(),
            Op::Fft { .. } => "fft",
            Op::Take { .. } => "take",
            Op::PutAdd { .. } => "put_add",
            Op::TakeAlong { .. } => "take_along",
            Op::PutAlongAdd { .. } => "put_along_add",
        }
    }
}
