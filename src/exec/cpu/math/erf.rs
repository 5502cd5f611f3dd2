//! `erf` within 2 ulp: a polynomial near zero, `1 - exp(log erfc |x|)` with a polynomial exponent elsewhere.
//!
//! `erfc` within 4 ulp: `1 - erf(x)` near zero; elsewhere `exp(-x^2) / (1 + 2 x)` times a polynomial in `(x - 2) / (x + 2)`.
//! The square is exact: `x^2 = h^2 + (x - h) (x + h)` with the upper 12 bits `h` of `x`.

use super::{exp, horner};

/// `erf(x) / x - 1` in `x^2`, for `|x| <= 0.93`.
const NEAR: [f32; 7] =
    [0.128_379_17, -0.376_126_35, 0.112_836_94, -0.026_859_27, 0.005_200_634, -0.000_813_743_4, 8.345_211e-5];

/// `log erfc x` for `0.92 <= x <= 4`; beyond, `erf` rounds to 1.
const FAR: [f32; 9] = [
    0.000_163_089_02,
    -1.129_448_7,
    -0.633_509_5,
    -0.108_056_17,
    0.024_930_423,
    -0.004_070_995_4,
    0.000_402_031_23,
    -1.521_573_4e-5,
    -4.562_415e-7,
];

#[inline(always)]
pub fn erf(x: f32) -> f32 {
    let size = x.abs();
    let near = x + x * horner(x * x, NEAR);
    let far = if size > 4.0 { 4.0 } else { size };
    let far = (1.0 - exp(horner(far, FAR))).copysign(x);
    if size < 0.925 { near } else { far }
}

/// `(1 + 2 x) exp(x^2) erfc(x)` in `(x - 2) / (x + 2)`, for `0 <= x <= 10.2`.
const SCALED: [f32; 10] = [
    1.276_978_4,
    -0.092_763_98,
    -0.166_031_46,
    0.164_055_42,
    -0.054_203_883,
    -0.008_060_143,
    0.008_630_098,
    0.001_313_309_9,
    -0.001_228_002_2,
    -0.000_399_449_5,
];

/// `exp(t) - 1 - t` in `t^2`, for what is lost between the squares: `|t| <= 0.05`.
const LITTLE: [f32; 3] = [0.5, 0.166_666_67, 0.041_666_667];

#[inline(always)]
pub fn erfc(x: f32) -> f32 {
    let size = x.abs();
    let near = 1.0 - (x + x * horner(x * x, NEAR));
    // Beyond, it rounds to 0.
    let size = if size > 10.2 { 10.2 } else { size };
    let head = f32::from_bits(size.to_bits() & 0xffff_f000);
    let lost = (head - size) * (head + size);
    let scaled = horner((size - 2.0) / (size + 2.0), SCALED) / (1.0 + 2.0 * size);
    let far = exp(-(head * head)) * (scaled + scaled * (lost + lost * lost * horner(lost, LITTLE)));
    let far = if x < 0.0 { 2.0 - far } else { far };
    if x.abs() < 0.5 { near } else { far }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The Taylor series, in f64, good for `|x| <= 3`.
    fn series(x: f64) -> f64 {
        let (mut term, mut sum) = (x, x);
        for n in 1..120 {
            term *= -x * x / n as f64;
            sum += term / (2 * n + 1) as f64;
        }
        sum * std::f64::consts::FRAC_2_SQRT_PI
    }

    #[test]
    fn erf_is_within_two_ulp() {
        assert!(super::super::ulp::worst(erf, series, 1e-30, 3.0) <= 2.0);
        assert!(super::super::ulp::worst(erf, series, -1e-30, -3.0) <= 2.0);
        assert_eq!(erf(4.5), 1.0);
        assert_eq!(erf(f32::NEG_INFINITY), -1.0);
        assert!(erf(f32::NAN).is_nan());
    }

    #[test]
    fn erfc_is_within_four_ulp() {
        let exact = crate::ops::erfc::erfc;
        assert!(super::super::ulp::worst(erfc, exact, 1e-30, 10.1) <= 4.0);
        assert!(super::super::ulp::worst(erfc, exact, -1e-30, -10.1) <= 2.0);
        assert_eq!((erfc(0.0), erfc(f32::INFINITY), erfc(f32::NEG_INFINITY)), (1.0, 0.0, 2.0));
        assert!(erfc(f32::NAN).is_nan());
    }
}
