//! What the passes make of small graphs: the nodes that are left, as text.

use dln::graph::{Graph, parse, verify};
use dln::opt::optimize;

/// The graph of these lines over `x: f32[2, 3]`, `y: f32[2, 3]`, `b: bool[2, 3]`, `s: f32[]` and `r: f32[3]`.
fn graph(lines: &str) -> Graph {
    let inputs = [("x", "f32[2, 3]"), ("y", "f32[2, 3]"), ("b", "bool[2, 3]"), ("s", "f32[]"), ("r", "f32[3]")];
    let mut text = String::new();
    for (name, ty) in inputs {
        text += &format!("input {name:?}: {ty}\n");
    }
    for (index, (_, ty)) in inputs.iter().enumerate() {
        text += &format!("%{index}: {ty} = input {{index: {index}}}\n");
    }
    let mut last = String::new();
    for (index, line) in (inputs.len()..).zip(lines.lines().map(str::trim)) {
        text += &format!("%{index}: {line}\n");
        last = format!("%{index}");
    }
    parse(&format!("{text}output \"out\": {last}\n")).unwrap_or_else(|error| panic!("{error}\n{text}"))
}

/// Optimizes `lines`, of which only the ops that are no inputs are compared: `expected`, one after the other.
#[track_caller]
fn becomes(lines: &str, expected: &[&str]) {
    let graph = optimize(&graph(lines));
    verify(&graph, "the optimizer");
    let text = graph.to_string();
    let node = |line: &str| line.split_once(" = ").map(|(_, op)| op.to_string()).filter(|op| !op.starts_with("input"));
    let ops: Vec<String> = text.lines().filter_map(node).collect();
    assert_eq!(ops, expected, "{text}");
}

const ONE: &str = "f32[] = const {value: 1.0f32}\nf32[2, 3] = broadcast %5 {shape: [2, 3], axes: []}\n";

#[test]
fn neutral_elements_vanish() {
    becomes(&format!("{ONE}f32[2, 3] = mul %0, %6"), &[]);
    becomes(&format!("{ONE}f32[2, 3] = div %0, %6"), &[]);
    becomes(&format!("{ONE}f32[2, 3] = pow %0, %6"), &[]);
    let zero = ONE.replace("1.0", "0.0");
    becomes(&format!("{zero}f32[2, 3] = add %6, %0"), &[]);
    becomes(&format!("{zero}f32[2, 3] = sub %0, %6"), &[]);
    becomes(&format!("{zero}f32[2, 3] = sub %6, %0"), &["neg %0"]);
    becomes(&format!("{}f32[2, 3] = pow %0, %6", ONE.replace("1.0", "2.0")), &["mul %0, %0"]);
}

#[test]
fn a_product_with_zero_stays_because_of_nan() {
    let zero = ONE.replace("1.0", "0.0");
    becomes(
        &format!("{zero}f32[2, 3] = mul %0, %6"),
        &["const {value: 0.0f32}", "broadcast %1 {shape: [2, 3], axes: []}", "mul %0, %2"],
    );
}

#[test]
fn signs_meet() {
    becomes("f32[2, 3] = neg %0\nf32[2, 3] = neg %5", &[]);
    becomes("f32[2, 3] = neg %1\nf32[2, 3] = add %0, %5", &["sub %0, %1"]);
    becomes("f32[2, 3] = neg %1\nf32[2, 3] = sub %0, %5", &["add %0, %1"]);
    becomes("f32[2, 3] = neg %0\nf32[2, 3] = abs %5", &["abs %0"]);
}

#[test]
fn movements_join() {
    becomes("f32[3, 2] = transpose %0 {perm: [1, 0]}\nf32[2, 3] = transpose %5 {perm: [1, 0]}", &[]);
    becomes("f32[6] = reshape %0 {shape: [6]}\nf32[2, 3] = reshape %5 {shape: [2, 3]}", &[]);
    becomes(
        "f32[3] = broadcast %3 {shape: [3], axes: []}\nf32[2, 3] = broadcast %5 {shape: [2, 3], axes: [1]}",
        &["broadcast %0 {shape: [2, 3], axes: []}"],
    );
    becomes(
        "f32[2, 2] = slice %0 {axis: 1, start: 1, stop: 3, step: 1}\n\
         f32[2, 1] = slice %5 {axis: 1, start: 1, stop: 2, step: 1}",
        &["slice %0 {axis: 1, start: 2, stop: 3, step: 1}"],
    );
    becomes("f32[3] = reduce_max %0 {axes: [0]}\nf32[] = reduce_max %5 {axes: [0]}", &["reduce_max %0 {axes: [0, 1]}"]);
}

#[test]
fn work_is_done_before_values_are_repeated() {
    becomes(
        "f32[2, 3] = broadcast %4 {shape: [2, 3], axes: [1]}\nf32[2, 3] = broadcast %3 {shape: [2, 3], axes: []}\n\
         f32[2, 3] = mul %5, %6\nf32[2, 3] = tanh %7",
        &["broadcast %0 {shape: [3], axes: []}", "mul %1, %2", "tanh %3", "broadcast %4 {shape: [2, 3], axes: [1]}"],
    );
}

#[test]
fn conditions_are_decided() {
    let truth = "bool[] = const {value: true}\nbool[2, 3] = broadcast %5 {shape: [2, 3], axes: []}\n";
    becomes(&format!("{truth}f32[2, 3] = select %6, %0, %1"), &[]);
    becomes(&format!("{truth}bool[2, 3] = and %2, %6"), &[]);
    becomes("bool[2, 3] = not %2\nf32[2, 3] = select %5, %0, %1", &["select %2, %1, %0"]);
    becomes("f32[2, 3] = select %2, %0, %0", &[]);
    becomes("f32[2, 3] = cast %0 {dtype: f32}", &[]);
    becomes("f64[2, 3] = cast %0 {dtype: f64}\nf32[2, 3] = cast %5 {dtype: f32}", &[]);
    becomes(
        "i32[2, 3] = cast %0 {dtype: i32}\nf32[2, 3] = cast %5 {dtype: f32}",
        &["cast %0 {dtype: i32}", "cast %1 {dtype: f32}"],
    );
}

#[test]
fn constants_are_computed() {
    let four = "f32[] = const {value: 4.0f32}\nf32[] = sqrt %5\nf32[] = mul %6, %3";
    becomes(four, &["const {value: 2.0f32}", "mul %1, %0"]);
    becomes("i64[] = const {value: 7i64}\nf32[] = cast %5 {dtype: f32}", &["const {value: 7.0f32}"]);
}

/// `h -> h @ (w * w)^T + x @ w` for six iterations: the square and the products with `x` leave the loop.
#[test]
fn loops_give_up_what_does_not_change() {
    let text = "\
input \"h\": f32[2, 3]
input \"x\": f32[6, 2, 3]
input \"w\": f32[3, 3]
%0: f32[2, 3] = input {index: 0}
%1: f32[6, 2, 3] = input {index: 1}
%2: f32[3, 3] = input {index: 2}
%3: (f32[2, 3]) = scan %0, %1, %2 {n: 6, reverse: false, carries: 1, xs: 1}
  input \"i\": i64[]
  input \"h\": f32[2, 3]
  input \"x\": f32[2, 3]
  input \"w\": f32[3, 3]
  %0: f32[2, 3] = input {index: 1}
  %1: f32[2, 3] = input {index: 2}
  %2: f32[3, 3] = input {index: 3}
  %3: f32[3, 3] = mul %2, %2
  %4: f32[2, 3] = dot %0, %3 {batch: [], contract: [(1, 1)]}
  %5: f32[2, 3] = dot %1, %2 {batch: [], contract: [(1, 0)]}
  %6: f32[2, 3] = add %4, %5
  output \"h\": %6
%4: f32[2, 3] = result %3 {index: 0}
output \"h\": %4
";
    let graph = parse(text).unwrap();
    let optimized = optimize(&graph);
    verify(&optimized, "the optimizer");
    let text = optimized.to_string();
    let (outside, body) = text.split_once("scan").unwrap();
    assert!(outside.contains("mul") && outside.contains("f32[6, 2, 3] = dot"), "{text}");
    assert!(!body.contains("mul") && body.matches("dot").count() == 1, "{text}");
    let inputs = crate::backends::random_inputs(&mut crate::draw::Draw::new(1), &graph);
    crate::backends::compare(&optimized, &inputs);
    let want = dln::graph::eval(&graph, &inputs).unwrap();
    let got = dln::graph::eval(&optimized, &inputs).unwrap();
    crate::backends::assert_close(&got[0], &want[0], &|| text.clone());
}
