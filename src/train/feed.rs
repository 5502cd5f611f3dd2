//! What an epoch is made of: the batches of a data set, or so many steps on nothing.

use crate::data::{Ahead, Loader, Tables};
use crate::diag::Diagnostic;
use crate::ops::Tensor;
use crate::tir::Feed;

/// Epochs are functions of (seed, epoch): asking again gives the same batches.
pub enum Batches {
    Rows(Loader),
    Steps(usize),
}

impl Batches {
    pub fn open(feed: &Feed, tables: &mut Tables<'_>, seed: u64) -> Result<Batches, Diagnostic> {
        Ok(match feed {
            Feed::Rows(data) => Batches::Rows(Loader::open(data, tables, seed)?),
            Feed::Steps(count) => Batches::Steps(*count),
        })
    }

    /// Batches of an epoch.
    pub fn count(&self) -> usize {
        match self {
            Batches::Rows(loader) => loader.batches(),
            Batches::Steps(count) => *count,
        }
    }

    /// Rows that an epoch uses; without data there are none.
    pub fn rows(&self) -> usize {
        match self {
            Batches::Rows(loader) => loader.rows(),
            Batches::Steps(_) => 0,
        }
    }

    /// The batches of an epoch, which counts from 1, behind the first `skipped` of them; without data each is empty.
    pub fn epoch(&self, epoch: usize, skipped: usize) -> Box<dyn ExactSizeIterator<Item = Vec<Tensor>>> {
        match self {
            Batches::Rows(loader) => Box::new(Ahead::of(loader.epoch(epoch, skipped))),
            Batches::Steps(count) => Box::new(std::iter::repeat_n(vec![], count.saturating_sub(skipped))),
        }
    }
}
