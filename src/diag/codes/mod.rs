//! Every code that a diagnostic can have: what it means, a program that is wrong, and the same put right.
//! A code is never given a second meaning.

mod calls;
mod data;
mod files;
mod names;
mod run;
mod shapes;
mod syntax;
mod training;
mod values;

/// One code and its page.
#[derive(Debug)]
pub struct Code {
    pub code: &'static str,
    /// One line.
    pub title: &'static str,
    pub why: &'static str,
    pub wrong: &'static str,
    pub right: &'static str,
}

/// By hundreds: text, names, calls, static values, shapes, training, data, the run, files.
const RANGES: [&[Code]; 9] = [
    syntax::CODES,
    names::CODES,
    calls::CODES,
    values::CODES,
    shapes::CODES,
    training::CODES,
    data::CODES,
    run::CODES,
    files::CODES,
];

/// All codes in order.
pub fn all() -> impl Iterator<Item = &'static Code> {
    RANGES.into_iter().flatten()
}

/// The code that is written so, in any case.
pub fn find(code: &str) -> Option<&'static Code> {
    all().find(|known| known.code.eq_ignore_ascii_case(code))
}

/// The page of a code: title, explanation, wrong and right.
pub fn explain(code: &str) -> Option<String> {
    let Code { code, title, why, wrong, right } = find(code)?;
    let indent = |text: &str| text.lines().map(|line| format!("    {line}\n")).collect::<String>();
    Some(format!("{code}: {title}\n\n{why}\n\nWrong:\n\n{}\nRight:\n\n{}", indent(wrong), indent(right)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    #[test]
    fn codes_ascend_and_lie_in_their_range() {
        for (i, range) in RANGES.iter().enumerate() {
            assert!(range.iter().all(|c| c.code.starts_with(&format!("E0{}", i + 1))));
        }
        assert!(all().zip(all().skip(1)).all(|(a, b)| a.code < b.code));
    }

    #[test]
    fn pages_are_complete() {
        for Code { code, title, why, wrong, right } in all() {
            assert!(!title.is_empty() && !title.ends_with('.') && !title.contains('\n'), "{code}");
            assert!(why.ends_with('.') && !wrong.is_empty() && !right.is_empty() && wrong != right, "{code}");
        }
        let page = explain("e0110").unwrap();
        assert!(page.starts_with("E0110: ") && page.contains("Wrong:\n\n    "), "{page}");
        assert_eq!(explain("E9999"), None);
    }

    /// The codes in string literals of the sources below `folder`.
    fn used(folder: &Path, codes: &mut Vec<String>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                used(&path, codes);
            } else if path.extension().is_some_and(|e| e == "rs") {
                let text = std::fs::read_to_string(&path).unwrap();
                let literals = text.split('"').filter(|part| {
                    part.len() == 5 && part.starts_with("E0") && part[1..].bytes().all(|b| b.is_ascii_digit())
                });
                codes.extend(literals.map(str::to_string));
            }
        }
    }

    #[test]
    fn every_code_in_use_is_registered() {
        let mut codes = Vec::new();
        used(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/src")), &mut codes);
        assert!(codes.iter().any(|c| c == "E0110"));
        codes.retain(|code| find(code).is_none());
        codes.dedup();
        assert_eq!(codes, Vec::<String>::new());
    }
}
