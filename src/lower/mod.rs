//! From a typed program to a graph, for given sizes: symbolic sizes become numbers, `Grad` nodes become derivatives.
//! It never fails: what a user can get wrong was found before, and sizes are checked by `unmet` first.

mod body;
mod precision;

use std::collections::BTreeMap;

use crate::graph::{Builder, Graph, NodeId, Type};
use crate::tir::{Check, Found, Kind, Output, Program, Source, Target, Ty};
use crate::types::{Dim, Var};
use precision::Mixed;

/// What the variables of a program stand for.
pub type Sizes = BTreeMap<Var, i64>;

/// A graph, what its inputs are, and what its outputs are for.
#[derive(Clone, Debug)]
pub struct Lowered {
    pub graph: Graph,
    pub inputs: Vec<Source>,
    pub outputs: Vec<Target>,
}

/// The sizes that arguments of these shapes give to a program's variables.
pub fn bind(program: &Program, args: &[&[usize]]) -> Sizes {
    bind_inputs(program, |source| match source {
        Source::Arg(place) => args.get(*place).copied(),
        _ => None,
    })
}

/// As `bind`, for whatever inputs have a shape that is known.
pub fn bind_inputs<'s>(program: &Program, shape: impl Fn(&Source) -> Option<&'s [usize]>) -> Sizes {
    let mut sizes = Sizes::new();
    for node in &program.nodes {
        let Kind::Input(source) = &node.kind else { continue };
        let Some(shape) = shape(source) else { continue };
        for (dim, &size) in node.tys[0].shape.iter().zip(shape) {
            if let Some(var) = dim.as_var() {
                sizes.insert(var, i64::try_from(size).unwrap_or(i64::MAX));
            }
        }
    }
    sizes
}

/// The first check that these sizes do not pass. One about sizes that are still to be found is left for later.
pub fn unmet<'p>(program: &'p Program, sizes: &Sizes) -> Option<&'p Check> {
    let later = |check: &Check| {
        let vars = check.claim.vars();
        program.found.iter().any(|found| vars.contains(&found.var) && !sizes.contains_key(&found.var))
    };
    program.checks.iter().find(|check| check.claim.eval(sizes) != Some(true) && !later(check))
}

/// The part of a program that computes a size.
pub fn part_for(program: &Program, found: &Found) -> Program {
    let count = Output { to: Target::Value(0), value: found.count, span: found.span };
    Program { outputs: vec![count], ..program.clone() }
}

/// The graph of a program. Only what its outputs need is in it.
pub fn lower(program: &Program, sizes: &Sizes) -> Lowered {
    let mixed = Mixed::of(program);
    let mut lowering = Lowering { sizes, builder: Builder::new(), inputs: vec![], values: vec![], mixed };
    lowering.nodes(program, &mut |lowering, source, ty| {
        let name = source_name(source);
        lowering.inputs.push(source.clone());
        lowering.builder.input(&name, ty)
    });
    let mut outputs = vec![];
    for output in &program.outputs {
        let node = lowering.as_declared(program, output.value);
        lowering.builder.output(&target_name(&output.to), node);
        outputs.push(output.to.clone());
    }
    Lowered { graph: lowering.builder.finish(), inputs: lowering.inputs, outputs }
}

struct Lowering<'s> {
    sizes: &'s Sizes,
    builder: Builder,
    inputs: Vec<Source>,
    /// For each value of the program, its results.
    values: Vec<Vec<NodeId>>,
    mixed: Option<Mixed>,
}

impl Lowering<'_> {
    /// All nodes that the outputs need, in order; `input` makes the inputs.
    fn nodes(&mut self, program: &Program, input: &mut dyn FnMut(&mut Self, &Source, Type) -> NodeId) {
        let live = live(program);
        let variables = variables(program, &live);
        for (i, node) in program.nodes.iter().enumerate() {
            let checkpoint = program.checkpoints.iter().position(|range| range.contains(&i));
            self.builder.set_checkpoint(checkpoint.map(|number| number as u32));
            let mut results = if live[i] { self.node(program, i, input) } else { vec![] };
            if variables[i] {
                results = results.into_iter().map(|x| self.builder.own(x, node.span)).collect();
            }
            self.values.push(results);
        }
        self.builder.set_checkpoint(None);
    }

    fn node(
        &mut self,
        program: &Program,
        index: usize,
        input: &mut dyn FnMut(&mut Self, &Source, Type) -> NodeId,
    ) -> Vec<NodeId> {
        let node = &program.nodes[index];
        match &node.kind {
            Kind::Input(source) => {
                let ty = self.ty(&node.tys[0]);
                vec![input(self, source, ty)]
            }
            Kind::Op(op) => {
                let op = op.map(|dim| self.size(dim));
                if self.mixed.as_ref().is_some_and(|mixed| mixed.is_inside(index)) {
                    return vec![self.mixed_op(program, node, op)];
                }
                let args = self.declared(program, &node.args);
                vec![self.builder.op(op, &args, node.span)]
            }
            Kind::Scan(scan) => self.scan(program, scan, node, index),
            Kind::Size(dim) => vec![self.number(dim, node.span)],
            Kind::Holds(claims) => {
                let holds = claims.iter().all(|claim| claim.eval(self.sizes) == Some(true));
                let op = crate::ops::Op::Const(crate::types::Scalar::Bool(holds));
                vec![self.builder.op(op, &[], node.span)]
            }
            Kind::Result(i) => vec![self.values[node.args[0].index()][*i]],
            // Derivatives are those of the values as they were computed, in whatever type.
            Kind::Grad => {
                let args: Vec<NodeId> = node.args.iter().map(|arg| self.values[arg.index()][0]).collect();
                crate::grad::grad(&mut self.builder, args[0], &args[1..])
            }
        }
    }

    fn number(&mut self, dim: &Dim, span: crate::base::Span) -> NodeId {
        let value = dim.eval(self.sizes).expect("the variables of a program are bound") as f64;
        self.builder.op(crate::ops::Op::Const(crate::types::Scalar::F64(value)), &[], span)
    }

    fn size(&self, dim: &Dim) -> usize {
        let value = dim.eval(self.sizes).expect("the variables of a program are bound");
        usize::try_from(value).unwrap_or_else(|_| panic!("the size {dim} is {value}"))
    }

    fn ty(&self, ty: &Ty) -> Type {
        Type::new(ty.dtype, ty.shape.iter().map(|d| self.size(d)).collect())
    }
}

/// Which nodes the outputs need.
fn live(program: &Program) -> Vec<bool> {
    let mut live = vec![false; program.nodes.len()];
    program.outputs.iter().for_each(|o| live[o.value.index()] = true);
    for (i, node) in program.nodes.iter().enumerate().rev() {
        if live[i] {
            node.args.iter().for_each(|a| live[a.index()] = true);
        }
    }
    live
}

/// Which values derivatives are taken in. They stay apart from equal ones: the derivative is in this use of the value.
fn variables(program: &Program, live: &[bool]) -> Vec<bool> {
    let mut variables = vec![false; program.nodes.len()];
    for (i, node) in program.nodes.iter().enumerate() {
        if live[i] && node.kind == Kind::Grad {
            node.args[1..].iter().for_each(|a| variables[a.index()] = true);
        }
    }
    for (variable, node) in variables.iter_mut().zip(&program.nodes) {
        *variable &= !matches!(node.kind, Kind::Input(_));
    }
    variables
}

fn source_name(source: &Source) -> String {
    match source {
        Source::Cell(cell) => cell.to_string(),
        Source::Arg(i) => format!("arg{i}"),
        Source::Step => "step".to_string(),
        Source::Key => "key".to_string(),
        Source::Epoch => "epoch".to_string(),
        Source::StepsPerEpoch => "steps_per_epoch".to_string(),
        Source::TotalSteps => "total_steps".to_string(),
        Source::Batch => "batch".to_string(),
        Source::Batches => "batches".to_string(),
        Source::Seen(i) => format!("seen{i}"),
        Source::Logged(i) => format!("log{i}"),
        Source::Body(i) => format!("body{i}"),
    }
}

fn target_name(target: &Target) -> String {
    match target {
        Target::Cell(cell) => cell.to_string(),
        Target::Loss(name) | Target::Metric(name) => name.to_string(),
        Target::Value(i) => format!("value{i}"),
        Target::Compared => "compared".to_string(),
        Target::Assert(_) => "assert".to_string(),
    }
}
