//! Sizes as a person would write them.
//!
//! The text reads back to the same size: products bind tighter than sums, `//` and `%` are as tight as `*` and
//! group to the left. Terms come by degree, then by name, a positive one first. `p - k*(p // k)` is shown as
//! `p % k`, and `(H + 1) // 2 - 1` as `(H - 1) // 2`.

use super::floor::floor_div;
use super::poly::{Atom, Floor, Monomial, Poly};
use super::{Claim, Dim, Repr, Var};
use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::fmt::{Display, Formatter, Result};
use std::sync::Arc;

/// How to call the variables of some sizes that are shown together. Where two variables have one name, the
/// second is `H'2`: no program can contain that name, so it cannot be mistaken for another variable.
#[derive(Clone, Debug, Default)]
pub struct Names(BTreeMap<Var, String>);

impl Names {
    pub fn of<'a>(dims: impl IntoIterator<Item = &'a Dim>) -> Names {
        let vars = dims.into_iter().flat_map(Dim::vars).collect();
        Names::of_vars(vars)
    }

    fn of_vars(mut vars: Vec<Var>) -> Names {
        vars.sort();
        vars.dedup();
        let mut seen: BTreeMap<_, usize> = BTreeMap::new();
        let name = |var: Var| {
            let count = seen.entry(var.name.clone()).or_default();
            *count += 1;
            let text = match count {
                1 => var.name.to_string(),
                n => format!("{}'{n}", var.name),
            };
            (var, text)
        };
        Names(vars.into_iter().map(name).collect())
    }

    pub fn var<'a>(&'a self, var: &'a Var) -> &'a str {
        self.0.get(var).map_or(&var.name, String::as_str)
    }

    pub fn dim(&self, dim: &Dim) -> String {
        match &dim.0 {
            Repr::Const(value) => value.to_string(),
            Repr::Poly(poly) => self.poly(poly).text,
            Repr::Fault(fault) => format!("({fault})"),
        }
    }

    pub fn claim(&self, claim: &Claim) -> String {
        let (lhs, rhs) = (self.dim(&claim.lhs), self.dim(&claim.rhs));
        format!("{lhs} {} {rhs}", claim.rel.symbol())
    }

    fn poly(&self, poly: &Poly) -> Shown {
        let (mods, rest) = split_mods(poly);
        let mut terms: Vec<Term> = mods.iter().flat_map(|m| self.mod_terms(m)).collect();
        let (folded, constant) = fold_constant(&rest);
        for (m, c) in &rest.0 {
            match folded {
                _ if m.is_one() => {}
                Some(floor) if m.floors().any(|f| **f == *floor) => {
                    let num = self.numerator_with(floor, constant);
                    terms.push(Term::new(*c, vec![self.division(num, "//", &floor.den)], 1));
                }
                _ => terms.push(self.term(m, *c)),
            }
        }
        let constant = if folded.is_some() { 0 } else { constant };
        sum(terms, constant)
    }

    fn term(&self, monomial: &Monomial, coefficient: i64) -> Term {
        Term::new(coefficient, self.factors(monomial), monomial.degree())
    }

    fn factors(&self, monomial: &Monomial) -> Vec<Shown> {
        let factor = |(atom, power): &(Atom, u32)| match power {
            1 => self.atom(atom),
            _ => Shown::atom(format!("{}**{power}", self.atom(atom).in_product())),
        };
        monomial.0.iter().map(factor).collect()
    }

    fn atom(&self, atom: &Atom) -> Shown {
        match atom {
            Atom::Var(var) => Shown::atom(self.var(var).to_string()),
            Atom::Floor(floor) => self.division(self.poly(&floor.num), "//", &floor.den),
        }
    }

    fn division(&self, num: Shown, operator: &str, den: &Poly) -> Shown {
        let num = match num.level {
            Level::Atom | Level::Product => num.text,
            Level::Quotient | Level::Sum => format!("({})", num.text),
        };
        let den = self.poly(den);
        let den = match den.level {
            Level::Atom => den.text,
            _ => format!("({})", den.text),
        };
        Shown { text: format!("{num} {operator} {den}"), level: Level::Quotient }
    }

    /// The numerator of a floor by a constant into which `whole` is pushed back.
    fn numerator_with(&self, floor: &Floor, whole: i64) -> Shown {
        let inside = floor.den.scale(whole).and_then(|w| floor.num.add(&w));
        self.poly(inside.as_ref().unwrap_or(&floor.num))
    }

    fn mod_terms(&self, part: &Mod) -> Vec<Term> {
        let shown = self.division(self.poly(&part.num), "%", &part.den);
        let terms = part.times.0.iter().map(|(m, c)| {
            let mut factors = self.factors(m);
            factors.push(shown.clone());
            Term::new(*c, factors, m.degree() + 1)
        });
        terms.collect()
    }
}

/// `times * (num % den)`.
struct Mod {
    times: Poly,
    num: Poly,
    den: Poly,
}

/// Finds `times * (num - den * (num // den))` in a polynomial, as long as taking it out makes that shorter.
fn split_mods(poly: &Poly) -> (Vec<Mod>, Poly) {
    let mut rest = poly.clone();
    let mut mods = vec![];
    let floors: Vec<_> = poly.0.iter().flat_map(|(m, _)| m.floors()).cloned().collect();
    for floor in &floors {
        let mut readings = vec![(floor.num.clone(), floor.den.clone())];
        readings.extend(floors.iter().filter_map(|inner| nested(floor, inner)));
        let taken = readings.into_iter().find_map(|(num, den)| take_mod(&rest, floor, num, den));
        if let Some((found, shorter)) = taken {
            mods.push(found);
            rest = shorter;
        }
    }
    (mods, rest)
}

/// `floor` as `(inner + n) // k`, which was merged into one floor.
fn nested(floor: &Arc<Floor>, inner: &Arc<Floor>) -> Option<(Poly, Poly)> {
    let den = floor.den.div_exact(&inner.den).filter(|_| floor != inner)?;
    let offset = floor.num.sub(&inner.num).ok()?.div_exact(&inner.den)?;
    let offset = Poly::constant(offset.as_const()?);
    let num = Poly::atom(Atom::Floor(inner.clone())).add(&offset).ok()?;
    let whole = floor_div(&num, &den).ok()?;
    (whole.as_atom() == Some(&Atom::Floor(floor.clone()))).then_some((num, den))
}

fn take_mod(poly: &Poly, floor: &Arc<Floor>, num: Poly, den: Poly) -> Option<(Mod, Poly)> {
    let mut parts = poly.by_power(&Atom::Floor(floor.clone()));
    let coefficient = parts.remove(&1)?;
    let others = parts.remove(&0).filter(|_| parts.is_empty())?;
    let times = coefficient.neg().ok()?.div_exact(&den)?;
    let product = times.mul(&num).ok()?;
    let rest = others.sub(&product).ok()?;
    let count = |p: &Poly| p.without_constant().0.len();
    let shorter = count(&rest) + count(&product) == count(&others);
    shorter.then_some((Mod { times, num, den }, rest))
}

/// The floor into which the constant term can be pushed to save a term, and the constant.
fn fold_constant(poly: &Poly) -> (Option<&Floor>, i64) {
    let constant = poly.constant_term();
    let foldable = |(m, c): &(Monomial, i64)| match m.0.as_slice() {
        [(Atom::Floor(floor), 1)] if *c == 1 => floor.den.as_const().is_some() && floor.num.constant_term() != 0,
        _ => false,
    };
    let floor = poly.0.iter().find(|term| constant != 0 && foldable(term));
    (floor.and_then(|(m, _)| m.floors().next()).map(|f| &**f), constant)
}

/// How tightly a text binds, loosest first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Level {
    Sum,
    Quotient,
    Product,
    Atom,
}

#[derive(Clone)]
struct Shown {
    text: String,
    level: Level,
}

impl Shown {
    fn atom(text: String) -> Shown {
        Shown { text, level: Level::Atom }
    }

    fn in_product(&self) -> String {
        match self.level {
            Level::Atom | Level::Product => self.text.clone(),
            Level::Sum | Level::Quotient => format!("({})", self.text),
        }
    }
}

/// One addend: its sign apart, and the key it is sorted by.
struct Term {
    negative: bool,
    shown: Shown,
    degree: u32,
}

impl Term {
    fn new(coefficient: i64, mut factors: Vec<Shown>, degree: u32) -> Term {
        factors.sort_by_key(|f| (Reverse(f.level), f.text.clone()));
        let number = coefficient.unsigned_abs();
        if number != 1 {
            factors.insert(0, Shown::atom(number.to_string()));
        }
        let shown = match factors.as_slice() {
            [one] => one.clone(),
            many => {
                Shown { text: many.iter().map(Shown::in_product).collect::<Vec<_>>().join("*"), level: Level::Product }
            }
        };
        Term { negative: coefficient < 0, shown, degree }
    }
}

fn sum(mut terms: Vec<Term>, constant: i64) -> Shown {
    terms.sort_by(|a, b| (b.degree, &a.shown.text).cmp(&(a.degree, &b.shown.text)));
    if constant != 0 || terms.is_empty() {
        let shown = Shown::atom(constant.unsigned_abs().to_string());
        terms.push(Term { negative: constant < 0, shown, degree: 0 });
    }
    if let Some(first) = terms.iter().position(|t| !t.negative) {
        terms[..=first].rotate_right(1);
    }
    match terms.as_slice() {
        [only] if !only.negative => only.shown.clone(),
        [first, rest @ ..] => {
            let mut text = match first.negative {
                true => format!("-{}", first.shown.in_product()),
                false => first.shown.text.clone(),
            };
            for term in rest {
                text += if term.negative { " - " } else { " + " };
                text += &term.shown.text;
            }
            Shown { text, level: Level::Sum }
        }
        [] => Shown::atom("0".to_string()),
    }
}

impl Display for Dim {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        f.write_str(&Names::of([self]).dim(self))
    }
}

impl Display for Claim {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        f.write_str(&Names::of([&self.lhs, &self.rhs]).claim(self))
    }
}
