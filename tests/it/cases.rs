//! Cases of numbers from elsewhere: `tests/reference/make.py` says what a case is. Here one is read, run and compared.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

use dln::driver::{Engine, Program, is_sound};
use dln::io::Files;
use dln::ops::{Data, Tensor};
use dln::sema::{Checked, Options};
use dln::tir::{CellId, Target};
use dln::train::{Call, Length, Machine};
use dln::types::DType;
use serde_json::{Map, Value};

use crate::published;

pub type Case = Map<String, Value>;

/// A float type to run in, and how far off numbers may be: of the larger of 1 and the expected number.
#[derive(Clone, Copy)]
pub struct Precision {
    pub float: DType,
    pub tolerance: f64,
}

pub const PRECISIONS: [Precision; 2] =
    [Precision { float: DType::F64, tolerance: 1e-9 }, Precision { float: DType::F32, tolerance: 1e-5 }];

/// The cases of all `.jsonl` files of a folder, by the name of the file.
pub fn of_folder(folder: &Path) -> Vec<(String, Vec<Case>)> {
    let entries = std::fs::read_dir(folder).expect("a folder of cases");
    let mut files: Vec<PathBuf> = entries.map(|e| e.expect("an entry").path()).collect();
    files.retain(|path| path.extension().is_some_and(|e| e == "jsonl"));
    files.sort();
    let read = |path: &PathBuf| std::fs::read_to_string(path).expect("readable");
    let name = |path: &PathBuf| path.file_stem().expect("a name").to_string_lossy().into_owned();
    files.iter().map(|path| (name(path), read(path).lines().map(parse).collect())).collect()
}

fn parse(line: &str) -> Case {
    serde_json::from_str(line).expect("JSON")
}

/// How a case ends in each precision: its worst error, or what is wrong; none where it is not meant to run.
pub type Outcomes = [Option<Result<f64, String>>; 2];

/// The outcomes of all cases, in their order, by as many threads as there are cores.
pub fn run_all(cases: &[Case]) -> Vec<Outcomes> {
    let next = AtomicUsize::new(0);
    let work = || {
        let mut done = Vec::new();
        loop {
            let i = next.fetch_add(1, Ordering::Relaxed);
            let Some(case) = cases.get(i) else { return done };
            done.push((i, outcomes(case)));
        }
    };
    let mut all: Vec<(usize, Outcomes)> = std::thread::scope(|scope| {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let workers: Vec<_> = (0..cores).map(|_| scope.spawn(work)).collect();
        workers.into_iter().flat_map(|worker| worker.join().expect("a case does not panic")).collect()
    });
    all.sort_by_key(|(i, _)| *i);
    all.into_iter().map(|(_, outcomes)| outcomes).collect()
}

fn outcomes(case: &Case) -> Outcomes {
    let weights = case.get("file").map(published::weights);
    let folder = weights.as_deref().map(published::folder);
    let files = Files::at(folder.as_ref().map_or_else(examples, |folder| folder.path().to_path_buf()));
    let program = Program::open("case.dln", text(&case["source"]), files);
    PRECISIONS.map(|precision| {
        // A case can ask for less than usual in every precision, and for more in f64.
        let tolerance = match case.get("tolerance").map(number) {
            Some(own) if own > precision.tolerance || precision.float == DType::F64 => own,
            _ => precision.tolerance,
        };
        runs_in(case, precision.float).then(|| run(&program, case, Precision { tolerance, ..precision }))
    })
}

/// A case may say the one float type that it is for; in f32 all of its numbers lie where f32 has normal numbers.
fn runs_in(case: &Case, float: DType) -> bool {
    let only = case.get("float").is_some_and(|only| *only != float.name());
    !only && (float != DType::F32 || fits_f32(case))
}

fn fits_f32(case: &Case) -> bool {
    let normal = |x: &f64| *x == 0.0 || !x.is_finite() || (*x as f32).is_normal();
    let inputs = tensors(case.get("inputs")).map(|(_, tensor)| tensor);
    let outputs = case.get("output").and_then(Value::as_array).into_iter().flatten().map(tensor);
    inputs.chain(outputs).all(|tensor| tensor.to_f64().iter().all(normal))
}

/// Where cases find what they use.
fn examples() -> PathBuf {
    crate::root().join("examples")
}

fn run(program: &Program, case: &Case, precision: Precision) -> Result<f64, String> {
    let training = case["training"] == Value::Bool(true);
    let options = Options { float: precision.float, training, ..Options::default() };
    let steps = case.get("steps");
    let checked = program.check(&options, if steps.is_some() { &[] } else { &["case"] });
    if !is_sound(&checked.diagnostics) {
        let messages: Vec<&str> = checked.diagnostics.iter().map(|d| d.message.as_str()).collect();
        return Err(messages.join("; "));
    }
    let mut engine = Engine::new(&checked, &program.files, 0).map_err(|d| d.message)?;
    if let (Some(count), Some(shapes)) = (case.get("parameters"), case.get("file")) {
        published::holds(&checked, count)?;
        published::leads_back(&engine, &checked, shapes, &program.files)?;
    }
    for (path, value) in tensors(case.get("params")) {
        engine.write(cell(&checked, &path)?, &in_float(&value, precision.float));
    }
    match steps {
        Some(steps) => train(&mut engine, &checked, case, steps.as_array().expect("a list"), precision),
        None => evaluate(&mut engine, &checked, case, precision),
    }
}

/// Results, derivatives and buffers of `fn case`.
fn evaluate(engine: &mut Engine, checked: &Checked, case: &Case, precision: Precision) -> Result<f64, String> {
    let function = &checked.functions[0];
    let inputs: BTreeMap<String, Tensor> = tensors(case.get("inputs")).collect();
    let mut args: Vec<Tensor> = function.params.iter().map(|(name, _)| inputs[&**name].clone()).collect();
    let expected: Vec<Tensor> = case["output"].as_array().expect("a list").iter().map(tensor).collect();
    let derivatives: BTreeMap<String, Tensor> = tensors(case.get("grads")).collect();
    let (program, wrt) = match &function.gradient {
        Some(gradient) if !derivatives.is_empty() => {
            args.extend(expected.iter().filter(|e| e.dtype().is_float()).map(cotangent));
            (gradient.program, gradient.wrt.as_slice())
        }
        _ => (function.program, [].as_slice()),
    };
    let call = Call { program, args: &args, step: 1, epoch: 1, length: Length::default(), seen: &[], key: 0 };
    let values = values(engine.run(&call).map_err(|d| d.message)?);
    let mut worst = Worst(0.0);
    for (i, want) in expected.iter().enumerate() {
        worst.compare(precision, values.get(i), want, &format!("result {i}"))?;
    }
    for (name, want) in &derivatives {
        let found = wrt.iter().position(|w| **w == **name).and_then(|i| values.get(expected.len() + i));
        worst.compare(precision, found, want, &format!("the derivative in `{name}`"))?;
    }
    for (path, want) in tensors(case.get("buffers")) {
        worst.compare(precision, Some(&engine.read(cell(checked, &path)?)), &want, &format!("`{path}`"))?;
    }
    Ok(worst.0)
}

/// The parameters after each step of the `train` block, on the one batch of the case.
fn train(
    engine: &mut Engine,
    checked: &Checked,
    case: &Case,
    steps: &[Value],
    precision: Precision,
) -> Result<f64, String> {
    let step = &checked.jobs[0].steps[0];
    let args: Vec<Tensor> = tensors(case.get("inputs")).map(|(_, value)| value).collect();
    let mut worst = Worst(0.0);
    for (i, after) in steps.iter().enumerate() {
        let call = Call {
            program: step.program,
            args: &args,
            step: i + 1,
            epoch: i + 1,
            length: Length::default(),
            seen: &[],
            key: 0,
        };
        engine.run(&call).map_err(|d| d.message)?;
        for (path, want) in tensors(Some(after)) {
            let found = engine.read(cell(checked, &path)?);
            worst.compare(precision, Some(&found), &want, &format!("`{path}` after step {}", i + 1))?;
        }
    }
    Ok(worst.0)
}

fn cell(checked: &Checked, path: &str) -> Result<CellId, String> {
    let found = checked.cells.iter().position(|cell| &*cell.path == path);
    found.map(CellId::from).ok_or_else(|| {
        let paths: Vec<&str> = checked.cells.iter().map(|cell| &*cell.path).collect();
        format!("there is no `{path}` among {}", paths.join(", "))
    })
}

fn values(results: &[(Target, Tensor)]) -> Vec<Tensor> {
    results.iter().filter(|(target, _)| matches!(target, Target::Value(_))).map(|(_, value)| value.clone()).collect()
}

/// cos(1), cos(2), ..: numbers that hide no mistake.
fn cotangent(like: &Tensor) -> Tensor {
    let numbers: Vec<f64> = (1..=like.len()).map(|i| (i as f64).cos()).collect();
    Tensor::from_f64(DType::F64, &like.shape, &numbers)
}

/// The largest error so far, of the larger of 1 and the expected number.
struct Worst(f64);

impl Worst {
    fn compare(
        &mut self,
        precision: Precision,
        found: Option<&Tensor>,
        want: &Tensor,
        what: &str,
    ) -> Result<(), String> {
        let found = found.ok_or_else(|| format!("{what} is missing"))?;
        if found.shape != want.shape {
            return Err(format!("{what} has shape {:?}, expected {:?}", found.shape, want.shape));
        }
        for (i, (a, b)) in found.to_f64().into_iter().zip(want.to_f64()).enumerate() {
            let error = error(a, b);
            if error.is_nan() || error > precision.tolerance {
                return Err(format!("element {i} of {what} is {a}, expected {b}"));
            }
            self.0 = self.0.max(error);
        }
        Ok(())
    }
}

fn error(a: f64, b: f64) -> f64 {
    if a == b || a.is_nan() && b.is_nan() { 0.0 } else { (a - b).abs() / b.abs().max(1.0) }
}

/// Floats in the precision of the run.
fn in_float(tensor: &Tensor, float: DType) -> Tensor {
    match tensor.dtype() == DType::F64 {
        true => Tensor::from_f64(float, &tensor.shape, &tensor.to_f64()),
        false => tensor.clone(),
    }
}

/// The tensors of an object, in its order.
fn tensors(object: Option<&Value>) -> impl Iterator<Item = (String, Tensor)> + '_ {
    object.and_then(Value::as_object).into_iter().flatten().map(|(name, value)| (name.clone(), tensor(value)))
}

fn tensor(value: &Value) -> Tensor {
    let list = |key: &str| value[key].as_array().expect("a list");
    let shape: Vec<usize> = list("shape").iter().map(|n| n.as_u64().expect("a size") as usize).collect();
    match text(&value["dtype"]) {
        "f64" => Tensor::new(shape, Data::F64(list("data").iter().map(number).collect())),
        "i64" => Tensor::new(shape, Data::I64(list("data").iter().map(|n| n.as_i64().expect("an integer")).collect())),
        "bool" => {
            Tensor::new(shape, Data::Bool(list("data").iter().map(|n| n.as_bool().expect("a boolean")).collect()))
        }
        other => match DType::parse(other) {
            Some(dtype) => Tensor::from_f64(dtype, &shape, &list("data").iter().map(number).collect::<Vec<_>>()),
            None => panic!("a tensor of {other}"),
        },
    }
}

fn number(value: &Value) -> f64 {
    match value.as_str() {
        Some(word) => word.parse().expect("inf, -inf or nan"),
        None => value.as_f64().expect("a number"),
    }
}

pub fn text(value: &Value) -> &str {
    value.as_str().expect("a text")
}
