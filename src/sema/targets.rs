//! Targets that move along with what is to reach them, and losses whose batches do not count by their rows.

use std::collections::BTreeSet;

use crate::diag::Diagnostic;
use crate::ops::{Binary, Op, Reduce, Unary};
use crate::tir::{Kind, Node, Source, ValueId};

use super::Checker;
use super::slope::{Ways, bare};

impl Checker<'_> {
    /// Warns of `r + 0.99 * q(next)` as a target of `q(now)`, where the derivative goes through both.
    pub fn look_at_targets(&self, loss: ValueId, ways: &Ways) -> Option<Diagnostic> {
        let reached = ways.sloped(loss);
        for (i, node) in ways.nodes.iter().enumerate() {
            if !reached[i] || !is(node, Binary::Sub) || !is_distance(ways.nodes, ValueId::from(i)) {
                continue;
            }
            for (target, value) in [(node.args[0], node.args[1]), (node.args[1], node.args[0])] {
                if let Some(later) = foreseen(ways, target)
                    && ways.arrives(later)
                    && ways.arrives(value)
                    && !self.called_in(ways, later).is_disjoint(&self.called_in(ways, value))
                {
                    let place = self.written_at(bare(ways.nodes, target).index());
                    let message = "the target moves along: the derivative goes through it, too";
                    let diagnostic = Diagnostic::warning("E0622", place, message, "made by the layer that is to reach it")
                        .help("say that it stands still: `stop_gradient(r + 0.99 * q(next))`")
                        .help("or make it with weights that follow slowly: `let slow = copy(q)`, and in the step `slow <- 0.99 * slow + 0.01 * q`");
                    return Some(diagnostic);
                }
            }
        }
        None
    }

    /// The paths of the layers through which a derivative comes from a value.
    fn called_in(&self, ways: &Ways, from: ValueId) -> BTreeSet<&str> {
        let reached = ways.sloped(from);
        let calls = self.progs[0].program.calls.iter().filter(|call| !call.path.is_empty());
        calls.filter(|call| call.nodes.clone().any(|at| reached[at])).map(|call| &*call.path).collect()
    }

    /// Warns of a mean over what the data keep, where gradients of several batches are put together by their rows.
    pub fn look_at_shares(&self, loss: ValueId, ways: &Ways) -> Option<Diagnostic> {
        if self.accumulate == 1 {
            return None;
        }
        let by_data = self.made_of_data();
        let (mut open, mut seen) = (vec![loss], BTreeSet::new());
        while let Some(id) = open.pop() {
            let node = &ways.nodes[id.index()];
            if !ways.depends(id) || !node.tys.iter().all(|ty| ty.shape.is_empty()) || !seen.insert(id) {
                continue;
            }
            if is(node, Binary::Div) && by_data[node.args[1].index()] && !ways.depends(node.args[1]) {
                let message = "`accumulate` counts batches by their rows, and this is a mean over what the data keep";
                let diagnostic = Diagnostic::warning(
                    "E0623",
                    self.written_at(id.index()),
                    message,
                    "divided by a number of its own",
                )
                .note("words of a batch with few of them count for more than those of others")
                .help("divide by the rows, so that all count the same: `sum(where(mask, losses, 0.0)) / B`");
                return Some(diagnostic);
            }
            open.extend(&node.args);
        }
        None
    }

    /// Which values of the present program are computed from fields of a batch, and not of their sizes alone.
    fn made_of_data(&self) -> Vec<bool> {
        let program = &self.progs[0].program;
        let mut out: Vec<bool> = vec![];
        for node in &program.nodes {
            let is_found = |var| program.found.iter().any(|found| found.var == var);
            let own = match &node.kind {
                Kind::Input(source) => matches!(source, Source::Arg(_)),
                Kind::Size(size) => size.vars().into_iter().any(|var| is_found(var.clone())),
                _ => node.args.iter().any(|arg| out[arg.index()]),
            };
            out.push(own);
        }
        out
    }
}

fn is(node: &Node, op: Binary) -> bool {
    matches!(&node.kind, Kind::Op(Op::Binary(own)) if *own == op)
}

/// Whether a difference is squared, or only its size counts.
fn is_distance(nodes: &[Node], difference: ValueId) -> bool {
    let of = |node: &&Node| node.args.contains(&difference);
    nodes[difference.index()..].iter().filter(of).any(|node| match &node.kind {
        Kind::Op(Op::Unary(Unary::Abs) | Op::Binary(Binary::Pow)) => true,
        Kind::Op(Op::Binary(Binary::Mul)) => node.args[0] == node.args[1],
        _ => false,
    })
}

/// `y` of `r + gamma * y`, where only `y` depends on the parameters, and is a value or the greatest of several.
fn foreseen(ways: &Ways, target: ValueId) -> Option<ValueId> {
    let dependent = |id: ValueId, op: Binary| {
        let node = &ways.nodes[bare(ways.nodes, id).index()];
        match node.args[..] {
            [a, b] if is(node, op) && ways.depends(a) != ways.depends(b) => Some(if ways.depends(a) { a } else { b }),
            _ => None,
        }
    };
    let mut later = dependent(dependent(target, Binary::Add)?, Binary::Mul)?;
    while let Some(inner) = dependent(later, Binary::Mul) {
        later = inner;
    }
    loop {
        let id = bare(ways.nodes, later);
        match &ways.nodes[id.index()].kind {
            Kind::Op(
                Op::Reduce { kind: Reduce::Max, .. } | Op::Take { .. } | Op::TakeAlong { .. } | Op::Slice { .. },
            ) => {
                later = ways.nodes[id.index()].args[0];
            }
            _ => return Some(id),
        }
    }
}
