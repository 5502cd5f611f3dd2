//! What checking gives: programs to run, what they are for, and what is known of the file.

use crate::base::{Name, Span};
use crate::diag::Diagnostic;
use crate::tir::{self, CellId};
use crate::types::Claim;

use super::{Answer, Note, Override, Standing};

/// Proof obligations, by what became of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    pub proved: usize,
    /// Checked when a program meets its data; `Checked::at_run_time` lists them.
    pub at_run_time: usize,
    /// Taken on trust: dln has no such escape yet, so it is always 0.
    pub assumed: usize,
}

/// What a `hyper` may be. Both ends of a range belong to it.
#[derive(Clone, Debug, PartialEq)]
pub enum Domain {
    Int { lo: i64, hi: i64, log: bool },
    Float { lo: f64, hi: f64, log: bool },
    Choice(Vec<Override>),
}

/// A `hyper` of the main file.
#[derive(Clone, Debug, PartialEq)]
pub struct Hyper {
    pub name: Name,
    pub value: Override,
    /// What the file says, when the command line says otherwise.
    pub default: Override,
    pub domain: Option<Domain>,
    pub doc: Option<Name>,
    pub span: Span,
}

/// What a file means.
#[derive(Debug, Default)]
pub struct Checked {
    pub diagnostics: Vec<Diagnostic>,
    pub hypers: Vec<Hyper>,
    pub cells: Vec<tir::Cell>,
    /// Cells that a file fills instead of their initializer: `load(net, "x.safetensors")`.
    pub loads: Vec<Load>,
    /// Computes the first value of every cell that no file fills.
    pub init: tir::Program,
    /// What steps, validations, tests and functions run; `tir::ProgramId` is the place in it.
    pub programs: Vec<tir::Program>,
    pub jobs: Vec<tir::Job>,
    /// What is written and printed at the top level, in the order of the file.
    pub shown: Vec<tir::Shown>,
    /// What the trainings logged, as far as something may read it: `Source::Logged`.
    pub logs: Vec<tir::Log>,
    pub tests: Vec<Test>,
    /// The functions that were asked for by name.
    pub functions: Vec<Function>,
    pub at_run_time: Vec<tir::Check>,
    pub counts: Counts,
    /// What is known of places in the files of the user, by place.
    pub notes: Vec<Note>,
    /// Of a session: how its memory stands, and what its question gives.
    pub standing: Standing,
    pub answer: Option<Answer>,
}

/// `load(net, "x.safetensors", rename: rules)`
#[derive(Clone, Debug, PartialEq)]
pub struct Load {
    pub cells: Vec<CellId>,
    /// Where they stand: the file has their names from here on.
    pub holder: Option<Name>,
    pub path: Name,
    pub rules: Vec<tir::rename::Rename>,
    pub span: Span,
}

/// `test "name" { .. }`
#[derive(Clone, Debug, PartialEq)]
pub struct Test {
    pub name: Name,
    pub span: Span,
    pub program: tir::ProgramId,
}

/// A function of the main file, traced for its declared parameters. Its arguments are `Source::Arg(0..)`, its results
/// `Target::Value(0..)`.
#[derive(Clone, Debug, PartialEq)]
pub struct Function {
    pub name: Name,
    pub params: Vec<(Name, tir::Ty)>,
    /// What its `where`s say of the sizes of its arguments.
    pub conditions: Vec<Claim>,
    pub program: tir::ProgramId,
    /// As `program`, with the derivatives of `sum(<result k, cotangent k>)` in every float parameter and in every
    /// trained cell that is read as further results; the cotangents are further arguments.
    pub gradient: Option<Gradient>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Gradient {
    pub program: tir::ProgramId,
    /// The parameters and cells whose derivatives are the results behind the function's own, in order.
    pub wrt: Vec<Name>,
}
