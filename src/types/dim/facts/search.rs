//! Counterexamples: small sizes, tried in the order in which a person would like to read them.

use super::super::interval::Interval;
use super::super::poly::{Atom, Poly};
use super::super::{Claim, Rel, Var};
use super::fact::Fact;
use super::residues::Split;
use super::{Facts, Witness};
use std::collections::BTreeMap;
use std::ops::ControlFlow;

/// So many assignments are tried.
const MAX_TRIES: usize = 4096;
/// A range of at most so many values is tried in full.
const MAX_VALUES: i128 = 64;
/// Sizes that tell most formulas apart and look like sizes.
const LIKED: [i64; 16] = [7, 5, 6, 3, 4, 2, 8, 9, 10, 11, 12, 13, 15, 16, 17, 31];
/// How many of `LIKED` change places, so that different variables start with different sizes.
const ROTATED: usize = 4;
/// What follows in `LIKED` and the roots of the polynomials.
const RARE: [i64; 12] = [128, 256, 512, 1024, 4096, 65536, 1 << 20, 1, 0, -1, -2, -3];

/// What a search ended with.
pub(super) enum Found {
    Counterexample(Witness),
    /// None, and all sizes there are have been tried.
    Nowhere,
    /// None among those tried.
    NotYet,
}

struct Search<'a> {
    facts: &'a Facts,
    known: Vec<Fact>,
    lhs: Poly,
    rhs: Poly,
    rel: Rel,
    vars: Vec<Var>,
    tries: usize,
    /// Whether a side had no value somewhere: a divisor was zero, or a number left 64 bits.
    undefined: bool,
    /// A counterexample with a side below 1, kept while a better one is looked for.
    poor: Option<BTreeMap<Var, i64>>,
}

impl Facts {
    /// Looks for allowed sizes that make a claim false; `case` is where it is known to be likely.
    pub(super) fn search(&self, claim: &Claim, case: &[Split]) -> Found {
        let (Ok(lhs), Ok(rhs)) = (self.known_poly(&claim.lhs), self.known_poly(&claim.rhs)) else {
            return Found::NotYet;
        };
        let mut mentioned = lhs.vars();
        mentioned.extend(rhs.vars());
        for var in claim.vars() {
            mentioned.extend(self.defs.get(&var).map_or_else(|| vec![var], Poly::vars));
        }
        let near = self.ground.around(mentioned.iter().cloned());
        mentioned.extend(near.known().iter().flat_map(|f| f.poly.vars()));
        mentioned.sort();
        mentioned.dedup();
        let mut search = Search {
            facts: self,
            known: near.known().to_vec(),
            lhs,
            rhs,
            rel: claim.rel,
            vars: mentioned,
            tries: 0,
            undefined: false,
            poor: None,
        };
        match search.run(case) {
            (Some(values), _) => match self.witness(claim, values) {
                Some(witness) if !self.incomplete => Found::Counterexample(witness),
                _ => Found::NotYet,
            },
            (None, true) => Found::Nowhere,
            (None, false) => Found::NotYet,
        }
    }

    fn witness(&self, claim: &Claim, mut values: BTreeMap<Var, i64>) -> Option<Witness> {
        for (var, def) in &self.defs {
            let value = def.eval(&|v| values.get(v).copied());
            let value = value.and_then(|v| i64::try_from(v).ok());
            values.extend(value.map(|value| (var.clone(), value)));
        }
        let sizes = claim.vars().into_iter();
        Some(Witness {
            lhs: claim.lhs.eval(&values)?,
            rhs: claim.rhs.eval(&values)?,
            sizes: sizes.map(|v| Some((v.clone(), *values.get(&v)?))).collect::<Option<_>>()?,
            always: false,
        })
    }
}

impl Search<'_> {
    fn run(&mut self, case: &[Split]) -> (Option<BTreeMap<Var, i64>>, bool) {
        let liked: Vec<Choice> = (0..self.vars.len()).map(|i| self.choice(i)).collect();
        let complete = liked.iter().all(|choice| choice.complete);
        if let Some(values) = self.try_all(&liked) {
            return (Some(values), false);
        }
        let exhausted = complete && self.tries <= MAX_TRIES && !self.undefined;
        if !exhausted && !case.is_empty() {
            self.tries = 0;
            let within = |choice: Choice, var: &Var| match case.iter().find(|s| s.var == *var) {
                Some(split) => choice.in_class(split, self.facts.ground.range(var)),
                None => choice,
            };
            let choices: Vec<Choice> = liked.into_iter().zip(&self.vars).map(|(c, v)| within(c, v)).collect();
            if let Some(values) = self.try_all(&choices) {
                return (Some(values), false);
            }
        }
        (self.poor.take(), exhausted)
    }

    /// Goes through assignments by the sum of the positions of their values, so that all variables stay early.
    fn try_all(&mut self, choices: &[Choice]) -> Option<BTreeMap<Var, i64>> {
        let deepest: usize = choices.iter().map(|c| c.values.len().saturating_sub(1)).sum();
        for depth in 0..=deepest {
            let mut values = BTreeMap::new();
            match self.shell(choices, 0, depth, &mut values) {
                ControlFlow::Break(found) => return found,
                ControlFlow::Continue(()) => {}
            }
        }
        None
    }

    fn shell(
        &mut self,
        choices: &[Choice],
        at: usize,
        depth: usize,
        values: &mut BTreeMap<Var, i64>,
    ) -> ControlFlow<Option<BTreeMap<Var, i64>>> {
        let Some(choice) = choices.get(at) else {
            return match depth {
                0 => self.attempt(values),
                _ => ControlFlow::Continue(()),
            };
        };
        let last = at + 1 == choices.len();
        let first = if last { depth } else { 0 };
        for index in first..=depth {
            let Some(value) = choice.values.get(index) else {
                break;
            };
            values.insert(self.vars[at].clone(), *value);
            self.shell(choices, at + 1, depth - index, values)?;
        }
        ControlFlow::Continue(())
    }

    fn attempt(&mut self, values: &BTreeMap<Var, i64>) -> ControlFlow<Option<BTreeMap<Var, i64>>> {
        self.tries += 1;
        if self.tries > MAX_TRIES {
            return ControlFlow::Break(None);
        }
        let of = |var: &Var| values.get(var).copied();
        let narrow = |x: Option<i128>| x.and_then(|x| i64::try_from(x).ok());
        let (lhs, rhs) = (narrow(self.lhs.eval(&of)), narrow(self.rhs.eval(&of)));
        let (Some(lhs), Some(rhs)) = (lhs, rhs) else {
            self.undefined = true;
            return ControlFlow::Continue(());
        };
        let allowed = |fact: &Fact| fact.poly.eval(&of).is_some_and(|value| fact.holds(value));
        if self.rel.holds(lhs, rhs) || !self.known.iter().all(allowed) {
            return ControlFlow::Continue(());
        }
        if lhs >= 1 && rhs >= 1 {
            return ControlFlow::Break(Some(values.clone()));
        }
        self.poor.get_or_insert_with(|| values.clone());
        ControlFlow::Continue(())
    }

    /// The values to try for the variable at `position`.
    fn choice(&self, position: usize) -> Choice {
        let var = &self.vars[position];
        let range = self.facts.ground.range(var);
        let mut values = LIKED.to_vec();
        values[..ROTATED].rotate_left(position % ROTATED);
        let difference = self.lhs.sub(&self.rhs).unwrap_or_default();
        let polys = self.known.iter().map(|fact| &fact.poly).chain([&difference]);
        for poly in polys {
            roots(poly, 0, var, &mut values);
        }
        values.extend(18..=40);
        values.extend(RARE);
        if let Some(lo) = range.lo.and_then(|lo| i64::try_from(lo).ok()) {
            values.extend((0..8).filter_map(|step| lo.checked_add(step)));
        }
        let span = range.hi.zip(range.lo).map(|(hi, lo)| (lo, hi));
        let complete = span.filter(|(lo, hi)| hi - lo < MAX_VALUES);
        if let Some((lo, hi)) = complete {
            values.extend((lo..=hi).filter_map(|v| i64::try_from(v).ok()));
        }
        Choice::new(values, range, complete.is_some())
    }
}

/// Values for one variable, and whether these are all that it can have.
struct Choice {
    values: Vec<i64>,
    complete: bool,
}

impl Choice {
    fn new(values: Vec<i64>, range: Interval, complete: bool) -> Choice {
        let mut kept: Vec<i64> = vec![];
        for value in values {
            let inside = range.meet(Interval::point(value));
            if !inside.is_empty() && !kept.contains(&value) {
                kept.push(value);
            }
        }
        Choice { values: kept, complete }
    }

    /// The first values in one residue class.
    fn in_class(self, split: &Split, range: Interval) -> Choice {
        let start = range.lo.and_then(|lo| i64::try_from(lo).ok()).unwrap_or(0);
        let first = start.saturating_add((split.residue.wrapping_sub(start)).rem_euclid(split.modulus));
        let steps = (0..8).filter_map(|q| first.checked_add(split.modulus.checked_mul(q)?));
        Choice::new(steps.collect(), range, false)
    }
}

/// Values of `var` near which `poly` reaches `target`, when all else is zero.
fn roots(poly: &Poly, target: i64, var: &Var, values: &mut Vec<i64>) {
    let target = target.saturating_sub(poly.constant_term());
    for (m, c) in &poly.0 {
        let [(atom, 1)] = m.0.as_slice() else {
            continue;
        };
        let root = target.checked_div_euclid(*c).unwrap_or(target);
        match atom {
            Atom::Var(v) if v == var => values.extend((-1..=1).map(|step| root.saturating_add(step))),
            Atom::Floor(floor) => {
                if let Some(by) = floor.den.as_const() {
                    roots(&floor.num, root.saturating_mul(by), var, values);
                }
            }
            Atom::Var(_) => {}
        }
    }
}
