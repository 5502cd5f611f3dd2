//! Arithmetic on floats of 16 bits becomes arithmetic in f32 between conversions: each op rounds its result once, sums
//! and products accumulate in f32, and no kernel but the conversions knows 16 bits. Most conversions end up inside of
//! fused steps. What only moves elements moves 16 bits.

use crate::graph::{Builder, Emit, Graph, Kind, NodeId, typing::op_type};
use crate::ops::{Binary, Op, Unary, philox};
use crate::types::DType;
use std::borrow::Cow;

/// The graph with the same results, in which 16-bit floats are only moved, selected and converted.
pub fn widen(graph: &Graph) -> Cow<'_, Graph> {
    if has_halves(graph) { Cow::Owned(rebuild(graph)) } else { Cow::Borrowed(graph) }
}

fn has_halves(graph: &Graph) -> bool {
    graph.nodes.iter().any(|node| node.tys.iter().any(|ty| ty.dtype.is_half()))
}

/// Bodies of loops stay as they are: they are planned on their own.
fn rebuild(graph: &Graph) -> Graph {
    let mut builder = Builder::new();
    let inputs: Vec<NodeId> = graph.inputs.iter().map(|(name, ty)| builder.input(name, ty.clone())).collect();
    let mut map: Vec<Vec<NodeId>> = Vec::with_capacity(graph.nodes.len());
    for node in &graph.nodes {
        let args: Vec<NodeId> = match node.kind {
            Kind::Result(_) => vec![],
            _ => node.args.iter().map(|arg| map[arg.index()][0]).collect(),
        };
        map.push(match &node.kind {
            Kind::Input(index) => vec![inputs[*index]],
            Kind::Result(index) => vec![map[node.args[0].index()][*index]],
            Kind::Scan(scan) => builder.scan(scan.as_ref().clone(), &args, node.span),
            Kind::Op(op) => vec![wide(&mut Emit::new(&mut builder, node.span), op, &args)],
        });
    }
    for (name, node) in &graph.outputs {
        builder.output(name, map[node.index()][0]);
    }
    builder.finish().pruned()
}

fn wide(emit: &mut Emit, op: &Op<usize>, args: &[NodeId]) -> NodeId {
    match op {
        Op::Iota { dtype, n } if dtype.is_half() => {
            let whole = emit.op(Op::Iota { dtype: DType::I64, n: *n }, &[]);
            emit.cast(whole, *dtype)
        }
        Op::Uniform { dtype, shape, stream } if dtype.is_half() => uniform(emit, *dtype, shape, *stream, args),
        op if takes_half(op) || !args.iter().any(|&arg| emit.ty(arg).dtype.is_half()) => emit.op(op.clone(), args),
        op => {
            let tys: Vec<_> = args.iter().map(|&arg| emit.ty(arg)).collect();
            let dtype = op_type(op, &tys).expect("the node was in a graph").dtype;
            let widened: Vec<NodeId> = args
                .iter()
                .map(|&arg| if emit.ty(arg).dtype.is_half() { emit.cast(arg, DType::F32) } else { arg })
                .collect();
            let result = emit.op(op.clone(), &widened);
            emit.cast(result, dtype)
        }
    }
}

/// `floor(u * steps) / steps`, which is exact.
fn uniform(emit: &mut Emit, dtype: DType, shape: &[usize], stream: u64, key: &[NodeId]) -> NodeId {
    let steps = philox::steps(dtype);
    let drawn = emit.op(Op::Uniform { dtype: DType::F32, shape: shape.to_vec(), stream }, key);
    let scaled = emit.scale(drawn, steps);
    let whole = emit.unary(Unary::Floor, scaled);
    let steps = emit.full_like(steps, whole);
    let unit = emit.binary(Binary::Div, whole, steps);
    emit.cast(unit, dtype)
}

/// Ops that do not calculate: they take 16 bits as they are.
fn takes_half(op: &Op<usize>) -> bool {
    op.moves() || matches!(op, Op::Const(_) | Op::Cast(_))
}
