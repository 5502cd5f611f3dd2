//! What can be shown at one place without splitting into cases.

use super::super::interval::Interval;
use super::super::poly::{Atom, Floor, Monomial, Poly};
use super::super::{Fault, Var};
use super::fact::{Fact, Sign, below};
use super::linear;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Rounds in which a narrower range of one variable narrows those of others.
const ROUNDS: usize = 3;

/// Facts over free variables, and the ranges of these that follow.
#[derive(Clone, Debug, Default)]
pub(super) struct Ground {
    known: Vec<Fact>,
    ranges: BTreeMap<Var, Interval>,
}

/// How much work a proof may cost: `Light` leaves the elimination out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Effort {
    Light,
    Full,
}

impl Ground {
    pub fn new(known: Vec<Fact>, ranges: BTreeMap<Var, Interval>) -> Ground {
        let mut ground = Ground { known, ranges };
        for _ in 0..ROUNDS {
            ground.narrow();
        }
        ground
    }

    pub fn known(&self) -> &[Fact] {
        &self.known
    }

    pub fn ranges(&self) -> &BTreeMap<Var, Interval> {
        &self.ranges
    }

    /// The part of it that concerns `vars`, directly or through facts about several variables.
    pub fn around(&self, vars: impl IntoIterator<Item = Var>) -> Ground {
        let mut near: BTreeSet<Var> = vars.into_iter().collect();
        let mut known = vec![];
        let mut left: Vec<&Fact> = self.known.iter().collect();
        loop {
            let (found, far): (Vec<&Fact>, Vec<&Fact>) =
                left.into_iter().partition(|f| f.poly.vars().iter().any(|v| near.contains(v)));
            if found.is_empty() {
                break;
            }
            near.extend(found.iter().flat_map(|f| f.poly.vars()));
            known.extend(found.into_iter().cloned());
            left = far;
        }
        let ranges = self.ranges.iter().filter(|(var, _)| near.contains(var));
        Ground { known, ranges: ranges.map(|(var, range)| (var.clone(), *range)).collect() }
    }

    pub fn range(&self, var: &Var) -> Interval {
        let own = Interval::at_least(var.min);
        self.ranges.get(var).map_or(own, |range| range.meet(own))
    }

    pub fn interval(&self, poly: &Poly) -> Interval {
        poly.interval(&|var| self.range(var))
    }

    /// Bounds of a polynomial, also by adding one known fact.
    pub fn bounds(&self, poly: &Poly) -> Interval {
        let facts = self.known.iter().filter(|f| f.sign != Sign::NonZero);
        facts.fold(self.interval(poly), |range, fact| {
            let above = poly.sub(&fact.poly).map(|p| self.interval(&p).lo);
            let below = poly.add(&fact.poly).map(|p| self.interval(&p).hi);
            range.meet(Interval { lo: above.unwrap_or(None), hi: below.unwrap_or(None) })
        })
    }

    /// Whether a variable has no value left, so that the facts contradict each other.
    pub fn is_empty(&self) -> bool {
        self.ranges.keys().any(|var| self.range(var).is_empty())
    }

    /// The variables that have one value left.
    pub fn settled(&self) -> Vec<(Var, i64)> {
        let value = |var: &Var| {
            let Interval { lo, hi } = self.range(var);
            let value = lo.filter(|_| lo == hi)?;
            Some((var.clone(), i64::try_from(value).ok()?))
        };
        self.ranges.keys().filter_map(value).collect()
    }

    /// Shows that a fact holds for all sizes allowed here. False when that could not be shown.
    pub fn holds(&self, fact: &Fact, effort: Effort) -> bool {
        match fact.sign {
            Sign::Zero => fact.poly.is_zero() || (effort == Effort::Full && self.is_zero(&fact.poly)),
            Sign::NonZero => self.never_zero(&fact.poly, effort).unwrap_or(false),
            Sign::NonNeg => self.nonneg(&fact.poly, effort),
        }
    }

    /// Shows that a fact holds for no sizes allowed here.
    pub fn fails(&self, fact: &Fact, effort: Effort) -> bool {
        fact.negate().is_ok_and(|f| self.holds(&f, effort))
    }

    fn is_zero(&self, poly: &Poly) -> bool {
        let same = |f: &Fact| f.sign == Sign::Zero && f.poly == *poly;
        if self.known.iter().any(same) {
            return true;
        }
        let negative = poly.neg();
        !self.known.is_empty()
            && self.nonneg(poly, Effort::Full)
            && negative.is_ok_and(|n| self.nonneg(&n, Effort::Full))
    }

    fn never_zero(&self, poly: &Poly, effort: Effort) -> Result<bool, Fault> {
        let poly = poly.primitive(&|atom| self.atom_interval(atom).excludes_zero());
        let content = i64::try_from(poly.content()).unwrap_or(0);
        if content != 0 && poly.constant_term() % content != 0 {
            return Ok(true);
        }
        let negative = poly.neg()?;
        let same = |f: &Fact| f.sign == Sign::NonZero && (f.poly == poly || f.poly == negative);
        Ok(self.known.iter().any(same)
            || self.nonneg(&below(&poly)?, effort)
            || self.nonneg(&below(&negative)?, effort))
    }

    fn atom_interval(&self, atom: &Atom) -> Interval {
        atom.interval(&|var| self.range(var))
    }

    /// Shows that a polynomial is never negative: by its range, by its coefficients once every variable is counted
    /// from its bound, or by eliminating it against the facts.
    fn nonneg(&self, poly: &Poly, effort: Effort) -> bool {
        let poly = Fact::new(poly.clone(), Sign::NonNeg).without_floors().poly;
        let poly = poly.primitive(&|atom| self.atom_interval(atom).is_positive());
        self.interval(&poly).is_nonneg()
            || self.counted(&poly).is_ok_and(|p| p.0.iter().all(|(_, c)| *c >= 0))
            || (effort == Effort::Full && self.eliminates(&poly).unwrap_or(false))
    }

    /// With each variable `v` as `lo + t`, or `hi - t`, for `t >= 0`. A variable without bounds makes the result
    /// negative, which proves nothing.
    fn counted(&self, poly: &Poly) -> Result<Poly, Fault> {
        let narrow = |x: Option<i128>| x.and_then(|x| i64::try_from(x).ok());
        let unbounded = std::cell::Cell::new(false);
        let counted = poly.replace(&|atom| {
            let range = self.atom_interval(atom);
            let t = Poly::atom(atom.clone());
            match (narrow(range.lo), narrow(range.hi)) {
                (Some(lo), _) => t.add(&Poly::constant(lo)).ok(),
                (None, Some(hi)) => Poly::constant(hi).sub(&t).ok(),
                (None, None) => {
                    unbounded.set(true);
                    None
                }
            }
        })?;
        match unbounded.get() {
            true => Ok(Poly::constant(-1)),
            false => Ok(counted),
        }
    }

    /// Whether `poly <= -1` contradicts the facts.
    fn eliminates(&self, poly: &Poly) -> Result<bool, Fault> {
        let mut forms = vec![below(poly)?];
        forms.extend(self.connected_facts(poly)?);
        forms.extend(self.products(&forms)?);
        forms.extend(floor_bounds(&forms)?);
        forms.extend(self.monomial_bounds(&forms)?);
        Ok(linear::infeasible(&forms))
    }

    /// The known facts that share variables with `poly`, directly or through others, as forms `>= 0`.
    fn connected_facts(&self, poly: &Poly) -> Result<Vec<Poly>, Fault> {
        let mut forms = vec![];
        for fact in self.around(poly.vars()).known {
            if fact.sign == Sign::Zero {
                forms.push(fact.poly.neg()?);
            }
            if fact.sign != Sign::NonZero {
                forms.push(fact.poly);
            }
        }
        Ok(forms)
    }

    /// Facts times what the claim multiplies them by: from `K <= H` follows `K*B <= H*B`.
    fn products(&self, forms: &[Poly]) -> Result<Vec<Poly>, Fault> {
        let mut products = vec![];
        let goal = forms[0].0.iter().filter(|(m, _)| m.degree() > 1);
        for (monomial, _) in goal {
            for fact in &forms[1..] {
                for by in fact.0.iter().filter_map(|(m, _)| monomial.div(m)) {
                    let by = Poly::term(by, 1);
                    if by.as_const().is_none() && self.interval(&by).is_nonneg() {
                        products.push(fact.mul(&by)?);
                    }
                }
            }
        }
        Ok(products)
    }

    fn monomial_bounds(&self, forms: &[Poly]) -> Result<Vec<Poly>, Fault> {
        let monomials: BTreeSet<&Monomial> = forms.iter().flat_map(|f| &f.0).map(|(m, _)| m).collect();
        let narrow = |x: Option<i128>| x.and_then(|x| i64::try_from(x).ok());
        let mut bounds = vec![];
        for monomial in monomials.into_iter().filter(|m| !m.is_one()) {
            let poly = Poly::term(monomial.clone(), 1);
            let range = self.interval(&poly);
            if let Some(lo) = narrow(range.lo) {
                bounds.push(poly.sub(&Poly::constant(lo))?);
            }
            if let Some(hi) = narrow(range.hi) {
                bounds.push(Poly::constant(hi).sub(&poly)?);
            }
        }
        Ok(bounds)
    }

    /// Tightens the range of each variable by each fact in which it stands alone in a term.
    fn narrow(&mut self) {
        for fact in self.known.clone() {
            for (m, c) in &fact.poly.0 {
                let [(Atom::Var(var), 1)] = m.0.as_slice() else {
                    continue;
                };
                let Ok(rest) = fact.poly.sub(&Poly::term(m.clone(), *c)) else {
                    continue;
                };
                let range = self.range(var).meet(self.range_by(&fact, *c, &rest, self.range(var)));
                self.ranges.insert(var.clone(), range);
            }
        }
    }

    /// The values `v` within `range` for which `c*v + rest` can be what the fact says.
    fn range_by(&self, fact: &Fact, c: i64, rest: &Poly, range: Interval) -> Interval {
        let rest = self.interval(rest);
        let c = i128::from(c);
        // c*v + rest >= 0 gives c*v >= -hi(rest); for zero also c*v <= -lo(rest).
        let at_least = |bound: i128| match c > 0 {
            true => Interval { lo: Some(-((-bound).div_euclid(c))), hi: None },
            false => Interval { lo: None, hi: Some((-bound).div_euclid(-c)) },
        };
        let at_most = |bound: i128| match c > 0 {
            true => Interval { lo: None, hi: Some(bound.div_euclid(c)) },
            false => Interval { lo: Some(-(bound.div_euclid(-c))), hi: None },
        };
        let lower = rest.hi.map(|hi| -hi).map_or(Interval::ALL, at_least);
        match fact.sign {
            Sign::NonNeg => lower,
            Sign::Zero => {
                let upper = rest.lo.map(|lo| -lo).map_or(Interval::ALL, at_most);
                lower.meet(upper)
            }
            Sign::NonZero => match (rest.lo, rest.hi) {
                (Some(r), Some(s)) if r == s && r % c == 0 => without_end(range, -r / c),
                _ => Interval::ALL,
            },
        }
    }
}

/// `range` without `value`, if that is one of its ends.
fn without_end(range: Interval, value: i128) -> Interval {
    Interval {
        lo: range.lo.map(|lo| lo + i128::from(lo == value)),
        hi: range.hi.map(|hi| hi - i128::from(hi == value)),
    }
}

/// For each floor `f = n // d` with `d >= 1` in the forms: `d*f <= n <= d*f + d - 1`.
fn floor_bounds(forms: &[Poly]) -> Result<Vec<Poly>, Fault> {
    let mut floors = BTreeSet::new();
    forms.iter().for_each(|form| each_floor(form, &mut floors));
    let mut bounds = vec![];
    for floor in floors {
        if !floor.den.natural_interval().is_positive() {
            continue;
        }
        let product = Poly::atom(Atom::Floor(floor.clone())).mul(&floor.den)?;
        let rest = floor.num.sub(&product)?;
        let room = floor.den.sub(&Poly::constant(1))?.sub(&rest)?;
        bounds.extend([rest, room]);
    }
    Ok(bounds)
}

fn each_floor(poly: &Poly, found: &mut BTreeSet<Arc<Floor>>) {
    for floor in poly.0.iter().flat_map(|(m, _)| m.floors()) {
        if found.insert(floor.clone()) {
            each_floor(&floor.num, found);
            each_floor(&floor.den, found);
        }
    }
}
