//! Carries that are sums: `c' = c + part`, where nobody else reads `c`.

use super::conv::joined;
use super::lane::{Lane, Lanes};
use crate::base::Span;
use crate::graph::{Builder, Graph, Kind, NodeId};
use crate::ops::{Binary, Conv, ConvMode, Op, Reduce, Scan, Unary};

type Loop = Scan<usize, Graph>;

/// The carries that are sums.
pub fn sums(scan: &Loop) -> Vec<usize> {
    (0..scan.carries).filter(|&carry| part(scan, carry).is_some()).collect()
}

/// What is added to a carry in each iteration, if that is all that happens to it.
pub fn part(scan: &Loop, carry: usize) -> Option<NodeId> {
    let body = &scan.body;
    let input = body.input_nodes()[carry + 1]?;
    let next = body.outputs[carry].1;
    let Kind::Op(Op::Binary(Binary::Add)) = body.node(next).kind else { return None };
    let part = match body.node(next).args[..] {
        [sum, part] if sum == input && part != input => part,
        [part, sum] if sum == input && part != input => part,
        _ => return None,
    };
    let reads = |node: NodeId| body.nodes.iter().filter(|user| user.args.contains(&node)).count();
    let given = |node: NodeId| body.outputs.iter().filter(|output| output.1 == node).count();
    (reads(input) == 1 && given(input) == 0 && reads(next) == 0 && given(next) == 1).then_some(part)
}

/// The sum over all iterations of a node of the body, of which `values` are known.
pub fn summed(lanes: &mut Lanes, body: &Graph, values: &[Vec<Lane>], node: NodeId) -> NodeId {
    let found = body.node(node);
    let args: Vec<Lane> = found.args.iter().map(|arg| values[arg.index()][0]).collect();
    match (&found.kind, &args[..]) {
        (Kind::Op(op), [Lane::Each(_)]) if passes(op) => {
            let sum = summed(lanes, body, values, found.args[0]);
            lanes.emit().op(op.clone(), &[sum])
        }
        (Kind::Op(Op::Dot { batch, contract }), &[Lane::Each(l), Lane::Each(r)]) => {
            product(lanes, batch, contract, [l, r])
        }
        (Kind::Op(Op::Conv(conv @ Conv { mode: ConvMode::Weight, .. })), &[Lane::Each(x), Lane::Each(y)]) => {
            let (x, y) = (joined(lanes, x), joined(lanes, y));
            lanes.emit().op(Op::Conv(conv.clone()), &[x, y])
        }
        _ => {
            let all = lanes.each(values[node.index()][0]);
            lanes.emit().op(Op::Reduce { kind: Reduce::Sum, axes: vec![0] }, &[all])
        }
    }
}

/// Ops of which the sum may be taken first.
fn passes(op: &Op<usize>) -> bool {
    matches!(op, Op::Transpose { .. } | Op::Reshape { .. } | Op::Unary(Unary::Neg))
}

/// The sum of products: one that is summed over the iterations too.
fn product(lanes: &mut Lanes, batch: &[(usize, usize)], contract: &[(usize, usize)], args: [NodeId; 2]) -> NodeId {
    let shifted = |pairs: &[(usize, usize)]| pairs.iter().map(|(l, r)| (l + 1, r + 1)).collect::<Vec<_>>();
    let contract = [vec![(0, 0)], shifted(contract)].concat();
    lanes.emit().op(Op::Dot { batch: shifted(batch), contract }, &args)
}

/// A loop that has to run, with the sums of products taken behind it.
pub fn behind(builder: &mut Builder, scan: Loop, args: &[NodeId], sums: &[usize], span: Span) -> Vec<NodeId> {
    let moved: Vec<(usize, NodeId)> =
        sums.iter().filter_map(|&carry| Some((carry, factors_of(&scan, part(&scan, carry)?)?))).collect();
    if moved.is_empty() {
        return builder.scan(scan, args, span);
    }
    let mut left = scan.clone();
    let mut stacked = vec![];
    for &(_, product) in &moved {
        let factors = scan.body.node(product).args.clone();
        stacked.extend(factors.into_iter().map(|factor| stack(&mut left, factor, scan.body.outputs.len())));
    }
    let gone = |carry: usize| moved.iter().any(|(moved, _)| *moved == carry);
    let left = without(left, &gone);
    let operands: Vec<NodeId> = (0..args.len()).filter(|&i| !gone(i)).map(|i| args[i]).collect();
    let results = builder.scan(left, &operands, span);
    let mut results = results.into_iter();
    let mut out: Vec<Option<NodeId>> =
        (0..scan.body.outputs.len()).map(|i| if gone(i) { None } else { results.next() }).collect();
    let ys: Vec<NodeId> = results.collect();
    let value = |stacked: &Stacked| match stacked {
        Stacked::Operand(operand) => args[*operand],
        Stacked::Result(result) => ys[*result],
    };
    for (&(carry, node), factors) in moved.iter().zip(stacked.chunks(2)) {
        let mut lanes = Lanes { builder, n: scan.n, span, active: None };
        let Kind::Op(Op::Dot { batch, contract }) = &scan.body.node(node).kind else { continue };
        let sum = product(&mut lanes, batch, contract, [value(&factors[0]), value(&factors[1])]);
        let Some(part) = part(&scan, carry) else { continue };
        let sum = moved_as(&mut lanes, &scan.body, part, sum);
        out[carry] = Some(lanes.emit().add(args[carry], sum));
    }
    out.into_iter().flatten().collect()
}

/// The product that a part is, seen through what the sum may be taken before.
fn factors_of(scan: &Loop, part: NodeId) -> Option<NodeId> {
    let node = scan.body.node(part);
    match &node.kind {
        Kind::Op(Op::Dot { .. }) => Some(part),
        Kind::Op(op) if passes(op) => factors_of(scan, node.args[0]),
        _ => None,
    }
}

/// What the part does with its product, done with the sum.
fn moved_as(lanes: &mut Lanes, body: &Graph, part: NodeId, sum: NodeId) -> NodeId {
    match &body.node(part).kind {
        Kind::Op(op) if passes(op) => {
            let under = moved_as(lanes, body, body.node(part).args[0], sum);
            lanes.emit().op(op.clone(), &[under])
        }
        _ => sum,
    }
}

/// Where the values of all iterations are.
enum Stacked {
    /// What the loop runs over.
    Operand(usize),
    /// A new result, counted behind the old ones.
    Result(usize),
}

/// Makes the loop give a value of its body; it had `results` before.
fn stack(scan: &mut Loop, value: NodeId, results: usize) -> Stacked {
    if let Kind::Input(input) = scan.body.node(value).kind
        && (scan.carries + 1..=scan.carries + scan.xs).contains(&input)
    {
        return Stacked::Operand(input - 1);
    }
    scan.body.outputs.push(("factor".into(), value));
    Stacked::Result(scan.body.outputs.len() - 1 - results)
}

/// Without these carries. Their inputs have one reader, the sum that goes with them.
fn without(scan: Loop, gone: &dyn Fn(usize) -> bool) -> Loop {
    let keep: Vec<bool> = std::iter::once(true).chain((0..scan.body.inputs.len() - 1).map(|i| !gone(i))).collect();
    let mut body = scan.body.clone();
    let mut place = 0..;
    body.outputs.retain(|_| !place.next().is_some_and(gone));
    let body = body.pruned().with_inputs(&keep);
    let carries = (0..scan.carries).filter(|&carry| !gone(carry)).count();
    Scan { carries, body, ..scan }
}
