//! Reshapes that read the axes of a tensor in another order: the sizes stand elsewhere, and the elements do not move with them.

use crate::base::Span;
use crate::diag::Diagnostic;
use crate::types::{Claim, Dim, Rel, Verdict};

use super::Checker;
use super::report::dims;
use super::ways::letters;

impl Checker<'_> {
    /// Warns where an axis with a named size is in front of other elements than before: `[B, T, D]` as `[B, H, T, D // H]`.
    pub fn mixes_axes(&mut self, have: &[Dim], shape: &[Dim], span: Span) {
        if self.is_std(span.file) {
            return;
        }
        let Some((from, to)) = (0..have.len()).find_map(|from| Some((from, self.moved(have, shape, from)?))) else {
            return;
        };
        let name = &have[from];
        let message = format!("this reshape mixes `{name}` with other axes: it moves the size, and not the elements");
        let label = format!("axis {from} of {} is axis {to} of {}", dims(have), dims(shape));
        let diagnostic = Diagnostic::warning("E0520", span, message, label);
        let diagnostic = match pattern(have, shape) {
            Some(way) => diagnostic.help(format!("say where each axis goes: `{way}`")),
            None => diagnostic.help("say where each axis goes, with an index pattern: `x.[b t (h d) -> b h t d]`"),
        };
        self.report(
            diagnostic.help("if another order is meant, make one axis of all before: `reshape(reshape(x, [_]), ..)`"),
        );
    }

    /// The axis of the result that has the size of axis `from` alone, with surely other elements behind it and in front of it.
    fn moved(&mut self, have: &[Dim], shape: &[Dim], from: usize) -> Option<usize> {
        let size = &have[from];
        let once = |sizes: &[Dim]| sizes.iter().filter(|other| *other == size).count() == 1;
        if size.as_const().is_some() || !once(have) || !once(shape) {
            return None;
        }
        let to = shape.iter().position(|other| other == size)?;
        let count = |sizes: &[Dim]| sizes.iter().fold(Dim::from(1), |n, size| &n * size);
        let differ =
            |c: &mut Self, a: Dim, b: Dim| matches!(c.facts.decide(&Claim::new(a, Rel::Eq, b)), Verdict::Refuted(_));
        let behind = differ(self, count(&have[from + 1..]), count(&shape[to + 1..]));
        (behind && differ(self, count(&have[..from]), count(&shape[..to]))).then_some(to)
    }
}

/// `x.[b t (h d) -> b h t d]`: the axes in another order, one of them split, or two joined.
fn pattern(have: &[Dim], shape: &[Dim]) -> Option<String> {
    let only = |a: &[Dim], b: &[Dim]| a.iter().filter(|size| !b.contains(size)).cloned().collect::<Vec<_>>();
    let (gone, new) = (only(have, shape), only(shape, have));
    let (parts, whole) = match (gone.as_slice(), new.as_slice()) {
        ([], []) => (vec![], None),
        ([whole], parts) if parts.len() == 2 => (parts.to_vec(), Some(whole)),
        (parts, [whole]) if parts.len() == 2 => (parts.to_vec(), Some(whole)),
        _ => return None,
    };
    // A name for each axis of the finer of the two shapes.
    let finer = if gone.len() == 1 { shape } else { have };
    let names = letters(finer);
    let name = |size: &Dim| finer.iter().position(|other| other == size).map(|at| names[at].clone());
    let joined = || Some(format!("({})", parts.iter().map(name).collect::<Option<Vec<_>>>()?.join(" ")));
    let term = |size: &Dim| if whole == Some(size) { joined() } else { name(size) };
    let side = |sizes: &[Dim]| Some(sizes.iter().map(term).collect::<Option<Vec<_>>>()?.join(" "));
    Some(format!("x.[{} -> {}]", side(have)?, side(shape)?))
}
