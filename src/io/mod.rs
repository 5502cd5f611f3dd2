//! Files that a run reads and writes: weights, pictures, and the way to the file system that all of them take.

mod files;

pub use files::Files;
