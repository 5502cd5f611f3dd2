//! One training step of a file, prepared so that it can be run again and again, with the times of its parts.

use super::Engine;
use crate::data::Tables;
use crate::diag::Diagnostic;
use crate::exec::Profile;
use crate::io::Files;
use crate::plan::Apart;
use crate::sema::Checked;
use crate::tir::Role;
use crate::train::Again;

/// The step of the first `train` block of a file, with memory of its own.
pub struct Bench<'c> {
    engine: Engine<'c>,
    again: Again<'c>,
    checked: &'c Checked,
}

impl<'c> Bench<'c> {
    /// None where the file trains nothing.
    pub fn open(checked: &'c Checked, files: &Files) -> Result<Option<Bench<'c>>, Diagnostic> {
        let Some(job) = checked.jobs.first() else { return Ok(None) };
        let engine = Engine::new(checked, files, job.seed)?;
        let again = Again::open(job, &mut Tables::new(files))?;
        Ok(Some(Bench { engine, again, checked }))
    }

    pub fn step(&mut self) -> Result<(), Diagnostic> {
        self.again.step(&mut self.engine)
    }

    /// Numbers in all parameters of the file.
    pub fn parameters(&self) -> usize {
        let params = self.checked.cells.iter().filter(|cell| cell.role == Role::Param);
        let size = |cell: &crate::tir::Cell| cell.ty.shape.iter().filter_map(|d| d.as_const()).product::<i64>();
        params.map(size).sum::<i64>().unsigned_abs() as usize
    }

    /// What the plans of the step could not run together.
    pub fn apart(&mut self) -> Vec<Apart> {
        self.engine.apart()
    }

    /// Starts or stops taking times; gives those taken so far, one profile for each plan.
    pub fn profile(&mut self, on: bool) -> Vec<Profile> {
        self.engine.profile(on)
    }
}
