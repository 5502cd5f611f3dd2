//! Rows of numbers with their columns aligned.

use crate::io::show::number;
use crate::ops::Tensor;

use super::tensor::element;

/// Digits behind the point, at most.
const DIGITS: usize = 4;

/// All elements as texts of one width, or none where they are too many.
pub fn aligned(tensor: &Tensor) -> Vec<String> {
    let count: usize = tensor.shape.iter().product();
    let texts: Vec<String> = match tensor.dtype().is_float() {
        true => floats(&tensor.to_f64()),
        false => (0..count).map(|i| element(tensor, i)).collect(),
    };
    let width = texts.iter().map(|text| text.chars().count()).max().unwrap_or(0);
    texts.into_iter().map(|text| format!("{text:>width$}")).collect()
}

/// With the same digits behind the point, where that shows all of them well.
fn floats(values: &[f64]) -> Vec<String> {
    let sizes = || values.iter().map(|x| x.abs()).filter(|x| x.is_finite() && *x > 0.0);
    let largest = sizes().fold(0.0, f64::max);
    let smallest = sizes().fold(f64::INFINITY, f64::min);
    if largest >= 1e6 || smallest < 1e-3 && smallest.is_finite() {
        return values.iter().map(|&x| number(x)).collect();
    }
    let needed = |x: &f64| {
        let text = format!("{x:.DIGITS$}");
        text.trim_end_matches('0').split_once('.').map_or(0, |(_, digits)| digits.len())
    };
    let digits = values.iter().filter(|x| x.is_finite()).map(needed).max().unwrap_or(0);
    values.iter().map(|x| format!("{x:.digits$}")).collect()
}

/// The texts of a tensor as nested brackets, a line for each row.
pub fn bracketed(texts: &[String], shape: &[usize]) -> Vec<String> {
    let Some((&n, inner)) = shape.split_first() else { return texts.to_vec() };
    if inner.is_empty() {
        return vec![format!("[{}]", texts.join(", "))];
    }
    let size: usize = inner.iter().product();
    let mut lines: Vec<String> = vec![];
    for i in 0..n {
        let rows = bracketed(&texts[i * size..(i + 1) * size], inner);
        let count = rows.len();
        for (k, row) in rows.into_iter().enumerate() {
            let open = if (i, k) == (0, 0) { '[' } else { ' ' };
            let close = match (k + 1 == count, i + 1 == n) {
                (true, true) => "]",
                (true, false) => ",",
                (false, _) => "",
            };
            lines.push(format!("{open}{row}{close}"));
        }
    }
    if lines.is_empty() { vec!["[]".to_string()] } else { lines }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::DType;

    fn shown(shape: &[usize], values: &[f64]) -> Vec<String> {
        let tensor = Tensor::from_f64(DType::F32, shape, values);
        bracketed(&aligned(&tensor), shape)
    }

    #[test]
    fn columns_stand_below_each_other() {
        assert_eq!(shown(&[2, 2], &[1.0, -2.5, 10.0, 0.0]), ["[[ 1.0, -2.5],", " [10.0,  0.0]]"]);
        assert_eq!(shown(&[2], &[1e-7, 1.0]), ["[1e-7,    1]"]);
        assert_eq!(shown(&[2, 1, 2], &[1.0, 2.0, 3.0, f64::NAN]), ["[[[  1,   2]],", " [[  3, NaN]]]"]);
    }
}
