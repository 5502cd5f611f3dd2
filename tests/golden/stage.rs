//! The stages that a case can name, and what each prints.

use crate::case::Case;
use dln::base::{FileId, Sources};
use dln::diag::{Diagnostic, render};
use dln::syntax;
use dln::syntax::lexer::lex;
use dln::syntax::token::Token;
use std::fmt::Write;

/// In the order in which they run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    /// The tokens, one a line.
    Lex,
    /// The tree.
    Parse,
    /// All diagnostics as a person reads them.
    Report,
}

impl Stage {
    const ALL: [Stage; 3] = [Stage::Lex, Stage::Parse, Stage::Report];

    pub fn name(self) -> &'static str {
        match self {
            Stage::Lex => "lex",
            Stage::Parse => "parse",
            Stage::Report => "report",
        }
    }

    pub fn named(name: &str) -> Option<Stage> {
        Stage::ALL.into_iter().find(|stage| stage.name() == name)
    }

    pub fn names() -> String {
        Stage::ALL.map(Stage::name).join(", ")
    }
}

/// What came of a program.
pub struct Ran {
    pub sources: Sources,
    pub file: FileId,
    pub diagnostics: Vec<Diagnostic>,
    printed: Vec<(Stage, String)>,
}

impl Ran {
    /// What a stage that the case names printed.
    pub fn printed(&self, stage: Stage) -> &str {
        self.printed.iter().find(|(s, _)| *s == stage).map_or("", |(_, text)| text)
    }

    pub fn rendered(&self, diagnostic: &Diagnostic) -> String {
        render(&self.sources, diagnostic, false)
    }
}

/// Runs the stages of a case, and what holds for every program.
pub fn run(name: &str, case: &Case) -> Result<Ran, String> {
    let mut sources = Sources::default();
    let file = sources.add(name, case.program.as_str());
    tokens_tile(&case.program)?;
    let parsed = syntax::parse(file, &case.program);
    let mut ran = Ran { sources, file, diagnostics: parsed.diagnostics, printed: vec![] };
    for stage in &case.stages {
        let text = match stage {
            Stage::Lex => tokens(&ran.sources, &case.program),
            Stage::Parse => syntax::text::text(&parsed.file),
            Stage::Report => ran.diagnostics.iter().map(|d| ran.rendered(d)).collect::<Vec<_>>().join("\n"),
        };
        ran.printed.push((*stage, text));
    }
    Ok(ran)
}

fn tokens(sources: &Sources, program: &str) -> String {
    let mut out = String::new();
    let comment = |token: Token| matches!(token, Token::Space | Token::Newline | Token::Comment);
    for token in lex(program).into_iter().filter(|t| !comment(t.token)) {
        let place = sources.iter().next().map_or((0, 0), |source| source.position(token.range.start));
        let _ = writeln!(out, "{}:{} {:?} {}", place.0, place.1, token.token, &program[token.range]);
    }
    out
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
