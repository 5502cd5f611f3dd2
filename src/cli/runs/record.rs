//! Writes a run down while it goes on: each event is on the disk's way before the next one happens, so a process that is
//! killed loses a part of a line at most. A disk that is full ends the record and never the run.

use std::io::{self, Write};
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};

use super::super::json;
use super::board::Board;
use super::folder::{BOARD, CHECKPOINTS, Folder, PICTURES, RESUME, SOURCES};
use super::info::{Environment, Info, Said, State};
use super::log::Log;
use crate::base::Sources;
use crate::io::Files;
use crate::io::paths::below_one;
use crate::train::{Event, json as metrics};

/// Steps up to this are all written down; of those up to ten times as many each tenth, and so on.
const ALL: usize = 10_000;

/// A run that is written down.
pub struct Recorder {
    folder: Folder,
    info: Info,
    board: Board,
    /// As the program sees them.
    files: Files,
    /// Steps of the training that goes on, and its name.
    step: usize,
    name: String,
    /// Seconds of earlier processes.
    before: f64,
    /// A run that is taken up begins with this, and says then where it goes on.
    start: Option<Event>,
    /// Why nothing more is written.
    broken: Option<io::Error>,
}

impl Recorder {
    /// Writes down what the run is. The error is for the person at the command line.
    pub fn begin(
        mut folder: Folder,
        files: Files,
        program: &Path,
        command: &[String],
        settings: Vec<Said>,
        threads: Option<usize>,
        sources: &Sources,
    ) -> Result<Recorder, String> {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_secs());
        let earlier = if folder.taken_up { Info::read(&folder.path).ok() } else { None };
        let info = Info {
            program: program.to_string_lossy().to_string(),
            command: command.to_vec(),
            began: earlier.as_ref().map_or(now, |info| info.began),
            seconds: earlier.as_ref().map_or(0.0, |info| info.seconds),
            state: State::Running,
            failure: None,
            peak_memory: None,
            settings,
            environment: Environment::here(threads),
        };
        // Nothing was kept of a run that ended too soon: it begins anew.
        let anew = folder.taken_up && !folder.path.join(RESUME).exists();
        folder.taken_up &= !anew;
        let emptied = if anew { folder.metrics.set_len(0) } else { Ok(()) };
        let written =
            emptied.and_then(|()| info.write(&folder.path)).and_then(|()| copy_sources(&folder.path, program, sources));
        let board = written.and_then(|()| Board::new(folder.path.join(BOARD), info.began));
        let board = board.map_err(|error| format!("`{}` cannot be written: {error}", folder.path.display()))?;
        let (step, name, before) = (0, String::new(), 0.0);
        Ok(Recorder { folder, info, board, files, step, name, before, start: None, broken: None })
    }

    pub fn path(&self) -> &Path {
        &self.folder.path
    }

    /// Takes an event, so many seconds after this process began. Gives a warning when it is the first that could not be written.
    pub fn on(&mut self, event: &Event, seconds: f64) -> Option<String> {
        if self.broken.is_some() {
            return None;
        }
        let error = self.take(event, seconds).err()?;
        let path = self.folder.path.display();
        let warning = format!("warning: `{path}` is written no further: {error}; the run goes on");
        self.broken = Some(error);
        Some(warning)
    }

    fn take(&mut self, event: &Event, seconds: f64) -> io::Result<()> {
        match (event, self.start.take()) {
            (Event::Start { .. }, _) if std::mem::take(&mut self.folder.taken_up) => {
                self.start = Some(event.clone());
                Ok(())
            }
            (Event::TakenUp { epoch, step }, Some(Event::Start { training, job, .. })) => {
                self.name = job.to_string();
                self.step = *step;
                self.go_on(training, *epoch, *step)
            }
            (_, Some(start)) => {
                self.add(&start, seconds)?;
                self.add(event, seconds)
            }
            (_, None) => self.add(event, seconds),
        }
    }

    /// Forgets what an earlier process did behind the place at which the run goes on.
    fn go_on(&mut self, training: usize, epoch: usize, step: usize) -> io::Result<()> {
        let log = Log::read(&self.folder.path);
        let (bytes, lines) = log.before(training, epoch, step);
        self.folder.metrics.set_len(bytes as u64)?;
        log.lines[..lines].iter().try_for_each(|line| self.board.line(line))?;
        let seconds = log.lines[..lines].iter().rev().find_map(|line| line["seconds"].as_f64());
        self.before = seconds.unwrap_or(0.0);
        Ok(())
    }

    fn add(&mut self, event: &Event, seconds: f64) -> io::Result<()> {
        let seconds = rounded(self.before + seconds);
        let line = match event {
            Event::Start { job, .. } => {
                self.step = 0;
                self.name = job.to_string();
                json::event(event, seconds)
            }
            Event::Step { epoch, own, .. } => {
                self.step += 1;
                let wanted = self.step.is_multiple_of(stride(self.step));
                wanted.then(|| json!({ "event": "step", "epoch": epoch, "step": self.step, "train": metrics(own) }))
            }
            Event::Epoch { .. } => json::event(event, seconds).map(|mut line| {
                line["step"] = self.step.into();
                line
            }),
            Event::Saved { path, because } => {
                self.copy(path, because.as_ref().map(|best| best.metric.to_string()), seconds)?;
                json::event(event, seconds)
            }
            _ => json::event(event, seconds),
        };
        let Some(mut line) = line else { return Ok(()) };
        line["seconds"] = seconds.into();
        self.folder.metrics.write_all(format!("{line}\n").as_bytes())?;
        self.board.line(&line)
    }

    /// Keeps what the program has saved: pictures, and the best weights.
    fn copy(&mut self, path: &str, best: Option<String>, seconds: f64) -> io::Result<()> {
        let own = Files::at(&self.folder.path);
        if let Some(metric) = best {
            let to = format!("{CHECKPOINTS}/best-{}-{metric}.safetensors", self.name);
            return own.link(&self.files.locate(path), &to);
        }
        let picture = path.ends_with(".png") || path.ends_with(".svg");
        if picture {
            let bytes = self.files.read_back(path)?;
            let inside = Files::at(&self.folder.path).writing_to(self.folder.path.join(PICTURES));
            inside.write(path, &bytes)?;
            self.board.picture(path, &bytes, seconds)?;
        }
        Ok(())
    }

    /// Writes how the run ended.
    pub fn end(&mut self, state: State, failure: Option<String>, seconds: f64) -> Result<(), String> {
        (self.info.state, self.info.failure) = (state, failure);
        self.info.peak_memory = crate::io::memory::peak();
        self.info.seconds = rounded(self.before + seconds);
        let written = self.info.write(&self.folder.path);
        written.map_err(|error| format!("`{}` cannot be written: {error}", self.folder.path.display()))
    }

    /// Writes a file of values beside the others.
    pub fn leave(&self, name: &str, value: &Value) -> Result<(), String> {
        let written = Files::at(&self.folder.path).write(name, format!("{value}\n").as_bytes());
        written.map_err(|error| format!("`{}` cannot be written: {error}", self.folder.path.join(name).display()))
    }
}

/// Milliseconds are enough.
fn rounded(seconds: f64) -> f64 {
    (seconds * 1e3).round() / 1e3
}

/// Of so many steps each so manyth is written down: a long run has a file of a size that can be read.
fn stride(step: usize) -> usize {
    let mut stride = 1;
    while step > ALL * stride {
        stride *= 10;
    }
    stride
}

/// The program and the files of its project that it uses, as they are now; the library is that of this version of dln.
fn copy_sources(folder: &Path, program: &Path, sources: &Sources) -> io::Result<()> {
    let files = Files::at(folder).writing_to(folder.join(SOURCES));
    let beside = program.parent().unwrap_or(Path::new(""));
    let own: Vec<_> = sources.iter().filter(|source| !source.name.starts_with("std/")).collect();
    // The program has its name as it was called, what it uses as seen from its folder.
    let names: Vec<_> = own
        .iter()
        .map(|source| {
            Path::new(&source.name)
                .strip_prefix(beside)
                .map_or(&*source.name, |name| name.to_str().unwrap_or(&source.name))
        })
        .collect();
    for (source, name) in own.iter().zip(below_one(beside, &names)) {
        files.write(&name, source.text.as_bytes())?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_runs_are_written_down_more_and_more_rarely() {
        let written = |n: usize| (1..=n).filter(|step| step.is_multiple_of(stride(*step))).count();
        assert_eq!([1, 10_000, 10_001, 100_000, 1_000_000].map(written), [1, 10_000, 10_000, 19_000, 28_000]);
    }
}
