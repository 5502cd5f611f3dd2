//! Where the size of an axis comes from: it is followed from a value back through the operations that keep it, to the parameter,
//! the argument or the operation that has it first.

use super::{CellId, Kind, Program, Source, ValueId};
use crate::base::Span;
use crate::ops::{ConvMode, Op, Scan};
use crate::types::Dim;

/// Where a size is first.
#[derive(Clone, Debug, PartialEq)]
pub enum Origin {
    /// An axis of memory.
    Cell(CellId, usize),
    /// An axis of what is given from outside: an argument, a field of the batch; none where that has no place.
    Given(Span),
    /// A result of the operation at a place; none where an operation of dln's own makes it.
    Made(Span),
}

/// Follows an axis of a value back to where its size is first.
pub fn origin(program: &Program, value: ValueId, axis: usize) -> Origin {
    match follow(program, value, axis) {
        Ended::Here(origin) => origin,
        // Of a loop whose operands are not seen from here.
        Ended::Operand(_) => Origin::Given(Span::none()),
    }
}

/// Where following an axis has ended.
enum Ended {
    Here(Origin),
    /// At an axis of an operand of the loop whose body this is.
    Operand((usize, usize)),
}

fn follow(program: &Program, value: ValueId, axis: usize) -> Ended {
    let (mut value, mut axis) = (value, axis);
    loop {
        let node = &program.nodes[value.index()];
        let arg = |i: usize| node.args[i];
        let shape = |i: usize| &program.nodes[node.args[i].index()].tys[0].shape;
        let next = match &node.kind {
            Kind::Input(Source::Cell(cell)) => return Ended::Here(Origin::Cell(*cell, axis)),
            // In front of a loop's operands its body is given the number of the iteration.
            Kind::Input(Source::Body(place)) if *place > 0 => return Ended::Operand((place - 1, axis)),
            Kind::Input(_) => return Ended::Here(Origin::Given(node.span)),
            // A derivative has the sizes of what it is in.
            Kind::Result(i) => {
                let of = &program.nodes[arg(0).index()];
                match &of.kind {
                    Kind::Grad => Some((of.args[i + 1], axis)),
                    Kind::Scan(scan) => match of_loop(scan, *i, axis) {
                        Some(Ended::Here(origin)) => return Ended::Here(origin),
                        Some(Ended::Operand((operand, axis))) => Some((of.args[operand], axis)),
                        None => None,
                    },
                    _ => None,
                }
            }
            // What is made as wide as the other side says nothing of where the size comes from.
            Kind::Op(op @ (Op::Binary(_) | Op::Compare(_) | Op::Select)) => {
                let sides = if matches!(op, Op::Select) { &[1, 2, 0][..] } else { &[0, 1] };
                let from = sides.iter().map(|&i| arg(i)).find(|&from| !is_spread(program, from, axis));
                Some((from.unwrap_or(arg(0)), axis))
            }
            Kind::Op(op) => {
                before(op, axis, node.args.len(), &shape, &node.tys[0].shape).map(|(i, axis)| (arg(i), axis))
            }
            _ => None,
        };
        match next {
            Some(next) => (value, axis) = next,
            None => return Ended::Here(Origin::Made(node.span)),
        }
    }
}

/// Where an axis of a loop's result comes from; none where it is that of the iterations, of which no operand has as many.
fn of_loop(scan: &Scan<Dim, Program>, result: usize, axis: usize) -> Option<Ended> {
    // Carries keep their shape.
    if result < scan.carries {
        return Some(Ended::Operand((result, axis)));
    }
    if axis == 0 {
        return (scan.xs > 0).then_some(Ended::Operand((scan.carries, 0)));
    }
    Some(match follow(&scan.body, scan.body.outputs[result].value, axis - 1) {
        Ended::Operand((operand, axis)) => {
            let is_slice = (scan.carries..scan.carries + scan.xs).contains(&operand);
            Ended::Operand((operand, axis + usize::from(is_slice)))
        }
        here => here,
    })
}

/// Whether an axis is one that a `broadcast` has added.
fn is_spread(program: &Program, value: ValueId, axis: usize) -> bool {
    match &program.nodes[value.index()].kind {
        Kind::Op(Op::Broadcast { axes, .. }) => !axes.contains(&axis),
        _ => false,
    }
}

/// The operand, and the axis of it, that an axis of the result is; none where the operation makes its size.
fn before<'s>(
    op: &Op<Dim>,
    axis: usize,
    args: usize,
    shape: &dyn Fn(usize) -> &'s Vec<Dim>,
    result: &[Dim],
) -> Option<(usize, usize)> {
    match op {
        Op::Unary(_) | Op::Cast(_) | Op::Barrier { .. } | Op::Flip { .. } | Op::CumSum { .. } | Op::ArgSort { .. } => {
            Some((0, axis))
        }
        Op::TakeAlong { .. } => Some((1, axis)),
        Op::Transpose { perm } => Some((0, perm[axis])),
        Op::Broadcast { axes, .. } => axes.iter().position(|&to| to == axis).map(|from| (0, from)),
        Op::Reshape { .. } => {
            let old = shape(0);
            let front = axis < old.len() && old[..=axis] == result[..=axis];
            let from_end = result.len() - axis;
            let back = from_end <= old.len() && old[old.len() - from_end..] == result[axis..];
            match (front, back) {
                (true, _) => Some((0, axis)),
                (false, true) => Some((0, old.len() - from_end)),
                (false, false) => None,
            }
        }
        Op::Slice { axis: changed, .. } | Op::Pad { axis: changed, .. } | Op::Unwindows { axis: changed, .. } => {
            (axis != *changed).then_some((0, axis))
        }
        Op::Concat { axis: changed } => (axis != *changed || args == 1).then_some((0, axis)),
        Op::Windows { axis: changed, .. } => (axis != *changed && axis < shape(0).len()).then_some((0, axis)),
        Op::Reduce { axes, .. } => (0..shape(0).len()).filter(|old| !axes.contains(old)).nth(axis).map(|old| (0, old)),
        Op::ArgMax { axis: gone } => Some((0, if axis < *gone { axis } else { axis + 1 })),
        Op::Dot { batch, contract } => {
            let free = |operand: usize| {
                let bound = batch.iter().chain(contract).map(|&(l, r)| if operand == 0 { l } else { r });
                let bound: Vec<usize> = bound.collect();
                (0..shape(operand).len())
                    .filter(|old| !bound.contains(old))
                    .map(|old| (operand, old))
                    .collect::<Vec<_>>()
            };
            let shared = batch.iter().map(|&(l, _)| (0, l));
            shared.chain(free(0)).chain(free(1)).nth(axis)
        }
        Op::Conv(conv) => match (conv.mode, axis) {
            (ConvMode::Forward, 0) => Some((0, 0)),
            (ConvMode::Forward, 1) => Some((1, 0)),
            _ => None,
        },
        Op::Take { axis: chosen } => {
            let index = shape(1).len();
            match axis {
                at if at < *chosen => Some((0, at)),
                at if at < *chosen + index => Some((1, at - chosen)),
                at => Some((0, at + 1 - index)),
            }
        }
        _ => None,
    }
}
