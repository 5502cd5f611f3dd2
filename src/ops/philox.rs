//! Counter-based random numbers: Philox4x32-10 of Salmon, Moraes, Dror and Shaw, "Parallel random numbers: as easy as
//! 1, 2, 3", 2011. Element `i` of a tensor is a function of the key, the stream and `i` alone, so it is the same number
//! on any number of threads and on any device.
//!
//! The layout, which every backend keeps: the cipher's key is the 64-bit key, low word first; its counter is the block's
//! number (64 bits, low word first), then the stream (64 bits, low word first). A block is four words: four elements
//! of f32 (element `i` is word `i % 4` of block `i / 4`), or two of f64 (words `2*(i % 2)`, low, and `2*(i % 2) + 1`,
//! high, of block `i / 2`). Elements of 16 bits are those of f32 without the digits that they cannot have.

use crate::types::DType;

const ROUNDS: usize = 10;
const MULTIPLIERS: [u32; 2] = [0xD251_1F53, 0xCD9E_8D57];
/// The golden ratio and the square root of 3 less 1, in 32 bits.
const KEY_STEPS: [u32; 2] = [0x9E37_79B9, 0xBB67_AE85];

/// The cipher: one block of four words. It is inlined, with what calls it, so that a loop over blocks becomes one over
/// vectors of the instructions that its function may use.
#[inline(always)]
pub fn philox4x32(mut counter: [u32; 4], mut key: [u32; 2]) -> [u32; 4] {
    for _ in 0..ROUNDS {
        let (high0, low0) = wide_mul(MULTIPLIERS[0], counter[0]);
        let (high1, low1) = wide_mul(MULTIPLIERS[1], counter[2]);
        counter = [high1 ^ counter[1] ^ key[0], low1, high0 ^ counter[3] ^ key[1], low0];
        key = [key[0].wrapping_add(KEY_STEPS[0]), key[1].wrapping_add(KEY_STEPS[1])];
    }
    counter
}

/// The product of two words as two, high word first.
#[inline(always)]
fn wide_mul(a: u32, b: u32) -> (u32, u32) {
    words(a as u64 * b as u64).into()
}

/// The two words of `x`, high word first.
#[inline(always)]
fn words(x: u64) -> [u32; 2] {
    [(x >> 32) as u32, x as u32]
}

/// Block `index` of a stream.
#[inline(always)]
pub fn block(key: i64, stream: u64, index: u64) -> [u32; 4] {
    let [key_high, key_low] = words(key as u64);
    let [index_high, index_low] = words(index);
    let [stream_high, stream_low] = words(stream);
    philox4x32([index_low, index_high, stream_low, stream_high], [key_low, key_high])
}

/// The top 24 bits as a number in [0, 1).
#[inline(always)]
pub fn unit_f32(word: u32) -> f32 {
    (word >> 8) as f32 * (1.0 / (1 << 24) as f32)
}

/// The top 53 of 64 bits as a number in [0, 1).
#[inline(always)]
pub fn unit_f64(low: u32, high: u32) -> f64 {
    let bits = (high as u64) << 32 | low as u64;
    (bits >> 11) as f64 * (1.0 / (1u64 << 53) as f64)
}

/// How many uniform numbers an element of 16 bits can be: all that are `k / steps` are exact, and none is rounded to 1.
pub fn steps(dtype: DType) -> f64 {
    if dtype == DType::Bf16 { 256.0 } else { 2048.0 }
}

/// The four elements of f32 in a block.
#[inline(always)]
pub fn elements_f32(block: [u32; 4]) -> [f32; 4] {
    block.map(unit_f32)
}

/// The two elements of f64 in a block.
#[inline(always)]
pub fn elements_f64([a, b, c, d]: [u32; 4]) -> [f64; 2] {
    [unit_f64(a, b), unit_f64(c, d)]
}

/// Element `i` of a tensor of f32.
pub fn uniform_f32(key: i64, stream: u64, i: u64) -> f32 {
    elements_f32(block(key, stream, i / 4))[(i % 4) as usize]
}

/// Element `i` of a tensor of f64.
pub fn uniform_f64(key: i64, stream: u64, i: u64) -> f64 {
    elements_f64(block(key, stream, i / 2))[(i % 2) as usize]
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The known answers that the authors publish with Random123.
    #[test]
    fn known_answers() {
        let ones = u32::MAX;
        assert_eq!(philox4x32([0; 4], [0; 2]), [0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8]);
        assert_eq!(philox4x32([ones; 4], [ones; 2]), [0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd]);
        assert_eq!(
            philox4x32([0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344], [0xa4093822, 0x299f31d0]),
            [0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1]
        );
    }

    #[test]
    fn the_layout_of_the_counter() {
        let (key, stream) = (0x0000_0002_0000_0001, 0x0000_0004_0000_0003);
        let words = philox4x32([5, 0, 3, 4], [1, 2]);
        assert_eq!(block(key, stream, 5), words);
        assert_eq!(uniform_f32(key, stream, 22), unit_f32(words[2]));
        assert_eq!(uniform_f64(key, stream, 11), unit_f64(words[2], words[3]));
    }

    #[test]
    fn never_one() {
        assert_eq!(unit_f32(u32::MAX), 1.0 - f32::EPSILON / 2.0);
        assert_eq!(unit_f64(u32::MAX, u32::MAX), 1.0 - f64::EPSILON / 2.0);
        assert_eq!((unit_f32(0), unit_f64(0, 0)), (0.0, 0.0));
    }
}
