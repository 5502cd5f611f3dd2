//! Files that a run reads and writes: weights, pictures, drawings, and the way to the file system that all of them take; and
//! values as text.

mod base64;
mod below;
mod files;
mod images;
pub mod memory;
mod misfits;
pub mod paths;
mod pickle;
pub mod plot;
mod published;
mod rename;
pub mod show;
mod stored;
pub mod tensorboard;
mod torch;
mod weights;

pub use base64::base64;
pub use below::{RUN, Stamp, below, text};
pub use files::Files;
pub use images::save_images;
pub use published::{Listed, Published, import};
pub use weights::{Expected, load, load_all, names, save};
