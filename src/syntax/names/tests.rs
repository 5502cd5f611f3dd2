use super::*;
use crate::base::FileId;

/// Where all that stands with the first `name` in the text begins.
fn places(text: &str, name: &str) -> Vec<u32> {
    places_from(text, u32::try_from(text.find(name).expect("the name is there")).expect("a short text"))
}

fn places_from(text: &str, at: u32) -> Vec<u32> {
    let parsed = crate::syntax::parse(FileId(0), text);
    assert_eq!(parsed.diagnostics, vec![]);
    let names = Names::of(&parsed.file, text);
    let binding = names.at(at).expect("it is bound");
    let mut places: Vec<u32> = names.places(binding).iter().map(|span| span.lo).collect();
    places.sort_unstable();
    places
}

fn all(text: &str, word: &str) -> Vec<u32> {
    let is_word = |at: usize| {
        let name = |c: char| c.is_alphanumeric() || c == '_';
        !text[..at].ends_with(name) && !text[at + word.len()..].starts_with(name)
    };
    text.match_indices(word).filter(|(at, _)| is_word(*at)).map(|(at, _)| at as u32).collect()
}

#[test]
fn a_size_a_parameter_and_a_local_are_found_wherever_they_stand() {
    let text = "fn f(x: [B, N], gain = 1.0) -> [B, N] where N > 2 {\n  y = x * gain\n  y = y + N\n  \"{y}\"\n}\nlet a = f(ones[2, 3], gain: 2.0)\n";
    let above = format!("let b = f(ones[2, 3], gain: 3.0)\n{text}");
    assert_eq!(places_from(&above, all(&above, "gain")[1]), all(&above, "gain"), "a call above");
    for word in ["N", "B", "gain", "x", "y", "f"] {
        assert_eq!(places_from(text, all(text, word)[0]), all(text, word), "{word}");
    }
}

#[test]
fn an_inner_name_hides_an_outer_one() {
    let text = "let n = 3\nfn f(n: Int) = n + 1\nlet m = n\n";
    assert_eq!(places(text, "n = 3"), vec![4, 39]);
    assert_eq!(places(text, "n: Int"), vec![15, 25]);
}

#[test]
fn members_of_a_layer_are_seen_in_its_methods_and_nowhere_else() {
    let text = "layer L[D] {\n  param w: [D] = zeros\n  twice(x: [B, D]) = x * w * 2.0\n  forward(x: [B, D]) = twice(x) + w\n}\nlet w = 1\n";
    assert_eq!(places(text, "w: [D]").len(), 3);
    assert_eq!(places(text, "twice").len(), 2);
    assert_eq!(places(text, "D]").len(), 4);
}

#[test]
fn what_a_loop_carries_and_counts_is_its_own() {
    let text = "fn f(x: [T, D], h0: [D]) = scan xt in x over T with (h = h0) { h = h + xt }\nfn g(h: []) = h\n";
    assert_eq!(places(text, "h = h0").len(), 3);
    assert_eq!(places(text, "xt").len(), 2);
}

#[test]
fn inside_a_function_its_names_are_seen_first() {
    let text = "let x = 1\nfn f(x: Int) = x\n";
    let parsed = crate::syntax::parse(FileId(0), text);
    let names = Names::of(&parsed.file, text);
    let seen = names.seen(25);
    assert!(seen.iter().any(|binding| &*binding.name == "x" && binding.kind == Kind::Parameter));
    assert_eq!(seen.iter().filter(|binding| &*binding.name == "x").count(), 1);
}
