//! A loop in the body of a batched one: it runs once, on whole batches.

use super::lane::{Lane, Lanes};
use crate::graph::{Builder, Graph, NodeId, Type};
use crate::ops::Scan;
use crate::types::DType;

/// The results of the inner loop in all iterations of the outer one.
pub fn scan(lanes: &mut Lanes, scan: &Scan<usize, Graph>, args: &[Lane]) -> Vec<Lane> {
    let each = changing(scan, args);
    if scan.when.is_some_and(|when| each[when]) {
        let results = lanes.looped(args, |body, args, span| body.scan(scan.clone(), args, span));
        return results.into_iter().map(Lane::Each).collect();
    }
    let mut operands = vec![];
    for (operand, &arg) in args.iter().enumerate() {
        let sliced = (scan.carries..scan.carries + scan.xs).contains(&operand);
        operands.push(match (each[operand], sliced, arg) {
            (true, true, Lane::Each(node)) => swapped(lanes, node),
            (true, false, lane) => lanes.each(lane),
            (_, _, Lane::Same(node) | Lane::Each(node)) => node,
        });
    }
    let (body, ys) = batched_body(lanes, scan, &each);
    let results = lanes.builder.scan(Scan { body, ..scan.clone() }, &operands, lanes.span);
    let (finals, stacked) = results.split_at(scan.carries);
    let finals = finals.iter().zip(&each).map(|(&node, each)| if *each { Lane::Each(node) } else { Lane::Same(node) });
    let mut out: Vec<Lane> = finals.collect();
    for (&node, each) in stacked.iter().zip(ys) {
        out.push(if each { Lane::Each(swapped(lanes, node)) } else { Lane::Same(node) });
    }
    out
}

/// The body on batches, and which of its ys change with the outer iteration.
fn batched_body(lanes: &Lanes, scan: &Scan<usize, Graph>, each: &[bool]) -> (Graph, Vec<bool>) {
    let mut inside = Builder::new();
    let mut inputs = vec![Lane::Same(inside.input("iteration", Type::new(DType::I64, vec![])))];
    for ((name, ty), each) in scan.body.inputs[1..].iter().zip(each) {
        inputs.push(match each {
            true => Lane::Each(inside.input(name, Type::new(ty.dtype, lanes.with_iterations(&ty.shape)))),
            false => Lane::Same(inside.input(name, ty.clone())),
        });
    }
    let mut inner = Lanes { builder: &mut inside, n: lanes.n, span: lanes.span };
    let values = super::body(&mut inner, &scan.body, &inputs);
    let mut ys = vec![];
    let mut outputs: Vec<NodeId> = vec![];
    for (i, (_, output)) in scan.body.outputs.iter().enumerate() {
        let lane = values[output.index()][0];
        let changes = if i < scan.carries { each[i] } else { matches!(lane, Lane::Each(_)) };
        if i >= scan.carries {
            ys.push(changes);
        }
        outputs.push(match lane {
            lane if changes => inner.each(lane),
            Lane::Same(node) | Lane::Each(node) => node,
        });
    }
    for ((name, _), node) in scan.body.outputs.iter().zip(outputs) {
        inside.output(name, node);
    }
    (inside.finish(), ys)
}

/// By operand: whether it changes with the outer iteration. A carry does if what it becomes does.
fn changing(scan: &Scan<usize, Graph>, args: &[Lane]) -> Vec<bool> {
    let mut each: Vec<bool> = args.iter().map(|lane| matches!(lane, Lane::Each(_))).collect();
    let inputs = scan.body.input_nodes();
    loop {
        let sources: Vec<NodeId> = (0..each.len()).filter(|&i| each[i]).filter_map(|i| inputs[i + 1]).collect();
        let depends = scan.body.depends_on(&sources);
        let next = |carry: &usize| !each[*carry] && depends[scan.body.outputs[*carry].1.index()];
        match (0..scan.carries).find(next) {
            Some(carry) => each[carry] = true,
            None => return each,
        }
    }
}

/// With the first two axes exchanged.
fn swapped(lanes: &mut Lanes, x: NodeId) -> NodeId {
    let rank = lanes.builder.ty(x).rank();
    let perm: Vec<usize> = [1, 0].into_iter().chain(2..rank).collect();
    lanes.emit().transpose(x, &perm)
}
