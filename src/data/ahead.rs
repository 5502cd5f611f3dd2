//! The next batch, gathered by a thread of its own while the one before is computed with.

use super::loader::Epoch;
use crate::ops::Tensor;
use std::sync::mpsc::{Receiver, sync_channel};
use std::thread;

/// Bytes from which a batch takes longer to gather than a thread to wake up.
const LEAST: usize = 1 << 18;

/// An epoch as it is, batch by batch, with one batch made ahead where that is worth a thread.
pub enum Ahead {
    Here(Epoch),
    There { left: usize, made: Receiver<Vec<Tensor>> },
}

impl Ahead {
    pub fn of(epoch: Epoch) -> Ahead {
        if epoch.bytes() < LEAST || epoch.len() < 2 {
            return Ahead::Here(epoch);
        }
        // Nothing is kept between the two: the thread holds the next batch until it is asked for.
        let (give, made) = sync_channel(0);
        let left = epoch.len();
        let gather = move |epoch: Epoch| {
            for batch in epoch {
                // Whoever asked may have been interrupted.
                if give.send(batch).is_err() {
                    return;
                }
            }
        };
        thread::spawn(move || gather(epoch));
        Ahead::There { left, made }
    }
}

impl Iterator for Ahead {
    type Item = Vec<Tensor>;

    fn next(&mut self) -> Option<Vec<Tensor>> {
        match self {
            Ahead::Here(epoch) => epoch.next(),
            Ahead::There { left: 0, .. } => None,
            Ahead::There { left, made } => {
                *left -= 1;
                Some(made.recv().expect("the thread ends behind the last batch"))
            }
        }
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        match self {
            Ahead::Here(epoch) => epoch.size_hint(),
            Ahead::There { left, .. } => (*left, Some(*left)),
        }
    }
}

impl ExactSizeIterator for Ahead {}

#[cfg(test)]
mod tests {
    use super::super::tests::wide_rows;
    use super::*;

    #[test]
    fn batches_made_ahead_are_the_same() {
        let loader = wide_rows(7, LEAST);
        for skipped in [0, 2] {
            let ahead = Ahead::of(loader.epoch(2, skipped));
            assert!(matches!(ahead, Ahead::There { .. }), "not worth a thread");
            assert_eq!(ahead.len(), 4 - skipped);
            let plain: Vec<_> = loader.epoch(2, skipped).collect();
            assert_eq!(ahead.collect::<Vec<_>>(), plain);
        }
    }
}
