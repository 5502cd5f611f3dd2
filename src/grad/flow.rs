//! Along which nodes a derivative flows.

use crate::graph::{Graph, Kind, Node, NodeId};
use crate::ops::{Op, Unary};

/// For each node, whether it depends on one of `sources` in a way that has a derivative.
pub(super) fn depends(graph: &Graph, sources: &[NodeId]) -> Vec<bool> {
    let mut depends = vec![false; graph.nodes.len()];
    for &source in sources {
        depends[source.index()] = is_float(graph.node(source));
    }
    for id in graph.ids() {
        let node = graph.node(id);
        depends[id.index()] |= passes(node) && node.args.iter().any(|arg| depends[arg.index()]);
    }
    depends
}

/// For each node, whether one of `roots` depends on it in a way that has a derivative.
pub(super) fn reaches(graph: &Graph, roots: &[NodeId]) -> Vec<bool> {
    let mut reaches = vec![false; graph.nodes.len()];
    for &root in roots {
        reaches[root.index()] = is_float(graph.node(root));
    }
    for id in graph.ids().rev() {
        let node = graph.node(id);
        if reaches[id.index()] && passes(node) {
            for &arg in &node.args {
                let has_derivative = is_float(graph.node(arg)) || matches!(graph.node(arg).kind, Kind::Scan(_));
                reaches[arg.index()] |= has_derivative;
            }
        }
    }
    reaches
}

fn is_float(node: &Node) -> bool {
    matches!(node.tys.as_slice(), [ty] if ty.dtype.is_float())
}

/// Whether a derivative can flow from the node's result to an operand. What a loop does is seen when it is visited.
fn passes(node: &Node) -> bool {
    match &node.kind {
        Kind::Input(_) => false,
        Kind::Scan(_) => true,
        Kind::Op(Op::Unary(
            Unary::StopGradient | Unary::Floor | Unary::Ceil | Unary::Round | Unary::Sign | Unary::Not,
        )) => false,
        Kind::Op(_) | Kind::Result(_) => is_float(node),
    }
}
