//! Drops what nothing needs: nodes, and of loops the results that nobody reads.
//!
//! A carry goes only if no other result depends on it: what a loop needs from its carries is found by going round
//! until nothing is added.

use crate::graph::{Builder, Graph, Kind, NodeId};
use crate::ops::Scan;

/// Without what no output needs.
pub fn dce(graph: &Graph) -> Graph {
    let graph = graph.pruned();
    let used = used_results(&graph);
    let mut builder = Builder::new();
    let inputs: Vec<NodeId> = graph.inputs.iter().map(|(name, ty)| builder.input(name, ty.clone())).collect();
    // Per node its results; those of a loop that are gone have none.
    let mut map: Vec<Vec<Option<NodeId>>> = Vec::with_capacity(graph.nodes.len());
    for (index, node) in graph.nodes.iter().enumerate() {
        let args = || node.args.iter().map(|arg| found(map[arg.index()][0])).collect::<Vec<_>>();
        let results = match &node.kind {
            Kind::Input(input) => vec![Some(inputs[*input])],
            Kind::Result(result) => vec![map[node.args[0].index()][*result]],
            Kind::Op(op) => vec![Some(builder.op(op.clone(), &args(), node.span))],
            Kind::Scan(scan) => {
                let kept = needed(scan, &used[index]);
                let (scan, args) = narrow(scan, &args(), &kept);
                let mut results = builder.scan(scan, &args, node.span).into_iter();
                kept.results.iter().map(|kept| kept.then(|| results.next()).flatten()).collect()
            }
        };
        map.push(results);
    }
    for (name, node) in &graph.outputs {
        builder.output(name, found(map[node.index()][0]));
    }
    builder.finish().pruned()
}

fn found(node: Option<NodeId>) -> NodeId {
    node.expect("a result that is read is kept")
}

/// By node: of a loop, which results are read.
fn used_results(graph: &Graph) -> Vec<Vec<bool>> {
    let mut used: Vec<Vec<bool>> = graph.nodes.iter().map(|node| vec![false; node.tys.len()]).collect();
    for node in &graph.nodes {
        if let Kind::Result(result) = node.kind {
            used[node.args[0].index()][result] = true;
        }
    }
    used
}

/// What stays of a loop.
struct Kept {
    /// By result: carries, then ys.
    results: Vec<bool>,
    /// By operand: carries, xs, constants.
    operands: Vec<bool>,
}

fn needed(scan: &Scan<usize, Graph>, used: &[bool]) -> Kept {
    let body = &scan.body;
    let inputs = body.input_nodes();
    let mut results = used.to_vec();
    if let (true, Some(when)) = (scan.ends(), scan.when) {
        results[when] = true;
    }
    loop {
        let roots = body.outputs.iter().zip(&results).filter(|(_, kept)| **kept).map(|(output, _)| output.1);
        let live = body.needed_by(roots);
        // Input 0 is the iteration.
        let operand =
            |index: usize| scan.when == Some(index) || inputs[index + 1].is_some_and(|node| live[node.index()]);
        let operands: Vec<bool> = (0..inputs.len() - 1).map(operand).collect();
        let more = (0..scan.carries).any(|carry| operands[carry] && !results[carry]);
        for carry in 0..scan.carries {
            results[carry] |= operands[carry];
        }
        if !more {
            let carried = results[..scan.carries].iter().copied();
            let operands = carried.chain(operands[scan.carries..].iter().copied()).collect();
            return Kept { results, operands };
        }
    }
}

/// The loop with what is kept.
fn narrow(scan: &Scan<usize, Graph>, args: &[NodeId], kept: &Kept) -> (Scan<usize, Graph>, Vec<NodeId>) {
    let mut body = scan.body.clone();
    let mut keep = kept.results.iter();
    body.outputs.retain(|_| keep.next() == Some(&true));
    let inputs: Vec<bool> = [true].into_iter().chain(kept.operands.iter().copied()).collect();
    // A carry that is only handed through still has its input.
    let body = dce(&body).with_inputs(&inputs);
    let count = |range: std::ops::Range<usize>| kept.operands[range].iter().filter(|kept| **kept).count();
    let xs = count(scan.carries..scan.carries + scan.xs);
    let when = scan.when.map(|when| count(0..when));
    let scan = Scan { carries: count(0..scan.carries), xs, when, body, ..scan.clone() };
    let args = args.iter().zip(&kept.operands).filter(|(_, kept)| **kept).map(|(arg, _)| *arg);
    (scan, args.collect())
}
