//! Claims as statements about one polynomial.

use super::super::poly::{Atom, Monomial, Poly};
use super::super::{Claim, Fault, Rel, Var};

/// What is said about a polynomial's value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sign {
    Zero,
    NonZero,
    NonNeg,
}

/// `poly` is zero, is not, or is at least zero.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Fact {
    pub poly: Poly,
    pub sign: Sign,
}

impl Fact {
    pub fn new(poly: Poly, sign: Sign) -> Fact {
        Fact { poly, sign }
    }

    pub fn of(claim: &Claim) -> Result<Fact, Fault> {
        let (lhs, rhs) = (claim.lhs.poly()?, claim.rhs.poly()?);
        Ok(match claim.rel {
            Rel::Eq => Fact::new(lhs.sub(&rhs)?, Sign::Zero),
            Rel::Ne => Fact::new(lhs.sub(&rhs)?, Sign::NonZero),
            Rel::Le => Fact::new(rhs.sub(&lhs)?, Sign::NonNeg),
            Rel::Lt => Fact::new(rhs.sub(&lhs)?.sub(&Poly::constant(1))?, Sign::NonNeg),
        })
    }

    pub fn negate(&self) -> Result<Fact, Fault> {
        Ok(match self.sign {
            Sign::Zero => Fact::new(self.poly.clone(), Sign::NonZero),
            Sign::NonZero => Fact::new(self.poly.clone(), Sign::Zero),
            Sign::NonNeg => Fact::new(below(&self.poly)?, Sign::NonNeg),
        })
    }

    pub fn subst(&self, by: &dyn Fn(&Var) -> Option<Poly>) -> Result<Fact, Fault> {
        Ok(Fact::new(self.poly.subst(by)?, self.sign))
    }

    /// Its truth, when the polynomial is a constant.
    pub fn constant_truth(&self) -> Option<bool> {
        self.poly.as_const().map(|value| self.holds(value.into()))
    }

    pub fn holds(&self, value: i128) -> bool {
        match self.sign {
            Sign::Zero => value == 0,
            Sign::NonZero => value != 0,
            Sign::NonNeg => value >= 0,
        }
    }

    /// An equivalent fact with fewer floors: `n // d + r >= 0` is `n + d*r >= 0`, and `r - n // d >= 0` is
    /// `d*r + d - 1 - n >= 0`, for `d >= 1`.
    pub fn without_floors(self) -> Fact {
        if self.sign != Sign::NonNeg {
            return self;
        }
        match unfloor(&self.poly) {
            Some(poly) => Fact::new(poly, Sign::NonNeg).without_floors(),
            None => self,
        }
    }
}

/// `-p - 1`: it is at least zero where `p` is not.
pub(super) fn below(poly: &Poly) -> Result<Poly, Fault> {
    poly.neg()?.sub(&Poly::constant(1))
}

fn unfloor(poly: &Poly) -> Option<Poly> {
    poly.0.iter().find_map(|(m, c)| {
        let [(Atom::Floor(floor), 1)] = m.0.as_slice() else {
            return None;
        };
        let rest = poly.sub(&Poly::term(m.clone(), *c)).ok()?;
        let alone = matches!(c, 1 | -1) && !rest.0.iter().any(|(n, _)| n.power(&m.0[0].0) > 0);
        if !alone || !floor.den.natural_interval().is_positive() {
            return None;
        }
        let scaled = rest.mul(&floor.den).ok()?;
        match c {
            1 => scaled.add(&floor.num).ok(),
            _ => {
                let room = floor.den.sub(&Poly::constant(1)).ok()?;
                scaled.add(&room).ok()?.sub(&floor.num).ok()
            }
        }
    })
}

impl Poly {
    /// Divided by the factors that all its terms share and that `nonzero` allows to drop.
    pub(super) fn primitive(&self, nonzero: &dyn Fn(&Atom) -> bool) -> Poly {
        let Some((first, _)) = self.0.first() else {
            return self.clone();
        };
        let shared = self.0.iter().fold(first.clone(), |g, (m, _)| g.gcd(m));
        let shared = Monomial(shared.0.into_iter().filter(|(a, _)| nonzero(a)).collect());
        let number = self.content_with_constant();
        let by = Poly::term(shared, i64::try_from(number).unwrap_or(1));
        self.div_exact(&by).unwrap_or_else(|| self.clone())
    }

    fn content_with_constant(&self) -> u64 {
        let numbers = self.0.iter().map(|(_, c)| c.unsigned_abs());
        numbers.fold(0, super::super::poly::gcd)
    }

    /// Its variables, in order of id, each once.
    pub(super) fn vars(&self) -> Vec<Var> {
        let mut vars = vec![];
        self.each_var(&mut |var| vars.push(var.clone()));
        vars.sort();
        vars.dedup();
        vars
    }
}
