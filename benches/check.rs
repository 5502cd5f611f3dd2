//! Times reading and checking of long programs: `cargo bench --bench check [-- LINES ..]`. Twice the lines should take
//! twice the time. Then texts that nobody writes, which have to end soon too (`tests/it/large.rs` says how).

mod long;

use dln::driver::{Program, is_sound};
use dln::io::Files;
use dln::sema::Options;
use std::time::Instant;

fn main() {
    let given: Vec<usize> = std::env::args().filter_map(|arg| arg.parse().ok()).collect();
    let lengths = if given.is_empty() { vec![1_000, 10_000, 100_000] } else { given };
    for lines in lengths {
        let text = long::program(lines);
        let start = Instant::now();
        let program = Program::open("long.dln", &text, Files::at("."));
        let read = start.elapsed();
        let checked = program.check(&Options::default(), &[]);
        let all = start.elapsed();
        assert!(is_sound(&checked.diagnostics), "{:?}", checked.diagnostics.first());
        println!(
            "{lines:>7} lines: read in {:.3} s, checked in {:.3} s, {} shapes proved",
            read.as_secs_f64(),
            (all - read).as_secs_f64(),
            checked.counts.proved
        );
    }
    for (name, text) in odd() {
        let start = Instant::now();
        let program = Program::open("odd.dln", &text, Files::at("."));
        let errors = program.modules.diagnostics.len() + program.check(&Options::default(), &[]).diagnostics.len();
        println!("{name}: {:.3} s, {errors} errors", start.elapsed().as_secs_f64());
    }
}

/// Many items, deep nesting, megabytes of anything.
fn odd() -> [(&'static str, String); 4] {
    let characters =
        (0..10_000_000_u64).map(|i| char::from(32 + (i.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 40) as u8 % 95));
    [
        ("100,000 items", (0..100_000).map(|i| format!("let a{i} = {i} + 1\n")).collect()),
        ("100,000 brackets", format!("let x = {}1{}\n", "(".repeat(100_000), ")".repeat(100_000))),
        ("10 MB of characters", characters.collect()),
        ("10 MB of one sum", format!("let x = {}1\n", "1 + ".repeat(2_500_000))),
    ]
}
