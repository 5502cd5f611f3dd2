//! Diagnostics for people: the lines of the file with the labels under them, then notes and ways out. Nothing else uses
//! ariadne, which draws the middle part.

use super::view::Views;
use super::{Diagnostic, Edit, Severity};
use crate::base::{Source, Sources, Span};
use ariadne::{Color, Config, IndexType, Label, Report, ReportKind};
use std::fmt::Write;

/// Shows a diagnostic as text that ends in a newline. It never fails: spans are cut to their file and to whole characters.
pub fn render(sources: &Sources, diagnostic: &Diagnostic, color: bool) -> String {
    let paint = Paint { color };
    let title = paint.wrap(shade(diagnostic).1, &title(diagnostic));
    let mut out = format!("{title}: {}\n", diagnostic.message);
    out.push_str(&drawn(sources, diagnostic, color).unwrap_or_default());
    for note in &diagnostic.notes {
        remark(&mut out, paint, "note", note);
    }
    for help in &diagnostic.helps {
        remark(&mut out, paint, "help", &help.text);
        if let Some(edit) = &help.edit {
            show_edit(&mut out, paint, sources, edit);
        }
    }
    out
}

/// `error[E0501]`
fn title(diagnostic: &Diagnostic) -> String {
    let kind = match diagnostic.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    };
    format!("{kind}[{}]", diagnostic.code)
}

/// The colour of the primary label, for ariadne and for the terminal.
fn shade(diagnostic: &Diagnostic) -> (Color, &'static str) {
    match diagnostic.severity {
        Severity::Error => (Color::Red, "31"),
        Severity::Warning => (Color::Yellow, "33"),
    }
}

/// The labelled lines; `None` if there is no line to show.
fn drawn(sources: &Sources, diagnostic: &Diagnostic, color: bool) -> Option<String> {
    let mut views = Views::of(sources, diagnostic);
    let primary = views.place(sources, diagnostic.span())?;
    let config = Config::default().with_color(color).with_index_type(IndexType::Char);
    let mut report = Report::build(ReportKind::Error, primary).with_config(config);
    for (order, (rank, label)) in in_order(diagnostic).into_iter().enumerate() {
        let Some(place) = views.place(sources, label.span) else {
            continue;
        };
        let color = if rank == 0 { shade(diagnostic).0 } else { Color::Blue };
        let label = Label::new(place).with_message(&label.text).with_color(color);
        report.add_label(label.with_order(order as i32).with_priority(-(rank as i32)));
    }
    let mut bytes = Vec::new();
    report.finish().write(&mut views, &mut bytes).ok()?;
    Some(body(&String::from_utf8_lossy(&bytes), &sources.place(diagnostic.span())))
}

/// The labels with their ranks, those of the primary label's file first, and from top to bottom: ariadne begins a new
/// frame for a label that stands above the one before.
fn in_order(diagnostic: &Diagnostic) -> Vec<(usize, &super::Label)> {
    let mut labels: Vec<_> = diagnostic.labels.iter().enumerate().collect();
    let file = diagnostic.span().file;
    labels.sort_by_key(|(_, l)| (l.span.file != file, l.span.file, l.span.lo));
    labels
}

/// Ariadne's lines without its title and its bottom border, for there are notes to come, and without spaces at line ends.
/// It knows only a part of the file: the place in the first line is put right.
fn body(drawn: &str, place: &str) -> String {
    let mut lines: Vec<String> = drawn.lines().skip(1).map(|line| line.trim_end().to_string()).collect();
    let border = |line: &String| line.contains('\u{256f}') && !line.contains('\u{2502}');
    let end = lines.iter().rposition(border).unwrap_or(lines.len());
    if let Some(first) = lines.first_mut()
        && let (Some(open), Some(close)) = (first.find("[ "), first.rfind(" ]"))
    {
        first.replace_range(open + 2..close, place);
    }
    lines[..end].iter().flat_map(|line| [line.as_str(), "\n"]).collect()
}

/// The bytes of a span, inside the text and between characters.
pub(super) fn clamp(text: &str, span: Span) -> (usize, usize) {
    let lo = text.floor_char_boundary(span.lo as usize);
    let hi = text.ceil_char_boundary((span.hi as usize).min(text.len()));
    (lo, hi.max(lo))
}

/// Colours, or none.
#[derive(Clone, Copy)]
struct Paint {
    color: bool,
}

impl Paint {
    fn wrap(self, code: &str, text: &str) -> String {
        match self.color {
            true => format!("\x1b[{code}m{text}\x1b[0m"),
            false => text.to_string(),
        }
    }
}

/// `   = help: ..`; further lines stand below the first.
fn remark(out: &mut String, paint: Paint, kind: &str, text: &str) {
    let indent = " ".repeat("   = : ".len() + kind.len());
    let text = text.replace('\n', &format!("\n{indent}"));
    let kind = paint.wrap("36", kind);
    let _ = writeln!(out, "   = {kind}: {text}");
}

/// The lines that an edit leaves, at most three.
fn show_edit(out: &mut String, paint: Paint, sources: &Sources, edit: &Edit) {
    let Some(source) = sources.get(edit.span.file) else {
        return;
    };
    let (number, lines) = edited_lines(source, edit);
    for (i, line) in lines.iter().enumerate().take(3) {
        let sign = paint.wrap("32", "+");
        let _ = writeln!(out, "{:>8} {sign} {line}", number + i);
    }
}

/// The number of the first line that the edit changes, and the lines as they are then.
fn edited_lines(source: &Source, edit: &Edit) -> (usize, Vec<String>) {
    let text = &source.text;
    let (lo, hi) = clamp(text, edit.span);
    let start = text[..lo].rfind('\n').map_or(0, |n| n + 1);
    let end = text[hi..].find('\n').map_or(text.len(), |n| hi + n);
    let whole = format!("{}{}{}", &text[start..lo], edit.text, &text[hi..end]);
    let lines = whole.lines().map(|l| l.trim_end().to_string()).collect();
    (source.position(start).0, lines)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::FileId;
    use proptest::prelude::*;

    fn source(text: &str) -> (Sources, FileId) {
        let mut sources = Sources::default();
        let file = sources.add("a.dln", text);
        (sources, file)
    }

    #[test]
    fn labels_notes_and_edits() {
        let (sources, file) = source("let a = 1\nlet b = f(a, 2\nlet c = 3\n");
        let diagnostic = Diagnostic::error("E0110", Span::new(file, 24, 24), "a `)` is missing", "expected here")
            .label(Span::new(file, 19, 20), "to close this `(`")
            .note("two\nlines")
            .fix("insert `)`", Span::new(file, 24, 24), ")");
        let text = render(&sources, &diagnostic, false);
        assert!(text.starts_with("error[E0110]: a `)` is missing\n"), "{text}");
        assert!(text.contains("a.dln:2:15"), "{text}");
        assert!(text.contains("expected here") && text.contains("to close this `(`"), "{text}");
        assert!(
            text.ends_with("   = note: two\n           lines\n   = help: insert `)`\n       2 + let b = f(a, 2)\n"),
            "{text}"
        );
    }

    #[test]
    fn without_a_place() {
        let diagnostic = Diagnostic::warning("E0901", Span::none(), "no file", "l").help("h");
        let text = render(&Sources::default(), &diagnostic, false);
        assert_eq!(text, "warning[E0901]: no file\n   = help: h\n");
    }

    #[test]
    fn of_a_long_line_the_part_around_the_label_is_shown() {
        let text = format!("let a = 1\n{}y\nlet b = 2\n", "x + ".repeat(100_000));
        let (sources, file) = source(&text);
        let span = Span::new(file, 400_010, 400_011);
        let text = render(&sources, &Diagnostic::error("E0201", span, "no `y`", "not known"), false);
        assert!(text.contains("a.dln:2:400001") && text.contains("x + y") && text.contains("2 \u{2502}"), "{text}");
        assert!(text.len() < 3000, "{} bytes", text.len());
    }

    #[test]
    fn a_label_far_away_is_left_out() {
        let text = format!("let a = 1\n{}let z = 2\n", "let x = 1\n".repeat(10_000));
        let (sources, file) = source(&text);
        let far = Span::new(file, text.len() - 7, text.len() - 6);
        let diagnostic = Diagnostic::error("E0206", Span::new(file, 4, 5), "twice", "here").label(far, "and there");
        let text = render(&sources, &diagnostic, false);
        assert!(text.contains("a.dln:1:5") && text.len() < 1000, "{text}");
    }

    #[test]
    fn colour_only_when_asked() {
        let (sources, file) = source("x\n");
        let diagnostic = Diagnostic::error("E0109", Span::new(file, 0, 1), "m", "l").help("h");
        assert!(!render(&sources, &diagnostic, false).contains('\x1b'));
        assert!(render(&sources, &diagnostic, true).contains('\x1b'));
    }

    proptest! {
        #[test]
        fn no_span_panics(
            text in "[a\u{e9}\u{1F600}\t \r\n\u{2028}\u{85}\u{b}]{0,24}",
            spans in prop::collection::vec((0u32..40, 0u32..40), 1..5),
        ) {
            let (sources, file) = source(&text);
            let span = |(lo, hi): (u32, u32)| Span { file, lo, hi };
            let mut diagnostic = Diagnostic::error("E0109", span(spans[0]), "m", "l");
            for s in &spans[1..] {
                diagnostic = diagnostic.label(span(*s), "more").fix("f", span(*s), "\u{e9}\n");
            }
            prop_assert!(render(&sources, &diagnostic, false).contains("E0109"));
        }
    }
}
