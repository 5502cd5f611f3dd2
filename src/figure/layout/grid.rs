//! Layers: every edge goes from one to the next, over bends where it is longer.

use super::size::{SHAPE, Size, wide};
use super::{BESIDE, shift};
use crate::figure::{End, Region};

/// What stands in a layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Of {
    Block,
    In,
    Out,
    /// An edge passes.
    Bend,
}

#[derive(Clone, Debug)]
pub struct Vertex {
    pub of: Of,
    pub layer: usize,
    /// Room on both sides of its middle.
    pub left: f64,
    pub right: f64,
    pub height: f64,
}

/// A part of an edge, between neighbouring layers.
#[derive(Clone, Copy, Debug)]
pub struct Link {
    pub from: usize,
    pub to: usize,
    /// How far from the middles of its vertices it begins and ends.
    pub shifts: (f64, f64),
}

/// The vertices, those of blocks first, in layers.
#[derive(Clone, Debug)]
pub struct Grid {
    pub vertices: Vec<Vertex>,
    /// The order from the left.
    pub layers: Vec<Vec<usize>>,
    pub links: Vec<Link>,
    /// The vertices of each edge.
    pub paths: Vec<Vec<usize>>,
    /// How far from the middle of its first and last vertex each edge begins and ends.
    pub shifts: Vec<(f64, f64)>,
}

impl Grid {
    pub fn new(region: &Region, sizes: &[Size]) -> Grid {
        let (ins, outs) = region.ports;
        let first_in = sizes.len();
        let vertex = |end: End, comes_in: bool| match end {
            End::Block(block, _) => block,
            End::Border(port) if comes_in => first_in + port,
            End::Border(port) => first_in + ins + port,
        };
        let ends: Vec<(usize, usize)> =
            region.edges.iter().map(|edge| (vertex(edge.from, true), vertex(edge.to, false))).collect();
        let layer = layer_of(sizes.len(), ins, outs, &ends);
        let mut vertices: Vec<Vertex> = sizes
            .iter()
            .enumerate()
            .map(|(block, size)| Vertex {
                of: Of::Block,
                layer: layer[block],
                left: size.width / 2.0,
                right: size.width / 2.0 + size.beside,
                height: size.height,
            })
            .collect();
        let port = |of: Of, layer: usize| Vertex { of, layer, left: 4.0, right: 4.0, height: 0.0 };
        vertices.extend((0..ins).map(|i| port(Of::In, layer[first_in + i])));
        vertices.extend((0..outs).map(|i| port(Of::Out, layer[first_in + ins + i])));
        let depth = layer.iter().max().map_or(0, |last| last + 1);
        let mut grid = Grid { vertices, layers: vec![vec![]; depth], links: vec![], paths: vec![], shifts: vec![] };
        for (edge, &(from, to)) in region.edges.iter().zip(&ends) {
            let shifts = (shift(edge.from, sizes, false), shift(edge.to, sizes, true));
            grid.edge(from, to, shifts);
            let text = if edge.label.is_empty() { 0.0 } else { wide(&edge.label, SHAPE) + 12.0 };
            let start = &mut grid.vertices[from];
            start.right = start.right.max(shifts.0 + text);
        }
        // Bends first: an edge that passes by keeps to the left, and the labels stand on the right.
        let bends = (0..grid.vertices.len()).filter(|&v| grid.vertices[v].of == Of::Bend);
        let others = (0..grid.vertices.len()).filter(|&v| grid.vertices[v].of != Of::Bend);
        for v in bends.chain(others).collect::<Vec<usize>>() {
            grid.layers[grid.vertices[v].layer].push(v);
        }
        grid
    }

    /// Adds an edge with its bends.
    fn edge(&mut self, from: usize, to: usize, shifts: (f64, f64)) {
        let (first, last) = (self.vertices[from].layer, self.vertices[to].layer);
        let mut path = vec![from];
        for layer in first + 1..last {
            let half = BESIDE / 4.0;
            self.vertices.push(Vertex { of: Of::Bend, layer, left: half, right: half, height: 0.0 });
            path.push(self.vertices.len() - 1);
        }
        path.push(to);
        let hops = path.len() - 1;
        for (i, pair) in path.windows(2).enumerate() {
            let begin = if i == 0 { shifts.0 } else { 0.0 };
            let end = if i + 1 == hops { shifts.1 } else { 0.0 };
            self.links.push(Link { from: pair[0], to: pair[1], shifts: (begin, end) });
        }
        self.paths.push(path);
        self.shifts.push(shifts);
    }
}

/// The layer of each vertex: below all from which an edge comes. What nothing comes to stands just above what needs it.
fn layer_of(blocks: usize, ins: usize, outs: usize, ends: &[(usize, usize)]) -> Vec<usize> {
    let count = blocks + ins + outs;
    let mut layer = vec![usize::from(ins > 0); count];
    layer[blocks..blocks + ins].fill(0);
    // There is no circle, so as many rounds as there are vertices are enough.
    for _ in 0..count {
        let before = layer.clone();
        for &(from, to) in ends {
            layer[to] = layer[to].max(layer[from] + 1);
        }
        if layer == before {
            break;
        }
    }
    for block in (0..blocks).filter(|block| ends.iter().all(|(_, to)| to != block)) {
        let needs = ends.iter().filter(|(from, _)| *from == block).map(|(_, to)| layer[*to]);
        layer[block] = needs.min().map_or(layer[block], |first| first.saturating_sub(1));
    }
    let last = layer[..blocks].iter().max().map_or(1, |last| last + 1);
    layer[blocks + ins..].fill(last);
    layer
}
