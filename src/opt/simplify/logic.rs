//! Conditions, selections and casts.

use super::super::rewrite::{Rule, op_of, splat};
use crate::graph::{Emit, NodeId};
use crate::ops::{Binary, Op, Unary};
use crate::types::{DType, Scalar};

pub const RULES: &[Rule] = &[select, nested, connectives, same, cast, stop_gradient];

fn truth(emit: &Emit, node: NodeId) -> Option<bool> {
    match splat(emit, node) {
        Some(Scalar::Bool(value)) => Some(value),
        _ => None,
    }
}

/// `select(true, a, b) = a`, `select(false, a, b) = b`, `select(c, a, a) = a`, `select(not c, a, b) = select(c, b, a)`
fn select(emit: &mut Emit, op: &Op<usize>, args: &[NodeId]) -> Option<NodeId> {
    let (Op::Select, [cond, a, b]) = (op, args) else { return None };
    match (truth(emit, *cond), op_of(emit, *cond)) {
        (Some(true), _) => Some(*a),
        (Some(false), _) => Some(*b),
        _ if a == b => Some(*a),
        (None, Some((Op::Unary(Unary::Not), under))) => Some(emit.select(under[0], *b, *a)),
        (None, _) => None,
    }
}

/// `select(c, select(c, a, b), d) = select(c, a, d)`, `select(c, a, select(c, b, d)) = select(c, a, d)`
fn nested(emit: &mut Emit, op: &Op<usize>, args: &[NodeId]) -> Option<NodeId> {
    let (Op::Select, [cond, a, b]) = (op, args) else { return None };
    let inner = |emit: &Emit, node: NodeId| match op_of(emit, node) {
        Some((Op::Select, under)) if under[0] == *cond => Some(under),
        _ => None,
    };
    match (inner(emit, *a), inner(emit, *b)) {
        (None, None) => None,
        (a_under, b_under) => {
            let a = a_under.map_or(*a, |under| under[1]);
            let b = b_under.map_or(*b, |under| under[2]);
            Some(emit.select(*cond, a, b))
        }
    }
}

/// `a and true = a`, `a and false = false`, `a or true = true`, `a or false = a`, `not not a = a`
fn connectives(emit: &mut Emit, op: &Op<usize>, args: &[NodeId]) -> Option<NodeId> {
    match (op, args) {
        (Op::Binary(Binary::And | Binary::Or), [a, b]) => {
            // The value that does not matter.
            let neutral = *op == Op::Binary(Binary::And);
            let pick = |known: NodeId, other: NodeId| {
                truth(emit, known).map(|value| if value == neutral { other } else { known })
            };
            pick(*a, *b).or_else(|| pick(*b, *a))
        }
        (Op::Unary(Unary::Not), [a]) => match op_of(emit, *a) {
            Some((Op::Unary(Unary::Not), under)) => Some(under[0]),
            _ => None,
        },
        _ => None,
    }
}

/// `max(x, x) = min(x, x) = x and x = x or x = x`
fn same(_emit: &mut Emit, op: &Op<usize>, args: &[NodeId]) -> Option<NodeId> {
    match (op, args) {
        (Op::Binary(Binary::Max | Binary::Min | Binary::And | Binary::Or), [x, y]) if x == y => Some(*x),
        _ => None,
    }
}

/// `cast(x) = x` to its own type; `cast(cast(x)) = cast(x)` where the type between holds every element of the first
fn cast(emit: &mut Emit, op: &Op<usize>, args: &[NodeId]) -> Option<NodeId> {
    let Op::Cast(to) = op else { return None };
    if emit.ty(args[0]).dtype == *to {
        return Some(args[0]);
    }
    let Some((Op::Cast(between), under)) = op_of(emit, args[0]) else { return None };
    holds(between, emit.ty(under[0]).dtype).then(|| emit.cast(under[0], *to))
}

/// Whether `wide` has every value of `narrow`, so that a cast on does the same from both.
fn holds(wide: DType, narrow: DType) -> bool {
    match narrow {
        DType::F16 | DType::Bf16 => matches!(wide, DType::F32 | DType::F64),
        DType::F32 => wide == DType::F64,
        DType::I32 => matches!(wide, DType::I64 | DType::F64),
        DType::Bool => wide != DType::Bool,
        // Whole numbers up to 256 are exact in bf16.
        DType::U8 => !matches!(wide, DType::U8 | DType::Bool),
        DType::F64 | DType::I64 => false,
    }
}

/// Derivatives have been taken: `stop_gradient(x) = x`
fn stop_gradient(_emit: &mut Emit, op: &Op<usize>, args: &[NodeId]) -> Option<NodeId> {
    matches!(op, Op::Unary(Unary::StopGradient)).then(|| args[0])
}
