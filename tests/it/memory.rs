//! The memory that `dln check` foretells is what a run has at its peak.

use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;

/// The lines that `dln WORDS` prints as JSON.
fn json(words: &[&str], folder: &Path) -> Vec<Value> {
    let mut command = Command::new(env!("CARGO_BIN_EXE_dln"));
    let output = command.args(words).current_dir(folder).stderr(Stdio::piped()).output().expect("dln runs");
    let text = String::from_utf8(output.stdout).expect("text");
    assert!(output.status.success(), "{words:?}: {text}{}", String::from_utf8_lossy(&output.stderr));
    text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
}

/// What is foretold for the one training of a program.
fn foretold(file: &str, folder: &Path) -> Value {
    let lines = json(&["check", file, "--json"], folder);
    lines.into_iter().find(|line| line["event"] == "memory").expect("a training")
}

/// Whether two sizes differ by a tenth at most.
fn is_near(foretold: u64, measured: u64) -> bool {
    foretold.abs_diff(measured) * 10 <= measured
}

/// Programs whose tensors are small and large beside the program, with data and without; those of which a step takes seconds
/// without optimisation are left out.
#[test]
fn the_peak_of_a_run_is_foretold() {
    let root = crate::root();
    let cases = ["mlp", "tinymlp", "grucell", "elementwise", "mlp_infer_b1"];
    let cases = cases.map(|case| format!("benches/cases/{case}.dln"));
    let mut wrong = vec![];
    for file in std::iter::once("examples/digits.dln").chain(cases.iter().map(String::as_str)) {
        let folder = tempfile::tempdir().expect("a folder");
        let copy = folder.path().join("program.dln");
        std::fs::copy(root.join(file), &copy).expect("the program can be copied");
        let peak = foretold("program.dln", folder.path());
        json(&["run", "program.dln", "--json", "--epochs", "1", "--to", "measured"], folder.path());
        let info = std::fs::read(folder.path().join("measured/run.json")).expect("a run leaves what it was");
        let info: Value = serde_json::from_slice(&info).expect("JSON");
        let (foretold, measured) = (peak["peak"].as_u64().expect("bytes"), info["peak_memory"].as_u64());
        match measured {
            Some(measured) if is_near(foretold, measured) => {}
            Some(measured) => wrong.push(format!("{file}: {peak}, measured {measured}")),
            // The system does not say.
            None => return,
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
