//! Cases by residues: with `v = L*q + r` for each `r` in `0..L`, every floor by a constant is a polynomial.
//!
//! `L` is, for each variable, the least common multiple over the floors it stands under of the product of the
//! divisors on the way, less what the coefficients supply. One case takes one residue for every such variable.

use super::super::interval::Interval;
use super::super::poly::{Atom, Poly, gcd};
use super::super::{Fault, Var};
use super::fact::Fact;
use super::ground::{Effort, Ground};
use std::collections::BTreeMap;

/// More cases than this are not tried: the verdict is then that the claim is too hard.
pub const MAX_CASES: u64 = 1 << 14;

/// One variable in the current case: `var = modulus * quotient + residue`.
#[derive(Clone, Debug)]
pub(super) struct Split {
    pub var: Var,
    pub modulus: i64,
    pub residue: i64,
    quotient: Var,
}

/// All cases of some polynomials.
pub(super) struct Cases {
    splits: Vec<Split>,
    count: u64,
}

/// There are more cases than `MAX_CASES`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct TooMany;

impl Cases {
    pub fn of<'a>(polys: impl IntoIterator<Item = &'a Poly>) -> Result<Cases, TooMany> {
        let mut moduli = BTreeMap::new();
        for poly in polys {
            collect_moduli(poly, 1, &mut moduli).ok_or(TooMany)?;
        }
        let mut count = 1u64;
        for modulus in moduli.values() {
            count = count.checked_mul(*modulus).filter(|c| *c <= MAX_CASES).ok_or(TooMany)?;
        }
        let splits = moduli.into_iter().filter(|(_, modulus)| *modulus > 1);
        let splits = splits.map(|(var, modulus)| Split {
            quotient: Var::fresh(&format!("{} // {modulus}", var.name), i64::MIN),
            modulus: modulus as i64,
            residue: 0,
            var,
        });
        Ok(Cases { splits: splits.collect(), count })
    }

    pub fn count(&self) -> u64 {
        self.count
    }

    /// The variables that are split, each with its modulus and residue 0.
    pub fn splits(&self) -> &[Split] {
        &self.splits
    }

    /// The residues of case `index`, of `0..count`.
    pub fn case(&self, mut index: u64) -> Vec<Split> {
        let mut splits = self.splits.clone();
        for split in &mut splits {
            split.residue = (index % split.modulus as u64) as i64;
            index /= split.modulus as u64;
        }
        splits
    }
}

/// `poly` in a case: free of floors by constants.
pub(super) fn in_case(poly: &Poly, splits: &[Split]) -> Result<Poly, Fault> {
    poly.subst(&|var| {
        let split = splits.iter().find(|s| s.var == *var)?;
        let multiple = Poly::var(&split.quotient).scale(split.modulus).ok()?;
        multiple.add(&Poly::constant(split.residue)).ok()
    })
}

/// What is known in a case; `None` when it cannot occur.
pub(super) fn ground_in_case(ground: &Ground, splits: &[Split]) -> Result<Option<Ground>, Fault> {
    let mut known = vec![];
    for fact in ground.known() {
        let fact = Fact::new(in_case(&fact.poly, splits)?, fact.sign);
        match fact.constant_truth() {
            Some(true) => {}
            Some(false) => return Ok(None),
            None => known.push(fact),
        }
    }
    let mut ranges = ground.ranges().clone();
    for split in splits {
        ranges.insert(split.quotient.clone(), split.quotients(ground.range(&split.var)));
    }
    let inside = Ground::new(known, ranges);
    let excluded = |fact: &Fact| inside.fails(fact, Effort::Light);
    Ok((!inside.is_empty() && !inside.known().iter().any(excluded)).then_some(inside))
}

impl Split {
    /// The quotients for which the variable is within `range`.
    fn quotients(&self, range: Interval) -> Interval {
        let range = range.add(Interval::point(self.residue).neg());
        let modulus = i128::from(self.modulus);
        Interval { lo: range.lo.map(|lo| -((-lo).div_euclid(modulus))), hi: range.hi.map(|hi| hi.div_euclid(modulus)) }
    }
}

/// Raises each variable's modulus so that the non-constant coefficients of `poly`, as a polynomial in quotients,
/// are divisible by `by`. `None` when a modulus leaves the budget.
fn collect_moduli(poly: &Poly, by: u64, moduli: &mut BTreeMap<Var, u64>) -> Option<()> {
    for (m, c) in &poly.0 {
        let by = by / gcd(by, c.unsigned_abs());
        for (atom, _) in &m.0 {
            match atom {
                Atom::Var(var) => {
                    let modulus = moduli.entry(var.clone()).or_insert(1);
                    *modulus = (*modulus / gcd(*modulus, by)).checked_mul(by)?;
                }
                Atom::Floor(floor) => {
                    let divisor = u64::try_from(floor.den.as_const()?).ok()?;
                    collect_moduli(&floor.num, by.checked_mul(divisor)?, moduli)?;
                }
            }
        }
    }
    Some(())
}
