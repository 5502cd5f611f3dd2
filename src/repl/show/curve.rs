//! Curves in braille: every cell is two points wide and four high.

use crate::io::show::number;

use super::super::world::Look;

/// Lines of a drawing.
const HEIGHT: usize = 10;
/// Columns at most.
const WIDTH: usize = 64;

/// The dots of a cell, from above to below, left and right.
const DOTS: [[u32; 2]; 4] = [[0x01, 0x08], [0x02, 0x10], [0x04, 0x20], [0x40, 0x80]];

/// Draws heights as curves over one another; what is not finite leaves a gap.
pub fn curves(series: &[Vec<f64>], look: Look) -> Vec<String> {
    let finite = || series.iter().flatten().copied().filter(|y| y.is_finite());
    let (lo, hi) = (finite().fold(f64::INFINITY, f64::min), finite().fold(f64::NEG_INFINITY, f64::max));
    if lo > hi {
        return vec!["nothing to draw: no number is finite".to_string()];
    }
    let labels = [hi, lo].map(label);
    let margin = labels.iter().map(|label| label.chars().count()).max().unwrap_or(0);
    let width = look.width.saturating_sub(margin + 3).clamp(8, WIDTH);
    let mut canvas = Canvas { width, cells: vec![0; width * HEIGHT] };
    for heights in series {
        canvas.curve(heights, lo, hi);
    }
    let rows = canvas.cells.chunks(width).enumerate().map(|(i, cells)| {
        let label = match i {
            0 => labels[0].as_str(),
            i if i + 1 == HEIGHT => labels[1].as_str(),
            _ => "",
        };
        let dots: String = cells.iter().map(|&dots| char::from_u32(0x2800 + dots).unwrap_or(' ')).collect();
        format!("{label:>margin$} ┤{}", dots.trim_end_matches('\u{2800}'))
    });
    rows.collect()
}

/// Four digits.
fn label(y: f64) -> String {
    number(format!("{y:.3e}").parse().unwrap_or(y))
}

struct Canvas {
    width: usize,
    cells: Vec<u32>,
}

impl Canvas {
    /// A dot at a point that counts from above and from the left.
    fn dot(&mut self, x: usize, y: usize) {
        self.cells[y / 4 * self.width + x / 2] |= DOTS[y % 4][x % 2];
    }

    /// A line through all heights; of more heights than points, through the highest and the lowest of each.
    fn curve(&mut self, heights: &[f64], lo: f64, hi: f64) {
        let (width, height) = (2 * self.width, 4 * HEIGHT);
        let place = |y: f64| {
            let share = if hi > lo { (hi / 2.0 - y / 2.0) / (hi / 2.0 - lo / 2.0) } else { 0.5 };
            (share * (height - 1) as f64).round() as usize
        };
        let column = |i: usize| if heights.len() > 1 { i * (width - 1) / (heights.len() - 1) } else { width / 2 };
        let mut last: Option<(usize, usize)> = None;
        for (i, &y) in heights.iter().enumerate() {
            let to = y.is_finite().then(|| (column(i), place(y)));
            match (last, to) {
                (Some(from), Some(to)) => self.line(from, to),
                (None, Some((x, y))) => self.dot(x, y),
                _ => {}
            }
            last = to;
        }
    }

    /// All points between two.
    fn line(&mut self, from: (usize, usize), to: (usize, usize)) {
        let steps = to.0.abs_diff(from.0).max(to.1.abs_diff(from.1)).max(1);
        let between = |a: usize, b: usize, i: usize| {
            (a as f64 + (b as f64 - a as f64) * i as f64 / steps as f64).round() as usize
        };
        for i in 0..=steps {
            self.dot(between(from.0, to.0, i), between(from.1, to.1, i));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOOK: Look = Look { width: 12, color: false };

    #[test]
    fn a_line_goes_from_corner_to_corner() {
        let lines = curves(&[vec![0.0, 1.0]], LOOK);
        assert_eq!(lines.len(), HEIGHT);
        assert!(lines[0].starts_with("1 ┤") && lines[0].ends_with('⡜'), "{lines:#?}");
        assert!(lines[9].starts_with("0 ┤⡜"), "{lines:#?}");
    }

    #[test]
    fn gaps_and_single_numbers_are_drawn_too() {
        let dots = |lines: Vec<String>| -> u32 {
            lines.concat().chars().filter(|c| *c > '\u{2800}').map(|c| (c as u32 - 0x2800).count_ones()).sum()
        };
        assert_eq!(dots(curves(&[vec![2.0]], LOOK)), 1);
        assert_eq!(dots(curves(&[vec![2.0, f64::NAN, 2.0]], LOOK)), 2);
        assert_eq!(dots(curves(&[vec![2.0, 2.0]], LOOK)), 16);
        assert_eq!(curves(&[vec![f64::NAN]], LOOK), ["nothing to draw: no number is finite"]);
    }
}
