//! Floor division of polynomials, simplified as it is made.
//!
//! What can be pulled out exactly is pulled out; the rest becomes an atom `num // den`. The rules, with `k` a
//! positive constant and `q` a divisor that is never zero:
//!
//! - `(k*p + r) // k = p + r // k`, and the same for a divisor `q`;
//! - `(g*p + r) // (g*k) = (p + r // g) // k`, and `(g*p) // (g*q) = p // q`;
//! - `(a // b + n) // k = (a + n*b) // (b*k)`;
//! - `r // q = 0` where `0 <= r < q`, and `-1` where `-q <= r < 0`.

use super::Fault;
use super::poly::{Atom, Floor, Monomial, Poly, gcd};
use std::sync::Arc;

pub(super) fn floor_div(num: &Poly, den: &Poly) -> Result<Poly, Fault> {
    match den.as_const() {
        Some(0) => Err(Fault::DivisionByZero),
        Some(k) if k < 0 => floor_div(&num.neg()?, &den.neg()?),
        Some(k) => by_constant(num, k),
        None => by_symbol(num, den),
    }
}

/// `num % den`, as `num - den * (num // den)`: it has the sign of the divisor.
pub(super) fn rem(num: &Poly, den: &Poly) -> Result<Poly, Fault> {
    num.sub(&den.mul(&floor_div(num, den)?)?)
}

fn atom(num: Poly, den: Poly) -> Poly {
    Poly::atom(Atom::Floor(Arc::new(Floor { num, den })))
}

fn by_constant(num: &Poly, k: i64) -> Result<Poly, Fault> {
    let mut whole = Poly::zero();
    let mut part = Poly::zero();
    for (m, c) in &num.0 {
        let (quotient, rest) = match m.is_one() {
            true => (c.div_euclid(k), c.rem_euclid(k)),
            false if c % k == 0 => (c / k, 0),
            false => (0, *c),
        };
        whole.0.extend((quotient != 0).then(|| (m.clone(), quotient)));
        part.0.extend((rest != 0).then(|| (m.clone(), rest)));
    }
    if part.as_const().is_some() {
        return Ok(whole);
    }
    whole.add(&part_by_constant(&part, k)?)
}

/// `part // k` where no term but the constant, `0 <= r < k`, has anything to pull out.
fn part_by_constant(part: &Poly, k: i64) -> Result<Poly, Fault> {
    let common = gcd(part.content(), k.unsigned_abs()) as i64;
    let reduced = part.0.iter().map(|(m, c)| (m.clone(), c / common));
    let part = Poly(reduced.filter(|(_, c)| *c != 0).collect());
    let k = k / common;
    let offset = part.constant_term();
    if let Some(Atom::Floor(inner)) = part.without_constant().as_atom()
        && (offset == 0 || inner.den.as_const().is_some())
    {
        let num = inner.num.add(&inner.den.scale(offset)?)?;
        return floor_div(&num, &inner.den.scale(k)?);
    }
    Ok(atom(part, Poly::constant(k)))
}

fn by_symbol(num: &Poly, den: &Poly) -> Result<Poly, Fault> {
    let range = den.natural_interval();
    if !range.excludes_zero() {
        return Ok(atom(num.clone(), den.clone()));
    }
    let (whole, part) = pull_out(num, den)?;
    if part.is_zero() {
        return Ok(whole);
    }
    if let Some((num, den)) = cancel(&part, den) {
        return whole.add(&floor_div(&num, &den)?);
    }
    if range.is_positive() {
        if let Some(value) = small_quotient(&part, den)? {
            return whole.add(&Poly::constant(value));
        }
        if let Some(Atom::Floor(inner)) = part.as_atom() {
            return whole.add(&floor_div(&inner.num, &inner.den.mul(den)?)?);
        }
    }
    whole.add(&atom(part, den.clone()))
}

/// `num` as `den * whole + part`, as far as it goes exactly.
fn pull_out(num: &Poly, den: &Poly) -> Result<(Poly, Poly), Fault> {
    if let [(monomial, by)] = den.0.as_slice() {
        let mut whole = vec![];
        let mut part = Poly::zero();
        for (m, c) in &num.0 {
            match m.div(monomial).filter(|_| c.checked_rem(*by) == Some(0)) {
                Some(quotient) => whole.push((quotient, c / by)),
                None => part.0.push((m.clone(), *c)),
            }
        }
        return Ok((Poly::sum(whole)?, part));
    }
    let offset = Poly::constant(num.constant_term());
    if let Some(whole) = num.div_exact(den) {
        return Ok((whole, Poly::zero()));
    }
    match num.without_constant().div_exact(den) {
        Some(whole) => Ok((whole, offset)),
        None => Ok((Poly::zero(), num.clone())),
    }
}

/// Both divided by their greatest common factor, when it is more than 1.
fn cancel(num: &Poly, den: &Poly) -> Option<(Poly, Poly)> {
    let terms = || num.0.iter().chain(&den.0);
    let number = terms().fold(0, |g, (_, c)| gcd(g, c.unsigned_abs()));
    let first = &den.0.first()?.0;
    let monomial = terms().fold(first.clone(), |g, (m, _)| g.gcd(m));
    if number <= 1 && monomial.is_one() {
        return None;
    }
    let by = Poly::term(monomial, i64::try_from(number).ok()?);
    Some((num.div_exact(&by)?, den.div_exact(&by)?))
}

impl Poly {
    /// With `(q*p) // q` as `p` also where `q` may be zero. It is the same for all values for which `self` has one.
    pub(super) fn without_exact_floors(&self) -> Result<Poly, Fault> {
        self.replace(&|atom| match atom {
            Atom::Floor(floor) => floor.num.div_exact(&floor.den),
            Atom::Var(_) => None,
        })
    }
}

/// `part // den` for `den >= 1`, when bounds alone say that it is 0 or -1.
fn small_quotient(part: &Poly, den: &Poly) -> Result<Option<i64>, Fault> {
    let range = part.natural_interval();
    if range.is_nonneg() && den.sub(part)?.natural_interval().is_positive() {
        return Ok(Some(0));
    }
    if range.is_negative() && den.add(part)?.natural_interval().is_nonneg() {
        return Ok(Some(-1));
    }
    Ok(None)
}

impl Monomial {
    /// The floor atoms in it.
    pub fn floors(&self) -> impl Iterator<Item = &Arc<Floor>> {
        self.0.iter().filter_map(|(atom, _)| match atom {
            Atom::Floor(floor) => Some(floor),
            Atom::Var(_) => None,
        })
    }
}
