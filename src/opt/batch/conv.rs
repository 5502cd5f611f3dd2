//! Convolutions. Where only the pictures change, the iterations join the batch; where filters change too, each
//! iteration is a group of channels of its own.

use super::lane::{Lane, Lanes};
use crate::graph::NodeId;
use crate::ops::{Conv, ConvMode, Op};

pub fn conv(lanes: &mut Lanes, conv: &Conv<usize>, args: &[Lane]) -> Lane {
    let grouped = Conv { groups: conv.groups * lanes.n, ..conv.clone() };
    match (conv.mode, args[0], args[1]) {
        (ConvMode::Forward | ConvMode::Input, Lane::Each(x), Lane::Same(w)) => {
            let x = joined(lanes, x);
            let y = lanes.emit().op(Op::Conv(conv.clone()), &[x, w]);
            Lane::Each(split(lanes, y))
        }
        (ConvMode::Forward | ConvMode::Input, ..) => {
            let x = lanes.each(args[0]);
            let w = lanes.each(args[1]);
            let (x, w) = (channels(lanes, x), joined(lanes, w));
            let y = lanes.emit().op(Op::Conv(grouped), &[x, w]);
            let shape = lanes.builder.ty(y).shape.clone();
            let apart = [&[shape[0], lanes.n, shape[1] / lanes.n], &shape[2..]].concat();
            let y = lanes.emit().reshape(y, &apart);
            lanes.moved_to_front(y, 1)
        }
        (ConvMode::Weight, ..) => {
            let x = lanes.each(args[0]);
            let y = lanes.each(args[1]);
            let (x, y) = (channels(lanes, x), channels(lanes, y));
            let w = lanes.emit().op(Op::Conv(grouped), &[x, y]);
            Lane::Each(split(lanes, w))
        }
    }
}

/// `[n, N, ..]` as `[n N, ..]`.
pub fn joined(lanes: &mut Lanes, x: NodeId) -> NodeId {
    let shape = lanes.builder.ty(x).shape.clone();
    let joined = [&[shape[0] * shape[1]], &shape[2..]].concat();
    lanes.emit().reshape(x, &joined)
}

/// `[n N, ..]` as `[n, N, ..]`.
fn split(lanes: &mut Lanes, x: NodeId) -> NodeId {
    let shape = lanes.builder.ty(x).shape.clone();
    let split = [&[lanes.n, shape[0] / lanes.n], &shape[1..]].concat();
    lanes.emit().reshape(x, &split)
}

/// `[n, N, C, ..]` as `[N, n C, ..]`.
fn channels(lanes: &mut Lanes, x: NodeId) -> NodeId {
    let shape = lanes.builder.ty(x).shape.clone();
    let perm: Vec<usize> = [1, 0].into_iter().chain(2..shape.len()).collect();
    let turned = lanes.emit().transpose(x, &perm);
    let flat = [&[shape[1], shape[0] * shape[2]], &shape[3..]].concat();
    lanes.emit().reshape(turned, &flat)
}
