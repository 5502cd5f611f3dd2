//! How each op works on all iterations at once.

use super::lane::{Lane, Lanes};
use super::{conv, guard, indexed};
use crate::graph::NodeId;
use crate::ops::Op;

/// The op in all iterations.
pub fn apply(lanes: &mut Lanes, op: &Op<usize>, args: &[Lane]) -> Lane {
    let same = args.iter().map(|lane| match lane {
        Lane::Same(node) => Some(*node),
        Lane::Each(_) => None,
    });
    match same.collect::<Option<Vec<NodeId>>>() {
        Some(args) => Lane::Same(lanes.emit().op(op.clone(), &args)),
        None => {
            let args = guard::harmless(lanes, op, args);
            each(lanes, op, &args)
        }
    }
}

/// Where some operand is another one in each iteration.
fn each(lanes: &mut Lanes, op: &Op<usize>, args: &[Lane]) -> Lane {
    let moved = |axes: &[usize]| axes.iter().map(|axis| axis + 1).collect::<Vec<usize>>();
    match op {
        // Element by element, or on the last axes of any batch.
        Op::Unary(_) | Op::Binary(_) | Op::Compare(_) | Op::Select | Op::Cast(_) => lanes.op(op.clone(), args),
        Op::Matrix(_) | Op::Fft { .. } | Op::Assign | Op::Barrier { .. } => lanes.op(op.clone(), args),

        Op::Reshape { shape } => {
            let shape = lanes.with_iterations(shape);
            lanes.op(Op::Reshape { shape }, args)
        }
        Op::Transpose { perm } => lanes.op(Op::Transpose { perm: [vec![0], moved(perm)].concat() }, args),
        Op::Broadcast { shape, axes } => {
            let (shape, axes) = (lanes.with_iterations(shape), [vec![0], moved(axes)].concat());
            lanes.op(Op::Broadcast { shape, axes }, args)
        }
        Op::Slice { axis, start, stop, step } => {
            lanes.op(Op::Slice { axis: axis + 1, start: *start, stop: *stop, step: *step }, args)
        }
        Op::Pad { axis, lo, hi, between } => match args[1] {
            Lane::Same(value) => {
                let x = lanes.each(args[0]);
                let op = Op::Pad { axis: axis + 1, lo: *lo, hi: *hi, between: *between };
                Lane::Each(lanes.emit().op(op, &[x, value]))
            }
            Lane::Each(_) => lanes.alone(op, args),
        },
        Op::Concat { axis } => lanes.op(Op::Concat { axis: axis + 1 }, args),
        Op::Flip { axis } => lanes.op(Op::Flip { axis: axis + 1 }, args),
        Op::Windows { axis, size, stride, dilation } => {
            lanes.op(Op::Windows { axis: axis + 1, size: *size, stride: *stride, dilation: *dilation }, args)
        }
        Op::Unwindows { axis, n, stride, dilation } => {
            lanes.op(Op::Unwindows { axis: axis + 1, n: *n, stride: *stride, dilation: *dilation }, args)
        }

        Op::Reduce { kind, axes } => lanes.op(Op::Reduce { kind: *kind, axes: moved(axes) }, args),
        Op::ArgMax { axis } => lanes.op(Op::ArgMax { axis: axis + 1 }, args),
        Op::CumSum { axis, reverse } => lanes.op(Op::CumSum { axis: axis + 1, reverse: *reverse }, args),
        Op::ArgSort { axis, descending } => lanes.op(Op::ArgSort { axis: axis + 1, descending: *descending }, args),

        Op::Dot { batch, contract } => dot(lanes, batch, contract, args),
        Op::Conv(found) => conv::conv(lanes, found, args),

        Op::Take { axis } => indexed::take(lanes, *axis, args),
        Op::PutAdd { axis, n } => indexed::put_add(lanes, *axis, *n, args),
        Op::TakeAlong { axis } => lanes.op(Op::TakeAlong { axis: axis + 1 }, args),
        Op::PutAlongAdd { axis, n } => lanes.op(Op::PutAlongAdd { axis: axis + 1, n: *n }, args),

        // The numbers are those of one key.
        Op::Uniform { .. } => lanes.alone(op, args),
        Op::Const(_) | Op::Iota { .. } => unreachable!("{} has no operand", op.name()),
    }
}

/// Two operands that both change are a batch of products; otherwise the iterations are one more free axis, which stands in
/// front of the others of its side.
fn dot(lanes: &mut Lanes, batch: &[(usize, usize)], contract: &[(usize, usize)], args: &[Lane]) -> Lane {
    let shifted = |pairs: &[(usize, usize)], left: usize, right: usize| -> Vec<(usize, usize)> {
        pairs.iter().map(|(l, r)| (l + left, r + right)).collect()
    };
    let (left, right, front) = match (args[0], args[1]) {
        (Lane::Each(_), Lane::Each(_)) => {
            let batch = [vec![(0, 0)], shifted(batch, 1, 1)].concat();
            return lanes.op(Op::Dot { batch, contract: shifted(contract, 1, 1) }, args);
        }
        (Lane::Each(_), _) => (1, 0, batch.len()),
        _ => (0, 1, lanes.shape(args[0]).len() - contract.len()),
    };
    let op = Op::Dot { batch: shifted(batch, left, right), contract: shifted(contract, left, right) };
    let nodes = [args[0], args[1]].map(|(Lane::Same(node) | Lane::Each(node))| node);
    let product = lanes.emit().op(op, &nodes);
    lanes.moved_to_front(product, front)
}
