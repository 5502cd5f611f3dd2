//! The `dln` command.

fn main() -> std::process::ExitCode {
    let words: Vec<std::ffi::OsString> = std::env::args_os().collect();
    dln::cli::main(&words, &dln::cli::Compiler)
}
