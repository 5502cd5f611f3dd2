//! Element types, sizes, and the types of tensors.

pub mod dim;
mod dtype;
mod half;

pub use dim::{Claim, Dim, Facts, Fault, Names, Rel, Var, Verdict, Witness, solve_for};
pub use dtype::{DType, Scalar};
pub use half::{Bf16, F16};
