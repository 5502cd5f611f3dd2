//! What stands at a place: type and shape, declaration, documentation, parameters, and where a size comes from.

use lsp_types::{Hover, HoverContents, MarkupContent, MarkupKind, Position};

use super::fields::split;
use super::project::Analysis;
use super::{describe, navigate};
use crate::base::Span;
use crate::sema::{About, Note, Options, Size, Sort};
use crate::syntax::names::Kind;

pub fn hover(analysis: &Analysis, position: Position) -> Option<Hover> {
    let offset = analysis.text.offset(position);
    if let Some(module) = module(analysis, offset) {
        return Some(module);
    }
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
    let is_name = !word.starts_with(|c: char| c.is_ascii_digit());
    let is_layer = |note: &Note| note.sort == Sort::Layer && note.span.lo == span.lo;
    let is_of_word = |note: &Note| note.span == span || own == Some(note.span) || is_layer(note);
    let of_word = is_name && note.is_some_and(is_of_word);
    match note {
        Some(note) => parts.push(typed(if of_word { word } else { "" }, note)),
        None if binding.is_none() => return None,
        None => {}
    }
    parts.extend(note.and_then(|note| sizes(analysis, note)));
    // What is declared inside of something says nothing of that.
    let is_inner = |at: usize| {
        matches!(analysis.names.bindings[at].kind, Kind::Local | Kind::Parameter | Kind::Size | Kind::Stored)
    };
    let declared = own.filter(|_| !binding.is_some_and(is_inner));
    let origin = note.and_then(|note| note.origin).or(declared);
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

/// Where each size of a tensor comes from. That is looked for only when somebody asks, by a check that follows this value.
fn sizes(analysis: &Analysis, note: &Note) -> Option<String> {
    if note.sort != Sort::Tensor || note.shape.as_ref().is_none_or(|shape| shape == "[]") {
        return None;
    }
    let options = Options { notes: true, origins: Some(note.span), runs: analysis.whole, ..Options::default() };
    let checked = analysis.program.check(&options, &[]);
    let found = checked.notes.iter().find(|found| (found.span, found.about) == (note.span, note.about))?;
    let told = |Size { size, origin, cell }: &Size| {
        let cell = cell.as_ref().map(|(path, span)| (&**path, *span));
        format!("- `{size}` {}", describe::told(origin, cell, &analysis.program))
    };
    let lines: Vec<String> = found.sizes.iter().map(told).collect();
    (!lines.is_empty()).then(|| lines.join("\n"))
}

/// The module of a `use` line: what its first lines say, and what it gives.
fn module(analysis: &Analysis, offset: usize) -> Option<Hover> {
    let (target, span) = navigate::module_at(analysis, offset)?;
    let module = analysis.program.modules.get(target);
    let text = &analysis.program.sources.get(module.file)?.text;
    let about = text.lines().map_while(|line| line.strip_prefix('#')).map(|line| line.trim_start_matches('#').trim());
    let about = about.collect::<Vec<_>>().join("\n");
    let mut names = analysis.program.modules.offered(target);
    names.sort();
    let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    let parts = [code(analysis.program.sources.text(span)), about, names.join(", ")];
    let value = parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("\n\n");
    Some(Hover {
        contents: HoverContents::Markup(MarkupContent { kind: MarkupKind::Markdown, value }),
        range: Some(analysis.text.range(span)),
    })
}

/// A layer where its name is bound: what it is called with later may have said its sizes.
fn layer(analysis: &Analysis, own: Span) -> Option<&Note> {
    analysis.notes_on(own).find(|note| note.about == About::Name && note.sort == Sort::Layer)
}

/// The whole layer whose name stands at a place: `Linear[64 -> 128](bias: false)`.
fn made<'n>(analysis: &'n Analysis, span: Span, word: &str) -> Option<&'n Note> {
    let begins = |note: &&Note| note.about == About::Value && note.span.file == span.file && note.span.lo == span.lo;
    let is_one = |note: &Note| split(&note.text, ">>").len() == 1;
    let is_made = |note: &&Note| {
        note.sort == Sort::Layer && note.parameters.is_some() && note.text.starts_with(word) && is_one(note)
    };
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
        None if note.about == About::Hole => format!("{}\n\na size that the first input has said", code(&head)),
        None => code(&head),
    }
}

pub fn code(text: &str) -> String {
    format!("```dln\n{text}\n```")
}
