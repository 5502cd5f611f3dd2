//! Runs the iterations of a loop at once, where none waits for another one.
//!
//! A loop that carries nothing is its body on whole tensors: each value gets the iterations as a new first axis, by one rule
//! for each op (`rules`), and what is the same in all iterations is computed once. `vmap` is such a loop. An op
//! without a rule (a draw of random numbers, whose key is another one each time) stays in a loop of its own, so results
//! do not change. Loops in the body are loops over whole batches; one with a condition runs while that holds for any of them
//! (`nested`). A loop whose own iterations may be left out stays as it is.
//!
//! A carry that is only added to, `c' = c + part`, is the sum of its parts behind the loop; the way back of a loop is full
//! of them. If a part is a product, the sum is one product over the iterations too. So of a loop that has to run, as
//! that of a recurrent layer, the products for the weights leave the way back. Sums are taken in another order here.

mod accumulate;
mod conv;
mod guard;
mod indexed;
mod lane;
mod nested;
mod rules;

use super::rewrite::rebuild;
use crate::graph::{Builder, Graph, Kind, Node, NodeId};
use crate::ops::Scan;
use lane::{Lane, Lanes};

/// All iterations at once need the values of all of them. Bytes beyond which a loop is kept.
const LIMIT: usize = 512 << 20;

/// Batches loops, the inner ones first.
pub fn batch(graph: &Graph) -> Graph {
    rebuild(graph, |builder, node, args| match &node.kind {
        Kind::Op(op) => vec![builder.op(op.clone(), args, node.span)],
        Kind::Scan(scan) => run(builder, Scan { body: batch(&scan.body), ..scan.as_ref().clone() }, args, node),
        Kind::Input(_) | Kind::Result(_) => unreachable!("`rebuild` makes these"),
    })
}

/// The results of a loop, batched as far as it can be.
fn run(builder: &mut Builder, scan: Scan<usize, Graph>, args: &[NodeId], node: &Node) -> Vec<NodeId> {
    if scan.n == 0 || scan.when.is_some() {
        return builder.scan(scan, args, node.span);
    }
    let sums = accumulate::sums(&scan);
    if sums.len() == scan.carries && size(&scan) <= LIMIT {
        return at_once(builder, &scan, args, node);
    }
    accumulate::behind(builder, scan, args, &sums, node.span)
}

/// Runs a loop whose carries are sums.
fn at_once(builder: &mut Builder, scan: &Scan<usize, Graph>, args: &[NodeId], node: &Node) -> Vec<NodeId> {
    let mut lanes = Lanes { builder, n: scan.n, span: node.span, active: None };
    let iteration = lanes.count();
    let mut inputs = vec![iteration];
    let behind = scan.carries + scan.xs;
    inputs.extend(args.iter().enumerate().map(|(operand, &arg)| match operand {
        _ if (scan.carries..behind).contains(&operand) => Lane::Each(arg),
        _ => Lane::Same(arg),
    }));
    let values = body(&mut lanes, &scan.body, &inputs);
    let mut results = vec![];
    for (carry, &first) in args[..scan.carries].iter().enumerate() {
        let Some(part) = accumulate::part(scan, carry) else { unreachable!("every carry is a sum") };
        let sum = accumulate::summed(&mut lanes, &scan.body, &values, part);
        results.push(lanes.emit().add(first, sum));
    }
    for (_, output) in &scan.body.outputs[scan.carries..] {
        let lane = values[output.index()][0];
        results.push(lanes.each(lane));
    }
    results
}

/// What every node of a body is in all iterations; a loop has several results.
fn body(lanes: &mut Lanes, body: &Graph, inputs: &[Lane]) -> Vec<Vec<Lane>> {
    let mut values: Vec<Vec<Lane>> = Vec::with_capacity(body.nodes.len());
    for node in &body.nodes {
        lanes.span = node.span;
        let args = || node.args.iter().map(|arg| values[arg.index()][0]).collect::<Vec<_>>();
        let value = match &node.kind {
            Kind::Input(index) => vec![inputs[*index]],
            Kind::Result(index) => vec![values[node.args[0].index()][*index]],
            Kind::Op(op) => vec![rules::apply(lanes, op, &args())],
            Kind::Scan(scan) => nested::scan(lanes, scan, &args()),
        };
        values.push(value);
    }
    values
}

/// The bytes of what all iterations compute in memory of its own.
fn size(scan: &Scan<usize, Graph>) -> usize {
    let nodes = scan.body.nodes.iter().filter(|node| match &node.kind {
        Kind::Op(op) => !op.is_elementwise() && !super::hoist::is_cheap(op),
        Kind::Scan(_) => true,
        Kind::Input(_) | Kind::Result(_) => false,
    });
    let bytes: usize = nodes.flat_map(|node| &node.tys).map(|ty| ty.bytes()).sum();
    bytes.saturating_mul(scan.n)
}
