//! `dln sweep` and `dln test` as a user has them: the built binary on files in temporary folders.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;
use tempfile::TempDir;

const PROGRAM: &str = r#"
use std.data: digits
use std.nn: Linear
use std.loss: cross_entropy
use std.optim: SGD

## Learning rate.
hyper lr = 0.1 in log(1e-4..1e20)
hyper width = 8 in 4..=16
hyper act = "relu" in ["relu", "tanh"]

let net = Linear[64 -> width] >> (if act == "relu" { relu } else { tanh }) >> Linear[_ -> 10]

train fit {
  data = digits.train |> take(0..96) |> shuffle |> batch(32)
  epochs = 2
  step (x, y) { minimize cross_entropy(net(x), y) over net with SGD(lr: lr) }
  save lowest train.loss to "runs/fit"
}
"#;

fn folder() -> TempDir {
    let dir = tempfile::tempdir().expect("a folder");
    fs::write(dir.path().join("fit.dln"), PROGRAM).expect("writable");
    dir
}

fn dln(dir: &Path, words: &str) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_dln"));
    command.current_dir(dir).args(words.split_whitespace()).output().expect("it starts")
}

fn out(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).to_string()
}

fn err(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).to_string()
}

#[test]
fn a_trial_is_what_a_run_with_its_settings_is() {
    let dir = folder();
    let sweep = dln(dir.path(), "sweep fit.dln --lr 0.05,0.2 --seed 1,2 --jobs 2");
    assert_eq!(sweep.status.code(), Some(0), "{}", err(&sweep));
    let best = out(&sweep).lines().find_map(|line| line.strip_prefix("best is trial ").map(str::to_string));
    let best = best.expect("a best trial");
    let (trial, command) = best.split_once(": dln ").expect("how to run it");
    assert_eq!(dln(dir.path(), command).status.code(), Some(0));
    let read = |path: &str| fs::read(dir.path().join(path)).expect(path);
    for file in ["best.safetensors", "last.safetensors", "metrics.jsonl"] {
        let of_trial = read(&format!("runs/fit-sweep/trial-00{trial}/runs/fit/{file}"));
        assert!(of_trial == read(&format!("runs/fit/{file}")), "{file} of {best}");
    }
    assert_eq!(read("runs/fit-sweep/summary.csv").iter().filter(|&&byte| byte == b'\n').count(), 5);
    assert!(String::from_utf8(read("runs/fit-sweep/sweep.svg")).expect("text").matches("<title>trial").count() == 10);
}

#[test]
fn a_sweep_goes_on_where_it_was_and_keeps_its_draws() {
    let dir = folder();
    let few = dln(dir.path(), "sweep fit.dln --lr 0.1 --trials 2 --to a");
    assert_eq!(few.status.code(), Some(0), "{}", err(&few));
    let more = dln(dir.path(), "sweep fit.dln --lr 0.1 --trials 4 --to a");
    assert_eq!(out(&more).matches("(from before)").count(), 2, "{}", out(&more));
    let whole = dln(dir.path(), "sweep fit.dln --lr 0.1 --trials 4 --to b --jobs 3");
    assert!(!out(&whole).contains("from before"));
    let summary = |folder: &str| fs::read_to_string(dir.path().join(folder).join("summary.csv")).expect("a summary");
    assert_eq!(summary("a"), summary("b"));
}

#[test]
fn halving_gives_the_best_more_time_and_failures_come_last() {
    let dir = folder();
    let sweep = dln(dir.path(), "sweep fit.dln --lr 0.01,0.1,0.3,1e18 --halving --eta 2 --epochs 4 --json");
    assert_eq!(sweep.status.code(), Some(0), "{}", err(&sweep));
    let lines: Vec<Value> = out(&sweep).lines().map(|line| serde_json::from_str(line).expect(line)).collect();
    let lengths: Vec<u64> = lines.iter().filter_map(|line| line["epochs"].as_u64()).collect();
    assert_eq!(lengths, [1, 1, 1, 1, 2, 2, 4]);
    let failed = lines.iter().find(|line| line["settings"]["lr"] == 1e18).expect("the fourth");
    assert!(failed["error"].as_str().is_some_and(|error| error.starts_with("E0801")), "{failed}");
    let last = lines.last().expect("a line");
    assert_eq!((&last["event"], &last["trials"]), (&Value::from("swept"), &Value::from(4)));
    let summary = fs::read_to_string(dir.path().join("runs/fit-sweep/summary.csv")).expect("a summary");
    assert!(summary.lines().last().is_some_and(|line| line.contains("E0801")), "{summary}");
}

#[test]
fn what_cannot_be_swept_is_said() {
    let dir = folder();
    for (words, code, text) in [
        ("sweep fit.dln", 2, "nothing varies"),
        ("sweep fit.dln --lr 0.1,x", 2, "a number is expected"),
        ("sweep fit.dln --lr 0.1 --metric loss", 2, "a metric is `train.NAME` or `val.NAME`"),
        ("sweep fit.dln --lr 0.1 --metric val.score", 2, "say `highest val.score`"),
        ("sweep fit.dln --lr 0.1 --metric val.loss", 3, ""),
    ] {
        let done = dln(dir.path(), words);
        assert_eq!(done.status.code(), Some(code), "{words}: {}", err(&done));
        assert!(err(&done).contains(text), "{words}: {}", err(&done));
    }
    let done = dln(dir.path(), "sweep fit.dln --lr 0.1 --metric val.loss");
    assert!(out(&done).contains("no epoch logged val.loss; there are train.loss"), "{}", out(&done));
    let outside = dln(dir.path(), "run fit.dln --width 64");
    assert!(err(&outside).contains("`--width 64` is not in 4..=16"), "{}", err(&outside));
    let help = dln(dir.path(), "run fit.dln --help");
    assert!(out(&help).contains("Learning rate. [default: 0.1] [in log(1e-4..1e20)]"), "{}", out(&help));
}

#[test]
fn folders_are_tested_and_tests_are_chosen_by_name() {
    let dir = folder();
    fs::create_dir_all(dir.path().join("parts/deep")).expect("writable");
    fs::write(dir.path().join("parts/deep/b.dln"), "test \"two\" { assert 1 + 1 == 2 }\n").expect("writable");
    let two = "test \"one\" { assert_close(ones[2], ones[2]) }\ntest \"not one\" { assert sum(ones[2]) == 3.0 }\n";
    fs::write(dir.path().join("parts/a.dln"), two).expect("writable");
    fs::write(dir.path().join("parts/broken.dln"), "let x = (\n").expect("writable");
    let all = dln(dir.path(), "test .");
    assert_eq!(all.status.code(), Some(1));
    let lines =
        "./parts/a.dln:\nok     one\nFAILED not one\n./parts/deep/b.dln:\nok     two\n2 tests passed, 1 failed\n";
    assert_eq!(out(&all), lines);
    assert!(err(&all).contains("left:  2") && err(&all).contains("right: 3"), "{}", err(&all));
    let one = dln(dir.path(), "test parts --only two");
    assert_eq!((one.status.code(), &*out(&one)), (Some(0), "parts/deep/b.dln:\nok     two\n1 test passed, 0 failed\n"));
    let none = dln(dir.path(), "test parts --only three");
    assert_eq!(none.status.code(), Some(2));
    assert!(err(&none).contains("no test has `three` in its name; there are 3"), "{}", err(&none));
}
