//! What kernels keep: the value of a row while its elements pass, and panels of a weight while a loop runs.

use crate::backends::{assert_close, compare, random_inputs};
use crate::draw::Draw;
use dln::base::Span;
use dln::exec::Memory;
use dln::exec::cpu::Executable;
use dln::graph::{Builder, Emit, Graph, Type, eval};
use dln::ops::{Compare, Op, Scan, Tensor, Unary};
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
