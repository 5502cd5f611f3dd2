//! A figure in the language of Graphviz.

use std::fmt::Write;

use super::{Block, End, Mark, Region};

/// The figure as a directed graph; blocks that show their inside are clusters.
pub fn dot(region: &Region, title: &str) -> String {
    let mut out = format!(
        "digraph {} {{\n  node [shape=box, style=\"rounded,filled\", fillcolor=white, fontname=\"Helvetica\", fontsize=12]\n  \
         edge [fontname=\"Helvetica\", fontsize=10]\n",
        quoted(title)
    );
    let mut numbers = Numbers::default();
    let names = blocks(&mut out, region, &mut numbers, 1);
    for (from, to, label) in edges(region, &names) {
        let label = if label.is_empty() { String::new() } else { format!(" [label={}]", quoted(&label)) };
        let _ = writeln!(out, "  {from} -> {to}{label}");
    }
    out.push_str("}\n");
    out
}

/// What has been numbered so far.
#[derive(Default)]
struct Numbers {
    blocks: usize,
    clusters: usize,
}

/// The name of a block, or the names inside of it.
enum Named {
    Block(String),
    Cluster(Vec<Named>),
}

fn blocks(out: &mut String, region: &Region, numbers: &mut Numbers, depth: usize) -> Vec<Named> {
    let margin = "  ".repeat(depth);
    let mut names = vec![];
    for block in &region.blocks {
        let title = format!("{} {}", block.label, block.count());
        let title = title.trim();
        match &block.inside {
            Some(inside) => {
                // Writing to a string cannot fail.
                let _ = writeln!(out, "{margin}subgraph cluster_{} {{", numbers.clusters);
                numbers.clusters += 1;
                let _ =
                    writeln!(out, "{margin}  label={}\n{margin}  labeljust=l\n{margin}  style=rounded", quoted(title));
                names.push(Named::Cluster(blocks(out, inside, numbers, depth + 1)));
                let _ = writeln!(out, "{margin}}}");
            }
            None => {
                let name = format!("n{}", numbers.blocks);
                numbers.blocks += 1;
                let detail = if block.detail.is_empty() { String::new() } else { format!("\n{}", block.detail) };
                let look = look(block);
                let _ = writeln!(out, "{margin}{name} [label={}{look}]", quoted(&format!("{title}{detail}")));
                names.push(Named::Block(name));
            }
        }
    }
    names
}

fn look(block: &Block) -> &'static str {
    match block.mark {
        Mark::End => ", shape=plaintext, style=\"\"",
        Mark::Sign => ", shape=circle, width=0.3, fixedsize=true",
        Mark::Convolution => ", fillcolor=\"#dbeafe\"",
        Mark::Product => ", fillcolor=\"#ffe8d1\"",
        Mark::Trained => ", fillcolor=\"#d8f3e6\"",
        Mark::Parameter => ", fillcolor=\"#f1e6fb\"",
        Mark::Function => "",
    }
}

/// All edges between blocks without an inside. Those over a border are of two parts, and have both labels.
fn edges(region: &Region, names: &[Named]) -> Vec<(String, String, String)> {
    let mut all = vec![];
    for (block, name) in region.blocks.iter().zip(names) {
        if let (Some(inside), Named::Cluster(names)) = (&block.inside, name) {
            all.extend(edges(inside, names));
        }
    }
    for edge in &region.edges {
        for (from, before) in ends(region, names, edge.from, true) {
            for (to, behind) in ends(region, names, edge.to, false) {
                // What is nearer to the end is said last.
                let labels = [before.as_str(), &edge.label, &behind];
                let label = labels.iter().rev().find(|label| !label.is_empty()).map_or("", |label| label);
                all.push((from.clone(), to, label.to_string()));
            }
        }
    }
    all
}

/// The blocks without an inside that an end leads to, with the labels on the way; none for the border around, whose edges are
/// those of the block around.
fn ends(region: &Region, names: &[Named], end: End, leaves: bool) -> Vec<(String, String)> {
    let End::Block(block, port) = end else { return vec![] };
    match (&names[block], &region.blocks[block].inside) {
        (Named::Cluster(names), Some(inside)) => {
            let border = End::Border(port);
            let mut found = vec![];
            for edge in &inside.edges {
                let (near, far) = if leaves { (edge.to, edge.from) } else { (edge.from, edge.to) };
                if near == border {
                    for (name, label) in ends(inside, names, far, leaves) {
                        let label = if label.is_empty() { edge.label.clone() } else { label };
                        found.push((name, label));
                    }
                }
            }
            found
        }
        (Named::Block(name), _) => vec![(name.clone(), String::new())],
        (Named::Cluster(_), None) => vec![],
    }
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n"))
}
