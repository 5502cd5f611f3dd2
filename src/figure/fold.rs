//! Blocks that follow each other and are alike are shown once, with their number.

use super::{Block, Edge, End, Mark, Region};

/// The same figure with every run of equal blocks, or of equal groups of blocks, as one.
pub fn fold(mut region: Region) -> Region {
    for block in &mut region.blocks {
        block.inside = block.inside.take().map(fold);
    }
    let mut start = 0;
    while start < region.blocks.len() {
        let chain = chain(&region, start);
        match longest_run(&region, &chain) {
            Some(run) => region = shortened(region, &run),
            None => start += 1,
        }
    }
    region
}

/// Blocks that are one behind the other.
struct Run {
    /// Of all copies, in order.
    blocks: Vec<usize>,
    /// Blocks of one copy.
    period: usize,
}

/// The blocks behind one another from a block on, each with one edge to the next and nothing else between them.
fn chain(region: &Region, start: usize) -> Vec<usize> {
    let mut chain = vec![start];
    let mut last = start;
    while let Some(next) = only_next(region, last) {
        chain.push(next);
        last = next;
    }
    chain
}

fn only_next(region: &Region, block: usize) -> Option<usize> {
    let mut out = region.edges.iter().filter(|edge| matches!(edge.from, End::Block(b, _) if b == block));
    let (Some(Edge { to: End::Block(next, _), .. }), None) = (out.next(), out.next()) else { return None };
    (edges_to(region, *next).count() == 1).then_some(*next)
}

fn edges_to(region: &Region, block: usize) -> impl Iterator<Item = &Edge> {
    region.edges.iter().filter(move |edge| matches!(edge.to, End::Block(b, _) if b == block))
}

/// The run at the beginning of a chain that leaves out most blocks; of equal ones that with the shortest copies.
fn longest_run(region: &Region, chain: &[usize]) -> Option<Run> {
    let label = |block: usize| edges_to(region, block).next().map(|edge| shape(&edge.label));
    // What comes from outside says its shape there.
    let arrive_alike = |a: usize, b: usize| label(a) == label(b) || label(a) == Some("") || label(b) == Some("");
    let alike = |a: usize, b: usize| same(&region.blocks[a], &region.blocks[b]) && arrive_alike(a, b);
    let mut best: Option<Run> = None;
    for period in 1..=chain.len() / 2 {
        let is_model = |block: &usize| !matches!(region.blocks[*block].mark, Mark::Function | Mark::End);
        if !chain[..period].iter().any(is_model) || edges_to(region, chain[0]).count() != 1 {
            continue;
        }
        let repeats = (period..chain.len()).take_while(|&i| alike(chain[i], chain[i - period])).count();
        let blocks = chain[..period + repeats / period * period].to_vec();
        let saved = |run: &Run| run.blocks.len() - run.period;
        let run = Run { blocks, period };
        if run.blocks.len() > period && best.as_ref().is_none_or(|best| saved(&run) > saved(best)) {
            best = Some(run);
        }
    }
    best
}

/// The shape that arrives, of `[B, 16, 4, 4] -> [B, 256]` the second.
fn shape(label: &str) -> &str {
    label.rsplit('\u{2192}').next().unwrap_or(label).trim()
}

/// Whether two blocks look the same, wherever they stand.
fn same(a: &Block, b: &Block) -> bool {
    let inside = match (&a.inside, &b.inside) {
        (None, None) => true,
        (Some(a), Some(b)) => {
            a.edges == b.edges
                && a.ports == b.ports
                && a.blocks.len() == b.blocks.len()
                && a.blocks.iter().zip(&b.blocks).all(|(a, b)| same(a, b))
        }
        _ => false,
    };
    inside && (a.mark, &a.label, &a.detail, a.times) == (b.mark, &b.label, &b.detail, b.times)
}

/// The region with one copy in the place of a run; several blocks get a frame.
fn shortened(mut region: Region, run: &Run) -> Region {
    let (first, last) = (run.blocks[0], run.blocks[run.blocks.len() - 1]);
    let times = run.blocks.len() / run.period;
    let kept = &run.blocks[..run.period];
    // What left the last copy leaves the one that stays.
    let port = |block: usize, edges: &[Edge]| {
        let from = |edge: &Edge| matches!(edge.from, End::Block(b, _) if b == block).then_some(edge.from);
        edges.iter().find_map(from)
    };
    let end = port(kept[run.period - 1], &region.edges);
    let is_inner = |edge: &Edge| matches!((edge.from, edge.to), (End::Block(a, _), End::Block(b, _)) if run.blocks.contains(&a) && run.blocks.contains(&b));
    let (inner, mut outer): (Vec<Edge>, Vec<Edge>) = region.edges.drain(..).partition(is_inner);
    for edge in outer.iter_mut().filter(|edge| matches!(edge.from, End::Block(b, _) if b == last)) {
        edge.from = end.unwrap_or(edge.from);
    }
    if run.period == 1 {
        region.blocks[first].times *= times;
        region.edges = outer;
        return without(region, &run.blocks[1..]);
    }
    let place = |end: End| match end {
        End::Block(b, port) => kept.iter().position(|k| *k == b).map(|at| End::Block(at, port)),
        border => Some(border),
    };
    let copied = |edge: &Edge| Some(Edge { from: place(edge.from)?, to: place(edge.to)?, label: edge.label.clone() });
    let mut edges: Vec<Edge> = inner.iter().filter_map(copied).collect();
    for edge in &mut outer {
        if let End::Block(b, _) = edge.to
            && b == first
        {
            edges.push(Edge { from: End::Border(0), to: place(edge.to).unwrap_or(edge.to), label: String::new() });
            edge.to = End::Block(first, 0);
        }
        if let Some(from) = end
            && edge.from == from
        {
            edges.push(Edge { from: place(from).unwrap_or(from), to: End::Border(0), label: String::new() });
            edge.from = End::Block(first, 0);
        }
    }
    edges.dedup();
    let blocks = kept.iter().map(|&k| region.blocks[k].clone()).collect();
    let inside = Region { blocks, edges, ports: (1, 1) };
    let path = region.blocks[first].path.clone();
    region.blocks[first] =
        Block { mark: Mark::Function, label: String::new(), detail: String::new(), path, times, inside: Some(inside) };
    region.edges = outer;
    without(region, &run.blocks[1..])
}

/// A region without some blocks, which no edge names.
fn without(mut region: Region, gone: &[usize]) -> Region {
    let moved = |b: usize| b - gone.iter().filter(|&&g| g < b).count();
    for edge in &mut region.edges {
        for end in [&mut edge.from, &mut edge.to] {
            if let End::Block(b, _) = end {
                *b = moved(*b);
            }
        }
    }
    let mut at = 0..;
    region.blocks.retain(|_| !at.next().is_some_and(|i| gone.contains(&i)));
    region
}
