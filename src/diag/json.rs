//! Diagnostics for machines.

use super::{Diagnostic, Edit, Severity};
use crate::base::{Sources, Span};
use serde_json::{Value, json};

/// A diagnostic as JSON: `severity code message file line column labels notes helps`, the edit of a help with its bytes.
/// Lines and columns count from 1, columns in characters; a span of no file has `file: null`.
pub fn json(sources: &Sources, diagnostic: &Diagnostic) -> Value {
    let labels = diagnostic.labels.iter().map(|label| {
        let mut value = place(sources, label.span);
        value["text"] = json!(label.text);
        value
    });
    let helps = diagnostic.helps.iter().map(|help| {
        json!({
            "text": help.text,
            "edit": help.edit.as_ref().map(|edit| self::edit(sources, edit)),
        })
    });
    let mut value = json!({
        "severity": match diagnostic.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
        },
        "code": diagnostic.code,
        "message": diagnostic.message,
    });
    for (key, part) in place(sources, diagnostic.span()).as_object_mut().into_iter().flatten() {
        value[key] = part.take();
    }
    value["labels"] = labels.collect();
    value["notes"] = json!(diagnostic.notes);
    value["helps"] = helps.collect();
    value
}

fn edit(sources: &Sources, edit: &Edit) -> Value {
    let mut value = place(sources, edit.span);
    value["lo"] = json!(edit.span.lo);
    value["hi"] = json!(edit.span.hi);
    value["text"] = json!(edit.text);
    value
}

fn place(sources: &Sources, span: Span) -> Value {
    let Some(source) = sources.get(span.file) else {
        return json!({ "file": null });
    };
    let (line, column) = source.position(span.lo as usize);
    let (end_line, end_column) = source.position(span.hi as usize);
    json!({
        "file": source.name,
        "line": line,
        "column": column,
        "end_line": end_line,
        "end_column": end_column,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_parts_are_there() {
        let mut sources = Sources::default();
        let file = sources.add("a.dln", "let x =\nlet \u{3b1} 3\n");
        let span = Span::new(file, 15, 16);
        let diagnostic = Diagnostic::error("E0120", span, "a `=` is missing", "here").note("n").fix(
            "insert `=`",
            span.start(),
            "= ",
        );
        let value = json(&sources, &diagnostic);
        assert_eq!(value["code"], "E0120");
        assert_eq!((&value["line"], &value["column"]), (&json!(2), &json!(7)));
        assert_eq!(value["labels"][0]["text"], "here");
        assert_eq!(value["helps"][0]["edit"]["text"], "= ");
        assert_eq!(value["helps"][0]["edit"]["lo"], 15);
        assert_eq!(value["notes"][0], "n");
    }

    #[test]
    fn a_diagnostic_without_a_place() {
        let diagnostic = Diagnostic::error("E0901", Span::none(), "m", "l");
        assert_eq!(json(&Sources::default(), &diagnostic)["file"], Value::Null);
    }
}
