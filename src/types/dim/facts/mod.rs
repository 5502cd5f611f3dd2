//! What is known about sizes, and what follows from it.

mod assume;
mod fact;
mod ground;
mod linear;
mod opaque;
mod residues;
mod search;
#[cfg(test)]
mod tests;
mod truth;
mod weakest;

use super::poly::Poly;
use super::{Claim, Dim, Fault, Var};
use assume::Quotient;
use fact::Fact;
use ground::Ground;
use residues::{MAX_CASES, Split};
use search::Found;
use std::collections::BTreeMap;
use truth::Truth;

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
    /// Variables that equalities have replaced, by polynomials over those that stay free.
    defs: BTreeMap<Var, Poly>,
    /// The free variables that were made here, in the order in which they were.
    quotients: Vec<Quotient>,
    /// What is known of the free variables.
    ground: Ground,
    /// Whether a claim contradicted what was known.
    dead: bool,
    /// Whether a claim was too big to be kept, so that sizes that look allowed may not be.
    incomplete: bool,
}

impl Facts {
    pub fn decide(&self, claim: &Claim) -> Verdict {
        if self.dead {
            return Verdict::Proved;
        }
        match self.fact(claim).and_then(|fact| self.truth(&fact)) {
            Err(fault) => Verdict::Unknown(format!("it contains {fault}")),
            Ok(Truth::Always) => Verdict::Proved,
            Ok(Truth::Never) => self.refute(claim),
            Ok(Truth::Open(case)) => self.try_sizes(claim, &case, || self.reason(claim)),
            Ok(Truth::TooHard) => self.try_sizes(claim, &[], || {
                format!("it is too hard: it takes more than {MAX_CASES} cases of remainders")
            }),
        }
    }

    /// For a claim that is false for all sizes: shows some.
    fn refute(&self, claim: &Claim) -> Verdict {
        match self.search(claim, &[]) {
            Found::Counterexample(witness) => Verdict::Refuted(Witness { always: true, ..witness }),
            Found::Nowhere | Found::NotYet => Verdict::Unknown("no sizes that the facts allow were found".to_string()),
        }
    }

    fn try_sizes(&self, claim: &Claim, case: &[Split], reason: impl Fn() -> String) -> Verdict {
        match self.search(claim, case) {
            Found::Counterexample(witness) => Verdict::Refuted(Witness {
                always: matches!(self.search(&claim.negate(), &[]), Found::Nowhere),
                ..witness
            }),
            Found::Nowhere => Verdict::Proved,
            Found::NotYet => Verdict::Unknown(reason()),
        }
    }

    /// The least and greatest value a size can have, where they are known.
    pub fn bounds(&self, dim: &Dim) -> (Option<i64>, Option<i64>) {
        let Ok(poly) = self.known_poly(dim) else {
            return (None, None);
        };
        let range = self.ground.bounds(&poly);
        let narrow = |x: Option<i128>| x.and_then(|x| i64::try_from(x).ok());
        (narrow(range.lo), narrow(range.hi))
    }

    /// A claim as a fact over free variables, about those values for which both sides have one.
    fn fact(&self, claim: &Claim) -> Result<Fact, Fault> {
        let fact = Fact::of(claim)?;
        Ok(Fact::new(self.with_defs(&fact.poly)?.without_exact_floors()?, fact.sign))
    }

    fn known_poly(&self, dim: &Dim) -> Result<Poly, Fault> {
        self.with_defs(&dim.poly()?)
    }

    fn with_defs(&self, poly: &Poly) -> Result<Poly, Fault> {
        match self.defs.is_empty() {
            true => Ok(poly.clone()),
            false => poly.subst(&|var| self.defs.get(var).cloned()),
        }
    }
}
