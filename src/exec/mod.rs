//! Runs plans. A backend turns a plan into an `Executable`; `Memory` holds what lives longer than one step.

pub mod cpu;
mod fault;
mod memory;
mod profile;

pub use fault::Fault;
pub use memory::{Memory, Slot};
pub use profile::{Entry, Profile};
