//! Names of the standard library that a file does not use yet, with the `use` line that brings each.

use std::sync::OnceLock;

use lsp_types::{
    CompletionItem, CompletionItemKind, Documentation, MarkupContent, MarkupKind, Position, Range, TextEdit,
};

use super::complete::{self, item};
use super::place::Text;
use super::project::Document;
use super::{describe, hover};
use crate::base::FileId;
use crate::stdlib;
use crate::syntax::ast::{File, ItemKind, Module, Use};
use crate::syntax::{heads, parse};

/// What the library has for the word that is being written, beside what is offered already.
pub fn completions(document: &Document, position: Position, offered: &[CompletionItem]) -> Vec<CompletionItem> {
    let text = &document.text;
    let word = text.word(text.offset(position));
    let begun = text.text[word.clone()].chars().next();
    let Some(begun) = begun.filter(|_| complete::is_free(&text.text[..word.start])) else { return vec![] };
    let file = parse(FileId(0), &text.text).file;
    let known: std::collections::BTreeSet<&str> = offered.iter().map(|item| &*item.label).collect();
    let fits = |name: &str| !known.contains(name) && begins_part(name, begun);
    let names = names().iter().filter(|(name, _)| fits(name));
    names
        .map(|(name, module)| CompletionItem {
            additional_text_edits: Some(vec![edit(text, &file, module, name)]),
            data: Some((*module).into()),
            // Behind what needs no line.
            sort_text: Some(format!("~{name}")),
            ..item(name, CompletionItemKind::FUNCTION, Some(format!("use {module}: {name}")))
        })
        .collect()
}

/// A name that is offered, with what the library says of it: looked for when somebody looks at it.
pub fn resolved(item: CompletionItem) -> CompletionItem {
    let module = item.data.as_ref().and_then(|module| module.as_str());
    let Some((head, doc)) = module.and_then(|module| declaration(module, &item.label)) else { return item };
    let parts: Vec<String> = [hover::code(&head)].into_iter().chain(doc).collect();
    let markup = MarkupContent { kind: MarkupKind::Markdown, value: parts.join("\n\n") };
    CompletionItem { documentation: Some(Documentation::MarkupContent(markup)), ..item }
}

/// Head and documentation of a name that a module declares, or one below it.
fn declaration(module: &str, name: &str) -> Option<(String, Option<String>)> {
    let below = |path: &str| path.strip_prefix(module).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'));
    stdlib::modules().iter().filter(|(path, text)| below(path) && text.contains(name)).find_map(|(_, text)| {
        let items = parse(FileId(0), text).file.items;
        let item = items.iter().find(|item| item.names().iter().any(|own| *own.name == *name))?;
        let head = describe::one_line(text.get(heads::of_item(text, item))?);
        Some((head, item.doc.as_ref().map(|doc| doc.to_string())))
    })
}

/// The line for an unknown name, and the edit that writes it.
pub fn fix(text: &Text, name: &str) -> Option<(String, TextEdit)> {
    let (name, module) = names().iter().find(|(own, _)| *own == name)?;
    let file = parse(FileId(0), &text.text).file;
    Some((format!("use {module}: {name}"), edit(text, &file, module, name)))
}

/// The library's names with their modules, each once.
fn names() -> &'static [(&'static str, &'static str)] {
    static NAMES: OnceLock<Vec<(&str, &str)>> = OnceLock::new();
    NAMES.get_or_init(|| {
        let mut seen = std::collections::BTreeSet::new();
        stdlib::exports().filter(|(name, _)| seen.insert(*name)).collect()
    })
}

/// Whether a part of a name begins with a letter: `LayerNorm` and `layer_norm` with `l` and `n`.
fn begins_part(name: &str, letter: char) -> bool {
    let mut before = '_';
    name.chars().any(|c| {
        let begins = before == '_' || c.is_uppercase() && !before.is_uppercase();
        before = c;
        begins && c.to_lowercase().eq(letter.to_lowercase())
    })
}

/// Brings a name of a module: behind the names of its line, or in a line of its own behind the others.
fn edit(text: &Text, file: &File, module: &str, name: &str) -> TextEdit {
    let lines = || {
        file.items.iter().filter_map(|item| match &item.kind {
            ItemKind::Use(line) => Some((line, item.span)),
            _ => None,
        })
    };
    let is_it = |line: &Use| match &line.module {
        Module::Path(parts) => parts.iter().map(|part| &*part.name).eq(module.split('.')),
        Module::File { .. } => false,
    };
    let mut names = lines().filter(|(line, _)| is_it(line)).filter_map(|(line, _)| line.names.as_ref()?.last());
    let end = if text.text.contains("\r\n") { "\r\n" } else { "\n" };
    let (at, new_text) = match (names.next_back(), lines().next_back()) {
        (Some((last, alias)), _) => (alias.as_ref().unwrap_or(last).span.hi as usize, format!(", {name}")),
        (None, Some((_, span))) => {
            let line = &text.text[span.hi as usize..];
            let rest = line.find('\n').map_or(line, |at| line[..at].trim_end_matches('\r'));
            (span.hi as usize + rest.len(), format!("{end}use {module}: {name}"))
        }
        (None, None) => (front(text, file), format!("use {module}: {name}{end}{end}")),
    };
    let place = text.position(at);
    TextEdit { range: Range::new(place, place), new_text }
}

/// Where the first item begins, with the lines of its documentation.
fn front(text: &Text, file: &File) -> usize {
    let Some(first) = file.items.first() else { return text.text.len() };
    let start = |at: usize| text.text[..at].rfind('\n').map_or(0, |at| at + 1);
    let mut at = start(first.span.lo as usize);
    while at > 0 && text.text[start(at - 1)..at].starts_with("##") {
        at = start(at - 1);
    }
    at
}
