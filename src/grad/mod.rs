//! grad.
