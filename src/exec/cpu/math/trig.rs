//! `sin` and `cos` within 2 ulp.
//!
//! `x = n pi/2 + r` with `|r| <= pi/4`, reduced in f64 with a two-part `pi/2`, which is exact enough below `LIMIT`.
//! Larger arguments need more bits of `2/pi` than an f64 has: `sin_far` and `cos_far` multiply by the right window
//! of its binary expansion (Payne and Hanek, 1983).

use super::horner;

/// `sin` and `cos` hold for arguments below this size; the `_far` ones for all.
pub const LIMIT: f32 = 268_435_456.0;

/// The first 25 bits of pi/2, so that products with `n` are exact, and the rest.
const HALF_PI_HI: f64 = 1.570_796_310_901_641_8;
const HALF_PI_LO: f64 = 1.589_325_477_352_819_6e-8;
/// Adding and subtracting it rounds to the nearest integer, which then lies in the low bits.
const ROUND: f64 = 6_755_399_441_055_744.0;

/// `(sin r - r) / r^3` and `(cos r - 1 + r^2 / 2) / r^4`, in `r^2`.
const SIN: [f32; 4] = [-0.166_666_67, 0.008_333_332, -0.000_198_400_87, 2.724_994e-6];
const COS: [f32; 3] = [0.041_666_664, -0.001_388_830_4, 2.454_799e-5];

#[inline(always)]
fn reduce(x: f32) -> (i32, f32) {
    let x = x as f64;
    let shifted = x * std::f64::consts::FRAC_2_PI + ROUND;
    let n = shifted - ROUND;
    let rest = (x - n * HALF_PI_HI) - n * HALF_PI_LO;
    (shifted.to_bits() as i32, rest as f32)
}

/// `sin(r + quadrant pi/2)`.
#[inline(always)]
fn turned(quadrant: i32, r: f32) -> f32 {
    let square = r * r;
    let sin = r + r * square * horner(square, SIN);
    let cos = 1.0 - (0.5 * square - square * square * horner(square, COS));
    let value = if quadrant & 1 == 0 { sin } else { cos };
    if quadrant & 2 == 0 { value } else { -value }
}

#[inline(always)]
pub fn sin(x: f32) -> f32 {
    let (n, r) = reduce(x);
    turned(n, r)
}

#[inline(always)]
pub fn cos(x: f32) -> f32 {
    let (n, r) = reduce(x);
    turned(n.wrapping_add(1), r)
}

/// `sin` of an argument of any size.
pub fn sin_far(x: f32) -> f32 {
    let (n, r) = reduce_far(x);
    turned(n, r)
}

/// `cos` of an argument of any size.
pub fn cos_far(x: f32) -> f32 {
    let (n, r) = reduce_far(x);
    turned(n.wrapping_add(1), r)
}

/// 2/pi in binary, behind the point.
const FRAC_2_PI: [u32; 8] =
    [0xa2f9_836e, 0x4e44_1529, 0xfc27_57d1, 0xf534_ddc0, 0xdb62_9599, 0x3c43_9041, 0xfe51_63ab, 0xdebb_c561];

fn reduce_far(x: f32) -> (i32, f32) {
    if !x.is_finite() {
        return (0, f32::NAN);
    }
    if x.abs() < LIMIT {
        return reduce(x);
    }
    // |x| = mantissa * 2^shift. Bits of 2/pi above 2^(2 - shift) only add multiples of 4 to the quotient.
    let mantissa = (x.to_bits() & 0x7f_ffff | 0x80_0000) as u128;
    let shift = (x.to_bits() >> 23 & 0xff) as usize - 150;
    let from = shift.saturating_sub(2);
    let window =
        (from..from + 96).fold(0u128, |bits, at| bits << 1 | (FRAC_2_PI[at / 32] >> (31 - at % 32) & 1) as u128);
    // The window is worth 2^-(from + 96) a bit; the quotient gets 62 bits behind its point, modulo 4.
    let product = mantissa * window;
    let behind = from + 96 - shift;
    let quotient = (product >> (behind - 62)) as u64;
    let quadrant = (quotient >> 62) as i32;
    let fraction = (quotient << 2) as i64;
    let (quadrant, fraction) = if fraction < 0 { (quadrant + 1, fraction) } else { (quadrant, fraction) };
    let r = (fraction as f64 * 2f64.powi(-64) * std::f64::consts::FRAC_PI_2) as f32;
    if x < 0.0 { (-quadrant, -r) } else { (quadrant, r) }
}

#[cfg(test)]
mod tests {
    use super::super::ulp::worst;
    use super::*;

    #[test]
    fn sin_and_cos_are_within_two_ulp() {
        assert!(worst(sin, f64::sin, 1e-30, LIMIT) <= 2.0);
        assert!(worst(sin, f64::sin, -1e-30, -LIMIT) <= 2.0);
        assert!(worst(cos, f64::cos, 1e-30, LIMIT) <= 2.0);
        assert!(sin(f32::NAN).is_nan());
    }

    #[test]
    fn large_arguments_are_reduced_exactly() {
        assert!(worst(sin_far, f64::sin, LIMIT, f32::MAX) <= 2.0);
        assert!(worst(cos_far, f64::cos, -LIMIT, f32::MIN) <= 2.0);
        assert!(sin_far(f32::INFINITY).is_nan() && cos_far(f32::NAN).is_nan());
    }
}
