//! Which nodes of a program each call made: calls inside each other, as a tree.

use std::ops::Range;

use crate::tir::{Call, Program};

/// A call of a layer, a stage of a chain, or a function.
#[derive(Clone, Debug)]
pub struct Span<'p> {
    pub nodes: Range<usize>,
    /// None for a chain, and for a function that is no stage.
    pub call: Option<&'p Call>,
    pub name: &'p str,
    /// Where a layer or a chain stands; empty for a function.
    pub path: &'p str,
    pub inside: Vec<Span<'p>>,
}

impl Span<'_> {
    /// Whether it is a layer or a stage, or has one inside.
    pub fn has_call(&self) -> bool {
        self.call.is_some() || self.has_call_inside()
    }

    /// Whether it is a chain of what has no layers inside.
    pub fn is_plain_chain(&self) -> bool {
        self.call.is_none() && !self.path.is_empty() && !self.inside.iter().any(Span::has_call_inside)
    }

    pub fn has_call_inside(&self) -> bool {
        self.inside.iter().any(Span::has_call)
    }
}

/// The outermost calls among these nodes, in the order of execution.
pub fn spans<'p>(program: &'p Program, nodes: &Range<usize>) -> Vec<Span<'p>> {
    let span = |nodes: &Range<usize>, call, name, path| Span { nodes: nodes.clone(), call, name, path, inside: vec![] };
    let calls = program.calls.iter().map(|call| span(&call.nodes, Some(call), &*call.name, &*call.path));
    let functions = program.functions.iter().map(|applied| span(&applied.nodes, None, &*applied.name, &*applied.path));
    let inside = |span: &Span| is_inside(&span.nodes, nodes) && !span.nodes.is_empty();
    let mut all: Vec<Span> = calls.chain(functions).filter(inside).collect();
    // Of two with the same nodes the layer is around the function. Who ends last is the outer one.
    all.reverse();
    all.sort_by_key(|span| (span.nodes.start, std::cmp::Reverse(span.nodes.end), span.call.is_none()));
    let mut open: Vec<Span> = vec![span(nodes, None, "", "")];
    for span in all {
        while open.len() > 1 && open.last().is_some_and(|outer| !is_inside(&span.nodes, &outer.nodes)) {
            close(&mut open);
        }
        open.push(span);
    }
    while open.len() > 1 {
        close(&mut open);
    }
    open.pop().map_or_else(Vec::new, |whole| whole.inside)
}

fn close(open: &mut Vec<Span>) {
    if let (Some(inner), Some(outer)) = (open.pop(), open.last_mut()) {
        outer.inside.push(inner);
    }
}

fn is_inside(inner: &Range<usize>, outer: &Range<usize>) -> bool {
    outer.start <= inner.start && inner.end <= outer.end
}
