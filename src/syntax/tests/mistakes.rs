//! Mistakes: what is said about each and where, and that every edit on offer helps.

use super::read;
use crate::base::FileId;
use crate::syntax::parse;

/// A program with a mistake, and the code and place of what is said, one a line.
const MISTAKES: &[(&str, &str)] = &[
    ("let a = 1 $ 2", "E0101 1:11"),
    ("let a = \"open", "E0102 1:9"),
    ("let a = 'x'", "E0103 1:9"),
    ("let a = 3x", "E0104 1:9"),
    ("let a = 2f", "E0104 1:9"),
    ("let a = x[..., 0]", "E0105 1:11"),
    ("let a = 99999999999999999999", "E0106 1:9"),
    ("let a = 1e999", "E0106 1:9"),
    ("let a = \"\\q\"", "E0107 1:10"),
    ("let a = b && c", "E0101 1:11"),
    ("let a = !b", "E0101 1:9"),
    ("let a = b || c", "E0101 1:11"),
    ("let a = b ≤ c", "E0101 1:11"),
    ("let a = x => x + 1", "E0101 1:11"),
    ("fn f(x) => x", "E0101 1:9"),
    ("let x = f(1, 2", "E0110 1:15"),
    ("let x = [1, (2]", "E0110 1:15"),
    ("let x = [1, 2)", "E0111 1:14"),
    ("let z = 3)", "E0111 1:10"),
    ("let x = f(g(1), [2, 3", "E0110 1:22"),
    ("layer A {\n  forward(x) {\n    y = x\n\n  g(x) = x\n}", "E0110 3:10"),
    ("layer A {\n  forward(x) = x\n\nlet y = 3", "E0110 2:17"),
    ("layer A { forward(x) = x", "E0110 1:25"),
    ("fn f(x) {\n  y = g(x\n  y\n}", "E0110 2:10"),
    ("if_ = 3", "E0128 1:1"),
    ("let w = True", "E0112 1:9"),
    ("let w = None", "E0112 1:9"),
    ("layer B { f(x) = self.w }", "E0113 1:18"),
    ("layer B { f(self, x) = x }", "E0113 1:13"),
    ("layr Foo[In -> Out] { f(x) = x }", "E0114 1:1"),
    ("optimiser O() { update(p, g) = p }", "E0114 1:1"),
    ("tran foo { epochs = 3 }", "E0114 1:1"),
    ("def f(x) = x", "E0115 1:1"),
    ("def f(x):\n  return x", "E0115 1:1\nE0124 1:9\nE0115 2:3"),
    ("class Foo(nn.Module):\n  def f(self):\n    x = 3", "E0115 1:1"),
    ("import numpy as np", "E0115 1:1"),
    ("from x import y", "E0115 1:1"),
    ("for i in range(3):\n  print(i)", "E0115 1:1"),
    ("x = 3", "E0128 1:1"),
    ("g(x) { x }", "E0128 1:1"),
    ("[x]", "E0128 1:1"),
    ("param w: [A] = zeros", "E0128 1:1"),
    ("fn f(x) { return x }", "E0115 1:11"),
    ("fn f(x) {\n  pass\n}", "E0115 2:3"),
    ("fn f(x) {\n  let z = 3\n  z\n}", "E0129 2:3"),
    ("layer L {\n  let w = 3\n}", "E0129 2:3"),
    ("layer L {\n  fn f(x) = x\n}", "E0129 2:3"),
    ("layer L {\n  def f(x) = x\n}", "E0115 2:3"),
    ("fn f(x) {\n  fn g(y) = y\n  g(x)\n}", "E0129 2:3"),
    ("fn f(x) { if z = 3 { a } }", "E0119 1:16"),
    ("fn f(x) { assert a = b }", "E0119 1:20"),
    ("fn f(x) { if a { b } elif c { d } else { e } }", "E0115 1:22"),
    ("fn f(x) {\n  if a { b }\n  elif c { d }\n  else { e }\n}", "E0115 3:3"),
    ("layer L {\n  for i in xs { a }\n}", "E0115 2:3"),
    ("fn f(x) {\n  while x { b }\n  x\n}", "E0115 2:3"),
    ("fn f(x) {\n  z += x * 2\n  z\n}", "E0123 2:5"),
    ("fn f(x) {\n  z[0] += x * 2\n  z\n}", "E0123 2:8"),
    ("fn f(x) { minimise x over y with z() }", "E0114 1:11"),
    ("layer L {\n  parm w: [A] = zeros\n}", "E0114 2:3"),
    ("let a = f(x, k = 3)", "E0117 1:16"),
    ("fn f(x) { log loss = 3 }", "E0117 1:20"),
    ("let a = scan v in x over T with (h: 3) { v }", "E0118 1:35"),
    ("fn f(x) { (a, b) = f(x)\n a }", "E0133 1:11"),
    ("fn f(x) { x[0] = 3\n a }", "E0133 1:11"),
    ("fn f(x) { y: 3\n a }", "E0118 1:12"),
    ("let a = if a < b < c { d }", "E0125 1:18"),
    ("let a = if a x else y", "E0124 1:14"),
    ("let a = if a { x } else y", "E0124 1:25"),
    ("let a = if c: d", "E0124 1:13"),
    ("let a = f(a b)", "E0121 1:12"),
    ("let a = [1 2]", "E0121 1:11"),
    ("print(f\"{a}\")", "E0115 1:7"),
    ("let a = f(b, r\"c\")", "E0115 1:14"),
    ("fn f(x) {\n  a b\n}", "E0126 2:5"),
    ("let test = 3", "E0127 1:5"),
    ("let (train, test) = split(d, 0.8)", "E0127 1:6\nE0127 1:13"),
    ("fn f(x) { z == 4\n z }", "E0122 1:13"),
    ("fn f(x) { z := 3\n z }", "E0118 1:13"),
    ("let x = 3 // the value of x", "E0116 1:11"),
    ("// a comment line", "E0116 1:1"),
    ("let x 3", "E0120 1:6"),
    ("let y == 3", "E0119 1:7"),
    ("let z: 3", "E0118 1:6"),
    ("hyper lr: 1e-3", "E0118 1:9"),
    ("fn f(x) x", "E0120 1:8"),
    ("fn g(x): [N] = x", "E0118 1:8"),
    ("layer L {\n  forward(x)\n  {\n    x\n  }\n}", "E0124 3:3"),
    ("layer L {\n  param q [A] = zeros\n}", "E0109 2:11"),
    ("layer L {\n  param r: [A] zeros\n}", "E0120 2:15"),
    ("let v = a +", "E0109 1:12"),
    ("fn f(x) {\n  y = x +\n  z = 3\n}", "E0109 2:10"),
    ("let u = f(,)", "E0109 1:11"),
    ("use std.nn Linear", "E0109 1:12"),
    ("train t { validate data { log loss: 3 } }", "E0131 1:20"),
    ("train t { step x { y } }", "E0109 1:18"),
    ("let w = x.[b t]", "E0109 1:15"),
    ("let v = [a for b xs]", "E0109 1:18"),
    ("let r: [B T] = 3", "E0121 1:10"),
    ("let r: Foo<3>[B] = 3", "E0132 1:8"),
    ("test foo { }", "E0109 1:6"),
    ("optimizer O() { state m: zeros }", "E0118 1:24"),
    ("let q = lambda a, b: a + b", "E0115 1:9"),
    ("let q = 3 4", "E0126 1:11"),
    ("fn f(x) { minimize x over y }", "E0109 1:29"),
    ("let a = (1 + 2", "E0110 1:15"),
    ("var x = 3", "E0115 1:1"),
];

#[test]
fn each_is_named_at_its_place() {
    for (source, expected) in MISTAKES {
        let (_, problems) = read(source);
        let found: Vec<&str> = problems.lines().map(|l| &l[..l.match_indices(' ').nth(1).unwrap().0]).collect();
        assert_eq!(found.join("\n"), *expected, "{source}");
    }
}

/// Every edit is safe to apply: it leaves fewer problems than there were.
#[test]
fn edits_help() {
    let mut edits = 0;
    for (source, _) in MISTAKES {
        let before = parse(FileId(0), source).diagnostics;
        for edit in before.iter().flat_map(|d| &d.helps).filter_map(|h| h.edit.as_ref()) {
            let mut edited = source.to_string();
            edited.replace_range(edit.span.range(), &edit.text);
            let after = parse(FileId(0), &edited).diagnostics;
            assert!(after.len() < before.len(), "{source}\nedited:\n{edited}\n{after:#?}");
            edits += 1;
        }
    }
    assert!(edits > MISTAKES.len() / 2);
}

/// Several mistakes in one file are all found, and what is sound is kept.
#[test]
fn one_mistake_does_not_hide_others() {
    let (tree, problems) =
        read("let a = f(1, 2\n\nfn g(x) {\n  y = x +* 2\n  z = [x 1]\n  y + z\n}\nlayr L { }\nlet b = a");
    let codes: Vec<&str> = problems.lines().map(|l| &l[..5]).collect();
    assert_eq!(codes, ["E0110", "E0109", "E0121", "E0114"]);
    assert_eq!(
        tree,
        "(let a (call f 1 2))\n(fn g (x)\n  (block\n    (= y broken)\n    (= z (list x 1))\n    (+ y z)))\n(layer L [] ())\n(let b a)\n"
    );
}

#[test]
fn a_broken_item_keeps_its_name() {
    assert_eq!(read("layer Foo[ { }\nlet (a, b = 3").0.lines().next(), Some("(broken Foo)"));
    assert_eq!(read("fn f(x: ) = x").0, "(broken f)\n");
}
