//! The typed program as text.
