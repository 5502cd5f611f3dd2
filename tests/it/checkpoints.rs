//! Checkpoints: less memory, the same bits.

use dln::driver::{Engine, Program, compile, is_sound};
use dln::io::Files;
use dln::lower::Sizes;
use dln::ops::Tensor;
use dln::sema::Options;
use dln::tir::Target;
use dln::train::{Call, Length, Machine};
use dln::types::DType;

use crate::draw::Draw;

/// Bytes of the arena, and all results, of `fn f(x: [64, 32], w: [32, 32])` with its derivatives.
fn with_derivatives(text: &str) -> (usize, Vec<Tensor>) {
    let program = Program::open("checkpoint.dln", text, Files::at("."));
    let checked = program.check(&Options::default(), &["f"]);
    assert!(is_sound(&checked.diagnostics), "{:?}", checked.diagnostics);
    let gradient = checked.functions[0].gradient.as_ref().expect("floats").program;
    let arena = compile(&checked.programs[gradient.index()], &Sizes::new()).1.arena;
    let mut draw = Draw::new(3);
    let args = [&[64, 32][..], &[32, 32], &[]].map(|shape| draw.tensor(DType::F32, shape, -0.5, 0.5));
    let mut engine = Engine::new(&checked, &program.files, 0).expect("it compiles");
    let call = Call { program: gradient, args: &args, step: 1, epoch: 1, length: Length::default(), seen: &[], key: 9 };
    let outputs = engine.run(&call).expect("it runs");
    let values = outputs.iter().filter(|(to, _)| matches!(to, Target::Value(_)));
    (arena, values.map(|(_, value)| value.clone()).collect())
}

/// `g`, a checkpoint of `block`, in `f`, which gives the sum of the squares of `y`.
fn network(block: &str, y: &str) -> String {
    format!(
        "fn block(x: [64, 32], w: [32, 32]) = {block}
         fn f(x: [64, 32], w: [32, 32]) -> [] {{
           g = |x| checkpoint(block)(x, w)
           y = {y}
           sum(y ** 2)
         }}"
    )
}

/// The same program with and without `checkpoint`; both memories.
fn compared(text: &str) -> (usize, usize) {
    let (kept, expected) = with_derivatives(&text.replace("checkpoint(block)", "block"));
    let (again, found) = with_derivatives(text);
    assert!(found == expected, "not the same bits");
    assert!(found.iter().all(|value| value.to_f64().iter().any(|x| *x != 0.0)), "nothing was computed");
    (kept, again)
}

#[test]
fn a_chain_of_blocks_keeps_only_what_lies_between_them() {
    let (kept, again) = compared(&network("tanh(tanh(tanh(x @ w) @ w) @ w)", "g(g(g(g(g(g(g(g(x))))))))"));
    // 24 activations; or 7 between blocks, what one block needs on its way back, and the parts of the sum for `w`.
    assert!(kept >= 24 * 64 * 32 * 4, "{kept}");
    assert!(again <= 15 * 64 * 32 * 4, "{again} of {kept}");
}

#[test]
fn random_numbers_are_drawn_again() {
    let drop = "fn drop(x: [64, 32]) = x * where(rand[64, 32] < 0.5, 0.0, 2.0)\n";
    let net = network("drop(tanh(drop(tanh(drop(x @ w)) @ w)) @ w)", "g(g(g(g(x))))");
    let (kept, again) = compared(&format!("{drop}{net}"));
    assert!(again * 5 < kept * 4, "{again} of {kept}");
}

#[test]
fn inside_of_a_loop() {
    let y = "repeat 3 with (x = x) { x = g(g(g(g(g(g(x)))))) }";
    let (kept, again) = compared(&network("tanh(tanh(tanh(x @ w) @ w) @ w)", y));
    assert!(again * 5 < kept * 4, "{again} of {kept}");
}

#[test]
fn a_loop_inside_of_a_checkpoint() {
    let block = "repeat 4 with (x = x) { x = tanh(x @ w) }";
    let (kept, again) = compared(&network(block, "g(g(g(g(x))))"));
    assert!(again * 5 < kept * 4, "{again} of {kept}");
}

/// The derivative flows through the copies and the originals: its sums are taken in another order.
#[test]
fn derivatives_of_derivatives() {
    let text = "fn block(x: [64, 32], w: [32, 32]) = tanh(tanh(x @ w) @ w)
         fn f(x: [64, 32], w: [32, 32]) -> [] {
           g = grad(|x| sum(checkpoint(block)(checkpoint(block)(x, w), w) ** 2))(x)
           sum(g * g)
         }";
    let (_, expected) = with_derivatives(&text.replace("checkpoint(block)", "block"));
    let (_, found) = with_derivatives(text);
    for (found, expected) in found.iter().zip(&expected) {
        let pairs = found.to_f64().into_iter().zip(expected.to_f64());
        let scale = expected.to_f64().iter().fold(1.0f64, |scale, x| scale.max(x.abs()));
        let off = pairs.map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
        assert!(off < 1e-5 * scale, "{off} of {scale}");
    }
}
