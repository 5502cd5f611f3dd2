//! Lanes that do not run. They compute with the others, and nothing of it may be seen: neither a value nor a fault.

use super::lane::{Lane, Lanes};
use crate::graph::{Emit, NodeId};
use crate::ops::{Binary, Compare, Op, Reduce};
use crate::types::DType;

/// Operands with which an op cannot stop the run in a lane that does not run: index 0, the unit matrix.
pub fn harmless(lanes: &mut Lanes, op: &Op<usize>, args: &[Lane]) -> Vec<Lane> {
    let mut args = args.to_vec();
    let place = match op {
        Op::Take { .. } | Op::TakeAlong { .. } => 1,
        Op::PutAdd { .. } | Op::PutAlongAdd { .. } | Op::Matrix(_) => 0,
        _ => return args,
    };
    // What is the same in all lanes is that of one that runs.
    if let (Some(active), Lane::Each(x)) = (lanes.active, args[place]) {
        let mut emit = lanes.emit();
        let instead = match op {
            Op::Matrix(_) => unit_like(&mut emit, x),
            _ => emit.full_like(0.0, x),
        };
        args[place] = Lane::Each(where_active(&mut emit, active, x, instead));
    }
    args
}

/// What a lane holds behind an iteration: `value` if it ran, else what it carried, or zero.
pub fn kept(lanes: &mut Lanes, value: NodeId, carried: Option<NodeId>) -> NodeId {
    let Some(active) = lanes.active else { return value };
    let mut emit = lanes.emit();
    let other = carried.unwrap_or_else(|| emit.full_like(0.0, value));
    where_active(&mut emit, active, value, other)
}

/// A condition of each lane (its last axis), false where the lane does not run.
pub fn active_too(lanes: &mut Lanes, condition: NodeId) -> NodeId {
    let Some(active) = lanes.active else { return condition };
    let mut emit = lanes.emit();
    let shape = emit.shape(condition);
    let active = emit.broadcast(active, &shape, &[shape.len() - 1]);
    emit.binary(Binary::And, condition, active)
}

/// Whether a condition holds in any lane (its last axis).
pub fn any_lane(emit: &mut Emit, condition: NodeId) -> NodeId {
    let numbers = emit.cast(condition, DType::U8);
    let axes = vec![emit.ty(numbers).rank() - 1];
    let most = emit.op(Op::Reduce { kind: Reduce::Max, axes }, &[numbers]);
    emit.cast(most, DType::Bool)
}

fn where_active(emit: &mut Emit, active: NodeId, value: NodeId, other: NodeId) -> NodeId {
    let shape = emit.shape(value);
    let active = emit.broadcast(active, &shape, &[0]);
    emit.select(active, value, other)
}

/// Ones on the diagonal of the last two axes.
fn unit_like(emit: &mut Emit, x: NodeId) -> NodeId {
    let (shape, dtype) = (emit.shape(x), emit.ty(x).dtype);
    let places = [shape.len() - 2, shape.len() - 1].map(|axis| {
        let count = emit.op(Op::Iota { dtype: DType::I64, n: shape[axis] }, &[]);
        emit.broadcast(count, &shape, &[axis])
    });
    let diagonal = emit.compare(Compare::Eq, places[0], places[1]);
    emit.cast(diagonal, dtype)
}
