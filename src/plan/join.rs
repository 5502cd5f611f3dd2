//! What is joined (`Concat`) is written where the whole lies, by the element-wise steps that make its parts, if nobody else reads
//! them: the gates of a recurrent cell have their gradients side by side without a copy.

use super::draft::{BufferId, Draft, DraftStep, Home, StepId};
use super::view::View;
use super::{Action, Options};
use crate::ops::Op;

/// Elements of a part that lie together, at least: shorter ones are better written apart and then copied.
const STRETCH: usize = 128;

/// A result that is a part of a whole.
struct Part {
    step: StepId,
    result: usize,
    view: View,
}

/// Takes the steps out that would only copy parts side by side.
pub fn join(draft: &mut Draft, options: &Options) {
    for step in (0..draft.steps.len()).rev() {
        let Some((whole, parts)) = found(draft, &draft.steps[step], options) else { continue };
        for Part { step, result, view } in parts {
            let writer = &mut draft.steps[step.index()];
            writer.writes[result] = whole;
            writer.parts.resize(writer.writes.len(), None);
            writer.parts[result] = Some(view);
        }
        draft.steps.remove(step);
    }
}

/// What a `Concat` that need not run would write, and the parts of it.
fn found(draft: &Draft, step: &DraftStep, options: &Options) -> Option<(BufferId, Vec<Part>)> {
    let Action::Op(Op::Concat { axis }) = step.action else { return None };
    let &[whole] = &step.writes[..] else { return None };
    let buffer = &draft.buffers[whole.index()];
    // The next value of a state is written when the old one is no longer read, which is looked for at one step.
    if options.updates.iter().any(|(output, _)| buffer.home == Home::Output(*output)) {
        return None;
    }
    let all = View::dense(&buffer.ty.shape);
    let (mut parts, mut first) = (vec![], 0);
    for (part, view) in &step.reads {
        let (step, result) = writer(draft, *part)?;
        let stretch: usize = view.shape[axis..].iter().product();
        let buffer = &draft.buffers[part.index()];
        let whole = view.is_dense() && view.count() == buffer.ty.len() && buffer.home == Home::Arena;
        if !whole || stretch < STRETCH || readers(draft, *part) != 1 {
            return None;
        }
        parts.push(Part { step, result, view: all.slice(axis, first, first + view.shape[axis], 1) });
        first += view.shape[axis];
    }
    Some((whole, parts))
}

/// The element-wise step that writes a buffer, without rows, and which of its results that is.
fn writer(draft: &Draft, buffer: BufferId) -> Option<(StepId, usize)> {
    let place = |step: &DraftStep| step.writes.iter().position(|written| *written == buffer);
    let (index, result) = draft.steps.iter().enumerate().find_map(|(index, step)| Some((index, place(step)?)))?;
    let fused = matches!(&draft.steps[index].action, Action::Fused(fused) if fused.row == 1);
    fused.then_some((StepId::from(index), result))
}

/// How often a buffer is read.
fn readers(draft: &Draft, buffer: BufferId) -> usize {
    draft.steps.iter().flat_map(|step| &step.reads).filter(|(read, _)| *read == buffer).count()
}

#[cfg(test)]
mod tests {
    use crate::base::Span;
    use crate::graph::{Builder, Emit, NodeId, Type};
    use crate::ops::{Op, Unary};
    use crate::plan::{Action, Options, Plan, plan};
    use crate::types::DType;

    fn joined(width: usize, both: bool) -> Plan {
        let mut builder = Builder::new();
        let x = builder.input("x", Type::new(DType::F32, vec![32, width]));
        let mut emit = Emit::new(&mut builder, Span::none());
        let parts = [emit.unary(Unary::Tanh, x), emit.unary(Unary::Exp, x)];
        let whole: NodeId = emit.op(Op::Concat { axis: 1 }, &parts);
        let product = emit.op(Op::Dot { batch: vec![], contract: vec![(1, 1)] }, &[whole, whole]);
        if both {
            builder.output("part", parts[0]);
        }
        builder.output("y", product);
        plan(&builder.finish(), &Options::default())
    }

    fn concats(plan: &Plan) -> usize {
        plan.steps.iter().filter(|step| matches!(step.action, Action::Op(Op::Concat { .. }))).count()
    }

    #[test]
    fn parts_are_written_side_by_side() {
        let plan = joined(256, false);
        assert_eq!(concats(&plan), 0, "{plan}");
        assert_eq!(plan.arena, 32 * 512 * 4, "{plan}");
        let [a, b] = [0, 1].map(|step| &plan.steps[step].results[0]);
        assert_eq!([a.view.offset, b.view.offset], [0, 256], "{plan}");
        assert_eq!(a.place, b.place);
    }

    #[test]
    fn short_parts_and_those_that_others_read_are_copied() {
        assert_eq!(concats(&joined(100, false)), 1);
        assert_eq!(concats(&joined(256, true)), 1);
    }
}
