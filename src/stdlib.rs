//! The standard library, embedded: `stdlib/` is dln text that every binary carries.
//!
//! `DLN_STDLIB=FOLDER` has modules read from there instead, so that one who writes the library need not build.

use std::path::PathBuf;
use std::sync::OnceLock;

/// `use std.x`: the path and the text of every module.
pub type Modules = &'static [(&'static str, &'static str)];

const EMBEDDED: Modules = include!(concat!(env!("OUT_DIR"), "/stdlib.rs"));

/// All modules.
pub fn modules() -> Modules {
    static CHOSEN: OnceLock<Modules> = OnceLock::new();
    CHOSEN.get_or_init(|| match std::env::var_os("DLN_STDLIB") {
        None => EMBEDDED,
        Some(folder) => {
            let mut modules = vec![];
            read(PathBuf::from(folder), "std", &mut modules);
            modules.sort();
            modules.leak()
        }
    })
}

/// The modules of a folder; what cannot be read is not there, and said to be so where it is used.
fn read(folder: PathBuf, prefix: &str, modules: &mut Vec<(&'static str, &'static str)>) {
    for path in std::fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path()) {
        let name = format!("{prefix}.{}", path.file_stem().unwrap_or_default().to_string_lossy());
        if path.is_dir() {
            read(path, &name, modules);
        } else if path.extension().is_some_and(|extension| extension == "dln")
            && let Ok(text) = std::fs::read_to_string(&path)
        {
            modules.push((name.leak(), text.leak()));
        }
    }
}

/// Where the library's files can be opened in an editor: the folder that they are read from, or else a copy of what the binary
/// carries, among the files that may be lost.
pub fn folder() -> PathBuf {
    if let Some(folder) = std::env::var_os("DLN_STDLIB") {
        return PathBuf::from(folder);
    }
    let folder = std::env::temp_dir().join(format!("dln-{}-std", env!("CARGO_PKG_VERSION")));
    for (path, text) in modules() {
        let file = folder.join(format!("{}.dln", path.trim_start_matches("std.").replace('.', "/")));
        let is_there = std::fs::read_to_string(&file).is_ok_and(|there| there == *text);
        if !is_there && let Some(parent) = file.parent() {
            // Without it a definition in the library cannot be shown, and that is all.
            let _ = std::fs::create_dir_all(parent).and_then(|()| std::fs::write(&file, text));
        }
    }
    folder
}

/// What every program sees without `use`.
pub fn prelude() -> &'static str {
    module("std.prelude").unwrap_or_default()
}

/// The text of the module `path`, such as `std.nn`.
pub fn module(path: &str) -> Option<&'static str> {
    modules().iter().find(|(p, _)| *p == path).map(|(_, text)| *text)
}

/// The module to `use` for `name`, for a hint.
pub fn exporting(name: &str) -> Option<&'static str> {
    exports().find(|(own, _)| *own == name).map(|(_, module)| module)
}

/// Every name that a module declares, with the module to `use` for it: the one that declares it, or the one above that passes it
/// on, as `std.nn` does what `std.nn.linear` declares.
pub fn exports() -> impl Iterator<Item = (&'static str, &'static str)> {
    modules().iter().flat_map(|(path, text)| {
        let above = path.rsplit_once('.').and_then(|(above, _)| modules().iter().find(|(path, _)| *path == above));
        let passed = above.into_iter().flat_map(|(_, text)| brought(text)).filter(|(from, _)| from == path);
        let passed: Vec<&str> = passed.map(|(_, name)| name).collect();
        let module = move |name| above.filter(|_| passed.contains(&name)).map_or(*path, |(above, _)| *above);
        text.lines().filter_map(declared).map(move |name| (name, module(name)))
    })
}

/// What the lines `use path: .., name, ..` of a text bring, each name under which it is known there with its path. A line goes on
/// behind a comma.
pub fn brought(text: &'static str) -> impl Iterator<Item = (&'static str, &'static str)> {
    let starts = text.match_indices("use ").filter(|(at, _)| *at == 0 || text.as_bytes()[at - 1] == b'\n');
    let lines = starts.filter_map(|(at, word)| {
        let rest = &text[at + word.len()..];
        let mut ends = rest.match_indices('\n').map(|(at, _)| at);
        let end = ends.find(|&at| !rest[..at].trim_end().ends_with([',', ':'])).unwrap_or(rest.len());
        rest[..end].split_once(':')
    });
    lines.flat_map(|(path, names)| {
        let names = names.split(',').map(|name| name.rsplit(" as ").next().unwrap_or("").trim());
        names.filter(|name| !name.is_empty()).map(move |name| (path.trim(), name))
    })
}

/// Every name that a module of the library declares.
pub fn names() -> impl Iterator<Item = &'static str> {
    modules().iter().flat_map(|(_, text)| text.lines().filter_map(declared))
}

/// The name of a line `fn name(`, `layer name[`, ..
fn declared(line: &str) -> Option<&str> {
    let (keyword, rest) = line.split_once(' ')?;
    let end = rest.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(rest.len());
    (matches!(keyword, "fn" | "layer" | "optimizer" | "let") && end > 0).then_some(&rest[..end])
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
        assert!(module("std.nn.linear").is_some_and(|text| text.contains("layer Linear[In -> Out]")));
        assert_eq!(module("nn"), None);
    }

    #[test]
    fn hints_name_the_module_that_passes_a_name_on() {
        assert_eq!(exporting("Linear"), Some("std.nn"));
        assert_eq!(exporting("AdamW"), Some("std.optim"));
        assert_eq!(exporting("hessian"), Some("std.autodiff"));
        assert_eq!(exporting("Line"), None);
        assert_eq!(exporting("scatter_prod"), Some("std.index"), "in the second line of what is brought");
    }

    #[test]
    fn names_are_those_of_declarations() {
        for name in ["Linear", "AdamW", "softmax"] {
            assert!(names().any(|known| known == name), "{name}");
        }
        assert!(!names().any(|known| known == "forward"), "a method is nothing by itself");
    }

    #[test]
    fn digits_have_a_header_and_1797_rows() {
        let bytes = data("digits.csv").expect("embedded");
        assert_eq!(bytes.iter().filter(|&&b| b == b'\n').count(), 1798);
        assert_eq!(data("other.csv"), None);
    }
}
