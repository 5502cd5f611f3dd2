//! Intervals of integers, open towards infinity where a bound is missing.

use super::Var;
use super::poly::{Atom, Floor, Monomial, Poly};

/// Bounds beyond this are as good as none; below it, sums of two stay within 128 bits.
const FAR: i128 = 1 << 100;

fn near(bound: i128) -> Option<i128> {
    (-FAR..=FAR).contains(&bound).then_some(bound)
}

/// From `lo` to `hi`, both included; `None` is unbounded. A bound beyond `FAR` is dropped, which is sound.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Interval {
    pub lo: Option<i128>,
    pub hi: Option<i128>,
}

impl Interval {
    pub const ALL: Interval = Interval { lo: None, hi: None };

    pub fn point(value: i64) -> Interval {
        Interval { lo: Some(value.into()), hi: Some(value.into()) }
    }

    pub fn at_least(lo: i64) -> Interval {
        Interval { lo: Some(lo.into()).filter(|_| lo > i64::MIN), hi: None }
    }

    pub fn is_empty(self) -> bool {
        matches!((self.lo, self.hi), (Some(lo), Some(hi)) if lo > hi)
    }

    pub fn meet(self, rhs: Interval) -> Interval {
        Interval {
            lo: self.lo.max(rhs.lo),
            hi: match (self.hi, rhs.hi) {
                (Some(a), Some(b)) => Some(a.min(b)),
                (a, b) => a.or(b),
            },
        }
    }

    pub fn add(self, rhs: Interval) -> Interval {
        let sum = |a: Option<i128>, b: Option<i128>| near(a? + b?);
        Interval { lo: sum(self.lo, rhs.lo), hi: sum(self.hi, rhs.hi) }
    }

    pub fn neg(self) -> Interval {
        let neg = |a: Option<i128>| a.map(|a| -a);
        Interval { lo: neg(self.hi), hi: neg(self.lo) }
    }

    pub fn is_nonneg(self) -> bool {
        self.lo.is_some_and(|lo| lo >= 0)
    }

    pub fn is_positive(self) -> bool {
        self.lo.is_some_and(|lo| lo >= 1)
    }

    pub fn is_negative(self) -> bool {
        self.hi.is_some_and(|hi| hi <= -1)
    }

    pub fn excludes_zero(self) -> bool {
        self.is_positive() || self.is_negative()
    }

    pub fn mul(self, rhs: Interval) -> Interval {
        let ends = |x: Interval| [x.lo.map_or(End::Least, End::At), x.hi.map_or(End::Most, End::At)];
        let corners = ends(self).map(|a| ends(rhs).map(|b| a.mul(b)));
        let corners = corners.as_flattened();
        Interval {
            lo: corners.iter().min().and_then(|end| end.finite()),
            hi: corners.iter().max().and_then(|end| end.finite()),
        }
    }

    /// Of `self // by`; all integers where `by` can be zero or negative.
    pub fn floor_div(self, by: Interval) -> Interval {
        if !by.is_positive() {
            return Interval::ALL;
        }
        let toward = |a: i128, small: Option<i128>, large: Option<i128>| match (a >= 0, small, large) {
            (true, _, Some(large)) => Some(a.div_euclid(large)),
            (true, _, None) => Some(0),
            (false, Some(small), _) => Some(a.div_euclid(small)),
            (false, None, _) => None,
        };
        let away = |a: i128, small: Option<i128>, large: Option<i128>| match (a >= 0, small, large) {
            (true, Some(small), _) => Some(a.div_euclid(small)),
            (true, None, _) => None,
            (false, _, Some(large)) => Some(a.div_euclid(large)),
            (false, _, None) => Some(-1),
        };
        Interval {
            lo: self.lo.and_then(|lo| toward(lo, by.lo, by.hi)),
            hi: self.hi.and_then(|hi| away(hi, by.lo, by.hi)),
        }
    }
}

/// An end of an interval.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum End {
    Least,
    At(i128),
    Most,
}

impl End {
    fn sign(self) -> i128 {
        match self {
            End::Least => -1,
            End::At(value) => value.signum(),
            End::Most => 1,
        }
    }

    /// The limit of the products near two ends; what is beyond `FAR` counts as infinite.
    fn mul(self, rhs: End) -> End {
        let finite = match (self, rhs) {
            (End::At(a), End::At(b)) => a.checked_mul(b).and_then(near),
            _ => None,
        };
        match (finite, self.sign() * rhs.sign()) {
            (Some(value), _) => End::At(value),
            (None, 0) => End::At(0),
            (None, 1) => End::Most,
            (None, _) => End::Least,
        }
    }

    fn finite(self) -> Option<i128> {
        match self {
            End::At(value) => Some(value),
            End::Least | End::Most => None,
        }
    }
}

impl Poly {
    /// Bounds of its value, given those of its variables: exact for one occurrence of each, sound always.
    pub fn interval(&self, of: &dyn Fn(&Var) -> Interval) -> Interval {
        let terms = self.0.iter().map(|(m, c)| m.interval(of).mul(Interval::point(*c)));
        terms.fold(Interval::point(0), Interval::add)
    }

    /// Bounds by the variables' own minima.
    pub fn natural_interval(&self) -> Interval {
        self.interval(&|var| Interval::at_least(var.min))
    }
}

impl Monomial {
    fn interval(&self, of: &dyn Fn(&Var) -> Interval) -> Interval {
        self.0
            .iter()
            .fold(Interval::point(1), |product, (atom, power)| product.mul(power_of(atom.interval(of), *power)))
    }
}

fn power_of(base: Interval, power: u32) -> Interval {
    let full = (1..power).fold(base, |product, _| product.mul(base));
    match power % 2 {
        0 => full.meet(Interval::at_least(0)),
        _ => full,
    }
}

impl Atom {
    pub fn interval(&self, of: &dyn Fn(&Var) -> Interval) -> Interval {
        match self {
            Atom::Var(var) => of(var),
            Atom::Floor(floor) => floor.interval(of),
        }
    }
}

impl Floor {
    pub fn interval(&self, of: &dyn Fn(&Var) -> Interval) -> Interval {
        self.num.interval(of).floor_div(self.den.interval(of))
    }
}
