//! Places for blocks and edges, from the top to the bottom, after Sugiyama, Tagawa and Toda, 1981: `grid` gives every block a
//! layer and every longer edge a bend in each layer that it passes, `order` puts the vertices of a layer in an order with few
//! crossings, `columns` finds their distances from the left, and `route` draws the edges. A block with an inside is laid out
//! first and then one large vertex, whose edges meet its ports.

mod columns;
mod grid;
mod order;
mod route;
mod size;

pub use route::{Line, Step};
pub use size::{DETAIL, HEADER, LABEL, SHAPE};

use super::{End, Region};
use grid::{Grid, Of};

/// A region with places, measured from its own corner.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Placed {
    pub width: f64,
    pub height: f64,
    /// In the order of the region's blocks.
    pub spots: Vec<Spot>,
    /// In the order of its edges.
    pub lines: Vec<Line>,
    /// From the left, where values come in at the top and go out at the bottom.
    pub ports: (Vec<f64>, Vec<f64>),
}

/// Where a block stands.
#[derive(Clone, Debug, PartialEq)]
pub struct Spot {
    pub left: f64,
    pub top: f64,
    pub width: f64,
    pub height: f64,
    /// Where its name begins, if its inside is shown.
    pub label: f64,
    /// Its inside, and where that begins in the block.
    pub inside: Option<(Placed, f64, f64)>,
}

/// Between blocks beside each other.
const BESIDE: f64 = 22.0;
/// Between layers, with and without a label on an edge.
const GAPS: (f64, f64) = (38.0, 24.0);

/// Lays a region out.
pub fn layout(region: &Region) -> Placed {
    let sizes: Vec<size::Size> = region.blocks.iter().map(size::size).collect();
    let mut grid = Grid::new(region, &sizes);
    order::order(&mut grid);
    let x = columns::columns(&grid);
    let tall = grid.layers.iter().map(|layer| layer.iter().map(|&v| grid.vertices[v].height).fold(0.0, f64::max));
    let tall: Vec<f64> = tall.collect();
    let tops = tops(region, &grid, &tall);
    let spot = |v: usize, size: &size::Size| {
        let layer = grid.vertices[v].layer;
        Spot {
            left: x[v] - size.width / 2.0,
            top: tops[layer] + (tall[layer] - size.height) / 2.0,
            width: size.width,
            height: size.height,
            label: size.label,
            inside: size.inside.clone(),
        }
    };
    let port = |wanted: fn(&Of) -> bool| {
        let found = grid.vertices.iter().enumerate().filter(|(_, vertex)| wanted(&vertex.of));
        found.map(|(v, _)| x[v]).collect::<Vec<f64>>()
    };
    let routes = route::Routes::new(region, &grid, &x, &tops, &tall);
    let lines = (0..region.edges.len()).map(|edge| routes.line(edge)).collect();
    Placed {
        width: (0..x.len()).map(|v| x[v] + grid.vertices[v].right).fold(0.0, f64::max),
        height: tops.last().zip(tall.last()).map_or(0.0, |(top, tall)| top + tall),
        spots: sizes.iter().enumerate().map(|(block, size)| spot(block, size)).collect(),
        lines,
        ports: (port(|of| *of == Of::In), port(|of| *of == Of::Out)),
    }
}

/// Where each layer begins.
fn tops(region: &Region, grid: &Grid, tall: &[f64]) -> Vec<f64> {
    let mut gaps = vec![GAPS.1; tall.len()];
    for (edge, path) in region.edges.iter().zip(&grid.paths) {
        if !edge.label.is_empty() {
            gaps[grid.vertices[path[0]].layer] = GAPS.0;
        }
    }
    let mut tops = vec![];
    let mut top = 0.0;
    for (tall, gap) in tall.iter().zip(gaps) {
        tops.push(top);
        top += tall + gap;
    }
    tops
}

/// How far from the middle of its block an end is.
fn shift(end: End, sizes: &[size::Size], comes_in: bool) -> f64 {
    match end {
        End::Block(block, port) => sizes[block].port(port, comes_in),
        End::Border(_) => 0.0,
    }
}
