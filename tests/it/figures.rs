//! Figures of whole networks: the pictures in `tests/figures` are what `dln graph` writes. `DLN_BLESS=1 cargo test --test it
//! figures` writes them anew: look at them in a browser.

use crate::desk::Desk;
use std::collections::BTreeSet;
use std::fs;

/// The program in `tests/figures`, and more words.
const FIGURES: [(&str, &str); 5] = [
    ("lenet", ""),
    ("resnet", ""),
    ("resnet", "--depth 2 --bind B=32"),
    ("transformer", "--depth 2"),
    ("unet", "--depth 2"),
];

#[test]
fn figures_are_as_they_were() {
    let folder = crate::root().join("tests/figures");
    let desk = Desk::new(&[]);
    let mut differ = vec![];
    for (i, (name, words)) in FIGURES.iter().enumerate() {
        for format in ["svg", "dot"] {
            let file = folder.join(format!("{name}.dln"));
            let drawn = desk.dln(&format!("graph {} {words} --format {format}", file.display())).ends(0);
            assert_eq!(drawn.err, "");
            let number = FIGURES[..i].iter().filter(|(other, _)| other == name).count();
            let end = if number == 0 { String::new() } else { format!("-{number}") };
            let picture = folder.join(format!("{name}{end}.{format}"));
            if std::env::var_os("DLN_BLESS").is_some() {
                fs::write(&picture, &drawn.out).expect("a writable folder");
            } else if fs::read_to_string(&picture).expect("a picture") != drawn.out {
                differ.push(picture);
            }
        }
    }
    assert!(differ.is_empty(), "these pictures changed: {differ:?}");
}

fn drawn(text: &str, words: &str) -> String {
    Desk::new(&[("a.dln", text)]).dln(&format!("graph a.dln --format dot {words}")).ends(0).out
}

/// The edges of a graph, by the labels of their ends.
fn edges(dot: &str) -> BTreeSet<(String, String)> {
    let label =
        |line: &str| line.split_once("[label=\"").map(|(_, rest)| rest.split('"').next().unwrap_or("").to_string());
    let name = |wanted: &str| {
        let line = dot.lines().find(|line| line.trim().starts_with(&format!("{wanted} [")));
        line.and_then(label).unwrap_or_else(|| panic!("no {wanted} in {dot}"))
    };
    let edge = |line: &str| {
        let (from, rest) = line.trim().split_once(" -> ")?;
        let to = rest.split(' ').next()?;
        from.starts_with('n').then(|| (name(from), name(to)))
    };
    dot.lines().filter(|line| !line.contains("[label=\"") || line.contains(" -> n")).filter_map(edge).collect()
}

fn has(edges: &BTreeSet<(String, String)>, from: &str, to: &str) -> bool {
    edges.iter().any(|(a, b)| a == from && b == to)
}

const RESIDUAL: &str = "
use std.nn: Linear
layer Residual[D] {
  inner = Linear[D -> D] >> relu
  forward(x: [B, D]) -> [B, D] = x + inner(x) / 2
}
let net = Residual[8] >> Residual[8] >> Residual[8] >> Linear[8 -> 2]
fn f(x: [B, 8]) = net(x)
";

#[test]
fn equal_blocks_are_folded_and_residuals_are_drawn() {
    let dot = drawn(RESIDUAL, "");
    assert_eq!(dot.matches("Residual[8] \u{d7} 3").count(), 1, "{dot}");
    assert_eq!(dot.matches("Linear[8 -> 8]").count(), 1, "{dot}");
    let edges = edges(&dot);
    for (from, to) in [
        ("x", "Linear[8 -> 8]"),
        ("x", "+"),
        ("Linear[8 -> 8]", "relu"),
        ("relu", "+"),
        ("+", "Linear[8 -> 2]"),
        ("Linear[8 -> 2]", "output"),
    ] {
        assert!(has(&edges, from, to), "{from} -> {to} in {edges:?}");
    }
    assert!(dot.contains("[label=\"[B, 2]\"]"), "{dot}");
    assert!(drawn(RESIDUAL, "--bind B=3").contains("[label=\"[3, 2]\"]"));
    let flat = drawn(RESIDUAL, "--depth 1");
    assert!(!flat.contains("subgraph") && flat.contains("\"Residual[8] \u{d7} 3\""), "{flat}");
}

#[test]
fn parameters_of_two_layers_are_told_apart() {
    let text = "
use std.nn: Linear
layer Twice[D] {
  first = Linear[D -> D]
  second = Linear[D -> D]
  third = Linear[D -> D]
  forward(x: [B, D]) -> [B, D] = (third(x) * first.weight[0]) @ second.weight
}
let net = Twice[8] >> Linear[8 -> 2]
fn f(x: [B, 8]) = net(x)
";
    let edges = edges(&drawn(text, ""));
    assert!(has(&edges, "first.weight", "\u{d7}") && has(&edges, "second.weight", "dot"), "{edges:?}");
}

/// As those of layers: not what the declaration says too, as `stride = kernel` does.
#[test]
fn functions_show_their_settings() {
    let text = "
fn f(x: [B, 2, 8, 8]) = softmax(max_pool(x |> max_pool(2) >> relu >> leaky_relu(0.3), (2, 2), stride: 1), over: 1)
";
    let dot = drawn(text, "");
    for label in [r"max_pool\nkernel: 2", r"leaky_relu\nslope: 0.3", r"max_pool\nkernel: (2, 2), stride: 1"] {
        assert!(dot.contains(&format!("label=\"{label}\"")), "{label} in {dot}");
    }
    assert!(dot.contains("label=\"relu\""), "{dot}");
}

#[test]
fn a_dash_is_the_standard_output() {
    let desk = Desk::new(&[("a.dln", RESIDUAL)]);
    let plain = desk.dln("graph a.dln").ends(0).out;
    assert!(plain.starts_with("<svg"), "{plain}");
    assert_eq!(desk.dln("graph a.dln -o -").ends(0).out, plain);
    assert!(!desk.path().join("-").exists());
}

#[test]
fn a_part_of_a_model_is_drawn_alone() {
    let dot = drawn(RESIDUAL, "net.1.inner");
    assert!(!dot.contains("Residual") && !dot.contains("\"+\""), "{dot}");
    assert!(has(&edges(&dot), "input", "Linear[8 -> 8]") && has(&edges(&dot), "relu", "output"), "{dot}");
    let desk = Desk::new(&[("a.dln", RESIDUAL), ("b.dln", "let a = 1\n")]);
    assert_eq!(desk.dln("graph a.dln net.4").ends(2).err, "error: no layer `net.4` is called; did you mean `net.0`?\n");
    assert_eq!(
        desk.dln("graph a.dln --bind Q=1").ends(2).err,
        "error: no size `Q` is open here; the size that is open is `B`\n"
    );
    assert!(desk.dln("graph b.dln").ends(2).err.contains("nothing in this file calls a layer"));
    desk.dln("graph a.dln -o deep/net.dot").ends(0);
    assert!(String::from_utf8(desk.read("deep/net.dot")).expect("text").starts_with("digraph"));
    assert!(desk.dln("graph a.dln -o .").ends(2).err.contains("cannot be written"));
}

#[test]
fn of_a_training_step_the_model_is_drawn() {
    let text = "
use std.data: digits
use std.nn: BatchNorm, Linear
use std.loss: cross_entropy
use std.optim: Adam
let net = Linear[64 -> 16] >> BatchNorm[16] >> relu >> Linear[_ -> 10]
train t {
  data = digits.train |> batch(32)
  step (x, y) {
    logits = net(x)
    minimize cross_entropy(logits, y) over net with Adam()
    log accuracy: accuracy(logits, y)
  }
}
";
    let dot = drawn(text, "");
    let edges = edges(&dot);
    assert!(has(&edges, "x", "Linear[64 -> 16]") && has(&edges, "Linear[16 -> 10]", "output"), "{dot}");
    assert_eq!(edges.len(), 5, "no label, no loss, no update: {dot}");
}

#[test]
fn pictures_are_well_formed() {
    for (name, words) in FIGURES {
        let file = crate::root().join(format!("tests/figures/{name}.dln"));
        let svg = Desk::new(&[]).dln(&format!("graph {} {words}", file.display())).ends(0).out;
        let opened = svg.matches("<g>").count();
        assert!(opened > 5 && opened == svg.matches("</g>").count(), "{name}");
        assert!(!svg.contains("NaN") && !svg.contains("inf"), "{name}");
        assert!(svg.contains("prefers-color-scheme:dark"), "{name}");
    }
}
