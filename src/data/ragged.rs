//! Rows of different lengths: filled with zeros behind their ends, and put into batches with rows of their size.

use super::TableColumn;
use super::rows::Rows;
use crate::diag::Diagnostic;
use crate::ops::{Data, Tensor};
use crate::tir::{Batch, Dataset};

/// Elements of all rows, one after the other, as rows of the greatest length.
pub fn filled(elements: TableColumn, lengths: Vec<usize>) -> TableColumn {
    let longest = lengths.iter().copied().max().unwrap_or(0);
    let shape = &elements.values.shape[1..];
    let width: usize = shape.iter().product();
    let mut data = Data::zeros(elements.values.dtype(), lengths.len() * longest * width);
    let mut from = 0;
    for (row, &length) in lengths.iter().enumerate() {
        for at in 0..length * width {
            data.set(row * longest * width + at, elements.values.data.get(from + at));
        }
        from += length * width;
    }
    let values = Tensor::new([&[lengths.len(), longest], shape].concat(), data);
    TableColumn { values, lengths: Some(lengths), ..elements }
}

/// Some rows of such a column, `size` elements of each.
pub fn gather(column: &TableColumn, rows: &[usize], size: usize) -> Tensor {
    let (longest, shape) = (column.values.shape[1], &column.values.shape[2..]);
    let width: usize = shape.iter().product();
    let mut out = Tensor::zeros(column.values.dtype(), &[&[rows.len(), size], shape].concat());
    for (to, &row) in rows.iter().enumerate() {
        for at in 0..size.min(longest) * width {
            out.data.set(to * size * width + at, column.values.data.get(row * longest * width + at));
        }
    }
    out
}

/// How long the rows are; every field of free length must agree.
pub fn lengths(dataset: &Dataset, columns: &[TableColumn]) -> Result<Vec<usize>, Diagnostic> {
    let mut ragged = columns.iter().zip(&dataset.fields).filter_map(|(c, f)| c.lengths.as_ref().map(|l| (l, f)));
    let Some((first, name)) = ragged.next() else { return Ok(vec![]) };
    for (other, field) in ragged {
        if let Some(row) = (0..first.len()).find(|&row| first[row] != other[row]) {
            let (a, b) = (first[row], other[row]);
            let message = format!("row {} has {a} elements in `{}` and {b} in `{}`", row + 1, name.name, field.name);
            return Err(Diagnostic::error("E0711", dataset.span, message, "this data set")
                .label(field.span, "declared with the same length"));
        }
    }
    Ok(first.clone())
}

/// The batches of an epoch, by positions in `rows`: a row waits for others of its bucket until they fill a batch. What is
/// left at the end comes last, the shortest first. With each batch the size of its rows.
pub fn batches(rows: &Rows, lengths: &[usize], buckets: &[usize], batch: Batch) -> Vec<(Vec<usize>, usize)> {
    let mut waiting: Vec<Vec<usize>> = vec![vec![]; buckets.len()];
    let mut out = vec![];
    for at in 0..rows.len() {
        let bucket = buckets.partition_point(|&size| size < lengths[rows.get(at)[0]]);
        waiting[bucket].push(at);
        if waiting[bucket].len() == batch.size {
            out.push((std::mem::take(&mut waiting[bucket]), buckets[bucket]));
        }
    }
    let rest = waiting.into_iter().zip(buckets).filter(|(rest, _)| !rest.is_empty() && !batch.drop_last);
    out.extend(rest.map(|(rest, &size)| (rest, size)));
    out
}

/// A row that no bucket holds.
pub fn too_long(dataset: &Dataset, lengths: &[usize]) -> Option<Diagnostic> {
    let most = *dataset.buckets.as_ref()?.last()?;
    let row = lengths.iter().position(|&length| length > most)?;
    let message = format!("row {} has {} elements, and the largest bucket holds {most}", row + 1, lengths[row]);
    Some(Diagnostic::error("E0711", dataset.span, message, "this data set").help("add a larger bucket"))
}
