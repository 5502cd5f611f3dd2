//! Declarations: what is declared again replaces what was there, and what no longer goes with it is set aside.

use std::collections::BTreeSet;

use crate::base::{Name, Span};
use crate::diag::{Diagnostic, Severity};
use crate::driver::Engine;
use crate::ops::Tensor;
use crate::sema::Question;
use crate::syntax::Line;
use crate::syntax::ast::{self, Expr, ExprKind, Item, ItemKind};
use crate::tir::Ty;

use super::kept::{Kept, dependents};
use super::memory::Memory;
use super::needed::Known;
use super::session::{Seen, Session, jobs_of};
use super::show;
use super::world::{Stop, World};

/// How the program would be with something new in it.
pub(super) struct Draft {
    pub kept: Vec<Kept>,
    pub sized: Vec<Item>,
    pub memory: Memory,
    /// Names of what was set aside with this, each with the reason.
    pub lost: Vec<(Name, String)>,
    /// Names of what had been set aside and goes again.
    pub found: Vec<Name>,
}

impl Draft {
    pub fn of(kept: Vec<Kept>, sized: Vec<Item>, memory: Memory) -> Draft {
        Draft { kept, sized, memory, lost: vec![], found: vec![] }
    }
}

impl Session {
    pub(super) fn declare(&mut self, item: Item, world: &mut World) -> Result<(), Stop> {
        if let ItemKind::Broken { .. } = item.kind {
            return Err(Stop);
        }
        let new = Kept::new(item, false);
        match new.runs() {
            true => self.run_now(new, world),
            false => self.keep(new, &[], world),
        }
    }

    /// Keeps a declaration; `values` are those that its names have already.
    pub(super) fn keep(&mut self, new: Kept, values: &[(Name, Ty, Tensor)], world: &mut World) -> Result<(), Stop> {
        let names = new.names();
        let (item, is_found) = (new.item.clone(), new.found.is_some());
        let mut kept = self.kept.clone();
        kept.retain_mut(|kept| kept.without(&names));
        let mut outdated = dependents(&kept, &names, &self.sources);
        // What was found in data is found again behind this, and is there until then.
        let again = self.found_in(&kept, &outdated, item.span);
        kept.iter().filter(|kept| kept.found.is_some()).flat_map(Kept::names).for_each(|name| {
            outdated.remove(&name);
        });
        kept.push(new);
        let mut memory = self.memory.clone();
        names.iter().for_each(|name| memory.forget(name));
        let anew = memory.outdate(&outdated);
        values.iter().for_each(|(name, ty, tensor)| memory.know(name.clone(), ty.clone(), tensor.clone()));
        let draft = Draft::of(kept, self.sized.clone(), memory);
        let (mut draft, seen) = match self.settle(draft, item.span, &names, world) {
            Err(Refused::Found) if !is_found => return self.find(item, world),
            settled => settled?,
        };
        self.fill(&mut draft, &seen, world)?;
        let lost: BTreeSet<Name> = draft.lost.iter().map(|(name, _)| name.clone()).collect();
        self.accept(draft, &seen, world);
        let anew: BTreeSet<Name> = anew.difference(&lost).cloned().collect();
        if !anew.is_empty() {
            world.say(format!("computed anew: {}", listed(&anew)));
        }
        again.into_iter().try_for_each(|line| self.enter_line(line, world))
    }

    /// What was written for the values of some names that were found in data, but for what stands at `new`. What one of them needs
    /// of another is found behind that.
    fn found_in(&self, kept: &[Kept], names: &BTreeSet<Name>, new: Span) -> Vec<Line> {
        let is_asked = |kept: &&Kept| kept.item.span != new && kept.names().iter().any(|name| names.contains(name));
        let mut found: Vec<&Kept> = kept.iter().filter(|kept| kept.found.is_some()).filter(is_asked).collect();
        let all = found.clone();
        found.retain(|kept| {
            let mentions = kept.mentions(&self.sources);
            let others = all.iter().filter(|other| other.item.span != kept.item.span);
            !others.flat_map(|other| other.names()).any(|name| mentions.contains(&name))
        });
        found.dedup_by_key(|kept| kept.item.span);
        found.into_iter().filter_map(|kept| kept.found.as_deref().cloned()).collect()
    }

    /// Checks a draft; what the new text breaks elsewhere is set aside. Errors in the new text itself are told, and nothing
    /// changes.
    pub(super) fn settle(
        &self,
        mut draft: Draft,
        new: Span,
        names: &[Name],
        world: &mut World,
    ) -> Result<(Draft, Seen), Refused> {
        let were_aside: Vec<bool> = draft.kept.iter_mut().map(|kept| std::mem::take(&mut kept.aside)).collect();
        loop {
            let items = self.needed_by(&draft, names);
            let seen = self.check(items, Some(naming(names, new)), &draft.memory);
            let errors = seen.checked.diagnostics.iter().filter(|d| d.severity == Severity::Error);
            let mut broken: Vec<(usize, &Diagnostic)> = vec![];
            let mut own: Vec<&Diagnostic> = vec![];
            let sized = draft.sized.len();
            for error in errors {
                if draft.sized.iter().any(|item| covers(item.span, error.span())) {
                    draft.sized.retain(|item| !covers(item.span, error.span()));
                    continue;
                }
                match draft.kept.iter().position(|kept| !kept.aside && covers(kept.item.span, error.span())) {
                    Some(at) if !covers(new, error.span()) => broken.push((at, error)),
                    _ => own.push(error),
                }
            }
            if !own.is_empty() {
                if own.iter().all(|error| error.code == SIZE_FROM_DATA) && !names.is_empty() {
                    return Err(Refused::Found);
                }
                self.tell_all(own, &seen.program.sources, world)?;
            }
            if broken.is_empty() && sized == draft.sized.len() {
                let warnings = seen.checked.diagnostics.iter().filter(|d| covers(new, d.span()));
                self.tell_all(warnings, &seen.program.sources, world)?;
                let again = draft.kept.iter().zip(&were_aside).filter(|(kept, was)| **was && !kept.aside);
                draft.found = again.flat_map(|(kept, _)| kept.names()).collect();
                return Ok((draft, seen));
            }
            for (at, error) in broken {
                let kept = &mut draft.kept[at];
                if !kept.aside && !were_aside[at] {
                    let place = seen.program.sources.place(error.span());
                    draft
                        .lost
                        .extend(kept.names().into_iter().map(|name| (name, format!("{place}: {}", error.message))));
                }
                kept.aside = true;
            }
        }
    }

    /// What has to be checked of a draft with new names in it: what these need, and what needs them.
    fn needed_by(&self, draft: &Draft, names: &[Name]) -> Vec<Item> {
        let Draft { kept, sized, memory, .. } = draft;
        if names.is_empty() {
            return standing(kept, sized);
        }
        let mut first = dependents(kept, names, &self.sources);
        // What was set aside may fit again.
        first.extend(self.kept.iter().filter(|kept| kept.aside).flat_map(Kept::names));
        Known { kept, sized, memory, waiting: &self.waiting, sources: &self.sources }.needed(first)
    }

    /// Computes what has no value yet, and runs the trainings that are values and have not run.
    pub(super) fn fill(&self, draft: &mut Draft, seen: &Seen, world: &mut World) -> Result<(), Stop> {
        let (seed, stop) = (self.settings.seed, Some(world.interrupt));
        let engine = Engine::with(&seen.checked, &self.files, seed, &|path| draft.memory.get(path), stop);
        let mut engine = engine.map_err(|error| self.failed(&error, seen, world))?;
        let mut trained = false;
        let is_there = |kept: &&mut Kept| !kept.aside && !kept.runs() && seen.has(&kept.item);
        for kept in draft.kept.iter_mut().filter(is_there) {
            let jobs = jobs_of(&seen.checked, kept);
            if kept.histories.len() != jobs.len() {
                let run = |&job: &usize| self.train(&seen.checked.jobs[job], &mut engine, world);
                let histories = jobs.iter().map(run).collect::<Result<_, _>>();
                kept.histories = histories.map_err(|error| self.failed(&error, seen, world))?;
                trained = true;
            }
            jobs.into_iter().zip(&kept.histories).for_each(|(job, history)| engine.keep_logs(job, history));
        }
        draft.memory.take(&seen.checked, &engine, &self.names(seen), trained, false);
        Ok(())
    }

    /// Brings everything in line with what is kept now.
    pub(super) fn rest(&mut self, world: &mut World) -> Result<(), Stop> {
        let draft = Draft::of(self.kept.clone(), self.sized.clone(), self.memory.clone());
        let (mut draft, seen) = self.settle(draft, Span::none(), &[], world)?;
        self.fill(&mut draft, &seen, world)?;
        self.accept(draft, &seen, world);
        Ok(())
    }

    /// Makes a draft the program of the session, and says what is new in it.
    pub(super) fn accept(&mut self, draft: Draft, seen: &Seen, world: &mut World) {
        let there = self.names(seen);
        self.waiting.retain(|name| !there.contains(name));
        self.waiting.extend(seen.checked.standing.waiting.iter().cloned());
        if let Some(answer) = &seen.checked.answer {
            let shown =
                draft.kept.last().map(|kept| show::declared(&kept.item, &answer.value, seen)).unwrap_or_default();
            shown.into_iter().for_each(|line| world.say(line));
        }
        (self.kept, self.sized, self.memory) = (draft.kept, draft.sized, draft.memory);
        for (name, why) in draft.lost {
            world.say(format!("set aside: `{name}` no longer fits\n  {why}"));
        }
        if !draft.found.is_empty() {
            world.say(format!("fits again: {}", listed(&draft.found.into_iter().collect())));
        }
    }
}

/// Why a draft is not accepted.
pub(super) enum Refused {
    /// The size of a new value depends on data.
    Found,
    /// It has been told.
    Told,
}

impl From<Stop> for Refused {
    fn from(_: Stop) -> Refused {
        Refused::Told
    }
}

impl From<Refused> for Stop {
    fn from(_: Refused) -> Stop {
        Stop
    }
}

/// The code of a kept value whose size depends on data.
const SIZE_FROM_DATA: &str = "E0518";

/// The items that are part of every program of a session.
pub(super) fn standing(kept: &[Kept], sized: &[Item]) -> Vec<Item> {
    let mut items: Vec<Item> = kept.iter().filter(|kept| kept.stands()).map(|kept| kept.item.clone()).collect();
    items.extend(sized.iter().cloned());
    items
}

/// An input that is traced again in every later program, so that layers keep the sizes which it gave them.
pub(super) fn saying_sizes(body: ast::Block, trains: bool) -> Item {
    let span = body.span;
    let kind = match body.value {
        Some(call) if trains => ItemKind::Run(*call),
        value => {
            let body = ast::Block { value, ..body };
            ItemKind::Test(ast::Test { name: "sizes".into(), name_span: Span::none(), body })
        }
    };
    Item { doc: None, kind, span }
}

fn covers(whole: Span, part: Span) -> bool {
    whole.file == part.file && whole.lo <= part.lo && part.hi <= whole.hi
}

/// Asks for what was declared, so that it can be described.
fn naming(names: &[Name], span: Span) -> Question {
    let is_name = |name: &&Name| !name.contains(' ');
    let named = names.iter().filter(is_name).map(|name| Expr { kind: ExprKind::Name(name.clone()), span });
    let value = Some(Box::new(Expr { kind: ExprKind::Tuple(named.collect()), span }));
    Question { block: ast::Block { stmts: vec![], value, span }, gradient: false }
}

fn listed(names: &BTreeSet<Name>) -> String {
    names.iter().map(|name| &**name).collect::<Vec<_>>().join(", ")
}
