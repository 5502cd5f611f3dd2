//! Sizes: integer polynomials over size variables, with `//` and `%`.

mod claim;
mod facts;
mod floor;
mod interval;
mod poly;
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
