//! Element types, sizes, and the types of tensors.

pub mod dim;
mod dtype;

pub use dim::{Claim, Dim, Facts, Fault, Names, Rel, Var, Verdict, Witness, solve_for};
pub use dtype::{DType, Scalar};
