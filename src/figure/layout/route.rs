//! Edges as lines: straight down where they can be, around a corner into another column, or into the side of a block.

use super::GAPS;
use super::grid::{Grid, Of};
use crate::figure::{End, Mark, Region};

/// An edge on the page.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    pub steps: Vec<Step>,
    /// Where its label begins.
    pub label: (f64, f64),
}

/// The next part of a line, with the place at its end.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Step {
    From(f64, f64),
    To(f64, f64),
    /// Around a corner.
    Corner(f64, f64),
}

/// Of a corner.
const RADIUS: f64 = 9.0;

/// The places that all lines of a region are drawn between.
pub struct Routes<'g> {
    region: &'g Region,
    grid: &'g Grid,
    x: &'g [f64],
    tops: &'g [f64],
    tall: &'g [f64],
    /// Below each layer the edges that change their column there, each at a height of its own.
    lanes: Vec<Vec<usize>>,
}

impl<'g> Routes<'g> {
    pub fn new(region: &'g Region, grid: &'g Grid, x: &'g [f64], tops: &'g [f64], tall: &'g [f64]) -> Routes<'g> {
        let mut routes = Routes { region, grid, x, tops, tall, lanes: vec![vec![]; tops.len()] };
        for edge in 0..region.edges.len() {
            for (hop, pair) in grid.paths[edge].windows(2).enumerate() {
                let is_last = hop + 2 == grid.paths[edge].len();
                let moves = routes.begins(edge, hop) != routes.ends(edge, hop);
                if moves && !(is_last && routes.enters_side(edge)) {
                    routes.lanes[grid.vertices[pair[0]].layer].push(edge);
                }
            }
        }
        routes
    }

    /// The line of an edge.
    pub fn line(&self, edge: usize) -> Line {
        let path = &self.grid.paths[edge];
        let (from, to) = (path[0], path[path.len() - 1]);
        let start = self.begins(edge, 0);
        let mut steps = vec![Step::From(start, self.middle(from) + self.half(from))];
        for hop in 0..path.len() - 1 {
            let (at, next) = (self.begins(edge, hop), self.ends(edge, hop));
            if hop + 2 == path.len() && self.enters_side(edge) {
                let side = if at < next { -1.0 } else { 1.0 };
                corner(&mut steps, (at, self.middle(to)), (0.0, 1.0), (-side, 0.0), RADIUS);
                steps.push(Step::To(next + side * self.grid.vertices[to].left, self.middle(to)));
                return self.labelled(steps, from, start);
            }
            if at != next {
                let layer = self.layer(path[hop]);
                let lane = self.lanes[layer].iter().position(|other| *other == edge).unwrap_or(0);
                let part = (lane + 1) as f64 / (self.lanes[layer].len() + 1) as f64;
                let (floor, top) = (self.floor(path[hop]), self.tops[layer + 1]);
                let y = floor + part * (top - floor);
                let radius = RADIUS.min((next - at).abs() / 2.0).min(part.min(1.0 - part) * (top - floor));
                let way = (next - at).signum();
                corner(&mut steps, (at, y), (0.0, 1.0), (way, 0.0), radius);
                corner(&mut steps, (next, y), (way, 0.0), (0.0, 1.0), radius);
            }
        }
        steps.push(Step::To(self.ends(edge, path.len() - 2), self.middle(to) - self.half(to)));
        self.labelled(steps, from, start)
    }

    fn labelled(&self, steps: Vec<Step>, from: usize, start: f64) -> Line {
        Line { steps, label: (start + 7.0, self.floor(from) + GAPS.0 / 2.0 + 2.0) }
    }

    fn half(&self, v: usize) -> f64 {
        self.grid.vertices[v].height / 2.0
    }

    fn layer(&self, v: usize) -> usize {
        self.grid.vertices[v].layer
    }

    fn middle(&self, v: usize) -> f64 {
        self.tops[self.layer(v)] + self.tall[self.layer(v)] / 2.0
    }

    fn floor(&self, v: usize) -> f64 {
        self.tops[self.layer(v)] + self.tall[self.layer(v)]
    }

    /// Where a part of an edge begins, and where it ends, from the left.
    fn begins(&self, edge: usize, hop: usize) -> f64 {
        let shift = if hop == 0 { self.grid.shifts[edge].0 } else { 0.0 };
        round(self.x[self.grid.paths[edge][hop]] + shift)
    }

    fn ends(&self, edge: usize, hop: usize) -> f64 {
        let path = &self.grid.paths[edge];
        let shift = if hop + 2 == path.len() { self.grid.shifts[edge].1 } else { 0.0 };
        round(self.x[path[hop + 1]] + shift)
    }

    /// Whether an edge goes straight down and then sideways into a block to which others come from above: if nothing stands
    /// between.
    fn enters_side(&self, edge: usize) -> bool {
        let End::Block(block, _) = self.region.edges[edge].to else { return false };
        let target = &self.region.blocks[block];
        let others = self.region.edges.iter().filter(|edge| matches!(edge.to, End::Block(b, _) if b == block)).count();
        let at = self.begins(edge, self.grid.paths[edge].len() - 2);
        let (x, half) = (self.x[block], self.grid.vertices[block].left);
        if target.inside.is_some() || target.mark == Mark::End || others < 2 || (at - x).abs() < half + RADIUS + 6.0 {
            return false;
        }
        let (left, right) = (at.min(x) - 4.0, at.max(x) + 4.0);
        self.grid.layers[self.layer(block)].iter().all(|&v| {
            let vertex = &self.grid.vertices[v];
            let own = if vertex.of == Of::Bend { 2.0 } else { vertex.left };
            v == block || self.x[v] + own < left || self.x[v] - own > right
        })
    }
}

/// Columns that are almost one are one.
fn round(x: f64) -> f64 {
    (x * 4.0).round() / 4.0
}

/// A turn at a place, from one direction to another.
fn corner(steps: &mut Vec<Step>, (x, y): (f64, f64), from: (f64, f64), to: (f64, f64), radius: f64) {
    steps.push(Step::To(x - from.0 * radius, y - from.1 * radius));
    steps.push(Step::Corner(x + to.0 * radius, y + to.1 * radius));
}
