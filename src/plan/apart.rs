//! Why neighbours run as steps of their own: what was computed goes through memory, where one pass might have done.

use super::alias::{Alias, aliases};
use super::group::{Grouping, grouped, users};
use super::rows::{Misfit, misfit};
use super::{peak, widen};
use crate::base::Span;
use crate::graph::{Graph, Kind, NodeId};
use crate::ops::Op;

/// A value that one step writes and another reads.
#[derive(Clone, Debug, PartialEq)]
pub struct Apart {
    /// Who writes it, and who reads it.
    pub from: (Span, &'static str),
    pub to: (Span, &'static str),
    /// Bytes that are read in one run, over all iterations of the loops around.
    pub bytes: u64,
    pub why: Why,
}

/// What keeps two steps apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Why {
    /// One of them is a product or a convolution.
    Product,
    /// One is a loop, or inside of it.
    Loop,
    /// A reduction whose axes are not the last ones, or do not lie together.
    Leading,
    /// A reduction, or a row's value, whose rows are of a size that is not fused.
    Rows(usize),
    /// The reader wants the elements in another order, or some of them, or some several times.
    Order,
    /// The two have domains of different sizes or rows.
    Domains,
    /// Together they have more values than the cache.
    Many,
    /// Something else has to run between them.
    Between,
}

impl std::fmt::Display for Why {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Why::Product => f.write_str("products are steps of their own"),
            Why::Loop => f.write_str("it goes into a loop, or comes out of it"),
            Why::Leading => f.write_str("the sum is not over the last axes"),
            Why::Rows(row) => write!(f, "rows of {row} elements are too long, or too few"),
            Why::Order => f.write_str("read in another order, in part, or repeated"),
            Why::Domains => f.write_str("other shapes or rows"),
            Why::Many => f.write_str("too many values for one step"),
            Why::Between => f.write_str("something else has to run between them"),
        }
    }
}

/// All pairs of element-wise work, reductions, products and loops that stay apart, in the order of the graph.
pub fn apart(graph: &Graph) -> Vec<Apart> {
    let mut found = vec![];
    collect(graph, 1, &mut found);
    found
}

fn collect(graph: &Graph, times: u64, found: &mut Vec<Apart>) {
    let graph = &*peak::find(widen::widen(graph));
    let (aliases, live) = (aliases(graph), graph.live());
    let users = users(graph, &aliases, &live);
    let grouping = grouped(graph, &aliases, &users);
    for (index, readers) in users.iter().enumerate() {
        let node = NodeId::from(index);
        for &reader in readers.iter().filter(|_| live[index]) {
            let Some(why) = why(graph, &aliases, &grouping, node, reader) else { continue };
            let seen = |arg: &NodeId| aliases[arg.index()].root == node;
            let args = &graph.nodes[reader.index()].args;
            let count = args.iter().find(|arg| seen(arg)).map_or(0, |arg| aliases[arg.index()].view.count());
            let width = graph.nodes[index].tys[0].dtype.bytes();
            let side = |node: NodeId| (graph.nodes[node.index()].span, name(graph, node));
            found.push(Apart { from: side(node), to: side(reader), bytes: times * (count * width) as u64, why });
        }
        if let (Kind::Scan(scan), true) = (&graph.nodes[index].kind, live[index]) {
            collect(&scan.body, times * scan.n as u64, found);
        }
    }
}

fn name(graph: &Graph, node: NodeId) -> &'static str {
    match &graph.nodes[node.index()].kind {
        Kind::Op(op) => op.name(),
        Kind::Scan(_) | Kind::Result(_) => "loop",
        Kind::Input(_) => "input",
    }
}

/// None for two that run together, and for those that nobody would expect to.
fn why(graph: &Graph, aliases: &[Alias], grouping: &Grouping, node: NodeId, reader: NodeId) -> Option<Why> {
    let [own, unit] = [node, reader].map(|node| grouping.unit_of[node.index()]);
    let [from, to] = [node, reader].map(|node| Work::of(graph, grouping, node));
    match (from?, to?) {
        (Work::Fused, Work::Fused) if own == unit => None,
        (Work::Fused, Work::Fused) => Some(match grouping.link(reader, node) {
            None => Why::Order,
            Some(link) => grouping.joined(own, unit, link).err().unwrap_or(Why::Between),
        }),
        (Work::Product, Work::Product) | (Work::Loop, Work::Loop) => None,
        (Work::Loop, _) | (_, Work::Loop) => Some(Why::Loop),
        (Work::Product, _) | (_, Work::Product) => Some(Why::Product),
        (_, Work::Sum) => Some(unfused(graph, aliases, reader)),
        (Work::Sum, _) => Some(unfused(graph, aliases, node)),
    }
}

/// What a step does, as far as it might run with others.
#[derive(Clone, Copy, PartialEq)]
enum Work {
    Fused,
    /// A reduction that no step of several can have.
    Sum,
    Product,
    Loop,
}

impl Work {
    fn of(graph: &Graph, grouping: &Grouping, node: NodeId) -> Option<Work> {
        match &graph.nodes[node.index()].kind {
            _ if grouping.is_member(node) => Some(Work::Fused),
            Kind::Op(Op::Reduce { .. }) => Some(Work::Sum),
            Kind::Op(Op::Dot { .. } | Op::Conv(_)) => Some(Work::Product),
            Kind::Scan(_) | Kind::Result(_) => Some(Work::Loop),
            _ => None,
        }
    }
}

fn unfused(graph: &Graph, aliases: &[Alias], sum: NodeId) -> Why {
    match misfit(graph, aliases, sum) {
        Some(Misfit::Axes) | None => Why::Leading,
        Some(Misfit::Size(row)) => Why::Rows(row),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::{Builder, Emit, Type};
    use crate::ops::{Reduce, Unary};
    use crate::types::DType;

    /// What is apart in a graph of one input `[rows, columns]` of f32.
    fn of(
        shape: [usize; 2],
        build: impl Fn(&mut Emit, NodeId) -> Vec<NodeId>,
    ) -> Vec<(&'static str, &'static str, u64, Why)> {
        let mut builder = Builder::new();
        let x = builder.input("x", Type::new(DType::F32, shape.to_vec()));
        let outputs = build(&mut Emit::new(&mut builder, Span::none()), x);
        outputs.into_iter().for_each(|output| builder.output("y", output));
        let found = apart(&builder.finish()).into_iter();
        found.map(|apart| (apart.from.1, apart.to.1, apart.bytes, apart.why)).collect()
    }

    fn product(emit: &mut Emit, x: NodeId) -> NodeId {
        emit.op(Op::Dot { batch: vec![], contract: vec![(1, 0)] }, &[x, x])
    }

    fn sum(emit: &mut Emit, x: NodeId, axis: usize) -> NodeId {
        emit.op(Op::Reduce { kind: Reduce::Sum, axes: vec![axis] }, &[x])
    }

    #[test]
    fn what_runs_together_is_not_apart() {
        let chain = |emit: &mut Emit, x| {
            let y = emit.unary(Unary::Tanh, x);
            vec![emit.unary(Unary::Exp, y)]
        };
        assert_eq!(of([64, 64], chain), []);
    }

    #[test]
    fn both_sides_of_a_product_and_what_it_stands_between() {
        let around = |emit: &mut Emit, x| {
            let y = emit.unary(Unary::Tanh, x);
            let z = product(emit, y);
            vec![emit.binary(crate::ops::Binary::Add, y, z)]
        };
        let bytes = 64 * 64 * 4;
        let expected = [
            ("tanh", "dot", bytes, Why::Product),
            ("tanh", "add", bytes, Why::Between),
            ("dot", "add", bytes, Why::Product),
        ];
        assert_eq!(of([64, 64], around), expected);
    }

    #[test]
    fn sums_over_leading_axes_and_of_rows_that_are_too_long() {
        let sums = |axis| {
            move |emit: &mut Emit, x| {
                let y = emit.unary(Unary::Tanh, x);
                vec![sum(emit, y, axis)]
            }
        };
        assert_eq!(of([64, 64], sums(1)), []);
        assert_eq!(of([64, 64], sums(0)), [("tanh", "reduce_sum", 64 * 64 * 4, Why::Leading)]);
        assert_eq!(of([64, 16_384], sums(1)), [("tanh", "reduce_sum", 64 * 16_384 * 4, Why::Rows(16_384))]);
    }

    #[test]
    fn what_is_read_in_another_order() {
        let turned = |emit: &mut Emit, x| {
            let y = emit.unary(Unary::Tanh, x);
            let y = emit.op(Op::Transpose { perm: vec![1, 0] }, &[y]);
            vec![emit.unary(Unary::Exp, y)]
        };
        assert_eq!(of([64, 32], turned), [("tanh", "exp", 64 * 32 * 4, Why::Order)]);
    }
}
