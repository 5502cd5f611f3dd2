//! Transposition of a few lines, in blocks that fit into registers.

use super::super::element::Element;

/// Lines and columns of a block.
const BLOCK: usize = 16;

/// `to[j][i] = from[i][j]` for `i < lines`, `j < n`; lines of `from` are `step` apart, those of `to` are `line`, and their
/// ends are zero.
pub fn turn<T: Element>(from: &[T], step: usize, lines: usize, n: usize, to: &mut [T], line: usize) {
    for i in (0..lines).step_by(BLOCK) {
        let height = BLOCK.min(lines - i);
        for j in (0..n).step_by(BLOCK) {
            let width = BLOCK.min(n - j);
            let mut block = [[T::ZERO; BLOCK]; BLOCK];
            for (k, row) in block.iter_mut().enumerate().take(height) {
                let from = &from[(i + k) * step + j..][..width];
                match from.first_chunk::<BLOCK>() {
                    Some(whole) => *row = *whole,
                    None => row[..width].copy_from_slice(from),
                }
            }
            for q in 0..width {
                let column: [T; BLOCK] = std::array::from_fn(|k| block[k][q]);
                let to = &mut to[(j + q) * line + i..];
                to[..BLOCK.min(line - i)].copy_from_slice(&column[..BLOCK.min(line - i)]);
            }
        }
    }
}
