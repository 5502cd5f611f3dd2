//! Places the buffers of an ordered draft in one arena.
//!
//! A buffer lives from the step that writes it to the last step that reads it. Buffers whose lives do not meet may
//! share memory; a result of element-wise work takes over the memory of an operand that dies there. Largest first, each
//! goes into the smallest gap that holds it.

use super::draft::{Buffer, BufferId, Draft, DraftStep, Home};
use super::view::View;
use super::{ALIGN, Action, Loop, Operand, Options, Place, Plan, Step};
use crate::graph::Graph;
use crate::ops::Op;

/// One stretch of the arena, used by one buffer or handed from buffer to buffer.
#[derive(Clone, Debug)]
struct Stretch {
    bytes: usize,
    first: usize,
    last: usize,
    offset: usize,
}

/// Places everything, and writes the plan.
pub fn place(graph: &Graph, draft: Draft, options: &Options) -> Plan {
    let mut lives = Lives::new(&draft);
    let arena = fit(&mut lives.stretches);
    let place = |buffer: BufferId| match draft.buffers[buffer.index()].home {
        Home::Input(input) => Place::Input(input),
        Home::Output(output) => Place::Output(output),
        Home::Constant(constant) => Place::Constant(constant),
        Home::Arena => Place::Arena(lives.offset(buffer)),
    };
    let steps = draft.steps.iter().map(|step| finish(step, &draft.buffers, &place));
    Plan {
        inputs: graph.inputs.clone(),
        outputs: graph
            .outputs
            .iter()
            .map(|(name, node)| (name.clone(), graph.nodes[node.index()].tys[0].clone()))
            .collect(),
        steps: steps.collect(),
        constants: draft.constants.clone(),
        arena,
        updates: options.updates.clone(),
        stays: options.stays.clone(),
    }
}

/// A step with its places.
fn finish(step: &DraftStep, buffers: &[Buffer], place: &dyn Fn(BufferId) -> Place) -> Step {
    let operand =
        |buffer: BufferId, view: View| Operand { place: place(buffer), dtype: buffers[buffer.index()].ty.dtype, view };
    let offset = |buffer: &BufferId| match place(*buffer) {
        Place::Arena(offset) => offset,
        _ => unreachable!("working memory lies in the arena"),
    };
    let mut action = step.action.clone();
    if let (Action::Loop(found), Some((arena, spares))) = (&mut action, step.workspace.split_first()) {
        let Loop { arena: base, spares: places, .. } = found.as_mut();
        *base = offset(arena);
        *places = spares.iter().map(offset).collect();
    }
    let part = |result: usize| step.parts.get(result).cloned().flatten();
    let dense = |buffer: BufferId| View::dense(&buffers[buffer.index()].ty.shape);
    Step {
        node: step.node,
        span: step.span,
        action,
        args: step.reads.iter().map(|(b, view)| operand(*b, view.clone())).collect(),
        results: step
            .writes
            .iter()
            .enumerate()
            .map(|(i, &b)| operand(b, part(i).unwrap_or_else(|| dense(b))))
            .collect(),
    }
}

struct Lives {
    /// By buffer: its stretch, if it lies in the arena.
    stretch_of: Vec<Option<usize>>,
    stretches: Vec<Stretch>,
}

impl Lives {
    fn new(draft: &Draft) -> Lives {
        let mut last = vec![0; draft.buffers.len()];
        for (time, step) in draft.steps.iter().enumerate() {
            let reads = step.reads.iter().map(|(buffer, _)| buffer);
            // What runs on parts of a convolution's result overwrites nothing that others of its parts are made of.
            let end = time + usize::from(draft.steps.get(time + 1).is_some_and(|next| is_epilogue(step, next)));
            for buffer in reads.clone() {
                last[buffer.index()] = last[buffer.index()].max(end);
            }
            for buffer in step.writes.iter().chain(&step.workspace) {
                last[buffer.index()] = last[buffer.index()].max(time);
            }
        }
        let mut lives = Lives { stretch_of: vec![None; draft.buffers.len()], stretches: Vec::new() };
        for (time, step) in draft.steps.iter().enumerate() {
            for &buffer in step.writes.iter().chain(&step.workspace) {
                let placed = lives.stretch_of[buffer.index()].is_some();
                if draft.buffers[buffer.index()].home == Home::Arena && !placed {
                    lives.begin(draft, step, time, buffer, last[buffer.index()]);
                }
            }
        }
        lives
    }

    /// Gives a buffer that `step` writes its stretch: a dying operand's, or a new one.
    fn begin(&mut self, draft: &Draft, step: &DraftStep, time: usize, buffer: BufferId, last: usize) {
        let bytes = size(&draft.buffers[buffer.index()]);
        let taken = self.heir(draft, step, time, buffer);
        let stretch = taken.unwrap_or_else(|| {
            self.stretches.push(Stretch { bytes, first: time, last: time, offset: 0 });
            self.stretches.len() - 1
        });
        self.stretches[stretch].last = last.max(time);
        self.stretch_of[buffer.index()] = Some(stretch);
    }

    /// The stretch of an operand that an element-wise step may overwrite with `result`.
    fn heir(&self, draft: &Draft, step: &DraftStep, time: usize, result: BufferId) -> Option<usize> {
        if !matches!(step.action, Action::Fused(_)) {
            return None;
        }
        let width = |b: BufferId| draft.buffers[b.index()].ty.dtype.bytes();
        let count = |b: BufferId| draft.buffers[b.index()].ty.shape.iter().product::<usize>();
        let fits = |stretch: &usize| {
            let held = |b: BufferId| self.stretch_of[b.index()] == Some(*stretch);
            let in_place = |(b, view): &(BufferId, View)| {
                let same = width(*b) == width(result) && count(*b) == count(result);
                !held(*b) || same && view.is_dense() && view.count() == count(*b)
            };
            let found = &self.stretches[*stretch];
            found.last == time
                && found.first < time
                && found.bytes == size(&draft.buffers[result.index()])
                && !step.writes.iter().any(|&b| held(b))
                && step.reads.iter().all(in_place)
        };
        let operands = step.reads.iter().filter_map(|(b, _)| self.stretch_of[b.index()]);
        // Of several, what was written last: the others may be what epilogues read.
        operands.filter(fits).max_by_key(|&stretch| self.stretches[stretch].first)
    }

    fn offset(&self, buffer: BufferId) -> usize {
        let stretch = self.stretch_of[buffer.index()].expect("every step's buffers are placed");
        self.stretches[stretch].offset
    }
}

/// Whether a step may run on parts of the result of the convolution before it.
fn is_epilogue(step: &DraftStep, next: &DraftStep) -> bool {
    let reads = |next: &DraftStep| next.reads.iter().any(|(buffer, _)| step.writes.contains(buffer));
    matches!(&step.action, Action::Op(Op::Conv(_)))
        && matches!(&next.action, Action::Fused(fused) if fused.row == 1)
        && reads(next)
}

/// Bytes that a buffer takes in the arena.
fn size(buffer: &Buffer) -> usize {
    let count: usize = buffer.ty.shape.iter().product();
    (count * buffer.ty.dtype.bytes()).next_multiple_of(ALIGN)
}

/// Gives every stretch its offset; returns the size of the arena.
fn fit(stretches: &mut [Stretch]) -> usize {
    let mut order: Vec<usize> = (0..stretches.len()).collect();
    order.sort_by_key(|&s| (std::cmp::Reverse(stretches[s].bytes), stretches[s].first, s));
    let mut placed: Vec<usize> = Vec::new();
    let mut arena = 0;
    for stretch in order {
        let own = stretches[stretch].clone();
        let meets = |s: &Stretch| s.first <= own.last && own.first <= s.last;
        let mut taken: Vec<(usize, usize)> = placed
            .iter()
            .map(|&p| &stretches[p])
            .filter(|s| meets(s))
            .map(|s| (s.offset, s.offset + s.bytes))
            .collect();
        taken.sort_unstable();
        let offset = best_gap(&taken, own.bytes);
        stretches[stretch].offset = offset;
        arena = arena.max(offset + own.bytes);
        placed.push(stretch);
    }
    arena
}

/// Where `bytes` fit between the taken ranges, wasting least; behind them all if nowhere else.
fn best_gap(taken: &[(usize, usize)], bytes: usize) -> usize {
    let mut end = 0;
    let mut best: Option<(usize, usize)> = None;
    for &(from, to) in taken {
        let gap = from.saturating_sub(end);
        if gap >= bytes && best.is_none_or(|(waste, _)| gap - bytes < waste) {
            best = Some((gap - bytes, end));
        }
        end = end.max(to);
    }
    best.map_or(end, |(_, offset)| offset)
}

#[cfg(test)]
mod tests {
    use crate::base::Span;
    use crate::graph::{Builder, Emit, Type};
    use crate::ops::{Op, Unary};
    use crate::plan::{Options, Place, plan};
    use crate::types::DType;

    /// `n` times a product and an element-wise op on `[64, 64]`.
    fn chain(n: usize) -> crate::graph::Graph {
        let mut builder = Builder::new();
        let mut x = builder.input("x", Type::new(DType::F32, vec![64, 64]));
        for _ in 0..n {
            let mut emit = Emit::new(&mut builder, Span::none());
            x = emit.op(Op::Dot { batch: vec![], contract: vec![(1, 0)] }, &[x, x]);
            x = emit.unary(Unary::Tanh, x);
        }
        builder.output("y", x);
        builder.finish()
    }

    #[test]
    fn a_chain_needs_two_buffers_however_long_it_is() {
        let plan = plan(&chain(20), &Options::default());
        assert_eq!(plan.arena, 2 * 64 * 64 * 4, "{plan}");
    }

    #[test]
    fn element_wise_work_is_done_in_place() {
        let plan = plan(&chain(2), &Options::default());
        let fused = &plan.steps[1];
        assert!(matches!(fused.results[0].place, Place::Arena(_)), "{plan}");
        assert_eq!(fused.args[0].place, fused.results[0].place, "{plan}");
    }
}
