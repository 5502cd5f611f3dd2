//! The cases of `benches/cases` are what they say, and `dln bench` runs them.

use std::io::Write;
use std::process::{Command, Stdio};

use serde_json::Value;

fn dln(words: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_dln"));
    command.args(words).current_dir(crate::root());
    command
}

/// Published networks with their parameters, of which the first values alone take long without optimisation.
const LARGE: [(&str, u64); 2] = [("bert_b1", 109_482_240), ("gpt2_decode", 124_439_808)];

#[test]
fn cases_have_the_parameters_that_they_say() {
    let is_large = |file: &str| LARGE.iter().any(|(name, _)| file.ends_with(&format!("{name}.dln")));
    let files = std::fs::read_dir(crate::root().join("benches/cases")).expect("cases");
    let files = files.map(|file| file.expect("a file").path().to_string_lossy().to_string());
    let files: Vec<String> = files.filter(|file| !is_large(file)).collect();
    let words: Vec<&str> = std::iter::once("test").chain(files.iter().map(String::as_str)).collect();
    let output = dln(&words).output().expect("dln runs");
    let text = String::from_utf8(output.stdout).expect("text");
    assert!(output.status.success() && text.contains(" passed, 0 failed"), "{text}");
}

#[test]
fn published_networks_have_their_parameters() {
    for (name, parameters) in LARGE {
        let file = format!("benches/cases/{name}.dln");
        let output = dln(&["summary", &file, "--json"]).output().expect("dln runs");
        let text = String::from_utf8(output.stdout).expect("text");
        let summary: Value = serde_json::from_str(text.lines().next().unwrap_or_default()).expect("JSON");
        assert_eq!(summary["parameters"], parameters, "{name}");
    }
}

#[test]
fn a_step_server_answers_line_by_line() {
    let mut server = dln(&["bench", "step-server", "tinymlp", "--threads", "1"]);
    let mut server = server.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("dln runs");
    let mut input = server.stdin.take().expect("piped");
    input.write_all(b"go 0\n\ngo 0.01\nquit\n").expect("it listens");
    let output = server.wait_with_output().expect("it ends");
    let answers: Vec<Value> = String::from_utf8(output.stdout)
        .expect("text")
        .lines()
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .collect();
    assert_eq!((answers.len(), &answers[0]["ready"], &answers[0]["parameters"]), (4, &true.into(), &33.into()));
    assert_eq!(answers[1]["steps"], 1, "one step at least");
    assert!(answers[2]["steps"].as_u64() > Some(1) && answers[2]["seconds"].as_f64() >= Some(0.01));
    assert!(answers[3].get("peak_rss_mb").is_some());
}

#[test]
fn a_profile_names_lines_operations_and_what_is_left() {
    let output = dln(&["bench", "profile", "grucell", "--steps", "1"]).output().expect("dln runs");
    let text = String::from_utf8(output.stdout).expect("text");
    assert!(output.status.success(), "{text}");
    for part in ["by line", "benches/cases/grucell.dln:", "by operation", "loop / dot", "other"] {
        assert!(text.contains(part), "no {part} in {text}");
    }
}
