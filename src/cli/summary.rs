//! `dln summary`: a table of the layers that a program calls.

use super::args::{file, json, path, value};
use super::command::{Desk, Exit};
use crate::base::{bytes, grouped, short};
use crate::driver::summary::{Amount, Costs, Row, Summary};
use crate::tir::Ty;
use clap::{Arg, ArgAction, ArgMatches, Command};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

/// `dln summary`
#[derive(Clone, Debug, PartialEq)]
pub struct Summarize {
    pub file: PathBuf,
    /// Only this layer and what is inside it.
    pub layer: Option<String>,
    /// Rows inside so many layers are left out.
    pub depth: usize,
    /// Numbers for sizes, by their names.
    pub sizes: BTreeMap<String, i64>,
}

/// Layers inside each other that a summary shows where nothing is said.
const DEPTH: usize = 3;

/// The command with its arguments.
pub fn words() -> Command {
    Command::new("summary")
        .about("What a model costs: its layers with shapes, parameters and arithmetic")
        .arg(path("FILE"))
        .arg(Arg::new("LAYER").help("Only this layer, such as net.body"))
        .arg(
            value("bind", "SIZE=N", "Counts with this number for a size, such as B=32")
                .value_parser(size)
                .action(ArgAction::Append),
        )
        .arg(
            value("depth", "N", "Leaves out what stands inside N layers (3); 0 leaves the totals")
                .value_parser(clap::value_parser!(usize)),
        )
        .arg(json())
}

/// What the words ask for.
pub fn read(matches: &ArgMatches) -> Summarize {
    let sizes = matches.get_many::<(String, i64)>("bind").into_iter().flatten().cloned();
    Summarize {
        file: file(matches),
        layer: matches.get_one("LAYER").cloned(),
        depth: matches.get_one("depth").copied().unwrap_or(DEPTH),
        sizes: sizes.collect(),
    }
}

/// `B=32`
pub fn size(text: &str) -> Result<(String, i64), String> {
    let (name, size) = text.split_once('=').ok_or("a size is given as `B=32`")?;
    match size.trim().parse() {
        Ok(size) if size > 0 => Ok((name.trim().to_string(), size)),
        _ => Err(format!("`{size}` is no size: a whole number from 1")),
    }
}

impl Desk<'_> {
    /// One table for each step of a `train` block, or for each function of a file without one.
    pub fn summary(&mut self, summaries: &[Summary], asked: &Summarize) -> Exit {
        let open: BTreeSet<&str> =
            summaries.iter().flat_map(|summary| &summary.sizes).map(|(name, _)| &**name).collect();
        if let Some(unknown) = asked.sizes.keys().find(|name| !open.contains(name.as_str()))
            && !summaries.is_empty()
        {
            return self.refuse(&no_size(unknown, &open));
        }
        if let Some((of, claim, sizes)) = summaries.iter().find_map(|s| Some((&s.of, s.broken.as_ref()?, &s.sizes))) {
            let vars = claim.vars();
            let own = sizes.iter().filter(|(name, _)| vars.iter().any(|var| var.name == *name));
            let sizes: Vec<String> = own.map(|(name, size)| format!("{name} = {size}")).collect();
            return self.refuse(&format!("`{of}` needs `{claim}`, and here {}", sizes.join(", ")));
        }
        let mut shown = 0;
        for summary in summaries {
            let inside: Vec<&Row> = summary.rows.iter().filter(|row| is_asked(row, asked)).collect();
            if inside.is_empty() {
                continue;
            }
            let rows: Vec<&Row> = inside.into_iter().filter(|row| row.depth < asked.depth).collect();
            shown += 1;
            if self.json {
                self.output.line(&to_json(summary, &rows).to_string());
            } else {
                table(summary, &rows).iter().for_each(|line| self.output.line(line));
            }
        }
        match (shown, &asked.layer) {
            (0, Some(layer)) => {
                let paths = summaries.iter().flat_map(|s| &s.rows).map(|row| &*row.path);
                self.refuse(&no_layer(layer, paths.filter(|path| !path.is_empty())))
            }
            (0, None) => self.refuse(NO_CALL),
            _ => Exit::Fine,
        }
    }
}

/// What to say of a program without a layer.
pub const NO_CALL: &str =
    "nothing in this file calls a layer: a `train` block does, or a function such as `fn f(x: [B, 64]) = net(x)`";

/// What to say of a layer that is not called.
pub fn no_layer<'s>(layer: &str, known: impl Iterator<Item = &'s str>) -> String {
    let help = crate::diag::nearest(layer, known).map_or(String::new(), |near| format!("; did you mean `{near}`?"));
    format!("no layer `{}` is called{help}", layer.escape_debug())
}

/// What to say of `--bind` with a size that nothing has.
pub fn no_size(unknown: &str, open: &BTreeSet<&str>) -> String {
    let open: Vec<String> = open.iter().map(|name| format!("`{name}`")).collect();
    let help = match open.as_slice() {
        [] => "all sizes of this program are numbers".to_string(),
        [one] => format!("the size that is open is {one}"),
        several => format!("the sizes that are open are {}", several.join(", ")),
    };
    format!("no size `{}` is open here; {help}", unknown.escape_debug())
}

fn is_asked(row: &Row, asked: &Summarize) -> bool {
    asked.layer.as_ref().is_none_or(|layer| is_of(row, layer))
}

/// Whether a row is of a layer, or of one inside of it.
pub fn is_of(row: &Row, layer: &str) -> bool {
    row.path.strip_prefix(layer).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

/// A table of some rows, with the totals of all.
pub fn table(summary: &Summary, rows: &[&Row]) -> Vec<String> {
    let sizes: Vec<String> = summary.sizes.iter().map(|(name, size)| format!("{name} = {size}")).collect();
    let at = match (sizes.is_empty(), &summary.symbolic) {
        (true, _) | (_, Some(_)) => String::new(),
        _ => format!(", arithmetic at {}", sizes.join(", ")),
    };
    let head = ["layer", "input", "output", "parameters", "forward", "backward", "results"].map(str::to_string);
    let mut cells = vec![head];
    cells.extend(rows.iter().map(|row| line(row, row.symbolic.as_ref())));
    let width = |column: usize| cells.iter().map(|cells| cells[column].chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..7).map(width).collect();
    let mut lines = vec![format!("{}{at}", summary.of)];
    let shown = if rows.is_empty() { &[][..] } else { &cells[..] };
    for row in shown {
        let parts = row.iter().zip(&widths).enumerate().map(|(i, (cell, width))| match i {
            0..=2 => format!("{cell:width$}"),
            _ => format!("{cell:>width$}"),
        });
        lines.push(format!("  {}", parts.collect::<Vec<_>>().join("  ").trim_end()));
    }
    let [memory, arithmetic] = notes(summary);
    lines.push(format!("  {memory}"));
    match &summary.symbolic {
        Some(costs) => {
            let backward = costs.backward.as_ref().map(|flops| format!(", backward {}", flops_in(flops)));
            let forward = flops_in(&costs.forward);
            let results = bytes_in(&costs.bytes);
            lines.push(format!("  forward {forward} FLOPs{}; results {results}", backward.unwrap_or_default()));
            lines.push(format!("  at {}: {arithmetic}", sizes.join(", ")));
        }
        None => lines.push(format!("  {arithmetic}")),
    }
    lines
}

/// Memory and arithmetic of the whole.
fn notes(summary: &Summary) -> [String; 2] {
    let [parameters, buffers, states] = summary.memory.map(bytes);
    let count = grouped(summary.parameters as u64);
    let backward = summary.backward.map_or(String::new(), |flops| format!(", backward {}", short(flops)));
    [
        format!("{count} parameters in {parameters}, buffers {buffers}, optimizers {states}"),
        format!(
            "forward {} FLOPs{backward}; as it runs, with updates: {}",
            short(summary.forward),
            short(summary.whole)
        ),
    ]
}

/// The cells of the table, for a page, with its notes.
pub fn cells(summary: &Summary) -> (Vec<[String; 7]>, [String; 2]) {
    (summary.rows.iter().filter(|row| row.depth < DEPTH).map(|row| line(row, None)).collect(), notes(summary))
}

/// The cells of a row: with costs in sizes, or else in numbers.
fn line(row: &Row, symbolic: Option<&Costs>) -> [String; 7] {
    let place = if row.path.is_empty() { String::new() } else { format!("{}  ", row.path) };
    let parameters = match (row.parameters, row.again) {
        (0, _) => String::new(),
        (_, true) => "as above".to_string(),
        (n, false) => grouped(n as u64),
    };
    [
        format!("{}{place}{}", "  ".repeat(row.depth), row.name),
        types(&row.inputs),
        types(&row.outputs),
        parameters,
        symbolic.map_or_else(|| short(row.flops), |costs| flops_in(&costs.forward)),
        match symbolic {
            Some(costs) => costs.backward.as_ref().map_or(String::new(), flops_in),
            None => row.backward.map_or(String::new(), short),
        },
        symbolic.map_or_else(|| bytes(row.bytes), |costs| bytes_in(&costs.bytes)),
    ]
}

/// `1.20M*B*T + 768*B*T^2`
fn flops_in(flops: &Amount) -> String {
    flops.shown(|number| short(number).replace(' ', ""), "^")
}

/// `3.00KiB*B*T`; `B` is mostly a size.
fn bytes_in(amount: &Amount) -> String {
    let unit = |number| match number {
        0..1000 => format!("{number}bytes"),
        _ => bytes(number).replace(' ', ""),
    };
    amount.shown(unit, "^")
}

/// Polynomials as they are written in a program.
fn exact(costs: &Option<Costs>) -> Value {
    let own = |costs: &Costs| {
        json!({
            "forward": costs.forward.to_string(),
            "backward": costs.backward.as_ref().map(ToString::to_string),
            "bytes": costs.bytes.to_string(),
        })
    };
    costs.as_ref().map_or(Value::Null, own)
}

fn types(types: &[Ty]) -> String {
    types.iter().map(Ty::brief).collect::<Vec<_>>().join(" ")
}

fn to_json(summary: &Summary, rows: &[&Row]) -> Value {
    let shapes = |types: &[Ty]| -> Vec<Value> {
        let shape = |ty: &Ty| ty.shape.iter().map(ToString::to_string).collect::<Vec<_>>();
        types.iter().map(|ty| json!({ "dtype": ty.dtype.to_string(), "shape": shape(ty) })).collect()
    };
    let row = |row: &&Row| {
        json!({
            "path": &*row.path,
            "layer": &*row.name,
            "depth": row.depth,
            "inputs": shapes(&row.inputs),
            "outputs": shapes(&row.outputs),
            "parameters": row.parameters,
            "again": row.again,
            "flops": row.flops,
            "backward": row.backward,
            "bytes": row.bytes,
            "symbolic": exact(&row.symbolic),
        })
    };
    json!({
        "of": summary.of,
        "sizes": summary.sizes.iter().map(|(name, size)| (name.to_string(), json!(size))).collect::<serde_json::Map<_, _>>(),
        "layers": rows.iter().map(row).collect::<Vec<_>>(),
        "parameters": summary.parameters,
        "bytes": { "parameters": summary.memory[0], "buffers": summary.memory[1], "optimizers": summary.memory[2] },
        "flops": { "forward": summary.forward, "backward": summary.backward, "whole": summary.whole },
        "symbolic": exact(&summary.symbolic),
    })
}
