//! The optimizer: passes from graph to graph, each with a name, in a list.
//!
//! Passes keep every result's bits, with four exceptions that are written beside their rules: a zero may lose its
//! sign, a constant is folded with the reference evaluator's precision, some powers become products, and where loops are
//! batched sums are taken in another order.

mod batch;
mod dce;
mod fold;
mod hoist;
mod parts;
mod rewrite;
mod simplify;
mod straighten;
mod turn;

use crate::graph::{Graph, verify};

/// From a graph to one with the same results.
pub type Pass = fn(&Graph) -> Graph;

/// The passes in the order in which they run.
pub const PASSES: &[(&str, Pass)] = &[
    ("fold", fold::fold),
    ("simplify", simplify::simplify),
    ("turn", turn::turn),
    ("straighten", straighten::straighten),
    ("parts", parts::parts),
    ("batch", batch::batch),
    ("hoist", hoist::hoist),
    ("dce", dce::dce),
];

/// More rounds than any graph needs: every rule makes a graph smaller or moves work outwards.
const ROUNDS: usize = 16;

/// Runs all passes until nothing changes. Equal nodes are shared by the way: builders find them.
pub fn optimize(graph: &Graph) -> Graph {
    let mut graph = graph.clone();
    for _ in 0..ROUNDS {
        let before = graph.clone();
        for (name, pass) in PASSES {
            graph = pass(&graph);
            if cfg!(debug_assertions) {
                verify(&graph, name);
            }
        }
        if graph == before {
            break;
        }
    }
    graph
}
