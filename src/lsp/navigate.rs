//! From a name to its definition, to all its places, and to another name.

use std::collections::HashMap;

use lsp_types::{DocumentHighlight, Location, Position, PrepareRenameResponse, TextEdit, Uri, WorkspaceEdit};

use super::project::Analysis;
use crate::base::Span;
use crate::sema::About;
use crate::syntax::lexer::lex;
use crate::syntax::names::Kind;
use crate::syntax::token::Token;

/// Where what stands at a place is declared.
pub fn definition(analysis: &Analysis, position: Position) -> Option<Location> {
    let offset = analysis.text.offset(position);
    if let Some(location) = module(analysis, offset) {
        return Some(location);
    }
    let word = analysis.text.word(offset);
    let span = Span::new(analysis.main().file, word.start, word.end);
    let origin = |span: Span| {
        let notes = analysis.checked.notes.iter().filter(|note| note.about != About::Stage);
        notes.filter(|note| note.span == span || ends_with(note.span, span)).find_map(|note| note.origin)
    };
    if let Some(binding) = analysis.names.at(offset as u32).map(|at| &analysis.names.bindings[at]) {
        // What a `use` line brings is declared elsewhere.
        if binding.kind == Kind::Import {
            return declared(analysis, &binding.name);
        }
        return analysis.location(binding.span);
    }
    let name = &analysis.text.text[word];
    origin(span).and_then(|span| analysis.location(span)).or_else(|| declared(analysis, name))
}

/// `net.head` has its name at its end.
fn ends_with(whole: Span, part: Span) -> bool {
    whole.file == part.file && whole.hi == part.hi && whole.lo < part.lo
}

/// A name of another module, by what the main file brings, and by the prelude.
fn declared(analysis: &Analysis, name: &str) -> Option<Location> {
    analysis.location(analysis.program.modules.declaring(name)?.span)
}

/// The file of a `use` line's module.
fn module(analysis: &Analysis, offset: usize) -> Option<Location> {
    let (target, _) = analysis.main().imports.iter().find(|(_, line)| line.module.span().range().contains(&offset))?;
    let file = analysis.program.modules.get(*target).file;
    analysis.location(Span::new(file, 0, 0))
}

/// All places of a name in its file.
fn places(analysis: &Analysis, position: Position) -> Option<Vec<Span>> {
    let binding = analysis.names.at(analysis.text.offset(position) as u32)?;
    Some(analysis.names.places(binding))
}

pub fn references(analysis: &Analysis, position: Position, with_declaration: bool) -> Vec<Location> {
    let places = places(analysis, position).unwrap_or_default();
    places.into_iter().skip(usize::from(!with_declaration)).filter_map(|span| analysis.location(span)).collect()
}

pub fn highlights(analysis: &Analysis, position: Position) -> Vec<DocumentHighlight> {
    let places = places(analysis, position).unwrap_or_default();
    places.into_iter().map(|span| DocumentHighlight { range: analysis.text.range(span), kind: None }).collect()
}

/// What would be renamed: a name of this file.
pub fn prepare_rename(analysis: &Analysis, position: Position) -> Option<PrepareRenameResponse> {
    let offset = analysis.text.offset(position);
    renamable(analysis, offset)?;
    let word = analysis.text.word(offset);
    let range = analysis.text.range(Span::new(analysis.main().file, word.start, word.end));
    Some(PrepareRenameResponse::Range(range))
}

/// The binding at a place, unless another file declares it.
fn renamable(analysis: &Analysis, offset: usize) -> Option<usize> {
    let at = analysis.names.at(offset as u32)?;
    (analysis.names.bindings[at].kind != Kind::Import).then_some(at)
}

/// The edits that give a name another one everywhere in its file, or why that cannot be.
#[allow(clippy::mutable_key_type, reason = "the protocol's crate says so; nobody changes a key")]
pub fn rename(analysis: &Analysis, uri: &Uri, position: Position, name: &str) -> Result<WorkspaceEdit, String> {
    let tokens = lex(name);
    if !matches!(tokens.as_slice(), [token] if token.token == Token::Name) {
        return Err(format!("`{name}` is no name: letters, digits and `_`, and no word of the language"));
    }
    let offset = analysis.text.offset(position);
    let Some(at) = renamable(analysis, offset) else {
        return Err("this name is declared in another file".to_string());
    };
    let binding = &analysis.names.bindings[at];
    let places = analysis.names.places(at);
    let taken = |span: &Span| {
        let seen = analysis.names.seen(span.lo);
        seen.iter().any(|other| &*other.name == name && other.span != binding.span)
    };
    if places.iter().any(taken) {
        return Err(format!("there is a `{name}` already where `{}` is used", binding.name));
    }
    let edit = |span: Span| TextEdit { range: analysis.text.range(span), new_text: name.to_string() };
    let edits = places.into_iter().map(edit).collect();
    Ok(WorkspaceEdit { changes: Some(HashMap::from([(uri.clone(), edits)])), ..WorkspaceEdit::default() })
}
