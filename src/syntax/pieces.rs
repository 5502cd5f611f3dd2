//! Reading a file again after a small change: an item whose text was read before is moved to where it stands now.
//!
//! What an item is depends on its own text alone, and on the lines of documentation above it. Items about which something was
//! said are read again, since that may tell of what stands around them.

use std::collections::BTreeMap;

use super::ast::Item;
use super::shift::Shift;
use crate::base::{FileId, Name};

/// For how many readings an item may be missing before it is forgotten.
const KEPT: u64 = 64;

/// The items of the texts before.
#[derive(Debug, Default)]
pub struct Pieces {
    file: Option<FileId>,
    kept: BTreeMap<(Option<Name>, Name), (Item, u64)>,
    readings: u64,
}

impl Pieces {
    /// Begins to read a text of a file.
    pub fn begin(&mut self, file: FileId) {
        self.readings += 1;
        if self.file.replace(file) != Some(file) {
            self.kept.clear();
        }
        let oldest = self.readings.saturating_sub(KEPT);
        self.kept.retain(|_, (_, used)| *used >= oldest);
    }

    /// An item with this documentation and text, which begins at byte `lo`.
    pub fn item(&mut self, doc: Option<&Name>, text: &str, lo: u32) -> Option<Item> {
        let (item, used) = self.kept.get_mut(&(doc.cloned(), text.into()))?;
        *used = self.readings;
        let mut item = item.clone();
        item.shift(i64::from(lo) - i64::from(item.span.lo));
        Some(item)
    }

    pub fn keep(&mut self, text: &str, item: &Item) {
        self.kept.insert((item.doc.clone(), text.into()), (item.clone(), self.readings));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::syntax::{parse, parse_again};

    /// Whole programs, with all kinds of items between them.
    const TEXTS: [&str; 4] = [
        include_str!("../../examples/gan_digits.dln"),
        include_str!("../../examples/text/translation.dln"),
        include_str!("../../stdlib/optim/adam.dln"),
        include_str!("../../stdlib/nn/recurrent.dln"),
    ];

    #[test]
    fn what_is_read_again_is_what_would_be_read_anew() {
        for text in TEXTS {
            let mut pieces = Pieces::default();
            // A letter, a line, and half a statement come and go in many places.
            for at in (0..text.len()).step_by(97).filter(|&at| text.is_char_boundary(at)) {
                for new in ["a", "\n# a line\n", " x = (", ""] {
                    let changed = format!("{}{new}{}", &text[..at], &text[at..]);
                    let again = parse_again(FileId(3), &changed, &mut pieces);
                    let anew = parse(FileId(3), &changed);
                    assert!(again.file == anew.file && again.diagnostics == anew.diagnostics, "{new:?} at {at}");
                }
            }
        }
    }
}
