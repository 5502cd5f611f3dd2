//! Whether a fact holds for all sizes, for none, or depends on them.

use super::super::poly::Poly;
use super::super::{Claim, Dim, Fault, Names};
use super::Facts;
use super::fact::Fact;
use super::ground::{Effort, Ground};
use super::opaque::Opaque;
use super::residues::{Cases, Split, TooMany, ground_in_case, in_case};

/// Up to this many cases the linear elimination is run in each.
const FULL_EFFORT_CASES: u64 = 256;

pub(super) enum Truth {
    Always,
    Never,
    /// Neither could be shown; a case in which it may fail.
    Open(Vec<Split>),
    /// Neither could be shown without more cases than `MAX_CASES`.
    TooHard,
}

impl Facts {
    /// Of a fact over free variables.
    pub(super) fn truth(&self, fact: &Fact) -> Result<Truth, Fault> {
        let fact = fact.clone().without_floors();
        match fact.constant_truth() {
            Some(true) => return Ok(Truth::Always),
            Some(false) => return Ok(Truth::Never),
            None => {}
        }
        let (plain, ground) = self.plain(&fact)?;
        if ground.holds(&plain, Effort::Full) {
            return Ok(Truth::Always);
        }
        if ground.fails(&plain, Effort::Full) {
            return Ok(Truth::Never);
        }
        match cases(&plain.poly, &ground) {
            Err(TooMany) => Ok(Truth::TooHard),
            Ok(cases) => by_cases(&plain, &ground, &cases),
        }
    }

    /// The fact, and what is known around it, with variables for floors by symbols.
    pub(super) fn plain(&self, fact: &Fact) -> Result<(Fact, Ground), Fault> {
        let mut opaque = Opaque::default();
        let near = self.ground.around(fact.poly.vars());
        let mut known = vec![];
        for fact in near.known() {
            known.push(Fact::new(opaque.hide(&fact.poly, &near)?, fact.sign));
        }
        let fact = Fact::new(opaque.hide(&fact.poly, &near)?, fact.sign);
        known.extend(opaque.facts(&near)?);
        let mut ranges = near.ranges().clone();
        ranges.extend(opaque.ranges(&near));
        Ok((fact, Ground::new(known, ranges)))
    }

    /// Why a claim stays open, and what fact would help, in words.
    pub(super) fn reason(&self, claim: &Claim) -> String {
        let poly = self.fact(claim).map(|fact| fact.poly).unwrap_or_default();
        let floors = poly.0.iter().flat_map(|(m, _)| m.floors());
        let Some(floor) = floors.into_iter().find(|floor| floor.den.as_const().is_none()) else {
            return "it does not follow from what is known".to_string();
        };
        let num: Dim = self.restored(&floor.num).into();
        let den: Dim = self.restored(&floor.den).into();
        let remainder = num.rem(&den);
        let names = Names::of([&num, &den]);
        format!(
            "nothing says what is left when `{}` is divided by `{}`: a fact such as `{} == 0` would",
            names.dim(&num),
            names.dim(&den),
            names.dim(&remainder),
        )
    }
}

/// The cases of a polynomial and the facts around it, or of the polynomial alone when that is too much.
pub(super) fn cases(poly: &Poly, ground: &Ground) -> Result<Cases, TooMany> {
    let facts = ground.known().iter().map(|fact| &fact.poly);
    Cases::of(facts.chain([poly])).or_else(|_| Cases::of([poly]))
}

fn by_cases(fact: &Fact, ground: &Ground, cases: &Cases) -> Result<Truth, Fault> {
    let effort = match cases.count() <= FULL_EFFORT_CASES {
        true => Effort::Full,
        false => Effort::Light,
    };
    let (mut always, mut never) = (true, true);
    let mut failing = vec![];
    for index in 0..cases.count() {
        let case = cases.case(index);
        let Some(ground) = ground_in_case(ground, &case)? else {
            continue;
        };
        let fact = Fact::new(in_case(&fact.poly, &case)?, fact.sign);
        if ground.holds(&fact, effort) {
            never = false;
        } else {
            if always {
                failing = case;
            }
            always = false;
            never = never && ground.fails(&fact, effort);
        }
        if !always && !never {
            break;
        }
    }
    Ok(match (always, never) {
        (true, _) => Truth::Always,
        (_, true) => Truth::Never,
        _ => Truth::Open(failing),
    })
}
