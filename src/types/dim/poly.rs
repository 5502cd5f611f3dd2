//! Polynomials with integer coefficients in canonical form: terms sorted, no zero coefficient.
//!
//! An atom is a variable or a floor quotient that could not be simplified away; as both are integers, the
//! polynomial is one for every assignment. Coefficients are checked: what leaves 64 bits is a `Fault`.

use super::{Fault, Var};
use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::sync::Arc;

/// More terms than this in one product is `Fault::TooBig`: no size a person writes comes near.
const MAX_TERMS: usize = 1 << 14;
/// A product of more atoms is `Fault::TooBig`: it leaves 64 bits as soon as they are 2.
const MAX_DEGREE: u32 = 63;

#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Atom {
    Var(Var),
    Floor(Arc<Floor>),
}

/// `num // den`, kept because nothing simpler is equal to it; see `floor::floor_div`.
#[derive(Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Floor {
    pub num: Poly,
    pub den: Poly,
}

/// A product of powers of atoms, sorted by atom; empty is 1.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Monomial(pub Vec<(Atom, u32)>);

/// A sum of monomials with coefficients, sorted by monomial (the constant first); empty is 0.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Poly(pub Vec<(Monomial, i64)>);

impl Monomial {
    pub fn is_one(&self) -> bool {
        self.0.is_empty()
    }

    pub fn degree(&self) -> u32 {
        self.0.iter().map(|(_, power)| power).sum()
    }

    pub fn power(&self, atom: &Atom) -> u32 {
        self.0.iter().find(|(a, _)| a == atom).map_or(0, |(_, p)| *p)
    }

    pub fn mul(&self, rhs: &Monomial) -> Result<Monomial, Fault> {
        if self.degree() + rhs.degree() > MAX_DEGREE {
            return Err(Fault::TooBig);
        }
        let mut powers: BTreeMap<&Atom, u32> = BTreeMap::new();
        for (atom, power) in self.0.iter().chain(&rhs.0) {
            *powers.entry(atom).or_default() += power;
        }
        Ok(Monomial(powers.into_iter().map(|(a, p)| (a.clone(), p)).collect()))
    }

    /// `self / rhs` where every atom of `rhs` is there often enough.
    pub fn div(&self, rhs: &Monomial) -> Option<Monomial> {
        if rhs.0.iter().any(|(a, p)| self.power(a) < *p) {
            return None;
        }
        let left = self.0.iter().map(|(a, p)| (a.clone(), p - rhs.power(a)));
        Some(Monomial(left.filter(|(_, p)| *p > 0).collect()))
    }

    /// The greatest common divisor.
    pub fn gcd(&self, rhs: &Monomial) -> Monomial {
        let common = self.0.iter().map(|(a, p)| (a.clone(), rhs.power(a).min(*p)));
        Monomial(common.filter(|(_, p)| *p > 0).collect())
    }
}

impl Poly {
    pub fn zero() -> Poly {
        Poly::default()
    }

    pub fn constant(value: i64) -> Poly {
        Poly::term(Monomial::default(), value)
    }

    pub fn var(var: &Var) -> Poly {
        Poly::atom(Atom::Var(var.clone()))
    }

    pub fn atom(atom: Atom) -> Poly {
        Poly::term(Monomial(vec![(atom, 1)]), 1)
    }

    pub fn term(monomial: Monomial, coefficient: i64) -> Poly {
        match coefficient {
            0 => Poly::zero(),
            _ => Poly(vec![(monomial, coefficient)]),
        }
    }

    /// The sum of terms in any order.
    pub fn sum(terms: impl IntoIterator<Item = (Monomial, i64)>) -> Result<Poly, Fault> {
        let mut sums: BTreeMap<Monomial, i64> = BTreeMap::new();
        for (monomial, coefficient) in terms {
            let sum = sums.entry(monomial).or_default();
            *sum = sum.checked_add(coefficient).ok_or(Fault::TooBig)?;
        }
        Ok(Poly(sums.into_iter().filter(|(_, c)| *c != 0).collect()))
    }

    pub fn is_zero(&self) -> bool {
        self.0.is_empty()
    }

    pub fn as_const(&self) -> Option<i64> {
        match self.0.as_slice() {
            [] => Some(0),
            [(m, c)] if m.is_one() => Some(*c),
            _ => None,
        }
    }

    /// The atom, when the polynomial is one bare atom.
    pub fn as_atom(&self) -> Option<&Atom> {
        match self.0.as_slice() {
            [(m, 1)] => match m.0.as_slice() {
                [(atom, 1)] => Some(atom),
                _ => None,
            },
            _ => None,
        }
    }

    pub fn coefficient(&self, monomial: &Monomial) -> i64 {
        self.0.iter().find(|(m, _)| m == monomial).map_or(0, |(_, c)| *c)
    }

    pub fn constant_term(&self) -> i64 {
        match self.0.first() {
            Some((m, c)) if m.is_one() => *c,
            _ => 0,
        }
    }

    /// All but the constant term.
    pub fn without_constant(&self) -> Poly {
        let start = usize::from(self.0.first().is_some_and(|(m, _)| m.is_one()));
        Poly(self.0[start..].to_vec())
    }

    /// The greatest common divisor of the coefficients of its non-constant terms; 0 for a constant.
    pub fn content(&self) -> u64 {
        let coefficients = self.0.iter().filter(|(m, _)| !m.is_one());
        coefficients.fold(0, |g, (_, c)| gcd(g, c.unsigned_abs()))
    }

    pub fn add(&self, rhs: &Poly) -> Result<Poly, Fault> {
        let (mut a, mut b) = (self.0.as_slice(), rhs.0.as_slice());
        let mut terms = Vec::with_capacity(a.len() + b.len());
        while let ([x, rest_a @ ..], [y, rest_b @ ..]) = (a, b) {
            match x.0.cmp(&y.0) {
                Ordering::Less => {
                    terms.push(x.clone());
                    a = rest_a;
                }
                Ordering::Greater => {
                    terms.push(y.clone());
                    b = rest_b;
                }
                Ordering::Equal => {
                    let sum = x.1.checked_add(y.1).ok_or(Fault::TooBig)?;
                    if sum != 0 {
                        terms.push((x.0.clone(), sum));
                    }
                    (a, b) = (rest_a, rest_b);
                }
            }
        }
        terms.extend_from_slice(a);
        terms.extend_from_slice(b);
        Ok(Poly(terms))
    }

    pub fn neg(&self) -> Result<Poly, Fault> {
        self.scale(-1)
    }

    pub fn sub(&self, rhs: &Poly) -> Result<Poly, Fault> {
        self.add(&rhs.neg()?)
    }

    pub fn scale(&self, by: i64) -> Result<Poly, Fault> {
        if by == 0 {
            return Ok(Poly::zero());
        }
        let scaled = self.0.iter().map(|(m, c)| {
            let product = c.checked_mul(by).ok_or(Fault::TooBig)?;
            Ok((m.clone(), product))
        });
        Ok(Poly(scaled.collect::<Result<_, Fault>>()?))
    }

    pub fn mul(&self, rhs: &Poly) -> Result<Poly, Fault> {
        if let Some(by) = rhs.as_const() {
            return self.scale(by);
        }
        if let Some(by) = self.as_const() {
            return rhs.scale(by);
        }
        if self.0.len() * rhs.0.len() > MAX_TERMS {
            return Err(Fault::TooBig);
        }
        let mut terms = Vec::with_capacity(self.0.len() * rhs.0.len());
        for (m, c) in &self.0 {
            for (n, d) in &rhs.0 {
                terms.push((m.mul(n)?, c.checked_mul(*d).ok_or(Fault::TooBig)?));
            }
        }
        Poly::sum(terms)
    }

    pub fn pow(&self, exponent: u32) -> Result<Poly, Fault> {
        let mut result = Poly::constant(1);
        for bit in (0..u32::BITS - exponent.leading_zeros()).rev() {
            result = result.mul(&result)?;
            if exponent >> bit & 1 == 1 {
                result = result.mul(self)?;
            }
        }
        Ok(result)
    }

    /// As a polynomial in one atom: the coefficient of each power. The atom may stay inside floors.
    pub fn by_power(&self, atom: &Atom) -> BTreeMap<u32, Poly> {
        let mut parts: BTreeMap<u32, Poly> = BTreeMap::new();
        for (m, c) in &self.0 {
            let rest = Monomial(m.0.iter().filter(|(a, _)| a != atom).cloned().collect());
            parts.entry(m.power(atom)).or_default().0.push((rest, *c));
        }
        for part in parts.values_mut() {
            part.0.sort();
        }
        parts
    }

    /// `self / rhs` when it is a polynomial with integer coefficients, by long division in one atom at a time.
    pub fn div_exact(&self, rhs: &Poly) -> Option<Poly> {
        if self.is_zero() {
            return Some(Poly::zero());
        }
        if let Some(by) = rhs.as_const() {
            let quotient = self.0.iter().map(|(m, c)| match c.checked_rem(by) {
                Some(0) => Some((m.clone(), c / by)),
                _ => None,
            });
            return quotient.collect::<Option<_>>().map(Poly);
        }
        let atom = rhs.0.iter().rev().find_map(|(m, _)| m.0.last())?.0.clone();
        let (degree, lead) = rhs.by_power(&atom).pop_last()?;
        let mut left = self.clone();
        let mut quotient = Poly::zero();
        while !left.is_zero() {
            let (power, top) = left.by_power(&atom).pop_last()?;
            let shift = Poly::atom(atom.clone()).pow(power.checked_sub(degree)?).ok()?;
            let part = top.div_exact(&lead)?.mul(&shift).ok()?;
            left = left.sub(&part.mul(rhs).ok()?).ok()?;
            quotient = quotient.add(&part).ok()?;
        }
        Some(quotient)
    }

    /// Calls `visit` with every variable in it, also inside floors.
    pub fn each_var(&self, visit: &mut impl FnMut(&Var)) {
        for (atom, _) in self.0.iter().flat_map(|(m, _)| &m.0) {
            match atom {
                Atom::Var(var) => visit(var),
                Atom::Floor(floor) => {
                    floor.num.each_var(visit);
                    floor.den.each_var(visit);
                }
            }
        }
    }

    pub fn mentions(&self, var: &Var) -> bool {
        let mut found = false;
        self.each_var(&mut |v| found |= v == var);
        found
    }
}

pub(super) fn gcd(a: u64, b: u64) -> u64 {
    match b {
        0 => a,
        _ => gcd(b, a % b),
    }
}
