//! `tanh` within 3 ulp: `t / (t + 2)` with `t = expm1(2 |x|)`.

use super::expm1;

#[inline(always)]
pub fn tanh(x: f32) -> f32 {
    let size = x.abs();
    let size = if size > 10.0 { 10.0 } else { size };
    let t = expm1(2.0 * size);
    (t / (t + 2.0)).copysign(x)
}

#[cfg(test)]
mod tests {
    use super::super::ulp::worst;
    use super::*;

    #[test]
    fn tanh_is_within_three_ulp() {
        assert!(worst(tanh, f64::tanh, 1e-30, f32::MAX) <= 3.0);
        assert!(worst(tanh, f64::tanh, -1e-30, -20.0) <= 3.0);
        assert_eq!(tanh(f32::NEG_INFINITY), -1.0);
        assert!(tanh(f32::NAN).is_nan());
    }
}
