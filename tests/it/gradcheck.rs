//! Derivatives against central differences, in f64: of every op, and of its derivative.

use crate::calls::{Call, FAMILIES};
use crate::draw::Draw;
use dln::base::Span;
use dln::grad::grad;
use dln::graph::{Builder, Emit, Graph, NodeId, Type, check, eval, typing::op_type};
use dln::ops::{Op, Tensor, Unary};
use dln::types::{DType, Scalar};
use std::collections::BTreeMap;

const TOLERANCE: f64 = 1e-6;
const STEP: f64 = 1e-5;

/// Checks the first and second derivatives of a function: `build` makes its results from its inputs.
pub fn check_derivatives(what: &str, inputs: &[Tensor], build: impl Fn(&mut Builder, &[NodeId]) -> Vec<NodeId>) {
    let mut builder = Builder::new();
    let nodes: Vec<NodeId> = inputs.iter().map(|x| builder.input("x", type_of(x))).collect();
    let results = build(&mut builder, &nodes);
    let loss = weighted(&mut builder, &results);
    let wrt: Vec<NodeId> = (0..inputs.len()).filter(|&i| inputs[i].dtype() == DType::F64).map(|i| nodes[i]).collect();
    let first = grad(&mut builder, loss, &wrt);
    let slope = weighted(&mut builder, &first);
    let second = grad(&mut builder, slope, &wrt);
    compare(&format!("{what}: first"), &builder, loss, &first, inputs);
    compare(&format!("{what}: second"), &builder, slope, &second, inputs);
}

fn type_of(x: &Tensor) -> Type {
    Type { dtype: x.dtype(), shape: x.shape.clone() }
}

/// A scalar that depends on every element of every float in its own way: the sum of `w sin x`. The sine makes even
/// linear functions have second derivatives.
fn weighted(builder: &mut Builder, results: &[NodeId]) -> NodeId {
    let mut emit = Emit::new(builder, Span::none());
    let mut sum = emit.scalar(0.0, DType::F64);
    let floats = results.iter().filter(|&&x| emit.ty(x).dtype == DType::F64).copied().collect::<Vec<_>>();
    for x in floats {
        let shape = emit.shape(x);
        let key = emit.op(Op::Const(Scalar::I64(7)), &[]);
        let weights = Op::Uniform { dtype: DType::F64, shape: shape.clone(), stream: shape.len() as u64 };
        let weights = emit.op(weights, &[key]);
        let sine = emit.unary(Unary::Sin, x);
        let product = emit.mul(weights, sine);
        let part = emit.sum(product, &(0..shape.len()).collect::<Vec<_>>());
        sum = emit.add(sum, part);
    }
    sum
}

/// Compares the nodes `slopes` with differences of the node `value`.
fn compare(what: &str, builder: &Builder, value: NodeId, slopes: &[NodeId], inputs: &[Tensor]) {
    let with_outputs = |outputs: &[NodeId]| {
        let mut builder = builder.clone();
        outputs.iter().for_each(|&output| builder.output("out", output));
        let graph = builder.finish().pruned();
        check(&graph).unwrap_or_else(|why| panic!("{what}: {why}\n{graph}"));
        graph
    };
    let slopes = run(&with_outputs(slopes), inputs);
    let value = with_outputs(&[value]);
    let floats: Vec<usize> = (0..inputs.len()).filter(|&i| inputs[i].dtype() == DType::F64).collect();
    for (&input, slope) in floats.iter().zip(&slopes) {
        assert_eq!(slope.shape, inputs[input].shape, "{what}");
        for (at, have) in slope.to_f64().into_iter().enumerate() {
            let want = difference(&value, inputs, input, at);
            let close = (have - want).abs() <= TOLERANCE * (1.0 + want.abs());
            assert!(close, "{what}: input {input} at {at}: {have}, by differences {want}\n{value}");
        }
    }
}

fn run(graph: &Graph, inputs: &[Tensor]) -> Vec<Tensor> {
    eval(graph, inputs).unwrap_or_else(|why| panic!("{why}\n{graph}"))
}

fn difference(graph: &Graph, inputs: &[Tensor], input: usize, at: usize) -> f64 {
    let at_offset = |offset: f64| {
        let mut inputs = inputs.to_vec();
        let moved = inputs[input].data.get(at).as_f64() + offset;
        inputs[input].data.set(at, Scalar::F64(moved));
        run(graph, &inputs)[0].data.get(0).as_f64()
    };
    (at_offset(STEP) - at_offset(-STEP)) / (2.0 * STEP)
}

#[test]
fn every_op() {
    let mut checked: BTreeMap<&str, usize> = BTreeMap::new();
    for (family, draw_call) in FAMILIES {
        let many = matches!(family, "unary" | "binary" | "reduce");
        for key in 0..if many { 280 } else { 50 } {
            let mut draw = Draw::new(key);
            let Call { op, operands } = draw_call(&mut draw, DType::F64);
            let tys: Vec<&Type> = operands.iter().map(|x| &x.ty).collect();
            let ty = op_type(&op, &tys).unwrap_or_else(|why| panic!("{family}, key {key}: {why}"));
            let float = tys.iter().any(|ty| ty.dtype == DType::F64);
            let stops = op == Op::Unary(Unary::StopGradient);
            if ty.dtype != DType::F64 || !float || stops || ty.len() > 40 {
                continue;
            }
            *checked.entry(op.name()).or_default() += 1;
            let call = Call { op: op.clone(), operands };
            let inputs = call.values(&mut draw);
            check_derivatives(&format!("{family}, key {key}: {op:?}"), &inputs, |builder, args| {
                vec![builder.op(op.clone(), args, Span::none())]
            });
        }
    }
    assert!(checked.len() >= 44, "only {} ops have been checked", checked.len());
    assert!(checked.values().all(|&n| n >= 5), "{checked:?}");
}
