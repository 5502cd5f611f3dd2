//! Removes what nothing needs.

use super::{Graph, Kind, Node, NodeId};

impl Graph {
    /// Without the nodes that no output needs. The inputs stay; bodies of loops are not looked into.
    pub fn pruned(&self) -> Graph {
        let live = self.live();
        let mut graph = Graph { inputs: self.inputs.clone(), ..Graph::default() };
        let mut moved = vec![NodeId(0); self.nodes.len()];
        for id in self.ids().filter(|id| live[id.index()]) {
            let node = self.node(id);
            let args = node.args.iter().map(|arg| moved[arg.index()]).collect();
            moved[id.index()] = NodeId::from(graph.nodes.len());
            graph.nodes.push(Node { args, ..node.clone() });
        }
        let outputs = self.outputs.iter();
        graph.outputs = outputs.map(|(name, node)| (name.clone(), moved[node.index()])).collect();
        graph
    }

    /// Without the inputs that `keep` says no to; none of them has a node.
    pub fn with_inputs(mut self, keep: &[bool]) -> Graph {
        let mut left = keep.iter();
        self.inputs.retain(|_| *left.next().expect("one answer for each input"));
        for node in &mut self.nodes {
            if let Kind::Input(index) = &mut node.kind {
                assert!(keep[*index], "a node reads input {index}");
                *index = keep[..*index].iter().filter(|kept| **kept).count();
            }
        }
        self
    }
}
