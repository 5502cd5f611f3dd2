//! All places of a name in a project, and another name for it at all of them.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};

use lsp_types::{Location, Position, PrepareRenameResponse, TextEdit, Uri, WorkspaceEdit};

use super::across::{self, Declared, Elsewhere, Places};
use super::place::Text;
use super::project::{Analysis, Project};
use super::workspace::Texts;
use crate::base::Span;
use crate::diag::{Diagnostic, Severity};
use crate::syntax::ast::{Ident, Item, ItemKind, Member};
use crate::syntax::lexer::lex;
use crate::syntax::token::Token;

/// Everywhere that the name at a place is meant.
pub fn references(project: &mut Project, uri: &Uri, position: Position, with_declaration: bool) -> Vec<Location> {
    let texts = project.texts(uri);
    let Ok(declared) = declared(project, &texts, uri, position) else { return vec![] };
    let mut locations = vec![];
    for (path, spans) in places(project, &texts, &declared) {
        let (Some(uri), Some(file)) = (project.uri(&path), texts.get(&path)) else { continue };
        let is_own = |span: &Span| path == declared.path && *span == declared.span;
        let spans = spans.into_iter().filter(|span| with_declaration || !is_own(span));
        locations.extend(spans.map(|span| Location::new(uri.clone(), file.text.range(span))));
    }
    locations
}

/// What would be renamed: a name that the project declares.
pub fn prepare(project: &mut Project, uri: &Uri, position: Position) -> Option<PrepareRenameResponse> {
    let texts = project.texts(uri);
    declared(project, &texts, uri, position).ok()?;
    let text = &project.document(uri)?.text;
    let word = text.word(text.offset(position));
    Some(PrepareRenameResponse::Range(lsp_types::Range::new(text.position(word.start), text.position(word.end))))
}

/// The edits that give a name another one everywhere, or why that cannot be. What the checker would find wrong afterwards is found
/// before anything is changed.
#[allow(clippy::mutable_key_type, reason = "the protocol's crate says so; nobody changes a key")]
pub fn rename(project: &mut Project, uri: &Uri, position: Position, name: &str) -> Result<WorkspaceEdit, String> {
    let tokens = lex(name);
    if !matches!(tokens.as_slice(), [token] if token.token == Token::Name) {
        return Err(format!("`{name}` is no name: letters, digits and `_`, and no word of the language"));
    }
    let texts = project.texts(uri);
    let declared = declared(project, &texts, uri, position).map_err(|elsewhere| match elsewhere {
        Elsewhere::Library(module) => format!("this name is the standard library's: it is declared in `{module}`"),
        Elsewhere::File => "this is the name of a file: say `as` behind it to call it otherwise".to_string(),
        Elsewhere::Unknown => "this name is declared nowhere in the project".to_string(),
    })?;
    let places = places(project, &texts, &declared);
    if let Some(path) = places.iter().find_map(|(path, spans)| taken(&texts, path, spans, name)) {
        let place = if path == declared.path { String::new() } else { format!(" in `{}`", project.shown(&path)) };
        return Err(format!("there is a `{name}` already where `{}` is used{place}", declared.name));
    }
    let changed = places.iter().map(|(path, spans)| (path.clone(), replaced(&texts[path].text, spans, name))).collect();
    if let Some((path, error)) = broken(project, &texts, &declared, changed) {
        return Err(format!("`{}` would no longer be right: {}", project.shown(&path), error.message));
    }
    let mut changes = HashMap::new();
    for (path, spans) in places {
        let text = &texts[&path].text;
        let edits = spans.iter().map(|span| TextEdit { range: text.range(*span), new_text: name.to_string() });
        let uri = project.uri(&path).ok_or_else(|| format!("`{}` has no address", path.display()))?;
        changes.insert(uri, edits.collect());
    }
    Ok(WorkspaceEdit { changes: Some(changes), ..WorkspaceEdit::default() })
}

/// A file in which a name is seen already at one of the places.
fn taken(texts: &Texts, path: &PathBuf, spans: &[Span], name: &str) -> Option<PathBuf> {
    let is_taken = |span: &Span| texts[path].names.seen(span.lo).iter().any(|seen| &*seen.name == name);
    spans.iter().any(is_taken).then(|| path.clone())
}

/// A text with other words at some places, which are in order.
fn replaced(text: &Text, spans: &[Span], name: &str) -> String {
    let mut new = text.text.clone();
    spans.iter().rev().for_each(|span| new.replace_range(span.range(), name));
    new
}

/// An error that is new when some files have other texts, in one of those that use what is renamed.
fn broken(
    project: &Project,
    texts: &Texts,
    declared: &Declared,
    changed: BTreeMap<PathBuf, String>,
) -> Option<(PathBuf, Diagnostic)> {
    let now = BTreeMap::new();
    across::users(texts, &declared.path).into_iter().find_map(|path| {
        let (before, after) = (errors(project, &path, &now), errors(project, &path, &changed));
        let is_new = |error: &Diagnostic| before.iter().all(|known| known.message != error.message);
        let new = after.iter().find(|error| is_new(error)).or(after.first()).cloned();
        new.filter(|_| after.len() > before.len()).map(|error| (path, error))
    })
}

fn errors(project: &Project, path: &Path, changed: &BTreeMap<PathBuf, String>) -> Vec<Diagnostic> {
    let Some(analysis) = project.with_texts(path, changed.clone()) else { return vec![] };
    let is_error = |diagnostic: &Diagnostic| diagnostic.severity == Severity::Error;
    analysis.checked.diagnostics.into_iter().filter(is_error).collect()
}

/// What the name at a place means; behind a dot by what the checker knows of what stands in front of it.
fn declared(project: &mut Project, texts: &Texts, uri: &Uri, position: Position) -> Result<Declared, Elsewhere> {
    let document = project.document(uri).ok_or(Elsewhere::Unknown)?;
    let (path, offset) = (document.path.clone(), document.text.offset(position) as u32);
    let found = across::at(texts, &path, offset);
    let found = match found {
        Err(Elsewhere::Unknown) => project.analysis(uri).and_then(|analysis| member_at(&analysis, texts, offset)),
        other => Some(other?),
    };
    let found = found.ok_or(Elsewhere::Unknown)?;
    match project.is_library(&found.path) {
        true => Err(Elsewhere::Library(project.module(&found.path))),
        false => Ok(found),
    }
}

/// The member of a layer that `net.head` names.
fn member_at(analysis: &Analysis, texts: &Texts, offset: u32) -> Option<Declared> {
    let covers = |span: Span| span.lo <= offset && offset <= span.hi;
    let (base, name) = analysis.names.fields.iter().find(|(_, name)| covers(name.span))?;
    let (path, layer) = layer_of(analysis, *base)?;
    let file = texts.get(&path);
    let items = file.map_or(&[][..], |file| &file.ast.items);
    let found = items
        .iter()
        .filter(|item| names_at(item, layer))
        .find_map(|item| members(item).into_iter().find(|ident| ident.name == name.name));
    match (file, found) {
        (Some(_), Some(ident)) => Some(Declared { span: ident.span, name: ident.name.clone(), path }),
        // The library's layers are not among the project's texts.
        (None, _) => Some(Declared { span: layer, name: name.name.clone(), path }),
        _ => None,
    }
}

/// The file and the place of the layer that an expression is.
fn layer_of(analysis: &Analysis, expr: Span) -> Option<(PathBuf, Span)> {
    // What is called by its name is known where the name is bound.
    let bound = analysis.names.at(expr.lo).map(|at| analysis.names.bindings[at].span);
    let own = analysis.notes_on(expr).find_map(|note| note.origin);
    let layer = own.or_else(|| analysis.notes_on(bound?).find_map(|note| note.origin))?;
    Some((analysis.path_of(layer)?, layer))
}

fn names_at(item: &Item, span: Span) -> bool {
    item.names().iter().any(|ident| ident.span.lo == span.lo)
}

/// The names inside a layer.
fn members(item: &Item) -> Vec<&Ident> {
    let ItemKind::Layer(layer) = &item.kind else { return vec![] };
    layer.members.iter().flat_map(named).collect()
}

fn named(member: &Member) -> Vec<&Ident> {
    match member {
        Member::Param(store) | Member::Buffer(store) => vec![&store.name],
        Member::Field { names, .. } => names.iter().collect(),
        Member::Method(func) => vec![&func.name],
    }
}

/// All places: by the texts, and of a member of a layer those behind a dot.
fn places(project: &mut Project, texts: &Texts, declared: &Declared) -> Places {
    let mut places = across::places(texts, declared);
    let Some(file) = texts.get(&declared.path) else { return places };
    let owner = file.ast.items.iter().find(|item| members(item).iter().any(|member| member.span == declared.span));
    let Some(layer) = owner.and_then(|item| item.names().first().map(|ident| ident.span)) else { return places };
    for path in across::users(texts, &declared.path) {
        let Some(analysis) = project.analysis_of(&path) else { continue };
        let is_it =
            |base: Span| layer_of(&analysis, base).is_some_and(|(path, at)| path == declared.path && at.lo == layer.lo);
        let fields = analysis.names.fields.iter().filter(|(base, name)| name.name == declared.name && is_it(*base));
        let spans: Vec<Span> = fields.map(|(_, name)| Span { file: layer.file, ..name.span }).collect();
        if !spans.is_empty() {
            let all = places.entry(path).or_default();
            all.extend(spans);
            all.sort_by_key(|span| span.lo);
            all.dedup();
        }
    }
    places
}
