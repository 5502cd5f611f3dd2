//! Derivatives at corners, where differences say nothing: the values are PyTorch's. And what a sweep does not visit.

use dln::base::Span;
use dln::grad::{grad, vjp};
use dln::graph::{Builder, Emit, NodeId, Type, eval};
use dln::ops::{Binary, Op, Reduce, Tensor, Unary};
use dln::types::DType;

/// The derivatives of the sum of `op(inputs)` in each input.
fn slopes(op: Op<usize>, inputs: &[&[f64]]) -> Vec<Vec<f64>> {
    let mut builder = Builder::new();
    let mut args = vec![];
    for values in inputs {
        args.push(builder.input("x", Type::new(DType::F64, vec![values.len()])));
    }
    let y = builder.op(op, &args, Span::none());
    let axes: Vec<usize> = (0..builder.ty(y).rank()).collect();
    let loss = Emit::new(&mut builder, Span::none()).sum(y, &axes);
    for slope in grad(&mut builder, loss, &args) {
        builder.output("d", slope);
    }
    let values: Vec<Tensor> = inputs.iter().map(|x| Tensor::from_f64(DType::F64, &[x.len()], x)).collect();
    let slopes = eval(&builder.finish(), &values).expect("the graph has a value");
    slopes.iter().map(Tensor::to_f64).collect()
}

#[test]
fn corners_of_one_operand() {
    let of = |op, x: &[f64]| slopes(Op::Unary(op), &[x]).remove(0);
    assert_eq!(of(Unary::Abs, &[-1.0, 0.0, 2.0]), [-1.0, 0.0, 1.0]);
    assert_eq!(of(Unary::Sqrt, &[0.0, 4.0]), [f64::INFINITY, 0.25]);
    assert_eq!(of(Unary::Log, &[0.0]), [f64::INFINITY]);
    assert_eq!(of(Unary::Sign, &[3.0]), [0.0]);
    assert_eq!(of(Unary::Round, &[3.2]), [0.0]);
    assert_eq!(of(Unary::StopGradient, &[3.2]), [0.0]);
}

#[test]
fn equal_operands_share() {
    let (a, b): (&[f64], &[f64]) = (&[1.0, 2.0, 3.0], &[2.0, 2.0, 2.0]);
    assert_eq!(slopes(Op::Binary(Binary::Max), &[a, b]), [[0.0, 0.5, 1.0], [1.0, 0.5, 0.0]]);
    assert_eq!(slopes(Op::Binary(Binary::Min), &[a, b]), [[1.0, 0.5, 0.0], [0.0, 0.5, 1.0]]);
}

#[test]
fn powers_of_zero() {
    let [in_a, in_b] = slopes(Op::Binary(Binary::Pow), &[&[0.0, 0.0, 0.0, 2.0], &[0.0, 1.0, 2.0, 0.0]])
        .try_into()
        .expect("two operands");
    assert_eq!(in_a, [0.0, 1.0, 0.0, 0.0]);
    assert_eq!(in_b, [0.0, 0.0, 0.0, 2.0f64.ln()]);
}

#[test]
fn first_of_equal_elements() {
    let of = |kind| slopes(Op::Reduce { kind, axes: vec![0] }, &[&[1.0, 3.0, 1.0, 3.0]]).remove(0);
    assert_eq!(of(Reduce::Max), [0.0, 1.0, 0.0, 0.0]);
    assert_eq!(of(Reduce::Min), [1.0, 0.0, 0.0, 0.0]);
}

#[test]
fn products_with_zeros() {
    let of = |x: &[f64]| slopes(Op::Reduce { kind: Reduce::Prod, axes: vec![0] }, &[x]).remove(0);
    assert_eq!(of(&[2.0, 0.0, 3.0, 5.0]), [0.0, 30.0, 0.0, 0.0]);
    assert_eq!(of(&[0.0, 0.0, 3.0]), [0.0, 0.0, 0.0]);
    assert_eq!(of(&[7.0]), [1.0]);
}

/// `pow(x, 2)` has the second derivative 2 everywhere, also at 0, and `pow(x, 1)` and `pow(x, 0)` have 0.
#[test]
fn second_derivatives_of_powers_at_zero() {
    for (exponent, want) in [(2.0, 2.0), (1.0, 0.0), (0.0, 0.0)] {
        let mut builder = Builder::new();
        let x = builder.input("x", Type::new(DType::F64, vec![]));
        let mut emit = Emit::new(&mut builder, Span::none());
        let exponent = emit.scalar(exponent, DType::F64);
        let y = emit.binary(Binary::Pow, x, exponent);
        let first = grad(&mut builder, y, &[x])[0];
        let second = grad(&mut builder, first, &[x])[0];
        builder.output("d", second);
        let values = eval(&builder.finish(), &[Tensor::from_f64(DType::F64, &[], &[0.0])]).expect("a value");
        assert_eq!(values[0].to_f64(), [want]);
    }
}

/// A tensor of two floats and one that is not asked for.
fn product() -> (Builder, NodeId, [NodeId; 2]) {
    let mut builder = Builder::new();
    let x = builder.input("x", Type::new(DType::F32, vec![]));
    let y = builder.input("y", Type::new(DType::F32, vec![]));
    let z = Emit::new(&mut builder, Span::none()).mul(x, y);
    (builder, z, [x, y])
}

#[test]
fn only_what_is_asked_for_is_computed() {
    let (mut builder, z, [x, y]) = product();
    let before = builder.graph().nodes.len();
    let found = vjp(&mut builder, &[(z, x)], &[y]);
    assert!(found[0].is_some());
    assert_eq!(builder.graph().nodes.len(), before + 1, "g * x alone is new:\n{}", builder.graph());
}

#[test]
fn what_does_not_depend_is_zero() {
    let (mut builder, z, [x, _]) = product();
    let other = builder.input("other", Type::new(DType::F32, vec![2]));
    assert_eq!(vjp(&mut builder, &[(z, x)], &[other]), [None]);
    let zeros = grad(&mut builder, z, &[other])[0];
    assert_eq!(builder.ty(zeros), &Type::new(DType::F32, vec![2]));
}

/// Asking for a value in the middle and for one before it gives both.
#[test]
fn a_value_on_the_way() {
    let mut builder = Builder::new();
    let x = builder.input("x", Type::new(DType::F64, vec![]));
    let mut emit = Emit::new(&mut builder, Span::none());
    let square = emit.mul(x, x);
    let loss = emit.scale(square, 5.0);
    for slope in grad(&mut builder, loss, &[square, x, loss]) {
        builder.output("d", slope);
    }
    let values = eval(&builder.finish(), &[Tensor::from_f64(DType::F64, &[], &[3.0])]).expect("a value");
    assert_eq!(values.iter().flat_map(Tensor::to_f64).collect::<Vec<_>>(), [5.0, 30.0, 1.0]);
}
