//! Values for a person: small tensors whole, of large ones what they are like, layers with what they hold.

mod curve;
mod histogram;
mod matrix;
mod picture;
mod tensor;

pub use curve::curves;
pub use picture::picture;
pub use tensor::{element, tensor};

use crate::driver::Program;
use crate::lsp::describe;
use crate::ops::Tensor;
use crate::sema::{Described, rows_text, type_text};
use crate::syntax::ast::{Item, ItemKind};
use crate::tir::{DataSource, Dataset, Role, Stage};

use super::session::Seen;
use super::world::Look;

/// The value of an expression; `results` are its tensors.
pub fn answer(value: &Described, results: &[Tensor], seen: &Seen, look: Look) -> Vec<String> {
    match value {
        Described::Nothing => vec![],
        Described::Tensor { result, ty } => tensor(&results[*result], ty, look),
        Described::Static { text, .. } => vec![cut(text, look)],
        Described::Layer { text, parameters, cells, .. } => {
            let mut lines = vec![layer(text, parameters.as_deref())];
            let cells = cells.iter().map(|cell| &seen.checked.cells[cell.index()]);
            let width = cells.clone().map(|cell| cell.path.chars().count()).max().unwrap_or(0);
            let buffer = |role: Role| if role == Role::Buffer { "  buffer" } else { "" };
            let line = |cell: &crate::tir::Cell| {
                format!("  {:width$}  {}{}", cell.path, type_text(&cell.ty), buffer(cell.role))
            };
            lines.extend(some(cells.map(line).collect()));
            lines
        }
        Described::Function { text, origin } => {
            let declared = origin.and_then(|origin| describe::at(&seen.program, origin));
            match declared {
                Some(described) => vec![described.head],
                None => vec![text.clone()],
            }
        }
        Described::Data(data) => data_set(data),
        Described::Tuple(parts) => {
            all(parts.iter().enumerate().map(|(i, part)| (i.to_string(), part)), results, seen, look)
        }
        Described::List(parts) if parts.iter().all(|part| matches!(part, Described::Static { .. })) => {
            let texts: Vec<&str> = parts.iter().filter_map(static_text).collect();
            vec![cut(&format!("[{}]", texts.join(", ")), look)]
        }
        Described::List(parts) => {
            all(parts.iter().enumerate().map(|(i, part)| (i.to_string(), part)), results, seen, look)
        }
        Described::Record(fields) => {
            all(fields.iter().map(|(name, part)| (name.to_string(), part)), results, seen, look)
        }
    }
}

fn static_text(part: &Described) -> Option<&str> {
    match part {
        Described::Static { text, .. } => Some(text),
        _ => None,
    }
}

/// The parts of a value, each under its name.
fn all<'d>(
    parts: impl Iterator<Item = (String, &'d Described)>,
    results: &[Tensor],
    seen: &Seen,
    look: Look,
) -> Vec<String> {
    let mut lines = vec![];
    for (name, part) in parts {
        let own = answer(part, results, seen, look);
        match &own[..] {
            [] => lines.push(format!("{name}: nothing")),
            [one] => lines.push(format!("{name}: {one}")),
            [first, rest @ ..] => {
                lines.push(format!("{name}: {first}"));
                lines.extend(rest.iter().map(|line| format!("  {line}")));
            }
        }
    }
    if lines.is_empty() { vec!["()".to_string()] } else { lines }
}

/// What was declared, in a line for each name.
pub fn declared(item: &Item, value: &Described, seen: &Seen) -> Vec<String> {
    let Described::Tuple(parts) = value else { return vec![] };
    if let ItemKind::Use(_) = item.kind {
        return vec![];
    }
    let names = item.names();
    let line = |(name, part): (&&crate::syntax::ast::Ident, &Described)| match part {
        Described::Function { .. } => typed(part, &seen.program),
        Described::Static { text, .. } => format!("{} = {text}", name.name),
        part => format!("{}: {}", name.name, typed(part, &seen.program)),
    };
    names.iter().zip(parts).map(line).collect()
}

/// What a value is, in a line, without its numbers.
pub fn typed(value: &Described, program: &Program) -> String {
    match value {
        Described::Tensor { ty, .. } => type_text(ty),
        Described::Static { kind, text } => match kind.split_once(' ') {
            Some((_, kind)) => format!("{kind} {text}"),
            None => text.clone(),
        },
        Described::Layer { text, parameters, .. } => layer(text, parameters.as_deref()),
        Described::Function { text, origin } => {
            origin.and_then(|origin| describe::at(program, origin)).map_or_else(|| text.clone(), |found| found.head)
        }
        Described::Data(data) => data_set(data).remove(0),
        Described::Nothing => "nothing".to_string(),
        Described::Tuple(parts) => format!("({})", listed(parts.iter().map(|part| typed(part, program)))),
        Described::List(parts) => format!("[{}]", listed(parts.iter().map(|part| typed(part, program)))),
        Described::Record(fields) => {
            format!("({})", listed(fields.iter().map(|(name, part)| format!("{name}: {}", typed(part, program)))))
        }
    }
}

/// Parts of a list that are shown.
const LISTED: usize = 12;

fn listed(parts: impl Iterator<Item = String>) -> String {
    let parts: Vec<String> = parts.collect();
    match parts.len().checked_sub(LISTED).filter(|more| *more > 0) {
        Some(more) => format!("{}, .. and {more} more", parts[..LISTED].join(", ")),
        None => parts.join(", "),
    }
}

fn layer(text: &str, parameters: Option<&str>) -> String {
    match parameters {
        Some(count) => format!("{text}  {count} parameters"),
        None => text.to_string(),
    }
}

/// Lines of a list that are shown.
const LINES: usize = 24;

fn some(mut lines: Vec<String>) -> Vec<String> {
    if let Some(more) = lines.len().checked_sub(LINES).filter(|more| *more > 1) {
        lines.truncate(LINES);
        lines.push(format!("  .. and {more} more"));
    }
    lines
}

/// A text of at most four lines of the terminal.
fn cut(text: &str, look: Look) -> String {
    let most = 4 * look.width;
    match text.char_indices().nth(most) {
        Some((at, _)) => format!("{} ..", &text[..at]),
        None => text.to_string(),
    }
}

/// `data (x: f32[64], y: idx<10>) of std:digits.csv`, and what is done with its rows.
fn data_set(data: &Dataset) -> Vec<String> {
    let mut line = format!("data {} of {}", rows_text(data), source(&data.source));
    for stage in &data.stages {
        line.push_str(&match &stage.value {
            Stage::Take { lo, hi: Some(hi) } => format!(" |> take({lo}..{hi})"),
            Stage::Take { lo, hi: None } => format!(" |> take({lo}..)"),
            Stage::Shuffle => " |> shuffle".to_string(),
            Stage::Split { lo, hi, .. } => format!(" |> part {lo}..{hi}"),
            Stage::Sliding { length } => format!(" |> sliding({length})"),
            Stage::Repeat { times } => format!(" |> {times} times"),
            Stage::Balance { up: true, .. } => " |> oversample".to_string(),
            Stage::Balance { up: false, .. } => " |> undersample".to_string(),
            Stage::Sample { count, .. } => format!(" |> sample({count})"),
        });
    }
    if let Some(batch) = data.batch {
        line.push_str(&format!(" |> batch({})", batch.size));
    }
    vec![line]
}

fn source(source: &DataSource) -> String {
    match source {
        DataSource::Csv { path, .. }
        | DataSource::Images { path, .. }
        | DataSource::Json { path, .. }
        | DataSource::Text { path, .. }
        | DataSource::Wav { path, .. } => path.value.to_string(),
        DataSource::Idx { paths } => paths.iter().map(|path| &*path.value).collect::<Vec<_>>().join(", "),
    }
}
