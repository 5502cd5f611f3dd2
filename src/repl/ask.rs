//! Expressions and statements: checked behind what is kept, run, and shown.

use crate::data::{Tables, mix};
use crate::diag::Diagnostic;
use crate::driver::Engine;
use crate::ops::Tensor;
use crate::sema::{Answer, Question};
use crate::syntax::ast;
use crate::tir::{Job, Target};
use crate::train::{self, Call, Context, Event, History, Length, Resume};

use super::declare::saying_sizes;
use super::kept::mentioned;
use super::session::{Seen, Session, UNKNOWN, trains};
use super::show;
use super::world::{Stop, Told, World};

impl Session {
    /// Runs a statement, or shows the value of an expression.
    pub(super) fn ask(&mut self, block: ast::Block, world: &mut World) -> Result<(), Stop> {
        let by_hand = trains(&block);
        let (seen, answer) = self.question(block.clone(), false, world)?;
        let stop = world.interrupt;
        let mut engine =
            self.engine(&seen.checked, &self.memory, stop).map_err(|error| self.failed(&error, &seen, world))?;
        let ran = self.answer(&seen, &answer, &mut engine, world);
        // What was trained stays, also where a training ended with an error or was interrupted.
        let outputs = &seen.checked.programs[answer.program.index()].outputs;
        let changes = outputs.iter().any(|output| matches!(output.to, Target::Cell(_)));
        let changes = changes || !answer.jobs.is_empty() || !answer.actions.is_empty();
        self.memory.take(&seen.checked, &engine, &self.names(&seen), changes, by_hand);
        if ran.is_ok() && self.has_sized(&seen) {
            self.sized.push(saying_sizes(block, !answer.jobs.is_empty()));
        }
        let results = ran.map_err(|error| self.failed(&error, &seen, world))?;
        self.memory.steps += usize::from(by_hand);
        show::answer(&answer.value, &results, &seen, world.look).into_iter().for_each(|line| world.say(line));
        Ok(())
    }

    /// Checks a question; what is wrong with it is told.
    pub(super) fn question(
        &mut self,
        block: ast::Block,
        gradient: bool,
        world: &mut World,
    ) -> Result<(Seen, Answer), Stop> {
        let span = block.span;
        let items = self.needed(mentioned(self.sources.text(span)));
        let mut seen = self.check(items, Some(Question { block: block.clone(), gradient }), &self.memory);
        // What was meant may be a name that the input does not mention.
        if seen.checked.diagnostics.iter().any(|diagnostic| diagnostic.code == UNKNOWN) {
            seen = self.check(self.standing(), Some(Question { block, gradient }), &self.memory);
        }
        let own = |diagnostic: &&Diagnostic| {
            diagnostic.severity == crate::diag::Severity::Error || diagnostic.span().file == span.file
        };
        let diagnostics: Vec<&Diagnostic> = seen.checked.diagnostics.iter().filter(own).collect();
        self.tell_all(diagnostics, &seen.program.sources, world)?;
        match seen.checked.answer.take() {
            Some(answer) => Ok((seen, answer)),
            None => Err(Stop),
        }
    }

    /// Does what a question says; gives the tensors of its value.
    fn answer<'c, 'w: 'c>(
        &mut self,
        seen: &Seen,
        answer: &Answer,
        engine: &mut Engine<'c>,
        world: &mut World<'w>,
    ) -> Result<Vec<Tensor>, Diagnostic> {
        let checked = &seen.checked;
        let seed = mix(&[self.settings.seed, self.number as u64]);
        if !answer.actions.is_empty() {
            let shown =
                crate::tir::Shown { behind: 0, actions: answer.actions.clone(), span: crate::base::Span::none() };
            self.context(world, |context| train::show(&shown, seed, engine, context))?;
        }
        for job in &checked.jobs[answer.jobs.clone()] {
            self.train(job, engine, world)?;
        }
        self.compute(answer, engine, world)
    }

    /// Runs the program of a question.
    pub(super) fn compute<'c, 'w: 'c>(
        &self,
        answer: &Answer,
        engine: &mut Engine<'c>,
        world: &mut World<'w>,
    ) -> Result<Vec<Tensor>, Diagnostic> {
        let key = mix(&[self.settings.seed, self.number as u64]);
        let step = self.memory.steps + 1;
        let length = Length::default();
        let call = Call { program: answer.program, args: &[], step, epoch: 1, length, seen: &[], key };
        let results = engine.run_until(&call, world.interrupt)?;
        let mut values = vec![];
        for (target, value) in results {
            match target {
                Target::Value(_) => values.push(value.clone()),
                Target::Loss(name) | Target::Metric(name) => world.say(format!("{name} {}", show::element(value, 0))),
                Target::Cell(_) | Target::Compared | Target::Assert(_) => {}
            }
        }
        Ok(values)
    }

    /// Runs a training. When it is interrupted, the session goes on with the weights that it has.
    pub(super) fn train(&self, job: &Job, engine: &mut Engine, world: &mut World) -> Result<History, Diagnostic> {
        let mut job = job.clone();
        job.logged = true;
        job.seed = self.settings.seed_of(&job);
        let (_, history) =
            self.context(world, |context| train::train(&job, &mut Resume::default(), engine, context))?;
        Ok(history)
    }

    pub(super) fn context<T>(&self, world: &mut World, work: impl FnOnce(&mut Context) -> T) -> T {
        let tell = &mut *world.tell;
        let mut tell = |event: Event| tell(Told::Event(event));
        work(&mut Context {
            files: &self.files,
            tables: Tables::new(&self.files),
            interrupt: world.interrupt,
            tell: &mut tell,
        })
    }
}
