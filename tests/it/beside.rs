//! Every public name of the library has a test in its own file: what a module of several files passes on, and what the
//! specification lists as built in. Other names are parts of these.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

struct Module {
    /// `augment/affine.dln`
    path: String,
    text: String,
}

fn library() -> Vec<Module> {
    let root = crate::root().join("stdlib");
    let mut paths = vec![];
    collect(&root, &mut paths);
    paths.sort();
    let path = |path: &Path| path.strip_prefix(&root).expect("below").to_string_lossy().replace('\\', "/");
    paths.iter().map(|p| Module { path: path(p), text: fs::read_to_string(p).expect("a text") }).collect()
}

fn collect(folder: &Path, paths: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            collect(&path, paths);
        } else if path.extension().is_some_and(|ending| ending == "dln") {
            paths.push(path);
        }
    }
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_alphanumeric() && c != '_').filter(|word| !word.is_empty())
}

impl Module {
    /// The top-level items: a line that begins in the first column, and what follows it up to the next.
    fn items(&self) -> Vec<String> {
        let mut items: Vec<String> = vec![];
        for line in self.text.lines() {
            let inside = line.is_empty() || line.starts_with([' ', ')', '}', ']']);
            match items.last_mut() {
                Some(item) if inside => *item += &format!("\n{line}"),
                _ => items.push(line.to_string()),
            }
        }
        items
    }

    fn declared(&self) -> impl Iterator<Item = String> {
        let kinds = ["fn", "layer", "optimizer", "let"];
        let name = move |item: &String| {
            let mut words = words(item);
            let kind = words.next()?;
            kinds.contains(&kind).then(|| words.next().map(str::to_string))?
        };
        self.items().into_iter().filter_map(move |item| name(&item))
    }

    /// All words of its tests, and of the values that these name.
    fn tested(&self) -> BTreeSet<String> {
        let items = self.items();
        let tests = items.iter().filter(|item| item.starts_with("test "));
        let mut found: BTreeSet<String> = tests.flat_map(|item| words(item)).map(str::to_string).collect();
        for item in items.iter().filter(|item| item.starts_with("let ")) {
            if words(item).nth(1).is_some_and(|name| found.contains(name)) {
                found.extend(words(item).skip(2).map(str::to_string));
            }
        }
        found
    }

    /// (file, name) of what it passes on from its folder; the prelude passes on from everywhere.
    fn passed_on(&self) -> Vec<(String, String)> {
        let own = self.path.trim_end_matches(".dln");
        let mut passed = vec![];
        for item in self.items().iter().filter(|item| item.starts_with("use std.")) {
            let Some((module, names)) = item["use std.".len()..].split_once(':') else { continue };
            let path = module.replace('.', "/");
            if own == "prelude" || path.starts_with(&format!("{own}/")) {
                passed.extend(words(names).map(|name| (format!("{path}.dln"), name.to_string())));
            }
        }
        passed
    }
}

/// The words between backticks in the chapter of what is built in.
fn listed() -> BTreeSet<String> {
    let text = fs::read_to_string(crate::root().join("docs/language.md")).expect("the specification");
    let chapter = text.split("## 23. Built in").nth(1).and_then(|rest| rest.split("\n## ").next()).expect("a chapter");
    chapter.split('`').skip(1).step_by(2).flat_map(words).map(str::to_string).collect()
}

#[test]
fn every_public_name_has_a_test_beside_it() {
    let modules = library();
    let listed = listed();
    let passed: BTreeSet<(String, String)> = modules.iter().flat_map(Module::passed_on).collect();
    let mut alone = vec![];
    let mut public = 0;
    for module in &modules {
        let tested = module.tested();
        for name in module.declared() {
            if listed.contains(&name) || passed.contains(&(module.path.clone(), name.clone())) {
                public += 1;
                if !tested.contains(&name) {
                    alone.push(format!("stdlib/{}: no test names `{name}`", module.path));
                }
            }
        }
    }
    assert!(public > 500, "only {public} public names were found");
    assert!(alone.is_empty(), "{}", alone.join("\n"));
}
