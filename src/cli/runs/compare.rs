//! `dln runs compare`: in what runs differ, and what came of it.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::json;

use super::super::command::{Desk, Exit};
use super::super::progress::{short, time};
use super::curves;
use super::folder::SOURCES;
use super::info::Info;
use super::list::{columns, find, last_seconds, numbers};
use super::log::{Log, Training};
use super::report::files_below;
use crate::io::{Files, plot};

/// A run with its numbers.
struct Run {
    name: String,
    path: PathBuf,
    info: Info,
    log: Log,
    trainings: Vec<Training>,
}

impl Run {
    fn open(root: &Path, name: &str) -> Result<Run, String> {
        let path = find(root, name)?;
        let info = Info::read(&path).map_err(|message| format!("`{}` is broken: {message}", path.display()))?;
        let log = Log::read(&path);
        let name = path.file_name().map_or(name.to_string(), |name| name.to_string_lossy().to_string());
        Ok(Run { name, info, trainings: log.trainings(), log, path })
    }

    /// The last and the best numbers of the last training.
    fn results(&self) -> Vec<(String, f64)> {
        let Some(training) = self.trainings.last() else { return vec![] };
        let best = training.best.iter().map(|best| (format!("best {}", best.metric), best.value));
        best.chain(training.last()).collect()
    }
}

impl Desk<'_> {
    pub fn compare_runs(&mut self, root: &Path, names: &[String], svg: Option<&Path>) -> Exit {
        let runs: Vec<Run> = match names.iter().map(|name| Run::open(root, name)).collect() {
            Ok(runs) => runs,
            Err(message) => return self.refuse(&message),
        };
        if self.json {
            for run in &runs {
                let settings = run.info.settings.iter().map(|said| (said.name.clone(), json!(said.value)));
                let settings: serde_json::Map<_, _> = settings.collect();
                let value = json!({
                    "event": "compared", "run": run.name, "state": run.info.state, "settings": settings,
                    "environment": run.info.environment, "results": numbers(&run.results()),
                });
                self.output.line(&value.to_string());
            }
        } else {
            let mut rows =
                vec![std::iter::once(String::new()).chain(runs.iter().map(|run| run.name.clone())).collect()];
            rows.extend(differences(&runs));
            rows.extend(results(&runs));
            columns(&rows).iter().for_each(|line| self.output.line(line));
        }
        let Some(to) = svg else { return Exit::Fine };
        // Curves of the trainings that are the last of their runs.
        let last = |run: &Run| Some((run.name.clone(), run.trainings.last()?.clone()));
        let figures = curves::of_runs(&runs.iter().filter_map(last).collect::<Vec<_>>());
        match Files::at("").write(&to.to_string_lossy(), plot::svg(&figures, 2, "").as_bytes()) {
            Ok(()) => Exit::Fine,
            Err(error) => {
                self.refuse(&format!("`{}` cannot be written: {error}", to.display()));
                Exit::Failed
            }
        }
    }
}

/// Settings, sources and machines that are not the same for all.
fn differences(runs: &[Run]) -> Vec<Vec<String>> {
    let mut names: Vec<&str> = vec![];
    for said in runs.iter().flat_map(|run| &run.info.settings) {
        if !names.contains(&&*said.name) {
            names.push(&said.name);
        }
    }
    let setting = |run: &Run, name: &str| {
        let said = run.info.settings.iter().find(|said| said.name == name);
        said.map_or("-".to_string(), |said| said.value.clone())
    };
    let mut rows: Vec<Vec<String>> =
        names.iter().filter_map(|name| differing(runs, name, |run| setting(run, name))).collect();
    rows.extend(differing(runs, "program", |run| run.info.program.clone()));
    for file in sources(runs) {
        let text = |run: &Run| fs::read(run.path.join(SOURCES).join(&file)).ok();
        let first = runs.first().and_then(text);
        let word = |run: &Run| match text(run) {
            None => "-",
            text if text == first => "as in the first",
            _ => "other text",
        };
        rows.extend(differing(runs, &format!("source {file}"), |run| word(run).to_string()));
    }
    rows.extend(differing(runs, "dln", |run| run.info.environment.dln.clone()));
    rows.extend(differing(runs, "processor", |run| run.info.environment.processor.clone()));
    rows.extend(differing(runs, "threads", |run| run.info.environment.threads.to_string()));
    rows
}

fn differing(runs: &[Run], name: &str, value: impl Fn(&Run) -> String) -> Option<Vec<String>> {
    let values: Vec<String> = runs.iter().map(value).collect();
    let differs = values.iter().any(|value| *value != values[0]);
    differs.then(|| std::iter::once(name.to_string()).chain(values).collect())
}

/// The names of all sources that one of them has.
fn sources(runs: &[Run]) -> Vec<String> {
    let own = |run: &Run| {
        let root = run.path.join(SOURCES);
        let name = |path: PathBuf| path.strip_prefix(&root).unwrap_or(&path).to_string_lossy().into_owned();
        files_below(&root).into_iter().map(name).collect::<Vec<_>>()
    };
    let mut names: Vec<String> = runs.iter().flat_map(own).collect();
    names.sort();
    names.dedup();
    names
}

/// How each ended, and every number that one of them has.
fn results(runs: &[Run]) -> Vec<Vec<String>> {
    let row = |name: &str, value: &dyn Fn(&Run) -> String| -> Vec<String> {
        std::iter::once(name.to_string()).chain(runs.iter().map(value)).collect()
    };
    let epochs = |run: &Run| run.trainings.iter().map(|training| training.epochs.len()).sum::<usize>().to_string();
    let mut rows = vec![
        row("state", &|run| run.info.state.word().to_string()),
        row("took", &|run| time(run.info.seconds.max(last_seconds(&run.log)))),
        row("epochs", &epochs),
    ];
    let mut names: Vec<String> = vec![];
    for (name, _) in runs.iter().flat_map(Run::results) {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    for name in &names {
        let number = |run: &Run| run.results().into_iter().find(|(known, _)| known == name).map(|(_, value)| value);
        rows.push(row(name, &|run| number(run).map_or("-".to_string(), short)));
    }
    rows
}
