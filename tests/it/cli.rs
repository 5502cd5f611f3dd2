//! The built binary on real files in temporary folders: exit codes, streams, flags, weights, signals.

use crate::desk::{Desk, Ended};
use serde_json::Value;
use std::io::{BufRead, BufReader};
use std::process::Command;

/// A small run with settings of every kind.
const MLP: &str = r#"
use std.data: digits
use std.nn: Linear, Dropout
use std.loss: cross_entropy
use std.optim: Adam

## Learning rate.
hyper lr = 1e-2
hyper hidden = 256
hyper wide: Bool = true
hyper steps = 12 * 63
hyper out = "runs/mlp"

let net = Linear[64 -> hidden] >> relu >> Dropout(0.2) >> Linear[hidden -> 10]

train classify {
  data = digits.train |> take(0..512) |> shuffle |> batch(256)
  epochs = 2
  step (x, y) {
    minimize cross_entropy(net(x), y) over net with Adam(lr: lr)
    log accuracy: accuracy(net(x), y)
  }
  validate digits.test |> batch(256) (x, y) {
    log loss: cross_entropy(net(x), y), accuracy: accuracy(net(x), y)
  }
  save best val.accuracy to "{out}"
}
"#;

const CONV: &str = r#"
use std.data: digits
use std.nn: Conv2d, BatchNorm2d, Linear
use std.loss: cross_entropy
use std.optim: SGD

let net = Conv2d[1 -> 16](kernel: 3, pad: 1) >> BatchNorm2d[16] >> relu >> max_pool(2) >> flatten >> Linear[_ -> 10]

train conv {
  data = digits.train |> take(0..128) |> shuffle |> batch(64)
  epochs = 1
  step (x, y) {
    minimize cross_entropy(net(reshape(x, [x.shape[0], 1, 8, 8])), y) over net with SGD(lr: 0.1, momentum: 0.9)
  }
  validate digits.test |> take(0..64) |> batch(64) (x, y) {
    log loss: cross_entropy(net(reshape(x, [x.shape[0], 1, 8, 8])), y)
  }
  save lowest val.loss to "runs/conv"
}
"#;

const LSTM: &str = r#"
use std.data: digits
use std.nn: LSTM, Linear, last
use std.loss: cross_entropy
use std.optim: Adam, clip_norm

let net = LSTM[8 -> 64] >> last >> Linear[64 -> 10]

train rows {
  data = digits.train |> take(0..256) |> shuffle |> batch(128)
  epochs = 1
  step (x, y) {
    minimize cross_entropy(net(reshape(x, [x.shape[0], 8, 8])), y) over net with clip_norm(1.0) >> Adam(lr: 1e-2)
  }
  save lowest train.loss to "runs/lstm"
}
"#;

fn keys(value: &Value) -> Vec<&str> {
    value.as_object().expect("an object").keys().map(String::as_str).collect()
}

#[test]
fn every_kind_of_end_has_its_code() {
    let desk = Desk::new(&[
        ("fine.dln", "let x = 1\n"),
        ("wrong.dln", "let x = y\n"),
        ("data.dln", &MLP.replace("digits.train", "missing").replace("use std.data: digits", DATA)),
    ]);
    assert_eq!(desk.dln("run fine.dln").ends(0).out, "");
    assert!(desk.dln("run wrong.dln").ends(1).err.starts_with("error[E0201]"));
    assert!(desk.dln("run nowhere.dln").ends(2).err.contains("`nowhere.dln` cannot be read"));
    desk.dln("sing fine.dln").ends(2);
    let failed = desk.dln("run data.dln").ends(3).err;
    assert!(failed.contains("error[E0701]") && failed.contains("missing.csv"), "{failed}");
}

const DATA: &str = "use std.data: digits\nlet missing: (x: [64], y: idx<10>) = read_csv(\"missing.csv\")";

#[test]
fn json_lines_have_the_documented_fields() {
    let desk = Desk::new(&[("a.dln", MLP)]);
    let ended = desk.dln("run a.dln --json").ends(0);
    assert_eq!(ended.err, "");
    let lines = ended.json();
    let events: Vec<&str> = lines.iter().map(|line| line["event"].as_str().expect("an event")).collect();
    assert_eq!((events[0], events[1], *events.last().unwrap()), ("run", "start", "done"));
    assert_eq!(events.iter().filter(|event| **event == "epoch").count(), 2);
    let start =
        ["event", "training", "job", "epochs", "steps_per_epoch", "rows", "validation_rows", "parameters", "seed"];
    assert_eq!(keys(&lines[1]), start);
    assert_eq!(lines[1]["parameters"], 64 * 256 + 256 + 2560 + 10);
    let epoch = lines.iter().find(|line| line["event"] == "epoch").unwrap();
    assert_eq!(keys(epoch), ["event", "epoch", "train", "val", "seconds"]);
    assert_eq!(keys(&epoch["val"]), ["loss", "accuracy"]);
    let done = lines.last().unwrap();
    assert_eq!(keys(done), ["event", "job", "epochs", "steps", "train", "val", "best", "interrupted", "seconds"]);
    assert_eq!((&done["steps"], &done["interrupted"]), (&4.into(), &false.into()));
    assert_eq!(done["best"][0]["metric"], "val.accuracy");
}

#[test]
fn settings_are_flags_and_listed() {
    let desk = Desk::new(&[("a.dln", MLP)]);
    let help = desk.dln("run a.dln --help").ends(0).out;
    for line in [
        "--lr <Float>",
        "Learning rate. [default: 1e-2]",
        "--hidden <Int>",
        "--wide <Bool>",
        "--steps <Int>",
        "--out <Str>",
    ] {
        assert!(help.contains(line), "{help}");
    }
    let wrong = desk.dln("run a.dln --hiden 3").ends(2).err;
    assert!(wrong.contains("'--hidden'"), "{wrong}");
    assert!(desk.dln("run a.dln --lr fast").ends(2).err.contains("a number is expected"));
    let dry = desk.dln("run a.dln --lr 0.5 --epochs 7 --dry-run").ends(0).out;
    let lines: Vec<Vec<&str>> = dry.lines().map(|line| line.split_whitespace().collect()).collect();
    assert!(lines.contains(&vec!["lr", "0.5", "command", "line"]), "{dry}");
    assert!(lines.contains(&vec!["hidden", "256", "a.dln:9:7"]), "{dry}");
    assert!(lines.contains(&vec!["classify.epochs", "7", "command", "line"]), "{dry}");
    assert!(lines.contains(&vec!["classify.seed", "0", "default"]), "{dry}");
    assert!(!desk.path().join("runs").exists(), "a dry run writes nothing");
}

#[test]
fn a_check_counts_and_an_error_stops_it() {
    let desk = Desk::new(&[("a.dln", MLP), ("bad.dln", &MLP.replace("Linear[hidden -> 10]", "Linear[99 -> 10]"))]);
    let out = desk.dln("check a.dln").ends(0).out;
    assert!(out.ends_with(" shapes proved, 0 checked at run time, 0 assumed\n"), "{out}");
    let bad = desk.dln("check bad.dln").ends(1);
    assert!(bad.err.contains("Linear[99 -> 10]") && bad.err.contains("expects 99 features"), "{}", bad.err);
    assert_eq!(bad.err.matches("error[").count(), 1, "one mistake, one error: {}", bad.err);
    let lines = desk.dln("check bad.dln --json").ends(1).json();
    assert_eq!((&lines[0]["event"], &lines[0]["severity"]), (&"diagnostic".into(), &"error".into()));
    assert_eq!(lines.last().unwrap()["ok"], false);
}

/// The weights, the numbers of epochs and the events of a run.
fn traces(program: &str, folder: &str, flags: &str) -> (Vec<u8>, Vec<u8>, Vec<Value>) {
    let desk = Desk::new(&[("a.dln", program)]);
    let ended = desk.dln(&format!("run a.dln --json {flags}")).ends(0);
    let file = |name: &str| desk.read(&format!("runs/{folder}/{name}"));
    (file("last.safetensors"), file("metrics.jsonl"), ended.untimed())
}

#[test]
fn results_depend_on_the_seed_and_not_on_threads() {
    for (program, folder) in [(MLP, "mlp"), (CONV, "conv"), (LSTM, "lstm")] {
        let one = traces(program, folder, "--threads 1");
        assert!(one == traces(program, folder, "--threads 2"), "{folder}: 1 and 2 threads differ");
        assert!(one == traces(program, folder, "--threads 1 --seed 0"), "{folder}: the same seed differs");
        let other = traces(program, folder, "--seed 1");
        assert!(one.0 != other.0 && one.1 != other.1, "{folder}: another seed gives the same");
    }
}

/// Only validates: the weights are those that were loaded.
const LOADED: &str = r#"
use std.data: digits
use std.nn: Linear, Dropout
hyper from = "runs/mlp/best.safetensors"
let net = load(Linear[64 -> 256] >> relu >> Dropout(0.2) >> Linear[256 -> 10], from)
let unused = Linear[64 -> 10]
train again {
  data = digits.train |> take(0..1) |> batch(1)
  epochs = 1
  step (x, y) { minimize sum(unused(x)) over unused with Still }
  validate digits.test |> batch(256) (x, y) { log accuracy: accuracy(net(x), y) }
}
optimizer Still() {
  update(p, g, t) { p <- p }
}
"#;

#[test]
fn the_best_weights_come_back() {
    let desk = Desk::new(&[("a.dln", MLP), ("b.dln", LOADED)]);
    let trained = desk.dln("run a.dln --json").ends(0).json();
    let best = &trained.last().unwrap()["best"][0]["value"];
    let loaded = desk.dln("run b.dln --json").ends(0).json();
    assert_eq!(&loaded.last().unwrap()["val"]["accuracy"], best);
    assert!(best.as_f64().unwrap() > 0.2, "{best}");
}

const PART: &str = r#"
use std.data: digits
use std.nn: Linear

layer Net {
  body = Linear[64 -> 4] >> relu
  forward(x: [B, 64]) -> [B, 4] = body(x)
}
let net = Net()

train t {
  data = digits.train |> take(0..4)
  step (x, y) { log mean: mean(net(x)) }
  every 1 epoch {
    save net.body to "body.safetensors"
    save net.body[0] to "line.safetensors"
  }
}
"#;

const ELSEWHERE: &str = r#"
use std.nn: Linear
let body = load(Linear[64 -> 4] >> relu, "body.safetensors")
let net = relu >> load(Linear[64 -> 4], "line.safetensors")

test "they are one layer" { assert body[0].weight == net[1].weight }
"#;

#[test]
fn a_part_that_is_saved_is_a_layer_anywhere() {
    let desk = Desk::new(&[("a.dln", PART), ("b.dln", ELSEWHERE)]);
    desk.dln("run a.dln").ends(0);
    desk.dln("test b.dln").ends(0);
}

#[test]
fn a_wrong_weights_file_is_a_diagnostic() {
    let other = MLP.replace("hyper hidden = 256", "hyper hidden = 32");
    let missing = MLP.replace(" >> Linear[hidden -> 10]", "").replace("net(x)", "net(x)[:, :10]");
    let programs = [("a.dln", MLP), ("b.dln", LOADED), ("shape.dln", &other), ("missing.dln", &missing)];
    let desk = Desk::new(&programs);
    for name in ["a", "shape", "missing"] {
        desk.dln(&format!("run {name}.dln --epochs 1 --out {name}.safetensors")).ends(0);
    }
    let whole = desk.read("a.safetensors");
    desk.write("cut.safetensors", &whole[..whole.len() - 4]);
    desk.write("text.safetensors", b"these are no weights");
    let cases = [
        ("shape", "E0902", "`3.weight` is [10, 256] here and [10, 32] in the file"),
        ("missing", "E0902", "`3.weight` [10, 256] is missing in the file"),
        ("cut", "E0901", "cannot be read as safetensors"),
        ("text", "E0901", "cannot be read as safetensors"),
        ("nowhere", "E0901", "nowhere.safetensors"),
    ];
    for (name, code, text) in cases {
        let err = desk.dln(&format!("run b.dln --from {name}.safetensors")).ends(3).err;
        assert!(err.starts_with(&format!("error[{code}]")) && err.contains(text), "{name}: {err}");
        assert!(err.contains("b.dln:5:"), "{err}");
    }
}

#[test]
#[cfg(unix)]
fn ctrl_c_ends_after_the_step_and_keeps_the_weights() {
    let desk = Desk::new(&[("a.dln", MLP), ("b.dln", LOADED)]);
    let mut child = desk.start("run a.dln --json --epochs 1000000");
    let mut lines = BufReader::new(child.stdout.take().expect("piped")).lines().map(|line| line.expect("text"));
    lines.by_ref().find(|line| line.contains(r#""event":"epoch""#)).expect("an epoch");
    let kill = Command::new("kill").args(["-INT", &child.id().to_string()]).status().expect("kill");
    assert!(kill.success());
    let rest: Vec<Value> = lines.map(|line| serde_json::from_str(&line).expect("JSON")).collect();
    assert_eq!(child.wait().expect("it ends").code(), Some(130));
    assert!(rest.iter().any(|line| line["event"] == "interrupted"), "{rest:?}");
    let done = rest.last().expect("the end is told");
    assert_eq!((&done["event"], &done["interrupted"]), (&"done".into(), &true.into()));
    desk.dln("run b.dln --from runs/mlp/last.safetensors").ends(0);
}

#[test]
fn a_reader_may_leave() {
    let desk = Desk::new(&[("a.dln", MLP)]);
    let mut child = desk.start("run a.dln --epochs 3");
    let mut reader = BufReader::new(child.stdout.take().expect("piped"));
    let mut line = String::new();
    reader.read_line(&mut line).expect("a line");
    drop(reader);
    let ended = Ended::from(child.wait_with_output().expect("it ends")).ends(0);
    assert!(line.starts_with("train classify: ") && ended.err.is_empty(), "{line}{}", ended.err);
}

#[test]
fn pipes_get_no_colours() {
    let desk = Desk::new(&[("wrong.dln", "let x = y\n")]);
    for value in ["", "1"] {
        let output = desk.command("check wrong.dln").env("NO_COLOR", value).output().expect("dln starts");
        let err = Ended::from(output).ends(1).err;
        assert!(!err.contains('\x1b') && err.contains("wrong.dln:1:9"), "{err}");
    }
}

/// Every step is a thousand times longer than the one before.
const FAST: &str = r#"
use std.data: digits
use std.nn: Linear
use std.optim: SGD
let net = Linear[64 -> 1]
train line {
  data = digits.train |> batch(64)
  epochs = 100
  step (x, y) { minimize mean((net(x) - 1) ** 2) over net with SGD(lr: 1e6) }
}
"#;

/// `log(0) * 0`
const LOGARITHM: &str = r#"
use std.data: digits
use std.nn: Linear
use std.optim: SGD
let net = Linear[64 -> 10] >> softmax
train log {
  data = digits.train |> batch(64)
  epochs = 1
  step (x, y) { minimize -mean(sum(one_hot(y) * log(relu(net(x) - 0.1)), over: -1)) over net with SGD }
}
"#;

#[test]
fn a_loss_that_is_no_number_names_its_expression() {
    let root =
        MLP.replace("cross_entropy(net(x), y) over", "cross_entropy(net(x), y) + sqrt(sum(net[0].bias ** 2)) over");
    let desk = Desk::new(&[("fast.dln", FAST), ("log.dln", LOGARITHM), ("root.dln", &root)]);
    let fast = desk.dln("run fast.dln").ends(3).err;
    assert!(fast.starts_with("error[E0801]: the loss is not a finite number"), "{fast}");
    assert!(fast.contains("of `train line`") && fast.contains("clip_norm"), "{fast}");
    let log = desk.dln("run log.dln").ends(3).err;
    assert!(log.starts_with("error[E0801]") && log.contains("log.dln:9:"), "{log}");
    assert!(log.contains("a NaN is first made here") && log.contains("out of an infinity from here"), "{log}");
    let root = desk.dln("run root.dln").ends(3).err;
    assert!(root.contains("`net.0.bias` was not finite before this step") && root.contains("step 2"), "{root}");
}

#[test]
fn tests_pass_or_show_what_they_compared() {
    let library = crate::root().join("stdlib");
    let desk = Desk::new(&[("t.dln", FAILING)]);
    let output = desk.command("test").arg(&library).output().expect("dln starts");
    let passed = Ended::from(output).ends(0).out;
    assert!(passed.ends_with(" tests passed, 0 failed\n") && passed.contains("ok     mean and variance\n"), "{passed}");
    let failed = desk.dln("test t.dln").ends(1);
    assert_eq!(failed.out, "FAILED close\nFAILED less\nok     fine\n1 test passed, 2 failed\n");
    for text in [
        "error[E0803]: an assertion does not hold: equal up to 1e-5",
        "left:  [1, 2]\n           right: [1, 2.5]",
        "they differ most at [1]: 2 and 2.5",
        "left:  1\n           right: 3",
    ] {
        assert!(failed.err.contains(text), "{}", failed.err);
    }
}

/// A project as it lies after a run: copies of its sources are no second project.
#[test]
fn folders_are_checked_without_their_runs() {
    let desk = Desk::new(&[("fast.dln", FAST), ("wrong.dln", "let x: [3] = zeros[2]\n")]);
    desk.dln("run fast.dln").ends(3);
    std::fs::create_dir(desk.path().join("empty")).unwrap();
    let checked = desk.dln("check .").ends(1);
    let named: Vec<&str> = checked.out.lines().filter(|line| line.ends_with(".dln:")).collect();
    assert_eq!(named, ["./fast.dln:", "./wrong.dln:"], "{}", checked.out);
    assert!(checked.err.starts_with("error[E"), "{}", checked.err);
    assert_eq!(desk.dln("test .").ends(0).out, "0 tests passed, 0 failed\n");
    assert!(desk.dln("check empty").ends(2).err.contains("no program"));
}

const FAILING: &str = r#"
test "close" { assert_close([1.0, 2.0], [1.0, 2.5]) }
test "less" {
  x = tensor([1.0, 2.0])
  assert sum(x) - 2 > 3.0
}
test "fine" { assert sum(tensor([1.0, 2.0])) == 3.0 }
"#;

/// Functions, layers and data sets of the top level remember tensors.
const CAPTURED: &str = r#"
use std.data: digits, normalize
use std.nn: Linear
use std.optim: SGD
fn scaled(by: [D]) -> Fn = |x| x * by
layer Scale(by: Any) { forward(x: [B, D]) -> [B, D] = x * by }
let double = scaled(tensor([2.0, 2.0]))
let triple = Scale(by: tensor([3.0, 3.0]))
let rows = digits.train |> normalize(mean: tensor(0.5), std: 2 * ones[64])
let net = Linear[64 -> 1]
train once {
  data = rows |> take(0..64) |> batch(64)
  epochs = 1
  step (x, y) {
    minimize mean(net(x) ** 2) over net with SGD
    log largest: max(x), scaled: sum(triple(double(ones[1, 2])))
  }
  every 1 epoch { m = sum(double(ones[2])); print("sum {m} of epoch {epoch}") }
}
"#;

#[test]
fn what_the_top_level_remembers_is_seen_by_every_program() {
    let unknown = CAPTURED.replace("{m}", "{sum(net)}");
    let desk = Desk::new(&[("a.dln", CAPTURED), ("b.dln", &unknown)]);
    let lines = desk.dln("run a.dln --json").ends(0).json();
    assert!(lines.iter().any(|line| line["text"] == "sum 4 of epoch 1"), "{lines:?}");
    let train = &lines.last().unwrap()["train"];
    assert_eq!((&train["largest"], &train["scaled"]), (&0.25.into(), &12.0.into()));
    assert!(desk.dln("check b.dln").ends(1).err.contains("there is no value `sum(net)` to show"));
}

#[test]
fn codes_have_pages() {
    let desk = Desk::new(&[]);
    let page = desk.dln("explain E0501").ends(0).out;
    assert!(page.starts_with("E0501: ") && page.contains("\nWrong:\n") && page.contains("\nRight:\n"), "{page}");
    assert!(desk.dln("explain E9999").ends(2).err.contains("no code that dln knows"));
}
