//! Names: scopes of values, and the modules that a file brings in.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::sync::Arc;

use crate::base::{FileId, Name, Sources, Span};
use crate::diag::Diagnostic;
use crate::id;
use crate::syntax::{self, Pieces, ast};

use super::imports::brought;
use super::session::Question;
use super::value::Value;

id!(
    /// A file of the program, the standard library's included.
    ModuleId,
    "module"
);

/// Names and values; inner scopes see outer ones.
#[derive(Clone, Debug)]
pub struct Scope<'a>(Rc<Inner<'a>>);

#[derive(Debug)]
struct Inner<'a> {
    values: RefCell<BTreeMap<Name, Value<'a>>>,
    parent: Option<Scope<'a>>,
    module: ModuleId,
    /// A new function or layer begins here: names further out belong to somebody else.
    border: bool,
}

impl<'a> Scope<'a> {
    /// The scope of a function or layer of `module`.
    pub fn root(module: ModuleId) -> Scope<'a> {
        Scope(Rc::new(Inner { values: RefCell::default(), parent: None, module, border: true }))
    }

    /// A block inside this scope.
    pub fn block(&self) -> Scope<'a> {
        self.child(false)
    }

    /// The body of a function that was made in this scope.
    pub fn function(&self) -> Scope<'a> {
        self.child(true)
    }

    fn child(&self, border: bool) -> Scope<'a> {
        let inner = Inner { values: RefCell::default(), parent: Some(self.clone()), module: self.0.module, border };
        Scope(Rc::new(inner))
    }

    pub fn module(&self) -> ModuleId {
        self.0.module
    }

    pub fn set(&self, name: &Name, value: Value<'a>) {
        self.0.values.borrow_mut().insert(name.clone(), value);
    }

    pub fn get(&self, name: &str) -> Option<Value<'a>> {
        let mut scope = self;
        loop {
            if let Some(value) = scope.0.values.borrow().get(name) {
                return Some(value.clone());
            }
            scope = scope.0.parent.as_ref()?;
        }
    }

    /// Gives a name its value where it is bound (a layer's `_`, in the layer's scope).
    pub fn fill(&self, name: &str, value: Value<'a>) {
        let mut scope = self;
        loop {
            if let Some(slot) = scope.0.values.borrow_mut().get_mut(name) {
                *slot = value;
                return;
            }
            match &scope.0.parent {
                Some(parent) => scope = parent,
                None => return,
            }
        }
    }

    /// Only in this very scope.
    pub fn own(&self, name: &str) -> Option<Value<'a>> {
        self.0.values.borrow().get(name).cloned()
    }

    /// Bound in an enclosing block of the same function, so that assigning it here would hide it until the block ends.
    pub fn shadows(&self, name: &str) -> bool {
        let mut scope = self;
        while !scope.0.border {
            let Some(parent) = &scope.0.parent else { return false };
            if parent.0.values.borrow().contains_key(name) {
                return true;
            }
            scope = parent;
        }
        false
    }

    /// All names that can be seen, for suggestions.
    pub fn names(&self) -> Vec<Name> {
        let mut names: Vec<Name> = self.0.values.borrow().keys().cloned().collect();
        if let Some(parent) = &self.0.parent {
            names.extend(parent.names());
        }
        names
    }
}

/// Where the text of modules comes from; reading files is the rim's work.
pub trait Library {
    /// The text that `module` names, seen from the file called `from`: its display name and text; or why not.
    fn read(&mut self, from: &str, module: &ast::Module) -> Result<(String, String), Missing>;
}

/// Why a module could not be read.
#[derive(Debug)]
pub enum Missing {
    /// No such module; the names of those that exist.
    Unknown(Vec<String>),
    /// The path leads out of the project's folder.
    Outside,
    /// It exists and could not be read.
    Unreadable(String),
}

/// A file with its tree and what its `use` lines resolved to.
#[derive(Debug)]
pub struct Module {
    pub name: String,
    pub file: FileId,
    /// The texts that it is made of: its file, or the inputs of a session.
    pub parts: Vec<FileId>,
    pub ast: Arc<ast::File>,
    pub imports: Vec<(ModuleId, ast::Use)>,
    /// What it uses of modules that could not be read; that has been reported.
    pub missing: Vec<ast::Use>,
    /// Part of the standard library: errors inside it are shown at the user's call.
    pub std: bool,
    /// Where in the tree each name is declared; the first place of a name that has several.
    places: BTreeMap<Name, usize>,
}

impl Module {
    /// The item that declares a name.
    pub fn item(&self, name: &str) -> Option<&ast::Item> {
        self.places.get(name).map(|&at| &self.ast.items[at])
    }

    /// Where in the tree a name is declared.
    pub fn place(&self, name: &str) -> Option<usize> {
        self.places.get(name).copied()
    }

    /// The names that it declares.
    pub fn names(&self) -> impl Iterator<Item = &Name> {
        self.places.keys()
    }

    /// Its `use` lines.
    pub fn uses(&self) -> impl Iterator<Item = &ast::Use> {
        self.ast.items.iter().filter_map(|item| match &item.kind {
            ast::ItemKind::Use(u) => Some(u),
            _ => None,
        })
    }

    /// Whether nothing but `use` lines is in it.
    fn only_passes_on(&self) -> bool {
        self.ast.items.iter().all(|item| matches!(item.kind, ast::ItemKind::Use(_)))
    }
}

/// All modules of a run, the main one first.
#[derive(Debug, Default)]
pub struct Modules {
    pub list: Vec<Module>,
    pub diagnostics: Vec<Diagnostic>,
    /// What a session asks, behind the items of its main module.
    pub question: Option<Question>,
}

/// The main file is always the first module.
pub const MAIN: ModuleId = ModuleId(0);
/// The prelude is always the second.
pub const PRELUDE: ModuleId = ModuleId(1);

impl Modules {
    pub fn get(&self, id: ModuleId) -> &Module {
        &self.list[id.index()]
    }

    pub fn of_file(&self, file: FileId) -> Option<&Module> {
        // Files are read in the order of their modules, unless a session has put several into one.
        let own = |module: &&Module| module.parts.contains(&file);
        self.list.get(file.index()).filter(own).or_else(|| self.list.iter().find(own))
    }

    /// Reads the main file and all that it uses.
    pub fn load(sources: &mut Sources, name: &str, text: &str, prelude: &str, library: &mut dyn Library) -> Modules {
        let mut loader = Loader::new(sources, library);
        loader.add(name, text, false);
        loader.finish(prelude)
    }

    /// A main module out of the items of several texts, which are among the sources, and what is asked of it.
    pub fn assemble(sources: &mut Sources, main: Assembled, prelude: &str, library: &mut dyn Library) -> Modules {
        let mut loader = Loader::new(sources, library);
        loader.push(main.name, main.parts, Arc::new(ast::File { items: main.items }), false);
        loader.modules.question = main.question;
        loader.finish(prelude)
    }
}

/// A main module that is made of several texts.
pub struct Assembled {
    pub name: String,
    pub parts: Vec<FileId>,
    pub items: Vec<ast::Item>,
    pub question: Option<Question>,
}

struct Loader<'l> {
    sources: &'l mut Sources,
    library: &'l mut dyn Library,
    modules: Modules,
    /// Modules whose imports are being followed, to find cycles.
    open: Vec<ModuleId>,
    /// The `use` lines that nobody has needed yet of the library's modules that only pass on, such as `std.nn`.
    waiting: BTreeMap<ModuleId, Vec<ast::Use>>,
}

impl<'l> Loader<'l> {
    fn new(sources: &'l mut Sources, library: &'l mut dyn Library) -> Loader<'l> {
        Loader { sources, library, modules: Modules::default(), open: vec![], waiting: BTreeMap::new() }
    }

    /// Reads all that the main module, which is there, uses.
    fn finish(mut self, prelude: &str) -> Modules {
        let prelude = self.add("std/prelude.dln", prelude, true);
        debug_assert_eq!(prelude, PRELUDE);
        self.follow(MAIN);
        self.follow_prelude();
        self.modules
    }

    fn add(&mut self, name: &str, text: &str, std: bool) -> ModuleId {
        // A mark of the byte order, which some editors put in front, is no part of the text.
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let file = self.sources.add(name, text);
        let (ast, diagnostics) = if std { library_tree(file, name, text) } else { tree(file, name, text) };
        self.modules.diagnostics.extend(diagnostics);
        self.push(name.to_string(), vec![file], ast, std)
    }

    fn push(&mut self, name: String, parts: Vec<FileId>, ast: Arc<ast::File>, std: bool) -> ModuleId {
        let id = ModuleId::from(self.modules.list.len());
        let mut places = BTreeMap::new();
        for (at, item) in ast.items.iter().enumerate() {
            for ident in item.names() {
                places.entry(ident.name.clone()).or_insert(at);
            }
        }
        let file = parts.first().copied().unwrap_or(Span::none().file);
        self.modules.list.push(Module { name, file, parts, ast, imports: vec![], missing: vec![], std, places });
        id
    }

    fn follow(&mut self, id: ModuleId) {
        let uses = self.modules.get(id).uses().cloned().collect();
        self.bring_all(id, uses);
    }

    fn bring_all(&mut self, id: ModuleId, uses: Vec<ast::Use>) {
        self.open.push(id);
        let module = self.modules.get(id);
        let (from, std) = (module.name.clone(), module.std);
        uses.into_iter().for_each(|u| self.bring(id, &from, std, u));
        self.open.pop();
    }

    /// Follows, of a module that only passes on, the lines that give what `u` asks for: all, where it takes the whole module.
    fn reach(&mut self, id: ModuleId, u: &ast::Use) {
        let Some(lines) = self.waiting.remove(&id) else { return };
        let asked = |name: &Name| u.names.iter().flatten().any(|(asked, _)| asked.name == *name);
        let is_needed = |line: &ast::Use| u.names.is_none() || brought(line).iter().any(|passed| asked(&passed.name));
        let (needed, others) = lines.into_iter().partition(is_needed);
        self.waiting.insert(id, others);
        self.bring_all(id, needed);
    }

    /// The prelude passes much on, uses none of it itself, and a program uses little: only those modules are read of which some
    /// name is written anywhere.
    fn follow_prelude(&mut self) {
        let (from, prelude) = (self.modules.get(PRELUDE).name.clone(), self.modules.get(PRELUDE).file);
        let mut waiting: Vec<ast::Use> = self.modules.get(PRELUDE).uses().cloned().collect();
        let offered: BTreeSet<Name> = waiting.iter().flat_map(given).collect();
        let mut written: BTreeSet<Name> = BTreeSet::new();
        let mut read = 0;
        loop {
            for module in self.modules.list[read..].iter().filter(|module| module.file != prelude) {
                let texts = || module.parts.iter().filter_map(|&part| self.sources.get(part));
                match module.std {
                    false => texts().for_each(|text| written.extend(mentioned(&text.text, &offered))),
                    true => {
                        let names = || Rc::new(texts().flat_map(|text| mentioned(&text.text, &offered)).collect());
                        let known = |all: &mut BTreeMap<String, Rc<BTreeSet<Name>>>| {
                            all.entry(module.name.clone()).or_insert_with(names).clone()
                        };
                        written.extend(WRITTEN.with_borrow_mut(known).iter().cloned());
                    }
                }
            }
            read = self.modules.list.len();
            let is_written = |u: &ast::Use| given(u).any(|name| written.contains(&name));
            let (wanted, others): (Vec<_>, Vec<_>) = waiting.into_iter().partition(is_written);
            if wanted.is_empty() {
                return;
            }
            wanted.into_iter().for_each(|u| self.bring(PRELUDE, &from, true, u));
            waiting = others;
        }
    }

    /// One `use` line of a module.
    fn bring(&mut self, id: ModuleId, from: &str, std: bool, u: ast::Use) {
        let target = self.import(from, std, &u);
        let module = &mut self.modules.list[id.index()];
        match target {
            Some(target) => module.imports.push((target, u)),
            None => module.missing.push(u),
        }
    }

    fn import(&mut self, from: &str, from_std: bool, u: &ast::Use) -> Option<ModuleId> {
        let span = u.module.span();
        let (name, text) = match self.library.read(from, &u.module) {
            Ok(found) => found,
            Err(missing) => {
                self.modules.diagnostics.push(unreadable(&u.module, missing));
                return None;
            }
        };
        if let Some(at) = self.modules.list.iter().position(|m| m.name == name) {
            let id = ModuleId::from(at);
            if self.open.contains(&id) && id != PRELUDE {
                self.modules.diagnostics.push(self.cycle(id, span));
                return None;
            }
            self.reach(id, u);
            return Some(id);
        }
        let std = from_std || matches!(&u.module, ast::Module::Path(_));
        let id = self.add(&name, &text, std);
        let module = self.modules.get(id);
        if std && module.only_passes_on() {
            self.waiting.insert(id, module.uses().cloned().collect());
            self.reach(id, u);
        } else {
            self.follow(id);
        }
        Some(id)
    }

    fn cycle(&self, id: ModuleId, span: Span) -> Diagnostic {
        let start = self.open.iter().position(|&m| m == id).unwrap_or(0);
        let mut names: Vec<&str> = self.open[start..].iter().map(|&m| self.modules.get(m).name.as_str()).collect();
        names.push(&self.modules.get(id).name);
        Diagnostic::error("E0204", span, "these files use each other in a circle", "this closes the circle")
            .note(format!("the circle: {}", names.join(" -> ")))
            .help("move what both need into a third file")
    }
}

type Tree = (Arc<ast::File>, Vec<Diagnostic>);

fn tree(file: FileId, name: &str, text: &str) -> Tree {
    let parsed = PIECES.with_borrow_mut(|pieces| match pieces.get_mut(name) {
        Some(known) => syntax::parse_again(file, text, known),
        None => {
            // Only a file that is read again is worth keeping.
            pieces.insert(name.to_string(), Pieces::default());
            syntax::parse(file, text)
        }
    });
    (Arc::new(parsed.file), parsed.diagnostics)
}

thread_local! {
    /// Files of the library as they were last read, each with its place among the sources: their texts never change, and a server
    /// reads them again with every key.
    static READ: RefCell<BTreeMap<String, (FileId, Tree)>> = RefCell::default();
    /// The items of the user's files, by their names.
    static PIECES: RefCell<BTreeMap<String, Pieces>> = RefCell::default();
    /// The names that files of the library use of the prelude, by theirs.
    static WRITTEN: RefCell<BTreeMap<String, Rc<BTreeSet<Name>>>> = RefCell::default();
}

/// The tree of a file of the library.
fn library_tree(file: FileId, name: &str, text: &str) -> Tree {
    READ.with_borrow_mut(|read| match read.get(name) {
        Some((at, known)) if *at == file => known.clone(),
        _ => {
            let parsed = syntax::parse_used(file, text);
            let fresh = (Arc::new(parsed.file), parsed.diagnostics);
            read.insert(name.to_string(), (file, fresh.clone()));
            fresh
        }
    })
}

/// Those of some names that a text mentions, but for its `use` lines.
fn mentioned<'t>(text: &'t str, names: &'t BTreeSet<Name>) -> impl Iterator<Item = Name> + 't {
    let lines = text.lines().filter(|line| !line.starts_with("use "));
    let words = lines.flat_map(|line| line.split(|c: char| !(c.is_alphanumeric() || c == '_')));
    words.filter_map(|word| names.get(word).cloned())
}

/// The names behind the colon of a `use` line, as the module that is used has them.
fn given(u: &ast::Use) -> impl Iterator<Item = Name> + '_ {
    u.names.iter().flatten().map(|(name, _)| name.name.clone())
}

fn unreadable(module: &ast::Module, missing: Missing) -> Diagnostic {
    let span = module.span();
    let shown = match module {
        ast::Module::Path(parts) => parts.iter().map(|p| p.name.to_string()).collect::<Vec<_>>().join("."),
        ast::Module::File { path, .. } => path.to_string(),
    };
    match missing {
        Missing::Unknown(_) if matches!(module, ast::Module::File { .. }) => {
            Diagnostic::error("E0202", span, format!("there is no file `{shown}`"), "not found")
                .note("paths begin at the folder of the file that names them")
        }
        Missing::Unknown(known) => {
            let diagnostic = Diagnostic::error("E0202", span, format!("there is no module `{shown}`"), "not found");
            let namesake = known.iter().find(|path| path.rsplit('.').next() == shown.rsplit('.').next());
            match namesake.map(String::as_str).or(crate::diag::nearest(&shown, known.iter().map(String::as_str))) {
                Some(near) => diagnostic.fix(format!("did you mean `{near}`?"), span, near.to_string()),
                None if known.is_empty() => diagnostic,
                None => {
                    let public: Vec<&str> =
                        known.iter().map(String::as_str).filter(|path| path.matches('.').count() == 1).collect();
                    diagnostic.note(format!("the modules are {}", public.join(", ")))
                }
            }
        }
        Missing::Outside => {
            let text = format!("`{shown}` lies outside the project's folder");
            Diagnostic::error("E0205", span, text, "leads out of the project")
                .note("the project is the nearest folder above with a `main.dln`, or else the folder of the program")
                .help("put the file into the project and use a path inside it")
        }
        Missing::Unreadable(why) => {
            Diagnostic::error("E0202", span, format!("`{shown}` cannot be read: {why}"), "cannot be read")
        }
    }
}
