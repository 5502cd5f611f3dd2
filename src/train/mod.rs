//! Runs a job: epochs, batches, validation, metrics, saving, stopping. It never prints and has no clock: what happens
//! is told through events, and whoever listens adds the time.

mod event;

pub use crate::tir::Job;
pub use event::{Best, Event, Metrics, Summary};
