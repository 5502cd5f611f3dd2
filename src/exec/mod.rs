//! Runs plans. A backend turns a plan into an `Executable`; `Memory` holds what lives longer than one step.

pub mod cpu;
mod fault;
mod memory;
mod profile;
mod storage;

pub use cpu::{Matmul, use_matmul};
pub use fault::Fault;
pub use memory::{Memory, Slot};
pub use profile::{Entry, Profile};

/// Sizes the pool of worker threads of this process; without it there is one for each processor. Only the first call,
/// before anything has run, has an effect. Results do not depend on it.
pub fn use_threads(threads: usize) {
    // A pool that exists already keeps its size: slower or faster, and the same numbers.
    let _ = take_threads(threads);
}

/// As `use_threads`; false where something has run already.
pub fn take_threads(threads: usize) -> bool {
    rayon::ThreadPoolBuilder::new().num_threads(threads).build_global().is_ok()
}
