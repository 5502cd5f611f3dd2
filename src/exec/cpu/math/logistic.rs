//! `1 / (1 + exp(-x))` within 3 ulp: `e / (1 + e)` below zero and `1 / (1 + e)` above, with `e = exp(-|x|)`, which never
//! overflows.

use super::exp;

#[inline(always)]
pub fn logistic(x: f32) -> f32 {
    let e = exp(-x.abs());
    let over = if x < 0.0 { e } else { 1.0 };
    over / (1.0 + e)
}

#[cfg(test)]
mod tests {
    use super::super::ulp::worst;
    use super::*;

    #[test]
    fn logistic_is_within_three_ulp() {
        let exact = |x: f64| 1.0 / (1.0 + (-x).exp());
        let (above, below) = (worst(logistic, exact, 1e-30, f32::MAX), worst(logistic, exact, -1e-30, -87.0));
        assert!(above <= 3.0 && below <= 3.0, "{above} {below}");
        assert_eq!([f32::NEG_INFINITY, 0.0, f32::INFINITY].map(logistic), [0.0, 0.5, 1.0]);
        assert!(logistic(f32::NAN).is_nan());
    }
}
