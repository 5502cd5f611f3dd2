//! A step allocates nothing: counted by an allocator of our own, hence a test binary of its own.
//! Products are part of it where they are our own, in optimised builds: `matrixmultiply` allocates its packing buffers.

use dln::base::Span;
use dln::exec::cpu::Executable;
use dln::exec::{Memory, with_threads};
use dln::graph::{Builder, Emit, Type};
use dln::ops::{Matrix, Op, Reduce, Scan, Tensor, Unary};
use dln::plan::{Options, plan};
use dln::types::DType;
use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering};

struct Counting;

static COUNT: AtomicUsize = AtomicUsize::new(0);

// SAFETY: the system's allocator does the work.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        COUNT.fetch_add(1, Ordering::Relaxed);
        // SAFETY: the caller's promise.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: as above.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Element-wise work, movements, reductions, sorting, indices, matrices, random numbers and a loop, some of it on two
/// threads.
fn graph() -> dln::graph::Graph {
    let mut body = Builder::new();
    body.input("i", Type::new(DType::I64, vec![]));
    let h = body.input("h", Type::new(DType::F32, vec![300]));
    let x = body.input("x", Type::new(DType::F32, vec![300]));
    let mut emit = Emit::new(&mut body, Span::none());
    let sum = emit.add(h, x);
    let next = emit.unary(Unary::Tanh, sum);
    body.output("h", next);
    let scan = Scan { n: 200, reverse: false, carries: 1, xs: 1, when: None, body: body.finish() };

    let mut builder = Builder::new();
    let x = builder.input("x", Type::new(DType::F32, vec![200, 300]));
    let key = builder.input("key", Type::new(DType::I64, vec![]));
    let first = builder.op(Op::Slice { axis: 0, start: 0, stop: 1, step: 1 }, &[x], Span::none());
    let first = builder.op(Op::Reshape { shape: vec![300] }, &[first], Span::none());
    let looped = builder.scan(scan, &[first, x], Span::none())[0];
    let mut emit = Emit::new(&mut builder, Span::none());
    let noise = emit.op(Op::Uniform { dtype: DType::F32, shape: vec![300, 200], stream: 0 }, &[key]);
    let turned = emit.transpose(x, &[1, 0]);
    let mixed = emit.mul(turned, noise);
    let rows = emit.sum(mixed, &[1]);
    let greatest = emit.op(Op::Reduce { kind: Reduce::Max, axes: vec![0] }, &[mixed]);
    let order = emit.op(Op::ArgSort { axis: 0, descending: false }, &[rows]);
    let taken = emit.op(Op::Take { axis: 0 }, &[rows, order]);
    let some = emit.slice(x, 0, 0, 4);
    let matrices = emit.reshape(some, &[100, 4, 3]);
    let factors = emit.op(Op::Matrix(Matrix::Svd), &[matrices]);
    let pairs = emit.reshape(some, &[6, 100, 2]);
    let frequencies = emit.op(Op::Fft { inverse: false }, &[pairs]);
    let mut results = vec![looped, mixed, taken, greatest, factors, frequencies];
    if !cfg!(debug_assertions) {
        results.push(emit.op(Op::Dot { batch: vec![], contract: vec![(1, 0)] }, &[x, turned]));
    }
    for node in results {
        builder.output("y", node);
    }
    builder.finish()
}

#[test]
fn a_step_allocates_nothing() {
    let graph = graph();
    let mut executable = Executable::new(plan(&graph, &Options::default()));
    let mut memory = Memory::new();
    let inputs = [memory.zeros(graph.inputs[0].1.clone()), memory.add(&Tensor::from_f64(DType::I64, &[], &[3.0]))];
    let types: Vec<Type> = executable.plan().outputs.iter().map(|(_, ty)| ty.clone()).collect();
    let outputs: Vec<_> = types.into_iter().map(|ty| memory.zeros(ty)).collect();
    let allocated = with_threads(2, || {
        let mut run = |times: usize| {
            (0..times).for_each(|_| executable.run(&mut memory, &inputs, &outputs).unwrap());
        };
        // Each thread's working memory grows once.
        run(200);
        let before = COUNT.load(Ordering::Relaxed);
        run(20);
        COUNT.load(Ordering::Relaxed) - before
    });
    assert!(allocated == 0, "{allocated} allocations in 20 steps");
}
