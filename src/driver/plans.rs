//! The plans that are kept. A program has one for each size of its arguments and each size that it finds in its data; over a
//! long run these may be more than memory holds, so only those stay that were used last.

use std::collections::BTreeMap;

use crate::tir::ProgramId;

/// A program (none for that of the first values), the shapes of its arguments, and the sizes that it has found so far.
pub type PlanKey = (Option<ProgramId>, Vec<Vec<usize>>, Vec<i64>);

/// Plans of one program beyond which the one that has not been used for the longest time goes.
const KEPT: usize = 64;

/// Plans by program and sizes, with when they were used.
pub struct Plans<P> {
    plans: BTreeMap<PlanKey, (u64, P)>,
    uses: u64,
}

impl<P> Plans<P> {
    pub fn new() -> Plans<P> {
        Plans { plans: BTreeMap::new(), uses: 0 }
    }

    /// Takes a plan out, to be put back when it has been used.
    pub fn take(&mut self, key: &PlanKey) -> Option<P> {
        self.plans.remove(key).map(|(_, plan)| plan)
    }

    /// Keeps a plan that was just used. Gives the one that has to go for it.
    pub fn put(&mut self, key: PlanKey, plan: P) -> Option<P> {
        self.uses += 1;
        let program = key.0;
        self.plans.insert(key, (self.uses, plan));
        let own = || self.plans.iter().filter(|(key, _)| key.0 == program);
        if own().count() <= KEPT {
            return None;
        }
        let oldest = own().min_by_key(|(_, (used, _))| *used)?.0.clone();
        self.take(&oldest)
    }

    /// Gives up all plans.
    pub fn clear(&mut self) -> impl Iterator<Item = P> + use<P> {
        std::mem::take(&mut self.plans).into_values().map(|(_, plan)| plan)
    }

    /// All of them, in the order of their keys.
    pub fn all(&mut self) -> impl Iterator<Item = &mut P> {
        self.plans.values_mut().map(|(_, plan)| plan)
    }

    pub fn len(&self) -> usize {
        self.plans.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_plan_of_a_program_goes() {
        let key = |program: usize, size: i64| (Some(ProgramId::from(program)), vec![], vec![size]);
        let mut plans = Plans::new();
        assert_eq!(plans.put(key(1, 0), -1), None);
        for size in 0..KEPT as i64 {
            assert_eq!(plans.put(key(0, size), size), None);
        }
        let first = plans.take(&key(0, 0)).expect("kept");
        assert_eq!(plans.put(key(0, 0), first), None);
        assert_eq!(plans.put(key(0, 1000), 1000), Some(1), "0 was used again");
        assert_eq!(plans.put(key(0, 1), 1), Some(2));
        assert_eq!(plans.take(&key(1, 0)), Some(-1), "programs do not compete");
        assert_eq!(plans.len(), KEPT);
    }
}
