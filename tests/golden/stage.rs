//! The stages that a case can name, and what each prints.

use crate::case::Case;
use crate::found::Program as Found;
use crate::print;
use dln::base::{FileId, Sources, Span};
use dln::diag::{self, Diagnostic};
use dln::driver::{self, Program};
use dln::io::Files;
use dln::sema::{Checked, MAIN, Options};
use dln::syntax;
use dln::syntax::lexer::lex;
use std::path::Path;
use std::sync::atomic::AtomicBool;

/// In the order in which they run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    /// The tokens, one a line.
    Lex,
    /// The tree.
    Parse,
    /// How many shapes were proved, and what is left for the run.
    Check,
    /// The typed programs.
    Tir,
    /// The graphs of the programs whose sizes are known, optimized.
    Graph,
    /// Their plans.
    Plan,
    /// What `train` blocks tell.
    Run,
    /// How `test` blocks end.
    Test,
    /// All diagnostics as a person reads them.
    Report,
}

impl Stage {
    const ALL: [(Stage, &str); 9] = [
        (Stage::Lex, "lex"),
        (Stage::Parse, "parse"),
        (Stage::Check, "check"),
        (Stage::Tir, "tir"),
        (Stage::Graph, "graph"),
        (Stage::Plan, "plan"),
        (Stage::Run, "run"),
        (Stage::Test, "test"),
        (Stage::Report, "report"),
    ];

    pub fn name(self) -> &'static str {
        Stage::ALL[self as usize].1
    }

    pub fn named(name: &str) -> Option<Stage> {
        Stage::ALL.into_iter().find(|(_, n)| *n == name).map(|(stage, _)| stage)
    }

    pub fn names() -> String {
        Stage::ALL.map(|(_, name)| name).join(", ")
    }

    /// Whether names, types and sizes must be right for it.
    fn needs_check(self) -> bool {
        (Stage::Check..=Stage::Test).contains(&self)
    }
}

/// What came of a program.
pub struct Ran {
    /// All that was read: the program, and what it uses.
    program: Program,
    pub file: FileId,
    pub diagnostics: Vec<Diagnostic>,
    pub checked: Option<Checked>,
    printed: Vec<(Stage, String)>,
}

impl Ran {
    /// What a stage that the case names printed.
    pub fn printed(&self, stage: Stage) -> &str {
        self.printed.iter().find(|(s, _)| *s == stage).map_or("", |(_, text)| text)
    }

    pub fn sources(&self) -> &Sources {
        &self.program.sources
    }

    /// The line of the case's own file on which a span begins, from 1.
    pub fn line_of(&self, span: Span) -> Option<usize> {
        let source = self.sources().get(span.file).filter(|source| source.id == self.file)?;
        Some(source.position(span.lo as usize).0)
    }

    pub fn rendered(&self, diagnostic: &Diagnostic) -> String {
        diag::render(self.sources(), diagnostic, false)
    }
}

/// Runs the stages of a case, and what holds for every program.
pub fn run(found: &Found, case: &Case) -> Result<Ran, String> {
    tokens_tile(&case.program)?;
    // What a case writes goes to a folder of its own; what users see finds the files that lie beside it.
    let scratch = tempfile::tempdir().map_err(|error| error.to_string())?;
    copy(found, case, scratch.path()).map_err(|error| format!("`# files:` {error}"))?;
    let folder = found.folder.as_deref().unwrap_or(scratch.path());
    let program = Program::open(&found.file, &case.program, Files::at(folder));
    let file = program.modules.get(MAIN).file;
    let parsed = syntax::parse(file, &case.program);
    let mut ran = Ran { program, file, diagnostics: parsed.diagnostics, checked: None, printed: vec![] };
    if case.stages.iter().any(|stage| stage.needs_check()) {
        let functions: Vec<&str> = case.functions.iter().map(String::as_str).collect();
        let mut checked = ran.program.check(&Options::default(), &functions);
        ran.diagnostics = std::mem::take(&mut checked.diagnostics);
        ran.checked = Some(checked);
    }
    for stage in &case.stages {
        let text = match stage {
            Stage::Lex => print::tokens(ran.sources(), file, &case.program),
            Stage::Parse => syntax::text::text(&parsed.file),
            stage => ran.print(*stage, scratch.path())?,
        };
        ran.printed.push((*stage, text));
    }
    Ok(ran)
}

/// The files that a case names, from beside it to where it runs.
fn copy(found: &Found, case: &Case, to: &Path) -> std::io::Result<()> {
    let beside = found.path.as_deref().and_then(Path::parent).unwrap_or(Path::new("."));
    for name in &case.files {
        let target = to.join(name);
        std::fs::create_dir_all(target.parent().unwrap_or(to))?;
        std::fs::copy(beside.join(name), target)?;
    }
    Ok(())
}

impl Ran {
    /// What a stage behind the parser prints; nothing of a program that may not run.
    fn print(&mut self, stage: Stage, scratch: &Path) -> Result<String, String> {
        if stage == Stage::Report {
            let rendered = self.diagnostics.iter().map(|d| self.rendered(d));
            return Ok(rendered.collect::<Vec<_>>().join("\n"));
        }
        let Some(checked) = self.checked.as_ref().filter(|_| driver::is_sound(&self.diagnostics)) else {
            return Ok(String::new());
        };
        Ok(match stage {
            Stage::Tir => print::programs(checked),
            Stage::Graph => print::graphs(checked)?,
            Stage::Plan => print::plans(checked),
            Stage::Run => {
                let (text, fault) = trained(checked, scratch);
                self.diagnostics.extend(fault);
                text
            }
            Stage::Test => {
                let (text, faults) = tested(checked, scratch);
                self.diagnostics.extend(faults);
                text
            }
            _ => print::counts(checked),
        })
    }
}

fn trained(checked: &Checked, folder: &Path) -> (String, Option<Diagnostic>) {
    let mut out = String::new();
    let interrupt = AtomicBool::new(false);
    let mut tell = |event| out.push_str(&print::event(&event));
    let result = driver::run(checked, &Files::at(folder), &driver::How::default(), &interrupt, &mut tell);
    (out, result.err())
}

fn tested(checked: &Checked, folder: &Path) -> (String, Vec<Diagnostic>) {
    let mut out = String::new();
    let mut faults = vec![];
    let interrupt = AtomicBool::new(false);
    let result = driver::test(checked, &Files::at(folder), None, &interrupt, &mut |test| {
        let word = if test.outcome.is_ok() { "passes" } else { "fails" };
        out.push_str(&format!("{} {word}\n", test.name));
        faults.extend(test.outcome.err());
    });
    faults.extend(result.err());
    (out, faults)
}

/// Every byte belongs to exactly one token.
fn tokens_tile(program: &str) -> Result<(), String> {
    let mut end = 0;
    for token in lex(program) {
        if token.range.start != end {
            return Err(format!("bytes {end}..{} are in no token, or in two", token.range.start));
        }
        end = token.range.end;
    }
    match end == program.len() {
        true => Ok(()),
        false => Err(format!("bytes {end}..{} are in no token", program.len())),
    }
}
