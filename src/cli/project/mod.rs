//! `dln new NAME`: a folder with a program that trains at once.

use super::command::{Desk, Exit};
use crate::io::Files;
use clap::{Arg, ArgMatches, Command, value_parser};
use std::path::{Path, PathBuf};

/// The files of a new project. `NAME` stands for its name.
const FILES: [(&str, &str); 3] =
    [("main.dln", include_str!("main.dln")), ("README.md", include_str!("README.md")), (".gitignore", "runs/\n")];

pub fn words() -> Command {
    let folder = Arg::new("NAME").required(true).value_parser(value_parser!(PathBuf)).help("The folder to make");
    Command::new("new").about("Make a project: a program that trains at once, and what belongs to it").arg(folder)
}

/// The folder that is to be made.
pub fn read(matches: &ArgMatches) -> PathBuf {
    matches.get_one("NAME").cloned().unwrap_or_default()
}

impl Desk<'_> {
    pub fn new_project(&mut self, folder: &Path) -> Exit {
        let Some(name) = folder.file_name() else {
            return self.refuse(&format!("`{}` is no name for a folder", folder.display()));
        };
        let taken = match std::fs::read_dir(folder) {
            Ok(mut entries) => entries.next().is_some(),
            Err(_) => folder.symlink_metadata().is_ok(),
        };
        if taken {
            return self.refuse(&format!("`{}` is there already, and not empty", folder.display()));
        }
        let files = Files::at(folder);
        for (path, text) in FILES {
            let text = text.replace("NAME", &name.to_string_lossy());
            if let Err(error) = files.write(path, text.as_bytes()) {
                return self.refuse(&format!("`{}` cannot be written: {error}", folder.join(path).display()));
            }
        }
        let program = folder.join(FILES[0].0);
        self.output.line(&format!("made {}; try: dln run {}", folder.display(), program.display()));
        Exit::Fine
    }
}
