//! What a rule sees: the node's operands and result, the cotangent of the result, and where to send those of the operands.

use crate::graph::{Emit, NodeId};
use std::ops::{Deref, DerefMut};

pub(super) struct Cx<'b> {
    emit: Emit<'b>,
    args: Vec<NodeId>,
    wants: Vec<bool>,
    /// The node's result.
    pub y: NodeId,
    /// The cotangent of the result.
    pub g: NodeId,
    /// Operands and their cotangents.
    pub sent: Vec<(usize, NodeId)>,
}

impl<'b> Cx<'b> {
    pub fn new(emit: Emit<'b>, args: &[NodeId], wants: Vec<bool>, y: NodeId, g: NodeId) -> Cx<'b> {
        Cx { emit, args: args.to_vec(), wants, y, g, sent: vec![] }
    }

    pub fn arg(&self, operand: usize) -> NodeId {
        self.args[operand]
    }

    /// How many operands there are.
    pub fn operands(&self) -> usize {
        self.args.len()
    }

    /// Computes and sends the cotangent of an operand, if anyone asks for it.
    pub fn send(&mut self, operand: usize, cotangent: impl FnOnce(&mut Self) -> NodeId) {
        if self.wants[operand] {
            let cotangent = cotangent(self);
            self.sent.push((operand, cotangent));
        }
    }
}

/// A rule adds ops where the node came from.
impl<'b> Deref for Cx<'b> {
    type Target = Emit<'b>;
    fn deref(&self) -> &Emit<'b> {
        &self.emit
    }
}

impl<'b> DerefMut for Cx<'b> {
    fn deref_mut(&mut self) -> &mut Emit<'b> {
        &mut self.emit
    }
}
