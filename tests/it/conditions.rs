//! Iterations that do not run: `while` loops, masked loops and branches. What they mean, and their derivatives.

use crate::backends::{compare, run};
use crate::draw::Draw;
use crate::gradcheck::check_derivatives;
use dln::base::Span;
use dln::grad::grad;
use dln::graph::{Builder, Emit, Graph, NodeId, Type, check, eval};
use dln::ops::{Binary, Compare, Op, Scan, Tensor, Unary};
use dln::opt::optimize;
use dln::types::{DType, Scalar};

/// The operand that says whether an iteration runs: a carry, what is run over, or a constant.
pub const OPERANDS: [usize; 3] = [0, 3, 5];

/// Carries `go` and `h`, runs over `x` and `m`, sees `a` and `c`:
/// `h = sin(h) + a x`, `go = h[0] < 0.9`, and gives `h x` each time.
fn body() -> Graph {
    let mut builder = Builder::new();
    let (float, bool) = (Type::new(DType::F64, vec![2]), Type::new(DType::Bool, vec![]));
    builder.input("i", Type::new(DType::I64, vec![]));
    builder.input("go", bool.clone());
    let [h, x] = ["h", "x"].map(|name| builder.input(name, float.clone()));
    builder.input("m", bool.clone());
    let a = builder.input("a", float);
    builder.input("c", bool);
    let mut emit = Emit::new(&mut builder, Span::none());
    let (next, y) = iteration(&mut emit, h, x, a);
    let go = goes_on(&mut emit, next);
    [go, next, y].into_iter().for_each(|node| builder.output("out", node));
    builder.finish()
}

fn iteration(emit: &mut Emit, h: NodeId, x: NodeId, a: NodeId) -> (NodeId, NodeId) {
    let sine = emit.unary(Unary::Sin, h);
    let product = emit.mul(a, x);
    let next = emit.add(sine, product);
    (next, emit.mul(next, x))
}

fn goes_on(emit: &mut Emit, h: NodeId) -> NodeId {
    let first = emit.slice(h, 0, 0, 1);
    let first = emit.reshape(first, &[]);
    let limit = emit.scalar(0.9, DType::F64);
    emit.compare(Compare::Lt, first, limit)
}

/// The loop over `h`, `x`, `a`, with conditions made of them: `m = x[:, 1] < 0.3`, `c = go = h[0] < 0.9`.
pub fn looped(builder: &mut Builder, args: &[NodeId], n: usize, reverse: bool, when: usize) -> Vec<NodeId> {
    let mut emit = Emit::new(builder, Span::none());
    let (mask, go) = conditions(&mut emit, args, n);
    let scan = Scan { n, reverse, carries: 2, xs: 2, when: Some(when), body: body() };
    let [h, x, a] = *args else { panic!("three operands") };
    builder.scan(scan, &[go, h, x, mask, a, go], Span::none())[1..].to_vec()
}

fn conditions(emit: &mut Emit, args: &[NodeId], n: usize) -> (NodeId, NodeId) {
    let column = emit.slice(args[1], 1, 1, 2);
    let column = emit.reshape(column, &[n]);
    let limit = emit.scalar(0.3, DType::F64);
    let limit = emit.broadcast(limit, &[n], &[]);
    let mask = emit.compare(Compare::Lt, column, limit);
    (mask, goes_on(emit, args[0]))
}

/// The same, iteration by iteration, with everything computed and then chosen.
fn unrolled(builder: &mut Builder, args: &[NodeId], n: usize, reverse: bool, when: usize) -> Vec<NodeId> {
    let mut emit = Emit::new(builder, Span::none());
    let (mask, constant) = conditions(&mut emit, args, n);
    let [mut h, x, a] = *args else { panic!("three operands") };
    let mut go = constant;
    let mut ys = vec![h; n];
    for step in 0..n {
        let i = if reverse { n - 1 - step } else { step };
        let row = emit.slice(x, 0, i, i + 1);
        let row = emit.reshape(row, &[2]);
        let here = emit.slice(mask, 0, i, i + 1);
        let runs =
            [go, emit.reshape(here, &[]), constant][OPERANDS.iter().position(|&o| o == when).expect("one of three")];
        let (next, y) = iteration(&mut emit, h, row, a);
        let wide = emit.broadcast(runs, &[2], &[]);
        let still = goes_on(&mut emit, next);
        go = emit.binary(Binary::And, runs, still);
        h = emit.select(wide, next, h);
        let y = emit.keep_where(wide, y);
        ys[i] = emit.reshape(y, &[1, 2]);
    }
    vec![h, emit.op(Op::Concat { axis: 0 }, &ys)]
}

fn inputs(key: u64, n: usize) -> Vec<Tensor> {
    let mut draw = Draw::new(key);
    [&[2][..], &[n, 2], &[2]].map(|shape| draw.tensor(DType::F64, shape, -1.0, 1.0)).to_vec()
}

fn graph_of(inputs: &[Tensor], make: impl FnOnce(&mut Builder, &[NodeId]) -> Vec<NodeId>) -> Graph {
    let mut builder = Builder::new();
    let args: Vec<NodeId> = inputs.iter().map(|x| builder.input("x", Type::new(DType::F64, x.shape.clone()))).collect();
    make(&mut builder, &args).into_iter().for_each(|node| builder.output("y", node));
    let graph = builder.finish();
    check(&graph).expect("a graph");
    graph
}

#[test]
fn they_run_where_the_condition_holds() {
    for (key, when) in (0..30).flat_map(|key| OPERANDS.map(|when| (key, when))) {
        let (n, reverse) = (1 + key as usize % 5, key % 2 == 0);
        let inputs = inputs(key, n);
        let loops = graph_of(&inputs, |builder, args| looped(builder, args, n, reverse, when));
        let plain = graph_of(&inputs, |builder, args| unrolled(builder, args, n, reverse, when));
        let want = eval(&plain, &inputs).expect("a value");
        assert_eq!(eval(&loops, &inputs).expect("a value"), want, "{loops}");
        compare(&loops, &inputs);
        let optimized = optimize(&loops);
        assert_eq!(eval(&optimized, &inputs).expect("a value"), want, "{optimized}");
        compare(&optimized, &inputs);
    }
}

#[test]
fn they_have_derivatives() {
    for (key, when) in (40..46).flat_map(|key| OPERANDS.map(|when| (key, when))) {
        let reverse = key % 2 == 0;
        let what = format!("condition {when}, drawn {key}");
        check_derivatives(&what, &inputs(key, 4), |builder, args| looped(builder, args, 4, reverse, when));
    }
}

/// The backend's derivatives of a loop with a condition are those of the reference.
#[test]
fn the_way_back_agrees() {
    for when in OPERANDS {
        let inputs = inputs(50, 4);
        let graph = graph_of(&inputs, |builder, args| {
            let results = looped(builder, args, 4, false, when);
            let mut emit = Emit::new(builder, Span::none());
            let parts = [emit.sum(results[0], &[0]), emit.sum(results[1], &[0, 1])];
            let loss = emit.add(parts[0], parts[1]);
            grad(builder, loss, args)
        });
        compare(&graph, &inputs);
        compare(&optimize(&graph), &inputs);
    }
}

/// `take(x, 7)` of three elements, in a branch or behind the end of a loop: it stops the run only if it runs.
#[test]
fn what_does_not_run_does_not_fail() {
    for (n, carries) in [(1, 0), (3, 1)] {
        for truth in [false, true] {
            let mut body = Builder::new();
            let bool = Type::new(DType::Bool, vec![]);
            body.input("i", Type::new(DType::I64, vec![]));
            let go = body.input("go", bool.clone());
            let x = body.input("x", Type::new(DType::F64, vec![3]));
            let seven = body.op(Op::Const(Scalar::I64(7)), &[], Span::none());
            let y = body.op(Op::Take { axis: 0 }, &[x, seven], Span::none());
            if carries == 1 {
                body.output("go", go);
            }
            body.output("y", y);
            let scan = Scan { n, reverse: false, carries, xs: 0, when: Some(0), body: body.finish() };
            let mut builder = Builder::new();
            let args = [builder.input("go", bool), builder.input("x", Type::new(DType::F64, vec![3]))];
            let results = builder.scan(scan, &args, Span::none());
            builder.output("y", results[carries]);
            let graph = optimize(&builder.finish());
            let inputs = [Tensor::scalar(Scalar::Bool(truth)), Draw::new(1).tensor(DType::F64, &[3], 0.0, 1.0)];
            assert_eq!(eval(&graph, &inputs).is_err(), truth, "{graph}");
            assert_eq!(run(&graph, &inputs).is_err(), truth, "{graph}");
        }
    }
}
