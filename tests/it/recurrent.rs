//! Recurrent layers with gates, there and back: what the optimizer leaves in their loops, and what the backend makes of it.

use crate::backends::{assert_close, random_inputs, run};
use crate::batched::body;
use crate::draw::Draw;
use dln::base::Span;
use dln::exec::with_threads;
use dln::grad::grad;
use dln::graph::{Builder, Emit, Graph, Kind, NodeId, Type, eval};
use dln::ops::{Binary, Op, Reduce, Scan, Unary};
use dln::opt::optimize;
use dln::plan::{Options, plan};
use dln::types::DType;

fn f32s(shape: &[usize]) -> Type {
    Type::new(DType::F32, shape.to_vec())
}

/// `batch` rows over `n` steps, with states of `width` numbers.
#[derive(Clone, Copy, Debug)]
struct Sizes {
    batch: usize,
    n: usize,
    width: usize,
}

/// `i, f, o = x + bias + h w; h = tanh(o) (tanh(i) + tanh(f) h)`, where all three are cut from one sum.
fn step(emit: &mut Emit, Sizes { batch, width, .. }: Sizes, inputs: &[NodeId]) -> Vec<NodeId> {
    let &[_, h, x, w, bias] = inputs else { panic!("five inputs") };
    let product = emit.op(Op::Dot { batch: vec![], contract: vec![(1, 0)] }, &[h, w]);
    let bias = emit.broadcast(bias, &[batch, 3 * width], &[1]);
    let sum = emit.add(x, bias);
    let sum = emit.add(sum, product);
    let gates = [0, 1, 2].map(|gate| {
        let part = emit.slice(sum, 1, gate * width, (gate + 1) * width);
        emit.unary(Unary::Tanh, part)
    });
    let kept = emit.mul(gates[1], h);
    let inside = emit.add(gates[0], kept);
    let next = emit.mul(gates[2], inside);
    vec![next, next]
}

/// All states, and the derivatives of the sum of their squares in `h`, `x`, `w` and `bias`.
fn layer(sizes: Sizes) -> Graph {
    let Sizes { batch, n, width } = sizes;
    let tys = [&[batch, width][..], &[batch, 3 * width], &[width, 3 * width], &[3 * width]].map(f32s);
    let body = body(&tys, |emit, inputs| step(emit, sizes, inputs));
    let mut builder = Builder::new();
    let shapes = [&[batch, width][..], &[n, batch, 3 * width], &[width, 3 * width], &[3 * width]];
    let args = shapes.map(|shape| builder.input("x", f32s(shape)));
    let scan = Scan { n, reverse: false, carries: 1, xs: 1, when: None, body };
    let states = builder.scan(scan, &args, Span::none())[1];
    let mut emit = Emit::new(&mut builder, Span::none());
    let square = emit.mul(states, states);
    let loss = emit.op(Op::Reduce { kind: Reduce::Sum, axes: vec![0, 1, 2] }, &[square]);
    builder.output("states", states);
    let slopes = grad(&mut builder, loss, &args);
    slopes.into_iter().for_each(|slope| builder.output("slope", slope));
    builder.finish()
}

/// The loops of a graph, in order.
fn loops(graph: &Graph) -> Vec<&Scan<usize, Graph>> {
    let loops = graph.nodes.iter().filter_map(|node| match &node.kind {
        Kind::Scan(scan) => Some(scan.as_ref()),
        _ => None,
    });
    loops.collect()
}

#[test]
fn no_loop_makes_the_sum_that_gates_are_cut_from() {
    let graph = optimize(&layer(Sizes { batch: 4, n: 5, width: 64 }));
    let [there, back] = loops(&graph)[..] else { panic!("two loops\n{graph}") };
    for scan in [there, back] {
        let works = |kind: &Kind| matches!(kind, Kind::Op(op) if op.is_elementwise());
        let wide = scan.body.nodes.iter().filter(|node| works(&node.kind) && node.tys[0].shape == [4, 192]);
        assert_eq!(wide.count(), 0, "{graph}");
    }
}

#[test]
fn layers_of_drawn_sizes_agree() {
    for key in 0..12 {
        let mut draw = Draw::new(key);
        let sizes = Sizes { batch: draw.within(1, 5), n: draw.within(1, 5), width: draw.pick(&[3, 64, 96, 128, 256]) };
        let graph = layer(sizes);
        let inputs: Vec<_> = graph.inputs.iter().map(|(_, ty)| draw.tensor(ty.dtype, &ty.shape, -0.2, 0.2)).collect();
        let want = eval(&graph, &inputs).expect("the reference has a value");
        let got = run(&optimize(&graph), &inputs).expect("the backend has one too");
        for (got, want) in got.iter().zip(&want) {
            assert_close(got, want, &|| format!("{sizes:?}\n{graph}"));
        }
    }
}

#[test]
fn their_bits_do_not_depend_on_the_number_of_threads() {
    let graph = optimize(&layer(Sizes { batch: 32, n: 3, width: 256 }));
    let inputs = random_inputs(&mut Draw::new(7), &graph);
    let on = |threads: usize| with_threads(threads, || run(&graph, &inputs).expect("a value"));
    assert!(on(1) == on(2));
}

/// Sequences `[b, t, h]` read step by step, as `x w` and as the derivative of that in `w`: the copy that lets the one walk over all
/// steps and sequences with one stride lets the other do so too.
/// `[rows, a + b]` side by side, of which both parts are computed; in the order of another axis too.
fn side_by_side([rows, a, b]: [usize; 3], axis: usize) -> Graph {
    let ty = |shape: &[usize]| Type { dtype: DType::F32, shape: shape.to_vec() };
    let shape = |size: usize| if axis == 0 { [size, rows] } else { [rows, size] };
    let mut builder = Builder::new();
    let [x, y, z] = [("x", a), ("y", b), ("z", a)].map(|(name, size)| builder.input(name, ty(&shape(size))));
    let mut emit = Emit::new(&mut builder, Span::none());
    let parts = [emit.unary(Unary::Tanh, x), emit.unary(Unary::Neg, y)];
    let sum = emit.binary(Binary::Add, parts[0], z);
    let whole = emit.op(Op::Concat { axis }, &[sum, parts[1]]);
    let product = emit.op(Op::Dot { batch: vec![], contract: vec![(axis, axis)] }, &[whole, whole]);
    builder.output("whole", whole);
    builder.output("product", product);
    builder.finish()
}

#[test]
fn parts_that_are_written_side_by_side_are_what_they_were() {
    for (sizes, axis) in [([7, 128, 128], 1), ([9, 200, 328], 1), ([3, 500, 1111], 1), ([140, 3, 2], 0)] {
        let graph = side_by_side(sizes, axis);
        let text = plan(&graph, &Options::default()).to_string();
        assert!(!text.contains(" = concat "), "{text}");
        let inputs = random_inputs(&mut Draw::new(7), &graph);
        let (got, want) = (run(&graph, &inputs).expect("a value"), eval(&graph, &inputs).expect("a value"));
        got.iter().zip(&want).for_each(|(got, want)| assert_close(got, want, &|| text.clone()));
    }
}

#[test]
fn what_two_products_read_in_other_orders_is_copied_once() {
    let ty = |shape: &[usize]| Type { dtype: DType::F32, shape: shape.to_vec() };
    let mut builder = Builder::new();
    let [x, w, g] = [("x", [3, 5, 4].as_slice()), ("w", &[4, 6]), ("g", &[5, 3, 6])]
        .map(|(name, shape)| builder.input(name, ty(shape)));
    let turned = builder.op(Op::Transpose { perm: vec![1, 0, 2] }, &[x], Span::none());
    let product = builder.op(Op::Dot { batch: vec![], contract: vec![(2, 0)] }, &[turned, w], Span::none());
    let gradient = builder.op(Op::Dot { batch: vec![], contract: vec![(0, 0), (1, 1)] }, &[turned, g], Span::none());
    builder.output("product", product);
    builder.output("gradient", gradient);
    let graph = builder.finish();
    let text = plan(&graph, &Options::default()).to_string();
    assert_eq!(text.matches(" = copy ").count(), 1, "{text}");
    let inputs = random_inputs(&mut Draw::new(3), &graph);
    let (got, want) = (run(&graph, &inputs).expect("a value"), eval(&graph, &inputs).expect("a value"));
    got.iter().zip(&want).for_each(|(got, want)| assert_close(got, want, &|| text.clone()));
}
