//! A file of weights as it was published, before a program asks for something: what it holds under which names, and the same in one
//! file of safetensors.

use super::Files;
use super::rename::renamed;
use super::weights::{gathered, misnamed, shards, unwritable};
use crate::base::Span;
use crate::diag::Diagnostic;
use crate::tir::rename::Rename;
use std::collections::HashMap;

/// What a file holds.
pub struct Published {
    /// By name.
    pub tensors: Vec<Listed>,
    /// The rules that were about nothing.
    pub idle: Vec<String>,
}

pub struct Listed {
    pub name: String,
    /// What it is called in the file.
    pub origin: String,
    /// `f32`, `bf16`
    pub kind: String,
    pub shape: Vec<usize>,
}

/// Lists the tensors of a file, or of those that an index names, under the names that rules give them; and writes them to `to` as they
/// are listed. Numbers go from where they lie in the file to the new one.
pub fn import(files: &Files, path: &str, rules: &[Rename], to: Option<&str>) -> Result<Published, Diagnostic> {
    let nowhere = Span::none();
    let shards = shards(files, path, nowhere)?;
    let (found, idle) = renamed(gathered(&shards, nowhere)?, rules).map_err(|why| misnamed(path, &why, nowhere))?;
    if let Some(to) = to {
        let metadata = HashMap::from([("format".to_string(), "pt".to_string())]);
        let written = files.write_by(to, |draft| {
            safetensors::serialize_to_file(&found, Some(metadata), draft).map_err(std::io::Error::other)
        });
        written.map_err(|error| unwritable(to, &error.to_string(), nowhere))?;
    }
    let listed = |(name, tensor): (&String, &super::stored::Stored)| Listed {
        name: name.clone(),
        origin: tensor.origin.clone(),
        kind: tensor.dtype.to_string().to_lowercase(),
        shape: tensor.shape.clone(),
    };
    let tensors = found.iter().map(listed).collect();
    Ok(Published { tensors, idle: idle.iter().map(|rule| rule.text.to_string()).collect() })
}
