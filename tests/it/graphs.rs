//! Graphs as text and back, the verifier, sharing, pruning and importing, and the tracing of NaN.

use crate::calls::FAMILIES;
use crate::draw::Draw;
use dln::base::Span;
use dln::graph::{Builder, Emit, Graph, Kind, NodeId, Type, check, eval, parse, trace_first_nonfinite};
use dln::ops::{Op, Scan, Tensor, Unary};
use dln::types::{DType, Scalar};
use proptest::prelude::*;

/// A graph of calls of many ops, each with inputs of its own, and a loop.
fn drawn(key: u64) -> Graph {
    let mut draw = Draw::new(key);
    let mut builder = Builder::new();
    for _ in 0..8 {
        let (_, draw_call) = draw.pick(&FAMILIES);
        let call = draw_call(&mut draw, DType::F32);
        let args: Vec<NodeId> = call.operands.iter().map(|x| builder.input("\"net\\w\n\u{1}", x.ty.clone())).collect();
        let node = builder.op(call.op, &args, Span::none());
        builder.output("ü", node);
    }
    let value = Scalar::from_f64(draw.pick(&[0.1, -1e-30, f64::NAN, f64::NEG_INFINITY, -0.0]), draw.pick(&DType::ALL));
    let start = builder.op(Op::Const(value), &[], Span::none());
    let body = counting_under(&Type::new(value.dtype(), vec![]), &[DType::Bool]);
    let flag = builder.op(Op::Const(Scalar::Bool(draw.flag())), &[], Span::none());
    let when = draw.flag().then_some(1);
    let scan = Scan { n: draw.size(), reverse: draw.flag(), carries: 1, xs: 0, when, body };
    for node in builder.scan(scan, &[start, flag], Span::none()) {
        builder.output("looped", node);
    }
    builder.finish()
}

/// A body that keeps its carry and gives the iteration.
fn counting(ty: &Type) -> Graph {
    counting_under(ty, &[])
}

/// As `counting`, with constants that it does not read.
fn counting_under(ty: &Type, constants: &[DType]) -> Graph {
    let mut builder = Builder::new();
    let i = builder.input("i", Type::new(DType::I64, vec![]));
    let carry = builder.input("carry", ty.clone());
    for &dtype in constants {
        builder.input("constant", Type::new(dtype, vec![]));
    }
    builder.output("carry", carry);
    builder.output("i", i);
    builder.finish()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]
    #[test]
    fn text_is_read_back(key in any::<u64>()) {
        let graph = drawn(key);
        check(&graph).expect("a graph");
        let text = graph.to_string();
        let back = parse(&text).unwrap_or_else(|why| panic!("{why}\n{text}"));
        prop_assert_eq!(&back, &graph);
        prop_assert_eq!(back.to_string(), text);
    }
}

#[test]
fn the_text_form() {
    let text = "\
input \"x\": f32[2, 3]
%0: f32[2, 3] = input {index: 0}
%1: f32[2] = reduce_sum %0 {axes: [1]}
%2: (f32[2], i64[4]) = scan %1 {n: 4, reverse: true, carries: 1, xs: 0}
  input \"i\": i64[]
  input \"carry\": f32[2]
  %0: i64[] = input {index: 0}
  %1: f32[2] = input {index: 1}
  output \"carry\": %1
  output \"i\": %0
%3: f32[2] = result %2 {index: 0}
output \"sum\": %3
";
    let graph = parse(text).expect("a graph");
    check(&graph).expect("a good one");
    assert_eq!(graph.to_string(), text);
}

#[test]
fn what_is_wrong_with_a_text() {
    let says = |text: &str, message: &str| {
        let error = parse(text).expect_err(text);
        assert!(error.to_string().contains(message), "{text}: {error}");
    };
    says("%1: f32[] = const {value: 1f32}", "line 1: this should be node %0");
    says("\n%0: f33[] = const {value: 1f32}", "line 2: `f33` is no element type");
    says("%0: f32[] = konst {value: 1f32}", "`konst` is no op");
    says("%0: f32[] = const", "`value` is missing");
    says("%0: f32[] = const {value: onef32}", "`onef32` is no constant");
    says("%0: f32[] = const {value: 1f32} now", "`now` is too much");
    says("input \"x: f32[]", "the quotes are not closed");
    says("  %0: f32[] = const {value: 1f32}", "indented too deep");
}

#[test]
fn what_the_verifier_finds() {
    let says = |text: &str, message: &str| {
        let why = check(&parse(text).expect("the syntax is right")).expect_err(text);
        assert!(why.contains(message), "{text}: {why}");
    };
    let x = "input \"x\": f32[2]\n%0: f32[2] = input {index: 0}\n";
    says("%0: f32[] = neg %0", "%0 does not come before");
    says(&format!("{x}%1: f32[3] = neg %0"), "its type should be f32[2]");
    says(&format!("{x}%1: bool[2] = not %0"), "operand 0 is f32; the op is for booleans");
    says(&format!("{x}%1: f32[3] = reshape %0 {{shape: [3]}}"), "a reshape keeps the number of elements: 2 == 3");
    says(&format!("{x}%1: f32[2] = input {{index: 0}}"), "input 0 has two nodes");
    says("%0: f32[2] = input {index: 0}", "there is no such input");
    says(&format!("{x}%1: f32[2] = result %0 {{index: 0}}"), "%0 is read in a wrong way");
    says(&format!("{x}output \"y\": %1"), "output `y` does not exist");
    let scan = "%0: () = scan {n: 2, reverse: false, carries: 0, xs: 0}\n  input \"i\": i64[]\n";
    says(&format!("{scan}%1: f32[] = neg %0"), "%0 is read in a wrong way");
    says(&format!("{scan}%1: i64[2] = result %0 {{index: 0}}"), "the loop has no such result");
    says(&format!("{scan}output \"y\": %0"), "output `y` is a whole loop");
    says(&format!("{scan}  %0: i64[] = neg %0"), "in the body of a loop: %0 does not come before");
    says(&scan.replace("i64", "f32"), "the operands are i64 and f32");
    let when = format!("{}  input \"x\": f32[2]\n", scan.replace("%0:", "%1:").replace("= scan", "= scan %0"));
    let when = format!("{x}{}", when.replace("xs: 0", "xs: 0, when: 0"));
    says(&when, "operand 0 has 1 axis and should have 0");
    says(&when.replace("[2]", "[]"), "the operands are bool and f32");
    says(&when.replace("when: 0", "when: 1"), "the condition is an operand");
}

#[test]
#[should_panic(expected = "`add` of (f32[2], f32[3]): operands 0 and 1 have the same size at axis 0: 2 == 3")]
fn a_wrong_call_is_a_bug() {
    let mut builder = Builder::new();
    let [a, b] = [2, 3].map(|n| builder.input("x", Type::new(DType::F32, vec![n])));
    Emit::new(&mut builder, Span::none()).add(a, b);
}

#[test]
fn equal_nodes_are_one() {
    let mut builder = Builder::new();
    let x = builder.input("x", Type::new(DType::F32, vec![2]));
    let mut emit = Emit::new(&mut builder, Span::none());
    let [a, b] = [0, 1].map(|_| emit.unary(Unary::Exp, x));
    let [nan, other] = [f32::NAN, -f32::NAN].map(|x| emit.op(Op::Const(Scalar::F32(x)), &[]));
    let [zero, minus] = [0.0, -0.0].map(|x| emit.op(Op::Const(Scalar::F32(x)), &[]));
    let scan = || Scan {
        n: 2,
        reverse: false,
        carries: 1,
        xs: 0,
        when: None,
        body: counting(&Type::new(DType::F32, vec![2])),
    };
    let [first, second] = [0, 1].map(|_| builder.scan(scan(), &[x], Span::none()));
    assert_eq!((a, nan, first), (b, other, second));
    assert_ne!(zero, minus);
    let graph = builder.finish();
    let mut again = Builder::from(graph.clone());
    assert_eq!(Emit::new(&mut again, Span::none()).unary(Unary::Exp, x), a);
    assert_eq!(again.finish(), graph);
}

#[test]
fn a_graph_in_a_graph() {
    let mut inner = Builder::new();
    let inputs = [0, 1].map(|_| inner.input("x", Type::new(DType::F64, vec![])));
    let difference = Emit::new(&mut inner, Span::none()).sub(inputs[0], inputs[1]);
    inner.output("difference", difference);
    let inner = inner.finish();

    let mut builder = Builder::new();
    let x = builder.input("x", Type::new(DType::F64, vec![]));
    let double = Emit::new(&mut builder, Span::none()).add(x, x);
    let outputs = builder.import(&inner, &[double, x]);
    builder.output("out", outputs[0]);
    let values = eval(&builder.finish(), &[Tensor::scalar(Scalar::F64(3.0))]).expect("a value");
    assert_eq!(values[0].to_f64(), [3.0]);
}

#[test]
fn pruning_keeps_what_is_needed() {
    let mut builder = Builder::new();
    let inputs = [0, 1, 2].map(|_| builder.input("x", Type::new(DType::F64, vec![])));
    let mut emit = Emit::new(&mut builder, Span::none());
    emit.neg(inputs[0]);
    let kept = emit.neg(inputs[2]);
    builder.output("y", kept);
    let graph = builder.finish().pruned();
    assert_eq!((graph.inputs.len(), graph.nodes.len()), (3, 2));
    let graph = graph.with_inputs(&[false, true, true]);
    assert_eq!(graph.node(NodeId(0)).kind, Kind::Input(1));
    check(&graph).expect("still a graph");
}

/// A graph that reads one f64 and gives what `make` makes of it, from bytes 0, 1, .. of a file, one for each node.
fn traced(value: f64, make: impl FnOnce(&mut Emit, NodeId) -> NodeId) -> Option<(u32, f64, Option<u32>, Vec<usize>)> {
    let mut builder = Builder::new();
    let x = builder.input("x", Type::new(DType::F64, vec![]));
    let y = make(&mut Emit::new(&mut builder, Span::none()), x);
    builder.output("y", y);
    let mut graph = builder.finish();
    for (i, node) in graph.nodes.iter_mut().enumerate() {
        node.span = Span::new(dln::base::FileId(0), i, i + 1);
    }
    let found = trace_first_nonfinite(&graph, &[Tensor::scalar(Scalar::F64(value))])?;
    Some((found.span.lo, found.value, found.overflow.map(|overflow| overflow.span.lo), found.iterations))
}

#[test]
fn the_first_nan_is_blamed() {
    let (node, value, overflow, _) = traced(0.0, |emit, x| {
        let log = emit.unary(Unary::Log, x); // %1 is -inf
        let product = emit.mul(log, x); // %2 is -inf * 0
        emit.add(product, x)
    })
    .expect("not finite");
    assert_eq!((node, overflow), (2, Some(1)));
    assert!(value.is_nan());
}

#[test]
fn masks_are_not_blamed() {
    let masked = |emit: &mut Emit, x: NodeId| {
        let mask = emit.scalar(f64::NEG_INFINITY, DType::F64);
        let sum = emit.add(x, mask);
        emit.unary(Unary::Exp, sum)
    };
    assert_eq!(traced(1.0, masked), None);
}

#[test]
fn an_overflow_is_blamed() {
    let exp = |emit: &mut Emit, x: NodeId| emit.unary(Unary::Exp, x);
    assert_eq!(traced(1000.0, exp), Some((1, f64::INFINITY, None, vec![])));
}

#[test]
fn the_iteration_is_found() {
    let ty = Type::new(DType::F64, vec![]);
    let mut builder = Builder::new();
    let _ = builder.input("i", Type::new(DType::I64, vec![]));
    let carry = builder.input("carry", ty);
    let mut emit = Emit::new(&mut builder, Span::none());
    let one = emit.scalar(1.0, DType::F64);
    let less = emit.sub(carry, one);
    let root = emit.unary(Unary::Sqrt, less);
    builder.output("carry", root);
    let scan = Scan { n: 5, reverse: false, carries: 1, xs: 0, when: None, body: builder.finish() };
    let found = traced(2.5, |emit, x| emit.builder.scan(scan, &[x], Span::none())[0]);
    let (_, value, _, iterations) = found.expect("not finite");
    assert!(value.is_nan());
    assert_eq!(iterations, [2], "sqrt(1.5) = 1.22, sqrt(0.22) = 0.47, sqrt(-0.53)");
}
