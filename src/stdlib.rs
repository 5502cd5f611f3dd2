//! The standard library, embedded: `stdlib/` is dln text that every binary carries.

/// What every program sees without `use`.
pub const PRELUDE: &str = include_str!("../stdlib/prelude.dln");

/// `use std.x`: the path and the text of every module.
pub const MODULES: [(&str, &str); 20] = [
    ("std.activation", include_str!("../stdlib/activation.dln")),
    ("std.autodiff", include_str!("../stdlib/autodiff.dln")),
    ("std.boxes", include_str!("../stdlib/boxes.dln")),
    ("std.cumulative", include_str!("../stdlib/cumulative.dln")),
    ("std.data", include_str!("../stdlib/data.dln")),
    ("std.index", include_str!("../stdlib/index.dln")),
    ("std.init", include_str!("../stdlib/init.dln")),
    ("std.linalg", include_str!("../stdlib/linalg.dln")),
    ("std.loss", include_str!("../stdlib/loss.dln")),
    ("std.metrics", include_str!("../stdlib/metrics.dln")),
    ("std.nn", include_str!("../stdlib/nn.dln")),
    ("std.optim", include_str!("../stdlib/optim.dln")),
    ("std.order", include_str!("../stdlib/order.dln")),
    ("std.pool", include_str!("../stdlib/pool.dln")),
    ("std.random", include_str!("../stdlib/random.dln")),
    ("std.shape", include_str!("../stdlib/shape.dln")),
    ("std.signal", include_str!("../stdlib/signal.dln")),
    ("std.special", include_str!("../stdlib/special.dln")),
    ("std.train", include_str!("../stdlib/train.dln")),
    ("std.vision", include_str!("../stdlib/vision.dln")),
];

/// The text of the module `path`, such as `std.nn`.
pub fn module(path: &str) -> Option<&'static str> {
    MODULES.iter().find(|(p, _)| *p == path).map(|(_, text)| *text)
}

/// The module that declares `name`, for a hint: a line `fn name(`, `layer name[`, ..
pub fn exporting(name: &str) -> Option<&'static str> {
    let declares = |line: &str| {
        let mut words = line.split_once(' ').into_iter();
        words.any(|(keyword, rest)| {
            matches!(keyword, "fn" | "layer" | "optimizer" | "let")
                && rest
                    .strip_prefix(name)
                    .is_some_and(|rest| !rest.starts_with(|c: char| c.is_alphanumeric() || c == '_'))
        })
    };
    MODULES.iter().find(|(_, text)| text.lines().any(declares)).map(|(path, _)| *path)
}

/// The bytes of the file that a program names `std:NAME`.
pub fn data(name: &str) -> Option<&'static [u8]> {
    match name {
        "digits.csv" => Some(include_bytes!("../stdlib/data/digits.csv")),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modules_are_found_by_their_path_alone() {
        assert!(module("std.nn").is_some_and(|text| text.contains("layer Linear[In -> Out]")));
        assert_eq!(module("nn"), None);
    }

    #[test]
    fn digits_have_a_header_and_1797_rows() {
        let bytes = data("digits.csv").expect("embedded");
        assert_eq!(bytes.iter().filter(|&&b| b == b'\n').count(), 1798);
        assert_eq!(data("other.csv"), None);
    }
}
