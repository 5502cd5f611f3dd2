//! Size formulas read backwards.

use super::{Dim, Var};
use std::collections::BTreeMap;

/// The largest value that is tried for a setting.
const MOST: i64 = 1 << 16;

/// The smallest value of `var`, from 0 and its minimum on, for which `formula` is `target`: that 400 features
/// would follow from `pad: 2`. `None` where there is none up to 65536, or where another variable matters.
pub fn solve_for(formula: &Dim, target: i64, var: &Var) -> Option<i64> {
    if formula.vars() != [var.clone()] {
        return None;
    }
    let reaches = |value: &i64| formula.eval(&BTreeMap::from([(var.clone(), *value)])) == Some(target);
    (var.min.max(0)..=MOST).find(reaches)
}
