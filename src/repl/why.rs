//! `:why`: where each size of a tensor comes from.

use crate::diag::Severity;
use crate::lsp::describe;
use crate::sema::{About, Described, Options};
use crate::tir::{Origin, Target, Ty, origin};
use crate::types::Dim;

use super::commands::aligned;
use super::session::{Seen, Session};
use super::world::{Stop, World};

impl Session {
    /// `:why E`
    pub(super) fn why(&mut self, text: &str, world: &mut World) -> Result<(), Stop> {
        let block = self.expression(text, world)?;
        let (seen, answer) = self.question(block, false, world)?;
        let program = &seen.checked.programs[answer.program.index()];
        if let Described::Layer { .. } = &answer.value {
            return self.why_layer(text, &seen, world);
        }
        let results = program.outputs.iter().filter(|output| matches!(output.to, Target::Value(_)));
        let mut known = false;
        for output in results {
            let ty = &program.nodes[output.value.index()].tys[0];
            let sizes = (0..ty.shape.len()).map(|axis| {
                let origin = origin(program, output.value, axis);
                let cell = match origin {
                    Origin::Cell(cell, _) => Some(&seen.checked.cells[cell.index()]),
                    Origin::Given(_) | Origin::Made(_) => None,
                };
                let cell = cell.map(|cell| (&*cell.path, cell.span));
                (format!("axis {axis} = {}", ty.shape[axis]), describe::told(&origin, cell, &seen.program))
            });
            let sizes: Vec<(String, String)> = sizes.collect();
            known = true;
            world.say(crate::sema::type_text(ty));
            aligned(&sizes).into_iter().for_each(|line| world.say(line));
        }
        if !known {
            world.say("there is no tensor in this");
            return Ok(());
        }
        let calls = program.calls.iter().filter(|call| !call.path.is_empty());
        let rows: Vec<(String, String)> = calls
            .map(|call| {
                (
                    format!("{}  {}", call.path, call.name),
                    format!("{} -> {}", shapes(&call.args), shapes(&call.results)),
                )
            })
            .collect();
        if !rows.is_empty() {
            world.say("through");
            aligned(&rows).into_iter().for_each(|line| world.say(line));
        }
        Ok(())
    }

    /// The sizes of a layer that were left to its first input.
    fn why_layer(&mut self, name: &str, seen: &Seen, world: &mut World) -> Result<(), Stop> {
        let options = Options { notes: true, ..self.settings.options() };
        let checked = seen.program.check(&options, &[]);
        if checked.diagnostics.iter().any(|diagnostic| diagnostic.severity == Severity::Error) {
            return Err(Stop);
        }
        let own =
            self.kept.iter().find(|kept| kept.names().iter().any(|own| **own == *name)).map(|kept| kept.item.span);
        let holes = checked.notes.iter().filter(|note| {
            note.about == About::Hole
                && own.is_none_or(|own| own.file == note.span.file && own.range().contains(&(note.span.lo as usize)))
        });
        let sources = &seen.program.sources;
        let rows: Vec<(String, String)> = holes
            .map(|note| {
                (format!("_ = {}", note.text), format!("at {}, from its first input", sources.place(note.span)))
            })
            .collect();
        if rows.is_empty() {
            world.say(format!("every size of `{name}` is written where it is declared"));
        }
        aligned(&rows).into_iter().for_each(|line| world.say(line));
        Ok(())
    }
}

fn shapes(types: &[Ty]) -> String {
    let shape = |ty: &Ty| format!("[{}]", ty.shape.iter().map(Dim::to_string).collect::<Vec<_>>().join(", "));
    types.iter().map(shape).collect::<Vec<_>>().join(" ")
}
