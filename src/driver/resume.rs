//! Runs that can be taken up again: a file with the values of all cells, where the run stands, and what program it was.

use serde::{Deserialize, Serialize};

use crate::base::Span;
use crate::data::{Vocabularies, mix};
use crate::diag::Diagnostic;
use crate::io::{self, Files};
use crate::ops::{Data, Tensor};
use crate::sema::Checked;
use crate::tir::{Action, Feed, Job, Kind, Program, ProgramId, Source};
use crate::train::{Exact, Machine, Place};

/// A run that was written down.
pub struct Taken {
    /// The training that it is in.
    pub next: usize,
    pub place: Place,
    /// What earlier trainings logged, by their place among the logs of the file.
    pub logs: Vec<(usize, Tensor)>,
    /// The values of all cells, in the order of the program.
    pub cells: Vec<Tensor>,
    /// The vocabularies that it learned; see `Vocabularies::take_up`.
    pub vocabularies: Vec<(String, String)>,
}

/// What the file says beside its tensors.
#[derive(Serialize, Deserialize)]
struct Text {
    program: Vec<(String, String)>,
    next: usize,
    place: Place,
    logs: Vec<(usize, Vec<Exact>)>,
    /// The vocabularies that it learned.
    vocabularies: Vec<(String, String)>,
}

/// The entry of the text among the tensors.
const TEXT: &str = "run";

/// Writes down a run: whole or not at all.
pub fn write(
    files: &Files,
    path: &str,
    (checked, jobs): (&Checked, &[Job]),
    (next, place): (usize, &Place),
    logs: &[(usize, Tensor)],
    vocabularies: &Vocabularies,
    machine: &dyn Machine,
) -> Result<(), Diagnostic> {
    let exact = |(log, numbers): &(usize, Tensor)| (*log, numbers.to_f64().into_iter().map(Exact::from).collect());
    let program = parts(checked, jobs);
    let logs = logs.iter().map(exact).collect();
    let text = Text { program, next, place: place.clone(), logs, vocabularies: vocabularies.learned() };
    let text = serde_json::to_vec(&text).expect("numbers and texts are JSON");
    let mut tensors = vec![(TEXT.to_string(), Tensor::new(vec![text.len()], Data::U8(text)))];
    let cells = checked.cells.iter().enumerate();
    tensors.extend(cells.map(|(i, cell)| (format!("cell.{}", cell.path), machine.read(i.into()))));
    tensors.extend(place.best.iter().enumerate().map(|(i, best)| (format!("best.{i}"), best.clone())));
    io::save(files, path, &tensors, &[], Span::none())
}

/// Reads the run that was written down; none if there is no such file. A run of another program is refused.
pub fn read(files: &Files, path: &str, checked: &Checked, jobs: &[Job]) -> Result<Option<Taken>, Diagnostic> {
    let Some(tensors) = io::load_all(files, path)? else { return Ok(None) };
    let find = |name: &str| tensors.iter().find(|(known, _)| known == name).map(|(_, tensor)| tensor);
    let text = match find(TEXT).map(|tensor| &tensor.data) {
        Some(Data::U8(bytes)) => serde_json::from_slice::<Text>(bytes).ok(),
        _ => None,
    };
    let Some(mut text) = text else {
        let message = format!("`{path}` holds no run that this version of dln can take up");
        return Err(refused(message, vec![]));
    };
    let differences = differences(&text.program, &parts(checked, jobs));
    if !differences.is_empty() {
        let message = format!("the run in `{path}` is one of another program");
        return Err(refused(message, differences));
    }
    let mut cells = vec![];
    let mut misfits = vec![];
    for cell in &checked.cells {
        let shape: Option<Vec<usize>> =
            cell.ty.shape.iter().map(|size| usize::try_from(size.as_const()?).ok()).collect();
        match find(&format!("cell.{}", cell.path)) {
            Some(value) if Some(&value.shape) == shape.as_ref() && value.dtype() == cell.ty.dtype => {
                cells.push(value.clone());
            }
            Some(value) => {
                misfits.push(format!("`{}` is {} there with the shape {:?}", cell.path, value.dtype(), value.shape))
            }
            None => misfits.push(format!("`{}` is not there", cell.path)),
        }
    }
    if !misfits.is_empty() {
        return Err(refused(format!("the run in `{path}` has other values in memory"), misfits));
    }
    text.place.best = (0..).map_while(|i: usize| find(&format!("best.{i}")).cloned()).collect();
    let logged = |(log, numbers): (usize, Vec<Exact>)| {
        let numbers: Vec<f64> = numbers.into_iter().map(f64::from).collect();
        (log, Tensor::from_f64(crate::types::DType::F32, &[numbers.len()], &numbers))
    };
    let logs = text.logs.into_iter().map(logged).collect();
    Ok(Some(Taken { next: text.next, place: text.place, logs, cells, vocabularies: text.vocabularies }))
}

pub fn refused(message: String, notes: Vec<String>) -> Diagnostic {
    let diagnostic = Diagnostic::error("E0902", Span::none(), message, "");
    let diagnostic = notes.into_iter().fold(diagnostic, Diagnostic::note);
    diagnostic.help("run it without `--resume` to begin anew, or take back what was changed")
}

/// What a run depends on, part by part: what it is, and what it is like. Places in the text are no part of it.
fn parts(checked: &Checked, jobs: &[Job]) -> Vec<(String, String)> {
    let mut parts = vec![];
    for hyper in &checked.hypers {
        parts.push((format!("`{}`", hyper.name), format!("{:?}", hyper.value)));
    }
    for (number, job) in jobs.iter().enumerate() {
        let mut part =
            |what: &str, is: String| parts.push((format!("{what} of training {}, `{}`", number + 1, job.name), is));
        if job.steps.iter().any(|step| counts_all_steps(&checked.programs[step.program.index()])) {
            part("the epochs", job.epochs.to_string());
        }
        part("the seed", job.seed.to_string());
        part("the data", fed(&job.feed));
        part("the validation's data", job.validate.as_ref().map_or(String::new(), |v| fed(&v.feed)));
        part("what is watched", watched(job));
        let mut programs = |what: &str, ids: Vec<ProgramId>| {
            // Random numbers depend on the place of a program, too.
            let texts: String = ids.iter().map(|id| format!("{id}\n{}", checked.programs[id.index()])).collect();
            let words: Vec<u64> = texts.bytes().map(u64::from).collect();
            part(what, format!("{:016x}", mix(&words)));
        };
        programs("the steps", job.steps.iter().map(|step| step.program).collect());
        programs("the validation", job.validate.iter().map(|validate| validate.program).collect());
        programs(
            "the `every` blocks",
            job.every.iter().flat_map(|every| every.actions.iter().filter_map(program)).collect(),
        );
    }
    parts
}

/// Whether it asks how long the training is; only then more epochs would have changed those before.
fn counts_all_steps(program: &Program) -> bool {
    program.nodes.iter().any(|node| node.kind == Kind::Input(Source::TotalSteps))
}

fn program(action: &Action) -> Option<ProgramId> {
    match action {
        Action::Update { program } => Some(*program),
        _ => None,
    }
}

fn fed(feed: &Feed) -> String {
    match feed {
        Feed::Steps(count) => format!("{count} steps"),
        Feed::Rows(data) => {
            let stages: Vec<_> = data.stages.iter().map(|stage| &stage.value).collect();
            format!("{stages:?} {:?} {:?}", data.batch, data.buckets)
        }
    }
}

fn watched(job: &Job) -> String {
    let stop = job.stop.as_ref().map(|stop| (&stop.metric, stop.direction, stop.patience, stop.min_delta));
    let saves: Vec<_> = job.saves.iter().map(|save| (&save.metric, save.direction)).collect();
    format!("{stop:?} {saves:?} {:?}", job.restore)
}

fn differences(then: &[(String, String)], now: &[(String, String)]) -> Vec<String> {
    let same = |a: &(String, String), list: &[(String, String)]| list.iter().find(|b| b.0 == a.0).map(|b| b.1 == a.1);
    let changed = now.iter().filter_map(|part| match same(part, then) {
        Some(true) => None,
        Some(false) => Some(format!("changed: {}", part.0)),
        None => Some(format!("new: {}", part.0)),
    });
    let gone = then.iter().filter(|part| same(part, now).is_none()).map(|part| format!("gone: {}", part.0));
    changed.chain(gone).collect()
}
