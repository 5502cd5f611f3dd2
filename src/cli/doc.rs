//! `dln doc`: pages of a project and of the standard library.

use super::command::{self, Desk, Exit};
use super::progress::counted;
use crate::base::Sources;
use crate::doc::{MARK, Page, Pages, Source, pages};
use crate::driver::Program;
use crate::io::paths::below_one;
use crate::io::{self, Files};
use clap::{Arg, ArgMatches, Command, value_parser};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// `dln doc`
#[derive(Clone, Debug, PartialEq)]
pub struct Doc {
    /// A program with the files that it uses, or a folder with programs; without it there are pages of the library alone.
    pub path: Option<PathBuf>,
    /// The folder of the pages.
    pub to: PathBuf,
}

/// Where the pages go if nothing is said.
const FOLDER: &str = "pages";

pub fn words() -> Command {
    let path = "A program, or a folder with programs [default: the standard library alone]";
    let to = Arg::new("output").long("output").short('o').value_name("FOLDER").value_parser(value_parser!(PathBuf));
    Command::new("doc")
        .about("Write pages for a browser: every definition of a project and of the standard library")
        .arg(Arg::new("PATH").value_parser(value_parser!(PathBuf)).help(path))
        .arg(to.help(format!("The folder of the pages [default: {FOLDER}]")))
}

pub fn read(matches: &ArgMatches) -> Doc {
    let to: Option<PathBuf> = matches.get_one("output").cloned();
    Doc { path: matches.get_one("PATH").cloned(), to: to.unwrap_or_else(|| PathBuf::from(FOLDER)) }
}

/// The files of a project.
#[derive(Default)]
struct Project {
    title: String,
    readme: Option<String>,
    sources: Sources,
    files: Vec<Source>,
}

impl Desk<'_> {
    /// Writes the pages, also of what is wrong in part; that is reported, and ends with the code of a wrong program.
    pub fn doc(&mut self, task: &Doc) -> Exit {
        let project = match &task.path {
            None => Ok(Project { title: "dln".to_string(), ..Project::default() }),
            Some(path) if path.is_dir() => folder(path),
            Some(path) => program(path),
        };
        let project = match project {
            Ok(project) => project,
            Err(message) => return self.refuse(&message),
        };
        let Pages { pages, diagnostics } = pages(&project.title, project.readme.as_deref(), &project.files);
        diagnostics.iter().for_each(|diagnostic| self.show(diagnostic, &project.sources));
        let written = match write(&task.to, &pages) {
            Ok(written) => written,
            Err(message) => return self.refuse(&message),
        };
        let gone = match remove_gone(&task.to, &pages) {
            0 => String::new(),
            gone => format!(", {gone} of modules that are gone removed"),
        };
        let first = task.to.join("index.html");
        self.output.line(&format!(
            "{} written, {} unchanged{gone}; open {}",
            counted(written, "file"),
            pages.len() - written,
            first.display()
        ));
        if diagnostics.is_empty() { Exit::Fine } else { Exit::Program }
    }
}

/// All programs in a folder, and its README.
fn folder(path: &Path) -> Result<Project, String> {
    let unread = |error: std::io::Error| format!("`{}` cannot be read: {error}", path.display());
    let name = path.canonicalize().map_err(unread)?;
    let name = name.file_name().map_or_else(|| "dln".to_string(), |name| name.to_string_lossy().into_owned());
    let mut project = Project { title: name, ..Project::default() };
    for file in command::programs(path)? {
        let (_, text, _) = command::read(&file)?;
        let inside = file.strip_prefix(path).unwrap_or(&file);
        let name = inside.components().map(|part| part.as_os_str().to_string_lossy()).collect::<Vec<_>>().join("/");
        let file = project.sources.add(file.to_string_lossy(), text.clone());
        project.files.push(Source { file, name, text });
    }
    project.readme = std::fs::read_to_string(path.join("README.md")).ok();
    Ok(project)
}

/// A program and the files that it uses.
fn program(path: &Path) -> Result<Project, String> {
    let (_, text, folder) = command::read(path)?;
    let name = path.file_name().map_or_else(|| "main.dln".to_string(), |name| name.to_string_lossy().into_owned());
    let program = Program::open(&name, &text, Files::at(&folder));
    let title = name.strip_suffix(".dln").unwrap_or(&name).to_string();
    let mut project = Project { title, ..Project::default() };
    let own: Vec<_> = program.modules.list.iter().filter(|module| !module.std).collect();
    let names = below_one(&folder, &own.iter().map(|module| module.name.as_str()).collect::<Vec<_>>());
    for (module, name) in own.into_iter().zip(names) {
        let Some(source) = program.sources.get(module.file) else { continue };
        let file = project.sources.add(source.name.clone(), source.text.clone());
        project.files.push(Source { file, name, text: source.text.clone() });
    }
    Ok(project)
}

/// Writes what is not there already; says how many files that were.
fn write(folder: &Path, pages: &[Page]) -> Result<usize, String> {
    let files = Files::at(folder);
    let mut written = 0;
    for page in pages {
        if files.read(&page.path).is_ok_and(|there| *there == *page.text.as_bytes()) {
            continue;
        }
        let path = || folder.join(&page.path);
        files
            .write(&page.path, page.text.as_bytes())
            .map_err(|error| format!("`{}` cannot be written: {error}", path().display()))?;
        written += 1;
    }
    Ok(written)
}

/// Removes the pages that earlier runs wrote for what is no longer there; says how many. Other files of the folder stay.
fn remove_gone(folder: &Path, pages: &[Page]) -> usize {
    let is_gone = |path: &PathBuf| {
        let here = pages.iter().any(|page| folder.join(&page.path) == *path);
        !here && io::text(path).is_some_and(|text| text.contains(MARK))
    };
    // Other pages may lie beside the folders of these.
    let parts: BTreeSet<&str> = pages.iter().filter_map(|page| Some(page.path.split_once('/')?.0)).collect();
    let all = parts.into_iter().flat_map(|part| io::below(&folder.join(part), "html"));
    all.filter(is_gone).filter(|path| std::fs::remove_file(path).is_ok()).count()
}
