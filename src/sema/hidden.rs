//! Numbers that are none, hidden by a `where`: the result does not have them, and the derivative does, for the zero that comes back
//! to what was not chosen meets an infinite slope. Only what a condition itself keeps away from a pole or a root is looked at.

use crate::diag::Diagnostic;
use crate::ops::{Binary, Compare, Op, Reduce, Unary};
use crate::tir::{Kind, Node, ValueId};

use super::Checker;
use super::slope::{Ways, bare};

/// How far from a pole a condition that is about it may lie.
const NEAR: f64 = 1e-2;
/// How many pairs of values are compared, at most, to see whether two are the same, and parts of a condition looked at: more than
/// are written by hand.
const PAIRS: usize = 256;

/// Where the slope of a function is no number.
#[derive(Clone, Copy, PartialEq)]
enum Singular {
    /// At zero: `1 / x`, `log(x)`.
    Pole,
    /// At zero and below: `sqrt(x)`.
    Root,
    /// Below zero: `x ** 1.5`.
    Below,
}

/// What is chosen: where `a * x + b` stands so to zero.
#[derive(Clone, Copy, PartialEq)]
enum Chosen {
    Above { zero: bool },
    Below { zero: bool },
    But,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Sign {
    Any,
    NotBelow,
    Above,
}

/// `a * x + b`
struct Line {
    x: ValueId,
    a: f64,
    b: f64,
}

struct Values<'n> {
    nodes: &'n [Node],
    /// What is surely known of the sign of all elements of each.
    signs: Vec<Sign>,
}

impl<'n> Values<'n> {
    fn of(nodes: &'n [Node]) -> Values<'n> {
        let mut values = Values { nodes, signs: vec![] };
        for at in 0..nodes.len() {
            values.signs.push(values.sign(ValueId::from(at)));
        }
        values
    }

    fn op(&self, id: ValueId) -> Option<&'n Op<crate::types::Dim>> {
        match &self.nodes[id.index()].kind {
            Kind::Op(op) => Some(op),
            _ => None,
        }
    }

    fn args(&self, id: ValueId) -> &'n [ValueId] {
        &self.nodes[id.index()].args
    }

    fn bare(&self, id: ValueId) -> ValueId {
        bare(self.nodes, id)
    }

    fn number(&self, id: ValueId) -> Option<f64> {
        match self.op(self.bare(id))? {
            Op::Const(value) => Some(value.as_f64()),
            _ => None,
        }
    }

    /// Whether two values are computed in the same way from the same. Of what takes too many pairs nothing is said.
    fn same(&self, a: ValueId, b: ValueId) -> bool {
        let mut open = vec![(a, b)];
        for _ in 0..PAIRS {
            let Some((a, b)) = open.pop() else { return true };
            let (a, b) = (self.bare(a), self.bare(b));
            let (x, y) = (&self.nodes[a.index()], &self.nodes[b.index()]);
            let alike = matches!(x.kind, Kind::Op(_)) && x.kind == y.kind && x.args.len() == y.args.len();
            match a == b {
                true => {}
                false if alike => open.extend(x.args.iter().copied().zip(y.args.iter().copied())),
                false => return false,
            }
        }
        false
    }

    fn line(&self, id: ValueId) -> Line {
        let x = self.bare(id);
        let own = Line { x, a: 1.0, b: 0.0 };
        let (Some(op), args) = (self.op(x), self.args(x)) else { return own };
        let numbers: Vec<Option<f64>> = args.iter().map(|&arg| self.number(arg)).collect();
        let (at, a, b) = match (op, &numbers[..]) {
            (Op::Unary(Unary::Neg), _) => (0, -1.0, 0.0),
            (Op::Binary(Binary::Add), [Some(c), None]) => (1, 1.0, *c),
            (Op::Binary(Binary::Add), [None, Some(c)]) => (0, 1.0, *c),
            (Op::Binary(Binary::Sub), [Some(c), None]) => (1, -1.0, *c),
            (Op::Binary(Binary::Sub), [None, Some(c)]) => (0, 1.0, -*c),
            (Op::Binary(Binary::Mul), [Some(c), None]) if *c != 0.0 => (1, *c, 0.0),
            (Op::Binary(Binary::Mul), [None, Some(c)]) if *c != 0.0 => (0, *c, 0.0),
            _ => return own,
        };
        let inner = self.line(args[at]);
        Line { x: inner.x, a: a * inner.a, b: a * inner.b + b }
    }

    /// Comparisons with a number that surely hold where a condition is, or is not, true: `line` stands so to zero. Of long conditions
    /// not all.
    fn guards(&self, cond: ValueId, holds: bool) -> Vec<(Line, Chosen)> {
        let (mut open, mut out) = (vec![(cond, holds)], vec![]);
        for _ in 0..PAIRS {
            let Some((cond, holds)) = open.pop() else { break };
            let id = self.bare(cond);
            let args = self.args(id);
            match (self.op(id), holds) {
                (Some(Op::Unary(Unary::Not)), _) => open.push((args[0], !holds)),
                (Some(Op::Binary(Binary::And)), true) | (Some(Op::Binary(Binary::Or)), false) => {
                    open.extend(args.iter().map(|&arg| (arg, holds)));
                }
                (Some(Op::Compare(compare)), _) => out.extend(self.compared(*compare, args, holds)),
                _ => {}
            }
        }
        out
    }

    /// What it says of a value that its comparison with a number holds, or does not.
    fn compared(&self, compare: Compare, args: &[ValueId], holds: bool) -> Option<(Line, Chosen)> {
        let (value, c, flipped) = match (self.number(args[0]), self.number(args[1])) {
            (None, Some(c)) => (args[0], c, false),
            (Some(c), None) => (args[1], c, true),
            _ => return None,
        };
        let below = holds != flipped;
        let chosen = match (compare, holds) {
            (Compare::Ne, true) | (Compare::Eq, false) => Chosen::But,
            (Compare::Lt, _) if below => Chosen::Below { zero: !holds },
            (Compare::Lt, _) => Chosen::Above { zero: !holds },
            (Compare::Le, _) if below => Chosen::Below { zero: holds },
            (Compare::Le, _) => Chosen::Above { zero: holds },
            _ => return None,
        };
        let line = self.line(value);
        Some((Line { b: line.b - c, ..line }, chosen))
    }

    /// The operand at which the slope of a node is no number in some places.
    fn singular(&self, id: ValueId) -> Option<(ValueId, Singular)> {
        let args = self.args(id);
        match self.op(id)? {
            Op::Unary(Unary::Sqrt) => Some((args[0], Singular::Root)),
            Op::Unary(Unary::Log) => Some((args[0], Singular::Pole)),
            Op::Binary(Binary::Div) => Some((args[1], Singular::Pole)),
            Op::Binary(Binary::Pow) => {
                let power = self.number(args[1])?;
                match (power.fract() != 0.0, power) {
                    (true, p) if p < 1.0 => Some((args[0], Singular::Root)),
                    (true, _) => Some((args[0], Singular::Below)),
                    (false, p) if p < 0.0 => Some((args[0], Singular::Pole)),
                    _ => None,
                }
            }
            _ => None,
        }
    }

    /// Whether a condition keeps away values at which the slope in `operand` is no number.
    fn is_kept_away(&self, operand: ValueId, singular: Singular, (line, chosen): &(Line, Chosen)) -> bool {
        let own = self.line(operand);
        let of_size = matches!(self.op(line.x), Some(Op::Unary(Unary::Abs)));
        // `abs(x) > eps` is about `x` as well.
        let by_size = of_size && self.same(own.x, self.args(line.x)[0]) && own.b == 0.0;
        if !by_size && !self.same(own.x, line.x) {
            return false;
        }
        // Where the operand is, when the condition is just undecided.
        let a = if by_size { own.a.abs() } else { own.a };
        let edge = a * (-line.b / line.a) + own.b;
        let turned = a / line.a < 0.0;
        let chosen = match *chosen {
            Chosen::Above { zero } if turned => Chosen::Below { zero },
            Chosen::Below { zero } if turned => Chosen::Above { zero },
            same => same,
        };
        let sign = self.signs[operand.index()];
        let zero_is_left_out = match chosen {
            Chosen::Above { zero } => edge > 0.0 || edge == 0.0 && !zero,
            Chosen::Below { zero } => !by_size && (edge < 0.0 || edge == 0.0 && !zero),
            Chosen::But => edge == 0.0,
        };
        match singular {
            _ if sign == Sign::Above => false,
            Singular::Pole => zero_is_left_out && edge.abs() <= NEAR,
            Singular::Root if sign == Sign::Any && !by_size => {
                zero_is_left_out || matches!(chosen, Chosen::Above { .. })
            }
            Singular::Root => zero_is_left_out,
            Singular::Below => sign == Sign::Any && !by_size && matches!(chosen, Chosen::Above { .. }),
        }
    }

    /// What is surely known of the sign of a value, from the signs of those before it.
    fn sign(&self, id: ValueId) -> Sign {
        let node = &self.nodes[id.index()];
        let whole = node.tys.first().is_some_and(|ty| ty.bound.is_some() || !ty.dtype.is_float() && !ty.dtype.is_int());
        let known = if whole { Sign::NotBelow } else { Sign::Any };
        let Some(op) = self.op(id) else { return known };
        let of = |at: usize| self.signs[node.args[at].index()];
        let least = |from: usize| (from..node.args.len()).map(of).min().unwrap_or(Sign::Any);
        let greatest = || of(0).max(of(1));
        match op {
            Op::Const(value) if value.as_f64() > 0.0 => Sign::Above,
            Op::Const(value) if value.as_f64() == 0.0 => Sign::NotBelow,
            Op::Unary(Unary::Exp | Unary::Erfc) => Sign::Above,
            Op::Unary(Unary::Abs) => Sign::NotBelow,
            Op::Unary(Unary::Sqrt | Unary::StopGradient) => of(0),
            Op::Binary(Binary::Mul) if self.same(node.args[0], node.args[1]) => Sign::NotBelow,
            Op::Binary(Binary::Pow) if self.number(node.args[1]).is_some_and(|p| p % 2.0 == 0.0) => Sign::NotBelow,
            Op::Binary(Binary::Mul | Binary::Div | Binary::Min) => least(0),
            Op::Binary(Binary::Add) if least(0) >= Sign::NotBelow => greatest(),
            Op::Binary(Binary::Add) => Sign::Any,
            Op::Binary(Binary::Max) => greatest(),
            Op::Select => least(1),
            Op::Reduce { kind: Reduce::Sum | Reduce::Max | Reduce::Min, .. } => of(0),
            Op::Reshape { .. } | Op::Broadcast { .. } | Op::Transpose { .. } | Op::Slice { .. } => of(0),
            Op::Cast(_) | Op::Flip { .. } | Op::Take { .. } | Op::TakeAlong { .. } | Op::Barrier { .. } => of(0),
            Op::Concat { .. } => least(0),
            _ => known,
        }
    }
}

impl Checker<'_> {
    /// Warns where a condition keeps away from a root or a pole what the derivative then meets.
    pub fn look_behind_where(&self, loss: ValueId, ways: &Ways) -> Vec<Diagnostic> {
        let values = Values::of(ways.nodes);
        let reached = ways.sloped(loss);
        let own = |node: &Node| !node.span.is_none() && !self.is_std(node.span.file);
        let mut found = vec![];
        for (i, node) in ways.nodes.iter().enumerate() {
            if !reached[i]
                || !ways.depends(ValueId::from(i))
                || !matches!(node.kind, Kind::Op(Op::Select))
                || !own(node)
            {
                continue;
            }
            for (branch, holds) in [(node.args[1], true), (node.args[2], false)] {
                let guards = values.guards(node.args[0], holds);
                let inside = if guards.is_empty() { vec![] } else { ways.sloped(branch) };
                let hidden = (0..inside.len()).filter(|&at| inside[at]).find(|&at| {
                    let Some((operand, singular)) = values.singular(ValueId::from(at)) else { return false };
                    ways.depends(ValueId::from(at))
                        && guards.iter().any(|guard| values.is_kept_away(operand, singular, guard))
                });
                found.extend(hidden.map(|at| (i, at)));
            }
        }
        let warning = |(choice, hidden): (usize, usize)| {
            let (place, chosen) = (self.written_at(hidden), ways.nodes[choice].span);
            let message = "`where` hides a number that is none, and its derivative is none either";
            let diagnostic = Diagnostic::warning("E0621", place, message, "zero times an infinite slope is NaN");
            let diagnostic = if chosen == place { diagnostic } else { diagnostic.label(chosen, "not chosen here") };
            diagnostic.help(
                "give it a harmless number where it is not chosen: `where(x > 0, sqrt(where(x > 0, x, 1.0)), 0.0)`",
            )
        };
        let mut warnings: Vec<Diagnostic> = vec![];
        for diagnostic in found.into_iter().map(warning) {
            if warnings.iter().all(|other| other.span() != diagnostic.span()) {
                warnings.push(diagnostic);
            }
        }
        warnings
    }
}
