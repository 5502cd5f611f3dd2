//! Runs that are taken up again: whenever they were interrupted, they end with the bits of a run that never was.

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use dln::diag::Diagnostic;
use dln::driver::{self, Checkpoint, How, Program, is_sound};
use dln::io::Files;
use dln::sema::Options;
use dln::train::Event;

/// Whatever a run may depend on: order, dropout, momentum, schedules, running means, accumulated batches, what is best so far,
/// and numbers of an earlier training.
const PROGRAM: &str = r#"
use std.data: digits
use std.loss: cross_entropy
use std.nn: Dropout, Linear
use std.optim: ReduceLROnPlateau, SGD, cosine

let net = Linear[64 -> 16] >> relu >> Dropout(0.3) >> Linear[16 -> 10]
let plateau = ReduceLROnPlateau(lr: 0.3, factor: 0.5, patience: 0, threshold: 0.2)
let mean_of_weights = copy(net)

let first = train {
  data = digits.train |> take(0..80) |> shuffle |> batch(16)
  epochs = 2
  step (x, y) { minimize cross_entropy(net(x), y) over net with SGD(lr: cosine(0.1, steps: total_steps), momentum: 0.9) }
}
print("between")
train second {
  data = digits.train |> take(0..88) |> shuffle |> batch(16)
  epochs = 4
  accumulate = 2
  restore_best = true
  step (x, y) {
    minimize cross_entropy(net(x), y) + 0.0 * first.loss[-1] over net with SGD(lr: plateau.rate, momentum: 0.9)
  }
  validate digits.test |> take(0..50) |> batch(50) (x, y) { log loss: cross_entropy(net(x), y) }
  every 1 epoch { plateau.see(val.loss) }
  every 3 steps { mean_of_weights <- 0.9 * mean_of_weights + 0.1 * net }
  save best val.loss to "runs/second"
  stop after 2 epochs without better val.loss
}
train third {
  steps = 3
  step () { log number: step }
  every 3 steps {
    save net to "net.safetensors"
    save mean_of_weights to "mean.safetensors"
  }
}
"#;

/// Scaled losses in f16 have states of their own.
const SCALED: &str = r#"
use std.data: digits
use std.loss: cross_entropy
use std.nn: Linear
use std.optim: Adam

let net = Linear[64 -> 16] >> relu >> Linear[16 -> 10]

train scaled {
  data = digits.train |> take(0..70) |> shuffle |> batch(16)
  epochs = 2
  precision = f16
  loss_scale = 1000000
  step (x, y) { minimize 1000 * cross_entropy(net(x), y) over net with Adam(lr: 1e-3) }
  every 1 epoch { save net to "net.safetensors" }
}
"#;

/// What `PROGRAM` leaves.
const FILES: [&str; 5] = [
    "net.safetensors",
    "mean.safetensors",
    "runs/second/best.safetensors",
    "runs/second/last.safetensors",
    "runs/second/metrics.jsonl",
];

const KEPT: &str = "runs/kept.safetensors";

/// How a run went: what it said, without the steps, and how it ended.
struct Ran {
    events: Vec<String>,
    steps: usize,
    result: Result<(), Diagnostic>,
}

/// Runs a program in a folder; asks it to end after so many steps.
fn run(text: &str, folder: &Path, resume: bool, interrupt_after: Option<usize>) -> Ran {
    run_with(text, folder, (resume, None), interrupt_after, &mut |_| {})
}

/// Runs a program that is kept as well whenever `pause` has passed; `at_step` sees the files of each step.
fn run_with(
    text: &str,
    folder: &Path,
    (resume, pause): (bool, Option<Duration>),
    interrupt_after: Option<usize>,
    at_step: &mut dyn FnMut(usize),
) -> Ran {
    let program = Program::open("case.dln", text, Files::at(folder));
    let checked = program.check(&Options::default(), &[]);
    assert!(is_sound(&checked.diagnostics), "{:?}", checked.diagnostics);
    let interrupt = AtomicBool::new(false);
    let (mut events, mut steps) = (vec![], 0);
    let (files, path) = (Files::at(folder), KEPT.to_string());
    let checkpoint = Checkpoint { files, path, resume, pause, last: None };
    let how = How { checkpoint: Some(checkpoint), ..How::default() };
    let result = driver::run(&checked, &program.files, &how, &interrupt, &mut |event| match event {
        Event::Step { .. } => {
            steps += 1;
            at_step(steps);
            interrupt.fetch_or(interrupt_after == Some(steps), Ordering::Relaxed);
        }
        Event::Epoch { .. } | Event::Printed(_) | Event::Stopped { .. } => events.push(format!("{event:?}")),
        _ => {}
    });
    Ran { events, steps, result }
}

fn bytes(folder: &Path, name: &str) -> Vec<u8> {
    std::fs::read(folder.join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// Interrupts after each of the steps, takes up again, and compares files and what was told.
fn same_whenever_interrupted(text: &str, files: &[&str]) {
    let whole = tempfile::tempdir().expect("a folder");
    let once = run(text, whole.path(), false, None);
    once.result.expect("it runs");
    assert!(!whole.path().join(KEPT).exists(), "nothing is left to be taken up");
    for after in (1..once.steps).step_by(7) {
        let folder = tempfile::tempdir().expect("a folder");
        let first = run(text, folder.path(), false, Some(after));
        first.result.expect("it runs");
        assert!(folder.path().join(KEPT).exists(), "kept after step {after}");
        let second = run(text, folder.path(), true, None);
        second.result.expect("it goes on");
        assert_eq!(first.steps + second.steps, once.steps, "no step is made twice");
        assert_eq!([first.events, second.events].concat(), once.events, "interrupted after step {after}");
        for name in files {
            assert!(bytes(folder.path(), name) == bytes(whole.path(), name), "{name} after step {after}");
        }
        assert!(!folder.path().join(KEPT).exists());
    }
}

#[test]
fn an_interruption_changes_no_bit() {
    same_whenever_interrupted(PROGRAM, &FILES);
}

#[test]
fn an_interruption_changes_no_bit_of_scaled_losses() {
    same_whenever_interrupted(SCALED, &["net.safetensors"]);
}

/// What is on the disk when a process is killed is what is there at that moment: files are written whole.
#[test]
fn a_kill_at_any_step_changes_no_bit() {
    let whole = tempfile::tempdir().expect("a folder");
    let snapshots = tempfile::tempdir().expect("a folder");
    let once = run_with(PROGRAM, whole.path(), (false, Some(Duration::ZERO)), None, &mut |step| {
        if step % 8 == 3 {
            copy(whole.path(), &snapshots.path().join(step.to_string()));
        }
    });
    once.result.expect("it runs");
    let kills = std::fs::read_dir(snapshots.path()).expect("a folder").map(|entry| entry.expect("an entry").path());
    for killed in kills {
        run(PROGRAM, &killed, true, None).result.expect("it goes on");
        for name in FILES {
            assert!(bytes(&killed, name) == bytes(whole.path(), name), "{name} in {}", killed.display());
        }
    }
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).expect("a folder");
    for entry in std::fs::read_dir(from).expect("a folder") {
        let (path, target) = entry.map(|entry| (entry.path(), to.join(entry.file_name()))).expect("an entry");
        if path.is_dir() {
            copy(&path, &target);
        } else {
            std::fs::copy(path, target).expect("a copy");
        }
    }
}

#[test]
fn a_run_can_be_interrupted_often() {
    let (whole, folder) = (tempfile::tempdir().expect("a folder"), tempfile::tempdir().expect("a folder"));
    run(PROGRAM, whole.path(), false, None).result.expect("it runs");
    while run(PROGRAM, folder.path(), true, Some(7)).steps == 7 {}
    assert!(bytes(folder.path(), "net.safetensors") == bytes(whole.path(), "net.safetensors"));
}

/// Each change with what the refusal says of it.
#[test]
fn a_run_of_another_program_is_refused_by_name() {
    let folder = tempfile::tempdir().expect("a folder");
    run(SCALED, folder.path(), false, Some(3)).result.expect("it runs");
    let kept = bytes(folder.path(), KEPT);
    let refused = |from: &str, to: &str| {
        assert!(SCALED.contains(from), "{from}");
        std::fs::write(folder.path().join(KEPT), &kept).expect("a file");
        let error = run(&SCALED.replace(from, to), folder.path(), true, None).result.expect_err("another program");
        assert_eq!(error.code, "E0902", "{error:?}");
        format!("{} {}", error.message, error.notes.join(" "))
    };
    assert!(refused("lr: 1e-3", "lr: 1e-2").contains("changed: the steps of training 1, `scaled`"), "a rate");
    assert!(refused("batch(16)", "batch(32)").contains("the data of training 1"));
    assert!(refused("epochs = 2", "epochs = 2\n  seed = 3").contains("the seed of training 1"));
    assert!(refused("train scaled", "train other").contains("`other`"));
    std::fs::write(folder.path().join(KEPT), &kept).expect("a file");
    let spaced = SCALED.replace("epochs = 2", "epochs = 3     # more of them, and a comment");
    assert!(run(&spaced, folder.path(), true, None).result.is_ok(), "more epochs change nothing before");
    std::fs::write(folder.path().join(KEPT), &kept[..kept.len() / 2]).expect("a file");
    assert!(run(SCALED, folder.path(), true, None).result.is_err(), "half a file");
}
