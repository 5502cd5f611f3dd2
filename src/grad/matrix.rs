//! Rules of the factorisations and solves (Giles, 2008; Townsend, 2016), and of the Fourier transform. `x'` is `x`
//! transposed; `tril` keeps the lower triangle.

use super::cx::Cx;
use crate::graph::NodeId;
use crate::ops::{Compare, Matrix, Op};
use crate::types::DType;

pub(super) fn matrix(cx: &mut Cx, op: Matrix) {
    match op {
        Matrix::Cholesky => cholesky(cx),
        Matrix::SolveTriangular { upper, transposed } => solve_triangular(cx, upper, transposed),
        Matrix::Qr => qr(cx),
        Matrix::Svd => svd(cx),
    }
}

/// With the other sign: the transform is its own transpose, and the cotangent of a complex number its conjugate.
pub(super) fn fft(cx: &mut Cx, inverse: bool) {
    let g = cx.g;
    cx.send(0, |cx| cx.op(Op::Fft { inverse: !inverse }, &[g]));
}

/// `z = L'^-1 half(tril(L' g)) L^-1`, made symmetric; `half` halves the diagonal.
fn cholesky(cx: &mut Cx) {
    let (g, l) = (cx.g, cx.y);
    cx.send(0, |cx| {
        let product = cx.product(l, true, g, false);
        let strict = cx.triangle(product, Side::Lower, true);
        let whole = cx.triangle(product, Side::Lower, false);
        let sum = cx.add(strict, whole);
        let half = cx.scale(sum, 0.5);
        let solve = Matrix::SolveTriangular { upper: false, transposed: true };
        let left = cx.op(Op::Matrix(solve), &[l, half]);
        let turned = cx.turned(left);
        let both = cx.op(Op::Matrix(solve), &[l, turned]);
        let other = cx.turned(both);
        let sum = cx.add(both, other);
        cx.scale(sum, 0.5)
    });
}

/// `y = a^-1 b` gives `gb = a'^-1 g` and `-gb y'` in the triangle; `y = a'^-1 b` gives `gb = a^-1 g` and `-y gb'`.
fn solve_triangular(cx: &mut Cx, upper: bool, transposed: bool) {
    let (g, y, a) = (cx.g, cx.y, cx.arg(0));
    let back = Op::Matrix(Matrix::SolveTriangular { upper, transposed: !transposed });
    let gb = cx.op(back, &[a, g]);
    cx.send(0, |cx| {
        let product = if transposed { cx.product(y, false, gb, true) } else { cx.product(gb, false, y, true) };
        let minus = cx.neg(product);
        cx.triangle(minus, if upper { Side::Upper } else { Side::Lower }, false)
    });
    cx.send(1, |_| gb);
}

/// `(g + Q (tril(z - z', -1) - z)) R'^-1` with `z = Q' g`.
fn qr(cx: &mut Cx) {
    let (g, q, x) = (cx.g, cx.y, cx.arg(0));
    cx.send(0, |cx| {
        let z = cx.product(q, true, g, false);
        let turned = cx.turned(z);
        let skew = cx.sub(z, turned);
        let lower = cx.triangle(skew, Side::Lower, true);
        let inner = cx.sub(lower, z);
        let along = cx.product(q, false, inner, false);
        let sum = cx.add(g, along);
        let r = cx.product(q, true, x, false);
        // (c R'^-1)' = R^-1 c'
        let sum = cx.turned(sum);
        let solve = Matrix::SolveTriangular { upper: true, transposed: false };
        let solved = cx.op(Op::Matrix(solve), &[r, sum]);
        cx.turned(solved)
    });
}

/// `(U (F(U' gU) S + S F(V' gV) + gS) + (gU - U U' gU) S^-1) V'`, where `F(z)[i, j]` is
/// `(z - z')[i, j] / (s[j]^2 - s[i]^2)`, and 0 where the singular values are equal.
fn svd(cx: &mut Cx) {
    let (g, y, x) = (cx.g, cx.y, cx.arg(0));
    let rank = cx.ty(x).rank();
    let [m, n] = [cx.ty(x).shape[rank - 2], cx.ty(x).shape[rank - 1]];
    if n == 0 {
        return;
    }
    cx.send(0, |cx| {
        let [u, s, v] = cx.parts(y, m, n);
        let [gu, gs, gv] = cx.parts(g, m, n);
        let seen = cx.product(u, true, gu, false);
        let of_u = cx.rotation(seen, s);
        let of_u = cx.by_column(of_u, s);
        let of_v = cx.product(v, true, gv, false);
        let of_v = cx.rotation(of_v, s);
        let of_v = cx.by_row(of_v, s);
        let square = cx.shape(of_v);
        let gs = cx.spread(gs, &square, rank - 1);
        let gs = cx.on_diagonal(gs);
        let inner = cx.add(of_u, of_v);
        let inner = cx.add(inner, gs);
        let mut left = cx.product(u, false, inner, false);
        if m > n {
            let within = cx.product(u, false, seen, false);
            let outside = cx.sub(gu, within);
            let outside = cx.over_column(outside, s);
            left = cx.add(left, outside);
        }
        cx.product(left, false, v, true)
    });
}

#[derive(Clone, Copy)]
enum Side {
    Lower,
    Upper,
}

/// Matrices in the last two axes.
impl Cx<'_> {
    /// The last two axes swapped.
    fn turned(&mut self, x: NodeId) -> NodeId {
        let rank = self.ty(x).rank();
        let mut perm: Vec<usize> = (0..rank).collect();
        perm.swap(rank - 2, rank - 1);
        self.transpose(x, &perm)
    }

    /// `a b`, each transposed or not.
    fn product(&mut self, a: NodeId, turn_a: bool, b: NodeId, turn_b: bool) -> NodeId {
        let rank = self.ty(a).rank();
        let batch = (0..rank - 2).map(|axis| (axis, axis)).collect();
        let (of_a, of_b) = (if turn_a { rank - 2 } else { rank - 1 }, if turn_b { rank - 1 } else { rank - 2 });
        self.op(Op::Dot { batch, contract: vec![(of_a, of_b)] }, &[a, b])
    }

    /// For each element of a matrix of this shape the number of its row, or of its column.
    fn places(&mut self, shape: &[usize], axis: usize) -> NodeId {
        let place = self.op(Op::Iota { dtype: DType::I64, n: shape[axis] }, &[]);
        self.broadcast(place, shape, &[axis])
    }

    fn keep_places(&mut self, x: NodeId, compare: Compare, side: Side) -> NodeId {
        let shape = self.shape(x);
        let (rows, columns) = (self.places(&shape, shape.len() - 2), self.places(&shape, shape.len() - 1));
        let (less, more) = match side {
            Side::Lower => (columns, rows),
            Side::Upper => (rows, columns),
        };
        let kept = self.compare(compare, less, more);
        self.keep_where(kept, x)
    }

    /// The elements on one side of the diagonal, with it unless `strict`.
    fn triangle(&mut self, x: NodeId, side: Side, strict: bool) -> NodeId {
        self.keep_places(x, if strict { Compare::Lt } else { Compare::Le }, side)
    }

    fn on_diagonal(&mut self, x: NodeId) -> NodeId {
        self.keep_places(x, Compare::Eq, Side::Lower)
    }

    /// `U`, the singular values `[.., n]` and `V` of what stands on each other.
    fn parts(&mut self, y: NodeId, m: usize, n: usize) -> [NodeId; 3] {
        let axis = self.ty(y).rank() - 2;
        let [u, s, v] = [(0, m), (m, m + 1), (m + 1, m + 1 + n)].map(|(start, stop)| self.slice(y, axis, start, stop));
        let mut shape = self.shape(s);
        shape.remove(axis);
        [u, self.reshape(s, &shape), v]
    }

    /// `s [.., n]` along an axis of matrices, repeated along the other.
    fn spread(&mut self, s: NodeId, shape: &[usize], axis: usize) -> NodeId {
        let rank = shape.len();
        let axes: Vec<usize> = (0..rank - 2).chain([axis]).collect();
        self.broadcast(s, shape, &axes)
    }

    fn by_column(&mut self, x: NodeId, s: NodeId) -> NodeId {
        let shape = self.shape(x);
        let s = self.spread(s, &shape, shape.len() - 1);
        self.mul(x, s)
    }

    fn by_row(&mut self, x: NodeId, s: NodeId) -> NodeId {
        let shape = self.shape(x);
        let s = self.spread(s, &shape, shape.len() - 2);
        self.mul(x, s)
    }

    /// Columns divided by `s`, 0 where it is 0.
    fn over_column(&mut self, x: NodeId, s: NodeId) -> NodeId {
        let shape = self.shape(x);
        let s = self.spread(s, &shape, shape.len() - 1);
        self.quotient(x, s)
    }

    /// `(z - z')[i, j] / (s[j]^2 - s[i]^2)`.
    fn rotation(&mut self, z: NodeId, s: NodeId) -> NodeId {
        let turned = self.turned(z);
        let skew = self.sub(z, turned);
        let shape = self.shape(z);
        let [row, column] = [2, 1].map(|back| self.spread(s, &shape, shape.len() - back));
        let (sum, difference) = (self.add(column, row), self.sub(column, row));
        let gap = self.mul(sum, difference);
        self.quotient(skew, gap)
    }

    /// `x / by`, 0 where `by` is 0.
    fn quotient(&mut self, x: NodeId, by: NodeId) -> NodeId {
        let [zero, one] = [0.0, 1.0].map(|value| self.full_like(value, by));
        let is_zero = self.compare(Compare::Eq, by, zero);
        let safe = self.select(is_zero, one, by);
        let quotient = self.div(x, safe);
        self.select(is_zero, zero, quotient)
    }
}
