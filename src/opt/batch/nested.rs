//! A loop in the body of a batched one: it runs once, on whole batches.
//!
//! Where its condition is another one in each lane, it runs as long as it holds in any of them. A lane that does not run keeps
//! its carries and has zeros for ys, and what it computes meanwhile is harmless (`guard`).

use super::guard;
use super::lane::{Lane, Lanes};
use crate::graph::{Builder, Graph, NodeId, Type};
use crate::ops::Scan;
use crate::types::DType;

type Loop = Scan<usize, Graph>;

/// The results of the inner loop in all iterations of the outer one.
pub fn scan(lanes: &mut Lanes, scan: &Loop, args: &[Lane]) -> Vec<Lane> {
    let each = changing(scan, args);
    let own = scan.when.filter(|&when| each[when]);
    let mut operands = vec![];
    for (operand, &arg) in args.iter().enumerate() {
        let sliced = (scan.carries..scan.carries + scan.xs).contains(&operand);
        operands.push(match (each[operand], sliced, arg) {
            (true, true, Lane::Each(node)) => swapped(lanes, node),
            (true, false, lane) => lanes.each(lane),
            (_, _, Lane::Same(node) | Lane::Each(node)) => node,
        });
    }
    if let Some(when) = own {
        operands[when] = guard::active_too(lanes, operands[when]);
        let any = guard::any_lane(&mut lanes.emit(), operands[when]);
        operands.insert(behind(scan, when), any);
    } else {
        operands.extend(lanes.active);
    }
    let (batched, ys) = batched(lanes, scan, &each, own);
    let extra = batched.carries > scan.carries;
    let mut results = lanes.builder.scan(batched, &operands, lanes.span);
    if extra {
        results.remove(scan.carries);
    }
    let (finals, stacked) = results.split_at(scan.carries);
    let finals = finals.iter().zip(&each).map(|(&node, each)| if *each { Lane::Each(node) } else { Lane::Same(node) });
    let mut out: Vec<Lane> = finals.collect();
    for (&node, each) in stacked.iter().zip(ys) {
        out.push(if each { Lane::Each(swapped(lanes, node)) } else { Lane::Same(node) });
    }
    out
}

/// Where an operand of the same kind (a carry, an x, a constant) can be added.
fn behind(scan: &Loop, operand: usize) -> usize {
    let ends = [scan.carries, scan.carries + scan.xs, scan.body.inputs.len() - 1];
    ends.into_iter().find(|&end| operand < end).expect("it is an operand")
}

/// The loop on batches, and which of its ys change with the outer iteration. `own` is a condition of each lane.
fn batched(lanes: &Lanes, scan: &Loop, each: &[bool], own: Option<usize>) -> (Loop, Vec<bool>) {
    let mut inside = Builder::new();
    let iteration = Lane::Same(inside.input("iteration", Type::new(DType::I64, vec![])));
    let batch = |ty: &Type| Type::new(ty.dtype, lanes.with_iterations(&ty.shape));
    let types = scan.body.inputs[1..].iter().zip(each);
    let mut types: Vec<_> =
        types.map(|((name, ty), &each)| (name.clone(), if each { batch(ty) } else { ty.clone() })).collect();
    let flag = Type::new(DType::Bool, vec![]);
    let added = match own {
        Some(when) => Some((behind(scan, when), ("any".into(), flag))),
        None => lanes.active.map(|_| (types.len(), ("active".into(), batch(&flag)))),
    };
    let place = added.as_ref().map(|(place, _)| *place);
    if let Some((place, input)) = added {
        types.insert(place, input);
    }
    let mut inputs: Vec<NodeId> = types.into_iter().map(|(name, ty)| inside.input(&name, ty)).collect();
    let added = place.map(|place| inputs.remove(place));
    let active = own.map(|when| inputs[when]).or(added);

    let mut inner = Lanes { builder: &mut inside, n: lanes.n, span: lanes.span, active };
    let operands = inputs.iter().zip(each).map(|(&node, &each)| if each { Lane::Each(node) } else { Lane::Same(node) });
    let operands: Vec<Lane> = std::iter::once(iteration).chain(operands).collect();
    let values = super::body(&mut inner, &scan.body, &operands);
    let mut ys = vec![];
    let mut outputs: Vec<NodeId> = vec![];
    for (i, (_, output)) in scan.body.outputs.iter().enumerate() {
        let lane = values[output.index()][0];
        let carry = i < scan.carries;
        let changes = if carry { each[i] } else { own.is_some() || matches!(lane, Lane::Each(_)) };
        if !carry {
            ys.push(changes);
        }
        outputs.push(match lane {
            lane if own.is_some() => {
                let value = inner.each(lane);
                guard::kept(&mut inner, value, carry.then(|| inputs[i]))
            }
            lane if changes => inner.each(lane),
            Lane::Same(node) | Lane::Each(node) => node,
        });
    }
    let mut names: Vec<_> = scan.body.outputs.iter().map(|(name, _)| name.clone()).collect();
    if let Some(when) = own.filter(|_| scan.ends()) {
        let any = guard::any_lane(&mut inner.emit(), outputs[when]);
        outputs.insert(scan.carries, any);
        names.insert(scan.carries, "any".into());
    }
    for (name, node) in names.iter().zip(outputs) {
        inside.output(name, node);
    }
    let is = |kind: std::ops::Range<usize>| usize::from(own.is_some_and(|when| kind.contains(&when)));
    let batched = Scan {
        carries: scan.carries + is(0..scan.carries),
        xs: scan.xs + is(scan.carries..scan.carries + scan.xs),
        when: own.map(|when| behind(scan, when)).or(scan.when),
        body: inside.finish(),
        ..*scan
    };
    (batched, ys)
}

/// By operand: whether it changes with the outer iteration. A carry does if what it becomes does, or whether it goes on.
fn changing(scan: &Loop, args: &[Lane]) -> Vec<bool> {
    let mut each: Vec<bool> = args.iter().map(|lane| matches!(lane, Lane::Each(_))).collect();
    let inputs = scan.body.input_nodes();
    loop {
        let sources: Vec<NodeId> = (0..each.len()).filter(|&i| each[i]).filter_map(|i| inputs[i + 1]).collect();
        let depends = scan.body.depends_on(&sources);
        let masked = scan.when.is_some_and(|when| each[when]);
        let next = |carry: &usize| !each[*carry] && (masked || depends[scan.body.outputs[*carry].1.index()]);
        match (0..scan.carries).find(next) {
            Some(carry) => each[carry] = true,
            None => return each,
        }
    }
}

/// With the first two axes exchanged.
fn swapped(lanes: &mut Lanes, x: NodeId) -> NodeId {
    let rank = lanes.builder.ty(x).rank();
    let perm: Vec<usize> = [1, 0].into_iter().chain(2..rank).collect();
    lanes.emit().transpose(x, &perm)
}
