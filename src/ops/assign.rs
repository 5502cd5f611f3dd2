//! The linear assignment problem, exactly, by shortest augmenting paths (Jonker and Volgenant, 1987, Computing 38; in
//! the form of Crouse, 2016, IEEE Trans. Aerospace and Electronic Systems 52).
//!
//! Rows are assigned one after the other. For each, Dijkstra's algorithm finds the cheapest way to free a column for it by
//! moving rows that came before. Dual prices of rows and columns keep all reduced costs `cost - row - column` at 0 or
//! more, so that it applies: O(rows^2 * columns).

/// The working memory for problems of one size.
pub struct Assigner {
    /// Dual prices.
    row_price: Vec<f64>,
    column_price: Vec<f64>,
    row_of: Vec<Option<usize>>,
    /// For each column: the length of the shortest way to it, and the column from whose row that way comes.
    length: Vec<f64>,
    from: Vec<Option<usize>>,
    settled: Vec<bool>,
}

impl Assigner {
    /// For `rows` of `columns` costs each, `rows <= columns`.
    pub fn new(rows: usize, columns: usize) -> Assigner {
        Assigner {
            row_price: vec![0.0; rows],
            column_price: vec![0.0; columns],
            row_of: vec![None; columns],
            length: vec![0.0; columns],
            from: vec![None; columns],
            settled: vec![false; columns],
        }
    }

    /// Gives each row a column of its own, so that the sum of the costs is the least. Of equal ways to a column the first
    /// wins. A cost that is NaN or infinite is avoided as long as there is a way.
    pub fn run(&mut self, costs: &[f64], assigned: &mut [i64]) {
        let columns = self.row_of.len();
        let avoided = price_of_avoiding(costs);
        let cost = |row: usize, column: usize| match costs[row * columns + column] {
            cost if cost.is_finite() => cost,
            f64::NEG_INFINITY => -avoided,
            _ => avoided,
        };
        self.row_price.fill(0.0);
        self.column_price.fill(0.0);
        self.row_of.fill(None);
        for row in 0..assigned.len() {
            self.assign(row, &cost);
        }
        for (column, row) in self.row_of.iter().enumerate() {
            if let Some(row) = *row {
                assigned[row] = column as i64;
            }
        }
    }

    fn assign(&mut self, start: usize, cost: &impl Fn(usize, usize) -> f64) {
        self.length.fill(f64::INFINITY);
        self.from.fill(None);
        self.settled.fill(false);
        let (mut row, mut via, mut way) = (start, None, 0.0);
        let free = loop {
            self.relax(row, via, way, cost);
            let column = self.nearest();
            way = self.length[column];
            self.settled[column] = true;
            match self.row_of[column] {
                None => break column,
                Some(next) => (row, via) = (next, Some(column)),
            }
        };
        self.reprice(start, way);
        self.augment(start, free);
    }

    /// Shortens the ways to the columns that can be reached from `row`, to which a way of length `way` leads.
    fn relax(&mut self, row: usize, via: Option<usize>, way: f64, cost: &impl Fn(usize, usize) -> f64) {
        for column in 0..self.length.len() {
            let length = way + cost(row, column) - self.row_price[row] - self.column_price[column];
            if !self.settled[column] && length < self.length[column] {
                (self.length[column], self.from[column]) = (length, via);
            }
        }
    }

    /// The open column with the shortest way; there is one, since there are as many columns as rows.
    fn nearest(&self) -> usize {
        let open = (0..self.length.len()).filter(|&column| !self.settled[column]);
        open.min_by(|&a, &b| self.length[a].total_cmp(&self.length[b])).expect("a column for each row")
    }

    /// New prices under which the shortest way costs nothing.
    fn reprice(&mut self, start: usize, way: f64) {
        self.row_price[start] += way;
        for column in (0..self.length.len()).filter(|&column| self.settled[column]) {
            let saved = way - self.length[column];
            self.column_price[column] -= saved;
            if let Some(row) = self.row_of[column] {
                self.row_price[row] += saved;
            }
        }
    }

    /// Moves the rows along the way to the free column.
    fn augment(&mut self, start: usize, free: usize) {
        let mut column = free;
        while let Some(before) = self.from[column] {
            self.row_of[column] = self.row_of[before];
            column = before;
        }
        self.row_of[column] = Some(start);
    }
}

/// More than any sum of finite costs can make up for.
fn price_of_avoiding(costs: &[f64]) -> f64 {
    1.0 + 2.0 * costs.iter().filter(|cost| cost.is_finite()).map(|cost| cost.abs()).sum::<f64>()
}

#[cfg(test)]
mod tests {
    use super::Assigner;
    use crate::ops::philox::uniform_f64;

    fn assigned(costs: &[f64], rows: usize) -> Vec<i64> {
        let mut assigned = vec![-1; rows];
        Assigner::new(rows, costs.len() / rows.max(1)).run(costs, &mut assigned);
        assigned
    }

    fn total(costs: &[f64], assigned: &[i64]) -> f64 {
        let columns = costs.len() / assigned.len();
        assigned.iter().enumerate().map(|(row, &column)| costs[row * columns + column as usize]).sum()
    }

    /// The least sum over all ways to give the rows from `row` on columns that are not `taken`.
    fn least(costs: &[f64], columns: usize, row: usize, taken: &mut Vec<usize>) -> f64 {
        if row * columns == costs.len() {
            return 0.0;
        }
        let mut best = f64::INFINITY;
        for column in 0..columns {
            if !taken.contains(&column) {
                taken.push(column);
                best = best.min(costs[row * columns + column] + least(costs, columns, row + 1, taken));
                taken.pop();
            }
        }
        best
    }

    #[test]
    fn the_sum_is_the_least_of_all() {
        for (seed, (rows, columns)) in
            [(1, 1), (2, 2), (3, 3), (3, 6), (5, 5), (6, 7)].into_iter().cycle().take(60).enumerate()
        {
            // Few different numbers, so that many ways are equal.
            let draw = |i| (8.0 * uniform_f64(seed as i64, 0, i)).floor() - 3.0;
            let costs: Vec<f64> = (0..(rows * columns) as u64).map(draw).collect();
            let found = assigned(&costs, rows);
            let mut columns_used = found.clone();
            columns_used.sort_unstable();
            columns_used.dedup();
            assert_eq!(columns_used.len(), rows, "{found:?}");
            assert_eq!(total(&costs, &found), least(&costs, columns, 0, &mut vec![]), "{costs:?}");
        }
    }

    #[test]
    fn what_is_not_finite_is_avoided() {
        let (inf, nan) = (f64::INFINITY, f64::NAN);
        assert_eq!(assigned(&[inf, 900.0, nan, 1.0, nan, 800.0, 2.0, 3.0, inf], 3), [1, 2, 0]);
        assert_eq!(assigned(&[inf, inf, inf, inf], 2), [0, 1]);
        assert_eq!(assigned(&[5.0, -inf], 1), [1]);
        assert!(assigned(&[], 0).is_empty());
    }
}
