//! `:why`: where each size of a tensor comes from. Sizes are followed from the result back through the operations that keep
//! them, to the parameter, the kept value or the operation that has them first.

use crate::base::Span;
use crate::diag::Severity;
use crate::lsp::describe;
use crate::ops::{ConvMode, Op};
use crate::sema::{About, Described, Options};
use crate::syntax::ast::{DimArg, ItemKind, Member, TypeKind};
use crate::tir::{CellId, Kind, Program, Source, Target, Ty, ValueId};
use crate::types::Dim;

use super::commands::aligned;
use super::session::{Seen, Session};
use super::world::{Stop, World};

/// Where a size is first.
#[derive(Clone, Debug, PartialEq)]
enum Origin {
    /// An axis of memory.
    Cell(CellId, usize),
    /// A result of the operation at a place; none where an operation of dln's own makes it.
    Made(Span),
}

impl Session {
    /// `:why E`
    pub(super) fn why(&mut self, text: &str, world: &mut World) -> Result<(), Stop> {
        let block = self.expression(text, world)?;
        let (seen, answer) = self.question(block, false, world)?;
        let program = &seen.checked.programs[answer.program.index()];
        if let Described::Layer { .. } = &answer.value {
            return self.why_layer(text, &seen, world);
        }
        let results = program.outputs.iter().filter(|output| matches!(output.to, Target::Value(_)));
        let mut known = false;
        for output in results {
            let ty = &program.nodes[output.value.index()].tys[0];
            let sizes = (0..ty.shape.len()).map(|axis| {
                let origin = origin(program, output.value, axis);
                (format!("axis {axis} = {}", ty.shape[axis]), told(&origin, &seen))
            });
            let sizes: Vec<(String, String)> = sizes.collect();
            known = true;
            world.say(crate::sema::type_text(ty));
            aligned(&sizes).into_iter().for_each(|line| world.say(line));
        }
        if !known {
            world.say("there is no tensor in this");
            return Ok(());
        }
        let calls = program.calls.iter().filter(|call| !call.path.is_empty());
        let rows: Vec<(String, String)> = calls
            .map(|call| {
                (
                    format!("{}  {}", call.path, call.name),
                    format!("{} -> {}", shapes(&call.args), shapes(&call.results)),
                )
            })
            .collect();
        if !rows.is_empty() {
            world.say("through");
            aligned(&rows).into_iter().for_each(|line| world.say(line));
        }
        Ok(())
    }

    /// The sizes of a layer that were left to its first input.
    fn why_layer(&mut self, name: &str, seen: &Seen, world: &mut World) -> Result<(), Stop> {
        let options = Options { notes: true, ..self.settings.options() };
        let checked = seen.program.check(&options, &[]);
        if checked.diagnostics.iter().any(|diagnostic| diagnostic.severity == Severity::Error) {
            return Err(Stop);
        }
        let own =
            self.kept.iter().find(|kept| kept.names().iter().any(|own| **own == *name)).map(|kept| kept.item.span);
        let holes = checked.notes.iter().filter(|note| {
            note.about == About::Hole
                && own.is_none_or(|own| own.file == note.span.file && own.range().contains(&(note.span.lo as usize)))
        });
        let sources = &seen.program.sources;
        let rows: Vec<(String, String)> = holes
            .map(|note| {
                (format!("_ = {}", note.text), format!("at {}, from its first input", sources.place(note.span)))
            })
            .collect();
        if rows.is_empty() {
            world.say(format!("every size of `{name}` is written where it is declared"));
        }
        aligned(&rows).into_iter().for_each(|line| world.say(line));
        Ok(())
    }
}

/// What is to be said of an origin.
fn told(origin: &Origin, seen: &Seen) -> String {
    let sources = &seen.program.sources;
    match origin {
        Origin::Cell(cell, axis) => {
            let cell = &seen.checked.cells[cell.index()];
            match size_name(cell.span, *axis, seen) {
                Some(size) => format!("axis {axis} of `{}`, its size {size}", cell.path),
                None => format!("axis {axis} of `{}`, {}", cell.path, sources.place(cell.span)),
            }
        }
        Origin::Made(span) if span.is_none() => "an operation of its own".to_string(),
        Origin::Made(span) => {
            let text = sources.text(*span);
            let line = text.lines().next().unwrap_or("");
            format!("made by `{line}`, {}", sources.place(*span))
        }
    }
}

/// How the declaration of a parameter or a buffer calls the size of an axis.
fn size_name(declared: Span, axis: usize, seen: &Seen) -> Option<String> {
    let (_, item) = describe::item_at(&seen.program, declared)?;
    let ItemKind::Layer(layer) = &item.kind else { return None };
    let store = layer.members.iter().find_map(|member| match member {
        Member::Param(store) | Member::Buffer(store) if store.name.span == declared => Some(store),
        _ => None,
    })?;
    let TypeKind::Tensor { dims, .. } = &store.ty.kind else { return None };
    match dims.get(axis)? {
        DimArg::Size(size) => Some(format!("`{}` of `{}`", seen.program.sources.text(size.span), layer.name.name)),
        DimArg::Rest(..) => None,
    }
}

fn shapes(types: &[Ty]) -> String {
    let shape = |ty: &Ty| format!("[{}]", ty.shape.iter().map(Dim::to_string).collect::<Vec<_>>().join(", "));
    types.iter().map(shape).collect::<Vec<_>>().join(" ")
}

/// Follows an axis back to where its size is first.
fn origin(program: &Program, value: ValueId, axis: usize) -> Origin {
    let (mut value, mut axis) = (value, axis);
    loop {
        let node = &program.nodes[value.index()];
        let arg = |i: usize| node.args[i];
        let shape = |i: usize| &program.nodes[node.args[i].index()].tys[0].shape;
        let next = match &node.kind {
            Kind::Input(Source::Cell(cell)) => return Origin::Cell(*cell, axis),
            // A derivative has the sizes of what it is in.
            Kind::Result(i) => {
                let of = &program.nodes[arg(0).index()];
                matches!(of.kind, Kind::Grad).then(|| (of.args[i + 1], axis))
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
            None => return Origin::Made(node.span),
        }
    }
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
