//! Sizes at which a function can be called: those that are given, and for the others the least with which its `where`s hold.

use std::collections::BTreeMap;

use crate::types::{Claim, Var};

/// The sizes that are tried for one name.
const TRIED: i64 = 4096;

/// Numbers for sizes by their names, those that are given among them; or the condition that the given ones break.
pub fn fitting(conditions: &[Claim], given: &BTreeMap<String, i64>) -> Result<BTreeMap<String, i64>, Claim> {
    let mut vars: Vec<Var> = conditions.iter().flat_map(Claim::vars).collect();
    vars.sort_unstable();
    vars.dedup();
    let known = |var: &Var| given.get(&*var.name).copied();
    let mut sizes: BTreeMap<Var, i64> = vars.iter().filter_map(|var| Some((var.clone(), known(var)?))).collect();
    let broken = |sizes: &BTreeMap<Var, i64>| conditions.iter().find(|claim| claim.eval(sizes) == Some(false));
    if let Some(claim) = broken(&sizes) {
        return Err(claim.clone());
    }
    for var in vars.iter().filter(|var| known(var).is_none()) {
        let mut with = |size: i64| {
            sizes.insert(var.clone(), size);
            broken(&sizes).is_none()
        };
        if !(1..=TRIED).any(&mut with) {
            with(1);
        }
    }
    if let Some(claim) = broken(&sizes) {
        return Err(claim.clone());
    }
    let mut out = given.clone();
    out.extend(sizes.into_iter().map(|(var, size)| (var.name.to_string(), size)));
    Ok(out)
}
