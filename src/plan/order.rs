//! Puts the steps of a draft in an order that keeps dependencies, and lets states be overwritten where they lie.
//!
//! An output that is the next value of an input may share its memory only if whoever writes it runs behind everybody
//! who reads the old value, and behind the guards. Where that would close a circle (batch statistics that are also read
//! as outputs, two states that swap), the value is made elsewhere and copied at the end.

use super::draft::{Draft, DraftStep, Home, StepId};
use super::{Action, Options};
use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// Orders the steps.
pub fn order(draft: &mut Draft, options: &Options) {
    for &(output, input) in &options.updates {
        protect(draft, output, input);
    }
    let order = schedule(draft);
    let mut steps: Vec<Option<DraftStep>> = draft.steps.drain(..).map(Some).collect();
    draft.steps = order.into_iter().filter_map(|step| steps[step.index()].take()).collect();
}

/// Makes sure that `output` is written behind the guards and everybody who reads `input`.
fn protect(draft: &mut Draft, output: usize, input: usize) {
    let home = Home::Output(output);
    let writes = |step: &DraftStep| {
        let mut writes = step.writes.iter();
        writes.any(|buffer| draft.buffers[buffer.index()].home == home)
    };
    let Some(writer) = draft.steps.iter().position(writes) else {
        return;
    };
    let mut before = readers(draft, Home::Input(input));
    before.retain(|step| step.index() != writer);
    before.extend(steps(draft, |action| matches!(action, Action::Guard(_))));
    let reached = reachable(draft, StepId::from(writer));
    let circle = before.iter().any(|step| reached[step.index()]);
    let free = |step: &StepId| step.index() != writer && !reached[step.index()];
    before.extend(steps(draft, can_fail).into_iter().filter(free));
    if !circle && reads_in_place(draft, writer, input) {
        draft.steps[writer].after.extend(before);
    } else {
        before.push(StepId::from(writer));
        copy_later(draft, output, writer, before);
    }
}

/// The steps with such an action.
fn steps(draft: &Draft, kind: fn(&Action) -> bool) -> Vec<StepId> {
    (0..draft.steps.len()).filter(|&step| kind(&draft.steps[step].action)).map(StepId::from).collect()
}

/// Whether a step may stop the run; states are better overwritten behind it.
fn can_fail(action: &Action) -> bool {
    match action {
        Action::Op(op) => op.can_fail(),
        Action::Loop(found) => found.body.steps.iter().any(|step| can_fail(&step.action)),
        Action::Guard(_) => true,
        Action::Fused(_) | Action::Copy | Action::Peaks { .. } => false,
    }
}

/// The steps that read the buffer with the given home.
fn readers(draft: &Draft, home: Home) -> Vec<StepId> {
    let reads = |step: &DraftStep| {
        let mut reads = step.reads.iter();
        reads.any(|(buffer, _)| draft.buffers[buffer.index()].home == home)
    };
    let steps = draft.steps.iter().enumerate();
    steps.filter(|(_, step)| reads(step)).map(|(index, _)| StepId::from(index)).collect()
}

/// Whether a step reads an input, if at all, element by element at the place where it writes.
fn reads_in_place(draft: &Draft, step: usize, input: usize) -> bool {
    let step = &draft.steps[step];
    let local = matches!(step.action, Action::Fused(_) | Action::Copy);
    step.reads.iter().all(|(buffer, view)| {
        let buffer = &draft.buffers[buffer.index()];
        buffer.home != Home::Input(input) || local && view.is_dense() && view.count() == buffer.ty.len()
    })
}

/// Sends the value of an output to the arena, and copies it at the end.
fn copy_later(draft: &mut Draft, output: usize, writer: usize, after: Vec<StepId>) {
    let is_home = |b: &&super::draft::BufferId| draft.buffers[b.index()].home == Home::Output(output);
    let step = &draft.steps[writer];
    let Some(&value) = step.writes.iter().find(is_home) else { return };
    let (node, span) = (step.node, step.span);
    let ty = draft.buffers[value.index()].ty.clone();
    let view = super::View::dense(&ty.shape);
    draft.buffers[value.index()].home = Home::Arena;
    let target = draft.buffer(ty, Home::Output(output));
    draft.steps.push(DraftStep {
        node,
        span,
        action: Action::Copy,
        reads: vec![(value, view)],
        writes: vec![target],
        parts: vec![],
        workspace: vec![],
        rank: usize::MAX,
        after,
    });
}

/// By step: the steps that must run behind it.
fn successors(draft: &Draft) -> Vec<Vec<StepId>> {
    let mut writers: Vec<Vec<StepId>> = vec![vec![]; draft.buffers.len()];
    for (index, step) in draft.steps.iter().enumerate() {
        for buffer in &step.writes {
            writers[buffer.index()].push(StepId::from(index));
        }
    }
    let mut next: Vec<Vec<StepId>> = vec![Vec::new(); draft.steps.len()];
    for (index, step) in draft.steps.iter().enumerate() {
        let written = step.reads.iter().flat_map(|(b, _)| &writers[b.index()]).copied();
        let mut before: Vec<StepId> = written.chain(step.after.iter().copied()).collect();
        before.sort();
        before.dedup();
        for earlier in before {
            next[earlier.index()].push(StepId::from(index));
        }
    }
    next
}

/// By step: whether it must run behind `start`.
fn reachable(draft: &Draft, start: StepId) -> Vec<bool> {
    let next = successors(draft);
    let mut seen = vec![false; draft.steps.len()];
    let mut open = vec![start];
    while let Some(step) = open.pop() {
        for &follower in &next[step.index()] {
            if !std::mem::replace(&mut seen[follower.index()], true) {
                open.push(follower);
            }
        }
    }
    seen
}

/// An order of all steps: of those that may run next, always the one of the least rank.
fn schedule(draft: &Draft) -> Vec<StepId> {
    let next = successors(draft);
    let mut waits = vec![0usize; draft.steps.len()];
    for step in next.iter().flatten() {
        waits[step.index()] += 1;
    }
    let rank = |step: usize| Reverse((draft.steps[step].rank, step));
    let ready = (0..draft.steps.len()).filter(|&step| waits[step] == 0);
    let mut ready: BinaryHeap<Reverse<(usize, usize)>> = ready.map(rank).collect();
    let mut order = Vec::with_capacity(draft.steps.len());
    while let Some(Reverse((_, step))) = ready.pop() {
        order.push(StepId::from(step));
        for follower in &next[step] {
            waits[follower.index()] -= 1;
            if waits[follower.index()] == 0 {
                ready.push(rank(follower.index()));
            }
        }
    }
    assert_eq!(order.len(), draft.steps.len(), "the steps form a circle");
    order
}
