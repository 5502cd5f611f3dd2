//! From a name to its definition, and to all its places in its file.

use lsp_types::{DocumentHighlight, Location, Position};

use super::project::Analysis;
use crate::base::Span;
use crate::sema::{About, ModuleId};
use crate::syntax::names::Kind;

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
    let (target, _) = module_at(analysis, offset)?;
    analysis.location(Span::new(analysis.program.modules.get(target).file, 0, 0))
}

/// The module that a `use` line names at a place, and where its name stands.
pub fn module_at(analysis: &Analysis, offset: usize) -> Option<(ModuleId, Span)> {
    let mut lines = analysis.main().imports.iter().map(|(target, line)| (*target, line.module.span()));
    lines.find(|(_, span)| span.range().contains(&offset))
}

/// All places of a name in its file.
fn places(analysis: &Analysis, position: Position) -> Option<Vec<Span>> {
    let binding = analysis.names.at(analysis.text.offset(position) as u32)?;
    Some(analysis.names.places(binding))
}

pub fn highlights(analysis: &Analysis, position: Position) -> Vec<DocumentHighlight> {
    let places = places(analysis, position).unwrap_or_default();
    places.into_iter().map(|span| DocumentHighlight { range: analysis.text.range(span), kind: None }).collect()
}
