//! `dln import`: what a published file of weights holds, and the same as one file of safetensors.

use super::args::value;
use super::command::{Desk, Exit};
use super::progress::counted;
use crate::io::{self, Files, Published};
use crate::tir::rename::Rename;
use clap::{Arg, ArgAction, ArgMatches, Command};
use serde_json::json;

/// What is to be imported.
#[derive(Clone, Debug, PartialEq)]
pub struct Import {
    pub file: String,
    pub rules: Vec<String>,
    pub to: Option<String>,
}

pub fn words() -> Command {
    let about = "Show the tensors of a published file of weights, and write them as safetensors";
    let file = "safetensors, an index of several (.json), or what PyTorch saved (.pt, .pth, .bin)";
    let rule =
        value("rename", "RULE", "A rule for names, `encoder.layer -> blocks`, as for `load`; may come several times");
    Command::new("import")
        .about(about)
        .arg(Arg::new("FILE").required(true).help(file))
        .arg(rule.action(ArgAction::Append))
        .arg(value("to", "FILE", "Write the tensors there, under their new names"))
        .arg(super::args::json())
}

pub fn read(matches: &ArgMatches) -> Import {
    Import {
        file: matches.get_one("FILE").cloned().unwrap_or_default(),
        rules: matches.get_many("rename").into_iter().flatten().cloned().collect(),
        to: matches.get_one("to").cloned(),
    }
}

impl Desk<'_> {
    pub fn import(&mut self, import: &Import) -> Exit {
        let mut rules = vec![];
        for rule in &import.rules {
            match Rename::parse(&rule.as_str().into()) {
                Ok(rule) => rules.push(rule),
                Err(why) => return self.refuse(&format!("`{rule}` is no rule for names: {why}")),
            }
        }
        match io::import(&Files::at("."), &import.file, &rules, import.to.as_deref()) {
            Ok(published) => self.imported(&published, import.to.as_deref()),
            Err(diagnostic) => {
                self.output.report(&format!("error[{}]: {}", diagnostic.code, diagnostic.message));
                Exit::Failed
            }
        }
    }

    fn imported(&mut self, published: &Published, to: Option<&str>) -> Exit {
        let count = |shape: &[usize]| shape.iter().product::<usize>();
        for tensor in &published.tensors {
            let io::Listed { name, origin, kind, shape } = tensor;
            if self.json {
                self.output.line(&json!({ "name": name, "origin": origin, "kind": kind, "shape": shape }).to_string());
            } else {
                let shape: Vec<String> = shape.iter().map(usize::to_string).collect();
                let from = if name == origin { String::new() } else { format!("  from {origin}") };
                self.output.line(&format!("{name}  {kind}[{}]{from}", shape.join(", ")));
            }
        }
        let numbers: usize = published.tensors.iter().map(|tensor| count(&tensor.shape)).sum();
        let tensors = counted(published.tensors.len(), "tensor");
        let written = to.map_or(String::new(), |to| format!(", written to {to}"));
        if !self.json {
            self.output.line(&format!("{tensors}, {} numbers{written}", crate::base::grouped(numbers as u64)));
        }
        for rule in &published.idle {
            self.output.report(&format!("warning: `{rule}` is about no tensor of the file"));
        }
        Exit::Fine
    }
}
