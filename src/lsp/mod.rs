//! The language server: `dln lsp` speaks the Language Server Protocol over its standard streams.
//!
//! One thread answers messages in order. A change only replaces a text; what is known of a file is found out when it is asked
//! for, or when no message waits, so that a fast typist costs one check and not one for each key. First only what is declared is
//! looked at, and of that only what has changed (`sema::Known`); the editor is told, and then come trainings and tests. The next
//! change ends that. The checker never fails, so any text can be looked at; a mistake of dln itself costs the answer to one
//! question.

mod across;
mod complete;
pub mod describe;
mod fields;
mod hints;
mod hover;
mod imports;
mod inbox;
mod lenses;
mod navigate;
mod outline;
mod place;
mod problems;
mod project;
pub mod prompt;
mod rename;
mod serve;
mod workspace;

pub use serve::{serve, standard};
