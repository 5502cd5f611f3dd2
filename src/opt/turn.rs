//! Products whose results are wanted the other way round.
//!
//! `transpose(dot(a, b)) = dot(b, a)`: the derivative of `x @ w.T` in `w` comes as the transposed product, and whoever reads it row by
//! row, such as an optimizer, would walk through memory in steps of a row. The factors are read in any order at no cost.

use super::rewrite::rebuild;
use crate::graph::{Emit, Graph, Kind, Node, NodeId};
use crate::ops::{Op, Scan};

/// Exchanges the factors of every product that is only read transposed.
pub fn turn(graph: &Graph) -> Graph {
    let users = graph.users();
    let turned: Vec<Option<Vec<usize>>> =
        graph.nodes.iter().zip(&users).enumerate().map(|(i, (node, users))| turned(graph, i, node, users)).collect();
    let made = graph.nodes.iter().zip(turned).filter(|(node, _)| matches!(node.kind, Kind::Op(_) | Kind::Scan(_)));
    let mut made = made.map(|(_, perm)| perm);
    rebuild(graph, |builder, node, args| {
        let perm = made.next().flatten();
        match (&node.kind, perm) {
            (Kind::Op(Op::Dot { batch, contract }), Some(perm)) => {
                let exchanged = |pairs: &[(usize, usize)]| pairs.iter().map(|&(l, r)| (r, l)).collect();
                let mut emit = Emit::new(builder, node.span);
                let op = Op::Dot { batch: exchanged(batch), contract: exchanged(contract) };
                let product = emit.op(op, &[args[1], args[0]]);
                vec![emit.transpose(product, &perm)]
            }
            (Kind::Op(op), _) => vec![builder.op(op.clone(), args, node.span)],
            (Kind::Scan(scan), _) => {
                let scan = Scan { body: turn(&scan.body), ..scan.as_ref().clone() };
                builder.scan(scan, args, node.span)
            }
            (Kind::Input(_) | Kind::Result(_), _) => unreachable!("`rebuild` makes these"),
        }
    })
}

/// Of a product that is only read with its factors' axes exchanged: how the exchanged product is turned back.
fn turned(graph: &Graph, index: usize, node: &Node, users: &[NodeId]) -> Option<Vec<usize>> {
    let Kind::Op(Op::Dot { batch, contract }) = &node.kind else { return None };
    let free = |arg: usize| graph.node(node.args[arg]).tys[0].shape.len() - batch.len() - contract.len();
    let axes = |first: usize, second: usize| -> Vec<usize> {
        let behind = batch.len() + first..batch.len() + first + second;
        (0..batch.len()).chain(behind).chain(batch.len()..batch.len() + first).collect()
    };
    let (there, back) = (axes(free(0), free(1)), axes(free(1), free(0)));
    let is_turn = |user: &NodeId| matches!(&graph.node(*user).kind, Kind::Op(Op::Transpose { perm }) if *perm == there);
    let given = graph.outputs.iter().any(|(_, output)| output.index() == index);
    (!given && !users.is_empty() && users.iter().all(is_turn)).then_some(back)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Span;
    use crate::graph::{Builder, Type};
    use crate::opt::optimize;
    use crate::types::DType;

    #[test]
    fn a_product_that_is_read_transposed_is_made_so() {
        let mut builder = Builder::new();
        let f32s = |shape: &[usize]| Type::new(DType::F32, shape.to_vec());
        let (x, y) = (builder.input("x", f32s(&[2, 5, 3])), builder.input("y", f32s(&[2, 5, 4, 7])));
        let mut emit = Emit::new(&mut builder, Span::none());
        let product = emit.op(Op::Dot { batch: vec![(0, 0)], contract: vec![(1, 1)] }, &[x, y]);
        let turned = emit.transpose(product, &[0, 2, 3, 1]);
        builder.output("z", turned);
        let graph = optimize(&builder.finish());
        let (_, output) = graph.outputs[0];
        assert_eq!(graph.node(output).tys[0].shape, [2, 4, 7, 3]);
        assert!(matches!(graph.node(output).kind, Kind::Op(Op::Dot { .. })), "{graph}");
    }
}
