//! Tests of whole stages, in one binary.

use std::path::PathBuf;

mod backends;
mod batched;
mod benches;
mod beside;
mod buckets;
mod bugs;
mod calls;
mod cases;
mod checkpoints;
mod cli;
mod commands;
mod conditions;
mod conformance;
mod desk;
mod doc;
mod draw;
mod editor;
mod editors;
mod epilogues;
mod examples;
mod figures;
mod formatting;
mod gradcheck;
mod gradients;
mod graphs;
mod import;
mod kept;
mod lanes;
mod large;
mod lessons;
mod loaded;
mod loops;
mod lsp;
mod lsp_imports;
mod lsp_keys;
mod lsp_project;
mod meaning;
mod memory;
mod networks;
mod numerics;
mod ops;
mod optimizer;
mod pages;
mod parity;
mod parity_page;
mod published;
mod recurrent;
mod reference;
mod repl;
mod resume;
mod rules;
mod runs;
mod summary;
mod sweep;
mod tidy;

/// The checkout: cargo says at run time where, so a binary of one checkout can test another.
fn root() -> PathBuf {
    std::env::var_os("CARGO_MANIFEST_DIR").map_or(env!("CARGO_MANIFEST_DIR").into(), PathBuf::from)
}
