//! Files that a run reads and writes: weights, pictures, and the way to the file system that all of them take.

mod files;
mod images;
mod weights;

pub use files::Files;
pub use images::save_images;
pub use weights::{Expected, load, names, save};
