//! The results as a table, best first, for people and as CSV.

use super::super::chain::HyperValue;
use super::record::Record;
use crate::base::Name;
use crate::tir::Direction;

/// Best first: what ran longer before what was left behind, failures last.
pub fn ranked(mut records: Vec<Record>, direction: Direction) -> Vec<Record> {
    records.sort_by(|a, b| {
        let by_length = b.epochs.unwrap_or(usize::MAX).cmp(&a.epochs.unwrap_or(usize::MAX));
        let by_score = match (&a.score, &b.score) {
            (Ok((x, _)), Ok((y, _))) if direction == Direction::Highest => y.total_cmp(x),
            (Ok((x, _)), Ok((y, _))) => x.total_cmp(y),
            (x, y) => y.is_ok().cmp(&x.is_ok()),
        };
        let failed = a.score.is_err().cmp(&b.score.is_err());
        failed.then(by_length).then(by_score).then(a.trial.cmp(&b.trial))
    });
    records
}

/// Settings that differ between records, in their order; seeds too.
pub fn varied(records: &[Record]) -> Vec<Name> {
    let Some(first) = records.first() else { return vec![] };
    let differs = |name: &Name| records.iter().any(|r| setting(r, name) != setting(first, name));
    let mut names: Vec<Name> = first.settings.iter().map(|(name, _)| name.clone()).filter(differs).collect();
    if records.iter().any(|r| r.seed != first.seed) {
        names.push("seed".into());
    }
    names
}

/// A setting, or the seed, as a person writes it.
pub fn setting(record: &Record, name: &str) -> String {
    match (record.settings.iter().find(|(n, _)| &**n == name), record.seed) {
        (Some((_, value)), _) => shown(value),
        (None, Some(seed)) if name == "seed" => seed.to_string(),
        (None, _) => String::new(),
    }
}

pub fn shown(value: &HyperValue) -> String {
    match value {
        HyperValue::Int(v) => v.to_string(),
        HyperValue::Float(v) if *v != 0.0 && !(1e-3..1e4).contains(&v.abs()) => format!("{v:e}"),
        HyperValue::Float(v) => v.to_string(),
        HyperValue::Bool(v) => v.to_string(),
        HyperValue::Str(v) => v.to_string(),
    }
}

/// `trial  lr  val.accuracy  epoch`, in columns.
pub fn table(ranked: &[Record], metric: &str, halving: bool) -> Vec<String> {
    let names = varied(ranked);
    let mut head = vec!["trial".to_string()];
    head.extend(names.iter().map(|name| name.to_string()));
    head.extend([metric.to_string(), "epoch".to_string()]);
    if halving {
        head.push("of".to_string());
    }
    let mut rows = vec![head];
    for record in ranked {
        let mut row = vec![record.trial.to_string()];
        row.extend(names.iter().map(|name| setting(record, name)));
        match &record.score {
            Ok((value, epoch)) => row.extend([format!("{value:.6}"), epoch.to_string()]),
            Err(error) => row.push(error.clone()),
        }
        if halving && record.score.is_ok() {
            row.push(record.epochs.map_or("all".to_string(), |n| n.to_string()));
        }
        rows.push(row);
    }
    aligned(&rows)
}

/// Numbers and names end at the same column; what is too long for one, an error, runs on.
fn aligned(rows: &[Vec<String>]) -> Vec<String> {
    let columns = rows[0].len();
    let full = || rows.iter().filter(|row| row.len() == columns);
    let width = |at: usize| full().map(|row| row[at].chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..columns).map(width).collect();
    let line = |row: &Vec<String>| {
        let cells = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:>width$}"));
        cells.collect::<Vec<_>>().join("  ")
    };
    rows.iter().map(line).collect()
}

/// All settings and numbers of all trials, best first.
pub fn csv(ranked: &[Record], metric: &str) -> String {
    let settings: Vec<Name> =
        ranked.first().map_or(vec![], |r| r.settings.iter().map(|(name, _)| name.clone()).collect());
    let mut head = vec!["rank".to_string(), "trial".to_string()];
    head.extend(settings.iter().map(|name| name.to_string()));
    head.extend(["seed", "epochs", metric, "epoch", "error"].map(str::to_string));
    let mut lines = vec![head];
    for (rank, record) in ranked.iter().enumerate() {
        let mut line = vec![(rank + 1).to_string(), record.trial.to_string()];
        line.extend(settings.iter().map(|name| setting(record, name)));
        line.push(record.seed.map_or(String::new(), |seed| seed.to_string()));
        line.push(record.epochs.map_or(String::new(), |epochs| epochs.to_string()));
        line.extend(match &record.score {
            Ok((value, epoch)) => [value.to_string(), epoch.to_string(), String::new()],
            Err(error) => [String::new(), String::new(), error.clone()],
        });
        lines.push(line);
    }
    let quoted = |cell: &String| match cell.contains([',', '"', '\n']) {
        true => format!("\"{}\"", cell.replace('"', "\"\"")),
        false => cell.clone(),
    };
    lines.iter().map(|line| line.iter().map(quoted).collect::<Vec<_>>().join(",") + "\n").collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(trial: usize, lr: f64, epochs: Option<usize>, score: Result<(f64, usize), String>) -> Record {
        let settings = vec![("lr".into(), HyperValue::Float(lr)), ("width".into(), HyperValue::Int(8))];
        Record { trial, settings, seed: None, epochs, score, train: vec![], val: vec![] }
    }

    #[test]
    fn the_best_comes_first_and_failures_last() {
        let records = vec![
            record(1, 0.1, Some(2), Ok((0.9, 2))),
            record(2, 1e-4, None, Ok((0.7, 5))),
            record(3, 10.0, Some(2), Err("E0801: the loss, \"nan\"".to_string())),
            record(4, 0.01, None, Ok((0.8, 4))),
        ];
        let ranked = ranked(records, Direction::Highest);
        assert_eq!(ranked.iter().map(|r| r.trial).collect::<Vec<_>>(), [4, 2, 1, 3]);
        let lines = table(&ranked, "val.acc", true);
        assert_eq!(lines[0], "trial    lr   val.acc  epoch   of");
        assert_eq!(lines[1], "    4  0.01  0.800000      4  all");
        assert_eq!(lines[2], "    2  1e-4  0.700000      5  all");
        assert_eq!(lines[4], "    3    10  E0801: the loss, \"nan\"");
        let csv = csv(&ranked, "val.acc");
        assert!(csv.starts_with("rank,trial,lr,width,seed,epochs,val.acc,epoch,error\n1,4,0.01,8,,,0.8,4,\n"), "{csv}");
        assert!(csv.ends_with("4,3,10,8,,2,,,\"E0801: the loss, \"\"nan\"\"\"\n"), "{csv}");
    }
}
