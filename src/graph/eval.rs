//! What a graph means: every node by the reference evaluator, in order.

mod scan;
mod trace;

pub use trace::{Nonfinite, Overflow, trace_first_nonfinite};

use super::{Graph, Kind, Node, NodeId};
use crate::base::Span;
use crate::ops::{self, Tensor};

/// A fault of one node. Inside a loop it is the loop's node that is named, and the span of the node in its body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    pub node: NodeId,
    pub span: Span,
    pub fault: ops::Fault,
}

impl std::fmt::Display for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.node, self.fault)
    }
}

impl std::error::Error for Fault {}

/// The values of the outputs.
pub fn eval(graph: &Graph, inputs: &[Tensor]) -> Result<Vec<Tensor>, Fault> {
    let values = eval_all(graph, inputs)?;
    Ok(graph.outputs.iter().map(|(_, node)| values[node.index()][0].clone()).collect())
}

/// The values of every node: one, or for a `Scan` one per result.
pub fn eval_all(graph: &Graph, inputs: &[Tensor]) -> Result<Vec<Vec<Tensor>>, Fault> {
    let mut values: Vec<Vec<Tensor>> = Vec::with_capacity(graph.nodes.len());
    for id in graph.ids() {
        let value = node(graph.node(id), inputs, &values).map_err(|fault| Fault { node: id, ..fault })?;
        values.push(value);
    }
    Ok(values)
}

fn node(node: &Node, inputs: &[Tensor], values: &[Vec<Tensor>]) -> Result<Vec<Tensor>, Fault> {
    let args = || node.args.iter().map(|arg| &values[arg.index()][0]);
    match &node.kind {
        Kind::Input(index) => Ok(vec![inputs[*index].clone()]),
        Kind::Result(index) => Ok(vec![values[node.args[0].index()][*index].clone()]),
        Kind::Op(op) => {
            let at_node = |fault| Fault { node: NodeId(0), span: node.span, fault };
            ops::eval(op, &args().collect::<Vec<_>>()).map(|value| vec![value]).map_err(at_node)
        }
        Kind::Scan(scan) => scan::run(scan, &args().collect::<Vec<_>>(), |_, inputs| eval(&scan.body, inputs)),
    }
}
