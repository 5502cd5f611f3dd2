//! Open files, and what is known of each: its names and what the checker says of it, as of its present text.

use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use lsp_types::{Location, Uri};

use super::place::{self, Text};
use super::workspace::{Texts, Workspace, Written};
use crate::base::Span;
use crate::diag::Diagnostic;
use crate::driver::Program;
use crate::driver::summary::Uses;
use crate::io::paths::plain;
use crate::io::{self, Files};
use crate::sema::{Checked, Known, MAIN, Module, Note, Options, Regions, with_spans};
use crate::syntax::ast::ItemKind;
use crate::syntax::names::Names;

/// A file that an editor shows.
#[derive(Debug)]
pub struct Document {
    pub uri: Uri,
    pub path: PathBuf,
    pub version: i32,
    pub text: Text,
}

/// What is known of a file and of all that it uses.
pub struct Analysis {
    pub program: Rc<Program>,
    pub checked: Checked,
    pub names: Rc<Names>,
    /// The file as it was when this was found out.
    pub text: Text,
    /// What trainings and tests said when they were last looked at, as far as they stand there unchanged; nothing where
    /// `checked` knows it.
    pub late: Vec<Diagnostic>,
    /// Whether trainings and tests were looked at.
    pub whole: bool,
    /// What its layers cost where they are called, if somebody has asked.
    pub uses: OnceCell<Uses>,
    folder: PathBuf,
    library: PathBuf,
}

/// What stays of a file from one text to the next.
#[derive(Default)]
struct Memory {
    known: Known,
    /// What was said when only declarations had been looked at: all else is of trainings and tests.
    early: Vec<Diagnostic>,
    late: Vec<Diagnostic>,
    regions: Regions,
}

/// All open files, and those beside them.
pub struct Project {
    documents: BTreeMap<String, Document>,
    analyses: BTreeMap<String, Rc<Analysis>>,
    memories: BTreeMap<String, Memory>,
    /// Files of which the editor has not been told what is known now.
    untold: BTreeSet<String>,
    /// Files of which all is known, and was not when the editor was last told.
    fresh: BTreeSet<String>,
    /// How many changes wait to be heard: what is found out until then is of no use.
    changes: Arc<AtomicUsize>,
    /// Where the standard library's files can be shown from.
    library: PathBuf,
    workspace: Workspace,
}

impl Project {
    /// A project in some folders, without an open file.
    pub fn new(library: PathBuf, folders: Vec<PathBuf>, changes: Arc<AtomicUsize>) -> Project {
        let (documents, analyses, memories) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
        let workspace = Workspace::new(folders);
        let (untold, fresh) = (BTreeSet::new(), BTreeSet::new());
        Project { documents, analyses, memories, untold, fresh, changes, library, workspace }
    }

    pub fn open(&mut self, uri: Uri, version: i32, text: String) {
        // A text that was never saved has its place in the working folder.
        let path = place::path(&uri).unwrap_or_else(|| PathBuf::from("untitled.dln"));
        self.changed(&path);
        self.untold.insert(uri.to_string());
        self.documents.insert(uri.to_string(), Document { uri, path, version, text: Text::new(text) });
    }

    pub fn change(&mut self, uri: &Uri, version: i32, edit: impl FnOnce(&Text) -> String) {
        let Some(document) = self.documents.get_mut(uri.as_str()) else { return };
        document.text = Text::new(edit(&document.text));
        document.version = version;
        let path = document.path.clone();
        self.changed(&path);
        self.untold.insert(uri.to_string());
    }

    pub fn close(&mut self, uri: &Uri) {
        if let Some(document) = self.documents.remove(uri.as_str()) {
            self.changed(&document.path);
            self.analyses.remove(uri.as_str());
            self.memories.remove(uri.as_str());
            self.untold.remove(uri.as_str());
        }
    }

    pub fn documents(&self) -> impl Iterator<Item = &Document> {
        self.documents.values()
    }

    pub fn document(&self, uri: &Uri) -> Option<&Document> {
        self.documents.get(uri.as_str())
    }

    /// Forgets what was known of a file, and of those that use it.
    pub fn changed(&mut self, path: &Path) {
        let uses = |(uri, analysis): (&String, &Rc<Analysis>)| analysis.uses(path).then(|| uri.clone());
        for uri in self.analyses.iter().filter_map(uses).collect::<Vec<_>>() {
            self.analyses.remove(&uri);
            self.untold.insert(uri);
        }
    }

    /// The files of which the editor is to be told; asking tells.
    pub fn untold(&mut self) -> Vec<Uri> {
        let untold = std::mem::take(&mut self.untold);
        untold.iter().filter_map(|uri| self.documents.get(uri)).map(|document| document.uri.clone()).collect()
    }

    /// What is known of a file at once, perhaps without its trainings and tests.
    pub fn glance(&mut self, uri: &Uri) -> Option<Rc<Analysis>> {
        if let Some(known) = self.analyses.get(uri.as_str()) {
            return Some(known.clone());
        }
        let document = self.documents.get(uri.as_str())?;
        let mut memory = self.memories.remove(uri.as_str()).unwrap_or_default();
        let read = Read::new(document, self.open_texts())?;
        let (analysis, memory) = guarded(|| {
            let whole = !read.runs();
            let analysis = read.again(whole, &mut memory, Arc::default(), &self.library);
            if whole {
                // Nothing of it is of trainings and tests.
                memory.late.clear();
            }
            (analysis, memory)
        })?;
        let analysis = Rc::new(analysis);
        self.memories.insert(uri.to_string(), memory);
        self.analyses.insert(uri.to_string(), analysis.clone());
        Some(analysis)
    }

    /// All that is known of a file; finds it out if need be, and gives nothing when a change comes before that.
    pub fn analysis(&mut self, uri: &Uri) -> Option<Rc<Analysis>> {
        let glance = self.glance(uri)?;
        if glance.whole {
            return Some(glance);
        }
        let mut memory = self.memories.remove(uri.as_str()).unwrap_or_default();
        let changes = self.changes.clone();
        let read = Read::of(&glance);
        let (analysis, memory) = guarded(|| {
            let analysis = read.again(true, &mut memory, changes, &self.library);
            (analysis, memory)
        })?;
        self.memories.insert(uri.to_string(), memory);
        if self.is_changing() {
            return None;
        }
        let analysis = Rc::new(analysis);
        self.analyses.insert(uri.to_string(), analysis.clone());
        self.fresh.insert(uri.to_string());
        Some(analysis)
    }

    /// Files of which all is known by now; asking tells.
    pub fn found(&mut self) -> Vec<(Uri, Rc<Analysis>)> {
        let fresh = std::mem::take(&mut self.fresh);
        let found = |uri: &String| Some((self.documents.get(uri)?.uri.clone(), self.analyses.get(uri)?.clone()));
        fresh.iter().filter_map(found).collect()
    }

    /// Whether a change waits to be heard.
    pub fn is_changing(&self) -> bool {
        self.changes.load(Ordering::Relaxed) > 0
    }

    /// Files of which only a glance is known.
    pub fn glanced(&self) -> Vec<Uri> {
        let part = self.analyses.iter().filter(|(_, analysis)| !analysis.whole);
        part.filter_map(|(uri, _)| self.documents.get(uri)).map(|document| document.uri.clone()).collect()
    }

    /// What is known of a file, which need not be open.
    pub fn analysis_of(&mut self, path: &Path) -> Option<Rc<Analysis>> {
        match self.opened(path).map(|document| document.uri.clone()) {
            Some(uri) => self.analysis(&uri),
            None => self.with_texts(path, BTreeMap::new()).map(Rc::new),
        }
    }

    /// What would be known of a file if some files had other texts.
    pub fn with_texts(&self, path: &Path, changed: BTreeMap<PathBuf, String>) -> Option<Analysis> {
        let mut open = self.open_texts();
        open.extend(changed);
        let text = open.get(path).cloned().or_else(|| io::text(path))?;
        let document = Document { uri: self.uri(path)?, path: path.to_path_buf(), version: 0, text: Text::new(text) };
        analyse(&document, open, &self.library)
    }

    /// All files of the project by their texts: those of the editor's folders, and without a folder those that an open file uses.
    pub fn texts(&mut self, uri: &Uri) -> Texts {
        let mut texts = self.workspace.files();
        if let Some(analysis) = self.analysis(uri) {
            let used = analysis.program.modules.list.iter().skip(1).filter(|module| !module.std);
            for (module, path) in used.map(|module| (module, analysis.file(module))) {
                let text = || analysis.program.sources.get(module.file).map(|source| source.text.clone());
                let written = || Rc::new(Written::new(Text::new(text().unwrap_or_default())));
                texts.entry(path).or_insert_with(written);
            }
        }
        self.with_open(texts)
    }

    /// All files of the editor's folders.
    pub fn all_texts(&mut self) -> Texts {
        let texts = self.workspace.files();
        self.with_open(texts)
    }

    /// Texts, with those that are open as they are now.
    fn with_open(&self, mut texts: Texts) -> Texts {
        let open = self.documents.values();
        texts.extend(open.map(|open| (open.path.clone(), Rc::new(Written::new(open.text.clone())))));
        texts
    }

    fn open_texts(&self) -> BTreeMap<PathBuf, String> {
        self.documents.values().map(|open| (open.path.clone(), open.text.text.clone())).collect()
    }

    fn opened(&self, path: &Path) -> Option<&Document> {
        self.documents.values().find(|document| document.path == path)
    }

    /// The name that the editor has for a file.
    pub fn uri(&self, path: &Path) -> Option<Uri> {
        self.opened(path).map(|document| document.uri.clone()).or_else(|| place::uri(path))
    }

    /// A path for people: inside its folder.
    pub fn shown(&self, path: &Path) -> String {
        let inside = self.workspace.folders.iter().find_map(|folder| path.strip_prefix(folder).ok());
        inside.unwrap_or(path).display().to_string()
    }

    /// Whether a file is one of the standard library's.
    pub fn is_library(&self, path: &Path) -> bool {
        path.starts_with(&self.library)
    }

    /// `std.nn.linear` of a file of the standard library.
    pub fn module(&self, path: &Path) -> String {
        let inside = path.strip_prefix(&self.library).unwrap_or(path).with_extension("");
        format!("std.{}", inside.display().to_string().replace(['/', '\\'], "."))
    }
}

/// Reads and checks a file.
pub fn analyse(document: &Document, open: BTreeMap<PathBuf, String>, library: &Path) -> Option<Analysis> {
    let read = Read::new(document, open)?;
    guarded(|| read.again(true, &mut Memory::default(), Arc::default(), library))
}

/// A mistake of dln itself costs what is known of a file, not the session.
fn guarded<T>(work: impl FnOnce() -> T) -> Option<T> {
    catch_unwind(AssertUnwindSafe(work)).ok()
}

/// A file that has been read, with all that it uses.
struct Read {
    program: Rc<Program>,
    names: Rc<Names>,
    text: Text,
    folder: PathBuf,
}

impl Read {
    fn new(document: &Document, open: BTreeMap<PathBuf, String>) -> Option<Read> {
        let folder = document.path.parent().map_or_else(|| PathBuf::from("."), Path::to_path_buf);
        let name =
            document.path.file_name().map_or_else(|| "main.dln".into(), |name| name.to_string_lossy().into_owned());
        let text = &document.text.text;
        guarded(|| {
            let program = Program::open(&name, text, Files::at(&folder).with_open(open));
            let names = Names::of(&program.modules.get(MAIN).ast, text);
            Read { program: Rc::new(program), names: Rc::new(names), text: document.text.clone(), folder }
        })
    }

    fn of(analysis: &Analysis) -> Read {
        let (program, names) = (analysis.program.clone(), analysis.names.clone());
        Read { program, names, text: analysis.text.clone(), folder: analysis.folder.clone() }
    }

    /// Whether anything in the file runs.
    fn runs(&self) -> bool {
        let runs = |kind: &ItemKind| matches!(kind, ItemKind::Train(_) | ItemKind::Test(_) | ItemKind::Run(_));
        // A value at the top level may be a training, too.
        let holds = |kind: &ItemKind| matches!(kind, ItemKind::Let(_));
        self.program.modules.get(MAIN).ast.items.iter().any(|item| runs(&item.kind) || holds(&item.kind))
    }

    /// Checks it, all of it or what is declared, with what is remembered of the text before.
    fn again(self, whole: bool, memory: &mut Memory, stop: Arc<AtomicUsize>, library: &Path) -> Analysis {
        let options = Options { notes: true, runs: whole, stop, ..Options::default() };
        let checked = self.program.check_again(&options, &mut memory.known);
        let regions = Regions::of(&self.program.modules, &self.program.sources);
        if whole && !options.is_stopped() {
            let is_late = |d: &&Diagnostic| !memory.early.contains(d);
            memory.late = checked.diagnostics.iter().filter(is_late).cloned().collect();
        } else if !whole {
            let main = self.program.modules.get(MAIN).file;
            let place = |span: Span| match span.file == main {
                true => memory.regions.moved(span, &regions),
                false => Some(span),
            };
            let is_new =
                |d: &Diagnostic| checked.diagnostics.iter().all(|own| (own.code, own.span()) != (d.code, d.span()));
            let late = std::mem::take(&mut memory.late).into_iter().filter_map(|d| with_spans(d, place));
            memory.late = late.filter(is_new).collect();
            memory.early = checked.diagnostics.clone();
        }
        memory.regions = regions;
        let late = if whole { vec![] } else { memory.late.clone() };
        let Read { program, names, text, folder } = self;
        let uses = OnceCell::new();
        Analysis { program, checked, names, text, late, whole, uses, folder, library: library.to_path_buf() }
    }
}

impl Analysis {
    pub fn main(&self) -> &Module {
        self.program.modules.get(MAIN)
    }

    /// A span of the main file, from two of its bytes.
    pub fn is_main(&self, span: Span) -> bool {
        span.file == self.main().file
    }

    /// Whether a file is the main one, or used by it.
    fn uses(&self, path: &Path) -> bool {
        self.program.modules.list.iter().any(|module| !module.std && self.file(module) == path)
            // A file that was not there may be there now.
            || self.program.modules.list.iter().any(|module| !module.missing.is_empty())
    }

    /// The text of a file that a `use` line here would name so.
    pub fn beside(&self, path: &str) -> Option<String> {
        String::from_utf8(self.program.files.read(path).ok()?.into_owned()).ok()
    }

    /// The programs in a folder beside this file, and its folders, which end with `/`.
    pub fn names_in(&self, folder: &str) -> Vec<String> {
        let names = self.program.files.names(if folder.is_empty() { "." } else { folder });
        let is_one = |name: &String| {
            !name.starts_with('.') && (name.ends_with('/') || name.ends_with(".dln")) && *name != self.main().name
        };
        names.into_iter().filter(is_one).collect()
    }

    /// Where a module of the project lies.
    fn file(&self, module: &Module) -> PathBuf {
        plain(&self.folder.join(&module.name))
    }

    /// The file that a span lies in.
    pub fn path_of(&self, span: Span) -> Option<PathBuf> {
        let module = self.program.modules.of_file(span.file)?;
        match module.std {
            true => Some(self.library.join(module.name.strip_prefix("std/").unwrap_or(&module.name))),
            false => Some(self.file(module)),
        }
    }

    /// A span as the protocol has it.
    pub fn location(&self, span: Span) -> Option<Location> {
        let uri = place::uri(&self.path_of(span)?)?;
        if self.is_main(span) {
            return Some(Location::new(uri, self.text.range(span)));
        }
        let text = Text::new(self.program.sources.get(span.file)?.text.clone());
        Some(Location::new(uri, text.range(span)))
    }

    /// The innermost note on a place of the main file.
    pub fn note_at(&self, offset: usize) -> Option<&Note> {
        let covers = |note: &&Note| self.is_main(note.span) && note.span.range().contains(&offset);
        self.checked.notes.iter().filter(covers).min_by_key(|note| note.span.hi - note.span.lo)
    }

    /// The notes on just this span; all are in the order of their places.
    pub fn notes_on(&self, span: Span) -> impl Iterator<Item = &Note> {
        let first = self.checked.notes.partition_point(|note| note.span < span);
        self.checked.notes[first..].iter().take_while(move |note| note.span == span)
    }
}
