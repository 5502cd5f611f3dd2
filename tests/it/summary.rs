//! What `dln summary` counts, against counts by hand.

use std::collections::BTreeMap;

use dln::driver::Program;
use dln::driver::summary::{Row, Summary, summaries};
use dln::io::Files;
use dln::sema::Options;

fn of(text: &str, functions: &[&str], sizes: &[(&str, i64)]) -> Vec<Summary> {
    let program = Program::open("main.dln", text, Files::at("."));
    let checked = program.check(&Options::default(), functions);
    assert_eq!(checked.diagnostics, vec![]);
    let sizes: BTreeMap<String, i64> = sizes.iter().map(|(name, size)| (name.to_string(), *size)).collect();
    summaries(&checked, &sizes)
}

fn row<'s>(summary: &'s Summary, path: &str) -> &'s Row {
    let found = summary.rows.iter().find(|row| &*row.path == path);
    found.unwrap_or_else(|| panic!("no `{path}` in {:?}", summary.rows))
}

#[test]
fn a_training_step_is_counted_at_the_size_of_its_batches() {
    let text = "
use std.data: digits
use std.nn: Linear
use std.loss: cross_entropy
use std.optim: Adam
let net = Linear[64 -> 128] >> relu >> Linear[_ -> 10]
train t {
  data = digits.train |> batch(32)
  step (x, y) { minimize cross_entropy(net(x), y) over net with Adam() }
}
";
    let [summary] = of(text, &[], &[]).try_into().expect("one step");
    assert_eq!((&*summary.of, summary.sizes.clone()), ("train t", vec![("B".into(), 32)]));
    assert_eq!(summary.parameters, 64 * 128 + 128 + 128 * 10 + 10);
    // Adam keeps two numbers for each.
    assert_eq!(summary.memory, [4 * summary.parameters as u64, 0, 8 * summary.parameters as u64]);
    let first = row(&summary, "net.0");
    assert_eq!((&*first.name, first.parameters, first.depth), ("Linear[64 -> 128]", 64 * 128 + 128, 0));
    assert_eq!(first.outputs[0].shape.iter().map(ToString::to_string).collect::<Vec<_>>(), ["B", "128"]);
    assert_eq!(first.flops, 32 * (2 * 64 * 128 + 128));
    assert_eq!(first.bytes, 32 * 128 * 4);
    let relu = summary.rows.iter().find(|row| &*row.name == "relu").expect("a function in the chain is a row");
    assert!((32 * 128..=2 * 32 * 128).contains(&relu.flops), "{}", relu.flops);
    // Two products more for each product of the way there, less the one for the input.
    let products = 32 * 2 * (64 * 128 + 128 * 10);
    assert!(summary.forward > products && summary.whole > 2 * products && summary.whole < 4 * products, "{summary:?}");
}

#[test]
fn convolutions_and_layers_inside_layers() {
    let text = "
use std.nn: Conv2d, Linear
layer Block[C] {
  a = Conv2d[C -> C](kernel: 3, pad: 1, use_bias: false)
  forward(x: [B, C, H, W]) -> [B, C, H, W] = x + a(x)
}
let block = Block[8]
let net = Conv2d[1 -> 8](kernel: 5) >> block >> block
fn f(x: [B, 1, 12, 12]) = net(x)
";
    let [summary] = of(text, &["f"], &[("B", 2)]).try_into().expect("one function");
    assert_eq!(row(&summary, "net.0").flops, 2 * (2 * 25 * 8 * 64 + 8 * 64));
    let inner = 2 * 2 * 9 * 8 * 8 * 64;
    let blocks: Vec<&Row> = summary.rows.iter().filter(|row| row.name.starts_with("Block")).collect();
    assert_eq!(
        blocks.iter().map(|row| (row.flops, row.again)).collect::<Vec<_>>(),
        [(inner + 1024, false), (inner + 1024, true)]
    );
    let nested: Vec<&Row> = summary.rows.iter().filter(|row| row.name.starts_with("Conv2d[8 -> 8]")).collect();
    assert_eq!(
        nested.iter().map(|row| (row.depth, row.flops, row.parameters)).collect::<Vec<_>>(),
        [(1, inner, 576); 2]
    );
    assert_eq!(summary.parameters, 208 + 576);
}

#[test]
fn a_layer_in_a_loop_counts_once_for_each_iteration() {
    let text = "
use std.nn: Linear
layer Recurrent[In -> H] {
  inside = Linear[In + H -> H]
  forward(x: [B, T, In]) -> [B, H] =
    scan xt in x over T with (h = zeros[B, H]) { h = tanh(inside(concat([xt, h], over: -1))) }
}
let net = Recurrent[3 -> 5]
fn f(x: [B, T, 3]) = net(x)
";
    let [summary] = of(text, &["f"], &[("B", 4), ("T", 7)]).try_into().expect("one function");
    let inside = row(&summary, "net.inside");
    assert_eq!((inside.depth, inside.flops), (1, 7 * 4 * (2 * 8 * 5 + 5)));
    assert!(row(&summary, "net").flops > inside.flops);
}
