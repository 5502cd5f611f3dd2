//! Algebra: each rule is one equation, written above it, read from left to right.

mod arithmetic;
mod logic;
mod movement;

use super::rewrite::{Rule, rewrite};
use crate::graph::Graph;

/// Applies the rules of all files.
pub fn simplify(graph: &Graph) -> Graph {
    let rules: Vec<Rule> = [arithmetic::RULES, logic::RULES, movement::RULES].concat();
    rewrite(graph, &rules)
}
