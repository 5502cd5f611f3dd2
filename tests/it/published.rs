//! Files with the names of other libraries, which cases load: `tests/reference/published_cases.py` says what is in them.

use dln::base::Span;
use dln::driver::Engine;
use dln::io::{self, Expected, Files};
use dln::ops::Tensor;
use dln::sema::Checked;
use dln::tir::{Cell, Role};
use dln::train::Machine;
use dln::types::DType;
use serde_json::Value;
use tempfile::TempDir;

const FILE: &str = "published.safetensors";

/// The tensors of the file.
pub fn weights(shapes: &Value) -> Vec<(String, Tensor)> {
    let shapes = shapes.as_object().expect("shapes by name");
    shapes.iter().map(|(name, shape)| (name.clone(), weight(name, shape))).collect()
}

/// A function of the name and of the place, as in `published_cases.py`. What has no axes is a count.
fn weight(name: &str, shape: &Value) -> Tensor {
    let sizes = shape.as_array().expect("sizes").iter();
    let shape: Vec<usize> = sizes.map(|size| size.as_u64().expect("a size") as usize).collect();
    if shape.is_empty() {
        return Tensor::zeros(DType::I64, &shape);
    }
    let seed = name.bytes().fold(2_166_136_261, |seed, byte| (seed ^ u32::from(byte)).wrapping_mul(16_777_619));
    let shifted = name.ends_with("bias") || name.ends_with("mean") || name.contains("bias_");
    let about = if shape.len() == 1 && !shifted { 1.0 } else { 0.0 };
    let number = |place: u32| {
        let h = seed.wrapping_add(place.wrapping_mul(2_654_435_761));
        let h = (h ^ (h >> 16)).wrapping_mul(0x45d_9f3b);
        about + 0.5 * (f64::from(h ^ (h >> 16)) / 2f64.powi(32) - 0.5)
    };
    let count = shape.iter().product::<usize>() as u32;
    Tensor::from_f64(DType::F64, &shape, &(0..count).map(number).collect::<Vec<f64>>())
}

/// A folder with the file.
pub fn folder(weights: &[(String, Tensor)]) -> TempDir {
    let folder = TempDir::new().expect("a folder");
    io::save(&Files::at(folder.path()), FILE, weights, &[], Span::none()).expect("weights can be written");
    folder
}

/// Whether the program has as many trained numbers as the model that was published.
pub fn holds(checked: &Checked, count: &Value) -> Result<(), String> {
    let size = |cell: &Cell| cell.ty.shape.iter().map(|size| size.as_const().expect("a number")).product::<i64>();
    let ours: i64 = checked.cells.iter().filter(|cell| cell.role == Role::Param).map(size).sum();
    if Some(ours) == count.as_i64() { Ok(()) } else { Err(format!("it has {ours} parameters, expected {count}")) }
}

/// Whether the weights, saved under the names of the file, are that file, but for counts that the program has no use for.
pub fn leads_back(engine: &Engine, checked: &Checked, shapes: &Value, files: &Files) -> Result<(), String> {
    let load = &checked.loads[0];
    let saved = "saved.safetensors";
    let weights = engine.weights(&load.cells, load.holder.as_deref());
    io::save(files, saved, &weights, &load.rules, Span::none()).map_err(|d| d.message)?;
    let mut original = self::weights(shapes);
    original.retain(|(_, tensor)| tensor.dtype().is_float());
    let float = weights[0].1.dtype();
    let expected = |(name, tensor): &(String, Tensor)| Expected {
        name: name.clone(),
        dtype: float,
        shape: tensor.shape.clone(),
        span: Span::none(),
    };
    let expected: Vec<Expected> = original.iter().map(expected).collect();
    let back =
        io::load(files, saved, &expected, &[], Span::none()).map_err(|d| format!("{} {:?}", d.message, d.notes))?;
    let same = |(tensor, (_, other)): (&Tensor, &(String, Tensor))| {
        *tensor == Tensor::from_f64(float, &other.shape, &other.to_f64())
    };
    match back.iter().zip(&original).all(same) {
        true => Ok(()),
        false => Err("saved under the names of the file, its weights differ".to_string()),
    }
}
