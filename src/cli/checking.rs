//! `dln check`: files, and all files in folders.

use super::chain::Overrides;
use super::command::{Desk, Exit, programs};
use std::path::{Path, PathBuf};

impl Desk<'_> {
    /// Checks every program, whatever becomes of the others. Those that were found in folders are named.
    pub fn check_all(&mut self, paths: &[PathBuf]) -> Exit {
        let mut worst = Exit::Fine;
        for path in paths {
            match programs(path) {
                Ok(files) if !files.is_empty() => {
                    files.iter().for_each(|file| worst = worst.max(self.check_file(file, path.is_dir())));
                }
                Ok(_) => worst = worst.max(self.refuse(&format!("there is no program in `{}`", path.display()))),
                Err(message) => worst = worst.max(self.refuse(&message)),
            }
        }
        worst
    }

    fn check_file(&mut self, file: &Path, is_named: bool) -> Exit {
        if is_named && !self.json {
            self.output.line(&format!("{}:", file.display()));
        }
        self.with(file, |desk, session| desk.check(session, &Overrides::default(), true))
    }
}
