//! Turns units into steps over buffers that have no place yet.

use super::group::{Groups, UnitId, pointwise};
use super::view::View;
use super::{Action, Loop, Options, join, plan};
use crate::base::Span;
use crate::graph::{Graph, Kind, Node, NodeId, Type};
use crate::id;
use crate::ops::{Op, Scan};
use crate::types::{DType, Scalar};
use std::collections::HashMap;

id!(
    /// A buffer of one draft.
    BufferId,
    "b"
);
id!(
    /// A step of one draft.
    StepId,
    "s"
);

/// Who owns a buffer's memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Home {
    Arena,
    Input(usize),
    Output(usize),
    Constant(usize),
}

/// A dense array; written by at most one step, or by several that have parts of it.
#[derive(Clone, Debug)]
pub struct Buffer {
    pub ty: Type,
    pub home: Home,
}

/// A step before its buffers are placed.
#[derive(Clone, Debug)]
pub struct DraftStep {
    pub node: NodeId,
    pub span: Span,
    pub action: Action,
    pub reads: Vec<(BufferId, View)>,
    pub writes: Vec<BufferId>,
    /// By result: where it lies in its buffer, if that isn't all of it; none for all if empty.
    pub parts: Vec<Option<View>>,
    /// Memory that only this step needs: of a loop, the body's arena, then one spare per carry.
    pub workspace: Vec<BufferId>,
    /// Steps run in this order as far as their dependencies allow.
    pub rank: usize,
    /// Steps that must run before, beyond the writers of `reads`.
    pub after: Vec<StepId>,
}

/// All steps, in no order.
#[derive(Debug, Default)]
pub struct Draft {
    pub steps: Vec<DraftStep>,
    pub buffers: Vec<Buffer>,
    pub constants: Vec<Scalar>,
}

/// Drafts the steps of a graph, with the copies into outputs and the guards.
pub fn draft(graph: &Graph, groups: &Groups, options: &Options) -> Draft {
    let mut drafting = Drafting {
        graph,
        groups,
        draft: Draft::default(),
        buffer_of: vec![None; graph.nodes.len()],
        copies: HashMap::new(),
    };
    for index in 0..graph.inputs.len() {
        let ty = graph.inputs[index].1.clone();
        drafting.draft.buffer(ty, Home::Input(index));
    }
    for unit in 0..groups.members.len() {
        drafting.unit(UnitId::from(unit));
    }
    for output in 0..graph.outputs.len() {
        drafting.output(output);
    }
    for &output in &options.guards {
        let node = graph.outputs[output].1;
        drafting.step(node, Action::Guard(output), &[node], vec![]);
    }
    join::join(&mut drafting.draft, options);
    drafting.draft
}

impl Draft {
    pub fn buffer(&mut self, ty: Type, home: Home) -> BufferId {
        self.buffers.push(Buffer { ty, home });
        BufferId::from(self.buffers.len() - 1)
    }

    fn bytes(&mut self, size: usize) -> BufferId {
        let ty = Type { dtype: DType::U8, shape: vec![size] };
        self.buffer(ty, Home::Arena)
    }
}

/// A draft that grows.
pub struct Drafting<'a> {
    pub graph: &'a Graph,
    pub groups: &'a Groups,
    draft: Draft,
    /// By node that owns its buffer, made on first demand.
    buffer_of: Vec<Option<BufferId>>,
    /// By node and order of its axes: its copy without gaps.
    copies: HashMap<(BufferId, View), BufferId>,
}

impl<'a> Drafting<'a> {
    pub fn node(&self, node: NodeId) -> &'a Node {
        &self.graph.nodes[node.index()]
    }

    /// The buffer of a node that owns one.
    pub fn owned(&mut self, node: NodeId) -> BufferId {
        if let Some(buffer) = self.buffer_of[node.index()] {
            return buffer;
        }
        let found = self.node(node);
        let buffer = match &found.kind {
            Kind::Input(index) => BufferId::from(*index),
            Kind::Op(Op::Const(value)) => {
                self.draft.constants.push(*value);
                let home = Home::Constant(self.draft.constants.len() - 1);
                self.draft.buffer(found.tys[0].clone(), home)
            }
            _ => self.draft.buffer(found.tys[0].clone(), Home::Arena),
        };
        self.buffer_of[node.index()] = Some(buffer);
        buffer
    }

    /// A node's value as it lies.
    pub fn read(&mut self, node: NodeId) -> (BufferId, View) {
        let alias = &self.groups.aliases[node.index()];
        (self.owned(alias.root), alias.view.clone())
    }

    /// A node's value without gaps, copied if need be.
    pub fn contiguous(&mut self, node: NodeId) -> (BufferId, View) {
        let (buffer, view) = self.read(node);
        match view.is_contiguous() {
            true => (buffer, view),
            false => self.packed(node, (0..view.shape.len()).collect()),
        }
    }

    /// A copy of a node's value in which its axes lie in the order `perm`, seen with the axes in their own order; one that is
    /// there already, made for whomever.
    fn packed(&mut self, node: NodeId, perm: Vec<usize>) -> (BufferId, View) {
        let (buffer, view) = self.read(node);
        let turned = view.transpose(&perm);
        let mut back = vec![0; perm.len()];
        for (position, &axis) in perm.iter().enumerate() {
            back[axis] = position;
        }
        let seen = View::dense(&turned.shape).transpose(&back);
        if let Some(&copy) = self.copies.get(&(buffer, turned.clone())) {
            return (copy, seen);
        }
        let ty = Type { dtype: self.node(node).tys[0].dtype, shape: turned.shape.clone() };
        let copy = self.draft.buffer(ty, Home::Arena);
        self.copies.insert((buffer, turned.clone()), copy);
        self.push(node, Action::Copy, vec![(buffer, turned)], vec![copy]);
        (copy, seen)
    }

    pub fn push(&mut self, node: NodeId, action: Action, reads: Vec<(BufferId, View)>, writes: Vec<BufferId>) {
        self.draft.steps.push(DraftStep {
            node,
            span: self.node(node).span,
            action,
            reads,
            writes,
            parts: vec![],
            workspace: vec![],
            rank: node.index(),
            after: vec![],
        });
    }

    fn step(&mut self, node: NodeId, action: Action, args: &[NodeId], writes: Vec<BufferId>) {
        let reads = args.iter().map(|&arg| self.read(arg)).collect();
        self.push(node, action, reads, writes);
    }

    fn unit(&mut self, unit: UnitId) {
        let members = &self.groups.members[unit.index()];
        let Some(&node) = members.last() else { return };
        let owns = self.groups.aliases[node.index()].root == node;
        if !owns || !members.iter().any(|m| self.groups.live[m.index()]) {
            return;
        }
        match &self.node(node).kind {
            Kind::Input(_) | Kind::Result(_) | Kind::Op(Op::Const(_)) => {}
            Kind::Scan(scan) => self.scan(node, scan),
            Kind::Op(op) if pointwise(op).is_some() || members.len() > 1 => self.fused(unit),
            Kind::Op(op) => self.op(node, op),
        }
    }

    fn op(&mut self, node: NodeId, op: &Op<usize>) {
        let args = &self.node(node).args;
        if let (Op::Unwindows { axis, stride, dilation, .. }, &[windows, g]) = (op, &args[..]) {
            return self.peaks(node, [*axis, *stride, *dilation], windows, g);
        }
        let reads = match op {
            Op::Reduce { .. } | Op::Pad { .. } | Op::Concat { .. } => args.iter().map(|&arg| self.read(arg)).collect(),
            _ if op.is_view() => vec![self.read(args[0])],
            Op::Dot { batch, contract } => self.dot_args(args, batch, contract),
            _ => args.iter().map(|&arg| self.contiguous(arg)).collect(),
        };
        let action = match op.is_view() {
            true => Action::Copy,
            false => Action::Op(op.clone()),
        };
        let result = self.owned(node);
        self.push(node, action, reads, vec![result]);
    }

    /// What `peak` has found.
    fn peaks(&mut self, node: NodeId, [axis, stride, dilation]: [usize; 3], windows: NodeId, g: NodeId) {
        let Node { args, tys, .. } = self.node(windows);
        let size = *tys[0].shape.last().expect("the window's own axis");
        let reads = vec![self.contiguous(args[0]), self.contiguous(g)];
        let result = self.owned(node);
        self.push(node, Action::Peaks { axis, size, stride, dilation }, reads, vec![result]);
    }

    /// Operands of a product may lie in any order as long as rows, columns and the summed axes each have one stride.
    fn dot_args(
        &mut self,
        args: &[NodeId],
        batch: &[(usize, usize)],
        contract: &[(usize, usize)],
    ) -> Vec<(BufferId, View)> {
        let side = |pairs: &[(usize, usize)], left: bool| -> Vec<usize> {
            let pick = |pair: &(usize, usize)| if left { pair.0 } else { pair.1 };
            pairs.iter().map(pick).collect()
        };
        let sides = [(args[0], true), (args[1], false)];
        let sides = sides.map(|(arg, left)| self.dot_arg(arg, side(batch, left), side(contract, left)));
        sides.into()
    }

    fn dot_arg(&mut self, arg: NodeId, batch: Vec<usize>, contract: Vec<usize>) -> (BufferId, View) {
        let (buffer, view) = self.read(arg);
        let taken = |axis: &usize| batch.contains(axis) || contract.contains(axis);
        let free: Vec<usize> = (0..view.shape.len()).filter(|a| !taken(a)).collect();
        if view.stride_of(&free).is_some() && view.stride_of(&contract).is_some() {
            return (buffer, view);
        }
        // Either order will do: the elements that lie side by side are to stay so.
        let orders = [[&batch[..], &free, &contract].concat(), [&batch[..], &contract, &free].concat()];
        let stride = |perm: &Vec<usize>| {
            perm.iter().rev().find(|&&axis| view.shape[axis] > 1).map(|&axis| view.strides[axis].abs())
        };
        let order = orders.into_iter().min_by_key(stride).expect("two orders");
        self.packed(arg, order)
    }

    fn scan(&mut self, node: NodeId, scan: &Scan<usize, Graph>) {
        let found = self.node(node);
        let body = plan(&scan.body, &Options::default());
        let reads = found.args.iter().map(|&arg| self.contiguous(arg)).collect();
        let mut writes: Vec<Option<BufferId>> = vec![None; found.tys.len()];
        for (index, user) in self.graph.nodes.iter().enumerate().skip(node.index() + 1) {
            if let (Kind::Result(result), true) = (&user.kind, user.args == [node]) {
                let known = writes[*result];
                let buffer = known.unwrap_or_else(|| self.owned(NodeId::from(index)));
                self.buffer_of[index] = Some(buffer);
                writes[*result] = Some(buffer);
            }
        }
        let mut writes_all = Vec::new();
        for (known, ty) in writes.iter().zip(&found.tys) {
            let unused = || self.draft.buffer(ty.clone(), Home::Arena);
            writes_all.push(known.unwrap_or_else(unused));
        }
        let carries = &found.tys[..scan.carries];
        let mut workspace = vec![self.draft.bytes(body.arena)];
        for ty in carries {
            workspace.push(self.draft.buffer(ty.clone(), Home::Arena));
        }
        let action = Action::Loop(Box::new(Loop {
            n: scan.n,
            reverse: scan.reverse,
            carries: scan.carries,
            xs: scan.xs,
            when: scan.when,
            body,
            arena: 0,
            spares: vec![],
        }));
        self.push(node, action, reads, writes_all);
        if let Some(step) = self.draft.steps.last_mut() {
            step.workspace = workspace;
        }
    }

    /// Gives an output its value: the buffer itself where nobody else claims it, else a copy.
    fn output(&mut self, output: usize) {
        let node = self.graph.outputs[output].1;
        let (buffer, view) = self.read(node);
        let owned = &mut self.draft.buffers[buffer.index()];
        let whole = view.is_dense() && view.count() == owned.ty.shape.iter().product::<usize>();
        if whole && owned.home == Home::Arena {
            owned.home = Home::Output(output);
            return;
        }
        let ty = self.node(node).tys[0].clone();
        let copy = self.draft.buffer(ty, Home::Output(output));
        self.push(node, Action::Copy, vec![(buffer, view)], vec![copy]);
    }
}
