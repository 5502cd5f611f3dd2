//! The order of the vertices in each layer: again and again each is put at the mean place of its neighbours in the layer
//! above, then below, and the order with the fewest crossings stays.

use super::grid::Grid;

/// More rounds change nothing in figures of this kind.
const ROUNDS: usize = 12;

pub fn order(grid: &mut Grid) {
    let mut best = grid.layers.clone();
    let mut fewest = crossings(grid);
    for round in 0..ROUNDS {
        let down = round % 2 == 0;
        let count = grid.layers.len();
        for i in 1..count {
            let layer = if down { i } else { count - 1 - i };
            sort(grid, layer, down);
        }
        let crossed = crossings(grid);
        if crossed < fewest {
            (best, fewest) = (grid.layers.clone(), crossed);
        }
    }
    grid.layers = best;
}

/// The place of every vertex in its layer.
pub fn places(layers: &[Vec<usize>], count: usize) -> Vec<usize> {
    let mut places = vec![0; count];
    for layer in layers {
        layer.iter().enumerate().for_each(|(place, &v)| places[v] = place);
    }
    places
}

/// Sorts a layer by the mean place of its neighbours above, or below; who has none keeps its place.
fn sort(grid: &mut Grid, layer: usize, above: bool) {
    let places = places(&grid.layers, grid.vertices.len());
    let mean = |v: usize| {
        let neighbours: Vec<f64> = grid
            .links
            .iter()
            .filter_map(|link| match above {
                true => (link.to == v).then(|| places[link.from] as f64 + link.shifts.0 * TILT),
                false => (link.from == v).then(|| places[link.to] as f64 + link.shifts.1 * TILT),
            })
            .collect();
        match neighbours.len() {
            0 => places[v] as f64,
            n => neighbours.iter().sum::<f64>() / n as f64,
        }
    };
    let mut keyed: Vec<(f64, usize)> = grid.layers[layer].iter().map(|&v| (mean(v), v)).collect();
    keyed.sort_by(|a, b| a.0.total_cmp(&b.0));
    grid.layers[layer] = keyed.into_iter().map(|(_, v)| v).collect();
}

/// Ports of one block count as places a little apart.
const TILT: f64 = 1e-3;

fn crossings(grid: &Grid) -> usize {
    let places = places(&grid.layers, grid.vertices.len());
    let ends = |i: usize| {
        let link = &grid.links[i];
        let at = |v: usize, shift: f64| places[v] as f64 + shift * TILT;
        (grid.vertices[link.from].layer, at(link.from, link.shifts.0), at(link.to, link.shifts.1))
    };
    let all: Vec<(usize, f64, f64)> = (0..grid.links.len()).map(ends).collect();
    let crossed = |a: &(usize, f64, f64), b: &(usize, f64, f64)| a.0 == b.0 && (a.1 - b.1) * (a.2 - b.2) < 0.0;
    all.iter().enumerate().map(|(i, a)| all[i + 1..].iter().filter(|b| crossed(a, b)).count()).sum()
}
