//! Taking claims as true: equalities by substitution, the rest as facts about the variables that stay free.

use super::super::floor::{floor_div, rem};
use super::super::poly::{Atom, Monomial, Poly, gcd};
use super::super::{Claim, Fault, Var};
use super::Facts;
use super::fact::{Fact, Sign};
use super::ground::Ground;
use super::truth::Truth;

/// `num % den == rest`
#[derive(Clone, Debug)]
pub(super) struct Remainder {
    pub num: Poly,
    pub den: Poly,
    pub rest: i64,
}

/// A variable that stands for `num // den`, made because `num % den` is known.
#[derive(Clone, Debug)]
pub(super) struct Quotient {
    var: Var,
    known: Remainder,
}

impl Facts {
    /// Takes a claim as true. Returns false when it contradicts what is known (the branch is dead): from then on
    /// every claim is proved. A claim that leaves 64 bits proves nothing, but no counterexample is shown from then
    /// on, as it might be excluded.
    pub fn assume(&mut self, claim: &Claim) -> bool {
        let before = self.clone();
        match self.fact(claim).and_then(|fact| self.take(fact)) {
            Ok(possible) => self.dead |= !possible,
            Err(_) => *self = Facts { incomplete: true, ..before },
        }
        !self.dead
    }

    fn take(&mut self, fact: Fact) -> Result<bool, Fault> {
        match self.truth(&fact)? {
            Truth::Always => return Ok(true),
            Truth::Never => return Ok(false),
            Truth::Open(_) | Truth::TooHard => {}
        }
        match fact.sign {
            Sign::Zero => self.take_zero(fact.poly),
            Sign::NonZero => self.take_nonzero(fact.poly),
            Sign::NonNeg => self.take_nonneg(fact.without_floors().poly),
        }
    }

    fn take_nonneg(&mut self, poly: Poly) -> Result<bool, Fault> {
        let negative = poly.neg()?;
        let opposite = |f: &Fact| f.sign == Sign::NonNeg && f.poly == negative;
        if self.ground.known().iter().any(opposite) {
            return self.take(Fact::new(poly, Sign::Zero));
        }
        self.keep(Fact::new(poly, Sign::NonNeg))
    }

    fn take_nonzero(&mut self, poly: Poly) -> Result<bool, Fault> {
        for side in [poly.clone(), poly.neg()?] {
            if let Truth::Always = self.truth(&Fact::new(side.clone(), Sign::NonNeg))? {
                return self.take_nonneg(side.sub(&Poly::constant(1))?);
            }
        }
        self.keep(Fact::new(poly, Sign::NonZero))
    }

    fn take_zero(&mut self, poly: Poly) -> Result<bool, Fault> {
        let poly = poly.primitive(&|atom| {
            let range = atom.interval(&|var| self.ground.range(var));
            range.excludes_zero()
        });
        if let Some(found) = as_remainder(&poly)? {
            return match found {
                Some(remainder) => self.take_remainder(poly, remainder),
                None => Ok(false),
            };
        }
        if let Some((var, value)) = solve(&poly)? {
            return self.define(var, value);
        }
        if let Some((num, den)) = as_congruence(&poly)? {
            let remainder = rem(&num, &den)?;
            if !self.take(Fact::new(remainder, Sign::Zero))? {
                return Ok(false);
            }
            let replaced = self.with_defs(&poly)?;
            if replaced != poly {
                return self.take(Fact::new(replaced, Sign::Zero));
            }
        }
        Ok(self.keep_floor_bounds(&poly)? && self.keep(Fact::new(poly, Sign::Zero))?)
    }

    /// `num % den == rest`: with a variable in `num` solved for, that variable is a multiple and something.
    fn take_remainder(&mut self, poly: Poly, remainder: Remainder) -> Result<bool, Fault> {
        // Positive by itself: what only a fact says of the divisor, quotients that are made later do not see.
        if !remainder.den.natural_interval().is_positive() {
            return self.keep(Fact::new(poly, Sign::Zero));
        }
        let room = remainder.den.sub(&Poly::constant(remainder.rest))?.sub(&Poly::constant(1))?;
        if remainder.rest < 0 || !self.take(Fact::new(room, Sign::NonNeg))? {
            return Ok(false);
        }
        let Some(known) = remainder.inverted()? else {
            return Ok(false);
        };
        let multiple = known.multiple()?;
        let Some((var, value)) = solve_avoiding(&multiple, &known.den)? else {
            return self.keep(Fact::new(poly, Sign::Zero));
        };
        let sign = multiple.coefficient(&Monomial(vec![(Atom::Var(var.clone()), 1)]));
        let quotient = Var::fresh("quotient", self.least_quotient(&known)?);
        let value = value.add(&known.den.mul(&Poly::var(&quotient))?.scale(sign)?)?;
        self.quotients.push(Quotient { var: quotient, known });
        self.define(var, value)
    }

    fn least_quotient(&self, known: &Remainder) -> Result<i64, Fault> {
        let least = self.ground.interval(&known.multiple()?).lo.map(|lo| match known.den.as_const() {
            Some(k) => -((-lo).div_euclid(k.into())),
            None => lo.min(1),
        });
        Ok(least.and_then(|lo| i64::try_from(lo).ok()).unwrap_or(i64::MIN))
    }

    /// Puts `value` in place of `var` everywhere; the least value of `var` stays known.
    fn define(&mut self, var: Var, value: Poly) -> Result<bool, Fault> {
        let one = |v: &Var| (*v == var).then(|| value.clone());
        for def in self.defs.values_mut() {
            *def = def.subst(&one)?;
        }
        let mut facts = vec![];
        for fact in self.ground.known() {
            facts.push(fact.subst(&one)?);
        }
        let range = self.ground.range(&var);
        for (bound, sign) in [(range.lo, 1), (range.hi, -1)] {
            if let Some(bound) = bound.and_then(|b| i64::try_from(b).ok()) {
                let over = value.sub(&Poly::constant(bound))?.scale(sign)?;
                facts.push(Fact::new(over, Sign::NonNeg));
            }
        }
        self.defs.insert(var, value);
        self.ground = Ground::default();
        for fact in facts {
            let poly = self.with_defs(&fact.poly)?;
            if !self.take(Fact::new(poly, fact.sign))? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Adds a fact as it is, but for variables that were replaced in the meantime.
    fn keep(&mut self, fact: Fact) -> Result<bool, Fault> {
        let fact = Fact::new(self.with_defs(&fact.poly)?, fact.sign);
        if let Some(truth) = fact.constant_truth() {
            return Ok(truth);
        }
        let mut known = self.ground.known().to_vec();
        if !known.contains(&fact) {
            known.push(fact);
        }
        self.ground = Ground::new(known, Default::default());
        if self.ground.is_empty() {
            return Ok(false);
        }
        match self.ground.settled().into_iter().next() {
            Some((var, value)) => self.define(var, Poly::constant(value)),
            None => Ok(true),
        }
    }

    /// From `n // k == e`: `k*e <= n <= k*e + k - 1`.
    fn keep_floor_bounds(&mut self, poly: &Poly) -> Result<bool, Fault> {
        for side in [poly.clone(), poly.neg()?] {
            let fact = Fact::new(side.clone(), Sign::NonNeg).without_floors();
            if fact.poly != side && !self.keep(fact)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// `times` and `rest` of a variable made here that is `(v - rest) // times` for another, `v`.
    pub(super) fn multiple(&self, var: &Var) -> Option<(Var, i64, i64)> {
        let quotient = self.quotients.iter().find(|q| q.var == *var)?;
        let Some(Atom::Var(of)) = quotient.known.num.as_atom() else {
            return None;
        };
        Some((of.clone(), quotient.known.den.as_const()?, quotient.known.rest))
    }

    /// A polynomial in the user's variables: those made here become the floors they stand for.
    pub(super) fn restored(&self, poly: &Poly) -> Poly {
        let restored = self.quotients.iter().rev().try_fold(poly.clone(), |poly, q| q.restore(&poly));
        restored.unwrap_or_else(|_| poly.clone())
    }
}

impl Quotient {
    /// `den * var` as `num - rest`, and what is left of `var` as `num // den`.
    fn restore(&self, poly: &Poly) -> Result<Poly, Fault> {
        let product = self.known.den.mul(&Poly::var(&self.var))?;
        let dividend = self.known.multiple()?;
        let floor = floor_div(&self.known.num, &self.known.den)?;
        let mut sum = Poly::zero();
        for (m, c) in &poly.0 {
            let term = Poly::term(m.clone(), *c);
            let whole = match term.div_exact(&product) {
                Some(others) => others.mul(&dividend)?,
                None => term,
            };
            sum = sum.add(&whole)?;
        }
        sum.subst(&|var| (*var == self.var).then(|| floor.clone()))
    }
}

/// `s * (num - den * floor) + e` for a constant `s`: then `num % den == -e / s`. The inner `None` is a remainder
/// that is no integer, so that the equality cannot hold.
pub(super) fn as_remainder(poly: &Poly) -> Result<Option<Option<Remainder>>, Fault> {
    for floor in poly.0.iter().flat_map(|(m, _)| m.floors()) {
        let atom = Atom::Floor(floor.clone());
        let parts = poly.by_power(&atom);
        let (Some(coefficient), Some(others), 2) = (parts.get(&1), parts.get(&0), parts.len()) else {
            continue;
        };
        let Some(times) = coefficient.neg()?.div_exact(&floor.den).and_then(|t| t.as_const()) else {
            continue;
        };
        let left = others.sub(&floor.num.scale(times)?)?;
        if let Some(e) = left.as_const() {
            let times = times.checked_neg().ok_or(Fault::TooBig)?;
            let rest = e.checked_rem(times).filter(|rest| *rest == 0).map(|_| e / times);
            let (num, den) = (floor.num.clone(), floor.den.clone());
            return Ok(Some(rest.map(|rest| Remainder { num, den, rest })));
        }
    }
    Ok(None)
}

/// A variable and what it is where `poly == 0`: it stands once, with coefficient 1 or -1. The youngest is taken.
pub(super) fn solve(poly: &Poly) -> Result<Option<(Var, Poly)>, Fault> {
    solve_avoiding(poly, &Poly::zero())
}

fn solve_avoiding(poly: &Poly, other: &Poly) -> Result<Option<(Var, Poly)>, Fault> {
    for (m, c) in poly.0.iter().rev().filter(|(_, c)| matches!(c, 1 | -1)) {
        let [(Atom::Var(var), 1)] = m.0.as_slice() else {
            continue;
        };
        let rest = poly.sub(&Poly::term(m.clone(), *c))?;
        if !rest.mentions(var) && !other.mentions(var) {
            return Ok(Some((var.clone(), rest.scale(-c)?)));
        }
    }
    Ok(None)
}

/// For `a*v + b*w + c == 0` with coefficients above 1: `b*w + c` is a multiple of `a`.
fn as_congruence(poly: &Poly) -> Result<Option<(Poly, Poly)>, Fault> {
    let linear = |m: &Monomial| m.is_one() || (m.degree() == 1 && m.floors().next().is_none());
    if poly.content() == 0 || !poly.0.iter().all(|(m, _)| linear(m)) {
        return Ok(None);
    }
    let Some((m, c)) = poly.0.iter().rev().find(|(m, _)| !m.is_one()) else {
        return Ok(None);
    };
    let rest = poly.sub(&Poly::term(m.clone(), *c))?;
    let one_left = rest.without_constant().0.len() == 1;
    Ok(one_left.then(|| (rest, Poly::constant(c.saturating_abs()))))
}

impl Remainder {
    /// `num - rest`, of which `den` is a divisor.
    fn multiple(&self) -> Result<Poly, Fault> {
        self.num.sub(&Poly::constant(self.rest))
    }

    /// The same condition with coefficient 1 at the variable, where `a*v + b` stands over a constant. `None` when
    /// no integer fulfils it.
    fn inverted(self) -> Result<Option<Remainder>, Fault> {
        let unknowns = self.num.without_constant();
        let (Some(k), [(m, a)]) = (self.den.as_const(), unknowns.0.as_slice()) else {
            return Ok(Some(self));
        };
        let target = self.rest.checked_sub(self.num.constant_term()).ok_or(Fault::TooBig)?;
        let common = gcd(a.unsigned_abs(), k.unsigned_abs()) as i64;
        if target % common != 0 {
            return Ok(None);
        }
        let k = k / common;
        let inverse = i128::from(inverse_modulo(a / common, k));
        let rest = (i128::from(target / common) * inverse).rem_euclid(k.into()) as i64;
        Ok(Some(Remainder { num: Poly::term(m.clone(), 1), den: Poly::constant(k), rest }))
    }
}

/// `x` with `a*x % k == 1`, for `a` and `k` without a common divisor, by Euclid's algorithm.
fn inverse_modulo(a: i64, k: i64) -> i64 {
    let (mut old, mut new) = ((i128::from(a).rem_euclid(k.into()), 1i128), (i128::from(k), 0i128));
    while new.0 != 0 {
        let times = old.0 / new.0;
        (old, new) = (new, (old.0 - times * new.0, old.1 - times * new.1));
    }
    old.1.rem_euclid(k.into()) as i64
}
