//! Finds what a maximum over windows sends back, as in the derivative of max pooling: `unwindows` of the cotangent where
//! `argmax` of the windows is, and of zeros elsewhere. Such a node is given the windows and the cotangent as operands,
//! and becomes one step, `Action::Peaks`, that needs no memory for the windows.

use crate::graph::{Graph, Kind, NodeId};
use crate::ops::{Compare, Op};
use crate::types::{DType, Scalar};
use std::borrow::Cow;

/// The graph with two operands, `(windows, g)`, for each such `unwindows`.
pub fn find(graph: Cow<'_, Graph>) -> Cow<'_, Graph> {
    let found = |index: usize| peaks(&graph, NodeId::from(index)).map(|args| (index, args));
    let found: Vec<(usize, [NodeId; 2])> = (0..graph.nodes.len()).filter_map(found).collect();
    if found.is_empty() {
        return graph;
    }
    let mut graph = graph.into_owned();
    for (index, args) in found {
        graph.nodes[index].args = args.to_vec();
    }
    Cow::Owned(graph)
}

/// The op of a node, with its operands.
fn op(graph: &Graph, node: NodeId) -> Option<(&Op<usize>, &[NodeId])> {
    let node = &graph.nodes[node.index()];
    match &node.kind {
        Kind::Op(op) => Some((op, &node.args)),
        Kind::Input(_) | Kind::Scan(_) | Kind::Result(_) => None,
    }
}

/// The windows of `x` and `g`, if the node is `unwindows(where(iota == argmax(windows(x)), g, 0))` with the same windows.
fn peaks(graph: &Graph, node: NodeId) -> Option<[NodeId; 2]> {
    let Some((Op::Unwindows { axis, stride, dilation, .. }, &[chosen])) = op(graph, node) else { return None };
    let Some((Op::Select, &[is_greatest, g, zero])) = op(graph, chosen) else { return None };
    let Some((Op::Compare(Compare::Eq), &[place, greatest])) = op(graph, is_greatest) else { return None };
    let ty = &graph.nodes[chosen.index()].tys[0];
    let line = ty.shape.len() - 1;
    let kept: Vec<usize> = (0..line).collect();
    let (Op::Iota { .. }, _) = op(graph, spread(graph, place, &[line])?)? else { return None };
    let (Op::ArgMax { axis: along }, &[windows]) = op(graph, spread(graph, greatest, &kept)?)? else { return None };
    let (Op::Windows { axis: cut, stride: steps, dilation: apart, .. }, &[x]) = op(graph, windows)? else {
        return None;
    };
    let (Op::Const(Scalar::F32(0.0) | Scalar::F64(0.0)), _) = op(graph, spread(graph, zero, &[])?)? else {
        return None;
    };
    let same = *along == line && (axis, stride, dilation) == (cut, steps, apart);
    let whole = graph.nodes[x.index()].tys[0].shape == graph.nodes[node.index()].tys[0].shape;
    let float = matches!(ty.dtype, DType::F32 | DType::F64);
    (same && whole && float).then_some([windows, spread(graph, g, &kept)?])
}

/// What a `broadcast` puts at these axes.
fn spread(graph: &Graph, node: NodeId, at: &[usize]) -> Option<NodeId> {
    match op(graph, node) {
        Some((Op::Broadcast { axes, .. }, &[source])) if axes == at => Some(source),
        _ => None,
    }
}
