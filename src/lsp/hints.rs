//! Shapes at the end of names and lines: of each intermediate, of each `_`, of each stage of a chain.

use lsp_types::{InlayHint, InlayHintKind, InlayHintLabel, Position, Range};

use super::project::Analysis;
use crate::sema::{About, Note, Sort};
use crate::syntax::names::Kind;

pub fn hints(analysis: &Analysis, range: Range) -> Vec<InlayHint> {
    let inside = |hint: &InlayHint| range.start <= hint.position && hint.position <= range.end;
    let notes = analysis.checked.notes.iter().filter(|note| analysis.is_main(note.span));
    notes.filter_map(|note| hint(analysis, note)).filter(inside).collect()
}

fn hint(analysis: &Analysis, note: &Note) -> Option<InlayHint> {
    let end = analysis.text.position(note.span.hi as usize);
    match (note.about, note.sort) {
        (About::Name, Sort::Tensor) if is_new(analysis, note) => {
            Some(shown(end, format!(": {}", short(note)), InlayHintKind::TYPE, false))
        }
        (About::Hole, _) => Some(shown(end, format!("={}", note.text), InlayHintKind::PARAMETER, false)),
        (About::Stage, Sort::Tensor) if ends_line(analysis, note) => {
            let line = Position::new(end.line, u32::MAX);
            let end = analysis.text.position(analysis.text.offset(line));
            Some(shown(end, short(note), InlayHintKind::TYPE, true))
        }
        _ => None,
    }
}

/// Names whose type is not written beside them.
fn is_new(analysis: &Analysis, note: &Note) -> bool {
    let binding = analysis.names.bindings.iter().find(|binding| binding.span == note.span);
    binding.is_some_and(|binding| {
        let behind = analysis.text.text.get(note.span.hi as usize..).unwrap_or("").trim_start();
        matches!(binding.kind, Kind::Local | Kind::Let | Kind::Field | Kind::Parameter) && !behind.starts_with(':')
    })
}

/// Of several stages in a line, only the last; and of a chain in one line, none.
fn ends_line(analysis: &Analysis, note: &Note) -> bool {
    let rest = analysis.text.text.get(note.span.hi as usize..).unwrap_or("");
    let line = rest.split('\n').next().unwrap_or("").trim();
    let next = rest.split('\n').nth(1).unwrap_or("").trim_start();
    let start = analysis.text.text[..note.span.lo as usize].rsplit('\n').next().unwrap_or("").trim_start();
    let chained = |text: &str| text.starts_with(">>") || text.starts_with("|>");
    (line.is_empty() || line.starts_with('#')) && (chained(start) || chained(next))
}

/// The shape alone where numbers are as usual.
fn short(note: &Note) -> String {
    match &note.shape {
        Some(shape) if note.text.starts_with("f32") => shape.clone(),
        _ => note.text.clone(),
    }
}

fn shown(position: Position, label: String, kind: InlayHintKind, padded: bool) -> InlayHint {
    InlayHint {
        position,
        label: InlayHintLabel::String(label),
        kind: Some(kind),
        text_edits: None,
        tooltip: None,
        padding_left: Some(padded),
        padding_right: None,
        data: None,
    }
}
