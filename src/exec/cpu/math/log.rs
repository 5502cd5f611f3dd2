//! `log` within 1 ulp, `log1p` within 2 ulp.
//!
//! `x = 2^e m` with `m` between the roots of 1/2 and 2, then `log x = e ln 2 + log m`.

use super::horner;

const LN_2_HI: f32 = 0.693_145_75;
const LN_2_LO: f32 = 1.428_606_8e-6;

/// `(log(1 + f) - f + f^2 / 2) / f^3` for `1 + f` between the roots of 1/2 and 2.
const TAIL: [f32; 9] = [
    0.333_333_1,
    -0.249_999_87,
    0.200_022_27,
    -0.166_692_5,
    0.142_186_55,
    -0.123_843_774,
    0.118_730_29,
    -0.117_896_594,
    0.069_150_76,
];

#[inline(always)]
pub fn log(x: f32) -> f32 {
    let small = x < f32::MIN_POSITIVE;
    let bits = (if small { x * 8_388_608.0 } else { x }).to_bits();
    let exponent = (bits.wrapping_sub(std::f32::consts::FRAC_1_SQRT_2.to_bits()) as i32) >> 23;
    let f = f32::from_bits(bits.wrapping_sub((exponent << 23) as u32)) - 1.0;
    let e = exponent as f32 - if small { 23.0 } else { 0.0 };
    let tail = f * f * f * horner(f, TAIL) + e * LN_2_LO;
    let value = (tail - 0.5 * f * f) + f + e * LN_2_HI;
    let value = if x == 0.0 { f32::NEG_INFINITY } else { value };
    let value = if x < 0.0 { f32::NAN } else { value };
    if x < f32::INFINITY { value } else { x }
}

#[inline(always)]
pub fn log1p(x: f32) -> f32 {
    let sum = 1.0 + x;
    // What rounding the sum has lost.
    let lost = if x < 1.0 { x - (sum - 1.0) } else { 1.0 - (sum - x) };
    let value = log(sum) + lost / sum;
    let value = if x == -1.0 { f32::NEG_INFINITY } else { value };
    let value = if x == 0.0 { x } else { value };
    if x == f32::INFINITY { x } else { value }
}

#[cfg(test)]
mod tests {
    use super::super::ulp::worst;
    use super::*;

    #[test]
    fn log_is_within_one_ulp() {
        assert!(worst(log, f64::ln, 1e-44, f32::MAX) <= 1.0);
        assert!(worst(log, f64::ln, 0.5, 2.0) <= 1.0);
        assert_eq!(log(0.0), f32::NEG_INFINITY);
        assert_eq!(log(f32::INFINITY), f32::INFINITY);
        assert!(log(-1.0).is_nan() && log(f32::NAN).is_nan() && log(f32::NEG_INFINITY).is_nan());
    }

    #[test]
    fn log1p_is_within_two_ulp() {
        assert!(worst(log1p, f64::ln_1p, 1e-38, f32::MAX) <= 2.0);
        assert!(worst(log1p, f64::ln_1p, -1e-38, -0.999_999) <= 2.0);
        assert_eq!(log1p(-1.0), f32::NEG_INFINITY);
        assert_eq!(log1p(f32::INFINITY), f32::INFINITY);
        assert!(log1p(-2.0).is_nan());
    }
}
