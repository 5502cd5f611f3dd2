//! Times whole training steps, built as graphs by hand: `cargo bench --bench steps [-- --profile]`.

use dln::base::{Name, Span};
use dln::exec::cpu::Executable;
use dln::exec::{Memory, Slot};
use dln::grad::grad;
use dln::graph::{Builder, Emit, NodeId, Type};
use dln::ops::{Binary, Compare, Conv, ConvMode, Op, Reduce, Tensor, Unary, philox};
use dln::opt::optimize;
use dln::plan::{Options, plan};
use dln::types::{DType, Scalar};
use std::time::Instant;

/// Steps before the clock starts.
const WARM: usize = 5;

/// Steps of which the median is taken.
const TIMED: usize = 31;

fn main() {
    let profile = std::env::args().any(|arg| arg == "--profile");
    for (name, model) in [("mlp 784-512-512-10, batch 128, Adam", mlp as Model), ("lenet, batch 128, SGD", lenet)] {
        step(name, model, profile);
    }
}

/// Adds a model's loss for a batch of 128 images; returns it and the parameters.
type Model = fn(&mut Step) -> NodeId;

/// A training step that grows.
struct Step {
    builder: Builder,
    params: Vec<NodeId>,
    x: NodeId,
    y: NodeId,
    adam: bool,
}

fn f32s(shape: &[usize]) -> Type {
    Type::new(DType::F32, shape.to_vec())
}

impl Step {
    fn emit(&mut self) -> Emit<'_> {
        Emit::new(&mut self.builder, Span::none())
    }

    fn param(&mut self, shape: &[usize]) -> NodeId {
        let param = self.builder.input("param", f32s(shape));
        self.params.push(param);
        param
    }

    fn linear(&mut self, x: NodeId, from: usize, to: usize) -> NodeId {
        let (weight, bias) = (self.param(&[to, from]), self.param(&[to]));
        let batch = self.builder.ty(x).shape[0];
        let mut emit = self.emit();
        let product = emit.op(Op::Dot { batch: vec![], contract: vec![(1, 1)] }, &[x, weight]);
        let bias = emit.broadcast(bias, &[batch, to], &[1]);
        emit.add(product, bias)
    }

    fn conv(&mut self, x: NodeId, from: usize, to: usize, kernel: usize) -> NodeId {
        let (weight, bias) = (self.param(&[to, from, kernel, kernel]), self.param(&[to]));
        let ones = || vec![1; 2];
        let (stride, pad, dilation) = (ones(), vec![(0, 0); 2], ones());
        let conv = Conv { mode: ConvMode::Forward, stride, pad, dilation, groups: 1, sizes: vec![] };
        let mut emit = self.emit();
        let y = emit.op(Op::Conv(conv), &[x, weight]);
        let shape = emit.shape(y);
        let bias = emit.broadcast(bias, &shape, &[1]);
        emit.add(y, bias)
    }

    fn relu(&mut self, x: NodeId) -> NodeId {
        let mut emit = self.emit();
        let zero = emit.full_like(0.0, x);
        emit.binary(Binary::Max, x, zero)
    }

    fn max_pool(&mut self, x: NodeId) -> NodeId {
        let mut emit = self.emit();
        let rows = emit.op(Op::Windows { axis: 2, size: 2, stride: 2, dilation: 1 }, &[x]);
        let both = emit.op(Op::Windows { axis: 3, size: 2, stride: 2, dilation: 1 }, &[rows]);
        emit.op(Op::Reduce { kind: Reduce::Max, axes: vec![4, 5] }, &[both])
    }

    fn cross_entropy(&mut self, logits: NodeId) -> NodeId {
        let y = self.y;
        let mut emit = self.emit();
        let shape = emit.shape(logits);
        let top = emit.op(Op::Reduce { kind: Reduce::Max, axes: vec![1] }, &[logits]);
        let top = emit.unary(Unary::StopGradient, top);
        let top = emit.broadcast(top, &shape, &[0]);
        let shifted = emit.sub(logits, top);
        let exp = emit.unary(Unary::Exp, shifted);
        let sum = emit.sum(exp, &[1]);
        let log = emit.unary(Unary::Log, sum);
        let classes = emit.op(Op::Iota { dtype: DType::I64, n: shape[1] }, &[]);
        let classes = emit.broadcast(classes, &shape, &[1]);
        let wanted = emit.broadcast(y, &shape, &[0]);
        let hit = emit.compare(Compare::Eq, classes, wanted);
        let picked = emit.keep_where(hit, shifted);
        let picked = emit.sum(picked, &[1]);
        let loss = emit.sub(log, picked);
        let total = emit.sum(loss, &[0]);
        emit.scale(total, 1.0 / shape[0] as f64)
    }

    /// The next values of the parameters, and of the optimizer's states.
    fn update(&mut self, loss: NodeId) -> Vec<NodeId> {
        let params = self.params.clone();
        let grads = grad(&mut self.builder, loss, &params);
        if !self.adam {
            let mut sgd = |(&p, &g): (&NodeId, &NodeId)| {
                let mut emit = self.emit();
                let step = emit.scale(g, 0.01);
                emit.sub(p, step)
            };
            return params.iter().zip(&grads).map(&mut sgd).collect();
        }
        let mut next = [vec![], vec![], vec![]];
        for (&p, &g) in params.iter().zip(&grads) {
            let ty = self.builder.ty(p).clone();
            let (m, v) = (self.builder.input("m", ty.clone()), self.builder.input("v", ty));
            let mut emit = self.emit();
            let (old, new) = (emit.scale(m, 0.9), emit.scale(g, 0.1));
            let m = emit.add(old, new);
            let square = emit.mul(g, g);
            let (old, new) = (emit.scale(v, 0.999), emit.scale(square, 0.001));
            let v = emit.add(old, new);
            let root = emit.unary(Unary::Sqrt, v);
            let epsilon = emit.full_like(1e-8, root);
            let root = emit.add(root, epsilon);
            let ratio = emit.div(m, root);
            let step = emit.scale(ratio, 1e-3);
            next[0].push(emit.sub(p, step));
            next[1].push(m);
            next[2].push(v);
        }
        let states = next[1].iter().zip(&next[2]).flat_map(|(&m, &v)| [m, v]);
        next[0].iter().copied().chain(states).collect()
    }
}

fn mlp(step: &mut Step) -> NodeId {
    step.adam = true;
    let x = step.x;
    let x = step.emit().reshape(x, &[128, 784]);
    let x = step.linear(x, 784, 512);
    let x = step.relu(x);
    let x = step.linear(x, 512, 512);
    let x = step.relu(x);
    let x = step.linear(x, 512, 10);
    step.cross_entropy(x)
}

fn lenet(step: &mut Step) -> NodeId {
    let x = step.x;
    let x = step.conv(x, 1, 6, 5);
    let x = step.relu(x);
    let x = step.max_pool(x);
    let x = step.conv(x, 6, 16, 5);
    let x = step.relu(x);
    let x = step.max_pool(x);
    let x = step.emit().reshape(x, &[128, 256]);
    let x = step.linear(x, 256, 120);
    let x = step.relu(x);
    let x = step.linear(x, 120, 84);
    let x = step.relu(x);
    let x = step.linear(x, 84, 10);
    step.cross_entropy(x)
}

fn step(name: &str, model: Model, profile: bool) {
    let mut builder = Builder::new();
    let x = builder.input("x", f32s(&[128, 1, 28, 28]));
    let y = builder.input("y", Type::new(DType::I64, vec![128]));
    let mut step = Step { builder, params: vec![], x, y, adam: false };
    let loss = model(&mut step);
    let next = step.update(loss);
    step.builder.output("loss", loss);
    next.iter().for_each(|&node| step.builder.output("next", node));
    let graph = optimize(&step.builder.finish());
    // Inputs are x, y, parameters and states; outputs the loss, then parameters and states.
    let updates: Vec<(usize, usize)> = (0..next.len()).map(|i| (i + 1, i + 2)).collect();
    let mut executable = Executable::new(plan(&graph, &Options { guards: vec![0], updates, ..Options::default() }));
    let mut memory = Memory::new();
    let is_state = |name: &str| name == "m" || name == "v";
    let first = |(i, (name, ty)): (usize, &(Name, Type))| match is_state(name) {
        true => memory.zeros(ty.clone()),
        false => memory.add(&random(i, ty)),
    };
    let inputs: Vec<Slot> = graph.inputs.iter().enumerate().map(first).collect();
    let loss = memory.zeros(f32s(&[]));
    let outputs: Vec<Slot> = [loss].into_iter().chain(inputs[2..].iter().copied()).collect();
    let mut once = || {
        let start = Instant::now();
        executable.run(&mut memory, &inputs, &outputs).expect("the loss stays finite");
        start.elapsed().as_secs_f64() * 1e3
    };
    for _ in 0..WARM {
        once();
    }
    let mut times: Vec<f64> = (0..TIMED).map(|_| once()).collect();
    times.sort_by(f64::total_cmp);
    let (least, median) = (times[0], times[TIMED / 2]);
    let loss = match memory.get(loss).data.get(0) {
        Scalar::F32(loss) => loss,
        other => unreachable!("the loss is {other}"),
    };
    println!("{name}: {median:.2} ms (least {least:.2}), loss {loss:.3}, {} steps", executable.plan().steps.len());
    if profile {
        executable.profile(true);
        for _ in 0..TIMED {
            executable.run(&mut memory, &inputs, &outputs).expect("the loss stays finite");
        }
        println!("{}", executable.profile(false));
    }
}

/// Images and weights small, labels below ten.
fn random(index: usize, ty: &Type) -> Tensor {
    let mut tensor = Tensor::zeros(ty.dtype, &ty.shape);
    for i in 0..tensor.len() {
        let unit = philox::uniform_f64(7, index as u64, i as u64);
        let value = if ty.dtype == DType::I64 { (unit * 10.0).floor() } else { (unit - 0.5) * 0.1 };
        tensor.data.set(i, Scalar::from_f64(value, ty.dtype));
    }
    tensor
}
