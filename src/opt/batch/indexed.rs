//! Ops with indices. Each iteration keeps its own range of indices, so that one out of range is found as before.

use super::lane::{Lane, Lanes};
use crate::graph::NodeId;
use crate::ops::Op;

/// `x[.., index, ..]`
pub fn take(lanes: &mut Lanes, axis: usize, args: &[Lane]) -> Lane {
    match (args[0], args[1]) {
        (Lane::Same(x), Lane::Each(index)) => {
            let taken = lanes.emit().op(Op::Take { axis }, &[x, index]);
            lanes.moved_to_front(taken, axis)
        }
        (Lane::Each(x), Lane::Same(index)) => Lane::Each(lanes.emit().op(Op::Take { axis: axis + 1 }, &[x, index])),
        _ => {
            let x = lanes.each(args[0]);
            let shape = lanes.shape(args[0]);
            let picked = lanes.shape(args[1]);
            let index = spread(lanes, args[1], &shape, axis);
            let taken = lanes.emit().op(Op::TakeAlong { axis: axis + 1 }, &[x, index]);
            let shape = [&[lanes.n], &shape[..axis], &picked, &shape[axis + 1..]].concat();
            Lane::Each(lanes.emit().reshape(taken, &shape))
        }
    }
}

/// The adjoint: `y` summed into zeros with `size` elements at `axis`.
pub fn put_add(lanes: &mut Lanes, axis: usize, size: usize, args: &[Lane]) -> Lane {
    if let (Lane::Same(index), Lane::Each(y)) = (args[0], args[1]) {
        return Lane::Each(lanes.emit().op(Op::PutAdd { axis: axis + 1, n: size }, &[index, y]));
    }
    let places = lanes.shape(args[0]);
    let y = lanes.each(args[1]);
    let shape = lanes.shape(args[1]);
    let count = places.iter().product();
    let flat = [&shape[..axis], &[count], &shape[axis + places.len()..]].concat();
    let batch = lanes.with_iterations(&flat);
    let y = lanes.emit().reshape(y, &batch);
    let index = spread(lanes, args[0], &flat, axis);
    Lane::Each(lanes.emit().op(Op::PutAlongAdd { axis: axis + 1, n: size }, &[index, y]))
}

/// Indices of any shape as one axis at `axis` of `shape`, repeated along the others.
fn spread(lanes: &mut Lanes, index: Lane, shape: &[usize], axis: usize) -> NodeId {
    let count: usize = lanes.shape(index).iter().product();
    let index = lanes.each(index);
    let n = lanes.n;
    let flat = lanes.emit().reshape(index, &[n, count]);
    let mut full = lanes.with_iterations(shape);
    full[axis + 1] = count;
    lanes.emit().broadcast(flat, &full, &[0, axis + 1])
}
