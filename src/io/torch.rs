//! The tensors of a file that PyTorch saved: a zip archive with a pickle, which says what they are, and a file of numbers for
//! each storage. Archives are read as `zip` describes them (APPNOTE.TXT 6.3, with its 64-bit forms); numbers stay where they lie.

use super::pickle::{self, Id, Object, Pickle};
use super::rename::Tensors;
use super::stored::Stored;
use safetensors::tensor::Dtype;
use std::borrow::Cow;
use std::collections::BTreeMap;

/// Dictionaries and lists inside each other.
const DEEPEST: usize = 32;

/// Whether a file is a zip archive.
pub fn is_archive(bytes: &[u8]) -> bool {
    bytes.starts_with(b"PK\x03\x04")
}

/// The tensors by their paths through dictionaries and lists, `state_dict.layer.0.weight`.
pub fn tensors(bytes: &[u8]) -> Result<Tensors<'_>, String> {
    let files = entries(bytes)?;
    let (folder, pickled) = files
        .iter()
        .find_map(|(name, file)| Some((name.strip_suffix("data.pkl")?, *file)))
        .ok_or("it has no `data.pkl`, as the files of PyTorch have")?;
    if files.get(format!("{folder}byteorder").as_str()).is_some_and(|order| *order == b"big") {
        return Err("its numbers have the greatest byte first".to_string());
    }
    let archive = Archive { files: &files, folder, pickle: pickle::read(pickled)? };
    let mut found = Tensors::new();
    archive.collect(archive.pickle.whole, "", 0, &mut found)?;
    if found.is_empty() { Err(NAMELESS.to_string()) } else { Ok(found) }
}

const NAMELESS: &str = "it holds no tensors by name: of a network as a whole, save its `state_dict()`";

struct Archive<'f, 'a> {
    files: &'a BTreeMap<&'f str, &'f [u8]>,
    folder: &'a str,
    pickle: Pickle,
}

impl<'f> Archive<'f, '_> {
    fn object(&self, id: Id) -> &Object {
        &self.pickle.objects[id]
    }

    fn collect(&self, id: Id, path: &str, depth: usize, found: &mut Tensors<'f>) -> Result<(), String> {
        if depth > DEEPEST {
            return Err(format!("`{path}` lies more than {DEEPEST} dictionaries deep"));
        }
        let below = |name: &str| if path.is_empty() { name.to_string() } else { format!("{path}.{name}") };
        match self.object(id) {
            Object::Dict(pairs) => pairs.iter().try_for_each(|&(key, value)| match self.object(key) {
                Object::Text(name) => self.collect(value, &below(name), depth + 1, found),
                Object::Int(number) => self.collect(value, &below(&number.to_string()), depth + 1, found),
                _ => Ok(()),
            }),
            Object::List(parts) | Object::Tuple(parts) => {
                (0..).zip(parts).try_for_each(|(number, &part): (usize, _)| {
                    self.collect(part, &below(&number.to_string()), depth + 1, found)
                })
            }
            Object::Called(..) => {
                if let Some(tensor) = self.tensor(id, path)? {
                    found.insert(path.to_string(), tensor);
                }
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// What a call makes if it makes a tensor; what else is in the file is passed over.
    fn tensor(&self, id: Id, path: &str) -> Result<Option<Stored<'f>>, String> {
        let Object::Called(callee, args) = *self.object(id) else { return Ok(None) };
        let (Object::Global(name), Object::Tuple(args)) = (self.object(callee), self.object(args)) else {
            return Ok(None);
        };
        match (name.as_str(), &args[..]) {
            ("torch._utils _rebuild_parameter", &[tensor, ..]) if tensor < id => self.tensor(tensor, path),
            ("torch._utils _rebuild_tensor_v2", &[storage, offset, size, stride, ..]) => {
                let made = self.rebuilt(storage, (offset, size, stride), path);
                made.map(Some).map_err(|why| format!("`{path}`: {why}"))
            }
            _ => Ok(None),
        }
    }

    fn rebuilt(&self, storage: Id, (offset, size, stride): (Id, Id, Id), path: &str) -> Result<Stored<'f>, String> {
        let (dtype, bytes) = self.storage(storage)?;
        let (shape, strides) = (self.sizes(size)?, self.sizes(stride)?);
        let Object::Int(offset) = *self.object(offset) else { return Err("it begins nowhere".to_string()) };
        let place = Layout { offset: usize::try_from(offset).map_err(|_| OUTSIDE)?, shape: &shape, strides: &strides };
        let bytes = place.taken(bytes, dtype.bitsize() / 8)?;
        Ok(Stored { dtype, bytes, origin: path.to_string(), shape })
    }

    /// `("storage", torch.FloatStorage, "0", "cpu", 6)`: the kind of its numbers, and the file where they lie.
    fn storage(&self, id: Id) -> Result<(Dtype, &'f [u8]), String> {
        let Object::Persistent(args) = *self.object(id) else { return Err("its numbers lie nowhere".to_string()) };
        let Object::Tuple(args) = self.object(args) else { return Err("its numbers lie nowhere".to_string()) };
        let &[_, kind, key, ..] = &args[..] else { return Err("its numbers lie nowhere".to_string()) };
        let (Object::Global(kind), Object::Text(key)) = (self.object(kind), self.object(key)) else {
            return Err("its numbers lie nowhere".to_string());
        };
        let dtype = dtype(kind).ok_or_else(|| format!("`{kind}` is no kind of number that safetensors has"))?;
        let name = format!("{}data/{key}", self.folder);
        let file = self.files.get(name.as_str()).ok_or_else(|| format!("`{name}` is not in the archive"))?;
        Ok((dtype, file))
    }

    fn sizes(&self, id: Id) -> Result<Vec<usize>, String> {
        let Object::Tuple(sizes) = self.object(id) else { return Err("it has no shape".to_string()) };
        let size = |&id: &Id| match *self.object(id) {
            Object::Int(size) => usize::try_from(size).map_err(|_| format!("{size} is no size")),
            _ => Err("it has no shape".to_string()),
        };
        sizes.iter().map(size).collect()
    }
}

fn dtype(kind: &str) -> Option<Dtype> {
    Some(match kind.strip_prefix("torch ")? {
        "FloatStorage" => Dtype::F32,
        "DoubleStorage" => Dtype::F64,
        "HalfStorage" => Dtype::F16,
        "BFloat16Storage" => Dtype::BF16,
        "LongStorage" => Dtype::I64,
        "IntStorage" => Dtype::I32,
        "ShortStorage" => Dtype::I16,
        "CharStorage" => Dtype::I8,
        "ByteStorage" => Dtype::U8,
        "BoolStorage" => Dtype::BOOL,
        _ => return None,
    })
}

const OUTSIDE: &str = "it reaches beyond its storage";

/// Where the elements of a tensor lie in its storage.
struct Layout<'a> {
    offset: usize,
    shape: &'a [usize],
    strides: &'a [usize],
}

impl Layout<'_> {
    /// The bytes of the elements, row after row; copied only where they lie otherwise.
    fn taken<'f>(&self, storage: &'f [u8], width: usize) -> Result<Cow<'f, [u8]>, String> {
        if self.shape.len() != self.strides.len() {
            return Err("its shape and its strides differ".to_string());
        }
        let count = self.shape.iter().try_fold(1usize, |count, &size| count.checked_mul(size)).ok_or(OUTSIDE)?;
        if count == 0 {
            return Ok(Cow::Borrowed(&[]));
        }
        let reach = self
            .shape
            .iter()
            .zip(self.strides)
            .try_fold(self.offset, |reach, (&size, &stride)| reach.checked_add((size - 1).checked_mul(stride)?));
        let inside = |reach: usize| reach.checked_add(1)?.checked_mul(width).filter(|&end| end <= storage.len());
        reach.and_then(inside).ok_or(OUTSIDE)?;
        let mut step = 1;
        let in_rows = self.shape.iter().zip(self.strides).rev().all(|(&size, &stride)| {
            let fits = size == 1 || stride == step;
            step *= size;
            fits
        });
        if in_rows {
            return Ok(Cow::Borrowed(&storage[self.offset * width..][..count * width]));
        }
        // A stride of 0 could make much out of little.
        if count * width > storage.len() {
            return Err(OUTSIDE.to_string());
        }
        let mut bytes = Vec::with_capacity(count * width);
        for number in 0..count {
            let mut rest = number;
            let mut at = self.offset;
            for (&size, &stride) in self.shape.iter().zip(self.strides).rev() {
                at += rest % size * stride;
                rest /= size;
            }
            bytes.extend_from_slice(&storage[at * width..][..width]);
        }
        Ok(Cow::Owned(bytes))
    }
}

/// The files of an archive, which PyTorch does not compress.
fn entries(bytes: &[u8]) -> Result<BTreeMap<&str, &[u8]>, String> {
    let (count, mut at) = directory(bytes).ok_or(BROKEN)?;
    let mut files = BTreeMap::new();
    for _ in 0..count {
        let (name, file, next) = entry(bytes, at)?;
        files.insert(name, file);
        at = next;
    }
    Ok(files)
}

const BROKEN: &str = "its archive is cut off, or none";

/// How many files there are, and where their list begins.
fn directory(bytes: &[u8]) -> Option<(u64, usize)> {
    let least = bytes.len().saturating_sub(22 + 0xffff);
    let end = (least..=bytes.len().checked_sub(22)?).rev().find(|&at| bytes[at..].starts_with(b"PK\x05\x06"))?;
    let (count, start) = (number(bytes, end + 10, 2)?, number(bytes, end + 16, 4)?);
    if count < 0xffff && start < 0xffff_ffff {
        return Some((count, usize::try_from(start).ok()?));
    }
    let locator = end.checked_sub(20)?;
    if !bytes[locator..].starts_with(b"PK\x06\x07") {
        return None;
    }
    let wide = usize::try_from(number(bytes, locator + 8, 8)?).ok()?;
    Some((number(bytes, wide.checked_add(32)?, 8)?, usize::try_from(number(bytes, wide + 48, 8)?).ok()?))
}

/// A file of the list: its name, its bytes, and where the next one stands.
fn entry(bytes: &[u8], at: usize) -> Result<(&str, &[u8], usize), String> {
    let field = |offset: usize, width| number(bytes, at.checked_add(offset)?, width).map(|n| n as usize);
    let whole = || {
        let lengths = (field(28, 2)?, field(30, 2)?, field(32, 2)?);
        let name = std::str::from_utf8(bytes.get(at + 46..at + 46 + lengths.0)?).ok()?;
        let extra = bytes.get(at + 46 + lengths.0..at + 46 + lengths.0 + lengths.1)?;
        let (mut size, mut start) = (field(24, 4)?, field(42, 4)?);
        if size == 0xffff_ffff || start == 0xffff_ffff {
            (size, start) = widened(extra, size, field(20, 4)?, start)?;
        }
        let local = |offset: usize| number(bytes, start.checked_add(offset)?, 2).map(|n| n as usize);
        let from = start.checked_add(30)?.checked_add(local(26)?)?.checked_add(local(28)?)?;
        let file = bytes.get(from..from.checked_add(size)?)?;
        Some((name, file, at + 46 + lengths.0 + lengths.1 + lengths.2))
    };
    if !bytes.get(at..).is_some_and(|rest| rest.starts_with(b"PK\x01\x02")) {
        return Err(BROKEN.to_string());
    }
    let (name, file, next) = whole().ok_or(BROKEN)?;
    match field(10, 2) {
        Some(0) => Ok((name, file, next)),
        _ => Err(format!("`{}` in it is compressed, as PyTorch does not", name.escape_debug())),
    }
}

/// Size and start in 64 bits, where those in 32 are full.
fn widened(extra: &[u8], size: usize, packed: usize, start: usize) -> Option<(usize, usize)> {
    let mut at = 0;
    loop {
        let (id, length) = (number(extra, at, 2)?, number(extra, at + 2, 2)? as usize);
        at += 4;
        if id == 1 {
            let mut next = |old: usize| {
                if old != 0xffff_ffff {
                    return Some(old);
                }
                let wide = number(extra, at, 8)?;
                at += 8;
                usize::try_from(wide).ok()
            };
            let size = next(size)?;
            next(packed)?;
            return Some((size, next(start)?));
        }
        at += length;
    }
}

/// A number with its least byte first.
fn number(bytes: &[u8], at: usize, width: usize) -> Option<u64> {
    let bytes = bytes.get(at..at.checked_add(width)?)?;
    Some(bytes.iter().rev().fold(0, |number, &byte| number << 8 | u64::from(byte)))
}
