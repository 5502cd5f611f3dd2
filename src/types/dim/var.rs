//! Size variables.

use crate::base::Name;
use std::sync::atomic::{AtomicU32, Ordering};

/// A size variable. Two variables with one name are different variables.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Var {
    pub id: u32,
    pub name: Name,
    /// The least value it can have: 1 for a size, `i64::MIN` for a setting.
    pub min: i64,
}

impl Var {
    /// A new variable, different from all others; `min` 1 for sizes.
    pub fn fresh(name: &str, min: i64) -> Var {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        Var { id: NEXT.fetch_add(1, Ordering::Relaxed), name: name.into(), min }
    }
}
