//! Computes what is known: element-wise ops on values that are the same in all places, and movements of them.

use super::rewrite::{Rule, rewrite, splat};
use crate::graph::{Emit, Graph, NodeId, typing::op_type};
use crate::ops::{Op, Reduce, Tensor, eval};
use crate::types::Scalar;

const RULES: &[Rule] = &[elementwise, movement, pad, reduce];

/// Folds constants.
pub fn fold(graph: &Graph) -> Graph {
    rewrite(graph, RULES)
}

/// `value` in all places of the type that `op` gives.
fn everywhere(emit: &mut Emit, op: &Op<usize>, args: &[NodeId], value: Scalar) -> NodeId {
    let tys: Vec<_> = args.iter().map(|&arg| emit.ty(arg)).collect();
    let shape = op_type(op, &tys).expect("the node was in a graph").shape;
    let value = emit.op(Op::Const(value), &[]);
    if shape.is_empty() { value } else { emit.op(Op::Broadcast { shape, axes: vec![] }, &[value]) }
}

/// `op(c, ..) = c'`, with the precision of the reference evaluator.
fn elementwise(emit: &mut Emit, op: &Op<usize>, args: &[NodeId]) -> Option<NodeId> {
    if !op.is_elementwise() {
        return None;
    }
    let values: Option<Vec<Tensor>> = args.iter().map(|&arg| splat(emit, arg).map(Tensor::scalar)).collect();
    let values = values?;
    let value = eval(op, &values.iter().collect::<Vec<_>>()).ok()?;
    Some(everywhere(emit, op, args, value.data.get(0)))
}

/// Moving equal elements changes only the shape. A broadcast of a constant itself is how such values are written.
fn movement(emit: &mut Emit, op: &Op<usize>, args: &[NodeId]) -> Option<NodeId> {
    match op {
        Op::Reshape { .. } | Op::Transpose { .. } | Op::Slice { .. } | Op::Flip { .. } | Op::Windows { .. } => {}
        Op::Broadcast { .. } if emit.ty(args[0]).rank() > 0 => {}
        Op::Concat { .. } => {
            let first = splat(emit, args[0])?;
            args.iter().all(|&arg| splat(emit, arg) == Some(first)).then_some(())?;
        }
        _ => return None,
    }
    let value = splat(emit, args[0])?;
    Some(everywhere(emit, op, args, value))
}

/// `pad(c, c) = c`
fn pad(emit: &mut Emit, op: &Op<usize>, args: &[NodeId]) -> Option<NodeId> {
    let Op::Pad { .. } = op else { return None };
    let value = splat(emit, args[0])?;
    (splat(emit, args[1]) == Some(value)).then(|| everywhere(emit, op, args, value))
}

/// `max(c, .., c) = c`, `0 + .. + 0 = 0`
fn reduce(emit: &mut Emit, op: &Op<usize>, args: &[NodeId]) -> Option<NodeId> {
    let Op::Reduce { kind, .. } = op else { return None };
    let value = splat(emit, args[0])?;
    let same = match kind {
        Reduce::Max | Reduce::Min => !emit.ty(args[0]).is_empty(),
        Reduce::Sum => value == Scalar::from_i64(0, value.dtype()),
        Reduce::Prod => value == Scalar::from_i64(1, value.dtype()),
    };
    same.then(|| everywhere(emit, op, args, value))
}
