//! Checkpoints: what a node of one computed is not kept for the way back but computed again, from what came into the
//! checkpoint. The rules stay as they are; they only read the copies. A `Barrier` between what is kept and the copies tells
//! them from the originals, so that nobody takes the two for one.
//!
//! Chen et al., 2016 (arXiv 1604.06174).

use crate::graph::{Builder, Graph, Kind, Node, NodeId};
use crate::ops::Op;
use std::collections::BTreeMap;

/// The copies that one derivative has made.
#[derive(Debug, Default)]
pub(super) struct Again {
    /// By checkpoint: its nodes and their copies.
    copies: BTreeMap<u32, BTreeMap<NodeId, NodeId>>,
}

/// The nodes that a rule reads.
pub(super) struct Values {
    pub result: NodeId,
    pub operands: Vec<NodeId>,
}

impl Again {
    /// Where the rule of `node` finds its result and operands; `before` nodes were there before the derivative.
    pub fn values(&mut self, builder: &mut Builder, node: NodeId, before: usize) -> Values {
        let found = builder.graph().node(node);
        let operands = found.args.clone();
        match found.checkpoint {
            // A derivative inside of a checkpoint is a part of it.
            Some(checkpoint) if builder.checkpoint() != Some(checkpoint) => {
                let copies = self.copies.entry(checkpoint).or_insert_with(|| copies(builder, checkpoint, before));
                let copy = |node: &NodeId| copies.get(node).copied().unwrap_or(*node);
                Values { result: copy(&node), operands: operands.iter().map(copy).collect() }
            }
            _ => Values { result: node, operands },
        }
    }
}

/// Adds copies of all nodes of a checkpoint.
fn copies(builder: &mut Builder, checkpoint: u32, before: usize) -> BTreeMap<NodeId, NodeId> {
    let id = next_barrier(builder.graph());
    let mut copies = BTreeMap::new();
    for node in (0..before).map(NodeId::from) {
        let found = builder.graph().node(node).clone();
        if found.checkpoint == Some(checkpoint) && !is_source(&found) {
            let args: Vec<NodeId> = found.args.iter().map(|&arg| operand(builder, &copies, arg, id)).collect();
            copies.insert(node, builder.again(&found, &args));
        }
    }
    copies
}

/// What a copy reads: another copy, or what is kept behind a barrier.
fn operand(builder: &mut Builder, copies: &BTreeMap<NodeId, NodeId>, arg: NodeId, id: u64) -> NodeId {
    if let Some(&copy) = copies.get(&arg) {
        return copy;
    }
    match &builder.graph().node(arg).kind {
        Kind::Scan(_) => arg,
        _ if is_constant(builder.graph(), arg) => arg,
        _ => {
            let span = builder.graph().node(arg).span;
            builder.op(Op::Barrier { id }, &[arg], span)
        }
    }
}

fn is_source(node: &Node) -> bool {
    node.args.is_empty()
}

/// One number in all places: copies may be simplified as the originals are.
fn is_constant(graph: &Graph, node: NodeId) -> bool {
    match &graph.node(node).kind {
        Kind::Op(Op::Const(_)) => true,
        Kind::Op(Op::Broadcast { .. }) => is_constant(graph, graph.node(node).args[0]),
        _ => false,
    }
}

/// A number that no barrier of the graph has.
fn next_barrier(graph: &Graph) -> u64 {
    let ids = graph.nodes.iter().map(|node| match node.kind {
        Kind::Op(Op::Barrier { id }) => id + 1,
        _ => 0,
    });
    ids.max().unwrap_or(0)
}
