//! Which nodes of a program each call made: calls inside each other, as a tree.

use std::ops::Range;

use crate::tir::{Applied, Call, Program};

/// A call of a layer, a stage of a chain, or a function.
#[derive(Clone, Debug)]
pub struct Span<'p> {
    pub nodes: Range<usize>,
    /// None for a chain, and for a function that is no stage.
    pub call: Option<&'p Call>,
    pub name: &'p str,
    /// Where a layer or a chain stands; empty for a function.
    pub path: &'p str,
    /// `kernel: 5, pad: 2`
    pub settings: &'p str,
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
    let call = |call: &'p Call| Span {
        nodes: call.nodes.clone(),
        call: Some(call),
        name: &call.name,
        path: &call.path,
        settings: &call.settings,
        inside: vec![],
    };
    let function = |applied: &'p Applied| Span {
        nodes: applied.nodes.clone(),
        call: None,
        name: &applied.name,
        path: &applied.path,
        settings: &applied.settings,
        inside: vec![],
    };
    let (calls, functions) = (program.calls.iter().map(call), program.functions.iter().map(function));
    let inside = |span: &Span| is_inside(&span.nodes, nodes) && !span.nodes.is_empty();
    let mut all: Vec<Span> = calls.chain(functions).filter(inside).collect();
    // Of two with the same nodes the layer is around the function. Who ends last is the outer one.
    all.reverse();
    all.sort_by_key(|span| (span.nodes.start, std::cmp::Reverse(span.nodes.end), span.call.is_none()));
    let mut open = vec![Span { nodes: nodes.clone(), call: None, name: "", path: "", settings: "", inside: vec![] }];
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
        // A stage that is one function has that function's settings.
        if outer.path.is_empty() && (outer.name, &outer.nodes) == (inner.name, &inner.nodes) {
            outer.settings = inner.settings;
        }
        outer.inside.push(inner);
    }
}

fn is_inside(inner: &Range<usize>, outer: &Range<usize>) -> bool {
    outer.start <= inner.start && inner.end <= outer.end
}
