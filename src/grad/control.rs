//! The rule of a loop.
//!
//! `c[t+1], y[t] = f(t, c[t], x[t], k)` goes back as another loop, in the other direction, over the cotangents
//! (written with a bar) of all four:
//!
//! ```text
//! (C, X, K) = vjp of f at (t, c[t], x[t], k), given (c_[t+1], y_[t])
//! c_[t] = C,   x_[t] = X,   k_ = k_ + K
//! ```
//!
//! An iteration that did not run left its carries as they were and gave nothing: its way back does not run either, and
//! leaves the cotangents as they are. The condition of the way back is the stacked condition of the way there.
//!
//! So the forward loop also stacks the carries that come into each iteration, and the backward loop computes the body
//! again from them, but for products: those that depend on a carry are stacked too, outside of checkpoints. It is a loop
//! like any other: its derivative is taken by the same rule.

use super::{flow, vjp};
use crate::base::Span;
use crate::graph::{Builder, Emit, Graph, Kind, NodeId, Type};
use crate::ops::{Op, Scan};

type Loop = Scan<usize, Graph>;

/// The cotangents of a loop's operands. `cotangents` are those of its results, as far as there are any.
pub(super) fn scan(
    emit: Emit,
    node: NodeId,
    scan: &Loop,
    args: &[NodeId],
    wants: &[bool],
    cotangents: &[Option<NodeId>],
) -> Vec<(usize, NodeId)> {
    let mut cotangents = cotangents.to_vec();
    cotangents.resize(scan.body.outputs.len(), None);
    let mut plan = Plan::new(scan, wants, &cotangents);
    let body = backward_body(scan, &mut plan, emit.span);
    backward_loop(emit, node, scan, args, &cotangents, &plan, body)
}

/// What of the loop has a cotangent that someone asks for.
struct Plan {
    /// Carries, which are the results of the same number too.
    carries: Vec<usize>,
    /// Results behind the carries that have a cotangent.
    ys: Vec<usize>,
    /// Operands that are run over.
    xs: Vec<usize>,
    /// Operands that every iteration sees whole.
    consts: Vec<usize>,
    /// Nodes of the body that the forward loop stacks.
    products: Vec<NodeId>,
}

impl Plan {
    fn new(scan: &Loop, wants: &[bool], cotangents: &[Option<NodeId>]) -> Plan {
        let active = active_operands(scan, wants);
        let (reached, results) = reached(scan, cotangents);
        let asked = |range: std::ops::Range<usize>| range.filter(|&i| wants[i] && reached[i]).collect();
        let consts = scan.carries + scan.xs;
        Plan {
            carries: (0..scan.carries).filter(|&c| active[c] && results[c]).collect(),
            ys: (scan.carries..cotangents.len()).filter(|&y| cotangents[y].is_some()).collect(),
            xs: asked(scan.carries..consts),
            consts: asked(consts..wants.len()),
            products: products(scan),
        }
    }
}

/// Multiplications for each number of a product from which on it is kept.
const WORK: usize = 16;

/// Products that depend on a carry. Others move out of both loops, and are shared.
fn products(scan: &Loop) -> Vec<NodeId> {
    let body = &scan.body;
    let inputs = body.input_nodes();
    let carries: Vec<NodeId> = inputs[1..=scan.carries].iter().filter_map(|&input| input).collect();
    let depends = flow::depends(body, &carries);
    let works = |node: NodeId| match &body.node(node).kind {
        Kind::Op(Op::Dot { contract, .. }) => {
            let shape = &body.ty(body.node(node).args[0]).shape;
            contract.iter().map(|&(axis, _)| shape[axis]).product::<usize>() >= WORK
        }
        Kind::Op(Op::Conv(_)) => true,
        _ => false,
    };
    body.ids().filter(|&node| depends[node.index()] && body.node(node).checkpoint.is_none() && works(node)).collect()
}

/// For each operand, whether the body's input for it depends on what is asked for, in some iteration.
fn active_operands(scan: &Loop, wants: &[bool]) -> Vec<bool> {
    let inputs = scan.body.input_nodes();
    let mut active = wants.to_vec();
    loop {
        let operands = (0..active.len()).filter(|&i| active[i]);
        let sources: Vec<NodeId> = operands.filter_map(|i| inputs[i + 1]).collect();
        let depends = flow::depends(&scan.body, &sources);
        let next = |c: &usize| !active[*c] && depends[scan.body.outputs[*c].1.index()];
        match (0..scan.carries).find(next) {
            Some(carry) => active[carry] = true,
            None => return active,
        }
    }
}

/// For each operand and for each result, whether something that has a cotangent depends on it, in some iteration.
fn reached(scan: &Loop, cotangents: &[Option<NodeId>]) -> (Vec<bool>, Vec<bool>) {
    let inputs = scan.body.input_nodes();
    let mut results: Vec<bool> = cotangents.iter().map(Option::is_some).collect();
    loop {
        let roots = scan.body.outputs.iter().zip(&results).filter(|(_, reached)| **reached);
        let roots: Vec<NodeId> = roots.map(|(output, _)| output.1).collect();
        let reaches = flow::reaches(&scan.body, &roots);
        let operand = |input: &Option<NodeId>| input.is_some_and(|node| reaches[node.index()]);
        let operands: Vec<bool> = inputs[1..].iter().map(operand).collect();
        match (0..scan.carries).find(|&c| operands[c] && !results[c]) {
            Some(carry) => results[carry] = true,
            None => return (operands, results),
        }
    }
}

/// The backward loop's body and what it is to be given.
struct Backward {
    body: Graph,
    /// The operands of the forward loop whose cotangents the body gives for each iteration.
    xs: Vec<usize>,
    /// For each operand of the forward loop, whether the body needs its value.
    reads: Vec<bool>,
}

/// The body: its carries are the cotangents of the carries and the sums for the constants; it runs over the cotangents
/// of the ys, the products, the carries that came in, and what the forward loop runs over. Leaves in the plan the products
/// that are read.
fn backward_body(scan: &Loop, plan: &mut Plan, span: Span) -> Backward {
    let forward = &scan.body;
    let mut builder = Builder::new();
    let mut input =
        |name: &str, (of, ty): &(crate::base::Name, Type)| builder.input(&format!("{name}{of}"), ty.clone());
    let iteration = input("", &forward.inputs[0]);
    let carries: Vec<NodeId> = plan.carries.iter().map(|c| input("d ", &forward.inputs[c + 1])).collect();
    let sums: Vec<NodeId> = plan.consts.iter().map(|k| input("sum d ", &forward.inputs[k + 1])).collect();
    let output = |y: &usize| (forward.outputs[*y].0.clone(), forward.ty(forward.outputs[*y].1).clone());
    let ys: Vec<NodeId> = plan.ys.iter().map(|y| input("d ", &output(y))).collect();
    let kept = |node: &NodeId| ("product".into(), forward.ty(*node).clone());
    let products: Vec<NodeId> = plan.products.iter().map(|node| input("", &kept(node))).collect();
    let values: Vec<NodeId> = forward.inputs[1..].iter().map(|value| input("", value)).collect();

    let nodes = builder.import_nodes(forward, &[&[iteration], &values[..]].concat());
    let results = plan.carries.iter().chain(&plan.ys);
    let roots: Vec<_> =
        results.map(|&r| nodes[forward.outputs[r].1.index()]).zip(carries.iter().chain(&ys).copied()).collect();
    let operands = plan.carries.iter().chain(&plan.consts).chain(&plan.xs);
    let wrt: Vec<NodeId> = operands.map(|&i| values[i]).collect();
    let mut found = vjp(&mut builder, &roots, &wrt).into_iter();

    let mut emit = Emit::new(&mut builder, span);
    for &carry in &carries {
        let next = found.next().flatten().unwrap_or_else(|| emit.full_like(0.0, carry));
        emit.builder.output("d", next);
    }
    for &sum in &sums {
        let next = found.next().flatten().map_or(sum, |part| emit.add(sum, part));
        emit.builder.output("sum d", next);
    }
    let mut xs = vec![];
    for (&operand, part) in plan.xs.iter().zip(found) {
        if let Some(part) = part {
            emit.builder.output("d", part);
            xs.push(operand);
        }
    }
    let known: Vec<_> = plan.products.iter().map(|node| nodes[node.index()]).zip(products).collect();
    let body = with_known(builder.finish(), &known).pruned();
    let first = body.inputs.len() - values.len();
    let inputs = body.input_nodes();
    let mut read = inputs[first - known.len()..first].iter().map(Option::is_some);
    plan.products.retain(|_| read.next() == Some(true));
    without_unread(body, xs, first, first - known.len(), scan.when)
}

/// With an input in the place of each node that is known.
fn with_known(mut body: Graph, known: &[(NodeId, NodeId)]) -> Graph {
    let outputs = body.outputs.iter_mut().map(|output| &mut output.1);
    for arg in body.nodes.iter_mut().flat_map(|node| &mut node.args).chain(outputs) {
        if let Some((_, input)) = known.iter().find(|(node, _)| node == arg) {
            *arg = *input;
        }
    }
    body
}

/// Drops the products and values that the body does not read, but for the condition. They are its last inputs: products from
/// `products` on, values from `first` on.
fn without_unread(body: Graph, xs: Vec<usize>, first: usize, products: usize, when: Option<usize>) -> Backward {
    let mut keep = vec![true; body.inputs.len()];
    for (input, node) in body.input_nodes().iter().enumerate().skip(products) {
        keep[input] = node.is_some() || when.is_some_and(|when| input == first + when);
    }
    let reads = keep[first..].to_vec();
    Backward { body: body.with_inputs(&keep), xs, reads }
}

/// Adds the backward loop; returns the operands of the forward loop and their cotangents.
fn backward_loop(
    emit: Emit,
    node: NodeId,
    scan: &Loop,
    args: &[NodeId],
    cotangents: &[Option<NodeId>],
    plan: &Plan,
    backward: Backward,
) -> Vec<(usize, NodeId)> {
    let Emit { builder, span } = emit;
    let read = |range: std::ops::Range<usize>| range.filter(|&i| backward.reads[i]);
    let products = builder.stack(node, &plan.products);
    let saved: Vec<usize> = read(0..scan.carries).collect();
    let saved = builder.stack_inputs(node, &saved);

    let mut operands = vec![];
    for &c in &plan.carries {
        operands.push(cotangents[c].unwrap_or_else(|| Emit::new(builder, span).full_like(0.0, args[c])));
    }
    for &k in &plan.consts {
        operands.push(Emit::new(builder, span).full_like(0.0, args[k]));
    }
    let carries = operands.len();
    operands.extend(plan.ys.iter().filter_map(|&y| cotangents[y]));
    operands.extend(products);
    operands.extend(saved);
    operands.extend(read(scan.carries..scan.carries + scan.xs).map(|i| args[i]));
    let xs = operands.len() - carries;
    operands.extend(read(scan.carries + scan.xs..args.len()).map(|i| args[i]));

    // Behind the cotangents and products stand the values that are read, in the order of the forward loop's operands.
    let first = carries + plan.ys.iter().filter(|&&y| cotangents[y].is_some()).count() + plan.products.len();
    let when = scan.when.map(|when| first + read(0..when).count());
    let back = Scan { n: scan.n, reverse: !scan.reverse, carries, xs, when, body: backward.body };
    let results = builder.scan(back, &operands, span);
    let of = plan.carries.iter().chain(&plan.consts).chain(&backward.xs);
    of.copied().zip(results).collect()
}
