//! IDX, the format of MNIST (Y. LeCun): bytes 0, 0, type, rank; one big-endian u32 for each axis; then the values in
//! row-major order, big-endian. Plain or gzip, told apart by the first bytes.

use super::column::{Column, Misfit, Number};
use super::{Table, TableColumn, open, quoted};
use crate::diag::Diagnostic;
use crate::io::Files;
use crate::tir::{Field, Path};
use std::io::Read;

/// The element types of the format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Element {
    U8,
    I8,
    I16,
    I32,
    F32,
    F64,
}

impl Element {
    fn of(code: u8) -> Option<Element> {
        match code {
            0x08 => Some(Element::U8),
            0x09 => Some(Element::I8),
            0x0B => Some(Element::I16),
            0x0C => Some(Element::I32),
            0x0D => Some(Element::F32),
            0x0E => Some(Element::F64),
            _ => None,
        }
    }

    fn bytes(self) -> usize {
        match self {
            Element::U8 | Element::I8 => 1,
            Element::I16 => 2,
            Element::I32 | Element::F32 => 4,
            Element::F64 => 8,
        }
    }

    /// One value from as many bytes as it has.
    fn decode(self, bytes: &[u8]) -> Number {
        fn array<const N: usize>(bytes: &[u8]) -> [u8; N] {
            bytes.try_into().expect("a chunk of the element's size")
        }
        match self {
            Element::U8 => Number::Whole(bytes[0].into()),
            Element::I8 => Number::Whole((bytes[0] as i8).into()),
            Element::I16 => Number::Whole(i16::from_be_bytes(array(bytes)).into()),
            Element::I32 => Number::Whole(i32::from_be_bytes(array(bytes)).into()),
            Element::F32 => Number::Real(f32::from_be_bytes(array(bytes)).into()),
            Element::F64 => Number::Real(f64::from_be_bytes(array(bytes))),
        }
    }
}

/// A file, read: its axes and the bytes of its values.
struct Array {
    element: Element,
    dims: Vec<usize>,
    values: Vec<u8>,
}

/// One file for each field; axis 0 counts the rows.
pub fn read(files: &Files, paths: &[Path], fields: &[Field]) -> Result<Table, Diagnostic> {
    let mut columns = vec![];
    let mut first: Option<(&Path, usize)> = None;
    for (path, field) in paths.iter().zip(fields) {
        let (rows, column) = read_column(files, path, field)?;
        let (expected_by, expected) = *first.get_or_insert((path, rows));
        if rows != expected {
            return Err(other_rows(path, rows, expected_by, expected));
        }
        columns.push(column);
    }
    Ok(Table { rows: first.map_or(0, |(_, rows)| rows), columns, spelling: None })
}

fn read_column(files: &Files, path: &Path, field: &Field) -> Result<(usize, TableColumn), Diagnostic> {
    let bytes = open(files, path)?;
    let array = parse(&bytes).map_err(|what| malformed(path, &what))?;
    let Some((&rows, shape)) = array.dims.split_first() else {
        return Err(malformed(path, "it has no axes, and so no rows"));
    };
    if rows == 0 {
        return Err(malformed(path, "it has no rows"));
    }
    let row_len = shape.iter().product::<usize>().max(1);
    if !fits(shape, &field.shape) {
        return Err(other_shape(path, shape, field));
    }
    let mut column = Column::new(field);
    for (i, bytes) in array.values.chunks_exact(array.element.bytes()).enumerate() {
        let number = array.element.decode(bytes);
        let pushed = column.push(number);
        pushed.map_err(|misfit| wrong_value(path, i / row_len, number, misfit))?;
    }
    Ok((rows, TableColumn::numbers(column.finish(rows))))
}

/// Sizes of 1 may come and go, and a row may be read flat: the order of its elements is never another one.
fn fits(file: &[usize], field: &[usize]) -> bool {
    let long = |shape: &[usize]| -> Vec<usize> { shape.iter().copied().filter(|&n| n != 1).collect() };
    let flat = field.len() == 1 && file.iter().product::<usize>() == field[0];
    flat || long(file) == long(field)
}

/// Reads a whole file. The error says in a few words what is wrong.
fn parse(bytes: &[u8]) -> Result<Array, String> {
    if bytes.starts_with(&[0x1F, 0x8B]) {
        parse_stream(&mut flate2::read::MultiGzDecoder::new(bytes))
    } else {
        parse_stream(&mut &bytes[..])
    }
}

fn parse_stream(stream: &mut impl Read) -> Result<Array, String> {
    let [zero, also_zero, code, rank] = header(stream)?;
    if (zero, also_zero) != (0, 0) {
        return Err("it does not begin with the two zero bytes of an IDX file".to_string());
    }
    let element = Element::of(code).ok_or_else(|| format!("its type code {code} is unknown"))?;
    let mut dims = Vec::with_capacity(rank.into());
    for _ in 0..rank {
        dims.push(u32::from_be_bytes(header(stream)?) as usize);
    }
    let count = dims.iter().try_fold(1usize, |n, &d| n.checked_mul(d));
    let size = count.and_then(|n| n.checked_mul(element.bytes()));
    let size = size.ok_or("its header says more values than memory can hold")?;
    let mut values = vec![];
    // One byte more than announced tells a file that goes on; memory grows with what is there, not with what is said.
    let limit = (size as u64).saturating_add(1);
    let read = stream.take(limit).read_to_end(&mut values);
    read.map_err(|error| format!("it cannot be unpacked: {error}"))?;
    match values.len().cmp(&size) {
        std::cmp::Ordering::Less => {
            Err(format!("it ends early: its header says {size} bytes of values and there are {}", values.len()))
        }
        std::cmp::Ordering::Greater => {
            Err(format!("it goes on behind the {size} bytes of values that its header says"))
        }
        std::cmp::Ordering::Equal => Ok(Array { element, dims, values }),
    }
}

fn header(stream: &mut impl Read) -> Result<[u8; 4], String> {
    let mut word = [0; 4];
    let read = stream.read_exact(&mut word);
    read.map_err(|_| "it ends within its header".to_string())?;
    Ok(word)
}

fn malformed(path: &Path, what: &str) -> Diagnostic {
    let message = format!("{} is not a readable IDX file: {what}", quoted(&path.value));
    Diagnostic::error("E0706", path.span, message, "this file")
}

fn wrong_value(path: &Path, row: usize, number: Number, misfit: Misfit) -> Diagnostic {
    let message = format!("{}: row {row}, value {number} {misfit}", quoted(&path.value));
    Diagnostic::error(misfit.code(), path.span, message, "this file")
}

fn other_shape(path: &Path, shape: &[usize], field: &Field) -> Diagnostic {
    let message =
        format!("the rows of {} are {shape:?}, and `{}` is {:?}", quoted(&path.value), field.name, field.shape);
    let label = format!("a row here is {shape:?}");
    let diagnostic = Diagnostic::error("E0707", path.span, message, label).help(format!(
        "declare the field with the shape {shape:?}, or flat with [{}]",
        shape.iter().product::<usize>()
    ));
    if field.span.is_none() { diagnostic } else { diagnostic.label(field.span, format!("declared {:?}", field.shape)) }
}

fn other_rows(path: &Path, rows: usize, expected_by: &Path, expected: usize) -> Diagnostic {
    let message = format!("{} has {rows} rows and {} has {expected}", quoted(&path.value), quoted(&expected_by.value));
    Diagnostic::error("E0707", path.span, message, format!("{rows} rows"))
        .label(expected_by.span, format!("{expected} rows"))
}
