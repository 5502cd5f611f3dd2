//! `run.json`: what a run is, apart from its numbers.

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::super::chain::{Origin, Setting};
use super::folder::{INFO, is_running};
use crate::base::Sources;
use crate::io::Files;

/// What `run.json` says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Info {
    /// The file, as the command line names it.
    pub program: String,
    /// The command line.
    pub command: Vec<String>,
    /// Seconds since 1970.
    pub began: u64,
    /// Over all parts of a run that was taken up again.
    pub seconds: f64,
    pub state: State,
    /// Why it failed, in a line.
    pub failure: Option<String>,
    /// Bytes that its process had at most, where the system says.
    #[serde(default)]
    pub peak_memory: Option<u64>,
    /// What the program was set to, and who said so.
    pub settings: Vec<Said>,
    pub environment: Environment,
}

/// How a run stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    Running,
    Finished,
    Interrupted,
    Failed,
    /// Its process ended without a word; no file says so.
    Killed,
}

/// A setting and its origin.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Said {
    pub name: String,
    pub value: String,
    /// `default`, `command line`, or a place in a file.
    pub origin: String,
}

/// Where a run was made.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Environment {
    pub dln: String,
    pub system: String,
    pub processor: String,
    /// Of those that make a difference to numeric work.
    pub features: Vec<String>,
    pub processors: usize,
    pub threads: usize,
    /// Bytes that a program may have.
    pub memory: u64,
}

impl Info {
    /// Writes it, whole or not at all.
    pub fn write(&self, folder: &Path) -> std::io::Result<()> {
        let text = serde_json::to_string_pretty(self).expect("texts and numbers are JSON");
        Files::at(folder).write(INFO, format!("{text}\n").as_bytes())
    }

    /// Reads it, with what has become of the run. The error says what is wrong with the folder.
    pub fn read(folder: &Path) -> Result<Info, String> {
        let text = std::fs::read(folder.join(INFO)).map_err(|error| format!("`{INFO}` cannot be read: {error}"))?;
        let info = serde_json::from_slice(&text).map_err(|error| format!("`{INFO}` is not what dln writes: {error}"));
        let mut info: Info = info?;
        if info.state == State::Running && !is_running(folder) {
            info.state = State::Killed;
        }
        Ok(info)
    }

    /// A setting by its name; of `seed` and the like, that of any training.
    pub fn setting(&self, name: &str) -> Option<&str> {
        let is = |said: &&Said| said.name == name || said.name.rsplit_once('.').is_some_and(|(_, last)| last == name);
        self.settings.iter().find(is).map(|said| &*said.value)
    }
}

impl State {
    pub fn word(self) -> &'static str {
        match self {
            State::Running => "running",
            State::Finished => "finished",
            State::Interrupted => "interrupted",
            State::Failed => "failed",
            State::Killed => "killed",
        }
    }
}

impl Said {
    pub fn of(setting: &Setting, sources: &Sources) -> Said {
        let origin = match setting.origin {
            Origin::Default => "default".to_string(),
            Origin::File(span) => sources.place(span),
            Origin::CommandLine => "command line".to_string(),
        };
        Said { name: setting.name.clone(), value: setting.value.clone(), origin }
    }
}

impl Environment {
    /// This machine, with so many threads, or as many as there are processors.
    pub fn here(threads: Option<usize>) -> Environment {
        let processors = std::thread::available_parallelism().map_or(1, usize::from);
        let cpu = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
        let field = |names: [&str; 2]| {
            let value = |line: &str| {
                let (name, value) = line.split_once(':')?;
                names.contains(&name.trim()).then(|| value.trim().to_string())
            };
            cpu.lines().find_map(value).unwrap_or_default()
        };
        let flags = field(["flags", "Features"]);
        Environment {
            dln: env!("CARGO_PKG_VERSION").to_string(),
            system: format!("{} {}", std::env::consts::OS, std::env::consts::ARCH),
            processor: field(["model name", "Model"]),
            features: flags.split_whitespace().filter(|flag| FEATURES.contains(flag)).map(str::to_string).collect(),
            processors,
            threads: threads.unwrap_or(processors),
            memory: crate::io::memory::limit(),
        }
    }
}

/// Instructions that kernels choose among, by the names that Linux gives them.
const FEATURES: [&str; 14] = [
    "sse4_2",
    "avx",
    "avx2",
    "fma",
    "f16c",
    "avx512f",
    "avx512bw",
    "avx512dq",
    "avx512vl",
    "avx512_bf16",
    "avx512_vnni",
    "amx_tile",
    "amx_bf16",
    "asimd",
];
