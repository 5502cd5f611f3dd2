//! Which values of a program a figure follows: those that come from the data and lead to what is shown.

use std::collections::BTreeMap;
use std::ops::Range;

use crate::ops::{Binary, Op};
use crate::tir::{Cell, Kind, Node, Program, Role, Source, Target, Ty, ValueId};
use crate::types::Dim;

/// A program and what is known of its values.
pub struct Values<'p> {
    pub program: &'p Program,
    cells: &'p [Cell],
    sizes: &'p BTreeMap<String, i64>,
    /// Made from the data or by chance.
    flows: Vec<bool>,
    /// Needed by what is shown.
    needed: Vec<bool>,
    /// What leaves the figure.
    pub ends: Vec<ValueId>,
    users: Vec<Vec<usize>>,
}

impl<'p> Values<'p> {
    /// Of the nodes of a range that is drawn.
    pub fn new(
        program: &'p Program,
        cells: &'p [Cell],
        sizes: &'p BTreeMap<String, i64>,
        drawn: &Range<usize>,
    ) -> Values<'p> {
        let users = users(program);
        let flows = flows(program);
        let mut values = Values { program, cells, sizes, flows, needed: vec![], ends: vec![], users };
        let results = values.results(drawn);
        values.needed = needed(program, &results);
        values.ends = results.into_iter().filter(|&v| values.leaves(v, drawn)).map(ValueId::from).collect();
        values
    }

    /// What the drawn part computes for others: what a function gives, what leaves a part of a program, and of a step of a
    /// training what its layers give.
    fn results(&self, drawn: &Range<usize>) -> Vec<usize> {
        let whole = *drawn == (0..self.program.nodes.len());
        let given: Vec<usize> = self.given().collect();
        let mut results: Vec<usize> = match (whole, given.is_empty()) {
            (true, false) => given,
            (true, true) => {
                let calls = self.program.calls.iter();
                calls.flat_map(|call| call.nodes.clone().filter(|&v| self.is_used_outside(v, &call.nodes))).collect()
            }
            (false, _) => drawn.clone().filter(|&v| self.is_used_outside(v, drawn) || given.contains(&v)).collect(),
        };
        results.retain(|&v| self.flows[v]);
        results.sort_unstable();
        results.dedup();
        results
    }

    /// The results of a function.
    fn given(&self) -> impl Iterator<Item = usize> {
        let outputs = self.program.outputs.iter().filter(|output| matches!(output.to, Target::Value(_)));
        outputs.map(|output| output.value.index())
    }

    fn is_used_outside(&self, v: usize, nodes: &Range<usize>) -> bool {
        self.users[v].iter().any(|user| !nodes.contains(user))
    }

    /// Whether something that is not shown reads a result. What a layer keeps of it for later is its own affair.
    fn leaves(&self, v: usize, drawn: &Range<usize>) -> bool {
        let is_in_layer = |user: &usize| self.program.calls.iter().any(|call| call.nodes.contains(user));
        let outside = |user: &usize| !drawn.contains(user) || !self.needed[*user] && !is_in_layer(user);
        self.given().any(|given| given == v) || self.users[v].iter().any(outside)
    }

    /// The values of a part of the program that something shown outside of it reads.
    pub fn gives(&self, nodes: &Range<usize>) -> Vec<ValueId> {
        let read = |v: &usize| self.users[*v].iter().any(|user| !nodes.contains(user) && self.needed[*user]);
        let is_end = |v: &usize| self.ends.contains(&ValueId::from(*v));
        nodes.clone().filter(|v| self.is_shown(*v) && (read(v) || is_end(v))).map(ValueId::from).collect()
    }

    pub fn is_shown(&self, v: usize) -> bool {
        self.flows[v] && self.needed[v]
    }

    pub fn is_needed(&self, v: usize) -> bool {
        self.needed[v]
    }

    pub fn node(&self, v: usize) -> &'p Node {
        &self.program.nodes[v]
    }

    /// Data of the program.
    pub fn is_input(&self, v: usize) -> bool {
        matches!(self.node(v).kind, Kind::Input(_)) && self.flows[v]
    }

    /// The trained parameter that a value is, perhaps in another shape.
    pub fn parameter(&self, v: usize) -> Option<&'p Cell> {
        let node = self.node(v);
        match &node.kind {
            Kind::Input(Source::Cell(cell)) => self.cells.get(cell.index()).filter(|cell| cell.role == Role::Param),
            Kind::Op(op) if is_movement(op) => self.parameter(node.args.first()?.index()),
            _ => None,
        }
    }

    /// Whether an operation gets a block of its own: not changes of shape, and not scaling by numbers.
    pub fn is_visible(&self, v: usize) -> bool {
        let node = self.node(v);
        let met = || node.args.iter().filter(|arg| self.flows[arg.index()] || self.parameter(arg.index()).is_some());
        match &node.kind {
            _ if !self.is_shown(v) => false,
            Kind::Op(op) if is_movement(op) => false,
            Kind::Op(Op::Binary(Binary::Add | Binary::Sub | Binary::Mul | Binary::Div)) => met().count() > 1,
            Kind::Op(_) | Kind::Scan(_) | Kind::Grad => true,
            Kind::Input(_) | Kind::Size(_) | Kind::Holds(_) | Kind::Result(_) => false,
        }
    }

    /// The shape of a value with the sizes that were given.
    pub fn shape(&self, v: ValueId) -> String {
        let ty = &self.program.nodes[v.index()].tys[0];
        let bound = |dim: &Dim| {
            let given = |var: crate::types::Var| Some((var.clone(), Dim::from(*self.sizes.get(&*var.name)?)));
            dim.subst(&dim.vars().into_iter().filter_map(given).collect())
        };
        Ty { dtype: ty.dtype, bound: ty.bound.as_ref().map(bound), shape: ty.shape.iter().map(bound).collect() }.brief()
    }
}

/// The same elements in another order or shape, or some of them.
fn is_movement(op: &Op<Dim>) -> bool {
    matches!(
        op,
        Op::Reshape { .. }
            | Op::Transpose { .. }
            | Op::Broadcast { .. }
            | Op::Slice { .. }
            | Op::Pad { .. }
            | Op::Flip { .. }
            | Op::Cast(_)
            | Op::Barrier { .. }
    )
}

fn users(program: &Program) -> Vec<Vec<usize>> {
    let mut users = vec![vec![]; program.nodes.len()];
    for (i, node) in program.nodes.iter().enumerate() {
        node.args.iter().for_each(|arg| users[arg.index()].push(i));
    }
    users
}

/// Which values come from the data, from what a loop goes over, or from chance.
fn flows(program: &Program) -> Vec<bool> {
    let mut flows: Vec<bool> = Vec::with_capacity(program.nodes.len());
    for node in &program.nodes {
        flows.push(match &node.kind {
            Kind::Input(Source::Arg(_)) | Kind::Op(Op::Uniform { .. }) => true,
            Kind::Input(Source::Body(place)) => *place > 0,
            Kind::Input(_) | Kind::Size(_) | Kind::Holds(_) => false,
            _ => node.args.iter().any(|arg| flows[arg.index()]),
        });
    }
    flows
}

fn needed(program: &Program, results: &[usize]) -> Vec<bool> {
    let mut needed = vec![false; program.nodes.len()];
    results.iter().for_each(|&v| needed[v] = true);
    for (i, node) in program.nodes.iter().enumerate().rev() {
        if needed[i] {
            node.args.iter().for_each(|arg| needed[arg.index()] = true);
        }
    }
    needed
}
