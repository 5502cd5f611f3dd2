//! Floors by a symbol as unknowns: `D // H`, about which no fact says anything, is equal to itself only.

use super::super::floor::floor_div;
use super::super::interval::Interval;
use super::super::poly::{Atom, Floor, Poly};
use super::super::{Fault, Var};
use super::fact::{Fact, Sign};
use super::ground::Ground;
use std::collections::BTreeMap;
use std::sync::Arc;

/// The variables that stand for floors by symbols.
#[derive(Default)]
pub(super) struct Opaque {
    vars: BTreeMap<Arc<Floor>, Var>,
}

impl Opaque {
    /// `poly` with a variable in place of each floor by a symbol.
    pub fn hide(&mut self, poly: &Poly, ground: &Ground) -> Result<Poly, Fault> {
        let mut sum = Poly::zero();
        for (m, c) in &poly.0 {
            let mut product = Poly::constant(*c);
            for (atom, power) in &m.0 {
                product = product.mul(&self.hide_atom(atom, ground)?.pow(*power)?)?;
            }
            sum = sum.add(&product)?;
        }
        Ok(sum)
    }

    fn hide_atom(&mut self, atom: &Atom, ground: &Ground) -> Result<Poly, Fault> {
        match atom {
            Atom::Floor(floor) if floor.den.as_const().is_none() => {
                let var = self.vars.entry(floor.clone()).or_insert_with(|| {
                    let range = atom.interval(&|var| ground.range(var));
                    let min = range.lo.and_then(|lo| i64::try_from(lo).ok());
                    Var::fresh("floor", min.unwrap_or(i64::MIN))
                });
                Ok(Poly::var(var))
            }
            Atom::Floor(floor) => floor_div(&self.hide(&floor.num, ground)?, &floor.den),
            Atom::Var(_) => Ok(Poly::atom(atom.clone())),
        }
    }

    /// What is known of the hidden floors: `d*f <= n <= d*f + d - 1` for `d >= 1`.
    pub fn facts(&mut self, ground: &Ground) -> Result<Vec<Fact>, Fault> {
        let mut facts = vec![];
        for (floor, var) in self.vars.clone() {
            if !ground.interval(&floor.den).is_positive() {
                continue;
            }
            let num = self.hide(&floor.num, ground)?;
            let den = self.hide(&floor.den, ground)?;
            let rest = num.sub(&den.mul(&Poly::var(&var))?)?;
            let room = den.sub(&Poly::constant(1))?.sub(&rest)?;
            facts.extend([Fact::new(rest, Sign::NonNeg), Fact::new(room, Sign::NonNeg)]);
        }
        Ok(facts)
    }

    pub fn ranges(&self, ground: &Ground) -> BTreeMap<Var, Interval> {
        let range = |floor: &Floor| floor.interval(&|var| ground.range(var));
        self.vars.iter().map(|(f, var)| (var.clone(), range(f))).collect()
    }
}
