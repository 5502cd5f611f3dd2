//! The file system as a program sees it. Reading and writing of data goes through here and nowhere else.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use super::paths::{plain, whole};

/// The program of a project, as `dln new` makes it.
const MAIN: &str = "main.dln";

/// Files by the paths that programs write: relative ones begin at the folder of the program, `std:name` is what ships
/// inside the binary.
#[derive(Clone, Debug)]
pub struct Files {
    base: PathBuf,
    /// Where what is written begins, if not at `base`.
    output: Option<PathBuf>,
    /// Texts that an editor has open: what is on the disk is older.
    open: Arc<BTreeMap<PathBuf, String>>,
}

impl Files {
    pub fn at(base: impl Into<PathBuf>) -> Files {
        Files { base: base.into(), output: None, open: Arc::default() }
    }

    /// The same files, with all that is written below a folder, wherever its path leads.
    pub fn writing_to(self, folder: impl Into<PathBuf>) -> Files {
        Files { output: Some(folder.into()), ..self }
    }

    /// Those that begin at a folder of these.
    pub fn below(self, folder: &str) -> Files {
        Files { base: self.base.join(folder), ..self }
    }

    /// The same files, with some of them as an editor has them.
    pub fn with_open(self, open: BTreeMap<PathBuf, String>) -> Files {
        Files { open: Arc::new(open), ..self }
    }

    /// Where a path of the program lies on this machine.
    pub fn locate(&self, path: &str) -> PathBuf {
        self.base.join(path)
    }

    /// The folder of the project that these files belong to: the nearest one, from that of the program upwards, with a
    /// `main.dln`; that of the program where there is none.
    pub fn project(&self) -> PathBuf {
        let own = whole(&self.base);
        let is_there = |path: &Path| self.open.contains_key(path) || path.is_file();
        own.ancestors().find(|folder| is_there(&folder.join(MAIN))).unwrap_or(&own).to_path_buf()
    }

    /// The bytes of a regular file.
    pub fn read(&self, path: &str) -> io::Result<Cow<'static, [u8]>> {
        if let Some(name) = path.strip_prefix("std:") {
            return embedded(name).map(Cow::Borrowed);
        }
        let path = self.locate(path);
        if let Some(text) = self.open.get(&plain(&path)) {
            return Ok(Cow::Owned(text.clone().into_bytes()));
        }
        if !fs::metadata(&path)?.is_file() {
            return Err(io::Error::other("it is not a regular file"));
        }
        fs::read(path).map(Cow::Owned)
    }

    /// What is in a folder, in order; folders end with `/`. A folder that cannot be read is empty.
    pub fn names(&self, path: &str) -> Vec<String> {
        let entry = |entry: fs::DirEntry| {
            let name = entry.file_name().to_string_lossy().into_owned();
            if entry.path().is_dir() { format!("{name}/") } else { name }
        };
        let entries = fs::read_dir(self.locate(path)).into_iter().flatten().flatten();
        let mut names: Vec<String> = entries.map(entry).collect();
        names.sort();
        names
    }

    /// The bytes of a file that a run has written.
    pub fn read_back(&self, path: &str) -> io::Result<Vec<u8>> {
        fs::read(self.writable(path)?)
    }

    /// Removes a file that a run has written; one that is not there, or whose folder is none, is no error.
    pub fn remove(&self, path: &str) -> io::Result<()> {
        match fs::remove_file(self.writable(path)?) {
            Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => Ok(()),
            ended => ended,
        }
    }

    /// Replaces or makes a file and the folders on the way to it. Whatever happens, the file is the old one or the new
    /// one, never a part; when this returns, the new one survives a loss of power.
    pub fn write(&self, path: &str, bytes: &[u8]) -> io::Result<()> {
        self.write_by(path, |draft| fs::write(draft, bytes))
    }

    /// As `write`, with what `make` writes to the path that it is given.
    pub fn write_by(&self, path: &str, make: impl FnOnce(&Path) -> io::Result<()>) -> io::Result<()> {
        let path = self.writable(path)?;
        let folder = folder(&path);
        fs::create_dir_all(folder)?;
        let draft = draft(&path);
        let written = make(&draft).and_then(|()| synced(&draft)).and_then(|()| fs::rename(&draft, &path));
        if written.is_err() {
            // The first error is the one to tell; a draft that cannot be removed is only litter.
            let _ = fs::remove_file(&draft);
        }
        written?;
        sync_folder(folder)
    }

    /// A file as it is now under another name, which stays as it is when the first is replaced. Where a file cannot have two
    /// names it is copied.
    pub fn link(&self, from: &Path, to: &str) -> io::Result<()> {
        let to = self.writable(to)?;
        fs::create_dir_all(folder(&to))?;
        let draft = draft(&to);
        let made = fs::hard_link(from, &draft).or_else(|_| fs::copy(from, &draft).map(drop));
        made.and_then(|()| fs::rename(&draft, &to)).inspect_err(|_| {
            let _ = fs::remove_file(&draft);
        })?;
        // Two names of one file are not exchanged, and the draft stays.
        match fs::remove_file(&draft) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }

    /// Adds a line to a file of lines, made if it is not there.
    pub fn append_line(&self, path: &str, line: &str) -> io::Result<()> {
        let path = self.writable(path)?;
        fs::create_dir_all(folder(&path))?;
        let mut file = File::options().append(true).create(true).open(path)?;
        file.write_all(format!("{line}\n").as_bytes())
    }

    fn writable(&self, path: &str) -> io::Result<PathBuf> {
        let path_on_disk = match &self.output {
            None => self.locate(path),
            Some(folder) => {
                let inside = Path::new(path).components().filter(|part| matches!(part, Component::Normal(_)));
                folder.join(inside.collect::<PathBuf>())
            }
        };
        if path.starts_with("std:") || path_on_disk.file_name().is_none() {
            return Err(io::Error::other("it is no place to write a file to"));
        }
        Ok(path_on_disk)
    }
}

fn embedded(name: &str) -> io::Result<&'static [u8]> {
    crate::stdlib::data(name).ok_or_else(|| io::Error::new(io::ErrorKind::NotFound, "it does not ship with dln"))
}

fn folder(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

/// A name beside `path` that nobody else writes to. The process is part of it, so that two runs do not meet.
fn draft(path: &Path) -> PathBuf {
    let mut name = std::ffi::OsString::from(".");
    name.push(path.file_name().unwrap_or_default());
    name.push(format!(".{}.tmp", std::process::id()));
    path.with_file_name(name)
}

fn synced(path: &Path) -> io::Result<()> {
    File::options().write(true).open(path)?.sync_all()
}

/// A rename is durable when its folder is.
#[cfg(unix)]
fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

/// Folders cannot be opened here; the system keeps their order itself.
#[cfg(not(unix))]
fn sync_folder(_folder: &Path) -> io::Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writes_are_whole_and_leave_nothing_behind() {
        let dir = tempfile::tempdir().unwrap();
        let files = Files::at(dir.path());
        files.write("a/b/c.bin", b"one").unwrap();
        files.write("a/b/c.bin", b"two").unwrap();
        assert_eq!(&*files.read("a/b/c.bin").unwrap(), b"two");
        let names: Vec<_> = fs::read_dir(dir.path().join("a/b")).unwrap().collect();
        assert_eq!(names.len(), 1, "no draft is left: {names:?}");
    }

    #[test]
    fn a_link_keeps_what_was_there() {
        let dir = tempfile::tempdir().unwrap();
        let files = Files::at(dir.path());
        files.write("best.bin", b"one").unwrap();
        for _ in 0..2 {
            files.link(&files.locate("best.bin"), "kept/best.bin").unwrap();
        }
        files.write("best.bin", b"two").unwrap();
        assert_eq!(&*files.read("kept/best.bin").unwrap(), b"one");
        files.link(&files.locate("best.bin"), "kept/best.bin").unwrap();
        assert_eq!(&*files.read("kept/best.bin").unwrap(), b"two");
        assert_eq!(fs::read_dir(dir.path().join("kept")).unwrap().count(), 1);
        assert!(files.link(&files.locate("nowhere.bin"), "kept/best.bin").is_err());
    }

    #[test]
    fn a_failed_write_keeps_the_old_file() {
        let dir = tempfile::tempdir().unwrap();
        let files = Files::at(dir.path());
        fs::create_dir(dir.path().join("folder")).unwrap();
        assert!(files.write("folder", b"x").is_err());
        assert!(dir.path().join("folder").is_dir());
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
        assert!(files.write("std:x", b"x").is_err());
    }

    #[test]
    fn what_is_written_can_be_led_elsewhere() {
        let dir = tempfile::tempdir().unwrap();
        let files = Files::at("nowhere").writing_to(dir.path());
        files.write("../runs/a.txt", b"a").unwrap();
        files.append_line("/b.txt", "b").unwrap();
        assert!(dir.path().join("runs/a.txt").is_file() && dir.path().join("b.txt").is_file());
        assert!(files.read("std:digits.csv").is_ok());
    }

    #[test]
    fn std_files_ship_inside() {
        let files = Files::at("nowhere");
        assert!(files.read("std:digits.csv").unwrap().starts_with(b"p0,"));
        assert!(files.read("std:digit.csv").is_err());
    }

    #[test]
    fn only_regular_files_are_read() {
        let dir = tempfile::tempdir().unwrap();
        assert!(Files::at(dir.path()).read(".").is_err());
    }
}
