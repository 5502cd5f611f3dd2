//! Commands, over a compiler that knows a few programs by their text.

use super::args;
use super::chain::*;
use super::command::{Desk, Exit};
use super::output::tests::{Kept, PLAIN};
use super::output::{Output, Terminal};
use crate::base::{Name, Sources, Span};
use crate::diag::Diagnostic;
use crate::driver::{Apart, Peak, Profile};
use crate::io::Files;
use crate::tir::{Direction, Metric};
use crate::train::{Event, Summary};
use std::ffi::OsString;
use std::sync::atomic::{AtomicBool, Ordering};

struct Fake;

struct FakeSession {
    sources: Sources,
    text: String,
}

fn fault(code: &'static str) -> Diagnostic {
    Diagnostic::error(code, Span::none(), "it is wrong", "here")
}

impl Chain for Fake {
    fn open(&self, name: &str, text: String, _: Files) -> Box<dyn Session> {
        let mut sources = Sources::default();
        sources.add(name, text.clone());
        Box::new(FakeSession { sources, text })
    }

    fn hypers(&self, _: &str, _: &str) -> Vec<Hyper> {
        let (name, default) = ("lr".into(), "1e-3".to_string());
        let (domain, doc) = (String::new(), String::new());
        vec![Hyper { name, kind: HyperKind::Float, default, domain, doc, span: Span::none() }]
    }

    fn explain(&self, code: &str) -> Option<String> {
        (code == "E0501").then(|| "Shapes do not fit.\n".to_string())
    }
}

impl Session for FakeSession {
    fn sources(&self) -> &Sources {
        &self.sources
    }

    fn hypers(&self) -> Vec<Hyper> {
        Fake.hypers("a.dln", &self.text)
    }

    fn domains(&self) -> Vec<(Name, Domain)> {
        vec![("lr".into(), Domain::Float { lo: 1e-5, hi: 1e-1, log: true })]
    }

    fn metric(&self) -> Option<(Metric, Direction)> {
        None
    }

    fn figure(&mut self, _: &crate::figure::Asked) -> crate::driver::figure::Drawn {
        crate::driver::figure::Drawn::default()
    }

    fn summaries(&mut self, _: &std::collections::BTreeMap<String, i64>) -> Vec<crate::driver::summary::Summary> {
        vec![]
    }

    fn peaks(&self, _: &Overrides) -> Vec<Peak> {
        let of = "classify".into();
        let peak = Peak { of, base: 12 << 20, cells: 3 << 19, data: 0, step: 5 << 18, saving: 0, open: true };
        if self.text.contains("train") { vec![peak] } else { vec![] }
    }

    fn check(&mut self, _: &Overrides) -> Report {
        let diagnostics = if self.text.contains("wrong") { vec![fault("E0501")] } else { vec![] };
        Report {
            diagnostics,
            proved: 1200,
            at_run_time: vec![(Span::none(), "the slice ends inside".to_string()); 2],
            assumed: 0,
        }
    }

    fn settings(&self, overrides: &Overrides) -> Vec<Setting> {
        let lr = match overrides.hypers.first() {
            Some((_, HyperValue::Float(lr))) => (lr.to_string(), Origin::CommandLine),
            _ => ("1e-3".to_string(), Origin::File(Span::new(crate::base::FileId(0), 0, 1))),
        };
        let setting = |name: &str, value: String, origin| Setting { name: name.to_string(), value, origin };
        vec![setting("lr", lr.0, lr.1), setting("classify.seed", "0".to_string(), Origin::Default)]
    }

    fn run(
        &mut self,
        _: &Overrides,
        interrupt: &AtomicBool,
        tell: &mut dyn FnMut(Event),
    ) -> Result<(), Vec<Diagnostic>> {
        tell(Event::Printed("hello\x1b[2J".to_string()));
        if self.text.contains("nan") {
            return Err(vec![fault("E0801")]);
        }
        if interrupt.load(Ordering::Relaxed) {
            tell(Event::Interrupted { epoch: 2, step: 7 });
            return Ok(());
        }
        let summary = Summary {
            job: "classify".into(),
            epochs: 3,
            steps: 30,
            train: vec![("loss".into(), 0.5)],
            val: vec![],
            best: vec![],
            interrupted: false,
        };
        tell(Event::Done(summary));
        Ok(())
    }

    fn times(&self) -> Option<&crate::driver::Times> {
        None
    }

    fn trains(&self) -> bool {
        false
    }

    fn bench(
        &mut self,
        _: &Overrides,
        work: &mut dyn FnMut(&mut dyn Steps) -> Result<(), Diagnostic>,
    ) -> Result<bool, Diagnostic> {
        if !self.text.contains("train") {
            return Ok(false);
        }
        work(&mut FakeSteps).map(|()| true)
    }

    fn tests(&self) -> Vec<Name> {
        vec!["adds".into()]
    }

    fn test(&mut self, _: Option<&str>, _: &AtomicBool, tell: &mut dyn FnMut(TestResult)) {
        tell(TestResult { name: "adds".into(), outcome: Ok(()) });
        if self.text.contains("failing") {
            tell(TestResult { name: "subtracts".into(), outcome: Err(fault("E0802")) });
        }
    }
}

struct FakeSteps;

impl Steps for FakeSteps {
    fn step(&mut self) -> Result<(), Diagnostic> {
        Ok(())
    }

    fn parameters(&self) -> usize {
        33
    }

    fn profile(&mut self, _: bool) -> Vec<Profile> {
        vec![]
    }

    fn apart(&mut self) -> Vec<Apart> {
        vec![]
    }
}

/// What a command did.
struct Done {
    exit: Exit,
    out: String,
    err: String,
}

/// Runs `dln LINE` where `a.dln` has this text; `asked` says that somebody has pressed Ctrl-C.
fn dln(line: &str, text: &str, asked: bool) -> Done {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("a.dln");
    std::fs::write(&file, text).unwrap();
    let word = |word: &str| if word == "a.dln" { file.clone().into() } else { OsString::from(word) };
    let words: Vec<OsString> = std::iter::once("dln").chain(line.split_whitespace()).map(word).collect();
    let hypers = args::program(&words).map(|_| Fake.hypers("a.dln", text));
    let request = args::parse(&words, &hypers.unwrap_or_default()).unwrap();
    let (out, err) = (Kept::default(), Kept::default());
    let terminal = Terminal { live: false, ..PLAIN };
    let mut desk = Desk {
        chain: &Fake,
        output: Output::new(Box::new(out.clone()), Box::new(err.clone()), terminal),
        json: request.json,
        words: &[],
        clock: &|| 0.0,
        interrupt: &AtomicBool::new(asked),
    };
    let exit = desk.execute(&request);
    desk.output.finish().unwrap();
    let folder = format!("{}/", dir.path().display());
    Done { exit, out: out.text().replace(&folder, ""), err: err.text().replace(&folder, "") }
}

#[test]
fn a_run_ends_with_its_exit_code() {
    let fine = dln("run a.dln", "", false);
    assert_eq!((fine.exit, &*fine.out), (Exit::Fine, "hello\\u{1b}[2J\n3 epochs in 0.00s\n"));
    let wrong = dln("run a.dln", "wrong", false);
    assert_eq!((wrong.exit, &*wrong.out), (Exit::Program, ""));
    assert!(wrong.err.starts_with("error[E0501]: it is wrong\n"), "{}", wrong.err);
    let failed = dln("run a.dln", "nan", false);
    assert_eq!(failed.exit, Exit::Failed);
    assert!(failed.err.starts_with("error[E0801]"), "{}", failed.err);
    let interrupted = dln("run a.dln", "", true);
    assert_eq!(interrupted.exit, Exit::Interrupted);
    let end = "interrupted in epoch 2, after step 7\nthe same command with `--resume` goes on from here\n";
    assert!(interrupted.out.ends_with(end), "{}", interrupted.out);
    let codes = [Exit::Fine, Exit::Program, Exit::Usage, Exit::Failed, Exit::Interrupted].map(|exit| exit as u8);
    assert_eq!(codes, [0, 1, 2, 3, 130]);
}

#[test]
fn json_is_one_object_a_line_on_stdout() {
    for (text, last) in [("", "done"), ("nan", "diagnostic"), ("wrong", "diagnostic")] {
        let done = dln("run --json a.dln", text, false);
        assert_eq!(done.err, "");
        let lines = done.out.lines().map(|line| serde_json::from_str(line).expect(line));
        let lines: Vec<serde_json::Value> = lines.collect();
        assert_eq!(lines.last().unwrap()["event"], last, "{}", done.out);
    }
}

#[test]
fn a_dry_run_says_where_settings_come_from_and_runs_nothing() {
    let done = dln("run a.dln --lr 0.5 --dry-run", "", false);
    let expected = "checked at run time, -: the slice ends inside
checked at run time, -: the slice ends inside
1,200 shapes proved, 2 checked at run time, 0 assumed
lr             0.5  command line
classify.seed  0    default
";
    assert_eq!((done.exit, &*done.out), (Exit::Fine, expected));
    let done = dln("run a.dln --dry-run", "text", false);
    assert!(done.out.contains("1e-3  a.dln:1:1\n"), "{}", done.out);
}

#[test]
fn a_check_ends_with_its_counts() {
    let fine = dln("check a.dln", "", false);
    assert_eq!((fine.exit, fine.out.lines().count()), (Exit::Fine, 3));
    let trains = dln("check a.dln", "train", false);
    let line = "train classify: 14.8 MiB or more (program 12.0, weights 1.5, rows 0.0, step 1.2, saving 0.0)";
    assert!(trains.out.contains(line), "{}", trains.out);
    let wrong = dln("check --json a.dln", "wrong", false);
    assert_eq!(wrong.exit, Exit::Program);
    let last = r#"{"event":"checked","ok":false,"proved":1200,"at_run_time":2,"assumed":0}"#;
    assert_eq!(wrong.out.lines().last(), Some(last));
}

#[test]
fn tests_are_counted_and_faults_come_last() {
    let passed = dln("test a.dln a.dln", "", false);
    let lines = "ok     adds\nok     adds\n2 tests passed, 0 failed\n";
    assert_eq!((passed.exit, &*passed.out), (Exit::Fine, lines));
    let failed = dln("test a.dln", "failing", false);
    assert_eq!(failed.exit, Exit::Program);
    assert!(failed.err.starts_with("error[E0802]"), "{}", failed.err);
    assert_eq!(failed.out, "ok     adds\nFAILED subtracts\n1 test passed, 1 failed\n");
    let wrong = dln("test a.dln", "wrong", false);
    assert_eq!((wrong.exit, &*wrong.out), (Exit::Program, "0 tests passed, 0 failed\n"));
}

#[test]
fn a_step_is_profiled_where_there_is_one() {
    let done = dln("bench profile a.dln --steps 2", "train", false);
    assert_eq!(done.exit, Exit::Fine);
    assert!(done.out.starts_with("by line: 0.0000 ms a step\n"), "{}", done.out);
    let none = dln("bench profile a.dln", "", false);
    assert_eq!((none.exit, &*none.out), (Exit::Usage, ""));
    assert!(none.err.contains("without a `train` block"), "{}", none.err);
    assert_eq!(dln("bench profile a.dln", "wrong", false).exit, Exit::Program);
}

#[test]
fn codes_are_explained() {
    assert_eq!(dln("explain E0501", "", false).out, "Shapes do not fit.\n");
    assert_eq!(dln("explain E9999", "", false).exit, Exit::Usage);
}

#[test]
fn a_file_that_is_not_there_is_a_wrong_command_line() {
    let done = dln("check nowhere.dln", "", false);
    assert_eq!(done.exit, Exit::Usage);
    assert!(done.err.starts_with("error: `nowhere.dln` cannot be read"), "{}", done.err);
}
