//! Sums, products, powers and signs.

use super::super::rewrite::{Rule, is_splat, op_of};
use crate::graph::{Emit, NodeId};
use crate::ops::{Binary, Op, Unary};

pub const RULES: &[Rule] = &[neutral, signs, twice, powers];

/// `x + 0 = 0 + x = x - 0 = x * 1 = 1 * x = x / 1 = x`; a negative zero plus zero keeps its sign here.
fn neutral(emit: &mut Emit, op: &Op<usize>, args: &[NodeId]) -> Option<NodeId> {
    let Op::Binary(op) = op else { return None };
    let [x, y] = args else { return None };
    let (right, left) = match op {
        Binary::Add => (0.0, Some(0.0)),
        Binary::Sub => (0.0, None),
        Binary::Mul => (1.0, Some(1.0)),
        Binary::Div => (1.0, None),
        _ => return None,
    };
    if is_splat(emit, *y, right) {
        return Some(*x);
    }
    left.is_some_and(|left| is_splat(emit, *x, left)).then_some(*y)
}

/// `x + -y = x - y`, `x - -y = x + y`, `-x + y = y - x`, `0 - x = -x` (of zero, a negative one), `x * -1 = -x`
fn signs(emit: &mut Emit, op: &Op<usize>, args: &[NodeId]) -> Option<NodeId> {
    let Op::Binary(op) = op else { return None };
    let [x, y] = [args[0], args[1]];
    match op {
        Binary::Add => match (negated(emit, x), negated(emit, y)) {
            (_, Some(y)) => Some(emit.sub(x, y)),
            (Some(x), None) => Some(emit.sub(y, x)),
            (None, None) => None,
        },
        Binary::Sub if is_splat(emit, x, 0.0) => Some(emit.neg(y)),
        Binary::Sub => negated(emit, y).map(|y| emit.add(x, y)),
        Binary::Mul if is_splat(emit, y, -1.0) => Some(emit.neg(x)),
        Binary::Mul if is_splat(emit, x, -1.0) => Some(emit.neg(y)),
        _ => None,
    }
}

/// `x`, where the node is `-x`.
fn negated(emit: &Emit, node: NodeId) -> Option<NodeId> {
    match op_of(emit, node) {
        Some((Op::Unary(Unary::Neg), args)) => Some(args[0]),
        _ => None,
    }
}

/// `-(-x) = x`, `|-x| = |x|`, `||x|| = |x|`, and the same for rounding what is whole
fn twice(emit: &mut Emit, op: &Op<usize>, args: &[NodeId]) -> Option<NodeId> {
    let Op::Unary(outer) = op else { return None };
    let Some((Op::Unary(inner), under)) = op_of(emit, args[0]) else { return None };
    let whole = |op| matches!(op, Unary::Floor | Unary::Ceil | Unary::Round);
    match (*outer, inner) {
        (Unary::Neg, Unary::Neg) => Some(under[0]),
        (Unary::Abs, Unary::Neg) => Some(emit.unary(Unary::Abs, under[0])),
        (Unary::Abs, Unary::Abs) => Some(args[0]),
        (outer, inner) if whole(outer) && whole(inner) => Some(args[0]),
        _ => None,
    }
}

/// `x^1 = x`, `x^2 = x x`, `x^3 = x x x` (rounded twice), `x^-1 = 1 / x`
fn powers(emit: &mut Emit, op: &Op<usize>, args: &[NodeId]) -> Option<NodeId> {
    let Op::Binary(Binary::Pow) = op else { return None };
    let [x, y] = [args[0], args[1]];
    if is_splat(emit, y, 1.0) {
        return Some(x);
    }
    if is_splat(emit, y, -1.0) {
        let one = emit.full_like(1.0, x);
        return Some(emit.div(one, x));
    }
    let cube = is_splat(emit, y, 3.0);
    (cube || is_splat(emit, y, 2.0)).then(|| {
        let square = emit.mul(x, x);
        if cube { emit.mul(square, x) } else { square }
    })
}
