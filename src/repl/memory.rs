//! Values that outlive an input: parameters, buffers, and what top-level names keep, by path.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use crate::base::Name;
use crate::driver::Engine;
use crate::ops::Tensor;
use crate::sema::Checked;
use crate::tir::{Role, Ty};
use crate::train::Machine;

#[derive(Clone, Debug)]
struct Value {
    ty: Ty,
    tensor: Rc<Tensor>,
    role: Role,
    /// What a top-level name keeps of a computation; all else belongs to a layer or an optimizer.
    computed: bool,
}

/// The memory of a session.
#[derive(Clone, Debug, Default)]
pub struct Memory {
    values: BTreeMap<Name, Value>,
    /// How many inputs have trained by hand: the step that optimizers see.
    pub steps: usize,
}

impl Memory {
    /// The types of what is known; with `states` those of optimizers, too, which begin anew in every training.
    pub fn types(&self, states: bool) -> BTreeMap<Name, Ty> {
        let wanted = self.values.iter().filter(|(_, value)| states || value.role != Role::State);
        wanted.map(|(path, value)| (path.clone(), value.ty.clone())).collect()
    }

    pub fn get(&self, path: &str) -> Option<Rc<Tensor>> {
        self.values.get(path).map(|value| value.tensor.clone())
    }

    /// The paths below a top-level name.
    fn is_below(path: &str, name: &str) -> bool {
        path.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    }

    /// Whether a top-level name holds parameters or buffers.
    pub fn has_weights(&self, name: &str) -> bool {
        let own = self.values.range(Name::from(name)..).take_while(|(path, _)| path.starts_with(name));
        own.filter(|(path, _)| Memory::is_below(path, name)).any(|(_, value)| !value.computed)
    }

    /// Knows what a top-level name keeps of a computation.
    pub fn know(&mut self, name: Name, ty: Ty, tensor: Tensor) {
        self.values.insert(name, Value { ty, tensor: Rc::new(tensor), role: Role::Buffer, computed: true });
    }

    /// Forgets all below a name.
    pub fn forget(&mut self, name: &str) {
        self.values.retain(|path, _| !Memory::is_below(path, name));
    }

    /// Forgets what was computed below names, so that it is computed anew; weights stay. Gives the names that had such values.
    pub fn outdate(&mut self, names: &BTreeSet<Name>) -> BTreeSet<Name> {
        let mut outdated = BTreeSet::new();
        self.values.retain(|path, value| match names.iter().find(|name| Memory::is_below(path, name)) {
            Some(name) if value.computed => {
                outdated.insert(name.clone());
                false
            }
            _ => true,
        });
        outdated
    }

    /// Takes the values of cells that lie below `names`. Without `all`, only those that are not known yet; with `states`, those of
    /// optimizers, too.
    pub fn take(&mut self, checked: &Checked, engine: &Engine, names: &BTreeSet<Name>, all: bool, states: bool) {
        for (at, cell) in checked.cells.iter().enumerate() {
            let id = at.into();
            let top = cell.path.split('.').next().unwrap_or("");
            let is_known = checked.standing.known.contains(&id);
            if !names.contains(top) || is_known && !all || cell.role == Role::State && !states {
                continue;
            }
            let computed = checked.standing.computed.contains(&id);
            let tensor = Rc::new(engine.read(id));
            self.values.insert(cell.path.clone(), Value { ty: cell.ty.clone(), tensor, role: cell.role, computed });
        }
    }

    /// Paths that are known with another type than the cells now have.
    pub fn misfits(&self, checked: &Checked) -> Vec<(Name, Ty, Ty)> {
        let misfit = |cell: &crate::tir::Cell| {
            let known = self.values.get(&cell.path)?;
            (known.ty != cell.ty).then(|| (cell.path.clone(), known.ty.clone(), cell.ty.clone()))
        };
        checked.cells.iter().filter_map(misfit).collect()
    }

    /// The layers, by their paths, whose memory is no longer in the program, and those that are new in it: a new name makes both.
    pub fn moved(&self, checked: &Checked) -> [BTreeSet<String>; 2] {
        let layer = |path: &str| path.rsplit_once('.').map_or(path, |(layer, _)| layer).to_string();
        let kept = checked.cells.iter().filter(|cell| cell.role != Role::State);
        let cells: BTreeSet<&Name> = kept.map(|cell| &cell.path).collect();
        let known = self.values.iter().filter(|(_, value)| value.role != Role::State).map(|(path, _)| path);
        let gone = known.filter(|path| !cells.contains(path)).map(|path| layer(path));
        let new = cells.iter().filter(|path| !self.values.contains_key(**path)).map(|path| layer(path));
        [gone.collect(), new.collect()]
    }
}
