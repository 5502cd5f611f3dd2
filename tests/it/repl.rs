//! Sessions of `dln repl`. The records in `tests/cases/repl` are played, and must come out as they are written:
//! `DLN_BLESS=1 cargo test --test it repl` writes them anew, also from a file in which only prompts and inputs stand.

use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use dln::io::Files;
use dln::repl::{Flow, Look, Session, Told, World, play};
use dln::train::Event;

use crate::root;

const LOOK: Look = Look { width: 100, color: false };

/// A session whose clock stands still, and all that it has told.
struct Table {
    session: Session,
    told: String,
    interrupt: AtomicBool,
    /// The epoch behind which Ctrl-C is pressed.
    patience: Option<usize>,
}

impl Table {
    fn at(files: Files) -> Table {
        Table { session: Session::new(files), told: String::new(), interrupt: AtomicBool::new(false), patience: None }
    }

    /// Plays lines; gives what they told.
    fn play(&mut self, script: &str) -> String {
        let (interrupt, patience) = (&self.interrupt, self.patience);
        let mut told = String::new();
        let mut tell = |event: Told| match event {
            Told::Text(text) => told.push_str(&format!("{text}\n")),
            Told::Event(event) => {
                if let Event::Epoch { epoch, .. } = &event {
                    interrupt.store(patience == Some(*epoch), Ordering::Relaxed);
                }
                told.push_str(&shown(&event));
            }
        };
        let world = &mut World { interrupt, clock: &|| 0.0, tell: &mut tell, look: LOOK };
        play(&mut self.session, &mut script.lines().map(str::to_string), world);
        self.interrupt.store(false, Ordering::Relaxed);
        self.told.push_str(&told);
        told
    }
}

/// A training in lines that no clock is in.
fn shown(event: &Event) -> String {
    let numbers = |numbers: &[(dln::base::Name, f64)]| {
        numbers.iter().map(|(name, value)| format!(" {name} {value:.4}")).collect::<String>()
    };
    match event {
        Event::Start { job, epochs, steps_per_epoch, .. } => {
            format!("train {job}: {epochs} epochs of {steps_per_epoch} steps\n")
        }
        Event::Epoch { epoch, train, val } => format!("epoch {epoch}{} |{}\n", numbers(train), numbers(val)),
        Event::Printed(text) => format!("{text}\n"),
        Event::Saved { path, .. } => format!("saved {path}\n"),
        Event::Interrupted { epoch, step } => format!("interrupted in epoch {epoch}, after step {step}\n"),
        _ => String::new(),
    }
}

/// The inputs of a record: what stands behind its prompts.
fn inputs(record: &str) -> String {
    let input = |line: &str| {
        let (prompt, rest) = line.split_once(['>', '|'])?;
        let is_prompt = prompt.trim_start().chars().all(|c| c.is_ascii_digit()) && prompt.len() < 5;
        is_prompt.then(|| format!("{}\n", rest.strip_prefix(' ').unwrap_or(rest)))
    };
    record.lines().filter_map(input).collect()
}

#[test]
fn records_come_out_as_they_are_written() {
    let folder = root().join("tests/cases/repl");
    let written = tempfile::tempdir().expect("a folder");
    let mut paths: Vec<_> = fs::read_dir(&folder).expect("records").flatten().map(|entry| entry.path()).collect();
    paths.retain(|path| path.extension().is_some_and(|ending| ending == "txt"));
    paths.sort();
    assert!(paths.len() >= 5, "the records are there");
    let mut differ = vec![];
    for path in paths {
        let record = fs::read_to_string(&path).expect("a record");
        let (title, body) = record.split_once('\n').expect("a title");
        assert!(title.starts_with("# "), "{}: the first line says what it shows", path.display());
        let mut table = Table::at(Files::at(&folder).writing_to(written.path()));
        table.play(&inputs(body));
        let told: String = table.told.lines().flat_map(|line| [line.trim_end(), "\n"]).collect();
        let now = format!("{title}\n{told}");
        if now != record && std::env::var_os("DLN_BLESS").is_some() {
            fs::write(&path, now).expect("written");
        } else if now != record {
            differ.push(difference(&path, &record, &now));
        }
    }
    assert!(differ.is_empty(), "{}", differ.join("\n"));
}

#[test]
fn the_record_of_the_page_comes_out_as_it_is_written() {
    let path = root().join("docs/repl.md");
    let page = fs::read_to_string(&path).expect("the page");
    let (head, rest) = page.split_once("```text\n").expect("a record");
    let (record, tail) = rest.split_once("```").expect("its end");
    let mut table = Table::at(Files::at("."));
    table.play(&inputs(record));
    let now: String = table.told.lines().flat_map(|line| [line.trim_end(), "\n"]).collect();
    if now != record && std::env::var_os("DLN_BLESS").is_some() {
        fs::write(&path, format!("{head}```text\n{now}```{tail}")).expect("written");
    } else {
        assert!(now == record, "{}", difference(&path, record, &now));
    }
}

/// The first line that differs.
fn difference(path: &Path, then: &str, now: &str) -> String {
    let lines = then.lines().chain([""]).zip(now.lines().chain([""])).enumerate();
    let first =
        lines.skip_while(|(_, (a, b))| a == b).map(|(i, (a, b))| format!("line {}\n- {a}\n+ {b}", i + 1)).next();
    format!("{}: {}", path.display(), first.unwrap_or_else(|| "one is longer".to_string()))
}

const NET: &str = "use std.data: digits
use std.nn: Linear
use std.loss: cross_entropy
use std.optim: SGD

let net = Linear[64 -> 16] >> relu >> Linear[16 -> 10]

train classify {
  data = digits.train |> take(0..128) |> batch(32)
  epochs = 3
  step (x, y) { minimize cross_entropy(net(x), y) over net with SGD(lr: 0.01) }
}
";

#[test]
fn an_interrupt_returns_to_the_prompt_with_the_weights() {
    let mut table = Table::at(Files::at("."));
    table.play(NET.split("train").next().expect("the head"));
    let before = table.play("sum(net[0].weight)");
    table.patience = Some(1);
    let trained = table.play(&NET[NET.find("train classify").expect("a training")..]);
    assert!(trained.contains("interrupted in epoch 2") && !trained.contains("epoch 2 loss"), "{trained}");
    table.patience = None;
    let after = table.play("sum(net[0].weight)");
    let value = |told: &str| told.lines().nth(1).expect("a value").to_string();
    assert_ne!(value(&before), value(&after), "what was learned stays");
    assert_eq!(value(&after), value(&table.play("sum(net[0].weight)")));
    assert!(table.play("1 + 1").contains("\n2\n"), "and the session goes on");
}

#[test]
fn reload_keeps_the_weights_that_fit() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("net.dln");
    fs::write(&path, NET).expect("written");
    let mut table = Table::at(Files::at(folder.path()));
    let told = table.play(":load net.dln\n:set epochs 1\n:run classify\nsum(net[0].weight)\nsum(net[2].weight)");
    assert!(told.contains("net.dln: ") && told.contains("`:run` runs classify"), "{told}");
    let values: Vec<String> = told.lines().rev().step_by(2).take(2).map(str::to_string).collect();
    fs::write(&path, NET.replace("16 -> 10", "_ -> 10").replace("relu", "tanh")).expect("written");
    let told = table.play(":reload\nsum(net[0].weight)\nsum(net[2].weight)");
    let same: Vec<String> = told.lines().rev().step_by(2).take(2).map(str::to_string).collect();
    assert_eq!(same, values, "the same weights in another program: {told}");
    fs::write(&path, NET.replace("16", "20")).expect("written");
    let told = table.play(":reload\nnet[0].weight.shape");
    assert!(told.contains("`net.0.weight` begins anew: it was f32[16, 64] and is f32[20, 64]"), "{told}");
    assert!(told.ends_with("[20, 64]\n"), "{told}");
    let renamed = NET.replace("net", "model").replace("16", "20");
    fs::write(&path, &renamed).expect("written");
    let told = table.play(":reload");
    assert!(
        told.contains("gone with what they have learned: `net.0`, `net.2`; begin anew: `model.0`, `model.2`"),
        "{told}"
    );
    fs::write(&path, NET.replace("16", "20")).expect("written");
    table.play(":reload");
    fs::write(&path, NET.replace("-> 10]", "-> ]")).expect("written");
    let told = table.play(":reload\nnet[0].weight.shape");
    assert!(told.contains("error") && told.contains("net.dln:6"), "{told}");
    assert!(told.ends_with("[20, 64]\n"), "a file that is wrong changes nothing: {told}");
}

#[test]
fn weights_that_were_saved_are_loaded_elsewhere() {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("net.dln"), NET).expect("written");
    let mut first = Table::at(Files::at(folder.path()));
    let told = first.play(":load net.dln\n:set epochs 1\n:run classify\n:save w.safetensors\nsum(net[0].weight)");
    let trained = told.lines().last().expect("a value").to_string();
    let mut other = Table::at(Files::at(folder.path()));
    let told = other.play(":load net.dln\nsum(net[0].weight)\n:load w.safetensors\nsum(net[0].weight)");
    let lines: Vec<&str> = told.lines().collect();
    assert!(told.contains("loaded w.safetensors: 4 tensors"), "{told}");
    assert_eq!(lines.last(), Some(&&*trained), "{told}");
    assert!(lines.iter().filter(|line| **line == trained).count() == 1, "first values are others: {told}");
    fs::write(folder.path().join("net.dln"), NET.replace("16", "20")).expect("written");
    let told = other.play(":reload\n:load w.safetensors");
    assert!(told.contains("error") && told.contains("net.0.weight"), "{told}");
}

#[test]
fn nothing_that_is_typed_ends_a_session() {
    let mut table = Table::at(Files::at("."));
    let lines = [
        "let",
        "1 +",
        ")",
        "x",
        "let x = x",
        ":type",
        ":type )",
        ":nothing",
        ":load nowhere.dln",
        ":reload",
        ":run",
        ":grad 1",
        ":show 1",
        "zeros[2] + zeros[3]",
        "minimize 1 over 2 with 3",
        "layer",
        "use std.nothing",
        "train { }",
        "test",
        ":set seed -1",
        ":why 1",
        "assert false",
        "take(zeros[3], tensor([7]))",
        "std.nothing",
        "?",
        "??",
        ": ",
        ":time nothing",
        ":save x",
        "\u{0}",
        "\"",
        "x <- 3",
        "fn f(x) = f(x)",
        "f(1)",
        "while true max 3 { }",
        ":summary 1",
        ":graph x",
        ":forget x",
        ":reset",
        "print(\"{x}\")",
    ];
    for line in lines {
        table.play(&format!("{line}\n\n"));
    }
    assert!(table.play("6 * 7").ends_with("\n42\n"), "{}", table.told);
}

#[test]
fn quitting_ends_a_script() {
    let mut table = Table::at(Files::at("."));
    assert!(!table.play(":quit\n6 * 7").contains("42"));
    let world = &mut World { interrupt: &AtomicBool::new(false), clock: &|| 0.0, tell: &mut |_| {}, look: LOOK };
    assert_eq!(table.session.enter(":q", world), Flow::Quit);
}

#[test]
fn words_come_from_the_session_and_the_library() {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("a net.dln"), NET).expect("written");
    let mut table = Table::at(Files::at(folder.path()));
    table.play(NET);
    let completer = dln::repl::Completer::new(&table.session);
    let names = |line: &str| -> Vec<String> {
        completer.complete(line, line.len()).1.into_iter().map(|found| found.name).collect()
    };
    assert!(names("ne").contains(&"net".to_string()));
    assert!(names("softm").contains(&"softmax".to_string()));
    assert!(names("softmax(net, o").contains(&"over:".to_string()));
    for begun in ["softmax(", "softmax(net, ", "1 + softmax(net,"] {
        let found = names(begun);
        assert!(
            found.contains(&"over:".to_string()) && found.iter().all(|name| name.ends_with(':')),
            "{begun} {found:?}"
        );
    }
    assert!(names("softmax(net, over: ").contains(&"net".to_string()));
    assert_eq!(names(":re"), ["reload", "reset"]);
    assert_eq!(names(":load a"), ["a net.dln"]);
    assert_eq!(names(":set se"), ["seed"]);
    assert!(names(":type softm").contains(&"softmax".to_string()));
    assert!(names("use std.optim: Ada").contains(&"AdamW".to_string()));
    assert!(completer.hint("softmax(").is_some_and(|hint| hint.contains("over")));
}
