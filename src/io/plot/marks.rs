//! What lies between the axes: curves, points, bars, heat maps.

use std::fmt::Write;

use super::Series;
use super::draw::{COLORS, Panel, SIZE, WIDTH, spacing, text};
use super::heat::{Colors, Heat};
use super::scale::{Scale, short};
use crate::base::escaped;
use crate::tir::plot::Mark;

impl Panel<'_> {
    /// A curve, with gaps where it has no place.
    pub fn line(&self, out: &mut String, series: &Series) {
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

    /// Marks inside of the frame.
    pub fn points(&self, out: &mut String, series: &Series) {
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
    pub fn bars(&self, out: &mut String, series: &Series) {
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
    pub fn heat(&self, out: &mut String, heat: &Heat) {
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
    pub fn key(&self, out: &mut String, heat: &Heat) {
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
pub fn dot(out: &mut String, series: usize, (x, y): (f64, f64), r: f64, note: Option<&str>) {
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
