//! Ops by name.

use super::cursor::Fields;
use crate::ops::{Binary, Compare, Conv, ConvMode, Matrix, Op, Reduce, Unary};
use crate::types::{DType, Scalar};

/// The op of this name; its attributes are read in the order in which they are written.
pub(super) fn op(name: &str, fields: &mut Fields) -> Result<Op<usize>, String> {
    if let Some(op) = plain(name) {
        return Ok(op);
    }
    Ok(match name {
        "const" => Op::Const(scalar(fields.word("value")?)?),
        "iota" => Op::Iota { dtype: dtype(fields)?, n: fields.number("n")? },
        "uniform" => {
            Op::Uniform { dtype: dtype(fields)?, shape: fields.list("shape")?, stream: fields.number("stream")? }
        }
        "cast" => Op::Cast(dtype(fields)?),
        "reshape" => Op::Reshape { shape: fields.list("shape")? },
        "transpose" => Op::Transpose { perm: fields.list("perm")? },
        "broadcast" => Op::Broadcast { shape: fields.list("shape")?, axes: fields.list("axes")? },
        "slice" => Op::Slice {
            axis: fields.number("axis")?,
            start: fields.number("start")?,
            stop: fields.number("stop")?,
            step: fields.number("step")?,
        },
        "pad" => Op::Pad {
            axis: fields.number("axis")?,
            lo: fields.number("lo")?,
            hi: fields.number("hi")?,
            between: fields.number("between")?,
        },
        "concat" => Op::Concat { axis: fields.number("axis")? },
        "flip" => Op::Flip { axis: fields.number("axis")? },
        "barrier" => Op::Barrier { id: fields.number("id")? },
        "windows" => Op::Windows {
            axis: fields.number("axis")?,
            size: fields.number("size")?,
            stride: fields.number("stride")?,
            dilation: fields.number("dilation")?,
        },
        "unwindows" => Op::Unwindows {
            axis: fields.number("axis")?,
            n: fields.number("n")?,
            stride: fields.number("stride")?,
            dilation: fields.number("dilation")?,
        },
        "argmax" => Op::ArgMax { axis: fields.number("axis")? },
        "cumsum" => Op::CumSum { axis: fields.number("axis")?, reverse: fields.boolean("reverse")? },
        "argsort" => Op::ArgSort { axis: fields.number("axis")?, descending: fields.boolean("descending")? },
        "dot" => Op::Dot { batch: fields.pairs("batch")?, contract: fields.pairs("contract")? },
        "solve_triangular" => {
            let (upper, transposed) = (fields.boolean("upper")?, fields.boolean("transposed")?);
            Op::Matrix(Matrix::SolveTriangular { upper, transposed })
        }
        "fft" => Op::Fft { inverse: fields.boolean("inverse")? },
        "take" => Op::Take { axis: fields.number("axis")? },
        "put_add" => Op::PutAdd { axis: fields.number("axis")?, n: fields.number("n")? },
        "take_along" => Op::TakeAlong { axis: fields.number("axis")? },
        "put_along_add" => Op::PutAlongAdd { axis: fields.number("axis")?, n: fields.number("n")? },
        name => family(name, fields)?,
    })
}

/// The ops without attributes.
fn plain(name: &str) -> Option<Op<usize>> {
    let unary = Unary::ALL.into_iter().map(Op::Unary);
    let binary = Binary::ALL.into_iter().map(Op::Binary);
    let compare = Compare::ALL.into_iter().map(Op::Compare);
    let matrices = [Matrix::Cholesky, Matrix::Qr, Matrix::Svd].into_iter().map(Op::Matrix);
    let others = [Op::Select, Op::Assign].into_iter().chain(matrices);
    unary.chain(binary).chain(compare).chain(others).find(|op| op.name() == name)
}

/// The ops whose name says which member of a family they are.
fn family(name: &str, fields: &mut Fields) -> Result<Op<usize>, String> {
    let named = |op: &Op<usize>| op.name() == name;
    let mut reduces = Reduce::ALL.into_iter().map(|kind| Op::Reduce { kind, axes: vec![] });
    if let Some(Op::Reduce { kind, .. }) = reduces.find(named) {
        return Ok(Op::Reduce { kind, axes: fields.list("axes")? });
    }
    let modes = [ConvMode::Forward, ConvMode::Input, ConvMode::Weight];
    let mut convs = modes.into_iter().map(|mode| Op::Conv(blank(mode)));
    match convs.find(named) {
        Some(Op::Conv(conv)) => Ok(Op::Conv(Conv {
            mode: conv.mode,
            stride: fields.list("stride")?,
            pad: fields.pairs("pad")?,
            dilation: fields.list("dilation")?,
            groups: fields.number("groups")?,
            sizes: fields.list("sizes")?,
        })),
        _ => Err(format!("`{name}` is no op")),
    }
}

fn blank(mode: ConvMode) -> Conv<usize> {
    Conv { mode, stride: vec![], pad: vec![], dilation: vec![], groups: 1, sizes: vec![] }
}

fn dtype(fields: &mut Fields) -> Result<DType, String> {
    let name = fields.word("dtype")?;
    DType::parse(name).ok_or_else(|| format!("`{name}` is no element type"))
}

/// As `Scalar` writes itself: a number and its type, `true` or `false`.
fn scalar(word: &str) -> Result<Scalar, String> {
    let wrong = || format!("`{word}` is no constant");
    if let Ok(value) = word.parse() {
        return Ok(Scalar::Bool(value));
    }
    // `bf16` ends in `f16` too: the longest name counts.
    let named = DType::ALL.into_iter().filter(|dtype| word.ends_with(dtype.name()));
    let dtype = named.max_by_key(|dtype| dtype.name().len()).ok_or_else(wrong)?;
    let number = word.strip_suffix(dtype.name()).ok_or_else(wrong)?;
    let value = match dtype {
        DType::F16 | DType::Bf16 => number.parse().ok().map(|x: f64| Scalar::from_f64(x, dtype)),
        DType::F32 => number.parse().ok().map(Scalar::F32),
        DType::F64 => number.parse().ok().map(Scalar::F64),
        DType::I32 => number.parse().ok().map(Scalar::I32),
        DType::I64 => number.parse().ok().map(Scalar::I64),
        DType::U8 => number.parse().ok().map(Scalar::U8),
        DType::Bool => None,
    };
    value.ok_or_else(wrong)
}
