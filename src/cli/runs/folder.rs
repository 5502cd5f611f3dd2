//! The folder of a run: what it is called, and that nobody else writes into it.

use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

/// Where folders of runs lie, from where the user stands.
pub const ROOT: &str = "runs";
/// What is in a folder: what the run is, what it told, the page about it, the model, the times of a step.
pub const INFO: &str = crate::io::RUN;
pub const METRICS: &str = "metrics.jsonl";
pub const REPORT: &str = "report.html";
pub const MODEL: &str = "model.json";
pub const TIMES: &str = "times.json";
/// Folders in it: copies of sources, of what was drawn, of the best weights, and TensorBoard's.
pub const SOURCES: &str = "source";
pub const PICTURES: &str = "pictures";
pub const CHECKPOINTS: &str = "checkpoints";
pub const BOARD: &str = "tensorboard";
/// The place at which an unfinished run goes on, and the last weights.
pub const RESUME: &str = "checkpoints/resume.safetensors";
pub const LAST: &str = "checkpoints/last.safetensors";

/// Where a run is to leave its folder.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Leave {
    /// `runs/digits-001`, or the first number that is free.
    #[default]
    Numbered,
    At(PathBuf),
    Nowhere,
}

/// A folder that this process alone writes into.
pub struct Folder {
    pub path: PathBuf,
    /// An earlier process has begun the run.
    pub taken_up: bool,
    /// Locked as long as it is open; the system unlocks it however the process ends.
    pub metrics: File,
}

impl Folder {
    /// Makes a folder, or takes the one of a run that is to go on. The error is for the person at the command line.
    pub fn open(program: &Path, leave: &Leave, resume: bool) -> Result<Option<Folder>, String> {
        let stem = program.file_stem().unwrap_or_default().to_string_lossy();
        let unmade = |path: &Path, error: io::Error| {
            format!(
                "the run folder `{}` cannot be made: {error}\nhelp: `--to DIR` names another place, `--no-folder` leaves none",
                path.display()
            )
        };
        let (path, taken_up) = match leave {
            Leave::Nowhere => return Ok(None),
            Leave::At(path) if path.join(INFO).exists() => match resume {
                true => (path.clone(), true),
                false => {
                    let path = path.display();
                    return Err(format!(
                        "`{path}` is the folder of another run\nhelp: `--resume` goes on with it, `--to DIR` names another place"
                    ));
                }
            },
            Leave::At(path) => {
                fs::create_dir_all(path).map_err(|error| unmade(path, error))?;
                (path.clone(), false)
            }
            Leave::Numbered => match unfinished(Path::new(ROOT), &stem).filter(|_| resume) {
                Some(path) => (path, true),
                None => {
                    let made = next(Path::new(ROOT), &stem);
                    (made.map_err(|error| unmade(&Path::new(ROOT).join(&*stem), error))?, false)
                }
            },
        };
        let metrics = File::options().read(true).append(true).create(true).open(path.join(METRICS));
        let metrics = metrics.map_err(|error| unmade(&path, error))?;
        if let Err(TryLockError::WouldBlock) = metrics.try_lock() {
            return Err(format!("the run in `{}` has not ended: another process writes there", path.display()));
        }
        Ok(Some(Folder { path, taken_up, metrics }))
    }
}

/// Makes the folder with the number behind the highest; a number that another process takes meanwhile is passed over.
fn next(root: &Path, stem: &str) -> io::Result<PathBuf> {
    fs::create_dir_all(root)?;
    let highest = numbered(root, stem).last().map_or(0, |(number, _)| *number);
    for number in highest + 1.. {
        let path = root.join(format!("{stem}-{number:03}"));
        match fs::create_dir(&path) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            made => return made.map(|()| path),
        }
    }
    unreachable!("there is no last number")
}

/// The newest run of a program that can go on.
fn unfinished(root: &Path, stem: &str) -> Option<PathBuf> {
    let can_go_on = |path: &PathBuf| path.join(RESUME).is_file() && !is_running(path);
    numbered(root, stem).into_iter().rev().map(|(_, path)| path).find(can_go_on)
}

/// The folders `STEM-NUMBER`, by their numbers.
fn numbered(root: &Path, stem: &str) -> Vec<(u64, PathBuf)> {
    let number = |path: &Path| {
        let name = path.file_name()?.to_str()?;
        name.strip_prefix(stem)?.strip_prefix('-')?.parse::<u64>().ok()
    };
    let entries = fs::read_dir(root).into_iter().flatten().flatten().map(|entry| entry.path());
    let mut found: Vec<_> = entries.filter_map(|path| Some((number(&path)?, path))).collect();
    found.sort();
    found
}

/// Whether a process is at work there: it holds the lock.
pub fn is_running(folder: &Path) -> bool {
    let Ok(metrics) = File::open(folder.join(METRICS)) else { return false };
    matches!(metrics.try_lock_shared(), Err(TryLockError::WouldBlock))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_go_on_behind_the_highest() {
        let dir = tempfile::tempdir().unwrap();
        for name in ["a-002", "a-010", "a-b-099", "b-7", "a-x"] {
            fs::create_dir(dir.path().join(name)).unwrap();
        }
        let name = |stem: &str| next(dir.path(), stem).unwrap().file_name().unwrap().to_string_lossy().to_string();
        assert_eq!([name("a"), name("a"), name("b"), name("c")], ["a-011", "a-012", "b-008", "c-001"]);
    }

    #[test]
    fn a_folder_has_one_writer_and_one_run() {
        let dir = tempfile::tempdir().unwrap();
        let at = Leave::At(dir.path().join("run"));
        let open = |resume| Folder::open(Path::new("a.dln"), &at, resume);
        let first = open(false).unwrap().unwrap();
        assert!(is_running(&first.path) && open(false).is_err_and(|error| error.contains("has not ended")));
        fs::write(first.path.join(INFO), "{}").unwrap();
        let path = first.path.clone();
        drop(first);
        assert!(!is_running(&path));
        assert!(open(false).is_err_and(|error| error.contains("another run")));
        assert!(open(true).unwrap().unwrap().taken_up);
        assert!(Folder::open(Path::new("a.dln"), &Leave::Nowhere, false).unwrap().is_none());
    }
}
