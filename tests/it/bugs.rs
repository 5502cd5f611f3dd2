//! Bugs as people report them against other systems: `tests/cases/bugs` has each in dln, with what dln says, and
//! `elsewhere` in that folder what PyTorch, Keras and JAX do with it. `docs/bugs.md` is written from both.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::fs;
use std::path::Path;

use dln::diag::Diagnostic;
use dln::driver::Program;
use dln::io::Files;
use dln::sema::Options;
use serde_json::Value;

/// What became of a bug in dln.
#[derive(Clone, Copy, PartialEq)]
enum Outcome {
    Checked,
    AtRun,
    CannotHappen,
    NotFound,
}

struct Bug {
    /// `folder/name`.
    name: String,
    text: String,
}

impl Bug {
    /// What a line of the header says.
    fn field(&self, name: &str) -> Option<&str> {
        self.text.lines().find_map(|line| line.strip_prefix("# ")?.strip_prefix(name)?.strip_prefix(": "))
    }

    /// Code and text of the first mark.
    fn mark(&self) -> Option<(&str, &str)> {
        let comments = self.text.lines().filter_map(|line| line.split_once('#')).map(|(_, comment)| comment);
        let comments = comments.map(|comment| comment.trim_start_matches([' ', '^']));
        let marks = comments.filter_map(|c| c.strip_prefix("error ").or_else(|| c.strip_prefix("warning ")));
        marks.filter_map(|mark| mark.split_once(": ")).find(|(code, _)| code.len() == 5 && code.starts_with('E'))
    }

    fn is_warned(&self) -> bool {
        self.text.lines().any(|line| line.trim_start_matches(['#', ' ', '^']).starts_with("warning E"))
    }

    fn outcome(&self) -> Outcome {
        match (self.mark(), self.field("outcome").and_then(|outcome| outcome.split_once(": "))) {
            (Some((code, _)), None) if ["E07", "E08", "E09"].contains(&&code[..3]) => Outcome::AtRun,
            (Some(_), None) => Outcome::Checked,
            (None, Some(("cannot happen", _))) => Outcome::CannotHappen,
            (None, Some(("not found", _))) => Outcome::NotFound,
            _ => {
                panic!("{}: either a mark, or `# outcome: cannot happen: ..` or `# outcome: not found: ..`", self.name)
            }
        }
    }

    /// What dln says, for the table.
    fn said(&self) -> String {
        let why = || self.field("outcome").and_then(|outcome| outcome.split_once(": ")).map_or("", |(_, why)| why);
        let (code, message) = self.mark().unwrap_or_default();
        let lacks = self.field("lacks").map(|lacks| format!(" *It does not say {lacks}.*")).unwrap_or_default();
        match self.outcome() {
            Outcome::Checked if self.is_warned() => format!("a warning, {code}: {message}.{lacks}"),
            Outcome::Checked => format!("{code}: {message}.{lacks}"),
            Outcome::AtRun => format!("at run, {code}: {message}.{lacks}"),
            Outcome::CannotHappen => format!("cannot happen: {}", why()),
            Outcome::NotFound => format!("**not found**: {}", why()),
        }
    }

    /// The row of the table; `elsewhere` is what the other system does.
    fn row(&self, elsewhere: &Value) -> String {
        let source = self.field("source").unwrap_or_default();
        let (title, address) = source.trim_end_matches('>').split_once(" <").unwrap_or((source, ""));
        let shows = self.field("shows").unwrap_or_default();
        let cells = [
            format!("[{shows}](../tests/cases/bugs/{}.dln)", self.name),
            format!("[{}]({address})", title.replace(['[', ']'], "")),
            self.said(),
            elsewhere_said(elsewhere),
        ];
        format!("| {} |", cells.map(|cell| cell.replace('|', "\\|")).join(" | "))
    }
}

fn elsewhere_said(elsewhere: &Value) -> String {
    let text = |key: &str| elsewhere[key].as_str().unwrap_or_default();
    match (text("crash"), elsewhere["warning"].as_bool()) {
        ("", Some(true)) => format!("a warning: {}", text("silent")),
        ("", _) => format!("silence: {}", text("silent")),
        (kind, _) => format!("{kind}: {}", text("says")),
    }
}

fn bugs() -> Vec<Bug> {
    let root = crate::root().join("tests/cases/bugs");
    let list =
        |path: &Path| fs::read_dir(path).expect("a folder").map(|e| e.expect("an entry").path()).collect::<Vec<_>>();
    let stem = |path: &Path| path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let mut bugs = vec![];
    for folder in list(&root).iter().filter(|path| path.is_dir()) {
        for path in list(folder).iter().filter(|path| path.extension().is_some_and(|e| e == "dln")) {
            let text = fs::read_to_string(path).expect("a case");
            bugs.push(Bug { name: format!("{}/{}", stem(folder), stem(path)), text });
        }
    }
    bugs.sort_by(|a, b| a.name.cmp(&b.name));
    bugs
}

fn elsewhere() -> BTreeMap<String, Value> {
    let path = crate::root().join("tests/cases/bugs/elsewhere/elsewhere.json");
    serde_json::from_str(&fs::read_to_string(path).expect("what other systems do")).expect("JSON")
}

fn page() -> String {
    let (bugs, elsewhere) = (bugs(), elsewhere());
    let count = |outcome| bugs.iter().filter(|bug| bug.outcome() == outcome).count();
    let silent = elsewhere.values().filter(|said| said["crash"].is_null()).count();
    let warned = bugs.iter().filter(|bug| bug.is_warned()).count();
    let both =
        bugs.iter().filter(|b| b.outcome() == Outcome::NotFound && !elsewhere[&b.name]["crash"].is_null()).count();
    let mut page = format!(
        "# Bugs that people report

Shape and training bugs from questions, issues and papers about PyTorch, Keras and JAX, written in dln. Each is a case of
[`tests/cases/bugs`](../tests/cases/bugs), mostly with the program as it should be beside it; what the other systems do was found by running
[the same programs](../tests/cases/bugs/elsewhere) in PyTorch 2.15, Keras 3.15 or JAX 0.10. `DLN_BLESS=1 cargo test --test it bugs` writes this page.

| | |
| --- | --- |
| bugs | {} |
| found by `dln check`, before anything runs | {} |
| of them by a warning | {warned} |
| found when they happen, with the line | {} |
| cannot happen | {} |
| not found | {} |
| of them found elsewhere, by a crash | {both} |
| elsewhere: a crash | {} |
| elsewhere: nothing, or a warning | {silent} |
",
        bugs.len(),
        count(Outcome::Checked),
        count(Outcome::AtRun),
        count(Outcome::CannotHappen),
        count(Outcome::NotFound),
        elsewhere.len() - silent,
    );
    let mut folder = "";
    for bug in &bugs {
        let (of, _) = bug.name.split_once('/').unwrap_or_default();
        if of != folder {
            let _ = write!(
                page,
                "\n## {}\n\n| bug | reported | dln | elsewhere |\n| --- | --- | --- | --- |\n",
                heading(of)
            );
            folder = of;
        }
        page.push_str(&(bug.row(&elsewhere[&bug.name]) + "\n"));
    }
    page
}

fn heading(folder: &str) -> String {
    folder[..1].to_uppercase() + &folder[1..]
}

#[test]
fn the_page_of_bugs_is_that_of_the_cases() {
    let names: BTreeSet<String> = bugs().iter().map(|bug| bug.name.clone()).collect();
    let known: BTreeSet<String> = elsewhere().into_keys().collect();
    assert_eq!(names, known, "run tests/cases/bugs/elsewhere/run.py");
    assert!(names.len() >= 60, "{} bugs", names.len());
    assert!(bugs().iter().all(|bug| bug.field("source").is_some_and(|source| source.contains(" <https://"))));
    let path = crate::root().join("docs/bugs.md");
    if std::env::var_os("DLN_BLESS").is_some() {
        fs::write(&path, page()).expect("the page is written");
    }
    let written = fs::read_to_string(path).expect("the page");
    assert!(written == page(), "docs/bugs.md is not what the cases say: DLN_BLESS=1 cargo test --test it bugs");
}

fn errors(text: &str) -> Vec<Diagnostic> {
    Program::open("bug.dln", text, Files::at(Path::new("."))).check(&Options::default(), &[]).diagnostics
}

/// A text with one edit made, if it is one of this text.
fn edited(text: &str, diagnostic: &Diagnostic) -> Option<String> {
    let edit = diagnostic.helps.iter().find_map(|help| help.edit.as_ref())?;
    let (lo, hi) = (edit.span.lo as usize, edit.span.hi as usize);
    (edit.span.file == diagnostic.span().file).then(|| format!("{}{}{}", &text[..lo], edit.text, &text[hi..]))
}

/// A text after the edits that are offered, one after the other.
fn mended(text: &str) -> Option<String> {
    let first = errors(text).iter().find_map(|diagnostic| edited(text, diagnostic))?;
    let next = |text: &String| errors(text).iter().find_map(|diagnostic| edited(text, diagnostic));
    std::iter::successors(Some(first), next).take(3).last()
}

#[test]
fn the_edits_that_are_offered_mend_the_bug() {
    let found = bugs().into_iter().filter(|bug| bug.outcome() == Outcome::Checked && bug.field("lacks").is_none());
    let tried = found.filter_map(|bug| Some((mended(&bug.text)?, bug.name))).collect::<Vec<_>>();
    for (text, name) in &tried {
        assert_eq!(errors(text).first().map(|d| &d.message), None, "{name} becomes\n{text}");
    }
    assert!(tried.len() >= 7, "{} bugs with edits", tried.len());
}
