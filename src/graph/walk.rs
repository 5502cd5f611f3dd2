//! Ways to go through a graph. Nodes are stored operands first, so the order of ids is a topological order.

use super::{Graph, Kind, Node, NodeId, Type};
use crate::base::Span;

impl Type {
    pub fn new(dtype: crate::types::DType, shape: Vec<usize>) -> Type {
        Type { dtype, shape }
    }

    /// The number of elements.
    pub fn len(&self) -> usize {
        self.shape.iter().product()
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    pub fn rank(&self) -> usize {
        self.shape.len()
    }

    pub fn bytes(&self) -> usize {
        self.len() * self.dtype.bytes()
    }
}

/// As the text form writes it: `f32[64, 10]`.
impl std::fmt::Display for Type {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}{:?}", self.dtype, self.shape)
    }
}

impl Graph {
    pub fn node(&self, id: NodeId) -> &Node {
        &self.nodes[id.index()]
    }

    /// The type of a node's one result. A `Scan` has several: its `Result` nodes have types.
    pub fn ty(&self, id: NodeId) -> &Type {
        match self.node(id).tys.as_slice() {
            [ty] => ty,
            tys => panic!("{id} has {} results and is no value", tys.len()),
        }
    }

    /// All ids, operands before users.
    pub fn ids(&self) -> impl DoubleEndedIterator<Item = NodeId> + use<> {
        (0..self.nodes.len()).map(NodeId::from)
    }

    /// For each node, the nodes that have it as an operand, in order, each once.
    pub fn users(&self) -> Vec<Vec<NodeId>> {
        let mut users: Vec<Vec<NodeId>> = vec![vec![]; self.nodes.len()];
        for id in self.ids() {
            for arg in &self.node(id).args {
                let users = &mut users[arg.index()];
                if users.last() != Some(&id) {
                    users.push(id);
                }
            }
        }
        users
    }

    /// For each node, whether one of `roots` needs it.
    pub fn needed_by(&self, roots: impl IntoIterator<Item = NodeId>) -> Vec<bool> {
        let mut needed = vec![false; self.nodes.len()];
        for root in roots {
            needed[root.index()] = true;
        }
        for id in self.ids().rev() {
            if needed[id.index()] {
                for arg in &self.node(id).args {
                    needed[arg.index()] = true;
                }
            }
        }
        needed
    }

    /// For each node, whether an output needs it.
    pub fn live(&self) -> Vec<bool> {
        self.needed_by(self.outputs.iter().map(|output| output.1))
    }

    /// For each node, whether it depends on one of `sources`.
    pub fn depends_on(&self, sources: &[NodeId]) -> Vec<bool> {
        let mut depends = vec![false; self.nodes.len()];
        for source in sources {
            depends[source.index()] = true;
        }
        for id in self.ids() {
            let args = &self.node(id).args;
            depends[id.index()] |= args.iter().any(|arg| depends[arg.index()]);
        }
        depends
    }

    /// The node of an input, made if it has none.
    pub fn input_node(&mut self, index: usize) -> NodeId {
        self.input_nodes()[index].unwrap_or_else(|| {
            let ty = self.inputs[index].1.clone();
            let kind = Kind::Input(index);
            self.nodes.push(Node { kind, args: vec![], tys: vec![ty], span: Span::none(), checkpoint: None });
            NodeId::from(self.nodes.len() - 1)
        })
    }

    /// The node of each input that has one.
    pub fn input_nodes(&self) -> Vec<Option<NodeId>> {
        let mut nodes = vec![None; self.inputs.len()];
        for id in self.ids() {
            if let Kind::Input(index) = self.node(id).kind {
                nodes[index] = Some(id);
            }
        }
        nodes
    }
}
