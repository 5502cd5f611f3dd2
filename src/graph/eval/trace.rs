//! Where a value stopped being finite.
//!
//! A node is to blame for a NaN when it has one and none of its operands has. An infinity alone is no fault: masks are
//! made of them. So a NaN is looked for first; where there is none, the node that made the first infinity out of finite
//! numbers is to blame. What no output needs, and infinite constants, are blamed for nothing.

use super::{eval, eval_all, scan};
use crate::base::Span;
use crate::graph::{Graph, Kind, NodeId};
use crate::ops::{Op, Scan, Tensor};

/// The node that first made a NaN or an infinity.
#[derive(Clone, Debug, PartialEq)]
pub struct Nonfinite {
    /// The node; for one in a loop's body, the loop.
    pub node: NodeId,
    /// Where in the user's file: of the innermost node.
    pub span: Span,
    /// NaN or an infinity.
    pub value: f64,
    /// The iterations of the loops around it, outermost first.
    pub iterations: Vec<usize>,
    /// For a NaN made out of an infinity (`inf - inf`, `0 * inf`): the place that made that out of finite numbers.
    pub overflow: Option<Overflow>,
    /// An operand is infinite, be it that this was written down.
    pub of_infinity: bool,
}

/// The node that made an infinity out of finite numbers.
#[derive(Clone, Debug, PartialEq)]
pub struct Overflow {
    pub span: Span,
    /// None where it is a loop.
    pub op: Option<Op<usize>>,
}

/// Evaluates the graph and finds the first node to blame; none if all is finite that the outputs need. A graph that has
/// a fault is traced no further than that.
pub fn trace_first_nonfinite(graph: &Graph, inputs: &[Tensor]) -> Option<Nonfinite> {
    let values = eval_all(graph, inputs).ok()?;
    let trace = Trace { graph, values: &values };
    let live = graph.live();
    let needed = || graph.ids().filter(|id| live[id.index()]);
    needed().find_map(|id| trace.made(id, is_nan)).or_else(|| needed().find_map(|id| trace.made(id, is_infinite)))
}

fn is_nan(x: f64) -> bool {
    x.is_nan()
}

fn is_infinite(x: f64) -> bool {
    x.is_infinite()
}

struct Trace<'a> {
    graph: &'a Graph,
    values: &'a [Vec<Tensor>],
}

type Test = fn(f64) -> bool;

impl Trace<'_> {
    /// The first element of a node's value that passes the test.
    fn find(&self, id: NodeId, test: Test) -> Option<f64> {
        let tensors = self.values[id.index()].iter().filter(|x| x.dtype().is_float());
        tensors.flat_map(Tensor::to_f64).find(|&x| test(x))
    }

    /// The blame, if this node's value passes the test and its operands do not.
    fn made(&self, id: NodeId, test: Test) -> Option<Nonfinite> {
        let node = self.graph.node(id);
        if let Kind::Scan(scan) = &node.kind {
            return self.made_in_loop(id, scan, test);
        }
        let value = self.find(id, test)?;
        let given = matches!(node.kind, Kind::Op(Op::Const(_))) && value.is_infinite();
        if given || node.args.iter().any(|&arg| self.find(arg, test).is_some()) {
            return None;
        }
        let overflow = if value.is_nan() { self.overflow(id) } else { None };
        let of_infinity = node.args.iter().any(|&arg| self.find(arg, is_infinite).is_some());
        Some(Nonfinite { node: id, span: node.span, value, iterations: vec![], overflow, of_infinity })
    }

    /// Follows infinite operands back to the node that made the infinity.
    fn overflow(&self, mut id: NodeId) -> Option<Overflow> {
        let infinite = |id: &NodeId| self.find(*id, is_infinite).is_some();
        let mut made = None;
        while let Some(arg) = self.graph.node(id).args.iter().copied().find(infinite) {
            id = arg;
            made = Some(arg);
        }
        let node = self.graph.node(made?);
        let given = matches!(node.kind, Kind::Op(Op::Const(_)) | Kind::Input(_));
        let op = match &node.kind {
            Kind::Op(op) => Some(op.clone()),
            _ => None,
        };
        (!given).then_some(Overflow { span: node.span, op })
    }

    /// Runs the loop again and looks into its body, if a result of it passes the test and no operand does.
    fn made_in_loop(&self, id: NodeId, scan: &Scan<usize, Graph>, test: Test) -> Option<Nonfinite> {
        let args = &self.graph.node(id).args;
        self.find(id, test)?;
        if args.iter().any(|&arg| self.find(arg, test).is_some()) {
            return None;
        }
        let args: Vec<&Tensor> = args.iter().map(|arg| &self.values[arg.index()][0]).collect();
        let found = scan::run(scan, &args, |iteration, inputs| {
            let values = eval_all(&scan.body, inputs).map_err(|_| None)?;
            let body = Trace { graph: &scan.body, values: &values };
            let live = scan.body.live();
            let mut ids = scan.body.ids().filter(|id| live[id.index()]);
            match ids.find_map(|id| body.made(id, test)) {
                Some(made) => Err(Some(Box::new((iteration, made)))),
                None => eval(&scan.body, inputs).map_err(|_| None),
            }
        });
        let (iteration, made) = *found.err()??;
        let iterations = [&[iteration], &made.iterations[..]].concat();
        Some(Nonfinite { node: id, iterations, ..made })
    }
}
