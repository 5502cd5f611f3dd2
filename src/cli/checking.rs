//! `dln check`: files, and all files in folders.

use super::chain::Overrides;
use super::command::{Desk, Exit};
use super::testing::programs;
use std::path::{Path, PathBuf};

impl Desk<'_> {
    /// Checks every program, whatever becomes of the others. Those that were found in folders are named.
    pub fn check_all(&mut self, paths: &[PathBuf]) -> Exit {
        paths
            .iter()
            .map(|path| if path.is_dir() { self.check_folder(path) } else { self.check_file(path) })
            .max()
            .unwrap_or(Exit::Fine)
    }

    fn check_folder(&mut self, folder: &Path) -> Exit {
        let files = match programs(folder) {
            Ok(files) if files.is_empty() => {
                return self.refuse(&format!("there is no program in `{}`", folder.display()));
            }
            Ok(files) => files,
            Err(error) => return self.refuse(&format!("`{}` cannot be read: {error}", folder.display())),
        };
        let one = |file: &PathBuf| {
            if !self.json {
                self.output.line(&format!("{}:", file.display()));
            }
            self.check_file(file)
        };
        files.iter().map(one).max().unwrap_or(Exit::Fine)
    }

    fn check_file(&mut self, file: &Path) -> Exit {
        self.with(file, |desk, session| desk.check(session, &Overrides::default(), true))
    }
}
