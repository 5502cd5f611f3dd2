//! Pictures: with colours two points in every cell of the terminal, as an upper half-block and what is below it; without, every
//! point as two cells of a shade.

use crate::ops::Tensor;

use super::super::world::Look;

/// From dark to light.
const SHADES: [char; 5] = [' ', '░', '▒', '▓', '█'];

/// Points in rows, each with its red, green and blue from 0 to 1.
struct Points {
    rows: usize,
    columns: usize,
    at: Vec<[f64; 3]>,
}

/// Draws `[H, W]`, `[1, H, W]`, `[3, H, W]`, and a row of pictures of `[N, H, W]` and `[N, C, H, W]`; none for other shapes. The range of
/// the numbers is that from black to white, but for those in 0..1 as they are.
pub fn picture(tensor: &Tensor, look: Look) -> Option<Vec<String>> {
    let points = fitted(points(tensor)?, look);
    let rows: Vec<&[[f64; 3]]> = points.at.chunks(points.columns).collect();
    debug_assert_eq!(rows.len(), points.rows);
    Some(match look.color {
        true => rows.chunks(2).map(|pair| halves(pair[0], pair.get(1).copied())).collect(),
        false => rows.into_iter().map(shades).collect(),
    })
}

/// The points of a tensor, pictures side by side with a column between them.
fn points(tensor: &Tensor) -> Option<Points> {
    let (count, channels, rows, columns) = match tensor.shape[..] {
        [h, w] => (1, 1, h, w),
        [c @ (1 | 3), h, w] => (1, c, h, w),
        [n, h, w] => (n, 1, h, w),
        [n, c @ (1 | 3), h, w] => (n, c, h, w),
        _ => return None,
    };
    let values = tensor.to_f64();
    if rows == 0 || columns == 0 || count == 0 {
        return None;
    }
    let finite = || values.iter().copied().filter(|x| x.is_finite());
    let (lo, hi) = (finite().fold(0.0, f64::min), finite().fold(f64::NEG_INFINITY, f64::max));
    let hi = if lo >= 0.0 && hi <= 1.0 { 1.0 } else { hi };
    let light = |x: f64| if x.is_finite() && hi > lo { (x - lo) / (hi - lo) } else { 0.0 };
    let width = count * (columns + 1) - 1;
    let mut at = vec![[0.0; 3]; rows * width];
    for n in 0..count {
        for row in 0..rows {
            for column in 0..columns {
                let value =
                    |c: usize| light(values[((n * channels + c.min(channels - 1)) * rows + row) * columns + column]);
                at[row * width + n * (columns + 1) + column] = [value(0), value(1), value(2)];
            }
        }
    }
    Some(Points { rows, columns: width, at })
}

/// Made smaller, by means over squares, until the terminal is wide enough.
fn fitted(points: Points, look: Look) -> Points {
    let cells = if look.color { 1 } else { 2 };
    let most = (look.width / cells).max(1);
    let by = points.columns.div_ceil(most);
    if by <= 1 {
        return points;
    }
    let (rows, columns) = (points.rows.div_ceil(by), points.columns.div_ceil(by));
    let mean = |row: usize, column: usize| {
        let of_rows = row * by..((row + 1) * by).min(points.rows);
        let inside = of_rows.flat_map(|r| (column * by..((column + 1) * by).min(points.columns)).map(move |c| (r, c)));
        let all: Vec<[f64; 3]> = inside.map(|(r, c)| points.at[r * points.columns + c]).collect();
        [0, 1, 2].map(|c| all.iter().map(|point| point[c]).sum::<f64>() / all.len() as f64)
    };
    let at = (0..rows).flat_map(|row| (0..columns).map(move |column| (row, column)));
    Points { rows, columns, at: at.map(|(row, column)| mean(row, column)).collect() }
}

/// Two rows in one line: the upper as the colour of `▀`, the lower as that behind it.
fn halves(upper: &[[f64; 3]], lower: Option<&[[f64; 3]]>) -> String {
    let colour = |point: &[f64; 3]| {
        let [r, g, b] = point.map(|x| (x.clamp(0.0, 1.0) * 255.0).round() as u8);
        format!("{r};{g};{b}")
    };
    let mut line = String::new();
    for (i, point) in upper.iter().enumerate() {
        line.push_str(&format!("\x1b[38;2;{}m", colour(point)));
        if let Some(lower) = lower {
            line.push_str(&format!("\x1b[48;2;{}m", colour(&lower[i])));
        }
        line.push('▀');
    }
    line + "\x1b[0m"
}

fn shades(row: &[[f64; 3]]) -> String {
    let shade = |[r, g, b]: &[f64; 3]| {
        // Rec. 601.
        let light = (0.299 * r + 0.587 * g + 0.114 * b).clamp(0.0, 1.0);
        let shade = SHADES[(light * (SHADES.len() - 1) as f64).round() as usize];
        [shade, shade]
    };
    let line: String = row.iter().flat_map(shade).collect();
    line.trim_end().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::DType;

    fn drawn(shape: &[usize], values: &[f64], color: bool) -> Option<Vec<String>> {
        picture(&Tensor::from_f64(DType::F32, shape, values), Look { width: 8, color })
    }

    #[test]
    fn shades_without_colours() {
        assert_eq!(drawn(&[2, 2], &[0.0, 1.0, 0.5, 0.25], false), Some(vec!["  ██".into(), "▒▒░░".into()]));
        assert_eq!(drawn(&[1, 3], &[-2.0, 0.0, 2.0], false), Some(vec!["  ▒▒██".into()]), "from black to white");
        assert_eq!(drawn(&[2, 1, 1], &[1.0, 1.0], false), Some(vec!["██  ██".into()]), "side by side");
        assert_eq!(drawn(&[2], &[1.0, 1.0], false), None);
        assert_eq!(drawn(&[0, 2], &[], false), None);
    }

    #[test]
    fn half_blocks_with_colours() {
        let one = "\x1b[38;2;255;255;255m\x1b[48;2;0;0;0m▀\x1b[0m";
        assert_eq!(drawn(&[2, 1], &[1.0, 0.0], true), Some(vec![one.to_string()]));
        let red = "\x1b[38;2;255;0;0m▀\x1b[0m";
        assert_eq!(drawn(&[3, 1, 1], &[1.0, 0.0, 0.0], true), Some(vec![red.to_string()]));
    }

    #[test]
    fn what_is_too_wide_is_made_smaller() {
        let lines = drawn(&[2, 8], &[[1.0; 4], [0.0; 4], [1.0; 4], [0.0; 4]].concat(), false).expect("a picture");
        assert_eq!(lines, ["████"]);
    }
}
