//! The programs of `examples/` run, and reach what they say: whole where that takes seconds, shortened elsewhere.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;
use tempfile::TempDir;

#[test]
fn digits_are_told_apart() {
    let run = Run::of("digits.dln", &["--seed", "1"]);
    assert!(run.best("val.accuracy") >= 0.97, "{}", run.last());
}

#[test]
fn a_perceptron_fails_at_xor_and_a_network_does_not() {
    let run = Run::of("xor.dln", &[]);
    let accuracy: Vec<f64> = run.done().map(|done| done["val"]["accuracy"].as_f64().expect("a number")).collect();
    assert!(accuracy[0] < 1.0 && accuracy[1] == 1.0, "{accuracy:?}");
}

#[test]
fn a_forecast_beats_last_years_number() {
    let run = Run::of("sine.dln", &["--epochs", "40"]);
    let val = &run.last()["val"];
    let (loss, naive) = (val["loss"].as_f64(), val["last_value"].as_f64());
    assert!(loss.expect("a number") < naive.expect("a number"), "{val}");
}

#[test]
fn lenet_learns_in_an_epoch() {
    let run = Run::of("lenet.dln", &["--epochs", "1", "--steps", "71"]);
    let accuracy = run.last()["val"]["accuracy"].as_f64().expect("a number");
    assert!(accuracy > 0.7, "{accuracy}: one in ten is right by chance");
}

#[test]
fn two_players_play_and_draw() {
    let run = Run::of("gan_digits.dln", &["--epochs", "25"]);
    let train = run.last()["train"].as_object().expect("metrics");
    assert!(train.values().all(|loss| loss.as_f64().is_some_and(f64::is_finite)), "{train:?}");
    let pictures = fs::read_dir(run.folder.path().join("runs/gan_digits")).expect("a folder of pictures");
    assert!(pictures.count() > 0);
}

#[test]
fn a_mixture_of_experts_learns_and_keeps_its_experts_busy() {
    let run = Run::of("papers/moe.dln", &["--epochs", "5"]);
    assert!(run.best("val.accuracy") >= 0.9, "{}", run.last());
    assert!(run.value("val", "unbalance") < 2.0, "{}: 8 would be one expert for all rows", run.last());
}

#[test]
fn mamba_learns_in_an_epoch() {
    let run = Run::of("papers/mamba.dln", &["--epochs", "2", "--width", "8", "--lr", "1e-2"]);
    assert!(run.best("val.accuracy") >= 0.5, "{}: one in ten is right by chance", run.last());
}

#[test]
fn ten_beams_find_a_line_that_is_as_likely_as_that_of_one() {
    let run = Run::of("papers/beam_search.dln", &["--epochs", "2", "--hidden", "16", "--show", "2"]);
    let found = run.printed().find(|text| text.starts_with("epoch")).expect("a line about the search");
    let number = |words: &str| found.split(words).nth(1)?.split(',').next()?.trim().parse::<f64>().ok();
    let (one, ten) = (number("one beam finds"), number("ten beams find"));
    assert!(one.expect("a number") <= ten.expect("a number"), "{found}");
    assert_eq!(run.printed().last().expect("three lines").chars().count(), 3 * 61 + 2);
}

#[test]
fn an_autoencoder_finds_a_plane_for_digits() {
    let run = Run::of("papers/vae.dln", &["--epochs", "3"]);
    assert!(run.value("val", "loss") < 30.0, "{}", run.last());
    assert!(run.folder.path().join("papers/runs/vae/plane.png").is_file());
}

#[test]
fn a_diffusion_model_draws() {
    let run = Run::of("papers/ddpm.dln", &["--epochs", "10", "--hidden", "32", "--times", "20", "--show", "10"]);
    assert!(run.value("val", "loss") < 2.0, "{}", run.last());
    assert!(run.folder.path().join("papers/runs/ddpm/10.png").is_file());
}

#[test]
fn a_transformer_writes() {
    let run = Run::of("papers/gpt.dln", &["--epochs", "2", "--width", "16", "--layers", "1", "--show", "2"]);
    assert!(run.value("train", "loss") < f64::ln(55.0), "{}: log 55 is what a guess costs", run.last());
    assert_eq!(run.printed().last().expect("a verse").chars().count(), 200);
}

/// An example that has run in a folder of its own.
struct Run {
    folder: TempDir,
    events: Vec<Value>,
}

impl Run {
    fn of(example: &str, flags: &[&str]) -> Run {
        let folder = TempDir::new().expect("a temporary folder");
        copy(&crate::root().join("examples"), folder.path());
        let mut command = Command::new(env!("CARGO_BIN_EXE_dln"));
        let output = command.arg("run").arg(folder.path().join(example)).arg("--json").args(flags).output();
        let output = output.expect("the binary runs");
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(output.status.success(), "{example}: {}{text}", String::from_utf8_lossy(&output.stderr));
        let events = text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
        Run { folder, events }
    }

    /// The last event of every `train` block.
    fn done(&self) -> impl Iterator<Item = &Value> {
        self.events.iter().filter(|event| event["event"] == "done")
    }

    fn last(&self) -> &Value {
        self.done().last().expect("the run has an end")
    }

    /// A metric of the last epoch.
    fn value(&self, part: &str, name: &str) -> f64 {
        self.last()[part][name].as_f64().expect("a number")
    }

    fn printed(&self) -> impl Iterator<Item = &str> {
        self.events
            .iter()
            .filter_map(|event| event["event"].as_str().filter(|e| *e == "printed").and(event["text"].as_str()))
    }

    fn best(&self, metric: &str) -> f64 {
        let best = self.last()["best"].as_array().expect("what was kept");
        let found = best.iter().find(|best| best["metric"] == metric).expect("the metric is watched");
        found["value"].as_f64().expect("a number")
    }
}

/// Files and folders, without what earlier runs left.
fn copy(from: &Path, to: &Path) {
    for entry in fs::read_dir(from).expect("a folder") {
        let entry = entry.expect("an entry");
        let target = to.join(entry.file_name());
        if entry.path().is_file() {
            fs::copy(entry.path(), target).expect("copied");
        } else if entry.file_name() != "runs" {
            fs::create_dir(&target).expect("a new folder");
            copy(&entry.path(), &target);
        }
    }
}
