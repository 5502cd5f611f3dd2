//! Paths by their words alone: nothing here looks at a disk, but for what a relative path begins at.

use std::path::{Component, Path, PathBuf};

/// A path without `.` and without `..` behind a folder.
pub fn plain(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir if matches!(plain.components().next_back(), Some(Component::Normal(_))) => {
                plain.pop();
            }
            // There is nothing above the root.
            Component::ParentDir if plain.has_root() => {}
            part => plain.push(part),
        }
    }
    plain
}

/// As `plain`, from the root of the file system on.
pub fn whole(path: &Path) -> PathBuf {
    let path = if path.as_os_str().is_empty() { Path::new(".") } else { path };
    plain(&std::path::absolute(path).unwrap_or_else(|_| path.to_path_buf()))
}

/// How a file is called in a folder, with `..` for each folder above; both paths are whole.
pub fn seen_from(folder: &Path, file: &Path) -> String {
    let (from, to): (Vec<_>, Vec<_>) = (folder.components().collect(), file.components().collect());
    let shared = from.iter().zip(&to).take_while(|(a, b)| a == b).count();
    let up = from[shared..].iter().map(|_| "..".into());
    let down = to[shared..].iter().map(|part| part.as_os_str().to_string_lossy());
    up.chain(down).collect::<Vec<_>>().join("/")
}

/// Names of files in a folder as they are from the nearest folder that all of them lie below.
pub fn below_one(folder: &Path, names: &[&str]) -> Vec<String> {
    let up = |name: &&str| Path::new(name).components().take_while(|part| *part == Component::ParentDir).count();
    let highest = names.iter().map(up).max().unwrap_or(0);
    let folder = whole(folder);
    let above = folder.ancestors().nth(highest).unwrap_or(Path::new("/")).to_path_buf();
    names.iter().map(|name| seen_from(&above, &plain(&folder.join(name)))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_that_lead_back_are_gone() {
        for (path, wanted) in
            [("a/./b/../c", "a/c"), ("/a/../../b", "/b"), ("../a/../../b", "../../b"), ("a/..", ""), ("/", "/")]
        {
            assert_eq!(plain(Path::new(path)), PathBuf::from(wanted), "{path}");
        }
    }

    #[test]
    fn a_file_has_a_name_in_every_folder() {
        let name = |folder: &str, file: &str| seen_from(Path::new(folder), Path::new(file));
        assert_eq!(name("/p/parts", "/p/parts/x.dln"), "x.dln");
        assert_eq!(name("/p/parts", "/p/blocks.dln"), "../blocks.dln");
        assert_eq!(name("/p/parts/deep", "/p/other/x.dln"), "../../other/x.dln");
        assert_eq!(below_one(Path::new("/p/parts"), &["x.dln", "../blocks.dln"]), ["parts/x.dln", "blocks.dln"]);
        assert_eq!(below_one(Path::new("/p/parts"), &["x.dln", "deep/y.dln"]), ["x.dln", "deep/y.dln"]);
    }
}
