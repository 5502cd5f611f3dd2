//! What the commands do with a checked file.

use std::cell::Cell;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use crate::base::{Name, Span};
use crate::data::{Tables, mix};
use crate::diag::Diagnostic;
use crate::io::{self, Files};
use crate::sema::Checked;
use crate::tir::{CellId, Job, Kind, Program, Shown, Source, Target};
use crate::train::{self, Call, Context, Event, Length, Machine, Place, Resume};

use super::{Engine, Times, resume};

/// How to run.
#[derive(Clone, Debug, Default)]
pub struct How {
    /// In place of what the file says.
    pub seed: Option<u64>,
    pub checkpoint: Option<Checkpoint>,
}

/// Where a run is written down, so that it can be taken up again: when it is interrupted, and behind every epoch if the
/// program saves its best weights in a folder, or if that is asked for. A run that has ended needs none.
#[derive(Clone, Debug)]
pub struct Checkpoint {
    /// Where the paths begin.
    pub files: Files,
    pub path: String,
    /// Begins with what is written there.
    pub resume: bool,
    /// The run is written down behind a step, too, when so much time has passed.
    pub pause: Option<Duration>,
    /// Where the weights of all trainings are left when one of them has ended, or been interrupted.
    pub last: Option<String>,
}

/// Runs every `train` block, and what is shown between them, in the order of the file, over one memory.
pub fn run(
    checked: &Checked,
    files: &Files,
    how: &How,
    interrupt: &AtomicBool,
    tell: &mut dyn FnMut(Event),
) -> Result<(), Diagnostic> {
    run_on(&mut Engine::new(checked, files, first_seed(checked, how.seed))?, files, how, interrupt, tell)
}

/// As `run`, with times of some of its steps if there are enough of them, however it ends.
pub fn run_timed(
    checked: &Checked,
    files: &Files,
    how: &How,
    interrupt: &AtomicBool,
    tell: &mut dyn FnMut(Event),
) -> (Result<(), Diagnostic>, Option<Times>) {
    match Engine::new(checked, files, first_seed(checked, how.seed)) {
        Err(diagnostic) => (Err(diagnostic), None),
        Ok(mut engine) => {
            engine.time_steps();
            let ended = run_on(&mut engine, files, how, interrupt, tell);
            (ended, engine.times())
        }
    }
}

fn run_on<'c>(
    engine: &mut Engine<'c>,
    files: &Files,
    how: &'c How,
    interrupt: &AtomicBool,
    tell: &mut dyn FnMut(Event),
) -> Result<(), Diagnostic> {
    let mut context = Context { files, tables: Tables::new(files), interrupt, tell };
    let mut runs = Runs::new(engine.checked(), how);
    runs.take_up(engine, &context)?;
    while runs.shown(engine, &mut context)? && runs.training(engine, &mut context)? {}
    runs.end()
}

/// The seed of first values: that of the first training.
fn first_seed(checked: &Checked, seed: Option<u64>) -> u64 {
    seed.or(checked.jobs.first().map(|job| job.seed)).unwrap_or(0)
}

/// The trainings of a file, and what is done between them.
struct Runs<'c> {
    checked: &'c Checked,
    how: &'c How,
    /// With the settings of this run.
    jobs: Vec<Job>,
    /// The training that comes next, and where it begins.
    next: usize,
    place: Option<Place>,
}

impl<'c> Runs<'c> {
    fn new(checked: &'c Checked, how: &'c How) -> Runs<'c> {
        let mut jobs = checked.jobs.clone();
        for job in &mut jobs {
            job.seed = how.seed.unwrap_or(job.seed);
        }
        Runs { checked, how, jobs, next: 0, place: None }
    }

    /// Begins where an interrupted run stood, if that is asked for and there is one.
    fn take_up(&mut self, engine: &mut Engine, context: &Context) -> Result<(), Diagnostic> {
        let Some(checkpoint) = self.how.checkpoint.as_ref().filter(|checkpoint| checkpoint.resume) else {
            return Ok(());
        };
        let Some(taken) = resume::read(&checkpoint.files, &checkpoint.path, self.checked, &self.jobs)? else {
            return Ok(());
        };
        for (cell, value) in taken.cells.iter().enumerate() {
            engine.write(cell.into(), value);
        }
        engine.set_logs(taken.logs);
        let learned = context.tables.vocabularies().take_up(&taken.vocabularies);
        learned.map_err(|why| resume::refused(format!("`{}`: {why}", checkpoint.path), vec![]))?;
        (self.next, self.place) = (taken.next, Some(taken.place));
        Ok(())
    }

    /// Does what stands in front of the next training, unless that has begun. True if there is one.
    fn shown(&self, engine: &mut Engine, context: &mut Context) -> Result<bool, Diagnostic> {
        let here = |shown: &&Shown| shown.behind == self.next && self.place.is_none();
        for shown in self.checked.shown.iter().filter(here) {
            train::show(shown, first_seed(self.checked, self.how.seed), engine, context)?;
        }
        Ok(self.next < self.jobs.len())
    }

    /// Runs the next training. False if it was asked to end.
    fn training(&mut self, engine: &mut Engine, context: &mut Context) -> Result<bool, Diagnostic> {
        let (checked, jobs, next) = (self.checked, &self.jobs, self.next);
        let logs = engine.logs();
        let vocabularies = context.tables.vocabularies();
        let checkpoint = self.how.checkpoint.as_ref();
        let kept = Cell::new(Instant::now());
        let mut keep = |place: &Place, machine: &dyn Machine| match checkpoint {
            Some(to) => {
                let (program, at) = ((checked, &jobs[..]), (next, place));
                let written = resume::write(&to.files, &to.path, program, at, &logs, &vocabularies, machine);
                kept.set(Instant::now());
                written
            }
            None => Ok(()),
        };
        let pause = checkpoint.and_then(|to| to.pause);
        let mut due = || pause.is_some_and(|pause| kept.get().elapsed() >= pause);
        let mut resume = Resume {
            training: next,
            from: self.place.take(),
            every_epoch: checkpoint.is_some_and(|to| to.resume) || jobs.iter().any(saves_in_a_folder),
            keep: Some(&mut keep),
            due: Some(&mut due),
        };
        let ended = train::train(&jobs[next], &mut resume, engine, context);
        self.leave(engine, context);
        let (summary, history) = ended?;
        if summary.interrupted {
            return Ok(false);
        }
        engine.keep_logs(next, &history);
        self.next += 1;
        Ok(true)
    }

    /// Leaves the weights of the trainings so far, however the last one has ended; after a fault they are those before it.
    fn leave(&self, engine: &Engine, context: &mut Context) {
        let Some((to, last)) = self.how.checkpoint.as_ref().and_then(|to| Some((to, to.last.as_ref()?))) else {
            return;
        };
        let mut cells: Vec<CellId> = self.jobs[..=self.next].iter().flat_map(|job| job.trained.clone()).collect();
        cells.sort_unstable();
        cells.dedup();
        let weights = io::save(&to.files, last, &engine.weights(&cells, None), &[], Span::none());
        let learned = context.tables.vocabularies();
        if let Err(diagnostic) = weights.and_then(|()| learned.save(&to.files, last, Span::none())) {
            (context.tell)(Event::NotKept(diagnostic));
        }
    }

    /// A run that has reached its end leaves nothing to be taken up.
    fn end(&self) -> Result<(), Diagnostic> {
        let Some(checkpoint) = self.how.checkpoint.as_ref().filter(|_| self.next == self.jobs.len()) else {
            return Ok(());
        };
        let removed = checkpoint.files.remove(&checkpoint.path);
        removed.map_err(|error| {
            let message = format!("`{}` cannot be removed: {error}", checkpoint.path);
            Diagnostic::error("E0903", Span::none(), message, "")
        })
    }
}

fn saves_in_a_folder(job: &Job) -> bool {
    job.saves.iter().any(|save| save.is_folder())
}

/// How a `test` block ended.
pub struct TestOutcome {
    pub name: Name,
    pub outcome: Result<(), Diagnostic>,
}

/// Runs every `test` block with `only` in its name, each with random numbers of its own. One that reads what trainings log
/// runs behind them; all others see first values.
pub fn test(
    checked: &Checked,
    files: &Files,
    only: Option<&str>,
    interrupt: &AtomicBool,
    tell: &mut dyn FnMut(TestOutcome),
) -> Result<(), Diagnostic> {
    let mut untrained = Engine::new(checked, files, 0)?;
    let mut trained: Option<(usize, Engine)> = None;
    for (i, test) in checked.tests.iter().enumerate() {
        if only.is_some_and(|only| !test.name.contains(only)) {
            continue;
        }
        if interrupt.load(Ordering::Relaxed) {
            break;
        }
        let key = mix(&[i as u64]);
        let call =
            Call { program: test.program, args: &[], step: 1, epoch: 1, length: Length::default(), seen: &[], key };
        let outcome = match trainings_read(checked, &checked.programs[test.program.index()]) {
            0 => untrained.run(&call).map(drop),
            count => {
                let engine = match trained.take() {
                    Some((known, engine)) if known == count => Ok(engine),
                    _ => after(checked, files, count, interrupt),
                };
                engine.and_then(|mut engine| {
                    let outcome = engine.run(&call).map(drop);
                    trained = Some((count, engine));
                    outcome
                })
            }
        };
        tell(TestOutcome { name: test.name.clone(), outcome });
        let outputs = &checked.programs[test.program.index()].outputs;
        if outputs.iter().any(|output| matches!(output.to, Target::Cell(_))) {
            untrained = Engine::new(checked, files, 0)?;
            trained = None;
        }
    }
    Ok(())
}

/// How many trainings must have run for what a program reads.
fn trainings_read(checked: &Checked, program: &Program) -> usize {
    let read = |node: &crate::tir::Node| match &node.kind {
        Kind::Input(Source::Logged(log)) => checked.logs[*log].job + 1,
        _ => 0,
    };
    program.nodes.iter().map(read).max().unwrap_or(0)
}

/// Memory as it is when so many trainings have run.
fn after<'c>(
    checked: &'c Checked,
    files: &Files,
    count: usize,
    interrupt: &AtomicBool,
) -> Result<Engine<'c>, Diagnostic> {
    let mut engine = Engine::new(checked, files, first_seed(checked, None))?;
    let mut context = Context { files, tables: Tables::new(files), interrupt, tell: &mut |_| {} };
    let how = How::default();
    let mut runs = Runs::new(checked, &how);
    while runs.next < count && runs.training(&mut engine, &mut context)? {}
    Ok(engine)
}
