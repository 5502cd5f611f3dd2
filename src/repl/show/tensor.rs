//! Tensors: small ones whole; of large ones the type, what the numbers are like, how they are spread, and a corner.

use crate::base::grouped;
use crate::io::show::number;
use crate::ops::Tensor;
use crate::sema::type_text;
use crate::tir::Ty;
use crate::types::{Dim, Scalar};

use super::super::world::Look;
use super::histogram::{bars, counts};
use super::matrix::{aligned, bracketed};

/// Elements up to which a tensor is shown whole, if its rows fit.
const WHOLE: usize = 128;
/// Lines up to which it is.
const LINES: usize = 16;
/// Bins of a histogram.
const BINS: usize = 32;
/// Rows and columns that are shown of either end of a large tensor.
const EDGE: usize = 3;

/// One element as text.
pub fn element(tensor: &Tensor, at: usize) -> String {
    crate::io::show::tensor(&Tensor::scalar(tensor.data.get(at)))
}

/// A tensor with its type.
pub fn tensor(tensor: &Tensor, ty: &Ty, look: Look) -> Vec<String> {
    let size = |&n: &usize| Dim::from(i64::try_from(n).unwrap_or(i64::MAX));
    let ty = type_text(&Ty { shape: tensor.shape.iter().map(size).collect(), ..ty.clone() });
    let count: usize = tensor.shape.iter().product();
    if count <= WHOLE {
        let lines = bracketed(&aligned(tensor), &tensor.shape);
        let fits = lines.len() <= LINES && lines.iter().all(|line| line.chars().count() < look.width);
        match &lines[..] {
            [one] if fits && one.chars().count() + 2 + ty.len() < look.width => return vec![format!("{one}  {ty}")],
            _ if fits => return [vec![ty], lines].concat(),
            _ => {}
        }
    }
    let mut lines = vec![format!("{ty}  {} numbers", grouped(count as u64))];
    lines.extend(statistics(tensor));
    lines.extend(corner(tensor));
    lines
}

/// Range, mean and spread, and a histogram.
fn statistics(tensor: &Tensor) -> Vec<String> {
    let values = tensor.to_f64();
    let finite: Vec<f64> = values.iter().copied().filter(|x| x.is_finite()).collect();
    let lost = values.len() - finite.len();
    if finite.is_empty() {
        return vec!["none of them finite".to_string()];
    }
    let lo = finite.iter().copied().fold(f64::INFINITY, f64::min);
    let hi = finite.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let mean = finite.iter().sum::<f64>() / finite.len() as f64;
    let variance = finite.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>() / finite.len() as f64;
    let zeros = finite.iter().filter(|x| **x == 0.0).count();
    let mut line = format!("mean {}  std {}", short(mean), short(variance.sqrt()));
    if zeros * 100 >= values.len() {
        line.push_str(&format!("  zeros {}%", zeros * 100 / values.len()));
    }
    if lost > 0 {
        let nans = values.iter().filter(|x| x.is_nan()).count();
        line.push_str(&format!("  NaN {}  infinite {}", grouped(nans as u64), grouped((lost - nans) as u64)));
    }
    let bins = if tensor.dtype().is_float() { BINS } else { ((hi - lo) as usize).saturating_add(1).min(BINS) };
    vec![line, format!("{} {} {}", short(lo), bars(&counts(&values, bins.max(1))), short(hi))]
}

/// Four digits.
fn short(x: f64) -> String {
    let scientific = format!("{x:.3e}");
    number(scientific.parse().unwrap_or(x))
}

/// The first rows and columns and the last ones of the first matrix.
fn corner(tensor: &Tensor) -> Vec<String> {
    let (rows, columns) = match &tensor.shape[..] {
        [.., rows, columns] => (*rows, *columns),
        [n] => (1, *n),
        [] => (1, 1),
    };
    let (at_rows, at_columns) = (ends(rows), ends(columns));
    let picked = at_rows.iter().flat_map(|row| at_columns.iter().map(move |column| row * columns + column));
    let picked: Vec<Scalar> = picked.map(|at| tensor.data.get(at)).collect();
    let values: Vec<f64> = picked.iter().map(|value| value.as_f64()).collect();
    let excerpt = Tensor::from_f64(tensor.dtype(), &[at_rows.len(), at_columns.len()], &values);
    let texts = aligned(&excerpt);
    let line = |row: &[String]| match columns > row.len() {
        true => format!("{}, .. {}", row[..EDGE].join(", "), row[EDGE..].join(", ")),
        false => row.join(", "),
    };
    let mut lines: Vec<String> = texts.chunks(at_columns.len().max(1)).map(|row| format!("[{}]", line(row))).collect();
    if rows > at_rows.len() {
        lines.insert(EDGE, "..".to_string());
    }
    lines
}

/// The places at both ends of an axis; all where it is short.
fn ends(n: usize) -> Vec<usize> {
    if n <= 2 * EDGE { (0..n).collect() } else { (0..EDGE).chain(n - EDGE..n).collect() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::DType;

    const LOOK: Look = Look { width: 80, color: false };

    fn shown(shape: &[usize], values: &[f64]) -> Vec<String> {
        let ty = Ty::new(DType::F32, vec![]);
        tensor(&Tensor::from_f64(DType::F32, shape, values), &ty, LOOK)
    }

    #[test]
    fn small_tensors_are_whole() {
        assert_eq!(shown(&[], &[0.25]), ["0.25  f32[]"]);
        assert_eq!(shown(&[2], &[1.0, 2.0]), ["[1, 2]  f32[2]"]);
        assert_eq!(shown(&[2, 1], &[1.0, 2.0]), ["f32[2, 1]", "[[1],", " [2]]"]);
        assert_eq!(shown(&[0, 3], &[]), ["[]  f32[0, 3]"]);
    }

    #[test]
    fn of_large_ones_there_are_numbers_a_histogram_and_a_corner() {
        let values: Vec<f64> = (0..400).map(f64::from).collect();
        let lines = shown(&[20, 20], &values);
        assert_eq!(lines[..2], ["f32[20, 20]  400 numbers", "mean 199.5  std 115.5"]);
        assert_eq!(lines[2], format!("0 {} 399", "█".repeat(32)));
        assert_eq!(lines[3], "[  0,   1,   2, ..  17,  18,  19]");
        assert_eq!((lines.len(), lines[6].as_str()), (10, ".."));
    }

    #[test]
    fn what_is_not_finite_is_counted() {
        let mut values = vec![1.0; 200];
        (values[0], values[1], values[2]) = (f64::NAN, f64::INFINITY, 3.0);
        let lines = shown(&[200], &values);
        assert_eq!(lines[1], "mean 1.01  std 0.1418  NaN 1  infinite 1");
        assert_eq!(shown(&[200], &[f64::NAN; 200])[1], "none of them finite");
    }
}
