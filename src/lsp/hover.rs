//! What stands at a place: type and shape, declaration, documentation, parameters, and where a size comes from.

use lsp_types::{Hover, HoverContents, MarkupContent, MarkupKind, Position};

use super::describe;
use super::project::Analysis;
use crate::base::Span;
use crate::sema::{About, Note, Sort};
use crate::syntax::names::Kind;

pub fn hover(analysis: &Analysis, position: Position) -> Option<Hover> {
    let offset = analysis.text.offset(position);
    let binding = analysis.names.at(offset as u32);
    let own = binding.map(|at| analysis.names.bindings[at].span);
    let here = analysis.text.word(offset);
    let word = &analysis.text.text[here.clone()];
    let span = Span::new(analysis.main().file, here.start, here.end);
    let exact = |about: About| analysis.notes_on(span).find(|note| note.about == about);
    let note = exact(About::Name)
        .or_else(|| made(analysis, span, word))
        .or_else(|| own.and_then(|own| layer(analysis, own)))
        .or_else(|| exact(About::Value))
        .or_else(|| exact(About::Hole))
        .or_else(|| own.and_then(|own| analysis.notes_on(own).find(|note| note.about == About::Name)))
        .or_else(|| analysis.note_at(offset));
    let mut parts = vec![];
    let of_word = note.is_some_and(|note| note.span.lo == span.lo || own == Some(note.span));
    match note {
        Some(note) => parts.push(typed(if of_word { word } else { "" }, note)),
        None if binding.is_none() => return None,
        None => {}
    }
    let origin = note.and_then(|note| note.origin).or(own);
    if let Some(described) = origin.and_then(|origin| describe::at(&analysis.program, origin)) {
        parts.push(code(&described.head));
        parts.extend(described.doc.map(|doc| doc.to_string()));
        parts.extend(described.library.map(|module| format!("*{module}*")));
    }
    if let Some(size) = binding.map(|at| &analysis.names.bindings[at]).filter(|binding| binding.kind == Kind::Size) {
        let line = analysis.text.position(size.span.lo as usize).line + 1;
        parts.push(format!("a size, bound in line {line}"));
    }
    let range = note.filter(|_| !of_word).map_or(span, |note| note.span);
    let value = parts.join("\n\n");
    (!value.is_empty()).then(|| Hover {
        contents: HoverContents::Markup(MarkupContent { kind: MarkupKind::Markdown, value }),
        range: Some(analysis.text.range(range)),
    })
}

/// A layer where its name is bound: what it is called with later may have said its sizes.
fn layer(analysis: &Analysis, own: Span) -> Option<&Note> {
    analysis.notes_on(own).find(|note| note.about == About::Name && note.sort == Sort::Layer)
}

/// The whole layer whose name stands at a place: `Linear[64 -> 128](bias: false)`.
fn made<'n>(analysis: &'n Analysis, span: Span, word: &str) -> Option<&'n Note> {
    let begins = |note: &&Note| note.about == About::Value && note.span.file == span.file && note.span.lo == span.lo;
    let is_made = |note: &&Note| note.sort == Sort::Layer && note.parameters.is_some() && note.text.starts_with(word);
    analysis.checked.notes.iter().filter(begins).filter(is_made).max_by_key(|note| note.span.hi)
}

/// `x: f32[B, 64]`, and how many parameters it has.
fn typed(word: &str, note: &Note) -> String {
    let head = match (word, note.about, note.sort) {
        ("" | "_", About::Hole, _) => format!("_ = {}", note.text),
        ("", ..) => note.text.clone(),
        (_, _, Sort::Size) if word != note.text => format!("{word} = {}", note.text),
        (_, _, Sort::Function) | (_, _, Sort::Size) => note.text.clone(),
        (_, _, Sort::Layer) if note.text.starts_with(word) => note.text.clone(),
        _ if word == note.text => note.text.clone(),
        _ => format!("{word}: {}", note.text),
    };
    match &note.parameters {
        Some(count) => format!("{}\n\n{count} parameters", code(&head)),
        None => code(&head),
    }
}

fn code(text: &str) -> String {
    format!("```dln\n{text}\n```")
}
