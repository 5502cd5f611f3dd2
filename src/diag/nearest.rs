//! Did you mean: the candidate that a misspelt word most likely stands for.

/// The best of `candidates` for `word`, or `None` if none is close. Of equals the first wins.
///
/// Close is: the same but for case and underscores; one that begins with the word; few edits (an insertion, a deletion, a
/// replacement or a swap of two neighbours) for its length; or one that the word begins with.
pub fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    candidates
        .into_iter()
        .filter(|candidate| *candidate != word)
        .filter_map(|candidate| Some((cost(word, candidate)?, candidate)))
        .reduce(|best, next| if next.0 < best.0 { next } else { best })
        .map(|(_, candidate)| candidate)
}

/// How far apart two words are; `None` if too far.
fn cost(word: &str, candidate: &str) -> Option<usize> {
    if word.is_empty() || candidate.is_empty() {
        return None;
    }
    let (plain, other) = (plain(word), plain(candidate));
    if plain == other {
        return Some(0);
    }
    let longer = plain.len().max(other.len());
    // Words whose lengths differ by more have no more in common than their beginning.
    let edits = if plain.len().abs_diff(other.len()) > 3 { longer } else { distance(&plain, &other) };
    // Who stops in the middle of a word has written no other one.
    if plain.len() >= 2 && other.starts_with(&plain) {
        return Some(edits.min(2));
    }
    if edits <= ((longer + 1) / 3).min(3) && edits < plain.len().min(other.len()) {
        return Some(3 * edits);
    }
    (other.len() >= 3 && plain.starts_with(&other)).then_some(10)
}

fn plain(word: &str) -> Vec<char> {
    word.chars().filter(|c| *c != '_').flat_map(char::to_lowercase).collect()
}

/// Edit distance with swaps of neighbours (optimal string alignment).
fn distance(a: &[char], b: &[char]) -> usize {
    let mut before: Vec<usize> = vec![];
    let mut above: Vec<usize> = (0..=b.len()).collect();
    for i in 1..=a.len() {
        let mut row = vec![i];
        for j in 1..=b.len() {
            let replace = above[j - 1] + usize::from(a[i - 1] != b[j - 1]);
            let mut best = replace.min(above[j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                best = best.min(before[j - 2] + 1);
            }
            row.push(best);
        }
        before = std::mem::replace(&mut above, row);
    }
    above[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn typing_errors() {
        let words = ["layer", "let", "softmax", "log_softmax", "Conv2d"];
        assert_eq!(nearest("layr", words), Some("layer"));
        assert_eq!(nearest("alyer", words), Some("layer"));
        assert_eq!(nearest("sofmtax", words), Some("softmax"));
        assert_eq!(nearest("logsoftmax", words), Some("log_softmax"));
        assert_eq!(nearest("conv2D", words), Some("Conv2d"));
        assert_eq!(nearest("Conv", words), Some("Conv2d"));
    }

    #[test]
    fn the_beginning_of_a_name() {
        assert_eq!(nearest("hi", ["pi", "hidden"]), Some("hidden"));
        assert_eq!(nearest("soft", ["sort", "softmax"]), Some("softmax"));
        assert_eq!(nearest("los", ["losses", "loss"]), Some("loss"));
        assert_eq!(nearest("n", ["net"]), None);
    }

    #[test]
    fn nothing_close() {
        assert_eq!(nearest("x", ["y", "z"]), None);
        assert_eq!(nearest("momentum", ["decay", "lr"]), None);
        assert_eq!(nearest("", ["a"]), None);
        assert_eq!(nearest("lr", ["lr"]), None);
        assert_eq!(nearest("net", ["ones"]), None);
    }

    #[test]
    fn a_swap_is_one_edit() {
        let chars = |s: &str| s.chars().collect::<Vec<_>>();
        assert_eq!(distance(&chars("relu"), &chars("rleu")), 1);
        assert_eq!(distance(&chars(""), &chars("abc")), 3);
        assert_eq!(distance(&chars("kitten"), &chars("sitting")), 3);
    }

    #[test]
    fn the_first_of_equals_wins() {
        assert_eq!(nearest("bet", ["beta", "best"]), Some("beta"));
    }
}
