//! Polynomials with their variables replaced, by values or by polynomials.

use super::floor::floor_div;
use super::poly::{Atom, Monomial, Poly};
use super::{Fault, Var};

impl Poly {
    /// Replaces every variable for which `by` has a polynomial, also inside floors, all at once.
    pub fn subst(&self, by: &dyn Fn(&Var) -> Option<Poly>) -> Result<Poly, Fault> {
        let mut sum = Poly::zero();
        for (m, c) in &self.0 {
            sum = sum.add(&m.subst(by)?.scale(*c)?)?;
        }
        Ok(sum)
    }

    /// Replaces atoms, without looking into those that `by` does not know.
    pub fn replace(&self, by: &dyn Fn(&Atom) -> Option<Poly>) -> Result<Poly, Fault> {
        let mut sum = Poly::zero();
        for (m, c) in &self.0 {
            let mut product = Poly::constant(*c);
            for (atom, power) in &m.0 {
                let base = by(atom).unwrap_or_else(|| Poly::atom(atom.clone()));
                product = product.mul(&base.pow(*power)?)?;
            }
            sum = sum.add(&product)?;
        }
        Ok(sum)
    }

    /// Its value; `None` where a variable is missing, a divisor is zero, or a number leaves 128 bits.
    pub fn eval(&self, of: &dyn Fn(&Var) -> Option<i64>) -> Option<i128> {
        self.0.iter().try_fold(0i128, |sum, (m, c)| sum.checked_add(m.eval(of)?.checked_mul(i128::from(*c))?))
    }
}

impl Monomial {
    fn subst(&self, by: &dyn Fn(&Var) -> Option<Poly>) -> Result<Poly, Fault> {
        let mut product = Poly::constant(1);
        for (atom, power) in &self.0 {
            let base = match atom {
                Atom::Var(var) => by(var).unwrap_or_else(|| Poly::var(var)),
                Atom::Floor(floor) => floor_div(&floor.num.subst(by)?, &floor.den.subst(by)?)?,
            };
            product = product.mul(&base.pow(*power)?)?;
        }
        Ok(product)
    }

    fn eval(&self, of: &dyn Fn(&Var) -> Option<i64>) -> Option<i128> {
        self.0.iter().try_fold(1i128, |product, (atom, power)| {
            let base = match atom {
                Atom::Var(var) => of(var)?.into(),
                Atom::Floor(floor) => floor_quotient(floor.num.eval(of)?, floor.den.eval(of)?)?,
            };
            product.checked_mul(base.checked_pow(*power)?)
        })
    }
}

/// The quotient rounded towards minus infinity.
fn floor_quotient(num: i128, den: i128) -> Option<i128> {
    let quotient = num.checked_div(den)?;
    let rounds_up = num % den != 0 && (num < 0) != (den < 0);
    Some(quotient - i128::from(rounds_up))
}
