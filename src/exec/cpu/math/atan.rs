//! `atan` within 2.1 ulp: a polynomial up to tan(pi/8), where `atan x = pi/4 + atan((x - 1) / (x + 1))` and
//! `atan x = pi/2 - atan(1 / x)` lead.

use super::horner;
use std::f32::consts::{FRAC_PI_2, FRAC_PI_4};

/// `(atan(x) / x - 1) / x^2` in `x^2`.
const NEAR: [f32; 5] = [-0.333_333_3, 0.199_995_38, -0.142_638_97, 0.107_430_995, -0.064_498_35];

/// `pi / 2` beyond its f32.
const MORE: f32 = -4.371_139e-8;

#[inline(always)]
pub fn atan(x: f32) -> f32 {
    let size = x.abs();
    let (above, far) = (size > 0.414_213_57, size > 2.414_213_7);
    let (over, under) = if far { (-1.0, size) } else { (size - 1.0, size + 1.0) };
    let small = if above { over / under } else { size };
    let (start, more) = if far { (FRAC_PI_2, MORE) } else { (FRAC_PI_4, MORE / 2.0) };
    let (start, more) = if above { (start, more) } else { (0.0, 0.0) };
    let square = small * small;
    let rest = small + small * square * horner(square, NEAR);
    (start + (rest + more)).copysign(x)
}

#[cfg(test)]
mod tests {
    use super::super::ulp::worst;
    use super::*;

    #[test]
    fn atan_is_within_two_ulp_and_a_little() {
        assert!(worst(atan, f64::atan, 1e-30, f32::MAX) <= 2.1);
        assert!(worst(atan, f64::atan, -1e-30, -1e9) <= 2.1);
        assert_eq!(atan(f32::NEG_INFINITY), -FRAC_PI_2);
        assert!(atan(f32::NAN).is_nan());
    }
}
