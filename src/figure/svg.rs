//! A figure as SVG, light or dark as its reader prefers.

use std::fmt::Write;

use super::layout::{DETAIL, HEADER, LABEL, Line, Placed, SHAPE, Spot, Step, layout};
use super::{Block, Mark, Region};
use crate::base::escaped;

/// Around the figure.
const MARGIN: f64 = 20.0;
/// A frame that shows its inside has the tone of its depth, in turns.
const TONES: usize = 3;

const STYLE: &str = "<style>\
    .page{fill:#fff}.ink{fill:#1f2328}.soft{fill:#59636e}.line{fill:none;stroke:#6e7781;stroke-width:1.3}\
    .head{fill:#6e7781}.block,.frame,.sign{stroke-width:1.2}.sign{fill:#fff;stroke:#6e7781}\
    .f0{fill:#f6f8fa;stroke:#c9d1d9}.f1{fill:#eef1f5;stroke:#b9c2cc}.f2{fill:#e5e9ef;stroke:#aab4bf}\
    .convolution{fill:#dbeafe;stroke:#5b8def}.product{fill:#ffe8d1;stroke:#e08a3c}.trained{fill:#d8f3e6;stroke:#3fa277}\
    .function{fill:#fff;stroke:#afb8c1}.parameter{fill:#f1e6fb;stroke:#9a6fcf}\
    .times{fill:#b4530f;font-weight:600}\
    @media (prefers-color-scheme:dark){\
    .page{fill:#0d1117}.ink{fill:#e6edf3}.soft{fill:#9da7b3}.line{stroke:#8b949e}.head{fill:#8b949e}\
    .sign{fill:#0d1117;stroke:#8b949e}.f0{fill:#151b23;stroke:#3d444d}.f1{fill:#1c232c;stroke:#4a525c}\
    .f2{fill:#242c37;stroke:#58616c}.convolution{fill:#152a4a;stroke:#4a7fd6}.product{fill:#43290f;stroke:#c77a32}\
    .trained{fill:#10352a;stroke:#3a9a70}.function{fill:#0d1117;stroke:#59636e}.parameter{fill:#2f1f45;stroke:#8f68c2}\
    .times{fill:#f0a35e}}\
    </style>\n";

/// The picture; `title` is what readers of the screen are told.
pub fn svg(region: &Region, title: &str) -> String {
    let placed = layout(region);
    let (width, height) = (placed.width + 2.0 * MARGIN, placed.height + 2.0 * MARGIN);
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width:.0} {height:.0}\" width=\"{width:.0}\" \
         height=\"{height:.0}\" role=\"img\" font-family=\"system-ui,-apple-system,'Segoe UI',Helvetica,Arial,sans-serif\">\n\
         <title>{}</title>\n{STYLE}\
         <marker id=\"head\" viewBox=\"0 0 8 8\" refX=\"7\" refY=\"4\" markerWidth=\"7\" markerHeight=\"7\" orient=\"auto\">\
         <path class=\"head\" d=\"M0 0.8L8 4L0 7.2z\"/></marker>\n\
         <rect class=\"page\" width=\"100%\" height=\"100%\"/>\n",
        escaped(title)
    );
    draw(&mut out, region, &placed, (MARGIN, MARGIN), 0);
    out.push_str("</svg>\n");
    out
}

/// A region with its corner at a place: blocks, then edges, then what is written at them.
fn draw(out: &mut String, region: &Region, placed: &Placed, corner: (f64, f64), depth: usize) {
    for (block, spot) in region.blocks.iter().zip(&placed.spots) {
        draw_block(out, block, spot, (corner.0 + spot.left, corner.1 + spot.top), depth);
    }
    for (edge, line) in region.edges.iter().zip(&placed.lines) {
        draw_line(out, line, corner, matches!(edge.to, super::End::Block(..)) && !leads_inside(region, edge));
    }
    for (edge, line) in region.edges.iter().zip(&placed.lines) {
        let (x, y) = (corner.0 + line.label.0, corner.1 + line.label.1);
        text(out, "soft", (x, y), "start", SHAPE, &edge.label);
    }
}

/// Whether an edge goes on inside of its block.
fn leads_inside(region: &Region, edge: &super::Edge) -> bool {
    matches!(edge.to, super::End::Block(block, _) if region.blocks[block].inside.is_some())
}

fn draw_block(out: &mut String, block: &Block, spot: &Spot, (x, y): (f64, f64), depth: usize) {
    let (width, height) = (spot.width, spot.height);
    let middle = x + width / 2.0;
    let times = block.count();
    out.push_str("<g>");
    if !block.path.is_empty() {
        // Writing to a string cannot fail.
        let _ = write!(out, "<title>{}</title>", escaped(&block.path));
    }
    if let Some((inside, left, top)) = &spot.inside {
        rect(out, &format!("frame f{}", depth % TONES), (x, y), (width, height), 9.0);
        text(out, "ink", (x + spot.label, y + HEADER - 9.0), "start", LABEL, &block.label);
        text(out, "times", (x + width - 12.0, y + HEADER - 9.0), "end", LABEL, &times);
        if let Some(region) = &block.inside {
            draw(out, region, inside, (x + left, y + top), depth + 1);
            ports(out, inside, (x + left, y), (*top, height));
        }
        out.push_str("</g>\n");
        return;
    }
    let base = y + height / 2.0 + LABEL * 0.36;
    match block.mark {
        Mark::Sign => {
            let (cy, r) = (y + height / 2.0, height / 2.0);
            let _ = write!(out, "<circle class=\"sign\" cx=\"{middle:.1}\" cy=\"{cy:.1}\" r=\"{r:.1}\"/>");
            text(out, "ink", (middle, base + 1.0), "middle", LABEL + 3.0, &block.label);
        }
        Mark::End => text(out, "soft", (middle, base), "middle", LABEL, &block.label),
        mark => {
            rect(out, &format!("block {}", class(mark)), (x, y), (width, height), 6.0);
            let up = if block.detail.is_empty() { 0.0 } else { DETAIL * 0.66 };
            text(out, "ink", (middle, base - up), "middle", LABEL, &block.label);
            text(out, "soft", (middle, base + DETAIL * 0.86), "middle", DETAIL, &block.detail);
        }
    }
    text(out, "times", (x + width + 7.0, base), "start", LABEL, &times);
    out.push_str("</g>\n");
}

/// Lines from the border of a frame to its inside.
fn ports(out: &mut String, inside: &Placed, (x, y): (f64, f64), (top, height): (f64, f64)) {
    for port in &inside.ports.0 {
        let _ = write!(out, "<path class=\"line\" d=\"M{:.1} {y:.1}v{top:.1}\"/>", x + port);
    }
    for port in &inside.ports.1 {
        let (from, rest) = (y + top + inside.height, height - top - inside.height);
        let _ = write!(out, "<path class=\"line\" d=\"M{:.1} {from:.1}v{rest:.1}\"/>", x + port);
    }
}

fn draw_line(out: &mut String, line: &Line, (left, top): (f64, f64), arrow: bool) {
    let mut path = String::new();
    let (mut last, mut down) = ((0.0, 0.0), true);
    for step in &line.steps {
        let (Step::From(x, y) | Step::To(x, y) | Step::Corner(x, y)) = *step;
        let (x, y) = (x + left, y + top);
        let _ = match step {
            Step::From(..) => write!(path, "M{x:.1} {y:.1}"),
            Step::To(..) => write!(path, "L{x:.1} {y:.1}"),
            // What turned is told by where the line came from: down, or sideways.
            Step::Corner(..) => {
                let (cx, cy) = if down { (last.0, y) } else { (x, last.1) };
                write!(path, "Q{cx:.1} {cy:.1} {x:.1} {y:.1}")
            }
        };
        down = if matches!(step, Step::Corner(..)) { !down } else { down };
        last = (x, y);
    }
    let head = if arrow { " marker-end=\"url(#head)\"" } else { "" };
    let _ = writeln!(out, "<path class=\"line\" d=\"{path}\"{head}/>");
}

fn class(mark: Mark) -> &'static str {
    match mark {
        Mark::Convolution => "convolution",
        Mark::Product => "product",
        Mark::Trained => "trained",
        Mark::Parameter => "parameter",
        Mark::End | Mark::Sign | Mark::Function => "function",
    }
}

fn rect(out: &mut String, class: &str, (x, y): (f64, f64), (width, height): (f64, f64), round: f64) {
    let _ = write!(
        out,
        "<rect class=\"{class}\" x=\"{x:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"{height:.1}\" rx=\"{round}\"/>"
    );
}

/// A text at a place; nothing for an empty one.
fn text(out: &mut String, class: &str, (x, y): (f64, f64), anchor: &str, size: f64, content: &str) {
    if !content.is_empty() {
        let _ = write!(
            out,
            "<text class=\"{class}\" x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"{anchor}\" font-size=\"{size}\">{}</text>",
            escaped(content)
        );
    }
}
