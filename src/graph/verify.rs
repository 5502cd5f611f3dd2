//! Checks that a graph is one. This header is the specification; every pass must leave it true.
//!
//! 1. The operands of a node come before it.
//! 2. A node's types are what the rule of its op gives for its operands' types, and every size that the rule requires
//!    holds. All but `Scan` have one type.
//! 3. `Input(i)` has no operands and the type of input `i`, which exists. An input has at most one node.
//! 4. `Result(i)` has one operand, a `Scan`, and the type of its result `i`, which exists. Only `Result` nodes have a
//!    `Scan` as an operand.
//! 5. Outputs are nodes of the graph, and no `Scan` is one.
//! 6. The body of a loop is such a graph too. It sees nothing of the graph around it.

use super::typing::{op_type, scan_types};
use super::{Graph, Kind, Node, NodeId, Type, text};

/// Stops the program, with the graph printed, if the graph is none; `stage` says who made it.
pub fn verify(graph: &Graph, stage: &str) {
    if let Err(why) = check(graph) {
        panic!("bug in dln: {stage} made a graph that is none: {why}\n{graph}");
    }
}

/// What is wrong with the graph, if anything is.
pub fn check(graph: &Graph) -> Result<(), String> {
    let mut has_node = vec![false; graph.inputs.len()];
    for id in graph.ids() {
        let node = graph.node(id);
        check_node(graph, id, node).map_err(|why| format!("{why}, in `{}`", text::line(id, node)))?;
        if let Kind::Input(index) = node.kind
            && std::mem::replace(&mut has_node[index], true)
        {
            return Err(format!("input {index} has two nodes"));
        }
    }
    for (name, output) in &graph.outputs {
        ensure(output.index() < graph.nodes.len(), || format!("output `{name}` does not exist"))?;
        ensure(!is_scan(graph, *output), || format!("output `{name}` is a whole loop"))?;
    }
    Ok(())
}

fn check_node(graph: &Graph, id: NodeId, node: &Node) -> Result<(), String> {
    for arg in &node.args {
        ensure(arg < &id, || format!("{arg} does not come before"))?;
        let reads_result = matches!(node.kind, Kind::Result(_));
        ensure(reads_result == is_scan(graph, *arg), || format!("{arg} is read in a wrong way"))?;
    }
    let want = match &node.kind {
        Kind::Input(index) => vec![input_type(graph, node, *index)?],
        Kind::Result(index) => vec![result_type(graph, node, *index)?],
        Kind::Op(op) => vec![op_type(op, &arg_types(graph, node))?],
        Kind::Scan(scan) => {
            check(&scan.body).map_err(|why| format!("in the body of a loop: {why}"))?;
            scan_types(scan, &arg_types(graph, node))?
        }
    };
    ensure(node.tys == want, || {
        let want: Vec<String> = want.iter().map(Type::to_string).collect();
        format!("its type should be {}", want.join(", "))
    })
}

fn is_scan(graph: &Graph, id: NodeId) -> bool {
    matches!(graph.node(id).kind, Kind::Scan(_))
}

fn arg_types<'a>(graph: &'a Graph, node: &Node) -> Vec<&'a Type> {
    node.args.iter().map(|&arg| graph.ty(arg)).collect()
}

fn input_type(graph: &Graph, node: &Node, index: usize) -> Result<Type, String> {
    ensure(node.args.is_empty(), || "an input has no operands".to_string())?;
    let input = graph.inputs.get(index).ok_or("there is no such input")?;
    Ok(input.1.clone())
}

fn result_type(graph: &Graph, node: &Node, index: usize) -> Result<Type, String> {
    let [scan] = node.args.as_slice() else {
        return Err("a result is of one loop".to_string());
    };
    let ty = graph.node(*scan).tys.get(index).ok_or("the loop has no such result")?;
    Ok(ty.clone())
}

fn ensure(holds: bool, why: impl FnOnce() -> String) -> Result<(), String> {
    if holds { Ok(()) } else { Err(why()) }
}
