//! A sweep as a picture: for each setting that varies, the metric over its values, one dot a trial. SVG, so that it
//! needs nothing to be looked at.

use std::fmt::Write;

use super::super::chain::HyperValue;
use super::record::Record;
use super::table::{setting, varied};

/// Of one panel.
const WIDTH: f64 = 260.0;
const HEIGHT: f64 = 200.0;
/// Around the place for dots: left, top, right, bottom.
const MARGIN: [f64; 4] = [56.0, 26.0, 14.0, 40.0];
/// Panels side by side.
const COLUMNS: usize = 3;

/// A range of numbers on a length.
struct Scale {
    lo: f64,
    hi: f64,
    log: bool,
}

impl Scale {
    fn of(values: &[f64], log: bool) -> Scale {
        let lo = values.iter().copied().fold(f64::INFINITY, f64::min);
        let hi = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        Scale { lo, hi, log }
    }

    /// Where a number lies, from 0 to 1.
    fn at(&self, x: f64) -> f64 {
        let [lo, hi, x] = [self.lo, self.hi, x].map(|v| if self.log { v.ln() } else { v });
        if hi > lo { (x - lo) / (hi - lo) } else { 0.5 }
    }
}

/// `ranked` is best first; trials without a number are left out.
pub fn svg(ranked: &[Record], metric: &str, title: &str) -> String {
    let scored: Vec<&Record> = ranked.iter().filter(|r| r.score.as_ref().is_ok_and(|s| s.0.is_finite())).collect();
    let names = varied(ranked);
    let (columns, rows) = (names.len().clamp(1, COLUMNS), names.len().div_ceil(COLUMNS).max(1));
    let (width, height) = (columns as f64 * WIDTH, rows as f64 * HEIGHT + 24.0);
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" height=\"{height}\" \
         font-family=\"sans-serif\" font-size=\"11\" fill=\"#333\">\n\
         <rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n\
         <text x=\"8\" y=\"16\" font-size=\"13\">{}</text>\n",
        escaped(title)
    );
    let scores: Vec<f64> = scored.iter().filter_map(|r| r.score.as_ref().ok().map(|s| s.0)).collect();
    for (i, name) in names.iter().enumerate() {
        let corner = ((i % COLUMNS) as f64 * WIDTH, (i / COLUMNS) as f64 * HEIGHT + 24.0);
        panel(&mut out, corner, &scored, &scores, name, metric);
    }
    out.push_str("</svg>\n");
    out
}

fn panel(out: &mut String, corner: (f64, f64), records: &[&Record], scores: &[f64], name: &str, metric: &str) {
    let [left, top, right, bottom] = MARGIN;
    let (x0, y0) = (corner.0 + left, corner.1 + top);
    let (w, h) = (WIDTH - left - right, HEIGHT - top - bottom);
    let (places, ticks) = places(records, name);
    let vertical = Scale::of(scores, false);
    // Writing to a string cannot fail.
    let _ = write!(
        out,
        "<g><rect x=\"{x0}\" y=\"{y0}\" width=\"{w}\" height=\"{h}\" fill=\"none\" stroke=\"#bbb\"/>\n\
         <text x=\"{x0}\" y=\"{}\">{}</text>\n\
         <text x=\"{}\" y=\"{}\" text-anchor=\"middle\">{}</text>\n",
        y0 - 8.0,
        escaped(metric),
        x0 + w / 2.0,
        y0 + h + 32.0,
        escaped(name)
    );
    for (at, label) in &ticks {
        let anchor = if ticks.len() == 2 && *at < 0.5 {
            "start"
        } else if ticks.len() == 2 {
            "end"
        } else {
            "middle"
        };
        let (x, y) = (x0 + at * w, y0 + h + 16.0);
        let _ = writeln!(out, "<text x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"{anchor}\">{}</text>", escaped(label));
    }
    for (at, value) in [(0.0, vertical.lo), (1.0, vertical.hi)] {
        let (x, y) = (x0 - 6.0, y0 + h - at * h + if at == 0.0 { 0.0 } else { 8.0 });
        let _ = writeln!(out, "<text x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"end\">{}</text>", number(value));
    }
    // The best one is drawn last, over the others.
    for (i, (place, score)) in places.iter().zip(scores).enumerate().rev() {
        let (x, y) = (x0 + place * w, y0 + h - vertical.at(*score) * h);
        let (radius, fill) = if i == 0 { (5, "#d1495b") } else { (3, "#00798c") };
        let _ = writeln!(
            out,
            "<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"{radius}\" fill=\"{fill}\" fill-opacity=\"0.75\">\
             <title>trial {}: {} {}, {} {}</title></circle>",
            records[i].trial,
            escaped(name),
            escaped(&setting(records[i], name)),
            escaped(metric),
            number(*score)
        );
    }
    out.push_str("</g>\n");
}

/// Where each record lies along a setting, and what stands below the axis.
fn places(records: &[&Record], name: &str) -> (Vec<f64>, Vec<(f64, String)>) {
    let numbers: Option<Vec<f64>> = records.iter().map(|record| numeric(record, name)).collect();
    match numbers {
        Some(numbers) if !numbers.is_empty() => {
            let (least, most) = numbers.iter().fold((f64::INFINITY, 0.0), |(a, b), &x| (x.min(a), x.max(b)));
            let scale = Scale::of(&numbers, least > 0.0 && most / least >= 30.0);
            let ends = [(0.0, number(scale.lo)), (1.0, number(scale.hi))];
            (numbers.iter().map(|&x| scale.at(x)).collect(), ends.to_vec())
        }
        _ => {
            let mut kinds: Vec<String> = records.iter().map(|record| setting(record, name)).collect();
            let own = kinds.clone();
            kinds.sort();
            kinds.dedup();
            let at = |i: usize| (i as f64 + 0.5) / kinds.len() as f64;
            let place = |kind: &String| kinds.iter().position(|k| k == kind).map_or(0.5, at);
            (own.iter().map(place).collect(), kinds.iter().enumerate().map(|(i, kind)| (at(i), kind.clone())).collect())
        }
    }
}

fn numeric(record: &Record, name: &str) -> Option<f64> {
    match record.settings.iter().find(|(n, _)| &**n == name) {
        Some((_, HyperValue::Int(v))) => Some(*v as f64),
        Some((_, HyperValue::Float(v))) => Some(*v),
        Some((_, HyperValue::Bool(_) | HyperValue::Str(_))) => None,
        None => record.seed.map(|seed| seed as f64),
    }
}

/// Three digits.
fn number(x: f64) -> String {
    let rounded: f64 = format!("{x:.2e}").parse().unwrap_or(x);
    if rounded != 0.0 && !(1e-3..1e5).contains(&rounded.abs()) { format!("{rounded:e}") } else { rounded.to_string() }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
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
        assert_eq!(svg.matches("<circle").count(), 4);
        assert!(svg.contains("act a&lt;b") && !svg.contains("a<b"), "{svg}");
        assert!(svg.contains(">0.001<") && svg.contains(">0.1<"), "{svg}");
        assert!(!svg.contains("NaN") && !svg.contains("inf"), "{svg}");
    }
}
