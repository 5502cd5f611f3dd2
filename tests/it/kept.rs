//! What kernels keep: the value of a row while its elements pass, and panels of a weight while it stays the same.

use crate::backends::{assert_close, compare, random_inputs};
use crate::draw::Draw;
use dln::base::Span;
use dln::exec::Memory;
use dln::exec::cpu::Executable;
use dln::graph::{Builder, Emit, Graph, Type, eval};
use dln::ops::{Compare, Conv, ConvMode, Op, Scan, Tensor, Unary};
use dln::plan::{Options, plan};
use dln::types::DType;

fn float(shape: &[usize]) -> Type {
    Type::new(DType::F32, shape.to_vec())
}

/// Rows less their means, divided by the root of their squares' means; the greater of those and the means; all means again.
fn standardized(rows: usize, width: usize) -> Graph {
    let mut builder = Builder::new();
    let x = builder.input("x", float(&[rows, width]));
    let mut emit = Emit::new(&mut builder, Span::none());
    let shape = [rows, width];
    let sum = emit.sum(x, &[1]);
    let count = emit.full(width as f64, &float(&[rows]));
    let mean = emit.div(sum, count);
    let means = emit.broadcast(mean, &shape, &[0]);
    let apart = emit.sub(x, means);
    let square = emit.mul(apart, apart);
    let squares = emit.sum(square, &[1]);
    let variance = emit.div(squares, count);
    let root = emit.unary(Unary::Sqrt, variance);
    let roots = emit.broadcast(root, &shape, &[0]);
    let divided = emit.div(apart, roots);
    let less = emit.compare(Compare::Lt, divided, means);
    let greater = emit.select(less, means, divided);
    let turned = emit.sub(roots, x);
    let half = emit.full(0.5, &float(&shape));
    let halved = emit.sub(half, turned);
    let both = emit.mul(means, roots);
    let last = emit.add(both, halved);
    for node in [divided, greater, last, mean, variance] {
        builder.output("y", node);
    }
    builder.finish()
}

#[test]
fn the_value_of_a_row_is_read_by_all_its_elements() {
    for (rows, width) in [(3, 5), (20, 200), (20, 256), (17, 300), (16, 512), (40, 1024), (16, 5000)] {
        let graph = standardized(rows, width);
        compare(&graph, &random_inputs(&mut Draw::new(width as u64), &graph));
    }
}

/// `h -> tanh(h w + x)`, five times, for each of which `w` is the same.
fn recurrent() -> Graph {
    let (rows, width) = (32, 256);
    let mut body = Builder::new();
    body.input("t", Type::new(DType::I64, vec![]));
    let h = body.input("h", float(&[rows, width]));
    let x = body.input("x", float(&[rows, width]));
    let w = body.input("w", float(&[width, width]));
    let mut emit = Emit::new(&mut body, Span::none());
    let product = emit.op(Op::Dot { batch: vec![], contract: vec![(1, 1)] }, &[h, w]);
    let sum = emit.add(product, x);
    let next = emit.unary(Unary::Tanh, sum);
    body.output("h", next);
    let scan = Scan { n: 5, reverse: false, carries: 1, xs: 1, when: None, body: body.finish() };
    let mut builder = Builder::new();
    let args = [&[rows, width][..], &[5, rows, width], &[width, width]];
    let args: Vec<_> = args.iter().map(|shape| builder.input("x", float(shape))).collect();
    let results = builder.scan(scan, &args, Span::none());
    builder.output("h", results[0]);
    builder.finish()
}

#[test]
fn a_weight_that_a_loop_keeps_is_another_in_the_next_run() {
    let graph = recurrent();
    let mut executable = Executable::new(plan(&graph, &Options::default()));
    let mut memory = Memory::new();
    let zeros = |ty: &Type, memory: &mut Memory| memory.zeros(ty.clone());
    let from: Vec<_> = graph.inputs.iter().map(|(_, ty)| zeros(ty, &mut memory)).collect();
    let to = zeros(&float(&[32, 256]), &mut memory);
    for key in 0..3 {
        let mut draw = Draw::new(key);
        let inputs: Vec<Tensor> =
            graph.inputs.iter().map(|(_, ty)| draw.tensor(ty.dtype, &ty.shape, -0.1, 0.1)).collect();
        from.iter().zip(&inputs).for_each(|(&slot, input)| memory.set(slot, input));
        executable.run(&mut memory, &from, &[to]).unwrap();
        assert_close(&memory.get(to), &eval(&graph, &inputs).unwrap()[0], &|| format!("run {key}"));
    }
}

/// A product and convolutions with weights that stay: `x w`, `conv(z, v)` of 3 x 3, and `conv(z, u)` of 1 x 1 with stride 2.
fn answers() -> Graph {
    let mut builder = Builder::new();
    let shapes = [&[128, 96][..], &[96, 64], &[1, 32, 14, 14], &[32, 32, 3, 3], &[64, 32, 1, 1]];
    let args = shapes.map(|shape| builder.input("x", float(shape)));
    let mut emit = Emit::new(&mut builder, Span::none());
    let product = emit.op(Op::Dot { batch: vec![], contract: vec![(1, 0)] }, &[args[0], args[1]]);
    let conv = |pad: usize, stride: usize| {
        let (stride, pad) = (vec![stride; 2], vec![(pad, pad); 2]);
        Op::Conv(Conv { mode: ConvMode::Forward, stride, dilation: vec![1; 2], pad, groups: 1, sizes: vec![] })
    };
    let three = emit.op(conv(1, 1), &[args[2], args[3]]);
    let one = emit.op(conv(0, 2), &[args[2], args[4]]);
    for node in [product, three, one] {
        builder.output("y", node);
    }
    builder.finish()
}

/// Every weight halved.
fn halved(graph: &Graph, inputs: &[usize]) -> (Graph, Options) {
    let mut builder = Builder::new();
    for &input in inputs {
        let ty = graph.inputs[input].1.clone();
        let weight = builder.input("w", ty.clone());
        let mut emit = Emit::new(&mut builder, Span::none());
        let half = emit.full(0.5, &ty);
        let next = emit.mul(weight, half);
        builder.output("w", next);
    }
    let updates = (0..inputs.len()).map(|index| (index, index)).collect();
    (builder.finish(), Options { updates, ..Options::default() })
}

/// Whole numbers, whose sums are exact in every order.
fn whole_inputs(key: u64, graph: &Graph) -> Vec<Tensor> {
    let inputs = random_inputs(&mut Draw::new(key), graph).into_iter();
    let rounded = |x: Tensor| x.to_f64().into_iter().map(f64::round).collect::<Vec<f64>>();
    inputs.map(|input| Tensor::from_f64(input.dtype(), &input.shape.clone(), &rounded(input))).collect()
}

/// A load and an assignment set a slot; a training step is a plan whose results take the places of weights.
#[test]
fn weights_that_are_kept_are_others_after_a_load_and_after_a_step() {
    let graph = answers();
    let weights = [1, 3, 4];
    let mut executable = Executable::new(plan(&graph, &Options { stays: weights.to_vec(), ..Options::default() }));
    let (step, options) = halved(&graph, &weights);
    let mut step = Executable::new(plan(&step, &options));
    let mut memory = Memory::new();
    let from: Vec<_> = whole_inputs(1, &graph).iter().map(|input| memory.add(input)).collect();
    let to: Vec<_> =
        graph.outputs.iter().map(|(_, node)| memory.zeros(graph.nodes[node.index()].tys[0].clone())).collect();
    let weights = weights.map(|input| from[input]);
    for turn in 0..4 {
        match turn {
            0 | 3 => {}
            1 => step.run(&mut memory, &weights, &weights).unwrap(),
            _ => {
                let others = whole_inputs(turn, &graph);
                let weight = if turn == 2 { 3 } else { 1 };
                memory.set(from[weight], &others[weight]);
            }
        }
        let now: Vec<Tensor> = from.iter().map(|&slot| memory.get(slot)).collect();
        executable.run(&mut memory, &from, &to).unwrap();
        for (&slot, want) in to.iter().zip(eval(&graph, &now).unwrap()) {
            assert_close(&memory.get(slot), &want, &|| format!("turn {turn}"));
        }
    }
}
