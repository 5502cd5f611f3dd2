//! A sweep as a picture: for each setting that varies, the metric over its values, one dot a trial. SVG, so that it
//! needs nothing to be looked at.

use super::super::chain::HyperValue;
use super::record::Record;
use super::table::{setting, varied};
use crate::io::plot::{self, Figure, Series, short};
use crate::tir::plot::{Axis, Mark};

/// Panels side by side.
const COLUMNS: usize = 2;
/// Values that are so many times as large as the least are shown by their factors.
const FACTOR: f64 = 30.0;

/// `ranked` is best first; trials without a number are left out.
pub fn svg(ranked: &[Record], metric: &str, title: &str) -> String {
    let scored: Vec<(&Record, f64)> =
        ranked.iter().filter_map(|r| Some((r, r.score.as_ref().ok()?.0))).filter(|(_, s)| s.is_finite()).collect();
    let panels: Vec<Figure> = varied(ranked).iter().map(|name| panel(&scored, name, metric)).collect();
    plot::svg(&panels, COLUMNS, title)
}

fn panel(scored: &[(&Record, f64)], name: &str, metric: &str) -> Figure {
    let (places, categories) = places(scored, name);
    let note = |(record, score): &(&Record, f64)| {
        format!("trial {}: {name} {}, {metric} {}", record.trial, setting(record, name), short(*score))
    };
    let mut trials =
        Series::new("trials", Mark::Points, places.iter().copied().zip(scored.iter().map(|s| s.1)).collect());
    trials.notes = scored.iter().map(note).collect();
    // The best one is drawn over the others.
    let mut best = Series::new("best", Mark::Points, trials.points.iter().take(1).copied().collect());
    best.notes = trials.notes.iter().take(1).cloned().collect();
    let (least, most) = places.iter().fold((f64::INFINITY, 0.0), |(a, b), &x| (x.min(a), x.max(b)));
    let log = categories.is_empty() && least > 0.0 && most / least >= FACTOR;
    Figure {
        x: Axis { label: name.into(), log, limits: None },
        y: Axis { label: metric.into(), ..Axis::default() },
        categories,
        series: vec![trials, best],
        ..Figure::default()
    }
}

/// Where each record lies along a setting. What is no number lies above its name.
fn places(scored: &[(&Record, f64)], name: &str) -> (Vec<f64>, Vec<String>) {
    let numbers: Option<Vec<f64>> = scored.iter().map(|(record, _)| numeric(record, name)).collect();
    if let Some(numbers) = numbers {
        return (numbers, vec![]);
    }
    let own: Vec<String> = scored.iter().map(|(record, _)| setting(record, name)).collect();
    let mut kinds = own.clone();
    kinds.sort();
    kinds.dedup();
    let place = |kind: &String| kinds.iter().position(|k| k == kind).unwrap_or(0) as f64;
    (own.iter().map(place).collect(), kinds)
}

fn numeric(record: &Record, name: &str) -> Option<f64> {
    match record.settings.iter().find(|(n, _)| &**n == name) {
        Some((_, HyperValue::Int(v))) => Some(*v as f64),
        Some((_, HyperValue::Float(v))) => Some(*v),
        Some((_, HyperValue::Bool(_) | HyperValue::Str(_))) => None,
        None => record.seed.map(|seed| seed as f64),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panel_for_each_setting_and_a_dot_for_each_trial() {
        let record = |trial, lr, act: &str, score| {
            let settings = vec![("lr".into(), HyperValue::Float(lr)), ("act".into(), HyperValue::Str(act.into()))];
            Record { trial, settings, seed: None, epochs: None, score, train: vec![], val: vec![] }
        };
        let records = [
            record(1, 1e-3, "a<b", Ok((0.9, 1))),
            record(2, 1e-1, "relu", Ok((0.5, 2))),
            record(3, 1.0, "relu", Err("E0801".to_string())),
        ];
        let svg = svg(&records, "val.accuracy", "digits.dln");
        assert_eq!(svg.matches("<g>").count(), 2);
        assert_eq!(svg.matches("<title>trial").count(), 2 * (2 + 1), "two trials, and the best once more");
        assert!(svg.contains("act a&lt;b") && !svg.contains("a<b"), "{svg}");
        assert!(svg.contains(">0.01<") && svg.contains(">relu<"), "{svg}");
        assert!(!svg.contains("NaN") && !svg.contains("inf"), "{svg}");
    }
}
