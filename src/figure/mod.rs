//! A model as a picture: blocks for layers and functions, and what flows between them.
//!
//! `spans` finds which nodes of a typed program each call made, `regions` makes blocks of them and `values` follows what flows
//! from block to block, `fold` shows repeated blocks once, `layout` gives everything a place, and `svg` and `dot` write it down. A layer
//! with layers inside is a region of its own, with ports on its border where values come in and go out.

mod dot;
mod fold;
mod layout;
mod regions;
mod spans;
mod svg;
mod values;

pub use dot::dot;
pub use regions::{Asked, figure};
pub use svg::svg;

/// Blocks, and what flows between them and the border around.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Region {
    /// In the order of execution.
    pub blocks: Vec<Block>,
    pub edges: Vec<Edge>,
    /// How many values come in over the border, and how many go out.
    pub ports: (usize, usize),
}

/// A layer, a function, an operation.
#[derive(Clone, Debug, PartialEq)]
pub struct Block {
    pub mark: Mark,
    /// `Conv2d[16 -> 32]`, `relu`
    pub label: String,
    /// `kernel: 5, pad: 2`
    pub detail: String,
    /// `net.body.3`; empty for what has no place among the layers.
    pub path: String,
    /// How many such blocks follow each other.
    pub times: usize,
    /// What it consists of, where that is shown.
    pub inside: Option<Region>,
}

impl Block {
    /// `× 12`; empty for a block that stands for itself alone.
    fn count(&self) -> String {
        if self.times > 1 { format!("\u{d7} {}", self.times) } else { String::new() }
    }
}

/// What a block stands for, and with it its form and colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    /// What comes in from outside, or goes out.
    End,
    /// Read as it is, without a layer around it.
    Parameter,
    /// Two values become one, element by element: a circle with a sign.
    Sign,
    /// With trained parameters in a convolution.
    Convolution,
    /// With trained parameters in a product of matrices.
    Product,
    /// With other trained parameters: norms, embeddings.
    Trained,
    /// Without parameters.
    Function,
}

/// One end of an edge.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum End {
    /// A port on the border around.
    Border(usize),
    /// A block, and of one with an inside a port of its border.
    Block(usize, usize),
}

/// A value on its way.
#[derive(Clone, Debug, PartialEq)]
pub struct Edge {
    pub from: End,
    pub to: End,
    /// Its shape; empty where an edge beside it says the same.
    pub label: String,
}
