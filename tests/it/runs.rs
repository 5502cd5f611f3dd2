//! What a run leaves behind, and `dln runs`, by the built binary in temporary folders.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::desk::Desk;

/// Prints, draws, keeps the best, and uses a file of its project.
const PROGRAM: &str = r#"
use "parts.dln": scaled
use std.data: digits
use std.loss: cross_entropy
use std.nn: Dropout, Linear
use std.optim: SGD

## Learning rate.
hyper lr = 0.1

let net = Linear[64 -> 16] >> relu >> Dropout(0.3) >> Linear[16 -> 10]

train fit {
  data = digits.train |> take(0..90) |> shuffle |> batch(16)
  epochs = 4
  step (x, y) { minimize cross_entropy(net(scaled(x)), y) over net with SGD(lr: lr, momentum: 0.9) }
  validate digits.test |> take(0..50) |> batch(50) (x, y) {
    log loss: cross_entropy(net(scaled(x)), y), accuracy: accuracy(net(scaled(x)), y)
  }
  every 2 epochs {
    print("epoch {epoch} <b>")
    save_images(reshape(net[0].weight, [16, 8, 8]), "drawn/{epoch}.png")
    save_plot(net[0].bias, "drawn/bias.svg")
  }
  save best val.loss to "kept"
}
"#;

const PARTS: &str = "fn scaled(x: [..S]) -> [..S] = 2 * x\n";

fn desk() -> Desk {
    Desk::new(&[("a.dln", PROGRAM), ("parts.dln", PARTS)])
}

fn value(desk: &Desk, path: &str) -> Value {
    serde_json::from_slice(&desk.read(path)).expect("JSON")
}

fn text(desk: &Desk, path: &str) -> String {
    String::from_utf8(desk.read(path)).expect("text")
}

/// The lines of `metrics.jsonl` without times.
fn told(folder: &Path) -> Vec<Value> {
    let text = fs::read_to_string(folder.join("metrics.jsonl")).expect("numbers");
    let line = |line: &str| {
        let mut line: Value = serde_json::from_str(line).expect(line);
        line.as_object_mut().expect("an object").remove("seconds");
        line
    };
    text.lines().map(line).collect()
}

#[test]
fn a_run_leaves_a_folder() {
    let desk = desk();
    let out = desk.dln("run a.dln --lr 0.2 --seed 3").ends(0).out;
    assert!(out.ends_with("see runs/a-001/report.html\n"), "{out}");
    let info = value(&desk, "runs/a-001/run.json");
    assert_eq!((&info["state"], &info["program"]), (&"finished".into(), &"a.dln".into()));
    assert_eq!(info["command"].as_array().map(Vec::len), Some(7));
    let settings = info["settings"].as_array().expect("settings");
    let lr = settings.iter().find(|said| said["name"] == "lr").expect("a setting");
    assert_eq!((&lr["value"], &lr["origin"]), (&"0.2".into(), &"command line".into()));
    assert!(settings.iter().any(|said| said["name"] == "fit.precision" && said["value"] == "f32"));
    assert!(info["environment"]["threads"].as_u64() > Some(0) && info["seconds"].as_f64() > Some(0.0));
    assert_eq!(text(&desk, "runs/a-001/source/a.dln"), PROGRAM);
    assert_eq!(text(&desk, "runs/a-001/source/parts.dln"), PARTS);
    assert_eq!(fs::read_dir(desk.path().join("runs/a-001/source")).expect("a folder").count(), 2);
    let lines = told(&desk.path().join("runs/a-001"));
    let count = |event: &str| lines.iter().filter(|line| line["event"] == event).count();
    assert_eq!([count("start"), count("step"), count("epoch"), count("printed"), count("done")], [1, 24, 4, 2, 1]);
    assert_eq!(desk.read("runs/a-001/pictures/drawn/4.png"), desk.read("drawn/4.png"));
    assert_eq!(desk.read("runs/a-001/checkpoints/best-fit-val.loss.safetensors"), desk.read("kept/best.safetensors"));
    assert_eq!(desk.read("runs/a-001/checkpoints/last.safetensors"), desk.read("kept/last.safetensors"));
    assert!(!desk.path().join("runs/a-001/checkpoints/resume.safetensors").exists(), "the run has ended");
    for part in ["step", "train", "val"] {
        let events = fs::read_dir(desk.path().join("runs/a-001/tensorboard").join(part)).expect("a folder");
        let names: Vec<String> =
            events.map(|entry| entry.expect("a file").file_name().to_string_lossy().into()).collect();
        assert!(names.len() == 1 && names[0].starts_with("events.out.tfevents."), "{names:?}");
    }
}

#[test]
fn the_page_is_whole() {
    let desk = desk();
    desk.dln("run a.dln").ends(0);
    let page = text(&desk, "runs/a-001/report.html");
    for part in [
        "epoch 4 &lt;b&gt;",
        "Linear[64 -&gt; 16]",
        "data:image/png;base64,",
        "fn scaled",
        ">finished<",
        "best val.loss",
    ] {
        assert!(page.contains(part), "{part}");
    }
    assert_eq!(page.matches("<svg").count(), 2, "a picture for loss and accuracy");
    for outside in ["http://", "https://", "src=\"/", "<script", "<link"] {
        let own = page.replace("http://www.w3.org/2000/svg", "");
        assert!(!own.contains(outside), "the page needs nothing else: {outside}");
    }
    fs::remove_file(desk.path().join("runs/a-001/report.html")).expect("removed");
    let again = desk.dln("runs report a-001").ends(0).out;
    assert_eq!(again, "see runs/a-001/report.html\n");
    assert_eq!(text(&desk, "runs/a-001/report.html"), page);
}

#[test]
fn folders_have_numbers_or_the_name_that_is_said() {
    let desk = Desk::new(&[("a.dln", PROGRAM), ("parts.dln", PARTS), ("b.dln", "print(\"no training\")\n")]);
    desk.dln("run a.dln --epochs 1").ends(0);
    desk.dln("run a.dln --epochs 1").ends(0);
    desk.dln("run a.dln --epochs 1 --to elsewhere/one").ends(0);
    desk.dln("run a.dln --epochs 1 --no-folder").ends(0);
    desk.dln("run b.dln").ends(0);
    let mut names: Vec<_> =
        fs::read_dir(desk.path().join("runs")).expect("runs").map(|e| e.expect("one").file_name()).collect();
    names.sort();
    assert_eq!(names, ["a-001", "a-002"]);
    assert!(desk.path().join("elsewhere/one/report.html").is_file());
    let refused = desk.dln("run a.dln --to elsewhere/one").ends(3).err;
    assert!(refused.contains("the folder of another run") && refused.contains("--resume"), "{refused}");
    desk.dln("run a.dln --to x --no-folder").ends(2);
}

#[test]
fn where_no_folder_can_be_made_nothing_runs() {
    let desk = desk();
    desk.write("runs", b"a file");
    let refused = desk.dln("run a.dln").ends(3);
    assert!(
        refused.err.contains("the run folder `runs/a` cannot be made") && refused.err.contains("--no-folder"),
        "{}",
        refused.err
    );
    assert_eq!(refused.out, "");
    desk.dln("run a.dln --no-folder --epochs 1").ends(0);
}

/// Files that may have 20 KB and no more.
#[cfg(unix)]
#[test]
fn a_full_disk_ends_the_record_and_not_the_run() {
    let desk = desk();
    let line = format!("trap '' XFSZ; ulimit -f 40; exec {} run a.dln --epochs 40", env!("CARGO_BIN_EXE_dln"));
    let mut shell = std::process::Command::new("sh");
    let output = shell.current_dir(desk.path()).args(["-c", &line]).output().expect("a shell");
    let ended = crate::desk::Ended::from(output).ends(0);
    assert_eq!(ended.err.matches("is written no further").count(), 1, "{}", ended.err);
    assert!(ended.out.contains("40 epochs in "), "{}", ended.out);
    assert_eq!(desk.read("runs/a-001/checkpoints/last.safetensors"), desk.read("kept/last.safetensors"));
    assert!(desk.dln("runs").ends(0).out.contains("finished"));
}

/// Starts the program, kills it as soon as it has told so many lines, and gives its folder.
#[cfg(unix)]
fn killed(desk: &Desk, line: &str, folder: &str, lines: usize) -> PathBuf {
    let folder = desk.path().join(folder);
    let mut child = desk.start(line);
    let enough = |text: &str| text.lines().count() >= lines;
    while !fs::read_to_string(folder.join("metrics.jsonl")).is_ok_and(|text| enough(&text)) {
        assert!(child.try_wait().expect("a child").is_none(), "it ended before {lines} lines");
        std::thread::sleep(std::time::Duration::from_millis(1));
    }
    child.kill().expect("killed");
    child.wait().expect("it ends");
    folder
}

#[cfg(unix)]
#[test]
fn a_run_that_was_killed_ends_with_the_same_bits() {
    let whole = desk();
    whole.dln("run a.dln --epochs 30").ends(0);
    let files = [
        "runs/a-001/checkpoints/last.safetensors",
        "kept/best.safetensors",
        "kept/last.safetensors",
        "kept/metrics.jsonl",
    ];
    for lines in [2, 9, 40, 120] {
        let desk = desk();
        let folder = killed(&desk, "run a.dln --epochs 30", "runs/a-001", lines);
        let listed = desk.dln("runs").ends(0).out;
        assert!(listed.contains("killed"), "{listed}");
        // Where nothing was kept yet a new run begins; else the old one goes on.
        let kept = folder.join("checkpoints/resume.safetensors").exists();
        desk.dln("run a.dln --epochs 30 --resume").ends(0);
        let folder = if kept { "runs/a-001" } else { "runs/a-002" };
        assert_eq!(
            told(&desk.path().join(folder)),
            told(&whole.path().join("runs/a-001")),
            "killed after {lines} lines"
        );
        for file in files {
            assert!(desk.read(&file.replace("runs/a-001", folder)) == whole.read(file), "{file}, {lines} lines");
        }
        assert_eq!(value(&desk, &format!("{folder}/run.json"))["state"], "finished");
    }
}

#[cfg(unix)]
#[test]
fn a_folder_has_one_run_at_a_time() {
    let desk = desk();
    let mut child = desk.start("run a.dln --epochs 100000 --to here");
    while !desk.path().join("here/run.json").exists() {
        assert!(child.try_wait().expect("a child").is_none(), "it ended");
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    let second = desk.dln("run a.dln --to here --resume").ends(3).err;
    assert!(second.contains("another process writes there"), "{second}");
    assert!(desk.dln("runs --in .").ends(0).out.contains("running"));
    child.kill().expect("killed");
    child.wait().expect("it ends");
}

#[test]
fn runs_are_listed_shown_and_compared() {
    let desk = desk();
    assert!(desk.dln("runs").ends(2).err.contains("`runs` cannot be read"));
    desk.dln("run a.dln --seed 1").ends(0);
    desk.dln("run a.dln --lr 0.4 --epochs 2 --seed 1").ends(0);
    fs::create_dir(desk.path().join("runs/a-003")).expect("a folder");
    fs::create_dir(desk.path().join("runs/kept")).expect("a folder of something else");
    let listed = desk.dln("runs").ends(0).out;
    let lines: Vec<&str> = listed.lines().collect();
    assert!(
        lines[0].starts_with("run    began") && lines[1].starts_with("a-001") && lines[2].starts_with("a-002"),
        "{listed}"
    );
    assert!(lines[1].contains("finished") && lines[1].contains("val.loss"), "{listed}");
    assert!(lines[3].starts_with("a-003 is broken: `run.json` cannot be read"), "{listed}");
    assert_eq!(lines.len(), 4);
    let json = desk.dln("runs --json").ends(0).json();
    assert_eq!(
        (&json[0]["run"], &json[0]["state"], &json[0]["seed"]),
        (&"a-001".into(), &"finished".into(), &"1".into())
    );
    let shown = desk.dln("runs show a-002").ends(0).out;
    assert!(shown.contains("0.4 (command line)") && shown.contains("best val.loss"), "{shown}");
    let compared = desk.dln("runs compare a-001 runs/a-002 --svg both.svg").ends(0).out;
    let row = |name: &str| -> Vec<&str> {
        let line = compared.lines().find(|line| line.starts_with(name)).expect(name);
        line[name.len()..].split_whitespace().collect()
    };
    assert_eq!((row("lr"), row("fit.epochs"), row("state")), (vec!["0.1", "0.4"], vec!["4", "2"], vec!["finished"; 2]));
    assert!(!compared.contains("fit.seed"), "only what differs: {compared}");
    assert_eq!(text(&desk, "both.svg").matches("<g>").count(), 2, "loss and accuracy");
    assert!(desk.dln("runs show a-01").ends(2).err.contains("did you mean `a-001`?"));
    assert!(desk.dln("runs compare a-001 a-003").ends(2).err.contains("is broken"));
}

#[test]
fn what_is_broken_in_a_folder_is_named() {
    let desk = desk();
    desk.dln("run a.dln --epochs 2").ends(0);
    let metrics = text(&desk, "runs/a-001/metrics.jsonl");
    let torn = format!("{metrics}{{\"event\":\"st");
    desk.write("runs/a-001/metrics.jsonl", torn.as_bytes());
    let listed = desk.dln("runs").ends(0).out;
    assert!(listed.lines().count() == 2 && !listed.contains("broken"), "a torn last line is no fault: {listed}");
    desk.write("runs/a-001/metrics.jsonl", metrics.replacen("\"event\"", "event", 1).as_bytes());
    assert!(desk.dln("runs").ends(0).out.contains("a-001 is broken: line 1 of `metrics.jsonl` is no JSON"));
    desk.write("runs/a-001/run.json", b"{\"program\": 1}");
    assert!(desk.dln("runs").ends(0).out.contains("a-001 is broken: `run.json` is not what dln writes"));
    desk.dln("runs show a-001").ends(2);
    desk.dln("runs report a-001").ends(2);
}
