//! A figure as SVG. Colours are readable on white and on black; what is neither follows the reader's choice of either.

use std::fmt::Write;

use super::heat::{Colors, Heat};
use super::scale::{Scale, short};
use super::{Figure, Series};
use crate::base::Name;
use crate::tir::plot::{Axis, Mark};

/// Of one panel.
const WIDTH: f64 = 560.0;
const HEIGHT: f64 = 340.0;
/// Text and its lines.
const SIZE: f64 = 12.0;
const LINE: f64 = 18.0;
const PAD: f64 = 12.0;
/// A heat map's scale of colours, with its numbers.
const KEY: f64 = 64.0;

const COLORS: [&str; 8] = ["#3b82c4", "#e0702a", "#2e9e6b", "#9b6fd0", "#d64f5c", "#1fa3b0", "#c9971b", "#8a8f98"];

const STYLE: &str = "<style>\
    .page{fill:#fff}.ink{fill:#24292f}.soft{fill:#57606a}.grid{stroke:#e4e8ec}.frame{stroke:#afb8c1}.rim{stroke:#fff}\
    @media (prefers-color-scheme:dark){\
    .page{fill:#0d1117}.ink{fill:#e6edf3}.soft{fill:#9da7b3}.grid{stroke:#262c36}.frame{stroke:#545d68}\
    .rim{stroke:#0d1117}}\
    </style>\n";

/// Figures beside and below each other, so many in a row.
pub fn svg(figures: &[Figure], columns: usize, title: &str) -> String {
    let columns = figures.len().clamp(1, columns.max(1));
    let top = if title.is_empty() { 0.0 } else { LINE + PAD };
    let width = columns as f64 * WIDTH;
    let height = figures.len().div_ceil(columns) as f64 * HEIGHT + top;
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" \
         height=\"{height}\" font-family=\"system-ui,-apple-system,'Segoe UI',Helvetica,Arial,sans-serif\" \
         font-size=\"{SIZE}\">\n{STYLE}<rect class=\"page\" width=\"100%\" height=\"100%\"/>\n"
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
struct Panel<'f> {
    figure: &'f Figure,
    number: usize,
    corner: (f64, f64),
    x: Scale,
    y: Scale,
    ticks: [Vec<(f64, String)>; 2],
    left: f64,
    right: f64,
    top: f64,
    bottom: f64,
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

    fn color(&self, name: &Name) -> usize {
        self.names.iter().position(|n| *n == name).unwrap_or(0)
    }

    /// Where a point lies on the page. Far outside nothing is seen, and large numbers are long.
    fn place(&self, (x, y): (f64, f64)) -> Option<(f64, f64)> {
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
            text(out, "ink", (x + 24.0, y), "start", "", name);
        }
        text(out, "ink", ((left + right) / 2.0, bottom + 2.0 * LINE), "middle", "", &figure.x.label);
        let (x, y) = (self.corner.0 + PAD + SIZE - 2.0, (top + bottom) / 2.0);
        text(out, "ink", (x, y), "middle", &format!("transform=\"rotate(-90 {x:.1} {y:.1})\""), &figure.y.label);
    }

    fn line(&self, out: &mut String, series: &Series) {
        let color = COLORS[self.color(&series.name) % COLORS.len()];
        let mut path = String::new();
        for part in series.points.split(|point| self.place(*point).is_none()) {
            let places: Vec<(f64, f64)> = part.iter().filter_map(|point| self.place(*point)).collect();
            for (i, (x, y)) in thinned(&places).into_iter().enumerate() {
                let _ = write!(path, "{}{x:.1} {y:.1}", if i == 0 { 'M' } else { 'L' });
            }
        }
        let _ = writeln!(
            out,
            "<path d=\"{path}\" fill=\"none\" stroke=\"{color}\" stroke-width=\"2\" stroke-linejoin=\"round\" \
             stroke-linecap=\"round\"/>"
        );
    }

    fn points(&self, out: &mut String, series: &Series) {
        let radius = if series.points.len() > 300 { 2.5 } else { 4.0 };
        for (i, point) in series.points.iter().enumerate() {
            let inside = |at: Option<f64>| at.is_some_and(|at| (-1e-9..=1.0 + 1e-9).contains(&at));
            if let (true, Some(place)) = (inside(self.x.at(point.0)) && inside(self.y.at(point.1)), self.place(*point))
            {
                dot(out, self.color(&series.name), place, radius, series.notes.get(i).map(String::as_str));
            }
        }
    }

    /// Bars of several series stand beside each other; those of categories tell their numbers.
    fn bars(&self, out: &mut String, series: &Series) {
        let all: Vec<&Series> = self.figure.series.iter().filter(|s| s.mark == Mark::Bars).collect();
        let single = !self.figure.categories.is_empty();
        let (of, nth) = match single {
            true => (1, 0),
            false => (all.len(), all.iter().position(|s| std::ptr::eq(*s, series)).unwrap_or(0)),
        };
        let color = match single {
            true => COLORS[all.iter().position(|s| std::ptr::eq(*s, series)).unwrap_or(0) % COLORS.len()],
            false => COLORS[self.color(&series.name) % COLORS.len()],
        };
        let gap = spacing(&series.points);
        let wide =
            |share: f64| self.x.at(gap * share).zip(self.x.at(0.0)).map(|(a, b)| (a - b) * (self.right - self.left));
        let Some(width) = wide(0.8 / of as f64).filter(|width| *width > 0.0).map(|width| width.min(WIDTH)) else {
            return;
        };
        let ground = self.place((0.0, 0.0)).map_or(self.bottom, |(_, y)| y);
        for point in &series.points {
            let Some((x, y)) = self.place(*point) else { continue };
            let x = x + (nth as f64 - of as f64 / 2.0) * width;
            let (y0, y1) = (y.min(ground), y.max(ground));
            let _ = writeln!(
                out,
                "<rect x=\"{x:.1}\" y=\"{y0:.1}\" width=\"{:.1}\" height=\"{:.1}\" fill=\"{color}\"/>",
                (width - 1.0).max(0.5),
                y1 - y0
            );
            if single {
                let above = if point.1 < 0.0 { y1 + SIZE + 2.0 } else { y0 - 5.0 };
                text(out, "ink", (x + width / 2.0, above), "middle", "", &short(point.1));
            }
        }
    }

    /// The grid's values as colours.
    fn heat(&self, out: &mut String, heat: &Heat) {
        let colors = Colors::of(&heat.values);
        let corners = (self.place((heat.x.0, heat.y.1)), self.place((heat.x.1, heat.y.0)));
        // What cannot be encoded is too large to be looked at.
        if let ((Some((x0, y0)), Some((x1, y1))), Ok(link)) = (corners, heat.link(&colors)) {
            let _ = writeln!(
                out,
                "<image x=\"{x0:.1}\" y=\"{y0:.1}\" width=\"{:.1}\" height=\"{:.1}\" preserveAspectRatio=\"none\" \
                 href=\"{link}\"/>",
                x1 - x0,
                y1 - y0
            );
        }
    }

    /// The colours of a heat map beside their numbers.
    fn key(&self, out: &mut String, heat: &Heat) {
        let colors = Colors::of(&heat.values);
        const STEPS: usize = 24;
        let (x, h) = (self.right + 14.0, self.bottom - self.top);
        let step = h / STEPS as f64;
        for i in 0..STEPS {
            let share = (i as f64 + 0.5) / STEPS as f64;
            let ([r, g, b], opacity) = colors.at(colors.lo + share * (colors.hi - colors.lo));
            let _ = writeln!(
                out,
                "<rect x=\"{x:.1}\" y=\"{:.1}\" width=\"10\" height=\"{step:.2}\" fill=\"rgb({r},{g},{b})\" \
                 fill-opacity=\"{opacity:.2}\"/>",
                self.bottom - (i + 1) as f64 * step
            );
        }
        let scale = Scale::exact((colors.lo, colors.hi), false);
        for (value, label) in scale.ticks(5) {
            let y = self.bottom - scale.at(value).unwrap_or(0.0) * h;
            text(out, "soft", (x + 15.0, y + 4.0), "start", "", &label);
        }
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
fn spacing(points: &[(f64, f64)]) -> f64 {
    let gaps = points.windows(2).map(|pair| (pair[1].0 - pair[0].0).abs()).filter(|gap| *gap > 0.0 && gap.is_finite());
    let least = gaps.fold(f64::INFINITY, f64::min);
    if least.is_finite() { least } else { 1.0 }
}

/// Of a curve with more points than can be told apart: for each pixel from left to right, where the curve comes in,
/// its lowest and highest place there, and where it leaves.
fn thinned(places: &[(f64, f64)]) -> Vec<(f64, f64)> {
    const MANY: usize = 800;
    if places.len() <= MANY || !places.is_sorted_by(|a, b| a.0 <= b.0) {
        return places.to_vec();
    }
    let mut kept = vec![];
    for column in places.chunk_by(|a, b| a.0.floor() == b.0.floor()) {
        let by_height = |a: &&(f64, f64), b: &&(f64, f64)| a.1.total_cmp(&b.1);
        let ends = [column.first(), column.iter().min_by(by_height), column.iter().max_by(by_height), column.last()];
        let mut ends: Vec<(f64, f64)> = ends.into_iter().flatten().copied().collect();
        ends.sort_by(|a, b| a.0.total_cmp(&b.0));
        ends.dedup();
        kept.extend(ends);
    }
    kept
}

/// A mark whose form, too, tells its series.
fn dot(out: &mut String, series: usize, (x, y): (f64, f64), r: f64, note: Option<&str>) {
    let color = COLORS[series % COLORS.len()];
    let look = format!("class=\"rim\" fill=\"{color}\"");
    let (w, h) = (r * 1.1, r * 1.2);
    let (shape, end) = match series % 4 {
        0 => (format!("<circle {look} cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"{r}\""), "circle"),
        1 => (format!("<path {look} d=\"M{:.1} {:.1}h{r}v{r}h-{r}z\"", x - r / 2.0, y - r / 2.0, r = 1.8 * r), "path"),
        2 => (format!("<path {look} d=\"M{x:.1} {:.1}l{w:.1} {:.1}h-{:.1}z\"", y - h, 1.9 * r, 2.0 * w), "path"),
        _ => (format!("<path {look} d=\"M{x:.1} {:.1}l{h:.1} {h:.1}l-{h:.1} {h:.1}l-{h:.1} -{h:.1}z\"", y - h), "path"),
    };
    let _ = match note {
        Some(note) => writeln!(out, "{shape}><title>{}</title></{end}>", escaped(note)),
        None => writeln!(out, "{shape}/>"),
    };
}

fn text(out: &mut String, class: &str, (x, y): (f64, f64), anchor: &str, look: &str, content: &str) {
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
    text.chars().count() as f64 * SIZE * 0.56
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
