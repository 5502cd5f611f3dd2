//! stdlib.
