//! Statements about sizes.

use super::{Dim, Var};
use std::collections::BTreeMap;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Rel {
    Eq,
    Ne,
    Lt,
    Le,
}

impl Rel {
    pub fn holds(self, lhs: i64, rhs: i64) -> bool {
        match self {
            Rel::Eq => lhs == rhs,
            Rel::Ne => lhs != rhs,
            Rel::Lt => lhs < rhs,
            Rel::Le => lhs <= rhs,
        }
    }

    /// As written in dln.
    pub fn symbol(self) -> &'static str {
        match self {
            Rel::Eq => "==",
            Rel::Ne => "!=",
            Rel::Lt => "<",
            Rel::Le => "<=",
        }
    }
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
        let (lhs, rhs) = (self.lhs.clone(), self.rhs.clone());
        match self.rel {
            Rel::Eq => Claim::new(lhs, Rel::Ne, rhs),
            Rel::Ne => Claim::new(lhs, Rel::Eq, rhs),
            Rel::Lt => Claim::new(rhs, Rel::Le, lhs),
            Rel::Le => Claim::new(rhs, Rel::Lt, lhs),
        }
    }

    /// Its truth where every variable has a value.
    pub fn eval(&self, values: &BTreeMap<Var, i64>) -> Option<bool> {
        Some(self.rel.holds(self.lhs.eval(values)?, self.rhs.eval(values)?))
    }

    /// The same statement with variables replaced.
    pub fn subst(&self, map: &BTreeMap<Var, Dim>) -> Claim {
        Claim::new(self.lhs.subst(map), self.rel, self.rhs.subst(map))
    }

    /// Its variables, in order of id, each once.
    pub fn vars(&self) -> Vec<Var> {
        let mut vars = self.lhs.vars();
        vars.extend(self.rhs.vars());
        vars.sort();
        vars.dedup();
        vars
    }
}
