//! Weights in safetensors files: the format that other frameworks read and write. A file is taken whole or not at all.

use super::Files;
use crate::base::Span;
use crate::diag::Diagnostic;
use crate::ops::{Data, Tensor};
use crate::tir::Cell;
use crate::types::{Bf16, DType, F16};
use safetensors::tensor::{Dtype, SafeTensors, TensorView};
use std::collections::{BTreeMap, HashMap};

/// A tensor that a file must have.
#[derive(Clone, Debug)]
pub struct Expected {
    pub name: String,
    pub dtype: DType,
    pub shape: Vec<usize>,
    /// Where it is declared.
    pub span: Span,
}

/// What cells are called in a file: their paths from `holder` on, the place of what is saved, so that the weights of one layer
/// fit every such layer, wherever it stands. Without a holder the first component is left out when all share it.
pub fn names(cells: &[&Cell], holder: Option<&str>) -> Vec<String> {
    let first = |cell: &&Cell| cell.path.split_once('.').map(|(first, _)| first.to_string());
    let shared =
        || cells.first().and_then(first).filter(|shared| cells.iter().all(|cell| first(cell).as_ref() == Some(shared)));
    let holder = holder.map(str::to_string).or_else(shared);
    let inside = |path: &str| Some(path.strip_prefix(holder.as_deref()?)?.strip_prefix('.')?.to_string());
    cells.iter().map(|cell| inside(&cell.path).unwrap_or_else(|| cell.path.to_string())).collect()
}

/// Writes tensors under their names. The same tensors give the same bytes.
pub fn save(files: &Files, path: &str, tensors: &[(String, Tensor)], span: Span) -> Result<(), Diagnostic> {
    let encoded: Vec<(&str, Encoded)> = tensors.iter().map(|(name, t)| (name.as_str(), Encoded::new(t))).collect();
    // A single entry: the order of several would differ from run to run.
    let metadata = HashMap::from([("dln".to_string(), env!("CARGO_PKG_VERSION").to_string())]);
    let bytes = safetensors::serialize(encoded, Some(metadata)).map_err(|error| error.to_string());
    let written = bytes.and_then(|bytes| files.write(path, &bytes).map_err(|error| error.to_string()));
    written.map_err(|error| unwritable(path, &error, span))
}

/// Reads the tensors that are expected, in their order. Floats may have another width in the file.
pub fn load(files: &Files, path: &str, expected: &[Expected], span: Span) -> Result<Vec<Tensor>, Diagnostic> {
    let bytes = files.read(path).map_err(|error| unreadable(path, &error.to_string(), span))?;
    let file = SafeTensors::deserialize(&bytes).map_err(|error| unreadable(path, &error.to_string(), span))?;
    let mut found: BTreeMap<&str, TensorView> = file.iter().collect();
    let mut misfits = Misfits::default();
    let mut tensors = vec![];
    for wanted in expected {
        match found.remove(wanted.name.as_str()) {
            None => misfits.missing.push(wanted),
            Some(view) if view.shape() != wanted.shape => misfits.shapes.push((wanted, view.shape().to_vec())),
            Some(view) => match decode(&view, wanted.dtype) {
                Some(data) => tensors.push(Tensor::new(wanted.shape.clone(), data)),
                None => misfits.types.push((wanted, view.dtype())),
            },
        }
    }
    misfits.extra = found.into_keys().map(str::to_string).collect();
    if misfits.is_empty() { Ok(tensors) } else { Err(misfits.report(path, expected.len(), span)) }
}

/// Reads all tensors of a file that a run has written, as they are; none if there is no such file.
pub fn load_all(files: &Files, path: &str) -> Result<Option<Vec<(String, Tensor)>>, Diagnostic> {
    let bytes = match files.read_back(path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        other => other.map_err(|error| unreadable(path, &error.to_string(), Span::none()))?,
    };
    let file = SafeTensors::deserialize(&bytes).map_err(|error| unreadable(path, &error.to_string(), Span::none()))?;
    let tensor = |(name, view): (&str, TensorView)| {
        let data = decode(&view, dtype(view.dtype())?)?;
        Some((name.to_string(), Tensor::new(view.shape().to_vec(), data)))
    };
    Ok(Some(file.iter().filter_map(tensor).collect()))
}

fn dtype(dtype: Dtype) -> Option<DType> {
    Some(match dtype {
        Dtype::F16 => DType::F16,
        Dtype::BF16 => DType::Bf16,
        Dtype::F32 => DType::F32,
        Dtype::F64 => DType::F64,
        Dtype::I32 => DType::I32,
        Dtype::I64 => DType::I64,
        Dtype::U8 => DType::U8,
        Dtype::BOOL => DType::Bool,
        _ => return None,
    })
}

/// A tensor as the format has it: little-endian.
struct Encoded {
    dtype: Dtype,
    shape: Vec<usize>,
    bytes: Vec<u8>,
}

impl Encoded {
    fn new(tensor: &Tensor) -> Encoded {
        let (dtype, bytes) = match &tensor.data {
            Data::F16(v) => (Dtype::F16, v.iter().flat_map(|x| x.to_bits().to_le_bytes()).collect()),
            Data::Bf16(v) => (Dtype::BF16, v.iter().flat_map(|x| x.to_bits().to_le_bytes()).collect()),
            Data::F32(v) => (Dtype::F32, v.iter().flat_map(|x| x.to_le_bytes()).collect()),
            Data::F64(v) => (Dtype::F64, v.iter().flat_map(|x| x.to_le_bytes()).collect()),
            Data::I32(v) => (Dtype::I32, v.iter().flat_map(|x| x.to_le_bytes()).collect()),
            Data::I64(v) => (Dtype::I64, v.iter().flat_map(|x| x.to_le_bytes()).collect()),
            Data::U8(v) => (Dtype::U8, v.clone()),
            Data::Bool(v) => (Dtype::BOOL, v.iter().map(|&x| x.into()).collect()),
        };
        Encoded { dtype, shape: tensor.shape.clone(), bytes }
    }
}

impl safetensors::tensor::View for Encoded {
    fn dtype(&self) -> Dtype {
        self.dtype
    }

    fn shape(&self) -> &[usize] {
        &self.shape
    }

    fn data(&self) -> std::borrow::Cow<'_, [u8]> {
        (&self.bytes).into()
    }

    fn data_len(&self) -> usize {
        self.bytes.len()
    }
}

/// The elements as `dtype`; `None` if the file has another kind of number.
fn decode(view: &TensorView, dtype: DType) -> Option<Data> {
    fn all<const N: usize, T>(view: &TensorView, decode: impl Fn([u8; N]) -> T) -> Vec<T> {
        view.data().as_chunks().0.iter().map(|&bytes| decode(bytes)).collect()
    }
    match dtype {
        DType::F16 => floats(view).map(|v| Data::F16(v.into_iter().map(F16::from_f64).collect())),
        DType::Bf16 => floats(view).map(|v| Data::Bf16(v.into_iter().map(Bf16::from_f64).collect())),
        DType::F32 => floats(view).map(|v| Data::F32(v.into_iter().map(|x| x as f32).collect())),
        DType::F64 => floats(view).map(Data::F64),
        DType::I32 if view.dtype() == Dtype::I32 => Some(Data::I32(all(view, i32::from_le_bytes))),
        DType::I64 if view.dtype() == Dtype::I64 => Some(Data::I64(all(view, i64::from_le_bytes))),
        DType::U8 if view.dtype() == Dtype::U8 => Some(Data::U8(view.data().to_vec())),
        DType::Bool if view.dtype() == Dtype::BOOL => Some(Data::Bool(all(view, |[x]| x != 0))),
        DType::I32 | DType::I64 | DType::U8 | DType::Bool => None,
    }
}

/// Every float type that the format has fits into f64 without loss.
fn floats(view: &TensorView) -> Option<Vec<f64>> {
    let bytes = view.data();
    Some(match view.dtype() {
        Dtype::F32 => bytes.as_chunks().0.iter().map(|&b| f32::from_le_bytes(b).into()).collect(),
        Dtype::F64 => bytes.as_chunks().0.iter().map(|&b| f64::from_le_bytes(b)).collect(),
        Dtype::F16 => bytes.as_chunks().0.iter().map(|&b| F16::from_bits(u16::from_le_bytes(b)).into()).collect(),
        Dtype::BF16 => bytes.as_chunks().0.iter().map(|&b| Bf16::from_bits(u16::from_le_bytes(b)).into()).collect(),
        _ => return None,
    })
}

/// How a file differs from what a program expects.
#[derive(Default)]
struct Misfits<'e> {
    missing: Vec<&'e Expected>,
    extra: Vec<String>,
    shapes: Vec<(&'e Expected, Vec<usize>)>,
    types: Vec<(&'e Expected, Dtype)>,
}

impl Misfits<'_> {
    fn is_empty(&self) -> bool {
        self.missing.is_empty() && self.extra.is_empty() && self.shapes.is_empty() && self.types.is_empty()
    }

    fn report(&self, path: &str, expected: usize, span: Span) -> Diagnostic {
        let counts = [
            (self.missing.len(), "missing"),
            (self.extra.len(), "extra"),
            (self.shapes.len(), "of another shape"),
            (self.types.len(), "of another type"),
        ];
        let counts: Vec<String> =
            counts.iter().filter(|(n, _)| *n > 0).map(|(n, what)| format!("{n} {what}")).collect();
        let message = format!("`{path}` does not fit the {expected} tensors of the program: {}", counts.join(", "));
        let mut diagnostic = Diagnostic::error("E0902", span, message, "loaded here");
        for (wanted, found) in &self.shapes {
            let text = format!("`{}` is {:?} here and {found:?} in the file", wanted.name, wanted.shape);
            diagnostic =
                if wanted.span.is_none() { diagnostic.note(text) } else { diagnostic.label(wanted.span, text) };
        }
        for (wanted, found) in &self.types {
            diagnostic = diagnostic.note(format!("`{}` is {} here and {found} in the file", wanted.name, wanted.dtype));
        }
        for wanted in &self.missing {
            diagnostic = diagnostic.note(format!("`{}` {:?} is missing in the file", wanted.name, wanted.shape));
        }
        for name in &self.extra {
            diagnostic = diagnostic.note(format!("`{}` is in the file and not in the program", name.escape_debug()));
        }
        match self.prefix() {
            Some(prefix) => diagnostic.help(format!(
                "the names differ by the prefix `{prefix}`: the file holds a layer inside another one, or several"
            )),
            None => diagnostic,
        }
    }

    /// What stands before the first missing name in the file, if that is all that is wrong with it.
    fn prefix(&self) -> Option<&str> {
        let wanted = self.missing.first()?;
        self.extra.iter().find_map(|name| name.strip_suffix(&wanted.name)).filter(|prefix| prefix.ends_with('.'))
    }
}

fn unreadable(path: &str, error: &str, span: Span) -> Diagnostic {
    let message = format!("`{path}` cannot be read as safetensors: {error}");
    Diagnostic::error("E0901", span, message, "loaded here")
}

fn unwritable(path: &str, error: &str, span: Span) -> Diagnostic {
    Diagnostic::error("E0903", span, format!("`{path}` cannot be written: {error}"), "written here")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tir::{Role, Ty};
    use crate::types::Dim;

    fn expected(name: &str, dtype: DType, shape: &[usize]) -> Expected {
        Expected { name: name.to_string(), dtype, shape: shape.to_vec(), span: Span::none() }
    }

    fn files() -> (tempfile::TempDir, Files) {
        let dir = tempfile::tempdir().unwrap();
        let files = Files::at(dir.path());
        (dir, files)
    }

    fn every_type() -> Vec<(String, Tensor)> {
        let tensor = |dtype: DType| (dtype.name().to_string(), Tensor::from_f64(dtype, &[2, 1], &[0.0, 1.0]));
        DType::ALL.into_iter().map(tensor).collect()
    }

    #[test]
    fn what_is_saved_comes_back_and_saving_is_repeatable() {
        let (_dir, files) = files();
        let tensors = every_type();
        save(&files, "run/w.safetensors", &tensors, Span::none()).unwrap();
        save(&files, "again.safetensors", &tensors, Span::none()).unwrap();
        assert_eq!(files.read("run/w.safetensors").unwrap(), files.read("again.safetensors").unwrap());
        let wanted: Vec<Expected> = DType::ALL.map(|d| expected(d.name(), d, &[2, 1])).into();
        let back = load(&files, "run/w.safetensors", &wanted, Span::none()).unwrap();
        assert!(tensors.iter().map(|(_, t)| t).eq(&back));
    }

    #[test]
    fn floats_are_widened_and_narrowed() {
        let (_dir, files) = files();
        let halves = [0x3C00u16, 0xC100, 0x0001, 0x7C00].iter().flat_map(|b| b.to_le_bytes()).collect::<Vec<_>>();
        let view = TensorView::new(Dtype::F16, vec![4], &halves).unwrap();
        let brains = [0x3F80u16, 0xC020].iter().flat_map(|b| b.to_le_bytes()).collect::<Vec<_>>();
        let other = TensorView::new(Dtype::BF16, vec![2], &brains).unwrap();
        let bytes = safetensors::serialize([("h", view), ("b", other)], None).unwrap();
        files.write("w", &bytes).unwrap();
        let wanted = [expected("h", DType::F64, &[4]), expected("b", DType::F32, &[2])];
        let back = load(&files, "w", &wanted, Span::none()).unwrap();
        assert_eq!(back[0].to_f64(), [1.0, -2.5, 2f64.powi(-24), f64::INFINITY]);
        assert_eq!(back[1].to_f64(), [1.0, -2.5]);
    }

    #[test]
    fn every_misfit_is_listed() {
        let (_dir, files) = files();
        save(&files, "w", &every_type(), Span::none()).unwrap();
        let wanted = [
            expected("f32", DType::F32, &[1, 2]),
            expected("i64", DType::I32, &[2, 1]),
            expected("bias", DType::F32, &[3]),
        ];
        let diagnostic = load(&files, "w", &wanted, Span::none()).unwrap_err();
        assert_eq!(diagnostic.code, "E0902");
        assert!(diagnostic.message.ends_with("1 missing, 6 extra, 1 of another shape, 1 of another type"));
        assert_eq!(diagnostic.notes[0], "`f32` is [1, 2] here and [2, 1] in the file");
        assert_eq!(diagnostic.notes[1], "`i64` is i32 here and I64 in the file");
        assert_eq!(diagnostic.notes[2], "`bias` [3] is missing in the file");
        assert_eq!(diagnostic.notes.len(), 9);
    }

    #[test]
    fn a_prefix_is_recognised() {
        let (_dir, files) = files();
        let tensor = Tensor::from_f64(DType::F32, &[1], &[0.0]);
        save(&files, "w", &[("net.bias".to_string(), tensor)], Span::none()).unwrap();
        let diagnostic = load(&files, "w", &[expected("bias", DType::F32, &[1])], Span::none()).unwrap_err();
        assert!(diagnostic.helps[0].text.contains("`net.`"), "{diagnostic:?}");
    }

    #[test]
    fn every_cut_of_a_file_is_refused() {
        let (_dir, files) = files();
        save(&files, "w", &every_type(), Span::none()).unwrap();
        let whole = files.read("w").unwrap();
        let wanted: Vec<Expected> = DType::ALL.map(|d| expected(d.name(), d, &[2, 1])).into();
        for cut in 0..whole.len() {
            files.write("cut", &whole[..cut]).unwrap();
            assert_eq!(load(&files, "cut", &wanted, Span::none()).unwrap_err().code, "E0901", "{cut}");
        }
        assert_eq!(load(&files, "none", &wanted, Span::none()).unwrap_err().code, "E0901");
    }

    #[test]
    fn a_layer_is_saved_without_the_place_where_it_stands() {
        let cell = |path: &str| Cell {
            path: path.into(),
            role: Role::Param,
            ty: Ty::new(DType::F32, vec![Dim::from(1)]),
            span: Span::none(),
        };
        let (weight, bias, other) = (cell("net.0.weight"), cell("net.0.bias"), cell("head.bias"));
        assert_eq!(names(&[&weight, &bias], None), ["0.weight", "0.bias"]);
        assert_eq!(names(&[&weight, &other], None), ["net.0.weight", "head.bias"]);
        assert_eq!(names(&[&weight, &bias], Some("net.0")), ["weight", "bias"]);
        assert_eq!(names(&[&weight, &other], Some("net.0")), ["weight", "head.bias"]);
    }
}
