//! The graph: concrete sizes, one node per value, in an order in which operands come first.

mod builder;
mod emit;
mod eval;
mod parse;
mod prune;
mod text;
pub mod typing;
mod verify;
mod walk;

pub use builder::Builder;
pub use emit::Emit;
pub use eval::{Fault, Nonfinite, Overflow, eval, eval_all, trace_first_nonfinite};
pub use parse::{ParseError, parse};
pub use verify::{check, verify};

use crate::base::{Name, Span};
use crate::id;
use crate::ops::{Op, Scan};
use crate::types::DType;

id!(
    /// A node of one graph.
    NodeId,
    "%"
);

/// The type of one value.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Type {
    pub dtype: DType,
    pub shape: Vec<usize>,
}

/// What a node does.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// The `i`-th input of the graph.
    Input(usize),
    Op(Op<usize>),
    /// Several results: only `Result` nodes use it.
    Scan(Box<Scan<usize, Graph>>),
    /// The `i`-th result of a `Scan`.
    Result(usize),
}

/// One node. `tys` has one type, except for `Scan`, which has one per result.
#[derive(Clone, Debug)]
pub struct Node {
    pub kind: Kind,
    pub args: Vec<NodeId>,
    pub tys: Vec<Type>,
    /// Where in the user's file it came from; not part of its identity.
    pub span: Span,
    /// The checkpoint that it is part of: on the way back it is computed again. Only `grad` looks at it; not part of its
    /// identity.
    pub checkpoint: Option<u32>,
}

/// Places are for messages: two nodes that do the same are equal wherever they came from.
impl PartialEq for Node {
    fn eq(&self, other: &Node) -> bool {
        self.kind == other.kind && self.args == other.args && self.tys == other.tys
    }
}

impl Eq for Node {}

impl std::hash::Hash for Node {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.kind.hash(state);
        self.args.hash(state);
    }
}

/// A graph. Inputs are listed even when no node uses them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Graph {
    pub inputs: Vec<(Name, Type)>,
    pub nodes: Vec<Node>,
    pub outputs: Vec<(Name, NodeId)>,
}
