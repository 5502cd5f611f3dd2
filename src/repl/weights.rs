//! The weights of a session as a file: `:save FILE.safetensors` and `:load FILE.safetensors`.

use std::path::Path;

use crate::base::Span;
use crate::diag::Severity;
use crate::driver::known_shape;
use crate::io::{self, Expected};
use crate::ops::Tensor;
use crate::sema::Checked;
use crate::tir::{Cell, CellId, Role};
use crate::train::Machine;

use super::commands::counted;
use super::session::{Seen, Session};
use super::world::{Stop, World};

/// Whether a file has weights and no program.
pub fn is_weights(path: &str) -> bool {
    Path::new(path).extension().is_some_and(|ending| ending == "safetensors")
}

impl Session {
    /// Writes parameters and buffers of everything.
    pub(super) fn save_weights(&mut self, path: &str, world: &mut World) -> Result<(), Stop> {
        let seen = self.whole(world)?;
        let engine = self
            .engine(&seen.checked, &self.memory, world.interrupt)
            .map_err(|error| self.failed(&error, &seen, world))?;
        let weights = weights(&seen.checked);
        let tensors: Vec<(String, Tensor)> =
            weights.map(|(id, cell)| (cell.path.to_string(), engine.read(id))).collect();
        if tensors.is_empty() {
            world.say("there are no weights to save");
            return Err(Stop);
        }
        io::save(&self.files, path, &tensors, &[], Span::none()).map_err(|error| self.failed(&error, &seen, world))?;
        world.say(format!("saved {path}: {}", counted(tensors.len(), "tensor")));
        Ok(())
    }

    /// Reads them back, all or none.
    pub(super) fn load_weights(&mut self, path: &str, world: &mut World) -> Result<(), Stop> {
        let seen = self.whole(world)?;
        let expected: Vec<Expected> = weights(&seen.checked)
            .map(|(_, cell)| Expected {
                name: cell.path.to_string(),
                shape: known_shape(cell),
                dtype: cell.ty.dtype,
                span: cell.span,
            })
            .collect();
        if expected.is_empty() {
            world.say("there are no weights to load into: declare the layers first, or `:load` their program");
            return Err(Stop);
        }
        let tensors = io::load(&self.files, path, &expected, &[], Span::none());
        let tensors = tensors.map_err(|error| self.failed(&error, &seen, world))?;
        let mut engine = self
            .engine(&seen.checked, &self.memory, world.interrupt)
            .map_err(|error| self.failed(&error, &seen, world))?;
        weights(&seen.checked).zip(&tensors).for_each(|((id, _), tensor)| engine.write(id, tensor));
        self.memory.take(&seen.checked, &engine, &self.names(&seen), true, false);
        world.say(format!("loaded {path}: {}", counted(tensors.len(), "tensor")));
        Ok(())
    }

    /// All that stands, checked.
    fn whole(&self, world: &mut World) -> Result<Seen, Stop> {
        let seen = self.check(self.standing(), None, &self.memory);
        let errors = seen.checked.diagnostics.iter().filter(|d| d.severity == Severity::Error);
        self.tell_all(errors, &seen.program.sources, world)?;
        Ok(seen)
    }
}

/// Parameters and buffers of layers.
fn weights(checked: &Checked) -> impl Iterator<Item = (CellId, &Cell)> {
    let cells = checked.cells.iter().enumerate().map(|(at, cell)| (CellId::from(at), cell));
    cells.filter(|(id, cell)| cell.role != Role::State && !checked.standing.computed.contains(id))
}
