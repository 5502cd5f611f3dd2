//! Mixed precision: values of a loss are computed in the types that `ops::precision` says. What leaves the loss has the
//! type that its program declares.

use crate::base::Span;
use crate::graph::NodeId;
use crate::ops::{Op, precision::Precision};
use crate::tir::{Kind, Node, Program, Source, Target, ValueId};
use crate::types::DType;

use super::Lowering;

/// Mixed precision in one program.
#[derive(Clone, Debug)]
pub(super) struct Mixed {
    /// bf16 or f16.
    half: DType,
    /// By value: whether a loss is computed from it.
    inside: Vec<bool>,
    /// By value: whether it is made of parameters and numbers alone, and gives way to 16 bits.
    yields: Vec<bool>,
}

impl Mixed {
    /// The values from which the program's losses are computed.
    pub fn of(program: &Program) -> Option<Mixed> {
        let half = program.precision?;
        let mut inside = vec![false; program.nodes.len()];
        let losses = program.outputs.iter().filter(|output| matches!(output.to, Target::Loss(_)));
        losses.for_each(|loss| inside[loss.value.index()] = true);
        for (i, node) in program.nodes.iter().enumerate().rev() {
            if inside[i] {
                node.args.iter().for_each(|arg| inside[arg.index()] = true);
            }
        }
        Some(Mixed { half, inside, yields: yields(program, &[]) })
    }

    /// All of a loop's body; `operands` says which of its operands give way.
    pub fn body(&self, body: &Program, operands: &[bool]) -> Mixed {
        Mixed { half: self.half, inside: vec![true; body.nodes.len()], yields: yields(body, operands) }
    }

    pub fn is_inside(&self, value: usize) -> bool {
        self.inside[value]
    }

    pub fn gives_way(&self, value: ValueId) -> bool {
        self.yields[value.index()]
    }
}

fn yields(program: &Program, operands: &[bool]) -> Vec<bool> {
    let mut yields: Vec<bool> = Vec::with_capacity(program.nodes.len());
    for node in &program.nodes {
        let floats = || node.args.iter().filter(|arg| program.nodes[arg.index()].tys[0].dtype.is_float());
        yields.push(match &node.kind {
            Kind::Input(Source::Cell(_)) | Kind::Size(_) | Kind::Op(Op::Const(_)) => true,
            Kind::Input(Source::Body(place)) => operands.get(*place).copied().unwrap_or(false),
            Kind::Op(op) => op.precision() == Precision::Same && floats().all(|arg| yields[arg.index()]),
            _ => false,
        });
    }
    yields
}

impl Lowering<'_> {
    /// An op of a loss, in the types of mixed precision.
    pub(super) fn mixed_op(&mut self, program: &Program, node: &Node, op: Op<usize>) -> NodeId {
        let raw: Vec<NodeId> = node.args.iter().map(|arg| self.values[arg.index()][0]).collect();
        let declared_f32 = |arg: &ValueId| program.nodes[arg.index()].tys[0].dtype == DType::F32;
        let Some(half) = self.mixed.as_ref().map(|mixed| mixed.half).filter(|_| node.args.iter().any(declared_f32))
        else {
            let args = self.declared(program, &node.args);
            return self.builder.op(op, &args, node.span);
        };
        let to = match op.precision() {
            Precision::Half => half,
            Precision::Full => DType::F32,
            Precision::Same => self.common(program, node, half),
        };
        let mut args = vec![];
        for (&arg, raw) in node.args.iter().zip(raw) {
            args.push(if declared_f32(&arg) { self.cast(raw, to, node.span) } else { raw });
        }
        self.builder.op(op, &args, node.span)
    }

    /// 16 bits if an operand has them and those that have not give way.
    fn common(&self, program: &Program, node: &Node, half: DType) -> DType {
        let floats = || node.args.iter().filter(|arg| program.nodes[arg.index()].tys[0].dtype == DType::F32);
        let is_half = |arg: &&ValueId| self.builder.ty(self.values[arg.index()][0]).dtype == half;
        let gives_way = |arg: &ValueId| self.mixed.as_ref().is_some_and(|mixed| mixed.gives_way(*arg));
        let fits = floats().all(|arg| is_half(&arg) || gives_way(arg));
        if fits && floats().any(|arg| is_half(&arg)) { half } else { DType::F32 }
    }

    /// Values in the types that the program declares.
    pub(super) fn declared(&mut self, program: &Program, args: &[ValueId]) -> Vec<NodeId> {
        let one = |arg: &ValueId| self.as_declared(program, *arg);
        args.iter().map(one).collect()
    }

    pub(super) fn as_declared(&mut self, program: &Program, value: ValueId) -> NodeId {
        let node = &program.nodes[value.index()];
        self.cast(self.values[value.index()][0], node.tys[0].dtype, node.span)
    }

    fn cast(&mut self, x: NodeId, dtype: DType, span: Span) -> NodeId {
        if self.builder.ty(x).dtype == dtype { x } else { self.builder.op(Op::Cast(dtype), &[x], span) }
    }
}
