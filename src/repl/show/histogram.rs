//! How numbers are spread, in a line of blocks.

/// From nothing to a whole cell.
const BLOCKS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// How many of `values` lie in each of `bins` equal parts of their range. What is not finite is in none.
pub fn counts(values: &[f64], bins: usize) -> Vec<usize> {
    let finite = || values.iter().copied().filter(|x| x.is_finite());
    let lo = finite().fold(f64::INFINITY, f64::min);
    let hi = finite().fold(f64::NEG_INFINITY, f64::max);
    let mut counts = vec![0; bins];
    for x in finite() {
        // Halves keep the difference of the largest floats finite.
        let share = if hi > lo { (x / 2.0 - lo / 2.0) / (hi / 2.0 - lo / 2.0) } else { 0.5 };
        counts[((share * bins as f64) as usize).min(bins - 1)] += 1;
    }
    counts
}

/// Counts as blocks: empty places are blank, and what there is shows, however little.
pub fn bars(counts: &[usize]) -> String {
    let most = counts.iter().copied().max().unwrap_or(0).max(1);
    let bar = |&count: &usize| match count {
        0 => ' ',
        n => BLOCKS[((n * BLOCKS.len()).div_ceil(most)).clamp(1, BLOCKS.len()) - 1],
    };
    counts.iter().map(bar).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_number_is_in_one_bin() {
        assert_eq!(counts(&[0.0, 0.1, 0.5, 1.0, f64::NAN], 2), [2, 2]);
        assert_eq!(counts(&[3.0, 3.0], 3), [0, 2, 0], "one number is in the middle");
        assert_eq!(counts(&[-f64::MAX, f64::MAX], 2), [1, 1]);
        assert_eq!(counts(&[], 2), [0, 0]);
    }

    #[test]
    fn the_highest_bar_is_full_and_the_least_can_be_seen() {
        assert_eq!(bars(&[0, 1, 4, 8, 1000]), " ▁▁▁█");
        assert_eq!(bars(&[1, 2, 3, 4, 5, 6, 7, 8]), "▁▂▃▄▅▆▇█");
    }
}
