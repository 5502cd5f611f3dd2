//! `dln repl`: a program that grows line by line, and is run as it grows.
//!
//! `session` is what it knows; an input is a declaration (`declare`), a question (`ask`), a command (`commands`), or the question
//! what something is (`doc`). Nothing here has a terminal: an input is a text, and what it tells goes to a `World`. `cli::repl` is the
//! terminal, `play` a script.

mod ask;
mod commands;
mod complete;
mod declare;
mod doc;
mod found;
mod inspect;
mod kept;
mod load;
mod memory;
mod needed;
mod play;
mod run;
mod session;
mod settings;
mod show;
mod weights;
mod why;
mod world;

pub use complete::{Completer, Suggestion};
pub use play::{further, play, prompt};
pub use session::Session;
pub use world::{Flow, Look, Told, World};
