//! Derivatives as graph, in reverse mode: what a node's result is worth to the loss (its cotangent) is passed on to its
//! operands, last node first. Each op's rule is one line in one of the files beside this one, by family, with its
//! equation. The rules produce only ops that have rules, so a derivative can be differentiated again.
//!
//! - Only nodes on a path from the loss to what is asked for are visited; a cotangent that is zero is no node at all.
//! - Integers and booleans have no derivative, and `StopGradient`, `Floor`, `Ceil`, `Round` and `Sign` pass none on.
//! - What a checkpoint computed is computed again where a rule reads it.
//! - Where a function has a corner, the rule follows PyTorch: equal operands of `Max` share the cotangent, `Abs` at 0
//!   has derivative 0, the first of equal elements takes all of a `Reduce::Max`, `Sqrt` at 0 has an infinite one.

mod again;
mod contract;
mod control;
mod cx;
mod elementwise;
mod flow;
mod indexed;
mod matrix;
mod movement;
mod reduce;
mod rules;

use crate::base::Span;
use crate::graph::{Builder, Emit, Kind, NodeId};
use again::Again;
use cx::Cx;

/// The derivatives of a scalar float in each of `wrt`, as new nodes; zeros where it does not depend on one.
pub fn grad(builder: &mut Builder, loss: NodeId, wrt: &[NodeId]) -> Vec<NodeId> {
    let ty = builder.ty(loss).clone();
    assert!(ty.dtype.is_float() && ty.rank() == 0, "the derivative of {ty} is not taken");
    let one = Emit::new(builder, Span::none()).full(1.0, &ty);
    let found = vjp(builder, &[(loss, one)], wrt);
    let zeros = |(found, &x): (Option<NodeId>, &NodeId)| {
        found.unwrap_or_else(|| Emit::new(builder, Span::none()).full_like(0.0, x))
    };
    found.into_iter().zip(wrt).map(zeros).collect()
}

/// The vector-Jacobian product: given the cotangent of each root, as `(root, cotangent)`, that of each of `wrt`; none
/// where it is zero.
pub fn vjp(builder: &mut Builder, roots: &[(NodeId, NodeId)], wrt: &[NodeId]) -> Vec<Option<NodeId>> {
    let active = flow::depends(builder.graph(), wrt);
    let mut sweep = Sweep { cotangents: vec![vec![]; active.len()], active, again: Again::default(), builder };
    for &(root, cotangent) in roots {
        sweep.send(root, 0, cotangent, Span::none());
    }
    for id in (0..sweep.active.len()).rev().map(NodeId::from) {
        sweep.visit(id);
    }
    wrt.iter().map(|x| sweep.cotangents[x.index()].first().copied().flatten()).collect()
}

/// One pass from the roots back.
struct Sweep<'b> {
    builder: &'b mut Builder,
    /// For each node, whether it depends on what is asked for in a way that has a derivative.
    active: Vec<bool>,
    /// For each node, the cotangent of each of its results, so far as there is one.
    cotangents: Vec<Vec<Option<NodeId>>>,
    /// What is computed again and not kept.
    again: Again,
}

impl Sweep<'_> {
    /// Adds to the cotangent of a node's result.
    fn send(&mut self, to: NodeId, result: usize, cotangent: NodeId, span: Span) {
        if !self.active[to.index()] {
            return;
        }
        let results = &mut self.cotangents[to.index()];
        if results.len() <= result {
            results.resize(result + 1, None);
        }
        results[result] = Some(match results[result] {
            Some(so_far) => Emit::new(self.builder, span).add(so_far, cotangent),
            None => cotangent,
        });
    }

    /// Passes what has come to a node on to its operands.
    fn visit(&mut self, id: NodeId) {
        if self.cotangents[id.index()].is_empty() {
            return;
        }
        let cotangents = self.cotangents[id.index()].clone();
        let node = self.builder.graph().node(id).clone();
        let wants: Vec<bool> = node.args.iter().map(|arg| self.active[arg.index()]).collect();
        let before = self.active.len();
        let values = self.again.values(self.builder, id, before);
        let (y, args) = (values.result, values.operands);
        let emit = Emit::new(self.builder, node.span);
        let sent = match &node.kind {
            Kind::Input(_) => vec![],
            Kind::Op(op) => match cotangents[0] {
                Some(g) if wants.contains(&true) => {
                    let mut cx = Cx::new(emit, &args, wants, y, g);
                    rules::apply(&mut cx, op);
                    cx.sent
                }
                _ => vec![],
            },
            Kind::Scan(scan) => control::scan(emit, y, scan, &args, &wants, &cotangents),
            Kind::Result(index) => {
                if let Some(g) = cotangents[0] {
                    self.send(node.args[0], *index, g, node.span);
                }
                vec![]
            }
        };
        for (operand, cotangent) in sent {
            self.send(node.args[operand], 0, cotangent, node.span);
        }
    }
}
