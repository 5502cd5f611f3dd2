//! Floats of 16 bits. They are stored so and computed with as f32: every operation rounds once, to the nearest, ties to
//! even.

/// IEEE 754 binary16: 1 sign bit, 5 bits of exponent, 10 of fraction.
#[derive(Clone, Copy, Default)]
pub struct F16(u16);

/// bfloat16: the upper half of an f32, 8 bits of exponent and 7 of fraction.
#[derive(Clone, Copy, Default)]
pub struct Bf16(u16);

/// The exponent's bits in an f32.
const EXPONENT: u32 = 0x7F80_0000;

impl Bf16 {
    pub const fn from_bits(bits: u16) -> Bf16 {
        Bf16(bits)
    }

    pub const fn to_bits(self) -> u16 {
        self.0
    }

    #[inline(always)]
    pub fn to_f32(self) -> f32 {
        f32::from_bits((self.0 as u32) << 16)
    }

    #[inline(always)]
    pub fn from_f32(x: f32) -> Bf16 {
        let bits = x.to_bits();
        // Just below half of the last place that stays, and one more where that place is odd.
        let rounded = bits.wrapping_add(0x7FFF + (bits >> 16 & 1));
        // A NaN stays one, and quiet: its fraction must not be cut or carried away.
        let quiet = bits | 0x0040_0000;
        let is_nan = bits & 0x7FFF_FFFF > EXPONENT;
        Bf16(((if is_nan { quiet } else { rounded }) >> 16) as u16)
    }

    #[inline(always)]
    pub fn from_f64(x: f64) -> Bf16 {
        Bf16::from_f32(to_odd(x))
    }
}

impl F16 {
    pub const fn from_bits(bits: u16) -> F16 {
        F16(bits)
    }

    pub const fn to_bits(self) -> u16 {
        self.0
    }

    #[inline(always)]
    pub fn to_f32(self) -> f32 {
        let bits = self.0 as u32;
        let magnitude = (bits & 0x7FFF) << 13;
        // Exponent and fraction are in place, and the exponent counts from another zero: 2^112 makes up for it, also
        // for subnormal numbers. The greatest exponent means infinity or NaN.
        let scaled = f32::from_bits(magnitude) * f32::from_bits((127 + 112) << 23);
        let special = f32::from_bits(magnitude | EXPONENT);
        let value = if bits & 0x7C00 == 0x7C00 { special } else { scaled };
        f32::from_bits(value.to_bits() | (bits & 0x8000) << 16)
    }

    #[inline(always)]
    pub fn from_f32(x: f32) -> F16 {
        let sign = (x.to_bits() >> 16 & 0x8000) as u16;
        let bits = x.to_bits() & 0x7FFF_FFFF;
        // Subnormal: adding 0.5 lines the fraction up with the last place of f16, and rounds as f32 does.
        let small = (f32::from_bits(bits) + 0.5).to_bits().wrapping_sub(0.5f32.to_bits());
        // Normal: as for bfloat16, after the exponent has been counted from f16's zero. A carry goes into the exponent,
        // and from the greatest one to infinity.
        let normal = bits.wrapping_sub(112 << 23).wrapping_add(0xFFF + (bits >> 13 & 1)) >> 13;
        let magnitude = if bits < 113 << 23 {
            small
        } else if bits > EXPONENT {
            0x7E00 | bits >> 13 & 0x3FF
        } else if bits >= 143 << 23 {
            0x7C00
        } else {
            normal
        };
        F16(sign | magnitude as u16)
    }

    #[inline(always)]
    pub fn from_f64(x: f64) -> F16 {
        F16::from_f32(to_odd(x))
    }
}

/// `x` as an f32 whose last place is odd if digits were lost: rounding this once more gives what rounding `x` at once
/// would give (Boldo and Melquiond, 2008).
#[inline(always)]
fn to_odd(x: f64) -> f32 {
    let near = x as f32;
    let bits = near.to_bits();
    let (exact, beyond) = (near as f64 == x || x.is_nan(), (near as f64).abs() > x.abs());
    let cut = bits.wrapping_sub(beyond as u32) | 1;
    f32::from_bits(if exact { bits } else { cut })
}

macro_rules! numbers {
    ($t:ident) => {
        impl From<$t> for f32 {
            #[inline(always)]
            fn from(x: $t) -> f32 {
                x.to_f32()
            }
        }

        impl From<$t> for f64 {
            #[inline(always)]
            fn from(x: $t) -> f64 {
                x.to_f32() as f64
            }
        }

        /// As numbers: the zeros are equal, and NaN is equal to nothing.
        impl PartialEq for $t {
            fn eq(&self, other: &$t) -> bool {
                self.to_f32() == other.to_f32()
            }
        }

        impl std::fmt::Debug for $t {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                write!(f, "{:?}", self.to_f32())
            }
        }
    };
}
numbers!(F16);
numbers!(Bf16);

#[cfg(test)]
mod tests {
    use super::*;

    /// A float of 16 bits with `fraction` bits of fraction, from the definition.
    fn value(bits: u16, fraction: u32, bias: i32) -> f64 {
        let sign = if bits >> 15 == 1 { -1.0 } else { 1.0 };
        let digits = f64::from(bits & ((1 << fraction) - 1)) / f64::from(1 << fraction);
        let (exponent, greatest) = (i32::from((bits & 0x7FFF) >> fraction), i32::from(0x7FFFu16 >> fraction));
        sign * match exponent {
            0 => digits * 2f64.powi(1 - bias),
            e if e == greatest && digits == 0.0 => f64::INFINITY,
            e if e == greatest => f64::NAN,
            e => (1.0 + digits) * 2f64.powi(e - bias),
        }
    }

    macro_rules! exhaustive {
        ($name:ident, $t:ident, $fraction:expr, $bias:expr) => {
            #[test]
            fn $name() {
                for bits in 0..=u16::MAX {
                    let (number, want) = ($t::from_bits(bits), value(bits, $fraction, $bias));
                    let got = f64::from(number);
                    assert!(got.to_bits() == want.to_bits() || got.is_nan() && want.is_nan(), "{bits:#x}");
                    if want.is_nan() {
                        assert!(f64::from($t::from_f32(number.to_f32())).is_nan(), "{bits:#x}");
                        continue;
                    }
                    assert_eq!($t::from_f32(number.to_f32()).to_bits(), bits);
                    assert_eq!($t::from_f64(want).to_bits(), bits);
                    between(bits, want);
                }
            }
        };
    }

    macro_rules! halfway {
        ($name:ident, $t:ident, $fraction:expr, $bias:expr) => {
            /// Numbers between this one and the next in size: to the nearer, and from the middle to the even one.
            fn $name(bits: u16, low: f64) {
                let infinite = value(0x7FFF >> $fraction << $fraction, $fraction, $bias);
                assert_eq!(infinite, f64::INFINITY);
                if low.is_infinite() {
                    return;
                }
                let high = match value(bits + 1, $fraction, $bias) {
                    // The step before infinity is as wide as the one before it.
                    high if high.is_infinite() => low + (low - value(bits - 1, $fraction, $bias)),
                    high => high,
                };
                let middle = (low + high) / 2.0;
                let even = if bits % 2 == 0 { bits } else { bits + 1 };
                assert_eq!($t::from_f64(middle).to_bits(), even, "{middle:e}");
                assert_eq!($t::from_f32(middle as f32).to_bits(), even, "{middle:e}");
                // A hair beside the middle: f32 cannot tell it apart, f64 can.
                let toward = |end: f64| middle + (end - middle) * 1e-12;
                assert_eq!($t::from_f64(toward(low)).to_bits(), bits, "{middle:e}");
                assert_eq!($t::from_f64(toward(high)).to_bits(), bits + 1, "{middle:e}");
                let quarter = ((3.0 * low + high) / 4.0) as f32;
                assert_eq!($t::from_f32(quarter).to_bits(), bits, "{quarter:e}");
            }
        };
    }

    mod f16 {
        use super::*;
        halfway!(between, F16, 10, 15);
        exhaustive!(every_number_comes_back_and_all_between_go_to_the_nearest, F16, 10, 15);
    }

    mod bf16 {
        use super::*;
        halfway!(between, Bf16, 7, 127);
        exhaustive!(every_number_comes_back_and_all_between_go_to_the_nearest, Bf16, 7, 127);
    }

    #[test]
    fn what_is_too_large_is_infinite() {
        assert_eq!(F16::from_f32(65519.0).to_bits(), 0x7BFF);
        assert_eq!(F16::from_f32(65520.0).to_bits(), 0x7C00);
        assert_eq!(F16::from_f64(-1e300).to_bits(), 0xFC00);
        assert_eq!(F16::from_f32(f32::MAX).to_bits(), 0x7C00);
        assert_eq!(Bf16::from_f32(f32::MAX).to_bits(), 0x7F80);
        assert_eq!(Bf16::from_f64(1e300).to_bits(), 0x7F80);
        assert_eq!((F16::from_f64(1e-300).to_bits(), Bf16::from_f64(-1e-300).to_bits()), (0, 0x8000));
        assert!(F16::from_f64(f64::NAN).to_f32().is_nan() && Bf16::from_f64(f64::NAN).to_f32().is_nan());
    }
}
