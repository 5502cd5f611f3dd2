//! Calls of what `freeze` holds: with `training` as it says, and a warning where buffers follow what a layer sees that is to stay.

use crate::base::Span;
use crate::diag::Diagnostic;
use crate::tir::{CellId, Role};

use super::stmt::Place;
use super::value::{Arg, Value};
use super::{Checker, Res};

impl<'a> Checker<'a> {
    /// Calls what is inside `freeze(.., training: ..)`.
    pub fn call_frozen(
        &mut self,
        inner: &Value<'a>,
        training: Option<bool>,
        args: Vec<Arg<'a>>,
        span: Span,
    ) -> Res<Value<'a>> {
        let outer = self.training;
        // It stays as it is said outside of training: `true` only means that buffers may follow.
        self.training = outer && training.unwrap_or(true);
        let before = self.progs[0].history();
        let result = self.call(inner, args, span);
        self.training = outer;
        if training.is_none() && outer && self.place == Place::Step && !self.generic {
            let moved: Vec<CellId> = self.progs[0]
                .history()
                .into_iter()
                .filter(|(cell, count)| *count > before.get(cell).copied().unwrap_or(1))
                .map(|(cell, _)| cell)
                .filter(|cell| self.cells[cell.index()].role == Role::Buffer)
                .collect();
            self.buffers_move(&moved, span);
        }
        result
    }

    fn buffers_move(&mut self, moved: &[CellId], span: Span) {
        let [first, more @ ..] = moved else { return };
        let path = self.cells[first.index()].path();
        let what = match more.len() {
            0 => format!("`{path}` follows"),
            1 => format!("`{path}` and another buffer follow"),
            n => format!("`{path}` and {n} more buffers follow"),
        };
        let message = format!("{what} what a frozen layer sees in training");
        let diagnostic = Diagnostic::warning("E0625", span, message, "its parameters stay, and these do not")
            .help("to answer as it does outside of training, with the means that it has and without dropout: `freeze(.., training: false)`")
            .help("if that is meant, say it: `freeze(.., training: true)`");
        self.report(diagnostic);
    }
}
