//! Runs plans. A backend turns a plan into an `Executable`; `Memory` holds what lives longer than one step.

pub mod cpu;
mod fault;
mod memory;
mod profile;
mod storage;

pub use cpu::crew::{take_threads, with_threads};
pub use cpu::{Matmul, use_matmul};
pub use fault::Fault;
pub use memory::{Memory, Slot};
pub use profile::{Entry, Profile};

/// How many threads of this process run kernels; without it, one for each processor. Only the first call, before
/// anything has run, has an effect. Results do not depend on it.
pub fn use_threads(threads: usize) {
    // Threads that are there already stay: slower or faster, and the same numbers.
    let _ = take_threads(threads);
}
