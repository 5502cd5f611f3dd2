//! Times of a few steps in the middle of a run: enough to say where its time goes, too few to slow it down.

use super::Profile;
use crate::sema::Checked;
use crate::tir::ProgramId;

/// Steps before those that are timed: plans have been made by then, and caches are full.
const BEFORE: usize = 20;
/// Steps that are timed.
const TIMED: usize = 20;

/// Times of so many steps, one profile for each plan that ran meanwhile.
#[derive(Clone, Debug)]
pub struct Times {
    pub steps: usize,
    pub profiles: Vec<Profile>,
}

/// Counts steps until it has seen enough.
#[derive(Default)]
pub struct Timing {
    seen: usize,
    pub times: Option<Times>,
}

/// What is to be done before a program runs.
pub enum Turn {
    On,
    Off,
    Stay,
}

impl Timing {
    /// A program is about to run.
    pub fn before(&mut self, checked: &Checked, program: ProgramId) -> Turn {
        let first = |job: &crate::tir::Job| job.steps.first().is_some_and(|step| step.program == program);
        if self.times.is_some() || !checked.jobs.iter().any(first) {
            return Turn::Stay;
        }
        self.seen += 1;
        match self.seen {
            n if n == BEFORE + 1 => Turn::On,
            n if n == BEFORE + TIMED + 1 => Turn::Off,
            _ => Turn::Stay,
        }
    }

    pub fn take(&mut self, profiles: Vec<Profile>) {
        self.times = Some(Times { steps: TIMED, profiles });
    }
}
