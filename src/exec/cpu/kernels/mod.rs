//! One file per family of kernels.

pub mod assign;
pub mod copy;
pub mod dot;
pub mod fft;
pub mod fold;
pub mod fused;
pub mod guard;
pub mod indexed;
mod lanes;
pub mod lines;
pub mod matrix;
pub mod peaks;
pub mod reduce;
pub mod repeat;
mod rows;
pub mod source;
mod walk;
pub mod windows;
