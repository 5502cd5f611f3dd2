//! What no input may do: make dln panic, hang, or take the machine's memory.
//!
//! Each target is a function of some bytes. `drive` feeds it inputs that `mutate` and `generate` make from what the
//! repository holds (`corpus`), for two seconds:
//!
//! ```sh
//! cargo test --test fuzz                                      # all targets
//! DLN_FUZZ_SECONDS=600 cargo test --test fuzz checker         # one, for ten minutes
//! DLN_FUZZ_SEED=7 cargo test --test fuzz                      # other inputs
//! DLN_FUZZ_FILE=finding cargo test --test fuzz checker        # one input again
//! ```
//!
//! Input `i` is a function of the seed and of `i`. Before a target sees an input, it lies in
//! `target/tmp/fuzz/TARGET.input`, so a finding is there even when the process is not any more.

mod corpus;
#[path = "../it/draw.rs"]
#[allow(dead_code, reason = "the generator of the other tests; fuzzing needs less of it")]
mod draw;
mod drive;
mod generate;
mod layout;
mod memory;
mod mutate;
mod targets;

use drive::drive;

#[test]
fn parser() {
    drive("parser", mutate::text_or_bytes, targets::parser);
}

#[test]
fn checker() {
    drive("checker", mutate::program, targets::checker);
}

#[test]
fn run() {
    drive("run", mutate::program, targets::run);
}

#[test]
fn generated() {
    drive("generated", generate::program, targets::run);
}

#[test]
fn formatter() {
    drive("formatter", layout::program, targets::formatter);
}

#[test]
fn formatter_of_anything() {
    drive("formatter_of_anything", mutate::text_or_bytes, targets::formatter);
}

#[test]
fn graph_text() {
    drive("graph_text", mutate::graph, targets::graph_text);
}

#[test]
fn weights() {
    drive("weights", mutate::weights, targets::weights);
}

#[test]
fn data() {
    drive("data", mutate::data, targets::data);
}
