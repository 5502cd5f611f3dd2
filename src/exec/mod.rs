//! Runs plans. A backend turns a plan into an `Executable`; `Memory` holds what lives longer than one step.

pub mod cpu;
mod fault;
mod memory;

pub use fault::Fault;
pub use memory::{Memory, Slot};
