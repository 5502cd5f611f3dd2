//! What is known of trials: a line in `trials.jsonl` for each finished run. A sweep that is started again finds what it
//! had, also with more trials than before.

use serde_json::{Map, Value, json};

use super::super::chain::HyperValue;
use super::plan::Trial;
use crate::base::Name;
use crate::io::Files;
use crate::train::{Metrics, json as metrics};

pub const LINES: &str = "trials.jsonl";

/// A finished run of a trial.
#[derive(Clone, Debug, PartialEq)]
pub struct Record {
    pub trial: usize,
    pub settings: Vec<(Name, HyperValue)>,
    pub seed: Option<u64>,
    /// `--epochs` of the run, if it was not the file that said.
    pub epochs: Option<usize>,
    /// The best value of the metric and its epoch, or why there is none.
    pub score: Result<(f64, usize), String>,
    /// What the last epoch logged.
    pub train: Metrics,
    pub val: Metrics,
}

impl Record {
    /// `program` and `metric` say what the number means: a record of another program is none of this one.
    pub fn line(&self, program: &str, metric: &str) -> String {
        let settings: Map<String, Value> = self.settings.iter().map(|(n, v)| (n.to_string(), value(v))).collect();
        let (best, epoch, error) = match &self.score {
            Ok((best, epoch)) => (Some(*best), Some(*epoch), None),
            Err(error) => (None, None, Some(error)),
        };
        json!({
            "trial": self.trial, "settings": settings, "seed": self.seed, "epochs": self.epochs, "metric": metric,
            "value": best, "epoch": epoch, "error": error, "train": metrics(&self.train), "val": metrics(&self.val),
            "program": program,
        })
        .to_string()
    }
}

pub fn value(value: &HyperValue) -> Value {
    match value {
        HyperValue::Int(v) => json!(v),
        HyperValue::Float(v) => json!(v),
        HyperValue::Bool(v) => json!(v),
        HyperValue::Str(v) => json!(&**v),
    }
}

/// Lines of earlier runs of one program and metric.
#[derive(Default)]
pub struct Known(Vec<Value>);

impl Known {
    /// What can be read of the file; a line that was cut off by a crash is one run less.
    pub fn read(files: &Files, program: &str, metric: &str) -> Known {
        let bytes = files.read(LINES).unwrap_or_default();
        let text = String::from_utf8_lossy(&bytes);
        let lines = text.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
        Known(lines.filter(|line| line["program"] == program && line["metric"] == metric).collect())
    }

    /// The run of a trial with so many epochs, if there was one.
    pub fn find(&self, trial: &Trial, epochs: Option<usize>) -> Option<Record> {
        let settings: Map<String, Value> = trial.settings.iter().map(|(n, v)| (n.to_string(), value(v))).collect();
        let same = |line: &&Value| {
            line["settings"].as_object() == Some(&settings)
                && line["seed"].as_u64() == trial.seed
                && line["epochs"].as_u64() == epochs.map(|n| n as u64)
        };
        let line = self.0.iter().rev().find(same)?;
        let score = match (line["value"].as_f64(), line["epoch"].as_u64()) {
            (Some(value), Some(epoch)) => Ok((value, epoch as usize)),
            _ => Err(line["error"].as_str().unwrap_or("it failed").to_string()),
        };
        let (settings, seed) = (trial.settings.clone(), trial.seed);
        let (train, val) = (logged(&line["train"]), logged(&line["val"]));
        Some(Record { trial: trial.number, settings, seed, epochs, score, train, val })
    }
}

fn logged(metrics: &Value) -> Metrics {
    let pairs = metrics.as_object().into_iter().flatten();
    pairs.map(|(name, value)| (name.as_str().into(), value.as_f64().unwrap_or(f64::NAN))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_is_found_again_by_what_was_run() {
        let dir = tempfile::tempdir().expect("a folder");
        let files = Files::at(dir.path());
        let settings =
            vec![("lr".into(), HyperValue::Float(0.1 + 0.2)), ("act".into(), HyperValue::Str("relu".into()))];
        let trial = Trial { number: 3, settings: settings.clone(), seed: Some(2) };
        let record = Record {
            trial: 3,
            settings,
            seed: Some(2),
            epochs: Some(5),
            score: Ok((0.1 + 0.7, 4)),
            train: vec![("loss".into(), 1.0 / 3.0)],
            val: vec![],
        };
        files.append_line(LINES, &record.line("p", "val.loss")).expect("writable");
        files.append_line(LINES, "{\"trial\": 4, \"setti").expect("writable");
        let known = Known::read(&files, "p", "val.loss");
        assert_eq!(known.find(&trial, Some(5)), Some(record));
        assert_eq!(known.find(&trial, None), None);
        assert_eq!(known.find(&Trial { seed: None, ..trial.clone() }, Some(5)), None);
        assert_eq!(Known::read(&files, "q", "val.loss").find(&trial, Some(5)), None);
    }
}
