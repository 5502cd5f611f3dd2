//! The built binary in a temporary folder.

use serde_json::Value;
use std::fs;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use tempfile::TempDir;

/// A folder with programs.
pub struct Desk(TempDir);

/// How a command ended.
pub struct Ended {
    pub code: Option<i32>,
    pub out: String,
    pub err: String,
}

impl Desk {
    pub fn new(files: &[(&str, &str)]) -> Desk {
        let desk = Desk(tempfile::tempdir().expect("a folder"));
        files.iter().for_each(|(name, text)| desk.write(name, text.as_bytes()));
        desk
    }

    pub fn path(&self) -> &Path {
        self.0.path()
    }

    pub fn write(&self, name: &str, bytes: &[u8]) {
        fs::write(self.path().join(name), bytes).expect("a writable folder");
    }

    pub fn read(&self, name: &str) -> Vec<u8> {
        fs::read(self.path().join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    pub fn command(&self, line: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_dln"));
        command.current_dir(self.path()).args(line.split_whitespace()).env("LC_ALL", "C").stdin(Stdio::null());
        command
    }

    /// Runs `dln LINE`.
    pub fn dln(&self, line: &str) -> Ended {
        Ended::from(self.command(line).output().expect("dln starts"))
    }

    pub fn start(&self, line: &str) -> Child {
        self.command(line).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("dln starts")
    }
}

impl Ended {
    pub fn from(output: Output) -> Ended {
        let text = |bytes| String::from_utf8(bytes).expect("text");
        Ended { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
    }

    #[track_caller]
    pub fn ends(self, code: i32) -> Ended {
        assert_eq!(self.code, Some(code), "{}{}", self.out, self.err);
        self
    }

    /// The lines of `--json`.
    #[track_caller]
    pub fn json(&self) -> Vec<Value> {
        self.out.lines().map(|line| serde_json::from_str(line).expect(line)).collect()
    }

    /// The numbers of `--json` lines, without the times.
    #[track_caller]
    pub fn untimed(&self) -> Vec<Value> {
        let mut lines = self.json();
        lines.iter_mut().for_each(|line| drop(line.as_object_mut().and_then(|line| line.remove("seconds"))));
        lines
    }
}
