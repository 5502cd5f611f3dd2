//! Rows: what lets reductions over the last axes run with the element-wise work around them, as in softmax and layer norm.
//!
//! A unit with rows has values of two extents: one element for each place of its domain, or one for each row of it. A fold
//! joins the elements of each row, and a row's value is read by all of them.

use super::alias::Alias;
use super::view::View;
use crate::graph::{Graph, Kind, NodeId};
use crate::ops::Op;

/// Longer rows do not fit into the second-level cache together with all that is made of them. Where elements are not joined, rows
/// need not.
const LONGEST: usize = 8192;

/// So few rows of many elements are not enough to share out.
const FEW: usize = 16;
const MANY: usize = 32 * 1024;

/// The domain of a unit: its elements, and how many of them make a row; 1 where it has no rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Extent {
    pub count: usize,
    pub row: usize,
}

impl Extent {
    /// The domain of two units of which one reads the other, `link` elements of a row at a time.
    pub fn join(self, other: Extent, link: usize) -> Option<Extent> {
        let count = self.count.max(other.count);
        let row = self.row.max(other.row).max(link);
        let fits = |row: usize, rows: usize| row == 1 || row == rows;
        let inside = |extent: Extent| match extent.row {
            1 => extent.count == count || extent.count * row == count,
            _ => extent.count == count,
        };
        let one = fits(self.row, row) && fits(other.row, row) && fits(link, row);
        (one && inside(self) && inside(other)).then_some(Extent { count, row })
    }
}

/// How many elements a reduction joins into each of its results, if these are rows that may run with other work.
pub fn row_of(graph: &Graph, aliases: &[Alias], node: NodeId) -> Option<usize> {
    rows_of(graph, aliases, node)?.ok()
}

/// Why a reduction cannot run with other work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Misfit {
    /// It is not over the last axes of what lies together.
    Axes,
    /// Its rows have so many elements.
    Size(usize),
}

/// What is wrong with the rows of a reduction, if anything is.
pub fn misfit(graph: &Graph, aliases: &[Alias], node: NodeId) -> Option<Misfit> {
    rows_of(graph, aliases, node)?.err()
}

/// None for what is no reduction.
fn rows_of(graph: &Graph, aliases: &[Alias], node: NodeId) -> Option<Result<usize, Misfit>> {
    let found = &graph.nodes[node.index()];
    let Kind::Op(Op::Reduce { axes, .. }) = &found.kind else { return None };
    let view = &aliases[found.args[0].index()].view;
    let first = view.shape.len() - axes.len();
    let last = (first..view.shape.len()).all(|axis| axes.contains(&axis));
    let row: usize = view.shape[first..].iter().product();
    Some(match last && view.is_contiguous() {
        false => Err(Misfit::Axes),
        true if row > LONGEST || !may_be_row(view.count(), row) => Err(Misfit::Size(row)),
        true => Ok(row),
    })
}

/// How many elements of a view repeat each element of its root, which has `count`, if those are rows.
pub fn spread_of(view: &View, count: usize) -> Option<usize> {
    let row = view.count().checked_div(count)?;
    let rows = || view.reshape(&[count, row]).filter(|rows| rows.strides == [1, 0] && rows.offset == 0);
    (count * row == view.count() && may_be_row(view.count(), row) && rows().is_some()).then_some(row)
}

fn may_be_row(count: usize, row: usize) -> bool {
    let rows = count.checked_div(row).unwrap_or(0);
    row >= 2 && rows >= 2 && (rows >= FEW || count <= MANY)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn domains_join_where_their_rows_agree() {
        let extent = |count, row| Extent { count, row };
        assert_eq!(extent(12, 1).join(extent(3, 1), 4), Some(extent(12, 4)));
        assert_eq!(extent(12, 4).join(extent(3, 1), 1), Some(extent(12, 4)));
        assert_eq!(extent(12, 4).join(extent(12, 3), 1), None, "two lengths of rows");
        assert_eq!(extent(12, 4).join(extent(24, 1), 2), None, "rows of rows");
        assert_eq!(extent(12, 1).join(extent(3, 1), 1), None, "nothing says what a row is");
    }

    #[test]
    fn a_column_that_is_repeated_is_no_row() {
        let repeated = |axis| View::dense(&[4]).broadcast(if axis == 0 { &[4, 3] } else { &[3, 4] }, &[axis]);
        assert_eq!(spread_of(&repeated(0), 4), Some(3));
        assert_eq!(spread_of(&repeated(1), 4), None);
    }
}
