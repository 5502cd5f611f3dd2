//! What a session has to do with the world while an input runs.

use std::sync::atomic::AtomicBool;

use crate::train::Event;

/// What an input has to tell, in order.
#[derive(Clone, Debug, PartialEq)]
pub enum Told {
    /// One line or several.
    Text(String),
    /// Something that happened in a training.
    Event(Event),
}

/// What the terminal can show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Look {
    /// Columns.
    pub width: usize,
    pub color: bool,
}

/// The world around a session.
pub struct World<'w> {
    /// Set by whoever wants what runs to end.
    pub interrupt: &'w AtomicBool,
    /// Seconds since some moment.
    pub clock: &'w dyn Fn() -> f64,
    pub tell: &'w mut dyn FnMut(Told),
    pub look: Look,
}

impl World<'_> {
    pub fn say(&mut self, text: impl Into<String>) {
        (self.tell)(Told::Text(text.into()));
    }
}

/// What was wrong has been told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stop;

/// What comes behind an input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flow {
    GoOn,
    Quit,
}
