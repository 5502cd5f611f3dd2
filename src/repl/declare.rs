//! Declarations: what is declared again replaces what was there, and what no longer goes with it is set aside.

use std::collections::BTreeSet;

use crate::base::{Name, Span};
use crate::diag::{Diagnostic, Severity};
use crate::sema::Question;
use crate::syntax::ast::{self, Expr, ExprKind, Item, ItemKind};

use super::kept::{Kept, dependents};
use super::memory::Memory;
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
        let names = new.names();
        if new.runs() {
            return self.run_now(new, world);
        }
        let mut kept = self.kept.clone();
        kept.retain_mut(|kept| kept.without(&names));
        let outdated = dependents(&kept, &names, &self.sources);
        kept.push(new);
        let mut memory = self.memory.clone();
        names.iter().for_each(|name| memory.forget(name));
        let anew = memory.outdate(&outdated);
        let span = kept[kept.len() - 1].item.span;
        let (mut draft, seen) = self.settle(Draft::of(kept, self.sized.clone(), memory), span, &names, world)?;
        self.fill(&mut draft, &seen, world)?;
        let lost: BTreeSet<Name> = draft.lost.iter().map(|(name, _)| name.clone()).collect();
        self.accept(draft, &seen, world);
        let anew: BTreeSet<Name> = anew.difference(&lost).cloned().collect();
        if !anew.is_empty() {
            world.say(format!("computed anew: {}", listed(&anew)));
        }
        Ok(())
    }

    /// Checks a draft; what the new text breaks elsewhere is set aside. Errors in the new text itself are told, and nothing
    /// changes.
    pub(super) fn settle(
        &self,
        mut draft: Draft,
        new: Span,
        names: &[Name],
        world: &mut World,
    ) -> Result<(Draft, Seen), Stop> {
        let were_aside: Vec<bool> = draft.kept.iter_mut().map(|kept| std::mem::take(&mut kept.aside)).collect();
        loop {
            let items = standing(&draft.kept, &draft.sized);
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

    /// Computes what has no value yet, and runs the trainings that are values and have not run.
    pub(super) fn fill(&self, draft: &mut Draft, seen: &Seen, world: &mut World) -> Result<(), Stop> {
        let mut engine =
            crate::driver::Engine::with(&seen.checked, &self.files, self.settings.seed, &|path| draft.memory.get(path))
                .map_err(|error| self.failed(&error, seen, world))?;
        let mut trained = false;
        for kept in draft.kept.iter_mut().filter(|kept| !kept.aside && !kept.runs()) {
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
        self.waiting = seen.checked.standing.waiting.clone();
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

/// The items that are part of every program of a session.
pub(super) fn standing(kept: &[Kept], sized: &[Item]) -> Vec<Item> {
    let counts = |kept: &&Kept| !kept.aside && (!kept.runs() || kept.says_sizes);
    let mut items: Vec<Item> = kept.iter().filter(counts).map(|kept| kept.item.clone()).collect();
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
