//! `exp` within 1 ulp, `expm1` within 2 ulp.
//!
//! `x = n ln 2 + r` with `|r| <= ln 2 / 2`, then `exp(x) = 2^n exp(r)`. `ln 2` is split so that `n * HI` is exact.

use super::horner;

const LOG2_E: f32 = std::f32::consts::LOG2_E;
const LN_2_HI: f32 = 0.693_145_75;
const LN_2_LO: f32 = 1.428_606_8e-6;
/// Adding and subtracting it rounds to the nearest integer, which then lies in the low bits.
const ROUND: f32 = 12_582_912.0;

/// `(exp(r) - 1 - r) / r^2` for `|r| <= ln 2 / 2`.
const TAIL: [f32; 6] = [0.5, 0.166_666_67, 0.041_666_467, 0.008_333_286, 0.001_393_365_2, 0.000_199_075_61];

/// The integer next to `x / ln 2`, and the rest.
#[inline(always)]
fn reduce(x: f32) -> (i32, f32) {
    let shifted = x * LOG2_E + ROUND;
    let n = shifted - ROUND;
    let rest = (x - n * LN_2_HI) - n * LN_2_LO;
    ((shifted.to_bits() as i32).wrapping_sub(ROUND.to_bits() as i32), rest)
}

/// `2^n` for normal results.
#[inline(always)]
fn power(n: i32) -> f32 {
    f32::from_bits((n.wrapping_add(127) as u32) << 23)
}

/// Keeps NaN.
#[inline(always)]
fn clamp(x: f32, low: f32, high: f32) -> f32 {
    let x = if x < low { low } else { x };
    if x > high { high } else { x }
}

#[inline(always)]
pub fn exp(x: f32) -> f32 {
    let (n, r) = reduce(clamp(x, -104.0, 89.0));
    let value = 1.0 + (r + r * r * horner(r, TAIL));
    // Two factors, because 2^n alone may be too big or too small for a float.
    let half = n >> 1;
    value * power(half) * power(n.wrapping_sub(half))
}

#[inline(always)]
pub fn expm1(x: f32) -> f32 {
    let (n, r) = reduce(clamp(x, -18.0, 89.0));
    let value = r + r * r * horner(r, TAIL);
    let half = n >> 1;
    let (low, high) = (power(half), power(n.wrapping_sub(half)));
    // 2^n value + (2^n - 1), with the second factor taken out. Adding nothing keeps the sign of zero.
    let shift = low - power(half.wrapping_sub(n));
    if n == 0 { value } else { (value * low + shift) * high }
}

#[cfg(test)]
mod tests {
    use super::super::ulp::worst;
    use super::*;

    #[test]
    fn exp_is_within_one_ulp() {
        assert!(worst(exp, f64::exp, 1e-30, 89.0) <= 1.0);
        assert!(worst(exp, f64::exp, -1e-30, -103.0) <= 1.0);
        assert_eq!(exp(f32::INFINITY), f32::INFINITY);
        assert_eq!(exp(f32::NEG_INFINITY), 0.0);
        assert!(exp(f32::NAN).is_nan());
        assert_eq!(exp(0.0), 1.0);
    }

    #[test]
    fn expm1_is_within_two_ulp() {
        assert!(worst(expm1, f64::exp_m1, 1e-30, 89.0) <= 2.0);
        assert!(worst(expm1, f64::exp_m1, -1e-30, -30.0) <= 2.0);
        assert_eq!(expm1(f32::INFINITY), f32::INFINITY);
        assert_eq!(expm1(f32::NEG_INFINITY), -1.0);
        assert!(expm1(f32::NAN).is_nan());
    }
}
