//! What `--json` prints: one object a line, with the kind of line in `event`.

use super::chain::{Origin, Report, Setting, TestResult};
use crate::base::Sources;
use crate::diag::{self, Diagnostic};
use crate::driver::Peak;
use crate::train::{Best, Event, json as metrics};
use serde_json::{Value, json};

/// An event of a run; `None` for what is told in too many lines. `seconds` is the time since the run began.
pub fn event(event: &Event, seconds: f64) -> Option<Value> {
    Some(match event {
        Event::Start { training, job, epochs, steps_per_epoch, rows, validation_rows, parameters, seed } => json!({
            "event": "start", "training": training, "job": &**job, "epochs": epochs, "steps_per_epoch": steps_per_epoch, "rows": rows,
            "validation_rows": validation_rows, "parameters": parameters, "seed": seed,
        }),
        // When the first step is done, the program has started.
        Event::Step { epoch: 1, step: 1, own, .. } => {
            json!({ "event": "step", "epoch": 1, "step": 1, "train": metrics(own), "seconds": seconds })
        }
        Event::Step { .. } => return None,
        Event::Epoch { epoch, train, val } => json!({
            "event": "epoch", "epoch": epoch, "train": metrics(train), "val": metrics(val), "seconds": seconds,
        }),
        Event::Saved { path, because } => {
            json!({ "event": "saved", "path": path, "best": because.as_ref().map(best) })
        }
        Event::TakenUp { epoch, step } => json!({ "event": "taken_up", "epoch": epoch, "step": step }),
        Event::NotKept(diagnostic) => json!({ "event": "not_kept", "message": diagnostic.message }),
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

/// A diagnostic, as every tool of dln gives it.
pub fn diagnostic(diagnostic: &Diagnostic, sources: &Sources) -> Value {
    let mut value = json!({ "event": "diagnostic" });
    for (key, part) in diag::json(sources, diagnostic).as_object_mut().into_iter().flatten() {
        value[key] = part.take();
    }
    value
}

/// The end of a check.
pub fn report(report: &Report, ok: bool) -> Value {
    json!({
        "event": "checked", "ok": ok, "proved": report.proved, "at_run_time": report.at_run_time.len(),
        "assumed": report.assumed,
    })
}

/// The memory that a training takes at its peak, in bytes.
pub fn peak(peak: &Peak) -> Value {
    json!({
        "event": "memory", "training": &*peak.of, "peak": peak.total(), "program": peak.base, "weights": peak.cells,
        "rows": peak.data, "step": peak.step, "saving": peak.saving, "or_more": peak.open,
    })
}

pub fn setting(setting: &Setting, sources: &Sources) -> Value {
    let (origin, at) = match setting.origin {
        Origin::Default => ("default", None),
        Origin::File(span) => ("file", Some(sources.place(span))),
        Origin::CommandLine => ("command line", None),
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
    fn of_steps_only_the_first_is_told() {
        let step = |step| Event::Step { epoch: 1, step, rows: 4, train: vec![], own: vec![("loss".into(), 0.5)] };
        let line = event(&step(1), 0.25).map(|line| line.to_string());
        assert_eq!(line.as_deref(), Some(r#"{"event":"step","epoch":1,"step":1,"train":{"loss":0.5},"seconds":0.25}"#));
        assert_eq!(event(&step(2), 0.5), None);
    }

    #[test]
    fn a_diagnostic_says_first_what_it_is() {
        let error = Diagnostic::error("E0301", crate::base::Span::none(), "unknown", "here");
        let line = diagnostic(&error, &Sources::default()).to_string();
        assert!(line.starts_with(r#"{"event":"diagnostic","severity":"error","code":"E0301""#), "{line}");
    }
}
