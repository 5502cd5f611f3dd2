//! Rows of different lengths: filled with zeros behind their ends, and put into batches with rows of their size.

use super::TableColumn;
use super::rows::Rows;
use crate::diag::Diagnostic;
use crate::ops::{Data, Tensor};
use crate::tir::{Batch, Dataset};

/// The rows of free lengths of a table, and to which sizes they are filled.
pub struct Ragged {
    /// By free length: how long the rows are, by row of the table.
    pub lengths: Vec<Vec<usize>>,
    /// By free length and bucket.
    pub sizes: Vec<Vec<usize>>,
}

impl Ragged {
    /// Fields with the same name of a length must agree in it, and every row must fit into a bucket.
    pub fn of(dataset: &Dataset, columns: &[TableColumn]) -> Result<Ragged, Diagnostic> {
        let free = 0..dataset.free_lengths().len();
        let lengths = free.clone().map(|length| agreed(dataset, columns, length)).collect::<Result<_, _>>()?;
        let ragged = Ragged { lengths, sizes: free.map(|length| dataset.sizes(length)).collect() };
        match ragged.too_long(dataset) {
            Some(error) => Err(error),
            None => Ok(ragged),
        }
    }

    /// The first bucket that holds a row.
    fn bucket(&self, row: usize) -> usize {
        let least = |(lengths, sizes): (&Vec<usize>, &Vec<usize>)| sizes.partition_point(|&size| size < lengths[row]);
        self.lengths.iter().zip(&self.sizes).map(least).max().unwrap_or(0)
    }

    /// The batches of an epoch, by positions in `rows`: a row waits for others of its bucket until they fill a batch. What is
    /// left at the end comes last, the shortest first. With each batch its bucket.
    pub fn batches(&self, rows: &Rows, batch: Batch) -> Vec<(Vec<usize>, usize)> {
        let buckets = self.sizes.first().map_or(0, Vec::len);
        let mut waiting: Vec<Vec<usize>> = vec![vec![]; buckets];
        let mut out = vec![];
        for at in 0..rows.len() {
            let bucket = self.bucket(rows.get(at)[0]);
            waiting[bucket].push(at);
            if waiting[bucket].len() == batch.size {
                out.push((std::mem::take(&mut waiting[bucket]), bucket));
            }
        }
        let rest = waiting.into_iter().zip(0..).filter(|(rest, _)| !rest.is_empty() && !batch.drop_last);
        out.extend(rest);
        out
    }

    /// A row that no bucket holds.
    fn too_long(&self, dataset: &Dataset) -> Option<Diagnostic> {
        for ((lengths, sizes), name) in self.lengths.iter().zip(&self.sizes).zip(dataset.free_lengths()) {
            let most = *sizes.last()?;
            if let Some(row) = lengths.iter().position(|&length| length > most) {
                let (row, length) = (row + 1, lengths[row]);
                let message = match self.sizes.len() {
                    1 => format!("row {row} has {length} elements, and the largest bucket holds {most}"),
                    _ => format!("in row {row} `{name}` is {length}, and the largest bucket holds {most}"),
                };
                let diagnostic = Diagnostic::error("E0711", dataset.span, message, "this data set");
                return Some(diagnostic.help("add a larger bucket"));
            }
        }
        None
    }
}

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

/// How long the rows are in one of the free lengths; its fields must agree.
fn agreed(dataset: &Dataset, columns: &[TableColumn], length: usize) -> Result<Vec<usize>, Diagnostic> {
    let own = |(i, column): (usize, &'_ TableColumn)| {
        (dataset.free_length(i) == Some(length)).then(|| (column.lengths.clone().unwrap_or_default(), i))
    };
    let mut fields = columns.iter().enumerate().filter_map(own);
    let Some((first, name)) = fields.next() else { return Ok(vec![]) };
    let name = &dataset.fields[name].name;
    for (other, field) in fields {
        let field = &dataset.fields[field];
        if let Some(row) = (0..first.len()).find(|&row| first[row] != other[row]) {
            let (a, b) = (first[row], other[row]);
            let message = format!("row {} has {a} elements in `{name}` and {b} in `{}`", row + 1, field.name);
            return Err(Diagnostic::error("E0711", dataset.span, message, "this data set")
                .label(field.span, "declared with the same length")
                .help("a length of its own has a name of its own: `(x: idx<9>[S], y: idx<9>[T])`"));
        }
    }
    Ok(first)
}
