//! What can go wrong while a plan runs; everything else was ruled out before.

use crate::base::Span;
use crate::ops::matrix::Breakdown;
use crate::plan::NodeId;

/// Why a run stopped. No input was overwritten, except by steps behind all guards.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// A guarded output is infinite or not a number.
    NotFinite { output: usize },
    /// `take` or `take_along` was asked for an element that is not there.
    Index { node: NodeId, span: Span, index: i64, size: usize },
    /// Somebody wanted it to.
    Stopped,
    /// A matrix has no such factor, or no solution: the first one of a batch.
    Matrix { node: NodeId, span: Span, breakdown: Breakdown, matrix: usize },
}

impl std::fmt::Display for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Fault::Stopped => f.write_str("interrupted"),
            Fault::NotFinite { output } => write!(f, "output {output} is not finite"),
            Fault::Matrix { breakdown, .. } => breakdown.fmt(f),
            Fault::Index { index, size, .. } => write!(f, "index {index} is outside 0..{size}"),
        }
    }
}

impl std::error::Error for Fault {}
