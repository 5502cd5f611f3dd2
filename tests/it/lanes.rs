//! Loops with conditions of their own inside of a loop that is batched: what does not run in a lane changes nothing in it.

use crate::backends::compare;
use crate::batched::{batch, body, float, looped, same};
use crate::conditions::{self, OPERANDS};
use crate::draw::Draw;
use dln::base::Span;
use dln::grad::grad;
use dln::graph::{Emit, Graph, Kind, NodeId, Type, eval};
use dln::ops::{Compare, Matrix, Op, Scan, Tensor};
use dln::opt::optimize;
use dln::types::DType;

/// More than any loop inside has iterations.
const LANES: usize = 7;

/// Batches a loop over lanes; none is left.
fn at_once(graph: &Graph) -> Graph {
    let batched = batch(graph);
    assert!(!goes_over_lanes(&batched), "{batched}");
    batched
}

fn goes_over_lanes(graph: &Graph) -> bool {
    graph.nodes.iter().any(|node| match &node.kind {
        Kind::Scan(scan) => scan.n == LANES || goes_over_lanes(&scan.body),
        _ => false,
    })
}

/// A loop over lanes of `h`, `x` and `a` whose body is made by `make`; by `each` which of them have lanes.
fn lanes(each: [bool; 3], n: usize, make: impl Fn(&mut Emit, &[NodeId]) -> Vec<NodeId>) -> Graph {
    let shapes = [&[2][..], &[n, 2], &[2]];
    let (xs, fixed): (Vec<usize>, Vec<usize>) = (0..3).partition(|&i| each[i]);
    let order = [xs.clone(), fixed].concat();
    let tys: Vec<Type> = order.iter().map(|&i| float(shapes[i])).collect();
    let body = body(&tys, |emit, inputs| {
        let args: Vec<NodeId> =
            (0..3).map(|i| inputs[1 + order.iter().position(|&o| o == i).expect("there")]).collect();
        make(emit, &args)
    });
    looped(Scan { n: LANES, reverse: false, carries: 0, xs: xs.len(), when: None, body })
}

fn drawn(graph: &Graph, key: u64) -> Vec<Tensor> {
    let mut draw = Draw::new(key);
    graph.inputs.iter().map(|(_, ty)| draw.tensor(ty.dtype, &ty.shape, -1.0, 1.0)).collect()
}

#[test]
fn a_condition_of_each_lane_is_a_mask() {
    for (key, when) in (0..10).flat_map(|key| OPERANDS.map(|when| (key, when))) {
        let (n, reverse) = (1 + key as usize % 5, key % 2 == 0);
        for choice in 1..8 {
            let each = [0, 1, 2].map(|i| choice >> i & 1 == 1);
            let graph = lanes(each, n, |emit, args| conditions::looped(emit.builder, args, n, reverse, when));
            let (batched, inputs) = (at_once(&graph), drawn(&graph, key));
            same(&format!("condition {when}, lanes {choice:b}"), &graph, &batched, &inputs);
            compare(&optimize(&graph), &inputs);
        }
    }
}

#[test]
fn the_way_back_is_one_too() {
    for (key, when) in (20..26).flat_map(|key| OPERANDS.map(|when| (key, when))) {
        let graph = lanes([true, key % 2 == 0, key % 3 == 0], 4, |emit, args| {
            let results = conditions::looped(emit.builder, args, 4, false, when);
            let parts = [emit.sum(results[0], &[0]), emit.sum(results[1], &[0, 1])];
            let loss = emit.add(parts[0], parts[1]);
            grad(emit.builder, loss, args)
        });
        let (batched, inputs) = (at_once(&graph), drawn(&graph, key));
        same(&format!("condition {when}, drawn {key}"), &graph, &batched, &inputs);
        compare(&optimize(&graph), &inputs);
    }
}

/// A branch in a branch in a lane: `x[5]` of two elements and the root of a matrix that has none, where it is not taken;
/// where it is, that is still a fault.
#[test]
fn what_would_stop_the_run_does_so_only_where_it_runs() {
    let taken = |emit: &mut Emit, args: &[NodeId], limit: f64| {
        let branch = |emit: &mut Emit, go: NodeId, h: NodeId, make: &dyn Fn(&mut Emit, NodeId) -> NodeId| {
            let body = body(&[Type::new(DType::Bool, vec![]), float(&[2])], |emit, inputs| vec![make(emit, inputs[2])]);
            let scan = Scan { n: 1, reverse: false, carries: 0, xs: 0, when: Some(0), body };
            emit.builder.scan(scan, &[go, h], Span::none())[0]
        };
        let below = |emit: &mut Emit, h: NodeId, limit: f64| {
            let first = emit.slice(h, 0, 0, 1);
            let first = emit.reshape(first, &[]);
            let limit = emit.scalar(limit, DType::F64);
            emit.compare(Compare::Lt, first, limit)
        };
        let go = below(emit, args[0], limit);
        vec![branch(emit, go, args[0], &|emit, h| {
            let (index, inner) = (emit.cast(h, DType::I64), below(emit, h, limit));
            let found = emit.op(Op::Take { axis: 0 }, &[h, index]);
            let root = branch(emit, inner, h, &|emit, h| {
                let shifted = emit.neg(h);
                let (wide, one) = (emit.broadcast(shifted, &[2, 2], &[1]), emit.full(0.5, &float(&[2, 2])));
                let matrix = emit.mul(wide, one);
                let columns = emit.op(Op::Transpose { perm: vec![1, 0] }, &[matrix]);
                let both = emit.op(Op::Dot { batch: vec![], contract: vec![(0, 0)] }, &[matrix, columns]);
                emit.op(Op::Matrix(Matrix::Cholesky), &[both])
            });
            let root = emit.sum(root, &[0, 1, 2]);
            let root = emit.broadcast(root, &[2], &[]);
            emit.add(found, root)
        })]
    };
    for (limit, fails) in [(-100.0, false), (100.0, true)] {
        let graph = lanes([true, false, false], 1, |emit, args| taken(emit, args, limit));
        let batched = at_once(&graph);
        let values: Vec<f64> = (0..2 * LANES).map(|i| i as f64).collect();
        let mut inputs = drawn(&graph, 1);
        inputs[0] = Tensor::from_f64(DType::F64, &[LANES, 2], &values);
        assert_eq!((eval(&graph, &inputs).is_err(), eval(&batched, &inputs).is_err()), (fails, fails), "{batched}");
        same("a branch in a branch", &graph, &batched, &inputs);
    }
}
