//! What the commands do.

use super::args::{Request, Task};
use super::chain::{Chain, Origin, Overrides, Report, Session, Setting};
use super::interrupt;
use super::json;
use super::output::{Output, complain};
use super::progress::{Progress, Show, counted};
use super::runs::Leave;
use crate::base::Sources;
use crate::diag::{self, Diagnostic, Severity};
use crate::driver::Peak;
use crate::io::{Files, below};
use crate::train::Event;
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

/// How a command ended; the numbers are the exit codes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Exit {
    Fine = 0,
    /// The program is wrong, or a test failed.
    Program = 1,
    /// The command line is wrong.
    Usage = 2,
    /// The program is right, and failed while it ran: data, files, a loss that is no number.
    Failed = 3,
    Interrupted = interrupt::INTERRUPTED as isize,
}

/// Diagnostics that a person gets to see of a check: behind so many nobody reads.
const SHOWN: usize = 50;

/// What commands work with.
pub struct Desk<'a> {
    pub chain: &'a dyn Chain,
    pub output: Output,
    pub json: bool,
    /// The command line.
    pub words: &'a [String],
    /// Seconds since some moment.
    pub clock: &'a dyn Fn() -> f64,
    pub interrupt: &'a AtomicBool,
}

/// Opens the program in a file. The error is for the person at the command line.
pub fn open(chain: &dyn Chain, path: &Path) -> Result<Box<dyn Session>, String> {
    let (name, text, folder) = read(path)?;
    Ok(chain.open(&name, text, Files::at(folder)))
}

/// The name of a program, its text, and the folder in which it lies.
pub fn read(path: &Path) -> Result<(String, String, PathBuf), String> {
    let name = path.to_string_lossy();
    let bytes = std::fs::read(path).map_err(|error| format!("`{}` cannot be read: {error}", name.escape_debug()))?;
    let text = String::from_utf8(bytes).map_err(|error| {
        format!("`{}` is not UTF-8 text: see byte {}", name.escape_debug(), error.utf8_error().valid_up_to())
    })?;
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    Ok((name.to_string(), text, folder.to_path_buf()))
}

/// The programs that a path stands for: its own, or those in a folder and below.
pub fn programs(path: &Path) -> Result<Vec<PathBuf>, String> {
    if !path.is_dir() {
        return Ok(vec![path.to_path_buf()]);
    }
    std::fs::read_dir(path).map_err(|error| format!("`{}` cannot be read: {error}", path.display()))?;
    Ok(below(path, "dln"))
}

impl Desk<'_> {
    pub fn execute(&mut self, request: &Request) -> Exit {
        match &request.task {
            Task::Run { file, overrides, leave, dry_run } => self.with(file, |desk, session| {
                let exit = desk.check(session, overrides, *dry_run);
                match exit {
                    Exit::Fine if *dry_run => desk.settings(session, overrides),
                    Exit::Fine => desk.run(session, overrides, file, leave),
                    other => other,
                }
            }),
            Task::Check { files } => self.check_all(files),
            Task::Test { files, only } => self.test_all(files, only.as_deref()),
            Task::Runs(runs) => self.runs(runs),
            Task::Sweep(sweep) => self.sweep(sweep),
            Task::Bench(bench) => self.with(&bench.file, |desk, session| desk.bench(session, bench)),
            Task::Import(import) => self.import(import),
            Task::Format(format) => self.format(format),
            Task::New(folder) => self.new_project(folder),
            Task::Completions(shell) => self.completions(*shell),
            Task::Manual(name) => self.manual(name.as_deref()),
            Task::Explain { code } => self.explain(code),
            Task::Lsp => self.lsp(),
            Task::Doc(task) => self.doc(task),
            Task::Graph(draw) => {
                self.with(&draw.file, |desk, session| match desk.check(session, &Overrides::default(), false) {
                    Exit::Fine => desk.graph(session.figure(&draw.asked), draw),
                    other => other,
                })
            }
            Task::Repl(asked) => self.repl(asked),
            Task::Summary(asked) => {
                self.with(&asked.file, |desk, session| match desk.check(session, &Overrides::default(), false) {
                    Exit::Fine => {
                        let shown = desk.summary(&session.summaries(&asked.sizes), asked);
                        // What runs has its own sizes, and all layers.
                        if shown == Exit::Fine && asked.layer.is_none() && asked.sizes.is_empty() {
                            desk.peaks(&session.peaks(&Overrides::default()));
                        }
                        shown
                    }
                    other => other,
                })
            }
        }
    }

    pub fn with(&mut self, file: &Path, work: impl FnOnce(&mut Self, &mut dyn Session) -> Exit) -> Exit {
        match open(self.chain, file) {
            Ok(mut session) => work(self, &mut *session),
            Err(message) => self.refuse(&message),
        }
    }

    /// Shows what the checker found; `summary` is the line with the counts.
    pub fn check(&mut self, session: &mut dyn Session, overrides: &Overrides, summary: bool) -> Exit {
        let report = session.check(overrides);
        // A program reads all of them, a person the first ones.
        let shown = if self.json { usize::MAX } else { SHOWN };
        for diagnostic in report.diagnostics.iter().take(shown) {
            self.show(diagnostic, session.sources());
        }
        if let Some(more) = report.diagnostics.len().checked_sub(shown).filter(|&more| more > 0) {
            self.output.report(&format!("and {more} more; `--json` shows all of them"));
        }
        let ok = !report.diagnostics.iter().any(|diagnostic| diagnostic.severity == Severity::Error);
        if summary {
            for (span, message) in &report.at_run_time {
                let place = session.sources().place(*span);
                self.say(
                    || serde_json::json!({ "event": "check_at_run_time", "place": place, "message": message }),
                    || format!("checked at run time, {place}: {message}"),
                );
            }
            let peaks = if ok { session.peaks(overrides) } else { vec![] };
            self.peaks(&peaks);
            self.say(|| json::report(&report, ok), || counts(&report));
        }
        if ok { Exit::Fine } else { Exit::Program }
    }

    /// The memory that each training takes at its peak, by what it is for.
    fn peaks(&mut self, peaks: &[Peak]) {
        for peak in peaks {
            self.say(|| json::peak(peak), || at_peak(peak));
        }
    }

    fn settings(&mut self, session: &mut dyn Session, overrides: &Overrides) -> Exit {
        let settings = session.settings(overrides);
        let width = |text: fn(&Setting) -> &str| settings.iter().map(|s| text(s).chars().count()).max().unwrap_or(0);
        let (names, values) = (width(|s| &s.name), width(|s| &s.value));
        for setting in &settings {
            let origin = match setting.origin {
                Origin::Default => "default".to_string(),
                Origin::File(span) => session.sources().place(span),
                Origin::CommandLine => "command line".to_string(),
            };
            let line = || format!("{:names$}  {:values$}  {origin}", setting.name, setting.value);
            self.say(|| json::setting(setting, session.sources()), line);
        }
        Exit::Fine
    }

    fn run(&mut self, session: &mut dyn Session, overrides: &Overrides, file: &Path, leave: &Leave) -> Exit {
        let mut recorder = match self.recorder(session, overrides, file, leave) {
            Ok(recorder) => recorder,
            Err(message) => {
                self.refuse(&message);
                return Exit::Failed;
            }
        };
        let folder = recorder.as_ref().map(|recorder| recorder.path().to_path_buf());
        let overrides = Overrides { folder, ..overrides.clone() };
        let (interrupt, clock) = (self.interrupt, self.clock);
        let mut progress = Progress::new(self.output.terminal.unicode);
        let began = clock();
        let mut interrupted = false;
        let ended = session.run(&overrides, interrupt, &mut |event| {
            interrupted |= matches!(event, Event::Interrupted { .. });
            self.tell(&event, &mut progress, clock(), began);
            if let Some(warning) = recorder.as_mut().and_then(|recorder| recorder.on(&event, clock() - began)) {
                self.output.report(&warning);
            }
        });
        let (exit, faults) = match ended {
            Err(diagnostics) => (Exit::Failed, diagnostics),
            Ok(()) if interrupted => (Exit::Interrupted, vec![]),
            Ok(()) => (Exit::Fine, vec![]),
        };
        for diagnostic in &faults {
            self.show(diagnostic, session.sources());
        }
        if exit == Exit::Interrupted && !self.json {
            self.output.line("the same command with `--resume` goes on from here");
        }
        if let Some(recorder) = recorder {
            self.end_run(recorder, session, exit, &faults, clock() - began);
        }
        exit
    }

    fn tell(&mut self, event: &Event, progress: &mut Progress, now: f64, began: f64) {
        if self.json {
            if let Some(value) = json::event(event, now - began) {
                self.output.line(&value.to_string());
            }
            return;
        }
        for show in progress.on(event, now) {
            match show {
                Show::Live(text) => self.output.live(&text),
                Show::Line(text) => self.output.line(&text),
            }
        }
    }

    fn explain(&mut self, code: &str) -> Exit {
        match self.chain.explain(code) {
            Some(page) => {
                self.output.line(page.trim_end());
                Exit::Fine
            }
            None => self.refuse(&format!("`{}` is no code that dln knows", code.escape_debug())),
        }
    }

    fn lsp(&mut self) -> Exit {
        match crate::lsp::standard() {
            Ok(()) => Exit::Fine,
            Err(message) => {
                complain(&message);
                Exit::Failed
            }
        }
    }

    /// One line, for a program or for a person.
    pub fn say(&mut self, value: impl FnOnce() -> Value, line: impl FnOnce() -> String) {
        let text = if self.json { value().to_string() } else { line() };
        self.output.line(&text);
    }

    pub fn show(&mut self, diagnostic: &Diagnostic, sources: &Sources) {
        if self.json {
            self.output.line(&json::diagnostic(diagnostic, sources).to_string());
        } else {
            let text = diag::render(sources, diagnostic, self.output.terminal.color);
            self.output.report(&text);
        }
    }

    pub fn refuse(&mut self, message: &str) -> Exit {
        self.output.report(&format!("error: {message}"));
        Exit::Usage
    }
}

/// `train classify: 14.8 MiB at its peak (program 12.0, weights 1.5, rows 0.0, step 1.3, saving 0.0)`
fn at_peak(peak: &Peak) -> String {
    let part = |bytes: u64| format!("{:.1}", bytes as f64 / (1 << 20) as f64);
    let bound = if peak.open { "or more" } else { "at its peak" };
    let [all, base, cells] = [peak.total(), peak.base, peak.cells].map(part);
    let [data, step, saving] = [peak.data, peak.step, peak.saving].map(part);
    format!(
        "train {}: {all} MiB {bound} (program {base}, weights {cells}, rows {data}, step {step}, saving {saving})",
        peak.of
    )
}

fn counts(report: &Report) -> String {
    format!(
        "{} proved, {} checked at run time, {} assumed",
        counted(report.proved, "shape"),
        report.at_run_time.len(),
        report.assumed
    )
}
