//! The last of rows that were filled to one length: in most of them it is none of their own.

use crate::base::Span;
use crate::diag::Diagnostic;
use crate::tir::{Kind, Source, ValueId};
use crate::types::Dim;

use super::Checker;
use super::value::Tensor;

impl Checker<'_> {
    /// Warns where `h[:, -1]` takes the last place of an axis to whose size rows are filled, unless `h` was computed from their lengths.
    pub fn takes_filling(&mut self, x: &Tensor, axis: usize, start: &Dim, span: Span) {
        let size = &x.ty.shape[axis];
        let Some(&(_, lengths)) = self.filled.iter().find(|(filled, _)| filled == size) else { return };
        let last = start + &Dim::from(1) == *size;
        if !last || x.depth > 0 || x.home != self.progs[0].serial || self.reads(x.id, lengths) {
            return;
        }
        let message = format!("rows are filled up to `{size}`, so the last place is the end of the longest alone");
        let diagnostic = Diagnostic::warning("E0521", self.users_place(span), message, "filling, for shorter rows")
            .help(format!("take the last of each row: `h[arange(B), (length - 1) :> idx<{size}>[B]]`, where `length` is the field of the lengths"));
        self.report(diagnostic);
    }

    /// Whether a value was computed from a field of the batch.
    fn reads(&self, value: ValueId, field: usize) -> bool {
        let read = self.ancestors(value);
        let nodes = &self.progs[0].program.nodes;
        nodes
            .iter()
            .zip(&read)
            .any(|(node, read)| *read && matches!(node.kind, Kind::Input(Source::Arg(at)) if at == field))
    }
}
