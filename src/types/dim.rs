//! Sizes: integer polynomials over size variables, with `//` and `%`.
//!
//! PLACEHOLDER INTERFACE: the real algebra replaces the bodies and keeps the signatures.

use crate::base::Name;
use std::collections::BTreeMap;

/// A size variable. Two variables with one name are different variables.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Var {
    pub id: u32,
    pub name: Name,
    /// The least value it can have: 1 for a size, `i64::MIN` for a setting.
    pub min: i64,
}

impl Var {
    /// A new variable, different from all others; `min` 1 for sizes.
    pub fn fresh(_name: &str, _min: i64) -> Var {
        todo!()
    }
}

/// A size. Equal sizes in canonical form compare and hash equal. Arithmetic that leaves 64 bits or divides by
/// zero gives a faulty size, which poisons what it touches: ask `fault` before use.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Dim(i64);

/// Why a size is no size.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    TooBig,
    DivisionByZero,
}

impl Dim {
    pub fn var(_var: &Var) -> Dim {
        todo!()
    }
    pub fn floor_div(&self, _by: &Dim) -> Dim {
        todo!()
    }
    /// The floor remainder: it has the sign of the divisor.
    pub fn rem(&self, _by: &Dim) -> Dim {
        todo!()
    }
    pub fn pow(&self, _exponent: u32) -> Dim {
        todo!()
    }
    pub fn as_const(&self) -> Option<i64> {
        todo!()
    }
    /// The variable, when the size is one bare variable.
    pub fn as_var(&self) -> Option<Var> {
        todo!()
    }
    pub fn fault(&self) -> Option<Fault> {
        todo!()
    }
    /// Its variables, in order of id, each once.
    pub fn vars(&self) -> Vec<Var> {
        todo!()
    }
    pub fn subst(&self, _map: &BTreeMap<Var, Dim>) -> Dim {
        todo!()
    }
    /// Its value where every variable has one; `None` on a missing variable, overflow or division by zero.
    pub fn eval(&self, _values: &BTreeMap<Var, i64>) -> Option<i64> {
        todo!()
    }
}

impl From<i64> for Dim {
    fn from(value: i64) -> Dim {
        Dim(value)
    }
}

macro_rules! operator {
    ($trait:ident, $method:ident) => {
        impl std::ops::$trait for &Dim {
            type Output = Dim;
            fn $method(self, _rhs: &Dim) -> Dim {
                todo!()
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
operator!(Add, add);
operator!(Sub, sub);
operator!(Mul, mul);

impl std::fmt::Display for Dim {
    fn fmt(&self, _f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        todo!()
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Rel {
    Eq,
    Ne,
    Lt,
    Le,
}

/// A statement about sizes, `lhs REL rhs`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Claim {
    pub lhs: Dim,
    pub rel: Rel,
    pub rhs: Dim,
}

impl Claim {
    pub fn new(lhs: Dim, rel: Rel, rhs: Dim) -> Claim {
        Claim { lhs, rel, rhs }
    }
    /// The opposite statement.
    pub fn negate(&self) -> Claim {
        todo!()
    }
    /// Its truth where every variable has a value.
    pub fn eval(&self, _values: &BTreeMap<Var, i64>) -> Option<bool> {
        todo!()
    }
}

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
pub struct Facts {}

impl Facts {
    /// Takes a claim as true. Returns false when it contradicts what is known (the branch is dead).
    pub fn assume(&mut self, _claim: &Claim) -> bool {
        todo!()
    }
    pub fn decide(&self, _claim: &Claim) -> Verdict {
        todo!()
    }
    /// The least and greatest value a size can have, where they are known.
    pub fn bounds(&self, _dim: &Dim) -> (Option<i64>, Option<i64>) {
        todo!()
    }
    /// The weakest conditions that would make an equality true, as claims to add to a `where`: `H % 16 == 0`.
    pub fn weakest(&self, _claim: &Claim) -> Option<Vec<Claim>> {
        todo!()
    }
}
