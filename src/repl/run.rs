//! Trainings, tests and calls that are declared and run when they are asked for.

use std::sync::atomic::Ordering;

use crate::base::{Name, Span};
use crate::diag::{Diagnostic, Severity};
use crate::driver::Engine;
use crate::syntax::ast::{Item, ItemKind};
use crate::tir::Shown;
use crate::train::{self, Call, Length};

use super::declare::standing;
use super::kept::Kept;
use super::session::{Seen, Session};
use super::world::{Stop, World};

impl Session {
    /// Runs a `train` or `test` block that was just written, and keeps it.
    pub(super) fn run_now(&mut self, mut new: Kept, world: &mut World) -> Result<(), Stop> {
        new.says_sizes = self.run(&[&new], world)?;
        let names = new.names();
        self.kept.retain_mut(|kept| kept.without(&names));
        self.kept.push(new);
        Ok(())
    }

    /// `:run`: all trainings and calls of the session in their order, or the training of that name.
    pub(super) fn run_named(&mut self, name: &str, world: &mut World) -> Result<(), Stop> {
        let wanted = |kept: &&Kept| match &kept.item.kind {
            ItemKind::Train(train) => name.is_empty() || train.name.as_ref().is_some_and(|own| *own.name == *name),
            ItemKind::Run(_) => name.is_empty(),
            _ => false,
        };
        let kept: Vec<Kept> = self.kept.iter().filter(wanted).cloned().collect();
        if kept.is_empty() {
            let trainings = self.kept.iter().flat_map(Kept::names);
            let known: Vec<String> =
                trainings.filter_map(|own| Some(own.strip_prefix("train ")?.to_string())).collect();
            let known = if known.is_empty() { String::new() } else { format!(": there is {}", known.join(", ")) };
            world.say(format!("nothing here is to be run{known}"));
            return Err(Stop);
        }
        if self.run(&kept.iter().collect::<Vec<_>>(), world)? {
            let names: Vec<Name> = kept.iter().flat_map(Kept::names).collect();
            let own = |kept: &&mut Kept| kept.names().iter().any(|name| names.contains(name));
            self.kept.iter_mut().filter(own).for_each(|kept| kept.says_sizes = true);
        }
        Ok(())
    }

    /// `:test`: all tests, or those with `name` in theirs.
    pub(super) fn test_named(&mut self, name: &str, world: &mut World) -> Result<(), Stop> {
        let wanted = |kept: &&Kept| matches!(&kept.item.kind, ItemKind::Test(test) if test.name.contains(name));
        let kept: Vec<Kept> = self.kept.iter().filter(wanted).cloned().collect();
        if kept.is_empty() {
            let tests = self.kept.iter().filter_map(|kept| match &kept.item.kind {
                ItemKind::Test(test) => Some(format!("\"{}\"", test.name)),
                _ => None,
            });
            let tests: Vec<String> = tests.collect();
            world.say(match tests.is_empty() {
                true => "there are no tests: `test \"..\" { assert .. }` is one".to_string(),
                false => format!("no test has `{name}` in its name: there is {}", tests.join(", ")),
            });
            return Err(Stop);
        }
        // A test changes nothing for another, and what fails has been told.
        kept.iter().for_each(|test| self.run(&[test], world).map_or((), drop));
        Ok(())
    }

    /// Runs blocks. True if they said sizes of layers that nothing else says: they have to go on saying them.
    fn run(&mut self, running: &[&Kept], world: &mut World) -> Result<bool, Stop> {
        let spans: Vec<Span> = running.iter().map(|kept| kept.item.span).collect();
        let mut items = standing(&self.kept, &self.sized);
        items.retain(|item| !spans.contains(&item.span));
        items.extend(running.iter().map(|kept| kept.item.clone()));
        let seen = self.check(items, None, &self.memory);
        let told =
            |diagnostic: &&Diagnostic| diagnostic.severity == Severity::Error || is_inside(&spans, diagnostic.span());
        self.tell_all(seen.checked.diagnostics.iter().filter(told), &seen.program.sources, world)?;
        let mut engine = self
            .engine(&seen.checked, &self.memory, world.interrupt)
            .map_err(|error| self.failed(&error, &seen, world))?;
        if let [Kept { item: Item { kind: ItemKind::Test(_), .. }, .. }] = running
            && let Some(test) = seen.checked.tests.last()
        {
            let key = crate::data::mix(&[self.settings.seed, test.program.0.into()]);
            let length = Length::default();
            let call = Call { program: test.program, args: &[], step: 1, epoch: 1, length, seen: &[], key };
            return match engine.run_until(&call, world.interrupt).map(drop) {
                Ok(()) => {
                    world.say(format!("test {}: ok", test.name));
                    Ok(false)
                }
                Err(error) => Err(self.failed(&error, &seen, world)),
            };
        }
        let ran = self.trainings(&spans, &seen, &mut engine, world);
        self.memory.take(&seen.checked, &engine, &self.names(&seen), true, false);
        ran.map_err(|error| self.failed(&error, &seen, world))?;
        Ok(self.has_sized(&seen))
    }

    /// The trainings of some items, and what these show; up to a training that is interrupted.
    fn trainings(&self, items: &[Span], seen: &Seen, engine: &mut Engine, world: &mut World) -> Result<(), Diagnostic> {
        let checked = &seen.checked;
        for job in 0..=checked.jobs.len() {
            let is_own = |shown: &&Shown| shown.behind == job && is_inside(items, shown.span);
            for shown in checked.shown.iter().filter(is_own) {
                self.context(world, |context| train::show(shown, self.settings.seed, engine, context))?;
            }
            if checked.standing.jobs.get(job).is_some_and(|item| items.contains(item)) {
                let history = self.train(&checked.jobs[job], engine, world)?;
                engine.keep_logs(job, &history);
            }
            if world.interrupt.load(Ordering::Relaxed) {
                break;
            }
        }
        Ok(())
    }
}

/// Whether a place lies in one of several items.
fn is_inside(items: &[Span], place: Span) -> bool {
    items.iter().any(|item| item.file == place.file && item.lo <= place.lo && place.hi <= item.hi)
}
