//! What is counted as a polynomial in the sizes that are open: found from what is counted at some sizes, and held against one more.

use std::collections::BTreeMap;
use std::fmt;

use crate::base::Name;

/// A sum of products of sizes.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Amount {
    /// Each with how often it counts, and the powers of its sizes; those of the highest degree first.
    terms: Vec<(u64, Vec<(Name, u32)>)>,
}

impl Amount {
    /// With each number as `unit` writes it: `1.20 M*B*T + 768*B*T^2`.
    pub fn shown(&self, unit: fn(u64) -> String, power: &str) -> String {
        let factor = |(name, exponent): &(Name, u32)| match exponent {
            1 => name.to_string(),
            _ => format!("{name}{power}{exponent}"),
        };
        let term = |(count, sizes): &(u64, Vec<(Name, u32)>)| {
            let number = (*count != 1 || sizes.is_empty()).then(|| unit(*count));
            number.into_iter().chain(sizes.iter().map(factor)).collect::<Vec<_>>().join("*")
        };
        match self.terms.is_empty() {
            true => unit(0),
            false => self.terms.iter().map(term).collect::<Vec<_>>().join(" + "),
        }
    }

    /// Its value at some sizes.
    pub fn at(&self, sizes: &BTreeMap<String, i64>) -> Option<u64> {
        let factor = |(name, power): &(Name, u32)| u64::try_from(*sizes.get(&**name)?).ok()?.checked_pow(*power);
        let term = |(count, sizes): &(u64, Vec<(Name, u32)>)| {
            sizes.iter().try_fold(*count, |product, size| product.checked_mul(factor(size)?))
        };
        self.terms.iter().try_fold(0, |sum: u64, own| sum.checked_add(term(own)?))
    }
}

/// As a size is written in a program.
impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.shown(|number| number.to_string(), "**"))
    }
}

/// The most sizes that are open, and the highest power of one, with which a polynomial is looked for.
const SIZES: usize = 3;
const POWER: usize = 2;

/// Counts at some sizes.
type Count<'c> = dyn FnMut(&BTreeMap<String, i64>) -> Option<Vec<u64>> + 'c;

/// What `count` counts, as polynomials; none where it is none, or where it has no numbers at some of the sizes. `first` has the
/// sizes that are open with a number for each whose multiples are tried.
pub fn fitted(first: &BTreeMap<String, i64>, count: &mut Count) -> Option<Vec<Amount>> {
    if first.is_empty() || first.len() > SIZES {
        return None;
    }
    (1..=POWER).find_map(|power| of_power(first, power, count))
}

/// Polynomials in which each size has at most this power.
fn of_power(first: &BTreeMap<String, i64>, power: usize, count: &mut Count) -> Option<Vec<Amount>> {
    // A size of 1 can be a special case.
    let point = |of: i64, at: usize| of * (at as i64 + 2);
    let names: Vec<&String> = first.keys().collect();
    let points = power + 1;
    let digit = |cell: usize, axis: usize| cell / points.pow(axis as u32) % points;
    let cells = points.pow(names.len() as u32);
    let mut counted = vec![];
    for cell in 0..cells {
        let sizes = first.iter().enumerate().map(|(axis, (name, &of))| (name.clone(), point(of, digit(cell, axis))));
        counted.push(count(&sizes.collect())?);
    }
    let check: BTreeMap<String, i64> = first.iter().map(|(name, &of)| (name.clone(), point(of, points))).collect();
    let expected = count(&check)?;
    let mut amounts = vec![];
    for (i, &expected) in expected.iter().enumerate() {
        let mut grid: Vec<i128> = counted.iter().map(|values| i128::from(values[i])).collect();
        for (axis, &of) in first.values().enumerate() {
            let step = points.pow(axis as u32);
            for cell in (0..cells).filter(|&cell| digit(cell, axis) == 0) {
                let at = |j: usize| cell + j * step;
                let values: Vec<(i128, i128)> = (0..points).map(|j| (point(of, j).into(), grid[at(j)])).collect();
                coefficients(&values)?.into_iter().enumerate().for_each(|(j, value)| grid[at(j)] = value);
            }
        }
        let amount = amount(&names, &grid, digit)?;
        if amount.at(&check) != Some(expected) {
            return None;
        }
        amounts.push(amount);
    }
    Some(amounts)
}

/// The terms of a grid of coefficients; none where one is negative.
fn amount(names: &[&String], grid: &[i128], digit: impl Fn(usize, usize) -> usize) -> Option<Amount> {
    let mut terms = vec![];
    for (cell, &value) in grid.iter().enumerate().filter(|(_, value)| **value != 0) {
        let powers = names.iter().enumerate().map(|(axis, name)| (Name::from(name.as_str()), digit(cell, axis) as u32));
        terms.push((u64::try_from(value).ok()?, powers.filter(|(_, power)| *power > 0).collect::<Vec<_>>()));
    }
    terms.sort_by_key(|(_, sizes)| std::cmp::Reverse(sizes.iter().map(|(_, power)| *power).sum::<u32>()));
    Some(Amount { terms })
}

/// The coefficients of the polynomial through some points, the constant first: Newton's divided differences, which are whole
/// numbers where the coefficients are; none where they are not.
fn coefficients(points: &[(i128, i128)]) -> Option<Vec<i128>> {
    let mut divided: Vec<i128> = points.iter().map(|(_, value)| *value).collect();
    for order in 1..points.len() {
        for at in (order..points.len()).rev() {
            let (rise, run) = (divided[at] - divided[at - 1], points[at].0 - points[at - order].0);
            if rise % run != 0 {
                return None;
            }
            divided[at] = rise / run;
        }
    }
    // Horner's scheme, from the last point to the first.
    let mut result = vec![0; points.len()];
    for at in (0..points.len()).rev() {
        for power in (1..points.len()).rev() {
            result[power] = result[power - 1] - points[at].0 * result[power];
        }
        result[0] = divided[at] - points[at].0 * result[0];
    }
    Some(result)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sizes(of: &[(&str, i64)]) -> BTreeMap<String, i64> {
        of.iter().map(|(name, size)| (name.to_string(), *size)).collect()
    }

    #[test]
    fn a_polynomial_in_two_sizes() {
        let mut count = |at: &BTreeMap<String, i64>| {
            let (b, t) = (at["B"] as u64, at["T"] as u64);
            Some(vec![5, 1000 * b, 3 * b * t * t + 2_000_000 * b * t + 7, 0])
        };
        let found = fitted(&sizes(&[("B", 32), ("T", 1)]), &mut count).expect("polynomials");
        let texts: Vec<String> = found.iter().map(ToString::to_string).collect();
        assert_eq!(texts, ["5", "1000*B", "3*B*T**2 + 2000000*B*T + 7", "0"]);
        assert_eq!(found[2].shown(crate::base::short, "^"), "3*B*T^2 + 2.00 M*B*T + 7");
        assert_eq!(found[2].at(&sizes(&[("B", 2), ("T", 10)])), Some(600 + 40_000_000 + 7));
    }

    #[test]
    fn what_is_none() {
        let first = sizes(&[("B", 1)]);
        assert_eq!(fitted(&first, &mut |at| Some(vec![(at["B"] as u64).ilog2().into()])), None);
        assert_eq!(fitted(&first, &mut |at| Some(vec![(at["B"] as u64).pow(3)])), None);
        assert_eq!(fitted(&first, &mut |at| (at["B"] < 4).then(|| vec![1])), None);
        assert_eq!(fitted(&sizes(&[]), &mut |_| Some(vec![1])), None);
    }
}
