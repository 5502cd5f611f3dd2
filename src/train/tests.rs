//! The loop, over a machine whose programs are closures.

use super::*;
use crate::base::{Span, Spanned};
use crate::tir::{
    Action, Batch, Cell, CellId, DataSource, Dataset, Direction, Every, Feed, Field, Metric, Part, Piece, ProgramId,
    SaveBest, Step, Target, Template, Ty,
};
use crate::types::{DType, Dim, Scalar};

type Results = Vec<(Target, Tensor)>;
type Program = dyn FnMut(&Call) -> Result<Results, Diagnostic>;

/// One cell, `net.w`, that counts the runs of program 0.
struct Fake {
    cell: Cell,
    count: f64,
    results: Results,
    program: Box<Program>,
    calls: Vec<(u32, usize, usize, u64)>,
}

impl Fake {
    fn new(program: impl FnMut(&Call) -> Result<Results, Diagnostic> + 'static) -> Fake {
        let ty = Ty::new(DType::F32, vec![Dim::from(1)]);
        Fake {
            cell: Cell { path: "net.w".into(), role: Role::Param, ty, span: Span::none() },
            count: 0.0,
            results: vec![],
            program: Box::new(program),
            calls: vec![],
        }
    }
}

impl Machine for Fake {
    fn run(&mut self, call: &Call) -> Result<&[(Target, Tensor)], Diagnostic> {
        self.calls.push((call.program.0, call.step, call.epoch, call.key));
        self.results = (self.program)(call)?;
        if call.program.0 == 0 {
            self.count += 1.0;
        }
        Ok(&self.results)
    }

    fn cell(&self, _: CellId) -> &Cell {
        &self.cell
    }

    fn read(&self, _: CellId) -> Tensor {
        Tensor::from_f64(DType::F32, &[1], &[self.count])
    }

    fn write(&mut self, _: CellId, value: &Tensor) {
        self.count = value.to_f64()[0];
    }
}

fn metric(name: &str, value: f64) -> (Target, Tensor) {
    (Target::Metric(name.into()), Tensor::from_f64(DType::F32, &[], &[value]))
}

/// Five rows in batches of two: three steps an epoch.
fn rows_of_five() -> Dataset {
    let path = Spanned { value: "rows.csv".into(), span: Span::none() };
    let field =
        Field { name: "x".into(), dtype: DType::F32, bound: None, shape: vec![], free: None, span: Span::none() };
    Dataset {
        source: DataSource::Csv { path, columns: None, header: None, separator: None, tokenizer: None },
        fields: vec![field],
        stages: vec![],
        batch: Some(Batch { size: 2, drop_last: false }),
        buckets: None,
        span: Span::none(),
    }
}

fn job(epochs: usize) -> Job {
    Job {
        name: "fit".into(),
        span: Span::none(),
        epochs,
        seed: 0,
        feed: Feed::Rows(rows_of_five()),
        steps: vec![Step { name: None, program: ProgramId(0), span: Span::none() }],
        validate: None,
        every: vec![],
        saves: vec![],
        stop: None,
        restore: None,
        seen: vec![],
        logged: false,
        trained: vec![CellId(0)],
    }
}

fn validated(epochs: usize) -> Job {
    let validate = Validate { feed: Feed::Rows(rows_of_five()), program: ProgramId(1), span: Span::none() };
    Job { validate: Some(validate), ..job(epochs) }
}

fn template(pieces: Vec<Piece>) -> Template {
    Template { pieces, span: Span::none() }
}

fn save_best(part: Part, to: &str) -> SaveBest {
    let metric = Metric { part, name: "m".into() };
    let to = template(vec![Piece::Text(to.into())]);
    SaveBest { metric, direction: Direction::Highest, to, span: Span::none() }
}

/// A finished run: what it returned, told and left behind.
struct Ran {
    result: Result<Summary, Diagnostic>,
    events: Vec<Event>,
    dir: tempfile::TempDir,
}

impl Ran {
    fn files(&self) -> Files {
        Files::at(self.dir.path())
    }

    /// The value of the cell in a file of weights.
    fn weight(&self, path: &str) -> f64 {
        let expected =
            crate::io::Expected { name: "w".to_string(), dtype: DType::F32, shape: vec![1], span: Span::none() };
        crate::io::load(&self.files(), path, &[expected], &[], Span::none()).unwrap()[0].to_f64()[0]
    }

    fn text(&self, path: &str) -> String {
        String::from_utf8(self.files().read(path).unwrap().to_vec()).unwrap()
    }
}

/// Runs a job; asks it to end when `stop` says so of an event.
fn run_until(job: &Job, machine: &mut Fake, stop: impl Fn(&Event) -> bool) -> Ran {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("rows.csv"), "0\n1\n2\n3\n10\n").unwrap();
    let files = Files::at(dir.path());
    let interrupt = AtomicBool::new(false);
    let mut events = vec![];
    let mut tell = |event: Event| {
        interrupt.fetch_or(stop(&event), Ordering::Relaxed);
        events.push(event);
    };
    let mut context = Context { files: &files, tables: Tables::new(&files), interrupt: &interrupt, tell: &mut tell };
    let result = train(job, &mut Resume::default(), machine, &mut context).map(|(summary, _)| summary);
    Ran { result, events, dir }
}

fn run(job: &Job, machine: &mut Fake) -> Ran {
    run_until(job, machine, |_| false)
}

#[test]
fn steps_count_from_one_and_validation_follows_every_epoch() {
    let mut machine = Fake::new(|_| Ok(vec![]));
    let ran = run(&validated(2), &mut machine);
    let calls: Vec<(u32, usize, usize)> = machine.calls.iter().map(|&(p, step, epoch, _)| (p, step, epoch)).collect();
    let (one, two) = ([(0, 1, 1), (0, 2, 1), (0, 3, 1)], [(0, 4, 2), (0, 5, 2), (0, 6, 2)]);
    assert_eq!(calls, [&one[..], &[(1, 3, 1); 3], &two, &[(1, 6, 2); 3]].concat());
    let summary = ran.result.unwrap();
    assert_eq!((summary.epochs, summary.steps, summary.interrupted), (2, 6, false));
    assert!(matches!(
        ran.events[0],
        Event::Start { steps_per_epoch: 3, rows: 5, validation_rows: 5, parameters: 1, .. }
    ));
}

#[test]
fn without_data_an_epoch_is_so_many_steps_and_all_count_alike() {
    let mut machine = Fake::new(|call| Ok(vec![metric("m", call.step as f64)]));
    let validate = Validate { feed: Feed::Steps(1), program: ProgramId(1), span: Span::none() };
    let job = Job { feed: Feed::Steps(4), validate: Some(validate), ..job(2) };
    let summary = run(&job, &mut machine).result.unwrap();
    assert_eq!((summary.epochs, summary.steps), (2, 8));
    assert_eq!((&summary.train[..], &summary.val[..]), (&[("m".into(), 6.5)][..], &[("m".into(), 8.0)][..]));
    assert_eq!(machine.calls.iter().filter(|call| call.0 == 1).count(), 2, "one validation behind every epoch");
}

#[test]
fn keys_are_fixed_by_the_seed_and_differ_from_step_to_step() {
    let keys = |seed| {
        let mut machine = Fake::new(|_| Ok(vec![]));
        run(&Job { seed, ..job(2) }, &mut machine).result.unwrap();
        machine.calls.iter().map(|call| call.3).collect::<Vec<_>>()
    };
    assert_eq!(keys(1), keys(1));
    let different: std::collections::BTreeSet<u64> = [keys(1), keys(2)].concat().into_iter().collect();
    assert_eq!(different.len(), 12);
}

#[test]
fn metrics_are_means_over_rows() {
    let mut machine = Fake::new(|call| {
        let rows = call.args[0].to_f64();
        Ok(vec![metric("m", rows.iter().sum::<f64>() / rows.len() as f64)])
    });
    let summary = run(&validated(1), &mut machine).result.unwrap();
    assert_eq!(summary.train, [("m".into(), 16.0 / 5.0)]);
    assert_eq!(summary.val, [("m".into(), 16.0 / 5.0)]);
}

/// A validation metric that is best in epoch 2: 0, 5, 3, 3, ..
fn best_in_epoch_two() -> Fake {
    Fake::new(|call| Ok(vec![metric("m", [0.0, 0.0, 5.0, 3.0][call.epoch.min(3)])]))
}

#[test]
fn a_run_folder_has_the_best_and_the_last_weights_and_all_numbers() {
    let job = Job { saves: vec![save_best(Part::Val, "runs/a")], ..validated(3) };
    let ran = run(&job, &mut best_in_epoch_two());
    assert_eq!(ran.weight("runs/a/best.safetensors"), 6.0);
    assert_eq!(ran.weight("runs/a/last.safetensors"), 9.0);
    let best = ran.result.as_ref().unwrap().best[0].clone();
    assert_eq!((best.value, best.epoch), (5.0, 2));
    let lines = ran.text("runs/a/metrics.jsonl");
    assert_eq!(lines.lines().count(), 3);
    assert_eq!(lines.lines().nth(1), Some(r#"{"epoch":2,"train":{"m":5.0},"val":{"m":5.0}}"#));
}

#[test]
fn a_path_with_an_extension_is_the_best_weights_alone() {
    let job = Job { saves: vec![save_best(Part::Val, "w.safetensors")], ..validated(3) };
    let ran = run(&job, &mut best_in_epoch_two());
    assert_eq!(ran.weight("w.safetensors"), 6.0);
    assert_eq!(std::fs::read_dir(ran.dir.path()).unwrap().count(), 2, "the rows and the weights");
}

#[test]
fn patience_ends_a_run() {
    let metric = Metric { part: Part::Val, name: "m".into() };
    let stop = Stop { patience: 3, min_delta: 0.0, metric, direction: Direction::Highest, span: Span::none() };
    let ran = run(&Job { stop: Some(stop), ..validated(100) }, &mut best_in_epoch_two());
    assert_eq!(ran.result.unwrap().epochs, 5);
    assert!(ran.events.iter().any(|event| matches!(event, Event::Stopped { epoch: 5, best: Some(_) })));
}

#[test]
fn the_best_weights_are_taken_up_again_when_all_is_done() {
    let metric = Metric { part: Part::Val, name: "m".into() };
    let job = Job {
        restore: Some((metric, Direction::Highest)),
        saves: vec![save_best(Part::Val, "runs/a")],
        ..validated(4)
    };
    let mut machine = best_in_epoch_two();
    let ran = run(&job, &mut machine);
    assert_eq!(machine.count, 6.0, "as behind epoch 2");
    assert_eq!(ran.weight("runs/a/last.safetensors"), 12.0);
}

#[test]
fn an_interrupted_run_finishes_its_step_and_keeps_its_weights() {
    let job = Job { saves: vec![save_best(Part::Train, "runs/a")], ..job(100) };
    let at_step_two = |event: &Event| matches!(event, Event::Step { epoch: 2, step: 2, .. });
    let ran = run_until(&job, &mut best_in_epoch_two(), at_step_two);
    let summary = ran.result.as_ref().unwrap();
    assert!(summary.interrupted);
    assert_eq!((summary.epochs, summary.steps), (1, 5));
    assert_eq!(ran.weight("runs/a/last.safetensors"), 5.0);
    assert_eq!(ran.weight("runs/a/best.safetensors"), 3.0);
}

#[test]
fn a_fault_says_when_and_keeps_the_last_good_weights() {
    let mut machine = Fake::new(|call| match call.step {
        5 => Err(Diagnostic::error("E0801", Span::none(), "the loss is NaN", "here")),
        _ => Ok(vec![metric("m", 1.0)]),
    });
    let ran = run(&Job { saves: vec![save_best(Part::Train, "runs/a")], ..job(3) }, &mut machine);
    assert_eq!(ran.weight("runs/a/last.safetensors"), 4.0);
    let error = ran.result.unwrap_err();
    assert_eq!((error.code, &error.notes[..]), ("E0801", &["in epoch 2, step 5 of `train fit`".to_string()][..]));
}

#[test]
fn a_place_that_cannot_be_written_is_told_before_training() {
    let mut machine = Fake::new(|_| Ok(vec![]));
    let ran = run(&Job { saves: vec![save_best(Part::Train, "rows.csv/a")], ..job(1) }, &mut machine);
    assert_eq!(ran.result.unwrap_err().code, "E0903");
    assert!(machine.calls.is_empty());
}

#[test]
fn actions_come_when_they_are_due() {
    let every = |count, unit, action| Every { count, unit, actions: vec![action], span: Span::none() };
    let text = |pieces| template(pieces);
    let print = Action::Print {
        program: Some(ProgramId(2)),
        text: text(vec![Piece::Text("z = ".into()), Piece::Value(0), Piece::Text(" at ".into()), Piece::Step]),
    };
    let picture = Action::Images {
        program: ProgramId(3),
        to: text(vec![Piece::Text("out/".into()), Piece::Epoch, Piece::Text(".png".into())]),
    };
    let weights =
        Action::Save { cells: vec![CellId(0)], holder: None, to: text(vec![Piece::Text("w".into())]), rules: vec![] };
    let job = Job {
        every: vec![
            every(4, Unit::Step, print),
            every(2, Unit::Epoch, picture),
            every(3, Unit::Epoch, weights),
            every(3, Unit::Epoch, Action::Update { program: ProgramId(4) }),
        ],
        ..job(3)
    };
    let mut machine = Fake::new(|call| {
        Ok(match call.program.0 {
            2 => vec![(Target::Value(0), Tensor::scalar(Scalar::I64(call.step as i64)))],
            3 => vec![(Target::Value(0), Tensor::zeros(DType::F32, &[1, 2, 2]))],
            _ => vec![],
        })
    });
    let ran = run(&job, &mut machine);
    let told = |event: &Event| match event {
        Event::Printed(line) => Some(line.clone()),
        Event::Saved { path, .. } => Some(path.clone()),
        _ => None,
    };
    let told: Vec<String> = ran.events.iter().filter_map(told).collect();
    assert_eq!(told, ["z = 4 at 4", "out/2.png", "z = 8 at 8", "w"]);
    assert_eq!(ran.weight("w"), 9.0);
    assert!(ran.files().read("out/2.png").is_ok());
    assert_eq!(machine.calls.iter().filter(|call| call.0 == 4).count(), 1);
}
