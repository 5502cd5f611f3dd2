//! Ways from a loss back to its parameters on which a derivative comes through, and losses that have none, or lose a part of it.

use crate::base::Span;
use crate::diag::Diagnostic;
use crate::ops::{Binary, Op, Unary};
use crate::tir::{Kind, Node, ValueId};

use super::value::Tensor;
use super::{Checker, Poison};

/// Parts of a sum that are looked at one by one.
const SUMMANDS: usize = 64;

/// Whether a derivative comes through: not where a value is no float, and not where the slope is zero wherever there is one.
fn passes(node: &Node) -> bool {
    let flat = matches!(
        node.kind,
        Kind::Op(Op::Unary(Unary::StopGradient | Unary::Sign | Unary::Floor | Unary::Ceil | Unary::Round))
    );
    !flat && node.tys.iter().any(|ty| ty.dtype.is_float())
}

fn is_stopped(node: &Node) -> bool {
    matches!(node.kind, Kind::Op(Op::Unary(Unary::StopGradient)))
}

/// A value without what only repeats it.
pub fn bare(nodes: &[Node], mut id: ValueId) -> ValueId {
    while let Kind::Op(Op::Reshape { .. } | Op::Broadcast { .. } | Op::Cast(_) | Op::Barrier { .. }) =
        &nodes[id.index()].kind
    {
        id = nodes[id.index()].args[0];
    }
    id
}

/// A loss, and what depends on the parameters that it is differentiated in.
pub struct Ways<'n> {
    pub nodes: &'n [Node],
    wrt: &'n [ValueId],
    depends: Vec<bool>,
}

impl<'n> Ways<'n> {
    fn new(nodes: &'n [Node], wrt: &'n [ValueId]) -> Ways<'n> {
        let mut depends = vec![false; nodes.len()];
        wrt.iter().for_each(|id| depends[id.index()] = true);
        for (i, node) in nodes.iter().enumerate() {
            depends[i] = depends[i] || node.args.iter().any(|arg| depends[arg.index()]);
        }
        Ways { nodes, wrt, depends }
    }

    pub fn depends(&self, id: ValueId) -> bool {
        self.depends[id.index()]
    }

    /// Where a derivative that begins at `from` arrives.
    pub fn sloped(&self, from: ValueId) -> Vec<bool> {
        let mut reached = vec![false; self.nodes.len()];
        reached[from.index()] = true;
        for (i, node) in self.nodes.iter().enumerate().take(from.index() + 1).rev() {
            if reached[i] && passes(node) {
                node.args.iter().for_each(|arg| reached[arg.index()] = true);
            }
        }
        reached
    }

    /// Whether a derivative comes from here to the parameters.
    pub fn arrives(&self, from: ValueId) -> bool {
        let reached = self.sloped(from);
        self.wrt.iter().any(|id| reached[id.index()])
    }

    /// The nodes at which the ways from `from` to the parameters end.
    fn ends(&self, from: ValueId) -> Vec<usize> {
        let reached = self.sloped(from);
        (0..=from.index()).filter(|&i| reached[i] && self.depends[i] && !passes(&self.nodes[i])).collect()
    }

    /// The parts of a sum; factors that do not depend on the parameters change nothing.
    fn summands(&self, loss: ValueId) -> Vec<ValueId> {
        let (mut open, mut out) = (vec![loss], vec![]);
        while let Some(id) = open.pop() {
            let node = &self.nodes[id.index()];
            let args = &node.args;
            match &node.kind {
                _ if out.len() + open.len() > SUMMANDS => return vec![],
                Kind::Op(Op::Binary(Binary::Add | Binary::Sub)) => open.extend(args),
                Kind::Op(Op::Unary(Unary::Neg) | Op::Reshape { .. } | Op::Cast(_)) if passes(node) => {
                    open.push(args[0])
                }
                Kind::Op(Op::Binary(Binary::Mul)) if !self.depends(args[0]) => open.push(args[1]),
                Kind::Op(Op::Binary(Binary::Mul | Binary::Div)) if !self.depends(args[1]) => open.push(args[0]),
                _ => out.push(id),
            }
        }
        out
    }

    /// A scalar that is cut off at a number, behind factors that are none of the parameters.
    fn cut_off(&self, loss: ValueId) -> Option<usize> {
        let [only] = self.summands(loss)[..] else { return None };
        let node = &self.nodes[only.index()];
        let Kind::Op(Op::Binary(Binary::Min)) = node.kind else { return None };
        let number = |id: &ValueId| match &self.nodes[id.index()].kind {
            Kind::Op(Op::Const(value)) => value.as_f64().is_finite(),
            _ => false,
        };
        let scalar = node.tys.iter().all(|ty| ty.shape.is_empty());
        (scalar && self.depends(only) && node.args.iter().any(number)).then_some(only.index())
    }
}

impl<'a> Checker<'a> {
    /// An error where nothing that is to be trained can change the loss by a little.
    pub fn has_slope(&mut self, loss: &Tensor, wrt: &[Tensor], span: Span) -> Result<(), Poison> {
        let ids: Vec<ValueId> = wrt.iter().map(|tensor| tensor.id).collect();
        let ways = Ways::new(&self.progs[0].program.nodes, &ids);
        let reached = ways.sloped(loss.id);
        if ids.iter().any(|id| reached[id.index()]) {
            return Ok(());
        }
        let ends = ways.ends(loss.id);
        let Some(&end) = ends.first() else { return Ok(()) };
        let stopped = ends.iter().all(|&at| is_stopped(&ways.nodes[at]));
        let place = self.written_at(end);
        let message = "the derivative of the loss in these parameters is zero everywhere";
        let diagnostic = Diagnostic::error("E0602", span, message, "no derivative reaches them");
        Err(self.report(match stopped {
            true => diagnostic
                .label(place, "it stops here")
                .help("leave out the `stop_gradient` around what is to be trained"),
            false => diagnostic
                .label(place, "class numbers, comparisons and whole numbers have no slope")
                .help("make the loss of the scores themselves, as `cross_entropy(net(x), y)` does"),
        }))
    }

    /// Warnings for parts of a loss that the derivative does not see, and for a loss that is cut off.
    pub fn look_at_loss(&mut self, loss: &Tensor, wrt: &[Tensor]) {
        if self.generic || self.depth() > 0 || loss.depth > 0 || wrt.iter().any(|tensor| tensor.depth > 0) {
            return;
        }
        let ids: Vec<ValueId> = wrt.iter().map(|tensor| tensor.id).collect();
        let ways = Ways::new(&self.progs[0].program.nodes, &ids);
        let mut warnings = self.look_behind_where(loss.id, &ways);
        warnings.extend(self.look_at_targets(loss.id, &ways));
        warnings.extend(self.look_at_shares(loss.id, &ways));
        let parts = self.look_at_parts(loss.id, &ids, &ways);
        warnings.into_iter().chain(parts).for_each(|diagnostic| {
            self.report(diagnostic);
        });
    }

    /// Parts of a loss that the derivative does not see, and a loss that is cut off.
    fn look_at_parts(&self, loss: ValueId, ids: &[ValueId], ways: &Ways) -> Vec<Diagnostic> {
        if let Some(at) = ways.cut_off(loss) {
            let place = self.written_at(at);
            let message = "where the loss is cut off, its derivative is zero";
            let diagnostic = Diagnostic::warning("E0618", place, message, "the worst examples teach nothing")
                .help("clip the gradient in the place of the loss: `with clip_norm(1.0) >> ..`");
            return vec![diagnostic];
        }
        let parts: Vec<ValueId> = ways.summands(loss).into_iter().filter(|&part| ways.depends(part)).collect();
        let flat = |part: &ValueId| {
            let reached = ways.sloped(*part);
            let ends = ways.ends(*part);
            let meant = ends.iter().any(|&end| is_stopped(&ways.nodes[end]));
            !ends.is_empty() && !meant && ids.iter().all(|id| !reached[id.index()])
        };
        let (without, with): (Vec<ValueId>, Vec<ValueId>) = parts.into_iter().partition(flat);
        let taught = without.into_iter().filter(|_| !with.is_empty());
        let warning = |part: ValueId| {
            let place = self.written_at(part.index());
            let message = "this part of the loss has derivative zero everywhere, so it teaches nothing";
            Diagnostic::warning("E0618", place, message, "counts, classes and comparisons have no slope")
                .help("put a part with a slope in its place, made of the scores; or `log` it, if it is only to be seen")
        };
        taught.map(warning).collect()
    }

    /// Where a value was made: of one inside the library, the call in the user's file.
    pub fn written_at(&self, node: usize) -> Span {
        let program = &self.progs[0].program;
        let span = program.nodes[node].span;
        match program.inside.iter().find(|inside| inside.nodes.contains(&node)) {
            Some(inside) if !span.is_none() && self.is_std(span.file) => inside.span,
            _ => span,
        }
    }
}
