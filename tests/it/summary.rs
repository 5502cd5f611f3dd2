//! What `dln summary` counts, against counts by hand.

use crate::desk::Desk;
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
    // The gradient of the weights, and that of the input, which the first layer does not need; a bias sums what comes back.
    assert_eq!(first.backward, Some(32 * (2 * 64 * 128 + 128)));
    assert_eq!(row(&summary, "net.2").backward, Some(32 * (2 * 2 * 128 * 10 + 10)));
    let back: u64 = summary.rows.iter().filter_map(|row| row.backward).sum();
    let all = summary.backward.expect("the loss is minimized");
    assert!(back < all && all < back + 32 * 10 * 20, "{back} of {all}: the rest is the loss");
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

/// Before a layer, as the first and the last of one, and behind the last.
#[test]
fn what_computes_nothing_stands_at_its_own_place() {
    let text = "
use std.nn: Dropout, Linear
layer Inside {
  a = Dropout(p: 0.0)
  b = Linear[4 -> 4]
  c = Dropout(p: 0.0)
  forward(x: [B, 4]) -> [B, 4] = c(b(a(x)))
}
let net = Dropout(p: 0.0) >> Linear[4 -> 4] >> Dropout(p: 0.0) >> Inside() >> Dropout(p: 0.0)
fn f(x: [B, 4]) = net(x)
";
    let [summary] = of(text, &["f"], &[]).try_into().expect("one function");
    let rows: Vec<(&str, usize, u64)> = summary.rows.iter().map(|row| (&*row.path, row.depth, row.flops)).collect();
    let product = 2 * 4 * 4 + 4;
    let expected = [
        ("net.0", 0, 0),
        ("net.1", 0, product),
        ("net.2", 0, 0),
        ("net.3", 0, product),
        ("net.3.a", 1, 0),
        ("net.3.b", 1, product),
        ("net.3.c", 1, 0),
        ("net.4", 0, 0),
    ];
    assert_eq!(rows, expected);
    let back: Vec<Option<u64>> = summary.rows.iter().map(|row| row.backward.map(|flops| flops.min(1))).collect();
    assert_eq!(back, expected.map(|(_, _, flops)| Some(flops.min(1))));
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

/// What is counted in sizes is what is counted at each of them.
#[test]
fn costs_are_polynomials_in_the_sizes_that_are_open() {
    let text = "
use std.nn: Linear, TransformerEncoderLayer
let net = TransformerEncoderLayer[16](heads: 4) >> Linear[16 -> 3]
fn f(x: [B, T, 16]) = net(x)
";
    let [open] = of(text, &["f"], &[]).try_into().expect("one function");
    for (b, t) in [(3, 5), (7, 2), (64, 100)] {
        let given = [("B", b), ("T", t)];
        let sizes = given.iter().map(|(name, size)| (name.to_string(), *size)).collect();
        let [bound] = of(text, &["f"], &given).try_into().expect("one function");
        assert!(bound.symbolic.is_none(), "all sizes are numbers");
        for (row, at) in open.rows.iter().zip(&bound.rows) {
            let costs = row.symbolic.as_ref().expect("polynomials");
            let backward = costs.backward.as_ref().map(|flops| flops.at(&sizes));
            assert_eq!((costs.forward.at(&sizes), backward), (Some(at.flops), Some(at.backward)), "{}", row.name);
            assert_eq!(costs.bytes.at(&sizes), Some(at.bytes), "{}", row.name);
        }
        let whole = open.symbolic.as_ref().expect("polynomials");
        assert_eq!(whole.forward.at(&sizes), Some(bound.forward));
        assert_eq!(whole.backward.as_ref().map(|flops| flops.at(&sizes)), Some(bound.backward));
    }
    let [half] = of(text, &["f"], &[("T", 8)]).try_into().expect("one function");
    let head = row(&half, "net.1").symbolic.as_ref().expect("polynomials");
    assert_eq!(
        (head.forward.to_string(), head.bytes.to_string()),
        (format!("{}*B", 8 * (2 * 16 * 3 + 3)), "96*B".into())
    );
}

#[test]
fn the_way_back_of_layers_inside_layers_loops_and_checkpoints() {
    let text = "
use std.nn: Conv2d, Linear
layer Block[C] {
  a = Conv2d[C -> C](kernel: 3, pad: 1, use_bias: false)
  forward(x: [B, C, H, W]) -> [B, C, H, W] = x + a(x)
}
layer Recurrent[In -> H] {
  inside = Linear[In + H -> H](use_bias: false)
  forward(x: [B, T, In]) -> [B, H] =
    scan xt in x over T with (h = zeros[B, H]) { h = inside(concat([xt, h], over: -1)) }
}
let net = Conv2d[1 -> 8](kernel: 5, use_bias: false) >> Block[8] >> Block[8]
let recurrent = Recurrent[3 -> 5]
let dense = chain([Linear[4 -> 4](use_bias: false), Linear[4 -> 4](use_bias: false)])
fn f(x: [B, 1, 12, 12]) = net(x)
fn g(x: [B, T, 3]) = recurrent(x)
fn h(x: [B, 4]) = checkpoint(|x| dense(x))(x)
";
    let [f, g, h] = of(text, &["f", "g", "h"], &[("B", 2), ("T", 7)]).try_into().expect("three functions");
    let convolution = 2 * 2 * 25 * 8 * 64;
    assert_eq!((row(&f, "net.0").flops, row(&f, "net.0").backward), (convolution, Some(convolution)));
    // Twice the convolution, and the sum of what comes back on both ways.
    let inner = 2 * 2 * 9 * 8 * 8 * 64;
    for path in ["net.1", "net.2"] {
        assert_eq!(row(&f, path).backward, Some(2 * inner + 2 * 8 * 64), "{path}");
        let convolved = row(&f, &format!("{path}.a")).backward.expect("a derivative");
        assert!((2 * inner..=2 * inner + 2 * 8 * 64).contains(&convolved), "{convolved}");
    }
    // In each of 7 iterations both factors get their products, and the weights' are added up.
    let product = 7 * 2 * (2 * 8 * 5);
    let inside = row(&g, "recurrent.inside").backward.expect("a derivative");
    assert!((2 * product..2 * product + 7 * 100).contains(&inside), "{inside} and {product}");
    assert!(row(&g, "recurrent").backward >= Some(inside));
    // What is computed again counts on the way back: the result of the first layer, which the weights of the second ask for.
    let product = 2 * 2 * 4 * 4;
    assert_eq!(h.rows.iter().map(|row| row.backward).collect::<Vec<_>>(), [Some(2 * product), Some(2 * product)]);
}

#[test]
fn without_parameters_nothing_is_differentiated() {
    let [summary] = of("fn f(x: [B, 4]) = x |> (relu >> tanh)\n", &["f"], &[]).try_into().expect("one function");
    assert_eq!(summary.rows.iter().map(|row| row.backward).collect::<Vec<_>>(), [None, None]);
    assert_eq!(summary.backward, None);
}

#[test]
fn a_size_that_nothing_has_is_refused() {
    let open = "use std.nn: Linear\nlet net = Linear[4 -> 2]\nfn f(x: [B, T, 4]) = net(x)\n";
    let closed = "use std.nn: Linear\nlet net = Linear[4 -> 2]\nfn f(x: [3, 4]) = net(x)\n";
    let desk = Desk::new(&[("open.dln", open), ("closed.dln", closed)]);
    let refused = desk.dln("summary open.dln --bind Q=4 --bind B=2").ends(2);
    assert_eq!(
        (&*refused.out, &*refused.err),
        ("", "error: no size `Q` is open here; the sizes that are open are `B`, `T`\n")
    );
    let refused = desk.dln("summary closed.dln --bind B=4").ends(2);
    assert_eq!(refused.err, "error: no size `B` is open here; all sizes of this program are numbers\n");
    let told = desk.dln("summary open.dln --bind T=3 --bind B=2").ends(0).out;
    assert!(told.contains("arithmetic at B = 2, T = 3") && told.contains("backward"), "{told}");
    let told = desk.dln("summary open.dln").ends(0).out;
    let expected = "\
fn f
  layer                input      output     parameters  forward  backward     results
  net  Linear[4 -> 2]  [B, T, 4]  [B, T, 2]          10   18*B*T    18*B*T  8bytes*B*T
  10 parameters in 40 B, buffers 0 B, optimizers 0 B
  forward 18*B*T FLOPs, backward 18*B*T; results 8bytes*B*T
  at B = 1, T = 1: forward 18 FLOPs, backward 18; as it runs, with updates: 18
";
    assert_eq!(told, expected);
    let told = desk.dln("summary open.dln --depth 0 --bind T=3").ends(0).out;
    let expected = "\
fn f
  10 parameters in 40 B, buffers 0 B, optimizers 0 B
  forward 54*B FLOPs, backward 54*B; results 24bytes*B
  at B = 1, T = 3: forward 54 FLOPs, backward 54; as it runs, with updates: 54
";
    assert_eq!(told, expected);
    let told = desk.dln("summary open.dln --json").ends(0).out;
    assert!(told.contains("\"symbolic\":{\"forward\":\"18*B*T\""), "{told}");
}

#[test]
fn conditions_on_sizes_hold_at_what_is_counted() {
    let text = "
use std.nn: Conv2d
let net = Conv2d[3 -> 2](kernel: 2, stride: 2)
fn halves(x: [B, 3, H, W]) -> [B, 2, H // 2, W // 2] where H % 4 == 0, W % 6 == 0, H <= 64 = net(x)
";
    let [summary] = of(text, &["halves"], &[]).try_into().expect("one function");
    assert_eq!(summary.sizes, [("B".into(), 1), ("H".into(), 4), ("W".into(), 6)]);
    assert_eq!(row(&summary, "net").flops, 2 * 3 * (2 * 12 * 2 + 2));
    let [summary] = of(text, &["halves"], &[("H", 8), ("B", 2)]).try_into().expect("one function");
    assert_eq!(row(&summary, "net").flops, 2 * 4 * 3 * (2 * 12 * 2 + 2));
    let desk = Desk::new(&[("halves.dln", text)]);
    let refused = desk.dln("summary halves.dln --bind H=6").ends(2);
    assert_eq!(refused.err, "error: `fn halves` needs `H % 4 == 0`, and here H = 6\n");
}
