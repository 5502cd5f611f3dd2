//! The rules of `ops::shape` against the evaluator: what a rule accepts has a value of the type that it says, and what it
//! refuses has none.

use crate::calls::FAMILIES;
use crate::draw::Draw;
use dln::graph::{Type, typing::op_type};
use dln::ops::doc::page;
use dln::ops::{Fault, Op, Tensor, eval};
use dln::types::DType;
use std::collections::BTreeMap;

/// Calls drawn for each family.
const CALLS: u64 = 4000;

#[test]
fn a_rule_accepts_what_has_a_value() {
    let mut verdicts: BTreeMap<&str, [usize; 2]> = BTreeMap::new();
    for (family, draw_call) in FAMILIES {
        for key in 0..CALLS {
            let mut draw = Draw::noisy(key);
            let dtype = draw.pick(&DType::ALL);
            let call = draw_call(&mut draw, dtype);
            let args = call.values(&mut draw);
            let tys: Vec<&Type> = call.operands.iter().map(|x| &x.ty).collect();
            if let Some(accepted) = verdict(&call.op, &tys, &args, family, key) {
                verdicts.entry(call.op.name()).or_default()[accepted as usize] += 1;
            }
        }
    }
    let page = page();
    for (op, [refused, accepted]) in verdicts {
        assert!(page.contains(&format!("| `{op}` |")), "docs/ops.md has no row for {op}");
        assert!(accepted > 20, "{op} was accepted only {accepted} times");
        assert!(refused > 5, "{op} was refused only {refused} times");
    }
}

/// What the rule and the evaluator agree on; nothing if an index is out of range, which is for run time to see.
fn verdict(op: &Op<usize>, tys: &[&Type], args: &[Tensor], family: &str, key: u64) -> Option<bool> {
    let rule = op_type(op, tys);
    let value = eval(op, &args.iter().collect::<Vec<_>>());
    let call = || format!("{family}, key {key}: {op:?} of {tys:?}");
    match (rule, value) {
        (_, Err(Fault::Index { .. })) => None,
        (Ok(ty), Ok(value)) => {
            assert_eq!((ty.dtype, &ty.shape), (value.dtype(), &value.shape), "{}", call());
            Some(true)
        }
        (Err(_), Err(_)) => Some(false),
        (Ok(_), Err(why)) => panic!("the rule accepts and the evaluator says: {why}\n{}", call()),
        (Err(why), Ok(_)) => panic!("the evaluator accepts and the rule says: {why}\n{}", call()),
    }
}
