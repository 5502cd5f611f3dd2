//! Runs plans. A backend turns a plan into an `Executable`.

pub mod cpu;
