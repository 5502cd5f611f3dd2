//! What the layers of a file cost in the first program that calls them, for the lines above them in an editor.

use std::collections::BTreeMap;

use super::{Row, batch_size, counted, trained};
use crate::base::Name;
use crate::sema::Checked;

/// Arithmetic of one call, at some sizes.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Use {
    /// `Block[32]`; empty for a chain.
    pub name: Name,
    pub forward: u64,
    pub backward: Option<u64>,
    pub sizes: Vec<(Name, i64)>,
}

/// Uses by the names of what is called.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Uses {
    /// Of top-level values: `net`.
    pub values: BTreeMap<Name, Use>,
    /// Of declared layers: `Block`.
    pub layers: BTreeMap<Name, Use>,
}

/// Those of every step of a `train` block, or else of the functions that were traced.
pub fn uses(checked: &Checked) -> Uses {
    let mut uses = Uses::default();
    let program = |id: crate::tir::ProgramId| &checked.programs[id.index()];
    let given = BTreeMap::new();
    for job in &checked.jobs {
        for step in &job.steps {
            let program = program(step.program);
            uses.add(counted(checked, program, program, &given, batch_size(&job.feed)));
        }
    }
    for function in checked.functions.iter().filter(|_| checked.jobs.is_empty()) {
        let program = program(function.program);
        let trained = trained(checked, function);
        uses.add(counted(checked, program, trained.as_ref().unwrap_or(program), &given, None));
    }
    uses
}

impl Uses {
    fn add(&mut self, counted: super::Counted) {
        let sizes: Vec<(Name, i64)> = counted.named.into_iter().map(|(var, size)| (var.name, size)).collect();
        let rows = &counted.rows;
        for row in rows.iter().filter(|row| !row.path.is_empty()) {
            let declared = row.name.split('[').next().unwrap_or_default();
            let own = || Use { name: row.name.clone(), ..total(std::slice::from_ref(row), row.depth, &sizes) };
            self.layers.entry(declared.into()).or_insert_with(own);
        }
        for at in 0..rows.len() {
            let Some(root) = root(&rows[at]).filter(|root| !self.values.contains_key(*root)) else { continue };
            let end = at + extent(&rows[at..], root);
            self.values.insert(root.into(), total(&rows[at..end], rows[at].depth, &sizes));
        }
    }
}

/// `net` of `net.body.3`
fn root(row: &Row) -> Option<&str> {
    row.path.split('.').next().filter(|root| !root.is_empty())
}

/// How many rows the first call of a value has: what is inside it, and for a chain its other members with the functions between.
fn extent(rows: &[Row], name: &str) -> usize {
    let (depth, is_chain) = (rows[0].depth, &*rows[0].path != name);
    let outside = |row: &Row| row.depth < depth || row.depth == depth && root(row).is_some_and(|root| root != name);
    let next = rows.iter().skip(1).position(|row| outside(row) || row.depth == depth && (!is_chain || row.again));
    let end = next.map_or(rows.len(), |at| at + 1);
    let last = rows[..end].iter().rposition(|row| root(row) == Some(name));
    // What is inside the last member belongs to it.
    let last = last.map_or(1, |at| at + 1);
    last + rows[last..end].iter().take_while(|row| row.depth > depth).count()
}

fn total(rows: &[Row], depth: usize, sizes: &[(Name, i64)]) -> Use {
    let outer = || rows.iter().filter(|row| row.depth == depth);
    let backward = outer().map(|row| row.backward).collect::<Option<Vec<u64>>>();
    Use {
        name: Name::default(),
        forward: outer().map(|row| row.flops).sum(),
        backward: backward.map(|all| all.into_iter().sum()),
        sizes: sizes.to_vec(),
    }
}
