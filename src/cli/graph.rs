//! `dln graph`: a model as a picture.

use super::args::{count, file, path, value};
use super::command::{Desk, Exit};
use super::summary::{no_size, size};
use crate::driver::figure::Drawn;
use crate::figure::{Asked, dot, svg};
use crate::io::Files;
use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};
use std::path::PathBuf;

/// `dln graph`
#[derive(Clone, Debug, PartialEq)]
pub struct Draw {
    pub file: PathBuf,
    pub asked: Asked,
    pub format: Format,
    /// The standard output without it.
    pub to: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    Svg,
    Dot,
}

/// Layers inside each other that are shown where nothing is said.
const DEPTH: usize = 3;

/// The command with its arguments.
pub fn words() -> Command {
    let to = "Writes to this file, whose ending says the format if --format does not [default: -, the standard output]";
    Command::new("graph")
        .about("Draw a model: its layers as blocks, with shapes on what flows between them")
        .arg(path("FILE"))
        .arg(Arg::new("LAYER").help("Only this layer, such as net.body"))
        .arg(
            value("bind", "SIZE=N", "Shows this number for a size, such as B=32")
                .value_parser(size)
                .action(ArgAction::Append),
        )
        .arg(value("depth", "N", "Shows so many layers inside each other (3)").value_parser(count()))
        .arg(value("format", "svg|dot", "A picture, or a graph for Graphviz [default: svg]").value_parser(format))
        .arg(value("output", "FILE", to).short('o').value_parser(value_parser!(PathBuf)))
}

/// What the words ask for.
pub fn read(matches: &ArgMatches) -> Draw {
    let sizes = matches.get_many::<(String, i64)>("bind").into_iter().flatten().cloned();
    let to = matches.get_one("output").filter(|to: &&PathBuf| to.as_os_str() != "-").cloned();
    let ending = to.as_ref().and_then(|to| to.extension());
    let named = if ending.is_some_and(|ending| ending == "dot" || ending == "gv") { Format::Dot } else { Format::Svg };
    Draw {
        file: file(matches),
        asked: Asked {
            layer: matches.get_one("LAYER").cloned(),
            depth: matches.get_one("depth").copied().unwrap_or(DEPTH),
            sizes: sizes.collect(),
        },
        format: matches.get_one("format").copied().unwrap_or(named),
        to,
    }
}

fn format(text: &str) -> Result<Format, String> {
    match text {
        "svg" => Ok(Format::Svg),
        "dot" => Ok(Format::Dot),
        _ => Err("`svg` or `dot` is expected".to_string()),
    }
}

impl Desk<'_> {
    /// Writes the figure, or says what the program has instead of what was asked for.
    pub fn graph(&mut self, drawn: Drawn, draw: &Draw) -> Exit {
        let open = drawn.sizes.iter().map(String::as_str).collect();
        if let Some(unknown) = draw.asked.sizes.keys().find(|size| !drawn.sizes.contains(*size)) {
            return self.refuse(&no_size(unknown, &open));
        }
        let Some(region) = drawn.region else {
            return self.refuse(&match &draw.asked.layer {
                Some(layer) => super::summary::no_layer(layer, drawn.layers.iter().map(String::as_str)),
                None => super::summary::NO_CALL.to_string(),
            });
        };
        let text = match draw.format {
            Format::Svg => svg(&region, &drawn.title),
            Format::Dot => dot(&region, &drawn.title),
        };
        let Some(to) = &draw.to else {
            self.output.verbatim(&text);
            return Exit::Fine;
        };
        match Files::at(".").write(&to.to_string_lossy(), text.as_bytes()) {
            Ok(()) => Exit::Fine,
            Err(error) => self.refuse(&format!("`{}` cannot be written: {error}", to.display())),
        }
    }
}
