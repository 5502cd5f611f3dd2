//! Makes graphs: equal nodes are shared, and every node's type comes from its op's rule.

use super::{Graph, NodeId, Type};
use crate::base::Span;
use crate::ops::{Op, Scan};

/// PLACEHOLDER INTERFACE.
#[derive(Default)]
pub struct Builder {}

impl Builder {
    pub fn new() -> Builder {
        todo!()
    }
    /// Declares the next input.
    pub fn input(&mut self, _name: &str, _ty: Type) -> NodeId {
        todo!()
    }
    /// Adds an op (or finds the equal node). A wrong call is a bug in dln: it panics with the rule's message.
    pub fn op(&mut self, _op: Op<usize>, _args: &[NodeId], _span: Span) -> NodeId {
        todo!()
    }
    /// Adds a loop; returns its results: final carries, then ys.
    pub fn scan(&mut self, _scan: Scan<usize, Graph>, _args: &[NodeId], _span: Span) -> Vec<NodeId> {
        todo!()
    }
    pub fn ty(&self, _node: NodeId) -> &Type {
        todo!()
    }
    pub fn output(&mut self, _name: &str, _node: NodeId) {
        todo!()
    }
    pub fn finish(self) -> Graph {
        todo!()
    }
}
