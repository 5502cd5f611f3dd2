//! How to check: what a command line or a session says besides the file.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::base::{Name, Span};
use crate::tir;
use crate::types::DType;

use super::budget;

/// A value for a `hyper` from outside the file.
#[derive(Clone, Debug, PartialEq)]
pub enum Override {
    Int(i64),
    Float(f64),
    Bool(bool),
    Str(String),
}

impl std::fmt::Display for Override {
    fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        match self {
            Override::Int(v) => v.fmt(f),
            Override::Float(v) => v.fmt(f),
            Override::Bool(v) => v.fmt(f),
            Override::Str(v) => v.fmt(f),
        }
    }
}

/// How to check.
#[derive(Clone, Debug)]
pub struct Options {
    /// The float type of a program that does not say one.
    pub float: DType,
    pub overrides: BTreeMap<Name, Override>,
    /// Of every `train` block, in place of what it says.
    pub epochs: Option<usize>,
    /// Also check the standard library's definitions on their own.
    pub check_std: bool,
    /// Functions that are asked for by name are traced as in a `step`.
    pub training: bool,
    /// Expressions and elements of lists that one item may evaluate before the run.
    pub steps: usize,
    /// Whether `Checked::notes` is wanted.
    pub notes: bool,
    /// Of which place the notes say where the sizes of its value come from.
    pub origins: Option<Span>,
    /// Whether programs say which functions they call, and settings of layers.
    pub drawn: bool,
    /// Whether trainings and tests are looked at, or only what is declared.
    pub runs: bool,
    /// Above zero when nobody wants the result any more: then the check ends soon, with anything.
    pub stop: Arc<AtomicUsize>,
    /// Of a session: the cells whose values are known from before, with their types.
    pub known: BTreeMap<Name, tir::Ty>,
}

impl Default for Options {
    fn default() -> Options {
        Options {
            float: DType::F32,
            overrides: BTreeMap::new(),
            epochs: None,
            check_std: false,
            training: false,
            steps: budget::STEPS,
            notes: false,
            origins: None,
            drawn: false,
            runs: true,
            stop: Arc::default(),
            known: BTreeMap::new(),
        }
    }
}

impl Options {
    /// Whether nobody wants the result any more.
    pub fn is_stopped(&self) -> bool {
        self.stop.load(Ordering::Relaxed) > 0
    }
}
