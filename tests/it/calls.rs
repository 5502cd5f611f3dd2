//! Calls of every op, drawn at random. A noisy draw makes calls that do not fit, which rule and evaluator must refuse.

use crate::draw::Draw;
use dln::graph::Type;
use dln::ops::{Binary, Compare, Conv, ConvMode, Matrix, Op, Reduce, Tensor, Unary};
use dln::types::{DType, Scalar};

/// An operand: its type, and the range of its values.
pub struct Operand {
    pub ty: Type,
    range: (f64, f64),
    /// Added to element `[.., i, i]`, times `i + 1`.
    diagonal: f64,
}

pub struct Call {
    pub op: Op<usize>,
    pub operands: Vec<Operand>,
}

impl Call {
    /// Draws the operands' values.
    pub fn values(&self, draw: &mut Draw) -> Vec<Tensor> {
        let value = |x: &Operand| {
            let tensor = draw.tensor(x.ty.dtype, &x.ty.shape, x.range.0, x.range.1);
            if x.diagonal == 0.0 { tensor } else { with_diagonal(tensor, x.diagonal) }
        };
        self.operands.iter().map(value).collect()
    }
}

pub type Family = fn(&mut Draw, DType) -> Call;

fn with_diagonal(mut tensor: Tensor, by: f64) -> Tensor {
    if let [.., m, n] = tensor.shape[..] {
        for at in (0..tensor.len()).filter(|at| at / n % m == at % n) {
            let value = tensor.data.get(at).as_f64() + by * (at % n + 1) as f64;
            tensor.data.set(at, Scalar::from_f64(value, tensor.dtype()));
        }
    }
    tensor
}

/// Every op is drawn by one of these; the element type is a wish.
pub const FAMILIES: [(&str, Family); 31] = [
    ("const", constant),
    ("iota", iota),
    ("uniform", uniform),
    ("unary", unary),
    ("binary", binary),
    ("compare", compare),
    ("select", select),
    ("cast", cast),
    ("reshape", reshape),
    ("transpose", transpose),
    ("broadcast", broadcast),
    ("slice", slice),
    ("pad", pad),
    ("concat", concat),
    ("flip", flip),
    ("barrier", barrier),
    ("windows", windows),
    ("unwindows", unwindows),
    ("reduce", reduce),
    ("argmax", argmax),
    ("cumsum", cumsum),
    ("argsort", argsort),
    ("assign", assign),
    ("dot", dot),
    ("conv", conv),
    ("take", take),
    ("put_add", put_add),
    ("along", along),
    ("matrix", matrix),
    ("solve_triangular", solve_triangular),
    ("fft", fft),
];

fn operand(dtype: DType, shape: Vec<usize>) -> Operand {
    Operand { ty: Type { dtype, shape }, range: (-2.0, 2.0), diagonal: 0.0 }
}

fn positive(dtype: DType, shape: Vec<usize>) -> Operand {
    Operand { range: (0.5, 2.5), ..operand(dtype, shape) }
}

fn index(draw: &mut Draw, shape: Vec<usize>, n: usize) -> Operand {
    let dtype = draw.pick(&[DType::I32, DType::I64, DType::U8]);
    Operand { range: (0.0, n as f64), ..operand(wrong_type(draw, dtype), shape) }
}

/// Seldom another element type.
fn wrong_type(draw: &mut Draw, dtype: DType) -> DType {
    if draw.miss() { draw.pick(&DType::ALL) } else { dtype }
}

/// The shape with seldom another size, or another rank.
fn wrong_shape(draw: &mut Draw, shape: &[usize]) -> Vec<usize> {
    let mut shape: Vec<usize> = shape.iter().map(|&n| draw.off(n)).collect();
    if draw.miss() {
        shape.push(1);
    }
    shape
}

/// The call, seldom with an operand too few or too many.
fn call(draw: &mut Draw, op: Op<usize>, mut operands: Vec<Operand>) -> Call {
    if draw.miss() && operands.pop().is_none() {
        operands.push(operand(DType::F32, vec![]));
    }
    Call { op, operands }
}

fn constant(draw: &mut Draw, dtype: DType) -> Call {
    call(draw, Op::Const(Scalar::from_f64(1.5, dtype)), vec![])
}

fn iota(draw: &mut Draw, dtype: DType) -> Call {
    let n = draw.size();
    call(draw, Op::Iota { dtype, n }, vec![])
}

fn uniform(draw: &mut Draw, dtype: DType) -> Call {
    let (key, shape) = (wrong_type(draw, DType::I64), draw.shape(0, 2));
    let key = operand(key, wrong_shape(draw, &[]));
    call(draw, Op::Uniform { dtype, shape, stream: 3 }, vec![key])
}

fn unary(draw: &mut Draw, dtype: DType) -> Call {
    let op = draw.pick(&Unary::ALL);
    let (dtype, shape) = (if op == Unary::Not { DType::Bool } else { dtype }, draw.shape(0, 2));
    let dtype = wrong_type(draw, dtype);
    let x = match op {
        Unary::Log | Unary::Sqrt => positive(dtype, shape),
        Unary::Log1p => Operand { range: (-0.5, 2.0), ..operand(dtype, shape) },
        Unary::Erfinv => Operand { range: (-0.9, 0.9), ..operand(dtype, shape) },
        _ => operand(dtype, shape),
    };
    call(draw, Op::Unary(op), vec![x])
}

fn binary(draw: &mut Draw, dtype: DType) -> Call {
    let op = draw.pick(&Binary::ALL);
    let dtype = if matches!(op, Binary::And | Binary::Or) { DType::Bool } else { dtype };
    let shape = draw.shape(0, 2);
    let (other, like) = (wrong_type(draw, dtype), wrong_shape(draw, &shape));
    let operands = match op {
        Binary::Div | Binary::Rem => vec![operand(dtype, shape), positive(other, like)],
        Binary::Pow => vec![positive(dtype, shape), operand(other, like)],
        _ => vec![operand(dtype, shape), operand(other, like)],
    };
    call(draw, Op::Binary(op), operands)
}

fn compare(draw: &mut Draw, dtype: DType) -> Call {
    let (op, shape) = (draw.pick(&Compare::ALL), draw.shape(0, 2));
    let (other, like) = (wrong_type(draw, dtype), wrong_shape(draw, &shape));
    call(draw, Op::Compare(op), vec![operand(dtype, shape), operand(other, like)])
}

fn select(draw: &mut Draw, dtype: DType) -> Call {
    let shape = draw.shape(0, 2);
    let (cond, other) = (wrong_type(draw, DType::Bool), wrong_type(draw, dtype));
    let (a, b) = (wrong_shape(draw, &shape), wrong_shape(draw, &shape));
    call(draw, Op::Select, vec![operand(cond, shape), operand(dtype, a), operand(other, b)])
}

fn cast(draw: &mut Draw, dtype: DType) -> Call {
    let (to, shape) = (draw.pick(&DType::ALL), draw.shape(0, 2));
    call(draw, Op::Cast(to), vec![operand(dtype, shape)])
}

fn reshape(draw: &mut Draw, dtype: DType) -> Call {
    let (a, b, c) = (draw.size(), draw.size(), draw.size());
    let from = draw.pick(&[[a, b * c, 1], [a * b, c, 1], [c, b, a]]);
    let to = draw.pick(&[vec![a, b, c], vec![a * b * c], vec![b, a * c], vec![1, c, b, a]]);
    let shape = to.iter().map(|&n| draw.off(n)).collect();
    call(draw, Op::Reshape { shape }, vec![operand(dtype, from.to_vec())])
}

fn transpose(draw: &mut Draw, dtype: DType) -> Call {
    let shape = draw.shape(0, 3);
    let perm = draw.order(shape.len()).into_iter().map(|axis| draw.off(axis)).collect();
    call(draw, Op::Transpose { perm }, vec![operand(dtype, shape)])
}

fn broadcast(draw: &mut Draw, dtype: DType) -> Call {
    let shape = draw.shape(0, 3);
    let axes: Vec<usize> = draw.some(shape.len()).into_iter().map(|axis| draw.off(axis)).collect();
    let from: Vec<usize> = axes.iter().map(|&axis| shape.get(axis).map_or(1, |&n| n)).collect();
    let from = wrong_shape(draw, &from);
    call(draw, Op::Broadcast { shape, axes }, vec![operand(dtype, from)])
}

fn axis_of(draw: &mut Draw, shape: &[usize]) -> usize {
    let axis = draw.below(shape.len());
    if draw.miss() { shape.len() } else { axis }
}

fn slice(draw: &mut Draw, dtype: DType) -> Call {
    let mut shape = draw.shape(1, 2);
    let axis = axis_of(draw, &shape);
    let n = draw.within(0, 5);
    if let Some(size) = shape.get_mut(axis) {
        *size = n;
    }
    let (start, step) = (draw.within(0, n), draw.within(1, 3));
    let stop = draw.within(start, n);
    let (start, stop, step) = (draw.off(start), draw.off(stop), draw.off(step));
    call(draw, Op::Slice { axis, start, stop, step }, vec![operand(dtype, shape)])
}

fn pad(draw: &mut Draw, dtype: DType) -> Call {
    let shape = draw.shape(1, 2);
    let axis = axis_of(draw, &shape);
    let (lo, hi, between) = (draw.below(3), draw.below(3), draw.below(3));
    let value = operand(wrong_type(draw, dtype), wrong_shape(draw, &[]));
    call(draw, Op::Pad { axis, lo, hi, between }, vec![operand(dtype, shape), value])
}

fn concat(draw: &mut Draw, dtype: DType) -> Call {
    let shape = draw.shape(1, 3);
    let axis = axis_of(draw, &shape);
    let parts = draw.within(1, 3);
    let part = |draw: &mut Draw| {
        let mut shape = wrong_shape(draw, &shape);
        if let Some(size) = shape.get_mut(axis) {
            *size = draw.within(0, 3);
        }
        operand(wrong_type(draw, dtype), shape)
    };
    let operands = (0..parts).map(|_| part(draw)).collect();
    call(draw, Op::Concat { axis }, operands)
}

fn flip(draw: &mut Draw, dtype: DType) -> Call {
    let shape = draw.shape(1, 3);
    let axis = axis_of(draw, &shape);
    call(draw, Op::Flip { axis }, vec![operand(dtype, shape)])
}

fn barrier(draw: &mut Draw, dtype: DType) -> Call {
    let (id, shape) = (draw.below(3) as u64, draw.shape(0, 3));
    call(draw, Op::Barrier { id }, vec![operand(dtype, shape)])
}

/// A window of some size that fits into the axis that it gives too: `(n, m, size, stride, dilation)`.
fn window(draw: &mut Draw) -> (usize, usize, usize, usize, usize) {
    let (size, stride, dilation) = (draw.within(1, 3), draw.within(1, 3), draw.within(1, 2));
    let reach = dilation * (size - 1) + 1;
    let n = reach + draw.below(4);
    (n, (n - reach) / stride + 1, size, stride, dilation)
}

fn windows(draw: &mut Draw, dtype: DType) -> Call {
    let mut shape = draw.shape(1, 2);
    let axis = axis_of(draw, &shape);
    let (n, _, size, stride, dilation) = window(draw);
    if let Some(axis) = shape.get_mut(axis) {
        *axis = draw.off(n);
    }
    let (size, stride, dilation) = (draw.off(size), draw.off(stride), draw.off(dilation));
    call(draw, Op::Windows { axis, size, stride, dilation }, vec![operand(dtype, shape)])
}

fn unwindows(draw: &mut Draw, dtype: DType) -> Call {
    let mut shape = draw.shape(1, 2);
    let axis = axis_of(draw, &shape);
    let (n, m, size, stride, dilation) = window(draw);
    if let Some(axis) = shape.get_mut(axis) {
        *axis = draw.off(m);
    }
    shape.push(draw.off(size));
    let (n, stride, dilation) = (draw.off(n), draw.off(stride), draw.off(dilation));
    call(draw, Op::Unwindows { axis, n, stride, dilation }, vec![operand(dtype, shape)])
}

fn reduce(draw: &mut Draw, dtype: DType) -> Call {
    let (kind, shape) = (draw.pick(&Reduce::ALL), draw.shape(0, 3));
    let axes = draw.some(shape.len()).into_iter().map(|axis| draw.off(axis)).collect();
    call(draw, Op::Reduce { kind, axes }, vec![operand(dtype, shape)])
}

fn argmax(draw: &mut Draw, dtype: DType) -> Call {
    let shape = draw.shape(1, 3);
    let axis = axis_of(draw, &shape);
    call(draw, Op::ArgMax { axis }, vec![operand(dtype, shape)])
}

fn cumsum(draw: &mut Draw, dtype: DType) -> Call {
    let shape = draw.shape(1, 3);
    let (axis, reverse) = (axis_of(draw, &shape), draw.flag());
    call(draw, Op::CumSum { axis, reverse }, vec![operand(dtype, shape)])
}

fn argsort(draw: &mut Draw, dtype: DType) -> Call {
    let shape = draw.shape(1, 3);
    let (axis, descending) = (axis_of(draw, &shape), draw.flag());
    call(draw, Op::ArgSort { axis, descending }, vec![operand(dtype, shape)])
}

fn assign(draw: &mut Draw, dtype: DType) -> Call {
    let mut shape = draw.shape(0, 1);
    let rows = draw.size();
    shape.extend([draw.off(rows), rows + draw.below(2)]);
    if draw.miss() {
        shape.truncate(1);
    }
    let dtype = if draw.miss() { dtype } else { DType::F64 };
    call(draw, Op::Assign, vec![operand(dtype, shape)])
}

fn dot(draw: &mut Draw, dtype: DType) -> Call {
    let (along, over) = (draw.below(2), draw.below(3));
    let (left_free, right_free) = (draw.below(2), draw.below(2));
    let paired: Vec<usize> = (0..along + over).map(|_| draw.size()).collect();
    let mut side = |free: usize| {
        let rank = paired.len() + free;
        let axes = draw.order(rank);
        let mut shape: Vec<usize> = (0..rank).map(|_| draw.size()).collect();
        for (&axis, &size) in axes.iter().zip(&paired) {
            shape[axis] = draw.off(size);
        }
        let axes: Vec<usize> = axes[..paired.len()].iter().map(|&axis| draw.off(axis)).collect();
        (shape, axes)
    };
    let ((left, left_axes), (right, right_axes)) = (side(left_free), side(right_free));
    let mut batch: Vec<(usize, usize)> = left_axes.into_iter().zip(right_axes).collect();
    let contract = batch.split_off(along);
    let other = wrong_type(draw, dtype);
    call(draw, Op::Dot { batch, contract }, vec![operand(dtype, left), operand(other, right)])
}

fn conv(draw: &mut Draw, dtype: DType) -> Call {
    let spatial = draw.pick(&[1, 1, 1, 2]);
    let groups = draw.within(1, 2);
    let (n, c, o) = (draw.within(1, 2), draw.within(1, 2), groups * draw.within(1, 2));
    let (mut x, mut w, mut y) = (vec![n, groups * c], vec![o, c], vec![n, o]);
    let mut conv =
        Conv { mode: ConvMode::Forward, stride: vec![], pad: vec![], dilation: vec![], groups, sizes: vec![] };
    for _ in 0..spatial {
        let (size, m, k, stride, dilation) = window(draw);
        let lo = draw.below(size.min(3));
        let hi = draw.below((size - lo).min(3));
        x.push(size - lo - hi);
        w.push(k);
        y.push(m);
        conv.stride.push(draw.off(stride));
        conv.pad.push((draw.off(lo), draw.off(hi)));
        conv.dilation.push(draw.off(dilation));
    }
    conv.mode = draw.pick(&[ConvMode::Forward, ConvMode::Input, ConvMode::Weight]);
    conv.groups = draw.off(groups);
    let (lhs, rhs, sizes) = match conv.mode {
        ConvMode::Forward => (x, w, vec![]),
        ConvMode::Input => (y, w, x[2..].to_vec()),
        ConvMode::Weight => (x, y, w[2..].to_vec()),
    };
    conv.sizes = sizes.iter().map(|&size| draw.off(size)).collect();
    let (lhs, rhs) = (wrong_shape(draw, &lhs), wrong_shape(draw, &rhs));
    let other = wrong_type(draw, dtype);
    call(draw, Op::Conv(conv), vec![operand(dtype, lhs), operand(other, rhs)])
}

fn take(draw: &mut Draw, dtype: DType) -> Call {
    let shape = draw.shape(1, 3);
    let axis = axis_of(draw, &shape);
    let at = draw.shape(0, 2);
    let at = index(draw, at, shape.get(axis).map_or(1, |&n| n));
    call(draw, Op::Take { axis }, vec![operand(dtype, shape), at])
}

fn put_add(draw: &mut Draw, dtype: DType) -> Call {
    let (before, at, behind) = (draw.shape(0, 1), draw.shape(0, 2), draw.shape(0, 1));
    let n = draw.within(1, 3);
    let axis = draw.off(before.len());
    let y = operand(dtype, [before, at.clone(), behind].concat());
    let at = wrong_shape(draw, &at);
    let at = index(draw, at, n);
    call(draw, Op::PutAdd { axis, n }, vec![at, y])
}

/// `TakeAlong` and `PutAlongAdd`.
fn along(draw: &mut Draw, dtype: DType) -> Call {
    let shape = draw.shape(1, 3);
    let axis = axis_of(draw, &shape);
    let n = shape.get(axis).map_or(1, |&n| n);
    let mut at = wrong_shape(draw, &shape);
    if draw.flag() {
        let at = index(draw, at, n.max(1));
        return call(draw, Op::PutAlongAdd { axis, n: n.max(1) }, vec![at, operand(dtype, shape)]);
    }
    if let Some(size) = at.get_mut(axis) {
        *size = draw.size();
    }
    let at = index(draw, at, n);
    call(draw, Op::TakeAlong { axis }, vec![operand(dtype, shape), at])
}

/// Factorisations, of matrices that have them: what stands on the diagonal is more than what stands beside it.
fn matrix(draw: &mut Draw, dtype: DType) -> Call {
    let op = draw.pick(&[Matrix::Cholesky, Matrix::Qr, Matrix::Svd]);
    let mut shape = draw.shape(0, 2);
    let n = draw.size();
    let m = if op == Matrix::Cholesky { n } else { n + draw.below(3) };
    shape.extend([draw.off(m), draw.off(n)]);
    if draw.miss() {
        shape.truncate(1);
    }
    call(draw, Op::Matrix(op), vec![Operand { diagonal: 6.0, ..operand(dtype, shape) }])
}

fn solve_triangular(draw: &mut Draw, dtype: DType) -> Call {
    let (upper, transposed) = (draw.flag(), draw.flag());
    let (batch, n, k) = (draw.shape(0, 1), draw.size(), draw.size());
    let a = [batch.clone(), vec![n, n]].concat();
    let b = [batch, vec![n, k]].concat();
    let (a, b, other) = (wrong_shape(draw, &a), wrong_shape(draw, &b), wrong_type(draw, dtype));
    let a = Operand { diagonal: 4.0, ..operand(dtype, a) };
    call(draw, Op::Matrix(Matrix::SolveTriangular { upper, transposed }), vec![a, operand(other, b)])
}

fn fft(draw: &mut Draw, dtype: DType) -> Call {
    let mut shape = draw.shape(0, 1);
    shape.extend([draw.within(1, 7), draw.off(2)]);
    if draw.miss() {
        shape.truncate(1);
    }
    let inverse = draw.flag();
    call(draw, Op::Fft { inverse }, vec![operand(dtype, shape)])
}
