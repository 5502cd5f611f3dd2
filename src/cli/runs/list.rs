//! `dln runs` and `dln runs show`.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::super::command::{Desk, Exit};
use super::super::progress::{counted, short, time};
use super::folder::{INFO, REPORT};
use super::info::Info;
use super::log::Log;
use super::time::moment;
use crate::diag;

/// A folder that says what run it is of, or why it does not.
pub struct Listed {
    pub name: String,
    pub path: PathBuf,
    pub info: Result<Info, String>,
}

/// The folder of a run by its name, or itself. The error is for the person at the command line.
pub fn find(root: &Path, name: &str) -> Result<PathBuf, String> {
    let places = [root.join(name), PathBuf::from(name)];
    if let Some(path) = places.into_iter().find(|path| path.is_dir() && !name.is_empty()) {
        return Ok(path);
    }
    let known = all(root)?;
    let near = diag::nearest(name, known.iter().map(|run| &*run.name));
    let help = near.map_or(String::new(), |near| format!("; did you mean `{near}`?"));
    Err(format!("there is no run `{}` in `{}`{help}", name.escape_debug(), root.display()))
}

/// All runs, the oldest first; those that cannot be read last. What lies beside them is none of them.
pub fn all(root: &Path) -> Result<Vec<Listed>, String> {
    let entries = fs::read_dir(root).map_err(|error| format!("`{}` cannot be read: {error}", root.display()))?;
    let mut runs = vec![];
    for path in entries.flatten().map(|entry| entry.path()).filter(|path| path.is_dir()) {
        let name = path.file_name().unwrap_or_default().to_string_lossy().to_string();
        let numbered = name.rsplit_once('-').is_some_and(|(_, n)| n.len() > 2 && n.bytes().all(|b| b.is_ascii_digit()));
        if numbered || path.join(INFO).exists() {
            runs.push(Listed { name, info: Info::read(&path), path });
        }
    }
    let began = |run: &Listed| run.info.as_ref().map_or(u64::MAX, |info| info.began);
    runs.sort_by(|a, b| began(a).cmp(&began(b)).then_with(|| a.name.cmp(&b.name)));
    Ok(runs)
}

/// What a run is judged by: the best number that it watched, or else its last.
pub fn verdict(log: &Log) -> Option<(String, f64)> {
    let trainings = log.trainings();
    let best = trainings.iter().rev().find_map(|t| t.best.last()).map(|best| (best.metric.clone(), best.value));
    best.or_else(|| trainings.last().and_then(|training| training.last().first().cloned()))
}

/// Rows as lines, each column as wide as its longest cell.
pub fn columns(rows: &[Vec<String>]) -> Vec<String> {
    let count = rows.iter().map(Vec::len).max().unwrap_or(0);
    let width =
        |at: usize| rows.iter().filter_map(|row| row.get(at)).map(|cell| cell.chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..count).map(width).collect();
    let line = |row: &Vec<String>| {
        let cells = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:width$}"));
        cells.collect::<Vec<_>>().join("  ").trim_end().to_string()
    };
    rows.iter().map(line).collect()
}

impl Desk<'_> {
    pub fn list_runs(&mut self, root: &Path) -> Exit {
        let runs = match all(root) {
            Ok(runs) => runs,
            Err(message) => return self.refuse(&message),
        };
        let mut rows = vec![["run", "began", "took", "state", "seed", "result"].map(str::to_string).to_vec()];
        let mut broken = vec![];
        for run in &runs {
            let info = match &run.info {
                Ok(info) => info,
                Err(message) => {
                    broken.push((&run.name, message.clone()));
                    continue;
                }
            };
            let log = Log::read(&run.path);
            broken.extend(log.broken.clone().map(|message| (&run.name, message)));
            let result = verdict(&log);
            if self.json {
                self.output.line(&listed(&run.name, info, &result).to_string());
                continue;
            }
            rows.push(vec![
                run.name.clone(),
                moment(info.began),
                time(info.seconds.max(last_seconds(&log))),
                info.state.word().to_string(),
                info.setting("seed").unwrap_or_default().to_string(),
                result.map_or(String::new(), |(metric, value)| format!("{metric} {}", short(value))),
            ]);
        }
        if !self.json && rows.len() > 1 {
            columns(&rows).iter().for_each(|line| self.output.line(line));
        }
        for (name, message) in &broken {
            self.say(
                || json!({ "event": "broken", "run": name, "message": message }),
                || format!("{name} is broken: {message}"),
            );
        }
        if runs.is_empty() && !self.json {
            self.output.line(&format!("no runs in `{}`", root.display()));
        }
        Exit::Fine
    }

    pub fn show_run(&mut self, root: &Path, name: &str) -> Exit {
        let found = find(root, name).and_then(|path| Info::read(&path).map(|info| (path, info)));
        let (path, info) = match found {
            Ok(found) => found,
            Err(message) => return self.refuse(&message),
        };
        let log = Log::read(&path);
        if self.json {
            let mut value = listed(name, &info, &verdict(&log));
            value["info"] = serde_json::to_value(&info).unwrap_or_default();
            value["last"] = log.trainings().iter().map(|training| numbers(&training.last())).collect();
            self.output.line(&value.to_string());
            return Exit::Fine;
        }
        let mut rows = vec![];
        let mut row = |name: &str, value: String| rows.push(vec![name.to_string(), value]);
        row("run", path.display().to_string());
        row("state", info.state.word().to_string() + &info.failure.map_or(String::new(), |why| format!(": {why}")));
        row("began", moment(info.began));
        row("took", time(info.seconds.max(last_seconds(&log))));
        info.peak_memory.into_iter().for_each(|bytes| row("peak memory", mebibytes(bytes)));
        row("command", info.command.join(" "));
        for said in &info.settings {
            row(&said.name, format!("{} ({})", said.value, said.origin));
        }
        for training in log.trainings() {
            let last: Vec<String> =
                training.last().iter().map(|(name, value)| format!("{name} {}", short(*value))).collect();
            row(
                &format!("train {}", training.name),
                format!("{}  {}", counted(training.epochs.len(), "epoch"), last.join("  ")),
            );
            for best in &training.best {
                row("", format!("best {} {} in epoch {}", best.metric, short(best.value), best.epoch));
            }
        }
        row("page", path.join(REPORT).display().to_string());
        columns(&rows).iter().for_each(|line| self.output.line(line));
        if let Some(message) = &log.broken {
            self.output.line(&format!("broken: {message}"));
        }
        Exit::Fine
    }
}

/// `34.5 MiB`
pub fn mebibytes(bytes: u64) -> String {
    format!("{:.1} MiB", bytes as f64 / (1 << 20) as f64)
}

fn listed(name: &str, info: &Info, result: &Option<(String, f64)>) -> Value {
    json!({
        "event": "listed", "run": name, "program": info.program, "began": info.began, "seconds": info.seconds,
        "state": info.state, "seed": info.setting("seed"),
        "metric": result.as_ref().map(|(metric, _)| metric), "value": result.as_ref().map(|(_, value)| value),
    })
}

pub fn numbers(numbers: &[(String, f64)]) -> Value {
    numbers.iter().map(|(name, value)| (name.clone(), json!(value))).collect()
}

/// A run that has not said how long it took has said when its last line was written.
pub fn last_seconds(log: &Log) -> f64 {
    log.lines.iter().rev().find_map(|line| line["seconds"].as_f64()).unwrap_or(0.0)
}
