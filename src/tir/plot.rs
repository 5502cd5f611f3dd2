//! What a picture of numbers shows.

use super::Template;
use crate::base::Name;

/// `save_plot((train: a, val: b), "runs/loss.svg", log: true)`
#[derive(Clone, Debug, PartialEq)]
pub struct Plot {
    /// What each value of the action's program is, in order. Behind them come those that `title` shows.
    pub values: Vec<Drawn>,
    pub title: Template,
    pub x: Axis,
    pub y: Axis,
}

/// What a value is drawn as.
#[derive(Clone, Debug, PartialEq)]
pub enum Drawn {
    /// `[n]`: heights above `X`, or above 1, 2, .. n. `[n, 2]`: places (x, y). `[]`: one bar. Without a name it is no
    /// part of the legend.
    Series { mark: Mark, name: Name },
    /// `[n]`: where heights, and columns of the heat map, lie.
    X,
    /// `[m]`: where rows of the heat map lie.
    Y,
    /// `[m, n]`: a value for each place of a grid, the first row below.
    Heatmap,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    Line,
    Points,
    Bars,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Axis {
    pub label: Name,
    /// Equal factors have equal lengths.
    pub log: bool,
    /// What it shows, when that is not all there is. The first is the smaller one.
    pub limits: Option<(f64, f64)>,
}
