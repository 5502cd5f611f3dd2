//! Element-wise work that is only read in parts is done part by part.
//!
//! `slice(f(x, y)) = f(slice(x), slice(y))`, where all that read `f` are slices along one axis that do not meet, as the gates of
//! a recurrent layer, which are cut from one sum. A slice costs nothing, and each part can run with those who read it, where
//! the whole would go through memory.

use super::rewrite::{op_of, rebuild};
use crate::graph::{Emit, Graph, Kind, NodeId};
use crate::ops::{Op, Scan};
use std::collections::BTreeSet;

/// Elements of a part that lie together, at least: others are found one by one, and better once than in every operand.
const TOGETHER: usize = 64;

/// Does work part by part that is read so.
pub fn parts(graph: &Graph) -> Graph {
    let cuts = cuts(graph);
    let mut cuts = graph.nodes.iter().zip(cuts).filter(|(node, _)| matches!(node.kind, Kind::Op(_) | Kind::Scan(_)));
    // Of the new graph: what is read in parts.
    let mut cut = BTreeSet::new();
    rebuild(graph, |builder, node, args| {
        let is_cut = cuts.next().is_some_and(|(_, cut)| cut.is_some());
        let mut emit = Emit::new(builder, node.span);
        match &node.kind {
            Kind::Op(Op::Slice { axis, start, stop, step: 1 }) => {
                vec![part(&mut emit, &cut, args[0], *axis, [*start, *stop])]
            }
            Kind::Op(op) => {
                let made = emit.op(op.clone(), args);
                if is_cut {
                    cut.insert(made);
                }
                vec![made]
            }
            Kind::Scan(scan) => {
                let scan = Scan { body: parts(&scan.body), ..scan.as_ref().clone() };
                builder.scan(scan, args, node.span)
            }
            Kind::Input(_) | Kind::Result(_) => unreachable!("`rebuild` makes these"),
        }
    })
}

/// Places `start..stop` of an axis of a node: of what is cut, made of such parts of its operands.
fn part(emit: &mut Emit, cut: &BTreeSet<NodeId>, node: NodeId, axis: usize, [start, stop]: [usize; 2]) -> NodeId {
    let slice = Op::Slice { axis, start, stop, step: 1 };
    match op_of(emit, node) {
        Some((op, operands)) if cut.contains(&node) => {
            let operands: Vec<NodeId> =
                operands.into_iter().map(|operand| part(emit, cut, operand, axis, [start, stop])).collect();
            emit.op(op, &operands)
        }
        // What repeats along the axis repeats less often.
        Some((Op::Broadcast { mut shape, axes }, below)) if !axes.contains(&axis) => {
            shape[axis] = stop - start;
            emit.broadcast(below[0], &shape, &axes)
        }
        _ => emit.op(slice, &[node]),
    }
}

/// An axis, and the parts of it that are read, in order.
type Cut = (usize, Vec<[usize; 2]>);

/// By node: the parts in which it is read, if it is element-wise work of which the whole is not wanted.
fn cuts(graph: &Graph) -> Vec<Option<Cut>> {
    let users = graph.users();
    let given: BTreeSet<NodeId> = graph.outputs.iter().map(|output| output.1).collect();
    let mut cuts: Vec<Option<Cut>> = vec![None; graph.nodes.len()];
    for id in graph.ids().rev() {
        let works = matches!(&graph.node(id).kind, Kind::Op(op) if op.is_elementwise());
        if works && !given.contains(&id) {
            cuts[id.index()] = wanted(graph, &cuts, &users[id.index()]).filter(|cut| is_worth(graph, id, cut));
        }
    }
    cuts
}

/// What these users read of a node, if they are slices or only read in parts themselves.
fn wanted(graph: &Graph, cuts: &[Option<Cut>], users: &[NodeId]) -> Option<Cut> {
    let mut all: Option<Cut> = None;
    for &user in users {
        let (axis, parts) = match &graph.node(user).kind {
            Kind::Op(Op::Slice { axis, start, stop, step: 1 }) => (*axis, vec![[*start, *stop]]),
            _ => cuts[user.index()].clone()?,
        };
        let (known, sum) = all.get_or_insert((axis, vec![]));
        if *known != axis {
            return None;
        }
        sum.extend(parts);
    }
    let (axis, mut parts) = all?;
    parts.sort_unstable();
    parts.dedup();
    let apart = parts.windows(2).all(|pair| pair[0][1] <= pair[1][0]);
    apart.then_some((axis, parts))
}

fn is_worth(graph: &Graph, node: NodeId, (axis, parts): &Cut) -> bool {
    let behind: usize = graph.ty(node).shape[axis + 1..].iter().product();
    parts.iter().all(|[start, stop]| (stop - start) * behind >= TOGETHER)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::parse;
    use crate::opt::optimize;

    /// `tanh(x + y)` of two rows of `width` elements, and parts of it.
    fn ops(width: usize, parts: &[[usize; 2]], output: &str) -> Vec<&'static str> {
        let mut text = format!(
            "input \"x\": f32[2, {width}]\ninput \"y\": f32[{width}]\n\
             %0: f32[2, {width}] = input {{index: 0}}\n%1: f32[{width}] = input {{index: 1}}\n\
             %2: f32[2, {width}] = broadcast %1 {{shape: [2, {width}], axes: [1]}}\n\
             %3: f32[2, {width}] = add %0, %2\n%4: f32[2, {width}] = tanh %3\n"
        );
        for (index, [start, stop]) in parts.iter().enumerate() {
            let (at, size) = (5 + index, stop - start);
            text += &format!("%{at}: f32[2, {size}] = slice %4 {{axis: 1, start: {start}, stop: {stop}, step: 1}}\n");
        }
        for index in 0..parts.len() {
            text += &format!("output \"part\": %{}\n", 5 + index);
        }
        let graph = optimize(&parse(&(text + output)).unwrap_or_else(|error| panic!("{error}")));
        let name = |node: &crate::graph::Node| match &node.kind {
            Kind::Op(op) if op.is_elementwise() => Some(op.name()),
            _ => None,
        };
        graph.nodes.iter().filter_map(name).collect()
    }

    #[test]
    fn parts_that_do_not_meet_are_work_of_their_own() {
        assert_eq!(ops(256, &[[0, 128], [128, 256]], ""), ["add", "tanh", "add", "tanh"]);
        assert_eq!(ops(256, &[[64, 128]], ""), ["add", "tanh"]);
    }

    #[test]
    fn what_is_wanted_whole_or_twice_or_in_small_pieces_stays_whole() {
        assert_eq!(ops(256, &[[0, 128], [64, 256]], ""), ["add", "tanh"]);
        assert_eq!(ops(256, &[[0, 128], [128, 256]], "output \"whole\": %4\n"), ["add", "tanh"]);
        assert_eq!(ops(64, &[[0, 32], [32, 64]], ""), ["add", "tanh"]);
    }
}
