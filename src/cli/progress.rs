//! A run as lines: one that is rewritten while an epoch goes on, and one that stays for each epoch.

use crate::train::{Best, Event, Metrics, Summary};
use std::fmt::Write;

/// Seconds between two drawings of the live line.
const PAUSE: f64 = 0.1;
/// Cells of the bar.
const BAR: usize = 16;

/// What is to be shown.
#[derive(Clone, Debug, PartialEq)]
pub enum Show {
    /// In place of the live line.
    Live(String),
    /// To stay.
    Line(String),
}

/// Turns events into lines. Times are seconds of any clock that does not go back.
#[derive(Debug)]
pub struct Progress {
    unicode: bool,
    epochs: usize,
    steps: usize,
    /// What the rate counts: rows, or steps where there are none.
    unit: &'static str,
    job_began: f64,
    epoch_began: f64,
    drawn: Option<f64>,
    /// Rows of this epoch so far.
    rows: usize,
    /// What got better in the epoch that is about to be told.
    improved: Vec<String>,
    /// Where the best weights are.
    kept: Vec<String>,
}

impl Progress {
    pub fn new(unicode: bool) -> Progress {
        Progress {
            unicode,
            epochs: 0,
            steps: 0,
            unit: "rows",
            job_began: 0.0,
            epoch_began: 0.0,
            drawn: None,
            rows: 0,
            improved: vec![],
            kept: vec![],
        }
    }

    /// Takes an event that happened at `now`.
    pub fn on(&mut self, event: &Event, now: f64) -> Vec<Show> {
        match event {
            Event::Start { job, epochs, steps_per_epoch, rows, parameters, seed, .. } => {
                *self = Progress::new(self.unicode);
                (self.epochs, self.steps) = (*epochs, *steps_per_epoch);
                (self.job_began, self.epoch_began) = (now, now);
                self.unit = if *rows == 0 { "steps" } else { "rows" };
                let of_rows = if *rows == 0 { String::new() } else { format!(" of {}", counted(*rows, "row")) };
                vec![Show::Line(format!(
                    "train {job}: {}, {}, {}{of_rows}, seed {seed}",
                    counted(*parameters, "parameter"),
                    counted(*epochs, "epoch"),
                    counted(*steps_per_epoch, "step"),
                ))]
            }
            Event::Step { epoch, step, rows, train, .. } => {
                self.rows += rows;
                self.step(*epoch, *step, train, now).into_iter().map(Show::Live).collect()
            }
            Event::Epoch { epoch, train, val } => vec![Show::Line(self.epoch(*epoch, train, val, now))],
            Event::TakenUp { epoch, step } => {
                vec![Show::Line(format!("goes on in epoch {epoch}, after step {step}"))]
            }
            Event::Saved { path, because: Some(best) } => {
                self.improved.push(best.metric.to_string());
                if !self.kept.contains(path) {
                    self.kept.push(path.clone());
                }
                vec![]
            }
            Event::Saved { path, because: None } => vec![Show::Line(format!("saved {path}"))],
            Event::NotKept(diagnostic) => {
                vec![Show::Line(format!("warning: {}; the training goes on", diagnostic.message))]
            }
            Event::Printed(text) => vec![Show::Line(text.clone())],
            Event::Stopped { epoch, best } => vec![Show::Line(stopped(*epoch, best.as_ref()))],
            Event::Interrupted { epoch, step } => {
                vec![Show::Line(format!("interrupted in epoch {epoch}, after step {step}"))]
            }
            Event::Done(summary) => self.done(summary, now).into_iter().map(Show::Line).collect(),
        }
    }

    /// The live line, when it is time for one.
    fn step(&mut self, epoch: usize, step: usize, train: &Metrics, now: f64) -> Option<String> {
        if self.drawn.is_some_and(|drawn| now - drawn < PAUSE) {
            return None;
        }
        self.drawn = Some(now);
        let made = ((epoch - 1) * self.steps + step) as f64;
        let share = made / (self.epochs * self.steps).max(1) as f64;
        let elapsed = now - self.job_began;
        let left = elapsed * (1.0 - share) / share;
        let mut line = format!("epoch {epoch}/{} {} {step}/{}", self.epochs, self.bar(step), self.steps);
        write_metrics(&mut line, train);
        if let Some(rate) = rate(self.rows, now - self.epoch_began) {
            let _ = write!(line, "  {rate} {}/s  {} left", self.unit, time(left));
        }
        Some(line)
    }

    fn bar(&self, step: usize) -> String {
        let full = (step * BAR / self.steps.max(1)).min(BAR);
        let (done, open) = if self.unicode { ("━", "╌") } else { ("=", "-") };
        done.repeat(full) + &open.repeat(BAR - full)
    }

    fn epoch(&mut self, epoch: usize, train: &Metrics, val: &Metrics, now: f64) -> String {
        let width = self.epochs.to_string().len();
        let mut line = format!("epoch {epoch:width$}/{}", self.epochs);
        write_metrics(&mut line, train);
        if !val.is_empty() {
            line.push_str("  | val");
            write_metrics(&mut line, val);
        }
        let _ = write!(line, "  | {}", time(now - self.epoch_began));
        for metric in self.improved.drain(..) {
            let _ = write!(line, "  best {metric}");
        }
        (self.rows, self.epoch_began, self.drawn) = (0, now, None);
        line
    }

    fn done(&self, summary: &Summary, now: f64) -> Vec<String> {
        let epochs = counted(summary.epochs, "epoch");
        let mut lines = vec![format!("{epochs} in {}", time(now - self.job_began))];
        for best in &summary.best {
            lines.push(format!("best {} {} in epoch {}", best.metric, short(best.value), best.epoch));
        }
        lines.extend(self.kept.iter().map(|path| format!("saved {path}")));
        lines
    }
}

fn stopped(epoch: usize, best: Option<&Best>) -> String {
    match best {
        Some(best) => format!(
            "stopped after epoch {epoch}: {} was best in epoch {} ({})",
            best.metric,
            best.epoch,
            short(best.value)
        ),
        None => format!("stopped after epoch {epoch}: the watched metric never was a number"),
    }
}

fn write_metrics(line: &mut String, metrics: &Metrics) {
    for (name, value) in metrics {
        let _ = write!(line, "  {name} {}", short(*value));
    }
}

/// Four digits behind the point, or a power of ten where those would say nothing.
pub fn short(x: f64) -> String {
    if x == 0.0 || !x.is_finite() || (1e-3..1e5).contains(&x.abs()) { format!("{x:.4}") } else { format!("{x:.3e}") }
}

/// `1,500 rows`
pub fn counted(n: usize, what: &str) -> String {
    let digits = n.to_string();
    let mut grouped = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    format!("{grouped} {what}{}", if n == 1 { "" } else { "s" })
}

/// Rows a second; nothing while the clock stands still.
fn rate(rows: usize, seconds: f64) -> Option<String> {
    let rate = rows as f64 / seconds;
    match rate {
        _ if seconds <= 0.0 || !rate.is_finite() => None,
        r if r >= 1e6 => Some(format!("{:.1}M", r / 1e6)),
        r if r >= 1e4 => Some(format!("{:.1}k", r / 1e3)),
        r => Some(format!("{r:.0}")),
    }
}

/// `0.42s`, `12.3s`, `4:05`, `1:02:03`
pub fn time(seconds: f64) -> String {
    let seconds = if seconds.is_finite() { seconds.max(0.0) } else { 0.0 };
    let whole = seconds.round() as u64;
    match seconds {
        s if s < 9.995 => format!("{s:.2}s"),
        s if s < 59.95 => format!("{s:.1}s"),
        s if s < 3599.5 => format!("{}:{:02}", whole / 60, whole % 60),
        _ => format!("{}:{:02}:{:02}", whole / 3600, whole / 60 % 60, whole % 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tir::{Metric, Part};

    fn started() -> Progress {
        let mut progress = Progress::new(false);
        let start = Event::Start {
            training: 1,
            job: "classify".into(),
            epochs: 10,
            steps_per_epoch: 4,
            rows: 2000,
            validation_rows: 0,
            parameters: 9610,
            seed: 3,
        };
        let line = "train classify: 9,610 parameters, 10 epochs, 4 steps of 2,000 rows, seed 3";
        assert_eq!(progress.on(&start, 100.0), [Show::Line(line.to_string())]);
        progress
    }

    fn step(epoch: usize, step: usize) -> Event {
        Event::Step { epoch, step, rows: 500, train: vec![("loss".into(), 0.25)], own: vec![] }
    }

    fn best(value: f64) -> Best {
        Best { metric: Metric { part: Part::Val, name: "accuracy".into() }, value, epoch: 1 }
    }

    #[test]
    fn the_live_line_is_throttled_and_tells_rate_and_time_left() {
        let mut progress = started();
        assert_eq!(progress.on(&step(1, 1), 100.0).len(), 1, "the first step is shown at once");
        assert_eq!(progress.on(&step(1, 2), 100.09), []);
        let line = "epoch 1/10 ============---- 3/4  loss 0.2500  3000 rows/s  6.17s left";
        assert_eq!(progress.on(&step(1, 3), 100.5), [Show::Live(line.to_string())]);
    }

    #[test]
    fn steps_without_data_are_counted_themselves() {
        let mut progress = Progress::new(false);
        let start = Event::Start {
            training: 1,
            job: "field".into(),
            epochs: 1,
            steps_per_epoch: 4,
            rows: 0,
            validation_rows: 0,
            parameters: 2,
            seed: 0,
        };
        let line = "train field: 2 parameters, 1 epoch, 4 steps, seed 0";
        assert_eq!(progress.on(&start, 0.0), [Show::Line(line.to_string())]);
        let done = Event::Step { epoch: 1, step: 1, rows: 1, train: vec![], own: vec![] };
        let line = "epoch 1/1 ====------------ 1/4  10 steps/s  0.30s left";
        assert_eq!(progress.on(&done, 0.1), [Show::Live(line.to_string())]);
    }

    #[test]
    fn a_clock_that_stands_still_gives_no_rate() {
        let mut progress = started();
        let line = "epoch 1/10 ====------------ 1/4  loss 0.2500";
        assert_eq!(progress.on(&step(1, 1), 100.0), [Show::Live(line.to_string())]);
    }

    #[test]
    fn an_epoch_is_a_line_with_what_got_better() {
        let mut progress = started();
        progress.on(&step(1, 4), 101.0);
        let saved = Event::Saved { path: "runs/a/best.safetensors".to_string(), because: Some(best(0.9)) };
        assert_eq!(progress.on(&saved, 102.0), []);
        let epoch =
            |epoch| Event::Epoch { epoch, train: vec![("loss".into(), 1e-5)], val: vec![("accuracy".into(), 0.9)] };
        let line = "epoch  1/10  loss 1.000e-5  | val  accuracy 0.9000  | 2.50s  best val.accuracy";
        assert_eq!(progress.on(&epoch(1), 102.5), [Show::Line(line.to_string())]);
        let line = "epoch  2/10  loss 1.000e-5  | val  accuracy 0.9000  | 1.00s";
        assert_eq!(progress.on(&epoch(2), 103.5), [Show::Line(line.to_string())]);
        let summary = Summary {
            job: "classify".into(),
            epochs: 2,
            steps: 8,
            train: vec![],
            val: vec![],
            best: vec![best(0.9)],
            interrupted: false,
        };
        let told: Vec<String> = progress.done(&summary, 165.0);
        let lines = ["2 epochs in 1:05", "best val.accuracy 0.9000 in epoch 1", "saved runs/a/best.safetensors"];
        assert_eq!(told, lines);
    }

    #[test]
    fn times_and_numbers_are_short() {
        assert_eq!([0.0, 9.99, 59.9, 60.0, 3725.0].map(time), ["0.00s", "9.99s", "59.9s", "1:00", "1:02:05"]);
        assert_eq!([f64::NAN, -1.0].map(time), ["0.00s", "0.00s"]);
        assert_eq!([0.0, -0.5, 1e-4, 1e6].map(short), ["0.0000", "-0.5000", "1.000e-4", "1.000e6"]);
        assert_eq!(rate(25_000, 1.0).as_deref(), Some("25.0k"));
        assert_eq!(rate(5, 0.0), None);
        assert_eq!([0, 1, 1_234_567].map(|n| counted(n, "row")), ["0 rows", "1 row", "1,234,567 rows"]);
    }
}
