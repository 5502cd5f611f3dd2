//! What an item may cost before the run. A program that explodes while it is evaluated ends in an error that names the
//! budget, soon and in bounded memory. The numbers are part of the specification, so that what checks here checks
//! everywhere.

use crate::base::Span;
use crate::diag::Diagnostic;
use crate::tir::Ty;
use crate::types::Dim;

use super::{Checker, Poison, Res};

/// Expressions and elements of lists that one item may evaluate.
pub const STEPS: usize = 1_000_000;
/// Operations that the programs of one item may have.
const OPS: usize = 500_000;
/// Expressions inside each other, through calls.
const DEPTH: usize = 10_000;
/// Bytes of one tensor, and characters of one text.
const TENSOR: i64 = 1 << 40;
const TEXT: usize = 1 << 16;

/// What one item has left.
#[derive(Clone, Copy, Debug)]
pub struct Budget {
    steps: usize,
    ops: usize,
    depth: usize,
    /// It has been reported: what follows from it is not.
    spent: bool,
}

impl Budget {
    /// For an item that may take `steps`.
    pub fn new(steps: usize) -> Budget {
        Budget { steps, ops: OPS, depth: DEPTH, spent: false }
    }
}

impl<'a> Checker<'a> {
    /// Runs `work` on an item of its own.
    pub fn with_budget<T>(&mut self, work: impl FnOnce(&mut Self) -> T) -> T {
        let outer = std::mem::replace(&mut self.budget, Budget::new(self.options.steps));
        let result = work(self);
        self.budget = outer;
        result
    }

    /// Takes `n` expressions or elements from what the item has left.
    pub fn spend(&mut self, n: usize, span: Span) -> Res<()> {
        if self.options.is_stopped() {
            return Err(self.give_up());
        }
        match self.budget.steps.checked_sub(n) {
            Some(left) => {
                self.budget.steps = left;
                Ok(())
            }
            None => {
                let steps = grouped(self.options.steps);
                let message = format!("evaluating this takes more than {steps} steps, the budget before the run");
                Err(self.exhausted(Diagnostic::error("E0406", span, message, "still counting here").help(
                    "static values are computed before anything runs: lists and calls that double explode, and what runs \
                     many times is a `scan` or a `repeat`",
                )))
            }
        }
    }

    /// Takes an operation from what the item has left.
    pub fn spend_op(&mut self, span: Span) -> Res<()> {
        if self.budget.ops > 0 {
            self.budget.ops -= 1;
            return Ok(());
        }
        let message = format!("this program has more than {} operations, the budget of an item", grouped(OPS));
        let diagnostic = Diagnostic::error("E0406", span, message, "one more here")
            .help("a `for` over a list is unrolled; `scan` and `repeat` are loops that run, and are one operation");
        Err(self.exhausted(diagnostic))
    }

    /// Evaluates one level deeper.
    pub fn deeper<T>(&mut self, span: Span, work: impl FnOnce(&mut Self) -> Res<T>) -> Res<T> {
        self.spend(1, span)?;
        if self.budget.depth == 0 {
            let message = format!("expressions and calls are nested more than {} deep, the budget", grouped(DEPTH));
            let diagnostic = Diagnostic::error("E0406", span, message, "too deep here");
            return Err(self.exhausted(diagnostic.help("give parts of it names, on lines of their own")));
        }
        self.budget.depth -= 1;
        let result = work(self);
        self.budget.depth += 1;
        result
    }

    /// A tensor that is larger than any machine's memory; sizes that are not known yet are looked at when they are.
    pub fn fits_memory(&mut self, ty: &Ty, span: Span) -> Res<()> {
        let width = ty.dtype.bytes() as i64;
        let bytes = ty.shape.iter().filter_map(Dim::as_const).try_fold(width, |n, size| n.checked_mul(size.max(1)));
        if bytes.is_some_and(|bytes| bytes <= TENSOR) {
            return Ok(());
        }
        let message = format!("{} is larger than a tensor may be: 1 TiB is the budget", super::report::show(ty));
        let diagnostic = Diagnostic::error("E0406", span, message, "too large");
        Err(self.report(diagnostic))
    }

    /// A text that is too long to be one.
    pub fn fits_text(&mut self, length: usize, span: Span) -> Res<()> {
        if length <= TEXT {
            return Ok(());
        }
        let message = format!("a text of more than {} bytes, the budget", grouped(TEXT));
        Err(self.error("E0406", span, message, "too long"))
    }

    /// Ends an item's evaluation without a word.
    pub fn give_up(&mut self) -> Poison {
        self.budget.steps = 0;
        self.budget.spent = true;
        Poison
    }

    /// The end of an item's evaluation: what comes behind it would only explode further.
    pub fn exhausted(&mut self, diagnostic: Diagnostic) -> Poison {
        self.budget.steps = 0;
        match std::mem::replace(&mut self.budget.spent, true) {
            true => Poison,
            false => self.report(diagnostic),
        }
    }
}

/// `1,000,000`
fn grouped(n: usize) -> String {
    let digits = n.to_string();
    let groups: Vec<&str> = digits.as_bytes().rchunks(3).rev().map(|g| std::str::from_utf8(g).unwrap_or("")).collect();
    groups.join(",")
}
