//! What a run leaves behind: a folder with its settings, sources, numbers, pictures, weights and a page about it; and `dln runs`,
//! which lists and compares such folders.

mod board;
mod compare;
mod curves;
mod folder;
mod html;
mod info;
mod list;
mod log;
mod record;
mod report;
mod time;

pub use folder::{LAST, Leave, RESUME};

use std::path::{Path, PathBuf};

use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};
use serde_json::{Value, json};

use super::args::{flag, json as json_flag, value};
use super::chain::{Overrides, Session};
use super::command::{Desk, Exit};
use super::profile::{self, Spent};
use super::summary::cells;
use crate::base::Sources;
use crate::diag::Diagnostic;
use crate::io::Files;
use folder::{Folder, MODEL, ROOT, TIMES};
use info::{Said, State};
use record::Recorder;

/// `dln runs`
#[derive(Clone, Debug, PartialEq)]
pub struct Runs {
    /// Where the folders lie.
    pub root: PathBuf,
    pub task: Task,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Task {
    List,
    Show(String),
    /// Of some runs; with a picture of their curves.
    Compare(Vec<String>, Option<PathBuf>),
    /// Write the page again.
    Report(String),
}

/// The words of `dln run` about its folder.
pub fn leave_words() -> [Arg; 2] {
    [
        value("to", "DIR", "Folder that the run leaves behind [default: runs/NAME-NUMBER]")
            .value_parser(value_parser!(PathBuf)),
        flag("no-folder", "Leave no such folder").conflicts_with("to"),
    ]
}

/// Where a run is to leave its folder.
pub fn leave(matches: &ArgMatches) -> Leave {
    match matches.get_one::<PathBuf>("to") {
        _ if matches.get_flag("no-folder") => Leave::Nowhere,
        Some(path) => Leave::At(path.clone()),
        None => Leave::Numbered,
    }
}

/// The command with its arguments.
pub fn words() -> Command {
    let name = || Arg::new("RUN").required(true).help("A run by its name, such as digits-001, or its folder");
    let root = value("in", "DIR", "Where the folders of runs lie [default: runs]").value_parser(value_parser!(PathBuf));
    let svg = value("svg", "FILE", "Write the curves of all of them as a picture").value_parser(value_parser!(PathBuf));
    Command::new("runs")
        .about("List the runs of this folder, show one, or compare some")
        .arg(root.global(true))
        .arg(json_flag().global(true))
        .subcommand(Command::new("show").about("What a run was and gave").arg(name()))
        .subcommand(
            Command::new("compare")
                .about("Settings that differ and numbers, side by side")
                .arg(name().num_args(2..).action(ArgAction::Append))
                .arg(svg),
        )
        .subcommand(Command::new("report").about("Write the page about a run again").arg(name()))
}

/// What the words ask for.
pub fn read(matches: &ArgMatches) -> Runs {
    let name = |matches: &ArgMatches| matches.get_one::<String>("RUN").cloned().unwrap_or_default();
    let task = match matches.subcommand() {
        Some(("show", matches)) => Task::Show(name(matches)),
        Some(("report", matches)) => Task::Report(name(matches)),
        Some(("compare", matches)) => Task::Compare(
            matches.get_many("RUN").into_iter().flatten().cloned().collect(),
            matches.get_one("svg").cloned(),
        ),
        _ => Task::List,
    };
    Runs { root: matches.get_one("in").cloned().unwrap_or_else(|| ROOT.into()), task }
}

impl Desk<'_> {
    pub fn runs(&mut self, runs: &Runs) -> Exit {
        match &runs.task {
            Task::List => self.list_runs(&runs.root),
            Task::Show(name) => self.show_run(&runs.root, name),
            Task::Compare(names, svg) => self.compare_runs(&runs.root, names, svg.as_deref()),
            Task::Report(name) => match list::find(&runs.root, name).and_then(|folder| report::write(&folder)) {
                Ok(path) => {
                    self.left(&path);
                    Exit::Fine
                }
                Err(message) => self.refuse(&message),
            },
        }
    }

    /// Opens the folder of a run that trains something.
    pub fn recorder(
        &mut self,
        session: &dyn Session,
        overrides: &Overrides,
        program: &Path,
        leave: &Leave,
    ) -> Result<Option<Recorder>, String> {
        if !session.trains() {
            return Ok(None);
        }
        let Some(folder) = Folder::open(program, leave, overrides.resume)? else { return Ok(None) };
        let beside = program.parent().filter(|path| !path.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let sources = session.sources();
        let settings = session.settings(overrides).iter().map(|setting| Said::of(setting, sources)).collect();
        let (files, threads) = (Files::at(beside), overrides.threads);
        let recorder = Recorder::begin(folder, files, program, self.words, settings, threads, sources)?;
        if self.json {
            let path = recorder.path().to_string_lossy().to_string();
            self.output.line(&json!({ "event": "run", "folder": path }).to_string());
        }
        Ok(Some(recorder))
    }

    /// Writes down how a run ended, and the page about it.
    pub fn end_run(
        &mut self,
        mut recorder: Recorder,
        session: &mut dyn Session,
        exit: Exit,
        faults: &[Diagnostic],
        seconds: f64,
    ) {
        let state = match exit {
            Exit::Fine => State::Finished,
            Exit::Interrupted => State::Interrupted,
            _ => State::Failed,
        };
        let failure = faults.first().map(|fault| format!("{}: {}", fault.code, fault.message));
        let times = session.times().map(|times| step_times(times, session.sources()));
        let model = model(session);
        let written = recorder
            .end(state, failure, seconds)
            .and_then(|()| recorder.leave(MODEL, &model))
            .and_then(|()| times.map_or(Ok(()), |times| recorder.leave(TIMES, &times)))
            .and_then(|()| report::write(recorder.path()));
        match written {
            Ok(path) if !self.json => self.left(&path),
            Ok(_) => {}
            Err(message) => self.output.report(&format!("warning: {message}")),
        }
    }

    fn left(&mut self, page: &Path) {
        let page = page.to_string_lossy();
        self.say(|| json!({ "event": "report", "path": page }), || format!("see {page}"));
    }
}

/// The table of layers for each step.
fn model(session: &mut dyn Session) -> Value {
    let summaries = session.summaries(&std::collections::BTreeMap::new());
    let model = |summary| {
        let (table, notes) = cells(summary);
        json!({ "of": summary.of, "table": table, "notes": notes })
    };
    summaries.iter().map(model).collect()
}

/// Lines and operations that take the most time of a step.
fn step_times(times: &crate::driver::Times, sources: &Sources) -> Value {
    const SHOWN: usize = 16;
    let spent = profile::spent(&times.profiles, times.steps);
    let all: f64 = spent.iter().map(|one| one.ms).sum();
    let rows = |kind: &dyn Fn(&Spent) -> String| -> Vec<[String; 3]> {
        let row = |(kind, ms, _): &(String, f64, usize)| {
            [kind.clone(), format!("{ms:.3} ms"), format!("{:.1} %", 100.0 * ms / all.max(f64::MIN_POSITIVE))]
        };
        profile::sums(&spent, kind).iter().take(SHOWN).map(row).collect()
    };
    json!({
        "step": format!("{all:.3} ms"),
        "lines": rows(&|one| profile::line(one, sources)),
        "operations": rows(&|one| one.name.clone()),
    })
}
