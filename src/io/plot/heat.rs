//! A heat map: values of a grid as a small picture inside of the drawing.

use crate::io::base64;

/// Values of a grid, `rows` times `columns`, and the range of its places on either axis, cell edges included.
#[derive(Clone, Debug, PartialEq)]
pub struct Heat {
    pub rows: usize,
    pub columns: usize,
    /// The first row is the lowest.
    pub values: Vec<f64>,
    pub x: (f64, f64),
    pub y: (f64, f64),
}

/// Colours of values from `lo` to `hi`. Where both signs occur, two colours that meet in nothing at zero; else a grey.
#[derive(Clone, Debug, PartialEq)]
pub struct Colors {
    pub lo: f64,
    pub hi: f64,
}

/// Above zero, and below: as the first series and the second.
const ABOVE: [u8; 3] = [0x3b, 0x82, 0xc4];
const BELOW: [u8; 3] = [0xe0, 0x70, 0x2a];
const ALONE: [u8; 3] = [0x6b, 0x7a, 0x90];
/// Opacity of the largest value: what is drawn over a heat map must stand out.
const FULL: f64 = 0.62;

impl Colors {
    pub fn of(values: &[f64]) -> Colors {
        let finite = || values.iter().copied().filter(|v| v.is_finite());
        let (lo, hi) = finite().fold((f64::INFINITY, f64::NEG_INFINITY), |(a, b), v| (v.min(a), v.max(b)));
        match (lo > hi, lo < 0.0 && hi > 0.0) {
            (true, _) => Colors { lo: 0.0, hi: 1.0 },
            (_, true) => Colors { lo: lo.min(-hi), hi: hi.max(-lo) },
            (_, false) => Colors { lo, hi },
        }
    }

    /// Colour and opacity, from 0 to 1. What is no number has no colour.
    pub fn at(&self, value: f64) -> ([u8; 3], f64) {
        let Colors { lo, hi } = *self;
        let (color, share) = match lo < 0.0 && hi > 0.0 {
            true if value < 0.0 => (BELOW, -value / hi),
            true => (ABOVE, value / hi),
            false if hi > lo => (ALONE, (value - lo) / (hi - lo)),
            false => (ALONE, 0.5),
        };
        (color, if share.is_nan() { 0.0 } else { FULL * share.clamp(0.0, 1.0) })
    }
}

impl Heat {
    /// The picture as the text of a link to it: a PNG in base 64.
    pub fn link(&self, colors: &Colors) -> Result<String, png::EncodingError> {
        let mut pixels = Vec::with_capacity(self.values.len() * 4);
        for row in (0..self.rows).rev() {
            for value in &self.values[row * self.columns..(row + 1) * self.columns] {
                let (color, opacity) = colors.at(*value);
                pixels.extend(color);
                pixels.push((opacity * 255.0).round() as u8);
            }
        }
        let side = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        let mut bytes = vec![];
        let mut encoder = png::Encoder::new(&mut bytes, side(self.columns), side(self.rows));
        encoder.set_color(png::ColorType::Rgba);
        encoder.set_depth(png::BitDepth::Eight);
        let mut writer = encoder.write_header()?;
        writer.write_image_data(&pixels)?;
        writer.finish()?;
        Ok(format!("data:image/png;base64,{}", base64(&bytes)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colors_meet_at_zero_or_begin_at_the_least() {
        let both = Colors::of(&[-1.0, 3.0, f64::NAN]);
        assert_eq!((both.lo, both.hi), (-3.0, 3.0));
        assert_eq!(both.at(0.0).1, 0.0);
        assert_eq!(both.at(-1.0), (BELOW, FULL / 3.0));
        let one = Colors::of(&[2.0, 4.0]);
        assert_eq!((one.at(2.0), one.at(4.0)), ((ALONE, 0.0), (ALONE, FULL)));
        assert_eq!(one.at(f64::NAN).1, 0.0);
        assert_eq!(Colors::of(&[]), Colors { lo: 0.0, hi: 1.0 });
    }
}
