//! Sizes: integer polynomials over size variables, with `//` and `%`, and how claims about them are decided.
//!
//! This page is the specification: what it calls proved is proved by every version of dln, on every machine.
//!
//! # Sizes
//!
//! A size is a polynomial with 64-bit integer coefficients over *atoms*: variables, and floor quotients `p // q`
//! that nothing simpler equals. `p % q` is `p - q*(p // q)`, so both round towards minus infinity. Terms are
//! sorted, like terms are added, and `floor` says what is simplified as a quotient is made. Equal polynomials are
//! one value, which `==`, `Hash` and `Ord` agree on. A coefficient that leaves 64 bits, and a division by zero,
//! give a faulty size that poisons what it touches; neither is ever taken for "not known".
//!
//! A variable has a least value: 1 for a size, none for a setting. Nothing else is assumed about it.
//!
//! # Claims
//!
//! A claim is `==`, `!=`, `<` or `<=` between sizes. `Facts::decide` answers that it is proved; or refuted, with
//! sizes for which it is false; or unknown, with a reason. It never guesses, and it does not depend on time,
//! memory or the order of unrelated facts.
//!
//! 1. **Facts are substituted.** From `a == b`, a variable that stands alone on a side is replaced by the other.
//!    From `p % q == r`, for `q >= 1`, a variable `v` of `p` is replaced so that `p` is `q*t + r`, for a new
//!    variable `t`: with `D % H == 0`, `D` becomes `H*t`, and `H * (D // H)` is `D` at once. `t` is shown as
//!    `D // H`. Common factors that are never zero are dropped first. Other claims are kept as they are.
//! 2. **Floors by a symbol** that are left become unknowns of their own: equal terms are equal, and for `q >= 1`,
//!    `q*(p // q) <= p < q*(p // q) + q`. A claim is about the sizes for which it has a value, so `(q*p) // q` is
//!    `p` here even if `q` may be zero.
//! 3. **A claim is shown at once** if its difference is a constant; if its range says so; if all coefficients
//!    have one sign when each variable is counted from its bound; if the greatest common divisor of the
//!    coefficients excludes zero; or if eliminating all unknowns (Fourier and Motzkin, over the monomials, with the
//!    facts and their products with what the claim multiplies them by) leaves a contradiction.
//! 4. **Else by remainders.** Let `L` be, for each variable under floors by constants, the least common multiple
//!    of the products of nested divisors. With `v = L*q + r`, for every combination of remainders `r`, all floors
//!    become polynomials, and the claim is shown in each case as in step 3. Cases that the facts exclude are left
//!    out. For equalities between sizes with `+ - *` and `//`, `%` by constants, this is complete: the two are
//!    equal for all sizes just if the polynomials agree in every case.
//! 5. **Else by example.** Small sizes are tried, those first that a person likes to read, then some of the case
//!    that failed. Where the facts leave at most 64 values to each variable and all have been tried, that is a
//!    proof.
//!
//! **The budget** is 16384 cases in step 4 (past it the answer is "too hard"), 200 rows in an elimination, 4096
//! examples in each part of step 5. In more than 256 cases, the elimination is left out.
//!
//! # Conditions
//!
//! `Facts::weakest` turns the same cases around. Where each case is either always or never true, and the true ones
//! are all combinations of some remainders of each variable, the claim holds just if the variables have these
//! remainders: `H % 16 == 0`. Without floors by constants, the equality is solved for a variable, or cleared of
//! common factors: `C == 16`, `D % H == 0`. What has no such form has no condition to offer.

mod claim;
mod facts;
mod floor;
mod interval;
mod poly;
#[cfg(test)]
mod properties;
mod show;
mod solve;
#[cfg(test)]
mod tests;
mod value;
mod var;

pub use claim::{Claim, Rel};
pub use facts::{Facts, Verdict, Witness};
pub use show::Names;
pub use solve::solve_for;
pub use var::Var;

use poly::{Atom, Poly};
use std::collections::BTreeMap;
use std::sync::Arc;

/// A size. Equal sizes in canonical form compare and hash equal. Arithmetic that leaves 64 bits or divides by
/// zero gives a faulty size, which poisons what it touches: ask `fault` before use.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Dim(Repr);

/// A polynomial is behind `Poly` only when it is no constant, so that each size has one form.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum Repr {
    Const(i64),
    Poly(Arc<Poly>),
    Fault(Fault),
}

/// Why a size is no size.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Fault {
    TooBig,
    DivisionByZero,
}

impl std::fmt::Display for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Fault::TooBig => "a size that leaves 64 bits",
            Fault::DivisionByZero => "a size divided by zero",
        })
    }
}

impl Dim {
    pub fn var(var: &Var) -> Dim {
        Poly::var(var).into()
    }

    pub fn floor_div(&self, by: &Dim) -> Dim {
        match (&self.0, &by.0) {
            (Repr::Const(a), Repr::Const(b)) if *b > 0 => a.div_euclid(*b).into(),
            _ => self.combine(by, floor::floor_div),
        }
    }

    /// The floor remainder: it has the sign of the divisor.
    pub fn rem(&self, by: &Dim) -> Dim {
        match (&self.0, &by.0) {
            (Repr::Const(a), Repr::Const(b)) if *b > 0 => a.rem_euclid(*b).into(),
            _ => self.combine(by, floor::rem),
        }
    }

    pub fn pow(&self, exponent: u32) -> Dim {
        self.poly().and_then(|p| p.pow(exponent)).into()
    }

    pub fn as_const(&self) -> Option<i64> {
        match self.0 {
            Repr::Const(value) => Some(value),
            _ => None,
        }
    }

    /// The variable, when the size is one bare variable.
    pub fn as_var(&self) -> Option<Var> {
        match &self.0 {
            Repr::Poly(poly) => match poly.as_atom()? {
                Atom::Var(var) => Some(var.clone()),
                Atom::Floor(_) => None,
            },
            _ => None,
        }
    }

    pub fn fault(&self) -> Option<Fault> {
        match self.0 {
            Repr::Fault(fault) => Some(fault),
            _ => None,
        }
    }

    /// Its variables, in order of id, each once.
    pub fn vars(&self) -> Vec<Var> {
        let mut vars = vec![];
        if let Repr::Poly(poly) = &self.0 {
            poly.each_var(&mut |var| vars.push(var.clone()));
        }
        vars.sort();
        vars.dedup();
        vars
    }

    /// Replaces variables by sizes, all at once.
    pub fn subst(&self, map: &BTreeMap<Var, Dim>) -> Dim {
        let Repr::Poly(poly) = &self.0 else {
            return self.clone();
        };
        let used = |var: &Var| map.get(var).filter(|_| poly.mentions(var));
        if let Some(fault) = map.keys().find_map(|var| used(var)?.fault()) {
            return Dim(Repr::Fault(fault));
        }
        poly.subst(&|var| map.get(var).and_then(|dim| dim.poly().ok())).into()
    }

    /// Its value where every variable has one; `None` on a missing variable, overflow or division by zero.
    pub fn eval(&self, values: &BTreeMap<Var, i64>) -> Option<i64> {
        match &self.0 {
            Repr::Const(value) => Some(*value),
            Repr::Poly(poly) => i64::try_from(poly.eval(&|var| values.get(var).copied())?).ok(),
            Repr::Fault(_) => None,
        }
    }

    fn poly(&self) -> Result<Poly, Fault> {
        match &self.0 {
            Repr::Const(value) => Ok(Poly::constant(*value)),
            Repr::Poly(poly) => Ok(Poly::clone(poly)),
            Repr::Fault(fault) => Err(*fault),
        }
    }

    fn combine(&self, rhs: &Dim, with: impl Fn(&Poly, &Poly) -> Result<Poly, Fault>) -> Dim {
        match (self.poly(), rhs.poly()) {
            (Ok(a), Ok(b)) => with(&a, &b).into(),
            (Err(fault), _) | (_, Err(fault)) => Err(fault).into(),
        }
    }
}

impl From<i64> for Dim {
    fn from(value: i64) -> Dim {
        Dim(Repr::Const(value))
    }
}

impl From<Poly> for Dim {
    fn from(poly: Poly) -> Dim {
        match poly.as_const() {
            Some(value) => value.into(),
            None => Dim(Repr::Poly(Arc::new(poly))),
        }
    }
}

impl From<Result<Poly, Fault>> for Dim {
    fn from(result: Result<Poly, Fault>) -> Dim {
        match result {
            Ok(poly) => poly.into(),
            Err(fault) => Dim(Repr::Fault(fault)),
        }
    }
}

macro_rules! operator {
    ($trait:ident, $method:ident, $checked:ident) => {
        impl std::ops::$trait for &Dim {
            type Output = Dim;
            fn $method(self, rhs: &Dim) -> Dim {
                if let (Repr::Const(a), Repr::Const(b)) = (&self.0, &rhs.0) {
                    return match a.$checked(*b) {
                        Some(value) => value.into(),
                        None => Dim(Repr::Fault(Fault::TooBig)),
                    };
                }
                self.combine(rhs, Poly::$method)
            }
        }
        impl std::ops::$trait for Dim {
            type Output = Dim;
            fn $method(self, rhs: Dim) -> Dim {
                std::ops::$trait::$method(&self, &rhs)
            }
        }
    };
}
operator!(Add, add, checked_add);
operator!(Sub, sub, checked_sub);
operator!(Mul, mul, checked_mul);
