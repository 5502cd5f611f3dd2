//! A session from a script: prompts and inputs are written beside what they give, so that the record reads as the session would
//! on a terminal.

use std::sync::atomic::Ordering;

use super::session::Session;
use super::world::{Flow, World};

/// The prompt of an input.
pub fn prompt(number: usize) -> String {
    format!("{number}> ")
}

/// The prompt of its further lines.
pub fn further(number: usize) -> String {
    format!("{:>width$} ", "|", width = prompt(number).len() - 1)
}

/// Plays a script; false if it does not reach its end.
pub fn play(session: &mut Session, script: &mut dyn Iterator<Item = String>, world: &mut World) -> bool {
    let mut input = String::new();
    for line in script {
        let first = input.is_empty();
        let number = session.next();
        world.say(format!("{}{line}", if first { prompt(number) } else { further(number) }).trim_end());
        if !first {
            input.push('\n');
        }
        input.push_str(&line);
        // An empty line ends what waits for more, as on a terminal.
        if !line.trim().is_empty() && Session::is_incomplete(&input) {
            continue;
        }
        if session.enter(&std::mem::take(&mut input), world) == Flow::Quit {
            return false;
        }
        // Ctrl-C ends a script.
        if world.interrupt.load(Ordering::Relaxed) {
            return false;
        }
    }
    input.trim().is_empty() || session.enter(&input, world) == Flow::GoOn
}
