//! Distances from the left. Vertices that are to stand straight below each other form a column (Brandes and Köpf, 2001):
//! all bends of an edge, and the path through the most blocks. Columns keep the order of the layers and their distances, and then
//! move towards what they are connected with.

use super::BESIDE;
use super::grid::{Grid, Of};
use super::order::places;

/// Rounds in which columns move.
const ROUNDS: usize = 24;

/// The middle of every vertex.
pub fn columns(grid: &Grid) -> Vec<f64> {
    let (column, shift) = aligned(grid);
    let count = column.iter().max().map_or(0, |last| last + 1);
    let apart = distances(grid, &column, &shift);
    let mut x = vec![0.0f64; count];
    // From the left as near as can be: there is no circle, so as many rounds as there are columns are enough.
    for _ in 0..count {
        for &(a, b, least) in &apart {
            x[b] = x[b].max(x[a] + least);
        }
    }
    let mut weight = vec![0usize; count];
    column.iter().for_each(|&c| weight[c] += 1);
    for round in 0..ROUNDS {
        let all: Vec<usize> = if round % 2 == 0 { (0..count).rev().collect() } else { (0..count).collect() };
        for c in all {
            let Some(wish) = wish(grid, &column, &shift, &x, &weight, c) else { continue };
            let low = apart.iter().filter(|(_, b, _)| *b == c).map(|(a, _, least)| x[*a] + least);
            let high = apart.iter().filter(|(a, ..)| *a == c).map(|(_, b, least)| x[*b] - least);
            let (low, high) = (low.fold(f64::NEG_INFINITY, f64::max), high.fold(f64::INFINITY, f64::min));
            x[c] = wish.min(high).max(low);
        }
    }
    let middles: Vec<f64> = column.iter().zip(&shift).map(|(&c, shift)| x[c] + shift).collect();
    let edge = (0..middles.len()).map(|v| middles[v] - grid.vertices[v].left).fold(f64::INFINITY, f64::min);
    middles.iter().map(|x| x - edge).collect()
}

/// Where a column would like to stand: at the mean of what it is connected with, longer columns counting more.
fn wish(grid: &Grid, column: &[usize], shift: &[f64], x: &[f64], weight: &[usize], c: usize) -> Option<f64> {
    let (mut sum, mut total) = (0.0, 0.0);
    for link in &grid.links {
        let (from, to) = (column[link.from], column[link.to]);
        if (from == c) == (to == c) {
            continue;
        }
        let (own, own_shift, other, other_shift) = match from == c {
            true => (link.from, link.shifts.0, link.to, link.shifts.1),
            false => (link.to, link.shifts.1, link.from, link.shifts.0),
        };
        let there = x[column[other]] + shift[other] + other_shift;
        let weight = weight[column[other]] as f64;
        sum += weight * (there - shift[own] - own_shift);
        total += weight;
    }
    (total > 0.0).then(|| sum / total)
}

/// The column of each vertex, and how far from the column's middle it stands.
fn aligned(grid: &Grid) -> (Vec<usize>, Vec<f64>) {
    let count = grid.vertices.len();
    let places = places(&grid.layers, count);
    let length = lengths(grid);
    let (mut above, mut below) = (vec![None; count], vec![None; count]);
    let mut links: Vec<usize> = (0..grid.links.len()).collect();
    let rank = |i: &usize| {
        let link = &grid.links[*i];
        let bend = |v: usize| grid.vertices[v].of == Of::Bend;
        let kind = match (bend(link.from), bend(link.to)) {
            (true, true) => 0,
            (false, false) => 1,
            _ => 2,
        };
        (kind, std::cmp::Reverse(length.0[link.from] + length.1[link.to]))
    };
    links.sort_by_key(rank);
    let mut taken: Vec<usize> = vec![];
    for i in links {
        let link = &grid.links[i];
        let crosses = |other: &usize| {
            let other = &grid.links[*other];
            let same = grid.vertices[other.from].layer == grid.vertices[link.from].layer;
            same && (places[other.from] < places[link.from]) != (places[other.to] < places[link.to])
        };
        if above[link.to].is_none() && below[link.from].is_none() && !taken.iter().any(crosses) {
            above[link.to] = Some(i);
            below[link.from] = Some(i);
            taken.push(i);
        }
    }
    let (mut column, mut shift) = (vec![0; count], vec![0.0; count]);
    let mut next = 0;
    for v in grid.layers.iter().flatten().copied() {
        match above[v] {
            None => {
                column[v] = next;
                next += 1;
            }
            Some(i) => {
                let link = &grid.links[i];
                column[v] = column[link.from];
                shift[v] = shift[link.from] + link.shifts.0 - link.shifts.1;
            }
        }
    }
    (column, shift)
}

/// For each vertex the most blocks on a way from the top to it, and from it to the bottom.
fn lengths(grid: &Grid) -> (Vec<usize>, Vec<usize>) {
    let own = |v: usize| usize::from(grid.vertices[v].of == Of::Block);
    let count = grid.vertices.len();
    let (mut down, mut up) = ((0..count).map(own).collect::<Vec<_>>(), (0..count).map(own).collect::<Vec<_>>());
    let mut links = grid.links.clone();
    links.sort_by_key(|link| grid.vertices[link.from].layer);
    for link in &links {
        down[link.to] = down[link.to].max(down[link.from] + own(link.to));
    }
    for link in links.iter().rev() {
        up[link.from] = up[link.from].max(up[link.to] + own(link.from));
    }
    (down, up)
}

/// How far apart columns are at least: left, right, distance.
fn distances(grid: &Grid, column: &[usize], shift: &[f64]) -> Vec<(usize, usize, f64)> {
    let pair = |pair: &[usize]| {
        let (a, b) = (pair[0], pair[1]);
        let bends = [a, b].iter().filter(|&&v| grid.vertices[v].of == Of::Bend).count();
        let gap = if bends == 2 { BESIDE / 4.0 } else { BESIDE };
        let least = grid.vertices[a].right + gap + grid.vertices[b].left + shift[a] - shift[b];
        (column[a], column[b], least)
    };
    grid.layers.iter().flat_map(|layer| layer.windows(2)).map(pair).collect()
}
