//! One name through all files of a project: what `use` lines bring is followed to where it is declared, and from there to every
//! place that means the same, by the text alone.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::workspace::{Texts, Written};
use crate::base::{Name, Span};
use crate::io::paths::plain;
use crate::syntax::ast::{File, Ident, Item, ItemKind, Module, Use};
use crate::syntax::names::{Foreign, Kind, module_name};

/// What a name means: the place where it is declared, or given as another name by `as`.
#[derive(Clone, Debug, PartialEq)]
pub struct Declared {
    pub path: PathBuf,
    pub span: Span,
    pub name: Name,
}

/// Why a name has no declaration in the project.
#[derive(Clone, Debug, PartialEq)]
pub enum Elsewhere {
    /// The standard library's, of this module.
    Library(String),
    /// The name of a file, by which it was brought.
    File,
    /// No name, or none that anything declares.
    Unknown,
}

/// Places by file, each file's in order.
pub type Places = BTreeMap<PathBuf, Vec<Span>>;

/// What the name at a byte of a file means.
pub fn at(texts: &Texts, path: &Path, offset: u32) -> Result<Declared, Elsewhere> {
    let file = texts.get(path).ok_or(Elsewhere::Unknown)?;
    let covers = |span: Span| span.lo <= offset && offset <= span.hi;
    if let Some((line, original)) = originals(&file.ast).find(|(_, original)| covers(original.span)) {
        return given(texts, path, line, &original.name, &mut vec![]);
    }
    if let Some(foreign) = file.names.foreign.iter().find(|foreign| covers(foreign.name.span)) {
        return foreigner(texts, path, file, foreign);
    }
    bound(texts, path, file, file.names.at(offset).ok_or(Elsewhere::Unknown)?)
}

/// All places in the project that mean something.
pub fn places(texts: &Texts, declared: &Declared) -> Places {
    let mut places = Places::new();
    for (path, file) in texts {
        let same = |found: Result<Declared, Elsewhere>| found.as_ref() == Ok(declared);
        let bindings = 0..file.names.bindings.len();
        let own = bindings.filter(|&at| same(bound(texts, path, file, at))).flat_map(|at| file.names.places(at));
        let lines = originals(&file.ast);
        let brought = lines.filter(|(line, original)| same(given(texts, path, line, &original.name, &mut vec![])));
        let foreign = file.names.foreign.iter().filter(|foreign| same(foreigner(texts, path, file, foreign)));
        let brought = brought.map(|(_, original)| original.span);
        let mut spans: Vec<Span> = own.chain(brought).chain(foreign.map(|foreign| foreign.name.span)).collect();
        spans.sort_by_key(|span| span.lo);
        spans.dedup();
        if !spans.is_empty() {
            places.insert(path.clone(), spans);
        }
    }
    places
}

/// The files that use one, directly or through others, and itself.
pub fn users(texts: &Texts, path: &Path) -> Vec<PathBuf> {
    let mut users = vec![path.to_path_buf()];
    let mut next = 0;
    while let Some(used) = users.get(next).cloned() {
        next += 1;
        let uses = |from: &Path, file: &Written| lines(&file.ast).any(|line| target(from, line) == Ok(used.clone()));
        let new = texts.iter().filter(|(from, file)| !users.contains(from) && uses(from, file));
        let new: Vec<PathBuf> = new.map(|(from, _)| from.clone()).collect();
        users.extend(new);
    }
    users
}

/// The item of a file that declares a name.
pub fn item<'f>(file: &'f File, name: &str) -> Option<(&'f Item, &'f Ident)> {
    file.items.iter().find_map(|item| Some((item, item.names().into_iter().find(|ident| &*ident.name == name)?)))
}

fn lines(file: &File) -> impl Iterator<Item = &Use> {
    file.items.iter().filter_map(|item| match &item.kind {
        ItemKind::Use(line) => Some(line),
        _ => None,
    })
}

/// The names behind the colons of `use` lines, as the files that are used have them.
fn originals(file: &File) -> impl Iterator<Item = (&Use, &Ident)> {
    lines(file).flat_map(|line| line.names.iter().flatten().map(move |(original, _)| (line, original)))
}

/// What a binding of a file means: itself, or what it was brought from.
fn bound(texts: &Texts, path: &Path, file: &Written, binding: usize) -> Result<Declared, Elsewhere> {
    let binding = &file.names.bindings[binding];
    let own = || Declared { path: path.to_path_buf(), span: binding.span, name: binding.name.clone() };
    if binding.kind != Kind::Import {
        return Ok(own());
    }
    let brought = originals(&file.ast).find(|(_, original)| original.span == binding.span);
    let is_alias = |line: &Use| {
        let names = line.names.iter().flatten().filter_map(|(_, alias)| alias.as_ref());
        names.chain(&line.alias).any(|alias| alias.span == binding.span)
    };
    match brought {
        Some((line, original)) => given(texts, path, line, &original.name, &mut vec![]),
        None if lines(&file.ast).any(is_alias) => Ok(own()),
        None => Err(Elsewhere::File),
    }
}

/// What a file's `use` line brings under the name that the other file has for it.
fn given(texts: &Texts, from: &Path, line: &Use, name: &Name, seen: &mut Vec<PathBuf>) -> Result<Declared, Elsewhere> {
    offered(texts, target(from, line)?, name, seen)
}

/// What a file offers under a name: what it declares, or passes on.
fn offered(texts: &Texts, path: PathBuf, name: &Name, seen: &mut Vec<PathBuf>) -> Result<Declared, Elsewhere> {
    let file = texts.get(&path).filter(|_| !seen.contains(&path)).ok_or(Elsewhere::Unknown)?;
    if let Some((_, ident)) = item(&file.ast, name) {
        return Ok(Declared { span: ident.span, name: name.clone(), path });
    }
    let shown = |(original, alias): &(Ident, Option<Ident>)| alias.as_ref().unwrap_or(original).name == *name;
    let passed = |line: &'_ Use| line.names.iter().flatten().find(|pair| shown(pair)).cloned();
    let (line, (original, alias)) =
        lines(&file.ast).find_map(|line| Some((line, passed(line)?))).ok_or(Elsewhere::Unknown)?;
    match alias {
        Some(alias) => Ok(Declared { span: alias.span, name: alias.name, path }),
        None => {
            seen.push(path.clone());
            given(texts, &path, line, &original.name, seen)
        }
    }
}

/// The file that a `use` line names.
fn target(from: &Path, line: &Use) -> Result<PathBuf, Elsewhere> {
    match &line.module {
        Module::Path(parts) => {
            Err(Elsewhere::Library(parts.iter().map(|part| &*part.name).collect::<Vec<_>>().join(".")))
        }
        Module::File { path, .. } => Ok(plain(&from.parent().unwrap_or(Path::new("")).join(&**path))),
    }
}

/// What a name means that belongs to something brought: a member of a file, or an argument of what a file declares.
fn foreigner(texts: &Texts, path: &Path, file: &Written, foreign: &Foreign) -> Result<Declared, Elsewhere> {
    let base = &file.names.bindings[foreign.base];
    let whole = lines(&file.ast).find(|line| {
        let shown = line.alias.clone().or_else(|| module_name(&line.module));
        line.names.is_none() && shown.is_some_and(|shown| shown.span == base.span)
    });
    let member = match (whole, &foreign.within) {
        (Some(line), within) => {
            let name = within.as_ref().unwrap_or(&foreign.name.name);
            given(texts, path, line, name, &mut vec![])?
        }
        (None, None) => original(texts, bound(texts, path, file, foreign.base)?),
        (None, Some(_)) => return Err(Elsewhere::Unknown),
    };
    if !foreign.is_argument {
        return Ok(member);
    }
    let member = original(texts, member);
    parameter(texts, &member, &foreign.name.name).ok_or(Elsewhere::Unknown)
}

/// What was given another name by `as`, by the name that it was declared with. Files may use each other in a circle.
fn original(texts: &Texts, mut declared: Declared) -> Declared {
    for _ in texts {
        let Some(file) = texts.get(&declared.path) else { break };
        let named = |line: &Use| {
            let is_it = |alias: &Option<Ident>| alias.as_ref().is_some_and(|alias| alias.span == declared.span);
            let (name, _) = line.names.iter().flatten().find(|(_, alias)| is_it(alias))?;
            Some(given(texts, &declared.path, line, &name.name, &mut vec![]))
        };
        match lines(&file.ast).find_map(named) {
            Some(Ok(next)) => declared = next,
            _ => break,
        }
    }
    declared
}

/// A parameter or setting of what is declared somewhere.
fn parameter(texts: &Texts, of: &Declared, name: &Name) -> Option<Declared> {
    let (item, _) = item(&texts.get(&of.path)?.ast, &of.name)?;
    let params = match &item.kind {
        ItemKind::Fn(func) => &func.params,
        ItemKind::Layer(layer) => &layer.settings,
        ItemKind::Optimizer(optimizer) => &optimizer.settings,
        _ => return None,
    };
    let ident = params.iter().map(|param| &param.name).find(|ident| ident.name == *name)?;
    Some(Declared { path: of.path.clone(), span: ident.span, name: name.clone() })
}
