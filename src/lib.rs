//! dln: a declarative deep-learning language.
//!
//! `driver` is the whole chain in one readable function; every other module is one stage of it.
//! `docs/architecture.md` says which module may import which, and a test holds them to it.

pub mod base;
pub mod cli;
pub mod data;
pub mod diag;
pub mod doc;
pub mod driver;
pub mod exec;
pub mod figure;
pub mod format;
pub mod grad;
pub mod graph;
pub mod io;
pub mod lower;
pub mod lsp;
pub mod ops;
pub mod opt;
pub mod plan;
pub mod repl;
pub mod sema;
pub mod stdlib;
pub mod syntax;
pub mod tir;
pub mod train;
pub mod types;
