//! What programs and graphs compute, by each op's own cost.

use crate::graph::{self, Graph};
use crate::lower::Sizes;
use crate::ops::cost::{Extent, cost};
use crate::tir::{Kind, Node, Program, Ty};
use crate::types::{DType, Dim};

/// Arithmetic of one node of a typed program, with these sizes.
pub fn node_flops(program: &Program, node: &Node, sizes: &Sizes) -> u64 {
    let number = |dim: &Dim| usize::try_from(dim.eval(sizes).unwrap_or(1)).unwrap_or(0);
    let shape = |ty: &Ty| ty.shape.iter().map(number).collect::<Vec<usize>>();
    match &node.kind {
        Kind::Op(op) => {
            // Operands that are results of several are read through their own nodes.
            let args = node.args.iter().map(|arg| &program.nodes[arg.index()].tys[0]);
            let args: Vec<(DType, Vec<usize>)> = args.map(|ty| (ty.dtype, shape(ty))).collect();
            let args: Vec<Extent> = args.iter().map(|(dtype, shape)| Extent { dtype: *dtype, shape }).collect();
            let out = shape(&node.tys[0]);
            cost(&op.map(number), &args, Extent { dtype: node.tys[0].dtype, shape: &out }).flops
        }
        Kind::Scan(scan) => {
            let inside = scan.body.nodes.iter().map(|node| node_flops(&scan.body, node, sizes)).sum::<u64>();
            inside * number(&scan.n) as u64
        }
        Kind::Input(_) | Kind::Size(_) | Kind::Holds(_) | Kind::Result(_) | Kind::Grad => 0,
    }
}

/// Arithmetic of a graph.
pub fn graph_flops(graph: &Graph) -> u64 {
    let flops = |node: &graph::Node| match &node.kind {
        graph::Kind::Scan(scan) => graph_flops(&scan.body) * scan.n as u64,
        _ => op_flops(graph, node),
    };
    graph.nodes.iter().map(flops).sum()
}

/// Arithmetic of one node of a graph, without that of a loop's body.
pub fn op_flops(graph: &Graph, node: &graph::Node) -> u64 {
    let graph::Kind::Op(op) = &node.kind else { return 0 };
    let args: Vec<Extent> = node.args.iter().map(|&arg| extent(graph.ty(arg))).collect();
    cost(op, &args, extent(&node.tys[0])).flops
}

fn extent(ty: &graph::Type) -> Extent<'_> {
    Extent { dtype: ty.dtype, shape: &ty.shape }
}
