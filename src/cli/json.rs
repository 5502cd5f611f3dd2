//! What `--json` prints: one object a line, with the kind of line in `event`.

use super::chain::{Origin, Report, Setting, TestResult};
use crate::base::{Sources, Span};
use crate::diag::{Diagnostic, Help, Label, Severity};
use crate::train::{Best, Event, json as metrics};
use serde_json::{Value, json};

/// An event of a run; `None` for what is told in too many lines. `seconds` is the time since the run began.
pub fn event(event: &Event, seconds: f64) -> Option<Value> {
    Some(match event {
        Event::Start { job, epochs, steps_per_epoch, rows, validation_rows, parameters, seed } => json!({
            "event": "start", "job": &**job, "epochs": epochs, "steps_per_epoch": steps_per_epoch, "rows": rows,
            "validation_rows": validation_rows, "parameters": parameters, "seed": seed,
        }),
        Event::Step { .. } => return None,
        Event::Epoch { epoch, train, val } => json!({
            "event": "epoch", "epoch": epoch, "train": metrics(train), "val": metrics(val), "seconds": seconds,
        }),
        Event::Saved { path, because } => {
            json!({ "event": "saved", "path": path, "best": because.as_ref().map(best) })
        }
        Event::Printed(text) => json!({ "event": "printed", "text": text }),
        Event::Stopped { epoch, best: found } => {
            json!({ "event": "stopped", "epoch": epoch, "best": found.as_ref().map(best) })
        }
        Event::Interrupted { epoch, step } => json!({ "event": "interrupted", "epoch": epoch, "step": step }),
        Event::Done(summary) => json!({
            "event": "done", "job": &*summary.job, "epochs": summary.epochs, "steps": summary.steps,
            "train": metrics(&summary.train), "val": metrics(&summary.val),
            "best": summary.best.iter().map(best).collect::<Vec<_>>(),
            "interrupted": summary.interrupted, "seconds": seconds,
        }),
    })
}

fn best(best: &Best) -> Value {
    json!({ "metric": best.metric.to_string(), "value": best.value, "epoch": best.epoch })
}

/// A diagnostic; places are lines and columns from 1, columns in characters, ends exclusive.
pub fn diagnostic(diagnostic: &Diagnostic, sources: &Sources) -> Value {
    let severity = match diagnostic.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    };
    let label = |label: &Label| json!({ "place": place(label.span, sources), "text": label.text });
    let help = |help: &Help| {
        let edit = help.edit.as_ref();
        let edit = edit.map(|edit| json!({ "place": place(edit.span, sources), "text": edit.text }));
        json!({ "text": help.text, "edit": edit })
    };
    json!({
        "event": "diagnostic", "severity": severity, "code": diagnostic.code, "message": diagnostic.message,
        "labels": diagnostic.labels.iter().map(label).collect::<Vec<_>>(), "notes": diagnostic.notes,
        "helps": diagnostic.helps.iter().map(help).collect::<Vec<_>>(),
    })
}

/// Where something stands; null for what nobody wrote.
fn place(span: Span, sources: &Sources) -> Value {
    let Some(source) = sources.get(span.file) else { return Value::Null };
    let (line, column) = source.position(span.lo as usize);
    let (end_line, end_column) = source.position(span.hi as usize);
    json!({
        "file": source.name, "line": line, "column": column, "end_line": end_line, "end_column": end_column,
    })
}

/// The end of a check.
pub fn report(report: &Report, ok: bool) -> Value {
    json!({
        "event": "checked", "ok": ok, "proved": report.proved, "at_run_time": report.at_run_time,
        "assumed": report.assumed,
    })
}

pub fn setting(setting: &Setting, sources: &Sources) -> Value {
    let (origin, at) = match setting.origin {
        Origin::Default => ("default", Value::Null),
        Origin::File(span) => ("file", place(span, sources)),
        Origin::CommandLine => ("command line", Value::Null),
    };
    json!({ "event": "setting", "name": setting.name, "value": setting.value, "origin": origin, "place": at })
}

pub fn test(result: &TestResult) -> Value {
    json!({ "event": "test", "name": &*result.name, "ok": result.outcome.is_ok() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_that_json_does_not_have_are_null() {
        let epoch = Event::Epoch { epoch: 1, train: vec![("loss".into(), f64::NAN)], val: vec![] };
        let line = event(&epoch, 0.5).unwrap().to_string();
        assert_eq!(line, r#"{"event":"epoch","epoch":1,"train":{"loss":null},"val":{},"seconds":0.5}"#);
    }

    #[test]
    fn places_count_characters_from_one() {
        let mut sources = Sources::default();
        let file = sources.add("a.dln", "let é = 1\nlet x = yy\n");
        let error = Diagnostic::error("E0301", Span::new(file, 19, 21), "unknown", "here");
        let value = diagnostic(&error, &sources);
        let place = json!({ "file": "a.dln", "line": 2, "column": 9, "end_line": 2, "end_column": 11 });
        assert_eq!(value["labels"][0]["place"], place);
        assert_eq!(super::place(Span::none(), &sources), Value::Null);
    }
}
