//! Fourier and Motzkin's elimination on linear forms over monomials, with integer tightening.
//!
//! Each distinct monomial counts as an unknown of its own: sound, as any assignment of the variables is one of
//! the monomials too. Rows are divided by the greatest common divisor of their coefficients and the constant is
//! rounded down, as all monomials are integers.

use super::super::poly::{Monomial, Poly};
use std::collections::BTreeMap;

/// Past this many rows the elimination gives up.
const MAX_ROWS: usize = 200;

/// `sum of coefficient * unknown + constant >= 0`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Row {
    coefficients: BTreeMap<usize, i128>,
    constant: i128,
}

/// Whether no integers make all of `forms` at least zero at once. False when that could not be shown.
pub(super) fn infeasible(forms: &[Poly]) -> bool {
    let mut unknowns: BTreeMap<&Monomial, usize> = BTreeMap::new();
    let mut rows: Vec<Row> = forms.iter().map(|f| Row::of(f, &mut unknowns)).collect();
    loop {
        rows.sort();
        rows.dedup();
        if rows.iter().any(Row::is_false) {
            return true;
        }
        rows.retain(|row| !row.coefficients.is_empty());
        let Some(unknown) = cheapest(&rows, unknowns.len()) else {
            return false;
        };
        match eliminate(rows, unknown) {
            Some(next) if next.len() <= MAX_ROWS => rows = next,
            _ => return false,
        }
    }
}

/// The unknown whose elimination makes the fewest rows.
fn cheapest(rows: &[Row], unknowns: usize) -> Option<usize> {
    let cost = |unknown: &usize| {
        let signs = rows.iter().filter_map(|r| r.coefficients.get(unknown));
        let (above, below): (Vec<i128>, Vec<i128>) = signs.copied().partition(|c| *c > 0);
        above.len() * below.len()
    };
    let present = |unknown: &usize| rows.iter().any(|r| r.coefficients.contains_key(unknown));
    (0..unknowns).filter(present).min_by_key(cost)
}

/// `None` when a number leaves 128 bits.
fn eliminate(rows: Vec<Row>, unknown: usize) -> Option<Vec<Row>> {
    let (with, mut next): (Vec<Row>, Vec<Row>) =
        rows.into_iter().partition(|row| row.coefficients.contains_key(&unknown));
    let (above, below): (Vec<Row>, Vec<Row>) = with.into_iter().partition(|row| row.coefficients[&unknown] > 0);
    for a in &above {
        for b in &below {
            next.push(a.combine(b, unknown)?);
        }
    }
    Some(next)
}

impl Row {
    fn of<'a>(form: &'a Poly, unknowns: &mut BTreeMap<&'a Monomial, usize>) -> Row {
        let mut row = Row { coefficients: BTreeMap::new(), constant: 0 };
        for (m, c) in &form.0 {
            if m.is_one() {
                row.constant = i128::from(*c);
            } else {
                let next = unknowns.len();
                let unknown = *unknowns.entry(m).or_insert(next);
                row.coefficients.insert(unknown, i128::from(*c));
            }
        }
        row.tightened()
    }

    fn is_false(&self) -> bool {
        self.coefficients.is_empty() && self.constant < 0
    }

    /// The sum of multiples of both rows in which `unknown` cancels; it is positive in `self`, negative in `rhs`.
    fn combine(&self, rhs: &Row, unknown: usize) -> Option<Row> {
        let (a, b) = (self.coefficients[&unknown], -rhs.coefficients[&unknown]);
        let mut sum = Row { coefficients: BTreeMap::new(), constant: 0 };
        for (row, times) in [(self, b), (rhs, a)] {
            let constant = row.constant.checked_mul(times)?;
            sum.constant = sum.constant.checked_add(constant)?;
            for (u, c) in &row.coefficients {
                let entry = sum.coefficients.entry(*u).or_default();
                *entry = entry.checked_add(c.checked_mul(times)?)?;
            }
        }
        sum.coefficients.retain(|_, c| *c != 0);
        Some(sum.tightened())
    }

    fn tightened(mut self) -> Row {
        let gcd = self.coefficients.values().fold(0, |g, c| gcd(g, c.unsigned_abs()));
        if let Some(gcd) = i128::try_from(gcd).ok().filter(|gcd| *gcd > 1) {
            self.coefficients.values_mut().for_each(|c| *c /= gcd);
            self.constant = self.constant.div_euclid(gcd);
        }
        self
    }
}

fn gcd(a: u128, b: u128) -> u128 {
    match b {
        0 => a,
        _ => gcd(b, a % b),
    }
}
