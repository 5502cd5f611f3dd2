//! The weakest condition under which a claim holds, in a form a person would write in a `where`.

use super::super::poly::Poly;
use super::super::{Claim, Dim, Fault, Rel, Var};
use super::Facts;
use super::assume::{Remainder, as_remainder, solve};
use super::fact::{Fact, Sign};
use super::ground::Effort;
use super::residues::{Split, ground_in_case, in_case};
use super::truth::{Truth, cases};
use std::collections::BTreeSet;

/// An equality of more terms is no simple form.
const MAX_TERMS: usize = 3;

/// A condition on one variable: `var % modulus REL residue`.
struct Residue {
    var: Var,
    modulus: i64,
    rel: Rel,
    residue: i64,
}

impl Facts {
    /// The weakest conditions that would make a claim true, as claims to add to a `where`: `H % 16 == 0`. They are
    /// exact: under the facts they hold for just the sizes for which the claim does. `None` when there is no
    /// simple form, or when no sizes make the claim true.
    pub fn weakest(&self, claim: &Claim) -> Option<Vec<Claim>> {
        let fact = self.fact(claim).ok()?;
        match self.truth(&fact).ok()? {
            Truth::Always => return Some(vec![]),
            Truth::Never => return None,
            Truth::Open(_) | Truth::TooHard => {}
        }
        if fact.sign != Sign::Zero {
            return Some(vec![claim.clone()]);
        }
        let residues = self.residue_conditions(&fact).unwrap_or(None);
        residues.or_else(|| Some(vec![self.equality(&fact.poly).ok()??]))
    }

    /// Conditions on remainders, when these alone decide the equality.
    fn residue_conditions(&self, fact: &Fact) -> Result<Option<Vec<Claim>>, Fault> {
        let sayable = fact.poly.vars();
        let (fact, ground) = self.plain(fact)?;
        let Ok(cases) = cases(&fact.poly, &ground) else {
            return Ok(None);
        };
        let mut allowed: Vec<BTreeSet<i64>> = vec![BTreeSet::new(); cases.splits().len()];
        let mut bad = vec![];
        for index in 0..cases.count() {
            let case = cases.case(index);
            let Some(ground) = ground_in_case(&ground, &case)? else {
                continue;
            };
            let inside = Fact::new(in_case(&fact.poly, &case)?, Sign::Zero);
            if ground.holds(&inside, Effort::Light) {
                for (set, split) in allowed.iter_mut().zip(&case) {
                    set.insert(split.residue);
                }
            } else if ground.fails(&inside, Effort::Light) {
                bad.push(case);
            } else {
                return Ok(None);
            }
        }
        let spoils = |case: &Vec<Split>| case.iter().zip(&allowed).all(|(s, set)| set.contains(&s.residue));
        if bad.iter().any(spoils) {
            return Ok(None);
        }
        let described = cases.splits().iter().zip(&allowed).filter(|(s, set)| set.len() < s.modulus as usize);
        let claims = described.map(|(split, set)| {
            let found = describe(split, set).filter(|found| sayable.contains(&found.var))?;
            Some(self.residue_claim(found))
        });
        Ok(claims.collect::<Option<Vec<Claim>>>().filter(|claims| !claims.is_empty()))
    }

    /// The condition in the user's variables.
    fn residue_claim(&self, mut found: Residue) -> Claim {
        while matches!(found.rel, Rel::Eq | Rel::Ne)
            && let Some((var, times, rest)) = self.multiple(&found.var)
            && let Some(modulus) = found.modulus.checked_mul(times)
        {
            found = Residue { var, modulus, residue: found.residue * times + rest, ..found };
        }
        let dim: Dim = self.restored(&Poly::var(&found.var)).into();
        let remainder = dim.rem(&found.modulus.into());
        Claim::new(remainder, found.rel, found.residue.into())
    }

    /// The equality itself, solved for a variable or with its terms on two sides.
    fn equality(&self, poly: &Poly) -> Result<Option<Claim>, Fault> {
        let poly = poly.primitive(&|atom| {
            let range = atom.interval(&|var| self.ground.range(var));
            range.excludes_zero()
        });
        if let Some(Some(remainder)) = as_remainder(&poly)? {
            return Ok(Some(self.remainder_claim(&remainder)));
        }
        if let Some((var, value)) = solve(&poly)? {
            let var: Dim = self.restored(&Poly::var(&var)).into();
            let value: Dim = self.restored(&value).into();
            return Ok(Some(match value.as_var() {
                Some(older) if older < *var.vars().first().unwrap_or(&older) => Claim::new(value, Rel::Eq, var),
                _ => Claim::new(var, Rel::Eq, value),
            }));
        }
        let has_floor = poly.0.iter().any(|(m, _)| m.floors().next().is_some());
        if poly.0.len() > MAX_TERMS || has_floor {
            return Ok(None);
        }
        let (above, below): (Vec<_>, Vec<_>) = poly.0.iter().cloned().partition(|(_, c)| *c > 0);
        let (above, below) = (Poly(above), Poly(below).neg()?);
        let (above, below) = (self.restored(&above), self.restored(&below));
        Ok(Some(Claim::new(above.into(), Rel::Eq, below.into())))
    }

    fn remainder_claim(&self, remainder: &Remainder) -> Claim {
        let num: Dim = self.restored(&remainder.num).into();
        let den: Dim = self.restored(&remainder.den).into();
        Claim::new(num.rem(&den), Rel::Eq, remainder.rest.into())
    }
}

/// The simplest way to say that a variable's residue is in a set; `None` when it takes an `or`.
fn describe(split: &Split, allowed: &BTreeSet<i64>) -> Option<Residue> {
    let period = |m: &i64| split.modulus % m == 0 && is_periodic(allowed, split.modulus, *m);
    let modulus = (1..=split.modulus).find(period)?;
    let set: Vec<i64> = allowed.range(..modulus).copied().collect();
    let (first, last) = (*set.first()?, *set.last()?);
    let missing: Vec<i64> = (0..modulus).filter(|r| !set.contains(r)).collect();
    let (rel, residue) = match (set.as_slice(), missing.as_slice()) {
        ([one], _) => (Rel::Eq, *one),
        (_, [one]) => (Rel::Ne, *one),
        _ if first == 0 && last + 1 == set.len() as i64 => (Rel::Le, last),
        _ => return None,
    };
    Some(Residue { var: split.var.clone(), modulus, rel, residue })
}

fn is_periodic(set: &BTreeSet<i64>, modulus: i64, period: i64) -> bool {
    (0..modulus).all(|r| set.contains(&r) == set.contains(&(r % period)))
}
