//! One file per family of kernels.

pub mod conv;
pub mod copy;
pub mod dot;
mod fold;
pub mod fused;
mod gemm;
pub mod guard;
pub mod indexed;
mod lanes;
pub mod lines;
mod patches;
pub mod reduce;
pub mod repeat;
pub mod source;
mod walk;
pub mod windows;
