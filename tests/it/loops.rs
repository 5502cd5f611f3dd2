//! Loops: what they mean, and their derivatives.

use crate::draw::Draw;
use crate::gradcheck::check_derivatives;
use dln::base::Span;
use dln::grad::grad;
use dln::graph::{Builder, Emit, Graph, Kind, NodeId, Type, check, eval};
use dln::ops::{Binary, Op, Scan, Tensor, Unary};
use dln::types::{DType, Scalar};

fn float(shape: &[usize]) -> Type {
    Type::new(DType::F64, shape.to_vec())
}

/// A body with inputs of these types behind the iteration; `make` gives its outputs.
fn body(tys: &[Type], make: impl FnOnce(&mut Emit, &[NodeId]) -> Vec<NodeId>) -> Graph {
    let mut builder = Builder::new();
    let mut inputs = vec![builder.input("i", Type::new(DType::I64, vec![]))];
    inputs.extend(tys.iter().map(|ty| builder.input("x", ty.clone())));
    let outputs = make(&mut Emit::new(&mut builder, Span::none()), &inputs);
    outputs.into_iter().for_each(|output| builder.output("y", output));
    builder.finish()
}

/// `h = tanh(a * h + x)` over `x`, giving `h * x` each time.
fn recurrent(n: usize, reverse: bool) -> Scan<usize, Graph> {
    let tys = [float(&[2]), float(&[2]), float(&[2])];
    let body = body(&tys, |emit, inputs| {
        let [_, h, x, a] = inputs else { panic!("four inputs") };
        let product = emit.mul(*a, *h);
        let sum = emit.add(product, *x);
        let next = emit.unary(Unary::Tanh, sum);
        vec![next, emit.mul(next, *x)]
    });
    Scan { n, reverse, carries: 1, xs: 1, when: None, body }
}

fn check_loop(what: &str, shapes: &[&[usize]], scan: &Scan<usize, Graph>) {
    let mut draw = Draw::new(11);
    let inputs: Vec<Tensor> = shapes.iter().map(|shape| draw.tensor(DType::F64, shape, -1.0, 1.0)).collect();
    check_derivatives(what, &inputs, |builder, args| builder.scan(scan.clone(), args, Span::none()));
}

#[test]
fn a_loop_is_what_its_iterations_are() {
    for reverse in [false, true] {
        let inputs: Vec<Tensor> = {
            let mut draw = Draw::new(5);
            [&[2][..], &[3, 2], &[2]].map(|shape| draw.tensor(DType::F64, shape, -1.0, 1.0)).to_vec()
        };
        let mut builder = Builder::new();
        let args: Vec<NodeId> = inputs.iter().map(|x| builder.input("x", float(&x.shape))).collect();
        let looped = builder.scan(recurrent(3, reverse), &args, Span::none());
        let mut emit = Emit::new(&mut builder, Span::none());
        let mut h = args[0];
        let mut ys = [None; 3];
        for step in 0..3 {
            let i = if reverse { 2 - step } else { step };
            let row = emit.slice(args[1], 0, i, i + 1);
            let row = emit.reshape(row, &[2]);
            let product = emit.mul(args[2], h);
            let sum = emit.add(product, row);
            h = emit.unary(Unary::Tanh, sum);
            let y = emit.mul(h, row);
            ys[i] = Some(emit.reshape(y, &[1, 2]));
        }
        let ys = emit.op(Op::Concat { axis: 0 }, &ys.map(|y| y.expect("each row is made")));
        [looped[0], h, looped[1], ys].into_iter().for_each(|node| builder.output("out", node));
        let values = eval(&builder.finish(), &inputs).expect("the graph has a value");
        assert_eq!(values[0], values[1]);
        assert_eq!(values[2], values[3]);
    }
}

#[test]
fn recurrent_both_ways() {
    for reverse in [false, true] {
        check_loop("recurrent", &[&[2], &[3, 2], &[2]], &recurrent(3, reverse));
    }
}

#[test]
fn no_iteration_at_all() {
    check_loop("no iteration", &[&[2], &[0, 2], &[2]], &recurrent(0, false));
}

/// A counter of i64 is carried along and scales what is added; the first carry starts as a constant.
#[test]
fn integer_carries() {
    let tys = [float(&[]), Type::new(DType::I64, vec![]), float(&[])];
    let scan = body(&tys, |emit, inputs| {
        let [i, sum, count, x] = inputs else { panic!("four inputs") };
        let two = emit.scalar(2.0, DType::I64);
        let next = emit.add(*count, two);
        let both = emit.add(next, *i);
        let weight = emit.cast(both, DType::F64);
        let part = emit.mul(weight, *x);
        let square = emit.mul(part, *sum);
        let total = emit.add(part, square);
        vec![emit.add(*sum, total), next]
    });
    let scan = Scan { n: 3, reverse: false, carries: 2, xs: 1, when: None, body: scan };
    let inputs = [Draw::new(3).tensor(DType::F64, &[3], 0.02, 0.05)];
    check_derivatives("integer carries", &inputs, |builder, args| {
        let zero = Emit::new(builder, Span::none()).scalar(0.25, DType::F64);
        let start = builder.op(Op::Const(Scalar::I64(1)), &[], Span::none());
        builder.scan(scan.clone(), &[zero, start, args[0]], Span::none())
    });
}

/// The second carry only passes on what the first was; one carry is overwritten; one constant is never read.
#[test]
fn carries_that_hang_together() {
    let tys = [float(&[2]), float(&[2]), float(&[2]), float(&[2]), float(&[2])];
    let scan = body(&tys, |emit, inputs| {
        let [_, a, b, fixed, k, _] = inputs else { panic!("six inputs") };
        let sine = emit.unary(Unary::Sin, *b);
        let next = emit.mul(sine, *k);
        vec![emit.add(next, *fixed), *a, *k]
    });
    let scan = Scan { n: 4, reverse: false, carries: 3, xs: 0, when: None, body: scan };
    check_loop("carries", &[&[2], &[2], &[2], &[2], &[2]], &scan);
}

/// A matrix is raised to a power inside of a loop over rows: a loop in a loop, with products.
#[test]
fn nested() {
    let inner = body(&[float(&[2]), float(&[2, 2])], |emit, inputs| {
        let [_, v, m] = inputs else { panic!("three inputs") };
        let product = emit.op(Op::Dot { batch: vec![], contract: vec![(1, 0)] }, &[*m, *v]);
        vec![emit.unary(Unary::Tanh, product)]
    });
    let inner = Scan { n: 2, reverse: true, carries: 1, xs: 0, when: None, body: inner };
    let outer = body(&[float(&[2]), float(&[2]), float(&[2, 2])], |emit, inputs| {
        let [_, h, x, m] = inputs else { panic!("four inputs") };
        let start = emit.mul(*h, *x);
        let v = emit.builder.scan(inner.clone(), &[start, *m], Span::none())[0];
        vec![v, emit.add(v, *h)]
    });
    let outer = Scan { n: 3, reverse: false, carries: 1, xs: 1, when: None, body: outer };
    check_loop("nested", &[&[2], &[3, 2], &[2, 2]], &outer);
}

/// A stopped gradient inside of a body stops there.
#[test]
fn stopped_in_a_body() {
    let scan = body(&[float(&[]), float(&[])], |emit, inputs| {
        let [_, h, k] = inputs else { panic!("three inputs") };
        let stopped = emit.unary(Unary::StopGradient, *k);
        vec![emit.binary(Binary::Mul, *h, stopped)]
    });
    let scan = Scan { n: 3, reverse: false, carries: 1, xs: 0, when: None, body: scan };
    let mut builder = Builder::new();
    let args = [builder.input("h", float(&[])), builder.input("k", float(&[]))];
    let h = builder.scan(scan, &args, Span::none())[0];
    for slope in grad(&mut builder, h, &args) {
        builder.output("d", slope);
    }
    let values = [2.0, 3.0].map(|x| Tensor::scalar(Scalar::F64(x)));
    let slopes = eval(&builder.finish(), &values).expect("the graph has a value");
    assert_eq!(slopes.iter().flat_map(Tensor::to_f64).collect::<Vec<_>>(), [27.0, 0.0]);
}

/// The forward loop is extended where it stands, so that it runs once; only the carry that is read again is kept.
#[test]
fn the_forward_loop_runs_once() {
    let mut builder = Builder::new();
    let args = [float(&[2]), float(&[3, 2]), float(&[2])].map(|ty| builder.input("x", ty));
    let h = builder.scan(recurrent(3, false), &args, Span::none())[0];
    let mut emit = Emit::new(&mut builder, Span::none());
    let loss = emit.sum(h, &[0]);
    let slopes = grad(&mut builder, loss, &args);
    [&[loss], &slopes[..]].concat().into_iter().for_each(|node| builder.output("out", node));
    let graph = builder.finish().pruned();
    check(&graph).expect("a graph");
    let loops: Vec<&Scan<usize, Graph>> = graph
        .nodes
        .iter()
        .filter_map(|node| match &node.kind {
            Kind::Scan(scan) => Some(&**scan),
            Kind::Input(_) | Kind::Op(_) | Kind::Result(_) => None,
        })
        .collect();
    assert_eq!(loops.len(), 2, "{graph}");
    assert_eq!(loops[0].body.outputs.len(), 3, "h, y and the stacked h\n{graph}");
    assert_eq!((loops[1].reverse, loops[1].carries, loops[1].xs), (true, 2, 2), "{graph}");
}
