//! Numbers along an axis: where they lie, and the round ones that are written beside it.

/// A range of numbers on a length.
#[derive(Clone, Debug, PartialEq)]
pub struct Scale {
    lo: f64,
    hi: f64,
    log: bool,
}

/// The share of the range that is left free at either end.
const MARGIN: f64 = 0.04;

impl Scale {
    /// From the least to the greatest of the values that the axis can show.
    pub fn of(values: impl Iterator<Item = f64>, log: bool) -> Scale {
        let shown = |x: &f64| x.is_finite() && (!log || *x > 0.0);
        let (lo, hi) = values.filter(shown).fold((f64::INFINITY, f64::NEG_INFINITY), |(a, b), x| (x.min(a), x.max(b)));
        match (lo <= hi, log) {
            (true, _) => Scale { lo, hi, log },
            (false, true) => Scale { lo: 0.1, hi: 1.0, log },
            (false, false) => Scale { lo: 0.0, hi: 1.0, log },
        }
    }

    /// Just this range.
    pub fn exact((lo, hi): (f64, f64), log: bool) -> Scale {
        Scale { lo, hi, log }
    }

    /// Beginning at 0.
    pub fn from_zero(self) -> Scale {
        Scale { lo: 0.0, ..self }
    }

    /// With some room at both ends. A single number lies in the middle.
    pub fn padded(self) -> Scale {
        let (lo, hi) = (self.warp(self.lo), self.warp(self.hi));
        let free = match hi - lo {
            // A range that is lost in the digits of its ends is none.
            range if range > 1e-12 * hi.abs().max(lo.abs()) => MARGIN * range,
            _ if self.log => 0.5,
            _ => 0.5 * hi.abs().max(1.0),
        };
        let back = |x: f64| if self.log { 10f64.powf(x) } else { x };
        Scale { lo: back(lo - free), hi: back(hi + free), ..self }
    }

    fn warp(&self, x: f64) -> f64 {
        if self.log { x.log10() } else { x }
    }

    /// Where a number lies: 0 at the beginning, 1 at the end. None for what has no place: a NaN, an infinity, and on
    /// an axis of factors what is not positive.
    pub fn at(&self, x: f64) -> Option<f64> {
        let (lo, hi, x) = (self.warp(self.lo), self.warp(self.hi), self.warp(x));
        let at = if hi > lo { (x - lo) / (hi - lo) } else { 0.5 };
        at.is_finite().then_some(at)
    }

    /// Round numbers inside, about as many as asked for, with their texts.
    pub fn ticks(&self, about: usize) -> Vec<(f64, String)> {
        if self.log {
            let decades = self.hi.log10() - self.lo.log10();
            if decades >= 1.5 {
                return self.powers(about);
            }
        }
        self.steps(about)
    }

    /// Multiples of 1, 2 or 5 times a power of ten.
    fn steps(&self, about: usize) -> Vec<(f64, String)> {
        let rough = (self.hi - self.lo) / about.max(1) as f64;
        if !rough.is_finite() || rough <= 0.0 {
            return vec![(self.lo, short(self.lo))];
        }
        let power = 10f64.powf(rough.log10().floor());
        let step = [1.0, 2.0, 5.0, 10.0].map(|m| m * power).into_iter().find(|step| *step >= rough * 0.99);
        let step = step.unwrap_or(rough);
        let first = (self.lo / step - 1e-9).ceil();
        let count = (self.hi / step + 1e-9).floor() - first;
        let decimals = usize::try_from(-(step.log10() + 1e-9).floor() as i64).unwrap_or(0);
        let tick = |i: usize| (first + i as f64) * step;
        let plain = decimals <= 6 && self.lo.abs().max(self.hi.abs()) < 1e6;
        let text = |x: f64| if plain { format!("{x:.decimals$}") } else { short(x) };
        // -0 is 0.
        (0..=count.clamp(0.0, 100.0) as usize).map(|i| tick(i) + 0.0).map(|x| (x, text(x))).collect()
    }

    /// Powers of ten, all of them or every second, third, ..
    fn powers(&self, about: usize) -> Vec<(f64, String)> {
        let (first, last) = ((self.lo.log10() - 1e-9).ceil() as i32, (self.hi.log10() + 1e-9).floor() as i32);
        let every = usize::try_from(last - first + 1).unwrap_or(1).div_ceil(about.max(1)).max(1);
        let aligned = |exponent: &i32| exponent.rem_euclid(every as i32) == 0;
        (first..=last).filter(aligned).map(|e| (10f64.powi(e), power_of_ten(e))).collect()
    }
}

/// `0.001`, `1000`, `10⁻⁵`
fn power_of_ten(exponent: i32) -> String {
    if (-2..=3).contains(&exponent) {
        return short(10f64.powi(exponent));
    }
    let digit = |c: char| match c {
        '-' => '⁻',
        c => ['⁰', '¹', '²', '³', '⁴', '⁵', '⁶', '⁷', '⁸', '⁹'][c.to_digit(10).unwrap_or(0) as usize],
    };
    format!("10{}", exponent.to_string().chars().map(digit).collect::<String>())
}

/// Three digits.
pub fn short(x: f64) -> String {
    let rounded: f64 = format!("{x:.2e}").parse().unwrap_or(x);
    if rounded != 0.0 && !(1e-3..1e5).contains(&rounded.abs()) { format!("{rounded:e}") } else { rounded.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(scale: &Scale, about: usize) -> Vec<String> {
        scale.ticks(about).into_iter().map(|(_, text)| text).collect()
    }

    #[test]
    fn ticks_are_round_and_inside() {
        let linear = |lo, hi| Scale::exact((lo, hi), false);
        assert_eq!(texts(&linear(0.0, 1.0), 5), ["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"]);
        assert_eq!(texts(&linear(-3.2, 17.0), 5), ["0", "5", "10", "15"]);
        assert_eq!(texts(&linear(0.0012, 0.0029), 4), ["0.0015", "0.0020", "0.0025"]);
        assert_eq!(texts(&linear(0.0, 3e9), 3), ["0", "1e9", "2e9", "3e9"]);
        assert_eq!(texts(&linear(-0.3, 0.3), 3), ["-0.2", "0.0", "0.2"]);
        let log = |lo, hi| Scale::exact((lo, hi), true);
        assert_eq!(texts(&log(1e-6, 1e3), 5), ["10⁻⁶", "10⁻⁴", "0.01", "1", "100"]);
        assert_eq!(texts(&log(1.0, 20.0), 4), ["5", "10", "15", "20"]);
    }

    #[test]
    fn every_range_has_a_place_for_its_numbers() {
        for values in
            [&[0.0][..], &[1e300, -1e300], &[5.0, 5.0], &[f64::NAN], &[], &[1e-320, 2e-320], &[7.0, 7.0 + 1e-15]]
        {
            for log in [false, true] {
                let scale = Scale::of(values.iter().copied(), log).padded();
                for x in values.iter().filter(|x| x.is_finite() && (!log || **x > 0.0)) {
                    let at = scale.at(*x).expect("a place");
                    assert!((0.0..=1.0).contains(&at), "{values:?} {log}: {x} lies at {at}");
                }
                assert!(scale.ticks(5).len() <= 101);
            }
        }
    }
}
