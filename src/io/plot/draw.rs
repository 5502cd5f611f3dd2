//! A figure as SVG. Colours are readable on white and on black; what is neither follows the reader's choice of either.

use std::fmt::Write;

use super::Figure;
use super::marks::dot;
use super::scale::Scale;
use crate::base::{Name, escaped};
use crate::tir::plot::{Axis, Mark};

/// Of one panel.
pub const WIDTH: f64 = 560.0;
const HEIGHT: f64 = 340.0;
/// Text and its lines.
pub const SIZE: f64 = 12.0;
const LINE: f64 = 18.0;
const PAD: f64 = 12.0;
/// A heat map's scale of colours, with its numbers.
const KEY: f64 = 64.0;

pub const COLORS: [&str; 8] = ["#3b82c4", "#e0702a", "#2e9e6b", "#9b6fd0", "#d64f5c", "#1fa3b0", "#c9971b", "#8a8f98"];

/// What the parts of a drawing look like, in either light.
pub const STYLE: &str = "<style>\
    .page{fill:#fff}.ink{fill:#24292f}.soft{fill:#57606a}.grid{stroke:#e4e8ec}.frame{stroke:#afb8c1}.rim{stroke:#fff}\
    @media (prefers-color-scheme:dark){\
    .page{fill:#0d1117}.ink{fill:#e6edf3}.soft{fill:#9da7b3}.grid{stroke:#262c36}.frame{stroke:#545d68}\
    .rim{stroke:#0d1117}}\
    </style>\n";

const FONT: &str = "system-ui,-apple-system,'Segoe UI',Helvetica,Arial,sans-serif";

/// A figure inside of a page that has `STYLE`; the number tells its parts from those of other figures.
pub fn inline(figure: &Figure, number: usize) -> String {
    let mut out = format!("<svg viewBox=\"0 0 {WIDTH} {HEIGHT}\" font-family=\"{FONT}\" font-size=\"{SIZE}\">\n");
    Panel::new(figure, (0.0, 0.0), number).draw(&mut out);
    out.push_str("</svg>\n");
    out
}

/// Figures beside and below each other, so many in a row.
pub fn svg(figures: &[Figure], columns: usize, title: &str) -> String {
    let columns = figures.len().clamp(1, columns.max(1));
    let top = if title.is_empty() { 0.0 } else { LINE + PAD };
    let width = columns as f64 * WIDTH;
    let height = figures.len().div_ceil(columns) as f64 * HEIGHT + top;
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" \
         height=\"{height}\" font-family=\"{FONT}\" font-size=\"{SIZE}\">\n{STYLE}\
         <rect class=\"page\" width=\"100%\" height=\"100%\"/>\n"
    );
    if !title.is_empty() {
        text(&mut out, "ink", (PAD, PAD + SIZE), "start", "font-size=\"15\" font-weight=\"600\"", title);
    }
    for (i, figure) in figures.iter().enumerate() {
        let corner = ((i % columns) as f64 * WIDTH, (i / columns) as f64 * HEIGHT + top);
        out.push_str("<g>\n");
        Panel::new(figure, corner, i).draw(&mut out);
        out.push_str("</g>\n");
    }
    out.push_str("</svg>\n");
    out
}

/// A figure with the place of its frame.
pub struct Panel<'f> {
    pub figure: &'f Figure,
    number: usize,
    corner: (f64, f64),
    pub x: Scale,
    pub y: Scale,
    ticks: [Vec<(f64, String)>; 2],
    pub left: f64,
    pub right: f64,
    pub top: f64,
    pub bottom: f64,
    /// The names of the legend, in the order of their colours.
    names: Vec<&'f Name>,
}

impl<'f> Panel<'f> {
    fn new(figure: &'f Figure, corner: (f64, f64), number: usize) -> Panel<'f> {
        let (x, y) = (horizontal(figure), vertical(figure));
        let mut names: Vec<&Name> = vec![];
        for series in &figure.series {
            if !names.contains(&&series.name) {
                names.push(&series.name);
            }
        }
        let category = |(i, name): (usize, &String)| (i as f64, name.clone());
        let below = if figure.categories.is_empty() { x.ticks(8) } else { vec![] };
        let below = figure.categories.iter().enumerate().map(category).chain(below).collect();
        let ticks = [below, y.ticks(6)];
        let widest = ticks[1].iter().map(|(_, text)| length(text)).fold(0.0, f64::max);
        let mut panel = Panel {
            figure,
            number,
            corner,
            x,
            y,
            ticks,
            left: corner.0 + PAD + widest + 8.0 + if figure.y.label.is_empty() { 0.0 } else { LINE },
            right: corner.0 + WIDTH - PAD - 4.0 - if figure.heat.is_some() { KEY } else { 0.0 },
            top: corner.1 + PAD + if figure.title.is_empty() { 4.0 } else { LINE + 8.0 },
            bottom: corner.1 + HEIGHT - PAD - LINE - if figure.x.label.is_empty() { 0.0 } else { LINE },
            names,
        };
        panel.top += panel.legend().last().map_or(0.0, |(_, (_, row))| (row + 1.0) * LINE + 4.0);
        panel
    }

    /// Where each name stands: how far from the left, and in which row.
    fn legend(&self) -> Vec<(&'f Name, (f64, f64))> {
        let (mut at, mut row) = (0.0, 0.0);
        let place = |name: &&'f Name| {
            let wide = 24.0 + length(name) + 16.0;
            if at > 0.0 && self.left + at + wide > self.corner.0 + WIDTH {
                (at, row) = (0.0, row + 1.0);
            }
            let place = (*name, (at, row));
            at += wide;
            place
        };
        self.names.iter().filter(|name| !name.is_empty()).map(place).collect()
    }

    /// The place of a series among the colours.
    pub fn color(&self, name: &Name) -> usize {
        self.names.iter().position(|n| *n == name).unwrap_or(0)
    }

    /// Where a point lies on the page. Far outside nothing is seen, and large numbers are long.
    pub fn place(&self, (x, y): (f64, f64)) -> Option<(f64, f64)> {
        let across = |at: f64| self.left + at * (self.right - self.left);
        let up = |at: f64| self.bottom - at * (self.bottom - self.top);
        let near = |at: f64| at.clamp(-9999.0, 9999.0);
        Some((near(across(self.x.at(x)?)), near(up(self.y.at(y)?))))
    }

    fn draw(&self, out: &mut String) {
        let Panel { left, right, top, bottom, number, .. } = *self;
        let (w, h) = (right - left, bottom - top);
        self.grid(out);
        // Writing to a string cannot fail.
        let _ = writeln!(
            out,
            "<clipPath id=\"c{number}\"><rect x=\"{left:.1}\" y=\"{top:.1}\" width=\"{w:.1}\" height=\"{h:.1}\"/></clipPath>\n\
             <g clip-path=\"url(#c{number})\">"
        );
        if let Some(heat) = &self.figure.heat {
            self.heat(out, heat);
        }
        self.figure.series.iter().filter(|s| s.mark == Mark::Bars).for_each(|series| self.bars(out, series));
        self.figure.series.iter().filter(|s| s.mark == Mark::Line).for_each(|series| self.line(out, series));
        out.push_str("</g>\n");
        let _ = writeln!(
            out,
            "<rect class=\"frame\" x=\"{left:.1}\" y=\"{top:.1}\" width=\"{w:.1}\" height=\"{h:.1}\" fill=\"none\"/>"
        );
        if let Some(heat) = &self.figure.heat {
            self.key(out, heat);
        }
        // Points at the edge are whole.
        self.figure.series.iter().filter(|s| s.mark == Mark::Points).for_each(|series| self.points(out, series));
        self.labels(out);
    }

    /// Lines at the ticks, and their texts.
    fn grid(&self, out: &mut String) {
        let Panel { left, right, top, bottom, .. } = *self;
        let quiet = self.figure.heat.is_some();
        let mut lines = String::new();
        let [below, beside] = &self.ticks;
        for (x, label) in below {
            let Some(x) = self.x.at(*x).map(|at| left + at * (right - left)) else { continue };
            if self.figure.categories.is_empty() {
                let _ = write!(lines, "M{x:.1} {top:.1}V{bottom:.1}");
            }
            text(out, "soft", (x, bottom + LINE), "middle", "", label);
        }
        for (y, label) in beside {
            let Some(y) = self.y.at(*y).map(|at| bottom - at * (bottom - top)) else { continue };
            let _ = write!(lines, "M{left:.1} {y:.1}H{right:.1}");
            text(out, "soft", (left - 8.0, y + 4.0), "end", "", label);
        }
        if !quiet {
            let _ = writeln!(out, "<path class=\"grid\" d=\"{lines}\"/>");
        }
    }

    /// Title, legend, names of the axes.
    fn labels(&self, out: &mut String) {
        let Panel { figure, left, right, top, bottom, .. } = *self;
        let base = self.corner.1 + PAD + SIZE + 2.0;
        text(out, "ink", (left, base), "start", "font-size=\"14\" font-weight=\"600\"", &figure.title);
        let first = self.corner.1 + PAD + SIZE + if figure.title.is_empty() { 4.0 } else { LINE + 8.0 };
        for (name, (at, row)) in self.legend() {
            let (x, y) = (left + at, first + row * LINE);
            let marks = |mark| figure.series.iter().any(|s| s.name == *name && s.mark == mark);
            let color = COLORS[self.color(name) % COLORS.len()];
            if marks(Mark::Line) {
                let _ = writeln!(
                    out,
                    "<path d=\"M{x:.1} {0:.1}h18\" stroke=\"{color}\" stroke-width=\"2.5\" stroke-linecap=\"round\"/>",
                    y - 4.0
                );
            }
            if marks(Mark::Bars) {
                let _ = writeln!(
                    out,
                    "<rect x=\"{:.1}\" y=\"{:.1}\" width=\"12\" height=\"10\" fill=\"{color}\"/>",
                    x + 3.0,
                    y - 9.0
                );
            }
            if marks(Mark::Points) {
                dot(out, self.color(name), (x + 9.0, y - 4.0), 4.0, None);
            }
            text(out, "ink", (x + 24.0, y), "start", "", &name.replace('_', " "));
        }
        text(out, "ink", ((left + right) / 2.0, bottom + 2.0 * LINE), "middle", "", &figure.x.label);
        let (x, y) = (self.corner.0 + PAD + SIZE - 2.0, (top + bottom) / 2.0);
        text(out, "ink", (x, y), "middle", &format!("transform=\"rotate(-90 {x:.1} {y:.1})\""), &figure.y.label);
    }
}

fn horizontal(figure: &Figure) -> Scale {
    let Axis { log, limits, .. } = figure.x;
    if let Some(limits) = limits {
        return Scale::exact(limits, log);
    }
    if !figure.categories.is_empty() {
        return Scale::exact((-0.6, figure.categories.len() as f64 - 0.4), false);
    }
    let bars = figure.series.iter().filter(|s| s.mark == Mark::Bars);
    let room = bars.map(|s| spacing(&s.points) / 2.0).fold(0.0, f64::max);
    let places = figure.series.iter().flat_map(|s| &s.points).flat_map(|(x, _)| [x - room, x + room]);
    all_of(places, figure.heat.as_ref().map(|heat| heat.x), log)
}

fn vertical(figure: &Figure) -> Scale {
    let Axis { log, limits, .. } = figure.y;
    if let Some(limits) = limits {
        return Scale::exact(limits, log);
    }
    let places = figure.series.iter().flat_map(|s| &s.points).map(|(_, y)| *y);
    let bars = figure.series.iter().any(|s| s.mark == Mark::Bars);
    if !bars || log || figure.heat.is_some() {
        return all_of(places, figure.heat.as_ref().map(|heat| heat.y), log);
    }
    // Bars stand on the ground, and have room for their numbers.
    let room = if figure.categories.is_empty() { 1.0 } else { 1.12 };
    let tall = places.clone().filter(|y| y.is_finite()).map(|y| y * room).filter(|y| y.is_finite());
    let scale = Scale::of(tall.chain([0.0]), false).padded();
    if places.filter(|y| *y < 0.0).count() == 0 { scale.from_zero() } else { scale }
}

/// All places with some room around; a heat map fills its frame.
fn all_of(places: impl Iterator<Item = f64>, heat: Option<(f64, f64)>, log: bool) -> Scale {
    match heat {
        Some(edges) => Scale::exact(edges, log),
        None => Scale::of(places, log).padded(),
    }
}

/// The least distance of neighbours.
pub fn spacing(points: &[(f64, f64)]) -> f64 {
    let gaps = points.windows(2).map(|pair| (pair[1].0 - pair[0].0).abs()).filter(|gap| *gap > 0.0 && gap.is_finite());
    let least = gaps.fold(f64::INFINITY, f64::min);
    if least.is_finite() { least } else { 1.0 }
}

/// A text at a place; nothing for an empty one.
pub fn text(out: &mut String, class: &str, (x, y): (f64, f64), anchor: &str, look: &str, content: &str) {
    if content.is_empty() {
        return;
    }
    let look = if look.is_empty() { String::new() } else { format!(" {look}") };
    let _ = writeln!(
        out,
        "<text class=\"{class}\" x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"{anchor}\"{look}>{}</text>",
        escaped(content)
    );
}

/// About how long a text is.
fn length(text: &str) -> f64 {
    text.chars().count() as f64 * SIZE * 0.6
}
