//! `dln sweep FILE --lr 1e-4,3e-4 --trials 20`: many runs of one program, with a table and a picture at the end.
//!
//! Every trial is what `dln run` with its settings is, bit for bit, in a folder of its own. What has ended is written
//! down at once, so a sweep that was interrupted, or is asked for more trials, goes on where it was.

mod picture;
mod plan;
mod record;
mod table;
mod work;

pub use plan::Lists;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::chain::{Overrides, Session};
use super::command::{Desk, Exit, read};
use super::progress::counted;
use crate::data::mix;
use crate::io::Files;
use crate::sema::by_name;
use crate::tir::{Direction, Metric, Part};
use plan::Trial;
use record::{Known, LINES, Record};
use work::Work;

/// What the command line asks for.
#[derive(Clone, Debug, PartialEq)]
pub struct Sweep {
    pub file: PathBuf,
    pub lists: Lists,
    pub epochs: Option<usize>,
    /// Draws instead of all combinations.
    pub trials: Option<usize>,
    /// The seed of the draws.
    pub draw: u64,
    /// Of each round of successive halving, one in so many goes on.
    pub halving: Option<usize>,
    pub metric: Option<(Metric, Direction)>,
    pub jobs: usize,
    pub threads: Option<usize>,
    pub to: Option<PathBuf>,
}

/// What came of all trials so far, and how the sweep goes on.
struct Course<'a> {
    sweep: &'a Sweep,
    work: Work<'a>,
    files: Files,
    /// What a number in a record depends on besides the settings.
    program: String,
    records: BTreeMap<usize, Record>,
}

impl Desk<'_> {
    pub fn sweep(&mut self, sweep: &Sweep) -> Exit {
        let (name, text, folder) = match read(&sweep.file) {
            Ok(read) => read,
            Err(message) => return self.refuse(&message),
        };
        let mut session = self.chain.open(&name, text.clone(), Files::at(&folder));
        match self.check(&mut *session, &Overrides::default(), false) {
            Exit::Fine => {}
            other => return other,
        }
        let trials = trials(&*session, sweep);
        if trials.is_empty() {
            return self.refuse(
                "nothing varies: give values such as `--lr 1e-4,3e-4`, or `--trials 20` for a program that says \
                 `hyper lr = 1e-3 in log(1e-5..1e-1)`",
            );
        }
        let Some((metric, direction)) = sweep.metric.clone().or_else(|| session.metric()) else {
            return self.refuse("no `save` or `stop` of the program names a metric: say one, `--metric val.loss`");
        };
        let stem = sweep.file.file_stem().unwrap_or_default().to_string_lossy();
        let beside = if folder == Path::new(".") { Path::new("") } else { &folder };
        let to = sweep.to.clone().unwrap_or_else(|| beside.join(format!("runs/{stem}-sweep")));
        let work = Work {
            chain: self.chain,
            name: &name,
            text: &text,
            program: folder.clone(),
            folder: to.clone(),
            threads: sweep.threads,
            metric,
            direction,
            interrupt: self.interrupt,
        };
        let program = fingerprint(&*session);
        let mut course = Course { sweep, work, files: Files::at(&to), program, records: BTreeMap::new() };
        let epochs = sweep.epochs.or_else(|| longest(&*session));
        self.rounds(&mut course, &trials, epochs.unwrap_or(1))
    }

    /// All rounds, of which there is one without halving.
    fn rounds(&mut self, course: &mut Course, trials: &[Trial], epochs: usize) -> Exit {
        let eta = course.sweep.halving.unwrap_or(usize::MAX);
        let rounds = plan::rounds(trials.len(), epochs, eta);
        let mut alive: Vec<&Trial> = trials.iter().collect();
        for (i, &length) in rounds.iter().enumerate() {
            let last = i + 1 == rounds.len();
            let epochs = if last { course.sweep.epochs } else { Some(length) };
            if let Err(message) = self.round(course, &alive, epochs) {
                self.refuse(&message);
                return Exit::Failed;
            }
            if self.interrupt.load(std::sync::atomic::Ordering::Relaxed) {
                break;
            }
            let here = alive.iter().filter_map(|trial| course.records.get(&trial.number).cloned()).collect();
            let ranked = table::ranked(here, course.work.direction);
            let keep = ranked.iter().take((alive.len() / eta).max(1)).map(|record| record.trial);
            let keep: Vec<usize> = keep.collect();
            alive.retain(|trial| keep.contains(&trial.number));
        }
        self.end(course, rounds.len() > 1)
    }

    /// Runs those trials that have not been run before.
    fn round(&mut self, course: &mut Course, trials: &[&Trial], epochs: Option<usize>) -> Result<(), String> {
        let metric = course.work.metric.to_string();
        let known = Known::read(&course.files, &course.program, &metric);
        let mut open = vec![];
        for &trial in trials {
            match known.find(trial, epochs) {
                Some(record) => {
                    self.tell_trial(&record, &metric, " (from before)");
                    course.records.insert(trial.number, record);
                }
                None => open.push((trial, epochs)),
            }
        }
        let mut failed = None;
        let Course { sweep, work, files, program, records } = course;
        work.run(&open, sweep.jobs, &mut |record| {
            let written = files.append_line(LINES, &record.line(program, &metric));
            failed = failed.take().or(written.err());
            self.tell_trial(&record, &metric, "");
            records.insert(record.trial, record);
        });
        match failed {
            Some(error) => Err(format!("`{}` cannot be written: {error}", files.locate(LINES).display())),
            None => Ok(()),
        }
    }

    fn tell_trial(&mut self, record: &Record, metric: &str, note: &str) {
        let value = || {
            let line = record.line("", metric);
            let mut value: serde_json::Value = serde_json::from_str(&line).unwrap_or_default();
            value["event"] = "trial".into();
            value
        };
        self.say(value, || {
            let mut settings: Vec<String> =
                record.settings.iter().map(|(name, value)| format!("{name} {}", table::shown(value))).collect();
            settings.extend(record.seed.map(|seed| format!("seed {seed}")));
            let length = record.epochs.map_or(String::new(), |n| format!(" of {n}"));
            let result = match &record.score {
                Ok((value, epoch)) => format!("{metric} {value:.6} in epoch {epoch}{length}"),
                Err(error) => error.clone(),
            };
            format!("trial {}: {}: {result}{note}", record.trial, settings.join(", "))
        });
    }

    /// The table, the files, and how to run the best one.
    fn end(&mut self, course: &Course, halving: bool) -> Exit {
        let metric = course.work.metric.to_string();
        let ranked = table::ranked(course.records.values().cloned().collect(), course.work.direction);
        let title = format!("{}: {metric} of {}", course.work.name, counted(ranked.len(), "trial"));
        let files =
            [("summary.csv", table::csv(&ranked, &metric)), ("sweep.svg", picture::svg(&ranked, &metric, &title))];
        for (name, text) in &files {
            if let Err(error) = course.files.write(name, text.as_bytes()) {
                self.refuse(&format!("`{}` cannot be written: {error}", course.files.locate(name).display()));
                return Exit::Failed;
            }
        }
        if !self.json {
            self.output.line("");
            for line in table::table(&ranked, &metric, halving) {
                self.output.line(&line);
            }
            self.output.line("");
        }
        let best = ranked.first().filter(|record| record.score.is_ok());
        let folder = course.files.locate("").display().to_string();
        let folder = folder.trim_end_matches('/').to_string();
        let command = best.map(|best| again(course, best));
        let swept = || {
            serde_json::json!({
                "event": "swept", "trials": ranked.len(), "best": best.map(|best| best.trial), "run": command,
                "folder": folder, "metric": metric,
            })
        };
        self.say(swept, || match (best, &command) {
            (Some(best), Some(command)) => {
                format!("best is trial {}: {command}\nsaved {folder}/summary.csv and {folder}/sweep.svg", best.trial)
            }
            _ => "no trial gave a number".to_string(),
        });
        match best {
            _ if self.interrupt.load(std::sync::atomic::Ordering::Relaxed) => {
                self.say(
                    || serde_json::json!({ "event": "interrupted" }),
                    || "interrupted: the same command goes on".to_string(),
                );
                Exit::Interrupted
            }
            Some(_) => Exit::Fine,
            None => Exit::Failed,
        }
    }
}

/// `dln run digits.dln --lr 3e-3`, which gives the numbers of this trial.
fn again(course: &Course, record: &Record) -> String {
    let mut words = vec!["dln run".to_string(), course.work.name.to_string()];
    let flag = |name: &str| name.replace('_', "-");
    let word = |text: String| if text.contains(char::is_whitespace) { format!("'{text}'") } else { text };
    let setting = |name: &str, value| format!("--{} {}", flag(name), word(table::shown(value)));
    words.extend(record.settings.iter().map(|(name, value)| setting(name, value)));
    words.extend(record.seed.map(|seed| format!("--seed {seed}")));
    words.extend(record.epochs.map(|epochs| format!("--epochs {epochs}")));
    words.join(" ")
}

fn trials(session: &dyn Session, sweep: &Sweep) -> Vec<Trial> {
    let axes = plan::axes(&session.hypers(), &session.domains(), &sweep.lists, sweep.trials.is_some());
    match sweep.trials {
        _ if axes.is_empty() => vec![],
        Some(count) => plan::random(&axes, count, sweep.draw),
        None => plan::grid(&axes),
    }
}

/// The program and all that it uses, as a word.
fn fingerprint(session: &dyn Session) -> String {
    let bytes = session.sources().iter().flat_map(|source| source.text.bytes().map(u64::from));
    format!("{:016x}", mix(&bytes.collect::<Vec<_>>()))
}

/// The most epochs that a `train` block has.
fn longest(session: &dyn Session) -> Option<usize> {
    let settings = session.settings(&Overrides::default());
    let epochs = settings.iter().filter(|setting| setting.name.ends_with(".epochs"));
    epochs.filter_map(|setting| setting.value.parse().ok()).max()
}

/// `val.loss`, `highest val.score`
pub fn metric(text: &str) -> Result<(Metric, Direction), String> {
    let (direction, metric) = match text.split_once(' ') {
        Some(("highest", metric)) => (Some(Direction::Highest), metric),
        Some(("lowest", metric)) => (Some(Direction::Lowest), metric),
        Some(_) => return Err("before the metric stands `highest` or `lowest`".to_string()),
        None => (None, text),
    };
    let (part, name) = match metric.split_once('.') {
        Some(("train", name)) => (Part::Train, name),
        Some(("val", name)) => (Part::Val, name),
        _ => return Err("a metric is `train.NAME` or `val.NAME`".to_string()),
    };
    let unknown = || {
        format!(
            "whether a high `{name}` is good cannot be told from its name: say `highest {metric}` or `lowest {metric}`"
        )
    };
    let direction = direction.or_else(|| by_name(name)).ok_or_else(unknown)?;
    Ok((Metric { part, name: name.into() }, direction))
}
