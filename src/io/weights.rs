//! Weights in safetensors files: the format that other frameworks read and write. A file is taken whole or not at all.

use super::Files;
use super::misfits::Misfits;
use super::rename::{Tensors, original, renamed};
use super::stored::Stored;
use super::torch;
use crate::base::Span;
use crate::diag::Diagnostic;
use crate::ops::Tensor;
use crate::tir::Cell;
use crate::tir::rename::Rename;
use crate::types::DType;
use safetensors::tensor::{Dtype, SafeTensors, TensorView};
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashMap};

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

/// Writes tensors under their names, or under those that rules give them in a file. The same tensors give the same bytes.
pub fn save(
    files: &Files,
    path: &str,
    tensors: &[(String, Tensor)],
    rules: &[Rename],
    span: Span,
) -> Result<(), Diagnostic> {
    let stored: Tensors = tensors.iter().map(|(name, tensor)| (name.clone(), Stored::new(name, tensor))).collect();
    let stored = if rules.is_empty() { Ok(stored) } else { original(stored, rules) };
    let stored = stored.map_err(|why| misnamed(path, &why, span))?;
    // A single entry: the order of several would differ from run to run.
    let metadata = HashMap::from([("dln".to_string(), env!("CARGO_PKG_VERSION").to_string())]);
    let bytes = safetensors::serialize(&stored, Some(metadata)).map_err(|error| error.to_string());
    let written = bytes.and_then(|bytes| files.write(path, &bytes).map_err(|error| error.to_string()));
    written.map_err(|error| unwritable(path, &error, span))
}

/// Reads the tensors that are expected, in their order, from a file or from those that an index names. Rules give the tensors of
/// the file their names in the program. Floats may have another width in the file.
pub fn load(
    files: &Files,
    path: &str,
    expected: &[Expected],
    rules: &[Rename],
    span: Span,
) -> Result<Vec<Tensor>, Diagnostic> {
    let shards = shards(files, path, span)?;
    let (mut found, idle) = renamed(gathered(&shards, span)?, rules).map_err(|why| misnamed(path, &why, span))?;
    let mut misfits = Misfits { idle, ..Misfits::default() };
    let mut tensors = vec![];
    for wanted in expected {
        match found.remove(&wanted.name) {
            None => misfits.missing.push(wanted),
            Some(stored) if stored.shape != wanted.shape => misfits.shapes.push((wanted, stored.shape)),
            Some(stored) => match stored.decode(wanted.dtype) {
                Some(data) => tensors.push(Tensor::new(wanted.shape.clone(), data)),
                None => misfits.types.push((wanted, stored.dtype)),
            },
        }
    }
    misfits.extra = found;
    if misfits.is_empty() { Ok(tensors) } else { Err(misfits.report(path, expected.len(), span)) }
}

/// The tensors of all files, which are safetensors or what PyTorch saved.
pub fn gathered(shards: &[Shard], span: Span) -> Result<Tensors<'_>, Diagnostic> {
    let mut found = Tensors::new();
    for (path, bytes) in shards {
        if torch::is_archive(bytes) {
            found.extend(torch::tensors(bytes).map_err(|why| unreadable_archive(path, &why, span))?);
        } else {
            let file = SafeTensors::deserialize(bytes).map_err(|error| unreadable(path, &error.to_string(), span))?;
            found.extend(file.iter().map(|(name, view)| (name.to_string(), Stored::of(name, &view))));
        }
    }
    Ok(found)
}

/// A file with its bytes.
pub type Shard = (String, Cow<'static, [u8]>);

/// The file at `path`, or those beside an index (`model.safetensors.index.json`) that it says the tensors lie in.
pub fn shards(files: &Files, path: &str, span: Span) -> Result<Vec<Shard>, Diagnostic> {
    let read = |path: String| match files.read(&path) {
        Ok(bytes) => Ok((path, bytes)),
        Err(error) => {
            let message = format!("`{path}` cannot be read: {error}");
            Err(Diagnostic::error("E0901", span, message, "loaded here"))
        }
    };
    if !path.ends_with(".json") {
        return Ok(vec![read(path.to_string())?]);
    }
    let (_, bytes) = read(path.to_string())?;
    let index: Index = serde_json::from_slice(&bytes).map_err(|error| unreadable(path, &error.to_string(), span))?;
    let folder = path.rfind('/').map_or("", |end| &path[..=end]);
    let names: BTreeSet<&String> = index.weight_map.values().collect();
    names.into_iter().map(|name| read(format!("{folder}{name}"))).collect()
}

/// Which file each tensor lies in.
#[derive(serde::Deserialize)]
struct Index {
    weight_map: BTreeMap<String, String>,
}

/// Reads all tensors of a file that a run has written, as they are; none if there is no such file.
pub fn load_all(files: &Files, path: &str) -> Result<Option<Vec<(String, Tensor)>>, Diagnostic> {
    let bytes = match files.read_back(path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        other => other.map_err(|error| unreadable(path, &error.to_string(), Span::none()))?,
    };
    let file = SafeTensors::deserialize(&bytes).map_err(|error| unreadable(path, &error.to_string(), Span::none()))?;
    let tensor = |(name, view): (&str, TensorView)| {
        let data = Stored::of(name, &view).decode(dtype(view.dtype())?)?;
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

fn unreadable(path: &str, error: &str, span: Span) -> Diagnostic {
    let message = format!("`{path}` cannot be read as safetensors: {error}");
    Diagnostic::error("E0901", span, message, "loaded here")
}

fn unreadable_archive(path: &str, why: &str, span: Span) -> Diagnostic {
    let message = format!("`{path}` cannot be read as a file that PyTorch saved: {why}");
    Diagnostic::error("E0901", span, message, "loaded here")
}

pub fn misnamed(path: &str, why: &str, span: Span) -> Diagnostic {
    let message = format!("the names of `{path}` and of the program do not go together: {}", why.escape_debug());
    Diagnostic::error("E0902", span, message, "renamed here")
}

pub fn unwritable(path: &str, error: &str, span: Span) -> Diagnostic {
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
        save(&files, "run/w.safetensors", &tensors, &[], Span::none()).unwrap();
        save(&files, "again.safetensors", &tensors, &[], Span::none()).unwrap();
        assert_eq!(files.read("run/w.safetensors").unwrap(), files.read("again.safetensors").unwrap());
        let wanted: Vec<Expected> = DType::ALL.map(|d| expected(d.name(), d, &[2, 1])).into();
        let back = load(&files, "run/w.safetensors", &wanted, &[], Span::none()).unwrap();
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
        let back = load(&files, "w", &wanted, &[], Span::none()).unwrap();
        assert_eq!(back[0].to_f64(), [1.0, -2.5, 2f64.powi(-24), f64::INFINITY]);
        assert_eq!(back[1].to_f64(), [1.0, -2.5]);
    }

    #[test]
    fn every_misfit_is_listed() {
        let (_dir, files) = files();
        save(&files, "w", &every_type(), &[], Span::none()).unwrap();
        let wanted = [
            expected("f32", DType::F32, &[1, 2]),
            expected("i64", DType::I32, &[2, 1]),
            expected("bias", DType::F32, &[3]),
        ];
        let diagnostic = load(&files, "w", &wanted, &[], Span::none()).unwrap_err();
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
        save(&files, "w", &[("net.bias".to_string(), tensor)], &[], Span::none()).unwrap();
        let diagnostic = load(&files, "w", &[expected("bias", DType::F32, &[1])], &[], Span::none()).unwrap_err();
        assert!(diagnostic.helps[0].text.contains("`net.`"), "{diagnostic:?}");
    }

    #[test]
    fn a_rule_is_proposed_and_does_what_it_says() {
        let (_dir, files) = files();
        let tensor = |shape: &[usize]| Tensor::from_f64(DType::F32, shape, &vec![0.0; shape.iter().product()]);
        let tensors = [("layer.0.query.weight", &[2, 3][..]), ("layer.0.out.weight", &[3, 2][..])]
            .map(|(name, shape)| (name.to_string(), tensor(shape)));
        save(&files, "w", &tensors, &[], Span::none()).unwrap();
        let wanted =
            [expected("blocks.0.q.weight", DType::F32, &[2, 3]), expected("blocks.0.out.weight", DType::F32, &[3, 2])];
        let diagnostic = load(&files, "w", &wanted, &[], Span::none()).unwrap_err();
        assert!(diagnostic.helps[0].text.contains("[\"layer.*.query -> blocks.*.q\"]"), "{diagnostic:?}");
        let rules = ["query -> q", "layer -> blocks", "norm -> ln"].map(|text| Rename::parse(&text.into()).unwrap());
        assert_eq!(load(&files, "w", &wanted, &rules, Span::none()).unwrap().len(), 2);
        let diagnostic = load(&files, "w", &wanted[..1], &rules, Span::none()).unwrap_err();
        let notes = [
            "`layer.0.out.weight` of the file becomes `blocks.0.out.weight` [3, 2], which is not in the program",
            "`norm -> ln` is about nothing in the file",
        ];
        assert_eq!(diagnostic.notes, notes);
    }

    #[test]
    fn an_index_names_the_files_beside_it() {
        let (_dir, files) = files();
        for (file, name, number) in [("part/1.safetensors", "a", 1.0), ("part/2.safetensors", "b", 2.0)] {
            let tensor = Tensor::from_f64(DType::F32, &[1], &[number]);
            save(&files, file, &[(name.to_string(), tensor)], &[], Span::none()).unwrap();
        }
        let index = r#"{"metadata": {"total_size": 8}, "weight_map": {"a": "1.safetensors", "b": "2.safetensors"}}"#;
        files.write("part/all.index.json", index.as_bytes()).unwrap();
        let wanted = [expected("b", DType::F32, &[1]), expected("a", DType::F32, &[1])];
        let back = load(&files, "part/all.index.json", &wanted, &[], Span::none()).unwrap();
        assert_eq!((back[0].to_f64()[0], back[1].to_f64()[0]), (2.0, 1.0));
        files.write("part/all.index.json", b"{}").unwrap();
        assert_eq!(load(&files, "part/all.index.json", &wanted, &[], Span::none()).unwrap_err().code, "E0901");
    }

    #[test]
    fn every_cut_of_a_file_is_refused() {
        let (_dir, files) = files();
        save(&files, "w", &every_type(), &[], Span::none()).unwrap();
        let whole = files.read("w").unwrap();
        let wanted: Vec<Expected> = DType::ALL.map(|d| expected(d.name(), d, &[2, 1])).into();
        for cut in 0..whole.len() {
            files.write("cut", &whole[..cut]).unwrap();
            assert_eq!(load(&files, "cut", &wanted, &[], Span::none()).unwrap_err().code, "E0901", "{cut}");
        }
        assert_eq!(load(&files, "none", &wanted, &[], Span::none()).unwrap_err().code, "E0901");
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
