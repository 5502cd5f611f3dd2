//! What the command line needs of the compiler. `driver` is the one that does it; tests have a small one.

use crate::base::{Name, Sources, Span};
use crate::diag::Diagnostic;
use crate::driver::figure::Drawn;
use crate::driver::summary::Summary;
use crate::driver::{Apart, Matmul, Peak, Profile, Times};
use crate::figure::Asked;
use crate::io::Files;
use crate::tir::{Direction, Metric};
use crate::train::Event;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::atomic::AtomicBool;

/// Opens programs; several at a time, from several threads.
pub trait Chain: Sync {
    /// A program under the name to show, its text, and the way to what lies around it. Nothing is checked yet.
    fn open(&self, name: &str, text: String, files: Files) -> Box<dyn Session>;

    /// The settings that a program's main file declares, in its order, as far as they can be read without checking it.
    fn hypers(&self, name: &str, text: &str) -> Vec<Hyper>;

    /// The page on a code of a diagnostic.
    fn explain(&self, code: &str) -> Option<String>;
}

/// One program.
pub trait Session {
    fn sources(&self) -> &Sources;

    /// The settings that the file declares, in its order, as far as they can be read without checking it.
    fn hypers(&self) -> Vec<Hyper>;

    /// What the settings may be, where the file says so. Only after a check without errors.
    fn domains(&self) -> Vec<(Name, Domain)>;

    /// What the last `save` or `stop` watches. Only after a check without errors.
    fn metric(&self) -> Option<(Metric, Direction)>;

    /// Checks all of it.
    fn check(&mut self, overrides: &Overrides) -> Report;

    /// What `train` blocks and declarations are set to, and who said so. Only after a check without errors.
    fn settings(&self, overrides: &Overrides) -> Vec<Setting>;

    /// Runs every `train` block and every statement, in the order of the file. Only after a check without errors.
    /// Being interrupted is no error.
    fn run(
        &mut self,
        overrides: &Overrides,
        interrupt: &AtomicBool,
        tell: &mut dyn FnMut(Event),
    ) -> Result<(), Vec<Diagnostic>>;

    /// Times of some steps of the run that has ended, where it had enough of them.
    fn times(&self) -> Option<&Times>;

    /// Whether there is a `train` block. Only after a check without errors.
    fn trains(&self) -> bool;

    /// Prepares the step of the first `train` block on its first batch, for `work` to run it; false where there is no such
    /// block. Only after a check without errors.
    fn bench(
        &mut self,
        overrides: &Overrides,
        work: &mut dyn FnMut(&mut dyn Steps) -> Result<(), Diagnostic>,
    ) -> Result<bool, Diagnostic>;

    /// How much memory each of its trainings takes at most. Only after a check without errors.
    fn peaks(&self, overrides: &Overrides) -> Vec<Peak>;

    /// The layers that its steps, or else its functions, call; some sizes are given by their names. Only after a check without
    /// errors.
    fn summaries(&mut self, sizes: &BTreeMap<String, i64>) -> Vec<Summary>;

    /// A figure of the first of its steps, or else of its functions, in which there is what is asked for. Only after a check
    /// without errors.
    fn figure(&mut self, asked: &Asked) -> Drawn;

    /// The names of all `test` blocks, in the order of the file.
    fn tests(&self) -> Vec<Name>;

    /// Runs every `test` block with `only` in its name; tells the result of each when it has one. Only after a check
    /// without errors.
    fn test(&mut self, only: Option<&str>, interrupt: &AtomicBool, tell: &mut dyn FnMut(TestResult));
}

/// A training step that can be run again and again.
pub trait Steps {
    fn step(&mut self) -> Result<(), Diagnostic>;

    /// Numbers in all parameters.
    fn parameters(&self) -> usize;

    /// Starts or stops taking times; gives those taken so far.
    fn profile(&mut self, on: bool) -> Vec<Profile>;

    /// What its plans could not run together.
    fn apart(&mut self) -> Vec<Apart>;
}

/// `## Learning rate.` `hyper lr = 1e-3`
#[derive(Clone, Debug, PartialEq)]
pub struct Hyper {
    pub name: Name,
    pub kind: HyperKind,
    /// As written.
    pub default: String,
    /// What it may be, as written; empty where the file says nothing.
    pub domain: String,
    /// The doc comment, without its marks.
    pub doc: String,
    pub span: Span,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HyperKind {
    Int,
    Float,
    Bool,
    Str,
}

#[derive(Clone, Debug, PartialEq)]
pub enum HyperValue {
    Int(i64),
    Float(f64),
    Bool(bool),
    Str(Name),
}

/// What a setting may be. Both ends of a range belong to it; `log` ones are drawn by their logarithm.
#[derive(Clone, Debug, PartialEq)]
pub enum Domain {
    Int { lo: i64, hi: i64, log: bool },
    Float { lo: f64, hi: f64, log: bool },
    Choice(Vec<HyperValue>),
}

/// What the command line says instead of the file.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Overrides {
    pub hypers: Vec<(Name, HyperValue)>,
    pub seed: Option<u64>,
    pub epochs: Option<usize>,
    /// Worker threads; as many as there are processors without it. Results do not depend on it.
    pub threads: Option<usize>,
    /// How exact products of f32 are.
    pub matmul: Option<Matmul>,
    /// Whether the run is written down, so that it can be taken up again, and whether it is one that was.
    pub kept: bool,
    pub resume: bool,
    /// Where the run leaves what it takes to go on, and its weights; beside the program without it.
    pub folder: Option<PathBuf>,
}

/// The outcome of a check.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Report {
    pub diagnostics: Vec<Diagnostic>,
    pub proved: usize,
    /// Statements on sizes that are checked when the program runs: where, and what.
    pub at_run_time: Vec<(Span, String)>,
    pub assumed: usize,
}

/// One line of `--dry-run`.
#[derive(Clone, Debug, PartialEq)]
pub struct Setting {
    /// `lr`, `classify.epochs`
    pub name: String,
    pub value: String,
    pub origin: Origin,
}

/// Who said what a setting is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    Default,
    File(Span),
    CommandLine,
}

/// `test "name" { .. }`, run.
#[derive(Clone, Debug, PartialEq)]
pub struct TestResult {
    pub name: Name,
    pub outcome: Result<(), Diagnostic>,
}
