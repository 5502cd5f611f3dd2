//! Transposition of a few lines, in blocks that fit into registers.

use super::super::element::Element;

/// Lines and columns of a block.
pub const BLOCK: usize = 16;

/// Calls `put(j, i, column)` for pieces of the columns `j < n` of `from`, whose lines are `step` apart: `column` holds lines
/// `i..`, as many as there are of a block, and zeros behind the last.
pub fn turn<T: Element>(
    from: &[T],
    step: usize,
    lines: usize,
    n: usize,
    mut put: impl FnMut(usize, usize, &[T; BLOCK]),
) {
    for i in (0..lines).step_by(BLOCK) {
        let height = BLOCK.min(lines - i);
        for j in (0..n).step_by(BLOCK) {
            let width = BLOCK.min(n - j);
            let mut block = [[T::ZERO; BLOCK]; BLOCK];
            for (k, row) in block.iter_mut().enumerate().take(height) {
                let from = &from[(i + k) * step + j..];
                match from.first_chunk::<BLOCK>() {
                    Some(whole) if width == BLOCK => *row = *whole,
                    _ => row.iter_mut().zip(&from[..width]).for_each(|(to, &from)| *to = from),
                }
            }
            (0..width).for_each(|q| put(j + q, i, &std::array::from_fn(|k| block[k][q])));
        }
    }
}
