//! Makes graphs: equal nodes are shared, and every node's type comes from its op's rule.

use super::typing::{op_type, scan_types};
use super::{Graph, Kind, Node, NodeId, Type};
use crate::base::Span;
use crate::ops::{Op, Scan};
use crate::types::{Bf16, F16, Scalar};
use std::collections::HashMap;

/// A graph that grows. A wrong call is a bug in dln, not in a user's file: it panics with the rule's message.
#[derive(Clone, Debug, Default)]
pub struct Builder {
    graph: Graph,
    /// The node that does what the key says. Only looked up, never walked through.
    seen: HashMap<(Kind, Vec<NodeId>), NodeId>,
    /// The checkpoint that new nodes are part of.
    checkpoint: Option<u32>,
}

/// Goes on with a graph that was finished.
impl From<Graph> for Builder {
    fn from(graph: Graph) -> Builder {
        let mut seen = HashMap::new();
        for id in graph.ids() {
            let node = graph.node(id);
            seen.entry((node.kind.clone(), node.args.clone())).or_insert(id);
        }
        Builder { graph, seen, checkpoint: None }
    }
}

impl Builder {
    pub fn new() -> Builder {
        Builder::default()
    }

    /// Declares the next input.
    pub fn input(&mut self, name: &str, ty: Type) -> NodeId {
        let index = self.graph.inputs.len();
        self.graph.inputs.push((name.into(), ty.clone()));
        self.node(Kind::Input(index), &[], Span::none(), vec![ty])
    }

    /// Adds an op, or finds the equal node.
    pub fn op(&mut self, op: Op<usize>, args: &[NodeId], span: Span) -> NodeId {
        let tys: Vec<&Type> = args.iter().map(|&arg| self.ty(arg)).collect();
        let ty = op_type(&op, &tys).unwrap_or_else(|why| wrong(op.name(), &tys, &why));
        let op = match op {
            Op::Const(value) => Op::Const(one_nan(value)),
            op => op,
        };
        self.node(Kind::Op(op), args, span, vec![ty])
    }

    /// Adds a loop, or finds the equal one; returns its results: final carries, then ys.
    pub fn scan(&mut self, scan: Scan<usize, Graph>, args: &[NodeId], span: Span) -> Vec<NodeId> {
        let tys: Vec<&Type> = args.iter().map(|&arg| self.ty(arg)).collect();
        let results = scan_types(&scan, &tys).unwrap_or_else(|why| wrong("scan", &tys, &why));
        let node = self.node(Kind::Scan(Box::new(scan)), args, span, results.clone());
        let result = |(i, ty)| self.node(Kind::Result(i), &[node], span, vec![ty]);
        results.into_iter().enumerate().map(result).collect()
    }

    /// Lets a loop also give what `values`, nodes of its body, are in each iteration, stacked along axis 0. The results
    /// that it had stay where they are, so whoever reads them reads on.
    pub fn stack(&mut self, scan: NodeId, values: &[NodeId]) -> Vec<NodeId> {
        let Node { kind: Kind::Scan(old), args, span, checkpoint, .. } = self.graph.node(scan).clone() else {
            panic!("{scan} is no loop");
        };
        let mut new = old;
        let mut at = vec![];
        for &value in values {
            let mut ys = new.body.outputs.iter().skip(new.carries);
            at.push(match ys.position(|y| y.1 == value) {
                Some(i) => new.carries + i,
                None => {
                    new.body.outputs.push((format!("stacked {value}").into(), value));
                    new.body.outputs.len() - 1
                }
            });
        }
        let arg_tys: Vec<&Type> = args.iter().map(|&arg| self.ty(arg)).collect();
        let tys = scan_types(&new, &arg_tys).unwrap_or_else(|why| wrong("scan", &arg_tys, &why));
        let kind = Kind::Scan(new);
        self.seen.insert((kind.clone(), args.clone()), scan);
        self.graph.nodes[scan.index()] = Node { kind, args, tys: tys.clone(), span, checkpoint };
        at.into_iter().map(|i| self.node(Kind::Result(i), &[scan], span, vec![tys[i].clone()])).collect()
    }

    /// The same value as a node of its own, which nothing else shares.
    pub fn own(&mut self, x: NodeId, span: Span) -> NodeId {
        let ty = self.ty(x).clone();
        let kind = Kind::Op(Op::Reshape { shape: ty.shape.clone() });
        self.graph.nodes.push(Node { kind, args: vec![x], tys: vec![ty], span, checkpoint: self.checkpoint });
        NodeId::from(self.graph.nodes.len() - 1)
    }

    /// The checkpoint that new nodes are part of from now on.
    pub fn set_checkpoint(&mut self, checkpoint: Option<u32>) {
        self.checkpoint = checkpoint;
    }

    pub fn checkpoint(&self) -> Option<u32> {
        self.checkpoint
    }

    /// Adds what `node` does on other operands, or finds the equal node.
    pub fn again(&mut self, node: &Node, args: &[NodeId]) -> NodeId {
        self.node(node.kind.clone(), args, node.span, node.tys.clone())
    }

    /// As `stack`, of the body's inputs for these operands.
    pub fn stack_inputs(&mut self, scan: NodeId, operands: &[usize]) -> Vec<NodeId> {
        let Kind::Scan(old) = &mut self.graph.nodes[scan.index()].kind else { panic!("{scan} is no loop") };
        let values: Vec<NodeId> = operands.iter().map(|operand| old.body.input_node(operand + 1)).collect();
        self.stack(scan, &values)
    }

    fn node(&mut self, kind: Kind, args: &[NodeId], span: Span, tys: Vec<Type>) -> NodeId {
        let key = (kind, args.to_vec());
        if let Some(&id) = self.seen.get(&key) {
            return id;
        }
        let id = NodeId::from(self.graph.nodes.len());
        self.seen.insert(key.clone(), id);
        let (kind, args) = key;
        self.graph.nodes.push(Node { kind, args, tys, span, checkpoint: self.checkpoint });
        id
    }

    /// The type of a value.
    pub fn ty(&self, node: NodeId) -> &Type {
        self.graph.ty(node)
    }

    /// The graph as it is now.
    pub fn graph(&self) -> &Graph {
        &self.graph
    }

    pub fn output(&mut self, name: &str, node: NodeId) {
        self.graph.outputs.push((name.into(), node));
    }

    pub fn finish(self) -> Graph {
        self.graph
    }

    /// Puts the nodes of `graph` into this one, with `inputs` in place of its inputs; returns its outputs.
    pub fn import(&mut self, graph: &Graph, inputs: &[NodeId]) -> Vec<NodeId> {
        let map = self.import_nodes(graph, inputs);
        graph.outputs.iter().map(|output| map[output.1.index()]).collect()
    }

    /// As `import`, but returns what every node of `graph` has become.
    pub fn import_nodes(&mut self, graph: &Graph, inputs: &[NodeId]) -> Vec<NodeId> {
        assert_eq!(graph.inputs.len(), inputs.len(), "one node for each input");
        let mut map: Vec<NodeId> = Vec::with_capacity(graph.nodes.len());
        for node in &graph.nodes {
            let args: Vec<NodeId> = node.args.iter().map(|arg| map[arg.index()]).collect();
            map.push(match &node.kind {
                Kind::Input(index) => {
                    assert_eq!(self.ty(inputs[*index]), &node.tys[0], "input {index}");
                    inputs[*index]
                }
                _ => {
                    let outside = std::mem::replace(&mut self.checkpoint, node.checkpoint);
                    let copy = self.again(node, &args);
                    self.checkpoint = outside;
                    copy
                }
            });
        }
        map
    }
}

/// All values that are not a number are one constant, so that text gives back the bits.
fn one_nan(value: Scalar) -> Scalar {
    match value {
        Scalar::F16(x) if x.to_f32().is_nan() => Scalar::F16(F16::from_f32(f32::NAN)),
        Scalar::Bf16(x) if x.to_f32().is_nan() => Scalar::Bf16(Bf16::from_f32(f32::NAN)),
        Scalar::F32(x) if x.is_nan() => Scalar::F32(f32::NAN),
        Scalar::F64(x) if x.is_nan() => Scalar::F64(f64::NAN),
        value => value,
    }
}

fn wrong(name: &str, tys: &[&Type], why: &str) -> ! {
    let tys: Vec<String> = tys.iter().map(|ty| ty.to_string()).collect();
    panic!("`{name}` of ({}): {why}", tys.join(", "))
}
