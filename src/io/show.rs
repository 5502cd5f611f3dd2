//! Numbers and tensors as text for people.

use crate::ops::Tensor;
use crate::types::Scalar;

/// Elements of an axis that are shown at either end of it, when it is long.
const EDGE: usize = 3;

/// Six significant digits, without zeros at the end; powers of ten where numbers are very large or small.
pub fn number(x: f64) -> String {
    if x == 0.0 || !x.is_finite() {
        return format!("{x}");
    }
    let scientific = format!("{x:.5e}");
    let (digits, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if (-4..9).contains(&exponent) {
        trimmed(&format!("{x:.*}", usize::try_from(5 - exponent).unwrap_or(0))).to_string()
    } else {
        format!("{}e{exponent}", trimmed(digits))
    }
}

fn trimmed(decimal: &str) -> &str {
    if decimal.contains('.') { decimal.trim_end_matches('0').trim_end_matches('.') } else { decimal }
}

/// A scalar as a number, other tensors as nested lists; long axes are cut in the middle.
pub fn tensor(tensor: &Tensor) -> String {
    let mut out = String::new();
    block(tensor, &tensor.shape, 0, &mut out);
    out
}

fn block(tensor: &Tensor, shape: &[usize], offset: usize, out: &mut String) {
    let Some((&n, inner)) = shape.split_first() else {
        out.push_str(&element(tensor.data.get(offset)));
        return;
    };
    let size: usize = inner.iter().product();
    out.push('[');
    for i in 0..n {
        if n > 2 * EDGE && (EDGE..n - EDGE).contains(&i) {
            if i == EDGE {
                out.push_str(", ..");
            }
            continue;
        }
        if i > 0 {
            out.push_str(", ");
        }
        block(tensor, inner, offset + i * size, out);
    }
    out.push(']');
}

fn element(value: Scalar) -> String {
    match value {
        Scalar::F16(_) | Scalar::Bf16(_) | Scalar::F32(_) | Scalar::F64(_) => number(value.as_f64()),
        Scalar::I32(x) => x.to_string(),
        Scalar::I64(x) => x.to_string(),
        Scalar::U8(x) => x.to_string(),
        Scalar::Bool(x) => x.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::DType;

    #[test]
    fn numbers_have_six_digits() {
        let cases = [
            (0.0, "0"),
            (1.0, "1"),
            (-0.25, "-0.25"),
            (2.0 / 3.0, "0.666667"),
            (123456.7, "123457"),
            (12345678.0, "12345678"),
            (1e9, "1e9"),
            (1e-3, "0.001"),
            (1.5e-7, "1.5e-7"),
            (f64::NAN, "NaN"),
            (f64::NEG_INFINITY, "-inf"),
        ];
        for (x, text) in cases {
            assert_eq!(number(x), text);
        }
    }

    #[test]
    fn long_axes_are_cut() {
        let values: Vec<f64> = (0..8).map(f64::from).collect();
        assert_eq!(tensor(&Tensor::from_f64(DType::I64, &[8], &values)), "[0, 1, 2, .., 5, 6, 7]");
        assert_eq!(tensor(&Tensor::from_f64(DType::F32, &[2, 2], &values[..4])), "[[0, 1], [2, 3]]");
        assert_eq!(tensor(&Tensor::scalar(Scalar::Bool(true))), "true");
        assert_eq!(tensor(&Tensor::zeros(DType::F32, &[2, 0])), "[[], []]");
    }
}
