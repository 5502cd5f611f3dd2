//! The rules of `ops::shape` over sizes that are not numbers: what they give, and what they ask for.

use dln::ops::shape::{Arg, Body, Inferred, Misfit, Rule, infer, infer_scan};
use dln::ops::{Binary, Conv, ConvMode, Op, Scan, Unary};
use dln::types::{DType, Dim, Facts, Var, Verdict};

fn sizes<const N: usize>(names: [&str; N]) -> [Dim; N] {
    names.map(|name| Dim::var(&Var::fresh(name, 1)))
}

fn n(size: i64) -> Dim {
    Dim::from(size)
}

fn rule(op: &Op<Dim>, shapes: &[&[Dim]]) -> Result<Inferred, Misfit> {
    let args: Vec<Arg> = shapes.iter().map(|shape| Arg::new(DType::F32, shape)).collect();
    infer(op, &args)
}

fn shape(inferred: &Inferred) -> String {
    inferred.shape.iter().map(Dim::to_string).collect::<Vec<_>>().join(", ")
}

/// What is left to ask for when nothing is known, in words.
fn open(inferred: &Inferred) -> Vec<String> {
    let facts = Facts::default();
    let open = inferred.requires.iter().filter(|r| facts.decide(&r.claim) != Verdict::Proved);
    open.map(|r| r.to_string()).collect()
}

#[test]
fn an_element_wise_op_has_the_first_operands_sizes() {
    let [b, t, s] = sizes(["B", "T", "S"]);
    let sum = rule(&Op::Binary(Binary::Add), &[&[b.clone(), t.clone()], &[b, s]]).expect("they fit");
    assert_eq!(shape(&sum), "B, T");
    assert_eq!(open(&sum), ["operands 0 and 1 have the same size at axis 1: T == S"]);
}

#[test]
fn a_product_asks_for_its_summed_axes() {
    let [b, input, output, other] = sizes(["B", "In", "Out", "K"]);
    let dot = Op::Dot { batch: vec![], contract: vec![(1, 1)] };
    let product = rule(&dot, &[&[b.clone(), input.clone()], &[output.clone(), input]]).expect("it fits");
    assert_eq!((shape(&product), open(&product)), ("B, Out".to_string(), vec![]));
    let product = rule(&dot, &[&[b, n(3)], &[output, other]]).expect("it fits");
    assert_eq!(product.requires[0].rule, Rule::Contract { lhs: 1, rhs: 1 });
    assert_eq!(open(&product).len(), 1);
}

/// A 3x3 convolution with stride 2 and padding 1 of any picture: everything follows but that groups divide.
#[test]
fn a_convolution_of_any_picture() {
    let [b, c, h, w] = sizes(["B", "C", "H", "W"]);
    let conv = |groups: Dim| {
        let (stride, pad, dilation) = (vec![n(2); 2], vec![(n(1), n(1)); 2], vec![n(1); 2]);
        Op::Conv(Conv { mode: ConvMode::Forward, stride, pad, dilation, groups, sizes: vec![] })
    };
    let x = [b, c.clone(), h, w];
    let y = rule(&conv(n(1)), &[&x, &[n(64), c.clone(), n(3), n(3)]]).expect("it fits");
    assert_eq!(shape(&y), "B, 64, (H + 1) // 2, (W + 1) // 2");
    assert_eq!(open(&y), Vec::<String>::new());
    let y = rule(&conv(n(2)), &[&x, &[n(64), c.floor_div(&n(2)), n(3), n(3)]]).expect("it fits");
    let words = open(&y);
    assert!(words[0].starts_with("the groups divide the input's channels: "), "{words:?}");
}

#[test]
fn a_slice_and_a_reshape() {
    let [b, d] = sizes(["B", "D"]);
    let half = d.floor_div(&n(2));
    let slice = Op::Slice { axis: 1, start: n(0), stop: half, step: n(1) };
    let part = rule(&slice, &[&[b.clone(), d.clone()]]).expect("it fits");
    assert_eq!((shape(&part), open(&part)), ("B, D // 2".to_string(), vec![]));
    let flat = Op::Reshape { shape: vec![&b * &d] };
    assert_eq!(open(&rule(&flat, &[&[b.clone(), d.clone()]]).expect("it fits")), Vec::<String>::new());
    let wrong = Op::Reshape { shape: vec![&b * &n(2)] };
    assert_eq!(open(&rule(&wrong, &[&[b, d]]).expect("it fits")).len(), 1);
}

#[test]
fn what_needs_no_sizes() {
    let [b] = sizes(["B"]);
    let says = |op: Op<Dim>, shapes: &[&[Dim]], words: &str| {
        assert_eq!(rule(&op, shapes).expect_err(words).to_string(), words);
    };
    let row = [b];
    says(Op::Binary(Binary::Add), &[&row], "it takes two operands, not 1");
    says(Op::Binary(Binary::Add), &[&row, &[]], "operand 1 has 0 axes and should have 1");
    says(Op::Unary(Unary::Not), &[&row], "operand 0 is f32; the op is for booleans");
    says(Op::Flip { axis: 1 }, &[&row], "there is no axis 1 in a tensor of 1 axis");
    says(Op::Iota { dtype: DType::Bool, n: n(2) }, &[], "it makes numbers, not bool");
}

/// A carry that grows is found out, with both shapes in the claim.
#[test]
fn a_carry_keeps_its_shape() {
    let [b, h] = sizes(["B", "H"]);
    let (carry, grown) = ([b.clone(), h.clone()], [b, &h + &n(1)]);
    let inputs = [Arg::new(DType::I64, &[]), Arg::new(DType::F32, &carry)];
    let outputs = [Arg::new(DType::F32, &grown), Arg::new(DType::F32, &carry)];
    let scan = Scan { n: n(5), reverse: false, carries: 1, xs: 0, when: None, body: () };
    let body = Body { inputs: &inputs, outputs: &outputs };
    let inferred = infer_scan(&scan, &inputs[1..], body).expect("it fits");
    let facts = Facts::default();
    let open: Vec<_> = inferred.requires.iter().filter(|r| facts.decide(&r.claim) != Verdict::Proved).collect();
    assert_eq!(open.len(), 1);
    assert_eq!(open[0].rule, Rule::ScanCarry { carry: 0, axis: 1 });
    assert_eq!(inferred.results[1].1.len(), 3, "ys are stacked");
}
