//! Rebuilds a graph node by node, with a rule that may put something else in a node's place.

use crate::graph::{Builder, Emit, Graph, Kind, Node, NodeId};
use crate::ops::{Op, Scan};
use crate::types::Scalar;

/// What a rule sees: the op and its operands in the new graph. It may add nodes; `None` keeps the node.
pub type Rule = fn(&mut Emit, &Op<usize>, &[NodeId]) -> Option<NodeId>;

/// The graph with the first of `rules` that applies to each op, and the same within the bodies of its loops. Nodes that
/// nothing needs any more are gone.
pub fn rewrite(graph: &Graph, rules: &[Rule]) -> Graph {
    rebuild(graph, |builder, node, args| match &node.kind {
        Kind::Scan(scan) => {
            let scan = Scan { body: rewrite(&scan.body, rules), ..scan.as_ref().clone() };
            builder.scan(scan, args, node.span)
        }
        Kind::Op(op) => vec![apply(builder, rules, node, op, args)],
        Kind::Input(_) | Kind::Result(_) => unreachable!("`rebuild` makes these"),
    })
}

/// The graph made anew: `make` puts an op or a loop with its operands into the new graph, and gives its results there.
/// Nodes that nothing needs any more are gone.
pub fn rebuild(graph: &Graph, mut make: impl FnMut(&mut Builder, &Node, &[NodeId]) -> Vec<NodeId>) -> Graph {
    let mut builder = Builder::new();
    let inputs: Vec<NodeId> = graph.inputs.iter().map(|(name, ty)| builder.input(name, ty.clone())).collect();
    let mut map: Vec<Vec<NodeId>> = Vec::with_capacity(graph.nodes.len());
    for node in &graph.nodes {
        let results = match &node.kind {
            Kind::Input(index) => vec![inputs[*index]],
            Kind::Result(index) => vec![map[node.args[0].index()][*index]],
            Kind::Op(_) | Kind::Scan(_) => {
                let args: Vec<NodeId> = node.args.iter().map(|arg| map[arg.index()][0]).collect();
                make(&mut builder, node, &args)
            }
        };
        map.push(results);
    }
    for (name, node) in &graph.outputs {
        builder.output(name, map[node.index()][0]);
    }
    builder.finish().pruned()
}

fn apply(builder: &mut Builder, rules: &[Rule], node: &Node, op: &Op<usize>, args: &[NodeId]) -> NodeId {
    let mut emit = Emit::new(builder, node.span);
    let found = rules.iter().find_map(|rule| rule(&mut emit, op, args));
    found.unwrap_or_else(|| emit.op(op.clone(), args))
}

/// The op of a node, if it has one.
pub fn op_of(emit: &Emit, node: NodeId) -> Option<(Op<usize>, Vec<NodeId>)> {
    match &emit.builder.graph().node(node).kind {
        Kind::Op(op) => Some((op.clone(), emit.builder.graph().node(node).args.clone())),
        Kind::Input(_) | Kind::Scan(_) | Kind::Result(_) => None,
    }
}

/// The value of a node that has one in all places.
pub fn splat(emit: &Emit, node: NodeId) -> Option<Scalar> {
    let graph = emit.builder.graph();
    match &graph.node(node).kind {
        Kind::Op(Op::Const(value)) => Some(*value),
        Kind::Op(Op::Broadcast { .. }) => splat(emit, graph.node(node).args[0]),
        _ => None,
    }
}

/// Whether a node has this number in all places; a negative zero is no zero.
pub fn is_splat(emit: &Emit, node: NodeId, number: f64) -> bool {
    splat(emit, node).is_some_and(|value| value == Scalar::from_f64(number, value.dtype()))
}
