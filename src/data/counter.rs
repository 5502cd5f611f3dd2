//! Random numbers without a state: a number is a function of what it is for. So the same seed gives the same order of
//! rows on any number of threads, from any epoch on.

/// The finaliser of SplitMix64 (Steele, Lea, Flood, 2014): a bijection in which every input bit reaches every output bit.
fn scramble(mut x: u64) -> u64 {
    x = (x ^ (x >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    x ^ (x >> 31)
}

/// One number out of several, in which order matters: a seed and what it is used for.
pub fn mix(words: &[u64]) -> u64 {
    words.iter().fold(0, |state, &word| scramble(state.wrapping_add(0x9E37_79B9_7F4A_7C15) ^ scramble(word)))
}

/// A permutation of `0..n` that `key` fixes (Fisher and Yates, with the `i`-th number drawn from the key and `i`).
pub fn permutation(n: usize, key: u64) -> Vec<usize> {
    let mut order: Vec<usize> = (0..n).collect();
    for i in (1..n).rev() {
        order.swap(i, below(i as u64 + 1, mix(&[key, i as u64])));
    }
    order
}

/// `bits` scaled to `0..n`; off from uniform by less than `n / 2^64`.
fn below(n: u64, bits: u64) -> usize {
    ((u128::from(bits) * u128::from(n)) >> 64) as usize
}

/// Bits as a number in [0, 1).
pub fn unit(bits: u64) -> f64 {
    (bits >> 11) as f64 / (1u64 << 53) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_permutation_has_every_row_once_and_depends_on_its_key() {
        let order = permutation(1000, 7);
        let mut sorted = order.clone();
        sorted.sort_unstable();
        assert!(sorted.into_iter().eq(0..1000));
        assert_eq!(order, permutation(1000, 7));
        assert_ne!(order, permutation(1000, 8));
        assert!(permutation(0, 1).is_empty());
    }

    #[test]
    fn every_place_is_about_equally_likely() {
        let mut counts = [[0u32; 4]; 4];
        for key in 0..4000 {
            for (place, row) in permutation(4, key).into_iter().enumerate() {
                counts[place][row] += 1;
            }
        }
        // 1000 expected; six standard deviations are 165.
        assert!(counts.iter().flatten().all(|c| c.abs_diff(1000) < 165), "{counts:?}");
    }

    #[test]
    fn mixing_minds_the_order() {
        assert_ne!(mix(&[1, 2]), mix(&[2, 1]));
        assert_ne!(mix(&[1]), mix(&[1, 0]));
    }
}
