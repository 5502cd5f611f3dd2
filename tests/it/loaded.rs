//! Files are read first: whatever is computed before a run from the weights of a file sees those.

use std::sync::atomic::AtomicBool;

use dln::base::Span;
use dln::driver::{self, Program, is_sound};
use dln::io::{self, Files};
use dln::ops::Tensor;
use dln::sema::Options;
use dln::types::DType;
use tempfile::TempDir;

const LINE: &str = "use std.nn: Linear\nlet net = load(Linear[2 -> 2], \"line.safetensors\")\n";

/// Runs the tests of a program beside a file with the weight [[1, 2], [3, 4]] and the bias [5, 6].
fn passes(program: &str) {
    let desk = TempDir::new().expect("a folder");
    let files = Files::at(desk.path());
    let weight = Tensor::from_f64(DType::F32, &[2, 2], &[1.0, 2.0, 3.0, 4.0]);
    let bias = Tensor::from_f64(DType::F32, &[2], &[5.0, 6.0]);
    let tensors = [("weight".to_string(), weight), ("bias".to_string(), bias)];
    io::save(&files, "line.safetensors", &tensors, &[], Span::none()).expect("it can be written");
    let program = Program::open("loaded.dln", &format!("{LINE}{program}"), files);
    let checked = program.check(&Options::default(), &[]);
    assert!(is_sound(&checked.diagnostics), "{:?}", checked.diagnostics);
    let mut ended = 0;
    let went = driver::test(&checked, &program.files, None, &AtomicBool::new(false), &mut |test| {
        assert!(test.outcome.is_ok(), "{}: {:?}", test.name, test.outcome);
        ended += 1;
    });
    assert!(went.is_ok(), "{went:?}");
    assert_eq!(ended, checked.tests.len());
}

#[test]
fn tensors_of_the_top_level_are_computed_from_them() {
    passes(
        "let twice = 2 * net.weight
         let answer = net([1.0, 1.0])
         let slope = grad(|net| sum(net([1.0, 2.0]) ** 2))(net)
         let shifted = net - 0.5 * slope
         test \"values\" {
           assert_close(net.weight, [[1.0, 2.0], [3.0, 4.0]])
           assert_close(twice, [[2.0, 4.0], [6.0, 8.0]])
           assert_close(answer, [8.0, 13.0])
           assert_close(slope.bias, [20.0, 34.0])
           assert_close(shifted.bias, [-5.0, -11.0])
         }",
    );
}

#[test]
fn copies_and_parameters_begin_as_they_are() {
    passes(
        "layer Near(net: Layer) {
           param weight: [2, 2] = 10 * net.weight
           buffer start: [2] = net.bias
           half = 0.5 * net.bias
           forward(x: [2]) -> [2] = weight @ x + start + half
         }
         let other = copy(net)
         let third = copy(other)
         let of_copy = 3 * third.bias
         let near = Near(net)
         test \"values\" {
           assert_close(third.bias, [5.0, 6.0])
           assert_close(of_copy, [15.0, 18.0])
           assert_close(near([1.0, 0.0]), [17.5, 39.0])
         }",
    );
}

#[test]
fn what_made_the_first_values_is_not_changed() {
    passes(
        "fn pair() {
           z = tensor([7.0, 7.0])
           make = |shape| z
           (Kept(make), Kept(make))
         }
         layer Kept(first: Fn) {
           param bias: [2] = first
           param weight: [2, 2] = 1.0
         }
         let (one, two) = pair()
         let loaded = load(one, \"line.safetensors\")
         let double = 2 * one.bias
         let other = 2 * two.bias
         test \"values\" {
           assert_close(loaded.bias, [5.0, 6.0])
           assert_close(double, [10.0, 12.0])
           assert_close(two.bias, [7.0, 7.0])
           assert_close(other, [14.0, 14.0])
         }",
    );
}
