//! `dln bench profile`: where the time of a step goes, by line of the sources and by operation.

use super::bench;
use super::chain::Steps;
use crate::base::{Sources, Span};
use crate::diag::Diagnostic;
use crate::driver::{Apart, Entry, Profile};
use std::collections::BTreeMap;

/// Lines of a table beyond which the rest is one line.
const ROWS: usize = 24;

/// Milliseconds of one step.
#[derive(Clone, Debug, PartialEq)]
pub struct Spent {
    pub span: Span,
    /// `loop / dot`: the operation, behind the loops that it is in.
    pub name: String,
    pub shape: Vec<usize>,
    pub ms: f64,
}

/// Warms up and takes the times of so many steps, with what is in none of their parts as the last.
pub fn measure(steps: &mut dyn Steps, count: usize, clock: &dyn Fn() -> f64) -> Result<Vec<Spent>, Diagnostic> {
    bench::warm(steps, clock)?;
    steps.profile(true);
    let began = clock();
    for _ in 0..count {
        steps.step()?;
    }
    let whole = (clock() - began) * 1e3 / count as f64;
    let mut spent = spent(&steps.profile(false), count);
    let parts: f64 = spent.iter().map(|spent| spent.ms).sum();
    spent.push(Spent { span: Span::none(), name: OTHER.to_string(), shape: vec![], ms: whole - parts });
    Ok(spent)
}

/// The parts of so many steps.
pub fn spent(profiles: &[Profile], count: usize) -> Vec<Spent> {
    let mut spent = vec![];
    profiles.iter().for_each(|profile| collect(profile, "", count, &mut spent));
    spent
}

/// What is between the parts: inputs that are set, results that are read, the clock itself.
const OTHER: &str = "other";

/// A loop's own time is what its body's parts leave.
fn collect(profile: &Profile, around: &str, count: usize, spent: &mut Vec<Spent>) {
    for entry in &profile.entries {
        let ms = |entry: &Entry| entry.time.as_secs_f64() * 1e3 / count as f64;
        let inner: f64 = entry.inner.iter().flat_map(|inner| &inner.entries).map(ms).sum();
        let name = format!("{around}{}", entry.name);
        if let Some(inner) = &entry.inner {
            collect(inner, &format!("{name} / "), count, spent);
        }
        spent.push(Spent { span: entry.span, name, shape: entry.shape.clone(), ms: ms(entry) - inner });
    }
}

/// By line, by operation, and the longest parts by themselves.
pub fn tables(spent: &[Spent], sources: &Sources) -> Vec<String> {
    let part = |spent: &Spent| format!("{} {:?}  {}", spent.name, spent.shape, sources.place(spent.span));
    let mut lines = vec![];
    table("by line", &sums(spent, |spent| line(spent, sources)), &mut lines);
    table("by operation", &sums(spent, |spent| spent.name.clone()), &mut lines);
    table("by part", &sums(spent, part), &mut lines);
    lines
}

/// The line that a part comes from, and its text.
pub fn line(spent: &Spent, sources: &Sources) -> String {
    match &*spent.name {
        OTHER => OTHER.to_string(),
        _ => {
            let text = sources.get(spent.span.file).map_or("", |source| {
                let (line, _) = source.position(spent.span.lo as usize);
                source.line(line).trim()
            });
            format!("{}  {text}", number(spent.span, sources))
        }
    }
}

/// `net.dln:12`
fn number(span: Span, sources: &Sources) -> String {
    let place = sources.place(span);
    place.rsplit_once(':').map_or(place.clone(), |(line, _)| line.to_string())
}

/// What goes through memory between two steps that stay apart, and why, the most first: by the lines that it comes from.
pub fn passes(apart: &[Apart], sources: &Sources) -> Vec<String> {
    let mut sums: BTreeMap<String, (u64, usize)> = BTreeMap::new();
    for one in apart {
        let side = |(span, name): (Span, &str)| format!("{name} {}", number(span, sources));
        let sum = sums.entry(format!("{} -> {}: {}", side(one.from), side(one.to), one.why)).or_default();
        *sum = (sum.0 + one.bytes, sum.1 + 1);
    }
    let mut rows: Vec<_> = sums.into_iter().filter(|(_, (bytes, _))| *bytes > 0).collect();
    rows.sort_by_key(|(_, (bytes, _))| std::cmp::Reverse(*bytes));
    let mib = |bytes: u64| bytes as f64 / (1 << 20) as f64;
    let all: u64 = apart.iter().map(|one| one.bytes).sum();
    let mut lines = vec![format!("apart: {:.3} MiB a step are written by one part and read by another", mib(all))];
    let row = |(what, (bytes, count)): &(String, (u64, usize))| format!("{:10.3} MiB {count:5}  {what}", mib(*bytes));
    lines.extend(rows.iter().take(PASSES).map(row));
    if rows.len() > PASSES {
        let rest: u64 = rows[PASSES..].iter().map(|(_, (bytes, _))| bytes).sum();
        lines.push(format!("{:10.3} MiB        {} more", mib(rest), rows.len() - PASSES));
    }
    lines
}

/// Pairs of lines that are shown by themselves.
const PASSES: usize = 16;

/// Milliseconds and number of parts of each kind, the longest first.
pub fn sums(spent: &[Spent], kind: impl Fn(&Spent) -> String) -> Vec<(String, f64, usize)> {
    let mut sums: BTreeMap<String, (f64, usize)> = BTreeMap::new();
    for one in spent {
        let sum = sums.entry(kind(one)).or_default();
        *sum = (sum.0 + one.ms, sum.1 + 1);
    }
    let mut rows: Vec<_> = sums.into_iter().map(|(kind, (ms, count))| (kind, ms, count)).collect();
    rows.sort_by(|a, b| b.1.total_cmp(&a.1));
    rows
}

fn table(title: &str, rows: &[(String, f64, usize)], lines: &mut Vec<String>) {
    let all: f64 = rows.iter().map(|row| row.1).sum();
    if rows.is_empty() {
        return;
    }
    let row = |ms: f64, count: usize, kind: &str| format!("{ms:10.4} ms {:5.1} % {count:5}  {kind}", 100.0 * ms / all);
    lines.push(format!("{title}: {all:.4} ms a step"));
    lines.extend(rows.iter().take(ROWS).map(|(kind, ms, count)| row(*ms, *count, kind)));
    if let Some(rest) = rows.get(ROWS..).filter(|rest| !rest.is_empty()) {
        let (ms, count) = rest.iter().fold((0.0, 0), |sum, row| (sum.0 + row.1, sum.1 + row.2));
        lines.push(row(ms, count, &format!("{} more", rest.len())));
    }
    lines.push(String::new());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_alike_is_one_row_and_the_longest_comes_first() {
        let spent = |name: &str, ms| Spent { span: Span::none(), name: name.to_string(), shape: vec![2], ms };
        let parts = [spent("dot", 1.0), spent("fused", 2.5), spent("dot", 2.0), spent(OTHER, 0.5)];
        let rows = sums(&parts, |spent| spent.name.clone());
        assert_eq!(rows[0], ("dot".to_string(), 3.0, 2));
        assert_eq!(rows[1].0, "fused");
        let lines = tables(&parts, &Sources::default());
        assert_eq!(lines[0], "by line: 6.0000 ms a step");
        assert!(lines.iter().any(|line| line.contains("50.0 %     2  dot")), "{lines:?}");
    }
}
