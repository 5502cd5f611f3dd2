//! What is known about sizes, and what follows from it.

use super::poly::{Atom, Poly};
use super::{Claim, Dim, Rel, Var};
use std::collections::BTreeMap;

/// Sizes for which a claim is false, and what its two sides are there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Witness {
    pub sizes: Vec<(Var, i64)>,
    pub lhs: i64,
    pub rhs: i64,
    /// False for all sizes that the facts allow, not only for these.
    pub always: bool,
}

/// What the decision procedure found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    Proved,
    Refuted(Witness),
    /// Neither could be shown; why, in words.
    Unknown(String),
}

/// What is known about sizes at a place: `where` clauses, and the conditions of the branches around it.
#[derive(Clone, Debug, Default)]
pub struct Facts {
    defs: BTreeMap<Var, Dim>,
}

impl Facts {
    /// Takes a claim as true. Returns false when it contradicts what is known (the branch is dead).
    pub fn assume(&mut self, claim: &Claim) -> bool {
        let claim = claim.subst(&self.defs);
        if let Verdict::Refuted(witness) = self.decide(&claim) {
            if witness.always {
                return false;
            }
            if claim.rel == Rel::Eq
                && let Some((var, dim)) = solve_linear(&(&claim.lhs - &claim.rhs))
            {
                let one = BTreeMap::from([(var.clone(), dim.clone())]);
                for def in self.defs.values_mut() {
                    *def = def.subst(&one);
                }
                self.defs.insert(var, dim);
            }
        }
        true
    }

    pub fn decide(&self, claim: &Claim) -> Verdict {
        let known = claim.subst(&self.defs);
        let difference = &known.lhs - &known.rhs;
        if let Some(value) = difference.as_const() {
            if known.rel.holds(value, 0) {
                return Verdict::Proved;
            }
        }
        for size in [7, 5, 6, 3, 4, 2, 8, 9, 10, 11, 16, 17, 31, 33, 1] {
            let mut values: BTreeMap<Var, i64> = BTreeMap::new();
            for (i, var) in known.vars().into_iter().enumerate() {
                values.insert(var, size + i as i64);
            }
            for (var, def) in &self.defs {
                let value = def.eval(&values).unwrap_or(1);
                values.insert(var.clone(), value);
            }
            if let (Some(lhs), Some(rhs)) = (claim.lhs.eval(&values), claim.rhs.eval(&values))
                && !claim.rel.holds(lhs, rhs)
            {
                let sizes = claim.vars().into_iter().map(|v| (v.clone(), values[&v]));
                return Verdict::Refuted(Witness {
                    sizes: sizes.collect(),
                    lhs,
                    rhs,
                    always: difference.as_const().is_some(),
                });
            }
        }
        Verdict::Unknown(format!("`{claim}` does not follow from what is known"))
    }

    /// The least and greatest value a size can have, where they are known.
    pub fn bounds(&self, dim: &Dim) -> (Option<i64>, Option<i64>) {
        let Ok(poly) = dim.subst(&self.defs).poly() else {
            return (None, None);
        };
        let range = poly.natural_interval();
        let narrow = |x: Option<i128>| x.and_then(|x| i64::try_from(x).ok());
        (narrow(range.lo), narrow(range.hi))
    }

    /// The weakest conditions that would make an equality true, as claims to add to a `where`: `H % 16 == 0`.
    pub fn weakest(&self, claim: &Claim) -> Option<Vec<Claim>> {
        let claim = claim.subst(&self.defs);
        let (var, dim) = solve_linear(&(&claim.lhs - &claim.rhs))?;
        Some(vec![Claim::new(Dim::var(&var), Rel::Eq, dim)])
    }
}

/// `v` and what it is, where `difference == 0` and `v` stands in it once, with coefficient 1 or -1.
fn solve_linear(difference: &Dim) -> Option<(Var, Dim)> {
    let poly = difference.poly().ok()?;
    poly.0.iter().rev().find_map(|(m, c)| {
        let [(Atom::Var(var), 1)] = m.0.as_slice() else {
            return None;
        };
        let rest = poly.sub(&Poly::term(m.clone(), *c)).ok()?;
        let solves = c.abs() == 1 && !rest.mentions(var);
        solves.then(|| (var.clone(), rest.scale(-c).into()))
    })
}
