//! `pow` within 1 ulp: `2^(y log2 x)` in f64.

/// `x^y` as C99 defines it: `x^0` and `1^y` are 1 even for NaN; a negative base needs an integer exponent.
#[inline(always)]
pub fn pow(x: f32, y: f32) -> f32 {
    let size = exp2(y as f64 * log2(x.abs() as f64)) as f32;
    // Adding 2^23 leaves no bits behind the point; larger floats are even integers, or 2^23 and more.
    let far = y.abs() >= 16_777_216.0;
    let whole = (y as i32) as f32 == y || far;
    let odd = !far && whole && (y as i32) & 1 == 1;
    let negative = x.is_sign_negative();
    let value = if negative && odd { -size } else { size };
    let value = if x < 0.0 && !whole && x > f32::NEG_INFINITY { f32::NAN } else { value };
    let value = if x.is_nan() || y.is_nan() { f32::NAN } else { value };
    let unit = x == 1.0 || y == 0.0 || x == -1.0 && y.is_infinite();
    if unit { 1.0 } else { value }
}

/// Of a non-negative f64 that was an f32; relative error below 2^-39.
#[inline(always)]
fn log2(x: f64) -> f64 {
    let bits = x.to_bits();
    let exponent = (bits.wrapping_sub(std::f64::consts::FRAC_1_SQRT_2.to_bits()) as i64) >> 52;
    let m = f64::from_bits(bits.wrapping_sub((exponent << 52) as u64));
    let s = (m - 1.0) / (m + 1.0);
    let u = s * s;
    let series = 1.0 + u * (1.0 / 3.0 + u * (0.2 + u * (1.0 / 7.0 + u * (1.0 / 9.0 + u * (1.0 / 11.0 + u / 13.0)))));
    let value = exponent as f64 + s * series * (2.0 * std::f64::consts::LOG2_E);
    let value = if x == 0.0 { f64::NEG_INFINITY } else { value };
    if x < f64::INFINITY { value } else { x }
}

/// Relative error below 2^-36; results beyond f32 become 0 or infinite when narrowed.
#[inline(always)]
fn exp2(x: f64) -> f64 {
    const ROUND: f64 = 6_755_399_441_055_744.0;
    let x = if x < -200.0 { -200.0 } else { x };
    let x = if x > 200.0 { 200.0 } else { x };
    let shifted = x + ROUND;
    let r = (x - (shifted - ROUND)) * std::f64::consts::LN_2;
    let mut sum = RECIPROCAL_FACTORIAL[10];
    let mut i = 10;
    while i > 0 {
        i -= 1;
        sum = sum * r + RECIPROCAL_FACTORIAL[i];
    }
    let n = shifted.to_bits().wrapping_sub(ROUND.to_bits());
    sum * f64::from_bits(n.wrapping_add(1023) << 52)
}

/// `1 / n!`
const RECIPROCAL_FACTORIAL: [f64; 11] = [
    1.0,
    1.0,
    0.5,
    1.0 / 6.0,
    1.0 / 24.0,
    1.0 / 120.0,
    1.0 / 720.0,
    1.0 / 5_040.0,
    1.0 / 40_320.0,
    1.0 / 362_880.0,
    1.0 / 3_628_800.0,
];

#[cfg(test)]
mod tests {
    use super::super::ulp::worst;
    use super::*;

    #[test]
    fn pow_is_within_one_ulp() {
        for y in [2.0f32, 0.5, -0.5, -1.0, 1.75, 9.0, 0.001, -7.5] {
            assert!(worst(|x| pow(x, y), |x| x.powf(y as f64), 1e-40, 1e30) <= 1.0, "x^{y}");
        }
        for x in [0.25f32, 0.999, 1.001, 3.0, 1e-40] {
            assert!(worst(|y| pow(x, y), |y| (x as f64).powf(y), 1e-10, 100.0) <= 1.0, "{x}^y");
        }
    }

    #[test]
    fn special_cases_are_those_of_std() {
        let values = [0.0f32, -0.0, 1.0, -1.0, 2.0, -2.0, 3.0, -3.0, 0.5, -0.5, 2.5, 1e20, -1e20];
        let values: Vec<f32> = values.into_iter().chain([f32::INFINITY, f32::NEG_INFINITY, f32::NAN]).collect();
        for &x in &values {
            for &y in &values {
                let (got, want) = (pow(x, y), x.powf(y));
                assert!(got == want || got.is_nan() && want.is_nan(), "{x}^{y}: {got}, not {want}");
            }
        }
    }
}
