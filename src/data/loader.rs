//! Batches: the rows of an epoch, gathered from the table.

use super::ragged::{self, Ragged};
use super::rows::{Order, Rows};
use super::{Table, Tables};
use crate::base::Spanned;
use crate::diag::Diagnostic;
use crate::ops::{Data, Tensor};
use crate::tir::{Batch, Dataset, Stage};
use std::collections::VecDeque;
use std::sync::Arc;

/// A data set with its table. Epochs are functions of (seed, epoch): asking again gives the same batches.
pub struct Loader {
    set: Arc<Set>,
    /// Of the first epoch.
    rows: usize,
    batches: usize,
}

/// What does not change from epoch to epoch.
struct Set {
    table: Arc<Table>,
    stages: Vec<Spanned<Stage>>,
    seed: u64,
    /// The shape of one row, by field.
    shapes: Vec<Vec<usize>>,
    batch: Batch,
    ragged: Option<Ragged>,
    /// By field, which of the free lengths it has.
    free: Vec<Option<usize>>,
}

impl Loader {
    /// Reads the table, and finds out how many rows there are in an epoch. What could fail in a later epoch fails here.
    pub fn open(dataset: &Dataset, tables: &mut Tables<'_>, seed: u64) -> Result<Loader, Diagnostic> {
        let table = tables.get(dataset)?;
        let rows = Rows::all(table.rows).staged(&dataset.stages, &table, Order { seed, epoch: 1 })?;
        let whole = Batch { size: rows.len(), drop_last: false };
        let batch = dataset.batch.unwrap_or(whole);
        let ragged = dataset.buckets.as_ref().map(|_| Ragged::of(dataset, &table.columns)).transpose()?;
        if batch.drop_last && rows.len() < batch.size {
            return Err(no_batch(dataset, rows.len(), batch.size));
        }
        let set = Arc::new(Set {
            table,
            stages: dataset.stages.clone(),
            seed,
            shapes: (0..dataset.fields.len()).map(|i| dataset.row_shape(i)).collect(),
            batch,
            ragged,
            free: (0..dataset.fields.len()).map(|i| dataset.free_length(i)).collect(),
        });
        let batches = set.batches(&rows);
        Ok(Loader { rows: batches.iter().map(|(rows, _)| rows.len()).sum(), batches: batches.len(), set })
    }

    /// Rows that an epoch uses; with buckets and a stage that chooses others in every epoch, those of the first.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Batches of an epoch.
    pub fn batches(&self) -> usize {
        self.batches
    }

    /// The batches of an epoch, which counts from 1, behind the first `skipped` of them.
    pub fn epoch(&self, epoch: usize, skipped: usize) -> Epoch {
        let order = Order { seed: self.set.seed, epoch };
        let rows = Rows::all(self.set.table.rows).staged(&self.set.stages, &self.set.table, order);
        let rows = rows.expect("stages that work in epoch 1 work in all");
        let batches = self.set.batches(&rows).into_iter().skip(skipped).collect();
        Epoch { set: self.set.clone(), rows, batches }
    }
}

impl Set {
    /// Positions in `rows`, and the bucket of rows of free lengths.
    fn batches(&self, rows: &Rows) -> Vec<(Vec<usize>, usize)> {
        if let Some(ragged) = &self.ragged {
            return ragged.batches(rows, self.batch);
        }
        let size = self.batch.size;
        let used = if self.batch.drop_last { rows.len() / size * size } else { rows.len() };
        (0..used).step_by(size).map(|first| ((first..used.min(first + size)).collect(), 0)).collect()
    }

    /// Some rows of an epoch, one tensor per field; those of free lengths filled to the sizes of their bucket, and the lengths
    /// behind.
    fn gather(&self, rows: &Rows, wanted: &[usize], bucket: usize) -> Vec<Tensor> {
        let numbers: Vec<usize> = wanted.iter().flat_map(|&i| rows.get(i)).copied().collect();
        let field = |((column, shape), free): ((&super::TableColumn, &Vec<usize>), &Option<usize>)| {
            if let (Some(length), Some(ragged)) = (free, &self.ragged) {
                return ragged::gather(column, &numbers, ragged.sizes[*length][bucket]);
            }
            let width = column.values.shape[1..].iter().product();
            let data = gather(&column.values.data, width, numbers.iter().copied());
            let mut full = vec![wanted.len()];
            full.extend(shape);
            Tensor::new(full, data)
        };
        let columns = self.table.columns.iter().zip(&self.shapes).zip(&self.free);
        let mut tensors: Vec<Tensor> = columns.map(field).collect();
        for lengths in self.ragged.iter().flat_map(|ragged| &ragged.lengths) {
            let own = numbers.iter().map(|&row| lengths[row] as i64).collect();
            tensors.push(Tensor::new(vec![wanted.len()], Data::I64(own)));
        }
        tensors
    }
}

/// One epoch: an iterator over batches, one tensor per field.
pub struct Epoch {
    set: Arc<Set>,
    rows: Rows,
    /// Positions in `rows`, and the bucket of rows of free lengths.
    batches: VecDeque<(Vec<usize>, usize)>,
}

impl Epoch {
    /// Bytes of the next batch.
    pub fn bytes(&self) -> usize {
        let rows = self.batches.front().map_or(0, |(rows, _)| rows.len());
        let table = &self.set.table;
        table.bytes() / table.rows.max(1) * rows
    }
}

impl Iterator for Epoch {
    type Item = Vec<Tensor>;

    fn next(&mut self) -> Option<Vec<Tensor>> {
        let (wanted, bucket) = self.batches.pop_front()?;
        Some(self.set.gather(&self.rows, &wanted, bucket))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.batches.len(), Some(self.batches.len()))
    }
}

impl ExactSizeIterator for Epoch {}

/// Rows of `width` elements, copied in the order wanted.
fn gather(data: &Data, width: usize, wanted: impl Iterator<Item = usize>) -> Data {
    fn copy<T: Copy>(values: &[T], width: usize, wanted: impl Iterator<Item = usize>) -> Vec<T> {
        let mut out = Vec::with_capacity(wanted.size_hint().0 * width);
        for row in wanted {
            out.extend_from_slice(&values[row * width..][..width]);
        }
        out
    }
    match data {
        Data::F16(v) => Data::F16(copy(v, width, wanted)),
        Data::Bf16(v) => Data::Bf16(copy(v, width, wanted)),
        Data::F32(v) => Data::F32(copy(v, width, wanted)),
        Data::F64(v) => Data::F64(copy(v, width, wanted)),
        Data::I32(v) => Data::I32(copy(v, width, wanted)),
        Data::I64(v) => Data::I64(copy(v, width, wanted)),
        Data::U8(v) => Data::U8(copy(v, width, wanted)),
        Data::Bool(v) => Data::Bool(copy(v, width, wanted)),
    }
}

fn no_batch(dataset: &Dataset, rows: usize, size: usize) -> Diagnostic {
    let message = format!("{rows} rows do not fill one batch of {size}, and smaller ones are left out");
    Diagnostic::error("E0709", dataset.span, message, format!("{rows} rows here"))
        .help("use a smaller batch, or `drop_last: false`")
}
