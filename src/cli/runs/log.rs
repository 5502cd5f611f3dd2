//! `metrics.jsonl`: what a run told, a line each. A process that ends without warning leaves a part of a line at most.

use std::path::Path;

use serde_json::Value;

use super::folder::METRICS;
use crate::io::Files;

/// What could be read.
#[derive(Debug, Default)]
pub struct Log {
    pub lines: Vec<Value>,
    /// Bytes up to the end of each line.
    pub ends: Vec<usize>,
    /// Why a line in the middle cannot be read, with its number.
    pub broken: Option<String>,
}

/// The numbers of one `train` block.
#[derive(Clone, Debug, Default)]
pub struct Training {
    pub name: String,
    /// The event that began it.
    pub start: Value,
    /// After how many steps, and the numbers of that batch.
    pub steps: Vec<(f64, Numbers)>,
    pub epochs: Vec<Epoch>,
    /// What was best by each metric that is watched: the last event about it.
    pub best: Vec<Best>,
}

#[derive(Clone, Debug, Default)]
pub struct Epoch {
    pub epoch: f64,
    /// Steps so far.
    pub step: f64,
    pub seconds: f64,
    pub train: Numbers,
    pub val: Numbers,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Best {
    pub metric: String,
    pub value: f64,
    pub epoch: f64,
}

pub type Numbers = Vec<(String, f64)>;

impl Log {
    pub fn read(folder: &Path) -> Log {
        Files::at(folder).read(METRICS).map_or(Log::default(), |bytes| Log::of(&bytes))
    }

    fn of(bytes: &[u8]) -> Log {
        let mut log = Log::default();
        let mut end = 0;
        for (i, line) in bytes.split_inclusive(|&byte| byte == b'\n').enumerate() {
            end += line.len();
            match serde_json::from_slice(line) {
                Ok(value) if line.ends_with(b"\n") => {
                    log.lines.push(value);
                    log.ends.push(end);
                }
                _ if end == bytes.len() => {}
                Ok(_) | Err(_) => {
                    log.broken.get_or_insert(format!("line {} of `{METRICS}` is no JSON", i + 1));
                }
            }
        }
        log
    }

    /// Bytes, and lines, of what happened before a run was after `step` steps in `epoch` of a training.
    pub fn before(&self, training: usize, epoch: usize, step: usize) -> (usize, usize) {
        let number = |line: &Value, name: &str| line[name].as_u64().unwrap_or(0) as usize;
        let mut current = 0;
        let later = |line: &Value| {
            let event = line["event"].as_str().unwrap_or_default();
            if event == "start" {
                current = number(line, "training");
            }
            let here = match event {
                "step" => number(line, "step") > step,
                "epoch" => number(line, "epoch") >= epoch,
                "saved" => number(&line["best"], "epoch") >= epoch.max(1),
                "interrupted" | "done" => true,
                _ => false,
            };
            current > training || (current == training && here)
        };
        let lines = self.lines.iter().position(later).unwrap_or(self.lines.len());
        (lines.checked_sub(1).map_or(0, |last| self.ends[last]), lines)
    }

    /// The trainings in their order.
    pub fn trainings(&self) -> Vec<Training> {
        let mut trainings: Vec<Training> = vec![];
        for line in &self.lines {
            let event = line["event"].as_str().unwrap_or_default();
            if event == "start" {
                let name = line["job"].as_str().unwrap_or_default().to_string();
                trainings.push(Training { name, start: line.clone(), ..Training::default() });
            }
            let Some(training) = trainings.last_mut() else { continue };
            let number = |name: &str| line[name].as_f64().unwrap_or(f64::NAN);
            match event {
                "step" => training.steps.push((number("step"), numbers(&line["train"]))),
                "epoch" => training.epochs.push(Epoch {
                    epoch: number("epoch"),
                    step: number("step"),
                    seconds: number("seconds"),
                    train: numbers(&line["train"]),
                    val: numbers(&line["val"]),
                }),
                "saved" => training.best.extend(best(&line["best"])),
                _ => {}
            }
        }
        for training in &mut trainings {
            let all = std::mem::take(&mut training.best);
            for best in all {
                match training.best.iter_mut().find(|known| known.metric == best.metric) {
                    Some(known) => *known = best,
                    None => training.best.push(best),
                }
            }
        }
        trainings
    }

    /// The lines that the program printed.
    pub fn printed(&self) -> impl Iterator<Item = &str> {
        self.lines.iter().filter(|line| line["event"] == "printed").filter_map(|line| line["text"].as_str())
    }
}

fn best(value: &Value) -> Option<Best> {
    let metric = value["metric"].as_str()?.to_string();
    Some(Best { metric, value: value["value"].as_f64()?, epoch: value["epoch"].as_f64()? })
}

/// What JSON has no number for is NaN.
fn numbers(value: &Value) -> Numbers {
    let pairs = value.as_object().into_iter().flatten();
    pairs.map(|(name, value)| (name.clone(), value.as_f64().unwrap_or(f64::NAN))).collect()
}

impl Training {
    /// The last number of every metric, as `val.loss`; the losses of validation first.
    pub fn last(&self) -> Numbers {
        let Some(epoch) = self.epochs.last() else { return vec![] };
        let named = |part: &'static str, numbers: &Numbers| -> Numbers {
            numbers.iter().map(|(name, value)| (format!("{part}.{name}"), *value)).collect()
        };
        [named("val", &epoch.val), named("train", &epoch.train)].concat()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOLD: &str = r#"{"event":"start","training":1,"job":"a"}
{"event":"step","step":1,"train":{"loss":2.0}}
{"event":"step","step":2,"train":{"loss":null}}
{"event":"epoch","epoch":1,"step":2,"train":{"loss":1.5},"val":{"f":0.5},"seconds":1.0}
{"event":"saved","best":{"metric":"val.f","value":0.5,"epoch":1}}
{"event":"printed","text":"hello"}
{"event":"step","step":3,"train":{"loss":1.0}}
{"event":"done"}
{"event":"start","training":2,"job":"b"}
{"event":"step","st"#;

    #[test]
    fn a_torn_last_line_is_no_line() {
        let log = Log::of(TOLD.as_bytes());
        assert_eq!((log.lines.len(), &log.broken), (9, &None));
        let broken = Log::of(TOLD.replacen("\"step\":1,", "\"step\":,", 1).as_bytes());
        assert_eq!(broken.broken.as_deref(), Some("line 2 of `metrics.jsonl` is no JSON"));
        assert_eq!(broken.lines.len(), 8);
        assert!(Log::of(b"{\"event\":\"done\"}").lines.is_empty(), "no line has an end");
    }

    #[test]
    fn trainings_have_their_numbers() {
        let trainings = Log::of(TOLD.as_bytes()).trainings();
        assert_eq!(trainings.iter().map(|t| &*t.name).collect::<Vec<_>>(), ["a", "b"]);
        assert_eq!((trainings[0].steps.len(), trainings[0].steps[1].1[0].1.is_nan()), (3, true));
        assert_eq!(trainings[0].last(), [("val.f".to_string(), 0.5), ("train.loss".to_string(), 1.5)]);
        assert_eq!(trainings[0].best, [Best { metric: "val.f".to_string(), value: 0.5, epoch: 1.0 }]);
    }

    #[test]
    fn what_came_after_a_place_is_told_from_what_was_before() {
        let log = Log::of(TOLD.as_bytes());
        assert_eq!(log.before(1, 1, 0).1, 1, "the start alone");
        assert_eq!(log.before(1, 1, 1).1, 2);
        assert_eq!(log.before(1, 2, 2).1, 6, "the epoch and what stands behind it");
        assert_eq!(log.before(1, 2, 3).1, 7, "not its end");
        assert_eq!(log.before(2, 1, 0), (log.ends[8], 9));
        assert_eq!(log.before(1, 1, 0).0, TOLD.find('\n').unwrap() + 1);
    }
}
