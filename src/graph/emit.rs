//! Short ways to add ops to a graph, all from one place in the user's file. What would change nothing adds no node.

use super::{Builder, NodeId, Type};
use crate::base::Span;
use crate::ops::{Binary, Compare, Op, Reduce, Unary};
use crate::types::{DType, Scalar};

/// Adds ops that come from `span`.
pub struct Emit<'b> {
    pub builder: &'b mut Builder,
    pub span: Span,
}

impl<'b> Emit<'b> {
    pub fn new(builder: &'b mut Builder, span: Span) -> Emit<'b> {
        Emit { builder, span }
    }

    pub fn op(&mut self, op: Op<usize>, args: &[NodeId]) -> NodeId {
        self.builder.op(op, args, self.span)
    }

    pub fn ty(&self, x: NodeId) -> &Type {
        self.builder.ty(x)
    }

    pub fn shape(&self, x: NodeId) -> Vec<usize> {
        self.ty(x).shape.clone()
    }

    pub fn scalar(&mut self, value: f64, dtype: DType) -> NodeId {
        self.op(Op::Const(Scalar::from_f64(value, dtype)), &[])
    }

    /// One value of the element type of `like`.
    pub fn scalar_like(&mut self, value: f64, like: NodeId) -> NodeId {
        let dtype = self.ty(like).dtype;
        self.scalar(value, dtype)
    }

    /// One value in every place of a type.
    pub fn full(&mut self, value: f64, ty: &Type) -> NodeId {
        let value = self.scalar(value, ty.dtype);
        self.broadcast(value, &ty.shape, &[])
    }

    /// One value in every place of the type of `like`.
    pub fn full_like(&mut self, value: f64, like: NodeId) -> NodeId {
        let ty = self.ty(like).clone();
        self.full(value, &ty)
    }

    pub fn unary(&mut self, op: Unary, x: NodeId) -> NodeId {
        self.op(Op::Unary(op), &[x])
    }

    pub fn neg(&mut self, x: NodeId) -> NodeId {
        self.unary(Unary::Neg, x)
    }

    pub fn binary(&mut self, op: Binary, lhs: NodeId, rhs: NodeId) -> NodeId {
        self.op(Op::Binary(op), &[lhs, rhs])
    }

    pub fn add(&mut self, lhs: NodeId, rhs: NodeId) -> NodeId {
        self.binary(Binary::Add, lhs, rhs)
    }

    pub fn sub(&mut self, lhs: NodeId, rhs: NodeId) -> NodeId {
        self.binary(Binary::Sub, lhs, rhs)
    }

    pub fn mul(&mut self, lhs: NodeId, rhs: NodeId) -> NodeId {
        self.binary(Binary::Mul, lhs, rhs)
    }

    pub fn div(&mut self, lhs: NodeId, rhs: NodeId) -> NodeId {
        self.binary(Binary::Div, lhs, rhs)
    }

    /// `x` times a number.
    pub fn scale(&mut self, x: NodeId, by: f64) -> NodeId {
        let by = self.full_like(by, x);
        self.mul(x, by)
    }

    pub fn compare(&mut self, op: Compare, lhs: NodeId, rhs: NodeId) -> NodeId {
        self.op(Op::Compare(op), &[lhs, rhs])
    }

    pub fn select(&mut self, cond: NodeId, on_true: NodeId, on_false: NodeId) -> NodeId {
        self.op(Op::Select, &[cond, on_true, on_false])
    }

    /// `x` where the condition holds, else zero.
    pub fn keep_where(&mut self, cond: NodeId, x: NodeId) -> NodeId {
        let zero = self.full_like(0.0, x);
        self.select(cond, x, zero)
    }

    pub fn cast(&mut self, x: NodeId, dtype: DType) -> NodeId {
        if self.ty(x).dtype == dtype { x } else { self.op(Op::Cast(dtype), &[x]) }
    }

    pub fn reshape(&mut self, x: NodeId, shape: &[usize]) -> NodeId {
        if self.ty(x).shape == shape { x } else { self.op(Op::Reshape { shape: shape.to_vec() }, &[x]) }
    }

    pub fn transpose(&mut self, x: NodeId, perm: &[usize]) -> NodeId {
        let same = perm.iter().copied().eq(0..perm.len());
        if same { x } else { self.op(Op::Transpose { perm: perm.to_vec() }, &[x]) }
    }

    /// Axis `i` of `x` becomes axis `axes[i]` of `shape`; the others repeat.
    pub fn broadcast(&mut self, x: NodeId, shape: &[usize], axes: &[usize]) -> NodeId {
        let op = Op::Broadcast { shape: shape.to_vec(), axes: axes.to_vec() };
        if axes.len() == shape.len() { x } else { self.op(op, &[x]) }
    }

    /// Elements `start..stop` of one axis.
    pub fn slice(&mut self, x: NodeId, axis: usize, start: usize, stop: usize) -> NodeId {
        let whole = start == 0 && stop == self.ty(x).shape[axis];
        if whole { x } else { self.op(Op::Slice { axis, start, stop, step: 1 }, &[x]) }
    }

    /// `lo` values before and `hi` behind one axis.
    pub fn pad(&mut self, x: NodeId, axis: usize, lo: usize, hi: usize, value: f64) -> NodeId {
        if lo == 0 && hi == 0 {
            return x;
        }
        let value = self.scalar_like(value, x);
        self.op(Op::Pad { axis, lo, hi, between: 0 }, &[x, value])
    }

    pub fn flip(&mut self, x: NodeId, axis: usize) -> NodeId {
        self.op(Op::Flip { axis }, &[x])
    }

    pub fn sum(&mut self, x: NodeId, axes: &[usize]) -> NodeId {
        let op = Op::Reduce { kind: Reduce::Sum, axes: axes.to_vec() };
        if axes.is_empty() { x } else { self.op(op, &[x]) }
    }
}
