//! The standard library against PyTorch and scikit-learn: every case of `tests/reference/*.jsonl` is checked, run in f64 and
//! compared; `tests/reference/make.py` says what a case is.

use std::collections::BTreeMap;
use std::path::PathBuf;

use dln::driver::{Engine, Program, is_sound};
use dln::io::Files;
use dln::ops::{Data, Tensor};
use dln::sema::{Checked, Options};
use dln::tir::{CellId, Target};
use dln::train::{Call, Length, Machine};
use dln::types::DType;
use serde_json::{Map, Value};

/// A float type to run in, and how far off numbers may be: of the larger of 1 and the expected number.
#[derive(Clone, Copy)]
struct Precision {
    float: DType,
    tolerance: f64,
}

/// All but the derivative of `hard_sigmoid`, in which PyTorch has 1/6 as an f32, agree to 1e-9.
#[test]
fn the_library_agrees_with_pytorch() {
    agrees(Precision { float: DType::F64, tolerance: 1e-8 });
}

#[test]
fn the_library_agrees_with_pytorch_in_f32() {
    agrees(Precision { float: DType::F32, tolerance: 1e-5 });
}

fn agrees(precision: Precision) {
    let mut wrong = Vec::new();
    let mut count = 0;
    for file in files() {
        let area = file.file_stem().expect("a name").to_string_lossy().into_owned();
        for line in std::fs::read_to_string(&file).expect("readable").lines() {
            let case: Map<String, Value> = serde_json::from_str(line).expect("JSON");
            let only = case.get("float").is_some_and(|float| *float != precision.float.name());
            if only || precision.float == DType::F32 && !fits_f32(&case) {
                continue;
            }
            let tolerance = case.get("tolerance").map_or(precision.tolerance, number);
            let precision = Precision { tolerance, ..precision };
            count += 1;
            if let Err(why) = run(&case, precision) {
                wrong.push(format!("{area}, {}: {why}", text(&case["name"])));
            }
        }
    }
    assert!(count > 300, "only {count} cases were found");
    assert!(wrong.is_empty(), "{} of {count} cases differ:\n{}", wrong.len(), wrong.join("\n"));
}

/// Whether all numbers of a case lie where f32 has normal numbers.
fn fits_f32(case: &Map<String, Value>) -> bool {
    let normal = |x: &f64| *x == 0.0 || !x.is_finite() || (*x as f32).is_normal();
    let inputs = tensors(case.get("inputs")).map(|(_, tensor)| tensor);
    let outputs = case.get("output").and_then(Value::as_array).into_iter().flatten().map(tensor);
    inputs.chain(outputs).all(|tensor| tensor.to_f64().iter().all(normal))
}

fn folder() -> PathBuf {
    crate::root().join("tests/reference")
}

/// Where cases find what they use.
fn examples() -> PathBuf {
    crate::root().join("examples")
}

fn files() -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder()).expect("the folder of references");
    let mut files: Vec<PathBuf> = entries.map(|e| e.expect("an entry").path()).collect();
    files.retain(|path| path.extension().is_some_and(|e| e == "jsonl"));
    files.sort();
    files
}

fn run(case: &Map<String, Value>, precision: Precision) -> Result<(), String> {
    let program = Program::open("case.dln", text(&case["source"]), Files::at(examples()));
    let training = case["training"] == Value::Bool(true);
    let options = Options { float: precision.float, training, ..Options::default() };
    let steps = case.get("steps");
    let checked = program.check(&options, if steps.is_some() { &[] } else { &["case"] });
    if !is_sound(&checked.diagnostics) {
        let messages: Vec<&str> = checked.diagnostics.iter().map(|d| d.message.as_str()).collect();
        return Err(messages.join("; "));
    }
    let mut engine = Engine::new(&checked, &program.files, 0).map_err(|d| d.message)?;
    for (path, value) in tensors(case.get("params")) {
        engine.write(cell(&checked, &path)?, &in_float(&value, precision.float));
    }
    match steps {
        Some(steps) => train(&mut engine, &checked, case, steps.as_array().expect("a list"), precision),
        None => evaluate(&mut engine, &checked, case, precision),
    }
}

/// Results, derivatives and buffers of `fn case`.
fn evaluate(
    engine: &mut Engine,
    checked: &Checked,
    case: &Map<String, Value>,
    precision: Precision,
) -> Result<(), String> {
    let function = &checked.functions[0];
    let inputs: BTreeMap<String, Tensor> = tensors(case.get("inputs")).collect();
    let mut args: Vec<Tensor> = function.params.iter().map(|(name, _)| inputs[&**name].clone()).collect();
    let expected: Vec<Tensor> = case["output"].as_array().expect("a list").iter().map(tensor).collect();
    let derivatives: BTreeMap<String, Tensor> = tensors(case.get("grads")).collect();
    let (program, wrt) = match &function.gradient {
        Some(gradient) if !derivatives.is_empty() => {
            args.extend(expected.iter().map(cotangent));
            (gradient.program, gradient.wrt.as_slice())
        }
        _ => (function.program, [].as_slice()),
    };
    let call = Call { program, args: &args, step: 1, epoch: 1, length: Length::default(), key: 0 };
    let values = values(engine.run(&call).map_err(|d| d.message)?);
    for (i, want) in expected.iter().enumerate() {
        compare(precision, values.get(i), want, "the result")?;
    }
    for (name, want) in &derivatives {
        let found = wrt.iter().position(|w| **w == **name).and_then(|i| values.get(expected.len() + i));
        compare(precision, found, want, &format!("the derivative in `{name}`"))?;
    }
    for (path, want) in tensors(case.get("buffers")) {
        compare(precision, Some(&engine.read(cell(checked, &path)?)), &want, &format!("`{path}`"))?;
    }
    Ok(())
}

/// The parameters after each step of the `train` block, on the one batch of the case.
fn train(
    engine: &mut Engine,
    checked: &Checked,
    case: &Map<String, Value>,
    steps: &[Value],
    precision: Precision,
) -> Result<(), String> {
    let step = &checked.jobs[0].steps[0];
    let args: Vec<Tensor> = tensors(case.get("inputs")).map(|(_, value)| value).collect();
    for (i, after) in steps.iter().enumerate() {
        let call =
            Call { program: step.program, args: &args, step: i + 1, epoch: i + 1, length: Length::default(), key: 0 };
        engine.run(&call).map_err(|d| d.message)?;
        for (path, want) in tensors(Some(after)) {
            compare(
                precision,
                Some(&engine.read(cell(checked, &path)?)),
                &want,
                &format!("`{path}` after step {}", i + 1),
            )?;
        }
    }
    Ok(())
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

fn compare(precision: Precision, found: Option<&Tensor>, want: &Tensor, what: &str) -> Result<(), String> {
    let found = found.ok_or_else(|| format!("{what} is missing"))?;
    if found.shape != want.shape {
        return Err(format!("{what} has shape {:?}, expected {:?}", found.shape, want.shape));
    }
    let pairs = found.to_f64().into_iter().zip(want.to_f64()).enumerate();
    match pairs.into_iter().find(|(_, (a, b))| !close(*a, *b, precision.tolerance)) {
        Some((i, (a, b))) => Err(format!("element {i} of {what} is {a}, expected {b}")),
        None => Ok(()),
    }
}

fn close(a: f64, b: f64, tolerance: f64) -> bool {
    a == b || (a.is_nan() && b.is_nan()) || (a - b).abs() <= tolerance * b.abs().max(1.0)
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

fn text(value: &Value) -> &str {
    value.as_str().expect("a text")
}
