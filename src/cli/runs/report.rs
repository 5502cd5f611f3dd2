//! `report.html`: a run on one page, made of nothing but the files in its folder.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::super::progress::{counted, short, time};
use super::curves;
use super::folder::{MODEL, PICTURES, REPORT, SOURCES, TIMES};
use super::html::{details, fact, page, pre, section, table};
use super::info::Info;
use super::list::mebibytes;
use super::log::{Log, Training};
use super::time::moment;
use crate::base::{escaped, grouped};
use crate::io::plot::inline;
use crate::io::{Files, base64};

/// The newest pictures, and the last printed lines, that are shown at once.
const PICTURES_SHOWN: usize = 12;
const LINES_SHOWN: usize = 40;

/// Writes the page of a folder. The error is for the person at the command line.
pub fn write(folder: &Path) -> Result<PathBuf, String> {
    let info = Info::read(folder)?;
    let text = of(folder, &info, &Log::read(folder));
    let path = folder.join(REPORT);
    let written = Files::at(folder).write(REPORT, text.as_bytes());
    written.map_err(|error| format!("`{}` cannot be written: {error}", path.display()))?;
    Ok(path)
}

fn of(folder: &Path, info: &Info, log: &Log) -> String {
    let name = folder.file_name().unwrap_or_default().to_string_lossy();
    let trainings = log.trainings();
    let mut body = format!(
        "<h1>{}</h1>\n<p class=\"sub\">{} · <code>{}</code></p>\n",
        escaped(&name),
        moment(info.began),
        escaped(&info.command.join(" "))
    );
    body += &facts(info, &trainings);
    if let Some(failure) = &info.failure {
        body += &format!("<p class=\"failure\">{}</p>\n", escaped(failure));
    }
    let mut number = 0;
    for training in &trainings {
        body += &section(&format!("Training {}", training.name), &(drawn(training, &mut number) + &numbers(training)));
    }
    body += &section("Pictures", &pictures(folder));
    body += &section("Printed", &printed(log));
    body += &section("Model", &model(&value(folder, MODEL)));
    body += &section("Time", &(pace(&trainings) + &times(&value(folder, TIMES))));
    body += &section("Settings", &settings(info));
    body += &section("Environment", &environment(info));
    body += &section("Source", &sources(folder));
    page(&format!("{name}: {}", info.program), &body)
}

fn facts(info: &Info, trainings: &[Training]) -> String {
    let mut out = fact(info.state.word(), info.state.word(), "state") + &fact("", &time(info.seconds), "took");
    for best in trainings.iter().flat_map(|training| &training.best) {
        out += &fact("", &short(best.value), &format!("best {}, epoch {}", best.metric, best.epoch));
    }
    if let Some(last) = trainings.last().filter(|training| training.best.is_empty()) {
        for (name, value) in last.last().iter().take(2) {
            out += &fact("", &short(*value), &format!("last {name}"));
        }
    }
    if let Some(start) = trainings.last().map(|training| &training.start) {
        out += &fact("", &grouped(start["parameters"].as_u64().unwrap_or(0)), "parameters");
        out += &fact("", &start["seed"].to_string(), "seed");
    }
    format!("<div class=\"facts\">\n{out}</div>\n")
}

/// The curves of a training; `number` counts those of the page.
fn drawn(training: &Training, number: &mut usize) -> String {
    let figures = curves::of_training(training);
    let drawing = |figure| {
        *number += 1;
        inline(figure, *number)
    };
    let all: String = figures.iter().map(drawing).collect();
    if all.is_empty() { all } else { format!("<div class=\"curves\">\n{all}</div>\n") }
}

/// The numbers of every epoch, behind a word.
fn numbers(training: &Training) -> String {
    let Some(last) = training.epochs.last() else { return String::new() };
    let names = |part: &str, numbers: &super::log::Numbers| -> Vec<String> {
        numbers.iter().map(|(name, _)| format!("{part}.{name}")).collect()
    };
    let head = [vec!["epoch".to_string()], names("train", &last.train), names("val", &last.val)].concat();
    let row = |epoch: &super::log::Epoch| -> Vec<String> {
        let numbers = epoch.train.iter().chain(&epoch.val).map(|(_, value)| short(*value));
        std::iter::once(epoch.epoch.to_string()).chain(numbers).collect()
    };
    let rows: Vec<Vec<String>> = training.epochs.iter().map(row).collect();
    let head: Vec<&str> = head.iter().map(String::as_str).collect();
    details(&counted(rows.len(), "epoch"), &table(&head, &rows, 0))
}

fn pictures(folder: &Path) -> String {
    let root = folder.join(PICTURES);
    let mut paths = files_below(&root);
    // The newest first; of equal age by name.
    let age = |path: &PathBuf| fs::metadata(path).and_then(|data| data.modified()).ok();
    paths.sort_by(|a, b| age(b).cmp(&age(a)).then_with(|| b.cmp(a)));
    let figure = |path: &PathBuf| {
        let bytes = fs::read(path).ok()?;
        let name = path.strip_prefix(&root).unwrap_or(path).to_string_lossy();
        let (kind, class) = match path.extension()?.to_str()? {
            "svg" => ("svg+xml", ""),
            _ => ("png", " class=\"grid-of-pixels\""),
        };
        let name = escaped(&name);
        Some(format!(
            "<figure><img{class} alt=\"{name}\" src=\"data:image/{kind};base64,{}\"><figcaption>{name}</figcaption></figure>\n",
            base64(&bytes)
        ))
    };
    let grid = |paths: &[PathBuf]| {
        let all: String = paths.iter().filter_map(figure).collect();
        if all.is_empty() { all } else { format!("<div class=\"pictures\">\n{all}</div>\n") }
    };
    let (new, old) = paths.split_at(paths.len().min(PICTURES_SHOWN));
    // A page with all pictures of a long run would be too large to be sent.
    let more = old.len();
    let rest = if more == 0 {
        String::new()
    } else {
        format!("<p>{} in <code>{PICTURES}/</code></p>\n", counted(more, "older picture"))
    };
    grid(new) + &rest
}

fn printed(log: &Log) -> String {
    let lines: Vec<&str> = log.printed().collect();
    let (old, new) = lines.split_at(lines.len().saturating_sub(LINES_SHOWN));
    let shown = if new.is_empty() { String::new() } else { pre(&new.join("\n"), true) };
    if old.is_empty() {
        shown
    } else {
        details(&counted(old.len(), "earlier line"), &pre(&old.join("\n"), true)) + &shown
    }
}

fn model(models: &Value) -> String {
    let mut out = String::new();
    for model in models.as_array().into_iter().flatten() {
        let cells = |row: &Value| -> Vec<String> { texts(row) };
        let rows: Vec<Vec<String>> = model["table"].as_array().into_iter().flatten().map(cells).collect();
        let head = ["layer", "input", "output", "parameters", "forward", "backward", "results"];
        out += &format!(
            "<p>{}</p>\n",
            escaped(&std::iter::once(text(&model["of"])).chain(texts(&model["notes"])).collect::<Vec<_>>().join(" · "))
        );
        out += &table(&head, &rows, 3);
    }
    out
}

/// How long epochs took.
fn pace(trainings: &[Training]) -> String {
    let row = |training: &Training| {
        let (first, last) = (training.start["seconds"].as_f64()?, training.epochs.last()?);
        let (count, seconds) = (training.epochs.len() as f64, last.seconds - first);
        let rate = |n: f64| if seconds > 0.0 { short(n / seconds) } else { String::new() };
        let rows = training.start["rows"].as_f64().unwrap_or(0.0);
        Some(vec![training.name.clone(), count.to_string(), time(seconds / count), rate(last.step), rate(rows * count)])
    };
    let rows: Vec<Vec<String>> = trainings.iter().filter_map(row).collect();
    table(&["training", "epochs", "an epoch", "steps a second", "rows a second"], &rows, 1)
}

/// Where the time of a step goes.
fn times(times: &Value) -> String {
    let row = |row: &Value| texts(row);
    let mut out = String::new();
    for (kind, title) in [("lines", "by line"), ("operations", "by operation")] {
        let rows: Vec<Vec<String>> = times[kind].as_array().into_iter().flatten().map(row).collect();
        if !rows.is_empty() {
            let summary = format!("where a step of {} goes, {title}", text(&times["step"]));
            out += &details(&summary, &table(&[title, "time", "share"], &rows, 1));
        }
    }
    out
}

fn settings(info: &Info) -> String {
    let rows: Vec<Vec<String>> =
        info.settings.iter().map(|said| vec![said.name.clone(), said.value.clone(), said.origin.clone()]).collect();
    table(&["setting", "value", "said by"], &rows, 3)
}

fn environment(info: &Info) -> String {
    let here = &info.environment;
    let row = |name: &str, value: String| vec![name.to_string(), value];
    let rows = [
        row("dln", here.dln.clone()),
        row("system", here.system.clone()),
        row("processor", here.processor.clone()),
        row("instructions", here.features.join(" ")),
        row("threads", format!("{} on {}", here.threads, counted(here.processors, "processor"))),
        row("peak memory", info.peak_memory.map_or("unknown".to_string(), mebibytes)),
        row("memory", format!("{:.1} GiB", here.memory as f64 / (1u64 << 30) as f64)),
    ];
    table(&[], &rows, 2)
}

fn sources(folder: &Path) -> String {
    let root = folder.join(SOURCES);
    let source = |path: PathBuf| {
        let text = fs::read_to_string(&path).ok()?;
        Some(details(&path.strip_prefix(&root).unwrap_or(&path).to_string_lossy(), &pre(&text, false)))
    };
    files_below(&root).into_iter().filter_map(source).collect()
}

/// All files in a folder and the folders in it, by their paths.
pub fn files_below(folder: &Path) -> Vec<PathBuf> {
    let mut found = vec![];
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            found.extend(files_below(&path));
        } else {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// A file of values in the folder; null where there is none.
fn value(folder: &Path, name: &str) -> Value {
    let bytes = fs::read(folder.join(name)).unwrap_or_default();
    serde_json::from_slice(&bytes).unwrap_or_default()
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_string()
}

fn texts(value: &Value) -> Vec<String> {
    value.as_array().into_iter().flatten().map(text).collect()
}
