//! The CPU backend against the reference evaluator.

use crate::calls::FAMILIES;
use crate::draw::Draw;
use dln::exec::cpu::Executable;
use dln::exec::{Fault, Memory, with_threads};
use dln::graph::{Builder, Graph, NodeId, Type, eval, typing::op_type};
use dln::ops::{Binary, Compare, Conv, ConvMode, Op, Reduce, Scan, Tensor, Unary};
use dln::opt::optimize;
use dln::plan::{Options, plan};
use dln::types::{DType, Scalar};

const NONE: dln::base::Span = dln::base::Span::none();

/// The outputs of a graph on the CPU backend; `run_with` is told what its plan is promised.
pub fn run(graph: &Graph, inputs: &[Tensor]) -> Result<Vec<Tensor>, Fault> {
    run_with(graph, &Options::default(), inputs)
}

pub fn run_with(graph: &Graph, options: &Options, inputs: &[Tensor]) -> Result<Vec<Tensor>, Fault> {
    let mut executable = Executable::new(plan(graph, options));
    let mut memory = Memory::new();
    let from: Vec<_> = inputs.iter().map(|x| memory.add(x)).collect();
    let types: Vec<Type> = executable.plan().outputs.iter().map(|(_, ty)| ty.clone()).collect();
    let to: Vec<_> = types.into_iter().map(|ty| memory.zeros(ty)).collect();
    executable.run(&mut memory, &from, &to)?;
    Ok(to.into_iter().map(|slot| memory.get(slot)).collect())
}

/// Equal, up to rounding for floats.
pub fn assert_close(got: &Tensor, want: &Tensor, context: &dyn Fn() -> String) {
    assert_eq!((got.dtype(), &got.shape), (want.dtype(), &want.shape), "{}", context());
    let tolerance = match want.dtype() {
        // About one place of the last digit: two ways to a number may round to its two neighbours.
        DType::F16 => 1e-3,
        DType::Bf16 => 8e-3,
        DType::F32 => 1e-5,
        DType::F64 => 1e-12,
        DType::I32 | DType::I64 | DType::U8 | DType::Bool => 0.0,
    };
    for (i, (a, b)) in got.to_f64().into_iter().zip(want.to_f64()).enumerate() {
        let close = a == b || a.is_nan() && b.is_nan() || (a - b).abs() <= tolerance * b.abs().max(1.0);
        assert!(close, "element {i} is {a}, not {b}\n{}", context());
    }
}

/// Runs a graph both ways.
pub fn compare(graph: &Graph, inputs: &[Tensor]) {
    let want = eval(graph, inputs).expect("the reference has a value");
    let got = run(graph, inputs).expect("the backend has one too");
    let context = || format!("{graph}\n{}", plan(graph, &Options::default()));
    for (got, want) in got.iter().zip(&want) {
        assert_close(got, want, &context);
    }
}

pub fn op_graph(op: Op<usize>, tys: &[Type]) -> Graph {
    let mut builder = Builder::new();
    let args: Vec<NodeId> = tys.iter().map(|ty| builder.input("x", ty.clone())).collect();
    let result = builder.op(op, &args, NONE);
    builder.output("y", result);
    builder.finish()
}

pub fn ty(dtype: DType, shape: &[usize]) -> Type {
    Type::new(dtype, shape.to_vec())
}

/// Draws the operands, and runs one op both ways.
fn compare_op(draw: &mut Draw, op: Op<usize>, tys: &[Type]) {
    let inputs: Vec<Tensor> = tys.iter().map(|ty| draw.tensor(ty.dtype, &ty.shape, -2.0, 2.0)).collect();
    compare(&op_graph(op, tys), &inputs);
}

#[test]
fn every_op_agrees_on_small_shapes() {
    for (_, family) in FAMILIES {
        for key in 0..200 {
            let mut draw = Draw::new(key);
            let dtype = draw.pick(&DType::ALL);
            let call = family(&mut draw, dtype);
            let inputs = call.values(&mut draw);
            let tys: Vec<Type> = call.operands.iter().map(|x| x.ty.clone()).collect();
            if op_type(&call.op, &tys.iter().collect::<Vec<_>>()).is_err() {
                continue;
            }
            let graph = op_graph(call.op, &tys);
            match eval(&graph, &inputs) {
                Ok(_) => compare(&graph, &inputs),
                Err(_) => assert!(matches!(run(&graph, &inputs), Err(Fault::Index { .. })), "{graph}"),
            }
        }
    }
}

#[test]
fn reductions_agree_on_large_shapes() {
    let mut draw = Draw::new(1);
    let cases: [(&[usize], &[usize]); 12] = [
        (&[50_000], &[0]),
        (&[300, 170], &[0]),
        (&[300, 170], &[1]),
        (&[70, 9, 41], &[0, 2]),
        (&[70, 9, 41], &[1]),
        (&[16, 6, 24, 24], &[0, 2, 3]),
        (&[9000, 7], &[0]),
        (&[9000, 7], &[1]),
        (&[3, 1025, 17], &[1]),
        (&[3, 4100], &[]),
        (&[2, 3, 2050], &[0, 1, 2]),
        (&[40_000, 2], &[0]),
    ];
    for (shape, axes) in cases {
        for kind in [Reduce::Sum, Reduce::Max, Reduce::Min] {
            let dtype = draw.pick(&[DType::F32, DType::F64, DType::I32, DType::I64]);
            // Whole numbers: sums are exact whatever the order.
            let x = Tensor::from_f64(dtype, shape, &draw.tensor(DType::I32, shape, -9.0, 9.0).to_f64());
            compare(&op_graph(Op::Reduce { kind, axes: axes.to_vec() }, &[ty(dtype, shape)]), &[x]);
        }
    }
}

#[test]
fn long_sums_of_f32_keep_their_digits() {
    let n = 1 << 20;
    let graph = op_graph(Op::Reduce { kind: Reduce::Sum, axes: vec![0] }, &[ty(DType::F32, &[n])]);
    let tenth = Tensor::from_f64(DType::F32, &[n], &vec![0.1; n]);
    let sum = run(&graph, &[tenth]).unwrap()[0].to_f64()[0];
    assert!((sum / (n as f64 * 0.1f32 as f64) - 1.0).abs() < 1e-6, "{sum}");
}

#[test]
fn products_agree_in_every_layout() {
    let mut draw = Draw::new(2);
    for _ in 0..60 {
        let dtype = draw.pick(&[DType::F32, DType::F64, DType::I32]);
        let sizes: Vec<usize> = (0..5).map(|_| draw.within(1, 40)).collect();
        let [b, m, k, n, k2] = sizes[..] else { unreachable!("five sizes") };
        let (k2, b) = (k2.min(3), b.min(4));
        let (left, right) = (draw.order(4), draw.order(4));
        let place = |order: &[usize], sizes: [usize; 4]| order.iter().map(|&axis| sizes[axis]).collect::<Vec<_>>();
        let at = |order: &[usize], axis: usize| order.iter().position(|&a| a == axis).unwrap();
        let (lhs, rhs) = (place(&left, [b, m, k, k2]), place(&right, [b, n, k, k2]));
        let batch = vec![(at(&left, 0), at(&right, 0))];
        let contract = vec![(at(&left, 2), at(&right, 2)), (at(&left, 3), at(&right, 3))];
        let inputs = [draw.tensor(dtype, &lhs, -1.0, 1.0), draw.tensor(dtype, &rhs, -1.0, 1.0)];
        let graph = op_graph(Op::Dot { batch, contract }, &[ty(dtype, &lhs), ty(dtype, &rhs)]);
        compare(&graph, &inputs);
    }
}

#[test]
fn convolutions_agree_over_several_blocks_of_samples() {
    let mut draw = Draw::new(3);
    for mode in [ConvMode::Forward, ConvMode::Input, ConvMode::Weight] {
        for (x, w, stride, pad, dilation, groups) in [
            ([17, 4, 9, 8], [6, 4, 3, 3], 1, (0, 0), 1, 1),
            ([18, 4, 9, 8], [6, 2, 3, 2], 2, (1, 2), 1, 2),
            ([3, 3, 20, 21], [5, 3, 5, 5], 1, (2, 2), 1, 1),
            ([2, 6, 11, 11], [6, 1, 3, 3], 1, (1, 1), 2, 6),
            ([9, 5, 7, 7], [4, 5, 1, 1], 1, (0, 0), 1, 1),
            ([2, 5, 20, 20], [4, 5, 1, 1], 1, (0, 0), 1, 1),
            ([2, 5, 8, 8], [4, 5, 1, 1], 3, (0, 1), 1, 1),
        ] {
            let spatial = |i: usize| (x[i] + pad.0 + pad.1 - dilation * (w[i] - 1) - 1) / stride + 1;
            let y = [x[0], w[0], spatial(2), spatial(3)];
            let (lhs, rhs, sizes) = match mode {
                ConvMode::Forward => (x, w, vec![]),
                ConvMode::Input => (y, w, x[2..].to_vec()),
                ConvMode::Weight => (x, y, w[2..].to_vec()),
            };
            let (stride, pad, dilation) = (vec![stride; 2], vec![pad; 2], vec![dilation; 2]);
            let conv = Conv { mode, stride, pad, dilation, groups, sizes };
            compare_op(&mut draw, Op::Conv(conv), &[ty(DType::F64, &lhs), ty(DType::F64, &rhs)]);
        }
    }
}

#[test]
fn what_maxima_of_windows_send_back_agrees() {
    let mut draw = Draw::new(5);
    for (shape, axis, [size, stride, dilation]) in [
        (vec![3, 5, 4], 1, [2, 2, 1]),
        (vec![3, 6, 40], 1, [2, 2, 1]),
        (vec![70, 9, 20], 2, [2, 2, 1]),
        (vec![70, 9, 22], 2, [2, 2, 1]),
        (vec![40, 7, 9, 5], 2, [3, 2, 1]),
        (vec![2, 3, 30], 2, [3, 1, 2]),
        (vec![2, 30, 3], 1, [2, 3, 2]),
        (vec![2, 4, 1], 2, [1, 1, 1]),
    ] {
        for dtype in [DType::F32, DType::F64] {
            let mut builder = Builder::new();
            let x = builder.input("x", ty(dtype, &shape));
            let windows = builder.op(Op::Windows { axis, size, stride, dilation }, &[x], NONE);
            let greatest = builder.op(Op::Reduce { kind: Reduce::Max, axes: vec![shape.len()] }, &[windows], NONE);
            let g = builder.op(Op::Binary(Binary::Mul), &[greatest, greatest], NONE);
            let loss = builder.op(Op::Reduce { kind: Reduce::Sum, axes: (0..shape.len()).collect() }, &[g], NONE);
            let dx = dln::grad::grad(&mut builder, loss, &[x]);
            builder.output("dx", dx[0]);
            let graph = optimize(&builder.finish());
            let text = plan(&graph, &Options::default()).to_string();
            assert!(text.contains("peaks") && !text.contains("argmax"), "{text}");
            // Few values, so that windows have several greatest elements; and numbers that are none.
            let mut x = draw.tensor(dtype, &shape, -2.0, 2.0);
            for i in 0..x.len() {
                let value = if i % 11 == 0 { f64::NAN } else { x.to_f64()[i].round() };
                x.data.set(i, Scalar::from_f64(value, dtype));
            }
            compare(&graph, &[x]);
        }
    }
}

#[test]
fn large_movements_agree() {
    let mut draw = Draw::new(4);
    for (shape, perm) in [
        (vec![70, 130], vec![1, 0]),
        (vec![5, 33, 64], vec![0, 2, 1]),
        (vec![9, 40, 3, 35], vec![1, 2, 3, 0]),
        (vec![40, 9, 37], vec![2, 1, 0]),
    ] {
        let mut builder = Builder::new();
        let dtype = draw.pick(&DType::ALL);
        let x = builder.input("x", ty(dtype, &shape));
        let turned = builder.op(Op::Transpose { perm }, &[x], NONE);
        let flat = builder.op(Op::Reshape { shape: vec![shape.iter().product()] }, &[turned], NONE);
        builder.output("turned", turned);
        builder.output("flat", flat);
        compare(&builder.finish(), &[draw.tensor(dtype, &shape, -9.0, 9.0)]);
    }
}

/// A graph of many ops that plan and backend treat together: element-wise chains with broadcasts and views between
/// them, reductions, products.
pub fn random_graph(draw: &mut Draw, nodes: usize) -> Graph {
    let mut builder = Builder::new();
    let (a, b) = (draw.within(1, 12), draw.within(1, 90));
    let mut pool: Vec<NodeId> = vec![];
    for shape in [vec![a, b], vec![b], vec![], vec![b, a], vec![a, b]] {
        pool.push(builder.input("x", ty(DType::F64, &shape)));
    }
    for _ in 0..nodes {
        let x = draw.pick(&pool);
        let shape = builder.ty(x).shape.clone();
        let node = match draw.below(10) {
            0..=4 => elementwise(draw, &mut builder, &pool, x),
            5 if shape.len() == 2 => builder.op(Op::Transpose { perm: vec![1, 0] }, &[x], NONE),
            6 if shape.len() == 2 => {
                builder.op(Op::Reduce { kind: draw.pick(&[Reduce::Sum, Reduce::Max]), axes: draw.some(2) }, &[x], NONE)
            }
            7 if shape.len() == 2 => {
                let flat = builder.op(Op::Reshape { shape: vec![shape[0] * shape[1]] }, &[x], NONE);
                let turned = builder.op(Op::Flip { axis: 0 }, &[flat], NONE);
                builder.op(Op::Reshape { shape }, &[turned], NONE)
            }
            8 if shape.len() == 2 => {
                let square = builder.op(Op::Dot { batch: vec![], contract: vec![(1, 1)] }, &[x, x], NONE);
                builder.op(Op::Unary(Unary::Tanh), &[square], NONE)
            }
            _ => {
                let wide: Vec<usize> = [&[2][..], &shape].concat();
                let axes = (1..wide.len()).collect();
                let twice = builder.op(Op::Broadcast { shape: wide, axes }, &[x], NONE);
                builder.op(Op::Reduce { kind: Reduce::Max, axes: vec![0] }, &[twice], NONE)
            }
        };
        pool.push(node);
    }
    for (i, node) in pool.iter().enumerate() {
        if i + 1 == pool.len() || draw.below(4) == 0 {
            builder.output("y", *node);
        }
    }
    builder.finish()
}

fn elementwise(draw: &mut Draw, builder: &mut Builder, pool: &[NodeId], x: NodeId) -> NodeId {
    let ty = builder.ty(x).clone();
    let like: Vec<NodeId> = pool.iter().copied().filter(|&y| *builder.ty(y) == ty).collect();
    let mut y = draw.pick(&like);
    if draw.flag() {
        let scalar = match draw.flag() {
            true => builder.op(Op::Const(Scalar::F64(draw.unit())), &[], NONE),
            false => pool[2],
        };
        y = builder.op(Op::Broadcast { shape: ty.shape.clone(), axes: vec![] }, &[scalar], NONE);
    }
    match draw.below(6) {
        0 => builder.op(Op::Unary(draw.pick(&[Unary::Tanh, Unary::Neg, Unary::Sin, Unary::Abs])), &[x], NONE),
        1 => {
            let condition = builder.op(Op::Compare(Compare::Lt), &[x, y], NONE);
            builder.op(Op::Select, &[condition, y, x], NONE)
        }
        _ => {
            let op = draw.pick(&[Binary::Add, Binary::Sub, Binary::Max, Binary::Min]);
            let sum = builder.op(Op::Binary(op), &[x, y], NONE);
            builder.op(Op::Unary(Unary::Sin), &[sum], NONE)
        }
    }
}

/// Values for all inputs of a graph.
pub fn random_inputs(draw: &mut Draw, graph: &Graph) -> Vec<Tensor> {
    graph.inputs.iter().map(|(_, ty)| draw.tensor(ty.dtype, &ty.shape, -2.0, 2.0)).collect()
}

#[test]
fn random_graphs_agree() {
    for key in 0..150 {
        let mut draw = Draw::new(key);
        let nodes = draw.within(3, 40);
        let graph = random_graph(&mut draw, nodes);
        let inputs = random_inputs(&mut draw, &graph);
        compare(&graph, &inputs);
        let optimized = optimize(&graph);
        for (got, want) in eval(&optimized, &inputs).unwrap().iter().zip(eval(&graph, &inputs).unwrap()) {
            assert_close(got, &want, &|| format!("{graph}\nbecame\n{optimized}"));
        }
        compare(&optimized, &inputs);
    }
}

/// `(h, s) -> (tanh(h + x w), s + sum h)`, with every `h` as a result; `w` is turned around in the body.
fn recurrent(n: usize, reverse: bool) -> Graph {
    let mut body = Builder::new();
    let step = body.input("t", ty(DType::I64, &[]));
    let h = body.input("h", ty(DType::F64, &[3, 4]));
    let s = body.input("s", ty(DType::F64, &[]));
    let x = body.input("x", ty(DType::F64, &[3, 2]));
    let w = body.input("w", ty(DType::F64, &[4, 2]));
    let turned = body.op(Op::Transpose { perm: vec![1, 0] }, &[w], NONE);
    let product = body.op(Op::Dot { batch: vec![], contract: vec![(1, 0)] }, &[x, turned], NONE);
    let sum = body.op(Op::Binary(Binary::Add), &[h, product], NONE);
    let next = body.op(Op::Unary(Unary::Tanh), &[sum], NONE);
    let all = body.op(Op::Reduce { kind: Reduce::Sum, axes: vec![0, 1] }, &[h], NONE);
    let time = body.op(Op::Cast(DType::F64), &[step], NONE);
    let all = body.op(Op::Binary(Binary::Mul), &[all, time], NONE);
    let total = body.op(Op::Binary(Binary::Add), &[s, all], NONE);
    for (name, node) in [("h", next), ("s", total), ("y", next), ("old", h)] {
        body.output(name, node);
    }
    let scan = Scan { n, reverse, carries: 2, xs: 1, when: None, body: body.finish() };
    let mut builder = Builder::new();
    let args = [&[3, 4][..], &[], &[n, 3, 2], &[4, 2]];
    let args: Vec<NodeId> = args.iter().map(|shape| builder.input("x", ty(DType::F64, shape))).collect();
    let turned = builder.op(Op::Flip { axis: 0 }, &[args[2]], NONE);
    let results = builder.scan(scan, &[args[0], args[1], turned, args[3]], NONE);
    for result in results {
        builder.output("y", result);
    }
    builder.finish()
}

#[test]
fn loops_agree() {
    for n in 0..6 {
        for reverse in [false, true] {
            let graph = recurrent(n, reverse);
            let inputs = random_inputs(&mut Draw::new(n as u64), &graph);
            compare(&graph, &inputs);
            compare(&optimize(&graph), &inputs);
            let mut part = graph.clone();
            part.outputs.drain(1..);
            let part = optimize(&part);
            compare(&part, &inputs);
            assert!(part.to_string().lines().count() < graph.to_string().lines().count());
        }
    }
}

/// `p, g -> p - g, loss` where the loss is the greatest element of `g`, and also `p` twice.
fn update() -> (Graph, Options) {
    let mut builder = Builder::new();
    let p = builder.input("p", ty(DType::F32, &[1000]));
    let g = builder.input("g", ty(DType::F32, &[1000]));
    let next = builder.op(Op::Binary(Binary::Sub), &[p, g], NONE);
    let loss = builder.op(Op::Reduce { kind: Reduce::Max, axes: vec![0] }, &[g], NONE);
    let twice = builder.op(Op::Binary(Binary::Add), &[p, p], NONE);
    for (name, node) in [("p", next), ("loss", loss), ("twice", twice)] {
        builder.output(name, node);
    }
    (builder.finish(), Options { guards: vec![1], updates: vec![(0, 0)], ..Options::default() })
}

#[test]
fn states_are_overwritten_in_place_and_behind_the_guards() {
    let (graph, options) = update();
    let mut executable = Executable::new(plan(&graph, &options));
    let mut memory = Memory::new();
    let fill = |x: f64| Tensor::from_f64(DType::F32, &[1000], &vec![x; 1000]);
    let (p, g) = (memory.add(&fill(5.0)), memory.add(&fill(1.5)));
    let loss = memory.zeros(ty(DType::F32, &[]));
    let twice = memory.zeros(ty(DType::F32, &[1000]));
    executable.run(&mut memory, &[p, g], &[p, loss, twice]).unwrap();
    executable.run(&mut memory, &[p, g], &[p, loss, twice]).unwrap();
    assert_eq!(memory.get(p), fill(2.0));
    assert_eq!(memory.get(twice), fill(7.0));
    memory.set(g, &fill(f64::NAN));
    let fault = executable.run(&mut memory, &[p, g], &[p, loss, twice]);
    assert_eq!(fault, Err(Fault::NotFinite { output: 1 }));
    assert_eq!(memory.get(p), fill(2.0), "a fault leaves the state");
}

#[test]
fn outputs_appear_as_if_written_behind_all_reads() {
    let mut builder = Builder::new();
    let a = builder.input("a", ty(DType::F32, &[7]));
    let b = builder.input("b", ty(DType::F32, &[7]));
    let flipped = builder.op(Op::Flip { axis: 0 }, &[a], NONE);
    let sum = builder.op(Op::Binary(Binary::Add), &[a, b], NONE);
    for node in [b, flipped, sum] {
        builder.output("y", node);
    }
    let graph = builder.finish();
    let mut draw = Draw::new(9);
    let inputs = random_inputs(&mut draw, &graph);
    let want = eval(&graph, &inputs).unwrap();
    // The two states swap, and one of them turns around, whether or not the plan was told.
    for updates in
        [vec![], vec![(0, 0)], vec![(0, 0), (1, 1)], vec![(1, 1), (0, 0)], vec![(1, 0)], vec![(2, 0), (0, 1)]]
    {
        let mut executable = Executable::new(plan(&graph, &Options { updates, ..Options::default() }));
        for order in [[0, 1, 2], [1, 0, 2], [2, 1, 0], [2, 0, 1]] {
            let mut memory = Memory::new();
            let slots = [memory.add(&inputs[0]), memory.add(&inputs[1]), memory.zeros(ty(DType::F32, &[7]))];
            let outputs = order.map(|slot: usize| slots[slot]);
            executable.run(&mut memory, &slots[..2], &outputs).unwrap();
            for (slot, want) in outputs.into_iter().zip(&want) {
                assert_eq!(memory.get(slot), *want, "{}", executable.plan());
            }
        }
    }
}

#[test]
fn an_index_out_of_range_names_its_node() {
    let graph = op_graph(Op::Take { axis: 0 }, &[ty(DType::F32, &[4]), ty(DType::I64, &[2])]);
    let x = Tensor::zeros(DType::F32, &[4]);
    for bad in [4.0, -1.0] {
        let index = Tensor::from_f64(DType::I64, &[2], &[0.0, bad]);
        let fault = run(&graph, &[x.clone(), index]);
        assert_eq!(fault, Err(Fault::Index { node: graph.outputs[0].1, span: NONE, index: bad as i64, size: 4 }));
    }
}

#[test]
fn nan_goes_through_max_and_min() {
    let nan = Tensor::from_f64(
        DType::F32,
        &[40],
        &(0..40).map(|i| if i == 33 { f64::NAN } else { i as f64 }).collect::<Vec<_>>(),
    );
    for kind in [Reduce::Max, Reduce::Min] {
        compare(&op_graph(Op::Reduce { kind, axes: vec![0] }, &[ty(DType::F32, &[40])]), std::slice::from_ref(&nan));
    }
    for op in [Binary::Max, Binary::Min] {
        let graph = op_graph(Op::Binary(op), &[ty(DType::F32, &[40]), ty(DType::F32, &[40])]);
        let ones = Tensor::from_f64(DType::F32, &[40], &[1.0; 40]);
        compare(&graph, &[nan.clone(), ones.clone()]);
        compare(&graph, &[ones, nan.clone()]);
    }
}

/// Big enough that every kernel shares its work out.
fn busy() -> Graph {
    let mut builder = Builder::new();
    let x = builder.input("x", ty(DType::F32, &[64, 4, 18, 18]));
    let w = builder.input("w", ty(DType::F32, &[8, 4, 3, 3]));
    let ones = || vec![1; 2];
    let conv =
        |mode, sizes| Op::Conv(Conv { mode, stride: ones(), pad: vec![(0, 0); 2], dilation: ones(), groups: 1, sizes });
    let y = builder.op(conv(ConvMode::Forward, vec![]), &[x, w], NONE);
    let z = builder.op(Op::Unary(Unary::Tanh), &[y], NONE);
    let dx = builder.op(conv(ConvMode::Input, vec![18, 18]), &[z, w], NONE);
    let dw = builder.op(conv(ConvMode::Weight, vec![3, 3]), &[x, z], NONE);
    let rows = builder.op(Op::Reshape { shape: vec![64, 2048] }, &[z], NONE);
    let product = builder.op(Op::Dot { batch: vec![], contract: vec![(1, 1)] }, &[rows, rows], NONE);
    let bias = builder.op(Op::Reduce { kind: Reduce::Sum, axes: vec![0, 2, 3] }, &[z], NONE);
    let all = builder.op(Op::Reduce { kind: Reduce::Sum, axes: vec![0, 1, 2, 3] }, &[z], NONE);
    for node in [z, dx, dw, product, bias, all] {
        builder.output("y", node);
    }
    builder.finish()
}

#[test]
fn the_bits_do_not_depend_on_the_number_of_threads() {
    let graph = busy();
    let inputs = random_inputs(&mut Draw::new(5), &graph);
    let on = |threads: usize| with_threads(threads, || run(&graph, &inputs).unwrap());
    let one = on(1);
    for threads in [2, 3] {
        assert!(on(threads) == one, "{threads} threads");
    }
}
