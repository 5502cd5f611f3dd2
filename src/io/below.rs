//! The files of one kind below a folder, for those who look at a project as it lies on the disk.

use std::fs;
use std::path::{Path, PathBuf};

/// What the folder of a run has: its copies of sources are no part of a project.
pub const RUN: &str = "run.json";

/// The files with an extension below a folder, in the order of their paths; hidden folders, runs and what tools build are nobody's
/// project. Links are not followed: they may lead in a circle.
pub fn below(folder: &Path, extension: &str) -> Vec<PathBuf> {
    let mut paths = vec![];
    find(folder, extension, &mut paths);
    paths
}

fn find(folder: &Path, extension: &str, paths: &mut Vec<PathBuf>) {
    let mut entries: Vec<_> = fs::read_dir(folder).into_iter().flatten().flatten().collect();
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        let (path, name) = (entry.path(), entry.file_name());
        let is_folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
        let is_other = name.to_string_lossy().starts_with('.') || name == "target" || name == "node_modules";
        match is_folder {
            true if !is_other && !path.join(RUN).exists() => find(&path, extension, paths),
            false if path.extension().is_some_and(|own| own == extension) => paths.push(path),
            _ => {}
        }
    }
}

/// What tells whether a file was written again: when, and how long it is.
#[derive(Clone, Debug)]
pub struct Stamp(fs::Metadata);

impl Stamp {
    pub fn of(path: &Path) -> Option<Stamp> {
        fs::metadata(path).ok().map(Stamp)
    }
}

impl PartialEq for Stamp {
    fn eq(&self, other: &Stamp) -> bool {
        self.0.len() == other.0.len() && self.0.modified().ok() == other.0.modified().ok()
    }
}

/// The text of a file, if it is one.
pub fn text(path: &Path) -> Option<String> {
    fs::read_to_string(path).ok()
}
