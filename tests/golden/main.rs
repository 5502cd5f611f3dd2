//! Cases: small dln programs with marks for what must be reported where, and blocks of what the stages print.
//!
//! `case` reads a file, `stage` runs it and `print` shows it, `mark` and `shape` compare marks, `bless` rewrites blocks,
//! `found` lists what there is. Every `.dln` file of `examples/` and `stdlib/`, and every ```` ```dln ```` block of the
//! documents, is a case too.
//! `tests/cases/README.md` says how to write one.

mod bless;
mod case;
mod found;
mod mark;
mod print;
mod shape;
mod stage;

use case::Case;
use libtest_mimic::{Arguments, Failed, Trial};
use std::process::ExitCode;

fn main() -> ExitCode {
    let args = Arguments::from_args();
    let blessing = std::env::var_os("DLN_BLESS").is_some();
    if blessing && std::env::var_os("CI").is_some() {
        eprintln!("DLN_BLESS is set under CI: blocks are blessed by people who read them");
        return ExitCode::FAILURE;
    }
    let trials = found::programs().into_iter().map(|program| {
        let name = program.name.clone();
        Trial::test(name, move || run(&program, blessing).map_err(Failed::from))
    });
    libtest_mimic::run(&args, trials.collect()).exit_code()
}

/// Runs one program; `Err` is what to show.
fn run(program: &found::Program, blessing: bool) -> Result<(), String> {
    let case = Case::read(&program.text, program.kind)?;
    let ran = stage::run(program, &case)?;
    mark::compare(&case.marks, &ran)?;
    shape::compare(&case.shapes, &ran)?;
    match (blessing, &program.path) {
        (true, Some(path)) => bless::rewrite(&program.name, path, &program.text, &case, &ran),
        _ => bless::compare(&program.name, &case, &ran),
    }
}
