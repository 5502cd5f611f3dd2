//! Loops that the optimizer batches give what they gave: each op in a loop, inner loops, sums, random numbers.

use crate::calls::FAMILIES;
use crate::draw::Draw;
use dln::base::Span;
use dln::grad::grad;
use dln::graph::{Builder, Emit, Graph, Kind, NodeId, Type, check, eval};
use dln::ops::{Op, Reduce, Scan, Tensor, Unary};
use dln::opt::PASSES;
use dln::types::{DType, Scalar};

const NONE: Span = Span::none();

pub fn batch(graph: &Graph) -> Graph {
    let pass = PASSES.iter().find(|(name, _)| *name == "batch").expect("the pass");
    let graph = (pass.1)(graph);
    check(&graph).unwrap_or_else(|why| panic!("{why}\n{graph}"));
    graph
}

fn loops(graph: &Graph) -> usize {
    graph.nodes.iter().filter(|node| matches!(node.kind, Kind::Scan(_))).count()
}

pub fn float(shape: &[usize]) -> Type {
    Type::new(DType::F64, shape.to_vec())
}

/// A body with inputs of these types behind the iteration.
pub fn body(tys: &[Type], make: impl FnOnce(&mut Emit, &[NodeId]) -> Vec<NodeId>) -> Graph {
    let mut builder = Builder::new();
    let mut inputs = vec![builder.input("i", Type::new(DType::I64, vec![]))];
    inputs.extend(tys.iter().map(|ty| builder.input("x", ty.clone())));
    let outputs = make(&mut Emit::new(&mut builder, NONE), &inputs);
    outputs.into_iter().for_each(|output| builder.output("y", output));
    builder.finish()
}

/// The graph of one loop whose operands are all inputs.
pub fn looped(scan: Scan<usize, Graph>) -> Graph {
    let mut builder = Builder::new();
    let mut args = vec![];
    for (operand, (_, ty)) in scan.body.inputs[1..].iter().enumerate() {
        let sliced = (scan.carries..scan.carries + scan.xs).contains(&operand);
        let shape = if sliced { [&[scan.n], &ty.shape[..]].concat() } else { ty.shape.clone() };
        args.push(builder.input("x", Type::new(ty.dtype, shape)));
    }
    for result in builder.scan(scan, &args, NONE) {
        builder.output("y", result);
    }
    builder.finish()
}

fn inputs(graph: &Graph, draw: &mut Draw) -> Vec<Tensor> {
    graph.inputs.iter().map(|(_, ty)| draw.tensor(ty.dtype, &ty.shape, -1.0, 1.0)).collect()
}

pub fn same(what: &str, graph: &Graph, batched: &Graph, inputs: &[Tensor]) {
    let (before, after) = (eval(graph, inputs), eval(batched, inputs));
    match (before, after) {
        (Ok(before), Ok(after)) => {
            for (a, b) in before.iter().zip(&after) {
                assert_eq!((a.dtype(), &a.shape), (b.dtype(), &b.shape), "{what}\n{graph}\n{batched}");
                for (x, y) in a.to_f64().into_iter().zip(b.to_f64()) {
                    let close = (x - y).abs() <= 1e-9 * (1.0 + x.abs()) || x.is_nan() && y.is_nan() || x == y;
                    assert!(close, "{what}: {x} and {y}\n{graph}\n{batched}");
                }
            }
        }
        (Err(_), Err(_)) => {}
        (before, after) => panic!("{what}: {before:?} and {after:?}\n{graph}\n{batched}"),
    }
}

/// Every op, with every choice of operands that change from one iteration to the next.
#[test]
fn every_op_has_a_rule_that_means_the_same() {
    let n = 3;
    for key in 0..12 {
        for (name, family) in FAMILIES {
            let mut draw = Draw::new(1000 + key);
            let call = family(&mut draw, DType::F64);
            let count = call.operands.len();
            for mask in 0..1usize << count.min(3) {
                let changes = |operand: usize| mask >> operand & 1 == 1;
                let order: Vec<usize> =
                    (0..count).filter(|&i| changes(i)).chain((0..count).filter(|&i| !changes(i))).collect();
                let tys: Vec<Type> = order.iter().map(|&i| call.operands[i].ty.clone()).collect();
                let body = body(&tys, |emit, inputs| {
                    let args: Vec<NodeId> =
                        (0..count).map(|i| inputs[1 + order.iter().position(|&o| o == i).expect("there")]).collect();
                    vec![emit.op(call.op.clone(), &args)]
                });
                let xs = order.iter().filter(|&&i| changes(i)).count();
                let graph = looped(Scan { n, reverse: false, carries: 0, xs, when: None, body });
                let once: Vec<Vec<Tensor>> = (0..n).map(|_| call.values(&mut draw)).collect();
                let values: Vec<Tensor> = order
                    .iter()
                    .map(|&i| if changes(i) { stacked(once.iter().map(|v| &v[i])) } else { once[0][i].clone() })
                    .collect();
                let batched = batch(&graph);
                same(&format!("{name} {mask:b}"), &graph, &batched, &values);
                let looped = usize::from(mask > 0 && name == "uniform" || mask & 2 > 0 && name == "pad");
                assert_eq!(loops(&batched), looped, "{name} {mask:b}\n{batched}");
            }
        }
    }
}

fn stacked<'t>(parts: impl Iterator<Item = &'t Tensor>) -> Tensor {
    let parts: Vec<&Tensor> = parts.collect();
    let mut whole = Tensor::zeros(parts[0].dtype(), &[&[parts.len()], &parts[0].shape[..]].concat());
    for (i, part) in parts.iter().enumerate() {
        for at in 0..part.len() {
            whole.data.set(i * part.len() + at, part.data.get(at));
        }
    }
    whole
}

#[test]
fn a_sum_leaves_the_loop() {
    let body = body(&[float(&[2]), float(&[2])], |emit, inputs| {
        let [_, sum, x] = inputs else { panic!("three inputs") };
        let sine = emit.unary(Unary::Sin, *x);
        vec![emit.add(*sum, sine), sine]
    });
    for reverse in [false, true] {
        let graph = looped(Scan { n: 4, reverse, carries: 1, xs: 1, when: None, body: body.clone() });
        let batched = batch(&graph);
        assert_eq!(loops(&batched), 0, "{batched}");
        same("a sum", &graph, &batched, &inputs(&graph, &mut Draw::new(1)));
    }
}

#[test]
fn a_running_sum_that_is_read_stays() {
    let body = body(&[float(&[2]), float(&[2])], |emit, inputs| {
        let [_, sum, x] = inputs else { panic!("three inputs") };
        let next = emit.add(*sum, *x);
        vec![next, next]
    });
    let graph = looped(Scan { n: 4, reverse: false, carries: 1, xs: 1, when: None, body });
    let batched = batch(&graph);
    assert_eq!(loops(&batched), 1, "{batched}");
    same("a running sum", &graph, &batched, &inputs(&graph, &mut Draw::new(1)));
}

/// `h = tanh(h w + x)` and the derivative of `sum h^2` in `w`: the way back keeps its loop and loses its product.
#[test]
fn the_product_for_the_weights_of_a_recurrent_layer_is_taken_behind_the_loop() {
    let body = body(&[float(&[2, 3]), float(&[2, 3]), float(&[3, 3])], |emit, inputs| {
        let [_, h, x, w] = inputs else { panic!("four inputs") };
        let product = emit.op(Op::Dot { batch: vec![], contract: vec![(1, 0)] }, &[*h, *w]);
        let sum = emit.add(product, *x);
        vec![emit.unary(Unary::Tanh, sum)]
    });
    let scan = Scan { n: 4, reverse: false, carries: 1, xs: 1, when: None, body };
    let mut builder = Builder::new();
    let args: Vec<NodeId> =
        [&[2, 3][..], &[4, 2, 3], &[3, 3]].iter().map(|shape| builder.input("x", float(shape))).collect();
    let last = builder.scan(scan, &args, NONE)[0];
    let mut emit = Emit::new(&mut builder, NONE);
    let square = emit.mul(last, last);
    let loss = emit.op(Op::Reduce { kind: Reduce::Sum, axes: vec![0, 1] }, &[square]);
    let slopes = grad(&mut builder, loss, &args);
    slopes.into_iter().for_each(|slope| builder.output("slope", slope));
    let graph = builder.finish();
    let batched = batch(&graph);
    let carries = |graph: &Graph| -> usize {
        let scans = graph.nodes.iter().filter_map(|node| match &node.kind {
            Kind::Scan(scan) => Some(scan.carries),
            _ => None,
        });
        scans.sum()
    };
    assert_eq!((carries(&graph), carries(&batched)), (3, 2), "{batched}");
    same("recurrent", &graph, &batched, &inputs(&graph, &mut Draw::new(4)));
}

#[test]
fn a_loop_in_a_loop_runs_once_on_batches() {
    let inner = body(&[float(&[2]), float(&[2]), float(&[2])], |emit, inputs| {
        let [_, h, x, k] = inputs else { panic!("four inputs") };
        let product = emit.mul(*h, *k);
        let sum = emit.add(product, *x);
        vec![emit.unary(Unary::Tanh, sum), *h, *x]
    });
    for choice in 0..8 {
        let (xs, fixed): (Vec<usize>, Vec<usize>) = (0..3).partition(|i| choice >> i & 1 == 1);
        let order = [xs.clone(), fixed].concat();
        let shapes = [&[2][..], &[3, 2], &[2]];
        let tys: Vec<Type> = order.iter().map(|&i| float(shapes[i])).collect();
        let outer = body(&tys, |emit, inputs| {
            let at = |i: usize| inputs[1 + order.iter().position(|&o| o == i).expect("there")];
            let scan = Scan { n: 3, reverse: true, carries: 1, xs: 1, when: None, body: inner.clone() };
            emit.builder.scan(scan, &[at(0), at(1), at(2)], NONE)
        });
        let graph = looped(Scan { n: 5, reverse: false, carries: 0, xs: xs.len(), when: None, body: outer });
        let batched = batch(&graph);
        assert_eq!(loops(&batched), 1, "{batched}");
        same(&format!("inner loop {choice:b}"), &graph, &batched, &inputs(&graph, &mut Draw::new(6)));
    }
}

#[test]
fn draws_of_random_numbers_keep_their_keys() {
    let body = body(&[Type::new(DType::I64, vec![])], |emit, inputs| {
        let [i, key] = inputs else { panic!("two inputs") };
        let mixed = emit.add(*i, *key);
        let draw = emit.op(Op::Uniform { dtype: DType::F64, shape: vec![2, 2], stream: 7 }, &[mixed]);
        let two = emit.full_like(2.0, draw);
        vec![emit.mul(draw, two)]
    });
    let graph = looped(Scan { n: 4, reverse: false, carries: 0, xs: 0, when: None, body });
    let key = Tensor::scalar(Scalar::I64(11));
    let (before, after) = (eval(&graph, std::slice::from_ref(&key)), eval(&batch(&graph), &[key]));
    assert_eq!(before.expect("no fault"), after.expect("no fault"), "the same bits");
}
