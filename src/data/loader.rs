//! Batches: the rows of an epoch, gathered from the table.

use super::rows::{Order, Rows};
use super::{Table, Tables};
use crate::base::Spanned;
use crate::diag::Diagnostic;
use crate::ops::{Data, Tensor};
use crate::tir::{Batch, Dataset, Stage};
use std::sync::Arc;

/// A data set with its table. Epochs are functions of (seed, epoch): asking again gives the same batches.
pub struct Loader {
    table: Arc<Table>,
    stages: Vec<Spanned<Stage>>,
    seed: u64,
    /// The shape of one row, by field.
    shapes: Vec<Vec<usize>>,
    rows: usize,
    batch: Batch,
}

impl Loader {
    /// Reads the table, and finds out how many rows there are in an epoch. What could fail in a later epoch fails here.
    pub fn open(dataset: &Dataset, tables: &mut Tables<'_>, seed: u64) -> Result<Loader, Diagnostic> {
        let table = tables.get(dataset)?;
        let rows = Rows::all(table.rows).staged(&dataset.stages, Order { seed, epoch: 1 })?.len();
        let whole = Batch { size: rows, drop_last: false };
        let batch = dataset.batch.unwrap_or(whole);
        if batch.drop_last && rows < batch.size {
            return Err(no_batch(dataset, rows, batch.size));
        }
        Ok(Loader {
            table,
            stages: dataset.stages.clone(),
            seed,
            shapes: (0..dataset.fields.len()).map(|i| dataset.row_shape(i)).collect(),
            rows,
            batch,
        })
    }

    /// Rows that an epoch uses.
    pub fn rows(&self) -> usize {
        if self.batch.drop_last { self.rows / self.batch.size * self.batch.size } else { self.rows }
    }

    /// Batches of an epoch.
    pub fn batches(&self) -> usize {
        self.rows().div_ceil(self.batch.size)
    }

    /// The batches of an epoch, which counts from 1.
    pub fn epoch(&self, epoch: usize) -> Epoch<'_> {
        let order = Order { seed: self.seed, epoch };
        let rows = Rows::all(self.table.rows).staged(&self.stages, order);
        Epoch { loader: self, rows: rows.expect("stages that work in epoch 1 work in all"), next: 0 }
    }

    /// Rows `from..to` of an epoch, one tensor per field.
    fn gather(&self, rows: &Rows, from: usize, to: usize) -> Vec<Tensor> {
        let field = |(column, shape): (&super::TableColumn, &Vec<usize>)| {
            let width = column.values.shape[1..].iter().product();
            let wanted = (from..to).flat_map(|i| rows.get(i)).copied();
            let data = gather(&column.values.data, width, wanted);
            let mut full = vec![to - from];
            full.extend(shape);
            Tensor::new(full, data)
        };
        self.table.columns.iter().zip(&self.shapes).map(field).collect()
    }
}

/// One epoch: an iterator over batches, one tensor per field.
pub struct Epoch<'l> {
    loader: &'l Loader,
    rows: Rows,
    next: usize,
}

impl Iterator for Epoch<'_> {
    type Item = Vec<Tensor>;

    fn next(&mut self) -> Option<Vec<Tensor>> {
        let from = self.next;
        let to = (from + self.loader.batch.size).min(self.loader.rows());
        (from < to).then(|| {
            self.next = to;
            self.loader.gather(&self.rows, from, to)
        })
    }
}

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
