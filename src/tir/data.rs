//! What a data set is, as the checker sees it: where rows come from, what a row is, and which rows, in which order,
//! make a batch. Nothing here has touched a file; `data` does, when the program runs.

use super::{Tokenizer, Ty};
use crate::base::{Name, Span, Spanned};
use crate::types::{DType, Dim};

/// Rows of equal types, in batches.
#[derive(Clone, Debug, PartialEq)]
pub struct Dataset {
    pub source: DataSource,
    /// What one row of the source is made of, left to right.
    pub fields: Vec<Field>,
    /// Which rows, applied first to last.
    pub stages: Vec<Spanned<Stage>>,
    /// How many rows make a batch; without it, all of them do.
    pub batch: Option<Batch>,
    /// The sizes, increasing, to which rows of free length are filled: each row to the first bucket that holds it. A batch
    /// has rows of one bucket.
    pub buckets: Option<Vec<Bucket>>,
    pub span: Span,
}

/// A value in every row: `x: f32[64]`, `y: idx<10>`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    pub name: Name,
    pub dtype: DType,
    /// The `V` of `idx<V>`: every element is a whole number in `0..V`.
    pub bound: Option<usize>,
    /// The shape in one row of the source; where the length is free, of one element of it.
    pub shape: Vec<usize>,
    /// The name of the first axis, where every row has a length of its own.
    pub free: Option<Name>,
    pub span: Span,
}

/// A path as written; relative to the folder of the program, or `std:name` for what ships with dln.
pub type Path = Spanned<Name>;

/// Where rows come from.
#[derive(Clone, Debug, PartialEq)]
pub enum DataSource {
    /// Delimited text. The columns fill the fields from left to right, a field of shape `[64]` takes 64 of them.
    Csv {
        path: Path,
        /// The columns to read, by the names in the header; all of them without it.
        columns: Option<Vec<Spanned<Name>>>,
        /// Whether the first line names the columns; found out without it (it does when no cell of it is a number).
        header: Option<bool>,
        /// Tab for files that end in `.tsv`, else a comma, without it.
        separator: Option<char>,
        /// By which cells of free length are texts.
        tokenizer: Option<Tokenizer>,
    },
    /// One IDX file for each field, plain or gzip; axis 0 counts the rows.
    Idx { paths: Vec<Path> },
    /// PNG and JPEG files. In a folder (searched to its depths) the names of its sub-folders are the classes of the second field,
    /// if there is one; in a table the first column names them, from the table's folder, and the others fill the other fields.
    /// The first field is `[height, width]` or `[channels, height, width]`.
    Images {
        path: Path,
        /// Of a table: the columns to read, by the names in the header; all of them without it.
        columns: Option<Vec<Spanned<Name>>>,
        /// How pictures of other sizes are brought to that of the field; refused without it.
        resize: Option<Resize>,
    },
    /// One object a line, with the fields by their names; lists are axes.
    Json { path: Path, tokenizer: Option<Tokenizer> },
    /// A table of WAV files: the first column names them, from the table's folder, and the others fill the other fields. The
    /// first field is `[length]` or `[length, channels]`, or has a free length.
    Wav {
        path: Path,
        /// The columns to read, by the names in the header; all of them without it.
        columns: Option<Vec<Spanned<Name>>>,
        /// Samples a second, which all files must have.
        rate: u32,
    },
    /// The codes of a text in pieces: the two fields are `idx<V>[length]`, and the second is the first moved on by one. Without a
    /// length every line is a row, of its own length, and the second field may be missing. Without a tokenizer codes are
    /// those of characters: their positions in the sorted list of the distinct characters of the file.
    Text { path: Path, length: Option<usize>, tokenizer: Option<Tokenizer> },
}

/// Whether a path of pictures leads to a table of them, and not to a folder.
pub fn is_table(path: &str) -> bool {
    let path = path.to_lowercase();
    [".csv", ".tsv"].iter().any(|ending| path.ends_with(ending))
}

/// How a picture gets another size.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Resize {
    /// Both sides on their own.
    Stretch,
    /// Until it covers the field; what stands out is cut off, as much on both sides.
    Crop,
    /// Until it fits into the field; the rest is black, as much on both sides.
    Pad,
}

/// Chooses and orders rows. Into values only the last two look, and only into one number of each row.
#[derive(Clone, Debug, PartialEq)]
pub enum Stage {
    /// Rows `lo..hi`, to the end without `hi`.
    Take { lo: usize, hi: Option<usize> },
    /// Another order in every epoch, fixed by the seed of the run.
    Shuffle,
    /// A random part of the rows, in their old order: positions from `lo * n` to `hi * n` of a permutation that `seed`
    /// fixes. Parts of one split do not overlap: (0, 0.8) and (0.8, 1).
    Split { lo: f64, hi: f64, seed: u64 },
    /// Every `length` (at least 1) consecutive rows become one row with a new first axis.
    Sliding { length: usize },
    /// The rows, `times` over.
    Repeat { times: usize },
    /// Rows of every class of a field as often as of the most frequent one (`up`; then rows come several times), or of
    /// the rarest, anew in every epoch.
    Balance { field: usize, up: bool },
    /// `count` rows, drawn anew in every epoch, each time from all of them, as likely as a weight says: that of the row's
    /// class in `field`, or without `weights` the number in it.
    Sample { count: usize, field: usize, weights: Option<Vec<f64>> },
}

/// The size of every free length, in the order of `Dataset::free_lengths`; a single one is that of all.
pub type Bucket = Vec<usize>;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Batch {
    /// At least 1.
    pub size: usize,
    /// Leaves out a last batch that is smaller than `size`.
    pub drop_last: bool,
}

impl Dataset {
    /// The shape of a field in one row of a batch, behind all stages.
    pub fn row_shape(&self, field: usize) -> Vec<usize> {
        let mut shape: Vec<usize> = self
            .stages
            .iter()
            .rev()
            .filter_map(|stage| match stage.value {
                Stage::Sliding { length } => Some(length),
                _ => None,
            })
            .collect();
        shape.extend(&self.fields[field].shape);
        shape
    }

    /// The names of the lengths that every row has of its own, in the order of the fields.
    pub fn free_lengths(&self) -> Vec<&Name> {
        let mut names: Vec<&Name> = vec![];
        for name in self.fields.iter().filter_map(|field| field.free.as_ref()) {
            if !names.contains(&name) {
                names.push(name);
            }
        }
        names
    }

    /// Which of the free lengths is that of a field.
    pub fn free_length(&self, field: usize) -> Option<usize> {
        let name = self.fields[field].free.as_ref()?;
        self.free_lengths().iter().position(|other| *other == name)
    }

    /// The sizes of one free length, by bucket; none without buckets.
    pub fn sizes(&self, length: usize) -> Vec<usize> {
        let size = |bucket: &Bucket| *bucket.get(length).unwrap_or(&bucket[0]);
        self.buckets.iter().flatten().map(size).collect()
    }

    /// The type of a field in a batch of `rows` rows (`rows` is a variable as a rule), filled to the one of `lengths` that is
    /// its own.
    pub fn batch_ty(&self, field: usize, rows: &Dim, lengths: &[Dim]) -> Ty {
        let size = |n: usize| Dim::from(i64::try_from(n).unwrap_or(i64::MAX));
        let mut shape = vec![rows.clone()];
        shape.extend(self.free_length(field).map(|length| lengths[length].clone()));
        shape.extend(self.row_shape(field).into_iter().map(size));
        Ty { dtype: self.fields[field].dtype, bound: self.fields[field].bound.map(size), shape }
    }
}
