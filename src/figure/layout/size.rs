//! How much room blocks and texts take.

use super::{Placed, layout};
use crate::figure::{Block, Mark};

/// Heights of letters: of names, of what stands below them, of shapes.
pub const LABEL: f64 = 13.0;
pub const DETAIL: f64 = 11.0;
pub const SHAPE: f64 = 11.0;
/// The line with the name of a block that shows its inside.
pub const HEADER: f64 = 26.0;
/// Around the inside of a block.
const PAD: f64 = 16.0;
/// Before `× 12` beside a name or a block.
const APART: f64 = 14.0;
/// How much wider bold letters are.
const BOLD: f64 = 1.2;

/// The room of a block.
#[derive(Clone, Debug)]
pub struct Size {
    pub width: f64,
    pub height: f64,
    /// What stands on its right.
    pub beside: f64,
    /// Where its name begins, if its inside is shown.
    pub label: f64,
    /// Its inside, and where that begins.
    pub inside: Option<(Placed, f64, f64)>,
}

impl Size {
    /// How far a port is from the middle.
    pub fn port(&self, port: usize, comes_in: bool) -> f64 {
        let Some((inside, left, _)) = &self.inside else { return 0.0 };
        let ports = if comes_in { &inside.ports.0 } else { &inside.ports.1 };
        ports.get(port).map_or(0.0, |x| left + x - self.width / 2.0)
    }
}

pub fn size(block: &Block) -> Size {
    let label = wide(&block.label, LABEL);
    let times = if block.times > 1 { APART + BOLD * wide(&block.count(), LABEL) } else { 0.0 };
    let beside = if block.inside.is_none() { times } else { 0.0 };
    let plain = |width: f64, height: f64| Size { width, height, beside, label: 0.0, inside: None };
    if let Some(inside) = &block.inside {
        let inside = layout(inside);
        let header = if block.label.is_empty() { PAD } else { HEADER };
        let height = inside.height + header + PAD / 2.0;
        // The name stands on the left of what comes in if there is room, or else on the right.
        let edges = |pick: fn(f64, f64) -> f64| inside.ports.0.iter().copied().reduce(pick);
        let fits = edges(f64::min).is_none_or(|first| label + 6.0 < PAD / 4.0 + first);
        let at = if fits { 12.0 } else { PAD + edges(f64::max).unwrap_or(0.0) + 8.0 };
        let width = (inside.width + 2.0 * PAD).max(at + label + times + PAD);
        return Size { width, height, beside: 0.0, label: at, inside: Some((inside, PAD, header)) };
    }
    match block.mark {
        Mark::Sign => plain(24.0, 24.0),
        Mark::End => plain(label + 4.0, 18.0),
        _ if block.detail.is_empty() => plain(label.max(36.0) + 26.0, 32.0),
        _ => plain(label.max(wide(&block.detail, DETAIL)) + 26.0, 46.0),
    }
}

/// About how wide a text is, in letters without serifs of this height.
pub fn wide(text: &str, size: f64) -> f64 {
    let letter = |c: char| match c {
        'i' | 'j' | 'l' | 't' | 'f' | 'r' | '.' | ',' | ':' | ' ' | '(' | ')' | '[' | ']' | '|' | '\'' => 0.34,
        'm' | 'w' | 'M' | 'W' | '\u{2192}' => 0.9,
        c if c.is_uppercase() => 0.7,
        _ => 0.58,
    };
    text.chars().map(letter).sum::<f64>() * size
}
