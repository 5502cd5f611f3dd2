//! The command line: words in, lines and an exit code out. It is the only place with a terminal and a clock.

mod args;
mod bench;
mod chain;
mod checking;
mod command;
mod doc;
mod driver;
mod format;
mod graph;
mod import;
mod interrupt;
mod json;
mod output;
mod profile;
mod progress;
mod project;
mod repl;
mod runs;
mod shell;
pub mod summary;
mod sweep;
mod testing;
#[cfg(test)]
mod tests;

pub use chain::{
    Chain, Domain, Hyper, HyperKind, HyperValue, Origin, Overrides, Report, Session, Setting, Steps, TestResult,
};
pub use driver::Compiler;

use args::Request;
use command::{Desk, Exit};
use output::Output;
use std::ffi::OsString;
use std::process::ExitCode;
use std::time::Instant;

/// Does what the words say, with the streams, the clock and the signals of this process.
pub fn main(words: &[OsString], chain: &dyn Chain) -> ExitCode {
    let request = match request(words, chain) {
        Ok(request) => request,
        Err(exit) => return ExitCode::from(exit as u8),
    };
    let began = Instant::now();
    let clock = || began.elapsed().as_secs_f64();
    let json = request.json;
    let interrupt = interrupt::listen();
    let said: Vec<String> = words.iter().map(|word| word.to_string_lossy().to_string()).collect();
    let mut desk = Desk { chain, output: Output::standard(), json, words: &said, clock: &clock, interrupt };
    let exit = desk.execute(&request);
    let exit = match desk.output.finish() {
        Ok(()) => exit,
        Err(error) => {
            output::complain(&format!("stdout cannot be written: {error}"));
            exit.max(Exit::Failed)
        }
    };
    ExitCode::from(exit as u8)
}

/// Reads the words; help and mistakes are printed here.
fn request(words: &[OsString], chain: &dyn Chain) -> Result<Request, Exit> {
    let hypers = match args::program(words) {
        None => vec![],
        Some(path) => command::read(&path).map(|(name, text, _)| chain.hypers(&name, &text)).map_err(|message| {
            output::complain(&message);
            Exit::Usage
        })?,
    };
    args::parse(words, &hypers).map_err(|error| {
        // Help goes to stdout, mistakes to stderr; a reader that has gone misses nothing.
        let _ = error.print();
        if error.use_stderr() { Exit::Usage } else { Exit::Fine }
    })
}
