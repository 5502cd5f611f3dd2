//! The programs of `examples/` run, and reach what they say: whole where that takes seconds, shortened elsewhere.

use std::fs;
use std::path::{Path, PathBuf};
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
    let run = Run::of("sine.dln", &["--epochs", "16"]);
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
fn digits_that_are_new_in_every_epoch_are_learned() {
    let run = Run::of("augmentation.dln", &["--epochs", "1"]);
    let accuracy = run.last()["val"]["accuracy"].as_f64().expect("a number");
    assert!(accuracy > 0.5, "{accuracy}: one in ten is right by chance");
}

#[test]
fn two_players_play_and_draw() {
    let run = Run::of("gan_digits.dln", &["--epochs", "10", "--hidden", "64"]);
    let train = run.last()["train"].as_object().expect("metrics");
    assert!(train.values().all(|loss| loss.as_f64().is_some_and(f64::is_finite)), "{train:?}");
    let pictures = fs::read_dir(run.folder.path().join("runs/gan_digits")).expect("a folder of pictures");
    assert!(pictures.count() > 0);
}

#[test]
fn what_is_held_back_learns_all_the_same() {
    let run = Run::of("regularization.dln", &[]);
    let val = &run.last()["val"];
    for name in ["normed", "plain", "follower", "mean_of_epochs", "together"] {
        assert!(val[name].as_f64().is_some_and(|accuracy| accuracy > 0.9), "{name} in {val}");
    }
}

#[test]
fn a_rare_letter_is_found_with_weights_and_resampling() {
    let run = Run::of("tables/rare_letter.dln", &["--epochs", "15"]);
    let told = |name: &str| -> Vec<f64> {
        let line = run.printed().find(|line| line.starts_with(name)).expect("a line for each way");
        line.split([' ', ',']).filter_map(|word| word.parse().ok()).collect()
    };
    let [plain, weighted, oversampled, focal] = ["plain", "weighted", "oversampled", "focal"].map(told);
    for way in [&weighted, &oversampled] {
        assert!(way[0] >= plain[0] + 0.2 && way[2] > plain[2] + 0.05, "{way:?} against {plain:?}");
        assert!(way[1] < plain[1], "what finds more also takes others for it: {way:?}, {plain:?}");
    }
    assert!(focal[0] <= weighted[0], "{focal:?} against {weighted:?}");
}

/// What is held about a run: metrics of its last epoch, and files. `AtLeast("val.accuracy", 0.9)`.
#[derive(Debug)]
pub enum Claim {
    AtLeast(&'static str, f64),
    AtMost(&'static str, f64),
    /// The first metric is less than the second.
    Less(&'static str, &'static str),
    Writes(&'static str),
    /// One of its lines has these words.
    Prints(&'static str),
}

use Claim::{AtLeast, AtMost, Less, Prints, Writes};

/// One test for each program of `examples/papers`: what makes it short, and what it reaches all the same.
macro_rules! papers {
    ($($program:ident $flags:literal: $($claim:expr),+;)*) => {$(
        #[test]
        fn $program() {
            let flags: Vec<&str> = $flags.split(' ').collect();
            let run = Run::of(concat!("papers/", stringify!($program), ".dln"), &flags);
            for claim in [$($claim),+] {
                run.keeps(&claim);
            }
        }
    )*};
}

papers! {
    ddpm "--epochs 10 --hidden 32 --times 20 --show 10": AtMost("val.loss", 2.0), Writes("runs/ddpm/10.png");
    deq "--epochs 3 --hidden 16": AtLeast("val.accuracy", 0.5);
    dp_sgd "--epochs 4": AtLeast("val.accuracy", 0.6);
    grad_cam "--epochs 2": AtLeast("val.accuracy", 0.7), Writes("runs/grad_cam.png");
    maml "--epochs 6": Less("val.one_step", "val.at_once");
    mamba "--epochs 2 --width 8 --lr 1e-2": AtLeast("val.accuracy", 0.5);
    moe "--epochs 5": AtLeast("val.accuracy", 0.9), AtMost("val.unbalance", 2.0);
    real_nvp "--epochs 3 --hidden 16 --show 3": AtMost("val.loss", 1.5), Writes("runs/real_nvp/3.png");
    sam "--epochs 2": AtLeast("val.accuracy", 0.8), Less("val.loss", "val.nearby");
    vae "--epochs 3": AtMost("val.loss", 30.0), Writes("runs/vae/plane.png");
    vq_vae "--epochs 1": AtMost("val.error", 0.12);
    wgan_gp "--epochs 3 --show 3": AtLeast("train.critic.distance", 0.5), Writes("runs/wgan_gp/3.png");
}

/// `crf` and `ctc` are nothing but a definition and its tests; other programs of `papers` have some, too.
#[test]
fn papers_keep_their_promises() {
    let papers = crate::root().join("examples/papers");
    let texts = fs::read_dir(&papers).expect("a folder").map(|entry| entry.expect("an entry").path());
    let texts = texts.filter(|path| path.is_file()).map(|path| fs::read_to_string(path).expect("a text"));
    let promises: usize = texts.map(|text| text.lines().filter(|line| line.starts_with("test \"")).count()).sum();
    let output = Command::new(env!("CARGO_BIN_EXE_dln")).arg("test").arg(&papers).output().expect("the binary runs");
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(promises >= 8 && text.contains(&format!("{promises} tests passed, 0 failed")), "{promises} tests: {text}");
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
fn a_transformer_writes() {
    let run = Run::of("papers/gpt.dln", &["--epochs", "2", "--width", "16", "--layers", "1", "--show", "2"]);
    assert!(run.value("train", "loss") < f64::ln(55.0), "{}: log 55 is what a guess costs", run.last());
    assert_eq!(run.printed().last().expect("a verse").chars().count(), 200);
}

/// An example that has run in a folder of its own.
pub struct Run {
    pub folder: TempDir,
    /// The folder of the program.
    beside: PathBuf,
    events: Vec<Value>,
}

impl Run {
    pub fn of(example: &str, flags: &[&str]) -> Run {
        let folder = TempDir::new().expect("a temporary folder");
        copy(&crate::root().join("examples"), folder.path());
        let mut command = Command::new(env!("CARGO_BIN_EXE_dln"));
        command.current_dir(folder.path());
        let output = command.arg("run").arg(folder.path().join(example)).arg("--json").args(flags).output();
        let output = output.expect("the binary runs");
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(output.status.success(), "{example}: {}{text}", String::from_utf8_lossy(&output.stderr));
        let events = text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
        let beside = folder.path().join(example).parent().expect("a folder").to_path_buf();
        Run { folder, beside, events }
    }

    /// The last event of every `train` block.
    fn done(&self) -> impl Iterator<Item = &Value> {
        self.events.iter().filter(|event| event["event"] == "done")
    }

    fn last(&self) -> &Value {
        self.done().last().expect("the run has an end")
    }

    /// A metric of the last epoch, of the last `train` block that has it.
    pub fn value(&self, part: &str, name: &str) -> f64 {
        self.done().filter_map(|done| done[part][name].as_f64()).last().expect("a number")
    }

    pub fn keeps(&self, claim: &Claim) {
        let value = |metric: &str| {
            let (part, name) = metric.split_once('.').expect("part.name");
            self.value(part, name)
        };
        let kept = match claim {
            AtLeast(metric, least) => value(metric) >= *least,
            AtMost(metric, most) => value(metric) <= *most,
            Less(small, large) => value(small) < value(large),
            Writes(file) => self.beside.join(file).is_file(),
            Prints(words) => self.printed().any(|line| line.contains(words)),
        };
        assert!(kept, "{claim:?} does not hold: {}", self.last());
    }

    pub fn printed(&self) -> impl Iterator<Item = &str> {
        self.events
            .iter()
            .filter_map(|event| event["event"].as_str().filter(|e| *e == "printed").and(event["text"].as_str()))
    }

    /// The files that it told of.
    pub fn saved(&self) -> impl Iterator<Item = &str> {
        self.events.iter().filter(|event| event["event"] == "saved").filter_map(|event| event["path"].as_str())
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
