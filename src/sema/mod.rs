//! sema.
