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

/// The module to `use` for `name`, for a hint: the one that declares it, or the one above that passes it on, as `std.nn` does
/// what `std.nn.linear` declares.
pub fn exporting(name: &str) -> Option<&'static str> {
    let (path, _) = modules().iter().find(|(_, text)| text.lines().any(|line| declares(line, name)))?;
    let above = path.rsplit_once('.').and_then(|(above, _)| modules().iter().find(|(path, _)| *path == above));
    match above {
        Some((above, text)) if text.lines().any(|line| passes_on(line, path, name)) => Some(above),
        _ => Some(path),
    }
}

/// Every name that a module of the library declares.
pub fn names() -> impl Iterator<Item = &'static str> {
    modules().iter().flat_map(|(_, text)| text.lines().filter_map(declared))
}

fn declares(line: &str, name: &str) -> bool {
    declared(line) == Some(name)
}

/// The name of a line `fn name(`, `layer name[`, ..
fn declared(line: &str) -> Option<&str> {
    let (keyword, rest) = line.split_once(' ')?;
    let end = rest.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(rest.len());
    (matches!(keyword, "fn" | "layer" | "optimizer" | "let") && end > 0).then_some(&rest[..end])
}

/// A line `use path: .., name, ..`.
fn passes_on(line: &str, path: &str, name: &str) -> bool {
    let names =
        line.strip_prefix("use ").and_then(|rest| rest.strip_prefix(path)).and_then(|rest| rest.strip_prefix(':'));
    names.is_some_and(|names| names.split(',').any(|passed| passed.trim() == name))
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
