//! Which nodes own a buffer, and which only look at another node's.

use super::view::View;
use crate::graph::{Graph, Kind, NodeId};
use crate::ops::{Op, Unary};

/// A node's value: a view of the buffer that `root` owns.
#[derive(Clone, Debug)]
pub struct Alias {
    pub root: NodeId,
    pub view: View,
}

/// One alias per node. A movement op that its operand's strides cannot say owns its buffer and is a copy.
pub fn aliases(graph: &Graph) -> Vec<Alias> {
    let mut aliases: Vec<Alias> = Vec::with_capacity(graph.nodes.len());
    for (index, node) in graph.nodes.iter().enumerate() {
        let seen = match &node.kind {
            Kind::Op(Op::Unary(Unary::StopGradient)) => Some(aliases[node.args[0].index()].clone()),
            Kind::Op(op) if op.is_view() => {
                let arg = &aliases[node.args[0].index()];
                arg.view.apply(op).map(|view| Alias { root: arg.root, view })
            }
            Kind::Op(_) | Kind::Input(_) | Kind::Scan(_) | Kind::Result(_) => None,
        };
        let own = || Alias { root: NodeId::from(index), view: View::dense(&node.tys[0].shape) };
        aliases.push(seen.unwrap_or_else(own));
    }
    aliases
}
