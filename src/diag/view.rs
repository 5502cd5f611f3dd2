//! The parts of files that a diagnostic shows: the lines of its labels, and of a very long line what lies around them. A
//! large file costs no more to show than a small one.

use super::Diagnostic;
use super::render::clamp;
use crate::base::{FileId, Source, Sources, Span};
use ariadne::Cache;
use std::ops::Range;

/// Labels further from the first of their file are not drawn.
const FAR: usize = 1 << 14;
/// Characters (bytes, rather) of a line that are shown on each side of a label.
const BESIDE: usize = 200;

/// One part of each file that has labels.
pub struct Views {
    views: Vec<View>,
}

struct View {
    file: FileId,
    /// The name of the file, by which ariadne knows it.
    name: String,
    /// Lines before what is shown.
    before: usize,
    /// The bytes that are shown.
    range: Range<usize>,
    shown: ariadne::Source<String>,
}

impl Views {
    /// The parts that the labels of a diagnostic lie in.
    pub fn of(sources: &Sources, diagnostic: &Diagnostic) -> Views {
        let mut views: Vec<View> = vec![];
        for label in &diagnostic.labels {
            let Some(source) = sources.get(label.span.file) else { continue };
            if views.iter().all(|view| view.file != source.id) {
                let spans = diagnostic.labels.iter().map(|l| l.span).filter(|span| span.file == source.id);
                views.push(View::new(source, part(source, label.span, spans)));
            }
        }
        Views { views }
    }

    /// A span as ariadne takes it: the file's name and characters of what is shown, of one line only.
    pub fn place(&self, sources: &Sources, span: Span) -> Option<(String, Range<usize>)> {
        let view = self.views.iter().find(|view| view.file == span.file)?;
        let text = &sources.get(span.file)?.text;
        let (lo, hi) = clamp(text, span);
        if lo < view.range.start || lo > view.range.end {
            return None;
        }
        let first_line = text[lo..hi].find(['\n', '\r']).map_or(hi, |n| lo + n).min(view.range.end);
        let start = view.before + text[view.range.start..lo].chars().count();
        let length = text[lo..first_line].chars().count();
        Some((view.name.clone(), start..start + length))
    }
}

impl View {
    fn new(source: &Source, range: Range<usize>) -> View {
        let (line, _) = source.position(range.start);
        // Empty lines in place of those before, so that the lines have their numbers.
        let text = format!("{}{}", "\n".repeat(line - 1), &source.text[range.clone()]);
        let shown = ariadne::Source::from(text);
        View { file: source.id, name: source.name.clone(), before: line - 1, range, shown }
    }
}

/// From the line of the first span that is not far from `near` to that of the last.
fn part(source: &Source, near: Span, spans: impl Iterator<Item = Span>) -> Range<usize> {
    let text = &source.text;
    let (at, end) = clamp(text, near);
    let (mut lo, mut hi) = (at, end.min(at + FAR));
    for (from, to) in spans.map(|span| clamp(text, span)) {
        if from.abs_diff(at) < FAR {
            (lo, hi) = (lo.min(from), hi.max(to.min(from + FAR)));
        }
    }
    let hi = text.ceil_char_boundary(hi);
    let start = text[..lo].rfind('\n').map_or(0, |n| n + 1);
    let stop = text[hi..].find('\n').map_or(text.len(), |n| hi + n);
    let start = if lo - start > BESIDE * 5 { text.floor_char_boundary(lo - BESIDE) } else { start };
    let stop = if stop - hi > BESIDE * 5 { text.ceil_char_boundary(hi + BESIDE) } else { stop };
    start..stop
}

impl Cache<String> for Views {
    type Storage = String;

    fn fetch(&mut self, name: &String) -> Result<&ariadne::Source<String>, impl std::fmt::Debug> {
        let view = self.views.iter().find(|view| view.name == *name);
        view.map(|view| &view.shown).ok_or("no such file")
    }

    fn display<'a>(&self, name: &'a String) -> Option<impl std::fmt::Display + 'a> {
        Some(name)
    }
}
